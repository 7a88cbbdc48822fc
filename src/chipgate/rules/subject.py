"""What can be judged: a chip of the catalogue, or figures given by hand."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from chipgate.errors import SpecError
from chipgate.rules.evaluate import figure
from chipgate.rules.facts import Fact, Facts, Reading, chip_facts, flag, unknown
from chipgate.rules.variables import VARIABLES
from chipgate.rules.verdict import Subject
from chipgate.schema.actors import Maker
from chipgate.schema.chip import FORMATS, SPEC_FIELDS, Chip
from chipgate.schema.clause import Item

_AGREES: Final = 0.02  # a figure by hand may round what others imply


@dataclass(frozen=True)
class Given:
    """Figures given by hand; ``None`` where not given.

    Attributes:
        rates: Format field of :data:`chipgate.schema.chip.FORMATS` -> dense rate, 10^12 operations per second.
        numbers: ``tpp``, ``pd``, ``die_area_mm2``, ``mem_bw_gbs``, ``io_bw_gbs``, ``hbm_bw_density``, ``node_nm``,
            ``transistors_bn`` -> figure.
        flags: Flag variable -> value.
        sparse: The rates count 2:4 sparsity; refused.
    """

    rates: Mapping[str, float] = field(default_factory=dict)
    numbers: Mapping[str, float] = field(default_factory=dict)
    flags: Mapping[str, bool] = field(default_factory=dict)
    sparse: bool = False

    @property
    def empty(self) -> bool:
        """Whether nothing was given."""
        return not (self.rates or self.numbers or self.flags or self.sparse)


def catalogue_subject(chip: Chip, makers: Mapping[str, Maker], *, export_from_us: bool = True) -> Subject:
    """A chip of the catalogue."""
    return Subject(
        chip.id, chip.name, chip.vendor, makers[chip.vendor].country,
        lambda reading: chip_facts(chip, export_from_us=export_from_us, reading=reading), revealed=chip.revealed,
    )  # fmt: skip


def given_subject(
    given: Given, *, chip: Chip | None = None, makers: Mapping[str, Maker] | None = None,
    export_from_us: bool = True, item: Item = "finished_chip",
) -> Subject:  # fmt: skip
    """Figures given by hand, alone or in place of some of a catalogued chip's.

    Raises:
        SpecError: Figures are sparse, out of any plausible range, contradict each other, or none is given.
    """
    _check(given, chip, item)
    if item != "finished_chip":
        return Subject("", item.replace("_", " "), "", "", lambda _: _other_item(given, item), item=item)
    base = partial(_given_facts, given, chip, export_from_us)
    if chip is None:
        return Subject("", "chip given by hand", "", "", base)
    country = makers[chip.vendor].country if makers else ""
    # Evidence from the market speaks of the real chip, not of a changed one.
    return Subject(chip.id, f"{chip.name} (changed)", chip.vendor, country, base)


def _check(given: Given, chip: Chip | None, item: Item) -> None:
    if given.sparse:
        halves = ", ".join(f"{FORMATS[f][0]} {figure(v)} -> {figure(v / 2)}" for f, v in given.rates.items())
        raise SpecError(
            "the given rates count 2:4 sparsity, and TPP counts dense rates only; give half"
            + (f" ({halves})" if halves else "")
        )
    if chip is not None:
        for name, rate in given.rates.items():
            dense = chip.spec(name)
            if dense is not None and abs(rate / dense - 2) < _AGREES:
                raise SpecError(
                    f"{FORMATS[name][0]} {figure(rate)} is twice the dense {figure(dense)} of {chip.name}, so it "
                    f"counts 2:4 sparsity; TPP counts dense rates only: give {figure(dense)}"
                )
    for name, value in {**given.rates, **given.numbers}.items():
        limit = SPEC_FIELDS.get(name)
        most = limit.most if limit else VARIABLES[name].most
        if not 0 <= value <= most or (name == "die_area_mm2" and value == 0):
            raise SpecError(f"{name} {figure(value)} is outside 0 to {figure(most)}; check the figure and its unit")
    foreign = [n for n in (*given.rates, *given.numbers, *given.flags) if item not in _items_of(n)]
    if foreign:
        raise SpecError(
            f"{', '.join(foreign)} describes no {item.replace('_', ' ')}, which is given by "
            f"{' and '.join('--' + n for n in _FLAGS[item])}; leave it out or give another --item"
        )
    if chip is not None and item != "finished_chip":
        raise SpecError(f"{chip.name} is a finished chip; leave out the chip or --item {item}")
    needs = (*_NEEDS[item], *(given.rates if item == "finished_chip" else ()))
    if chip is None and not any(name in given.numbers or name in given.rates for name in needs):
        raise SpecError(f"nothing to judge: name a chip, or give {' or '.join('--' + n for n in _FLAGS[item])}")


_NEEDS: Final[dict[Item, tuple[str, ...]]] = {
    "finished_chip": ("tpp",),
    "hbm_stack": ("hbm_bw_density",),
    "logic_die": ("node_nm", "transistors_bn"),
}
_FLAGS: Final[dict[Item, tuple[str, ...]]] = {
    "finished_chip": ("tpp", "bf16", "fp8", "int8", "fp4"),
    "hbm_stack": ("hbm-bw-density",),
    "logic_die": ("node-nm", "transistors-bn"),
}


def _items_of(name: str) -> tuple[Item, ...]:
    """Items that a figure or flag describes."""
    return VARIABLES[name].items if name in VARIABLES else ("finished_chip",)


def _given_facts(given: Given, chip: Chip | None, export_from_us: bool, reading: Reading) -> Facts:
    if chip is None:
        facts: dict[str, Fact] = {name: unknown(name, (name,)) for name in ("tpp", "pd", "mem_bw_gbs", "io_bw_gbs")}
        facts |= {name: flag(name, None, "low") for name in ("marketed_datacenter", "us_commercial_20260115")}
        facts["export_from_us"] = flag("export_from_us", export_from_us, "high")
    else:
        facts = chip_facts(chip, export_from_us=export_from_us, reading=reading)
    tpp = _given_tpp(given, chip)
    if tpp is not None:
        facts["tpp"] = tpp
    area = chip.spec("die_area_mm2") if chip is not None else None
    facts["pd"] = _given_density(given, facts, area, changed=tpp is not None)
    for name in ("mem_bw_gbs", "io_bw_gbs"):
        if name in given.numbers:
            facts[name] = _hand(name, given.numbers[name], f"{VARIABLES[name].meaning} as given")
    for name, value in given.flags.items():
        facts[name] = flag(name, value, "high")
    return facts


def _given_tpp(given: Given, chip: Chip | None) -> Fact | None:
    rates = dict(given.rates)
    if not rates and "tpp" not in given.numbers:
        return None
    if chip is not None and "tpp" not in given.numbers:
        own = {f: v for f in FORMATS if (v := chip.spec(f)) is not None}
        rates = own | rates
    products = {f: v * FORMATS[f][1] for f, v in rates.items()}
    if not products:
        return _hand("tpp", given.numbers["tpp"], "as given")
    best = max(products, key=lambda name: products[name])
    text = f"{figure(rates[best])} {FORMATS[best][0]} x {FORMATS[best][1]} = {figure(products[best])}"
    stated = given.numbers.get("tpp")
    if stated is not None and abs(stated - products[best]) > _AGREES * products[best]:
        raise SpecError(f"--tpp {figure(stated)} contradicts the rates, which give {text}; leave one of them out")
    return _hand("tpp", products[best], text)


def _given_density(given: Given, facts: Mapping[str, Fact], central: float | None, *, changed: bool) -> Fact:
    tpp, own = facts["tpp"], facts["pd"]
    area, stated = given.numbers.get("die_area_mm2"), given.numbers.get("pd")
    if area is not None:
        if tpp.value is None:
            return Fact("pd", None, tpp.low / area, tpp.high / area, "needs TPP", "low", ("tpp",), area=(area, area))
        value = tpp.value / area
        if stated is not None and abs(stated - value) > _AGREES * value:
            raise SpecError(
                f"--pd {stated:g} contradicts {figure(tpp.value)} / {figure(area)} mm2 = {value:.2f}; leave one out"
            )
        text = f"{figure(tpp.value)} / {figure(area)} mm2 = {value:.2f}"
        return Fact("pd", value, value, value, text, "high", area=(area, area))
    if stated is not None:
        return _hand("pd", stated, "as given")
    if not changed:
        return own
    if own.value is not None and own.area is not None and tpp.value is not None and central is not None:
        value = tpp.value / central
        text = f"{figure(tpp.value)} / {figure(central)} mm2 = {value:.2f}"
        return Fact("pd", value, tpp.low / own.area[1], tpp.high / own.area[0], text, own.confidence, area=own.area)
    limit = SPEC_FIELDS["die_area_mm2"]
    bounds = own.area or (limit.least, limit.most)
    return Fact(
        "pd", None, tpp.low / bounds[1], tpp.high / bounds[0], "unpublished", "low", ("die_area_mm2",), area=bounds
    )


def _other_item(given: Given, item: Item) -> Facts:
    facts: dict[str, Fact] = {}
    for variable in VARIABLES.values():
        if item not in variable.items or variable.type == "groups":
            continue
        if variable.type == "flag":
            facts[variable.name] = flag(variable.name, given.flags.get(variable.name, False), "high")
        elif variable.name in given.numbers:
            facts[variable.name] = _hand(variable.name, given.numbers[variable.name], "as given")
        else:
            facts[variable.name] = unknown(variable.name, (variable.name,))
    return facts


def _hand(name: str, value: float, text: str) -> Fact:
    return Fact(name, value, value, value, text, "high")
