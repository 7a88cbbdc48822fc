"""Rates of policy moves from counted episodes: posteriors of a gamma-Poisson hierarchy, exact on a grid.

The count ``n_g`` of an episode ``g`` over ``T_g`` months at risk is Poisson with mean ``r_g T_g``. With partial pooling
``r_g ~ Gamma(a, a / mu)``, ``mu`` and ``a`` log-normal; ``r_g`` integrates out, so that the posterior of ``(mu, a)`` is
a sum over a grid of

    prod_g  G(a + n_g) / G(a)  (a / mu)^a  (a / mu + T_g)^-(a + n_g)

and ``r_g`` given both is ``Gamma(a + n_g, a / mu + T_g)``; an episode that is yet to come has ``n = T = 0``. A power
weight ``w`` of an episode replaces ``n, T`` by ``w n, w T``. As ``a`` grows all rates become ``mu``: complete pooling.
(A. Gelman et al., Bayesian Data Analysis, 3rd ed., sections 2.6 and 5.)
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, gammaincinv, gammaln, ndtri

from chipgate.schema.beliefs import HazardRule

_Z90: Final = float(ndtri(0.9))
_MEANS: Final = np.linspace(-5.0, 5.0, 401)
_ALIKES: Final = np.linspace(-3.0, 3.0, 49)

Uniform = Callable[[str], NDArray[np.float64]]
"""Uniforms ``[d]`` of a name."""


@dataclass(frozen=True)
class Count:
    """Moves and months at risk of them; both may be parts, where an act or an episode counts with a weight."""

    events: float
    months: float

    def __add__(self, other: "Count") -> "Count":
        return Count(self.events + other.events, self.months + other.months)


NONE: Final = Count(0.0, 0.0)


def total(counts: Mapping[str, Count]) -> Count:
    """Sum over episodes."""
    return sum(counts.values(), start=NONE)


def rates(
    rule: HazardRule, counts: Mapping[str, Count], wanted: Sequence[str], uniform: Uniform
) -> dict[str, NDArray[np.float64]]:
    """Draws of the monthly rate of each wanted episode, ``[d]``.

    Args:
        counts: Moves and months at risk by episode.
        wanted: Episodes; one without count is one yet to come.
        uniform: Gives the uniforms ``mean``, ``alike`` and of each wanted episode, each asked for once.
    """
    chosen = list(dict.fromkeys(wanted))
    if rule.pooling == "none":
        return {g: _mean(rule, counts.get(g, NONE), uniform(g)) for g in chosen}
    if rule.pooling in ("complete", "jeffreys"):
        u, whole = uniform("mean"), total(counts)
        one = _jeffreys(whole, u) if rule.pooling == "jeffreys" and whole.months > 0 else _mean(rule, whole, u)
        return dict.fromkeys(chosen, one)
    mean, alike = _hyper(rule, [c for c in counts.values() if c.months > 0], uniform("mean"), uniform("alike"))
    found = {}
    for g in chosen:
        own = counts.get(g, NONE)
        found[g] = np.asarray(gammaincinv(alike + own.events, uniform(g)) / (alike / mean + own.months))
    return found


def chance(rule: HazardRule, tried: float, followed: float, u: NDArray[np.float64]) -> NDArray[np.float64]:
    """Draws of the chance that an opening is answered within the window: beta posterior, ``[d]``."""
    first, second = rule.reaction_prior
    return np.asarray(betaincinv(first + followed, second + tried - followed, u))


def rate_of_chance(rule: HazardRule, chances: NDArray[np.float64]) -> NDArray[np.float64]:
    """The rate right after an opening that, fading, adds up to the chance."""
    return np.asarray(-np.log1p(-np.minimum(chances, 0.999)) / rule.fades_months)


def _log_normal(low: float, high: float) -> tuple[float, float]:
    """Mean and standard deviation of the logarithm, from the 10th and 90th percentile."""
    return (np.log(low) + np.log(high)) / 2, (np.log(high) - np.log(low)) / (2 * _Z90)


def _jeffreys(count: Count, u: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(gammaincinv(0.5 + count.events, u) / count.months)


def _mean(rule: HazardRule, count: Count, u: NDArray[np.float64]) -> NDArray[np.float64]:
    """One rate with the log-normal prior of the mean and a Poisson count."""
    centre, spread = _log_normal(rule.mean_low, rule.mean_high)
    logs = centre + spread * _MEANS
    told = -0.5 * _MEANS**2 + count.events * logs - np.exp(logs) * count.months
    return np.exp(_inverse(logs, told, u))


def _hyper(
    rule: HazardRule, counts: Sequence[Count], u_mean: NDArray[np.float64], u_alike: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Draws of mean rate and alikeness, ``[d]`` each."""
    centre, spread = _log_normal(rule.mean_low, rule.mean_high)
    logs = (centre + spread * _MEANS)[None]
    middle, width = _log_normal(rule.alike_low, rule.alike_high)
    alike = np.exp(middle + width * _ALIKES)[:, None]
    told = -0.5 * _MEANS[None] ** 2 - 0.5 * _ALIKES[:, None] ** 2
    for count in counts:
        told = told + gammaln(alike + count.events) - gammaln(alike) + alike * (np.log(alike) - logs)
        told = told - (alike + count.events) * np.log(alike * np.exp(-logs) + count.months)
    weight = np.exp(told - told.max()).sum(1)
    steps = np.cumsum(weight) / weight.sum()
    chosen = np.minimum(np.searchsorted(steps, u_alike), len(steps) - 1)
    mean = np.empty_like(u_mean)
    for i in np.unique(chosen):
        inside = chosen == i
        mean[inside] = np.exp(_inverse(logs[0], told[i], u_mean[inside]))
    return mean, alike[chosen, 0]


def _inverse(at: NDArray[np.float64], told: NDArray[np.float64], u: NDArray[np.float64]) -> NDArray[np.float64]:
    """Quantiles of a density that is given by its logarithm on a grid."""
    density = np.exp(told - told.max())
    below = np.concatenate([[0.0], np.cumsum((density[1:] + density[:-1]) / 2)])
    return np.interp(u * below[-1], below, at)
