"""The JSON Schema of scenario files: every shipped scenario fits it, wrong ones do not."""

from typing import Any

import pytest
import yaml
from helpers import DATA, embedded

from chipgate.setup.levers import all_paths
from chipgate.setup.schema_json import scenario_schema

jsonschema = pytest.importorskip("jsonschema")


def body(name: str) -> dict[str, Any]:
    text = (DATA / "scenarios" / f"{name}.yaml").read_text(encoding="utf-8")
    return yaml.load(text, Loader=yaml.BaseLoader) | {"set": yaml.safe_load(text).get("set", {})}


@pytest.fixture(scope="module")
def validator() -> Any:
    schema = scenario_schema(embedded())
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@pytest.mark.parametrize("name", list(embedded().scenarios))
def test_shipped_scenarios_fit(validator: Any, name: str) -> None:
    assert list(validator.iter_errors(body(name))) == []


def test_every_settable_path_is_there(validator: Any) -> None:
    paths = validator.schema["properties"]["set"]["properties"]
    assert set(paths) == set(all_paths(embedded()))
    assert paths["washington.fee.h20"]["anyOf"][0] == {"type": "number", "minimum": 0, "maximum": 0.6}


@pytest.mark.parametrize(
    ("change", "at"),
    [
        ({"set": {"washington.fee.h20": 0.7}}, "washington.fee.h20"),
        ({"set": {"washington.fee.h20": {"2025-09": 0.7}}}, "washington.fee.h20"),
        ({"set": {"washington.fee.h20": {"September": 0.1}}}, "washington.fee.h20"),
        ({"set": {"washington.close_rate": {"2025-09": 2}}}, "washington.close_rate"),
        ({"set": {"washington.fees.h20": 0.1}}, "set"),
        ({"settings": {}}, None),
        ({"as_of": "17 August 2025"}, "as_of"),
        ({"title": 3}, "title"),
    ],
)
def test_wrong_scenarios_do_not_fit(validator: Any, change: dict[str, Any], at: str | None) -> None:
    errors = list(validator.iter_errors(body("h20-reopened") | change))
    assert errors
    if at is not None:
        assert at in [str(step) for step in errors[0].absolute_path]


def test_a_gate_may_be_left_to_its_process(validator: Any) -> None:
    assert validator.is_valid(body("h20-reopened") | {"set": {"washington.open.h20": "process"}})
