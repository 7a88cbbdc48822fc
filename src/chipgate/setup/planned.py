"""From a resolved scenario to the plan of a run: the one place where a run gets its posterior and its signals."""

from chipgate.setup.plan import Plan, plan
from chipgate.setup.posterior import latest
from chipgate.setup.scenario import Resolved


def plan_of(found: Resolved, *, seed: int, draws: int, prior: bool = False) -> Plan:
    """Coordinates of a run of a scenario.

    Args:
        prior: Leave the record's posterior aside and draw from the priors alone.
    """
    posterior = None if prior else latest(found.catalogue, found.as_of)
    return plan(
        found.catalogue, found.settings, found.as_of, found.until, seed=seed, draws=draws, posterior=posterior,
        signals=found.signals,
    )  # fmt: skip
