"""Washington's gate: openness by month from the clauses known at the as-of date, and its later moves.

In history an offer is open for the part of a month in which the law needs no licence, or in which a licence
regime stands and licences were issued and the lag of shipments has passed. After the as-of date an open offer is
shut, and a shut one opened, at rates that follow from the months counted here by the rule of
:mod:`chipgate.setup.hazards`; :mod:`chipgate.market.washington` moves the gate, as it answers to Beijing's. Offers
that were never on sale in China open only by a scenario.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from chipgate.arrays.keys import Streams
from chipgate.catalogue import Catalogue
from chipgate.catalogue.table import Place, Table
from chipgate.market.gate import SUB_STEPS
from chipgate.rules.book import RuleBook
from chipgate.rules.destination import destination
from chipgate.rules.subject import catalogue_subject
from chipgate.rules.verdict import Verdict, judge
from chipgate.schema.clause import Clause
from chipgate.schema.market import Offer
from chipgate.setup.beijing import Spans, rule_of
from chipgate.setup.draws import PriorDraws
from chipgate.setup.hazards import Count, rates
from chipgate.timegrid import FIRST_DAY, add_months

_FREE: Final = ("none", "notification_NAC", "licence_presumption_of_approval")
REMOTE: Final = "remote access"
"""Renting abroad as what an act of Washington may shut; no act opens it, since none is needed."""
CUT: Final = "rental.cut."
"""Beginning of the names of priors that say how much of renting an act of Washington removes."""


@dataclass(frozen=True)
class Status:
    """What the law says of an offer over a time.

    Attributes:
        free: No licence needed. ``licensed``: A licence regime stands, case by case.
    """

    first: date
    last: date
    free: bool
    licensed: bool
    fee: float
    cap: float


@dataclass(frozen=True)
class Washington:
    """Washington's gate.

    Attributes:
        us_open, fee, cap: By the law known at the as-of date, ``[t c d]``.
        close, reopen: Monthly rates of later acts by family, ``[f d]``; ``u``: their uniforms, ``[t 4 f d]``.
        stands: 1 where that law lets a family in by the end, ``[f d]``.
        remote: Monthly rate of a formal act on remote access, ``[d]``.
        let_in: When the law known at the as-of date let each family in, up to that date.
        counts: What the rates rest on.
    """

    us_open: NDArray[np.float64]
    fee: NDArray[np.float64]
    cap: NDArray[np.float64]
    close: NDArray[np.float64]
    reopen: NDArray[np.float64]
    u: NDArray[np.float64]
    stands: NDArray[np.float64]
    remote: NDArray[np.float64]
    let_in: dict[str, Spans]
    counts: dict[str, float]


class _Law:
    """What the law of a catalogue hangs on. Catalogues that share these tables, as those that differ in the rule of
    hazards or in further acts do, share what is judged by them."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self._tables = (catalogue.clauses, catalogue.chips, catalogue.makers, catalogue.countries)

    def __hash__(self) -> int:
        return hash(tuple(map(id, self._tables)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Law) and all(a is b for a, b in zip(self._tables, other._tables, strict=True))


@lru_cache(maxsize=64)
def known_book(catalogue: Catalogue, as_of: date) -> RuleBook:
    """The clauses known on a day; an end that lies later counts as not known."""
    rows = []
    for key, clause in catalogue.clauses.items():
        if clause.known_since <= as_of:
            known = clause if clause.ends is None or clause.ends <= as_of else clause.model_copy(update={"ends": None})
            rows.append((known, catalogue.clauses.place(key)))
    # Before the first clause the book is empty; a table needs no record to be one.
    table: Table[Clause] = Table("rule", [(r, Place(p.path, p.line)) for r, p in rows])
    return RuleBook(_known_replacements(table))


def _known_replacements(table: Table[Clause]) -> Table[Clause]:
    kept = [
        (c.model_copy(update={"replaces": tuple(r for r in c.replaces if r in table)}), table.place(k))
        for k, c in table.items()
    ]
    return Table("rule", kept)


def statuses(catalogue: Catalogue, as_of: date, chip: str, last: date) -> tuple[Status, ...]:
    """What the law known on a day says of a chip for China from 2022 to ``last``.

    Kept, since no lever changes the law: runs that differ in levers alone judge each chip once.
    """
    return _statuses(_Law(catalogue), as_of, chip, last)


@lru_cache(maxsize=4096)
def _statuses(law: _Law, as_of: date, chip: str, last: date) -> tuple[Status, ...]:
    catalogue = law.catalogue
    book = known_book(catalogue, as_of)
    subject = catalogue_subject(catalogue.chips[chip], catalogue.makers)
    starts = [day for day in book.change_days if day <= last]
    ends = [day - timedelta(days=1) for day in starts[1:]] + [last]
    found = []
    for first, until in zip(starts, ends, strict=True):
        verdict = judge(book, [], subject, first, destination(catalogue, "CN", first))
        fee = max(verdict.fee or 0.0, 0.0) + (verdict.duty or 0.0) * (verdict.outcome == "licence_case_by_case")
        licensed = verdict.outcome == "licence_case_by_case"
        found.append(Status(first, until, verdict.outcome in _FREE, licensed, fee, _cap(verdict)))
    return tuple(found)


def _cap(verdict: Verdict) -> float:
    """Licensed units a month, from a cap per buyer and the number of buyers, spread over a year."""
    for cap in verdict.volume_caps:
        if cap.units_per_buyer and cap.buyers:
            return cap.units_per_buyer * cap.buyers / 12
    return np.inf


def washington(
    catalogue: Catalogue, streams: Streams, draws: PriorDraws, offers: Sequence[Offer], families: Sequence[str],
    months: Sequence[date], as_of: date, close_rate_factor: float = 1.0,
) -> Washington:  # fmt: skip
    """Openness, fee and cap of every offer, month and draw."""
    lag = draws.one("washington.shipment_lag")
    wait = -np.log(streams.uniform("washington:grant_wait")) * draws.one("washington.grant_wait")
    final = add_months(months[-1], 1) - timedelta(days=1)
    by_id = {o.id: o for o in offers}
    tables = {o.id: statuses(catalogue, as_of, o.chip, final) for o in offers if o.route == "legal"}
    grants = {name: _first_grant(catalogue, by_id[name], table, as_of) for name, table in tables.items()}
    us_open, fee, cap = draws.once("washington", lambda: _gate(offers, months, tables, grants, lag, wait))
    counts = count(catalogue, offers, tables, as_of)
    by_family = (len(families), streams.draws)
    close, reopen, stands = np.zeros(by_family), np.zeros(by_family), np.zeros(by_family)
    u = np.ones((len(months), SUB_STEPS, *by_family))
    shut, opened = _drawn(catalogue, counts, streams, draws)
    for kind in CLASSES:
        members = members_of(offers, tables, kind)
        acts = streams.by_month(f"washington:moves:{kind}", len(months), (SUB_STEPS,))
        for f, family in enumerate(families):
            chosen = [c for c in members if offers[c].family == family]
            if chosen:
                # Acts of a class fall together: its families share their uniforms.
                close[f], reopen[f], u[:, :, f] = shut[kind] * close_rate_factor, opened[kind], acts
                stands[f] = us_open[-1, chosen].max(0) > 0
    spans = let_in(catalogue, offers, tables, as_of)
    return Washington(
        us_open, fee, cap, close, reopen, u, stands, shut[REMOTE], spans, counts.numbers()
    )  # fmt: skip


def _drawn(
    catalogue: Catalogue, counts: "Counts", streams: Streams, draws: PriorDraws
) -> tuple[dict[str, NDArray[np.float64]], dict[str, NDArray[np.float64]]]:
    """Rates at which each class is shut and opened, ``[d]`` each."""
    rule = rule_of(catalogue)
    kinds = (*CLASSES, REMOTE)

    def make() -> tuple[NDArray[np.float64], ...]:
        shut = rates(rule, counts.close, kinds, lambda name: streams.uniform(f"washington:close:{name}"))
        opened = rates(rule, counts.reopen, CLASSES, lambda name: streams.uniform(f"washington:reopen:{name}"))
        return (*(shut[kind] for kind in kinds), *(opened[kind] for kind in CLASSES))

    found = draws.once("washington:rates", make)
    return dict(zip(kinds, found, strict=False)), dict(zip(CLASSES, found[len(kinds) :], strict=True))


def _gate(
    offers: Sequence[Offer], months: Sequence[date], tables: Mapping[str, Sequence[Status]],
    grants: Mapping[str, date | None], lag: NDArray[np.float64], wait: NDArray[np.float64],
) -> tuple[NDArray[np.float64], ...]:  # fmt: skip
    """Openness, fee and cap by the law, ``[t c d]`` each."""
    shape = (len(months), len(offers), len(lag))
    us_open, fee, cap = np.zeros(shape), np.zeros(shape), np.full(shape, np.inf)
    for c, offer in enumerate(offers):
        if offer.route != "legal":
            us_open[:, c] = 1.0
            continue
        for t, month in enumerate(months):
            _fill(tables[offer.id], month, grants[offer.id], lag, wait, us_open[t, c], fee[t, c], cap[t, c])
        if offer.only_if_allowed:
            us_open[:, c] = 0.0
    return us_open, fee, cap


def _fill(
    table: Sequence[Status], month: date, grant: date | None, lag: NDArray[np.float64], wait: NDArray[np.float64],
    us_open: NDArray[np.float64], fee: NDArray[np.float64], cap: NDArray[np.float64],
) -> None:  # fmt: skip
    """One month of one offer: parts of the month by status, licences after their lag."""
    end = add_months(month, 1)
    days = (end - month).days
    for status in table:
        first, last = max(status.first, month), min(status.last + timedelta(days=1), end)
        part = (last - first).days / days
        if part <= 0:
            continue
        if status.free:
            us_open += part
        elif status.licensed:
            begin = grant if grant is not None else status.first
            shipped = _months(begin) + lag + (0.0 if grant is not None else wait)
            us_open += part * np.clip(_months(month) + 0.5 - shipped + 0.5, 0, 1)
            np.maximum(fee, status.fee, out=fee)
            np.minimum(cap, status.cap, out=cap)


def _first_grant(catalogue: Catalogue, offer: Offer, table: Sequence[Status], as_of: date) -> date | None:
    """First licence for the offer's chip, or a lift naming it, that was public and falls into a licence regime."""
    regimes = [s for s in table if s.licensed]
    if not regimes:
        return None
    days = [
        event.date.first
        for event in catalogue.events.values()
        if event.actor_country == "US"
        and event.instrument == "license_grant"
        and offer.chip in event.chips
        and event.known_since.last <= as_of
        and event.date.first >= regimes[0].first
    ]
    return min(days, default=None)


CLASSES: Final = ("controlled", "free")
"""Classes of legal offers that an act of Washington hits together: those that a licence requirement has reached by
the as-of date, and those that none has. Acts so far covered every maker's parts of a class at once."""


def _class(table: Sequence[Status]) -> str:
    return "free" if all(status.free for status in table) else "controlled"


def members_of(offers: Sequence[Offer], tables: Mapping[str, Sequence[Status]], kind: str) -> list[int]:
    """Legal offers of a class, by their place."""
    return [
        c
        for c, offer in enumerate(offers)
        if offer.route == "legal" and not offer.only_if_allowed and _class(tables[offer.id]) == kind
    ]


@dataclass(frozen=True)
class Counts:
    """Acts of Washington and months at risk of them, by class of chips.

    Attributes:
        close, reopen: Of an act that shuts and of one that opens a class.
    """

    close: dict[str, Count]
    reopen: dict[str, Count]

    def numbers(self) -> dict[str, float]:
        """Flat, for the report."""
        found: dict[str, float] = {}
        for word, counted in (("close", self.close), ("reopen", self.reopen)):
            for kind, own in counted.items():
                name = f"washington_{word}_{kind.replace(' ', '_')}"
                found |= {f"{name}_events": own.events, f"{name}_months": own.months}
        return found


def count(catalogue: Catalogue, offers: Sequence[Offer], tables: Mapping[str, Sequence[Status]], as_of: date) -> Counts:
    """Count in what was public on ``as_of``: months in which a part of a class was shut or opened by law.

    What falls into one month is one act, and a month counts once for a class, however many of its parts stand.
    """
    close, reopen = {}, {}
    for kind in CLASSES:
        members = [offers[c] for c in members_of(offers, tables, kind)]
        own = _class_counts([(o, _spans(catalogue, o, tables[o.id], as_of)) for o in members], as_of)
        close[kind] = Count(float(len(own["closings"])), float(len(own["open_months"])))
        reopen[kind] = Count(float(len(own["openings"])), float(len(own["shut_months"])))
    named = {name.removeprefix(CUT).upper() for name in catalogue.priors if name.startswith(CUT)}
    formal = [
        e for key, e in catalogue.events.items() if key in named and e.authority in ("formal_rule", "formal_order")
    ]
    acts = [event for event in formal if event.known_since.last <= as_of]
    close[REMOTE] = Count(float(len(acts)), float(max(_whole_months(as_of) - _whole_months(FIRST_DAY), 0)))
    return Counts(close, reopen)


def _class_counts(members: Sequence[tuple[Offer, Spans]], as_of: date) -> dict[str, set[int]]:
    """Months, counted from year 0, of closings and openings in a class and at risk of each."""
    found: dict[str, set[int]] = {"closings": set(), "openings": set(), "open_months": set(), "shut_months": set()}
    for offer, spans in members:
        first = max(offer.first.first, FIRST_DAY)
        was = _open_at(spans, _whole_months(first))
        for t in range(_whole_months(first) + 1, _whole_months(as_of) + 1):
            found["open_months" if was else "shut_months"].add(t)
            now = _open_at(spans, t)
            if was != now:
                found["openings" if now else "closings"].add(t)
            was = now
    return found


def _open_at(spans: Spans, month: int) -> bool:
    """Whether the law lets in for most of a month, told by its middle."""
    middle = date(month // 12, month % 12 + 1, 16)
    return any(first <= middle <= last for first, last in spans)


def _spans(catalogue: Catalogue, offer: Offer, table: Sequence[Status], as_of: date) -> list[tuple[date, date]]:
    """When the law let an offer in while it was on the market, up to the as-of date."""
    grant = _first_grant(catalogue, offer, table, as_of)
    end = as_of if offer.last is None else min(as_of, offer.last.last)
    found = []
    for status in table:
        begin = status.first if status.free else grant if status.licensed else None
        if begin is not None:
            first, last = max(begin, status.first, offer.first.first), min(status.last, end)
            found += [(first, last)] if first <= last else []
    return found


def let_in(
    catalogue: Catalogue, offers: Sequence[Offer], tables: Mapping[str, Sequence[Status]], as_of: date
) -> dict[str, Spans]:
    """When the law let each family in, up to the as-of date; spans of one family may overlap."""
    found: dict[str, list[tuple[date, date]]] = {}
    for offer in offers:
        if offer.route == "legal" and not offer.only_if_allowed:
            found.setdefault(offer.family, []).extend(_spans(catalogue, offer, tables[offer.id], as_of))
    return {family: sorted(spans) for family, spans in found.items()}


def _whole_months(day: date) -> int:
    return day.year * 12 + day.month - 1


def _months(day: date) -> float:
    return day.year * 12 + day.month + (day.day - 1) / 30.4375
