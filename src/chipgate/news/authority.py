"""Two axes kept apart: the force of an act, and how we know of it."""

from dataclasses import dataclass

from chipgate.news.lists import Lists, Named
from chipgate.news.tagging import Mention, Tagged
from chipgate.schema.news import Context, NewsAuthority, Sourcing

_GUIDANCE_ACTS = ("purchase_ban", "purchase_discouragement", "customs_block", "purchase_approval", "volume_cap")
_ON_RECORD = (
    "threshold_rule", "entity_listing", "rare_earth_control", "antitrust", "legislation_proposed", "legislation_passed",
    "tariff", "license_requirement",
)  # fmt: skip
"""Acts that are published as documents: rules, lists, notices, decisions, bills."""
_SPOKE = frozenset(
    ["said", "says", "announced", "confirmed", "told", "wrote", "stated", "tweeted", "claims", "claimed"]
)


@dataclass(frozen=True)
class Standing:
    """Force and rank of an act, whether it is public, and how it is known."""

    authority: NewsAuthority
    rank: int
    public: bool
    sourcing: Sourcing


def standing(
    lists: Lists, tagged: Tagged, instrument: str, side: str, actor: Mention | None, context: Context,
    before: Sourcing | None,
) -> Standing:  # fmt: skip
    """Force and sourcing of an act.

    Args:
        before: Sourcing of the paragraph's sentence before, which holds on where a sentence names no source.
    """
    kinds: set[str] = {cue.kind for _, _, cue in tagged.cues}
    sourcing = sourcing_of(tagged, side, before)
    issued = actor is not None and actor.named.kind in ("agency", "legislature") and context == "current"
    if issued and instrument in _ON_RECORD and sourcing in ("unsourced", "on_record"):
        sourcing = "official_record"  # what such an agency does is published by it
    authority = _authority(lists, instrument, side, actor, kinds, sourcing, context)
    public = authority not in ("private_guidance",) and not any(
        cue.term in ("is-informed", "letter", "letters") for _, _, cue in tagged.cues
    )
    return Standing(
        authority, rank_of(lists, authority, instrument, actor.named if actor else None, public), public, sourcing
    )


def sourcing_of(tagged: Tagged, side: str, before: Sourcing | None = None) -> Sourcing:
    """How an act is known, by the cues of its sentence."""
    kinds = {cue.kind for _, _, cue in tagged.cues}
    if "anonymous_official" in kinds:
        return "anonymous_official"
    if "anonymous" in kinds:
        return "anonymous"
    if "filing" in kinds and (side == "company" or "report" in kinds):
        return "company_filing"
    if "record" in kinds:
        return "official_record"
    if "on_record" in kinds:
        return "on_record"
    speakers = [
        m for m in tagged.mentions if m.named.kind in ("agency", "leader", "legislature", "firm", "state_media")
    ]
    if speakers and any(word in _SPOKE for word in tagged.tokens.lower[tagged.first : tagged.stop]):
        return "on_record"
    return before if before in ("anonymous", "anonymous_official") else "unsourced"


def _authority(
    lists: Lists, instrument: str, side: str, actor: Mention | None, kinds: set[str], sourcing: Sourcing,
    context: Context,
) -> NewsAuthority:  # fmt: skip
    usual = lists.crosswalk[instrument].authority
    if instrument.startswith("legislation"):
        return "legislative"
    if instrument == "state_media_signal" or (actor and actor.named.kind == "state_media"):
        return "state_media"
    if side == "company":
        return "press_report" if sourcing in ("anonymous", "anonymous_official") or (
            usual == "press_report" and sourcing not in ("on_record", "company_filing")
        ) else "company_statement"  # fmt: skip
    anonymous = sourcing in ("anonymous", "anonymous_official")
    if side == "CN":
        if instrument in _GUIDANCE_ACTS:
            if "record" in kinds or ("official" in kinds and not anonymous and "private" not in kinds):
                return "formal_order" if instrument in ("purchase_ban", "customs_block") else "official_statement"
            return "private_guidance"
        if instrument == "rare_earth_control":
            return "formal_order"
        return (
            usual
            if not anonymous or usual != "official_statement"
            else "private_guidance"
            if "private" in kinds
            else usual
        )
    if anonymous and context in ("future", "hypothetical"):
        return "press_report"
    if instrument in ("license_grant", "license_denial", "tariff", "export_ban_lift", "revenue_fee"):
        return "formal_order" if kinds & {"record"} else usual
    return usual


def rank_of(lists: Lists, authority: str, instrument: str, actor: Named | None, public: bool) -> int:
    """Rung of the ladder, 9 to 1: of an authority with several rungs, that of its vehicle."""
    rungs = [rung.rank for rung in lists.ladder if rung.authority == authority]
    if authority == "state_media":
        vehicle = int(actor.vehicle) if actor and actor.vehicle.isdigit() else 3
        return vehicle if vehicle in rungs else min(rungs)
    lower = (authority == "formal_order" and not public) or instrument == "legislation_proposed"
    return min(rungs) if lower else max(rungs)
