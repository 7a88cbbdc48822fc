"""The documents of ``chipgate score`` and ``chipgate backtest``."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from chipgate.schema.tables import Observation
from chipgate.scoring.cases import HORIZONS, before_its_period, rolling
from chipgate.scoring.engine import Result, score_cases
from chipgate.scoring.frozen import Frozen, score_frozen
from chipgate.scoring.runs import Runs
from chipgate.scoring.summary import case_row, summary, target_rows

Progress = Callable[[int, int], None]


def score_document(
    rows: Sequence[Observation], known: Sequence[Observation], runs: Runs, days: Sequence[date],
    progress: Progress | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Fresh forecasts of every row from the last as-of date before its period began.

    Args:
        known: The record, from which naive and published forecasts come.
    """
    cases, left = before_its_period(rows, days)
    found, more = score_cases(cases, runs, known, progress)
    made = {"as_of_dates": [day.isoformat() for day in days], "draws": runs.draws, "seed": runs.seed}
    return _scored(found, left | more, rows, made | {"data_hash": runs.fingerprint})


def frozen_document(frozen: Frozen, rows: Sequence[Observation], known: Sequence[Observation]) -> dict[str, Any]:
    """The rows that a frozen forecast speaks of."""
    found, left = score_frozen(frozen, rows, known)
    made = {"frozen": frozen.path.name, "as_of": frozen.as_of.isoformat(), "made": frozen.made.isoformat(),
            "sha256": frozen.sha256}  # fmt: skip
    return _scored(found, left, rows, made)


def _scored(
    found: Sequence[Result], left: Mapping[str, str], rows: Sequence[Observation], made: Mapping[str, Any]
) -> dict[str, Any]:
    order = {seen.id: i for i, seen in enumerate(rows)}
    ordered = sorted(found, key=lambda r: order[r.case.seen.id])
    return {
        **summary(ordered), "n_unmapped": len(left), **made, "targets": target_rows(ordered),
        "rows": [case_row(result) for result in ordered],
        "unmapped": [{"id": name, "reason": left[name]} for name in sorted(left, key=lambda name: order[name])],
    }  # fmt: skip


def backtest_document(
    known: Sequence[Observation], runs: Runs, days: Sequence[date], progress: Progress | None = None
) -> dict[str, Any]:
    """Rolling forecasts of the record, one to four quarters ahead."""
    cases = rolling(known, days)
    found, left = score_cases(cases, runs, known, progress)
    tables = {
        "by_horizon": [_part(found, horizon=h) for h in range(1, HORIZONS + 1)],
        "by_as_of": [_part(found, as_of=day) for day in sorted(days)],
    }
    return {
        **summary(found), "as_of_dates": [day.isoformat() for day in sorted(days)], "draws": runs.draws,
        "seed": runs.seed, "data_hash": runs.fingerprint, "targets": target_rows(found), **tables,
        "rows": [case_row(result) for result in found],
        "left_out": [{"id": name, "reason": reason} for name, reason in sorted(left.items())],
    }  # fmt: skip


def _part(found: Sequence[Result], horizon: int | None = None, as_of: date | None = None) -> dict[str, Any]:
    own = [r for r in found if horizon in (None, r.case.horizon) and as_of in (None, r.case.as_of)]
    name: dict[str, Any] = {"horizon": horizon} if horizon is not None else {"as_of": str(as_of)}
    return name | summary(own)
