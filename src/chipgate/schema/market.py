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


class HazardRule(Record):
    """A rule by which the rates of both governments' moves follow from the event record; the first one is used.

    Attributes:
        pooling: ``partial``: rates of episodes are alike, how alike is learned; ``complete``: one rate for all;
            ``none``: each episode by itself; ``jeffreys``: one rate, Jeffreys' prior in place of ``mean``.
        mean_low, mean_high: 10th and 90th percentile of the log-normal prior of the mean rate, moves a month.
        alike_low, alike_high: Those of the prior of alikeness: the shape of the gamma distribution of rates between
            episodes, one over the square of their coefficient of variation.
        other_goods: Power weight of episodes of other goods than AI chips.
        reaction: Whether tightening soon after an opening by Washington is told apart.
        reaction_prior: Both parameters of the beta prior of the chance of such an answer.
        window_weeks: How long after an opening a tightening counts as an answer; ``fades_months``: with which the
            rate fades.
        merge_openings: Whether openings within the window of one before are one re-opening.
    """

    id: Id
    label: str
    pooling: Literal["partial", "complete", "none", "jeffreys"]
    mean_low: Annotated[float, Field(gt=0)]
    mean_high: Annotated[float, Field(gt=0)]
    alike_low: Annotated[float, Field(gt=0)]
    alike_high: Annotated[float, Field(gt=0)]
    other_goods: Annotated[float, Field(ge=0, le=1)]
    reaction: bool
    reaction_prior: tuple[Annotated[float, Field(gt=0)], Annotated[float, Field(gt=0)]]
    window_weeks: Annotated[int, Field(ge=1)]
    fades_months: Annotated[float, Field(gt=0)]
    merge_openings: bool
    kind: Literal["assumed"]
    why: str = Field(min_length=1)

    @model_validator(mode="after")
    def _check(self) -> Self:
        for name in ("mean", "alike"):
            low, high = getattr(self, f"{name}_low"), getattr(self, f"{name}_high")
            if not low < high:
                raise ValueError(f"{name}_low < {name}_high is broken: {low}, {high}")
        return self


class Bridge(Record):
    """A range between the model's definition of a quantity and a publisher's.

    Attributes:
        low, high: Ends of an even distribution, in logarithms where ``scale`` says so.
    """

    id: Id
    label: str
    unit: str = Field(min_length=1)
    low: float
    high: float
    scale: Literal["linear", "log"]
    kind: Literal["assumed"]
    confidence: Confidence
    why: str = Field(min_length=1)

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not self.low <= self.high:
            raise ValueError(f"low <= high is broken: {self.low}, {self.high}")
        if self.scale == "log" and self.low <= 0:
            raise ValueError("a log scale needs positive figures")
        return self


class FigureError(Record):
    """How published figures of a group, source or definition differ from what the model says, in logs.

    Attributes:
        id: ``misfit:`` and a group, or ``bias:`` and a definition or a kind of figure with its channel.
        centre: Of a misfit the median of its size, of a bias its mean.
        spread: Of a misfit that of the log of the size, of a bias its standard deviation.
    """

    id: Annotated[str, Field(pattern=r"^(misfit|bias)(:[a-z_]+)+$")]
    label: str
    centre: float
    spread: Annotated[float, Field(gt=0)]
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


class Together(Record):
    """Inputs that turn out high or low together, beyond what their own priors say.

    Each member's normal score is ``load * f + sqrt(1 - load**2) * own``, with ``f`` a common score.

    Attributes:
        load: Prior of the load, a fraction; two members correlate by its square.
        members: Names of streams; a ``*`` at the end stands for any rest.
    """

    id: Id
    label: str
    load: PriorId
    members: tuple[str, ...] = Field(min_length=2)
    why: str = Field(min_length=1)

    def holds(self, stream: str) -> bool:
        """Whether a stream is a member."""
        return any(
            stream.startswith(member[:-1]) if member.endswith("*") else stream == member for member in self.members
        )


Actor = Literal["washington", "beijing", "nvidia_amd", "huawei_smic", "buyers"]


class Lever(Record):
    """A setting that a scenario may change.

    Attributes:
        id: Dotted path, as in ``set`` of a scenario and ``--set``. A segment ``*`` stands for a chip family.
        least, most: Range over which it may be set and is tested.
        default: Value where no scenario sets it; ``process`` leaves a gate to its stochastic process.
        dated: Whether it may be given by month.
        moves: Headline metric that it moves, and in which direction when it is raised.
    """

    id: Annotated[str, Field(pattern=r"^[a-z0-9_]+(\.([a-z0-9_]+|\*))+$")]
    actor: Actor
    label: str
    unit: str
    least: float
    most: float
    default: float | Literal["process", "law"]
    dated: bool
    moves: Id
    direction: Literal["up", "down"]
    note: str = ""


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
