"""From a published figure to a target, with every refusal named.

A forecast is no outcome, and a plan made before its period began is none either; both are rivals, not targets.
"""

from typing import Final

from chipgate.schema.tables import Observation
from chipgate.targets.base import RULES, Target, Unmapped
from chipgate.targets.money import fee, smuggled_value
from chipgate.targets.price import price
from chipgate.targets.stock import stock
from chipgate.targets.units import dies

__all__ = ["forecast_of", "is_forecast", "price", "stock", "target_of"]  # importing a module registers its rules

_CHINA_ONLY: Final = frozenset({
    "nvidia_a800_sxm", "nvidia_h800_sxm", "nvidia_h20_96", "nvidia_h20_141", "a800_h800", "amd_mi308x",
    "nvidia_rtx_pro_6000d",
})  # fmt: skip
"""Products sold in China alone, of which a figure for the world is one for China."""
_PLANS: Final = ("plan", "forecast", "scenario")
_INPUTS: Final = {
    "capex_cny": "capital expenditure of buyers is an input of the model",
    "capex_usd": "capital expenditure of buyers is an input of the model",
    "guidance_usd": "guidance is a forecast, not an outcome",
}

_KEPT_APART: Final = {
    "inventory_units": "a maker's stock, to which the model's own is set",
    "inventory_usd": "a maker's stock in money is not in the model",
    "dies_obtained": "dies ever obtained are an input of the model",
    "hbm_stacks_obtained": "memory ever obtained is an input of the model",
    "wafer_capacity": "capacity of wafers is an input of the model",
    "share_of_cluster_performance": "known clusters are no measure of what is installed",
}


def is_forecast(seen: Observation) -> bool:
    """Whether the figure was a forecast, plan or guidance rather than an outcome."""
    planned = seen.channel == "forecast" or seen.basis.get("stage") in _PLANS or seen.metric == "guidance_usd"
    return planned or seen.published_date.last < seen.period_start.first


def target_of(seen: Observation) -> Target | Unmapped:
    """The target of an outcome, or why there is none."""
    if seen.metric in _INPUTS:
        return Unmapped(_INPUTS[seen.metric])
    if is_forecast(seen):
        return Unmapped("a forecast or a plan, not an outcome")
    if seen.kind == "assumed":
        return Unmapped("an assumption, not an outcome")
    return _mapped(seen)


def forecast_of(seen: Observation) -> Target | None:
    """The target that a published forecast speaks of; ``None`` where it is no forecast or of something else."""
    if not is_forecast(seen):
        return None
    if seen.metric == "guidance_usd":
        seen = seen.model_copy(update={"metric": "revenue_usd"})
    found = _mapped(seen)
    return found if isinstance(found, Target) else None


def _mapped(seen: Observation) -> Target | Unmapped:
    if seen.geography != "CN" and not (seen.geography == "world" and set(seen.chips) & _CHINA_ONLY):
        return Unmapped(f"geography {seen.geography}: the model has the Chinese market")
    if seen.metric in _KEPT_APART:
        return Unmapped(_KEPT_APART[seen.metric])
    if seen.metric == "other":
        return _other(seen)
    if seen.metric not in RULES:
        return Unmapped(f"metric {seen.metric!r} is none that the model speaks of")
    return RULES[seen.metric](seen)


def _other(seen: Observation) -> Target | Unmapped:
    if seen.unit == "dies" and seen.maker == "huawei":
        return dies(seen)
    if seen.unit == "USD" and seen.chips == ("controlled_gpus",):
        return smuggled_value(seen)
    if seen.unit == "USD" and "us_government" in seen.buyers:
        return fee(seen)
    return Unmapped("a figure of a kind of its own (metric 'other') that no metric of the model matches")
