"""From the events of an article to a scenario whose baseline is the state of the world at the article's date.

Acts that the record holds need nothing: a run as of that day knows them. Acts that it does not hold join it for the
run (of Beijing, ``acts``) or become settings (of Washington, ``set``). Signals are named under ``signals``. Everything
else that the article states stands in the file as a comment, so that a person can see and change it.
"""

import os
import re
import tempfile
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

import yaml

from chipgate.catalogue import Catalogue
from chipgate.errors import BadInputError
from chipgate.news.given import events_given
from chipgate.news.lists import GOVERNMENT, Named, lists
from chipgate.news.records import Document, Event
from chipgate.news.tokens import normalised, tokenise
from chipgate.setup.scenario import resolve
from chipgate.timegrid import FIRST_DAY, add_months

_SIGNALS: Final = (
    "security_summons",
    "security_allegation",
    "state_media_signal",
    "antitrust",
    "purchase_discouragement",
)
_FRESH_DAYS: Final = 120
"""Signals older than this are history that the record of later acts has answered."""
_RECORD_AUTHORITY: Final = {"company_statement": "press_report", "legislative": "official_statement"}
_OPENS: Final = ("export_ban_lift", "license_grant")
_SHUTS: Final = ("license_requirement", "license_denial")
_DATED: Final = ("text", "relative", "heading")
_SURE: Final = 0.8
"""Confidence from which an act with which the article leads is taken to be its news."""
_MONTHS_AHEAD: Final = 28


def write_scenario(document: Document, events: Sequence[Event], path: Path, data: Catalogue) -> dict[str, Any]:
    """Write the scenario of an article; it is checked as ``run`` would check it before the file is there.

    Args:
        events: Events of the article, those switched off as well.

    Returns:
        What was written, as a mapping.

    Raises:
        BadInputError: The article has no date, the file name is no id, or the file cannot be written.
    """
    body = scenario_of(document, events, path.stem, data)
    text = _yaml(body, events)
    _write(path, text, data)
    return body


def scenario_of(document: Document, events: Sequence[Event], name: str, data: Catalogue) -> dict[str, Any]:
    """The scenario of an article as a mapping."""
    day = document.published
    if day is None:
        raise BadInputError(f"{document.name}: no day of publication was found; give --published YYYY-MM-DD")
    if day < FIRST_DAY:
        raise BadInputError(f"{document.name}: published {day}, before {FIRST_DAY}, where the record begins")
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name):
        raise BadInputError(
            f"--scenario {name}.yaml: a scenario's name is small letters, digits and hyphens, such as my-article.yaml"
        )
    on = [e for e in events if e.on]
    body: dict[str, Any] = {
        "id": name, "title": f"As of {day}: {document.title or document.name}"[:100], "story": _story(on, day),
        "as_of": day.isoformat(), "until": f"{add_months(day, _MONTHS_AHEAD):%Y-%m}",
    }  # fmt: skip
    new = [e for e in on if not e.snapped and e.actor_side in ("US", "CN")]
    settings: dict[str, Any] = {}
    for event in new:
        settings |= _settings(event, on, day, data)
    acts = [act for i, event in enumerate(new, 1) if (act := _act(event, i, day, data))]
    signals = [s for event in on if (s := _signal(event, day, data))]
    for key, value in (("set", settings), ("acts", acts), ("signals", signals)):
        if value:
            body[key] = value
    return body


def state_of_events(
    data: Catalogue, rows: Sequence[Mapping[str, Any]], *, as_of: date, title: str = ""
) -> dict[str, Any]:  # fmt: skip
    """What a scenario file of these events would hold: ``set``, ``acts`` and ``signals``, with ``as_of`` and ``until``.

    Args:
        rows: Events as JSON, as read and perhaps edited.
        as_of: Day of the article.

    Raises:
        BadInputError: An event is broken, or the day lies before the record begins.
    """
    events = tuple(events_given(rows, data.chips))
    document = Document("article", as_of, "user", title, True, events, (), {})
    return scenario_of(document, events, "article", data)


def _story(on: Sequence[Event], day: date) -> str:
    known = sorted({e.snapped for e in on if e.snapped})
    fee = next((e for e in on if e.instrument == "revenue_fee" and e.parameter), None)
    parts = [f"The state of the world at {day}, as an article of that day tells it."]
    if fee and fee.parameter:
        parts.append(f"Washington's share of revenue: {fee.parameter.value:.0%}.")
    if known:
        parts.append(f"Acts that the record holds: {', '.join(known)}.")
    return " ".join(parts)


def families_of(event: Event, data: Catalogue) -> list[str]:
    """Chip families on sale in China that an event names."""
    offers = [o for o in data.offers.values() if o.route == "legal"]
    return list(dict.fromkeys(o.family for o in offers if o.chip in event.chips))


def _settings(event: Event, on: Sequence[Event], day: date, data: Catalogue) -> dict[str, Any]:
    """Lever settings of an act of Washington that the record does not hold, from the month of the article on.

    An act to which the article gives no date opens and shuts nothing, since it may be one that the record knows,
    unless the article leads with it.

    Args:
        on: All events that are on. An act that another one of them undid later, or on a day that does not tell which
            came first, opens and shuts nothing either.
    """
    if event.actor_side != "US" or event.when is None or event.when.last.year < day.year - 1:
        return {}
    start = f"{max(event.when.first, day):%Y-%m}"
    leads = event.context == "current" and event.confidence >= _SURE and event.span[0] == min(e.span[0] for e in on)
    dated = event.when.basis in _DATED or event.edited_by_user or leads
    found: dict[str, Any] = {}
    for family in families_of(event, data):
        gate = event.instrument in _OPENS or event.instrument in _SHUTS
        if gate and (not dated or _elsewhere(event, data) or _undone(event, on, family, day, data)):
            continue
        if event.instrument in _OPENS:
            found[f"washington.open.{family}"] = {start: 1}
        elif event.instrument in _SHUTS and event.context == "current":
            found[f"washington.open.{family}"] = {start: 0}
        elif event.instrument == "revenue_fee" and event.parameter and 0 < event.parameter.value <= 0.6:
            found[f"washington.fee.{family}"] = {start: round(event.parameter.value, 4)}
    return found


def _elsewhere(event: Event, data: Catalogue) -> bool:
    """Whether the act is told of another country and not of China."""
    if "chin" in event.text.lower() or "Beijing" in event.text:
        return False
    tokens = tokenise(normalised(event.text))
    values = (match.value for match in lists(data).terms.every(tokens, 0, len(tokens.words)))
    return any(isinstance(v, Named) and v.side == "third" and v.kind in GOVERNMENT for v in values)


def _undone(event: Event, on: Sequence[Event], family: str, day: date, data: Catalogue) -> bool:
    """Whether an act of the opposite kind on a family is as late as this one, or later."""
    opposite = _SHUTS if event.instrument in _OPENS else _OPENS if event.instrument in _SHUTS else ()
    own = _last_day(event, day, data)
    return any(
        other.instrument in opposite
        and other.actor_side == "US"
        and family in families_of(other, data)
        and _last_day(other, day, data) >= own
        for other in on
    )


def _last_day(event: Event, day: date, data: Catalogue) -> date:
    """Latest day on which an act can have been: of the record where it knows it, else of the article."""
    known = data.events.get(event.snapped)
    if known is not None:
        return min(known.date.last, day)
    return min(event.when.last, day) if event.when else day


def _act(event: Event, number: int, day: date, data: Catalogue) -> dict[str, Any] | None:
    """An act of Beijing that the record does not hold, in the form of the record."""
    families = families_of(event, data)
    if event.actor_side != "CN" or event.instrument not in data.pressures or not families or event.when is None:
        return None
    when = min(event.when.last, day) if event.when.precision != "day" else min(event.when.first, day)
    confidence = "high" if event.confidence >= 0.85 else "medium" if event.confidence >= 0.65 else "low"
    return {
        "id": f"NE{number:02d}", "date": when.isoformat(),
        "date_precision": event.when.precision if event.when.precision in ("day", "week") else "month",
        "actor_country": "CN", "actor": event.actor, "targets": list(event.targets), "chips": list(event.chips),
        "firms": [f for f in event.firms if f in data.firms], "instrument": event.instrument,
        "direction": event.direction, "authority": _RECORD_AUTHORITY.get(event.authority, event.authority),
        "summary": event.text[:300], "source_urls": [], "confidence": confidence, "families": families,
    }  # fmt: skip


def _signal(event: Event, day: date, data: Catalogue) -> dict[str, Any] | None:
    """A signal of Beijing that is fresh enough for its followers to lie ahead."""
    if event.actor_side != "CN" or event.instrument not in _SIGNALS or event.when is None:
        return None
    if (day - event.when.last).days > _FRESH_DAYS:
        return None
    families = families_of(event, data)
    if not families:
        return None
    return {
        "date": min(event.when.middle, day).isoformat(), "rank": event.authority_rank, "families": families,
        "what": f"{event.instrument} by {event.actor}"[:120],
    }  # fmt: skip


def _yaml(body: dict[str, Any], events: Sequence[Event]) -> str:
    """The file: the scenario, then every event of the article as a comment."""
    text = yaml.safe_dump(body, sort_keys=False, allow_unicode=True, width=110)
    lines = [
        "",
        "# Events of the article; those marked off are not in the scenario.",
        "# on   date        instrument, actor, context, confidence, known act: text",
    ]
    for event in events:
        mark = "on " if event.on else "off"
        own = f"{event.instrument}, {event.actor}, {event.context}, {event.confidence:.2f}, {event.snapped or '-'}"
        number = (
            f" [{event.parameter.name} {event.parameter.value:g} {event.parameter.unit}]" if event.parameter else ""
        )
        lines.append(f"# {mark}  {event.when or '-'!s:10}  {own}{number}: {_plain(event.text[:140])}")
    return text + "\n".join(lines) + "\n"


def _plain(text: str) -> str:
    """Text that can stand in a YAML comment: one line, no control characters."""
    return "".join(ch if ch.isprintable() else " " for ch in text)


def _write(path: Path, text: str, data: Catalogue) -> None:
    """Write aside, check as ``run`` does, then move: a file that is there can be run."""
    if not path.parent.is_dir():
        raise BadInputError(f"--scenario {path}: the folder {path.parent} is not there; make it first")
    if path.suffix not in (".yaml", ".yml"):
        raise BadInputError(f"--scenario {path}: give a file that ends in .yaml")
    try:
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".chipgate-") as folder:
            aside = Path(folder) / path.name
            aside.write_text(text, encoding="utf-8", newline="\n")
            resolve(data, str(aside))
            os.replace(aside, path)
    except OSError as error:
        raise BadInputError(f"--scenario {path}: cannot be written ({error.strerror})") from error
