"""Washington's gate: openness by month from the clauses known at the as-of date, and its later moves.

In history an offer is open for the part of a month in which the law needs no licence, or in which a licence
regime stands and licences were issued and the lag of shipments has passed. After the as-of date an open offer is
shut, and a shut one opened, at rates estimated here from the record by the same rule (Gamma posteriors with a prior
of half an event in five months); :mod:`chipgate.market.washington` moves the gate, as it answers to Beijing's. Offers
that were never on sale in China open only by a scenario.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincinv

from chipgate.arrays.keys import Streams
from chipgate.catalogue import Catalogue
from chipgate.catalogue.catalogue import Place, Table
from chipgate.rules.book import RuleBook
from chipgate.rules.destination import destination
from chipgate.rules.subject import catalogue_subject
from chipgate.rules.verdict import Verdict, judge
from chipgate.schema.clause import Clause
from chipgate.schema.market import Offer
from chipgate.setup.draws import PriorDraws, month_index
from chipgate.timegrid import add_months

_FREE: Final = ("none", "notification_NAC", "licence_presumption_of_approval")
_PRIOR_EVENTS: Final = 0.5
_PRIOR_MONTHS: Final = 5.0


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
        close, reopen: Monthly rates of later acts by family, ``[f d]``; ``u``: their uniforms, ``[t f d]``.
        stands: 1 where that law lets a family in by the end, ``[f d]``.
        counts: What the rates rest on.
    """

    us_open: NDArray[np.float64]
    fee: NDArray[np.float64]
    cap: NDArray[np.float64]
    close: NDArray[np.float64]
    reopen: NDArray[np.float64]
    u: NDArray[np.float64]
    stands: NDArray[np.float64]
    counts: dict[str, float]


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


@lru_cache(maxsize=4096)
def statuses(catalogue: Catalogue, as_of: date, chip: str, last: date) -> tuple[Status, ...]:
    """What the law known on a day says of a chip for China from 2022 to ``last``.

    Kept, since no lever changes the law: runs that differ in levers alone judge each chip once.
    """
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
    counts: dict[str, float] = {}
    by_family = (len(families), streams.draws)
    close, reopen, stands = np.zeros(by_family), np.zeros(by_family), np.zeros(by_family)
    u = np.ones((len(months), *by_family))
    for kind in CLASSES:
        members = [
            c
            for c, o in enumerate(offers)
            if o.route == "legal" and not o.only_if_allowed and _class(tables[o.id]) == kind
        ]
        own = _counts(us_open, members, offers, months, as_of)
        counts |= {f"washington_{kind}_{name}": value for name, value in own.items()}
        shut = _rate(streams.uniform(f"washington:close:{kind}"), own["closings"], own["open_months"])
        opened = _rate(streams.uniform(f"washington:reopen:{kind}"), own["openings"], own["shut_months"])
        acts = streams.by_month(f"washington:moves:{kind}", len(months))
        for f, family in enumerate(families):
            chosen = [c for c in members if offers[c].family == family]
            if chosen:
                # Acts of a class fall together: its families share their uniforms.
                close[f], reopen[f], u[:, f] = shut * close_rate_factor, opened, acts
                stands[f] = us_open[-1, chosen].max(0) > 0
    return Washington(us_open, fee, cap, close, reopen, u, stands, counts)


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


def _counts(
    us_open: NDArray[np.float64], members: Sequence[int], offers: Sequence[Offer], months: Sequence[date], as_of: date
) -> dict[str, float]:
    """Months of closings and openings in a class up to the as-of date, and months at risk of each."""
    now = min(max(month_index(months, as_of), 0), len(months) - 1)
    open_before = us_open[: now + 1].mean(-1) > 0.5
    found: dict[str, set[int]] = {"closings": set(), "openings": set(), "open_months": set(), "shut_months": set()}
    for c in members:
        for t in range(max(month_index(months, offers[c].first.first), 0) + 1, now + 1):
            was, is_now = open_before[t - 1, c], open_before[t, c]
            found["open_months" if was else "shut_months"].add(t)
            if was != is_now:
                found["openings" if is_now else "closings"].add(t)
    return {name: float(len(moves)) for name, moves in found.items()}


def _rate(u: NDArray[np.float64], events: float, months: float) -> NDArray[np.float64]:
    return np.asarray(gammaincinv(_PRIOR_EVENTS + events, u) / (_PRIOR_MONTHS + months))


def _months(day: date) -> float:
    return day.year * 12 + day.month + (day.day - 1) / 30.4375
