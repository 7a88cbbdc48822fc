"""Clauses of a sentence, by signs, conjunctions and participles."""

from typing import Final

from chipgate.news.tokens import Tokens
from chipgate.schema.news import Cue

_BREAKING: Final = frozenset(";\u2014\u2013")
_RELATIVE: Final = ("which", "who", "where", "whose")


def _participle(word: str) -> bool:
    """Whether a word after a comma opens a participial clause: ", reversing an April ban"."""
    return len(word) > 5 and word.endswith("ing") and word.islower() and word not in _NO_PARTICIPLES


_NO_PARTICIPLES: Final = frozenset(["during", "nothing", "something", "anything", "everything", "having", "being"])


MODIFIED: Final = ("BAN_N", "CTRL", "LICREQ", "RULEN", "TALKS")
_MODIFIERS: Final = frozenset(
    ["imposed", "introduced", "implemented", "enacted", "adopted", "issued", "announced", "instituted", "unveiled",
     "established", "reached", "signed", "struck", "revealed"]
)  # fmt: skip
_WAS: Final = frozenset(["was", "were", "had", "has", "have", "it", "he", "they"])


def _modifies(tokens: Tokens, at: int, stop: int) -> bool:
    """Whether a clause begins that only tells more of the noun before: imposed in April, that was imposed ..."""
    if tokens.lower[at] in ("that", "which"):
        return at + 1 < stop and tokens.lower[at + 1] in _WAS
    return tokens.lower[at] in _MODIFIERS


def clauses(
    tokens: Tokens, first: int, stop: int, cues: list[tuple[int, int, Cue]], nouns: set[int]
) -> tuple[list[int], frozenset[int]]:
    """Number of the clause of each token, and the numbers of clauses that only tell more of a noun.

    Clauses break at semicolons, dashes, the words of the list, and participles after a comma. A relative clause after
    a comma ends at the next comma, where the clause around it goes on.

    Args:
        nouns: Tokens after nouns of acts, where a clause may begin that tells more of them.
    """
    breaks: set[int] = set()
    relative: set[int] = set()
    words, starts, ends = tokens.words, tokens.starts, tokens.ends
    for i in range(first + 1, stop):
        if (
            words[i] in _BREAKING
            or (words[i] == "-" and starts[i] > ends[i - 1] and i + 1 < stop and starts[i + 1] > ends[i])
            or (
                words[i - 1] == ","
                and i > first + 1
                and _participle(words[i])
                and "," not in words[max(i - 8, first) : i - 1]
            )
        ):
            breaks.add(i)
    for at, _, cue in cues:
        comma = at > first and tokens.words[at - 1] == ","
        if cue.kind == "clause" and at > first and (cue.reach == "clause" or comma):
            breaks.add(at)
            if comma and cue.term in _RELATIVE:
                relative.add(at)
    modifying = {at for at in nouns if first < at < stop and _modifies(tokens, at, stop)}
    breaks |= modifying
    modified: set[int] = set()
    number, outer, latest = 0, -1, 0
    found: list[int] = []
    for i in range(first, stop):
        if i in breaks:
            outer = number if i in relative else -1
            latest += 1
            number = latest
            if i in modifying:
                modified.add(number)
        elif outer >= 0 and tokens.words[i] == ",":
            number, outer = outer, -1
        found.append(number)
    return found or [0], frozenset(modified)
