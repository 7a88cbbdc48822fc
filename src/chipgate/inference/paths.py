"""One path of the market's history from the scores of chosen streams, all other uncertain inputs at their medians.

In history the gates follow the dated events, and an act whose report is likelier true than not is in force.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from dataclasses import replace
from datetime import date
from fnmatch import fnmatchcase
from typing import Any, Final

import jax
import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from chipgate.arrays.keys import Streams
from chipgate.catalogue import Catalogue
from chipgate.inference.observed import Target, predicted, readable, targets
from chipgate.results.program import program
from chipgate.schema.market import Prior, Variant
from chipgate.setup.build import Built, block, build
from chipgate.setup.draws import RENEWED
from chipgate.setup.levers import Settings
from chipgate.setup.plan import Plan, plan
from chipgate.setup.posterior import Posterior

Array = NDArray[np.float64]
BLOCK: Final = 64
_NOT_FITTED: Final = (
    "act:*",
    "washington:*",
    "beijing:*",
    "washington.*",
    "us.*",
    "together.*",
    "buyer:*",
    "spec:*",
    "workload:*",
)
"""Streams of which the history says nothing: in it the gates follow the dated events. Loads are kept, so that what is
shared moves alone."""
_THREADS: Final = 2


class Scored(Streams):
    """Streams that serve given scores under some names and medians under all others.

    Args:
        scores: Name -> normal scores ``[d]``.
    """

    def __init__(self, scores: dict[str, Array], draws: int) -> None:
        super().__init__(0, draws)
        self.scores = scores
        self.names: list[str] = []

    def uniform(self, name: str, shape: tuple[int, ...] = ()) -> Array:
        """Uniforms ``[*shape draw]``, as served."""
        if not shape:
            self.names.append(name)
        if name in self.scores:
            return np.clip(ndtr(self.scores[name]), 1e-12, 1 - 1e-12)
        return np.full((*shape, self.draws), 0.5)


class Paths:
    """Paths of the history up to an as-of date, and what the record known by then says of them.

    Args:
        names: Streams whose scores are given; all that the history may hang on by default.

    Attributes:
        names: The streams. ``rows``: the observations.
        bounds: Low, central and high of the streams' priors as the fit takes them, and of others that it takes so too,
            as their newest variant rests on a figure of the fit: ``older``.
    """

    def __init__(self, catalogue: Catalogue, as_of: date, names: Sequence[str] | None = None) -> None:
        self.catalogue, self.as_of = catalogue, as_of
        self.plan = plan(catalogue, Settings({}), as_of, as_of.replace(day=1), seed=0, draws=1)
        self.rows: tuple[Target, ...] = tuple(targets(catalogue, self.plan, as_of))
        used = {row.id: _middle(row) for row in readable(catalogue, self.plan, as_of)}
        self.plan = self._with((), {})
        looked = self._candidates()
        self.names = tuple(names) if names is not None else looked
        self.bounds: dict[str, tuple[float, float, float]] = {}
        self.older: list[str] = []
        for name in dict.fromkeys((*self.names, *looked)):
            if name in catalogue.priors:
                prior = catalogue.priors[name]
                chosen, newest = (chosen_variant(prior, as_of, known) for known in (used, {}))
                if chosen is not newest:
                    self.older.append(name)
                if name in self.names or chosen is not newest:
                    self.bounds[name] = (chosen.low, chosen.central, chosen.high)
        self.plan = self._with(self.names, self.bounds)

    def _with(self, names: tuple[str, ...], bounds: dict[str, tuple[float, float, float]]) -> Plan:
        """The plan with a posterior that is the prior: it holds the priors as the fit takes them."""
        size = len(names)
        return replace(
            self.plan, posterior=Posterior(self.as_of, "prior", names, np.zeros(size), np.eye(size), bounds, {})
        )

    def _candidates(self) -> tuple[str, ...]:
        streams = Scored({}, 1)
        build(self.plan, streams=streams)
        priors = self.catalogue.priors

        def wanted(name: str) -> bool:
            if name in priors and priors[name].scale == "fixed":
                return False
            return not any(fnmatchcase(name, p) for p in _NOT_FITTED)

        both = [
            n
            for name in streams.names
            for n in ((name, name + RENEWED) if name.startswith("path:") and not name.endswith(RENEWED) else (name,))
        ]
        return tuple(name for name in dict.fromkeys(both) if wanted(name))

    def with_rows(self, rows: tuple[Target, ...]) -> "Paths":
        """The same paths beside other figures."""
        found = copy(self)
        found.rows = rows
        return found

    def inputs(self, scores: Array) -> Built:
        """Inputs of the paths with these scores, ``[stream d]``."""
        made = replace(self.plan, draws=scores.shape[1])
        return build(made, streams=Scored(dict(zip(self.names, scores, strict=True)), scores.shape[1]))

    def said(self, scores: Array) -> Array:
        """What the paths with these scores say of each observation, ``[row d]``; NaN where prices did not converge."""
        built = self.inputs(scores)
        count = scores.shape[1]
        with jax.enable_x64(True):
            run = program(self.plan.structure, _cut(built, 0, count), "float64", BLOCK)

        def one(start: int) -> Array:
            with jax.enable_x64(True):  # the setting is local to a thread
                record = run(_cut(built, start, count))
                values = jax.tree.map(np.asarray, record)
            found = predicted(self.rows, values)
            return np.where(values.residual.max(0) <= 1.1e-9, found, np.nan)[:, : count - start]

        with ThreadPoolExecutor(max_workers=_THREADS) as pool:
            return np.concatenate(list(pool.map(one, range(0, count, BLOCK))), axis=1)


def _middle(row: Target) -> date:
    first, last = row.observation.period_start.first, row.observation.period_end.last
    return first + (last - first) / 2


def _cut(built: Built, start: int, count: int) -> Any:
    return block(built.inputs, np.minimum(np.arange(start, start + BLOCK), count - 1), "float64")


def chosen_variant(prior: Prior, as_of: date, used: Mapping[str, date]) -> Variant:
    """The last variant known at the as-of date that rests on no figure of the fit that it would count twice.

    An anchor of a path counts a figure twice where the figure's period reaches the anchor's year; a figure of the
    years before only says from where the author of the range went on.

    Args:
        used: Figures of the fit, each with the middle of its period.
    """
    year = prior.id.rpartition(".")[2][:4]
    first = date(int(year), 1, 1) if year.isdigit() else date.min
    twice = {name for name, middle in used.items() if middle >= first}
    known = [v for v in prior.variants if v.known_since.last <= as_of]
    free = [v for v in known if not twice & set(v.observations)]
    return (free or known)[-1]
