"""Scatter of published figures about the truth."""

from typing import Final

from chipgate.schema.tables import Observation

NOISE: Final = {"reported": 0.01, "derived": 0.03, "estimated": 0.15, "press": 0.10}
"""Scatter of a published figure about the truth, in logs, by how it is known; doubled where confidence is low. Ours."""


def spread_of(seen: Observation) -> float:
    """Scatter of a published figure about the truth, in logs."""
    kind = "press" if seen.kind == "reported" and seen.channel == "press" else seen.kind
    return NOISE.get(kind, NOISE["estimated"]) * (2.0 if seen.confidence == "low" else 1.0)
