"""Events that come back from a page as JSON, as read and perhaps edited: every field checked."""

import datetime
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from chipgate.errors import BadInputError, DateError
from chipgate.news.records import DateBasis, Event, Parameter, ParameterName, When
from chipgate.schema.news import Context, NewsAuthority, NewsInstrument, Side, Sourcing
from chipgate.timegrid import parse_partial

_Text = Annotated[str, Field(max_length=2000)]
_Names = Annotated[tuple[Annotated[str, Field(max_length=200)], ...], Field(max_length=50)]


_DERIVED = frozenset((
    "date_precision", "date_announced", "date_implemented", "date_removed", "mentions", "gta_type_id",
    "mast_chapter", "plover",
))  # fmt: skip
"""Fields of an event's JSON that follow from others or serve other vocabularies; a scenario rests on none."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class _Number(_Strict):
    name: ParameterName
    value: float
    unit: _Text


class _Given(_Strict):
    """The fields of an event's JSON that a scenario rests on."""

    instrument: NewsInstrument
    actor: _Text | None = ""
    actor_side: Side
    targets: _Names = ()
    firms: _Names = ()
    chips: _Names = ()
    chip_names: _Names = ()
    parameter: _Number | None = None
    date: _Text | None = None
    date_range: tuple[datetime.date, datetime.date] | None = None
    date_basis: DateBasis = "text"
    authority: NewsAuthority
    authority_rank: Annotated[int, Field(ge=1, le=9)]
    public: bool = True
    sourcing: Sourcing
    context: Context
    direction: Annotated[str, Field(pattern="^(tighten|loosen|neutral)$")]
    confidence: Annotated[float, Field(ge=0, le=1)]
    on: bool
    span: tuple[int, int] = (0, 0)
    text: _Text = ""
    rule_id: _Text = ""
    act_id: _Text = ""
    snapped: _Text | None = None
    snapped_source: _Text | None = None
    edited_by_user: bool = False


def events_given(rows: Sequence[Mapping[str, Any]], chips: Mapping[str, Any]) -> list[Event]:
    """Events from the JSON of :func:`chipgate.news.records.event_json`, edited or not.

    Args:
        chips: Known chips by id.

    Raises:
        BadInputError: A field is missing or wrong, a chip is unknown, or a date cannot be read.
    """
    return [_event(row, number, chips) for number, row in enumerate(rows, 1)]


def _event(row: Mapping[str, Any], number: int, chips: Mapping[str, Any]) -> Event:
    try:
        given = _Given.model_validate({key: value for key, value in row.items() if key not in _DERIVED})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BadInputError(f"event {number}: {where}: {first['msg']}") from error
    for name in given.chips:
        if name not in chips:
            raise BadInputError(f"event {number}: chips: {name[:60]!r} is no chip of the catalogue; give its id")
    when = _when(given, number)
    own = given.parameter
    parameter = Parameter(own.name, own.value, own.unit) if own else None
    return Event(
        instrument=given.instrument, actor=given.actor or "", actor_side=given.actor_side, targets=given.targets,
        firms=given.firms, chips=given.chips, chip_names=given.chip_names, parameter=parameter, when=when,
        implemented=None, removed=None, authority=given.authority, authority_rank=given.authority_rank,
        public=given.public, sourcing=given.sourcing, context=given.context, direction=given.direction,
        confidence=given.confidence, span=given.span, text=given.text, rule_id=given.rule_id, act_id=given.act_id,
        snapped=given.snapped or "", snapped_source=given.snapped_source or "", edited_by_user=given.edited_by_user,
        switched=given.on,
    )  # fmt: skip


def _when(given: _Given, number: int) -> When | None:
    """The date as written; range and basis as read stand where the date was not edited, else a person states it."""
    if not given.date:
        return None
    try:
        partial = parse_partial(given.date)
    except DateError as error:
        raise BadInputError(f"event {number}: date: {given.date[:40]!r}: write YYYY-MM-DD, YYYY-MM or YYYY") from error
    basis: DateBasis = given.date_basis if given.date_range else "text"
    first, last = given.date_range or (partial.first, partial.last)
    if not (partial.first <= first <= last <= partial.last):
        first, last, basis = partial.first, partial.last, "text"
    return When(first, last, partial.precision, basis)
