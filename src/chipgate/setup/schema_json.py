"""JSON Schema of scenario files, made from the scenario record and the levers of a catalogue.

Point an editor at it (``# yaml-language-server: $schema=...``) and every settable path completes and is checked.
"""

from typing import Any, Final

from chipgate.catalogue import Catalogue
from chipgate.schema.market import Lever, Scenario
from chipgate.setup.levers import names_of

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_DATE: Final = r"^\d{4}(-\d{2}(-\d{2})?)?$"
_UNSET: Final = ("process", "law")


def scenario_schema(catalogue: Catalogue) -> dict[str, Any]:
    """JSON Schema, draft 2020-12, of a scenario file.

    Args:
        catalogue: Its levers give the paths that ``set`` may hold, each with its range, and by month where dated.
    """
    # Dates are text in a file and in what pydantic writes, so the schema of what is written is that of a file.
    body = Scenario.model_json_schema(mode="serialization")
    found: dict[str, Any] = {
        "$schema": DIALECT, "$id": "https://chipgate.invalid/scenario.schema.json",
        "title": "Chipgate scenario", "description": str(body["description"]).partition("\n")[0], "type": "object",
        "additionalProperties": False, "properties": body["properties"],
        "required": [name for name, field in Scenario.model_fields.items() if field.is_required()],
    }  # fmt: skip
    properties = found["properties"]
    for name in ("as_of", "until"):
        properties[name] = {"type": ["string", "null"], "pattern": _DATE, "default": None}
    properties["extends"]["description"] = f"Scenario that this one changes, such as {', '.join(catalogue.scenarios)}."
    properties["set"] = {
        "type": "object", "default": {}, "additionalProperties": False, "properties": setting_schemas(catalogue),
    }  # fmt: skip
    return found


def setting_schemas(catalogue: Catalogue) -> dict[str, Any]:
    """Schema of the value of every path that may be set."""
    found = {}
    for key, lever in catalogue.levers.items():
        names = names_of(catalogue, key) if "*" in key else [""]
        for name in names:
            found[key.replace("*", name)] = _setting(lever, name)
    return found


def _setting(lever: Lever, name: str) -> dict[str, Any]:
    number = {"type": "number", "minimum": lever.least, "maximum": lever.most}
    choices: list[dict[str, Any]] = [number, {"enum": list(_UNSET)}]
    if lever.dated:
        choices.append(
            {"type": "object", "minProperties": 1, "propertyNames": {"pattern": _DATE}, "additionalProperties": number}
        )
    about = f"{lever.label}{f' ({name})' if name else ''}; {lever.unit}, {lever.least:g} to {lever.most:g}"
    dated = "one value, or values by month" if lever.dated else "one value"
    return {"description": f"{about}; {dated}.", "default": lever.default, "anyOf": choices}
