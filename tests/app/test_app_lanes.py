"""Turns: who has used least is next, short pieces and long jobs alike, and work that is not wanted is dropped."""

import threading
from itertools import count

import pytest

from chipgate.app.jobs import Jobs
from chipgate.app.kept import Recent
from chipgate.app.lanes import Fair, Lane, Piece, Slots, Turns
from chipgate.app.limits import Limits
from chipgate.app.problems import ApiError


def always() -> bool:
    return True


def test_one_with_much_work_does_not_keep_one_with_little_waiting() -> None:
    gate, order, done = threading.Event(), [], threading.Event()
    lane = Lane(1)

    def noted(name: str) -> Piece:
        def work() -> None:
            gate.wait(10)
            order.append(name)
            threading.Event().wait(0.002)
            if len(order) == 43:
                done.set()

        return Piece(name, work, always)

    lane.put([noted("heavy")] * 40)
    threading.Event().wait(0.05)  # the first piece is under way
    lane.put([noted("light")] * 3)
    gate.set()
    assert done.wait(20)
    lane.close()
    assert [i for i, name in enumerate(order) if name == "light"][-1] <= 8


def test_pieces_that_are_not_wanted_are_dropped_and_failures_do_no_harm() -> None:
    lane, seen = Lane(1), []
    lane.put([Piece("a", lambda: seen.append(1), lambda: False), Piece("a", lambda: 1 / 0, always)])  # type: ignore[arg-type,return-value]
    lane.put([Piece("a", lambda: seen.append(2), always)])
    lane.quiet(10)
    lane.close()
    assert seen == [2]


def test_who_comes_back_has_no_turns_saved() -> None:
    fair = Fair()
    for name in ("a", "b"):
        fair.enter(name)
    for _ in range(10):
        fair.charge(fair.least(["a"]), 1.0)
    fair.enter("b")
    taken = []
    for _ in range(6):
        taken.append(fair.least(["a", "b"]))
        fair.charge(taken[-1], 1.0)
    assert taken.count("a") >= 2


def test_long_jobs_pass_the_turn_between_their_steps() -> None:
    turns, order, number = Turns(), [], count()
    holding = []

    def job(name: str) -> None:
        with turns.turn(name):
            for _ in range(3):
                assert not holding, "one at a time"
                holding.append(name)
                threading.Event().wait(0.01)
                order.append((next(number), name))
                holding.clear()
                turns.hand_over(name)

    threads = [threading.Thread(target=job, args=(name,)) for name in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
        assert not thread.is_alive()
    names = [name for _, name in sorted(order)]
    assert len(names) == 6
    assert names != ["a", "a", "a", "b", "b", "b"]


def test_urgent_pieces_go_first_and_the_others_do_not_starve() -> None:
    gate, order, done = threading.Event(), [], threading.Event()
    lane = Lane(1)

    def noted(name: str) -> Piece:
        def work() -> None:
            gate.wait(10)
            order.append(name)
            if len(order) == 25:
                done.set()

        return Piece(name, work, always)

    lane.put([noted("plain")])
    threading.Event().wait(0.05)  # it is under way
    lane.put([noted("plain")] * 4)
    lane.put([noted("urgent")] * 20, urgent=True)
    gate.set()
    assert done.wait(20)
    lane.close()
    assert order[1:9] == ["urgent"] * 3 + ["plain"] + ["urgent"] * 3 + ["plain"]


def test_places_are_few_and_pass_to_who_has_used_least() -> None:
    slots, order = Slots(1), []
    for _ in range(5):  # alone for a while: nothing is owed for it afterwards
        slots.enter("a", lambda: order.append("a"))
        slots.leave()
    order.clear()
    slots.enter("b", lambda: order.append("b"))
    for name in ("c", "b", "a", "c"):
        slots.enter(name, lambda name=name: order.append(name))  # type: ignore[misc]
    assert order == ["b"], "one place"
    for _ in range(4):
        slots.leave()
    assert order[1] == "c", "it has used none yet"
    assert sorted(order) == ["a", "b", "b", "c", "c"]


def test_what_was_used_last_stays() -> None:
    kept: Recent[str, bytes] = Recent(10, len)
    for key in "abc":
        kept.put(key, b"1234")
        kept.get("a")
    assert [key for key in "abc" if kept.get(key) is not None] == ["a", "c"]
    kept.put("large", b"x" * 100)
    assert kept.get("large") is not None
    assert len(kept) == 1


def test_jobs_are_bounded_for_each_and_for_all() -> None:
    jobs = Jobs(Limits(jobs_of_a_client=2, jobs=3, kept_jobs=4))
    own = [jobs.add("run", "a", unit="draws") for _ in range(2)]
    with pytest.raises(ApiError):
        jobs.add("run", "a", unit="draws")
    jobs.add("run", "b", unit="draws")
    with pytest.raises(ApiError):
        jobs.add("run", "c", unit="draws")
    own[0].set(state="done")
    own[0].set(state="failed")
    assert own[0].state == "done", "what has ended stays so"
    for _ in range(6):
        jobs.add("run", "a", unit="draws").set(state="cancelled")
    with pytest.raises(ApiError):
        jobs.find(own[0].id)
    assert jobs.find(own[1].id) is own[1], "unfinished ones are never forgotten"
