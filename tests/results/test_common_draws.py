"""Common random numbers: what a lever does not touch stays equal to the bit; more draws or months change nothing."""

import numpy as np
import pytest
import xarray as xr
from helpers import embedded
from small_runs import Small

from chipgate.api import run
from chipgate.results import execute
from chipgate.setup.build import build
from chipgate.setup.plan import plan
from chipgate.setup.scenario import resolve

LATER = "2026-06"


def before(data: xr.Dataset, month: str) -> xr.Dataset:
    return data.sel(month=data["month"].values < np.datetime64(f"{month}-01"))


@pytest.mark.parametrize(
    "settings",
    [
        {"washington.fee.h20": {LATER: 0.5}},
        {"beijing.level.h20": {LATER: 3}},
        {"domestic.supply": {LATER: 2}},
        {"huawei.hbm": {LATER: 3}},
        {"buyers.budget": {LATER: 2}},
        {"washington.smuggling_enforcement": {LATER: 0.9}},
        {"nvidia_amd.supply.h20": {LATER: 0}},
        {"washington.open.b200": {LATER: 1}},
    ],
    ids=lambda s: next(iter(s)),
)
def test_nothing_moves_before_a_lever_does(small: Small, settings: dict[str, dict[str, float]]) -> None:
    base, changed = small(), small(settings=settings)
    draws = sorted(set(base["draw"].values) & set(changed["draw"].values))
    first, second = (before(d.sel(draw=draws), LATER) for d in (base, changed))
    differing = [n for n in first if not np.array_equal(first[n].values, second[n].values, equal_nan=True)]
    assert differing == []
    after = [d.sel(draw=draws, month=slice(LATER, None)) for d in (base, changed)]
    assert any(not np.array_equal(after[0][n].values, after[1][n].values) for n in base)


def test_the_history_is_the_same_in_all_scenarios_of_one_day(small: Small) -> None:
    """A scenario changes what comes after the as-of date, never what was."""
    base = small()
    for name in ("beijing-welcomes", "full-embargo", "huawei-hbm-short", "huawei-ramp"):
        other = small(name)
        draws = sorted(set(base["draw"].values) & set(other["draw"].values))
        a, b = (d["installed_chips"].sel(draw=draws, month=slice(None, "2025-08")).values for d in (base, other))
        np.testing.assert_allclose(a, b, rtol=1e-4, err_msg=name)


def inputs(scenario: str = "h20-reopened", draws: int = 16, **options: str) -> tuple[dict[str, np.ndarray], list[str]]:
    data = embedded()
    found = resolve(data, scenario, **options)
    built = build(plan(data, found.settings, found.as_of, found.until, seed=0, draws=draws))
    arrays = {**vars(built.inputs.monthly), **vars(built.inputs.constants)}
    return {k: np.asarray(v) for k, v in arrays.items()}, list(built.plan.structure.offers)


def test_more_draws_begin_with_the_same_ones() -> None:
    few, _ = inputs(draws=8)
    many, _ = inputs(draws=16)
    for name, values in few.items():
        same = many[name][..., :8] if values.shape[-1] > 1 else many[name]
        np.testing.assert_array_equal(values, same, err_msg=name)


def test_a_draw_does_not_depend_on_how_many_there_are(small: Small) -> None:
    few, many = small(), small(draws=48)
    draws = sorted(set(few["draw"].values) & set(many["draw"].values))
    for name in ("units_delivered", "price_street", "compute_china"):
        a, b = (d[name].sel(draw=draws).values for d in (few, many))
        np.testing.assert_allclose(a, b, rtol=2e-3, atol=2e-3 * float(np.abs(a).max()), err_msg=name)


def test_stocks_and_books_are_never_negative(small: Small) -> None:
    data = small(draws=48)
    for name in ("units_delivered", "order_book", "maker_stock", "cancelled", "orders", "die_bank", "hbm_stock"):
        assert float(data[name].min()) > -1e-5 * float(data[name].max()), name


def test_a_longer_horizon_begins_with_the_same_months() -> None:
    short, _ = inputs(until="2026-12")
    long, _ = inputs(until="2027-12")
    assert short["move_u"].shape[0] < long["move_u"].shape[0]
    for name, values in short.items():
        same = long[name][: len(values)] if values.shape != long[name].shape else long[name]
        np.testing.assert_array_equal(values, same, err_msg=name)


def test_a_new_chip_disturbs_no_other() -> None:
    """On 31 August 2025 the B30A is known, two weeks earlier it is not; families and offers shift, draws do not."""
    old, first = inputs()
    new, second = inputs(as_of="2025-08-31")
    assert set(second) - set(first) == {"b30a_legal"}
    kept = [second.index(name) for name in first]
    for name in ("cost", "log_phi", "taste", "own"):
        axis = old[name].ndim - 2
        np.testing.assert_array_equal(old[name], np.take(new[name], kept, axis), err_msg=name)
    families = [i for i in range(new["move_u"].shape[3]) if i != _family(embedded(), second, "b30a")]
    np.testing.assert_array_equal(old["move_u"], new["move_u"][:, :, :, families])
    np.testing.assert_array_equal(old["fail_u"], new["fail_u"])


def _family(data: object, offers: list[str], family: str) -> int:
    names = list(dict.fromkeys(embedded().offers[o].family for o in offers))
    return names.index(family)


def test_input_draws_are_stored_beside_what_they_led_to(small: Small) -> None:
    data = small()
    inputs = data["input_draws"]
    assert inputs.dims == ("input_name", "draw")
    assert set(embedded().priors) >= {str(n) for n in inputs["input_name"].values}
    assert np.isfinite(inputs.values).all()
    alpha = inputs.sel(input_name="choice.alpha_training").values
    assert len(set(alpha)) == len(alpha)
    assert any(str(n).startswith("budget.") for n in inputs["input_name"].values), "anchors of paths are inputs too"


def test_input_draws_go_over_stretches(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = run(draws=16, metrics=["grey_units"])["input_draws"]
    monkeypatch.setattr(execute, "STRETCH", 6)
    np.testing.assert_array_equal(whole.values, run(draws=16, metrics=["grey_units"])["input_draws"].values)
