"""Whether an act is stated as done: cues with scope for negation, supposition, plans and denial."""

from typing import Final

from chipgate.news.roles import passive
from chipgate.news.tagging import Span, Tagged
from chipgate.schema.news import Context

_REACH: Final = {"negation": 7, "hypothetical": 9, "future": 8}
_CONTEXT_OF: Final[dict[str, Context]] = {
    "negation": "negated",
    "hypothetical": "hypothetical",
    "future": "future",
}
_BACK: Final = 18
_ANNOUNCED: Final = frozenset(
    [
        "said",
        "says",
        "announced",
        "announces",
        "confirmed",
        "agreed",
        "told",
        "informed",
        "ordered",
        "decided",
        "declared",
        "approved",
        "stated",
        "disclosed",
        "granted",
        "granting",
        "notified",
        "notifies",
        "instructed",
        "unveiled",
        "indicated",
        "outlined",
        "posted",
    ]
)
_SOFT: Final = frozenset(
    {
        "would",
        "will",
        "'ll",
        "going to",
        "expected to",
        "is expected",
        "are expected",
        "set to",
        "plans to",
        "is to",
        "are to",
        "should",
        "can be",
        "if",
        "whether",
        "applying for",
        "apply for",
    }
)
_SOFT_WILL: Final = frozenset({"would", "will", "'ll", "going to"})
_AFTER_HEAD: Final = ("none of", "none", "nobody")
_FALSE: Final = ("false", "wrong", "true", "untrue", "unfounded", "debunked")
_NOT_ONLY: Final = frozenset(["only", "just", "merely", "necessarily", "simply"])
SELF_NEGATED: Final = ("license_denial", "sales_result")
"""Instruments whose words hold a negation themselves."""


def context_of(tagged: Tagged, head: Span, instrument: str, announced: bool) -> Context:
    """``negated``, ``hypothetical`` or ``future`` by the cues in whose scope the act stands, else ``current``.

    Args:
        announced: Someone in office says so, which makes "will" and "would" an announcement rather than a guess.
    """
    clause = tagged.clause_of(head[0])
    revoked = head in tagged.classes.get("REVOKE", ())  # has not revoked a licence
    without = tagged.tokens.lower[head[0]] == "without"  # may not ship without a licence: the not is the requirement
    state: Context = "hypothetical" if _subjunctive(tagged, head) or _supposed(tagged, head) else "current"
    for first, stop, cue in tagged.cues:
        if cue.term in _AFTER_HEAD and head[1] <= first <= head[1] + 2:
            return "negated"  # ordered none of its firms to stop
        if cue.reach == "before":
            if cue.kind in _REACH and 0 <= first - head[1] <= _BACK and tagged.clause_of(first) == clause:
                return _CONTEXT_OF[cue.kind]  # a requirement to buy ... is being weighed
            continue
        if cue.kind not in _REACH or stop > head[0] or without:
            continue
        if _names_the_month(tagged, first) or (cue.term in _PART_OF.get(instrument, ())):
            continue
        gap = head[0] - stop
        # A case is a noun, told far behind the verb that supposes: could still fine the firm under the case.
        if gap > _REACH[cue.kind] + (3 if instrument == "antitrust" else 0) or tagged.clause_of(first) != clause:
            continue
        if _crosses_list(tagged, stop, head[0]):
            continue
        if cue.kind == "negation":
            if (instrument in SELF_NEGATED and not revoked) or _not_only(tagged, stop) or "NODOUBLE" in tagged.classes:
                continue
            if (
                gap > 4
                and cue.term in ("not", "n't", "no", "never")
                and not (cue.term == "no" and passive(tagged, head))
            ):
                continue
            return "negated"
        if cue.term in _SOFT_WILL and announced:
            continue
        if cue.kind == "hypothetical":
            if (
                cue.term == "would"
                and instrument in ("license_requirement", "revenue_fee", "export_ban_lift", "license_grant")
                and announced
            ):
                continue
            state = "hypothetical"
        elif state == "current":
            state = "future"
    return state


_PART_OF: Final = {
    "volume_cap": ("may", "can", "could"),
    "sales_result": ("expects", "expected to", "is expected"),
    "revenue_fee": ("will", "is to", "are to", "expects", "expected to"),
    "purchase_discouragement": ("should",),
}
"""Cues that belong to the act itself: a cap is what a buyer may take, a forecast is what a firm expects."""


def _names_the_month(tagged: Tagged, at: int) -> bool:
    """Whether a word is the month of May and no verb."""
    return tagged.tokens.words[at] == "May" and at > tagged.first


def _subjunctive(tagged: Tagged, head: Span) -> bool:
    """Had China banned ..., were Beijing to bar ...: an inverted clause that opens a sentence supposes."""
    opens = tagged.tokens.lower[tagged.first] in ("had", "were", "should")
    return (
        opens
        and tagged.clause_of(head[0]) == 0
        and any(word in ("would", "could", "might") for word in tagged.tokens.lower[head[0] : tagged.stop])
    )


def _supposed(tagged: Tagged, head: Span) -> bool:
    """Whether the act is a gerund of which something would follow: "allowing the export would threaten"."""
    lower = tagged.tokens.lower
    opens = head[0] == tagged.first or lower[head[0] - 1] in ("that", "and", "said", ",", '"')
    after = lower[head[1] : min(head[1] + 16, tagged.stop)]
    end = next((i for i, word in enumerate(after) if word in (",", ";")), len(after))
    return lower[head[0]].endswith("ing") and opens and any(word in ("would", "could", "might") for word in after[:end])


def denied(tagged: Tagged, head: Span) -> bool:
    """Whether the sentence denies what the head states."""
    return any(cue.kind == "denial" and (stop <= head[0] or cue.term.endswith(_FALSE)) for _, stop, cue in tagged.cues)


def announced(tagged: Tagged) -> bool:
    """Whether the sentence has a word of announcing."""
    return any(word in _ANNOUNCED for word in tagged.tokens.lower[tagged.first : tagged.stop])


def background_cue(tagged: Tagged, head: Span) -> bool:
    """Whether the act is told as past: a pluperfect before it, or a cue of time gone by."""
    lower = tagged.tokens.lower
    if "had" in lower[max(head[0] - 4, tagged.first) : head[0]]:
        return True
    clause = tagged.clause_of(head[0])
    words = (
        "previously",
        "earlier",
        "initially",
        "originally",
        "years ago",
        "last year",
        "the previous",
        "already",
        "formerly",
    )
    return any(
        cue.kind == "background" and cue.term in words and tagged.clause_of(first) == clause
        for first, _, cue in tagged.cues
    )


def _not_only(tagged: Tagged, stop: int) -> bool:
    return stop < tagged.stop and tagged.tokens.lower[stop] in _NOT_ONLY


def _crosses_list(tagged: Tagged, stop: int, head: int) -> bool:
    """A comma followed by a new verb phrase ends the scope of a cue."""
    words = tagged.tokens.words[stop:head]
    between = " ".join(words)
    return words.count(",") >= 2 or ", and" in between or "and then" in between
