"""Scores by hand arithmetic on a tiny file, and what the command does with files that are none."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers import embedded, run_cli, write

from chipgate.workload.layouts import Choice
from chipgate.workload.measured import read_cases
from chipgate.workload.score import Scored, document

HERE = Path(__file__).parent
HEADER = (
    "id,workload,model,precision,accelerator,num_accelerators,parallelism,batch_or_concurrency,seq_in,seq_out,metric,"
    "value,software,date,confidence,notes\n"
)
ROWS = (
    "A1,decode,Llama-3.1-70B,FP8,H100 SXM,8,TP8,64,1024,1024,tokens_per_s_per_gpu,100,vLLM,2025-03-01,high,\n"
    "A2,decode,Llama-3.1-70B,FP8,H200,8,TP8,64,1024,1024,tpot_ms,20,vLLM,2025-03-01,high,\n"
    "A3,prefill,Llama-3.1-8B,BF16,H20,1,TP1,1,4096,1,tokens_per_s_per_gpu,1000,vLLM,2025-03-01,high,\n"
    "A4,decode,No Such Model,FP8,H100 SXM,8,TP8,64,1024,1024,tokens_per_s_per_gpu,100,vLLM,2025-03-01,high,\n"
)


@pytest.fixture
def scored(tmp_path: Path) -> Scored:
    cases, others = read_cases(write(tmp_path, "rows.csv", HEADER + ROWS), embedded())
    assert [case.id for case in cases] == ["A1", "A2", "A3"]
    # Rates of 110 tokens/s, of one token in 25 ms, of 500 tokens/s, well below a ceiling far away.
    mean = np.log([110.0, 1 / 25.0, 500.0])
    most = np.full(3, np.inf)
    # Bands of a factor e^(+-1.28 deviation): wide enough for the first alone.
    return Scored(cases, [], mean, most, np.array([0.2, 0.05, 0.1]), np.zeros(3, bool), others)


def test_errors_and_bands_by_hand(scored: Scored) -> None:
    filled = Scored(scored.cases, [Choice(8)] * 3, scored.mean, scored.most, scored.deviation, scored.own,
                    scored.unmodelled)  # fmt: skip
    found = document(embedded(), filled)
    # 110 for 100: 0.1. 25 ms for 20 ms: 0.25, and too slow, so a speed of 0.8. 500 for 1,000: 0.5.
    assert found["median_ape"] == pytest.approx(0.25)
    assert found["mean_ape"] == pytest.approx((0.1 + 0.25 + 0.5) / 3)
    assert found["bias"] == pytest.approx(-0.2)  # median of +0.1, -0.2, -0.5
    assert found["coverage_80"] == pytest.approx(1 / 3)
    assert (found["n"], found["n_unmodelled"]) == (3, 1)
    assert found["by"]["phase"]["prefill"]["median_ape"] == pytest.approx(0.5)
    assert found["by"]["accelerator"]["nvidia_h200_sxm"]["bias"] == pytest.approx(-0.2)
    rows = {row["id"]: row for row in found["rows"]}
    assert rows["A2"]["predicted"] == pytest.approx(25.0)
    assert rows["A2"]["p10"] == pytest.approx(25 * np.exp(-1.2815515655446004 * 0.05))
    assert rows["A4"] == {"id": "A4", "modelled": False, "reason": rows["A4"]["reason"]}
    assert "No Such Model" in rows["A4"]["reason"]


def _score(*arguments: str) -> dict[str, Any]:
    got = run_cli("workload-score", *arguments, "--json")
    assert got.status == 0, got.err
    found: dict[str, Any] = json.loads(got.out)
    return found


def test_a_file_in_the_raw_form(tmp_path: Path) -> None:
    found = _score(str(write(tmp_path, "rows.csv", HEADER + ROWS)))
    assert {"median_ape", "mean_ape", "coverage_80", "bias", "n", "n_unmodelled", "by", "rows"} <= set(found)
    assert (found["n"], found["n_unmodelled"], found["n_left_out_of_fit"]) == (3, 1, 0)
    for row in found["rows"]:
        if row["modelled"]:
            assert row["p10"] < row["predicted"] < row["p90"]


def test_a_file_in_our_form_and_its_table() -> None:
    got = run_cli("workload-score", str(HERE / "package_rows.csv"))
    assert got.status == 0, got.err
    assert "package_rows.csv" in got.out
    assert "accelerator" in got.out


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", ["is empty", "header"]),
        (HEADER.encode(), ["no rows"]),
        (HEADER.replace(",metric", "").encode() + b"x\n", ["missing column 'metric'", ":1:"]),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), ["is a binary file", "CSV"]),
        ((HEADER + "caf\u00e9\n").encode("latin-1"), ["is not UTF-8", ":2:"]),
        (b"hello, world\n", ["missing column", "the columns are"]),
        ((HEADER + ROWS.splitlines()[0] + "\n" + ROWS.splitlines()[0] + "\n").encode(), ["'A1'", "already"]),
        ((HEADER + ROWS.splitlines()[0].replace(",8,TP8", ",many,TP8") + "\n").encode(), ["num_accelerators", ":2:"]),
    ],
)
def test_a_file_that_is_none_gives_one_line(tmp_path: Path, content: bytes, words: list[str]) -> None:
    path = write(tmp_path, "rows.csv", content)
    got = run_cli("workload-score", str(path), "--json")
    assert (got.status, got.out, len(got.error_lines)) == (2, "", 1), got.err
    for word in ["rows.csv", *words]:
        assert word in got.err


def test_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    for path in (tmp_path / "none.csv", tmp_path):
        got = run_cli("workload-score", str(path))
        assert (got.status, got.out, len(got.error_lines)) == (2, "", 1)
        assert "cannot be read" in got.err
