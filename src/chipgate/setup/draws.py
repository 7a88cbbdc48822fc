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
from chipgate.setup.posterior import Posterior

PATH_CORRELATION = 0.8
"""Correlation, on the normal scale, of the anchors of one path: a high start goes with a high end."""


RENEWED = ":renewed"
"""End of the name of the stream that renewed anchors of a path share."""
_FACTOR = "together:"


def factor_stream(factor: str, member: str) -> str:
    """Stream of the score that a member shares: renewed anchors of paths have one of their own, as of a path."""
    return f"{_FACTOR}{factor}{RENEWED if member.endswith(RENEWED) else ''}"


class PriorDraws:
    """Draws of priors, one random stream each.

    Args:
        catalogue: Holds the priors.
        streams: Random streams of the run.
        as_of: Last day on which anything is known.
        posterior: Gives the scores of its streams; without it all are those of the priors.

        keep: Keep what :meth:`once` makes, for runs that differ in levers alone.

    Attributes:
        used: Priors drawn so far, as they stood. ``drawn``: their draws ``[d]``.
    """

    def __init__(
        self, catalogue: Catalogue, streams: Streams, as_of: date, posterior: Posterior | None = None, *,
        keep: bool = False,
    ) -> None:  # fmt: skip
        self.priors = catalogue.priors
        self.streams = streams
        self.as_of = as_of
        self.posterior = posterior
        self.together = catalogue.together
        self._fit: dict[str, NDArray[np.float64]] = {}
        self._prior_scores: dict[str, NDArray[np.float64]] = {}
        self.used: dict[str, Variant] = {}
        self.drawn: dict[str, NDArray[np.float64]] = {}
        self._once: dict[str, tuple[NDArray[np.float64], ...]] | None = {} if keep else None
        self._paths: dict[tuple[str, date, int], NDArray[np.float64] | None] = {}

    def variant(self, prior: Prior) -> Variant | None:
        """The prior as it stood at the as-of date, in the fit where it is fitted; ``None`` where nothing was known."""
        fitted = None if self.posterior is None else self.posterior.variant(prior)
        if fitted is not None:
            return fitted
        known = [v for v in prior.variants if v.known_since.last <= self.as_of]
        return known[-1] if known else None

    def one(self, name: str) -> NDArray[np.float64]:
        """Draws ``[d]`` of one prior; asked for again, the same draws.

        Raises:
            InternalError: No prior of this name stood at the as-of date.
        """
        return self.drawn[name] if name in self.drawn else self._at(name, self.uniform(name))

    def uniform(self, name: str) -> NDArray[np.float64]:
        """Uniforms ``[d]`` of a stream, given the record where the posterior holds it."""
        if self._fitted(name) or self.factor(name) is not None:
            return np.clip(ndtr(self.score(name)), 1e-12, 1 - 1e-12)
        return self.streams.uniform(name)

    def score(self, name: str) -> NDArray[np.float64]:
        """Normal scores ``[d]`` of a stream, given the record where the posterior holds it."""
        factor = self.factor(name)
        if factor is None:
            return self._own(name)
        load = self.one(self.together[factor].load)
        return load * self._own(factor_stream(factor, name)) + np.sqrt(1 - load**2) * self._own(name)

    def shared(self, name: str) -> str:
        """Stream of the score that a stream shares with others; empty where it shares none."""
        factor = self.factor(name)
        return "" if factor is None else factor_stream(factor, name)

    def factor(self, name: str) -> str | None:
        """What a stream turns out high or low with."""
        return next((key for key, one in self.together.items() if one.holds(name)), None)

    def _own(self, name: str) -> NDArray[np.float64]:
        """Normal scores ``[d]`` of a stream apart from what it shares with others."""
        if self.posterior is None or name not in self.posterior.names:
            return self._plain(name)
        if not self._fit:
            names = self.posterior.names
            scores = self.posterior.scores(np.stack([self._plain(n) for n in names]))
            self._fit = dict(zip(names, scores, strict=True))
        return self._fit[name] if self._fitted(name) else self._plain(name)

    def _plain(self, name: str) -> NDArray[np.float64]:
        """Normal scores ``[d]`` of a stream under its prior; asked for again, the same."""
        if name not in self._prior_scores:
            self._prior_scores[name] = ndtri(self.streams.uniform(name))
        return self._prior_scores[name]

    def _fitted(self, name: str) -> bool:
        """Whether the posterior holds a stream, and its prior is the one of the fit."""
        if self.posterior is None or name not in self.posterior.names:
            return False
        prior = self.priors.get(name)
        return prior is None or self.posterior.variant(prior) is not None

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
        common = {name: self.score(name) for name in dict.fromkeys(self.common(name) for name, _ in anchors)}
        own, shared = np.sqrt(1 - PATH_CORRELATION), np.sqrt(PATH_CORRELATION)
        logs = []
        for name, _ in anchors:
            z = shared * common[self.common(name)] + own * self.score(name)
            logs.append(np.log(self._at(name, np.clip(ndtr(z), 1e-9, 1 - 1e-9))))
        weight = _weights([day for _, day in anchors], months)
        return np.exp(sum(weight[:, [i]] * log for i, log in enumerate(logs)))

    def common(self, anchor: str) -> str:
        """Stream of the score that an anchor shares with others of its path.

        Beside a posterior, anchors whose prior was renewed since the first day have one of their own: they know
        already what the record says of the level of the others, and would be moved by it twice.
        """
        prior = self.priors[anchor]
        renewed = self.posterior is not None and self.variant(prior) is not prior.variants[0]
        return f"path:{anchor.rpartition('.')[0]}{RENEWED if renewed else ''}"

    def weights(self, prefix: str, months: Sequence[date]) -> tuple[list[str], NDArray[np.float64]]:
        """Anchors of a path that stood at the as-of date, and their weights by month, ``[t anchor]``."""
        anchors = self._anchors(prefix)
        if not anchors:
            return [], np.zeros((len(months), 0))
        return [name for name, _ in anchors], _weights([day for _, day in anchors], months)

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


def _weights(anchors: Sequence[date], months: Sequence[date]) -> NDArray[np.float64]:
    """Weight of each anchor in each month, ``[t anchor]``: straight between two, level beyond them."""
    at = np.array([_number(day) for day in anchors])
    wanted = np.array([_number(day) for day in months])
    low = np.clip(np.searchsorted(at, wanted, side="right") - 1, 0, len(at) - 1)
    high = np.minimum(low + 1, len(at) - 1)
    span = np.where(high > low, at[high] - at[low], 1.0)
    part = np.clip((wanted - at[low]) / span, 0, 1)[:, None]
    return np.asarray(np.eye(len(at))[low] * (1 - part) + np.eye(len(at))[high] * part)


def _number(day: date) -> int:
    return day.year * 12 + day.month


def month_index(months: Sequence[date], day: date) -> int:
    """Index of the month that holds ``day``; before the first 0 less the distance, so it may be negative."""
    return _number(day) - _number(months[0])
