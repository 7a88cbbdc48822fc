"""The reader's lists, loaded once for a catalogue: names, words, cues, rules, ladders."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, Literal, TypeVar

from chipgate.catalogue import Catalogue
from chipgate.catalogue.read import read_table
from chipgate.errors import DataError
from chipgate.news.tokens import Trie
from chipgate.schema.base import Record
from chipgate.schema.news import ChipName, CrossWalk, Cue, LadderRung, NewsEntity, Phrase, TriggerRule, Word

R = TypeVar("R", bound=Record)
GOVERNMENT: Final = ("state", "agency", "leader", "legislature", "role")
"""Kinds of names that act for a side."""


@dataclass(frozen=True)
class Named:
    """What a name in a text stands for.

    Attributes:
        firm: Id of the catalogue's firm. ``family``: family of a chip.
        maker: The firm makes accelerators. ``buyer``: it buys them.
    """

    id: str
    name: str
    kind: Literal[
        "state",
        "agency",
        "leader",
        "legislature",
        "role",
        "state_media",
        "outlet",
        "firm",
        "collective",
        "chip",
        "coref",
    ]
    side: str
    vehicle: str = ""
    firm: str = ""
    family: str = ""
    maker: bool = False
    buyer: bool = False


@dataclass(frozen=True)
class Lists:
    """Everything that the reader looks up.

    Attributes:
        terms: Trie of names (``Named``), word classes (``str``) and cues (``Cue``), which one walk finds together.
        chips_of: Family of a chip -> ids of the catalogue.
    """

    terms: Trie
    rules: tuple[TriggerRule, ...]
    crosswalk: dict[str, CrossWalk]
    ladder: tuple[LadderRung, ...]
    phrases: dict[str, tuple[str, ...]]
    chips_of: dict[str, tuple[str, ...]]


def lists(catalogue: Catalogue) -> Lists:
    """The lists of a catalogue."""
    return _load(catalogue)


@cache
def _load(catalogue: Catalogue) -> Lists:
    words = _table(catalogue.roots, "lexicon.csv", Word, lambda w: (w.term, w.word_class))
    rules = tuple(_table(catalogue.roots, "triggers.csv", TriggerRule, lambda r: r.id))
    _check_classes(rules, {w.word_class for w in words}, catalogue.roots[0] / "news" / "triggers.csv")
    phrases: dict[str, tuple[str, ...]] = {}
    for phrase in _table(catalogue.roots, "phrases.csv", Phrase, lambda p: (p.term, p.kind)):
        phrases[phrase.kind] = (*phrases.get(phrase.kind, ()), phrase.term)
    chip_names = _table(catalogue.roots, "chip_names.csv", ChipName, lambda c: c.name)
    crosswalk = _table(catalogue.roots, "crosswalk.csv", CrossWalk, lambda c: c.instrument)
    return Lists(
        terms=Trie(
            [
                *_names(catalogue, chip_names),
                *((w.term, w.word_class) for w in words),
                *((c.term, c) for c in _table(catalogue.roots, "cues.csv", Cue, lambda c: (c.term, c.kind))),
            ]
        ),
        rules=rules,
        crosswalk={c.instrument: c for c in crosswalk},
        ladder=tuple(_table(catalogue.roots, "ladder.csv", LadderRung, lambda r: (r.rank, r.authority))),
        phrases=phrases,
        chips_of={c.family: _chips(catalogue, c) for c in chip_names},
    )


def _table(roots: Sequence[Path], name: str, record: type[R], key: Callable[[R], object]) -> list[R]:
    """Rows of a list, those of further folders after the package's own; two with the same key are an error."""
    seen: dict[object, str] = {}
    rows = []
    for path in (roots[0] / "news" / name, *(p for root in roots[1:] if (p := root / "news" / name).exists())):
        for row, line in read_table(path, record):
            here = f"{path.name}:{line}"
            first = seen.setdefault(key(row), here)
            if first != here:
                raise DataError(f"{key(row)!r} stands twice, first in {first}", path=path, line=line)
            rows.append(row)
    return rows


NUMBER_NEEDS: Final = ("#PERCENT", "#MONEY", "#MONEYPCT", "#TARV", "#CAPNUM")
NAME_NEEDS: Final = (
    "@CHIP", "@USCHIP", "@USCHIP_NEW", "@DOM", "@CN", "@US", "@CNFIRM", "@USFIRM", "@CNMAKER", "@CHIPMAKER", "@MAKER",
        "@BUYER", "@LAB", "@MEDIA",
    "@LEG",
)  # fmt: skip


def _check_classes(rules: tuple[TriggerRule, ...], known: set[str], path: Path) -> None:
    """Every class that a rule names must have a word."""
    for rule in rules:
        used = [a.lstrip("^><~") for group in (*rule.need, *rule.block, *rule.head) for a in re.split(r"[|+]", group)]
        for name in used:
            if name not in known and name not in NUMBER_NEEDS and name not in NAME_NEEDS:
                raise DataError(f"rule {rule.id!r} names the class {name!r}, which has no word", path=path)


def _names(catalogue: Catalogue, chips: list[ChipName]) -> list[tuple[str, Named]]:
    found: list[tuple[str, Named]] = []
    taken: set[str] = set()
    for entity in _table(catalogue.roots, "entities.csv", NewsEntity, lambda e: e.id):
        firm = catalogue.firms.get(entity.vehicle) if entity.kind == "firm" and entity.vehicle else None
        named = Named(
            entity.id, entity.name, entity.kind, entity.side, "" if firm else entity.vehicle,
            firm.id if firm else "",
            maker=firm is not None and firm.kind == "maker", buyer=firm is not None and _buys(firm.id, firm.kind),
        )  # fmt: skip
        found += [(alias, named) for alias in entity.aliases]
        taken |= set(entity.aliases)
    for chip in chips:
        named = Named(f"chip_{chip.family}", chip.name, "chip", chip.home, family=chip.family)
        found += [(alias, named) for alias in chip.aliases]
        taken |= set(chip.aliases)
    for firm in catalogue.firms.values():
        side = firm.country if firm.country in ("US", "CN") else "third"
        named = Named(
            firm.id, firm.name, "firm", side, firm=firm.id, maker=firm.kind == "maker", buyer=_buys(firm.id, firm.kind)
        )
        short = [a for a in (firm.name, *firm.aliases) if a not in taken and not (a.isupper() and len(a) < 3)]
        found += [(alias, named) for alias in short]
    return found


def _buys(firm: str, kind: str) -> bool:
    return kind == "buyer" and firm not in ("alphabet",)


def _chips(catalogue: Catalogue, name: ChipName) -> tuple[str, ...]:
    """Chips of the catalogue under a name: by family, else by the name itself."""
    own = [chip.id for chip in catalogue.chips.values() if chip.family == name.family]
    if not own:
        wanted = name.family.replace("_", "")
        own = [c for c in catalogue.chips if c.split("_", 1)[-1].replace("_", "").startswith(wanted)]
    return tuple(own)
