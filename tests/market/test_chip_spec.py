"""What the workload model reads of a chip, and that it guesses nothing in silence."""

import pytest
from helpers import embedded

from chipgate.errors import SpecError
from chipgate.workload.machine import machine_of, rates


def test_a_chip_without_any_rate_is_refused() -> None:
    with pytest.raises(SpecError, match="no published rate"):
        rates(embedded().chips["huawei_ascend_910d"])


def test_a_chip_shown_to_keep_under_a_threshold_counts_just_under_it() -> None:
    assert 4.8 * 1e14 / 16 < rates(embedded().chips["nvidia_rtx_pro_6000d"])["bf16"] < 2400 * 1e12 / 16


def test_figures_of_a_published_chip_are_those_of_its_record() -> None:
    data = embedded()
    machine = machine_of(data, data.chips["nvidia_a100_80_sxm"], data.precisions["int8"], moe=False)
    assert (machine.rate16, machine.expert) == (312e12, 624e12)
    assert (machine.memory, machine.bandwidth, machine.link) == (80e9, 2039e9, 300e9)
