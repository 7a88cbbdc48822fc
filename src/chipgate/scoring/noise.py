"""How published figures scatter about what a run says: the errors of the fit, carried into the forecast."""

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit
from scipy.stats import t as student

from chipgate.inference.errors import FREEDOM, published_error
from chipgate.schema.tables import Observation

NOISE: Final = {"reported": 0.01, "derived": 0.03, "estimated": 0.15, "press": 0.10}
"""Scatter of a published figure about the truth, in logs, by how it is known; doubled where confidence is low. Ours."""
_LEAST_SHARE: Final = 1e-4

Moments = Mapping[str, Mapping[str, float]]
"""Unknowns of the errors, each with ``mean`` and ``sd`` of its score."""


def spread_of(seen: Observation) -> float:
    """Scatter of a published figure about the truth, in logs."""
    kind = "press" if seen.kind == "reported" and seen.channel == "press" else seen.kind
    return NOISE.get(kind, NOISE["estimated"]) * (2.0 if seen.confidence == "low" else 1.0)


def scattered(
    draws: NDArray[np.float64], seen: Observation, u: NDArray[np.float64], fitted: Moments, *, fraction: bool
) -> NDArray[np.float64]:
    """What would be published where a run says ``draws``.

    The truth differs from the run by the misfit of the model, the figure from the truth by the bias of its source or
    definition and by its scatter; Student-t as in the fit. Of a fraction the odds scatter, of all else the log.

    Args:
        u: Uniforms, one a draw (or of a shape that broadcasts).
        fitted: Moments of the errors by the posterior; those missing are at their priors.
    """
    centre, misfit = published_error(seen, fitted)
    away = centre + np.hypot(misfit, spread_of(seen)) * student.ppf(u, FREEDOM)
    if fraction:
        inside = np.clip(draws, _LEAST_SHARE, 1 - _LEAST_SHARE)
        return np.asarray(np.where(draws > 0, expit(logit(inside) + away), 0.0))
    return np.asarray(draws * np.exp(away))
