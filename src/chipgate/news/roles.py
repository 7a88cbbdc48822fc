"""Who acts: the subject left of the verb, or what stands after "by"; report verbs are skipped."""

from dataclasses import dataclass
from typing import Final

from chipgate.news.lists import GOVERNMENT
from chipgate.news.tagging import PREPOSITIONS, Mention, Span, Tagged

_BE: Final = frozenset(["is", "are", "was", "were", "be", "been", "being", "get", "gets", "got"])
_AFTER_PASSIVE: Final = frozenset(["from", "by", "to"])
_ACTIVE_GAP: Final = 9


@dataclass(frozen=True)
class Subject:
    """Who acts.

    Attributes:
        mention: The name; ``None`` where the clause has none.
        how: ``before`` the verb, ``by`` it, or ``sentence`` (taken from an earlier clause).
    """

    mention: Mention | None
    how: str = ""


def passive(tagged: Tagged, head: Span) -> bool:
    """Whether the act is in the passive: a form of *be* before it, or *from*, *by* or *to* right after a participle."""
    first, stop = head
    lower = tagged.tokens.lower
    before = lower[max(first - 3, tagged.first) : first]
    word = lower[first]
    participle = word.endswith(("ed", "en", "old", "ept", "ght", "anned")) or word in (
        "cut",
        "hit",
        "put",
        "let",
        "shut",
        "told",
    )
    if participle and any(w in _BE for w in before):
        return True
    return participle and stop < tagged.stop and lower[stop] in _AFTER_PASSIVE and lower[stop - 1] not in _AFTER_PASSIVE


def subject_of(tagged: Tagged, head: Span, kinds: tuple[str, ...] = GOVERNMENT) -> Subject:
    """The government that acts in the clause of the head."""
    clause = tagged.clause_of(head[0])
    own = [m for m in tagged.mentions if tagged.clause_of(m.first) == clause and m.named.kind in kinds]
    by = _by_agent(tagged, head, kinds)
    is_passive = passive(tagged, head)
    if is_passive:
        if by:
            return Subject(by, "by")
    else:
        before = [m for m in own if m.stop <= head[0] and not _governed(tagged, m)]
        if before:
            return Subject(_head_of(before), "before")
        if by:
            return Subject(by, "by")
    for number in range(clause - 1, -1, -1):
        earlier = [
            m for m in tagged.mentions
            if tagged.clause_of(m.first) == number and m.named.kind in kinds and not _governed(tagged, m)
        ]  # fmt: skip
        if earlier:
            return Subject(earlier[0], "sentence")
    if is_passive:
        before = [m for m in own if m.stop <= head[0] and not _governed(tagged, m)]
        if before:
            return Subject(before[0], "sentence")
    return Subject(None)


def firm_before(tagged: Tagged, head: Span) -> Mention | None:
    """A firm or outlet that is the nearest subject of an active head, so that no government acts here."""
    if passive(tagged, head):
        return None
    clause = tagged.clause_of(head[0])
    before = [
        m
        for m in tagged.mentions
        if m.stop <= head[0]
        and tagged.clause_of(m.first) == clause
        and m.named.kind != "chip"
        and not _governed(tagged, m)
    ]
    if not before:
        return None
    last = before[-1]
    if last.named.kind in ("firm", "outlet", "collective", "state_media") and head[0] - last.stop <= _ACTIVE_GAP:
        return last
    return None


def _head_of(mentions: list[Mention]) -> Mention:
    """Of several names before the verb, the last agency of the first side: "China's customs", "Trump ... Commerce"."""
    first = mentions[0]
    last = mentions[-1]
    return last if last.named.kind != "role" or first.named.kind == "role" else first


def _by_agent(tagged: Tagged, head: Span, kinds: tuple[str, ...]) -> Mention | None:
    lower = tagged.tokens.lower
    for m in tagged.mentions:
        if m.first < head[1] or m.named.kind not in kinds or m.first - head[1] > 14:
            continue
        before = lower[max(m.first - 3, tagged.first) : m.first]
        if "by" in before:
            return m
    return None


def _governed(tagged: Tagged, mention: Mention) -> bool:
    """Whether a preposition governs the name, so that it is no subject; a name in the genitive is none either."""
    lower = tagged.tokens.lower
    at = mention.first - 1
    if at >= tagged.first and lower[at] == "(":
        return True
    if at >= tagged.first and lower[at] in ("the", "a", "an", "its", "their", "'"):
        at -= 1
    if at >= tagged.first and lower[at] in PREPOSITIONS:
        return not (at == tagged.first or lower[at] in ("between",))
    return False
