"""What a reader finds, brought into the terms of the labels."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from chipgate.errors import ChipgateError, InternalError
from chipgate.scoring.reading.labels import OFF, PRECISIONS, TEMPORAL
from chipgate.scoring.reading.values import Precision, Sides, When, names, number, pairs, when

Reader = Callable[[bytes, date | None, str], Sequence[Mapping[str, Any]]]
"""Bytes of an article, day of its publication where known, and its name -> its events as the reader's JSON has them."""

_SIDES: Final = {"us": "US", "cn": "CN", "third": "third", "company": "company"}


@dataclass(frozen=True)
class Found:
    """An event that the reader found; the fields mean what they mean in a labelled row.

    Attributes:
        text: The evidence.
    """

    actor: str
    sides: frozenset[str]
    names: frozenset[str]
    instrument: str
    numbers: Mapping[str, float]
    when: When | None
    date: str
    authority: str
    sourcing: str
    direction: str
    context: str
    span: tuple[int, int] | None
    text: str

    @property
    def on(self) -> bool:
        """Whether it counts as an act: not negated and not hypothetical."""
        return self.context not in OFF

    @property
    def live(self) -> bool:
        """Whether it is switched on in a scenario: current or background."""
        return self.context in ("current", "background")

    @property
    def order(self) -> tuple[Any, ...]:
        """Key that does not hang on the order in which the reader gave its events."""
        return (self.span or (-1, -1), self.instrument, self.actor, self.date, self.context, self.authority,
                self.direction, self.sourcing, tuple(sorted(self.numbers.items())))  # fmt: skip


def found_event(raw: Mapping[str, Any], sides: Sides) -> Found:
    """One event of the reader's JSON.

    Raises:
        InternalError: A field has a form that the reader's own contract does not allow.
    """
    try:
        actor, side = str(raw.get("actor") or ""), str(raw.get("actor_side") or "")
        day, context = raw.get("date"), raw.get("context") or "current"
        precision: Precision = raw.get("date_precision") or "unknown"
        if precision not in PRECISIONS or context not in TEMPORAL:
            raise ValueError("date_precision or context is not known")
        span = raw.get("span")
        return Found(
            actor=actor, names=names(actor), sides=frozenset({_SIDES[side.casefold()]}) if side else sides(actor),
            instrument=str(raw["instrument"]), numbers=_numbers(raw.get("parameter")),
            when=when(str(day), precision) if day else None, date=str(day or ""),
            authority=str(raw.get("authority") or ""), sourcing=str(raw.get("sourcing") or ""),
            direction=str(raw.get("direction") or ""), context=str(context),
            span=(int(span[0]), int(span[1])) if span else None, text=str(raw.get("text") or ""),
        )  # fmt: skip
    except (KeyError, TypeError, ValueError, IndexError, ChipgateError) as error:
        raise InternalError(
            f"the reader gave an event that cannot be scored ({error!r}): {dict(raw)!r:.300}"
        ) from error


def _numbers(given: Any) -> dict[str, float]:
    """Figures of a parameter: ``{name, value, unit}``, a list of them, a mapping of figures, or ``key=value`` text."""
    if not given:
        return {}
    if isinstance(given, str):
        texts = {name: number(text, name) for name, text in pairs(given).items()}
        return {name: value for name, value in texts.items() if value is not None}
    if isinstance(given, Mapping):
        if "name" not in given:
            return {name: value for key, text in given.items() for name, value in _numbers(f"{key}={text}").items()}
        name, value = str(given["name"]), given.get("value")
        read = None if value is None else number(_plain(value), name, str(given.get("unit") or ""))
        return {} if read is None else {name: read}
    return {name: value for part in given for name, value in _numbers(part).items()}


def _plain(value: Any) -> str:
    return f"{value:f}" if isinstance(value, float) else str(value)
