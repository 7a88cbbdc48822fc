"""Rules of word classes over the clauses of a sentence: which acts it states."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from chipgate.news.parameters import is_cap, is_fee
from chipgate.news.roles import Subject, passive
from chipgate.news.sides import who_acts
from chipgate.news.tagging import Span, Tagged
from chipgate.schema.news import TriggerRule

_TARIFF_VERBS: Final = re.compile(
    r"\b(?:impose|imposed|imposes|imposing|announce|announced|announces|threaten|threatened|threatens|raise"
    r"|raised|levy|levied|slap|slapped|plan|plans|set|sets|hike|hiked|investigat\w+|delay\w*|sign\w*|unveil\w*"
    r"|place[ds]?|puts?|impos\w+|appl(?:y|ies|ied)|double[ds]?|suspend\w*|proclamation|launch\w*|initiat\w+"
    r"|open(?:ed|s)|keep|kept|keeps|schedul\w+|respond\w*|reduc\w+|lower\w*|agreed|slash\w+|defer\w*|force|conclud\w+|announcement|coincid\w+|cut|took|takes|putting|slapping|lower(?:ed)?|would)\b",
    re.I,
)


@dataclass(frozen=True)
class Hit:
    """A rule that fired.

    Attributes:
        head: Tokens of the act. ``span``: tokens from the first to the last that it rests on.
    """

    rule: TriggerRule
    head: Span
    span: Span
    subject: Subject
    weight: float


class Rules:
    """Rules by the class of their head."""

    def __init__(self, rules: Sequence[TriggerRule]) -> None:
        self.rules = rules
        self._needs = {rule.id: [_group(g) for g in rule.need] for rule in rules}
        self._asks = {rule_id: list(_asks(groups)) for rule_id, groups in self._needs.items()}
        self._by_head: dict[str, list[int]] = {}
        for i, rule in enumerate(rules):
            for name in rule.head:
                self._by_head.setdefault(name, []).append(i)
        self._named_heads = [name for name in self._by_head if name.startswith("@")]

    def hits(self, text: str, tagged: Tagged) -> list[Hit]:
        """Rules that fire in a sentence; of those with one instrument in one clause, the surest."""
        best: dict[tuple[str, int], Hit] = {}
        # "Stopped short of" is no stop, "denied that" denies no licence: words of a longer cue are no acts.
        shut = [
            (a, b)
            for a, b, cue in tagged.cues
            if b - a > 1 and (cue.kind == "denial" or (cue.kind == "negation" and cue.term.startswith("stop")))
        ]
        present = [*(name for name in tagged.classes if name in self._by_head), *self._named_heads]
        for rule in (self.rules[i] for i in sorted({i for name in present for i in self._by_head[name]})):
            if not self._may(tagged, rule):
                continue
            for head in self._heads(tagged, rule):
                if any(a <= head[0] < b for a, b in shut) or _speaks_to_press(tagged, head):
                    continue
                hit = self._match(text, tagged, rule, head)
                if hit is None:
                    continue
                key = (rule.instrument, tagged.clause_of(head[0]))
                if key not in best or hit.weight > best[key].weight:
                    best[key] = hit
        return _settled(list(best.values()))

    def _may(self, tagged: Tagged, rule: TriggerRule) -> bool:
        """Whether every needed group has a word or name in the sentence at all."""
        held = tagged.classes.keys()
        return all(
            not names.isdisjoint(held) or not before.isdisjoint(tagged.told) for names, before in self._asks[rule.id]
        )

    def _heads(self, tagged: Tagged, rule: TriggerRule) -> Iterator[Span]:
        for name in rule.head:
            yield from tagged.named(name) if name.startswith("@") else tagged.classes.get(name, ())

    def _match(self, text: str, tagged: Tagged, rule: TriggerRule, head: Span) -> Hit | None:
        low, high = head
        ahead = _takes_object_after(tagged, rule, head)
        for number, group in enumerate(self._needs[rule.id]):
            place = _place(text, tagged, group, head, rule.within)
            if place is None or (ahead and not number and place[1] <= head[0]):
                return None
            if place[2]:
                low, high = min(low, place[0]), max(high, place[1])
        if self._blocked(tagged, rule, head):
            return None
        acting = who_acts(tagged, rule, head)
        if acting is None:
            return None
        subject, more = acting
        return Hit(rule, head, (low, high), subject, min(rule.weight + more, 0.95))

    def _blocked(self, tagged: Tagged, rule: TriggerRule, head: Span) -> bool:
        """Whether a blocking class stands in the clause of the head, beside the head itself."""
        return any(all(self._beside(tagged, name, head) for name in block.split("+")) for block in rule.block)

    def _beside(self, tagged: Tagged, name: str, head: Span) -> bool:
        clause = tagged.clause_of(head[0])
        plain = name.lstrip("^")
        spans = tagged.named(plain) if plain.startswith("@") else tagged.classes.get(plain, ())
        for first, stop in spans:
            apart = stop <= head[0] or first >= head[1] or first < head[0] or stop > head[1]
            if apart and (name.startswith("^") or tagged.clause_of(first) == clause):
                return True
        return False


_AUDIENCES: Final = frozenset(
    ["reporters", "analysts", "investors", "lawmakers", "journalists", "shareholders", "parliament", "congress"]
)


def _speaks_to_press(tagged: Tagged, head: Span) -> bool:
    """Whether "told" only passes on news: told reporters, told Reuters."""
    lower = tagged.tokens.lower
    if lower[head[0]] not in ("told", "tells", "informed", "tell"):
        return False
    after = range(head[0] + 1, min(head[0] + 4, tagged.stop))
    outlets = {m.first for m in tagged.mentions if m.named.kind in ("outlet", "state_media")}
    return any(lower[i] in _AUDIENCES or i in outlets for i in after)


def _takes_object_after(tagged: Tagged, rule: TriggerRule, head: Span) -> bool:
    """Whether the act is an active participle that ends or eases something, whose object can only follow it."""
    lower = tagged.tokens.lower
    if "LIFT" not in rule.head or not lower[head[0]].endswith("ing"):
        return False
    return head[0] == tagged.first or lower[head[0] - 1] not in ("being", "is", "are", "was", "were")


@dataclass(frozen=True)
class _Alternative:
    name: str
    after: bool
    before: bool
    anywhere: bool
    before_now: bool


def _asks(groups: Sequence[tuple[_Alternative, ...]]) -> Iterator[tuple[frozenset[str], frozenset[str]]]:
    """Word classes of which a sentence must hold one, by group; those that a sentence just before may hold instead."""
    for group in groups:
        if not any(a.name[0] in "@#" for a in group):
            yield frozenset(a.name for a in group), frozenset(a.name for a in group if a.before_now)


def _group(text: str) -> tuple[_Alternative, ...]:
    """A group of alternatives; a sign at its start holds for all of them."""
    general = text[: len(text) - len(text.lstrip("^><~"))]
    found = []
    for part in text.split("|"):
        marks = part[: len(part) - len(part.lstrip("^><~"))] + general
        found.append(_Alternative(part.lstrip("^><~"), ">" in marks, "<" in marks, "^" in marks, "~" in marks))
    return tuple(found)


def _place(
    text: str, tagged: Tagged, group: tuple[_Alternative, ...], head: Span, within: int
) -> tuple[int, int, bool] | None:
    """Nearest place of a needed group, and whether it lies in the clause; ``None`` where it is missing."""
    best: tuple[int, int, bool] | None = None
    least = 10**9
    clause = tagged.clause_of(head[0])
    for alternative in group:
        for first, stop in _spans(text, tagged, alternative.name):
            overlaps = first < head[1] and stop > head[0] and not alternative.name.startswith("#")
            if overlaps and (stop - first <= head[1] - head[0] or alternative.after or alternative.before):
                continue  # the head does not need itself
            if (alternative.after and first < head[1]) or (alternative.before and stop > head[0]):
                continue
            gap = first - head[1] if first >= head[1] else head[0] - stop
            inside = tagged.clause_of(first) == clause
            if not alternative.anywhere and (gap > within or not inside):
                continue
            if gap < least:
                best, least = (first, stop, inside and gap <= within), gap
    if best is None and any(a.before_now and a.name in tagged.told for a in group):
        return head[0], head[1], False  # the sentences before speak of it
    return best


def _spans(text: str, tagged: Tagged, name: str) -> list[Span]:
    if name.startswith("@"):
        return tagged.named(name)
    if not name.startswith("#"):
        return tagged.classes.get(name, [])
    bounds = tagged.sentence.start, tagged.sentence.end
    if name == "#PERCENT":
        wanted = [n for n in tagged.numbers if is_fee(text, n, *bounds)]
    elif name == "#MONEY":
        wanted = [n for n in tagged.numbers if n.kind == "money"]
    elif name == "#TARV":
        return [(i, i + 1) for i in range(tagged.first, tagged.stop) if _TARIFF_VERBS.fullmatch(tagged.tokens.lower[i])]
    elif name == "#CAPNUM":
        wanted = [n for n in tagged.numbers if n.kind == "count" or is_cap(text, n, bounds[1])]
    else:
        wanted = [n for n in tagged.numbers if n.kind in ("money", "percent")]
    return [(tagged.tokens.at(n.start), max(tagged.tokens.at(n.end), tagged.tokens.at(n.start) + 1)) for n in wanted]


_GROUPS: Final = (
    ("purchase_ban", "purchase_discouragement", "customs_block", "purchase_approval", "security_summons"),
    ("license_requirement", "threshold_rule", "license_denial", "export_ban_lift", "license_grant", "entity_listing"),
    (
        "license_requirement",
        "export_ban_lift",
        "license_grant",
        "purchase_ban",
        "purchase_approval",
        "purchase_discouragement",
    ),
    ("security_allegation", "state_media_signal", "security_summons", "antitrust"),
    ("legislation_proposed", "legislation_passed", "threshold_rule", "license_requirement", "entity_listing"),
    ("order_placed", "purchase_approval"),
    ("order_placed", "sales_result"),
    ("domestic_chip_launch", "training_on_domestic"),
    ("tariff", "revenue_fee", "negotiation"),
    ("tariff", "threshold_rule"),
    ("purchase_approval", "license_grant", "export_ban_lift"),
    ("rare_earth_control", "license_requirement", "export_ban_lift", "license_grant"),
)
"""Instruments that one act is one of: where two claim a clause, the surer stands."""


def alike(instrument: str) -> frozenset[str]:
    """An instrument with those that one act may be read as instead of it."""
    return frozenset({instrument}.union(*(group for group in _GROUPS if instrument in group)))


_DATED: Final = "MONTHW"


def _settled(hits: list[Hit]) -> list[Hit]:
    """Of rules that read one act in two ways, the surer; acts of other clauses stand beside it."""
    kept: list[Hit] = []
    for hit in sorted(hits, key=lambda h: (-h.weight, h.head)):
        if not any(_rivals(hit, other) for other in kept):
            kept.append(hit)
    return sorted(kept, key=lambda h: h.head)


def _rivals(hit: Hit, other: Hit) -> bool:
    """Whether two hits read one act in two ways; a dated noun ("an April ban") is an act of its own."""
    if hit.head != other.head and any(_DATED in group for one in (hit, other) for group in one.rule.need):
        return False
    if not any(hit.rule.instrument in g and other.rule.instrument in g for g in _GROUPS):
        return False
    return hit.span[0] < other.span[1] and other.span[0] < hit.span[1]


def is_passive(tagged: Tagged, hit: Hit) -> bool:
    """Whether the act of a hit is in the passive."""
    return passive(tagged, hit.head)
