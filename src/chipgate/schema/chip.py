"""A chip: what it is, what it can do, and when it was known."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple, Self

from pydantic import Field, model_validator

from chipgate.schema.base import Confidence, Date, Id, Record, Source, Sourced, expand_number


class SpecField(NamedTuple):
    """Unit, label and plausible bounds of a specification."""

    unit: str
    label: str
    least: float
    most: float


SPEC_FIELDS: Final[Mapping[str, SpecField]] = MappingProxyType(
    {
        "die_area_mm2": SpecField("mm2", "logic die area", 50, 5_000),
        "tdp_w": SpecField("W", "thermal design power", 20, 5_000),
        "fp64_tflops": SpecField("TFLOPS", "FP64 vector rate", 0.1, 500),
        "fp32_tflops": SpecField("TFLOPS", "FP32 vector rate", 1, 1_000),
        "tf32_dense_tflops": SpecField("TFLOPS", "dense TF32 rate", 1, 10_000),
        "bf16_dense_tflops": SpecField("TFLOPS", "dense BF16 or FP16 rate", 10, 20_000),
        "fp8_dense_tflops": SpecField("TFLOPS", "dense FP8 rate", 20, 40_000),
        "int8_dense_tops": SpecField("TOPS", "dense INT8 rate", 20, 40_000),
        "fp6_dense_tflops": SpecField("TFLOPS", "dense FP6 rate", 20, 80_000),
        "fp4_dense_tflops": SpecField("TFLOPS", "dense FP4 rate", 40, 100_000),
        "mem_gb": SpecField("GB", "memory capacity", 8, 1_024),
        "mem_bw_gbs": SpecField("GB/s", "memory bandwidth", 100, 50_000),
        "scaleup_bw_gbs": SpecField("GB/s", "scale-up link, both directions", 16, 10_000),
        "host_bw_gbs": SpecField("GB/s", "host PCIe, both directions", 16, 512),
        "max_scaleup_domain": SpecField("chips", "chips in one scale-up domain", 1, 20_000),
    }
)
"""Specifications that a chip record may hold, by field name."""

# Formats that count towards TPP: field -> (name, bits of the widest multiplication input).
FORMATS: Final[Mapping[str, tuple[str, int]]] = MappingProxyType(
    {
        "fp64_tflops": ("FP64", 64),
        "fp32_tflops": ("FP32", 32),
        "tf32_dense_tflops": ("TF32", 19),
        "bf16_dense_tflops": ("BF16/FP16", 16),
        "fp8_dense_tflops": ("FP8", 8),
        "int8_dense_tops": ("INT8", 8),
        "fp6_dense_tflops": ("FP6", 6),
        "fp4_dense_tflops": ("FP4", 4),
    }
)
"""Number formats with their bit length; TF32 counts 19 bits (see the ambiguity ``tf32_bit_length``)."""


class Answer(Record):
    """A yes or no that may be unknown (``value: null``), with its reason."""

    value: bool | None
    confidence: Confidence
    note: str = ""
    source: Source


class Revealed(Record):
    """What a chip's treatment in the market shows about clauses where its figures do not settle them.

    Attributes:
        clauses: Clause ids.
        meets: Whether the chip is shown to meet each of them.
    """

    clauses: tuple[str, ...] = Field(min_length=1)
    meets: bool
    confidence: Confidence
    note: str
    urls: tuple[str, ...] = ()


class Chip(Record):
    """One accelerator SKU.

    Attributes:
        vendor: Maker id.
        family: Bins and variants sold under one product name.
        design_for_china: A US part cut down or made for China.
        marketed_datacenter: Designed or marketed for data centres (the term of ECCN 3A090).
        us_commercial_20260115: On commercial sale in the US when the rule of January 2026 was printed.
        specs: Specification -> number, keys from :data:`SPEC_FIELDS`; absent means unpublished.
    """

    id: Id
    name: str
    aliases: tuple[str, ...] = ()
    vendor: Id
    family: Id | None = None
    design_for_china: bool
    marketed_datacenter: bool
    us_commercial_20260115: Answer
    announced: Date | None = None
    first_shipped: Date | None = None
    end_of_sale_china: Date | None = None
    process_node: str = ""
    foundry: str = ""
    compute_dies: int | None = Field(default=None, ge=1, le=64)
    memory_type: str = ""
    sources: dict[str, Source]
    specs: dict[str, Sourced]
    price_usd: Sourced | None = None
    revealed: tuple[Revealed, ...] = ()
    flags: tuple[str, ...] = ()
    notes: str = ""

    @model_validator(mode="before")
    @classmethod
    def _expand(cls, raw: Any) -> Any:
        if not isinstance(raw, dict):
            return raw
        body = dict(raw)
        sources, given = body.get("sources") or {}, body.get("specs") or {}
        if not isinstance(sources, dict) or not isinstance(given, dict):
            raise ValueError("sources and specs must be mappings")
        specs = {}
        for field, value in given.items():
            if field not in SPEC_FIELDS:
                raise ValueError(f"unknown specification {field!r}; known: {', '.join(SPEC_FIELDS)}")
            specs[field] = _number(field, value, SPEC_FIELDS[field].unit, sources, "spec")
        body["specs"] = specs
        if body.get("price_usd") is not None:
            body["price_usd"] = _number("price_usd", body["price_usd"], "USD", sources, "price")
        answer = body.get("us_commercial_20260115")
        if isinstance(answer, dict) and isinstance(answer.get("source", "spec"), str):
            body["us_commercial_20260115"] = {**answer, "source": sources.get(answer.get("source", "spec"))}
        return body

    @model_validator(mode="after")
    def _check(self) -> Self:
        for field, number in self.specs.items():
            limit = SPEC_FIELDS[field]
            low, high = number.bounds
            if not (limit.least <= low and high <= limit.most) and number.value is not None:
                raise ValueError(f"{field} {low:g}..{high:g} {limit.unit} is outside {limit.least:g}..{limit.most:g}")
        dates = [d for d in (self.announced, self.first_shipped) if d is not None]
        if len(dates) == 2 and dates[1].last < dates[0].first:
            raise ValueError(f"first_shipped {dates[1]} lies before announced {dates[0]}")
        return self

    def spec(self, field: str) -> float | None:
        """Central value of a specification, ``None`` where it is unpublished."""
        number = self.specs.get(field)
        return None if number is None else number.value

    def published(self, field: str) -> bool:
        """Whether a specification has a figure or a range."""
        return field in self.specs

    def formats(self) -> Iterator[tuple[str, int, Sourced]]:
        """``(format name, bits, rate)`` of every number format with a figure."""
        for field, (name, bits) in FORMATS.items():
            if field in self.specs:
                yield name, bits, self.specs[field]


def _number(field: str, raw: object, unit: str, sources: dict[str, Any], default_source: str) -> dict[str, Any]:
    try:
        return expand_number(raw, unit=unit, sources=sources, default_source=default_source)
    except ValueError as error:
        raise ValueError(f"{field}: {error}") from error
