"""Forecasts of cases beside naive and published ones, and what they add up to."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

import numpy as np
import xarray as xr
from scipy.special import ndtri

from chipgate.arrays.keys import Streams
from chipgate.schema.tables import Observation
from chipgate.scoring.baselines import MEMBERS, NAMES, naive
from chipgate.scoring.cases import Case
from chipgate.scoring.history import middle, months_in, past_of
from chipgate.scoring.noise import scattered
from chipgate.scoring.runs import Runs
from chipgate.scoring.scores import Draws, Scored, score
from chipgate.targets import Target, Unmapped, evaluate, forecast_of
from chipgate.timegrid import add_months

_Z90: Final = 1.2815515655446004
_NEAR: Final = timedelta(days=21)
REACH: Final = 15
"""Months that every run reaches, so that one run of a day serves all that is scored from it."""


@dataclass(frozen=True)
class Rival:
    """A published forecast of the same period, out by the as-of date."""

    seen: Observation

    def draws(self) -> Draws:
        """Evenly spaced quantiles; the published range counts as its 10th and 90th percentile."""
        z = ndtri((np.arange(MEMBERS) + 0.5) / MEMBERS)
        low, value, high = self.seen.low, self.seen.value, self.seen.high
        return np.asarray(np.where(z < 0, value + z * (value - low) / _Z90, value + z * (high - value) / _Z90))


@dataclass(frozen=True)
class Result:
    """One case, scored.

    Attributes:
        naive: Baseline -> its scores; a method that the past is too short for has those of persistence.
        lent: Baselines that were lent those of persistence.
        rivals: Published forecasts and their scores.
    """

    case: Case
    own: Scored
    naive: dict[str, Scored] = field(default_factory=dict)
    lent: tuple[str, ...] = ()
    rivals: tuple[tuple[Rival, Scored], ...] = ()


def score_cases(
    cases: Sequence[Case], runs: Runs, known: Sequence[Observation],
    progress: Callable[[int, int], None] | None = None,
) -> tuple[list[Result], dict[str, str]]:  # fmt: skip
    """Score every case; and the rows that the run of their as-of date says nothing of, with the reason."""
    found: list[Result] = []
    left: dict[str, str] = {}
    days = sorted({case.as_of for case in cases})
    for i, day in enumerate(days):
        own = [case for case in cases if case.as_of == day]
        data = runs.get(day, last_month(day, own))
        for case in own:
            draws = forecast(case.target, data, case.seen)
            if isinstance(draws, Unmapped):
                left[case.seen.id] = f"as of {day}: {draws.reason}"
                continue
            found.append(against(case, score(draws, case.seen.value, case.target.scale), known))
        if progress is not None:
            progress(i + 1, len(days))
    return found, left


def last_month(day: date, cases: Iterable[Case]) -> date:
    """Last month that a run must reach."""
    ends = [case.seen.period_end.last.replace(day=1) for case in cases]
    return max([add_months(day, REACH), *ends])


def forecast(target: Target, data: xr.Dataset, seen: Observation) -> Draws | Unmapped:
    """Draws of what would be published: the target over the period, with the scatter of such figures."""
    draws = evaluate(target, data, seen.period_start.first, seen.period_end.last)
    if isinstance(draws, Unmapped):
        return draws
    attrs = data.attrs
    u = Streams(int(attrs["seed"]), int(attrs["draws"])).uniform(f"score:{seen.id}")[data["draw"].values]
    fitted = json.loads(str(attrs.get("figure_errors", "{}")))
    return scattered(draws, seen, u, fitted, fraction=target.unit == "fraction")


def against(case: Case, own: Scored, known: Sequence[Observation]) -> Result:
    """A scored case beside naive forecasts and published ones, all from what was out by its as-of date."""
    seen, target = case.seen, case.target
    first, last = seen.period_start.first, seen.period_end.last
    past = past_of(target, first, last, known, case.as_of)
    factor = months_in(first, last) if target.adds == "sum" else 1.0
    made = naive(past, middle(first, last), target.scale, factor)
    scores = {name: score(d, seen.value, target.scale, sample=False) for name, d in made.items()}
    lent = tuple(name for name in NAMES if scores and name not in scores)
    if scores:
        scores |= dict.fromkeys(lent, scores["persistence"])
    rivals = tuple(
        (rival, score(rival.draws(), seen.value, target.scale, sample=False))
        for rival in rivals_of(target, first, last, known, case.as_of)
    )
    return Result(case, own, scores, lent, rivals)


def rivals_of(target: Target, first: date, last: date, known: Iterable[Observation], as_of: date) -> list[Rival]:
    """Published forecasts of a target and period that were out by a day."""
    found = []
    for seen in known:
        if seen.published_date.last > as_of:
            continue
        own = forecast_of(seen)
        near = abs(seen.period_start.first - first) <= _NEAR and abs(seen.period_end.last - last) <= _NEAR
        if own is not None and own.id == target.id and near:
            found.append(Rival(seen))
    return found


def by_target(results: Iterable[Result]) -> Mapping[str, list[Result]]:
    """Results by target, in the order in which targets come."""
    found: dict[str, list[Result]] = {}
    for result in results:
        found.setdefault(result.case.target.id, []).append(result)
    return found
