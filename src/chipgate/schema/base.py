"""What every record has: strictness, sources, and numbers that know where they come from."""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, model_validator

from chipgate.errors import DateError, UnitError
from chipgate.timegrid import PartialDate, parse_partial

Kind = Literal["reported", "estimated", "derived", "assumed"]
"""How a number is known: stated by a company, government or press page; estimated by an analyst or tracker;
computed by us from stated figures; our own judgement (which must carry a range)."""

Confidence = Literal["high", "medium", "low"]
LEVELS: tuple[Confidence, ...] = ("low", "medium", "high")

Id = Annotated[str, Field(pattern=r"^[a-z0-9]+(_[a-z0-9]+)*$")]
"""Identifier of a record: lower snake case, the same as its file name where it has a file of its own."""


def _partial(value: object) -> object:
    try:
        return parse_partial(value) if isinstance(value, str) else value
    except DateError as error:
        raise ValueError(str(error)) from error  # so that the record's reader adds field and line


def split_list(value: object) -> object:
    """Split a table cell at semicolons; lists pass through."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(";") if part.strip())
    return value


def _pairs(value: object) -> object:
    """Read ``key=value;key=value``; a part without ``=`` or a repeated key is an error."""
    if not isinstance(value, str):
        return value
    found: dict[str, str] = {}
    for part in value.split(";"):
        key, sign, text = part.strip().partition("=")
        if not part.strip():
            continue
        if not sign or not key.strip():
            raise ValueError(f"{part.strip()!r} is not key=value")
        if key.strip() in found:
            raise ValueError(f"key {key.strip()!r} stands twice")
        found[key.strip()] = text.strip()
    return found


Date = Annotated[PartialDate, BeforeValidator(_partial), PlainSerializer(str, return_type=str)]
Names = Annotated[tuple[str, ...], BeforeValidator(split_list)]
Pairs = Annotated[dict[str, str], BeforeValidator(_pairs)]


class Record(BaseModel):
    """A frozen record; an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True, allow_inf_nan=False)

    @property
    def names(self) -> tuple[str, ...]:
        """All names under which a person may look the record up."""
        own = [getattr(self, field, "") for field in ("id", "name")]
        return tuple(str(name) for name in (*own, *getattr(self, "aliases", ())) if name)


class Source(Record):
    """Where figures come from.

    Attributes:
        urls: Pages, best first.
        published: First date at which the figures could be known.
        published_basis: ``announced`` (the announcement of the thing), ``page`` (date of the page) or
            ``compiled`` (no date found: the day on which the table was compiled).
        confidence: Confidence in the figures of this source.
    """

    urls: tuple[str, ...] = Field(min_length=1)
    published: Date
    published_basis: Literal["announced", "page", "compiled"]
    confidence: Confidence


class Sourced(Record):
    """A number with unit, range, period, source and standing.

    ``value`` is empty where nobody publishes the figure and only bounds are known.

    Attributes:
        low, high: Range over conflicting sources, or of an assumption; inclusive.
        period: Time that the number describes, where it is not timeless.
    """

    value: float | None = None
    low: float | None = None
    high: float | None = None
    unit: str
    kind: Kind
    confidence: Confidence
    source: Source
    period: Date | None = None
    note: str = ""

    @model_validator(mode="after")
    def _check(self) -> Self:
        ordered = [x for x in (self.low, self.value, self.high) if x is not None]
        if not ordered:
            raise ValueError("a number needs a value, or low and high bounds")
        if ordered != sorted(ordered):
            raise ValueError(f"low <= value <= high is broken: {ordered}")
        if self.value is None and (self.low is None or self.high is None):
            raise ValueError("a number without value needs both low and high")
        if self.kind == "assumed" and (self.low is None or self.high is None):
            raise ValueError("an assumption must carry a range (low and high)")
        return self

    @property
    def bounds(self) -> tuple[float, float]:
        """``(low, high)``, each falling back on the value."""
        low = self.low if self.low is not None else self.value
        high = self.high if self.high is not None else self.value
        if low is None or high is None:
            raise AssertionError("a validated number has bounds")
        return low, high


def lower(*levels: Confidence) -> Confidence:
    """The lowest of the given confidences; ``high`` for none."""
    return min(levels, key=LEVELS.index, default="high")


def one_step_down(level: Confidence) -> Confidence:
    """The next lower confidence."""
    return LEVELS[max(LEVELS.index(level) - 1, 0)]


def expand_number(raw: Any, *, unit: str, sources: dict[str, Any], default_source: str) -> dict[str, Any]:
    """Write a YAML shorthand (a bare number) out as the mapping of a :class:`Sourced`.

    Args:
        raw: A number, or a mapping with any of ``value, low, high, unit, kind, confidence, source, period,
            note``; ``source`` names a key of ``sources``.
        unit: Canonical unit; figures in another unit of the same dimension are converted.
        sources: The record's sources.
        default_source: Key of the source that holds where the number names none.
    """
    from chipgate.units import convert

    body = dict(raw) if isinstance(raw, dict) else {"value": raw}
    key = body.pop("source", default_source)
    if not isinstance(key, str) or key not in sources:
        raise ValueError(f"source {key!r} is not among the record's sources ({', '.join(sources)})")
    body["source"] = sources[key]
    given = body.pop("unit", unit)
    if not isinstance(given, str):
        raise ValueError(f"unit is {given!r}, expected a unit such as {unit!r}")
    for field in ("value", "low", "high"):
        number = body.get(field)
        if isinstance(number, bool) or not isinstance(number, (int, float, type(None))):
            raise ValueError(f"{field} is {number!r}, expected a number in {unit}")
        if number is not None:
            try:
                body[field] = convert(float(number), given, unit) if given != unit else float(number)
            except UnitError as error:
                raise ValueError(str(error)) from error
    body["unit"] = unit
    body.setdefault("kind", "reported")
    body.setdefault("confidence", sources[key]["confidence"] if isinstance(sources[key], dict) else "low")
    return body
