"""Who works when: short pieces of many clients in turn, and long jobs one step at a time beside them.

Both lanes give the next turn to the client that has used least (start-time fair queueing): a client that comes back
after a pause starts level with the least of those that wait, so that nobody saves turns up, and nobody with much work
keeps one with little waiting. Source: Goyal, Vin and Cheng (1997), "Start-time fair queueing", IEEE/ACM Transactions on
Networking 5.
"""

import logging
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Condition, Thread
from time import perf_counter
from typing import Final

LOG: Final = logging.getLogger("chipgate.app")


class Fair:
    """What each client has used, in seconds of work."""

    def __init__(self) -> None:
        self._used: dict[str, float] = {}
        self._level = 0.0

    def enter(self, client: str) -> None:
        """A client that had nothing to do has something again."""
        self._used[client] = max(self._used.get(client, 0.0), self._level)

    def least(self, clients: list[str]) -> str:
        """The client whose turn it is."""
        chosen = min(clients, key=lambda client: self._used.get(client, 0.0))
        self._level = max(self._level, self._used.get(chosen, 0.0))
        if len(self._used) > 10_000:  # clients that have long gone
            self._used = {c: self._used[c] for c in clients if c in self._used}
        return chosen

    def charge(self, client: str, seconds: float) -> None:
        """Book work."""
        self._used[client] = self._used.get(client, 0.0) + seconds


@dataclass(frozen=True)
class Piece:
    """A short piece of work.

    Attributes:
        wanted: Whether it still is; one that is not is dropped.
    """

    client: str
    work: Callable[[], None]
    wanted: Callable[[], bool]


class Lane:
    """Threads that work on short pieces."""

    def __init__(self, threads: int) -> None:
        self._fair = Fair()
        self._waiting: dict[str, deque[Piece]] = {}
        self._busy = 0
        self._ready = Condition()
        self._open = True
        self.threads = [Thread(target=self._work, name=f"chipgate-lane-{i}", daemon=True) for i in range(threads)]
        for thread in self.threads:
            thread.start()

    def put(self, pieces: list[Piece], *, ahead: bool = False) -> None:
        """Queue pieces of one client.

        Args:
            ahead: Before what this client has queued already.
        """
        if not pieces:
            return
        client = pieces[0].client
        with self._ready:
            if client not in self._waiting:
                self._waiting[client] = deque()
                self._fair.enter(client)
            if ahead:
                self._waiting[client].extendleft(reversed(pieces))
            else:
                self._waiting[client].extend(pieces)
            self._ready.notify_all()

    def quiet(self, seconds: float) -> None:
        """Wait until nothing is queued or under way, at most so long."""
        with self._ready:
            self._ready.wait_for(lambda: not self._waiting and not self._busy, timeout=seconds)

    def close(self) -> None:
        """Let the threads end; what is queued is dropped."""
        with self._ready:
            self._open = False
            self._waiting.clear()
            self._ready.notify_all()
        for thread in self.threads:
            thread.join(timeout=5)

    def _next(self) -> Piece | None:
        with self._ready:
            while True:
                self._ready.wait_for(lambda: bool(self._waiting) or not self._open)
                if not self._open:
                    return None
                client = self._fair.least(list(self._waiting))
                piece = self._waiting[client].popleft()
                if not self._waiting[client]:
                    del self._waiting[client]
                if piece.wanted():
                    self._busy += 1
                    return piece

    def _work(self) -> None:
        while (piece := self._next()) is not None:
            start = perf_counter()
            try:
                piece.work()
            except Exception:  # a piece reports its own failures; this one is ours
                LOG.exception("a piece of work failed")
            with self._ready:
                self._fair.charge(piece.client, perf_counter() - start)
                self._busy -= 1
                self._ready.notify_all()


class Turns:
    """One turn that long jobs pass around: exactly one of them works, and hands over between its steps."""

    def __init__(self) -> None:
        self._fair = Fair()
        self._waiting: list[str] = []
        self._taken = False
        self._ready = Condition()
        self._since = 0.0

    @contextmanager
    def turn(self, client: str) -> Iterator[None]:
        """Hold the turn."""
        self._take(client)
        try:
            yield
        finally:
            self._leave(client)

    def hand_over(self, client: str) -> None:
        """Let others have the turn, if any waits whose turn it is."""
        with self._ready:
            if not self._waiting:
                return
        self._leave(client)
        self._take(client)

    def _take(self, client: str) -> None:
        with self._ready:
            if client not in self._waiting:
                self._fair.enter(client)
            self._waiting.append(client)
            self._ready.wait_for(lambda: not self._taken and self._fair.least(self._waiting) == client)
            self._waiting.remove(client)
            self._taken = True
            self._since = perf_counter()

    def _leave(self, client: str) -> None:
        with self._ready:
            self._fair.charge(client, perf_counter() - self._since)
            self._taken = False
            self._ready.notify_all()
