"""Posteriors of the priors: what the record up to a day says of them, shipped by as-of date.

A posterior is a normal distribution of the normal scores of named random streams: ``score = mean + L z``, with ``z``
the scores that the streams give under the priors. So a run with and without it shares its random numbers, the first
draws of a longer run are those of a shorter one, and a stream that the record says nothing of keeps its prior.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from chipgate.catalogue import Catalogue
from chipgate.errors import DataError
from chipgate.schema.market import Prior, Variant

FOLDER: Final = "posterior"
"""Folder of posteriors in a folder of data; a file each, named after its as-of date."""
FORMAT: Final = 1


@dataclass(frozen=True, eq=False)
class Posterior:
    """Scores of streams given the record up to a day.

    Attributes:
        method: How it was found: ``laplace``, ``importance`` or ``nuts``.
        names: Streams. ``mean``: of their scores, ``[n]``; ``factor``: lower factor of their covariance, ``[n n]``.
        bounds: Low, central and high of priors as they stood in the fit: of those streams that are priors, and of
            others whose newest variant rests on a figure of the fit.
        document: The file, with diagnostics.
    """

    as_of: date
    method: str
    names: tuple[str, ...]
    mean: NDArray[np.float64]
    factor: NDArray[np.float64]
    bounds: Mapping[str, tuple[float, float, float]]
    document: Mapping[str, Any]

    def scores(self, z: NDArray[np.float64]) -> NDArray[np.float64]:
        """Scores ``[n d]`` from the streams' own scores ``[n d]``."""
        # Term by term: a product of matrices may round otherwise for another number of draws.
        found = np.repeat(self.mean[:, None], z.shape[1], axis=1)
        for j in range(len(self.names)):
            found[j:] += self.factor[j:, j, None] * z[j]
        return found

    def variant(self, prior: Prior) -> Variant | None:
        """The prior as it stood in the fit; ``None`` where its record no longer has that variant, or it is no part."""
        wanted = self.bounds.get(prior.id)
        return next((v for v in prior.variants if (v.low, v.central, v.high) == wanted), None)

    @property
    def label(self) -> str:
        """As-of date, method and hash, for the provenance of a run."""
        return f"{self.as_of.isoformat()} {self.method} {self.document.get('hash', '')}".strip()


def shipped_hash(catalogue: Catalogue) -> str:
    """Hash of all posteriors that a run may draw from."""
    found = sha256()
    for root in catalogue.roots:
        for path in sorted((root / FOLDER).glob("*.json")):
            found.update(path.name.encode() + path.read_bytes())
    return found.hexdigest()[:16]


def latest(catalogue: Catalogue, as_of: date) -> Posterior | None:
    """The last shipped posterior whose as-of date is not after ``as_of``; ``None`` where there is none."""
    found: dict[date, Path] = {}
    for root in catalogue.roots:  # a later folder's file replaces an earlier one's of the same date
        for path in sorted((root / FOLDER).glob("*.json")):
            try:
                day = date.fromisoformat(path.stem)
            except ValueError as error:
                raise DataError("is no posterior; its name is an as-of date, YYYY-MM-DD.json", path=path) from error
            if day <= as_of:
                found[day] = path
    return read(found[max(found)]) if found else None


def read(path: Path) -> Posterior:
    """Read one posterior.

    Raises:
        DataError: The file is none.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document["format"] != FORMAT:
            raise ValueError(f"format {document['format']} is not {FORMAT}")
        names = tuple(document["streams"])
        mean = np.array([document["streams"][name]["mean"] for name in names])
        bounds = {name: _three(row) for name, row in document["priors"].items()}
        return Posterior(
            date.fromisoformat(document["as_of"]), document["method"], names, mean,
            unpacked(document["factor"], len(names)), bounds, document,
        )  # fmt: skip
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"is no posterior: {error}", path=path, fix="write it by `chipgate calibrate`") from error


def _three(row: Sequence[float]) -> tuple[float, float, float]:
    low, middle, high = row
    return low, middle, high


def packed(factor: NDArray[np.float64]) -> list[list[float]]:
    """Rows of a lower factor up to the diagonal, to six digits."""
    return [[float(f"{x:.6g}") for x in row[: i + 1]] for i, row in enumerate(factor)]


def unpacked(rows: Sequence[Sequence[float]], size: int) -> NDArray[np.float64]:
    """A lower factor from its rows."""
    if len(rows) != size:
        raise ValueError(f"{len(rows)} rows for {size} streams")
    made = np.zeros((size, size))
    for i, row in enumerate(rows):
        if len(row) != i + 1:
            raise ValueError(f"row {i} has {len(row)} entries")
        made[i, : i + 1] = row
    return made
