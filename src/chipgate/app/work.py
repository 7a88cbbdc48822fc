"""What each long job does: the same calls as the commands of the same names."""

from collections.abc import Mapping
from datetime import date
from functools import partial
from typing import Any

import xarray as xr

from chipgate.app.engine import Engine
from chipgate.app.long import File, Steps, simulated
from chipgate.app.models import (
    CompareRequest,
    FeeCurveRequest,
    RecordRequest,
    ReportRequest,
    RunState,
    ScoreboardRequest,
    SensitivityRequest,
    WorkloadRequest,
)  # fmt: skip
from chipgate.app.problems import ApiError
from chipgate.app.state import resolved
from chipgate.errors import DateError
from chipgate.results import compare as comparing
from chipgate.results import fee_curve as curves
from chipgate.results.record import METRICS as RECORD_METRICS
from chipgate.results.record import compare_with_record
from chipgate.results.sensitivity import Case, sobol, tornado
from chipgate.timegrid import covered_day

COMPARED = ("units_by_route", "huawei_units", "fee_receipts", "compute_ratio")
"""Metrics of a comparison that names none, as in the command."""


def check_compare(engine: Engine, body: CompareRequest) -> None:
    """Find what is wrong with a comparison before anything is run.

    Raises:
        BadInputError: A state, metric or label is wrong. ApiError: the states cannot be compared.
    """
    from chipgate.api import check_metrics

    states = list(body.states.values())
    found = [resolved(engine.data, state) for state in states]
    if any((s.seed, s.draws) != (states[0].seed, states[0].draws) for s in states):
        raise ApiError(422, "bad_value", "the states differ in seed or draws, so their draws are not the same",
                       where="states", fix="give all the same seed and draws")  # fmt: skip
    check_metrics(body.metrics or ())
    if body.attribute is not None:
        check_metrics([comparing.target(body.attribute, body.months).metric])
        if any((f.as_of, f.until) != (found[0].as_of, found[0].until) for f in found):
            raise ApiError(422, "bad_value", "states that differ in as-of date or end cannot be attributed",
                           where="states", fix="give all the same as_of and until")  # fmt: skip


def compare(engine: Engine, body: CompareRequest, steps: Steps) -> dict[str, Any]:
    """Differences draw by draw, and which lever caused what."""
    metrics = list(body.metrics or COMPARED)
    runs = {}
    for done, (name, state) in enumerate(body.states.items(), 1):
        runs[name] = simulated(engine, state, metrics, steps)
        steps(done, len(body.states))
    document = comparing.document(comparing.compare(runs, metrics))
    if body.attribute is not None:
        document["attribution"] = _attribution(engine, body, comparing.target(body.attribute, body.months), steps)
    return document


def _attribution(
    engine: Engine, body: CompareRequest, wanted: comparing.Target, steps: Steps
) -> dict[str, dict[str, Any]]:
    (_, first), *others = body.states.items()
    base = resolved(engine.data, first)
    found = {}
    for name, state in others:
        shares = comparing.shapley(
            partial(_run_with, engine, first, [wanted.metric], steps), base.raw, resolved(engine.data, state).raw,
            wanted.of, progress=steps,
        )  # fmt: skip
        found[name] = shares.document()
    return found


def _run_with(
    engine: Engine, state: RunState, metrics: list[str], steps: Steps, settings: Mapping[str, Any] | None
) -> xr.Dataset:
    """A state with further settings."""
    return simulated(engine, _with(state, settings or {}), metrics, steps)


def _with(state: RunState, settings: Mapping[str, Any]) -> RunState:
    return state.model_copy(update={"settings": {**state.settings, **settings}})


def sensitivity(engine: Engine, body: SensitivityRequest, steps: Steps) -> dict[str, Any]:
    """Which inputs drive a number."""
    found = resolved(engine.data, body.state)
    case = Case(engine.data, found, comparing.target(body.metric, body.months), body.state.seed, body.state.draws)
    return sobol(case, progress=steps) if body.method == "sobol" else tornado(case, top=body.top, progress=steps)


def fee_curve(engine: Engine, body: FeeCurveRequest, steps: Steps) -> dict[str, Any]:
    """Receipts, volume and incidence against the fee."""
    family = curves.family_of(engine.data, body.chip)
    offers = [o.id for o in engine.data.offers.values() if o.family == family and o.route == "legal"]
    runner = partial(_run_with, engine, body.state, list(curves.METRICS), steps)
    curve = curves.fee_curve(
        runner, family, body.rates or curves.RATES, offers=offers, months=body.months, progress=steps
    )
    return curves.document(curve)


def record(engine: Engine, body: RecordRequest, steps: Steps) -> dict[str, Any]:
    """The model's history beside the published record."""
    state = RunState(as_of=body.as_of, until=f"{body.as_of[:4]}-12", draws=body.draws, seed=body.seed)
    found = compare_with_record(simulated(engine, state, list(RECORD_METRICS), steps), engine.data)
    rows = []
    for c in found:
        seen = c.observation
        rows.append(
            {"observation": seen.id, "what": c.what, "unit": seen.unit,
             "period": [str(seen.period_start), str(seen.period_end)], "published": [seen.low, seen.value, seen.high],
             "kind": seen.kind, "publisher": seen.publisher, "published_date": str(seen.published_date),
             "urls": list(seen.source_urls), "confidence": seen.confidence,
             "model": {"p5": c.p5, "p50": c.p50, "p95": c.p95}, "inside": c.inside}
        )  # fmt: skip
    return {"as_of": body.as_of, "draws": body.draws, "seed": body.seed, "inside": sum(c.inside for c in found),
            "of": len(found), "rows": rows}  # fmt: skip


def scoreboard(engine: Engine, body: ScoreboardRequest, steps: Steps) -> dict[str, Any]:
    """A rolling backtest, as the command makes it."""
    from chipgate.api import run
    from chipgate.scoring.cases import ROLLING
    from chipgate.scoring.documents import backtest_document
    from chipgate.scoring.runs import Runs

    simulate = partial(run, "h20-reopened", data=engine.data, progress=steps.breathe)
    runs = Runs(simulate, engine.data.fingerprint, body.draws, body.seed)
    days: list[date] = [day for day in sorted(ROLLING) if day < engine.data.compiled]
    return backtest_document(list(engine.data.observations.values()), runs, days, steps)


def check_record(engine: Engine, body: RecordRequest) -> None:
    """Raise where the day of a record is not covered.

    Raises:
        DateError: It is not, or lies so late in its year that no month is left.
    """
    day = covered_day(body.as_of)
    if day.month == 12:
        raise DateError(f"as_of: {body.as_of} leaves no month of its year ahead; give an earlier day")


def workload(engine: Engine, body: WorkloadRequest, steps: Steps) -> dict[str, Any]:
    """What a language model does on a chip."""
    from chipgate.api import workload as ask

    given = body.model_dump(exclude={"wait_ms", "chip", "model", "phase"})
    # JAX's cache of compiled programs is set up for the whole process while this works.
    with engine.compiling:
        return ask(body.chip, model=body.model, phase=body.phase, **given, data=engine.data)


def report(engine: Engine, body: ReportRequest, steps: Steps) -> File:
    """The standalone report of a run, with the companion run that gives the incidence of the fee."""
    from chipgate.report.document import report_html
    from chipgate.report.sections.fee import COMPANION_DRAWS, COMPANION_METRICS, free_of_fee

    steps(0, 3)
    result = simulated(engine, body.state, None, steps)
    steps(1, 3)
    few = body.state.model_copy(update={"draws": min(body.state.draws, COMPANION_DRAWS)})
    companion = simulated(engine, _with(few, free_of_fee(engine.data)), list(COMPANION_METRICS), steps)
    steps(2, 3)
    text = report_html(result, engine.data, companions={"no_fee": companion})
    steps(3, 3)
    return File(f"{result.attrs['scenario']}.html", "text/html; charset=utf-8", text.encode())
