"""Comparing scenarios and attributing a difference, on real runs and on a closed form."""

import json
from collections.abc import Mapping
from itertools import permutations
from typing import Any

import numpy as np
import pytest
import xarray as xr
from small_runs import Small

from chipgate.errors import BadInputError, UnknownNameError
from chipgate.results.compare import (
    MOST_EXACT,
    UNSET,
    Target,
    after,
    cells,
    compare,
    document,
    head,
    over_time,
    rows,
    shapley,
    target,
)

METRICS = ["units_delivered", "price_street", "grey_units", "binding_gate_by_chip", "order_book", "compute_china"]


def test_horizon_begins_after_the_as_of_date(small: Small) -> None:
    months = small()["month"].values
    found = after("2025-08-17", months)
    assert str(months[found[0]])[:7] == "2025-09"
    assert str(months[found[-1]])[:7] == "2027-12"
    assert len(after("2025-08-17", months, 12)) == 12
    with pytest.raises(BadInputError, match="no month of the run lies after"):
        after("2027-12-31", months)


def test_differences_are_taken_within_draws(small: Small) -> None:
    runs = {"base": small(), "banned": small("h20-banned"), "fee": small("h20-fee-50")}
    found = compare(runs, METRICS)
    base, other = runs["base"], runs["banned"]
    shared = list(found.draws)
    by_hand = other["grey_units"].sel(draw=shared).astype(float) - base["grey_units"].sel(draw=shared).astype(float)
    np.testing.assert_array_equal(found.change["banned"]["grey_units"].values, by_hand.values)
    assert set(found.left_out) == set(base.attrs["nonconverged_draws"]) | set(other.attrs["nonconverged_draws"]) | set(
        runs["fee"].attrs["nonconverged_draws"]
    )
    h20 = found.change["banned"]["units_delivered"].sel(offer="h20_legal")
    assert (over_time(h20, found.horizons["forecast"]).values <= 0).all()


def test_rows_and_document_agree(small: Small) -> None:
    found = compare({"base": small(), "banned": small("h20-banned")}, METRICS)
    table = rows(found)
    made = document(found)
    assert json.loads(json.dumps(made, allow_nan=False)) == made
    row = next(r for r in table if r["label"] == "h20_legal" and r["horizon"] == "forecast")
    units = found.change["banned"]["units_delivered"].sel(offer="h20_legal").isel(month=found.horizons["forecast"])
    assert row["unit"] == "chips"
    assert row["p50"] == pytest.approx(np.quantile(units.sum("month"), 0.5), rel=1e-6, abs=1)
    assert row["p10"] <= row["p50"] <= row["p90"]
    assert any(t["label"] == "h20_legal / beijing" for t in made["totals"])
    series = made["differences"]["banned"]["grey_units"]["series"][""]
    assert set(series) == {str(m)[:7] for m in small()["month"].values}
    assert made["horizons"]["first_year"] == ["2025-09", "2026-08"]


def test_an_offer_that_one_run_does_not_know_counts_as_nothing(small: Small) -> None:
    found = compare({"base": small(), "b30a": small("b30a-allowed")}, ["units_delivered", "price_street"])
    change = found.change["b30a"]["units_delivered"].sel(offer="b30a_legal")
    assert float(found.level["units_delivered"].sel(offer="b30a_legal").sum()) == 0
    assert float(change.sum()) > 0
    assert "b30a_legal" not in found.change["b30a"]["price_street"]["offer"].values
    assert found.as_of == "2025-08-31"


def test_runs_that_do_not_match_are_refused(small: Small) -> None:
    with pytest.raises(BadInputError, match="two scenarios"):
        compare({"base": small()}, ["grey_units"])
    with pytest.raises(BadInputError, match="different seeds"):
        compare({"a": small(), "b": small(seed=1)}, ["grey_units"])


def test_target_reads_and_answers(small: Small) -> None:
    data = small()
    asked = target("units_delivered:offer=h20_legal", 12)
    assert asked == Target("units_delivered", (("offer", "h20_legal"),), 12)
    assert asked.text == "units_delivered:offer=h20_legal"
    found = asked.of(data)
    assert found.dims == ("draw",)
    assert found.attrs["unit"] == "chips"
    everything = target("units_delivered").of(data)
    parts = sum(
        part for _, part in cells(over_time(data["units_delivered"], after("2025-08-17", data["month"].values)))
    )
    np.testing.assert_allclose(everything, parts)
    last = target("compute_china:measure=fp8").of(data)
    np.testing.assert_allclose(last, data["compute_china"].sel(measure="fp8").isel(month=-1))


@pytest.mark.parametrize(
    ("text", "error", "says"),
    [
        ("units:", BadInputError, "write metric or metric:axis=label"),
        ("nothing", UnknownNameError, "unknown metric"),
        ("units_delivered:chip=h20", UnknownNameError, "unknown axis 'chip'"),
        ("units_delivered:offer=h20", UnknownNameError, "offer is one of"),
        ("price_street", BadInputError, "cannot be summed over offer"),
        ("compute_china", BadInputError, "cannot be summed over measure"),
    ],
)
def test_wrong_targets_are_explained(small: Small, text: str, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        target(text).of(small())


def fake(settings: Mapping[str, Any] | None) -> xr.Dataset:
    """A run whose number is products and a sum of its settings, so that up to three levers interact."""
    given = {k: 0.0 if v == UNSET else float(v) for k, v in (settings or {}).items()}
    draws = np.arange(5.0)
    a, b, *rest = (given.get(f"lever.l{i}", 0.0) for i in range(8))
    values = a * b * draws * (1 + rest[0]) + a + sum(r * (i + 1) for i, r in enumerate(rest)) + a * rest[0] ** 2
    return xr.Dataset({"y": ("draw", values)}, coords={"draw": np.arange(5)})


def brute(base: dict[str, float], goal: dict[str, float], names: list[str]) -> dict[str, np.ndarray]:
    orders = list(permutations(names))
    parts = {n: np.zeros(5) for n in names}
    for order in orders:
        at = dict(base)
        for name in order:
            before = fake(at)["y"].values
            at[name] = goal[name]
            parts[name] += (fake(at)["y"].values - before) / len(orders)
    return parts


def test_shapley_is_exact_on_a_closed_form() -> None:
    names = [f"lever.l{i}" for i in range(4)]
    goal = dict(zip(names, (2.0, 3.0, 1.5, -1.0), strict=True))
    seen: list[tuple[int, int]] = []
    found = shapley(fake, {}, goal, lambda d: d["y"], progress=lambda a, b: seen.append((a, b)))
    assert found.exact
    assert found.runs == 16
    assert seen == [(i, 16) for i in range(1, 17)]
    for name, part in brute({}, goal, names).items():
        np.testing.assert_allclose(found.contributions.sel(group=name), part, rtol=1e-12)
    np.testing.assert_allclose(found.contributions.sum("group"), found.difference, rtol=1e-12)


def test_sampled_shapley_is_efficient_and_states_its_error() -> None:
    names = [f"lever.l{i}" for i in range(MOST_EXACT + 2)]
    goal = {name: 1.0 + 0.5 * i for i, name in enumerate(names)}
    found = shapley(fake, {}, goal, lambda d: d["y"], orders=6)
    assert not found.exact
    assert found.runs < 2 ** len(names)
    np.testing.assert_allclose(found.contributions.sum("group"), found.difference, rtol=1e-12)
    alone = found.groups.index("lever.l7")
    assert found.error[alone] == pytest.approx(0, abs=1e-12)  # it does not interact, so all orders agree
    assert found.error[found.groups.index("lever.l1")] > 0
    assert found.document()["method"].endswith("sampled orders")


def test_shapley_of_scenarios_is_efficient(small: Small) -> None:
    asked = target("units_delivered:offer=h20_legal")
    goal = {"washington.open.h20": 1.0, "beijing.level.h20": 0.0, "washington.fee.h20": {"2025-09": 0.0}}
    found = shapley(lambda s: small(settings=s), {"washington.open.h20": 0.0}, goal, asked.of)
    assert set(found.groups) == set(goal)
    np.testing.assert_allclose(found.contributions.sum("group"), found.difference, rtol=1e-9, atol=1e-6)
    assert found.document()["levers"][0]["lever"] == "washington.open.h20"
    assert head("washington.open.h20") == "washington.open"
    with pytest.raises(BadInputError, match="nothing to attribute"):
        shapley(lambda s: small(settings=s), goal, dict(goal), asked.of)
