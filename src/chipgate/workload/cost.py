"""From a rate and a price to USD a chip-hour, a million tokens and a training run.

A chip-hour of an owned chip costs, over the hours of a year,
    (price + server) (1 / life + interest / 2 + upkeep) / 8,766 + watts x system x load x USD/kWh / 1,000
with the purchase written off in a straight line, so that half of it is tied up on average. The price of power holds
cooling. Hours in which the chip earns nothing are paid too: tokens are divided by the utilisation. Every figure is a
distribution and all chips share the draws of what is common to them; a chip without a published price has no cost.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from chipgate.arrays.keys import Streams
from chipgate.catalogue.catalogue import Catalogue
from chipgate.catalogue.priors import SPREAD, quantile
from chipgate.schema.chip import Chip
from chipgate.workload.machine import watts

DRAWS: Final = 4096
SEED: Final = 0
HOURS_A_YEAR: Final = 8766.0
SECONDS_A_DAY: Final = 86_400.0
PERCENTILES: Final = (("p10", 10), ("p50", 50), ("p90", 90))
_PRIORS: Final = {"life": "cost.life_years", "usd_per_kwh": "cost.power_usd_per_kwh", "server": "cost.integration"}
"""What the market has already."""

Draws = NDArray[np.float64]


@dataclass(frozen=True)
class Assumption:
    """One input of the cost: 10th, 50th and 90th percentile, and where it stands."""

    name: str
    label: str
    unit: str
    low: float
    central: float
    high: float
    record: str


@dataclass(frozen=True)
class Common:
    """Draws of what all chips share, and the assumptions behind them.

    Attributes:
        life: Years. ``usd_per_kwh``: with cooling. ``server``: USD a chip for server, network and installation.
        interest, upkeep: Of the purchase, a year.
        server_power: Power of the system over that of its chips; ``load_power``: mean draw over the rating.
        training, serving: Share of hours that earn.
    """

    life: Draws
    usd_per_kwh: Draws
    server: Draws
    interest: Draws
    upkeep: Draws
    server_power: Draws
    load_power: Draws
    training: Draws
    serving: Draws
    assumptions: tuple[Assumption, ...]


def common(data: Catalogue, day: date, draws: int = DRAWS) -> Common:
    """Draws of the shared inputs as known on a day."""
    streams = Streams(SEED, draws)
    drawn: dict[str, Draws] = {}
    said = []
    for name, key in _PRIORS.items():
        prior = data.priors[key]
        known = [v for v in prior.variants if v.known_since.first <= day] or [prior.variants[0]]
        v = known[-1]
        drawn[name] = quantile(streams.uniform(f"workload.cost.{name}"), v.low, v.central, v.high, prior.scale,
                               prior.least, prior.most)  # fmt: skip
        said.append(Assumption(name, prior.label, prior.unit, v.low, v.central, v.high, f"priors {key}"))
    for record in data.costs.values():
        name = record.id.removeprefix("utilisation_")
        drawn[name] = quantile(
            streams.uniform(f"workload.cost.{record.id}"), record.low, record.central, record.high, record.scale
        )
        said.append(
            Assumption(
                record.id, record.label, record.unit, record.low, record.central, record.high, f"costs {record.id}"
            )
        )
    return Common(**{name: drawn[name] for name in Common.__dataclass_fields__ if name != "assumptions"},
                  assumptions=tuple(said))  # fmt: skip


def price_draws(chip: Chip, draws: int = DRAWS) -> Draws | None:
    """Draws of a chip's price, USD; ``None`` where none is published.

    The range is that of the sources, and at least the spread that the confidence of the figure gives.
    """
    number = chip.price_usd
    if number is None:
        return None
    low, high = number.bounds
    middle = number.value if number.value is not None else float(np.sqrt(low * high))
    wide = 1 + SPREAD[number.confidence]
    u = Streams(SEED, draws).uniform(f"workload.price.{chip.id}")
    return quantile(u, min(low, middle / wide), middle, max(high, middle * wide), "log")


def no_price(chip: Chip) -> str:
    """Why a chip has no cost."""
    return f"no price of {chip.name} is published, so no cost is given"


def chip_hour(
    *, price: Any, server: Any, life: Any, interest: Any, upkeep: Any, wall_watts: Any, usd_per_kwh: Any
) -> Any:
    """USD of an hour of an owned chip, whatever it does."""
    purchase = (price + server) * (1 / life + interest / 2 + upkeep) / HOURS_A_YEAR
    return purchase + wall_watts / 1000 * usd_per_kwh


def wall_watts(chip: Chip, shared: Common) -> Draws:
    """Mean power drawn from the wall for one chip, without cooling."""
    return watts(chip)[0] * shared.server_power * shared.load_power


def chip_hours(chip: Chip, shared: Common) -> Draws | None:
    """Draws of USD a chip-hour; ``None`` without a price."""
    price = price_draws(chip, len(shared.life))
    if price is None:
        return None
    found: Draws = chip_hour(
        price=price, server=shared.server, life=shared.life, interest=shared.interest, upkeep=shared.upkeep,
        wall_watts=wall_watts(chip, shared), usd_per_kwh=shared.usd_per_kwh,
    )  # fmt: skip
    return found


def usd_per_million(usd_hour: Any, rate: Any, utilisation: Any) -> Any:
    """USD for a million tokens at ``rate`` tokens/s a chip in the hours that earn."""
    return usd_hour / (rate * 3600 * utilisation) * 1e6


def run_days(tokens: Any, rate: Any, chips: Any, utilisation: Any) -> Any:
    """Days to train on ``tokens`` tokens with ``chips`` chips."""
    return tokens / (rate * chips * utilisation) / SECONDS_A_DAY


def run_usd(usd_hour: Any, days: Any, chips: Any) -> Any:
    """USD of all chip-hours of a training run."""
    return usd_hour * days * 24 * chips


def fleet_tokens(rate: Any, chips: Any, utilisation: Any) -> Any:
    """Tokens a day of a fleet."""
    return rate * chips * utilisation * SECONDS_A_DAY


def summary(draws: Draws) -> dict[str, float]:
    """10th, 50th and 90th percentile, four digits."""
    found = np.percentile(draws, [p for _, p in PERCENTILES])
    return {name: float(f"{value:.4g}") for (name, _), value in zip(PERCENTILES, found, strict=True)}
