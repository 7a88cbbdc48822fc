"""Records of the market model: offers, priors, paths of Beijing's pressure by episode, levers and scenarios."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from chipgate.schema.base import Confidence, Date, Id, Record
from chipgate.schema.tables import Instrument

Route = Literal["legal", "grey", "domestic"]
"""How a chip reaches a Chinese data centre: legal import, grey import, or made at home."""

ROUTES: tuple[Route, ...] = ("legal", "grey", "domestic")

PriorId = Annotated[str, Field(pattern=r"^[a-z0-9_]+(\.[a-z0-9_]+)*$")]


class Package(Record):
    """What a Huawei package is made of.

    Attributes:
        dies, stacks: Compute dies and memory stacks in it.
        takes_over: Prefix of the priors of its hand-over from the product before: ``.start`` (decimal year) and
            ``.months``; the first product has none.
        parameters: Records that the counts rest on.
    """

    dies: Annotated[float, Field(gt=0)]
    stacks: Annotated[float, Field(gt=0)]
    kind: Literal["reported", "estimated", "assumed"]
    confidence: Confidence
    parameters: tuple[str, ...] = ()
    takes_over: PriorId | None = None
    why: str = ""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not (self.parameters or self.why):
            raise ValueError("a package needs records that its counts rest on, or the reasoning behind them")
        return self


class Offer(Record):
    """A chip on one route: what a buyer chooses among.

    Attributes:
        chip: Chip id. ``route``: nest of the choice model.
        first, last: Months in which it is on the market, apart from the gates.
        supply: Name of the prior paths of its supply (``supply.<name>.<month>``), or ``huawei`` for the model of
            Huawei's dies, memory and packaging.
        known_since: First day on which the offer could be known, where it stands for an earlier product than its
            chip; by default the chip's announcement.
        earlier: Chip whose figures stand until ``chip`` itself is public. ``public``: first day on which it is, where
            its record holds no announcement.
        cost: Prior of its cost to its maker, or of its world price where it is grey.
        taste: Prior of its utility beyond worth per USD; none for the chips that all others are measured by.
        package: What it is made of, where Huawei makes it.
        world_market: It also sells elsewhere, so that its cost is what it would earn there.
        family: Family under which Beijing's gate treats it.
        only_if_allowed: Enters only where a scenario opens it; it was never on sale in China.
    """

    id: Id
    chip: Id
    route: Route
    vendor: Id
    first: Date
    last: Date | None = None
    supply: Id
    known_since: Date | None = None
    earlier: Id | None = None
    public: Date | None = None
    cost: PriorId
    taste: PriorId | None = None
    package: Package | None = None
    world_market: bool = False
    family: Id
    only_if_allowed: bool = False
    note: str = ""


class Variant(Record):
    """A prior as it stood from a day on.

    Attributes:
        known_since: First day on which it may be used.
        low, central, high: 10th, 50th and 90th percentile.
        parameters, observations: Records that it rests on; none may be known later than ``known_since``.
        why: Reasoning, where it is an assumption.
    """

    known_since: Date
    low: float
    central: float
    high: float
    kind: Literal["estimated", "derived", "assumed", "reported"]
    confidence: Confidence = "low"
    parameters: tuple[str, ...] = ()
    observations: tuple[str, ...] = ()
    why: str = ""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not self.low <= self.central <= self.high:
            raise ValueError(f"low <= central <= high is broken: {self.low}, {self.central}, {self.high}")
        if not (self.parameters or self.observations or self.why):
            raise ValueError("a prior needs records that it rests on, or the reasoning behind the assumption")
        return self


class Prior(Record):
    """An uncertain input of the market model.

    Attributes:
        scale: Scale of its two-piece normal.
        least, most: Hard bounds of a draw.
        variants: As it stood from each day on, oldest first; the last one known at the as-of date is used.
    """

    id: PriorId
    unit: str
    label: str
    scale: Literal["linear", "log", "logit", "fixed"]
    least: float | None = None
    most: float | None = None
    variants: tuple[Variant, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _check(self) -> Self:
        days = [variant.known_since for variant in self.variants]
        if days != sorted(days) or len(set(days)) != len(days):
            raise ValueError("variants must stand in the order of known_since, each day once")
        for variant in self.variants:
            if self.scale == "log" and variant.low <= 0:
                raise ValueError("a log scale needs positive figures")
            if self.scale == "logit" and not (variant.low > 0 and variant.high < 1):
                raise ValueError("a logit scale needs figures strictly between 0 and 1")
        return self


class Episode(Record):
    """One target of Chinese pressure on foreign chips, from its first act on: the unit of the hazard estimate.

    Attributes:
        goods: ``ai_chips`` count in full; ``other`` goods count with a power weight.
        events: Its events in order; each moves the level by the rule of :mod:`chipgate.arrays.beijing`.
    """

    id: Id
    target: str
    goods: Literal["ai_chips", "other"]
    families: tuple[Id, ...] = ()
    events: tuple[str, ...] = Field(min_length=1)


class Pressure(Record):
    """What an act of Beijing does to the level of its gate.

    Attributes:
        id: Instrument of the act, as in the event table.
        level: Level that it moves to: up to it where it tightens, down to it where it loosens.
        level_if_named: Level where it is addressed to named buyers; by default the same.
    """

    id: Instrument
    level: Annotated[int, Field(ge=0, le=3)]
    level_if_named: Annotated[int | None, Field(ge=0, le=3)] = None
    direction: Literal["tighten", "loosen"]
    kind: Literal["assumed"]
    why: str = Field(min_length=1)


class Window(Record):
    """When a total arrives, as it stood from a day on.

    Attributes:
        first, last: Months of arrival; without ``last`` it goes on to the end of the run.
        late_months, late_share: Part of it that arrives in the last months; evenly by default.
    """

    known_since: Date
    first: Date
    last: Date | None = None
    late_months: Annotated[int, Field(ge=1)] | None = None
    late_share: Annotated[float, Field(gt=0, lt=1)] | None = None
    kind: Literal["estimated", "derived", "assumed", "reported"]
    confidence: Confidence = "low"
    parameters: tuple[str, ...] = ()
    why: str = ""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.last is not None and self.last.first < self.first.first:
            raise ValueError(f"ends {self.last} before it starts {self.first}")
        if (self.late_months is None) != (self.late_share is None):
            raise ValueError("late_months and late_share go together")
        if self.late_months is not None and self.last is None:
            raise ValueError("late_months needs last")
        if not (self.parameters or self.why):
            raise ValueError("a window needs records that it rests on, or the reasoning behind the assumption")
        return self


class Arrival(Record):
    """Months over which something reaches Huawei from outside its own lines.

    Attributes:
        windows: As they stood from each day on, oldest first; the last one known at the as-of date is used.
    """

    id: Id
    label: str
    windows: tuple[Window, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _check(self) -> Self:
        days = [window.known_since for window in self.windows]
        if days != sorted(days) or len(set(days)) != len(days):
            raise ValueError("windows must stand in the order of known_since, each day once")
        return self


Actor = Literal["washington", "beijing", "nvidia_amd", "huawei_smic", "buyers"]
ACTORS: dict[Actor, str] = {
    "washington": "Washington", "beijing": "Beijing", "nvidia_amd": "Nvidia and AMD", "huawei_smic": "Huawei and SMIC",
    "buyers": "Buyers",
}  # fmt: skip
"""Who pulls levers, in words."""


LeverPath = Annotated[str, Field(pattern=r"^[a-z0-9_]+(\.([a-z0-9_]+|\*))+$")]


class Evidence(Record):
    """The range of a lever that the record shows: figures of events, or what a prior spans.

    Attributes:
        events: Events that the figures ``low`` and ``high`` come from, and ``why`` in words.
        prior: Prior, or prefix of a path of priors; ``*`` stands for the name in the lever's path.
        as_: How the prior's 10th and 90th percentile become values of the lever: themselves, over its centre, the
            centre over them, or their odds over those of the centre.
    """

    low: float | None = None
    high: float | None = None
    events: tuple[str, ...] = ()
    why: str = ""
    prior: Annotated[str, Field(pattern=r"^[a-z0-9_]+(\.([a-z0-9_]+|\*))*$")] | None = None
    as_: Annotated[Literal["value", "ratio", "inverse", "odds"] | None, Field(alias="as")] = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        told = self.low is not None and self.high is not None and bool(self.events) and bool(self.why)
        spanned = self.prior is not None and self.as_ is not None
        if told == spanned or (spanned and (self.low, self.high, self.events) != (None, None, ())):
            raise ValueError("evidence is low, high, events and why, or a prior and as")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError(f"low <= high is broken: {self.low}, {self.high}")
        return self


class Moot(Record):
    """What makes a lever move nothing.

    Attributes:
        lever: Another lever; ``*`` stands for the same name, or for every name where the moot lever has none.
        at: Value of that one in all months after the as-of date; empty where it need only be given.
        why: For the reader; ``{name}`` stands for the name in words.
    """

    lever: LeverPath
    at: float | None = None
    why: str = Field(min_length=1)


class Lever(Record):
    """A setting that a scenario may change.

    Attributes:
        id: Dotted path, as in ``set`` of a scenario and ``--set``. A segment ``*`` stands for a chip family.
        short: Label beside a control. ``step``: of the control.
        least, most: Range over which it may be set and is tested.
        choices: Value -> word, where only these may be chosen.
        default: Value where no scenario sets it; ``process`` leaves a gate to its stochastic process.
        dated: Whether it may be given by month.
        moves: Headline metric that it moves, and in which direction when it is raised.
        evidence: Range that the record shows. ``moot``: what makes it move nothing; the first that holds is told.
    """

    id: LeverPath
    actor: Actor
    label: str
    short: str
    unit: str
    least: float
    most: float
    step: Annotated[float, Field(gt=0)] | None = None
    choices: dict[int, str] = {}
    default: float | Literal["process", "law"]
    dated: bool
    moves: Id
    direction: Literal["up", "down"]
    evidence: Evidence | None = None
    moot: tuple[Moot, ...] = ()
    note: str = ""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if bool(self.choices) == (self.step is not None):
            raise ValueError("a lever has a step or choices")
        if self.choices and (min(self.choices), max(self.choices)) != (self.least, self.most):
            raise ValueError("choices run from least to most")
        return self


class Scenario(Record):
    """A named set of lever settings on top of another scenario or of none.

    Attributes:
        as_of: Day up to which anything is known.
        until: Last month of the run.
        set: Lever path -> value, or month -> value.
    """

    id: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
    title: str
    story: str = ""
    extends: str | None = None
    as_of: Date | None = None
    until: Date | None = None
    set: dict[str, Any] = {}
