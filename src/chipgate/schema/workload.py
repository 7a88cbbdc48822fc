"""Records of the workload model: number formats, scale-out networks, efficiencies and costs."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from chipgate.schema.base import Confidence, Date, Id, Kind, Record

Format = Literal["bf16", "fp8", "int8", "fp4"]
"""Formats of matrix products that a chip may have."""

FORMAT_FIELDS: dict[Format, str] = {
    "bf16": "bf16_dense_tflops", "fp8": "fp8_dense_tflops", "int8": "int8_dense_tops", "fp4": "fp4_dense_tflops",
}  # fmt: skip
"""Format -> specification of a chip."""

Bits = Annotated[float, Field(ge=1, le=32)]


class Precision(Record):
    """Number formats in which a model runs.

    Attributes:
        dense_bits, expert_bits: Bits of a stored weight of dense parts and of experts, scales included.
        cache_bits, sent_bits: Bits of a cached number and of a number sent between chips.
        dense, expert: Formats of their matrix products, the wished one first; a chip without it takes the next.
    """

    id: Id
    name: str
    dense_bits: Bits
    expert_bits: Bits
    cache_bits: Bits
    sent_bits: Bits
    dense: tuple[Format, ...] = Field(min_length=1)
    expert: tuple[Format, ...] = Field(min_length=1)
    note: str = ""


class Network(Record):
    """Scale-out network of a chip as its systems are usually built.

    Attributes:
        gbit_s: Line rate a chip, one direction.
        chips: Chips that it holds for; empty in the record that holds for all others.
    """

    id: Id
    gbit_s: float = Field(gt=0)
    low: float = Field(gt=0)
    high: float = Field(gt=0)
    chips: tuple[Id, ...] = ()
    kind: Kind
    confidence: Confidence
    why: str = Field(min_length=1)
    urls: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not self.low <= self.gbit_s <= self.high:
            raise ValueError(f"low <= gbit_s <= high is broken: {self.low}, {self.gbit_s}, {self.high}")
        return self


class EfficiencyPrior(Record):
    """What is believed of a number of the workload model before measurements are seen.

    Attributes:
        link: ``fraction``: an efficiency between 0 and ``most``; ``time``: a positive one; ``shift``: a number beside
            the kernels, the same for all stacks, taken as it is.
        low, central, high: 10th, 50th and 90th percentile, for a typical stack.
        between: Standard deviation between stacks on the scale of the link; 0 for a shift.
    """

    id: Id
    label: str
    unit: str
    link: Literal["fraction", "time", "shift"]
    most: float = Field(default=1.0, gt=0)
    low: float
    central: float
    high: float
    between: float = Field(default=0.0, ge=0)
    why: str = Field(min_length=1)

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not self.low < self.central < self.high:
            raise ValueError(f"low < central < high is broken: {self.low}, {self.central}, {self.high}")
        if self.link != "shift" and self.low <= 0:
            raise ValueError(f"low ({self.low}) must lie above 0 for a {self.link}")
        if (self.link == "shift") != (self.between == 0):
            raise ValueError("between is 0 for a shift, and above 0 for all others")
        if self.link == "fraction" and self.high >= self.most:
            raise ValueError(f"high ({self.high}) must lie under most ({self.most})")
        return self


class CostAssumption(Record):
    """What running a chip costs beside its price.

    Attributes:
        scale: Scale of its two-piece normal.
        low, central, high: 10th, 50th and 90th percentile.
    """

    id: Id
    label: str
    unit: str
    scale: Literal["linear", "log", "logit"]
    low: float = Field(gt=0)
    central: float = Field(gt=0)
    high: float = Field(gt=0)
    kind: Kind
    confidence: Confidence
    why: str = Field(min_length=1)
    urls: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not self.low < self.central < self.high:
            raise ValueError(f"low < central < high is broken: {self.low}, {self.central}, {self.high}")
        if self.scale == "logit" and self.high >= 1:
            raise ValueError(f"a logit scale needs figures strictly between 0 and 1, high is {self.high}")
        return self


class ReferenceRate(Record):
    """Throughput of a chip on the reference models with mature reference software; written by ``workload-fit``.

    Attributes:
        known_since: Day up to which measurements were used; the rate may be used from then on.
        workload: ``training`` or ``inference``.
        tokens_per_s: Tokens/s a chip, geometric mean over the reference models.
        factor_1 to factor_6: Change of the log rate for one standard deviation of each common factor.
        shared, own: Standard deviation of the chip's own log part, in both workloads together and in this one.
    """

    id: Id
    known_since: Date
    chip: Id
    workload: Literal["training", "inference"]
    tokens_per_s: float = Field(gt=0)
    factor_1: float
    factor_2: float
    factor_3: float
    factor_4: float
    factor_5: float
    factor_6: float
    shared: float = Field(ge=0)
    own: float = Field(ge=0)

    @property
    def factors(self) -> tuple[float, ...]:
        """Changes by common factor."""
        return (self.factor_1, self.factor_2, self.factor_3, self.factor_4, self.factor_5, self.factor_6)
