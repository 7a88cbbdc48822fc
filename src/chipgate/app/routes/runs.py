"""Runs and jobs: start, watch, fetch, cancel."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from chipgate.app import bands
from chipgate.app.answer import answer, encoded
from chipgate.app.bands import Result
from chipgate.app.context import PROBLEMS, ClientOf, EngineOf
from chipgate.app.engine import Engine, Shown, answer_of
from chipgate.app.jobs import Job
from chipgate.app.limits import FIRST_STAGE
from chipgate.app.models import LIMITS, RunRequest
from chipgate.app.problems import ApiError
from chipgate.results.lever_table import moot

router = APIRouter(prefix="/api", tags=["runs"], responses=PROBLEMS)
Wait = Annotated[int, Query(ge=0, le=LIMITS.wait_ms)]
MonthQuery = Annotated[str | None, Query(pattern=r"^[0-9]{4}-[0-9]{2}$")]
_BEAT = 10.0
"""Seconds between signs of life of a stream of events."""


@router.post("/runs", status_code=202)
async def start(body: RunRequest, engine: EngineOf, client: ClientOf) -> Response:
    """Start a run; the answer waits for the first band, and holds the final one where it is known already."""
    if body.metrics is not None:
        bands.check_metrics(body.metrics)
    shown = Shown(tuple(dict.fromkeys(body.metrics)) if body.metrics is not None else None, body.first_month)
    job, found = await run_in_threadpool(engine.start, body.state, shown, client, supersede=body.supersede)
    moots = await run_in_threadpool(moot, engine.data, found)
    cached = job.state == "done"
    await job.wait(lambda j: bool(j.stages) or not j.unfinished, body.wait_ms / 1000)
    result = await run_in_threadpool(_shown, engine, job, shown)
    draws = body.state.draws
    stages = [FIRST_STAGE, draws] if draws > FIRST_STAGE else [draws]
    head = {**job.document(), "key": job.key, "stages": stages, "cached": cached, "moot": moots}
    # The bands are JSON already, made once by the thread that finished the stage.
    content = encoded(head)[:-1] + b',"result":' + (result or b"null") + b"}"
    return Response(content, 202, media_type="application/json")


def _shown(engine: Engine, job: Job, shown: Shown) -> bytes | None:
    """The newest stage that a run has, as its client wants to see it."""
    ready = job.owned.get("answer")
    if job.stage == "first" and isinstance(ready, bytes):
        return ready
    result = engine.result(job, "final" if job.stage == "final" else "first")
    return answer_of(result, shown) if result is not None else None


@router.get("/jobs/{job}")
def job_document(job: str, engine: EngineOf) -> Response:
    """How far a job is."""
    return answer(engine.jobs.find(job).document())


@router.delete("/jobs/{job}")
@router.post("/jobs/{job}/cancel")
def cancel(job: str, engine: EngineOf) -> Response:
    """Cancel a job; one that has ended stays as it is."""
    found = engine.jobs.find(job)
    found.set(state="cancelled")
    return answer(found.document())


@router.get("/jobs/{job}/result")
async def result(
    job: str, engine: EngineOf, stage: Literal["first", "final"] = "final", wait_ms: Wait = 0,
    metrics: Annotated[str | None, Query(max_length=4000)] = None, first_month: MonthQuery = None,
) -> Response:  # fmt: skip
    """The result of a job, waiting for it at most so long."""
    found = engine.jobs.find(job)
    await wait_for_stage(found, stage, wait_ms)
    if found.kind != "run":
        return Response(engine.document(found), media_type="application/json")
    wanted = [name for name in metrics.split(",") if name] if metrics else None
    if wanted is not None:
        bands.check_metrics(wanted)
    ready = stage_of(engine, found, stage)
    shown = Shown(tuple(wanted) if wanted is not None else None, first_month)
    content = await run_in_threadpool(answer_of, ready, shown)
    return Response(content[:-1] + b',"job":' + encoded(found.id) + b"}", media_type="application/json")


async def wait_for_stage(job: Job, stage: str, wait_ms: int) -> None:
    """Wait until a stage of a job, or its end, is there.

    Raises:
        ApiError: It is not, or the job failed or is no longer wanted.
    """
    await job.wait(lambda j: stage in j.stages or not j.unfinished, wait_ms / 1000)
    if stage in job.stages or (stage == "first" and "final" in job.stages):
        return
    if job.state == "failed" and job.problem is not None:
        raise ApiError(409, job.problem.code, job.problem.message, where=job.problem.where, fix=job.problem.fix)
    if not job.unfinished:
        raise ApiError(409, "cancelled", f"the job was {job.state}", found=job.state, where=job.id,
                       fix="post it again")  # fmt: skip
    raise ApiError(409, "not_ready", f"the {stage} result is not there yet", found=job.state, where=job.id,
                   fix="ask again with wait_ms, or follow the events")  # fmt: skip


def stage_of(engine: Engine, job: Job, stage: str = "final") -> Result:
    """A stage of a run that has it.

    Raises:
        ApiError: It is no run, the stage is not there yet, or it is no longer kept.
    """
    if job.kind != "run":
        raise ApiError(422, "bad_value", f"{job.id} is no run", where="job", found=job.kind, expected="a run")
    found = engine.result(job, stage)
    if found is None and "final" not in job.stages:
        raise ApiError(409, "not_ready", f"the {stage} result is not there yet", found=job.state, where=job.id,
                       fix=f"wait: GET /api/jobs/{job.id}/result?stage={stage}&wait_ms=10000")  # fmt: skip
    if found is None:
        raise ApiError(410, "gone", "the result is no longer kept", where=job.id, fix="post the run again")
    return found


@router.get("/jobs/{job}/events", response_class=StreamingResponse,
            responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}})  # fmt: skip
async def events(job: str, request: Request, engine: EngineOf) -> Response:
    """Progress as Server-Sent Events: ``progress``, ``stage``, and ``end``, after which the stream closes."""
    found = engine.jobs.find(job)
    return StreamingResponse(_events(found, request), media_type="text/event-stream")


async def _events(job: Job, request: Request) -> AsyncIterator[bytes]:
    told: list[str] = []
    while True:
        version, unfinished = job.version, job.unfinished
        for stage in [s for s in list(job.stages) if s not in told]:
            told.append(stage)
            yield _event("stage", {"stage": stage})
        yield _event("progress" if unfinished else "end", job.document())
        if not unfinished:
            return

        def moved(j: Job, seen: int = version) -> bool:
            return j.version != seen

        while not await job.wait(moved, _BEAT):
            if await request.is_disconnected():
                return
            yield b": still there\n\n"
        await asyncio.sleep(0.02)  # several blocks that end together make one event


def _event(name: str, document: dict[str, Any]) -> bytes:
    return b"event: " + name.encode() + b"\ndata: " + encoded(document) + b"\n\n"


async def _of_run(engine: Engine, job: str, make: Callable[[Result], Any]) -> Response:
    ready = stage_of(engine, engine.jobs.find(job))
    return await run_in_threadpool(lambda: answer(make(ready)))


@router.get("/runs/{job}/periods")
async def periods(
    job: str, engine: EngineOf, metric: Annotated[str, Query(max_length=200)],
    by: Annotated[str, Query(max_length=80)] = "quarter",
) -> Response:  # fmt: skip
    """A metric by calendar quarter, or by the fiscal quarters of a maker."""
    bands.check_metrics([metric])
    return await _of_run(engine, job, lambda found: bands.periods_document(found, metric, by))


@router.get("/runs/{job}/crossover")
async def crossover(job: str, engine: EngineOf, level: Annotated[float, Query(gt=0, le=1)] = 0.9) -> Response:
    """When domestic supply meets demand, by workload."""
    return await _of_run(engine, job, lambda found: bands.crossover_document(found, level))


@router.get("/runs/{job}/gates")
async def gates(job: str, engine: EngineOf) -> Response:
    """Which gate binds, by month and chip."""
    return await _of_run(engine, job, bands.gates_document)
