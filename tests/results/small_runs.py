"""Small runs that the tests of results share; each is made once a session."""

import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import xarray as xr

from chipgate.api import run

DRAWS = 32

Small = Callable[..., xr.Dataset]


@cache
def _run(scenario: str, settings: str, draws: int, options: str) -> xr.Dataset:
    return run(scenario, settings=json.loads(settings), draws=draws, **json.loads(options))


def small_run(
    scenario: str = "h20-reopened", settings: Mapping[str, Any] | None = None, draws: int = DRAWS, **options: Any
) -> xr.Dataset:
    """A run of a few draws; asked for again, the same dataset."""
    given, more = (json.dumps(dict(part), sort_keys=True) for part in (settings or {}, options))
    return _run(scenario, given, draws, more)
