"""``chipgate workload``: its document, its tables, and one clear line for every wrong question."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from helpers import NEW_CHIP, embedded, run_cli, write

from chipgate.catalogue import Catalogue
from chipgate.errors import SpecError
from chipgate.workload import store
from chipgate.workload.layout_ask import read_layout
from chipgate.workload.question import tokens_of

DECODE = ("--model", "llama-3.1-70b", "--phase", "decode")
TRAIN = ("--model", "llama-3.1-70b", "--phase", "training")
PREFILL = ("--model", "llama-3.1-70b", "--phase", "prefill")
KEYS = {
    "chip", "model", "phase", "on", "tokens_in", "tokens_out", "limit_ms", "chips", "precision", "batch", "layout",
    "engine", "stack", "tokens_per_s_per_chip", "ideal_tokens_per_s_per_chip", "mfu", "bound_by", "shares",
    "memory_gb", "chip_memory_gb", "tpot_ms", "ttft_ms", "watts", "watts_published", "tokens_per_joule",
    "usd_per_chip_hour", "usd_per_million_tokens", "no_cost", "training_run", "fleet", "cost_assumptions",
    "nearest_measurements", "band", "notes",
}  # fmt: skip


def ask(*arguments: str) -> dict[str, Any]:
    got = run_cli("workload", *arguments, "--json")
    assert got.status == 0, got.err
    assert got.err == ""
    found: dict[str, Any] = json.loads(got.out)
    return found


@pytest.mark.parametrize("phase", [DECODE, TRAIN, PREFILL], ids=lambda phase: phase[-1])
def test_the_document(phase: tuple[str, ...]) -> None:
    found = ask("H20", *phase, "--on", "2025-09-15")
    assert set(found) == KEYS
    assert (found["chip"], found["model"], found["on"]) == ("nvidia_h20_96", "llama_3_1_70b", "2025-09-15")
    for name in ("tokens_per_s_per_chip", "usd_per_chip_hour", "usd_per_million_tokens", "tokens_per_joule"):
        assert 0 < found[name]["p10"] < found[name]["p50"] < found[name]["p90"], name
    assert found["tokens_per_s_per_chip"]["p90"] <= found["ideal_tokens_per_s_per_chip"]
    assert 0 < found["mfu"] <= 1
    assert sum(found["shares"].values()) == pytest.approx(1, abs=1e-3)
    assert found["bound_by"] == max(found["shares"], key=found["shares"].__getitem__)
    assert 0 < found["memory_gb"] <= found["chip_memory_gb"]
    assert len(found["nearest_measurements"]) == 5
    for near in found["nearest_measurements"]:
        assert near["source_url"].startswith("http")
        assert near["predicted"]["p10"] < near["predicted"]["p50"] < near["predicted"]["p90"]
    training = phase == TRAIN
    assert (found["training_run"] is not None, found["fleet"] is None) == (training, training)
    assert (found["tpot_ms"] is not None) == (phase == DECODE)


def test_the_limit_between_tokens() -> None:
    usual = ask("H100", *DECODE)
    assert usual["limit_ms"] == 50
    assert any("--tpot 0" in note for note in usual["notes"])
    assert usual["tpot_ms"] <= 50.3
    free, tight = ask("H100", *DECODE, "--tpot", "0"), ask("H100", *DECODE, "--tpot", "20")
    assert free["limit_ms"] is None
    assert tight["tpot_ms"] <= 20.2
    assert tight["batch"] < usual["batch"] <= free["batch"]
    assert ask("H100", *DECODE, "--batch", "64")["limit_ms"] is None
    assert ask("H100", *DECODE, "--batch", "best")["batch"] == usual["batch"]


def test_a_stated_question_is_kept() -> None:
    found = ask("910C", *DECODE, "--chips", "16", "--precision", "int8", "--batch", "128", "--in", "2000", "--out",
                "300", "--layout", "tp4 pp2", "--software", "MindIE")  # fmt: skip
    assert (found["chips"], found["precision"], found["batch"]) == (16, "int8", 128)
    assert (found["tokens_in"], found["tokens_out"], found["layout"]) == (2000, 300, "TP4 PP2")
    assert found["engine"] == "mindie"


def test_tokens_of_a_run_scale_days_and_cost() -> None:
    one, two = (ask("H100", *TRAIN, "--tokens", n) for n in ("1T", "2T"))
    for name in ("days", "usd"):
        for q in ("p10", "p50", "p90"):
            assert two["training_run"][name][q] == pytest.approx(2 * one["training_run"][name][q], rel=2e-3)
    assert one["usd_per_million_tokens"] == two["usd_per_million_tokens"]
    assert ask("H100", *TRAIN)["training_run"]["tokens"] == 15e12


def test_formats_that_a_chip_lacks_are_said() -> None:
    found = ask("910C", *DECODE, "--precision", "fp8")
    assert found["precision"] == "fp8_weights"
    assert any("no units for fp8" in note for note in found["notes"])


def test_a_chip_without_a_price_has_no_cost() -> None:
    unpriced = next(c for c in embedded().chips.values() if c.price_usd is None and c.id == "nvidia_h100_nvl")
    found = ask(unpriced.id, *DECODE)
    assert found["usd_per_chip_hour"] is None
    assert found["usd_per_million_tokens"] is None
    assert unpriced.name in found["no_cost"]


def test_a_checkpoint_names_its_model() -> None:
    assert ask("H100", "--model", "meta-llama/Llama-3.1-70B-Instruct", "--phase", "prefill")["model"] == "llama_3_1_70b"


def test_all_chips() -> None:
    found = ask("--all-chips", *DECODE)
    rates = [row["tokens_per_s_per_chip"]["p50"] for row in found["ranking"]]
    assert rates == sorted(rates, reverse=True)
    assert [row["rank"] for row in found["ranking"]] == list(range(1, len(rates) + 1))
    named = [row["chip"] for row in (*found["ranking"], *found["cannot"])]
    assert sorted(named) == sorted(embedded().chips)
    assert all(row["reason"] for row in found["cannot"])
    assert len(rates) > 60
    one = ask("H20", *DECODE)
    same = next(row for row in found["ranking"] if row["chip"] == "nvidia_h20_96")
    assert same["tokens_per_s_per_chip"] == pytest.approx(one["tokens_per_s_per_chip"], rel=1e-3)
    assert same["usd_per_million_tokens"] == pytest.approx(one["usd_per_million_tokens"], rel=1e-3)


def test_tables_for_people() -> None:
    got = run_cli("workload", "H20", *TRAIN)
    assert got.status == 0
    assert got.out.splitlines()[0].startswith("On 2026-11-23 an H20 96GB trains Llama-3.1-70B at ")
    assert "nearest measurements" in got.out
    ranked = run_cli("workload", "--all-chips", *PREFILL)
    assert "USD a million" in ranked.out
    assert "cannot" in ranked.out


MOE = ("--model", "deepseek-v3")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["H2O", *DECODE], ["unknown chip 'H2O'", "H20"]),
        (["Quaxel 9", *DECODE], ["unknown chip 'Quaxel 9'", "chipgate show chips"]),
        (["H20", "--model", "llama-3.1-71b", "--phase", "decode"], ["unknown model", "Llama-3.1-70B"]),
        (["H20", "--model", "llama-3.1-70b", "--phase", "decoding"], ["unknown phase 'decoding'", "'decode'"]),
        (["H20", "--model", "llama-3.1-70b", "--phase", "trainning"], ["'training'"]),
        (["H20", *DECODE, "--precision", "fp7"], ["unknown precision 'fp7'", "FP8"]),
        (["H20", *DECODE, "--precision", "bf61"], ["unknown precision", "BF16"]),
        (["H20", *DECODE, "--chips", "0"], ["--chips is 0", "from 1"]),
        (["H20", *DECODE, "--chips", "-8"], ["--chips is -8"]),
        (["H20", *DECODE, "--chips", "eight"], ["--chips", "integer"]),
        (["H20", *DECODE, "--batch", "0"], ["--batch is 0"]),
        (["H20", *DECODE, "--batch=-4"], ["--batch is -4"]),
        (["H20", *DECODE, "--batch", "lots"], ["--batch 'lots'", "best"]),
        (["H20", *DECODE, "--in", "-1"], ["--in is -1"]),
        (["H20", *DECODE, "--out", "0"], ["--out is 0"]),
        (["H20", *DECODE, "--tpot", "-5"], ["--tpot is -5"]),
        (["H20", *DECODE, "--tpot", "nan"], ["--tpot is nan"]),
        (["H20", *DECODE, "--tpot", "0.01"], ["no layout gives a token within 0.01 ms", "give --tpot"]),
        (["H20", *PREFILL, "--ttft", "0.1"], ["no layout gives a first token within 0.1 ms", "give --ttft"]),
        (["H20", *TRAIN, "--tpot", "50"], ["--tpot", "decode"]),
        (["H20", *DECODE, "--ttft", "50"], ["--ttft", "prefill"]),
        (["H20", *DECODE, "--tokens", "1T"], ["--tokens", "training"]),
        (["H20", *TRAIN, "--tokens", "lots"], ["--tokens 'lots'", "15T"]),
        (["H20", *TRAIN, "--tokens=-1T"], ["--tokens"]),
        (["H20", *PREFILL, "--out", "5"], ["--out", "prefill"]),
        (["H20", *DECODE, "--software", "vlmm"], ["unknown software 'vlmm'", "vllm"]),
        (["H20", *DECODE, "--on", "2020-01-01"], ["2020-01-01", "2022-01-01"]),
        (["H20", *DECODE, "--on", "soon"], ["soon"]),
        (["H20", *DECODE, "--layout", "TP9x"], ["'TP9x' is no layout", "TP8"]),
        (["H20", *DECODE, "--layout", "TP8 TP4"], ["TP stands twice"]),
        (["H20", *DECODE, "--layout", "TP0"], ["is 0"]),
        (["H20", *DECODE, "--layout", "EP8"], ["no experts"]),
        (["H20", *DECODE, "--layout", "FSDP"], ["layouts of training"]),
        (["H20", *DECODE, "--layout", "TP16", "--chips", "8"], ["needs 16 chips", "--chips 16"]),
        (["H20", *DECODE, "--layout", "TP16", "--chips", "16"], ["TP16", "8 chips on one fast link", "TP8"]),
        (["H20", *DECODE, "--layout", "TP3", "--chips", "8"], ["does not divide the 64 heads", "TP2"]),
        (["H20", *DECODE, "--layout", "TP1 PP128", "--chips", "128"], ["80 layers", "PP64"]),
        (["H20", *TRAIN, "--layout", "PP8 VP16"], ["needs 128 layers", "VP10"]),
        (["H20", *TRAIN, "--layout", "VP2"], ["PP2"]),
        (["H20", *MOE, "--phase", "decode", "--layout", "DP-attention"], ["EP8"]),
        (["H20", *MOE, "--phase", "decode", "--layout", "DP4-attention EP8"], ["EP4"]),
        (["H20", *MOE, "--phase", "decode", "--chips", "4"], ["does not fit 4 chips of 96 GB", "give --chips 8"]),
        (["H20", *DECODE, "--layout", "TP1", "--precision", "bf16"], ["in layout TP1", 'give --layout "TP']),
        (["H20", *DECODE, "--chips", "2", "--batch", "100000"], ["with a batch of 100000", "smaller --batch"]),
        (["H20", *MOE, "--phase", "training", "--chips", "8"], ["does not fit 8 chips", "give --chips"]),
        (["enflame_s60", *DECODE], ["no published rate"]),
        (["huawei_ascend_920", *DECODE], ["no published memory"]),
        ([*DECODE], ["--all-chips"]),
        (["H20", "--all-chips", *DECODE], ["--all-chips"]),
        (["H20", "--phase", "decode"], ["--model"]),
        (["H20", "--model", "llama-3.1-70b"], ["--phase"]),
    ],
)  # fmt: skip
def test_a_wrong_question_gets_one_clear_line(arguments: list[str], words: list[str]) -> None:
    got = run_cli("workload", *arguments, "--json")
    assert (got.status, got.out, len(got.error_lines)) == (2, "", 1), got
    for word in words:
        assert word in got.err, got.err


@pytest.mark.parametrize("chip", ["910B3", "910C", "MI300X"])
@pytest.mark.parametrize("limit", ["50", "8"])
def test_the_limit_that_is_offered_works(chip: str, limit: str) -> None:
    question = (chip, "--model", "llama-3.1-405b", "--phase", "decode", "--on", "2025-09-15")
    got = run_cli("workload", *question, "--tpot", limit)
    assert (got.status, len(got.error_lines)) == (2, 1)
    offered = got.err.rpartition("--tpot ")[2].strip()
    assert ask(*question, "--tpot", offered)["tpot_ms"] <= float(offered) * 1.006


def test_a_model_without_a_shape(tmp_path: Path) -> None:
    header = (Path(embedded().roots[0]) / "models.csv").read_text(encoding="utf-8").splitlines()[0]
    cells = {"id": "veiled", "name": "Veiled", "attention": "GQA", "ffn_matrices": "3", "kind": "assumed",
             "confidence": "low", "source_urls": "https://example.org"}  # fmt: skip
    write(tmp_path, "models.csv", header + "\n" + ",".join(cells.get(name, "") for name in header.split(",")) + "\n")
    got = run_cli("--data", str(tmp_path), "workload", "H20", "--model", "veiled", "--phase", "decode")
    assert (got.status, got.out, len(got.error_lines)) == (2, "", 1)
    assert "layers" in got.err
    assert "shape is published" in got.err


def test_a_chip_of_a_further_folder(tmp_path: Path) -> None:
    write(tmp_path, "chips/acme_testchip.yaml", NEW_CHIP)
    got = run_cli("--data", str(tmp_path), "workload", "Testchip", *DECODE, "--json")
    assert got.status == 0, got.err
    found = json.loads(got.out)
    assert found["no_cost"]
    assert any("no measurement of Acme Testchip" in note for note in found["notes"])


def test_the_fit_is_written_where_it_can_be(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none" / "fit.npz", tmp_path / "fit.csv"):
        got = run_cli("workload-fit", "--out", str(path))
        assert (got.status, got.out, len(got.error_lines)) == (2, "", 1)
        assert ".npz" in got.err


def test_the_fit_and_its_scores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command around the fit, which itself takes minutes and is replaced by the shipped one."""
    shipped = store.load(embedded().roots[0] / store.FILE)

    def refit(data: Catalogue, report: Callable[[str], None]) -> Any:
        report("fitting")
        return shipped

    monkeypatch.setattr("chipgate.workload.refit.refit", refit)
    path = tmp_path / "new.npz"
    got = run_cli("workload-fit", "--out", str(path), "--json")
    assert (got.status, got.err) == (0, "fitting\n")
    found = json.loads(got.out)
    assert found["file"] == "new.npz"
    assert {"split", "validation", "leave_run_out"} <= set(found)
    assert store.load(path)[1] == shipped[1]
    assert [p.name for p in tmp_path.iterdir()] == ["new.npz"]
    assert "held out" in run_cli("workload-fit", "--out", str(path)).out


def test_the_shipped_fit_is_good_enough() -> None:
    """The targets of the model: median error under 15 %, bands that hold 70 to 90 %, on runs that were held out."""
    held = store.load(embedded().roots[0] / store.FILE)[1]["validation"]
    assert held["n"] > 150
    assert held["median_ape"] < 0.15
    assert 0.7 <= held["coverage_80"] <= 0.9
    assert abs(held["bias"]) < 0.05


def test_tokens_as_people_write_them() -> None:
    assert [tokens_of(t) for t in (None, "15T", "300 B", "1.5e12", "2,000,000", 5e11)] == [
        15e12, 15e12, 3e11, 1.5e12, 2e6, 5e11
    ]  # fmt: skip
    with pytest.raises(SpecError):
        tokens_of("inf")


def test_layouts_read_back_what_is_printed() -> None:
    from chipgate.workload.layouts import stated
    from chipgate.workload.search import serving_layouts, training_grid

    model = embedded().models["deepseek_v3"]
    for choice in serving_layouts(256):
        assert stated(read_layout(choice.text, "decode", model), "decode", chips=2048, moe=True) == choice
    for choice in training_grid(4096).choices:
        assert stated(read_layout(choice.text, "training", model), "training", chips=8192, moe=True) == choice


def test_help_stays_light() -> None:
    code = "import sys; import chipgate.cli.main; print(sorted({'jax', 'numpy', 'scipy'} & set(sys.modules)))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "[]"
