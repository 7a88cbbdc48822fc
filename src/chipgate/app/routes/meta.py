"""What this server is: versions, limits, levers, scenarios, schemas."""

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from chipgate.app.answer import answer, encoded, tagged
from chipgate.app.context import PROBLEMS, EngineOf
from chipgate.app.limits import DRAW_CHOICES, FIRST_STAGE
from chipgate.app.models import MOST_SEED, RunState, ScenarioWrite
from chipgate.app.state import from_scenario, resolved, versions
from chipgate.app.strict import read_yaml
from chipgate.app.write import scenario_text
from chipgate.results.dataset import QUANTILES
from chipgate.results.lever_table import lever_table
from chipgate.setup.scenario import LAST_YEAR
from chipgate.setup.scenario import resolve as resolve_shipped
from chipgate.setup.schema_json import scenario_schema
from chipgate.timegrid import FIRST_DAY

router = APIRouter(prefix="/api", tags=["what there is"], responses=PROBLEMS)


@router.get("/meta")
def meta(request: Request, engine: EngineOf) -> Response:
    """Versions, defaults and limits."""
    limits = engine.limits
    return answer({
        **versions(engine.data), "data_compiled": engine.data.compiled.isoformat(), "api": 1,
        "default_state": RunState().model_dump(), "stages": [FIRST_STAGE],
        "draw_choices": [n for n in DRAW_CHOICES if n <= limits.draws], "seeds": {"least": 0, "most": MOST_SEED},
        "limits": {
            "draws": limits.draws, "until": f"{LAST_YEAR}-12",
            "as_of": [FIRST_DAY.isoformat(), f"{LAST_YEAR - 1}-12-31"], "json_bytes": limits.json_bytes,
            "yaml_bytes": limits.yaml_bytes, "article_bytes": limits.article_bytes, "settings": limits.settings,
            "jobs_of_a_client": limits.jobs_of_a_client, "wait_ms": limits.wait_ms,
        },
        "quantiles": [round(q * 100) for q in QUANTILES],
        "schemas": {"openapi": "/api/openapi.json", "scenario": "/api/schemas/scenario.json", "docs": "/api/docs"},
        "loopback": bool(request.app.state.loopback), "warm": engine.warm,
    })  # fmt: skip


@router.get("/levers")
def default_levers(engine: EngineOf) -> Response:
    """Every lever, of the default state."""
    return levers(RunState(), engine)


@router.post("/levers")
def levers(state: RunState, engine: EngineOf) -> Response:
    """Every lever, with what holds in a state, and which are moot in it and why."""
    found = resolved(engine.data, state)
    return answer(lever_table(engine.data, found, state.settings))


@router.get("/scenarios")
def scenarios(engine: EngineOf) -> Response:
    """The scenarios that ship, each with the state that runs it."""
    rows = []
    for name in engine.data.scenarios:
        found = resolve_shipped(engine.data, name)
        rows.append(
            {"id": name, "title": found.title, "story": found.story, "extends": engine.data.scenarios[name].extends,
             "as_of": found.as_of.isoformat(), "until": f"{found.until:%Y-%m}", "chain": list(found.chain),
             "settings": dict(found.raw), "state": RunState(base=name).model_dump()}
        )  # fmt: skip
    return answer({"scenarios": rows})


_YAML_BODY: dict[str, Any] = {
    "requestBody": {"required": True, "content": {"application/yaml": {"schema": {"type": "string"}}}}
}


@router.post("/scenarios/read", openapi_extra=_YAML_BODY)
async def read_scenario(request: Request, engine: EngineOf) -> Response:
    """Read a scenario file as data; the state that runs it."""
    record, state = from_scenario(engine.data, read_yaml(await request.body(), engine.limits))
    return answer({"id": record.id, "title": record.title, "story": record.story, "state": state.model_dump()})


@router.post("/scenarios/write")
def write_scenario(body: ScenarioWrite, engine: EngineOf) -> Response:
    """Write a state as a scenario file."""
    resolved(engine.data, body.state)
    text = scenario_text(body.state, body.id, body.title, body.story)
    return answer({"yaml": text, "file": f"{body.id}.yaml"})


@router.get("/schemas/scenario.json")
def schema(request: Request, engine: EngineOf) -> Response:
    """JSON Schema of scenario files."""
    return tagged(request, encoded(scenario_schema(engine.data)), "application/schema+json")
