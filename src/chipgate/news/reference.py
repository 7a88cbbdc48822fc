"""Sentences that only come back to an act already told, or tell of a state that goes on."""

from itertools import pairwise
from typing import Final

from chipgate.news.tagging import Span, Tagged
from chipgate.news.triggers import Hit

_POINTS_BACK: Final = frozenset(["the", "that", "this", "these", "those", "such"])
_NOUNS: Final = frozenset(
    ["ban", "bans", "curbs", "controls", "restrictions", "reversal", "approval", "approvals", "removal", "withdrawal",
     "lifting", "easing", "clearance", "embargo", "rules", "limits", "prohibition"]
)  # fmt: skip
_TOLD_OF: Final = frozenset(
    ["decision", "move", "directive", "announcement", "order", "measure", "measures", "development", "step", "steps",
     "action", "actions", "policy", "shift", "restriction", "restrictions", "ban", "curbs", "escalation", "change"]
)  # fmt: skip
_RELATES: Final = frozenset(
    ["follows", "followed", "comes", "came", "reverses", "reversed", "undoes", "ends", "ended", "builds", "extends"]
)
_STATES: Final = ("license_requirement", "threshold_rule", "license_denial", "export_ban_lift", "license_grant")
_GOES_ON: Final = frozenset(["remain", "remains", "remained", "stay", "stays", "still", "continue", "continues"])
_RETOLD: Final = (
    "license_requirement", "export_ban_lift", "license_grant", "license_denial", "purchase_ban",
    "purchase_discouragement", "customs_block",
)  # fmt: skip


def stative(tagged: Tagged, hit: Hit) -> bool:
    """Whether a state goes on rather than an act is told: remains banned, still excluded."""
    before = tagged.tokens.lower[max(hit.head[0] - 3, tagged.first) : hit.head[0]]
    return hit.rule.instrument in _STATES and any(word in _GOES_ON for word in before)


def named_again(tagged: Tagged, head: Span) -> bool:
    """Whether the act is a noun that points back: following the ban, despite these controls, the resumption of."""
    lower = tagged.tokens.lower
    word = lower[head[1] - 1] if head[1] - head[0] <= 2 else lower[head[0]]
    noun = word in _NOUNS or word.endswith(("tion", "sion", "tions", "sions"))
    before = lower[max(head[0] - 2, tagged.first) : head[0]]
    owned = lower[max(head[0] - 4, tagged.first) : head[0]]
    if noun and any(a == "'" and b == "s" for a, b in pairwise(owned)):
        return True  # Trump's expanded restrictions
    return noun and bool(before) and (before[-1] in _POINTS_BACK or before[0] in _POINTS_BACK)


def comes_back(tagged: Tagged, hit: Hit) -> bool:
    """Whether the sentence speaks of an act already told: by its subject (this decision ...) or by the act's noun."""
    if hit.rule.instrument not in _RETOLD:
        return False
    lower = tagged.tokens.lower[tagged.first : hit.head[0]]
    if any(word in _RELATES for word in lower[:6]):
        return False  # the move follows, reverses, comes after another act, which it tells
    start = next((i for i, word in enumerate(lower[:4]) if word in _POINTS_BACK), None)
    subject = start is not None and any(word in _TOLD_OF for word in lower[start + 1 : start + 3])
    return subject or named_again(tagged, hit.head)
