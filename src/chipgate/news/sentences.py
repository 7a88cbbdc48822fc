"""Paragraphs, sentences and headings of an article's kept text."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

_END: Final = re.compile(
    r"\[\d{1,3}\]\s+-(?=\s+[A-Z])|[.!?\u3002\uff01\uff1f]+[\"')\]]*(?=\s|$)|[;\u3002](?=\s+\(?[a-z0-9ivx]{1,3}[.)]\s)"
)
_BEFORE: Final = re.compile(r"([^\W\d_]+(?:\.[^\W\d_]+)*)\.$")

MOST_CHARACTERS: Final = 1000


@dataclass(frozen=True)
class Block:
    """A stretch of kept text: a paragraph, a list item or a heading."""

    start: int
    end: int
    heading: bool = False


@dataclass(frozen=True)
class Sentence:
    """A sentence with the paragraph that it stands in.

    Attributes:
        heading: It is a heading. ``paragraph``: number of its paragraph. ``first``: it opens it.
    """

    start: int
    end: int
    paragraph: int
    heading: bool


def sentences(text: str, blocks: Sequence[Block], abbreviations: Sequence[str]) -> list[Sentence]:
    """Sentences of blocks, in order."""
    known = frozenset(abbreviations)
    found: list[Sentence] = []
    for number, block in enumerate(blocks):
        start = block.start
        for match in _END.finditer(text, block.start, block.end):
            if not _ends(text, match.start(), match.end(), block.end, known):
                continue
            found += _pieces(text, Sentence(start, match.end(), number, block.heading))
            start = match.end()
        found += _pieces(text, Sentence(start, block.end, number, block.heading))
    return found


def _pieces(text: str, sentence: Sentence) -> list[Sentence]:
    """The sentence, cut where it is longer than any sentence is: what rules do grows with the square of its length."""
    if not text[sentence.start : sentence.end].strip():
        return []
    if sentence.end - sentence.start <= MOST_CHARACTERS:
        return [sentence]
    cuts = [*range(sentence.start, sentence.end, MOST_CHARACTERS), sentence.end]
    parts = [Sentence(a, b, sentence.paragraph, sentence.heading) for a, b in pairwise(cuts)]
    return [part for part in parts if text[part.start : part.end].strip()]


def _ends(text: str, at: int, stop: int, end: int, known: frozenset[str]) -> bool:
    """Whether a full stop ends a sentence: not after an abbreviation or an initial, nor before a small letter."""
    after = text[stop : stop + 12].lstrip()
    if stop >= end or not after:
        return True
    if after[0].islower():
        return False
    if text[at] != ".":
        return True
    word = _BEFORE.search(text[max(at - 20, 0) : at + 1])
    if word is None:
        return True
    own = word[1].lower()
    if own in known:
        # "U.S." may end a sentence; a capital after it does not tell, so the next word decides.
        return own in ("u.s", "u.k", "inc", "corp", "co", "ltd", "etc") and after.split(" ")[0].rstrip(",") in _OPENERS
    return len(own) > 1 or not word[1].isupper() or word[1] == "I"


_OPENERS: Final = frozenset(
    [
        "The",
        "A",
        "An",
        "It",
        "He",
        "She",
        "They",
        "But",
        "In",
        "On",
        "At",
        "This",
        "That",
        "These",
        "Those",
        "However",
        "Meanwhile",
        "We",
        "I",
        "Under",
        "As",
        "After",
        "Its",
        "Chinese",
        "Beijing",
        "Nvidia",
        "China",
        "And",
        "For",
        "If",
        "When",
        "While",
        "Since",
        "By",
        "With",
    ]
)
