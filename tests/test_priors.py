"""Parameters as distributions: the two-piece normal meets low, central and high exactly."""

import json

import numpy as np
import pytest
from helpers import embedded, run_cli
from scipy.stats import norm

from chipgate.catalogue.priors import SPREAD, bounds, distribution, quantile


def test_every_parameter_has_its_percentiles() -> None:
    for parameter in embedded().parameters.values():
        low, central, high = bounds(parameter)
        found = distribution(parameter, np.array([0.1, 0.5, 0.9]))
        np.testing.assert_allclose(
            found, [low, central, high], rtol=1e-9, atol=1e-9 * max(abs(high), 1), err_msg=parameter.id
        )
        if parameter.low is not None and parameter.scale != "fixed":
            assert low == parameter.low


def test_a_symmetric_linear_prior_is_the_normal() -> None:
    u = np.linspace(0.01, 0.99, 50)
    spread = 2 / norm.ppf(0.9)
    np.testing.assert_allclose(quantile(u, 3, 5, 7, "linear"), norm.ppf(u, 5, spread), rtol=1e-9)


def test_scales_and_bounds() -> None:
    u = np.array([0.001, 0.5, 0.999])
    assert (quantile(u, 1, 2, 8, "log") > 0).all()
    shares = quantile(u, 0.1, 0.5, 0.9, "logit")
    assert ((shares > 0) & (shares < 1)).all()
    assert quantile(u, 1, 2, 3, "linear", least=1.5)[0] == 1.5
    assert (quantile(u, 1, 2, 3, "fixed") == 2).all()


def test_a_figure_without_range_gets_the_spread_of_its_confidence() -> None:
    parameter = embedded().parameters["ASC02"]
    assert (parameter.low, parameter.high, parameter.scale) == (None, None, "log")
    low, central, high = bounds(parameter)
    assert high / central == pytest.approx(1 + SPREAD[parameter.confidence])
    assert central / low == pytest.approx(1 + SPREAD[parameter.confidence])


def test_the_distribution_is_shown() -> None:
    shown = json.loads(run_cli("show", "parameters", "NVS02", "--json").out)
    assert shown["distribution"]["p50"] == 650_000
    assert shown["distribution"]["p10"] == 550_000
