"""From the state that a client sends to a resolved scenario, and the key of its numbers."""

import json
from collections.abc import Mapping
from hashlib import sha256
from importlib.metadata import version
from typing import Any, Final

from chipgate.app.models import RunState
from chipgate.app.problems import ApiError
from chipgate.catalogue.catalogue import Catalogue
from chipgate.errors import UnknownNameError
from chipgate.schema.market import Scenario
from chipgate.setup.scenario import Resolved, resolve_record
from chipgate.timegrid import parse_partial

OWN: Final = Scenario(id="own-settings", title="Own settings")
"""Scenario of a state without a base."""


def resolved(data: Catalogue, state: RunState) -> Resolved:
    """The scenario of a state, everything inherited.

    Raises:
        BadInputError: The base or a lever is unknown, a value out of range, or dates do not follow each other.
    """
    if state.base is None:
        if state.as_of is None:
            raise ApiError(422, "bad_value", "a state without a base needs as_of", where="state.as_of",
                           expected="YYYY-MM-DD", found="null", fix="give as_of, or name a base")  # fmt: skip
        first = OWN
    else:
        first = shipped(data, state.base)
    if state.acts or state.signals:
        first = _with_article(first, state)
    return resolve_record(data, first, as_of=state.as_of, until=state.until, extra=state.settings)


def _with_article(base: Scenario, state: RunState) -> Scenario:
    """A scenario on top of a base, with the acts and signals of an article."""
    from pydantic import ValidationError

    body: dict[str, Any] = {"id": "of-an-article", "title": "Of an article", "acts": state.acts,
                            "signals": state.signals}  # fmt: skip
    if base is not OWN:
        body |= {"extends": base.id}
    try:
        return Scenario.model_validate(body)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in ("state", *first["loc"]))
        raise ApiError(422, "bad_value", f"{where}: {first['msg']}", where=where) from error


def shipped(data: Catalogue, name: str) -> Scenario:
    """A shipped scenario by its id; a name is never read as that of a file.

    Raises:
        UnknownNameError: There is none.
    """
    if name in data.scenarios:
        return data.scenarios[name]
    raise UnknownNameError("scenario", name[:80], (), fix=f"scenarios: {', '.join(data.scenarios)}")


def engine_version() -> str:
    """Version of the engine."""
    return version("chipgate")


def versions(data: Catalogue) -> dict[str, str]:
    """Versions of engine and data."""
    return {"engine_version": engine_version(), "data_version": data.fingerprint}


def key_of(data: Catalogue, found: Resolved, draws: int, seed: int) -> str:
    """Key of the numbers of a run: the same key, the same numbers and the same words about them."""
    content = {
        **versions(data), "scenario": found.id, "as_of": found.as_of.isoformat(), "until": found.until.isoformat(),
        "settings": _floats(found.raw), "draws": draws, "seed": seed,
        "acts": [act.model_dump(mode="json") for act in found.acts],
        "signals": [signal.model_dump(mode="json") for signal in found.signals],
    }  # fmt: skip
    return sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()[:32]


def _floats(value: Any) -> Any:
    """Whole numbers as floats, so that 1 and 1.0 are one setting."""
    if isinstance(value, Mapping):
        return {str(name): _floats(part) for name, part in value.items()}
    return float(value) if isinstance(value, int) else value


def from_scenario(data: Catalogue, document: dict[str, Any]) -> tuple[Scenario, RunState]:
    """A scenario file as a record and as a state.

    Raises:
        ApiError: A key is unknown or a value has another form.
        BadInputError: It extends no shipped scenario, or a setting is wrong.
    """
    from pydantic import ValidationError

    try:
        record = Scenario.model_validate(document)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ApiError(422, "bad_value", f"{where}: {first['msg']}", where=where, found=first.get("input"),
                       expected="the keys of /api/schemas/scenario.json") from error  # fmt: skip
    state = state_of(record)
    resolved(data, state)
    return record, state


def state_of(record: Scenario) -> RunState:
    """The state of a scenario record.

    Raises:
        ApiError: A setting has no form that a state can have.
    """
    from pydantic import ValidationError

    as_of = record.as_of.last.isoformat() if record.as_of is not None else None
    until = f"{record.until.last:%Y-%m}" if record.until is not None else None
    settings = {path: _value(value) for path, value in record.set.items()}
    try:
        acts, signals = (
            [one.model_dump(mode="json", exclude_defaults=True) for one in part]
            for part in (record.acts, record.signals)
        )
        return RunState(base=record.extends, as_of=as_of, until=until, settings=settings, acts=acts, signals=signals)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]).replace("settings", "set")
        raise ApiError(422, "bad_value", f"{where}: {first['msg']}", where=where) from error


def _value(value: Any) -> Any:
    """Months as YYYY-MM or YYYY-MM-DD, and numbers in text as numbers."""
    if isinstance(value, dict):
        return {_month(str(month)): _value(number) for month, number in value.items()}
    if isinstance(value, str) and value not in ("process", "law"):
        try:
            return float(value)
        except ValueError:
            return value
    return value


def _month(text: str) -> str:
    day = parse_partial(text).first
    return f"{day:%Y-%m}"
