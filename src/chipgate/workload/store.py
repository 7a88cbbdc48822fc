"""The shipped fit as one small file."""

import io
import json
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from chipgate.errors import DataError
from chipgate.workload import residual
from chipgate.workload.fit import Fitted

FILE = "workload/fit.npz"
"""Where the fit lies in a data folder."""


def save(path: Path, fitted: Fitted, about: dict[str, Any]) -> None:
    """Write a fit; the bytes hang on nothing but its numbers."""
    words = sorted(fitted.codes, key=fitted.codes.__getitem__)
    text = json.dumps({"words": words, "ids": fitted.ids, "runs": fitted.runs, "about": about}, ensure_ascii=False)
    aside = path.with_suffix(".tmp.npz")
    np.savez_compressed(
        aside, vector=fitted.vector, hyper=fitted.hyper, slopes=fitted.slopes.astype(np.float32), rest=fitted.rest,
        codes=fitted.features.codes.astype(np.int16), where=fitted.features.where.astype(np.float32),
        confidence=fitted.features.confidence.astype(np.int8), loose=fitted.features.loose.astype(np.int8),
        text=np.frombuffer(text.encode(), np.uint8),
    )  # fmt: skip
    aside.replace(path)


def load(path: Path) -> tuple[Fitted, dict[str, Any]]:
    """Read a fit and what it says about itself.

    Raises:
        DataError: The file is missing or no fit of this version.
    """
    fix = "run `chipgate workload-fit` to make it anew"
    if not path.exists():
        raise DataError("the fit of the workload model is missing", path=path, fix=fix)
    try:
        with np.load(io.BytesIO(path.read_bytes())) as file:
            text = json.loads(bytes(file["text"]).decode())
            seen = residual.Features(
                file["codes"].astype(np.int64), file["where"].astype(float), file["confidence"].astype(np.int64),
                file["loose"].astype(float),
            )  # fmt: skip
            fitted = Fitted(
                vector=file["vector"], hyper=file["hyper"], slopes=file["slopes"].astype(float), rest=file["rest"],
                features=seen, codes={word: i for i, word in enumerate(text["words"])}, ids=tuple(text["ids"]),
                runs=tuple(text["runs"]),
            )  # fmt: skip
    except (OSError, EOFError, ValueError, KeyError, TypeError, BadZipFile) as error:
        raise DataError("is no fit of the workload model", path=path, fix=fix) from error
    return fitted, text["about"]
