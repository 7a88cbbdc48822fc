"""The catalogue: metrics, events, chips, assumptions, published figures, words."""

from functools import cache
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from chipgate.app.answer import encoded, tagged
from chipgate.app.bands import BADGE, check_metrics
from chipgate.app.context import PROBLEMS, EngineOf
from chipgate.catalogue.catalogue import Catalogue
from chipgate.catalogue.glossary import glossary
from chipgate.metrics import METRICS
from chipgate.results.explain import inputs_of
from chipgate.results.fitted_priors import fitted_priors
from chipgate.results.input_names import input_label
from chipgate.results.sensitivity import group_of
from chipgate.rules.facts import chip_facts
from chipgate.rules.record import record_document
from chipgate.schema.chip import Chip
from chipgate.schema.tables import Event
from chipgate.timegrid import covered_day

router = APIRouter(prefix="/api", tags=["catalogue"], responses=PROBLEMS)
Text = Annotated[str | None, Query(max_length=200)]
DayQuery = Annotated[str | None, Query(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]


@router.get("/metrics")
def metrics(request: Request) -> Response:
    """Every metric with unit, axes, formula, source and what it reads."""
    return tagged(request, encoded({"metrics": [_metric(name) for name in METRICS]}))


@router.get("/metrics/{name}")
def metric(name: str, request: Request) -> Response:
    """One metric."""
    check_metrics([name])
    return tagged(request, encoded(_metric(name)))


@cache
def _metric(name: str) -> dict[str, Any]:
    found = METRICS[name]
    return {
        "metric": name, "label": found.label, "unit": found.unit, "axes": list(found.axes), "adds": found.adds,
        "formula": found.formula, "source": found.source, "headline": found.headline, "badge": BADGE,
        "inputs": inputs_of(found),
    }  # fmt: skip


@router.get("/events")
def events(
    request: Request, engine: EngineOf, as_of: DayQuery = None, country: Text = None, chip: Text = None,
    q: Text = None,
) -> Response:  # fmt: skip
    """Dated policy events that were public on a day, with sources."""
    day = covered_day(as_of) if as_of is not None else engine.data.compiled
    wanted = engine.data.chips.find(chip).id if chip else None
    rows = [
        _event(event)
        for event in engine.data.events.values()
        if event.known_since.last <= day
        and (not country or event.actor_country == country)
        and (wanted is None or wanted in event.chips)
        and (not q or q.casefold() in f"{event.summary} {event.actor} {event.instrument}".casefold())
    ]
    rows.sort(key=lambda row: (row["date"], row["id"]))
    return tagged(request, encoded({"as_of": day.isoformat(), "events": rows}))


def _event(event: Event) -> dict[str, Any]:
    return {
        "id": event.id, "date": str(event.date), "public_date": str(event.known_since), "country": event.actor_country,
        "actor": event.actor, "instrument": event.instrument, "direction": event.direction,
        "authority": event.authority, "chips": list(event.chips), "firms": list(event.firms),
        "summary": event.summary, "urls": list(event.source_urls), "confidence": event.confidence,
        "badge": "reported",
    }  # fmt: skip


@router.get("/chips")
def chips(request: Request, engine: EngineOf, on: DayQuery = None) -> Response:
    """Every chip in short; with a day, those announced by then."""
    day = covered_day(on) if on is not None else None
    sold = {offer.chip for offer in engine.data.offers.values()}
    rows = [
        _chip(engine.data, chip) | {"offered": chip.id in sold}
        for chip in engine.data.chips.values()
        if day is None or (chip.announced is not None and chip.announced.last <= day)
    ]
    return tagged(request, encoded({"chips": rows}))


def _chip(data: Catalogue, chip: Chip) -> dict[str, Any]:
    facts = chip_facts(chip)
    specs = ("mem_gb", "mem_bw_gbs", "scaleup_bw_gbs", "tdp_w", "bf16_dense_tflops", "fp8_dense_tflops")
    return {
        "id": chip.id, "name": chip.name, "vendor": chip.vendor, "vendor_name": data.makers[chip.vendor].name,
        "announced": str(chip.announced) if chip.announced is not None else None, "tpp": facts["tpp"].value,
        "performance_density": facts["pd"].value, **{name: chip.spec(name) for name in specs},
        "price_usd": chip.price_usd.value if chip.price_usd is not None else None,
        "confidence": chip.sources["spec"].confidence,
    }  # fmt: skip


@router.get("/chips/{name}")
def chip(name: str, request: Request, engine: EngineOf) -> Response:
    """One chip with the sources of all its figures."""
    return tagged(request, encoded(record_document(engine.data.chips.find(name))))


@router.get("/models")
def models(request: Request, engine: EngineOf) -> Response:
    """Language models that the workload model knows."""
    rows = [
        {"id": m.id, "name": m.name, "params_b": m.params_b, "active_params_b": m.active_params_b,
         "attention": m.attention}
        for m in engine.data.models.values()
    ]  # fmt: skip
    return tagged(request, encoded({"models": rows}))


@router.get("/assumptions")
def assumptions(request: Request, engine: EngineOf, as_of: DayQuery = None) -> Response:
    """The priors of the market as they stood on a day, with what they rest on."""
    day = covered_day(as_of) if as_of is not None else engine.data.compiled
    fitted = fitted_priors(engine.data, day)
    rows = []
    for name, prior in engine.data.priors.items():
        known = [v for v in prior.variants if v.known_since.last <= day]
        if not known:
            continue
        last = known[-1]
        rows.append(
            {"id": name, "label": input_label(engine.data, name), "unit": prior.unit, "scale": prior.scale,
             "group": group_of(engine.data, name), "low": last.low, "central": last.central, "high": last.high,
             "kind": last.kind, "badge": last.kind, "confidence": last.confidence,
             "known_since": str(last.known_since), "parameters": list(last.parameters),
             "observations": list(last.observations), "why": last.why, "variants": len(known),
             "posterior": fitted.get(name)}
        )  # fmt: skip
    return tagged(request, encoded({"as_of": day.isoformat(), "assumptions": rows}))


@router.get("/observations")
def observations(request: Request, engine: EngineOf, metric: Text = None, q: Text = None) -> Response:
    """Published figures of the market."""
    rows = [
        record_document(seen)
        for seen in engine.data.observations.values()
        if (not metric or seen.metric == metric)
        and (not q or q.casefold() in f"{seen.id} {seen.publisher} {seen.notes}".casefold())
    ]
    return tagged(request, encoded({"observations": rows}))


@router.get("/records/{kind}")
def records(kind: str, request: Request, engine: EngineOf) -> Response:
    """All records of a kind: parameters, events, buyers, makers, offers, priors, …"""
    table = engine.data.table(kind)
    return tagged(request, encoded({"kind": kind, "records": [record_document(r) for r in table.values()]}))


@router.get("/records/{kind}/{name}")
def record(kind: str, name: str, request: Request, engine: EngineOf) -> Response:
    """One record."""
    return tagged(request, encoded({"kind": kind, "record": record_document(engine.data.table(kind).find(name))}))


@router.get("/glossary")
def words(request: Request, engine: EngineOf) -> Response:
    """The words that are used, by section."""
    sections: dict[str, list[dict[str, str]]] = {}
    for term in glossary(engine.data):
        sections.setdefault(term.section, []).append({"term": term.term, "text": term.text})
    rows = [{"title": title, "terms": terms} for title, terms in sections.items()]
    return tagged(request, encoded({"sections": rows}))
