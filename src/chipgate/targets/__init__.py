"""Targets: what a published figure is in the terms of the model, or why the model says nothing of it."""

from chipgate.targets.base import Draws, Slice, Target, Unmapped, evaluate
from chipgate.targets.mapping import forecast_of, is_forecast, target_of

__all__ = ["Draws", "Slice", "Target", "Unmapped", "evaluate", "forecast_of", "is_forecast", "target_of"]
