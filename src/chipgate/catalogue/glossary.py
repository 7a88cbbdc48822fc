"""The glossary: one word per idea, as a page and as data."""

import re
from dataclasses import dataclass
from typing import Final

from chipgate.catalogue.catalogue import Catalogue
from chipgate.catalogue.read import read_text
from chipgate.errors import DataError

FILE: Final = "glossary.md"
_TERM: Final = re.compile(r"- \*\*(?P<term>[^*]+)\*\*(?P<text>.*)")


@dataclass(frozen=True)
class Term:
    """A word and what it means; ``term`` may hold several words for one idea."""

    section: str
    term: str
    text: str


def glossary(catalogue: Catalogue) -> list[Term]:
    """All terms, in the order of the page.

    Raises:
        DataError: A line of a list is no term, or stands before the first section.
    """
    path = catalogue.roots[0] / FILE
    section = ""
    found = []
    for number, line in enumerate(read_text(path).splitlines(), 1):
        if line.startswith("## "):
            section = line.removeprefix("## ").strip()
        elif line.startswith("- "):
            term = _TERM.fullmatch(line)
            if term is None or not section:
                raise DataError("is no term", path=path, line=number, fix="write - **term**: what it means")
            found.append(Term(section, term["term"], _plain(term["text"])))
    return found


def _plain(text: str) -> str:
    """Without the marks of emphasis, code and links, and without the colon before it."""
    text = re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", text)
    return re.sub(r"\*\*([^*]+)\*\*|`([^`]+)`", lambda m: m[1] or m[2], text).lstrip(": ").strip()
