"""Taking things away: exports, commands that reproduce a state, and states in addresses."""

import base64
import binascii
import json
from io import BytesIO
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from chipgate.app import bands
from chipgate.app.answer import answer, encoded
from chipgate.app.bands import Result
from chipgate.app.context import PROBLEMS, EngineOf
from chipgate.app.engine import Engine
from chipgate.app.models import LinkRead, LinkRequest, ReproduceRequest, RunState
from chipgate.app.problems import ApiError
from chipgate.app.routes.long import attachment
from chipgate.app.routes.runs import stage_of
from chipgate.app.state import resolved, versions
from chipgate.app.strict import read_json
from chipgate.app.write import reproduction

router = APIRouter(prefix="/api", tags=["sharing"], responses=PROBLEMS)
_FORM: Final = "1."
_MOST_VIEW: Final = 4096
_MEDIA: Final = {"csv": "text/csv; charset=utf-8", "parquet": "application/vnd.apache.parquet",
                 "json": "application/json"}  # fmt: skip


@router.get("/runs/{job}/export")
async def export(
    job: str, engine: EngineOf, metric: Annotated[str, Query(max_length=200)],
    format: Literal["csv", "parquet", "json"] = "csv", by: Annotated[str, Query(max_length=80)] = "month",
) -> Response:  # fmt: skip
    """The figures of a metric as a file: one row for each time and label."""
    bands.check_metrics([metric])
    found = stage_of(engine, engine.jobs.find(job))
    content = await run_in_threadpool(_file, found, metric, format, by)
    name = f"{found.data.attrs['scenario']}-{metric}-{by.replace(':', '-')}.{format}"
    return attachment(name, _MEDIA[format], content)


def _file(found: Result, metric: str, form: str, by: str) -> bytes:
    table = bands.table(found, metric, by)
    made_by = bands.head(found)
    if form == "csv":
        return str(table.to_csv(index=False, lineterminator="\n")).encode()
    if form == "json":
        rows = json.loads(table.to_json(orient="records", double_precision=15))
        return encoded({"metric": metric, "by": by, "made_by": made_by, "rows": rows})
    import pyarrow as pa
    import pyarrow.parquet as pq

    content = BytesIO()
    arrow = pa.Table.from_pandas(table, preserve_index=False)
    about = {**(arrow.schema.metadata or {}), b"chipgate": encoded(made_by)}
    pq.write_table(arrow.replace_schema_metadata(about), content)
    return content.getvalue()


@router.post("/reproduce")
def reproduce(body: ReproduceRequest, engine: EngineOf) -> Response:
    """The command line and the Python that give the numbers of a state, baseline included."""
    resolved(engine.data, body.state)
    if body.baseline is not None:
        resolved(engine.data, body.baseline)
    return answer({**reproduction(body.state, body.baseline), **versions(engine.data)})


@router.post("/link")
def link(body: LinkRequest, engine: EngineOf) -> Response:
    """A state, with versions, as text for an address."""
    if len(encoded(body.view)) > _MOST_VIEW:
        raise ApiError(413, "too_large", "the view is too large for an address", where="view",
                       expected=f"at most {_MOST_VIEW} bytes")  # fmt: skip
    resolved(engine.data, body.state)
    made = versions(engine.data)
    document = {
        "v": 1, "engine": made["engine_version"], "data": made["data_version"], "state": body.state.model_dump(),
        "baseline": body.baseline.model_dump() if body.baseline is not None else None, "view": body.view,
    }  # fmt: skip
    return answer({"s": _FORM + base64.urlsafe_b64encode(encoded(document)).decode().rstrip("=")})


@router.post("/link/read")
def read_link(body: LinkRead, engine: EngineOf) -> Response:
    """A state out of an address, with a warning where it was made with other versions."""
    document = _decoded(body.s, engine)
    try:
        state = RunState.model_validate(document.get("state"))
        baseline = document.get("baseline")
        base = RunState.model_validate(baseline) if baseline is not None else None
    except ValidationError as error:
        first = error.errors()[0]
        raise _broken(f"its state is broken: {first['msg']}") from error
    resolved(engine.data, state)
    if base is not None:
        resolved(engine.data, base)
    view = document.get("view")
    return answer({
        "state": state.model_dump(), "baseline": base.model_dump() if base is not None else None,
        "view": view if isinstance(view, dict) else {}, **versions(engine.data), "warning": _moved(document, engine),
    })  # fmt: skip


def _broken(why: str) -> ApiError:
    return ApiError(422, "bad_value", f"the link cannot be read: {why}", where="s",
                    expected=f"{_FORM} and base64url of the state", fix="copy the whole address")  # fmt: skip


def _decoded(text: str, engine: Engine) -> dict[str, Any]:
    if not text.startswith(_FORM):
        raise _broken("it has an unknown form")
    try:
        bare = text.removeprefix(_FORM)
        body = base64.b64decode(bare + "=" * (-len(bare) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise _broken("it is no base64url") from error
    document = read_json(body, engine.limits)
    if not isinstance(document, dict) or document.get("v") != 1:
        raise _broken("it holds no state")
    return document


def _moved(document: dict[str, Any], engine: Engine) -> dict[str, Any] | None:
    """A warning where engine or data have moved since the link was made."""
    now = versions(engine.data)
    was = [document.get("engine"), document.get("data")]
    if was == [now["engine_version"], now["data_version"]]:
        return None
    said = [str(part)[:40] for part in was]
    return {
        "code": "versions_moved", "engine": [said[0], now["engine_version"]], "data": [said[1], now["data_version"]],
        "message": f"made with engine {said[0]} and data {said[1]}; this is engine {now['engine_version']} and data "
                   f"{now['data_version']}, so numbers may differ",
    }  # fmt: skip
