"""Verdicts, histories and headroom as tables for people."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from chipgate.api import rule_book
from chipgate.catalogue import Catalogue
from chipgate.cli.common import SHORT, STYLES, Column, escape, percent, styled, table
from chipgate.rules.evaluate import figure
from chipgate.rules.headroom import Headroom
from chipgate.rules.history import Period
from chipgate.rules.variables import VARIABLES
from chipgate.rules.verdict import Verdict, fact_value
from chipgate.schema.tables import Event

if TYPE_CHECKING:
    from rich.console import Console

_MARK: Final = {True: "yes", False: "no", None: "open"}


def print_verdict(out: "Console", verdict: Verdict, beijing: Sequence[Event], data: Catalogue) -> None:
    """One verdict in full: the answer first, then the arithmetic, the doubts and the sources."""
    to = verdict.destination
    out.print(f"[bold]{escape(verdict.subject.name)}[/] to {to.name} ({to.code}) on {verdict.day}")
    out.print(f"  outcome      {styled(verdict.outcome, short=False)}   confidence {verdict.confidence}")
    out.print(f"  fee          {percent(verdict.fee)}   duty {percent(verdict.duty)}")
    for cap in verdict.volume_caps:
        out.print(f"  volume cap   {escape(cap.text)}")
    for name in ("tpp", "pd", "mem_bw_gbs", "io_bw_gbs"):
        fact = verdict.facts.get(name)
        if fact is not None:
            out.print(f"  {name:<12} {escape(fact.arithmetic)}   ({fact.confidence})")
    chip = data.chips.get(verdict.subject.id)
    if chip is not None and chip.announced is not None and chip.announced.first > verdict.day:
        out.print(f"  note         announced {chip.announced}, after this day: what the rule would have said")
    rows = [
        (
            f"[bold]{c.id}[/]" if c.decides else c.id, _MARK[c.holds], escape(c.arithmetic),
            f"replaced by {c.replaced_by}" if c.replaced_by else ("" if c.applied else "never applied"),
        )
        for c in verdict.clauses
    ]  # fmt: skip
    if rows:
        out.print(table(["clause (bold decides)", "holds", "arithmetic", ""], rows))
    else:
        out.print("  no clause is in force on that day")
    _print_doubts(out, verdict)
    for event in beijing:
        out.print(f"  Beijing: {event.id} {event.date} {event.instrument} ({event.authority}): {escape(event.summary)}")
    for clause in verdict.clauses:
        if clause.decides:
            out.print(f"  source: {clause.id}: {escape(clause.citation)}  {' '.join(clause.urls)}", soft_wrap=True)


def _print_doubts(out: "Console", verdict: Verdict) -> None:
    if verdict.missing:
        out.print(f"  unpublished: {', '.join(verdict.missing)}")
    for case in verdict.possible:
        out.print(f"  over the possible figures: {styled(case.outcome)} with {escape(case.when)}")
    for case in verdict.alternatives:
        out.print(f"  sources differ: {styled(case.outcome)} with {escape(case.when)}")
    for text in verdict.evidence:
        out.print(f"  evidence: {escape(text)}")
    for touch in verdict.ambiguities:
        other = touch.outcome_if_read_otherwise
        effect = "" if other is None else f" Read otherwise: {styled(other)}."
        out.print(f"  open point: {escape(touch.title)}. {escape(touch.text)}{effect}")


def print_verdicts(out: "Console", verdicts: Sequence[Verdict]) -> None:
    """Every chip on one day, one line each."""
    rows = []
    for v in verdicts:
        deciding = ", ".join(c.id for c in v.clauses if c.decides)
        doubts = ", ".join(t.id for t in v.ambiguities if t.changes_outcome) or (
            "" if not v.alternatives else "sources"
        )
        rows.append(
            (
                v.subject.id, styled(v.outcome), percent(v.fee), percent(v.duty), _number(fact_value(v.facts, "tpp")),
                _number(fact_value(v.facts, "pd")), v.confidence, deciding, doubts,
            )
        )  # fmt: skip
    first = verdicts[0]
    columns: list[Column] = [
        "chip", "outcome", ("fee", "right"), ("duty", "right"), ("TPP", "right"), ("density", "right"),
        "confidence", "deciding clause", "could differ by",
    ]  # fmt: skip
    out.print(table(columns, rows, title=f"{len(rows)} chips to {first.destination.name} on {first.day}"))


def print_history(out: "Console", chip: str, periods: Sequence[Period], data: Catalogue, to: str) -> None:
    """The periods of one chip with the events behind each."""
    rows = []
    for p in periods:
        v = p.verdict
        behind = "\n".join(f"{e.id} {e.date} {escape(e.summary)}" for e in p.events)
        rows.append(
            (
                str(p.first),
                str(p.last or "…"),
                styled(v.outcome),
                percent(v.fee),
                percent(v.duty),
                behind or "–",
            )
        )
    columns: list[Column] = ["from", "to", "outcome", ("fee", "right"), ("duty", "right"), "events behind the change"]
    record = data.chips[chip]
    out.print(table(columns, rows, title=f"{record.name} to {to}: what US law said"))
    if to.upper() in ("CN", "HK"):
        from chipgate.rules.history import BEIJING

        events = [e for e in data.events.values()
                  if e.actor_country == "CN" and chip in e.chips and e.instrument in BEIJING]  # fmt: skip
        if events:
            lines = [(e.id, str(e.date), e.instrument, e.authority, escape(e.summary)) for e in events]
            out.print(table(["event", "date", "instrument", "authority", "what Beijing did"], lines))


_CODES: Final = {
    "licence_presumption_of_denial": "deny",
    "licence_required_no_stated_policy": "lic?",
    "licence_case_by_case": "case",
    "licence_presumption_of_approval": "appr",
    "notification_NAC": "NAC",
    "none": "·",
    "cannot_tell": "?",
}


def print_history_grid(out: "Console", found: Mapping[str, Sequence[Period]], data: Catalogue, to: str) -> None:
    """All chips down, regimes of the law across, one short code a cell with the legend below."""
    regimes = [r for r in rule_book(data).regimes() if r.first <= data.compiled]
    rows = []
    for chip, periods in found.items():
        outcomes = [[p for p in periods if p.first <= regime.first][-1].verdict.outcome for regime in regimes]
        rows.append([chip, *(f"[{STYLES[o]}]{_CODES[o]}[/]" for o in outcomes)])
    columns: list[Column] = ["chip", *(f"{r.first:%b %d}\n{r.first:%Y}" for r in regimes)]
    out.print(table(columns, rows, title=f"{len(rows)} chips to {to}: what US law said from each day on"))
    out.print("Legend: " + ", ".join(f"[{STYLES[o]}]{code}[/] {SHORT[o]}" for o, code in _CODES.items()))
    last = Counter(periods[-1].verdict.outcome for periods in found.values())
    total = ", ".join(f"{count} {styled(outcome)}" for outcome, count in last.most_common())
    out.print(f"Standing law on {data.compiled}: {total}.")


def print_headroom(out: "Console", found: Sequence[Headroom], on: str, to: str, *, detail: bool) -> None:
    """The nearest change of outcome of each chip; with ``detail`` every threshold too."""
    rows = []
    for h in found:
        flip = h.flips[0] if h.flips else None
        change = "figures unpublished" if h.outcome == "cannot_tell" else "none by a single figure"
        if flip is not None:
            unit = VARIABLES[flip.variable].unit
            change = f"{VARIABLES[flip.variable].meaning} {figure(flip.value)} -> {figure(flip.to)} {unit}"
        rows.append(
            (
                h.subject.id, styled(h.outcome), _number(fact_value(h.facts, "tpp")),
                _number(fact_value(h.facts, "pd")), _number(fact_value(h.facts, "mem_bw_gbs")),
                _number(fact_value(h.facts, "io_bw_gbs")), change, f"{flip.change:+.1%}" if flip else "–",
                styled(flip.outcome) if flip else "–",
            )
        )  # fmt: skip
    columns: list[Column] = ["chip", "outcome", ("TPP", "right"), ("density", "right"), ("memory GB/s", "right"),
               ("I/O GB/s", "right"), "nearest change of outcome", ("change", "right"), "to"]  # fmt: skip
    out.print(table(columns, rows, title=f"headroom to {to} on {on}"))
    if detail:
        lines = [
            (
                VARIABLES[g.variable].meaning,
                figure(g.value),
                figure(g.threshold),
                f"{g.margin:+.1%}",
                ", ".join(g.clauses),
            )
            for g in found[0].gaps
        ]
        columns = ["figure", ("chip", "right"), ("threshold", "right"), ("margin", "right"), "clauses"]
        out.print(table(columns, lines, title="every threshold in force"))


def _number(value: float | None) -> str:
    return "–" if value is None else figure(value)
