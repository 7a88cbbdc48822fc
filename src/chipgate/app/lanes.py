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
from threading import Condition, Lock, Thread
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


Queue = dict[str, deque[Piece]]
_URGENT_IN_A_ROW: Final = 3
"""Urgent pieces after which one of the others has its turn, if any waits."""


class Lane:
    """Threads that work on short pieces; urgent ones first, yet never so that the others starve."""

    def __init__(self, threads: int) -> None:
        self._fair = Fair()
        self._urgent: Queue = {}
        self._waiting: Queue = {}
        self._in_a_row = 0
        self._busy = 0
        self._ready = Condition()
        self._open = True
        self.threads = [Thread(target=self._work, name=f"chipgate-lane-{i}", daemon=True) for i in range(threads)]
        for thread in self.threads:
            thread.start()

    def put(self, pieces: list[Piece], *, urgent: bool = False) -> None:
        """Queue pieces of one client."""
        if not pieces:
            return
        client = pieces[0].client
        with self._ready:
            if client not in self._waiting and client not in self._urgent:
                self._fair.enter(client)
            (self._urgent if urgent else self._waiting).setdefault(client, deque()).extend(pieces)
            self._ready.notify_all()

    def quiet(self, seconds: float) -> None:
        """Wait until nothing is queued or under way, at most so long."""
        with self._ready:
            self._ready.wait_for(lambda: not (self._waiting or self._urgent or self._busy), timeout=seconds)

    def close(self) -> None:
        """Let the threads end; what is queued is dropped."""
        with self._ready:
            self._open = False
            self._waiting.clear()
            self._urgent.clear()
            self._ready.notify_all()
        for thread in self.threads:
            thread.join(timeout=5)

    def _next(self) -> Piece | None:
        with self._ready:
            while True:
                self._ready.wait_for(lambda: bool(self._waiting or self._urgent) or not self._open)
                if not self._open:
                    return None
                urgent = bool(self._urgent) and (self._in_a_row < _URGENT_IN_A_ROW or not self._waiting)
                self._in_a_row = self._in_a_row + 1 if urgent else 0
                queue = self._urgent if urgent else self._waiting
                client = self._fair.least(list(queue))
                piece = queue[client].popleft()
                if not queue[client]:
                    del queue[client]
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


class Slots:
    """A few places for what takes memory while it is under way; who has used least is next.

    Args:
        places: Number of places.
    """

    def __init__(self, places: int) -> None:
        self._fair = Fair()
        self._free = places
        self._waiting: dict[str, deque[Callable[[], None]]] = {}
        self._lock = Lock()

    def enter(self, client: str, begin: Callable[[], None]) -> None:
        """Begin now, or once a place is free."""
        with self._lock:
            if client not in self._waiting:
                self._fair.enter(client)
            if self._free == 0:
                self._waiting.setdefault(client, deque()).append(begin)
                return
            self._free -= 1
            self._fair.charge(self._fair.least([client]), 1.0)
        begin()

    def leave(self) -> None:
        """Give a place back; who begins then must give it back, too, wanted or not."""
        with self._lock:
            if not self._waiting:
                self._free += 1
                return
            client = self._fair.least(list(self._waiting))
            begin = self._waiting[client].popleft()
            if not self._waiting[client]:
                del self._waiting[client]
            self._fair.charge(client, 1.0)
        begin()
