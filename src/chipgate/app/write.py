"""A state as others can run it again: scenario file, command line, Python."""

from typing import Any

import yaml

from chipgate.app.models import RunState


def scenario_text(state: RunState, name: str, title: str, story: str) -> str:
    """A state as a scenario file."""
    document: dict[str, Any] = {"id": name, "title": title}
    if story:
        document["story"] = story
    if state.base is not None:
        document["extends"] = state.base
    document |= {k: v for k, v in (("as_of", state.as_of), ("until", state.until)) if v is not None}
    if state.settings:
        document["set"] = dict(state.settings)
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=110)
