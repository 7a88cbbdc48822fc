"""What the rule of hazards gives on a day: counts, rates with their bands, and the level that Beijing starts from."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from chipgate.arrays.keys import Streams
from chipgate.catalogue import Catalogue
from chipgate.schema.beliefs import HazardRule
from chipgate.schema.market import Offer
from chipgate.setup import beijing, law
from chipgate.setup.hazards import NONE, Count, chance, rates, total
from chipgate.setup.plan import POLICY_CLASSES, announced

DRAWS: Final = 4000
QUANTILES: Final = (10, 50, 90)


def hazard_document(data: Catalogue, as_of: date, rule: HazardRule | None = None) -> dict[str, Any]:
    """Rates of both governments' moves as of a day under a rule, the first by default.

    ``rates`` has a row for each move and episode, for an episode yet to come (``new``), and with the sums
    (``all``); bands are the 10th, 50th and 90th percentile of moves a month. ``start`` is the chance of each
    level of Beijing's gate on the day, by family of chips that Washington's law has let in, for internet platforms.
    """
    rule = rule or beijing.rule_of(data)
    streams = Streams(0, DRAWS)
    offers = [o for o in data.offers.values() if announced(data, o, as_of)]
    tables = {o.id: law.statuses(data, as_of, o.chip, as_of) for o in offers if o.route == "legal"}
    ours = law.count(data, offers, tables, as_of)
    theirs = beijing.count(data, rule, law.let_in(data, offers, tables, as_of), as_of)
    moves = {f"beijing.{name}": getattr(theirs, name) for name in beijing.MOVES}
    moves |= {"washington.close": ours.close, "washington.reopen": ours.reopen}
    rows = [row for name, counts in moves.items() for row in _rows(rule, name, counts, streams)]
    answer = chance(rule, theirs.openings, theirs.followed, streams.uniform("react"))
    return {
        "as_of": as_of.isoformat(), "rule": rule.id, "rates": rows,
        "reaction": {
            "told_apart": rule.reaction, "openings": theirs.openings, "followed": theirs.followed,
            "window_weeks": rule.window_weeks, "chance": _band(answer),
        },
        "start": _start(data, offers, as_of, streams),
    }  # fmt: skip


def _rows(rule: HazardRule, move: str, counts: dict[str, Count], streams: Streams) -> list[dict[str, Any]]:
    names = [*counts, "new"]
    drawn = rates(rule, counts, names, lambda name: streams.uniform(f"{move}:{name}"))
    found = [_row(move, name, counts.get(name, NONE), drawn[name]) for name in names]
    return [*found, _row(move, "all", total(counts), None)]


def _row(move: str, episode: str, count: Count, drawn: NDArray[np.float64] | None) -> dict[str, Any]:
    band = None if drawn is None else _band(drawn)
    return {"move": move, "episode": episode, "events": count.events, "months": count.months, "a_month": band}


def _band(drawn: NDArray[np.float64]) -> dict[str, float]:
    values = {f"p{q}": float(np.quantile(drawn, q / 100)) for q in QUANTILES}
    return {"mean": float(drawn.mean())} | values


def _start(data: Catalogue, offers: Sequence[Offer], as_of: date, streams: Streams) -> list[dict[str, Any]]:
    families = list(dict.fromkeys(o.family for o in offers if o.route == "legal" and not o.only_if_allowed))
    month = [as_of.replace(day=1)]
    levels = beijing.history_levels(data, streams, families, POLICY_CLASSES, month, as_of)
    platform = POLICY_CLASSES.index("internet_platform")
    return [
        {"family": family, "levels": [float((levels[0, f, platform] == level).mean()) for level in range(4)]}
        for f, family in enumerate(families)
    ]
