"""Every lever as a control: what holds, what the record shows, what stood on the as-of date, and what makes it moot."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from chipgate.catalogue import Catalogue
from chipgate.results.input_names import family_words
from chipgate.schema.market import ACTORS, Evidence, Lever, Prior, Variant
from chipgate.setup.draws import month_index
from chipgate.setup.law import statuses
from chipgate.setup.levers import names_of
from chipgate.setup.plan import Plan, plan
from chipgate.setup.scenario import Resolved
from chipgate.timegrid import add_months

_BY_FAMILY: Final = ("washington.", "beijing.")


def lever_table(data: Catalogue, found: Resolved, own: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Groups and levers for controls, as of a scenario.

    Args:
        own: Settings on top of the scenario's, to tell where a value comes from.

    Returns:
        ``groups``: id, label. ``levers``: one row for each path that may be set.
    """
    made = plan(data, found.settings, found.as_of, found.until, seed=0, draws=1)
    moots = moot(data, found)
    rows = []
    for key, lever in data.levers.items():
        for name in names_of(data, key) if "*" in key else [""]:
            path = key.replace("*", name)
            value = found.raw.get(path)
            set_at = None if value is None else "settings" if path in (own or {}) else "base"
            rows.append(
                {"path": path, "lever": key, "name": name or None, "name_label": family_words(name) if name else None,
                 "group": lever.actor, "label": lever.label, "short": lever.short, "unit": lever.unit,
                 "kind": "choice" if lever.choices else "number", "least": lever.least, "most": lever.most,
                 "step": lever.step, "default": lever.default, "dated": lever.dated,
                 "choices": [{"value": v, "label": word} for v, word in lever.choices.items()] or None,
                 "evidence": evidence(data, lever, name, found.as_of), "moves": lever.moves,
                 "direction": lever.direction, "note": lever.note, "value": value, "from": set_at,
                 "now": _now(made, lever, name), "moot": moots.get(path)}
            )  # fmt: skip
    return {"groups": [{"id": a, "label": label} for a, label in ACTORS.items()], "levers": rows}


def evidence(data: Catalogue, lever: Lever, name: str, as_of: date) -> dict[str, Any] | None:
    """The range that the record shows on a day, with its sources; ``None`` where it shows none."""
    found = lever.evidence
    if found is None:
        return None
    if found.prior is None:
        known = [e for e in found.events if data.events[e].known_since.last <= as_of]
        return {"low": found.low, "high": found.high, "why": found.why, "sources": list(found.events),
                "known": len(known) == len(found.events)}  # fmt: skip
    prior = _prior(data, found.prior.replace("*", name), as_of)
    if prior is None:
        return None
    record, variant = prior
    ends = _ends(found, variant)
    return {
        "low": float(f"{max(ends[0], lever.least):.4g}"), "high": float(f"{min(ends[1], lever.most):.4g}"),
        "why": f"10th to 90th percentile of {record.id}" + (f", {_HOW[found.as_ or 'value']}" if found.as_ else ""),
        "sources": [*variant.parameters, *variant.observations], "known": True,
    }  # fmt: skip


_HOW: Final = {"value": "as it is", "ratio": "over its centre", "inverse": "its centre over it",
               "odds": "their odds over those of its centre"}  # fmt: skip


def _prior(data: Catalogue, name: str, as_of: date) -> tuple[Prior, Variant] | None:
    """A prior as it stood; of a path its first anchor after the as-of date that was known, or the last."""
    if name in data.priors:
        names = [name]
    else:
        names = sorted(p for p in data.priors if p.rpartition(".")[0] == name and p.rpartition(".")[2][:4].isdigit())
    known = []
    for one in names:
        variants = [v for v in data.priors[one].variants if v.known_since.last <= as_of]
        if variants:
            known.append((data.priors[one], variants[-1]))
    ahead = [pair for pair in known if pair[0].id.rpartition(".")[2] > f"{as_of:%Y_%m}" or pair[0].id == name]
    return (ahead or known[-1:])[0] if known else None


def _ends(found: Evidence, variant: Variant) -> tuple[float, float]:
    low, centre, high = variant.low, variant.central, variant.high
    if found.as_ == "ratio":
        return low / centre, high / centre
    if found.as_ == "inverse":
        return centre / high, centre / low
    if found.as_ == "odds":
        odds = centre / (1 - centre)
        return low / (1 - low) / odds, high / (1 - high) / odds
    return low, high


def _now(made: Plan, lever: Lever, name: str) -> float | None:
    """What stood on the as-of date: by the law for its levers, the default for factors; ``None`` for processes."""
    if isinstance(lever.default, float):
        return lever.default
    head = lever.id.removesuffix(".*")
    offer = next((o for o in made.offers if o.route == "legal" and o.family == name), None)
    if offer is None or not head.startswith("washington."):
        return None
    final = add_months(made.months[-1], 1)
    status = next(s for s in reversed(statuses(made.catalogue, made.as_of, offer.chip, final)) if s.first <= made.as_of)
    if head == "washington.fee":
        return status.fee
    if head == "washington.volume_cap":
        return status.cap if np.isfinite(status.cap) else None
    if head == "washington.open":
        return None if status.licensed else float(status.free)
    return None


def moot(data: Catalogue, found: Resolved) -> dict[str, dict[str, str]]:
    """Levers that move nothing in a scenario: path -> ``reason``, and the lever that is ``because`` of it, if any."""
    made = plan(data, found.settings, found.as_of, found.until, seed=0, draws=1)
    legal = [o for o in made.offers if o.route == "legal"]
    lines = {"supply": {o.supply for o in legal}, "family": {o.family for o in legal}}
    rows: dict[str, dict[str, str]] = {}
    for key, lever in data.levers.items():
        for name in names_of(data, key) if "*" in key else [""]:
            path = key.replace("*", name)
            if name and name not in lines["family" if key.startswith(_BY_FAMILY) else "supply"]:
                rows[path] = {"reason": f"{family_words(name)} was not known on {found.as_of}", "because": ""}
                continue
            for rule in lever.moot:
                paths = _paths(rule.lever, name, sorted(lines["family"]))
                if all(_holds(made, p, rule.at) for p in paths):
                    reason = rule.why.replace("{name}", family_words(name))
                    rows[path] = {"reason": reason, "because": paths[0]}
                    break
    return rows


def _paths(lever: str, name: str, every: Sequence[str]) -> list[str]:
    if "*" not in lever:
        return [lever]
    return [lever.replace("*", one) for one in ([name] if name else every)]


def _holds(made: Plan, path: str, at: float | None) -> bool:
    """Whether a lever is given, or at a value, in all months after the as-of date."""
    ahead = _ahead(made, path)
    if at is None:
        return bool(np.all(~np.isnan(ahead)))
    return bool(np.all(ahead == at))


def _ahead(made: Plan, path: str) -> NDArray[np.float64]:
    """A setting in the months after the as-of date; chips that only a scenario opens are shut until it does."""
    values = made.settings.ahead(path, made.months, made.as_of)[max(month_index(made.months, made.as_of) + 1, 0) :]
    head, _, name = path.rpartition(".")
    if head == "washington.open":
        closed = [o.only_if_allowed for o in made.offers if o.route == "legal" and o.family == name]
        if closed and all(closed):
            values = np.nan_to_num(values, nan=0.0)
    return values
