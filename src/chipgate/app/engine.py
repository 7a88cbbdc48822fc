"""The engine of the server: draws that are shared, programs that are warm, results that are kept, runs in pieces.

Moving a lever changes none of the draws: uniforms, priors and throughputs are kept for each as-of date, horizon, seed
and number of draws, and the verdicts of the law for each as-of date. What is left of a move is applying the levers,
simulating and sorting.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from threading import Event, Lock, Thread
from typing import Any, Final
from weakref import WeakSet

from chipgate.app.answer import encoded
from chipgate.app.bands import Result, check_first_month, run_document
from chipgate.app.headline import HEADLINE_METRICS
from chipgate.app.jobs import CancelledJob, Job, Jobs
from chipgate.app.kept import Recent
from chipgate.app.lanes import LOG, Lane, Piece, Slots, Turns
from chipgate.app.limits import FIRST_STAGE, Limits
from chipgate.app.models import RunState
from chipgate.app.problems import ApiError, Problem, of_engine
from chipgate.app.state import key_of, resolved
from chipgate.catalogue.catalogue import Catalogue
from chipgate.errors import BadInputError
from chipgate.results.chunks import Head
from chipgate.results.staged import Stage, StagedRun
from chipgate.setup.build import Kept
from chipgate.setup.plan import Plan
from chipgate.setup.planned import plan_of
from chipgate.setup.scenario import Resolved

Key = tuple[Any, ...]
_MOST_WARMING: Final = 120.0
"""Seconds after which the server calls itself warm whatever the first run does."""


@dataclass(frozen=True)
class Shown:
    """What the answers of a run show."""

    metrics: tuple[str, ...] | None
    first_month: str | None


class Engine:
    """Everything that requests share.

    Args:
        data: Catalogue. ``limits``: of memory and jobs.
        threads: Of the lane of short pieces; one a core by default.
    """

    def __init__(self, data: Catalogue, limits: Limits, threads: int | None = None) -> None:
        self.data, self.limits = data, limits
        self.jobs = Jobs(limits)
        self.lane = Lane(threads or os.cpu_count() or 1)
        self.turns = Turns()
        self.slots = Slots(len(self.lane.threads))
        self.results: Recent[str, Result] = Recent(limits.result_bytes, lambda result: float(result.nbytes))
        self.heads: Recent[Any, Head] = Recent(limits.head_bytes, lambda head: float(head.nbytes))
        self.documents: Recent[str, bytes] = Recent(limits.document_bytes, len)
        self.files: Recent[str, Any] = Recent(limits.document_bytes, lambda file: float(len(file.content)))
        self._kept: Recent[Key, tuple[Kept, Lock]] = Recent(limits.draw_bytes, lambda pair: float(pair[0].nbytes))
        self.compiling, self._making = Lock(), Lock()
        self.threads: WeakSet[Thread] = WeakSet()
        self.warm = False

    def close(self) -> None:
        """Stop working; what is unfinished is cancelled, and long jobs end at their next step."""
        self.jobs.cancel_all()
        self.lane.close()
        for thread in list(self.threads):
            thread.join(timeout=5)

    def start(self, state: RunState, shown: Shown, client: str, *, supersede: bool) -> tuple[Job, Resolved]:
        """Start a run, or take it from what is kept.

        Raises:
            BadInputError: The state is wrong. ApiError: the client has too many jobs.
        """
        found = resolved(self.data, state)
        check_first_month(shown.first_month, f"{found.until:%Y-%m}")
        key = key_of(self.data, found, state.draws, state.seed)
        job = self.jobs.add("run", client, unit="draws", of=state.draws, supersedes=supersede)
        job.key = key
        if self.results.get(key) is not None:
            job.set(state="done", done=state.draws, stage="final")
            return job, found
        made = plan_of(found, seed=state.seed, draws=state.draws)
        stages = (FIRST_STAGE, state.draws) if state.draws > FIRST_STAGE else (state.draws,)
        run = Pieces(self, job, StagedRun(made, found, stages, self.heads), key, shown)
        run.begin()
        return job, found

    def result(self, job: Job, stage: str) -> Result | None:
        """A stage of a run, if it is there; the final one stands for all before it."""
        final = self.results.get(job.key) if "final" in job.stages else None
        if final is not None or stage == "final":
            return final
        early = job.owned.get("first")
        return early if isinstance(early, Result) else None

    def document(self, job: Job) -> bytes:
        """Result of a long job, as JSON.

        Raises:
            ApiError: It is no longer kept.
        """
        found = self.documents.get(job.id)
        if found is None:
            raise ApiError(410, "gone", "the result is no longer kept", where=job.id, fix="post it again")
        return found

    def spawn(self, work: Callable[[], None], name: str) -> None:
        """Work on a thread of its own."""
        thread = Thread(target=work, name=f"chipgate-{name}", daemon=True)
        self.threads.add(thread)
        thread.start()

    @contextmanager
    def kept(self, made: Plan) -> Iterator[Kept]:
        """Draws that a plan shares with others of its as-of date, horizon, seed and size; one user at a time."""
        # What is kept holds its catalogue, so no other can come to have its id.
        key = (made.as_of, made.months, made.seed, made.draws, id(made.catalogue), made.signals)
        with self._making:
            pair = self._kept.get(key) or (Kept(made), Lock())
            self._kept.put(key, pair)
        with pair[1]:
            yield pair[0]

    def compile(self, run: StagedRun) -> None:
        """Have the program of a run loaded, one at a time."""
        with self.compiling:
            run.compile()

    def warm_up(self, states: Sequence[RunState]) -> None:
        """Load or compile the programs of these states, so that nobody waits for it, and run the first of them.

        That run is what a page shows first, and its history is where those of moved levers begin.
        """
        ready = Event()
        for place, state in enumerate(states):
            found = resolved(self.data, state)
            made = plan_of(found, seed=state.seed, draws=state.draws)
            self.compile(StagedRun(made, found, (made.draws,)))
            if place == 0:
                job, _ = self.start(state, Shown(None, None), "warming-up", supersede=False)
                job.at_end(ready.set)
        ready.wait(_MOST_WARMING)
        self.warm = True


class Pieces:
    """A run cut into pieces for the lane."""

    def __init__(self, engine: Engine, job: Job, run: StagedRun, key: str, shown: Shown) -> None:
        self.engine, self.job, self.run, self.key, self.shown = engine, job, run, key, shown
        self._left: set[int] = set()
        self._lock = Lock()

    def begin(self) -> None:
        """Queue the first piece; a program that must be compiled is so aside, and nobody else waits for it."""
        if self.run.compiled:
            self._put(0, [partial(self._open, 0)])
        else:
            self.engine.spawn(self._guarded(self._compile), "compile")

    def _compile(self) -> None:
        self.engine.compile(self.run)
        self._put(0, [partial(self._open, 0)])

    def _put(self, place: int, works: Sequence[Any]) -> None:
        """Queue pieces; those of a first band are urgent, since somebody waits for it with a finger on the lever."""
        pieces = [Piece(self.job.client, self._guarded(work), lambda: self.job.unfinished) for work in works]
        self.engine.lane.put(pieces, urgent=place < len(self.run.stages) - 1)

    def _enter(self, place: int) -> None:
        """Begin the last stage, which takes memory, once there is a place for it."""

        def begin() -> None:
            self.job.at_end(self.engine.slots.leave)
            self._put(place, [partial(self._open, place)])

        self.engine.slots.enter(self.job.client, begin)

    def _guarded(self, work: Any) -> Any:
        def run() -> None:
            try:
                self.job.check()
                work()
            except CancelledJob:
                return
            except BadInputError as error:
                self.job.set(state="failed", problem=of_engine(error).problem)
            except ApiError as error:
                self.job.set(state="failed", problem=error.problem)
            except Exception:
                LOG.exception("run %s failed", self.job.id)
                self.job.set(state="failed", problem=Problem(code="fault", message="fault in Chipgate"))

        return run

    def _open(self, place: int) -> None:
        """Draw the inputs of a stage and queue its blocks."""
        self.job.set(state="running")
        last = place == len(self.run.stages) - 1
        names = (
            None if last or self.shown.metrics is None else [*dict.fromkeys((*self.shown.metrics, *HEADLINE_METRICS))]
        )
        with self.engine.kept(self.run.plan_of(place)) as kept:
            stage = self.run.begin(place, kept, names)
        self._left = set(stage.blocks)
        self._put(place, [partial(self._block, place, stage, start) for start in stage.blocks])

    def _block(self, place: int, stage: Stage, start: int) -> None:
        self.run.simulate(stage, start)
        with self._lock:
            self._left.discard(start)
            done = not self._left
            count = (len(stage.blocks) - len(self._left)) * stage.built.plan.draws // len(stage.blocks)
        self.job.set(done=count)
        if done:
            self._close(place, stage)

    def _close(self, place: int, stage: Stage) -> None:
        """Keep the stage, make its first answer, and open the next."""
        last = place == len(self.run.stages) - 1
        name = "final" if last else "first"
        result = Result(self.key, name, self.run.dataset(stage), self.engine.data)
        if last:
            for metric in result.names(self.shown.metrics):
                result.bands(metric)
            self.engine.results.put(self.key, result)
        else:
            self.job.owned |= {name: result, "answer": answer_of(result, self.shown)}
        self.job.set(stage=name, state="done" if last else None)
        if not last:
            self._enter(place + 1)


def answer_of(result: Result, shown: Shown) -> bytes:
    """What a client asked to see of a stage, as JSON."""
    return encoded(run_document(result, shown.metrics, shown.first_month))
