"""The market's throughputs: the shipped table is what the code gives, and better hardware is faster in it."""

from datetime import date

import numpy as np
import pytest
from helpers import embedded

from chipgate.workload.fit import Predictor, nothing_fitted
from chipgate.workload.reference import Reference, reference, rows


@pytest.fixture(scope="module")
def prior() -> Reference:
    return reference(embedded(), Predictor(embedded(), nothing_fitted()))


def test_the_vintage_without_measurements_is_made_anew(prior: Reference) -> None:
    """Of the vintages the one that needs no fit: a changed chip or formula shows here, and `workload-fit` mends it."""
    shipped = {key: r for key, r in embedded().reference_rates.items() if r.known_since.first == date(2022, 1, 1)}
    made = {row["id"]: row for row in rows(prior, date(2022, 1, 1))}
    assert made.keys() == shipped.keys()
    for key, row in made.items():
        assert float(row["tokens_per_s"]) == pytest.approx(shipped[key].tokens_per_s, rel=2e-3), key


def test_every_vintage_has_every_chip_and_both_workloads() -> None:
    table = list(embedded().reference_rates.values())
    vintages = {r.known_since.first for r in table}
    chips = {r.chip for r in table}
    assert len(table) == len(vintages) * len(chips) * 2
    assert all(np.isfinite([*r.factors, r.shared, r.own]).all() for r in table)


def test_more_hardware_is_faster(prior: Reference) -> None:
    at = {chip: prior.log_phi[:, i] for i, chip in enumerate(prior.chips)}
    for slow, fast in (("nvidia_h20_96", "nvidia_h100_sxm"), ("nvidia_h100_sxm", "nvidia_h200_sxm"),
                       ("nvidia_h200_sxm", "nvidia_b200"), ("huawei_ascend_910b3", "huawei_ascend_910c")):  # fmt: skip
        assert (at[fast] > at[slow]).all(), (slow, fast)
