"""Answers as documents: rates, what limits them, costs, notes on what they rest on."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from chipgate.arrays.keys import Streams
from chipgate.catalogue.catalogue import Catalogue
from chipgate.schema.chip import Chip
from chipgate.workload import cost
from chipgate.workload import machine as machines
from chipgate.workload.fit import Predictor
from chipgate.workload.nearest import documents as nearest_documents
from chipgate.workload.points import bounded
from chipgate.workload.predict import Answer, Ask, Refused, answer
from chipgate.workload.question import Question
from chipgate.workload.refit import usable

BAND: Final = (
    "10 to 90 % of a new measurement at this point: uncertain efficiencies, chip and model within their families, "
    "noise; the layout and the batch are those of the median"
)


def rate_draws(found: Answer) -> NDArray[np.float64]:
    """Draws of tokens/s a chip, from the chip's own stream."""
    z = ndtri(Streams(cost.SEED, cost.DRAWS).uniform(f"workload.rate.{found.chip.id}.{found.case.phase}"))
    return np.exp(bounded(found.log_mean + found.log_deviation * z, np.log(found.ideal)))


def one(data: Catalogue, predictor: Predictor, asked: Question) -> dict[str, Any] | Refused:
    """Everything about one chip, or why it cannot."""
    found = answer(data, predictor, asked.chips, asked.ask)[0]
    if isinstance(found, Refused):
        return found
    shared = cost.common(data, asked.ask.day)
    document = _head(found, asked) | _speed(data, found) | _costs(found, shared, asked.tokens)
    document["nearest_measurements"] = nearest_documents(data, predictor, found.case, usable(data)[0])
    document["band"] = BAND
    document["notes"] = _notes(data, predictor, found, asked)
    return document


def ranking(data: Catalogue, predictor: Predictor, asked: Question) -> dict[str, Any]:
    """All chips by their median rate, and those that cannot, with the reason."""
    shared = cost.common(data, asked.ask.day)
    able, unable = [], []
    for found in answer(data, predictor, asked.chips, asked.ask):
        if isinstance(found, Refused):
            unable.append({"chip": found.chip.id, "reason": found.reason.removeprefix(found.chip.id).lstrip(": ")})
            continue
        costs = _costs(found, shared, asked.tokens)
        able.append(
            {"chip": found.chip.id, "name": found.chip.name}
            | {k: v for k, v in (_head(found, asked) | _speed(data, found)).items() if k in _RANKED}
            | {k: costs[k] for k in ("usd_per_chip_hour", "usd_per_million_tokens", "no_cost")}
            | {"measured": f"chip={found.chip.id}" in predictor.fitted.codes}
        )
    able.sort(key=lambda row: (-row["tokens_per_s_per_chip"]["p50"], row["chip"]))
    return _asked(asked.ask, asked) | {
        "ranking": [{"rank": i, **row} for i, row in enumerate(able, start=1)], "cannot": unable, "band": BAND,
        "cost_assumptions": _assumptions(shared), "notes": _general(asked),
    }  # fmt: skip


_RANKED: Final = (
    "chips", "precision", "batch", "layout", "tokens_per_s_per_chip", "mfu", "bound_by", "memory_gb", "tpot_ms",
    "ttft_ms", "watts", "tokens_per_joule",
)  # fmt: skip


def _asked(ask: Ask, asked: Question) -> dict[str, Any]:
    tokens_in, tokens_out = ask.lengths
    return {
        "model": ask.model.id, "phase": ask.phase, "on": ask.day.isoformat(), "tokens_in": tokens_in,
        "tokens_out": tokens_out if ask.phase == "decode" else None,
        "limit_ms": None if np.isinf(ask.limit_s) else _short(ask.limit_s * 1e3),
    }  # fmt: skip


def _head(found: Answer, asked: Question) -> dict[str, Any]:
    case = found.case
    return {"chip": found.chip.id} | _asked(asked.ask, asked) | {
        "chips": case.chips, "precision": case.precision, "batch": case.batch, "layout": found.choice.text,
        "engine": case.engine, "stack": case.stack,
    }  # fmt: skip


def _speed(data: Catalogue, found: Answer) -> dict[str, Any]:
    power, published = machines.watts(found.chip)
    return {
        "tokens_per_s_per_chip": {name: _short(value) for name, value in found.rate.items()},
        "ideal_tokens_per_s_per_chip": _short(found.ideal),
        "mfu": _short(found.mfu), "bound_by": found.bound_by,
        "shares": {name: round(value, 4) for name, value in found.shares.items()},
        "memory_gb": _short(found.memory_bytes / 1e9), "chip_memory_gb": found.chip.spec("mem_gb"),
        "tpot_ms": None if found.tpot_s is None else _short(found.tpot_s * 1e3),
        "ttft_ms": None if found.ttft_s is None else _short(found.ttft_s * 1e3),
        "watts": _short(power), "watts_published": published,
        "tokens_per_joule": {name: _short(value / power) for name, value in found.rate.items()},
    }  # fmt: skip


def _costs(found: Answer, shared: cost.Common, tokens: float) -> dict[str, Any]:
    training = found.case.phase == "training"
    use = shared.training if training else shared.serving
    rate, chips = rate_draws(found), found.case.chips
    hour = cost.chip_hours(found.chip, shared)
    days = cost.run_days(tokens, rate, chips, use)
    out: dict[str, Any] = {
        "usd_per_chip_hour": None, "usd_per_million_tokens": None,
        "no_cost": cost.no_price(found.chip) if hour is None else None, "training_run": None, "fleet": None,
    }  # fmt: skip
    if hour is not None:
        out["usd_per_chip_hour"] = cost.summary(hour)
        out["usd_per_million_tokens"] = cost.summary(cost.usd_per_million(hour, rate, use))
    if training:
        usd = None if hour is None else cost.summary(cost.run_usd(hour, days, chips))
        out["training_run"] = {"tokens": tokens, "chips": chips, "days": cost.summary(days), "usd": usd}
    else:
        out["fleet"] = {"chips": chips, "tokens_per_day": cost.summary(cost.fleet_tokens(rate, chips, use))}
    return out | {"cost_assumptions": _assumptions(shared)}


def _assumptions(shared: cost.Common) -> list[dict[str, Any]]:
    return [
        {"id": a.name, "label": a.label, "unit": a.unit, "p10": a.low, "p50": a.central, "p90": a.high,
         "record": a.record}
        for a in shared.assumptions
    ]  # fmt: skip


def _general(asked: Question) -> list[str]:
    """Notes that hold for every chip."""
    notes = []
    if asked.searched_under is not None:
        notes.append(
            f"the batch is the best under {asked.searched_under * 1e3:g} ms between tokens, the limit where none is "
            "given; --tpot 0 lifts it"
        )
    if asked.ask.phase == "decode":
        notes.append("output tokens are counted; prefill runs on other chips")
    if asked.ask.phase == "training" and asked.ask.batch is None:
        notes.append("a step has 1,024 sequences, or one for each chip where there are more; --batch changes it")
    return notes


def _notes(data: Catalogue, predictor: Predictor, found: Answer, asked: Question) -> list[str]:
    chip, case, day = found.chip, found.case, asked.ask.day
    notes = _general(asked)
    if asked.ask.chips is None:
        notes.append(f"{case.chips} chips: the usual number for {case.phase}, doubled until the model fits")
    wished = asked.ask.precision
    if wished is not None and wished != case.precision:
        notes.append(f"{chip.name} has no units for {wished}: weights are kept in it and products run at 16 bits")
    elif not machines.native(chip, data.precisions[case.precision]):
        notes.append(f"{chip.name} has no units for {case.precision}: products run in the next wider format")
    if f"chip={chip.id}" not in predictor.fitted.codes:
        notes.append(f"no measurement of {chip.name} is in the fit: the band is as wide as chips of its stack differ")
    if not machines.watts(chip)[1]:
        notes.append("design power is not published; it is told from the bandwidth of the memory")
    if not chip.published("mem_bw_gbs"):
        notes.append("memory bandwidth is not published; it is told from the rate")
    return notes + _links(data, found) + _dated(chip, day)


def _links(data: Catalogue, found: Answer) -> list[str]:
    """What is assumed of the links over which this layout talks."""
    chip, notes = found.chip, []
    if found.choice.group > 1 and not chip.published("scaleup_bw_gbs"):
        notes.append("no fast link is published: chips talk over the faster of their bus and their network")
    if found.choice.group > 1 and not chip.published("max_scaleup_domain"):
        notes.append(f"how many chips share a fast link is not published; {machines.DOMAIN_UNKNOWN} are assumed")
    net = machines.network_of(data, chip)
    if found.case.chips > 1 and net.kind == "assumed":
        notes.append(f"the network is not known; {net.gbit_s:g} Gbit/s a chip are assumed ({net.why.rstrip('.')})")
    return notes


def _dated(chip: Chip, day: Any) -> list[str]:
    notes = []
    start = chip.first_shipped or chip.announced
    if start is not None and start.first > day:
        notes.append(f"{chip.name} had not shipped on {day}; its software counts as new")
    price = chip.price_usd
    if price is not None and price.source.published.first > day:
        notes.append(f"the price was published on {price.source.published}, after the day asked about")
    return notes


def _short(value: float) -> float:
    return float(f"{value:.4g}")
