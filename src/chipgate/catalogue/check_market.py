"""Checks of the market model's records: names that cross files, and that nothing rests on what came later."""

from collections.abc import Iterator
from typing import Any

from chipgate.catalogue.catalogue import Catalogue
from chipgate.catalogue.fault import Fault
from chipgate.catalogue.table import Table
from chipgate.timegrid import FIRST_DAY

MODELLED = "huawei"
"""Supply line whose volume is modelled from dies, memory and packaging."""

_CUT = "rental.cut."  # priors named after the event that cuts renting abroad


def market_names(data: Catalogue) -> Iterator[Fault]:
    """Chips, makers, priors, events and levers that records of the market name exist."""
    for key, offer in data.offers.items():
        priors = [offer.cost] + ([offer.taste] if offer.taste else [])
        if offer.package is not None and offer.package.takes_over:
            priors += [f"{offer.package.takes_over}.{part}" for part in ("start", "months")]
        wanted: list[tuple[str, Any]] = [(name, data.priors) for name in priors]
        wanted += [(name, data.chips) for name in (offer.chip, offer.earlier) if name]
        wanted += [(offer.vendor, data.makers)]
        for name, table in wanted:
            if name not in table:
                yield Fault(data.offers.place(key), key, f"names unknown {table.kind} {name!r}")
        if (offer.supply == MODELLED) != (offer.package is not None):
            yield Fault(data.offers.place(key), key, f"a package goes with supply: {MODELLED}, and only with it")
    for key in data.priors:
        event = key.removeprefix(_CUT).upper()
        if key.startswith(_CUT) and event not in data.events:
            yield Fault(
                data.priors.place(key), key, f"names unknown event {event!r}", "name it after the act that cuts"
            )
    yield from _lever_names(data)
    for key, episode in data.episodes.items():
        for name in episode.events:
            if name not in data.events:
                yield Fault(data.episodes.place(key), key, f"names unknown event {name!r}")


def rival_names(data: Catalogue) -> Iterator[Fault]:
    """Scenarios and chips that figures of studies name exist, and no scenario knows more than its study did."""
    for key, rival in data.rivals.items():
        place = data.rivals.place(key)
        scenario = data.scenarios.get(rival.scenario)
        if scenario is None:
            yield Fault(place, key, f"names unknown scenario {rival.scenario!r}")
        elif scenario.as_of is None or scenario.as_of.last > rival.published_date.last:
            yield Fault(place, key, f"scenario {rival.scenario!r} is of {scenario.as_of}, the study of "
                                    f"{rival.published_date}", "give the scenario an as_of up to that day")  # fmt: skip
        if rival.counted_in is not None and rival.counted_in not in data.chips:
            yield Fault(place, key, f"names unknown chip {rival.counted_in!r}")


def _lever_names(data: Catalogue) -> Iterator[Fault]:
    """Levers, events and priors that levers name exist."""
    for key, lever in data.levers.items():
        place = data.levers.place(key)
        for rule in lever.moot:
            if rule.lever not in data.levers:
                yield Fault(place, key, f"is moot by unknown lever {rule.lever!r}")
        found = lever.evidence
        for name in found.events if found is not None else ():
            if name not in data.events:
                yield Fault(place, key, f"names unknown event {name!r}")
        if found is not None and found.prior is not None:
            head = found.prior.partition("*")[0]
            if not any(name == head or name.startswith(head.rstrip(".") + ".") for name in data.priors):
                yield Fault(place, key, f"names unknown prior {found.prior!r}")


def market_dates(data: Catalogue) -> Iterator[Fault]:
    """No prior or window rests on a record that was known later, and what an offer needs stood when it came."""
    dated: list[tuple[Table[Any], str]] = [(data.priors, "variants"), (data.arrivals, "windows")]
    for table, field in dated:
        for key, record in table.items():
            for variant in getattr(record, field):
                for name in variant.parameters:
                    known = data.parameters[name].known_since if name in data.parameters else None
                    if known is None or known.first > variant.known_since.last:
                        yield Fault(
                            table.place(key), key, f"rests on parameter {name!r}, not known {variant.known_since}"
                        )
                for name in getattr(variant, "observations", ()):
                    seen = data.observations[name].published_date if name in data.observations else None
                    if seen is None or seen.first > variant.known_since.last:
                        yield Fault(
                            table.place(key), key, f"rests on observation {name!r}, not known {variant.known_since}"
                        )
    for key, offer in data.offers.items():
        chip = data.chips.get(offer.chip)
        known = offer.known_since or (chip.announced if chip else None) or offer.first
        own = (chip.announced or offer.public or chip.first_shipped) if chip else None
        if offer.known_since and own and offer.known_since.last < own.first and offer.earlier is None:
            yield Fault(
                data.offers.place(key), key, f"known {offer.known_since}, its chip only {own}",
                "name the chip whose figures stand until then as earlier",
            )  # fmt: skip
        names = [offer.cost] + ([offer.taste] if offer.taste else [])
        if offer.package is not None and offer.package.takes_over:
            names += [f"{offer.package.takes_over}.{part}" for part in ("start", "months")]
        for name in names:
            prior = data.priors.get(name)
            if prior is not None and prior.variants[0].known_since.last > max(known.last, FIRST_DAY):
                yield Fault(data.offers.place(key), key, f"is known {known}, its prior {name!r} only later")
