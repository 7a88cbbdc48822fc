"""Throughput of chips by draw, from the fitted workload model as the as-of date knew it."""

from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from chipgate.arrays.keys import Streams
from chipgate.catalogue.catalogue import Catalogue
from chipgate.schema.workload import ReferenceRate
from chipgate.setup.plan import Plan
from chipgate.workload import shape as shapes
from chipgate.workload.reference import MODELS, WORKLOADS, by_hand

_FACTORS: Final = 6
_LENGTH: Final = 4096.0


class Throughput:
    """Log throughput by chip; all chips of a draw share the common factors of the workload model's uncertainty."""

    def __init__(self, made: Plan, streams: Streams) -> None:
        self._made, self._streams = made, streams
        self._factors = ndtri(streams.uniform("workload:factors", (_FACTORS,)))
        self._known: dict[str, NDArray[np.float64]] = {}

    def log_phi(self, chip: str) -> NDArray[np.float64]:
        """Log tokens/s of one chip on the reference models by workload, ``[w d]``.

        Raises:
            SpecError: The chip has no published rate or memory.
        """
        if chip not in self._known:
            rates = self._rates(chip)
            shared = ndtri(self._streams.uniform(f"spec:{chip}"))
            rows = []
            for workload, rate in zip(WORKLOADS, rates, strict=True):
                own = ndtri(self._streams.uniform(f"spec:{chip}:{workload}"))
                moved = np.asarray(rate.factors) @ self._factors
                rows.append(np.log(rate.tokens_per_s) + moved + rate.shared * shared + rate.own * own)
            self._known[chip] = np.stack(rows)
        return self._known[chip]

    def _rates(self, chip: str) -> tuple[ReferenceRate, ...]:
        """Of each workload, as the last fit up to the as-of date has it."""
        data = self._made.catalogue
        found = [r for r in vintages_of(data, chip) if r.known_since.last <= self._made.as_of]
        if not found:
            found = list(_of_own_record(data, chip))  # a chip that a user added: no table has it
        newest = max(r.known_since.last for r in found)
        kept = {r.workload: r for r in found if r.known_since.last == newest}
        return tuple(kept[w] for w in WORKLOADS)

    def flops_a_token(self) -> float:
        """Model FLOPs a token in training, geometric mean over the reference models."""
        models = [shapes.shape_of(self._made.catalogue.models[name]) for name in MODELS]
        return float(np.exp(np.mean([np.log(float(shapes.training_flops(s, _LENGTH))) for s in models])))


@cache
def _by_chip(data: Catalogue) -> dict[str, list[ReferenceRate]]:
    out: dict[str, list[ReferenceRate]] = {}
    for rate in data.reference_rates.values():
        out.setdefault(rate.chip, []).append(rate)
    return out


def vintages_of(data: Catalogue, chip: str) -> list[ReferenceRate]:
    """Reference throughputs of a chip, all vintages."""
    return _by_chip(data).get(chip, [])


@cache
def _of_own_record(data: Catalogue, chip: str) -> tuple[ReferenceRate, ...]:
    """From the priors of the workload model alone, which hang on no later measurement."""
    return tuple(ReferenceRate.model_validate(row) for row in by_hand(data, data.chips[chip]))
