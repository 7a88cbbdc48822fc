"""The article reader, where this build has one: article -> dated events -> a scenario to run.

The reader is looked up when it is asked for, so that the app runs without it.
"""

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from chipgate.app.problems import ApiError

_READER = "chipgate.news.read"


def available() -> bool:
    """Whether this build has the reader."""
    try:
        return find_spec(_READER) is not None
    except ModuleNotFoundError:
        return False


def reader() -> Any:
    """The module of the reader.

    Raises:
        ApiError: This build has none.
    """
    if not available():
        raise ApiError(404, "not_found", "this build has no article reader", where="/api/article", fix="see /api/meta")
    return import_module(_READER)
