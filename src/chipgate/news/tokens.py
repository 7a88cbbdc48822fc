"""Tokens with offsets, and a trie of token sequences for longest matches in linear time."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

_TOKEN: Final = re.compile(r"[^\W_]+|[^\w\s]|_")
_SAME_LENGTH: Final = str.maketrans(
    {"\u2019": "'", "\u2018": "'", "\u201c": '"', "\u201d": '"', "\u2011": "-", "\u2010": "-", "\xa0": " ",
     "\u202f": " ", "\u2009": " ", "\u200b": " ", "\ufeff": " ", "\uff05": "%"}
)  # fmt: skip
_LOWER: Final = {code: code + 32 for code in range(65, 91)}


def normalised(text: str) -> str:
    """The text with plain quotes, hyphens and spaces; every character keeps its place."""
    return text.translate(_SAME_LENGTH)


@dataclass(frozen=True)
class Tokens:
    """Tokens of a text: words, and single signs.

    Attributes:
        words: As written. ``lower``: in lower case (of Latin letters). ``starts, ends``: offsets.
    """

    words: list[str]
    lower: list[str]
    starts: list[int]
    ends: list[int]

    def at(self, offset: int) -> int:
        """Index of the first token that starts at an offset or after it."""
        return bisect_left(self.starts, offset)


def tokenise(text: str, start: int = 0, end: int | None = None) -> Tokens:
    """Tokens of a stretch of a normalised text; offsets count from the start of the text."""
    low = text.lower()
    if len(low) != len(text):  # a few letters become longer in lower case, which would shift every offset
        low = text.translate(_LOWER)
    spans = [match.span() for match in _TOKEN.finditer(text, start, len(text) if end is None else end)]
    return Tokens(
        [text[a:b] for a, b in spans], [low[a:b] for a, b in spans], [a for a, _ in spans], [b for _, b in spans]
    )


@dataclass(slots=True)
class _Node:
    next: dict[str, "_Node"] = field(default_factory=dict)
    values: list[tuple[tuple[str, ...] | None, Any]] = field(default_factory=list)


class Match(NamedTuple):
    """A match of a term: tokens ``first`` up to, not including, ``stop``."""

    first: int
    stop: int
    value: Any


class Trie:
    """Terms as sequences of tokens. A capital in a term must be met; a term without one is met in any case."""

    def __init__(self, terms: Iterable[tuple[str, Any]]) -> None:
        self._root = _Node()
        for term, value in terms:
            tokens = tokenise(normalised(term))
            node = self._root
            for word in tokens.lower:
                node = node.next.setdefault(word, _Node())
            # A term without a capital fits in any case, so its words are not looked at again.
            node.values.append((None if tokens.words == tokens.lower else tuple(tokens.words), value))

    def every(self, tokens: Tokens, first: int, stop: int) -> list[Match]:
        """All matches, those inside others as well, by their first token and then by their length."""
        found: list[Match] = []
        root = self._root.next
        lower, words = tokens.lower, tokens.words
        for at in range(first, stop):
            node = root.get(lower[at])
            here = at + 1
            while node is not None:
                for written, value in node.values:
                    if written is None or _case_fits(written, words, at):
                        found.append(Match(at, here, value))
                if here == stop:
                    break
                node = node.next.get(lower[here])
                here += 1
        return found


def longest(matches: Sequence[Match]) -> list[Match]:
    """Of the matches of a stretch the longest from left to right, none overlapping, all values of a term.

    A longer term that begins inside a match takes its place: "the ministry" gives way to "Ministry of Commerce".

    Args:
        matches: As ``Trie.every`` gives them.
    """
    best: dict[int, int] = {}
    for match in matches:
        best[match.first] = match.stop  # of one first token the longest comes last
    chosen: set[int] = set()
    end = -1
    for first, stop in best.items():
        size = stop - first
        if first >= end and all(best.get(at, at) - at <= size for at in range(first + 1, stop)):
            chosen.add(first)
            end = stop
    return [match for match in matches if match.first in chosen and match.stop == best[match.first]]


def _case_fits(written: Sequence[str], words: Sequence[str], at: int) -> bool:
    """Whether capitals of a term are met; a headline in capitals meets all but short names (``US``, ``us``)."""
    for offset, own in enumerate(written):
        word = words[at + offset]
        if own != word and own.lower() != own and not (word.isupper() and len(word) > 3):
            return False
    return True
