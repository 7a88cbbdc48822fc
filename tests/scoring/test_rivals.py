"""Published studies: every figure is one of a run of its scenario, converted in the open, on the day of the study."""

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from helpers import embedded
from pydantic import ValidationError

from chipgate.arrays.inputs import MEASURES
from chipgate.catalogue import Catalogue
from chipgate.catalogue.check_market import rival_names
from chipgate.catalogue.table import Table
from chipgate.results.record import METRICS
from chipgate.results.record_page import figure
from chipgate.schema.tables import RivalFigure
from chipgate.scoring.rivals import QUANTITIES, conversion, rivals_document, rivals_markdown
from chipgate.scoring.runs import Runs
from chipgate.setup.rental import figures
from chipgate.setup.scenario import resolve

MONTHS = pd.date_range("2022-01-01", "2028-12-01", freq="MS")
SOURCES = ("legal", "grey", "domestic", "rented_abroad")


def made_up() -> xr.Dataset:
    """A run with one draw in which all stocks grow by a known amount a month and all flows stand still."""
    t = np.arange(len(MONTHS), dtype=float)
    by_source = np.stack([t * growth for growth in (600.0, 100.0, 300.0, 50.0)], 1)
    both = np.repeat(by_source[:, :, None, None], len(MEASURES), 2)
    offers = ["h20_legal", "ascend_910b", "ascend_910c", "cambricon_590"]
    units = np.tile(np.array([10.0, 20.0, 30.0, 40.0]), (len(MONTHS), 1))[:, :, None]
    revenue = np.tile(np.array([5e8, 3e8, 2e8]), (len(MONTHS), 1))[:, :, None]
    return xr.Dataset(
        {"compute_us": (("month", "measure", "draw"), np.repeat((t * 20_000)[:, None, None], len(MEASURES), 1)),
         "compute_china": (("month", "measure", "draw"), both[:, :3].sum(1)),
         "compute_by_source": (("month", "source", "measure", "draw"), both),
         "grey_units": (("month", "offer", "draw"), units[:, :1]),
         "units_delivered": (("month", "offer_all", "draw"), units),
         "revenue": (("month", "vendor", "draw"), revenue),
         "revenue_by_chip": (("month", "offer_all", "draw"), units * 1e6)},
        coords={"month": MONTHS, "measure": list(MEASURES), "source": list(SOURCES), "draw": [0],
                "vendor": ["nvidia", "huawei", "cambricon"], "offer": ["h100_grey"], "offer_all": offers},
    )  # fmt: skip


def rival(quantity: str, **more: Any) -> RivalFigure:
    like = next(r for r in embedded().rivals.values() if r.quantity == quantity)
    return like.model_copy(update=more)


@pytest.mark.parametrize(
    ("quantity", "measure", "value"),
    [
        ("compute_added_ratio", "fp8", 20.0), ("compute_added_china", "fp8", 12_000.0),
        ("compute_imported", "fp8", 7_200.0), ("smuggled_compute_share", "memory_bandwidth", 0.1),
        ("market_usd", None, 12e9), ("domestic_usd", None, 6e9), ("domestic_share", None, 0.5),
        ("huawei_share", None, 0.3), ("huawei_chips", None, 600.0), ("h20_usd_rest_of_year", None, 4 * 1e7),
    ],
)  # fmt: skip
def test_a_quantity_is_what_it_says(quantity: str, measure: str | None, value: float) -> None:
    run = made_up()
    if quantity in ("huawei_chips", "h20_usd_rest_of_year"):
        run = run.drop_vars(["offer", "grey_units"]).rename(offer_all="offer")
    one = rival(quantity, year=2026, measure=measure)
    found = QUANTITIES[quantity](one, run, date(2026, 8, 17))
    np.testing.assert_allclose(found, [value])


def test_smuggled_chips_are_those_of_the_year() -> None:
    one = rival("compute_added_ratio", measure=None, year=2024)
    np.testing.assert_allclose(QUANTITIES["smuggled_chips"](one, made_up(), date(2025, 1, 1)), [120.0])


def test_every_quantity_is_counted_by_runs_and_none_is_unknown() -> None:
    assert {r.quantity for r in embedded().rivals.values()} | {"smuggled_chips"} == set(QUANTITIES)
    needed = {"compute_us", "compute_china", "compute_by_source", "grey_units", "units_delivered", "revenue",
              "revenue_by_chip"}  # fmt: skip
    assert needed <= set(METRICS)


def test_there_are_several_studies_and_each_has_a_scenario_of_its_day() -> None:
    data = embedded()
    assert len({r.study for r in data.rivals.values()}) >= 6
    assert list(rival_names(data)) == []
    for one in data.rivals.values():
        scenario = resolve(data, one.scenario)
        assert scenario.as_of <= one.published_date.last
        assert scenario.until.year >= one.year
        assert one.said
        assert all(url.startswith("http") for url in one.source_urls)


def test_units_are_converted_by_the_table_of_the_page() -> None:
    data = embedded()
    one = data.rivals["grunewald_2026_total"]
    factor, unit = conversion(data, one)
    assert unit == "H100e"
    assert factor == pytest.approx(figures(data, "nvidia_b300")[MEASURES.index("fp8")])
    assert conversion(data, one.model_copy(update={"measure": "fp4"}))[0] > factor
    assert conversion(data, one.model_copy(update={"measure": "usd"}))[0] > 0
    assert conversion(data, data.rivals["semianalysis_2025"]) == (1.0, "chips")


def test_the_page_states_each_conversion_and_quotes_each_figure() -> None:
    data = embedded()
    rows = [data.rivals["grunewald_2026_total"], data.rivals["bernstein_2026_huawei"]]
    few = Catalogue(*data.roots)
    few.__dict__.update(rivals=Table("rival", [(r, data.rivals.place(r.id)) for r in rows]),
                        observations=Table("observation", []))  # fmt: skip
    found = rivals_document(few, Runs(lambda **_: made_up(), "none", 1, 0))
    total = found["studies"][0]
    assert total["value"] == pytest.approx(320_000 * total["factor"], rel=1e-4)
    assert (total["stated"]["unit"], total["unit"]) == ("B300e", "H100e")
    text = rivals_markdown(found, figure)
    assert f"320 k B300e x {total['factor']:.3g} H100e each" in text
    assert rows[0].said in text
    assert "`bernstein-2025-12`" in text


@pytest.mark.parametrize(
    ("changed", "says"),
    [({"measure": None}, "needs a measure"), ({"counted_in": None}, "needs the chip"), ({"low": 9e9}, "is broken"),
     ({"quantity": "market_usd"}, "nothing else has one"), ({"colour": 1}, "Extra inputs")],
)  # fmt: skip
def test_a_figure_that_does_not_hold_together_is_refused(changed: dict[str, Any], says: str) -> None:
    body = embedded().rivals["grunewald_2026_total"].model_dump(mode="json")
    with pytest.raises(ValidationError, match=says):
        RivalFigure(**body | changed)


def test_a_scenario_that_knows_more_than_its_study_is_a_fault() -> None:
    data = embedded()
    one = data.rivals["cnas_2024_training_share"]
    changes = (
        {"scenario": "bernstein-2025-12"}, {"scenario": "nowhere"}, {"counted_in": "nvidia_none"},
    )  # fmt: skip
    wrong = [one.model_copy(update=change) for change in changes]
    for row, says in zip(wrong, ("is of 2025-12-04", "unknown scenario", "unknown chip"), strict=True):
        other = Catalogue(*data.roots)
        other.__dict__.update(rivals=Table("rival", [(row, data.rivals.place(one.id))]))
        assert [says in fault.message for fault in rival_names(other)] == [True]
