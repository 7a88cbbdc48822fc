"""A sentence with everything that the lists know of it: names, word classes, cues, clauses, numbers."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

from chipgate.news.clauses import MODIFIED, clauses
from chipgate.news.lists import GOVERNMENT, Lists, Named
from chipgate.news.parameters import Number, numbers_of
from chipgate.news.sentences import Sentence
from chipgate.news.tokens import Match, Tokens, longest
from chipgate.schema.news import Cue

Span = tuple[int, int]
"""Tokens from the first up to, not including, the second; they count from the start of the text."""

PREPOSITIONS: Final = frozenset(
    [
        "to",
        "in",
        "for",
        "from",
        "against",
        "with",
        "into",
        "of",
        "on",
        "at",
        "within",
        "across",
        "inside",
        "by",
        "via",
        "like",
        "toward",
        "towards",
        "over",
        "between",
        "about",
        "as",
        "than",
        "under",
        "among",
        "via",
        "including",
    ]
)
TOLD: Final = ("@USCHIP", "@MAKER", "@CNFIRM", "@DOM")
MOST_SPANS: Final = 24
"""Words of one class that a sentence is searched for: no sentence has more, and a wall of them must not cost time."""
NEW_CHIPS: Final = ("blackwell", "rubin", "b30a", "b200", "b300")


@dataclass(frozen=True)
class Mention:
    """A name at its place."""

    first: int
    stop: int
    named: Named

    @property
    def span(self) -> Span:
        """Its tokens."""
        return self.first, self.stop


@dataclass
class Tagged:
    """A sentence with its tags; token indices count from the start of the text.

    Attributes:
        classes: Word class -> spans. ``clause``: number of the clause of each token, from ``first`` on.
            ``relative``: those that only tell more of a noun: "the ban imposed in April".
        told: Classes and needs that the sentences just before have met. ``government``: side of the last government
            that the text has named shortly before the sentence. ``subjects``: classes that the whole text is about.
    """

    sentence: Sentence
    first: int
    stop: int
    tokens: Tokens
    mentions: list[Mention]
    classes: dict[str, list[Span]]
    cues: list[tuple[int, int, Cue]]
    clause: list[int]
    relative: frozenset[int] = frozenset()
    numbers: list[Number] = field(default_factory=list)
    found: dict[str, list[Span]] = field(default_factory=dict)
    told: frozenset[str] = frozenset()
    government: str = ""
    subjects: frozenset[str] = frozenset()

    def clause_of(self, token: int) -> int:
        """Number of the clause of a token."""
        at = token - self.first
        return self.clause[at if 0 <= at < len(self.clause) else -1]

    def named(self, kind: str) -> list[Span]:
        """Spans of the names that a need such as ``@CN`` stands for."""
        found = self.found.get(kind)
        if found is None:
            test = _NEEDS[kind]
            found = self.found[kind] = [m.span for m in self.mentions if test(m.named)]
        return found


def _government(named: Named, side: str) -> bool:
    return named.side == side and named.kind in GOVERNMENT


_NEEDS: Final[dict[str, Callable[[Named], bool]]] = {
    "@DOM": lambda n: n.kind == "chip" and n.side == "CN",
    "@CHIP": lambda n: n.kind == "chip",
    "@USCHIP": lambda n: n.kind == "chip" and n.side == "US",
    "@USCHIP_NEW": lambda n: n.kind == "chip" and n.family in NEW_CHIPS,
    "@CN": lambda n: n.side == "CN",
    "@US": lambda n: _government(n, "US"),
    "@CNFIRM": lambda n: n.kind == "collective" or (n.kind == "firm" and n.side == "CN"),
    "@USFIRM": lambda n: n.kind == "firm" and n.side != "CN",
    "@CNMAKER": lambda n: n.kind == "firm" and n.side == "CN" and (n.maker or n.firm in ("baidu", "alibaba", "smic")),
    "@CHIPMAKER": lambda n: n.kind == "firm" and n.side == "CN" and n.maker and n.firm not in ("baidu", "alibaba"),
    "@MAKER": lambda n: n.kind == "firm" and n.maker and n.firm not in ("google", "amazon"),
    "@BUYER": lambda n: n.kind == "collective" or (n.kind == "firm" and n.side == "CN" and not n.maker),
    "@LAB": lambda n: n.kind == "firm" and n.side == "CN" and not n.maker,
    "@MEDIA": lambda n: n.kind == "state_media",
    "@LEG": lambda n: n.kind == "legislature",
}


@dataclass
class Memory:
    """Last names met, for "the company", "the chip", "the regulator" and the like."""

    firm: Named | None = None
    lab: Named | None = None
    chip: Named | None = None
    government: Named | None = None
    paragraph: int = -1

    def resolved(self, mentions: list[Mention], paragraph: int) -> list[Mention]:
        """Mentions with words that stand for a name replaced by what they stand for."""
        found: list[Mention] = []
        for mention in mentions:
            named = mention.named
            if named.kind == "coref":
                meant = {"coref_firm": self.firm, "coref_lab": self.lab}.get(named.id, self.chip)
                if meant is None:
                    continue
                mention = Mention(mention.first, mention.stop, meant)
            elif named.kind == "role" and named.side == "CN":
                mention = Mention(mention.first, mention.stop, self._role(named))
            else:
                self._see(named, paragraph)
            found.append(mention)
        return found

    def side_of(self, paragraph: int) -> str:
        """Side of the government named last, in this paragraph or the one before."""
        return self.government.side if self.government and paragraph - self.paragraph <= 1 else ""

    def _see(self, named: Named, paragraph: int) -> None:
        if named.kind == "firm" and named.maker:
            self.firm = named
        elif named.kind == "firm" and named.side == "CN" and not named.maker:
            self.lab = named
        elif named.kind == "chip":
            self.chip = named
        elif named.kind in ("state", "agency", "leader") and named.side in ("US", "CN", "third"):
            self.government, self.paragraph = named, paragraph

    def _role(self, named: Named) -> Named:
        """Officials of no stated side are of the government named last."""
        if self.government is None or self.government.side == "CN":
            return named
        return replace(
            named,
            id="authorities",
            name=_OF_SIDE.get(self.government.side, self.government.name),
            side=self.government.side,
        )


_OF_SIDE: Final = {"US": "US officials"}
_VERBS: Final = ("BAN", "STOP", "RESTRICT", "CMD", "GRANT", "DENY", "ALLOW", "ALLOWX", "IMPOSE", "ADD", "LIFT", "DISC")
_AMBIGUOUS: Final = frozenset(
    [
        "push",
        "ban",
        "bans",
        "block",
        "order",
        "orders",
        "halt",
        "freeze",
        "limit",
        "limits",
        "press",
        "pressure",
        "target",
        "targets",
        "cut",
        "set",
        "permit",
        "request",
        "requests",
        "demand",
        "demands",
        "approval",
        "notice",
        "letter",
        "issue",
        "hit",
        "close",
        "end",
        "curb",
        "curbs",
        "permits",
        "stop",
    ]
)
_QUALIFIES: Final = frozenset(["banned", "prohibited", "restricted", "controlled", "barred", "blocked", "approved"])
_TAKES_OBJECT: Final = frozenset(
    ["the", "these", "those", "such", "its", "their", "buy", "buying", "purchase", "purchasing", "sell", "selling",
     "smuggle", "smuggled", "smuggling", "obtain", "obtaining", "acquire", "acquiring", "use", "using", "get", "more"]
)  # fmt: skip
_BEFORE_NOUN: Final = frozenset(
    [
        "the",
        "a",
        "an",
        "this",
        "that",
        "its",
        "their",
        "outright",
        "such",
        "any",
        "no",
        "each",
        "these",
        "those",
        "some",
        "of",
        "new",
        "previous",
        "sales",
        "export",
        "april",
        "effective",
        "formal",
        "temporary",
        "blanket",
        "total",
        "partial",
        "official",
        "purchase",
        "under",
        "chip",
        "h20",
        "h200",
        "despite",
        "further",
        "similar",
        "initial",
        "first",
        "necessary",
    ]
)


def _fixed_apart(classes: dict[str, list[Span]]) -> None:
    """Take the words of fixed phrases out of all classes: nothing is processed in "graphics processing units"."""
    for low, high in classes.pop("FIXED", ()):
        for name, spans in classes.items():
            classes[name] = [(a, b) for a, b in spans if a < low or b > high or b - a == high - low]


def _nouns_apart(tokens: Tokens, classes: dict[str, list[Span]]) -> None:
    """Take words that are nouns at their place out of the classes of verbs: the ban, an order."""
    for name in _VERBS:
        spans = classes.get(name)
        if spans:
            classes[name] = [
                (a, b) for a, b in spans if b - a > 1 or a == 0 or not _is_noun(tokens.lower[a - 1], tokens.lower[a])
            ]


def _is_noun(before: str, word: str) -> bool:
    """Whether a word that may be a verb is a noun, or a participle that qualifies one, after the word before it."""
    if word in _AMBIGUOUS:
        return before in _BEFORE_NOUN
    return word in _QUALIFIES and (before in _TAKES_OBJECT or before in PREPOSITIONS)


def tag(text: str, sentence: Sentence, tokens: Tokens, lists: Lists, memory: Memory) -> Tagged:
    """Tags of a sentence."""
    first, stop = tokens.at(sentence.start), tokens.at(sentence.end)
    names: list[Match] = []
    classes: dict[str, list[Span]] = {}
    cues: list[tuple[int, int, Cue]] = []
    for match in lists.terms.every(tokens, first, stop):
        value = match.value
        if isinstance(value, str):
            spans = classes.setdefault(value, [])
            if len(spans) < MOST_SPANS:
                spans.append((match.first, match.stop))
        elif isinstance(value, Named):
            names.append(match)
        else:
            cues.append(match)
    government = memory.side_of(sentence.paragraph)
    mentions = memory.resolved(_mentions(names), sentence.paragraph)
    _fixed_apart(classes)
    _nouns_apart(tokens, classes)
    classes = {name: spans for name, spans in classes.items() if spans}
    after = {stop for name in MODIFIED for _, stop in classes.get(name, ())}
    clause, relative = clauses(tokens, first, stop, cues, after)
    return Tagged(
        sentence, first, stop, tokens, mentions, classes, cues, clause, relative=relative, government=government
    )


def with_numbers(text: str, tagged: Tagged) -> Tagged:
    """The same with its numbers, which are looked for only where a rule may need them."""
    tagged.numbers = numbers_of(text, tagged.sentence.start, tagged.sentence.end)
    return tagged


def _mentions(names: list[Match]) -> list[Mention]:
    found: list[Mention] = []
    for match in longest(names):
        if found and found[-1].first == match.first:
            continue  # one reading of a name: the first in the lists
        found.append(Mention(match.first, match.stop, match.value))
        if len(found) >= 2 * MOST_SPANS:
            break
    return found
