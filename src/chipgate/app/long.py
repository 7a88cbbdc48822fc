"""Long jobs: comparisons, sensitivities, curves, backtests, reports. Each works step by step, in turn with others."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import xarray as xr

from chipgate.app.answer import encoded
from chipgate.app.engine import Engine
from chipgate.app.jobs import CancelledJob, Job
from chipgate.app.lanes import LOG
from chipgate.app.models import RunState
from chipgate.app.problems import ApiError, Problem, of_engine
from chipgate.app.state import key_of, resolved
from chipgate.errors import BadInputError
from chipgate.results.dataset import dataset
from chipgate.results.execute import execute_plan, few_cores
from chipgate.setup.planned import plan_of

_GIVE_WAY = 1.0
"""Seconds for which a long job waits at each step while short work is under way."""


@dataclass(frozen=True)
class File:
    """A file to download."""

    name: str
    media: str
    content: bytes


@dataclass(eq=False)
class Steps:
    """What a long job is given: it tells its progress, and is stopped or made to wait there."""

    engine: Engine
    job: Job

    def __call__(self, done: int, of: int) -> None:
        """Progress, done and in all.

        Raises:
            CancelledJob: The job is no longer wanted.
        """
        self.job.set(done=done, of=of)
        self.breathe()

    def breathe(self, *_: Any) -> None:
        """Let others work, without progress.

        Raises:
            CancelledJob: The job is no longer wanted.
        """
        self.job.check()
        self.engine.lane.quiet(_GIVE_WAY)
        self.engine.turns.hand_over(self.job.client)
        self.job.check()


def simulated(engine: Engine, state: RunState, metrics: list[str] | None, steps: Steps) -> xr.Dataset:
    """The dataset of a state: from what is kept, or simulated."""
    found = resolved(engine.data, state)
    ready = engine.results.get(key_of(engine.data, found, state.draws, state.seed))
    if ready is not None:
        return ready.data
    made = plan_of(found, seed=state.seed, draws=state.draws)
    return dataset(execute_plan(made, names=metrics, progress=steps.breathe), found)


def start(engine: Engine, kind: str, client: str, unit: str, work: Callable[[Steps], Any]) -> Job:
    """Start a long job.

    Args:
        work: Makes the result, a document or a :class:`File`; calls the steps it is given as it goes.

    Raises:
        ApiError: The client has too many jobs.
    """
    job = engine.jobs.add(kind, client, unit=unit)
    engine.spawn(partial(_run, engine, job, work), kind)
    return job


def _run(engine: Engine, job: Job, work: Callable[[Steps], Any]) -> None:
    try:
        with engine.turns.turn(job.client), few_cores(1):
            job.check()
            job.set(state="running")
            made = work(Steps(engine, job))
        if isinstance(made, File):
            engine.files.put(job.id, made)
            made = {"file": made.name, "bytes": len(made.content), "url": f"/api/jobs/{job.id}/file"}
        engine.documents.put(job.id, encoded(made))
        job.set(state="done", stage="final")
    except CancelledJob:
        return
    except BadInputError as error:
        job.set(state="failed", problem=of_engine(error).problem)
    except ApiError as error:
        job.set(state="failed", problem=error.problem)
    except Exception:
        LOG.exception("%s %s failed", job.kind, job.id)
        job.set(state="failed", problem=Problem(code="fault", message="fault in Chipgate"))
