"""A record of the catalogue as a plain document, with what follows from its figures."""

from typing import Any

import numpy as np

from chipgate.catalogue.priors import distribution
from chipgate.rules.facts import chip_facts
from chipgate.schema.base import Record
from chipgate.schema.chip import Chip
from chipgate.schema.tables import Parameter

_AT = (5, 10, 25, 50, 75, 90, 95)


def record_document(record: Record) -> dict[str, Any]:
    """A record for JSON: its fields, the distribution of a parameter, the legal measures of a chip."""
    document: dict[str, Any] = record.model_dump(mode="json", exclude_none=True)
    if isinstance(record, Parameter):
        values = distribution(record, np.array(_AT) / 100)
        document["distribution"] = {f"p{q}": float(f"{v:.6g}") for q, v in zip(_AT, values, strict=True)}
    if isinstance(record, Chip):
        facts = chip_facts(record)
        document["tpp"] = {"value": facts["tpp"].value, "arithmetic": facts["tpp"].arithmetic}
        document["performance_density"] = {"value": facts["pd"].value, "arithmetic": facts["pd"].arithmetic}
    return document
