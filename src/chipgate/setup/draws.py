"""Draws of the priors as they stood at the as-of date, alone or as paths over months."""

from collections.abc import Callable, Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from chipgate.arrays.keys import Streams
from chipgate.catalogue import Catalogue
from chipgate.catalogue.priors import quantile
from chipgate.errors import InternalError
from chipgate.schema.market import Prior, Variant

PATH_CORRELATION = 0.8
"""Correlation, on the normal scale, of the anchors of one path: a high start goes with a high end."""


class PriorDraws:
    """Draws of priors, one random stream each.

    Args:
        catalogue: Holds the priors.
        streams: Random streams of the run.
        as_of: Last day on which anything is known.

        keep: Keep what :meth:`once` makes, for runs that differ in levers alone.

    Attributes:
        used: Priors drawn so far, as they stood. ``drawn``: their draws ``[d]``.
    """

    def __init__(self, catalogue: Catalogue, streams: Streams, as_of: date, *, keep: bool = False) -> None:
        self.priors = catalogue.priors
        self.streams = streams
        self.as_of = as_of
        self.used: dict[str, Variant] = {}
        self.drawn: dict[str, NDArray[np.float64]] = {}
        self._once: dict[str, tuple[NDArray[np.float64], ...]] | None = {} if keep else None
        self._paths: dict[tuple[str, date, int], NDArray[np.float64] | None] = {}

    def variant(self, prior: Prior) -> Variant | None:
        """The prior as it stood at the as-of date; ``None`` where nothing was known."""
        known = [v for v in prior.variants if v.known_since.last <= self.as_of]
        return known[-1] if known else None

    def one(self, name: str) -> NDArray[np.float64]:
        """Draws ``[d]`` of one prior; asked for again, the same draws.

        Raises:
            InternalError: No prior of this name stood at the as-of date.
        """
        return self.drawn[name] if name in self.drawn else self._at(name, self.streams.uniform(name))

    def once(self, name: str, make: Callable[[], tuple[NDArray[np.float64], ...]]) -> tuple[NDArray[np.float64], ...]:
        """Arrays that hang on no lever: made once where they are kept, and handed out as copies."""
        if self._once is None:
            return make()
        if name not in self._once:
            self._once[name] = make()
        return tuple(array.copy() for array in self._once[name])

    @property
    def nbytes(self) -> int:
        """Bytes that are kept."""
        return sum(array.nbytes for arrays in (self._once or {}).values() for array in arrays)

    def known(self, name: str) -> bool:
        """Whether the prior exists and stood at the as-of date."""
        return name in self.priors and self.variant(self.priors[name]) is not None

    def path(self, prefix: str, months: Sequence[date]) -> NDArray[np.float64] | None:
        """Draws ``[t d]`` of a path with anchors ``prefix.YYYY_MM``, straight in logs between them.

        ``None`` where no anchor stood at the as-of date. Before the first anchor and after the last the path is
        level. Asked for again, the same draws.
        """
        key = (prefix, months[0], len(months))
        if key not in self._paths:
            self._paths[key] = self._path(prefix, months)
        return self._paths[key]

    def _path(self, prefix: str, months: Sequence[date]) -> NDArray[np.float64] | None:
        anchors = self._anchors(prefix)
        if not anchors:
            return None
        common = ndtri(self.streams.uniform(f"path:{prefix}"))
        own, shared = np.sqrt(1 - PATH_CORRELATION), np.sqrt(PATH_CORRELATION)
        logs = []
        for name, _ in anchors:
            z = shared * common + own * ndtri(self.streams.uniform(name))
            logs.append(np.log(self._at(name, np.clip(ndtr(z), 1e-9, 1 - 1e-9))))
        at = np.array([_number(day) for _, day in anchors])
        wanted = np.array([_number(day) for day in months])
        low = np.clip(np.searchsorted(at, wanted, side="right") - 1, 0, len(at) - 1)
        high = np.minimum(low + 1, len(at) - 1)
        span = np.where(high > low, at[high] - at[low], 1.0)
        weight = np.clip((wanted - at[low]) / span, 0, 1)[:, None]
        stacked = np.stack(logs)
        return np.exp(stacked[low] * (1 - weight) + stacked[high] * weight)

    def _anchors(self, prefix: str) -> list[tuple[str, date]]:
        found = []
        for name, prior in self.priors.items():
            head, _, tail = name.rpartition(".")
            if head == prefix and tail[:4].isdigit() and self.variant(prior) is not None:
                year, _, month = tail.partition("_")
                found.append((name, date(int(year), int(month or 7), 1)))
        return sorted(found, key=lambda pair: pair[1])

    def _at(self, name: str, u: NDArray[np.float64]) -> NDArray[np.float64]:
        prior = self.priors.get(name)
        variant = None if prior is None else self.variant(prior)
        if prior is None or variant is None:
            raise InternalError(f"no prior {name!r} stood on {self.as_of}")
        self.used[name] = variant
        self.drawn[name] = quantile(
            u, variant.low, variant.central, variant.high, prior.scale, prior.least, prior.most
        )  # fmt: skip
        return self.drawn[name]


def _number(day: date) -> int:
    return day.year * 12 + day.month


def month_index(months: Sequence[date], day: date) -> int:
    """Index of the month that holds ``day``; before the first 0 less the distance, so it may be negative."""
    return _number(day) - _number(months[0])
