"""The embedded data: how much there is, how it is found, what every number carries."""

from pathlib import Path

import pytest
from helpers import DATA, NEW_CHIP, embedded, write

from chipgate.api import classify
from chipgate.catalogue import Catalogue
from chipgate.catalogue.catalogue import KINDS
from chipgate.catalogue.check import check
from chipgate.errors import DataError, UnitError, UnknownNameError
from chipgate.rules.facts import chip_facts
from chipgate.units import convert, parse_quantity

COUNTS = {
    "chips": 96, "events": 146, "rules": 24, "parameters": 204, "observations": 218, "models": 100, "measurements": 782,
}  # fmt: skip
BITS = {"fp64": 64, "fp32": 32, "tf32": 19, "bf16": 16, "fp8": 8, "int8": 8, "fp6": 6, "fp4": 4}


@pytest.mark.parametrize(("kind", "count"), COUNTS.items())
def test_counts(kind: str, count: int) -> None:
    assert len(embedded().table(kind)) == count


def test_no_fault_in_the_embedded_data() -> None:
    assert check(embedded()) == []


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("H20", "nvidia_h20_96"),
        ("h20", "nvidia_h20_96"),
        ("h20 141gb", "nvidia_h20_141"),
        ("H20-141GB", "nvidia_h20_141"),
        ("nvidia_h20_96", "nvidia_h20_96"),
        ("NVIDIA H20", "nvidia_h20_96"),
        ("Ascend 910C", "huawei_ascend_910c"),
        ("ascend910c", "huawei_ascend_910c"),
        ("RTX 4090D", "nvidia_rtx4090d"),
        ("RTX 5090 D v2", "nvidia_rtx5090d_v2"),
        ("MI308", "amd_mi308x"),
    ],
)
def test_lookup(name: str, found: str) -> None:
    assert embedded().chips.find(name).id == found


def test_every_name_and_alias_finds_its_record() -> None:
    for kind in KINDS:
        table = embedded().table(kind)
        for key, record in table.items():
            assert all(table.find(name) is record for name in record.names), key


@pytest.mark.parametrize(
    ("typed", "nearest"), [("H200X", "H200"), ("Asend 910C", "910C"), ("RTX 4O90", "4090"), ("B30O", "B30")]
)
def test_an_unknown_name_suggests_the_nearest(typed: str, nearest: str) -> None:
    with pytest.raises(UnknownNameError, match=f"unknown chip '{typed}'; did you mean") as caught:
        embedded().chips.find(typed)
    assert any(nearest in name for name in caught.value.near)
    assert all(embedded().chips.find(name) for name in caught.value.near)


@pytest.mark.parametrize("kind", KINDS)
def test_an_unknown_name_points_to_a_command_that_exists(kind: str) -> None:
    with pytest.raises(UnknownNameError) as caught:
        embedded().table(kind).find("qqqqqqqq")
    assert f"`chipgate show {kind}`" in str(caught.value)


def test_tpp_of_every_chip_is_the_largest_product() -> None:
    for key, chip in embedded().chips.items():
        rates = {name: chip.spec(f"{name}_dense_{'tops' if name == 'int8' else 'tflops'}") for name in BITS}
        rates |= {name: chip.spec(f"{name}_tflops") for name in ("fp64", "fp32")}
        products = [rate * BITS[name] for name, rate in rates.items() if rate is not None]
        facts = chip_facts(chip)
        area = chip.spec("die_area_mm2")
        assert facts["tpp"].value == (pytest.approx(max(products)) if products else None), key
        assert facts["pd"].value == (pytest.approx(max(products) / area) if products and area else None), key


@pytest.mark.parametrize(
    ("name", "tpp", "density"),
    [
        ("H100", 15832, 19.45),
        ("H20", 2368, 2.91),
        ("A800", 4992, 6.04),
        ("L40S", 5864, 9.64),
        ("B30A", 30000, 36.86),
        ("Ascend 910C", 12800, 9.62),
    ],
)
def test_published_tpp(name: str, tpp: float, density: float) -> None:
    facts = chip_facts(embedded().chips.find(name))
    assert facts["tpp"].value == tpp
    assert round(facts["pd"].value or 0, 2) == density


def test_every_number_of_a_chip_knows_where_it_comes_from() -> None:
    for chip in embedded().chips.values():
        for number in chip.specs.values():
            low, high = number.bounds
            assert low <= high
            assert number.unit
            assert number.source.urls
            assert number.kind in ("reported", "estimated", "derived", "assumed")
            assert number.confidence in ("high", "medium", "low")


def test_events_and_parameters_keep_their_point_in_time() -> None:
    late = [e for e in embedded().events.values() if e.public_date]
    assert late
    assert all(e.known_since == e.public_date for e in late)
    assert all(e.known_since.first >= e.date.first for e in embedded().events.values())
    variants = {p.knowable_variant for p in embedded().parameters.values()}
    assert variants == {"hindsight", "timeless", "dated"}
    assert all(p.known_since.last >= p.published_date.first for p in embedded().parameters.values())


def test_h20_guidance_was_known_only_in_august() -> None:
    event = embedded().events["PE054"]
    assert (str(event.date), str(event.public_date), str(event.known_since)) == (
        "2025-07-22", "2025-08-21", "2025-08-21",
    )  # fmt: skip


def test_records_are_frozen() -> None:
    from pydantic import ValidationError

    with pytest.raises(ValidationError, match="frozen"):
        embedded().chips["nvidia_h20_96"].name = "other"


def test_units_of_a_chip_file_are_converted(tmp_path: Path) -> None:
    write(tmp_path, "chips/acme_testchip.yaml", NEW_CHIP)
    chip = Catalogue(DATA, tmp_path).chips["acme_testchip"]
    assert chip.spec("mem_bw_gbs") == pytest.approx(3200)
    assert chip.specs["mem_bw_gbs"].unit == "GB/s"
    verdict = classify("acme_testchip", on="2026-02-15", to="CN", data=Catalogue(DATA, tmp_path))
    assert verdict.facts["mem_bw_gbs"].value == pytest.approx(3200)
    assert verdict.outcome == "licence_case_by_case"


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("4.8 TB/s", "GB/s", 4800),
        ("4,800", "GB/s", 4800),
        ("4_800 GB/s", "GB/s", 4800),
        ("7200 Gb/s", "GB/s", 900),
        ("1.979 PFLOPS", "TFLOPS", 1979),
        ("1979 TOPS", "TFLOPS", 1979),
        ("8.14 cm2", "mm2", 814),
        ("96 gb", "GB", 96),
        ("15 percent", "fraction", 0.15),
        ("1 GiB/s", "GB/s", 1.073741824),
    ],
)
def test_quantities(text: str, unit: str, value: float) -> None:
    assert parse_quantity(text, unit) == pytest.approx(value)


@pytest.mark.parametrize("text", ["", "fast", "4.8 furlongs", "4.8 GB", "4.8 TB/s/s", "TB/s", "1e", "nan", "--5"])
def test_no_quantity(text: str) -> None:
    with pytest.raises(UnitError):
        parse_quantity(text, "GB/s")


def test_conversion_refuses_another_dimension() -> None:
    with pytest.raises(UnitError, match="measures memory, expected bandwidth"):
        convert(1, "GB", "GB/s")


def test_a_folder_that_is_none() -> None:
    with pytest.raises(DataError, match="is no folder"):
        Catalogue(DATA, DATA / "nowhere")


def test_fingerprint_changes_with_any_byte(tmp_path: Path) -> None:
    write(tmp_path, "chips/acme_testchip.yaml", NEW_CHIP)
    first = Catalogue(DATA, tmp_path).fingerprint
    write(tmp_path, "chips/acme_testchip.yaml", NEW_CHIP.replace("800", "801", 1))
    assert len({embedded().fingerprint, first, Catalogue(DATA, tmp_path).fingerprint}) == 3
