"""``docs/hazards.md``: the rule of the rates of policy moves, and what it gives on each day of the backtest."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

from chipgate.catalogue import Catalogue
from chipgate.scoring.cases import ROLLING
from chipgate.setup.beijing import rule_of
from chipgate.setup.hazard_table import DRAWS, hazard_document

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = "hazards.md"
H20_DAY: Final = date(2025, 8, 17)
LEVELS: Final = ("welcome", "discouraged", "case by case", "blocked")
NOT_TOLD: Final = {
    "washington.rebuff_close": "whether Washington withdraws a chip that Beijing refuses: no case that only this "
    "explains",
    "washington.rebuff_open": "whether it offers another one instead: one case at most",
    "beijing.sufficiency": "how tightening grows with domestic supply: supply never met demand",
    "beijing.pass.1": "what a discouraged chip still sells: no figure before August 2025",
    "beijing.pass.2": "what a chip judged case by case still sells: no figure before August 2025",
    "beijing.pass.3": "what leaks through a block: no figure before August 2025",
    "washington.shipment_lag": "from licence to shipment: one licence regime before 2026, under which little shipped",
    "washington.grant_wait": "from a regime to its first licence: one regime",
    "washington.remote_effect": "what a rule on remote access removes: there was none",
}
"""Priors of the gates that no count of events can set, with the reason."""
_RULE: Final = """\
Both governments' gates move after the as-of date by monthly rates. This page is the rule by which the rates follow from
the event record (`chipgate show events`). It was written down before a rate was computed, from the form of the record
alone; no part of it was chosen by how forecasts turned out ([the scoreboard](scoreboard.md)). What else a careful
person could hold is a record as well (`chipgate show hazard-rules`), and the scoreboard shows the forecast under each.

1. **What counts.** Events that were public on the as-of date (`public_date`, else `date`), never later ones. An act
   with a doubtful standing counts for the chance that it is in force: weight of its authority times that of the
   confidence of its record (`market/authority.yaml`).
2. **Episodes, not events.** An episode is a target of Beijing's pressure, from its first act on
   (`chipgate show episodes`). An act moves the level by its instrument (`chipgate show pressures`); one that leaves
   the level of its episode where it was is no move. A class of chips is the unit for Washington: what is shut or opened
   in one month is one act, and chips that a licence requirement has reached are one class, all others another. Renting
   abroad is a third, which can only be shut: a formal act on it counts.
3. **Months at risk.** *Onset*, the first act on a chip that was welcome: months in which Washington's law let the chip
   in, of AI chips only, since all goods that Beijing has left alone cannot be counted. A chip that is kept out is not
   at risk. *Tightening*: months of an episode below the highest level as reported, so that a doubtful report of a ban
   ends them; only moves carry the chance that they are in force. *Relaxing*: months above none. *Shutting* and
   *opening*: months in which a part of the class was let in, or kept out.
4. **Reaction.** A tightening within {weeks} weeks after a re-opening (a lift or a licence of named chips) is an answer
   to it. These weeks count for the chance of an answer, months and moves alike, and not for the rates of onset and
   tightening. Openings whose weeks overlap are one re-opening. The chance has a beta prior
   ({beta}); it acts as a rate that fades over {fades:g} months and adds up to it.
5. **Partial pooling.** The rate of an episode is gamma-distributed about a common mean `mu` with shape `a`; its count
   is Poisson. `mu` and `a` are log-normal with 10th and 90th percentile {means} moves a month, and
   {alikes}: once in ten years to once a quarter, next to nothing in common to nearly the same. Episodes of
   other goods than AI chips count with the power weight {other:g}. Each draw of a run takes `mu`, `a` and the rates
   from their joint posterior, exact on a grid; an episode that is yet to come has the rate of one without count.
6. **Where nothing was known yet** the same priors stand by themselves. No rate is ever zero.
7. **Starting level.** Reports conflict. Each act is in force in a draw with the chance of its standing, and the level
   on the as-of date is what the acts in force add up to: a distribution by authority, not a choice.
8. **Several moves in a month.** Both gates move in four steps a month, so that a level can go all the way up, and an
   act can be taken back, within one month.

`chipgate hazards --as-of DAY [--rule RULE]` prints the tables below for any day and rule."""


def page(data: Catalogue) -> str:
    """The page."""
    rule = rule_of(data)
    text = _RULE.format(
        weeks=rule.window_weeks, beta=", ".join(f"{x:g}" for x in rule.reaction_prior), fades=rule.fades_months,
        means=f"{rule.mean_low:.2g} and {rule.mean_high:.2g}", alikes=f"{rule.alike_low:g} and {rule.alike_high:g}",
        other=rule.other_goods,
    )  # fmt: skip
    documents = [hazard_document(data, day) for day in ROLLING]
    asked = [hazard_document(data, H20_DAY, other) for other in data.hazard_rules.values()]
    parts = [
        "<!-- Written by `python -m chipgate.docs`; do not edit. -->", "# Rates of policy moves", text,
        "## Sums by as-of date",
        "Moves and months at risk in all episodes; the mean rate of an episode that is yet to come, with its 10th and "
        f"90th percentile, moves a month ({DRAWS:,} draws).",
        _sums(documents), "## By episode, as of " + H20_DAY.isoformat(),
        _episodes(next(d for d in documents if d["as_of"] == H20_DAY.isoformat())),
        "## Where Beijing's gate stands",
        "Chance of each level for internet platforms on the as-of date, of chips of an episode or let in by law.",
        _starts(documents), f"## Other rules, as of {H20_DAY}",
        "Mean rates of the H20's episode and class, moves a month, and the chance of an answer to a re-opening.",
        _rules(data, asked), "## What events cannot tell",
        "These stay wide priors (`chipgate show priors NAME`):",
        "\n".join(f"- `{name}`: {why}." for name, why in NOT_TOLD.items()),
    ]  # fmt: skip
    return "\n\n".join(parts) + "\n"


def stale(data: Catalogue, folder: Path, mend: bool = False) -> list[str]:
    """The page's name where it is not what would be written; with ``mend`` it is written."""
    path, text = folder / PAGE, page(data)
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return []
    if mend:
        path.write_text(text, encoding="utf-8", newline="\n")
    return [PAGE]


def _sums(documents: Sequence[Mapping[str, Any]]) -> str:
    rows = []
    for found in documents:
        for name in dict.fromkeys(r["move"] for r in found["rates"]):
            own = {r["episode"]: r for r in found["rates"] if r["move"] == name}
            whole = own["all"]
            rows.append((found["as_of"], name, f"{whole['events']:.2g}", f"{whole['months']:.1f}",
                         band(own["new"]["a_month"])))  # fmt: skip
        answer = found["reaction"]
        rows.append((found["as_of"], "answer to a re-opening", f"{answer['followed']:.2g}",
                     f"{answer['openings']:g} re-openings", f"chance {band(answer['chance'])}"))  # fmt: skip
    return _table(("as of", "move", "moves", "months at risk", "rate: mean (10 % to 90 %)"), rows)


def _episodes(found: Mapping[str, Any]) -> str:
    rows = [
        (r["move"], r["episode"], f"{r['events']:.2g}", f"{r['months']:.1f}", band(r["a_month"]))
        for r in found["rates"] if r["a_month"] is not None
    ]  # fmt: skip
    return _table(("move", "episode", "moves", "months at risk", "rate: mean (10 % to 90 %)"), rows)


def _starts(documents: Sequence[Mapping[str, Any]]) -> str:
    rows = []
    for found in documents:
        for levels in dict.fromkeys(tuple(r["levels"]) for r in found["start"]):
            families = [r["family"] for r in found["start"] if tuple(r["levels"]) == levels]
            rows.append((found["as_of"], ", ".join(families), *(f"{x:.2f}" for x in levels)))
    return _table(("as of", "chips", *LEVELS), rows)


def _rules(data: Catalogue, asked: Sequence[Mapping[str, Any]]) -> str:
    rows = []
    for found in asked:
        own = {(r["move"], r["episode"]): r["a_month"] for r in found["rates"]}
        cells = [own[f"beijing.{move}", "h20_2024"] for move in ("tighten", "relax")]
        cells += [own[f"washington.{move}", "controlled"] for move in ("close", "reopen")]
        answer = found["reaction"]
        chance = band(answer["chance"]) if answer["told_apart"] else "not told apart"
        rows.append((f"`{found['rule']}`: {data.hazard_rules[found['rule']].label}", *map(band, cells), chance))
    return _table(("rule", "tightening", "relaxing", "shutting", "opening", "answer"), rows)


def band(told: Mapping[str, float]) -> str:
    """Mean with the 10th and 90th percentile."""
    return f"{told['mean']:.3f} ({told['p10']:.3f} to {told['p90']:.3f})"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ("---",) * len(head), *rows))
