"""Signals of an article: how likely a binding act of Beijing follows, when, and how strong it is.

The chance of a rank is a Beta posterior: the prior of ``market/signals.yaml``, and the pairs of the event table known
at the as-of date. A pair is a signal on a chip family or firm and the first binding act on the same within the window;
signals whose window is not over at the as-of date count neither way unless they were followed. What the process of the
gate would do by itself within the window is taken off, so that nothing is counted twice.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv

from chipgate.arrays.keys import Streams
from chipgate.catalogue import Catalogue
from chipgate.schema.market import SignalPrior
from chipgate.schema.tables import Event
from chipgate.setup.beijing import BLOCKED
from chipgate.setup.draws import month_index
from chipgate.setup.plan import Plan
from chipgate.timegrid import add_months

BINDING: Final = ("purchase_ban", "customs_block", "volume_cap")


@dataclass(frozen=True)
class Counted:
    """Dated pairs of a prior: signals counted, and those that a binding act followed."""

    signals: int
    followed: int


def pairs(catalogue: Catalogue, prior: SignalPrior, as_of: date) -> Counted:
    """Signals of a kind that were public on a day, and how many a binding act followed within the window."""
    known = [e for e in catalogue.events.values() if e.actor_country == "CN" and e.known_since.last <= as_of]
    binding = [e for e in known if e.instrument in BINDING]
    counted = followed = 0
    for signal in (e for e in known if e.instrument in prior.instruments):
        start = signal.date.first
        end = add_months(start, prior.window_months)
        hit = any(start < act.date.first < end and _same_target(signal, act) for act in binding)
        if hit or end <= as_of:
            counted += 1
            followed += hit
    return Counted(counted, followed)


def _same_target(signal: Event, act: Event) -> bool:
    if signal.chips and act.chips:
        return bool(set(signal.chips) & set(act.chips))
    return bool(set(signal.firms) & set(act.firms))


def chance(prior: SignalPrior, found: Counted, u: NDArray[np.float64]) -> NDArray[np.float64]:
    """Quantiles ``u`` of the chance that a binding act follows, ``[d]``."""
    a = prior.central * prior.weight + found.followed
    b = (1 - prior.central) * prior.weight + found.signals - found.followed
    return np.asarray(betaincinv(a, b, u))


def prior_of(catalogue: Catalogue, rank: int) -> SignalPrior:
    """The prior that covers a rank of authority."""
    return next(p for p in catalogue.signals.values() if rank in p.ranks)


def followers(made: Plan, streams: Streams, up: NDArray[np.float64], levels: NDArray[np.int32]) -> None:
    """Put the blocks that follow the signals of a scenario into the levels of Beijing's gate, ``[t f k d]``.

    In a draw at most one act follows on a family: that of its likeliest signal. Acts short of a block are left to the
    process, which stands below them or not; so a signal never opens the gate. Where a setting fixes it, that stands.
    """
    priors = {
        prior_of(made.catalogue, signal.rank).id: prior_of(made.catalogue, signal.rank) for signal in made.signals
    }
    means = {key: mean_chance(prior, pairs(made.catalogue, prior, made.as_of)) for key, prior in priors.items()}
    strongest: dict[str, str] = {}
    for signal in made.signals:
        key = prior_of(made.catalogue, signal.rank).id
        for family in signal.families:
            if family not in strongest or means[key] > means[strongest[family]]:
                strongest[family] = key
    now = month_index(made.months, made.as_of)
    fates = {key: _Fate.of(made, streams, priors[key]) for key in dict.fromkeys(strongest.values())}
    for family, key in strongest.items():
        if family not in made.structure.families:
            continue
        f = made.structure.families.index(family)
        happens, delay = fates[key].beyond(up[f]), fates[key].delay
        for t in range(max(now + 1, 0), min(now + 1 + priors[key].window_months, len(made.months))):
            here = (levels[t, f] < 0) & happens & (delay == t - now)
            levels[t, f] = np.where(here, BLOCKED, levels[t, f])


def mean_chance(prior: SignalPrior, found: Counted) -> float:
    """Mean of the chance that a binding act follows."""
    return (prior.central * prior.weight + found.followed) / (prior.weight + found.signals)


@dataclass(frozen=True)
class _Fate:
    """What follows a signal, ``[d]`` each: the chance of a binding act, uniforms, the delay in months."""

    prior: SignalPrior
    likely: NDArray[np.float64]
    u: NDArray[np.float64]
    delay: NDArray[np.int64]

    @classmethod
    def of(cls, made: Plan, streams: Streams, prior: SignalPrior) -> "_Fate":
        likely = chance(prior, pairs(made.catalogue, prior, made.as_of), streams.uniform(f"signal:chance:{prior.id}"))
        months = 1 + np.floor(streams.uniform(f"signal:delay:{prior.id}") * prior.window_months).astype(np.int64)
        return cls(prior, likely, streams.uniform(f"signal:happens:{prior.id}"), months)

    def beyond(self, up: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Whether a block follows beyond what the process would do at this rate of tightening a month."""
        by_itself = 1 - np.exp(-up * self.prior.window_months)
        excess = np.clip((self.likely - by_itself) / np.maximum(1 - by_itself, 1e-9), 0, 1)
        return np.asarray(self.u < excess * self.prior.block_share)
