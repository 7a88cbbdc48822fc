"""Whether the side that a rule asks for acts: its subject, the firms beside it, and of whom the text speaks."""

from typing import Final

from chipgate.news.roles import Subject, firm_before, subject_of
from chipgate.news.tagging import Span, Tagged
from chipgate.schema.news import TriggerRule

_NOUN_HEADS: Final = frozenset(
    [
        "ANTITRUST",
        "ALLEGE_N",
        "LICREQ",
        "BAN_N",
        "CTRL",
        "FEE_N",
        "ENTLIST",
        "BILLNAME",
        "SUBSIDY",
        "CUSTOMS",
        "TARIFF",
        "RULEW3",
        "LIC",
        "CAP_N",
        "TALKS",
        "RESUME",
        "HOLDV",
        "LEFTOUT",
    ]
)

_NOUNS: Final = frozenset(
    [
        "permission",
        "approval",
        "approvals",
        "green",
        "nod",
        "go",
        "clearance",
        "assurance",
        "assurances",
        "licence",
        "license",
        "licences",
        "licenses",
        "lifting",
        "reversal",
        "removal",
        "easing",
        "resumption",
        "letter",
        "letters",
        "notice",
        "guidance",
        "received",
        "receive",
        "receives",
        "receiving",
        "obtained",
        "secured",
        "won",
        "gets",
        "got",
        "awaiting",
    ]
)


def who_acts(tagged: Tagged, rule: TriggerRule, head: Span) -> tuple[Subject, float] | None:
    """The subject of an act and what it adds to the confidence; ``None`` where another side acts than the rule's."""
    if rule.side not in ("US", "CN") or rule.instrument == "negotiation":
        return Subject(None), 0.0
    media = any(name.startswith("@MEDIA") for name in rule.head)
    subject = Subject(None) if media else subject_of(tagged, head)
    named = subject.mention.named if subject.mention else None
    side = named.side if named else ""
    if named and named.kind == "role" and side == "CN" and rule.side == "US":
        side = "any" if tagged.government != "CN" or _is_verb(tagged, rule, head) else side
    if side and side not in (rule.side, "any", "third"):
        # A subject from an earlier clause may not act here; one in the clause does.
        if subject.how != "sentence" or rule.subject == "yes":
            return None
        subject, side = Subject(None), ""
    if side == "third" and (rule.side == "CN" or rule.instrument.startswith("legislation")):
        return None
    if rule.subject == "yes" and side not in (rule.side, "any", "third"):
        return None
    if not media and side != rule.side and _is_verb(tagged, rule, head) and firm_before(tagged, head) is not None:
        return None
    legislature = bool(side and named and named.kind == "legislature")
    if _told_otherwise(tagged, rule, head, side, legislature):
        return None
    return subject, 0.15 if side == rule.side and subject.how != "sentence" else 0.05 if side else 0.0


def _is_verb(tagged: Tagged, rule: TriggerRule, head: Span) -> bool:
    return not any(name in _NOUN_HEADS for name in rule.head) and tagged.tokens.lower[head[0]] not in _NOUNS


def _told_otherwise(tagged: Tagged, rule: TriggerRule, head: Span, side: str, legislature: bool) -> bool:
    """Whether the sentence or what was told before it rules out that a government does this."""
    instrument = rule.instrument
    if instrument in _BY_AGENCIES:
        # What a bill would do is told by the bill.
        at_home = not side and tagged.government == "CN" and "BAN_N" in rule.head and "SELL" not in tagged.classes
        return legislature or at_home or (not side and _on_minerals(tagged))
    if instrument not in _ORDERS_AT_HOME:
        return False
    if _orders_abroad(tagged, head) or (not side and tagged.government == "US"):
        return True
    if side or _speaks_of_china(tagged):
        return False
    return instrument == "purchase_ban" or (instrument == "purchase_discouragement" and tagged.government != "CN")


_ORDERS_AT_HOME: Final = ("purchase_ban", "purchase_discouragement", "purchase_approval")
"""What only a government in China does: without a subject, the government named last must not be another."""


_BY_AGENCIES: Final = ("license_requirement", "threshold_rule", "license_denial", "export_ban_lift", "license_grant")


def _on_minerals(tagged: Tagged) -> bool:
    """Whether the text is about controls of rare earths, and the sentence names no chip."""
    chips = "AICHIP" in tagged.classes or any(m.named.kind == "chip" for m in tagged.mentions)
    return "RAREEARTH" in tagged.subjects and not chips


def _orders_abroad(tagged: Tagged, head: Span) -> bool:
    """Whether a command is given to a foreign firm: required Nvidia to ..."""
    words = tagged.tokens.words
    return any(
        head[1] <= m.first <= head[1] + 1
        and m.named.kind == "firm"
        and m.named.side != "CN"
        and not (m.stop < tagged.stop and words[m.stop] in ("'", "-"))
        for m in tagged.mentions
        if tagged.tokens.lower[head[0]] in _COMMANDS
    )


_COMMANDS: Final = frozenset(
    ["required", "requires", "requiring", "told", "ordered", "asked", "directed", "instructed"]
)


def _speaks_of_china(tagged: Tagged) -> bool:
    """Whether a sentence without a subject speaks of an order within China at all; a firm alone does not tell."""
    return (
        "GOVSCOPE" in tagged.classes
        or "CMD" in tagged.classes
        or any(m.named.side == "CN" and m.named.kind not in ("firm", "chip") for m in tagged.mentions)
    )
