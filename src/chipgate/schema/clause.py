"""A clause of law as dated data, and the ledger of what the law leaves open."""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from chipgate.errors import DateError
from chipgate.schema.base import Confidence, Record
from chipgate.timegrid import parse_day

Outcome = Literal[
    "licence_presumption_of_denial",
    "licence_required_no_stated_policy",
    "licence_case_by_case",
    "licence_presumption_of_approval",
    "notification_NAC",
    "none",
    "cannot_tell",
]
"""Licence outcome of a verdict, strictest first; ``cannot_tell`` where unpublished figures leave it open."""

STRICTNESS: tuple[Outcome, ...] = (
    "licence_presumption_of_denial",
    "licence_required_no_stated_policy",
    "licence_case_by_case",
    "licence_presumption_of_approval",
    "notification_NAC",
    "none",
)

Effect = Literal[
    "licence_presumption_of_denial",
    "licence_required_no_stated_policy",
    "licence_case_by_case",
    "licence_presumption_of_approval",
    "notification_NAC",
    "none",
    "licence_country_allocation",
    "presumed_3A090a",
    "import_duty",
    "no_change",
    "announced_not_in_force",
    "never_in_force",
]
"""What a clause says where its test holds; the last six are not licence outcomes of a finished chip."""

Item = Literal["finished_chip", "hbm_stack", "logic_die"]


def _day(value: object) -> object:
    try:
        return parse_day(value) if isinstance(value, str) else value
    except DateError as error:
        raise ValueError(str(error)) from error


Day = Annotated[date, BeforeValidator(_day)]


class VolumeCap(Record):
    """A limit on licensed volume.

    Attributes:
        share_of_us_shipments: China shipments of a product over its US shipments, at most.
        units_per_buyer: Chips per licensed buyer, at most.
        buyers: About how many buyers hold the licence.
        tpp_per_country: Sum of TPP that a country may receive over the whole period.
    """

    text: str
    share_of_us_shipments: float | None = Field(default=None, gt=0, le=1)
    units_per_buyer: int | None = Field(default=None, gt=0)
    buyers: int | None = Field(default=None, gt=0)
    tpp_per_country: float | None = Field(default=None, gt=0)


class Clause(Record):
    """One dated rule.

    Attributes:
        item: What the clause judges.
        role: ``licence`` clauses give the outcome; ``duty`` and ``term`` clauses add a duty or a licence term;
            ``marker`` clauses have no effect and are kept for the history.
        known_since: Day on which the clause became public; before it a forecaster could not know it.
        effective: First day in force; ``ends``: last day in force, empty while it stands.
        applied: False where compliance was never due, so that the clause never bit.
        test: Condition in the grammar of :mod:`chipgate.rules.grammar`; empty for a marker.
        replaces: Clauses that this one displaces wherever both hold.
        fee: Share of revenue to be paid for the licence. ``duty``: ad-valorem import duty.
        ambiguities: Ids of the ambiguity ledger that touch this clause.
        events: Policy events that made it.
    """

    id: Annotated[str, Field(pattern=r"^[A-Z0-9]+(-[A-Z0-9]+)+$")]
    provision: str
    jurisdiction: Literal["US"]
    item: Item
    role: Literal["licence", "duty", "term", "marker"]
    known_since: Day
    effective: Day | None = None
    ends: Day | None = None
    applied: bool = True
    test: str = ""
    outcome: Effect
    replaces: tuple[str, ...] = ()
    fee: float | None = Field(default=None, gt=0, lt=1)
    duty: float | None = Field(default=None, gt=0, lt=2)
    volume_cap: VolumeCap | None = None
    citation: str
    urls: tuple[str, ...] = Field(min_length=1)
    confidence: Confidence
    ambiguities: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    notes: str = ""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.effective and self.ends and self.ends < self.effective:
            raise ValueError(f"ends {self.ends} lies before effective {self.effective}")
        if (self.role == "marker") == bool(self.test):
            raise ValueError("a marker has no test, every other clause has one")
        if self.role != "marker" and self.effective is None:
            raise ValueError("a clause with a test needs the day on which it takes effect")
        if (self.role == "duty") != (self.duty is not None):
            raise ValueError("a duty clause, and no other, states a duty")
        return self

    def in_force(self, day: date) -> bool:
        """Whether the clause stands on ``day``; a marker never does."""
        return (
            self.role != "marker"
            and self.effective is not None
            and self.effective <= day
            and (self.ends is None or day <= self.ends)
        )


class Ambiguity(Record):
    """An open point of the law or its evidence, attached to the verdicts that it touches.

    Attributes:
        clauses: Clauses of which one must bear on the verdict.
        variables: Variables that its alternative reading changes.
        vendors, vendor_countries: Restrict it to chips of these makers, where given.
        destinations: ISO codes; ``needs_buyer``: only where a buyer is named.
        first, last: Days between which it matters.
        alternative: Name of the other reading that the engine can try (see :mod:`chipgate.rules.ambiguity`).
    """

    id: Annotated[str, Field(pattern=r"^[a-z0-9]+(_[a-z0-9]+)*$")]
    title: str
    text: str
    clauses: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    vendors: tuple[str, ...] = ()
    vendor_countries: tuple[str, ...] = ()
    destinations: tuple[str, ...] = ()
    needs_buyer: bool = False
    first: Day | None = None
    last: Day | None = None
    alternative: str = ""
    urls: tuple[str, ...] = ()
