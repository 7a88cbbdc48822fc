"""Bad input: one clear line on stderr, nothing on stdout, exit status 2, file and line where it is a file."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from helpers import DATA, NEW_CHIP, Outcome, run_cli, write

CHIP_FILE = "chips/acme_testchip.yaml"
CLAUSE = (DATA / "rules" / "US-2022-10-3A090.yaml").read_text(encoding="utf-8")
COUNTRIES = (DATA / "countries.csv").read_text(encoding="utf-8").split("\n", 1)[0]
COUNTRY = "ZZ,Zedland,OTHER,,,https://example.org/zed,low,made up"
CLASSIFY = ("classify", "--on", "2024-06-15")


def one_line(found: Outcome, *words: str) -> None:
    assert found.status == 2, found.err
    assert found.out == ""
    assert len(found.error_lines) == 1, found.err
    assert found.err.startswith("chipgate: ")
    for word in words:
        assert word in found.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["classify", "H2O", "--on", "2024-06-15"], ["unknown chip 'H2O'", "did you mean"]),
        (["history", "zzzz"], ["unknown chip 'zzzz'"]),
        (["headroom", "H2O", "--on", "2024-06-15"], ["unknown chip 'H2O'"]),
        (["show", "chips", "H2O"], ["unknown chip 'H2O'"]),
        (["show", "chip"], ["unknown kind 'chip'", "chips"]),
        (["classify", "H20", "--on", "2024-02-30"], ["2024-02-30", "calendar"]),
        (["classify", "H20", "--on", "2024-13-01"], ["2024-13-01"]),
        (["classify", "H20", "--on", "yesterday"], ["'yesterday' is not a date", "YYYY-MM-DD"]),
        (["classify", "H20", "--on", "2024-06"], ["names no day"]),
        (["headroom", "--on", "15.6.2024"], ["15.6.2024"]),
        (["classify", "H20", "--on", "2021-12-31"], ["2021-12-31 lies before 2022-01-01"]),
        (["headroom", "--on", "2021-12-31"], ["2021-12-31 lies before 2022-01-01"]),
        (["classify", "H20", "--on", "2024-06-15", "--to", "XX"], ["unknown country 'XX'", "ISO 3166"]),
        (["classify", "--all", "--on", "2024-06-15", "--to", "Chima"], ["unknown country 'Chima'", "China"]),
        (["history", "H20", "--to", "XX"], ["unknown country 'XX'", "ISO 3166"]),
        (["headroom", "--on", "2024-06-15", "--to", "XX"], ["unknown country 'XX'"]),
        (["classify", "H20", "--on", "2024-06-15", "--buyer", "iFlytec"], ["unknown buyer 'iFlytec'", "iFlytek"]),
        (["classify", "H20", "--on", "2024-06-15", "--buyer", "ai_labs"], ["block of buyers"]),
        ([*CLASSIFY], ["nothing to judge", "--tpp"]),
        ([*CLASSIFY, "--mem-bw", "4000"], ["nothing to judge", "--tpp"]),
        ([*CLASSIFY, "--item", "hbm_stack"], ["--hbm-bw-density"]),
        ([*CLASSIFY, "--item", "hbm_stack", "--fp8", "100"], ["--hbm-bw-density"]),
        ([*CLASSIFY, "--item", "sheep"], ["'sheep'", "hbm_stack"]),
        ([*CLASSIFY, "H20", "--item", "hbm_stack"], ["hbm_stack"]),
        ([*CLASSIFY, "H20", "--hbm-bw-density", "3"], ["hbm"]),
        ([*CLASSIFY, "--fp8", "592", "--sparse"], ["sparsity", "dense", "296"]),
        ([*CLASSIFY, "H20", "--sparse"], ["sparsity"]),
        ([*CLASSIFY, "--all", "--sparse"], ["--all"]),
        ([*CLASSIFY, "--fp8", "592 TFLOPS sparse"], ["--fp8", "dense"]),
        ([*CLASSIFY, "--tpp", "4736 with sparsity"], ["--tpp", "dense"]),
        ([*CLASSIFY, "H20", "--fp8", "592"], ["twice the dense 296", "give 296"]),
        ([*CLASSIFY, "--tpp", "9000", "--fp8", "296"], ["--tpp 9,000 contradicts", "2,368"]),
        ([*CLASSIFY, "--tpp", "2368", "--die-area", "814", "--pd", "9"], ["--pd 9 contradicts", "2.91"]),
        ([*CLASSIFY, "--tpp", "2368", "--mem-bw", "4 TB"], ["--mem-bw", "measures memory, expected bandwidth"]),
        ([*CLASSIFY, "--tpp", "2368", "--mem-bw", "4 furlongs"], ["--mem-bw", "unknown unit 'furlongs'"]),
        ([*CLASSIFY, "--tpp", "many"], ["--tpp", "'many' is not a quantity"]),
        ([*CLASSIFY, "--tpp", "2368", "--die-area", "81400000"], ["die_area_mm2", "outside"]),
        ([*CLASSIFY, "--tpp", "2368", "--die-area", "0"], ["die"]),
        ([*CLASSIFY, "--tpp=-1"], ["tpp"]),
        ([*CLASSIFY, "--all", "--tpp", "2368"], ["--all"]),
        (["history"], ["name one chip, or give --all"]),
        (["history", "H20", "--all"], ["name one chip, or give --all"]),
        (["show", "chips", "--columns", "id,colour"], ["unknown field 'colour'"]),
        (["show", "chips", "--where", "colour=red"], ["colour"]),
        (["show", "chips", "--where", "tpp"], ["is no condition"]),
        (["show", "chips", "--where", "tpp>lots"], ["neither number nor date"]),
        (["sing"], ["No such command 'sing'"]),
        (["data", "sing"], ["No such command 'sing'"]),
        (["classify", "H20", "--on", "2024-06-15", "--loud"], ["No such option", "--loud"]),
        (["classify", "H20"], ["--on"]),
        (["--data", "/nowhere/at/all", "show", "chips"], ["/nowhere/at/all", "is no folder"]),
        (["data", "check", "/nowhere/at/all"], ["/nowhere/at/all", "is no folder"]),
    ],
    ids=lambda value: "_".join(value) if isinstance(value, list) else None,
)
def test_wrong_arguments(arguments: list[str], words: list[str]) -> None:
    one_line(run_cli(*arguments), *words)


def with_text(old: str, new: str, *, count: int = -1) -> str:
    """The new chip with some text replaced, which must be there."""
    assert old in NEW_CHIP
    return NEW_CHIP.replace(old, new, count)


CHIP_FAULTS = {
    "unknown_key": (NEW_CHIP + "colour: red\n", 24, ["colour", "unknown key"]),
    "missing_key": (with_text("vendor: nvidia\n", ""), 1, ["vendor", "missing key"]),
    "duplicate_key": (with_text("announced:", "vendor: amd\nannounced:"), 8, ["'vendor' stands twice"]),
    "duplicate_spec": (NEW_CHIP + "  mem_gb: 90\n", 24, ["'mem_gb' stands twice"]),
    "unknown_spec": (with_text("mem_gb", "mem_gib"), None, ["unknown specification 'mem_gib'", "mem_gb"]),
    "wrong_unit": (with_text("TB/s", "TB"), None, ["mem_bw_gbs", "measures memory, expected bandwidth"]),
    "unknown_unit": (with_text("TB/s", "TB/h"), None, ["unknown unit 'TB/h'"]),
    "wrong_type": (with_text("tdp_w: 500", "tdp_w: much"), None, ["tdp_w", "much"]),
    "flag_of_wrong_type": (with_text("datacenter: true", "datacenter: perhaps"), 6, ["perhaps"]),
    "id_differs": (with_text("id: acme_testchip", "id: acme_other"), 1, ["'acme_other'", "file name"]),
    "low_over_high": (with_text("mem_gb: 100", "mem_gb: {value: 1, low: 2, high: 0}"), None, ["low <= value <= high"]),
    "assumption_without_range": (
        with_text("mem_gb: 100", "mem_gb: {value: 100, kind: assumed}"), None, ["must carry a range"],
    ),
    "impossible_value": (with_text("die_area_mm2: 800", "die_area_mm2: 8"), None, ["die_area_mm2", "outside"]),
    "not_a_number": (with_text("die_area_mm2: 800", "die_area_mm2: .nan"), None, ["die_area_mm2"]),
    "unknown_source": (with_text("mem_gb: 100", "mem_gb: {value: 100, source: rumour}"), None, ["'rumour'"]),
    "bad_date": (with_text('announced: "2024-05"', "announced: May 2024"), 8, ["May 2024", "YYYY-MM-DD"]),
    "shipped_before_announced": (with_text("2024-06", "2023-06"), None, ["first_shipped 2023-06"]),
    "duplicate_alias": (with_text("[Testchip]", "[H20]"), 1, ["'H20'", "already belongs to 'nvidia_h20_96'"]),
    "not_yaml": (NEW_CHIP + "specs: [\n", None, ["is not valid YAML"]),
    "control_character": (NEW_CHIP + "notes: a\x07b\n", 24, ["YAML"]),
    "list_as_key": (NEW_CHIP + "? [a, b]\n: c\n", 24, ["key"]),
    "recursive_alias": (NEW_CHIP + "flags: &a [*a]\n", 24, []),
    "foreign_tag": (NEW_CHIP + "notes: !!python/object:os.system x\n", 24, ["python/object"]),
    "specs_are_no_mapping": (NEW_CHIP.partition("specs:")[0] + "specs: 5\n", None, ["specs"]),
    "unit_is_no_text": (with_text("unit: TB/s", "unit: 5"), None, ["unit", "5"]),
    "source_is_no_text": (with_text("unit: TB/s", "source: [spec]"), None, ["source"]),
    "a_list": ("- one\n- two\n", 1, ["expected a mapping"]),
    "empty": ("", None, ["is empty"]),
    "blank": ("\n  \n", None, ["is empty"]),
    "comment_only": ("# nothing yet\n", 1, ["holds no record"]),
    "bom": ("\ufeff" + NEW_CHIP, 1, ["byte-order mark", "UTF-8 without BOM"]),
    "crlf": (with_text("\n", "\r\n"), 1, ["CRLF", "LF line ends"]),
    "latin_1": (with_text("made up", "fabriqu\xe9").encode("latin-1"), 7, ["not UTF-8"]),
}  # fmt: skip


@pytest.mark.parametrize(("content", "line", "words"), CHIP_FAULTS.values(), ids=CHIP_FAULTS)
def test_broken_chip_file(tmp_path: Path, content: str | bytes, line: int | None, words: list[str]) -> None:
    path = write(tmp_path, CHIP_FILE, content)
    found = run_cli("--data", str(tmp_path), "show", "chips")
    where = f"{path}:{line}: " if line else f"{path}"
    one_line(found, where, *words)


def test_duplicate_id(tmp_path: Path) -> None:
    h20 = (DATA / "chips" / "nvidia_h20_96.yaml").read_text(encoding="utf-8")
    path = write(tmp_path, "chips/nvidia_h20_96.yaml", h20)
    found = run_cli("--data", str(tmp_path), "show", "chips")
    one_line(found, f"{path}:1: ", "duplicate id 'nvidia_h20_96'", "nvidia_h20_96.yaml:1")


def edited(*changes: tuple[str, str]) -> str:
    """A shipped clause under another id with some text replaced."""
    text = CLAUSE.replace("US-2022-10-3A090", "US-2022-10-TEST")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return text


CLAUSE_FAULTS = {
    "malformed": (edited(("and io_bw_gbs >= 600", "and and io_bw_gbs >= 600")), ["test: ", "at column 17"]),
    "unknown_variable": (edited(("io_bw_gbs", "link_speed")), ["unknown variable 'link_speed'", "column 17"]),
    "unknown_group": (edited(("'CN'", "'China'")), ["'China'"]),
    "variable_of_another_item": (edited(("io_bw_gbs", "node_nm")), ["node_nm is no variable of a finished_chip"]),
    "python": (edited(("tpp >= 4800", "__import__('os').system('true')")), ["test: "]),
    "unknown_outcome": (edited(("outcome: licence_presumption_of_denial", "outcome: maybe")), ["outcome", "maybe"]),
    "ends_before_it_starts": (edited(("ends: 2023-11-16", "ends: 2022-01-16")), ["before effective"]),
    "replaces_the_unknown": (edited(("role: licence", "role: licence\nreplaces: [US-1999-X]")), ["US-1999-X"]),
}  # fmt: skip


@pytest.mark.parametrize(("content", "words"), CLAUSE_FAULTS.values(), ids=CLAUSE_FAULTS)
def test_broken_clause(tmp_path: Path, content: str, words: list[str]) -> None:
    path = write(tmp_path, "rules/US-2022-10-TEST.yaml", content)
    found = run_cli("--data", str(tmp_path), "classify", "H20", "--on", "2024-06-15")
    one_line(found, f"{path}:", *words)
    line = found.err.removeprefix(f"chipgate: {path}:").partition(":")[0]
    assert line.isdigit(), f"no line of the file is named: {found.err}"


TABLE_FAULTS = {
    "unknown_column": (f"{COUNTRIES},colour\n{COUNTRY},red\n", 1, ["unknown column 'colour'"]),
    "missing_column": (f"{COUNTRIES.replace('confidence,', '')}\n", 1, ["missing column 'confidence'"]),
    "repeated_column": (f"{COUNTRIES},notes\n{COUNTRY},x\n", 1, ["repeated column 'notes'"]),
    "wrong_type": (f"{COUNTRIES}\n{COUNTRY.replace('low', 'certain')}\n", 2, ["confidence", "'certain'"]),
    "unknown_group": (f"{COUNTRIES}\n{COUNTRY.replace('OTHER', 'E9')}\n", 2, ["groups", "'E9'"]),
    "too_few_cells": (f"{COUNTRIES}\nZZ,Zedland,OTHER\n", 2, ["has 3 cells, the header has 8"]),
    "too_many_cells": (f"{COUNTRIES}\n{COUNTRY},more\n", 2, ["has 9 cells"]),
    "third_row": (f"{COUNTRIES}\n{COUNTRY}\nZY,Zyland,OTHER\n", 3, ["has 3 cells"]),
    "blank_row": (f"{COUNTRIES}\n{COUNTRY}\n\n", 3, ["has 0 cells"]),
    "duplicate_id": (f"{COUNTRIES}\n{COUNTRY.replace('ZZ', 'CN')}\n", 2, ["duplicate id 'cn'"]),
    "bad_date": (f"{COUNTRIES}\nZZ,Zedland,OTHER,OTHER,soon,https://e.org,low,x\n", 2, ["'soon'", "YYYY-MM-DD"]),
    "open_quote": (f'{COUNTRIES}\nZZ,"Zedland,OTHER\n', None, ["is not valid CSV"]),
    "bom": (f"\ufeff{COUNTRIES}\n{COUNTRY}\n", 1, ["byte-order mark"]),
    "crlf": (f"{COUNTRIES}\r\n{COUNTRY}\r\n", 1, ["CRLF"]),
    "header_only": (f"{COUNTRIES}\n", 1, ["no rows"]),
    "empty": ("", None, ["is empty"]),
    "latin_1": (f"{COUNTRIES}\n{COUNTRY}\xe9\n".encode("latin-1"), 2, ["not UTF-8"]),
}  # fmt: skip


@pytest.mark.parametrize(("content", "line", "words"), TABLE_FAULTS.values(), ids=TABLE_FAULTS)
def test_broken_table(tmp_path: Path, content: str | bytes, line: int | None, words: list[str]) -> None:
    path = write(tmp_path, "countries.csv", content)
    found = run_cli("--data", str(tmp_path), "show", "countries")
    one_line(found, f"{path}:{line}: " if line else f"{path}", *words)


def test_a_figure_that_is_not_a_number(tmp_path: Path) -> None:
    header = (DATA / "parameters.csv").read_text(encoding="utf-8").split("\n", 1)[0]
    row = (
        "ZZZ01,logic_capacity,nan_test,made up,chips,,nan,,linear,2025,assumed,https://e.org,2025-01,low,2025-01,dated,"
    )
    path = write(tmp_path, "parameters.csv", f"{header}\n{row}\n")
    one_line(run_cli("--data", str(tmp_path), "show", "parameters", "--json"), f"{path}:2: ", "central", "nan")


def test_data_check_lists_every_fault(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    shutil.copytree(DATA, folder)
    write(folder, CHIP_FILE, with_text("vendor: nvidia", "vendor: acme"))
    other = with_text("acme_testchip", "acme_two").replace("Acme Testchip", "Acme Two")
    write(folder, "chips/acme_two.yaml", other.replace("Testchip", "Twochip").replace("https://", "page "))
    found = run_cli("data", "check", str(folder))
    assert found.status == 2
    assert found.out == ""
    assert len(found.error_lines) == 3
    assert found.error_lines[0].startswith("acme_testchip.yaml:1: acme_testchip: vendor names unknown 'acme'")
    assert found.error_lines[1].startswith("acme_two.yaml:1: acme_two: source 'spec' is no address")
    assert found.error_lines[2].startswith("chipgate: 2 faults in the data")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        (CHIP_FILE, with_text("fp8_dense_tflops: 800", "fp8_dense_tflops: 1600"), "4.00 times the 16-bit rate"),
        (CHIP_FILE, with_text("mem_gb: 100", "mem_gb: 1000"), "implausible"),
        ("rules/US-2022-10-TEST.yaml", edited(("and io_bw_gbs >= 600", "and and")), "column"),
        ("rules/US-2022-10-TEST.yaml", edited(("events: [", "events: [PE999, ")), "events names unknown 'PE999'"),
        ("events.csv", "", "is empty"),
    ],
    ids=["sparse_rate", "memory", "clause", "unknown_event", "empty_table"],
)
def test_data_check_faults(tmp_path: Path, name: str, content: str, words: str) -> None:
    folder = tmp_path / "data"
    shutil.copytree(DATA, folder)
    write(folder, name, content)
    found = run_cli("data", "check", str(folder))
    assert found.status == 2
    assert found.out == ""
    assert words in found.err
    assert Path(name).name in found.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(["classify", "H2O", "--on", "2024-06-15"], "unknown chip 'H2O'"), (["history", "H20", "--to", "ZQ"], "'ZQ'")],
)
def test_in_a_process_of_its_own(arguments: list[str], words: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "chipgate.cli.main", *arguments], capture_output=True, text=True, check=False
    )
    one_line(Outcome(done.returncode, done.stdout, done.stderr), words)
