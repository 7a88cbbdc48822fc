"""Records that live as rows of a table: events, parameters, observations, models, measurements, places."""

import datetime
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from chipgate.schema.base import Confidence, Date, Id, Kind, Names, Pairs, Record, split_list

Instrument = Literal[
    "antitrust", "customs_block", "entity_listing", "export_ban_lift", "legislation_passed",
    "legislation_proposed", "license_denial", "license_grant", "license_requirement", "negotiation", "other",
    "purchase_approval", "purchase_ban", "purchase_discouragement", "rare_earth_control", "revenue_fee",
    "security_allegation", "security_summons", "state_media_signal", "subsidy", "tariff", "threshold_rule",
    "volume_cap",
]  # fmt: skip
"""What a policy event does."""

Authority = Literal[
    "formal_rule", "formal_order", "official_statement", "private_guidance", "state_media", "press_report"
]
"""How binding the act behind an event is, strongest first; a press report tells of an act of unknown form."""

DestGroup = Literal["US", "CN", "MO", "RU", "D5_OTHER", "D1_D4", "AUTH", "OTHER"]


class Event(Record):
    """A dated policy move.

    Attributes:
        public_date: Day on which it became public, where later than ``date``; binds point-in-time code.
        direction: Effect on US chips reaching China.
        chips, firms: Records that it names; ``targets`` keeps the wording.
        parameter: Facts as key=value.
    """

    id: Annotated[str, Field(pattern=r"^PE\d{3,}$")]
    date: Date
    date_precision: Literal["day", "week", "month"]
    public_date: Date | None = None
    actor_country: Literal["US", "CN", "NL"]
    actor: str
    targets: Names = ()
    chips: Names = ()
    firms: Names = ()
    instrument: Instrument
    direction: Literal["tighten", "loosen", "neutral"]
    parameter: Pairs = {}
    authority: Authority
    effective_date: Date | None = None
    end_date: Date | None = None
    summary: str = Field(min_length=1)
    source_urls: Names
    confidence: Confidence

    @property
    def known_since(self) -> Date:
        """First date at which the event could be known to the public."""
        return self.public_date or self.date


class Parameter(Record):
    """A model input with its range.

    Attributes:
        low, central, high: 10th, 50th and 90th percentile of the prior (see :mod:`chipgate.catalogue.priors`).
        scale: Scale on which the prior is a two-piece normal; ``fixed`` for constants.
        known_since: First date at which the row's values could be known; binds for every row.
        knowable_variant: ``hindsight`` values come from outcomes that the model predicts and never explain
            the period that they describe; ``dated`` hold from ``known_since``; ``timeless`` are nature's.
    """

    id: Annotated[str, Field(pattern=r"^[A-Z]{3}\d{2,}$")]
    group: Id
    name: Id
    definition: str = Field(min_length=1)
    unit: str = Field(min_length=1)
    low: float | None = None
    central: float
    high: float | None = None
    scale: Literal["linear", "log", "logit", "fixed"]
    period: str
    kind: Kind
    source_urls: Names
    published_date: Date
    confidence: Confidence
    known_since: Date
    knowable_variant: Literal["hindsight", "timeless", "dated"]
    notes: str = ""

    @model_validator(mode="after")
    def _check(self) -> Self:
        ordered = [x for x in (self.low, self.central, self.high) if x is not None]
        if ordered != sorted(ordered):
            raise ValueError(f"low <= central <= high is broken: {ordered}")
        if self.scale == "log" and ordered[0] <= 0:
            raise ValueError("a log scale needs positive figures")
        if self.scale == "logit" and not (0 < ordered[0] and ordered[-1] < 1):
            raise ValueError("a logit scale needs figures strictly between 0 and 1")
        return self


class Observation(Record):
    """A published figure of the market.

    Attributes:
        maker: Maker or maker-group id; ``chips``: chip or product-group id.
        channel: Where the figure was published.
        source_urls: Addresses; where there is none, ``notes`` say where the figure was read.
        basis: Definition facts as key=value (billing or headquarters basis, vintage, currency rate).
    """

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9]+(_[A-Za-z0-9]+)*$")]
    period_start: Date
    period_end: Date
    maker: str = ""
    chips: Names = ()
    geography: Literal["CN", "US", "ROW", "world"]
    buyers: Names = ()
    metric: Id
    unit: str = Field(min_length=1)
    value: float
    low: float
    high: float
    kind: Kind
    channel: Literal["filing", "company", "press", "analyst", "tracker", "government", "forecast"]
    publisher: str = Field(min_length=1)
    published_date: Date
    source_urls: Names = ()
    confidence: Confidence
    basis: Pairs = {}
    notes: str = ""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not self.low <= self.value <= self.high:
            raise ValueError(f"low <= value <= high is broken: {self.low}, {self.value}, {self.high}")
        if self.period_end.last < self.period_start.first:
            raise ValueError(f"period ends ({self.period_end}) before it starts ({self.period_start})")
        return self


Quantity = Literal[
    "compute_added_ratio", "compute_added_china", "compute_imported", "smuggled_chips", "smuggled_compute_share",
    "huawei_chips", "huawei_share", "market_usd", "domestic_usd", "domestic_share", "h20_usd_rest_of_year",
]  # fmt: skip
"""What a figure of a study counts, over a year: US over Chinese compute added; compute added in China, in all and by
legal imports; chips smuggled, and the part of the compute added that was; chips that Huawei delivers; sales of AI chips
in China, of domestic makers, and their and Huawei's part; H20 sales from the month after publication to the year's
end."""
_COUNTS_COMPUTE = ("compute_added_ratio", "compute_added_china", "compute_imported", "smuggled_compute_share")
_IN_CHIPS = ("compute_added_china", "compute_imported")


class SaidElsewhere(Record):
    """A figure that someone else published, as a forecast or in a study.

    Attributes:
        low, high: Of the figure; both equal to it where none is given.
        said: The figure in the words of the source, where in it, and how the words became ``value``.
    """

    unit: str = Field(min_length=1)
    value: float
    low: float
    high: float
    published_date: Date
    said: str = Field(min_length=1)
    source_urls: Names = Field(min_length=1)
    confidence: Confidence
    notes: str = ""

    @model_validator(mode="after")
    def _check_range(self) -> Self:
        if not self.low <= self.value <= self.high:
            raise ValueError(f"low <= value <= high is broken: {self.low}, {self.value}, {self.high}")
        return self


class RivalFigure(SaidElsewhere):
    """A figure of a published scenario study, with the scenario file that says the same here.

    Attributes:
        study: Name of the study. ``pathway``: its scenario in words; ``scenario``: ours.
        quantity: What it counts. ``measure``: measure of compute on which the study counts, where it counts compute.
        counted_in: Chip in whose equivalents it counts compute; converted into H100-equivalents on ``measure``.
    """

    id: Id
    study: str
    pathway: str
    scenario: str
    quantity: Quantity
    year: int
    measure: Literal["fp8", "fp4", "memory_bandwidth", "usd"] | None = None
    counted_in: Id | None = None

    @model_validator(mode="after")
    def _check_compute(self) -> Self:
        if (self.quantity in _COUNTS_COMPUTE) != (self.measure is not None):
            raise ValueError("a figure of compute needs a measure, and nothing else has one")
        if (self.quantity in _IN_CHIPS) != (self.counted_in is not None):
            raise ValueError("an amount of compute needs the chip that it is counted in, and nothing else has one")
        return self


class PublishedForecast(SaidElsewhere):
    """A forecast that someone published in answer to a question that the scoreboard asks.

    Attributes:
        question: Which question.
    """

    id: Id
    question: Literal["h20_2025"]
    publisher: str = Field(min_length=1)
    published_date: Date
    unit: Literal["USD/quarter"]


class LanguageModel(Record):
    """Shape of a large language model; empty where it was not published.

    Attributes:
        params_b, active_params_b: Parameters in 10^9, in all and active per token.
        dense_layers: Layers with a dense feed-forward block; the others are mixture-of-experts.
        window, window_layers: Sliding or chunked attention window in tokens, and how many layers have it.
        linear_layers: Layers of linear attention with a state of fixed size.
    """

    id: Id
    name: str
    params_b: float | None = Field(default=None, gt=0)
    active_params_b: float | None = Field(default=None, gt=0)
    layers: int | None = Field(default=None, gt=0)
    hidden: int | None = Field(default=None, gt=0)
    heads: int | None = Field(default=None, gt=0)
    kv_heads: int | None = Field(default=None, gt=0)
    head_dim: int | None = Field(default=None, gt=0)
    attention: Literal["MHA", "GQA", "MQA", "MLA", "MLA+DSA", "GQA+CLA", "MFA", "hybrid"]
    q_lora_rank: int | None = None
    kv_lora_rank: int | None = None
    qk_rope_head_dim: int | None = None
    qk_nope_head_dim: int | None = None
    v_head_dim: int | None = None
    ffn_dense: int | None = Field(default=None, gt=0)
    dense_layers: int | None = Field(default=None, ge=0)
    experts: int | None = Field(default=None, gt=0)
    shared_experts: int | None = Field(default=None, ge=0)
    shared_expert_width: int | None = Field(default=None, gt=0)
    experts_per_token: int | None = Field(default=None, gt=0)
    ffn_expert: int | None = Field(default=None, gt=0)
    ffn_matrices: int = Field(ge=2, le=3)
    vocab: int | None = Field(default=None, gt=0)
    tied: bool | None = None
    window: int | None = Field(default=None, gt=0)
    window_layers: int | None = Field(default=None, gt=0)
    linear_layers: int | None = Field(default=None, gt=0)
    kv_shared_by: int | None = Field(default=None, gt=0)
    kind: Kind
    confidence: Confidence
    published_date: Date | None = None
    source_urls: Names
    notes: str = ""


class Measurement(Record):
    """A published throughput measurement.

    Attributes:
        chip: Chip or measured-system id.
        concurrency: Batch or load as stated; ``batch``: sequences in the whole system, where it is a number.
        speculative: Whether speculative decoding was on.
    """

    id: Annotated[str, Field(pattern=r"^WM\d{4,}$")]
    workload: Literal["training", "finetune", "prefill", "decode", "serving_offline", "serving_server"]
    model: Id
    precision: Id
    chip: Id
    num_chips: int | None = Field(default=None, gt=0)
    parallelism: str = ""
    concurrency: str = ""
    batch: int | None = Field(default=None, gt=0)
    seq_in: float | None = Field(default=None, ge=0)
    seq_out: float | None = Field(default=None, ge=0)
    metric: Id
    unit: str = Field(min_length=1)
    value: float = Field(gt=0)
    software: str = ""
    published_date: Date
    date_precision: Literal["day", "month"]
    source_url: str = Field(min_length=1)
    kind: Kind
    confidence: Confidence
    speculative: Literal["yes", "no", "unknown"]
    notes: str = ""


class MeasuredSystem(Record):
    """A system in the measurements that is no single catalogued chip."""

    id: Id
    name: str
    nearest_chip: Id | None = None
    difference: str
    source: str


class ProductGroup(Record):
    """A group of products that observations speak of."""

    id: Id
    name: str
    definition: str


def _upper(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


class Country(Record):
    """A destination with its export-control groups; ``id`` is the ISO 3166-1 alpha-2 code in lower case.

    Attributes:
        groups: Groups today. ``earlier_groups`` held up to and including ``earlier_until``, where they differ.
    """

    code: Annotated[str, BeforeValidator(_upper), Field(pattern=r"^[A-Z]{2}$")]
    name: str
    groups: Annotated[tuple[DestGroup, ...], Field(min_length=1)]
    earlier_groups: tuple[DestGroup, ...] = ()
    earlier_until: Date | None = None
    source_urls: Names
    confidence: Confidence
    notes: str = ""

    @model_validator(mode="before")
    @classmethod
    def _split(cls, raw: object) -> object:
        if not isinstance(raw, dict):
            return raw
        return {key: split_list(cell) if key.endswith("groups") else cell for key, cell in raw.items()}

    def groups_on(self, day: datetime.date) -> frozenset[str]:
        """Groups in which the country is on a day."""
        if self.earlier_until is not None and day <= self.earlier_until.last:
            return frozenset(self.earlier_groups)
        return frozenset(self.groups)

    @property
    def id(self) -> str:
        """Lower-case code."""
        return self.code.lower()
