"""Does the fit find what it should? Simulation-based calibration on synthetic records.

Unknowns are drawn from their priors, a record is drawn from them, and the fit is made as on the real one. If fit and
model agree, the place of each true value in its posterior is uniform. Source: Talts, Betancourt, Simpson, Vehtari and
Gelman (2018), "Validating Bayesian inference algorithms with simulation-based calibration".
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import kstest

from chipgate.inference.ensemble import MEMBERS, Problem, Say, fitted
from chipgate.inference.errors import Errors
from chipgate.inference.paths import Paths

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Calibration:
    """Places of the true scores in their posteriors, ``[replicate stream]``."""

    names: tuple[str, ...]
    places: Array

    def document(self) -> dict[str, Any]:
        """Coverage of central intervals, and the test of uniformity over all streams together."""
        away = np.abs(self.places - 0.5) * 2
        by_stream = [float(kstest(self.places[:, i], "uniform").pvalue) for i in range(len(self.names))]
        return {
            "replicates": len(self.places), "streams": len(self.names),
            "coverage": {str(level): float((away < level).mean()) for level in (0.5, 0.8, 0.9)},
            "least_p_value": min(by_stream),
            "p_values_below_0.05": float(np.mean(np.array(by_stream) < 0.05)),
            "histogram": np.histogram(self.places, bins=10, range=(0, 1))[0].tolist(),
        }  # fmt: skip


def calibration(
    paths: Paths, replicates: int, seed: int, *, members: int = MEMBERS, say: Say | None = None
) -> Calibration:
    """Fit synthetic records.

    Args:
        paths: Their streams and periods are those of the real record.
    """
    rng = np.random.default_rng(seed)
    errors = Errors.of(paths.rows)
    places: list[Array] = []
    while len(places) < replicates:
        truth = rng.standard_normal((len(paths.names) + len(errors.names), 1))
        said = paths.said(truth[: len(paths.names)])
        if not np.isfinite(said).all():
            continue
        figures = errors.draw(said, truth[len(paths.names) :], rng)[:, 0]
        rows = tuple(
            replace(
                row,
                value=value,
                low=value * row.low / row.value,
                high=min(value * row.high / row.value, _most(row.kind)),
            )
            for row, value in zip(paths.rows, figures, strict=True)
        )
        problem = Problem(paths.with_rows(rows), Errors.of(rows))
        found = fitted(problem, rng, members=members)
        below = (found.theta < truth).mean(1)
        places.append(below[: len(paths.names)])
        if say:
            say(f"synthetic: {len(places)} of {replicates}")
    return Calibration(paths.names, np.stack(places))


def _most(kind: str) -> float:
    return 0.998 if kind == "share" else np.inf
