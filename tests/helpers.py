"""What the tests share: places, the command line in-process, a chip record to copy, one subject per chip."""

import io
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from unittest.mock import patch

from chipgate.catalogue import Catalogue, catalogue
from chipgate.catalogue.table import EMBEDDED
from chipgate.cli.main import main
from chipgate.rules.subject import catalogue_subject
from chipgate.rules.verdict import Subject

ROOT = Path(__file__).parent.parent
DATA = EMBEDDED

NEW_CHIP = """\
id: acme_testchip
name: Acme Testchip
aliases: [Testchip]
vendor: nvidia
design_for_china: false
marketed_datacenter: true
us_commercial_20260115: {value: true, confidence: high, note: made up for a test, source: spec}
announced: "2024-05"
first_shipped: "2024-06"
sources:
  spec:
    urls: [https://example.org/testchip]
    published: "2024-05"
    published_basis: announced
    confidence: high
specs:
  die_area_mm2: 800
  tdp_w: 500
  bf16_dense_tflops: 400
  fp8_dense_tflops: 800
  mem_gb: 100
  mem_bw_gbs: {value: 3.2, unit: TB/s}
  scaleup_bw_gbs: 500
"""
"""A made-up data-centre chip: 800 FP8 x 8 = 6,400; 6,400 / 800 = 8.00."""


@dataclass(frozen=True)
class Outcome:
    """What a command left behind."""

    status: int
    out: str
    err: str

    @property
    def error_lines(self) -> list[str]:
        return self.err.splitlines()


def run_cli(*arguments: str) -> Outcome:
    """Run the command line in this process."""
    out, err = io.StringIO(), io.StringIO()
    status = 0
    with patch.object(sys, "argv", ["chipgate", *arguments]), redirect_stdout(out), redirect_stderr(err):
        try:
            main()
        except SystemExit as leaving:
            status = leaving.code if isinstance(leaving.code, int) else 1
    return Outcome(status, out.getvalue(), err.getvalue())


@cache
def embedded() -> Catalogue:
    return catalogue()


def subjects(data: Catalogue) -> list[Subject]:
    """Every chip as a subject that computes its facts once a reading."""
    plain = [catalogue_subject(chip, data.makers) for chip in data.chips.values()]
    return [replace(subject, facts=cache(subject.facts)) for subject in plain]


def write(folder: Path, name: str, content: str | bytes) -> Path:
    """Write a data file of an extra folder."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path
