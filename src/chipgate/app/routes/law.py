"""The law: clauses and thresholds by day, verdicts, headroom, history."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from chipgate import api
from chipgate.app.answer import encoded, tagged
from chipgate.app.context import PROBLEMS, EngineOf
from chipgate.catalogue.catalogue import Catalogue
from chipgate.rules.destination import destination
from chipgate.rules.document import headroom_document, period_document, verdict_document
from chipgate.rules.facts import chip_facts
from chipgate.rules.history import beijing_measures
from chipgate.rules.regions import regions
from chipgate.schema.clause import Clause
from chipgate.timegrid import covered_day

router = APIRouter(prefix="/api/rules", tags=["law"], responses=PROBLEMS)
On = Annotated[str, Query(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
To = Annotated[str, Query(min_length=1, max_length=80)]
Chip = Annotated[str, Query(min_length=1, max_length=200)]
Figure = Annotated[float, Query(ge=0, le=1e6, allow_inf_nan=False)]


@router.get("")
def rules(
    request: Request, engine: EngineOf, on: On, to: To = "CN", datacenter: bool = True, mem_bw_gbs: Figure = 0.0,
    io_bw_gbs: Figure = 0.0,
) -> Response:  # fmt: skip
    """Every clause, every chip's verdict, the thresholds in force and the map of outcomes, on a day."""
    data = engine.data
    day = covered_day(on)
    place = destination(data, to, day)
    book = api.rule_book(data)
    found = regions(book, day, place, datacenter=datacenter, mem_bw_gbs=mem_bw_gbs, io_bw_gbs=io_bw_gbs)
    thresholds = [
        {"variable": name, "value": cut, "clauses": list(ids)}
        for name, cuts in found.thresholds.items()
        for cut, ids in cuts.items()
    ]
    document = {
        "on": day.isoformat(), "to": place.code,
        "clauses": [_clause(clause, in_force=clause.in_force(day)) for clause in data.clauses.values()],
        "chips": [_verdict(data, verdict) for verdict in api.classify_all(on=day, to=to, data=data)],
        "thresholds": thresholds,
        "regions": {"tpp": found.tpp, "pd": found.pd, "outcome": found.outcome, "datacenter": datacenter,
                    "mem_bw_gbs": mem_bw_gbs, "io_bw_gbs": io_bw_gbs},
    }  # fmt: skip
    return tagged(request, encoded(document))


def _clause(clause: Clause, *, in_force: bool) -> dict[str, Any]:
    return {
        "id": clause.id, "role": clause.role, "item": clause.item,
        "effective": clause.effective.isoformat() if clause.effective else None,
        "ends": clause.ends.isoformat() if clause.ends else None, "known_since": clause.known_since.isoformat(),
        "outcome": clause.outcome, "fee": clause.fee, "duty": clause.duty, "provision": clause.provision,
        "citation": clause.citation, "urls": list(clause.urls), "in_force": in_force, "test": clause.test,
    }  # fmt: skip


def _verdict(data: Catalogue, verdict: Any) -> dict[str, Any]:
    chip = data.chips[verdict.subject.id]
    facts = chip_facts(chip)
    return {
        "id": chip.id, "name": chip.name, "vendor": chip.vendor, "tpp": facts["tpp"].value,
        "performance_density": facts["pd"].value, "outcome": verdict.outcome, "fee": verdict.fee,
        "duty": verdict.duty, "confidence": verdict.confidence,
        "clauses": [c.id for c in verdict.clauses if c.decides],
        "marketed_datacenter": bool(facts["marketed_datacenter"].value),
        "announced": str(chip.announced) if chip.announced is not None else None,
    }  # fmt: skip


@router.get("/headroom")
def headroom(
    request: Request, engine: EngineOf, on: On, to: To = "CN", chip: Annotated[str | None, Query(max_length=200)] = None
) -> Response:
    """How far chips stand from each threshold, and which single change would alter their verdict."""
    found = api.headroom([chip] if chip else None, on=on, to=to, data=engine.data)
    return tagged(request, encoded({"headroom": [headroom_document(one) for one in found]}))


@router.get("/history")
def history(request: Request, engine: EngineOf, chip: Chip, to: To = "CN") -> Response:
    """Every change of a chip's status since 2022."""
    data = engine.data
    found = api.history(chip, to=to, data=data)
    place = destination(data, to, data.compiled)
    document = {
        "chip": data.chips.find(chip).id, "destination": place.code, "periods": [period_document(p) for p in found],
    }  # fmt: skip
    return tagged(request, encoded(document))


@router.get("/verdict")
def verdict(
    request: Request, engine: EngineOf, chip: Chip, on: On, to: To = "CN",
    buyer: Annotated[str | None, Query(max_length=200)] = None,
) -> Response:  # fmt: skip
    """Whether a chip may be exported on a day, with clauses, arithmetic and citation."""
    data = engine.data
    found = api.classify(chip, on=on, to=to, buyer=buyer or None, data=data)
    china = "CN" in found.destination.groups
    measures = beijing_measures(data, found.subject.id, found.day) if china else []
    return tagged(request, encoded(verdict_document(found, measures)))
