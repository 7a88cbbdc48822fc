"""The article reader: text of a page -> dated events -> a state to run."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from chipgate.app import article
from chipgate.app.answer import answer
from chipgate.app.context import PROBLEMS, EngineOf
from chipgate.app.models import LIMITS, Body, Day, Name

router = APIRouter(prefix="/api/article", tags=["article reader"], responses=PROBLEMS)


class ReadRequest(Body):
    """An article to read.

    Attributes:
        html: The text is that of an HTML page. ``published``: its day, where it is known.
        date_order: How all-figure dates are written.
    """

    text: Annotated[str, Field(min_length=1, max_length=LIMITS.article_bytes)]
    html: bool = False
    published: Day | None = None
    date_order: Literal["dmy", "mdy"] | None = None
    name: Name = "article"


class ScenarioRequest(Body):
    """Events, as read and edited, to make a state of."""

    events: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=200)]
    as_of: Day


@router.post("/read")
async def read(body: ReadRequest, engine: EngineOf) -> Response:
    """Dated events of an article, with the words that they rest on."""
    return answer(await run_in_threadpool(article.read, engine.data, body.model_dump()))


@router.post("/scenario")
async def scenario(body: ScenarioRequest, engine: EngineOf) -> Response:
    """A state out of edited events."""
    return answer(await run_in_threadpool(article.scenario, engine.data, body.model_dump()))
