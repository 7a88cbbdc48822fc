"""The verdict on one item, one day and one destination, with its arithmetic and its doubts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from chipgate.rules.ambiguity import READINGS, Circumstances, Touch, touching
from chipgate.rules.book import Finding, RuleBook
from chipgate.rules.cases import Group, Shown, open_cases, whole_range
from chipgate.rules.destination import Destination, Listing
from chipgate.rules.evaluate import explain, figure
from chipgate.rules.facts import Fact, Facts, Reading
from chipgate.rules.grammar import variables
from chipgate.rules.variables import VARIABLES
from chipgate.schema.base import Confidence, lower, one_step_down
from chipgate.schema.chip import Revealed
from chipgate.schema.clause import STRICTNESS, Ambiguity, Clause, Item, Outcome, VolumeCap


@dataclass(frozen=True)
class Subject:
    """What is judged.

    Attributes:
        name: As shown; ``id`` is the catalogue id, empty for figures given by hand.
        facts: Reading of the law -> facts.
        revealed: What the item's treatment in the market shows about clauses.
    """

    id: str
    name: str
    vendor: str
    vendor_country: str
    facts: Callable[[Reading], Facts]
    item: Item = "finished_chip"
    revealed: tuple[Revealed, ...] = ()


@dataclass(frozen=True)
class ClauseFinding:
    """One clause in force and whether it holds; ``holds`` is ``None`` where unpublished figures leave it open."""

    id: str
    provision: str
    holds: bool | None
    arithmetic: str
    citation: str
    urls: tuple[str, ...]
    outcome: str
    decides: bool = False
    replaced_by: str | None = None
    applied: bool = True


@dataclass(frozen=True)
class Case:
    """A possible outcome and figures under which it arises."""

    outcome: Outcome
    when: str


@dataclass(frozen=True)
class Verdict:
    """The answer to: may this be exported there on that day, under which clause, at what price?

    Attributes:
        basis: ``figures`` (all figures known), ``range`` (some are not, and the outcome is the same over all that
            is possible) or ``open`` (it is not: ``cannot_tell``).
        possible: Outcomes over the possible figures, where some are unpublished.
        alternatives: Other outcomes within the range of conflicting sources.
        evidence: Market evidence that the outcome leans on.
    """

    subject: Subject
    day: date
    destination: Destination
    outcome: Outcome
    basis: str
    facts: Facts
    clauses: tuple[ClauseFinding, ...]
    fee: float | None
    duty: float | None
    volume_caps: tuple[VolumeCap, ...]
    confidence: Confidence
    missing: tuple[str, ...] = ()
    possible: tuple[Case, ...] = ()
    alternatives: tuple[Case, ...] = ()
    evidence: tuple[str, ...] = ()
    listing: Listing | None = None
    ambiguities: tuple[Touch, ...] = field(default=())


@dataclass(frozen=True)
class _Cases:
    """Cases that remain, what the clauses decide in each, and whether market evidence narrowed them."""

    groups: Sequence[Group]
    findings: Sequence[Finding]
    central: bool
    narrowed: bool

    @property
    def outcomes(self) -> list[Outcome]:
        return sorted({f.outcome for f in self.findings}, key=STRICTNESS.index)

    @property
    def basis(self) -> str:
        return "figures" if self.central else "range" if len(self.outcomes) == 1 else "open"


def judge(
    book: RuleBook,
    ledger: Sequence[Ambiguity],
    subject: Subject,
    day: date,
    to: Destination,
    *,
    listed: Listing | None = None,
    has_buyer: bool = False,
) -> Verdict:
    """Judge an item.

    Args:
        book: The clauses.
        ledger: The ambiguity ledger.
        listed: Entity List standing of the buyer, which comes on top.
        has_buyer: Whether a buyer was named.
    """
    active = book.in_force(day, subject.item)
    facts = subject.facts("")
    cases = _cases(book, subject, facts, active, to)
    outcome = _under(listed, cases.outcomes)
    alternatives = _alternatives(book, subject, facts, active, to, outcome) if cases.basis != "open" else ()
    alternatives = tuple(case for case in alternatives if _under(listed, [case.outcome]) != outcome)
    findings = _clause_findings(book, active, cases, to)
    by_list = listed is not None and [outcome] != cases.outcomes
    if by_list:
        findings = [replace(finding, decides=False) for finding in findings]
    if listed is not None:
        findings.append(_listing_finding(listed, outcome))
    fees, duties = {f.fee for f in cases.findings}, {f.duty for f in cases.findings}
    same_terms = len({f.terms for f in cases.findings}) == 1 and not by_list
    terms = cases.findings[0].terms if same_terms else ()
    readings = _other_readings(book, subject, facts, active, to, listed)
    matter = tuple(f.id for f in findings if _matters(f, book))
    touches = touching(
        ledger,
        Circumstances(day, to.code, subject.vendor, subject.vendor_country, has_buyer, matter, outcome, readings),
    )
    return Verdict(
        subject=subject, day=day, destination=to, outcome=outcome, basis=cases.basis, facts=facts,
        clauses=tuple(findings),
        fee=_only(fees) if outcome == "licence_case_by_case" else None,
        duty=_only(duties),
        volume_caps=tuple(c for i in terms if (c := book.clauses[i].volume_cap) is not None),
        confidence=_confidence(book, active, facts, cases, outcome, alternatives, listed),
        missing=_missing(facts, active, book),
        possible=_possible(cases, facts) if cases.basis != "figures" else (),
        alternatives=alternatives,
        evidence=tuple(r.note for r in subject.revealed) if cases.narrowed else (),
        listing=listed, ambiguities=tuple(touches),
    )  # fmt: skip


def _cases(book: RuleBook, subject: Subject, facts: Facts, active: Sequence[Clause], to: Destination) -> _Cases:
    left = open_cases(facts, book.licence_tests(subject.item), _shown(book, subject), to.groups)
    findings = [book.decide(group.point, to.groups, active) for group in left.groups]
    return _Cases(left.groups, findings, left.central, left.narrowed)


def _shown(book: RuleBook, subject: Subject) -> Shown:
    return tuple((book.tests[clause], fact.meets) for fact in subject.revealed for clause in fact.clauses)


def _alternatives(
    book: RuleBook,
    subject: Subject,
    facts: Facts,
    active: Sequence[Clause],
    to: Destination,
    outcome: Outcome,
) -> tuple[Case, ...]:
    """Other outcomes within the range of the sources of known figures."""
    ranged = [name for name, fact in facts.items() if fact.known and fact.low < fact.high]
    if not ranged:
        return ()
    others: dict[Outcome, list[Group]] = {}
    for group in whole_range(facts, book.licence_tests(subject.item), _shown(book, subject), to.groups):
        found = book.decide(group.point, to.groups, active).outcome
        if found != outcome:
            others.setdefault(found, []).append(group)
    return tuple(Case(o, _describe(others[o], facts, ranged)) for o in sorted(others, key=STRICTNESS.index))


def _other_readings(
    book: RuleBook, subject: Subject, facts: Facts, active: Sequence[Clause], to: Destination, listed: Listing | None
) -> Mapping[str, Outcome]:
    """Outcome under each other reading that changes a figure which a clause in force looks at."""
    looked_at = frozenset().union(*(variables(book.tests[c.id]) for c in active))
    found = {}
    for name in READINGS:
        other = subject.facts(name)  # type: ignore[arg-type]
        if any(other[n].value != fact.value and n in looked_at for n, fact in facts.items()):
            found[name] = _under(listed, _cases(book, subject, other, active, to).outcomes)
    return found


def _clause_findings(book: RuleBook, active: Sequence[Clause], cases: _Cases, to: Destination) -> list[ClauseFinding]:
    found = []
    for clause in active:
        held = {clause.id in f.holding for f in cases.findings}
        shown = cases.groups[0].point
        state = None if len(held) == 2 else held.pop()
        words = explain(book.tests[clause.id], shown, to.groups) if cases.basis == "figures" else (
            "the same over all possible figures" if state is not None else "depends on unpublished figures"
        )  # fmt: skip
        replaced = {f.replaced[clause.id] for f in cases.findings if clause.id in f.replaced}
        found.append(
            ClauseFinding(
                clause.id,
                clause.provision,
                state,
                words,
                clause.citation,
                clause.urls,
                clause.outcome,
                decides=any(clause.id in f.deciding for f in cases.findings),
                replaced_by=min(replaced) if replaced and state else None,
                applied=clause.applied,
            )
        )
    return found


def _under(listed: Listing | None, outcomes: Sequence[Outcome]) -> Outcome:
    """The outcome of some cases with the Entity List on top: the stricter of case and entry stands."""
    least = len(STRICTNESS) if listed is None else STRICTNESS.index(listed.policy)
    combined = {min(least, STRICTNESS.index(o)) for o in outcomes}
    return STRICTNESS[combined.pop()] if len(combined) == 1 else "cannot_tell"


def _listing_finding(listed: Listing, outcome: Outcome) -> ClauseFinding:
    return ClauseFinding(
        "US-ENTITY-LIST", "Entity List (15 CFR part 744, supplement 4)", True, listed.reason,
        "15 CFR 744.11 and part 744, supplement 4", (), listed.policy, decides=outcome == listed.policy,
    )  # fmt: skip


def _matters(finding: ClauseFinding, book: RuleBook) -> bool:
    """Whether a clause bears on the verdict: it decides, may decide, adds a duty or a term, or is suspended."""
    if finding.holds is None or finding.decides:
        return True
    clause = book.clauses.get(finding.id)
    return bool(finding.holds) and clause is not None and (clause.role in ("duty", "term") or not clause.applied)


def _possible(cases: _Cases, facts: Facts) -> tuple[Case, ...]:
    open_names = [name for name, fact in facts.items() if not fact.known or fact.low < fact.high]
    grouped = list(zip(cases.groups, cases.findings, strict=True))
    return tuple(
        Case(o, _describe([group for group, f in grouped if f.outcome == o], facts, open_names)) for o in cases.outcomes
    )


def _describe(groups: Sequence[Group], facts: Facts, names: Sequence[str]) -> str:
    """The span of each open figure over some cases, leaving out spans that cover all that is possible."""
    spans = []
    for name in names:
        least, most = min(g.spans[name][0] for g in groups), max(g.spans[name][1] for g in groups)
        fact = facts[name]
        if least <= fact.low and most >= fact.high:
            continue
        variable = VARIABLES[name]
        if variable.type == "flag":
            spans.append(("" if least else "not ") + variable.meaning)
        elif most >= variable.most:
            spans.append(f"{variable.meaning} from {figure(least)} {variable.unit}")
        else:
            spans.append(f"{variable.meaning} {figure(least)} to {figure(most)} {variable.unit}")
    return "; ".join(spans) or "figures within the range"


def _missing(facts: Facts, active: Sequence[Clause], book: RuleBook) -> tuple[str, ...]:
    looked_at = frozenset().union(*(variables(book.tests[c.id]) for c in active))
    names = [spec for name, fact in facts.items() if name in looked_at for spec in fact.missing]
    return tuple(dict.fromkeys(names))


def _confidence(
    book: RuleBook, active: Sequence[Clause], facts: Facts, cases: _Cases, outcome: Outcome,
    alternatives: Sequence[Case], listed: Listing | None,
) -> Confidence:  # fmt: skip
    """Lowest confidence of what the verdict rests on, one step lower where sources allow another outcome."""
    if listed is not None and outcome == listed.policy:
        return "high"
    if outcome == "cannot_tell" or cases.narrowed:
        return "low"
    deciding = {i for f in cases.findings for i in f.deciding}
    relevant = [c for c in active if c.id in deciding] or [c for c in active if c.role == "licence"]
    names = frozenset().union(*(variables(book.tests[c.id]) for c in relevant))
    # A figure that is unknown but cannot change the outcome takes nothing away from it.
    levels: list[Confidence] = [f.confidence for n, f in facts.items() if n in names and f.known]
    levels += [c.confidence for c in relevant if c.id in deciding]
    level = lower(*levels)
    return one_step_down(level) if alternatives or cases.basis == "range" else level


def _only(values: set[float | None]) -> float | None:
    return values.copy().pop() if len(values) == 1 else None


def fact_value(facts: Facts, name: str) -> float | None:
    """Central figure of a fact, ``None`` where it is unpublished or the item has no such fact."""
    fact: Fact | None = facts.get(name)
    return fact.value if fact is not None else None
