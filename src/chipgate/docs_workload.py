"""The figures of ``docs/workload.md``: accuracy by accelerator and phase, peers on the same rows, H20 against 910C.

The prose of the page is written by hand; what stands between ``<!-- NAME -->`` and ``<!-- /NAME -->`` is made here, by
``python -m chipgate.docs``. Figures of a fit hang in the last digit on the machine, so a page counts as stale only
where a word differs or a number by more than a little.
"""

import csv
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np

from chipgate.api import workload
from chipgate.arrays.compiled import compile_cache
from chipgate.catalogue import Catalogue
from chipgate.plots.multiples import Interval, Mark, Panel, multiples_svg
from chipgate.plots.palette import BLUE, VERMILION
from chipgate.workload import score, store
from chipgate.workload.cost import common
from chipgate.workload.question import predictor
from chipgate.workload.refit import usable

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = "workload.md"
FIGURE: Final = "img/workload_h20_910c.svg"
ON: Final = "2025-09-15"
COMPARED: Final = {"H20": "nvidia_h20_96", "Ascend 910C": "huawei_ascend_910c"}
MODELS: Final = {"Llama-3.1-70B": "llama_3_1_70b", "DeepSeek-V3": "deepseek_v3"}
GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    "Hopper": ("nvidia_h100", "nvidia_h200", "nvidia_h800", "nvidia_gh200"),
    "Blackwell": ("nvidia_b200", "nvidia_b300", "nvidia_gb200", "nvidia_gb300", "nvidia_rtx_pro_6000"),
    "H20": ("nvidia_h20_",),
    "MI300X": ("amd_mi300x",),
    "Ascend 910B": ("huawei_ascend_910b",),
    "Ascend 910C": ("huawei_ascend_910c",),
    "A100, A800": ("nvidia_a100", "nvidia_a800"),
    "other": ("",),
}
"""Families of the tables, by the first letters of the accelerator's id; the first that holds."""
PHASES: Final = ("training", "finetune", "prefill", "decode", "serving")
_PEERS: Final = ROOT / "benchmarks" / "peers" / "predictions.csv"
_PEER_NAMES: Final = {
    "aiconfigurator": "aiconfigurator 0.12.0", "genz": "GenZ 0.0.16", "llm_analysis": "llm-analysis 0.2.2",
    "infersim": "InferSim f2293da", "calculon": "Calculon caa4b11",
}  # fmt: skip
_FEW: Final = 3

Row = dict[str, Any]


def files(data: Catalogue, folder: Path) -> dict[str, str]:
    """Files of the page, name under the folder of the docs -> text; the prose is taken from the page as it stands."""
    text = (folder / PAGE).read_text(encoding="utf-8")
    with compile_cache():
        compared = _compared(data)
        blocks = {
            "accuracy": _accuracy(data), "peers": _peers(data), "h20-910c": _ratios(compared), "costs": _costs(data),
        }  # fmt: skip
    for name, body in blocks.items():
        pattern = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
        text, count = pattern.subn(lambda m, body=body: f"{m[1]}{body}\n{m[2]}", text)  # type: ignore[misc]
        if count != 1:
            raise AssertionError(f"docs/{PAGE} has no block {name}")
    return {PAGE: text, FIGURE: _figure(compared)}


def stale(data: Catalogue, folder: Path, *, mend: bool = False) -> list[str]:
    """Names of the files that are missing or differ by more than the last digits; with ``mend`` they are written."""
    out = []
    for name, text in files(data, folder).items():
        path = folder / name
        if not path.exists() or not alike(path.read_text(encoding="utf-8"), text):
            out.append(name)
            if mend:
                path.write_text(text, encoding="utf-8", newline="\n")
    return out


_NUMBER: Final = re.compile(r"\d[\d,]*(?:\.\d+)?")


def alike(one: str, other: str, relative: float = 0.02) -> bool:
    """Whether two texts have the same words, and numbers that differ by little."""
    if _NUMBER.split(one) != _NUMBER.split(other):
        return False
    pairs = zip(_NUMBER.findall(one), _NUMBER.findall(other), strict=True)
    return all(_close(float(a.replace(",", "")), float(b.replace(",", "")), relative) for a, b in pairs)


def _close(a: float, b: float, relative: float) -> bool:
    return abs(a - b) <= max(relative * max(abs(a), abs(b)), 0.11)


# --- How accurate


def _accuracy(data: Catalogue) -> str:
    about = store.load(data.roots[0] / store.FILE)[1]
    held = [row for row in about["validation_rows"] if row["modelled"]]
    every = [row for row in _left_out(data) if row["modelled"]]
    head = ["", "held out: rows", "median error", "in 80 % band", "bias",
            "each run from the others: rows", "median error", "in 80 % band", "bias"]  # fmt: skip
    body = [["**all**", *_cells(held), *_cells(every)]]
    for group in GROUPS:
        body.append([group, *_cells(_of(held, group)), *_cells(_of(every, group))])
    for phase in PHASES:
        body.append([phase, *(c for rows in (held, every) for c in _cells([r for r in rows if r["phase"] == phase]))])
    cross = [
        [group, *(_short(held, group, p) for p in PHASES), *(_short(every, group, p) for p in PHASES)]
        for group in GROUPS
    ]  # fmt: skip
    titles = ["median error (rows)", *(f"held out: {p}" for p in PHASES), *(f"all: {p}" for p in PHASES)]
    return (
        f"The rule of the split: {about['split']}. {len(about['left_out'])} rows that are no clean measurement are in "
        f"no fit.\n\n{_table(head, body)}\n\nBy accelerator and phase:\n\n{_table(titles, cross)}"
    )


@lru_cache(maxsize=1)
def _left_out(data: Catalogue) -> list[Row]:
    """Rows of the embedded measurements, each predicted from the other runs."""
    cases, others = usable(data)
    found: list[Row] = score.document(data, score.score(data, predictor(data), cases, others))["rows"]
    return found


def _of(rows: Iterable[Row], group: str) -> list[Row]:
    return [row for row in rows if _group(row["accelerator"]) == group]


def _group(accelerator: str) -> str:
    return next(name for name, starts in GROUPS.items() if accelerator.startswith(starts))


def _cells(rows: Sequence[Row]) -> list[str]:
    if not rows:
        return ["0", "", "", ""]
    ape, inside, error = ([row[key] for row in rows] for key in ("ape", "inside_80", "error"))
    return [str(len(rows)), f"{np.median(ape):.1%}", f"{np.mean(inside):.0%}", f"{np.median(error):+.1%}"]


def _short(rows: Sequence[Row], group: str, phase: str) -> str:
    found = [row["ape"] for row in _of(rows, group) if row["phase"] == phase]
    return f"{np.median(found):.1%} ({len(found)})" if found else ""


# --- Peers


def _peers(data: Catalogue) -> str:
    ours = {row["id"]: row for row in _left_out(data) if row["modelled"]}
    theirs: dict[str, dict[str, float]] = {}
    with _PEERS.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["predicted"] and row["id"] in ours:
                name = f"{_PEER_NAMES.get(row['peer'], row['peer'])}, {row['setting']}"
                theirs.setdefault(name, {})[row["id"]] = abs(float(row["predicted"]) / float(row["measured"]) - 1)
    phases = ("training", "prefill", "decode", "serving")
    body = []
    for name in sorted(theirs):
        cells = [name]
        for phase in phases:
            both = [key for key in theirs[name] if ours[key]["phase"] == phase]
            cells.append(
                f"{np.median([theirs[name][k] for k in both]):.1%} / {np.median([ours[k]['ape'] for k in both]):.1%} "
                f"({len(both)})"
                if len(both) >= _FEW
                else ""
            )
        body.append(cells)
    head = ["peer / Chipgate, median error (rows)", *phases]
    return _table(head, body)


# --- H20 against Ascend 910C


def _compared(data: Catalogue) -> dict[tuple[str, str, str], Row]:
    """Documents by phase, model and chip."""
    return {
        (phase, model, chip): workload(key, model=MODELS[model], phase=phase, on=ON, data=data)
        for phase in ("training", "decode") for model in MODELS for chip, key in COMPARED.items()
    }  # fmt: skip


Band = tuple[float, float, float]
_MEASURES: Final[Mapping[str, Callable[[Row], Band]]] = {
    "tokens/s a chip": lambda d: _band(d["tokens_per_s_per_chip"]),
    "million tokens a dollar": lambda d: _band({k: 1 / v for k, v in d["usd_per_million_tokens"].items()}),
    "tokens a joule": lambda d: _band(d["tokens_per_joule"]),
}


def _band(q: Mapping[str, float]) -> Band:
    low, middle, high = sorted(q[name] for name in ("p10", "p50", "p90"))
    return low, middle, high


def _figure(compared: Mapping[tuple[str, str, str], Row]) -> str:
    rows = {}
    for phase, name in (("training", "Training"), ("decode", "Decoding")):
        rows[name] = [
            Panel(title, tuple(
                Interval(model, chip, *of(compared[phase, model, chip])) for model in MODELS for chip in COMPARED
            ))
            for title, of in _MEASURES.items()
        ]  # fmt: skip
    series: dict[str, tuple[str, Mark]] = {"H20": (BLUE, "circle"), "Ascend 910C": (VERMILION, "square")}
    return multiples_svg(
        f"H20 and Ascend 910C with the software of {ON[:7]}",
        "Medians and 10 to 90 percent bands of training and decoding per chip, per dollar and per watt; the table "
        "below has the figures.",
        rows, series,
        "Dots: medians. Bars: 10 to 90 %. Logarithmic axes. A joule is of the chip's design power.",
    )  # fmt: skip


def _ratios(compared: Mapping[tuple[str, str, str], Row]) -> str:
    head = ["", "system", *(f"{chip}: {title}" for title in _MEASURES for chip in COMPARED)]
    head.append("H20 over 910C: chip, USD, W")
    body = []
    for phase in ("training", "decode"):
        for model in MODELS:
            found = [compared[phase, model, chip] for chip in COMPARED]
            bands = [[of(d) for d in found] for of in _MEASURES.values()]
            ratios = ", ".join(f"{pair[0][1] / pair[1][1]:.2f}" for pair in bands)
            systems = " and ".join(f"{d['chips']:,} x {d['layout']}, {d['precision']}" for d in found)
            body.append([f"{phase}, {model}", systems, *(_said(band) for pair in bands for band in pair), ratios])
    return _table(head, body)


def _said(band: Band) -> str:
    low, middle, high = (f"{x:,.0f}" if x >= 100 else f"{x:.2g}" for x in band)
    return f"{middle} ({low} to {high})"


# --- Costs


def _costs(data: Catalogue) -> str:
    shared = common(data, date.fromisoformat(ON))
    rows = [
        [a.label, a.unit, f"{a.low:g}", f"{a.central:g}", f"{a.high:g}", f"`{a.record}`"] for a in shared.assumptions
    ]
    return _table(["assumption", "unit", "10 %", "50 %", "90 %", "record"], rows)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(line)} |" for line in (head, ["---"] * len(head), *rows))
