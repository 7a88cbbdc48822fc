"""All metrics, each declared once. Importing this package fills the registry."""

from chipgate.arrays.inputs import MEASURES
from chipgate.metrics import compute, gates, money, units  # noqa: F401
from chipgate.metrics.base import GATES, INPUTS, METRICS, Metric, View, labels

__all__ = ["GATES", "INPUTS", "MEASURES", "METRICS", "Metric", "View", "labels"]
