"""Rows of measurements become points of work, or say why not."""

import csv
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from chipgate.catalogue import catalogue
from chipgate.errors import DataError
from chipgate.workload.case import Case, Layout
from chipgate.workload.layout_text import read_layout
from chipgate.workload.load_text import REFERENCE_SETS, read_load
from chipgate.workload.measured import DOUBTFUL, cases_of, read_cases
from chipgate.workload.names import MODEL_NAMES, NoMeaning, find_device, find_model, find_precision
from chipgate.workload.software_text import ENGINES, engine_of

HERE = Path(__file__).parent
CATALOGUE = catalogue()
CASES, UNMODELLED = cases_of(CATALOGUE)
BY_ID = {case.id: case for case in CASES}
TRAINED = ("training", "finetune")
LAYOUTS = list(csv.DictReader((HERE / "layouts.csv").read_text(encoding="utf-8").splitlines()))
LOADS = {
    "": "max", "max": "max", "unbounded": "max", "offline": "max", "production": "max", "server": "server",
    "interactive": "interactive", "16M tokens": 2048, "4M tokens": 1024, "15360 sequences": 15360,
    "16384 tokens": 4, "16384 tokens per GPU": 128, "256 per GPU": 8192, "480 per GPU": 15360, "1,024": 1024,
}  # fmt: skip
SEQUENCES = {"16M tokens": 8192.0}
PRECISIONS = {
    "bf16": "bf16", "fp16": "fp16", "fp8": "fp8", "fp4": "fp4", "mxfp4": "mxfp4", "nvfp4": "nvfp4", "mxfp8": "mxfp8",
    "fp8-mx": "mxfp8", "fp8-cs": "fp8", "fp8 w8a8c8": "fp8", "fp8 weights": "fp8_weights", "int8": "int8",
    "int8 w8a8": "int8", "int8 weights": "int8_weights", "int8/bf16": "int8_bf16_mix", "uint4": "int4",
    "int4": "int4", "int4 experts / bf16": "int4", "w4a8": "w4a8", "fp4/fp8 mix": "fp8_fp4_mix",
    "fp8_fp4_mix": "fp8_fp4_mix", "fp8_weights": "fp8_weights", "int8_weights": "int8_weights",
    "int8_bf16_mix": "int8_bf16_mix", "BFloat16": "bf16", "w8a16": "int8_weights", "fp8 e4m3": "fp8",
    "int4 awq": "int4", "w8a8 int8": "int8", "FP8-Block": "fp8",
}  # fmt: skip
H200 = find_device("H200", CATALOGUE).chip
R1 = CATALOGUE.models["deepseek_r1"]


def test_every_row_is_a_case_or_says_why_not() -> None:
    ids = list(CATALOGUE.measurements)
    assert sorted([*BY_ID, *(row.id for row in UNMODELLED)]) == sorted(ids)
    assert {row.id: row.reason.split(":")[0] for row in UNMODELLED} == {
        "WM0092": "Arc Pro B60 Dual", "WM0094": "Arc Pro B60 Dual", "WM0095": "Arc Pro B60 Dual",
        "WM0709": "number of chips not stated", "WM0748": "seq_in and seq_out not stated",
        "WM0859": "seq_in and seq_out not stated", "WM0860": "seq_in and seq_out not stated",
    }  # fmt: skip
    assert set(DOUBTFUL) <= set(BY_ID)
    assert {"WM0128", "WM0130", "WM0131"} <= set(DOUBTFUL)


def _layout_key(case: Case) -> tuple[str, str, str, str]:
    return (
        CATALOGUE.measurements[case.id].parallelism,
        "train" if case.phase in TRAINED else "serve",
        "moe" if CATALOGUE.models[case.model].experts else "dense",
        "dies" if case.chip == "huawei_ascend_910c" else "chips",
    )


def test_every_printed_layout_is_decided() -> None:
    sizes = ("tensor", "pipeline", "interleave", "expert", "context")
    expected = {
        (row["parallelism"], row["use"], row["model"], row["counts"]): Layout(
            **{name: int(row[name]) for name in sizes},
            data_attention=row["data_attention"] == "yes",
            sharded=row["sharded"] == "yes",
        )
        for row in LAYOUTS
    }
    found = {_layout_key(case): case.layout for case in CASES if CATALOGUE.measurements[case.id].parallelism}
    assert found == expected
    assert all(c.layout == Layout() for c in CASES if not CATALOGUE.measurements[c.id].parallelism)


@pytest.mark.parametrize(
    ("text", "chips", "tensor", "expert", "whole"),
    [
        ("wide EP", 32, 1, 32, True), ("hybrid TP/EP, 4 NPUs", 4, 0, 0, False), ("TP2 DP4", 8, 2, 8, True),
        ("TP8 something new", 8, 8, 0, False), ("TP16", 8, 0, 0, False), ("tp8 ep8", 8, 8, 8, False),
        ("EP", 8, 8, 8, True), ("DP8 EP8", 8, 1, 8, True), ("TP4 EP8", 8, 4, 8, True), ("TP72", 72, 0, 0, False),
    ],
)  # fmt: skip
def test_other_layouts(text: str, chips: int, tensor: int, expert: int, whole: bool) -> None:
    layout = read_layout(text, chips, "decode", H200, R1).layout
    if text == "EP":
        tensor = 1
    assert (layout.tensor, layout.expert, layout.data_attention) == (tensor, expert, whole)


def test_a_dump_that_multiplies_is_divided() -> None:
    for text, chips, there in (("TP64 EP8", 64, 8), ("TP16 EP4", 16, 4), ("TP8 EP8", 8, 8)):
        plan = read_layout(text, chips, "decode", H200, R1, dump=True)
        assert (plan.chips, plan.layout.tensor, plan.summed) == (there, there, False)
    plan = read_layout("TP36", 36, "decode", H200, R1, dump=True)
    assert (plan.chips, plan.layout, plan.summed) == (36, Layout(), True)


def test_chips_that_decode_for_others() -> None:
    assert [BY_ID[i].chips for i in ("WM0763", "WM0764", "WM0778", "WM1244")] == [8, 16, 16, 16]


def test_every_printed_load_is_decided() -> None:
    printed = {row.concurrency for row in CATALOGUE.measurements.values() if not row.concurrency.isdecimal()}
    assert printed <= set(LOADS)
    for text, expected in LOADS.items():
        found = read_load(
            text, batch=None, kept_open=False, chips=32, sequence=SEQUENCES.get(text, 4096.0), notes=""
        )  # fmt: skip
        assert (found.batch or found.load) == expected, text
    for row in CATALOGUE.measurements.values():
        if row.batch is not None and row.id in BY_ID and "requests queue" not in row.notes:
            case = BY_ID[row.id]
            read = read_load(
                row.concurrency, batch=None, kept_open=False, chips=row.num_chips or 1,
                sequence=row.seq_in or 4096.0, notes="",
            )  # fmt: skip
            assert read.batch == case.batch == row.batch, row.id


def test_where_requests_queue_the_batch_is_not_what_was_asked_for() -> None:
    assert (BY_ID["WM1187"].load, BY_ID["WM1187"].batch) == ("batch", 100)
    assert (BY_ID["WM0826"].load, BY_ID["WM0826"].batch) == ("max", None)


def test_every_printed_precision_is_decided() -> None:
    assert {row.precision for row in CATALOGUE.measurements.values()} <= set(PRECISIONS)
    for text, expected in PRECISIONS.items():
        assert find_precision(text, R1, H200) == expected, text
    a100 = find_device("A100", CATALOGUE).chip
    assert find_precision("fp8", R1, a100) == "fp8_weights"
    assert find_precision("fp4", CATALOGUE.models["gpt_oss_20b"], H200) == "mxfp4"
    with pytest.raises(NoMeaning, match="unknown precision 'posit8'; known are bf16"):
        find_precision("posit8", R1, H200)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("meta-llama/Meta-Llama-3.1-8B-Instruct", "llama_3_1_8b"), ("DeepSeek-R1-0528-FP4-v2", "deepseek_r1"),
        ("Qwen3-235B-A22B-Instruct-2507-FP8", "qwen3_235b_a22b"), ("Qwen3-30B", "qwen3_30b_a3b"),
        ("Llama-4-Maverick-17B-128E-Instruct", "llama_4_maverick"), ("Kimi-K2.5", "kimi_k2"),
        ("Mixtral-8x7B-Instruct-v0.1", "mixtral_8x7b"), ("DeepSeek-V3.2-Exp", "deepseek_v3_2"), ("GPT-3", "gpt_3_175b"),
    ],
)  # fmt: skip
def test_checkpoints_find_their_model(name: str, expected: str) -> None:
    assert find_model(name, CATALOGUE).id == expected


def test_unknown_names_name_the_nearest() -> None:
    with pytest.raises(NoMeaning, match=r"unknown model 'Qwen3-9B'; nearest are Qwen3-8B"):
        find_model("Qwen3-9B", CATALOGUE)
    with pytest.raises(NoMeaning, match=r"unknown chip 'H2000'; nearest are"):
        find_device("H2000", CATALOGUE)


def test_a_family_name_is_a_variant_of_its_usual_bin() -> None:
    device = find_device("huawei_ascend_910b", CATALOGUE)
    assert device.chip.id == "huawei_ascend_910b3"
    assert device.variant.startswith("Ascend 910B, bin not stated")
    assert find_device("8x H200", CATALOGUE) == find_device("nvidia_h200_sxm", CATALOGUE)


def test_every_engine_but_none_is_known() -> None:
    assert engine_of("something else 1.0") == engine_of("") == engine_of("automatic") == "other"
    assert not [row.software for row in CATALOGUE.measurements.values() if engine_of(row.software) == "other"]
    wanted = {"MindFormers + MindIE": "mindie", "MindSpeed/Megatron": "mindspeed", "vllm-ascend 0.2": "vllm_ascend"}
    assert {text: engine_of(text) for text in wanted} == wanted


def test_the_two_forms_of_the_same_rows_give_equal_cases() -> None:
    raw, raw_others = read_cases(HERE / "raw_rows.csv", CATALOGUE)
    ours, our_others = read_cases(HERE / "package_rows.csv", CATALOGUE)
    assert raw == ours
    assert [row.id for row in raw_others] == [row.id for row in our_others] == ["TM0027"]
    assert len(raw) == 26
    assert Counter(case.run for case in raw).most_common(1)[0][1] == 2
    assert raw[18].run == raw[19].run


def test_our_own_file_gives_the_embedded_cases() -> None:
    path = next(iter(CATALOGUE.roots)) / "measurements.csv"
    assert read_cases(path, CATALOGUE) == (CASES, UNMODELLED)


def test_values_lengths_and_targets() -> None:
    raw = {case.id: case for case in read_cases(HERE / "raw_rows.csv", CATALOGUE)[0]}
    first = raw["TM0001"]
    assert (first.value, first.metric, first.tokens_in, first.tokens_out) == (
        3000.0, "tokens_per_s_per_chip", 222.33, 294.45,
    )  # fmt: skip
    assert raw["TM0004"].benchmark == "mlperf_llama2_70b_lora"
    assert raw["TM0005"].day == date(2024, 11, 1)
    assert (raw["TM0009"].batch, raw["TM0009"].confidence) == (2048, "medium")
    assert (raw["TM0010"].chips, raw["TM0010"].tokens_trained) == (2048, 1.4e12)
    assert raw["TM0011"].tokens_trained == 1e12
    assert (raw["TM0021"].tokens_in, raw["TM0021"].tokens_out) == (4000.0, 500.0)
    assert raw["TM0021"].flags == {"short_lengths"}
    assert raw["TM0006"].flags == {"balanced_routing"}
    assert raw["TM0007"].flags == frozenset()
    assert (raw["TM0026"].tokens_in, raw["TM0026"].tokens_out) == (1024.0, 1024.0)
    assert [raw[i].speculative for i in ("TM0016", "TM0017", "TM0022")] == ["no", "yes", "unknown"]
    assert BY_ID["WM0847"].tokens_out == 1.0


def test_a_run_keeps_its_metrics_together() -> None:
    assert BY_ID["WM0751"].run == BY_ID["WM0752"].run
    assert BY_ID["WM0148"].run == BY_ID["WM0149"].run
    assert BY_ID["WM1027"].run == BY_ID["WM1028"].run
    assert BY_ID["WM1030"].run == BY_ID["WM1031"].run
    assert BY_ID["WM0755"].run != BY_ID["WM0757"].run


def _changed(tmp_path: Path, line: int, old: str, new: str) -> Path:
    lines = (HERE / "raw_rows.csv").read_text(encoding="utf-8").splitlines()
    assert old in lines[line - 1]
    lines[line - 1] = lines[line - 1].replace(old, new, 1)
    path = tmp_path / "rows.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("line", "old", "new", "message"),
    [
        (1, ",value,", ",worth,", r"rows.csv:1: missing column 'value'; the columns are id,"),
        (1, ",value,", ",metric,", r"rows.csv:1: repeated column 'metric'; keep one"),
        (2, '"24,000"', "fast", r"rows.csv:2: value: 'fast' is no number; write digits"),
        (2, '"24,000"', '"2,40,00"', r"rows.csv:2: value: '2,40,00' is no number"),
        (2, '"24,000"', "1e999", r"rows.csv:2: value: '1e999' is too large"),
        (3, ",72,", ",72.5,", r"rows.csv:3: num_accelerators: '72.5' is no count; write a whole number"),
        (3, ",684.68,", ",-684.68,", r"rows.csv:3: seq_out: '-684.68' is below 0"),
        (3, "2025-09-09", "9 Sept", r"rows.csv:3: date: '9 Sept' is not a date; write YYYY"),
        (4, "TM0003", "TM0001", r"rows.csv:4: id 'TM0001' stands in line 2 already"),
        (4, "TM0003", "", r"rows.csv:4: id: is empty; give every row an id"),
        (5, ",8192,", ",8,192,", r"rows.csv:5: has 20 cells, the header has 19; put a cell that holds a comma"),
        (28, "vLLM", '"vLLM', r"rows.csv:28: is not valid CSV .*; close every double quote"),
    ],
)
def test_a_bad_file_is_one_clear_line(tmp_path: Path, line: int, old: str, new: str, message: str) -> None:
    with pytest.raises(DataError, match=message) as caught:
        read_cases(_changed(tmp_path, line, old, new), CATALOGUE)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", r"rows.csv: is empty; give a header"),
        (b"id,model\n\xff\xfe\n", r"rows.csv:2: is not UTF-8; save it as UTF-8"),
        (b"a,b\n1,2\n", r"rows.csv:1: missing column"),
    ],
)
def test_a_file_that_is_no_table(tmp_path: Path, body: bytes, message: str) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(body)
    with pytest.raises(DataError, match=message):
        read_cases(path, CATALOGUE)
    with pytest.raises(DataError, match="cannot be read"):
        read_cases(tmp_path / "nowhere.csv", CATALOGUE)
    path.write_text((HERE / "raw_rows.csv").read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    with pytest.raises(DataError, match="has a header and no rows"):
        read_cases(path, CATALOGUE)


def test_what_spreadsheets_write_is_read(tmp_path: Path) -> None:
    text = (HERE / "raw_rows.csv").read_text(encoding="utf-8")
    path = tmp_path / "rows.csv"
    path.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode() + b"\r\n\r\n")
    assert read_cases(path, CATALOGUE) == read_cases(HERE / "raw_rows.csv", CATALOGUE)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("Llama-2-70b-chat-hf", "Llama-9-70B", "unknown model 'Llama-9-70B'; nearest are Llama-"),
        ("nvidia_h100_sxm", "nvidia_h900", "unknown chip 'nvidia_h900'; nearest are"),
        ("serving_offline", "dreaming", "unknown workload 'dreaming'; known are training,"),
        ("tokens_per_s_total", "smiles_per_s", "unknown metric 'smiles_per_s'; known are tokens_per_s_per_chip,"),
        ("tokens_per_s_total", "mfu", "metric mfu has no meaning in serving_offline"),
        ("tokens_per_s_total", "time_to_train_min", "metric time_to_train_min has no meaning in serving_offline"),
        ('"24,000"', "0", "value 0 is not above 0"),
        ('"24,000"', "", "value is empty"),
        (",8,,offline", ",,,offline", "number of chips not stated"),
        (",offline,", ",a lot,", "load 'a lot' is not understood; write a number of sequences"),
        ("fp8", "fp7", "unknown precision 'fp7'; known are"),
        ("2024-08-28", "", "date: is empty"),
        ("MLPerf", "Some", "seq_in not stated: the rate hangs on the length of the cache"),
    ],
)
def test_a_row_that_cannot_be_modelled_says_why(tmp_path: Path, old: str, new: str, reason: str) -> None:
    cases, others = read_cases(_changed(tmp_path, 2, old, new), CATALOGUE)
    assert len(cases) == 25
    assert others[0].id == "TM0001"
    assert others[0].reason.startswith(reason)


def test_training_rows_that_lack_what_their_metric_needs(tmp_path: Path) -> None:
    lines = {5: ("MLPerf", "Some"), 11: ("1.4T tokens", "many tokens"), 10: ("0.43", "430")}
    reasons = {5: "time to train of Llama-2-70B", 11: "tokens of the training run not stated", 10: "mfu 430 is above 1"}
    for line, (old, new) in lines.items():
        _, others = read_cases(_changed(tmp_path, line, old, new), CATALOGUE)
        assert others[0].reason.startswith(reasons[line])


def test_word_lists_are_read_strictly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from chipgate.workload import load_text, names, software_text

    path = tmp_path / "words.yaml"
    for module, name, clear, body, use in (
        (software_text, "ENGINES", software_text._engines, "vLLM: vllm\n", lambda: engine_of("x")),
        (software_text, "ENGINES", software_text._engines, "vllm: [a]\n", lambda: engine_of("x")),
        (names, "MODEL_NAMES", names._known, "A: nobody\n", lambda: find_model("x", CATALOGUE)),
        (load_text, "REFERENCE_SETS", load_text._reference_sets, "a: {model: b}\n", load_text._reference_sets),
    ):
        path.write_text(body, encoding="utf-8")
        with monkeypatch.context() as patch:
            patch.setattr(module, name, path)
            clear.cache_clear()
            with pytest.raises(DataError, match=r"words.yaml"):
                use()
        clear.cache_clear()
    assert ENGINES.exists()
    assert MODEL_NAMES.exists()
    assert REFERENCE_SETS.exists()
