"""A state as others can run it again: scenario file, command line, Python."""

import json
import shlex
from typing import Any

import yaml

from chipgate.app.models import RunState


def scenario_text(state: RunState, name: str, title: str, story: str = "") -> str:
    """A state as a scenario file."""
    document: dict[str, Any] = {"id": name, "title": title}
    if story:
        document["story"] = story
    if state.base is not None:
        document["extends"] = state.base
    document |= {k: v for k, v in (("as_of", state.as_of), ("until", state.until)) if v is not None}
    if state.settings:
        document["set"] = dict(state.settings)
    document |= {k: v for k, v in (("acts", state.acts), ("signals", state.signals)) if v}
    return str(yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=110))


def reproduction(state: RunState, baseline: RunState | None) -> dict[str, Any]:
    """Commands and code that give the numbers of a state, of its baseline, and of their comparison."""
    own = _one(state, "mine")
    if baseline is None:
        return {**own, "baseline": None, "compare": None}
    base = _one(baseline, "baseline")
    files = {
        "baseline.yaml": scenario_text(baseline, "baseline", "Baseline"),
        "mine.yaml": scenario_text(state, "mine", "My scenario"),
    }
    command = f"chipgate compare baseline.yaml mine.yaml --draws {state.draws} --seed {state.seed}"
    return {**own, "baseline": base, "compare": {"cli": [command], "files": files}}


def _one(state: RunState, name: str) -> dict[str, Any]:
    text = scenario_text(state, name, "My scenario" if name == "mine" else "Baseline")
    return {"cli": [_command(state, name)], "python": _python(state), "scenario_yaml": text}


def _in_file(state: RunState) -> bool:
    """Whether a state is run from its scenario file: it has no base, or acts or signals of an article."""
    return state.base is None or bool(state.acts or state.signals)


def _command(state: RunState, name: str) -> str:
    """The command line."""
    words = ["chipgate", "run", f"{name}.yaml" if _in_file(state) else str(state.base)]
    if not _in_file(state):
        words += ["--as-of", state.as_of] if state.as_of else []
        words += ["--until", state.until] if state.until else []
    words += ["--draws", str(state.draws), "--seed", str(state.seed)]
    if not _in_file(state):
        for path, value in state.settings.items():
            words += ["--set", f"{path}={_setting(value)}"]
    return shlex.join(words)


def _setting(value: Any) -> str:
    if isinstance(value, dict):
        return ",".join(f"{month}:{_setting(number)}" for month, number in value.items())
    return value if isinstance(value, str) else json.dumps(value)


def _python(state: RunState) -> str:
    if _in_file(state):
        return (
            "import chipgate\n\n# the scenario file is mine.yaml\n"
            f'data = chipgate.run("mine.yaml", draws={state.draws}, seed={state.seed})\n'
        )
    lines = [f"    {json.dumps(state.base)},", f"    draws={state.draws},", f"    seed={state.seed},"]
    lines += [f"    as_of={json.dumps(state.as_of)},"] if state.as_of else []
    lines += [f"    until={json.dumps(state.until)},"] if state.until else []
    if state.settings:
        rows = "".join(f"        {json.dumps(path)}: {json.dumps(value)},\n" for path, value in state.settings.items())
        lines.append(f"    settings={{\n{rows}    }},")
    body = "\n".join(lines)
    return f"import chipgate\n\ndata = chipgate.run(\n{body}\n)\n"
