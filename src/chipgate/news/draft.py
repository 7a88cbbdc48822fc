"""Events as sentences state them, before mentions of one act are put together."""

from collections import deque
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from chipgate.catalogue import Catalogue
from chipgate.news.authority import sourcing_of, standing
from chipgate.news.dates import dates_of
from chipgate.news.lists import Lists
from chipgate.news.merge import one_act_a_sentence
from chipgate.news.modality import announced, context_of, denied
from chipgate.news.parameters import parameter_of
from chipgate.news.records import Event, Parameter, When, unique
from chipgate.news.reference import comes_back, named_again, stative
from chipgate.news.story import Story
from chipgate.news.tagging import TOLD, Mention, Tagged, with_numbers
from chipgate.news.thresholds import other_figure
from chipgate.news.timing import date_of, fiscal, is_past
from chipgate.news.triggers import Hit, Rules, alike
from chipgate.schema.news import Context, Side, Sourcing

_GENERIC: Final = {"US": "US government", "CN": "Chinese government"}
_OFFICIAL_KINDS: Final = ("leader", "agency", "state", "legislature")
OFF: Final = ("negated", "hypothetical")
_TEXT_LENGTH: Final = 600
_NO_LABS: Final = ("huawei", "smic", "cambricon")
"""Makers whose engineers help others train."""
_LATELY: Final = timedelta(days=21)
_SINCE_BIDEN: Final = date(2025, 1, 20)
"""From here on what Biden's administration did is past, where the text gives no date."""
_SOLD: Final = frozenset(["sales", "revenue", "revenues", "shipments", "ship", "shipped", "sold", "sell"])
"""Words of which none means an amount of nought; a share of nought or an outlook without them means none."""
_TOLD_FOR: Final = 8
"""Sentences for which what was spoken of is still in mind."""


class Drafts:
    """Reads the tagged sentences of an article in order."""

    def __init__(self, text: str, known: Lists, data: Catalogue, story: Story, subjects: frozenset[str]) -> None:
        self._text, self._known, self._data, self._story, self._subjects = text, known, data, story, subjects
        self._rules = Rules(known.rules)
        self._events: list[Event] = []
        self._headings: list[Event] = []
        self._read: set[tuple[str, When | None]] = set()
        self._paragraph = -1
        self._inherited: When | None = None
        self._chips: tuple[Mention, ...] = ()
        self._sourcing: Sourcing | None = None
        self._lab: Mention | None = None
        self._lead: tuple[Side, When] | None = None
        self._told: deque[frozenset[str]] = deque(maxlen=_TOLD_FOR)

    def done(self) -> list[Event]:
        """Events in order; those of headings only where the text under them tells of no such act."""
        told = {(kind, event.actor_side) for event in self._events for kind in alike(event.instrument)}
        heads = [head for head in self._headings if (head.instrument, head.actor_side) not in told]
        return one_act_a_sentence(sorted([*self._events, *heads], key=lambda event: event.span))

    def read(self, tagged: Tagged) -> None:
        """Read the next sentence."""
        sentence = tagged.sentence
        fresh = sentence.paragraph != self._paragraph
        if fresh:
            self._paragraph, self._inherited, self._chips = sentence.paragraph, None, ()
            self._sourcing = None
            # The year that a paragraph named holds within it; that of a heading until the next.
            self._story.year = None
        dates = dates_of(self._text, sentence.start, sentence.end, self._story)
        if sentence.heading:
            self._take_heading(dates, sentence.end - sentence.start)
        elif fresh and _leads(self._text, sentence.start, dates):
            self._inherited = dates[0]
        own = tuple(m for m in tagged.mentions if m.named.kind == "chip")
        if tagged.classes and not self._seen_before(tagged):
            with_numbers(self._text, tagged)
            tagged.told = self._subjects.union(*self._told)
            tagged.subjects = self._subjects
            hits = self._rules.hits(self._text, tagged)
            for hit in hits:
                if stative(tagged, hit) or (not dates and comes_back(tagged, hit) and self._has(hit.rule.instrument)):
                    continue
                event = self._event(tagged, hit, dates, own, len(hits))
                self._see_lead(event)
                (self._headings if sentence.heading else self._events).append(event)
        self._told.append(frozenset((*tagged.classes, *(name for name in TOLD if tagged.named(name)))))
        self._chips = own or self._chips
        settled = [d for d in dates if not d.ahead]
        if settled and settled[-1].precision != "year":
            self._inherited = settled[-1]
        self._sourcing = sourcing_of(tagged, "", self._sourcing)

    def _has(self, instrument: str) -> bool:
        """Whether an act of this or a neighbouring kind has been told."""
        kinds = alike(instrument) | {"purchase_ban"}
        return any(event.instrument in kinds and event.context not in OFF for event in self._events)

    def _see_lead(self, event: Event) -> None:
        """The first act of a government that the text dates to a recent day: its other news is of then."""
        when, published = event.when, self._story.published
        if self._lead is not None or when is None or published is None or event.actor_side == "company":
            return
        recent = published - _LATELY <= when.first <= published
        if event.context == "current" and when.precision == "day" and when.basis == "text" and recent:
            self._lead = event.actor_side, replace(when, basis="lead", at=-1, stop=-1)

    def _seen_before(self, tagged: Tagged) -> bool:
        """Whether this very sentence was read before under the same heading: its events are there already."""
        key = (self._text[tagged.sentence.start : tagged.sentence.end].strip(), self._story.heading)
        known = key in self._read and not tagged.sentence.heading
        self._read.add(key)
        return known

    def _take_heading(self, dates: list[When], length: int) -> None:
        """A heading with a date dates what stands under it; one without ends that."""
        full = [d for d in dates if d.basis == "text" and not d.ahead]
        published = self._story.published
        if full and published and abs((full[0].first - published).days) <= 2 and not self._events:
            return  # the page's own date
        if full and length < 90:
            self._story.heading = replace(full[0], basis="heading")
            self._story.year = full[0].first.year
        elif length < 200:
            self._story.heading = None

    def _event(self, tagged: Tagged, hit: Hit, dates: list[When], own: tuple[Mention, ...], rivals: int) -> Event:
        instrument = hit.rule.instrument
        side = self._side(hit)
        actor, actors = self._actor(tagged, hit, side)
        context = self._context(tagged, hit, instrument, actor, side)
        when = date_of(tagged, hit, dates, context, self._story, self._inherited)
        if instrument == "sales_result" and actor is not None:
            when = fiscal(self._text, when, actor.named.firm, self._data, self._story.published)
        if context == "current" and is_past(tagged, hit, when, self._story):
            context = "background"
        past = self._story.published is not None and self._story.published >= _SINCE_BIDEN and "Biden" in actors[0]
        if when is None and context == "current" and (past or named_again(tagged, hit.head)):
            context = "background"
        if when is None and context == "current" and self._lead is not None and self._lead[0] == side:
            when = self._lead[1]
        if when is None and context == "current" and self._story.published:
            day = self._story.published
            when = When(day - timedelta(days=6), day, "week", "published")
            when = replace(when, first=day)
        chips = self._chips_of(tagged, hit, own, instrument)
        firms = [m for m in tagged.mentions if m.named.kind in ("firm", "collective")]
        near = [m for m in firms if tagged.clause_of(m.first) == tagged.clause_of(hit.head[0])] or firms
        targets = unique([m.named.name for m in near if m.named.name not in actors])
        stand = standing(self._known, tagged, instrument, side, actor, context, self._sourcing)
        start, end = _span(self._text, tagged)
        parameter = parameter_of(
            self._text, tagged.numbers, (tagged.sentence.start, tagged.sentence.end), instrument,
            tagged.tokens.starts[hit.head[0]],
        )  # fmt: skip
        if parameter is None:
            parameter = other_figure(self._text[tagged.sentence.start : tagged.sentence.end], instrument)
        nothing = set(tagged.tokens.lower[hit.head[0] : hit.head[1] + 2])
        if parameter is None and "NOSALES" in hit.rule.head and nothing & _SOLD:
            parameter = Parameter("value", 0.0, "USD")
        weight = hit.weight + (0.05 if chips else 0) + (0.05 if when and when.basis == "text" else 0)
        weight *= {"hypothetical": 0.8, "negated": 0.8}.get(context, 1.0)
        direction = hit.rule.direction
        if direction == "neutral":
            direction = self._known.crosswalk[instrument].direction
        return Event(
            instrument=instrument, actor="; ".join(actors), actor_side=side, targets=targets,
            firms=unique([m.named.firm for m in near]), chips=unique([c for m in chips for c in self._ids(m)]),
            chip_names=unique([m.named.name for m in chips]), parameter=parameter, when=when,
            implemented=_effective(self._text, tagged, dates), removed=None, authority=stand.authority,
            authority_rank=stand.rank, public=stand.public, sourcing=stand.sourcing, context=context,
            direction=direction, confidence=round(min(weight, 0.97), 3), span=(start, end),
            text=shown(self._text[start:end])[:_TEXT_LENGTH], rule_id=hit.rule.id,
        )  # fmt: skip

    def _side(self, hit: Hit) -> Side:
        mention = hit.subject.mention
        if hit.rule.side != "company" and mention is not None and mention.named.side == "third":
            return "third"
        return hit.rule.side

    def _actor(self, tagged: Tagged, hit: Hit, side: Side) -> tuple[Mention | None, tuple[str, ...]]:
        """Name or names of who acts."""
        if side == "company":
            firms = [m for m in tagged.mentions if m.named.kind in ("firm", "collective")]
            buyers = hit.rule.instrument in ("order_placed", "training_on_domestic")
            wanted = [m for m in firms if (m.named.side == "CN" and (not m.named.maker or not buyers))] if (
                hit.rule.instrument != "sales_result"
            ) else firms  # fmt: skip
            wanted = [m for m in wanted if m.named.kind == "firm"] or wanted
            if hit.rule.instrument == "training_on_domestic":
                labs = [m for m in wanted if m.named.firm not in _NO_LABS]
                wanted = labs or ([self._lab] if self._lab and firms else wanted)
                wanted = wanted or [m for m in firms if m.named.side == "CN"]
            left = [m for m in wanted if m.first < hit.head[1]] or wanted or firms
            if hit.rule.instrument == "training_on_domestic" and left:
                self._lab = left[0]
            if hit.rule.instrument == "order_placed":
                return (left[0] if left else None), unique([m.named.name for m in left])[:6] or ("Chinese companies",)
            return (left[0] if left else None), unique([m.named.name for m in left])[:1] or ("company",)
        if hit.rule.instrument == "state_media_signal":
            media = [m for m in tagged.mentions if m.named.kind == "state_media"]
            return (media[0] if media else None), unique([m.named.name for m in media])[:3] or ("Chinese state media",)
        if hit.rule.instrument == "negotiation":
            return None, ("United States", "China")
        mention = hit.subject.mention
        foreign = mention is not None and side in ("US", "CN") and mention.named.side not in (side, "any")
        if mention is None or foreign or mention.named.kind in ("firm", "outlet"):
            legislators = [m for m in tagged.mentions if m.named.kind == "legislature"]
            if hit.rule.instrument.startswith("legislation") and legislators:
                return legislators[0], (legislators[0].named.name,)
            return None, (_GENERIC.get(side, side),)
        return mention, (mention.named.name,)

    def _context(self, tagged: Tagged, hit: Hit, instrument: str, actor: Mention | None, side: Side) -> Context:
        in_office = (
            any(m.named.kind in _OFFICIAL_KINDS or m.named.kind == "firm" for m in tagged.mentions) or side == "company"
        )
        context = context_of(tagged, hit.head, instrument, in_office and announced(tagged))
        if context == "current" and denied(tagged, hit.head) and instrument != "license_denial":
            return "negated"
        if instrument == "legislation_proposed" and context in ("hypothetical", "future"):
            return "current"
        return context

    def _chips_of(self, tagged: Tagged, hit: Hit, own: tuple[Mention, ...], instrument: str) -> tuple[Mention, ...]:
        home = "CN" if instrument in ("domestic_chip_launch", "training_on_domestic") else "US"
        fitting = tuple(m for m in own if m.named.side == home)
        clause = tagged.clause_of(hit.head[0])
        near = tuple(m for m in fitting if tagged.clause_of(m.first) == clause)
        if near or fitting:
            return near or fitting
        if instrument in ("negotiation", "tariff", "rare_earth_control", "entity_listing"):
            return ()
        return tuple(m for m in self._chips if m.named.side == home)

    def _ids(self, mention: Mention) -> tuple[str, ...]:
        return self._known.chips_of.get(mention.named.family, ())

    def _text_at(self, tagged: Tagged, hit: Hit) -> int:
        return tagged.tokens.starts[hit.head[0]]


def shown(text: str) -> str:
    """Text for people: spaces collapsed, and none where an entity of a page stood before an s."""
    return " ".join(text.split()).replace("' s ", "'s ")


def _leads(text: str, start: int, dates: list[When]) -> bool:
    """Whether a list item or paragraph opens with its date, as in a timeline."""
    return bool(dates) and dates[0].at - start <= 8 and not dates[0].ahead


def _span(text: str, tagged: Tagged) -> tuple[int, int]:
    """Offsets of the sentence without the spaces around it."""
    start, end = tagged.sentence.start, tagged.sentence.end
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def _effective(text: str, tagged: Tagged, dates: list[When]) -> date | None:
    """Day from which an act holds, where the sentence says so."""
    for when in dates:
        before = text[max(when.at - 40, tagged.sentence.start) : when.at].lower()
        if when.precision == "day" and any(
            w in before for w in ("effective", "effect", "in force", "starting", "beginning")
        ):
            return when.first
    return None
