"""What the plain roofline reads of a chip, and that it guesses nothing in silence."""

import pytest
from helpers import embedded

from chipgate.errors import InternalError
from chipgate.setup.constants import chip_spec


def test_a_chip_without_any_rate_is_refused() -> None:
    with pytest.raises(InternalError, match="huawei_ascend_910d has no published rate"):
        chip_spec(embedded().chips["huawei_ascend_910d"])


def test_a_part_shown_to_comply_stays_under_its_line() -> None:
    spec = chip_spec(embedded().chips["nvidia_rtx_pro_6000d"])
    assert spec.rate16 / 1e12 * 16 < 2_400


def test_int8_alone_counts_for_half_of_the_work() -> None:
    spec = chip_spec(embedded().chips["nvidia_a100_80_sxm"])
    assert spec.rate8 == pytest.approx(2 / (1 / 312 + 1 / 624) * 1e12)
