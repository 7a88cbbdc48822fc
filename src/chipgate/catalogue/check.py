"""Checks of a whole catalogue that no single record can make: names that cross files, sources, dates, staleness.

Reading already refuses unknown keys, mistyped cells, duplicate ids, impossible ranges and wrong units; each check
here yields a list of :class:`Fault` instead of stopping at the first.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import Any, Final

from chipgate.catalogue.catalogue import Catalogue
from chipgate.catalogue.check_market import market_dates, market_names, rival_names
from chipgate.catalogue.fault import Fault
from chipgate.catalogue.table import Place, Table
from chipgate.errors import DataError
from chipgate.schema.chip import FORMATS, SPEC_FIELDS, Chip
from chipgate.units import UNITS

_MAKER_GROUPS: Final = ("all_makers", "domestic_makers", "imported_makers", "smic_and_others")
_SPARSITY: Final = 2.0

STALE_AFTER_DAYS: Final = {"chips": 1500, "events": 200, "observations": 200, "parameters": 400, "measurements": 200}
"""Days before the record's close within which each kind must have a record: the newest one may not be older."""

OTHER_UNITS: Final = frozenset(
    {
        "tokens/s", "tokens/s/chip", "ms", "min", "GPU hours", "GPU hours/trillion tokens", "H100e", "USD/chip",
        "USD/system", "USD/hour", "dies", "stacks", "wafers/month",
    }
)  # fmt: skip
"""Units of tables that are not converted."""


def check(data: Catalogue) -> list[Fault]:
    """All faults of a catalogue; a record that cannot even be read ends the list."""
    found: list[Fault] = []
    for one in CHECKS:
        try:
            found += one(data)
        except DataError as error:
            found.append(Fault(Place(error.path, error.line or 1), one.__name__, str(error)))
            break
    return found


def loads(data: Catalogue) -> Iterator[Fault]:
    """Every kind can be read and holds records."""
    from chipgate.catalogue.catalogue import KINDS

    for kind in KINDS:
        table = data.table(kind)
        if not len(table):
            yield Fault(Place(data.roots[0], 1), kind, "holds no record")


def names_cross(data: Catalogue) -> Iterator[Fault]:
    """Every id that one record uses for another exists."""
    chips, firms, events = set(data.chips), set(data.firms), set(data.events)
    groups, systems = set(data.product_groups), set(data.measured_systems)
    makers = set(data.makers) | firms | set(_MAKER_GROUPS)
    checks: list[tuple[Table[Any], str, set[str]]] = [
        (data.chips, "vendor", set(data.makers)),
        (data.events, "chips", chips),
        (data.events, "firms", firms),
        (data.observations, "maker", makers),
        (data.observations, "chips", chips | groups),
        (data.observations, "buyers", firms | set(data.buyers) | {"us_government"}),
        (data.measurements, "model", set(data.models)),
        (data.measurements, "chip", chips | systems),
        (data.measurements, "precision", set(data.precisions)),
        (data.networks, "chips", chips),
        (data.reference_rates, "chip", chips),
        (data.measured_systems, "nearest_chip", chips),
        (data.firms, "parent", firms),
        (data.firms, "listing_event", events),
        (data.makers, "firm", firms),
        (data.makers, "letters", set(data.clauses)),
        (data.buyers, "members", firms),
        (data.buyers, "budget_observations", set(data.observations)),
        (data.buyers, "budget_parameters", set(data.parameters)),
        (data.clauses, "events", events),
        (data.clauses, "replaces", set(data.clauses)),
        (data.clauses, "ambiguities", set(data.ambiguities)),
        (data.ambiguities, "clauses", set(data.clauses)),
        (data.ambiguities, "vendors", set(data.makers)),
    ]
    for table, field, known in checks:
        for key, record in table.items():
            value = getattr(record, field)
            used = () if value in (None, "") else (value,) if isinstance(value, str) else value
            for name in used:
                if name not in known:
                    yield Fault(
                        table.place(key), key, f"{field} names unknown {name!r}", "correct it or add the record"
                    )
    for key, chip in data.chips.items():
        for fact in chip.revealed:
            for name in fact.clauses:
                if name not in data.clauses:
                    yield Fault(data.chips.place(key), key, f"revealed names unknown clause {name!r}")


def sources_present(data: Catalogue) -> Iterator[Fault]:
    """Every number has an address, or its record says where the figure was read."""
    tables: tuple[Table[Any], ...] = (data.events, data.parameters, data.observations, data.models, data.measurements)
    for table in tables:
        for key, record in table.items():
            single = getattr(record, "source_url", "")
            urls: tuple[str, ...] = getattr(record, "source_urls", (single,) if single else ())
            if not urls and not record.notes:
                yield Fault(
                    table.place(key), key, "has no source", "give an address, or say in notes where it was read"
                )
    sourced: tuple[Table[Any], ...] = (data.chips, data.makers, data.buyers)
    for table in sourced:
        for key, record in table.items():
            for name, source in record.sources.items():
                for url in source.urls:
                    if not url.startswith(("http://", "https://")):
                        yield Fault(table.place(key), key, f"source {name!r} is no address: {url!r}")


def dates_follow(data: Catalogue) -> Iterator[Fault]:
    """Nothing is known before it can be, nor after the record was closed."""
    closed = data.compiled
    for key, event in data.events.items():
        if event.known_since.first < event.date.first:
            yield Fault(data.events.place(key), key, f"public {event.public_date} before its date {event.date}")
        if event.end_date and event.end_date.last < (event.effective_date or event.date).first:
            yield Fault(data.events.place(key), key, f"ends {event.end_date} before it starts")
    for key, parameter in data.parameters.items():
        if parameter.published_date.first > parameter.known_since.last:
            yield Fault(
                data.parameters.place(key), key,
                f"published {parameter.published_date} after known_since {parameter.known_since}",
            )  # fmt: skip
    for key, seen in data.observations.items():
        outcome = seen.channel not in ("forecast", "press", "analyst", "company")
        if outcome and seen.published_date.last < seen.period_end.first:
            yield Fault(
                data.observations.place(key), key,
                f"published {seen.published_date} before its period ended on {seen.period_end}",
            )  # fmt: skip
    dated: Iterable[tuple[Table[Any], str]] = (
        (data.events, "date"), (data.parameters, "known_since"), (data.observations, "published_date"),
        (data.measurements, "published_date"),
    )  # fmt: skip
    for table, field in dated:
        for key, record in table.items():
            if getattr(record, field).first > closed:
                yield Fault(table.place(key), key, f"{field} {getattr(record, field)} lies after the record's close")
    for key, clause in data.clauses.items():
        if clause.known_since > closed:
            yield Fault(data.clauses.place(key), key, "became known after the record's close")


def units_listed(data: Catalogue) -> Iterator[Fault]:
    """Units come from one list, and each metric has one unit."""
    for key, seen in data.observations.items():
        if seen.unit not in UNITS and seen.unit not in OTHER_UNITS:
            yield Fault(data.observations.place(key), key, f"unknown unit {seen.unit!r}")
    for key, measured in data.measurements.items():
        if measured.unit not in UNITS and measured.unit not in OTHER_UNITS:
            yield Fault(data.measurements.place(key), key, f"unknown unit {measured.unit!r}")
    by_group: dict[str, str] = {}
    for key, parameter in data.parameters.items():
        folded = parameter.unit.casefold()
        if by_group.setdefault(folded, parameter.unit) != parameter.unit:
            yield Fault(
                data.parameters.place(key), key, f"unit {parameter.unit!r} is also written {by_group[folded]!r}"
            )
        if parameter.unit == "fraction" and not all(
            0 <= x <= 1 for x in (parameter.low, parameter.central, parameter.high) if x is not None
        ):
            yield Fault(data.parameters.place(key), key, "a fraction lies outside 0 to 1")


def specs_plausible(data: Catalogue) -> Iterator[Fault]:
    """Rates are dense and consistent with each other, memory fits its bandwidth."""
    for key, chip in data.chips.items():
        place = data.chips.place(key)
        for message in _sparse_suspects(chip):
            yield Fault(place, key, message, "halve it if it counts 2:4 sparsity; else say why in its note")
        for field, number in chip.specs.items():
            if number.unit != SPEC_FIELDS[field].unit:
                yield Fault(place, key, f"{field} is in {number.unit}")
        gigabytes, bandwidth = chip.spec("mem_gb"), chip.spec("mem_bw_gbs")
        if gigabytes and bandwidth and not 5 <= bandwidth / gigabytes * 1.0 <= 120:
            yield Fault(place, key, f"memory of {gigabytes:g} GB at {bandwidth:g} GB/s is implausible")


def _sparse_suspects(chip: Chip) -> Iterator[str]:
    """A rate that is more than twice as fast as its bits allow against the next wider format."""
    wide = chip.specs.get("bf16_dense_tflops")
    for field in ("fp8_dense_tflops", "int8_dense_tops"):
        narrow = chip.specs.get(field)
        if wide is None or narrow is None or wide.value is None or narrow.value is None:
            continue
        ratio = narrow.value / wide.value
        if ratio > _SPARSITY * 1.05 and not (narrow.note or wide.note):
            yield f"{FORMATS[field][0]} is {ratio:.2f} times the 16-bit rate"


def fresh(data: Catalogue) -> Iterator[Fault]:
    """Each kind has a record from the last stretch before the close."""
    newest: dict[str, date] = {
        "chips": max(c.announced.last for c in data.chips.values() if c.announced),
        "events": max(e.known_since.last for e in data.events.values()),
        "observations": max(o.published_date.first for o in data.observations.values()),
        "parameters": max(p.known_since.first for p in data.parameters.values()),
        "measurements": max(m.published_date.first for m in data.measurements.values()),
    }
    for kind, last in newest.items():
        age = (data.compiled - last).days
        if age > STALE_AFTER_DAYS[kind]:
            yield Fault(Place(data.roots[0], 1), kind, f"newest is of {last}, {age} days before the close")


def law_parses(data: Catalogue) -> Iterator[Fault]:
    """Clauses that stand together have the events and ambiguities that they name, and markers have no test."""
    for key, clause in data.clauses.items():
        if clause.role != "marker" and not clause.events:
            yield Fault(data.clauses.place(key), key, "names no event that made it")


CHECKS: Final[tuple[Callable[[Catalogue], Iterable[Fault]], ...]] = (
    loads, names_cross, sources_present, dates_follow, units_listed, specs_plausible, fresh, law_parses,
    market_names, market_dates, rival_names,
)  # fmt: skip
"""All checks, in the order in which they run."""
