"""Topic: a score over the article, not a stop word list. Accelerators or their controls, and China, must be there."""

from collections.abc import Sequence
from itertools import islice
from typing import Final

from chipgate.news.tagging import Tagged

LEAST_SCORE = 3.0
GAMING = ("rtx4", "rtx5")
"""Families of cards for players, which say nothing of the topic."""


def topic_score(sentences: Sequence[Tagged]) -> float:
    """How much an article speaks of accelerators, their controls, and China; at least 3 is on topic.

    A named accelerator counts 2, a word for AI chips or a term of the rules 1 (each at most three times), words for
    controls or chips at large and the makers a half; words of other trades and of gaming take a half each; a notice
    of listings that names no chip is on topic by its lists; a sentence that tells of an act of another kind of the
    vocabulary counts 1.5 (at most twice); without a Chinese side the score is nought, but for a notice of the Entity
    List or of measures on named accelerators.
    """
    chips = words = control = makers = china = 0
    acts = _other_acts(sentences)
    for one in sentences:
        chips += sum(m.named.kind == "chip" and not m.named.family.startswith(GAMING) for m in one.mentions)
        words += len(one.classes.get("AICHIP", ())) + len(one.classes.get("RULEW3", ()))
        control += sum(len(one.classes.get(name, ())) for name in ("CTRL", "ENTLIST", "LICREQ", "GENCHIP"))
        makers += len(one.named("@MAKER"))
        china += len(one.named("@CN")) + sum(word == "chinese" for word in one.tokens.lower[one.first : one.stop])
    listed = sum(len(one.classes.get("ENTLIST", ())) for one in sentences)
    measures = sum(any(name in one.classes for name in ("TARIFF", "CTRL", "LICREQ")) for one in sentences)
    if not china and listed < _A_NOTICE and not (chips > 1 and measures > 1):
        return 0.0
    if not (chips or words or acts or (listed and control >= 3)):
        return 0.0
    other = sum(len(one.classes.get("OFFTOPIC", ())) for one in sentences)
    return (
        -0.5 * min(other, 8)
        + 2.0 * min(chips, 3)
        + min(words, 3)
        + 1.5 * acts
        + (LEAST_SCORE if listed and control >= 3 and not (chips or words) else 0.0)
        + 0.5 * min(control, 3)
        + 0.5 * min(makers, 2)
        + 0.25 * min(china, 2)
    )


_OTHER_ACTS: Final = (
    ("ANTITRUST", ("@MAKER", "SEMI")),
    ("RAREEARTH", ("CTRL", "RLIC", "LICREQ", "RESTRICT")),
    ("TARIFF", ("SEMI",)),
    ("LISTNAME", ("@CNFIRM",)),
    ("SEMI", ("BAN", "BAN_N")),
    ("WAIVERW", ("SEMI",)),
    ("BIGFUND", ("SUBSIDY", "GENCHIP", "AICHIP")),
)
"""Pairs of classes that together tell of an act of the vocabulary where no accelerator is named."""


def _other_acts(sentences: Sequence[Tagged]) -> int:
    """Sentences, two at most, that tell of such an act, by the pair that is met most."""

    def held(one: Tagged, name: str) -> bool:
        return bool(one.named(name)) if name[0] == "@" else name in one.classes

    def some(names: Sequence[str]) -> int:
        return len(list(islice((s for s in sentences if any(held(s, name) for name in names)), 2)))

    def met(first: str, others: Sequence[str]) -> int:
        return min(some([first]), some(others))

    return max(met(first, others) for first, others in _OTHER_ACTS)


def subjects(sentences: Sequence[Tagged]) -> frozenset[str]:
    """Classes that a text is about beside accelerators: those that two of its sentences hold."""
    return frozenset(n for n in ("RAREEARTH",) if sum(n in one.classes for one in sentences) >= _A_SUBJECT)


_A_SUBJECT: Final = 2
_A_NOTICE: Final = 5
"""Mentions of lists of parties from which on a text is about them, though it names no country."""


def on_topic(sentences: Sequence[Tagged]) -> bool:
    """Whether an article is about what the reader looks for; one or two sentences cannot score as much as a page."""
    return topic_score(sentences) >= min(LEAST_SCORE, 1.5 + 0.5 * len(sentences))
