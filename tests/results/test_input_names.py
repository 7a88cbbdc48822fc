"""Every input of a run has a name in words."""

import re

from helpers import embedded

from chipgate.results.input_names import input_label
from chipgate.results.sensitivity import Served, build_from
from chipgate.setup.plan import plan
from chipgate.setup.scenario import resolve


def test_all_inputs_read_as_words() -> None:
    data = embedded()
    found = resolve(data, "h20-reopened")
    streams = Served(0, 2)
    build_from(plan(data, found.settings, found.as_of, found.until, seed=0, draws=2), streams)
    for name in streams.scalars:
        label = input_label(data, name)
        assert not re.search(r"\w:\w", label), (name, label)
        assert "_" not in label, (name, label)


def test_examples() -> None:
    data = embedded()
    assert input_label(data, "washington:close:controlled") == (
        "how often Washington shuts chips under a licence requirement"
    )
    assert "ByteDance" in input_label(data, "buyer:bytedance:exposure")
    assert "H20" in input_label(data, "episode:h20")
