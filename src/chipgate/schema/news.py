"""Records of the news reader: names, words, rules and ladders, one line an item."""

from typing import Literal, Self

from pydantic import model_validator

from chipgate.schema.base import Id, Names, Record
from chipgate.schema.tables import Instrument

MarketInstrument = Literal["order_placed", "sales_result", "domestic_chip_launch", "training_on_domestic"]
NewsInstrument = Instrument | MarketInstrument
"""What an event of an article does: the vocabulary of the event table, and four events of the market."""

Side = Literal["US", "CN", "third", "company"]
EntityKind = Literal[
    "state", "agency", "leader", "legislature", "role", "state_media", "outlet", "firm", "collective", "coref"
]
NewsAuthority = Literal[
    "formal_order", "official_statement", "private_guidance", "state_media", "company_statement", "legislative",
    "press_report",
]  # fmt: skip
Sourcing = Literal["official_record", "company_filing", "on_record", "anonymous_official", "anonymous", "unsourced"]
Context = Literal["current", "background", "future", "hypothetical", "negated"]


class NewsEntity(Record):
    """A name that articles use for a government, agency, person, outlet or firm.

    Attributes:
        side: Whose side it acts on; empty for outlets.
        vehicle: Of an agency, what it usually acts by (rule, statement, guidance); of state media, its rank; of
            a firm, its id in the catalogue where it has one.
        aliases: Wordings. One with a capital must be met with it; one without is met in any case.
    """

    id: Id
    name: str
    kind: EntityKind
    side: Literal["US", "CN", "third", "any", ""] = ""
    vehicle: str = ""
    aliases: Names


class ChipName(Record):
    """A name that articles use for a chip or a generation of chips.

    Attributes:
        family: Family under which the catalogue, or this table, knows it.
        home: Side of its maker.
    """

    name: str
    family: Id
    home: Literal["US", "CN"]
    aliases: Names


class Word(Record):
    """A word or phrase with its class; a term may stand in several classes, once in each."""

    term: str
    word_class: str


class Cue(Record):
    """A phrase that tells of the standing or the source of what stands beside it.

    Attributes:
        reach: Words over which it holds after it (``after``), before it (``before``), or in its clause or sentence.
    """

    term: str
    kind: Literal[
        "negation", "hypothetical", "future", "denial", "background", "report", "anonymous", "anonymous_official",
        "on_record", "filing", "record", "formal", "clause", "instead", "private", "official",
    ]  # fmt: skip
    reach: Literal["after", "before", "clause", "sentence"] = "after"


class TriggerRule(Record):
    """A pattern of word classes that makes an event.

    Attributes:
        head: Classes one of whose words is the act, ``A|B``.
        need: Groups of classes, each of which must stand near the head; ``>`` demands it after the head, ``<``
            before it; ``~`` is content with a sentence just before; ``@CHIP``, ``@CN`` and the like stand for named
            things.
        block: Classes that must not stand in the clause, nor with ``^`` in the sentence; ``A+B``: not both.
        side: Side that acts; ``company`` for events of the market.
        subject: What the subject must be: ``yes`` (one of this side is required), ``no`` (by default none is needed).
        within: Words between the head and each needed group at most.
        weight: Confidence in a match, 0 to 1.
    """

    id: Id
    instrument: NewsInstrument
    head: Names
    need: Names = ()
    block: Names = ()
    side: Side
    subject: Literal["yes", "no"] = "no"
    within: int = 14
    weight: float = 0.6
    direction: Literal["tighten", "loosen", "neutral"] = "neutral"
    example: str = ""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not 0 < self.weight <= 1:
            raise ValueError(f"weight {self.weight} is no confidence, 0 to 1")
        return self


class CrossWalk(Record):
    """What other vocabularies call an instrument.

    Attributes:
        gta_id: Intervention type of Global Trade Alert; empty where it would not count as an intervention.
        mast: Chapter of UNCTAD's classification of non-tariff measures.
        plover: Category of the PLOVER event ontology.
        authority: Force that an act of this kind has where the text says nothing of it.
        direction: Effect on US chips reaching China, where the rule says nothing of it.
    """

    instrument: NewsInstrument
    gta_id: int | None = None
    mast: str = ""
    plover: str = ""
    authority: NewsAuthority
    direction: Literal["tighten", "loosen", "neutral"]
    label: str


class LadderRung(Record):
    """A rung of the ladder of authority, 9 (binding and public) to 1 (a report of no identified act)."""

    rank: int
    authority: NewsAuthority
    tier: str
    vehicles_cn: str = ""
    vehicles_us: str = ""


class Phrase(Record):
    """A phrase of a list: an abbreviation, or a mark of page furniture."""

    term: str
    kind: Literal["abbreviation", "line_start", "line_whole", "line_holds", "section"]
