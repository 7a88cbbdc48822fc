"""The article reader, where this build has one: article -> dated events -> a state to run.

Its modules are looked up when they are asked for, so that the app runs without them.
"""

from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final

from chipgate.app.problems import ApiError
from chipgate.catalogue.catalogue import Catalogue
from chipgate.timegrid import parse_day

_READER: Final = "chipgate.news.read"
_WRITER: Final = "chipgate.setup.article"


def available() -> bool:
    """Whether this build has the reader."""
    return _there(_READER)


def _there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # not even the package above it
        return False


def _module(name: str) -> Any:
    if not _there(name):
        raise ApiError(404, "not_found", "this build has no article reader", where="/api/article",
                       fix="see article_reader in /api/meta")  # fmt: skip
    return import_module(name)


def read(data: Catalogue, given: dict[str, Any]) -> dict[str, Any]:
    """The events of an article.

    Args:
        given: ``text``, ``published``, ``date_order`` and ``name``; whether the text is HTML the reader sees itself.

    Raises:
        BadInputError: The text is empty, binary or too long. ApiError: this build has no reader.
    """
    published = parse_day(given["published"]) if given["published"] else None
    document = _module(_READER).read_document(
        given["text"], published=published, date_order=given["date_order"], name="article", data=data
    )
    found = document.to_json()
    assert isinstance(found, dict)
    return found


def scenario(data: Catalogue, given: dict[str, Any]) -> dict[str, Any]:
    """A state out of events as :func:`read` gave them, edited.

    Args:
        given: ``events``, ``base`` and ``as_of``.

    Raises:
        BadInputError: An event is broken. ApiError: this build makes no scenarios of events.
    """
    made = _module(_WRITER).state_of_events(data, given["events"], base=given["base"], as_of=given["as_of"])
    assert isinstance(made, dict)
    return made
