"""Beijing's gate: levels in history by rule from the dated acts, and what is counted for the rates of its later moves.

How an act moves the level is a rule in ``market/pressures.yaml``, not a coding by hand: by its instrument, and by
whether it is addressed to named buyers. An act on state-funded sites binds the state-funded class alone.

Reports conflict, so each act is taken to be in force in a draw with the weight of its authority and confidence: the
level on the as-of date is a distribution, not a choice.

Moves are counted by episode, not by event: an act that does not change the level of its episode is none. Three rates
are told apart: of the first act on chips that Washington lets in, of tightening after it, of relaxing. With the
reaction told apart, what falls into the weeks after a re-opening counts for the reaction alone, months and moves.
:mod:`chipgate.setup.hazards` turns counts into rates; docs/hazards.md states the whole rule.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from chipgate.arrays.keys import Streams
from chipgate.catalogue import Catalogue
from chipgate.catalogue.read import read_mapping
from chipgate.schema.beliefs import HazardRule
from chipgate.schema.tables import Event
from chipgate.setup.draws import month_index
from chipgate.setup.hazards import Count, Uniform, chance, rates, total

BLOCKED: Final = 3
MOVES: Final = ("onset", "tighten", "relax")
"""Moves that have a rate: the first act on a chip that was welcome, tightening after it, relaxing."""
_MONTH_DAYS: Final = 30.4375


@dataclass(frozen=True)
class Move:
    """What an act does to the level: ``tighten`` up to it, or down to it."""

    event: Event
    level: int
    tighten: bool
    state_only: bool


def moves(catalogue: Catalogue, events: Iterable[str], as_of: date) -> list[Move]:
    """Moves of an episode that were public on ``as_of``, in order of date."""
    buyers = {firm for buyer in catalogue.buyers.values() for firm in buyer.members}
    found = []
    for key in events:
        event = catalogue.events[key]
        if event.known_since.last > as_of:
            continue
        state_only = any("state-funded" in target for target in event.targets)
        rule = catalogue.pressures.get(event.instrument)
        if rule is None:
            continue
        named = not buyers.isdisjoint(event.firms)
        level = rule.level_if_named if named and rule.level_if_named is not None else rule.level
        found.append(Move(event, level, rule.direction == "tighten", state_only))
    return sorted(found, key=lambda move: move.event.date.first)


def history_levels(
    catalogue: Catalogue, streams: Streams, families: Sequence[str], classes: Sequence[str], months: Sequence[date],
    as_of: date,
) -> NDArray[np.int32]:  # fmt: skip
    """Levels ``[t f k d]`` up to the month of ``as_of``; -1 afterwards."""
    weights = _weights(catalogue)
    level = np.full((len(months), len(families), len(classes), streams.draws), -1, np.int32)
    now = min(month_index(months, as_of), len(months) - 1)
    if now >= 0:
        level[: now + 1] = 0
    accepted: dict[str, NDArray[np.bool_]] = {}
    for episode in catalogue.episodes.values():
        for move in moves(catalogue, episode.events, as_of):
            event = move.event
            if event.id not in accepted:
                accepted[event.id] = streams.uniform(f"act:{event.id}") < standing(weights, event)
            start = max(month_index(months, event.date.first), 0)
            for f in (i for i, family in enumerate(families) if family in episode.families):
                for k, policy_class in enumerate(classes):
                    if not move.state_only or policy_class == "state_funded":
                        _apply(level[start : now + 1, f, k], move, accepted[event.id])
    return level


def standing(weights: dict[str, Any], event: Event) -> float:
    """Chance that an act is in force as reported, from its authority and the confidence of its record."""
    return float(weights["authority"][event.authority] * weights["confidence"][event.confidence])


def _apply(level: NDArray[np.int32], move: Move, accepted: NDArray[np.bool_]) -> None:
    changed = np.maximum(level, move.level) if move.tighten else np.minimum(level, move.level)
    level[:] = np.where(accepted, changed, level)


Spans = Sequence[tuple[date, date]]
"""Times from a first to a last day, both in it, in order and apart."""


@dataclass(frozen=True)
class Counts:
    """What was counted up to an as-of date.

    Attributes:
        onset, tighten, relax: By episode; a family of chips that no act has reached yet is an episode of its own.
        openings, followed: Re-openings by Washington, and how many a tightening followed in time.
        episode_of: Episode of each family of chips.
    """

    onset: dict[str, Count]
    tighten: dict[str, Count]
    relax: dict[str, Count]
    openings: float
    followed: float
    episode_of: dict[str, str]

    def numbers(self) -> dict[str, float]:
        """Sums, for the report."""
        found = {"openings": self.openings, "openings_followed": self.followed}
        for name in MOVES:
            whole = total(getattr(self, name))
            found |= {f"beijing_{name}_events": whole.events, f"beijing_{name}_months": whole.months}
        return found


def count(catalogue: Catalogue, rule: HazardRule, let_in: Mapping[str, Spans], as_of: date) -> Counts:
    """Count moves and months at risk in what was public on ``as_of``.

    Args:
        let_in: When Washington let each family of chips in, up to ``as_of``.
    """
    known = {e.id: found for e in catalogue.episodes.values() if (found := moves(catalogue, e.events, as_of))}
    openings = reopenings(catalogue, rule, as_of)
    answers = openings if rule.reaction else []
    onset, tighten, relax = {}, {}, {}
    episode_of: dict[str, str] = {}
    for key, acts in known.items():
        episode = catalogue.episodes[key]
        ours = episode.goods == "ai_chips"
        tighten[key], relax[key] = _after_first(catalogue, acts, answers if ours else [], as_of)
        if not ours:
            tighten[key], relax[key] = (_weighted(c, rule.other_goods) for c in (tighten[key], relax[key]))
        elif episode.families:
            episode_of |= dict.fromkeys(episode.families, key)
            spans = [span for family in episode.families for span in let_in.get(family, ())]
            onset[key] = _onset(catalogue, spans, acts[0], answers)
    for family, alone in let_in.items():
        if family not in episode_of:
            onset[family] = Count(0.0, _months(alone, answers))
    followed = sum(_answered(catalogue, known, opening) for opening in openings)
    return Counts(onset, tighten, relax, float(len(openings)), followed, episode_of)


def _onset(catalogue: Catalogue, spans: Spans, first: Move, answers: Spans) -> Count:
    """The first act of an episode, and the months before it in which Washington let its chips in."""
    day = first.event.date.first
    before = [(start, min(end, day)) for start, end in spans if start < day]
    at_risk = any(start <= day <= end for start, end in spans)
    counted = at_risk and not any(start < day <= end for start, end in answers)
    return Count(standing(_weights(catalogue), first.event) * counted, _months(before, answers))


def _after_first(catalogue: Catalogue, acts: Sequence[Move], answers: Spans, as_of: date) -> tuple[Count, Count]:
    """Rises and falls of the level after the first act, and months at risk of each.

    An act that may not be in force counts for the chance that it is.
    """
    weights = _weights(catalogue)
    rises, falls = Count(0.0, 0.0), Count(0.0, 0.0)
    level, since = acts[0].level, acts[0].event.date.first
    for move in [*acts[1:], None]:
        until = as_of if move is None else move.event.date.first
        span = [(since, until)] if until > since else []
        rises += Count(0.0, _months(span, answers) if level < BLOCKED else 0.0)
        falls += Count(0.0, _months(span, ()) if level > 0 else 0.0)
        if move is not None:
            new = max(level, move.level) if move.tighten else min(level, move.level)
            sure = standing(weights, move.event)
            answer = any(start < until <= end for start, end in answers)
            rises += Count(sure * (new > level and not answer), 0.0)
            falls += Count(sure * (new < level), 0.0)
            level, since = new, until
    return rises, falls


def reopenings(catalogue: Catalogue, rule: HazardRule, as_of: date) -> list[tuple[date, date]]:
    """Openings of named chips by Washington that were public on ``as_of``, with the last day on which one is answered.

    Windows that overlap are one re-opening where the rule merges them.
    """
    window = timedelta(weeks=rule.window_weeks)
    days = sorted(
        {
            event.date.first
            for event in catalogue.events.values()
            if event.actor_country == "US"
            and event.instrument in ("export_ban_lift", "license_grant")
            and event.direction == "loosen"
            and event.chips
            and event.known_since.last <= as_of
        }
    )
    found: list[tuple[date, date]] = []
    for day in days:
        if found and day <= found[-1][1] and rule.merge_openings:
            found[-1] = (found[-1][0], day + window)
        else:
            found.append((day, day + window))
    return found


def _answered(catalogue: Catalogue, known: Mapping[str, Sequence[Move]], opening: tuple[date, date]) -> float:
    """Chance that one of the tightenings of AI chips after an opening is in force."""
    weights = _weights(catalogue)
    acts = {
        move.event.id: standing(weights, move.event)
        for key, found in known.items()
        if catalogue.episodes[key].goods == "ai_chips"
        for move in found
        if move.tighten and opening[0] < move.event.date.first <= opening[1]
    }
    return 1.0 - float(np.prod([1.0 - sure for sure in acts.values()]))


def _weighted(count: Count, weight: float) -> Count:
    return Count(count.events * weight, count.months * weight)


def _months(spans: Spans, without: Spans) -> float:
    """Months in any of the spans and in none of the others."""
    inside: set[int] = set()
    for start, end in spans:
        inside.update(range(start.toordinal(), end.toordinal()))
    for start, end in without:
        # A re-opening is answered from the day after it, up to the last day of its window.
        inside.difference_update(range(start.toordinal() + 1, end.toordinal() + 1))
    return len(inside) / _MONTH_DAYS


def draw_rates(
    catalogue: Catalogue, counts: Counts, families: Sequence[str], streams: Streams
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Rates of :data:`MOVES` by family, ``[3 f d]``, and the chance of an answer to a re-opening, ``[d]``."""
    rule = rule_of(catalogue)
    wanted = [counts.episode_of.get(family, family) for family in families]

    def uniform(move: str) -> Uniform:
        return lambda name: streams.uniform(f"beijing:{move}:{name}")

    drawn = [rates(rule, getattr(counts, move), wanted, uniform(move)) for move in MOVES]
    by_family = np.stack([np.stack([found[group] for group in wanted]) for found in drawn])
    answer = chance(rule, counts.openings, counts.followed, streams.uniform("beijing:react"))
    return by_family, answer if rule.reaction else np.zeros_like(answer)


def rule_of(catalogue: Catalogue) -> HazardRule:
    """The rule that a run uses: the first."""
    return next(iter(catalogue.hazard_rules.values()))


@cache
def _weights(catalogue: Catalogue) -> dict[str, Any]:
    return read_mapping(catalogue.roots[0] / "market" / "authority.yaml")
