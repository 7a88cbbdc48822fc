"""The shared small runs as a fixture."""

import pytest
from small_runs import Small, small_run


@pytest.fixture(scope="session")
def small() -> Small:
    return small_run
