"""Costs by hand arithmetic, and what is not made up."""

import math
from datetime import date

import numpy as np
import pytest
from helpers import embedded

from chipgate.workload import cost

DAY = date(2025, 9, 15)


def test_a_chip_hour_by_hand() -> None:
    # 12,000 + 3,500 USD over 4 years, half of it tied up at 10 %, 5 % upkeep: 15,500 x (0.25 + 0.05 + 0.05) a year;
    # 500 W at 0.08 USD/kWh: 0.04 USD an hour.
    got = cost.chip_hour(
        price=12_000.0, server=3_500.0, life=4.0, interest=0.1, upkeep=0.05, wall_watts=500.0, usd_per_kwh=0.08
    )
    assert got == pytest.approx(15_500 * 0.35 / 8766 + 0.04, rel=1e-12)


def test_tokens_days_and_runs_by_hand() -> None:
    # 100 tokens/s at half use: 180,000 tokens in an hour that costs 0.9 USD.
    assert cost.usd_per_million(0.9, 100.0, 0.5) == pytest.approx(5.0, rel=1e-12)
    # 1e12 tokens, 1,000 chips x 500 tokens/s x 0.8: 2.5e6 s.
    days = cost.run_days(1e12, 500.0, 1000, 0.8)
    assert days == pytest.approx(2.5e6 / 86_400, rel=1e-12)
    assert cost.run_usd(2.0, days, 1000) == pytest.approx(2.0 * 1000 * 2.5e6 / 3600, rel=1e-12)
    assert cost.fleet_tokens(50.0, 64, 0.5) == pytest.approx(50 * 64 * 0.5 * 86_400, rel=1e-12)


def test_a_run_costs_its_tokens_at_the_price_of_a_million() -> None:
    tokens, rate, chips, use, hour = 3e12, 700.0, 512, 0.9, 1.7
    run = cost.run_usd(hour, cost.run_days(tokens, rate, chips, use), chips)
    assert run == pytest.approx(cost.usd_per_million(hour, rate, use) * tokens / 1e6, rel=1e-12)


def test_draws_keep_the_percentiles_of_the_records() -> None:
    data = embedded()
    shared = cost.common(data, DAY)
    for name, key in (("life", "cost.life_years"), ("usd_per_kwh", "cost.power_usd_per_kwh")):
        stated = data.priors[key].variants[-1]
        got = np.percentile(getattr(shared, name), [10, 50, 90])
        assert got == pytest.approx([stated.low, stated.central, stated.high], rel=0.03)
    for record in data.costs.values():
        got = np.percentile(getattr(shared, record.id.removeprefix("utilisation_")), [10, 50, 90])
        assert got == pytest.approx([record.low, record.central, record.high], rel=0.05)
    assert len(shared.assumptions) == 3 + len(data.costs)


def test_the_same_draws_each_time() -> None:
    one, other = (cost.common(embedded(), DAY) for _ in range(2))
    assert np.array_equal(one.life, other.life)
    chip = embedded().chips.find("H20")
    assert np.array_equal(cost.chip_hours(chip, one), cost.chip_hours(chip, other))


def test_price_spreads_over_its_sources_and_its_confidence() -> None:
    chips = embedded().chips
    h20 = cost.price_draws(chips.find("H20"))
    assert h20 is not None
    low, middle, high = np.percentile(h20, [10, 50, 90])
    assert (low, middle, high) == pytest.approx((9_000, 12_000, 15_500), rel=0.03)
    single = cost.price_draws(chips.find("H20 141GB"))  # one figure, of medium confidence
    assert single is not None
    low, middle, high = np.percentile(single, [10, 50, 90])
    assert (low, middle, high) == pytest.approx((18_500 / 1.15, 18_500, 18_500 * 1.15), rel=0.03)


def test_no_price_is_no_cost() -> None:
    data = embedded()
    unpriced = [chip for chip in data.chips.values() if chip.price_usd is None]
    assert unpriced
    for chip in unpriced:
        assert cost.price_draws(chip) is None
        assert cost.chip_hours(chip, cost.common(data, DAY)) is None
        assert chip.name in cost.no_price(chip)


def test_every_priced_chip_costs_something_sensible() -> None:
    data = embedded()
    shared = cost.common(data, DAY)
    for chip in data.chips.values():
        hour = cost.chip_hours(chip, shared)
        if hour is not None:
            assert np.isfinite(hour).all()
            found = cost.summary(hour)
            assert 0.02 < found["p10"] < found["p50"] < found["p90"] < 20, chip.id


def test_what_costs_more_costs_more() -> None:
    base = {
        "price": 1e4, "server": 3e3, "life": 4.0, "interest": 0.09, "upkeep": 0.05, "wall_watts": 600.0,
        "usd_per_kwh": 0.08,
    }  # fmt: skip
    for name in base:
        more = cost.chip_hour(**{**base, name: base[name] * 1.1})
        assert math.copysign(1, more - cost.chip_hour(**base)) == (-1 if name == "life" else 1), name
