"""The H20 question: what the two fiscal quarters after 17 August 2025 would bring, over the range of policy priors."""

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from typing import Any, Final

import numpy as np

from chipgate.catalogue import Catalogue
from chipgate.catalogue.table import Table
from chipgate.errors import InternalError
from chipgate.scoring.engine import REACH
from chipgate.scoring.runs import Runs
from chipgate.scoring.scores import Draws, plain, score
from chipgate.targets import Unmapped, evaluate, target_of
from chipgate.targets.base import SCALES
from chipgate.timegrid import add_months

AS_OF: Final = date(2025, 8, 17)
QUARTERS: Final = {
    "FY26Q3": (date(2025, 7, 28), date(2025, 10, 26)), "FY26Q4": (date(2025, 10, 27), date(2026, 1, 25)),
}  # fmt: skip
BOTH_ROW: Final = "nvda_h20_licensed_FY26"
"""Observation with the revenue of both quarters together."""
FIRST_QUARTER_USD: Final = 50e6
"""Of the first quarter, about: parameter MND06, from the company's report of 19 November 2025."""
SMALL_USD: Final = 1e9
QUESTION: Final = "h20_2025"
"""Of the published forecasts, those of H20 sales that summer, found by search; those of all sales in China, or of sales
lost, are left out."""


@dataclass(frozen=True)
class Variant:
    """A defensible reading of policy: levers, other priors, or another rule of hazards, for the same as-of date."""

    name: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    priors: Mapping[str, tuple[float, float, float]] = field(default_factory=dict)
    rule: str | None = None


def _held(level: int) -> dict[str, Any]:
    return {"beijing.level.h20": {"2025-09": level}}


VARIANTS: Final = (
    Variant("base: the model as it is"),
    Variant("Washington's gate alone", _held(0)),
    Variant("Beijing held at: discouraged", _held(1)),
    Variant("Beijing held at: case by case", _held(2)),
    Variant("Beijing held at: blocked", _held(3)),
    Variant("no reaction, no escalation", {"beijing.reaction": 0, "beijing.escalation": 0}),
    Variant("reaction a third", {"beijing.reaction": 0.33}),
    Variant("reaction twice", {"beijing.reaction": 2}),
    Variant("escalation a third", {"beijing.escalation": 0.33}),
    Variant("escalation three times", {"beijing.escalation": 3}),
    Variant("discouraged lets half through", priors={"beijing.pass.1": (0.3, 0.5, 0.7)}),
    Variant("case by case lets most through", priors={"beijing.pass.2": (0.3, 0.6, 0.85)}),
    Variant("case by case lets little through", priors={"beijing.pass.2": (0.02, 0.08, 0.3)}),
    Variant("no lag of shipments", priors={"washington.shipment_lag": (0.05, 0.1, 0.2)}),
    Variant("lag of shipments 2.5 months", priors={"washington.shipment_lag": (1.2, 2.5, 5.0)}),
    Variant("Washington never shuts again", {"washington.close_rate": 0}),
    Variant("discouraged and held, no lag", _held(1), {"washington.shipment_lag": (0.05, 0.1, 0.2)}),
)
"""What a careful person could have believed that day; none was chosen by its result. The other rules by which rates
follow from the event record (``chipgate show hazard-rules``) come on top."""


def variants(data: Catalogue) -> list[Variant]:
    """All readings: those above, then every rule of hazards but the first."""
    others = list(data.hazard_rules.values())[1:]
    return [*VARIANTS, *(Variant(f"rates of moves: {rule.label}", rule=rule.id) for rule in others)]


def catalogue_for(data: Catalogue, variant: Variant) -> Catalogue:
    """The catalogue that a reading runs on."""
    own = with_priors(data, variant.priors) if variant.priors else data
    return with_rule(own, variant.rule) if variant.rule is not None else own


def question(
    runs_of: Callable[[Catalogue], Runs], data: Catalogue, progress: Callable[[int, int], None] | None = None
) -> dict[str, Any]:
    """Distribution, chance of a small figure and CRPS of each variant, beside published forecasts."""
    seen = data.observations[BOTH_ROW]
    outcome = {"FY26Q3": FIRST_QUARTER_USD, "FY26Q4": seen.value - FIRST_QUARTER_USD, "both": seen.value}
    rows = []
    readings = variants(data)
    for i, variant in enumerate(readings):
        own = catalogue_for(data, variant)
        run = runs_of(own).get(AS_OF, add_months(AS_OF, REACH), variant.settings)
        target = target_of(seen)
        if isinstance(target, Unmapped):
            raise InternalError(f"{BOTH_ROW} has no target: {target.reason}")
        parts: dict[str, Draws] = {}
        for name, (first, last) in QUARTERS.items():
            draws = evaluate(target, run, first, last)
            if isinstance(draws, Unmapped):
                raise InternalError(f"{name} is not in the run: {draws.reason}")
            parts[name] = draws
        parts["both"] = np.asarray(sum(parts.values()))
        rows.append({"variant": variant.name, **{k: _told(draws, outcome[k]) for k, draws in parts.items()}})
        if progress is not None:
            progress(i + 1, len(readings))
    return {
        "as_of": AS_OF.isoformat(), "outcome": outcome, "small_usd": SMALL_USD, "variants": rows,
        "words": {"FY26Q3": "August to October 2025", "FY26Q4": "November 2025 to January 2026",
                  "both": "August 2025 to January 2026"},
        "published": [
            {"who": p.publisher, "published": str(p.published_date), "usd_a_quarter": p.value, "said": p.said,
             "url": p.source_urls[0], "absolute_error": {k: abs(p.value - outcome[k]) for k in QUARTERS}}
            for p in data.published_forecasts.values() if p.question == QUESTION
        ],
    }  # fmt: skip


def _told(draws: Draws, observed: float) -> dict[str, float]:
    made = score(draws, observed, SCALES["USD"])
    names = ("p5", "p10", "p25", "p50", "p75", "p90", "p95")
    band = {name: plain(q) for name, q in zip(names, made.quantiles, strict=True)}
    more = {"mean": plain(float(draws.mean())), "small": plain(float(np.mean(draws < SMALL_USD)))}
    return band | more | {"crps": plain(made.crps), "pit": plain(made.pit)}


def with_priors(data: Catalogue, changed: Mapping[str, tuple[float, float, float]]) -> Catalogue:
    """The same catalogue with other low, central and high values of some priors, in every variant of theirs."""
    other = copy.copy(data)
    records = []
    for key, prior in data.priors.items():
        if key in changed:
            low, central, high = changed[key]
            new = {"low": low, "central": central, "high": high}
            variants = tuple(variant.model_copy(update=new) for variant in prior.variants)
            prior = prior.model_copy(update={"variants": variants})
        records.append((prior, data.priors.place(key)))
    digest = sha256(repr((data.fingerprint, sorted(changed.items()))).encode()).hexdigest()[:16]
    other.__dict__.update(priors=Table("prior", records), fingerprint=digest)
    return other


def with_rule(data: Catalogue, rule: str) -> Catalogue:
    """The same catalogue with another rule of hazards in force."""
    other = copy.copy(data)
    records = sorted(data.hazard_rules.items(), key=lambda item: item[0] != rule)
    table = Table("hazard_rule", [(record, data.hazard_rules.place(key)) for key, record in records])
    digest = sha256(repr((data.fingerprint, "rule", rule)).encode()).hexdigest()[:16]
    other.__dict__.update(hazard_rules=table, fingerprint=digest)
    return other
