"""Beijing's gate: levels in history by rule from the dated acts, and the rates of its later moves.

How an act moves the level is a rule in ``market/pressures.yaml``, not a coding by hand: by its instrument, and by
whether it is addressed to named buyers. An act on state-funded sites binds the state-funded class alone.

Reports conflict, so each act is taken to be in force in a draw with the weight of its authority and confidence.

Rates are of episodes, not events (Gamma posteriors with a prior of half an event in five months): tightening
from a level below the highest, relaxing from any level above none, months of other goods with a power weight.
The reaction to Washington: share of real openings that a tightening followed within eight weeks, Beta(1/2, 1/2)
prior, as a rate that fades over 1.5 months.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, gammaincinv

from chipgate.arrays.keys import Streams
from chipgate.catalogue import Catalogue
from chipgate.catalogue.read import read_mapping
from chipgate.schema.market import Episode
from chipgate.schema.tables import Event
from chipgate.setup.draws import month_index

BLOCKED: Final = 3
OTHER_GOODS_WEIGHT: Final = 0.3
_PRIOR_EVENTS: Final = 0.5
_PRIOR_MONTHS: Final = 5.0
_REACTION_WINDOW: Final = timedelta(weeks=8)
REACTION_FADES: Final = 1.5
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


@dataclass(frozen=True)
class Rates:
    """Monthly rates of Beijing's moves, ``[d]`` each, with the counts behind them.

    Attributes:
        up, down: Rates of tightening and relaxing by one level. ``reaction``: chance of a reaction to an opening.
        counts: What was counted, for the report.
    """

    up: NDArray[np.float64]
    down: NDArray[np.float64]
    reaction: NDArray[np.float64]
    counts: dict[str, float]


def estimate_rates(catalogue: Catalogue, streams: Streams, as_of: date) -> Rates:
    """Rates from the episodes and openings that were public on ``as_of``."""
    counts = {"tightenings": 0.0, "months_below": 0.0, "relaxations": 0.0, "months_above": 0.0}
    for episode in catalogue.episodes.values():
        _count(catalogue, episode, as_of, counts)
    openings, followed = reactions(catalogue, as_of)
    counts |= {"openings": float(openings), "openings_followed": float(followed)}
    up = _gamma(streams.uniform("beijing:up"), counts["tightenings"], counts["months_below"])
    down = _gamma(streams.uniform("beijing:down"), counts["relaxations"], counts["months_above"])
    chance = betaincinv(_PRIOR_EVENTS + followed, _PRIOR_EVENTS + openings - followed, streams.uniform("beijing:react"))
    return Rates(up, down, np.asarray(chance), counts)


def _count(catalogue: Catalogue, episode: Episode, as_of: date, counts: dict[str, float]) -> None:
    """Add one episode: after its first act, rises and falls of the level and months spent at each."""
    found = moves(catalogue, episode.events, as_of)
    if not found:
        return
    authority = _weights(catalogue)
    weight = 1.0 if episode.goods == "ai_chips" else OTHER_GOODS_WEIGHT
    level, since = found[0].level, found[0].event.date.first
    for move in [*found[1:], None]:
        until = as_of if move is None else move.event.date.first
        span = max((until - since).days, 0) / _MONTH_DAYS * weight
        counts["months_below"] += span if level < BLOCKED else 0.0
        counts["months_above"] += span
        if move is not None:
            new = max(level, move.level) if move.tighten else min(level, move.level)
            # An act that may not be in force counts for the chance that it is.
            sure = weight * standing(authority, move.event)
            counts["tightenings"] += sure * (new > level)
            counts["relaxations"] += sure * (new < level)
            level, since = new, until


def reactions(catalogue: Catalogue, as_of: date) -> tuple[int, int]:
    """Real openings by Washington that were public on ``as_of``, and how many a tightening followed in time."""
    acts = [
        move.event.date.first
        for episode in catalogue.episodes.values()
        if episode.goods == "ai_chips"
        for move in moves(catalogue, episode.events, as_of)
        if move.tighten
    ]
    opened = sorted(
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
    followed = sum(any(day < act <= day + _REACTION_WINDOW for act in acts) for day in opened)
    return len(opened), followed


def _gamma(u: NDArray[np.float64], events: float, months: float) -> NDArray[np.float64]:
    return np.asarray(gammaincinv(_PRIOR_EVENTS + events, u) / (_PRIOR_MONTHS + months))


@cache
def _weights(catalogue: Catalogue) -> dict[str, Any]:
    return read_mapping(catalogue.roots[0] / "market" / "authority.yaml")
