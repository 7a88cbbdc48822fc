"""Compute rented abroad: its worth per USD, who may rent, how much hosts can take, and what Washington leaves open.

Renting abroad needs no licence for the chip, which stays outside China. It is limited by what hosts can offer to
Chinese tenants, by acts of Washington on remote access, and by which work may leave the country: data of persons and
of the state may not. How much each act cuts is a prior named after its event (``rental.cut.<event>``).
"""

from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

from chipgate.arrays.inputs import MEASURES
from chipgate.arrays.keys import Streams
from chipgate.catalogue import Catalogue
from chipgate.schema.chip import Chip
from chipgate.setup.draws import PriorDraws, month_index
from chipgate.setup.law import CUT
from chipgate.setup.levers import future_factor
from chipgate.setup.plan import Plan
from chipgate.setup.throughput import Throughput
from chipgate.workload.machine import bandwidth, rates

Array = NDArray[np.float64]

# World chips whose worth per USD sets the worth of compute rented abroad, with their prior of price and the month
# in which they are the middle of the rented fleet; between two such months the fleet turns over evenly.
_REFERENCES: Final = (
    ("nvidia_a100_80_sxm", "a100", date(2022, 1, 1)),
    ("nvidia_h100_sxm", "h100", date(2024, 6, 1)),
    ("nvidia_b200", "b200", date(2027, 1, 1)),
)
_CAPACITY_YEAR: Final = 2025
_H100: Final = "nvidia_h100_sxm"


def figures(catalogue: Catalogue, chip: str) -> list[float]:
    """FP8 rate, FP4 rate (the next wider format where it has none) and memory bandwidth over those of an H100."""

    def raw(record: Chip) -> list[float]:
        have = rates(record)
        # Models come in FP8; where a chip has INT8 alone half of the work runs at 8 bits, and the times add.
        eight = have.get("fp8") or (2 / (1 / have["bf16"] + 1 / have["int8"]) if "int8" in have else have["bf16"])
        return [eight, max(have.get("fp4", 0.0), eight), bandwidth(record)]

    return [own / base for own, base in zip(raw(catalogue.chips[chip]), raw(catalogue.chips[_H100]), strict=True)]


def h100_price(catalogue: Catalogue) -> float:
    """USD that count as one H100-equivalent on the measure of money."""
    price = catalogue.chips[_H100].price_usd
    return price.value if price is not None and price.value else 1.0


def rental_constants(made: Plan, draws: PriorDraws) -> dict[str, Array]:
    """Part of the outside option that is renting, ``[d]``, and what each buyer may rent of it, ``[b w d]``."""
    training = np.stack([draws.one(f"rental.reach.{b.policy_class}") for b in made.buyers])
    inference = draws.one("rental.inference_reach")
    return {
        "rent_share": draws.one("rental.share_of_outside"),
        "rent_reach": np.stack([training, training * inference], axis=1),
        "rent_term": draws.one("rental.term"),
    }


def rental_paths(
    made: Plan, streams: Streams, draws: PriorDraws, life: Array, speed: Throughput, remote: Array
) -> dict[str, Array]:
    """Fields of :class:`chipgate.arrays.inputs.Monthly` on renting abroad.

    Args:
        life: Life of a chip, months, ``[d]``. ``remote``: monthly rate of a formal act on remote access, ``[d]``.
    """
    log_ref, rate = _reference(made, draws, life, speed)
    years = np.array([[m.year + (m.month - 0.5) / 12 - _CAPACITY_YEAR - 0.5] for m in made.months])
    capacity = draws.one("rental.capacity") / 12 * draws.one("rental.capacity_growth") ** years
    return {
        "log_ref": log_ref, "rent_rate": rate, "rent_capacity": capacity,
        "rent_open": _openness(made, streams, draws, remote),
    }  # fmt: skip


def _reference(made: Plan, draws: PriorDraws, life: Array, speed: Throughput) -> tuple[Array, Array]:
    """Log worth per USD of the middle of the world's rented fleet, ``[t w d]``, and H100e per USD of a contract.

    A contract holds a chip for its term and pays that part of the chip's cost over its life, with the host's margin.
    """
    worth, per_usd, at = [], [], []
    own, usd = draws.one("rental.own_cost"), h100_price(made.catalogue)
    for chip, name, middle in _REFERENCES:
        record = made.catalogue.chips[chip]
        if record.announced is None or record.announced.last <= made.as_of:
            price = draws.one(f"grey.world_price.{name}")
            worth.append(speed.log_phi(chip) - np.log(price + own))
            rates = [np.full(made.draws, figure) for figure in figures(made.catalogue, chip)] + [price / usd]
            per_usd.append(np.stack(rates) / (price + own))
            at.append(month_index(made.months, middle))
    t = np.arange(len(made.months))
    weights = np.stack([np.interp(t, at, np.eye(len(at))[i]) for i in range(len(at))], axis=1)
    premium = draws.one("rental.premium")
    factor = future_factor(made.settings, "buyers.renting_abroad", made.months, made.as_of)[:, None, None]
    log_ref = np.einsum("ti,iwd->twd", weights, np.stack(worth)) - np.log(premium) + np.log(factor)
    rate = np.einsum("ti,imd->tmd", weights, np.stack(per_usd)) / premium * life / draws.one("rental.term") * factor
    assert rate.shape[1] == len(MEASURES)
    return log_ref, rate


def _openness(made: Plan, streams: Streams, draws: PriorDraws, remote: Array) -> Array:
    """Share of renting that Washington and Beijing leave open, ``[t d]``.

    Known acts cut it from their month on; after the as-of date a rule on remote access comes at the rate ``remote``.
    """
    months = made.months
    t = np.arange(len(months))[:, None]
    left = np.ones((len(months), made.draws))
    for name in made.catalogue.priors:
        event = made.catalogue.events.get(name.removeprefix(CUT).upper()) if name.startswith(CUT) else None
        if event is not None and event.known_since.last <= made.as_of and draws.known(name):
            begin = month_index(months, (event.effective_date or event.date).first)
            left = left * np.where(t >= begin, 1 - draws.one(name), 1.0)
    now = month_index(months, made.as_of)
    wait = -np.log(streams.uniform("washington:remote")) / remote
    left = left * np.where(t - now > wait, 1 - draws.one("washington.remote_effect"), 1.0)
    given = made.settings.ahead("washington.remote_access", months, made.as_of)[:, None]
    left = np.where(np.isnan(given), left, 1 - np.nan_to_num(given))
    forbidden = np.nan_to_num(made.settings.ahead("beijing.renting", months, made.as_of), nan=0.0)
    return np.asarray(left * (1 - forbidden)[:, None])
