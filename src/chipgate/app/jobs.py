"""Jobs: what is under way for whom, how far it is, and how it ended."""

import asyncio
import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Final, Literal

from chipgate.app.limits import Limits
from chipgate.app.problems import ApiError, Problem

State = Literal["queued", "running", "done", "failed", "cancelled", "superseded"]
UNFINISHED: Final = ("queued", "running")


class CancelledJob(Exception):
    """Raised inside a job that is no longer wanted."""


@dataclass(eq=False)
class Job:
    """A piece of work of a client.

    Attributes:
        kind: What it is. ``unit``: what ``done`` and ``of`` count.
        stages: Stages whose results can be fetched; the last is ``final``.
        supersedes: Whether a newer job of the client may end it. ``key``: where its result is kept.
        owned: What is needed until the job ends, such as the result of an early stage. ``ended``: called then.
    """

    id: str
    kind: str
    client: str
    supersedes: bool = False
    state: State = "queued"
    done: int = 0
    of: int = 0
    unit: str = "steps"
    stages: list[str] = field(default_factory=list)
    key: str = ""
    problem: Problem | None = None
    owned: dict[str, Any] = field(default_factory=dict)
    ended: list[Callable[[], None]] = field(default_factory=list, repr=False)
    _lock: Lock = field(default_factory=Lock, repr=False)
    _waiters: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = field(default_factory=list, repr=False)
    version: int = 0

    @property
    def unfinished(self) -> bool:
        """Whether it still runs or waits."""
        return self.state in UNFINISHED

    @property
    def stage(self) -> str | None:
        """Newest stage that can be fetched."""
        return self.stages[-1] if self.stages else None

    def document(self) -> dict[str, Any]:
        """The job for JSON."""
        return {
            "job": self.id, "kind": self.kind, "state": self.state, "done": self.done, "of": self.of,
            "unit": self.unit, "stage": self.stage, "error": self.problem.model_dump() if self.problem else None,
        }  # fmt: skip

    def set(
        self, *, state: State | None = None, done: int | None = None, of: int | None = None,
        stage: str | None = None, problem: Problem | None = None,
    ) -> None:  # fmt: skip
        """Change the job and wake all who wait for it; a job that has ended stays as it is."""
        with self._lock:
            if not self.unfinished:
                return
            self.done = self.done if done is None else max(done, self.done)
            self.of = self.of if of is None else of
            self.problem = problem or self.problem
            if stage is not None:
                self.stages.append(stage)
            self.state = state or self.state
            ended: list[Callable[[], None]] = []
            if not self.unfinished:
                self.owned.clear()
                ended, self.ended = self.ended, []
            self.version += 1
            waiters, self._waiters = self._waiters, []
        for loop, event in waiters:
            if not loop.is_closed():
                loop.call_soon_threadsafe(event.set)
        for call in ended:
            call()

    def at_end(self, call: Callable[[], None]) -> None:
        """Have something called when the job ends, at once where it has."""
        with self._lock:
            if self.unfinished:
                self.ended.append(call)
                return
        call()

    def check(self) -> None:
        """Raise where the job is no longer wanted.

        Raises:
            CancelledJob: It has been cancelled or superseded.
        """
        if not self.unfinished:
            raise CancelledJob

    async def wait(self, test: Callable[["Job"], bool], seconds: float) -> bool:
        """Wait until something holds of the job; whether it does in time."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while True:
            event = asyncio.Event()
            with self._lock:
                if test(self):
                    return True
                self._waiters.append((loop, event))
            try:
                await asyncio.wait_for(event.wait(), max(end - loop.time(), 0.0))
            except TimeoutError:
                with self._lock:
                    self._waiters = [w for w in self._waiters if w[1] is not event]
                return test(self)


class Jobs:
    """All jobs of the server; the oldest finished ones are forgotten."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._lock = Lock()

    def add(self, kind: str, client: str, *, unit: str, of: int = 0, supersedes: bool = False) -> Job:
        """A new job.

        Raises:
            ApiError: The client, or the server, has too many unfinished ones.
        """
        with self._lock:
            unfinished = [job for job in self._jobs.values() if job.unfinished]
        if supersedes:
            for old in unfinished:
                if old.client == client and old.kind == kind and old.supersedes:
                    old.set(state="superseded")
            unfinished = [job for job in unfinished if job.unfinished]
        own = sum(job.client == client for job in unfinished)
        if own >= self._limits.jobs_of_a_client or len(unfinished) >= self._limits.jobs:
            raise ApiError(429, "too_many", f"{own} of your jobs and {len(unfinished)} in all are unfinished",
                           expected=f"fewer than {self._limits.jobs_of_a_client} of a client and "
                                    f"{self._limits.jobs} in all",
                           fix="wait for one to end, or cancel one")  # fmt: skip
        job = Job(f"{kind}_{secrets.token_urlsafe(12)}", kind, client, supersedes, unit=unit, of=of)
        with self._lock:
            self._jobs[job.id] = job
            for key in [k for k, j in self._jobs.items() if not j.unfinished]:
                if len(self._jobs) <= self._limits.kept_jobs:
                    break
                del self._jobs[key]
        return job

    def cancel_all(self) -> None:
        """Cancel what is unfinished."""
        with self._lock:
            every = list(self._jobs.values())
        for job in every:
            job.set(state="cancelled")

    def find(self, name: str) -> Job:
        """A job by its id.

        Raises:
            ApiError: There is none, or it has been forgotten.
        """
        with self._lock:
            job = self._jobs.get(name)
        if job is None:
            raise ApiError(404, "not_found", "there is no such job", found=name, where="job",
                           fix="post it again; the server remembers the last few hundred")  # fmt: skip
        return job
