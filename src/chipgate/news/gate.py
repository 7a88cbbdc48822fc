"""Topic: a score over the article, not a stop word list. Accelerators or their controls, and China, must be there."""

from collections.abc import Sequence

from chipgate.news.tagging import Tagged

LEAST_SCORE = 3.0


def topic_score(sentences: Sequence[Tagged]) -> float:
    """How much an article speaks of accelerators, their controls, and China; at least 3 is on topic.

    Named accelerators and Chinese AI chips count 2, words for AI chips 1, export controls 1, their makers 1,
    each at most three times; without a Chinese side the score is nought.
    """
    chips = words = control = makers = 0
    china = 0
    for one in sentences:
        chips += len(one.named("@CHIP"))
        words += len(one.classes.get("AICHIP", ()))
        control += len(one.classes.get("CTRL", ())) + len(one.classes.get("ENTLIST", ())) + len(one.classes.get("LICREQ", ()))
        makers += len(one.named("@MAKER"))
        china += len(one.named("@CN")) + sum(word == "chinese" for word in one.tokens.lower[one.first : one.stop])
    if not china:
        return 0.0
    if not (chips or words) or not (chips or control or makers):
        return 0.0
    return 2.0 * min(chips, 3) + min(words, 3) + min(control, 3) + min(makers, 3) + min(china, 2) * 0.5


def on_topic(sentences: Sequence[Tagged]) -> bool:
    """Whether an article is about what the reader looks for."""
    return topic_score(sentences) >= LEAST_SCORE
