"""Tornado and Sobol indices: groups cover all inputs, served uniforms, and indices of a known function."""

import json

import numpy as np
import pytest
import xarray as xr
from helpers import embedded

from chipgate.arrays.keys import Streams
from chipgate.errors import BadInputError
from chipgate.results import sensitivity
from chipgate.results.compare import target
from chipgate.results.sensitivity import GROUPS, OTHER, SUPPLY, Case, Served, group_of, sobol, tornado
from chipgate.setup.build import build
from chipgate.setup.scenario import resolve


def case(metric: str = "huawei_units", draws: int = 32, scenario: str = "h20-reopened") -> Case:
    data = embedded()
    return Case(data, resolve(data, scenario), target(metric), draws=draws)


@pytest.mark.parametrize("scenario", ["h20-reopened", "h200-2026"])
def test_every_stream_has_its_group(scenario: str) -> None:
    streams = Served(0, 2)
    sensitivity.build_from(case(draws=2, scenario=scenario).plan(), streams)
    found = {name: group_of(embedded(), name) for name in streams.names}
    assert [name for name, group in found.items() if group == OTHER] == []
    assert set(found.values()) == {*GROUPS, *SUPPLY}


def test_unreplaced_streams_are_those_of_an_ordinary_run() -> None:
    asked = case()
    own = sensitivity.build_from(asked.plan(), Served(0, 32))
    for part in ("monthly", "constants"):
        for name, value in vars(getattr(build(asked.plan()).inputs, part)).items():
            np.testing.assert_array_equal(value, getattr(getattr(own.inputs, part), name), err_msg=name)


def test_served_uniforms() -> None:
    plain, served = Streams(3, 8), Served(3, 8, replaced=lambda name: name == "b", fixed={"c": 0.9})
    np.testing.assert_array_equal(served.uniform("a", (2,)), plain.uniform("a", (2,)))
    assert (served.uniform("b") != plain.uniform("b")).all()
    assert (served.uniform("c") == 0.9).all()
    assert set(served.scalars) == {"b", "c"}


def test_tornado_finds_what_drives_huawei() -> None:
    seen: list[tuple[int, int]] = []
    found = tornado(case(draws=32), top=3, progress=lambda a, b: seen.append((a, b)))
    assert json.loads(json.dumps(found, allow_nan=False))["unit"] == "chips"
    assert seen[-1][0] == seen[-1][1]
    bars = found["bars"]
    assert len(bars) == 3
    assert bars[0]["group"] == "huawei"
    assert [abs(b["effect"]) for b in bars] == sorted((abs(b["effect"]) for b in bars), reverse=True)
    for bar in bars:
        assert bar["at_high"] - bar["at_low"] == pytest.approx(bar["effect"], rel=0.05, abs=1.0)
        assert bar["rank"] * bar["effect"] > 0 or abs(bar["rank"]) < 2 * found["noise"]


def test_nothing_drives_a_constant() -> None:
    asked = case("units_delivered:offer=h100_legal", draws=8)
    with pytest.raises(BadInputError, match="nothing drives it"):
        tornado(asked)
    with pytest.raises(BadInputError, match="no group 'weather'"):
        sobol(case(draws=4), groups=["weather"])


def test_sobol_of_huawei() -> None:
    found = sobol(case(draws=24), groups=["huawei", "tastes"])
    assert found["runs"] == 4
    first = found["groups"][0]
    assert first["group"] == "huawei"
    assert first["total"] > 0.5
    assert first["total_interval"][0] < first["total"] < first["total_interval"][1]


def test_sobol_recovers_a_known_function(monkeypatch: pytest.MonkeyPatch) -> None:
    """y = 3 x1 + x2 + x3 over uniforms: shares 9/11, 1/11, 1/11, without interaction."""
    weights = {"budget.total.2025": 3.0, "choice.lam": 1.0, "taste.h20": 1.0}

    def run(self: Case, streams: Streams) -> xr.DataArray:
        values = sum(w * streams.uniform(name) for name, w in weights.items())
        return xr.DataArray(values, dims="draw", coords={"draw": np.arange(self.draws)})

    monkeypatch.setattr(Case, "run", run)
    found = {g["group"]: g for g in sobol(case(draws=4096))["groups"]}
    assert set(found) == {"budget", "choice", "tastes"}
    for group, share in (("budget", 9 / 11), ("choice", 1 / 11), ("tastes", 1 / 11)):
        assert found[group]["first"] == pytest.approx(share, abs=0.05)
        assert found[group]["total"] == pytest.approx(share, abs=0.05)
        assert found[group]["first_interval"][0] < share < found[group]["first_interval"][1] + 0.02
