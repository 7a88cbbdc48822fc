"""Verdicts, histories and headroom as plain documents for JSON."""

from typing import Any

from chipgate.rules.headroom import Headroom
from chipgate.rules.history import Period
from chipgate.rules.verdict import Case, Verdict, fact_value
from chipgate.schema.tables import Event


def verdict_document(verdict: Verdict, beijing: list[Event] | None = None) -> dict[str, Any]:
    """A verdict as the document that ``chipgate classify --json`` prints.

    Args:
        beijing: China's own measures on the chip at that time, for a destination in China.
    """
    facts = verdict.facts
    return {
        "chip": verdict.subject.id or verdict.subject.name,
        "name": verdict.subject.name,
        "date": verdict.day.isoformat(),
        "destination": verdict.destination.code,
        "destination_groups": sorted(verdict.destination.groups),
        "outcome": verdict.outcome,
        "basis": verdict.basis,
        "fee": verdict.fee,
        "duty": verdict.duty,
        "volume_cap": _caps(verdict),
        "tpp": fact_value(facts, "tpp"),
        "performance_density": fact_value(facts, "pd"),
        "confidence": verdict.confidence,
        "clauses": [
            {
                "id": c.id, "provision": c.provision, "holds": c.holds, "decides": c.decides,
                "replaced_by": c.replaced_by, "applied": c.applied, "outcome": c.outcome,
                "arithmetic": c.arithmetic, "citation": c.citation, "urls": list(c.urls),
            }
            for c in verdict.clauses
        ],
        "facts": {
            name: {
                "value": (bool(f.value) if f.is_flag and f.value is not None else f.value), "low": f.low,
                "high": f.high, "arithmetic": f.arithmetic, "confidence": f.confidence, "note": f.note,
            }
            for name, f in facts.items()
        },
        "missing": list(verdict.missing),
        "possible": [_case(case) for case in verdict.possible],
        "alternatives": [_case(case) for case in verdict.alternatives],
        "evidence": list(verdict.evidence),
        "entity_list": None if verdict.listing is None else {
            "firm": verdict.listing.firm, "policy": verdict.listing.policy, "reason": verdict.listing.reason,
            "event": verdict.listing.event,
        },
        "ambiguities": [
            {
                "id": t.id, "title": t.title, "text": t.text,
                "outcome_if_read_otherwise": t.outcome_if_read_otherwise, "changes_outcome": t.changes_outcome,
            }
            for t in verdict.ambiguities
        ],
        "beijing_measures": [event_document(e) for e in beijing or []],
    }  # fmt: skip


def event_document(event: Event) -> dict[str, Any]:
    """An event in short."""
    return {
        "id": event.id, "date": str(event.date), "public_date": str(event.known_since),
        "country": event.actor_country, "actor": event.actor, "instrument": event.instrument,
        "authority": event.authority, "summary": event.summary, "urls": list(event.source_urls),
    }  # fmt: skip


def period_document(period: Period) -> dict[str, Any]:
    """One period of a chip's history."""
    verdict = period.verdict
    return {
        "first": period.first.isoformat(),
        "last": period.last.isoformat() if period.last else None,
        "outcome": verdict.outcome,
        "fee": verdict.fee,
        "duty": verdict.duty,
        "volume_cap": _caps(verdict),
        "confidence": verdict.confidence,
        "clauses": [c.id for c in verdict.clauses if c.decides],
        "events": [event_document(event) for event in period.events],
    }


def headroom_document(found: Headroom) -> dict[str, Any]:
    """Headroom of one chip."""
    return {
        "chip": found.subject.id,
        "name": found.subject.name,
        "outcome": found.outcome,
        "tpp": fact_value(found.facts, "tpp"),
        "performance_density": fact_value(found.facts, "pd"),
        "thresholds": [
            {
                "variable": g.variable, "value": g.value, "threshold": g.threshold, "margin": g.margin,
                "clauses": list(g.clauses),
            }
            for g in found.gaps
        ],
        "flips": [
            {"variable": f.variable, "value": f.value, "to": f.to, "change": f.change, "outcome": f.outcome}
            for f in found.flips
        ],
    }  # fmt: skip


def _caps(verdict: Verdict) -> dict[str, Any] | None:
    if not verdict.volume_caps:
        return None
    merged: dict[str, Any] = {"text": "; ".join(cap.text for cap in verdict.volume_caps)}
    for cap in verdict.volume_caps:
        merged |= cap.model_dump(exclude={"text"}, exclude_none=True)
    return merged


def _case(case: Case) -> dict[str, str]:
    return {"outcome": case.outcome, "when": case.when}
