"""Priors as the record leaves them: ranges of a run's draws from the posterior of a day."""

from datetime import date
from functools import lru_cache
from typing import Final

import numpy as np

from chipgate.arrays.keys import Streams
from chipgate.catalogue import Catalogue
from chipgate.setup.build import build
from chipgate.setup.draws import PriorDraws
from chipgate.setup.levers import Settings
from chipgate.setup.plan import plan
from chipgate.setup.posterior import Posterior, latest
from chipgate.timegrid import add_months

_DRAWS: Final = 400


@lru_cache(maxsize=16)
def fitted_priors(catalogue: Catalogue, as_of: date) -> dict[str, dict[str, float]]:
    """Low, central and high (10th, 50th, 90th percentile) of the priors that the record known by a day moves."""
    posterior = latest(catalogue, as_of)
    if posterior is None:
        return {}
    made = plan(catalogue, Settings({}), as_of, add_months(as_of.replace(day=1), 12), seed=0, draws=_DRAWS,
                posterior=posterior)  # fmt: skip
    drawn = build(made).drawn
    draws = PriorDraws(catalogue, Streams(0, 1), as_of, posterior)
    found = {}
    for name, values in drawn.items():
        if name in catalogue.priors and _moved(draws, posterior, name):
            low, central, high = np.quantile(values, [0.1, 0.5, 0.9])
            found[name] = {"low": float(low), "central": float(central), "high": float(high)}
    return found


def _moved(draws: PriorDraws, posterior: Posterior, name: str) -> bool:
    streams = [name]
    if name.rpartition(".")[2][:4].isdigit():
        streams.append(draws.common(name))
    factors = [draws.shared(stream) for stream in streams]
    return any(stream in posterior.names for stream in (*streams, *factors))
