"""The fit reads the record as `chipgate record` does, and nothing that was published later."""

from datetime import date

import jax
import numpy as np
import pytest
from helpers import embedded

from chipgate.catalogue import catalogue
from chipgate.inference.observed import predicted, readable, target, targets
from chipgate.inference.paths import Paths, chosen_variant
from chipgate.results.dataset import dataset
from chipgate.results.execute import BLOCK, execute
from chipgate.results.program import program
from chipgate.results.record import METRICS, compare_with_record
from chipgate.setup.build import block, build
from chipgate.setup.plan import plan
from chipgate.setup.scenario import resolve
from chipgate.timegrid import parse_partial

DRAWS = 8


def test_one_run_gives_both_the_same_numbers() -> None:
    data = embedded()
    found = resolve(data, "h20-reopened", as_of="2026-06-30", until="2026-12")
    made = plan(data, found.settings, found.as_of, found.until, seed=0, draws=DRAWS)
    built = build(made)
    shown = compare_with_record(dataset(execute(built, names=list(METRICS)), found), data)
    inputs = block(built.inputs, np.minimum(np.arange(BLOCK), DRAWS - 1), "float32")
    record = jax.tree.map(np.asarray, program(made.structure, inputs, "float32", BLOCK)(inputs))
    rows = {row.id: row for row in readable(data, made, date(2027, 1, 1))}
    assert len(rows) > 40
    for comparison in shown:
        seen = comparison.observation
        if seen.value <= 0 or "flag" in seen.basis:
            assert seen.id not in rows
            continue
        if seen.id not in rows:  # the page of the record bridges more definitions than the fit
            continue
        row = rows.pop(seen.id)
        ours = predicted([row], record)[0, :DRAWS]
        theirs = comparison.draws
        if seen.basis.get("definition") == "cards_of_all_classes":  # a bridge there, a bias in the fit
            bridges = [data.bridges[name] for name in ("cards_domestic", "cards_foreign")]
            ratio = theirs / ours
            assert ((ratio > bridges[0].low - 1e-4) & (ratio < bridges[1].high + 1e-4)).all()
        elif row.other_goods:
            goods = (theirs - ours) / row.other_goods  # the same in every row of a draw
            assert ((goods > 0.44e9) & (goods < 1.31e9)).all()
        else:
            np.testing.assert_allclose(ours, theirs, rtol=2e-5, err_msg=seen.id)
    assert rows == {}


def test_no_month_of_a_series_counts_twice() -> None:
    data = embedded()
    rows = Paths(data, date(2026, 6, 30), ()).rows
    taken: set[tuple[tuple[str, ...], int]] = set()
    for row in rows:
        if row.kind in ("revenue", "units"):
            cells = {(row.series, t) for t in row.months}
            assert not cells & taken, row.id
            taken |= cells
    ids = {row.id for row in rows}
    assert "nvda_cn_bill_FY24" not in ids  # its four quarters are there
    rest = next(row for row in rows if row.id == "nvda_cn_bill_FY25")
    assert rest.value == pytest.approx(17.11e9 - 2.49e9 - 5.416e9 - 5.53e9)
    assert len(rest.months) == 3
    assert rest.other_goods == pytest.approx(1.0)


def test_later_figures_move_nothing() -> None:
    data, day = embedded(), date(2025, 8, 17)
    made = Paths(data, day, ()).plan
    rows = targets(data, made, day)
    assert rows
    assert all(row.observation.published_date.last <= day for row in rows)
    planted = replace_observations(data, day)
    assert targets(planted, made, day) == rows
    bounds = Paths(data, day).bounds
    assert Paths(planted, day).bounds == bounds


def replace_observations(data: object, day: date) -> object:
    """The catalogue with every figure published later ten times as high, and one more of each published earlier."""
    from chipgate.catalogue.table import Table

    later = parse_partial("2025-08-18")
    rows = []
    for name in data.observations:
        seen, place = data.observations[name], data.observations.place(name)
        if seen.published_date.last > day:
            seen = seen.model_copy(update={"value": seen.value * 10, "low": seen.low * 10, "high": seen.high * 10})
        else:
            planted = {"id": f"{seen.id}_planted", "published_date": later, "value": seen.value * 3}
            rows.append((seen.model_copy(update=planted), place))
        rows.append((seen, place))
    copy = type(data)(*data.roots)
    copy.__dict__["observations"] = Table("observation", rows)
    return copy


def test_forecasts_and_assumed_figures_do_not_enter() -> None:
    data = embedded()
    made = Paths(data, date(2026, 6, 30), ()).plan
    for seen in data.observations.values():
        if seen.channel == "forecast" or seen.kind == "assumed":
            assert target(made, seen) is None


def test_a_prior_that_rests_on_a_fitted_figure_is_passed_over() -> None:
    prior = catalogue().priors["budget.total.2023"]
    late = date(2025, 1, 31)
    used = {"nvda_cn_bill_FY24": date(2023, 7, 31)}
    assert chosen_variant(prior, late, {}).observations == ("nvda_cn_bill_FY24",)
    assert chosen_variant(prior, late, used) == prior.variants[0]
    # The figure of a year before only says from where the range of a later year went on.
    later = catalogue().priors["budget.total.2024"]
    assert chosen_variant(later, late, used).observations == ("nvda_cn_bill_FY24",)
    assert Paths(catalogue(), late).bounds["budget.total.2023"][1] == prior.variants[0].central
