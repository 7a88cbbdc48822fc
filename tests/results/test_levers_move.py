"""Every lever moves its documented metric in its documented direction over its whole range."""

import pytest
from helpers import embedded
from small_runs import Small

from chipgate.results.compare import after, over_time
from chipgate.setup.levers import names_of

FAMILY = "h20"


@pytest.mark.parametrize("key", list(embedded().levers))
def test_lever_moves_its_metric(small: Small, key: str) -> None:
    lever = embedded().levers[key]
    if "*" in key:
        assert FAMILY in names_of(embedded(), key)
    path = key.replace("*", FAMILY)
    ends = []
    for value in (lever.least, lever.most):
        data = small(settings={path: value})
        total = over_time(data[lever.moves], after(data.attrs["as_of"], data["month"].values))
        rest = [d for d in total.dims if d != "draw"]
        ends.append(total.sum(rest))
    change = (ends[1] - ends[0]).mean("draw").item()  # over the draws that converged at both ends
    least, most = (float(end.mean()) for end in ends)
    message = f"{path}: {lever.moves} goes from {least:,.4g} at {lever.least:g} to {most:,.4g} at {lever.most:g}"
    assert change != 0, f"{message}; it should move"
    assert (change > 0) == (lever.direction == "up"), f"{message}; it should go {lever.direction}"
