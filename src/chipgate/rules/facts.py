"""What the law looks at: TPP, performance density and bandwidths, computed from the specification.

TPP = 2 x MacTOPS x bit length, the largest product over number formats; a sheet's dense TOPS or TFLOPS is
2 x MacTOPS, so TPP = max(dense rate x bits). Performance density = TPP / logic die area. Source: ECCN 3A090,
technical notes (88 FR 73458).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from chipgate.rules.evaluate import figure
from chipgate.rules.variables import VARIABLES
from chipgate.schema.base import Confidence, Sourced, lower
from chipgate.schema.chip import SPEC_FIELDS, Chip

Reading = Literal["", "io_includes_host", "tf32_counts_32"]
"""Another reading of the law under which facts are computed; empty for the usual one."""

_TF32_BITS_ALTERNATIVE: Final = 32


@dataclass(frozen=True)
class Fact:
    """One variable of a legal test for one item.

    Attributes:
        value: Central figure; ``None`` where it is unpublished.
        low, high: Range over sources where it is known, over what is possible where it is not.
        arithmetic: How it was computed.
        missing: Specifications that would settle an unpublished figure.
        area: Lowest and highest die area behind a performance density, mm2.

    A flag has 0 or 1 as its figures.
    """

    name: str
    value: float | None
    low: float
    high: float
    arithmetic: str
    confidence: Confidence = "low"
    missing: tuple[str, ...] = ()
    note: str = ""
    area: tuple[float, float] | None = None

    @property
    def is_flag(self) -> bool:
        """Whether the fact is true or false rather than a number."""
        return VARIABLES[self.name].type == "flag"

    @property
    def known(self) -> bool:
        """Whether a central figure is known."""
        return self.value is not None


Facts = Mapping[str, Fact]


def chip_facts(chip: Chip, *, export_from_us: bool = True, reading: Reading = "") -> dict[str, Fact]:
    """Facts of a chip for the clauses on finished chips.

    Args:
        chip: The chip.
        export_from_us: Whether it is shipped from the US.
        reading: Another reading of the law (see the ambiguity ledger).
    """
    tpp = _tpp(chip, reading)
    answer = chip.us_commercial_20260115
    return {
        "tpp": tpp,
        "pd": density(tpp, chip.specs.get("die_area_mm2")),
        "mem_bw_gbs": _spec(chip, "mem_bw_gbs", "mem_bw_gbs"),
        "io_bw_gbs": _io(chip, reading),
        "marketed_datacenter": flag("marketed_datacenter", chip.marketed_datacenter, "high"),
        "us_commercial_20260115": flag("us_commercial_20260115", answer.value, answer.confidence, answer.note),
        "export_from_us": flag("export_from_us", export_from_us, "high"),
    }


def flag(name: str, value: bool | None, confidence: Confidence, note: str = "") -> Fact:
    """A true-or-false fact; ``None`` where nobody says."""
    meaning = VARIABLES[name].meaning
    text = f"{meaning}: {'unknown' if value is None else 'yes' if value else 'no'}"
    central = None if value is None else float(value)
    low, high = (0.0, 1.0) if central is None else (central, central)
    return Fact(name, central, low, high, text, confidence, () if value is not None else (name,), note)


def unknown(name: str, missing: tuple[str, ...], *, low: float = 0.0, high: float | None = None) -> Fact:
    """A number that nobody publishes, between ``low`` and ``high``."""
    most = VARIABLES[name].most if high is None else high
    return Fact(name, None, low, most, f"{VARIABLES[name].meaning}: unpublished", "low", missing)


def density(tpp: Fact, area: Sourced | None) -> Fact:
    """Performance density from TPP and logic die area."""
    field = SPEC_FIELDS["die_area_mm2"]
    bounds = (field.least, field.most) if area is None else area.bounds
    low, high = tpp.low / bounds[1], min(tpp.high / bounds[0], VARIABLES["pd"].most)
    if tpp.value is None or area is None or area.value is None:
        missing = (*tpp.missing, *(() if area is not None and area.value is not None else ("die_area_mm2",)))
        return Fact("pd", None, low, high, "performance density: unpublished", "low", missing, area=bounds)
    value = tpp.value / area.value
    text = f"{figure(tpp.value)} / {figure(area.value)} mm2 = {value:.2f}"
    return Fact("pd", value, low, high, text, lower(tpp.confidence, area.confidence), note=area.note, area=bounds)


def _tpp(chip: Chip, reading: Reading) -> Fact:
    products, lows, highs = [], [], []
    for name, bits, rate in chip.formats():
        width = _TF32_BITS_ALTERNATIVE if reading == "tf32_counts_32" and name == "TF32" else bits
        low, high = rate.bounds
        lows.append(low * width)
        highs.append(high * width)
        if rate.value is not None:
            products.append((rate.value * width, name, width, rate))
    missing = ("tpp", "dense rates")
    if not products:
        if not lows:
            return unknown("tpp", missing)
        return unknown("tpp", missing, low=max(lows), high=max(highs))
    best = max(products, key=lambda product: product[0])
    same = [p for p in products if p[0] == best[0]]
    terms = " = ".join(f"{figure(p[3].value or 0)} {p[1]} x {p[2]}" for p in same)
    return Fact(
        "tpp", best[0], max(lows), max(highs), f"{terms} = {figure(best[0])}", best[3].confidence,
        note=best[3].note,
    )  # fmt: skip


def _spec(chip: Chip, field: str, name: str) -> Fact:
    number = chip.specs.get(field)
    label, unit = SPEC_FIELDS[field].label, SPEC_FIELDS[field].unit
    if number is None:
        return unknown(name, (field,))
    low, high = number.bounds
    if number.value is None:
        return unknown(name, (field,), low=low, high=high)
    text = f"{label} {figure(number.value)} {unit}"
    return Fact(name, number.value, low, high, text, number.confidence, note=number.note)


def _io(chip: Chip, reading: Reading) -> Fact:
    """Chip-to-chip bandwidth: the scale-up link alone; host PCIe where there is no such link."""
    link, host = chip.specs.get("scaleup_bw_gbs"), chip.specs.get("host_bw_gbs")
    if link is None and host is None:
        return unknown("io_bw_gbs", ("scaleup_bw_gbs",))
    if link is None:
        return _spec(chip, "host_bw_gbs", "io_bw_gbs")
    fact = _spec(chip, "scaleup_bw_gbs", "io_bw_gbs")
    if reading != "io_includes_host" or host is None or fact.value is None or host.value is None:
        return fact
    total = fact.value + host.value
    text = f"link {figure(fact.value)} + host {figure(host.value)} = {figure(total)} GB/s"
    return Fact("io_bw_gbs", total, fact.low + host.value, fact.high + host.value, text, fact.confidence)
