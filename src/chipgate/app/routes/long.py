"""Long jobs: each answer names the job, whose progress and result are fetched as those of a run."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from chipgate.app import work
from chipgate.app.answer import encoded
from chipgate.app.context import PROBLEMS, ClientOf, EngineOf
from chipgate.app.engine import Engine
from chipgate.app.jobs import Job
from chipgate.app.long import Steps, start
from chipgate.app.models import (
    CompareRequest,
    FeeCurveRequest,
    LongRequest,
    RecordRequest,
    ReportRequest,
    ScoreboardRequest,
    SensitivityRequest,
    WorkloadRequest,
)  # fmt: skip
from chipgate.app.problems import ApiError
from chipgate.app.state import resolved
from chipgate.results.compare import target
from chipgate.results.fee_curve import family_of

router = APIRouter(prefix="/api", tags=["long jobs"], responses=PROBLEMS)


async def _answer(
    engine: Engine, client: str, kind: str, unit: str, body: LongRequest, make: Callable[[Steps], Any]
) -> Response:
    job = start(engine, kind, client, unit, make)
    await job.wait(lambda j: not j.unfinished, body.wait_ms / 1000)
    result = engine.document(job) if job.state == "done" else b"null"
    return Response(encoded(job.document())[:-1] + b',"result":' + result + b"}", 202, media_type="application/json")


@router.post("/compare", status_code=202)
async def compare(body: CompareRequest, engine: EngineOf, client: ClientOf) -> Response:
    """The same draws under several states: differences with intervals, and which lever caused what."""
    await asyncio.to_thread(work.check_compare, engine, body)
    return await _answer(engine, client, "compare", "runs", body, partial(work.compare, engine, body))


@router.post("/sensitivity", status_code=202)
async def sensitivity(body: SensitivityRequest, engine: EngineOf, client: ClientOf) -> Response:
    """Which inputs drive a number."""
    resolved(engine.data, body.state)
    _check_target(body.metric, body.months)
    return await _answer(engine, client, "sensitivity", "runs", body, partial(work.sensitivity, engine, body))


@router.post("/fee-curve", status_code=202)
async def fee_curve(body: FeeCurveRequest, engine: EngineOf, client: ClientOf) -> Response:
    """Receipts, volume, incidence and Huawei's gain against the fee."""
    resolved(engine.data, body.state)
    family = family_of(engine.data, body.chip)
    most = engine.data.levers["washington.fee.*"].most
    for rate in body.rates or ():
        if rate > most:
            raise ApiError(422, "bad_value", f"rates: {rate:g} is more than {most:g}", where="rates", found=rate,
                           expected=f"0 to {most:g}")  # fmt: skip
    unit = f"runs on {family}"
    return await _answer(engine, client, "fee-curve", unit, body, partial(work.fee_curve, engine, body))


@router.post("/record", status_code=202)
async def record(body: RecordRequest, engine: EngineOf, client: ClientOf) -> Response:
    """The model's history beside the published record, with its misses."""
    work.check_record(engine, body)
    return await _answer(engine, client, "record", "steps", body, partial(work.record, engine, body))


@router.post("/scoreboard", status_code=202)
async def scoreboard(body: ScoreboardRequest, engine: EngineOf, client: ClientOf) -> Response:
    """A rolling backtest beside naive and published forecasts; a minute or more."""
    return await _answer(engine, client, "scoreboard", "as-of dates", body, partial(work.scoreboard, engine, body))


@router.post("/workload", status_code=202)
async def workload(body: WorkloadRequest, engine: EngineOf, client: ClientOf) -> Response:
    """Throughput, limits and cost of a language model on a chip, or on all."""
    engine.data.models.find(body.model)
    if body.chip is not None:
        engine.data.chips.find(body.chip)
    return await _answer(engine, client, "workload", "steps", body, partial(work.workload, engine, body))


@router.post("/report", status_code=202)
async def report(body: ReportRequest, engine: EngineOf, client: ClientOf) -> Response:
    """The standalone HTML report of a run, to download."""
    resolved(engine.data, body.state)
    return await _answer(engine, client, "report", "steps", body, partial(work.report, engine, body))


def _check_target(text: str, months: int | None) -> None:
    from chipgate.api import check_metrics

    check_metrics([target(text, months).metric])


@router.get("/jobs/{job}/file")
def file(job: str, engine: EngineOf) -> Response:
    """The file that a job made."""
    return download(engine, engine.jobs.find(job))


def download(engine: Engine, job: Job) -> Response:
    """A file of a job as an attachment, which browsers save and do not show.

    Raises:
        ApiError: The job made none, or it is no longer kept.
    """
    found = engine.files.get(job.id)
    if found is None:
        status, code = (410, "gone") if job.state == "done" and job.kind == "report" else (409, "not_ready")
        raise ApiError(status, code, "there is no file of this job", where=job.id, found=job.state)
    return attachment(found.name, found.media, found.content)


def attachment(name: str, media: str, content: bytes) -> Response:
    """A file to save; shown after all, it may run no script."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Content-Security-Policy": "sandbox"}
    return Response(content, media_type=media, headers=headers)
