"""A posterior from the record known by a day: which streams it moves, the fit, and the file that ships."""

import hashlib
import json
import os
from dataclasses import dataclass
from datetime import date
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from chipgate.catalogue import Catalogue, catalogue
from chipgate.inference.errors import Errors
from chipgate.inference.fit import Normal, Problem, Say, checked, marginal_mode, mode
from chipgate.inference.paths import Paths
from chipgate.results.program import code_hash
from chipgate.setup.posterior import FORMAT, packed

Array = NDArray[np.float64]
Method = Literal["laplace", "nuts"]

AS_OF: Final = (
    date(2023, 10, 31), date(2024, 3, 31), date(2024, 9, 30), date(2025, 1, 31), date(2025, 4, 30), date(2025, 8, 17),
    date(2025, 12, 31), date(2026, 3, 31), date(2026, 6, 30),
)  # fmt: skip
"""Days for which posteriors ship."""
SHIPPED: Final[dict[date, Method]] = {}
"""Method of each shipped posterior; ``laplace`` where none is named."""
NARROWER: Final = 0.95
MOVED: Final = 0.3
"""A stream is part of the posterior where the record narrows it to this part of its prior standard deviation, or moves
it by this many; the others it says nothing of."""
_CHECK_DRAWS: Final = 2_048


@dataclass(frozen=True, eq=False)
class Fitted:
    """A fit.

    Attributes:
        normal: Of the streams and the other unknowns. ``draws``: samples ``[unknown d]``, of NUTS.
        screened: Streams looked at.
    """

    problem: Problem
    method: Method
    normal: Normal
    draws: Array | None
    screened: int


def problem_of(as_of: date, names: tuple[str, ...], extra: Path | None = None) -> Problem:
    """The problem of a day, for a process of its own."""
    paths = Paths(catalogue(extra), as_of, names)
    return Problem(paths, Errors.of(paths.rows))


def fit(
    data: Catalogue, as_of: date, method: Method, *, folder: Path, sizes: "Any" = None, extra: Path | None = None,
    seed: int = 0, say: Say | None = None,
) -> Fitted:  # fmt: skip
    """Fit the priors to what was published by a day.

    Args:
        folder: Where NUTS keeps the state of its chains.
        sizes: Size of a run of NUTS, :class:`chipgate.inference.nuts.Plan`.
        extra: Folder of further records behind ``data``.
    """
    wide = Paths(data, as_of)
    errors = Errors.of(wide.rows)
    # Which streams count shows at the misfits' own medians as well as at any other.
    held = [len(wide.names) + i for i, name in enumerate(errors.names) if name.startswith("misfit:")]
    first = mode(Problem(wide, errors), say=say, held=held)
    kept = chosen(first, len(wide.names))
    names = tuple(wide.names[i] for i in kept)
    problem = problem_of(as_of, names, extra)
    rest = list(range(len(wide.names), len(first.mean)))
    normal = marginal_mode(problem, start=first.mean[[*kept, *rest]], say=say)
    if method == "laplace":
        told = checked(problem, normal, np.random.default_rng(seed), draws=_CHECK_DRAWS, rounds=1, say=say)
        found = Normal(normal.mean, normal.covariance, told.diagnostics)
        return Fitted(problem, method, found, None, len(wide.names))
    from chipgate.inference.nuts import Plan, sampled

    key = f"{data.fingerprint} {code_hash()} {as_of} {names} {normal.mean.tobytes().hex()[:64]}"
    draws, told_ = sampled(
        partial(problem_of, as_of, names, extra), normal, sizes or Plan(seed=seed), folder, key, say
    )  # fmt: skip
    flat = draws.reshape(-1, draws.shape[-1]).T
    found = Normal(flat.mean(1), np.cov(flat), normal.diagnostics | {"nuts": told_})
    return Fitted(problem, method, found, flat, len(wide.names))


def chosen(normal: Normal, streams: int) -> list[int]:
    """Indices of the streams of which the record says something."""
    spread = np.sqrt(np.diag(normal.covariance))
    return [i for i in range(streams) if spread[i] < NARROWER or abs(normal.mean[i]) > MOVED]


def document(data: Catalogue, fitted: Fitted, seed: int) -> dict[str, Any]:
    """What ships of a fit."""
    paths, normal = fitted.problem.paths, fitted.normal
    n = len(paths.names)
    spread = np.sqrt(np.diag(normal.covariance))
    streams: dict[str, Any] = {}
    for i, name in enumerate(paths.names):
        streams[name] = {"mean": _short(normal.mean[i]), "sd": _short(spread[i])}
    other = {
        name: {"mean": _short(normal.mean[n + i]), "sd": _short(spread[n + i])}
        for i, name in enumerate(fitted.problem.errors.names)
    }
    made: dict[str, Any] = {
        "format": FORMAT, "as_of": paths.as_of.isoformat(), "method": fitted.method, "seed": seed,
        "chipgate_version": version("chipgate"), "data": data.fingerprint, "model": code_hash(),
        "observations": [row.id for row in paths.rows], "screened": fitted.screened,
        "diagnostics": _plain(normal.diagnostics), "streams": streams, "other": other,
        "priors": {name: list(bounds) for name, bounds in paths.bounds.items()},
        "factor": packed(np.asarray(np.linalg.cholesky(normal.covariance[:n, :n]), np.float64)),
    }  # fmt: skip
    made["hash"] = hashlib.sha256(json.dumps(made, sort_keys=True).encode()).hexdigest()[:12]
    return made


def write(folder: Path, made: dict[str, Any]) -> Path:
    """Write the file of a posterior, aside and then in place."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{made['as_of']}.json"
    aside = path.with_suffix(".new")
    aside.write_text(_text(made), encoding="utf-8")
    os.replace(aside, path)
    return path


def _text(made: dict[str, Any]) -> str:
    """One line a key, and a line a stream and a row."""
    lines = []
    for key, value in made.items():
        if key in ("streams", "other", "priors"):
            inner = ",\n".join(f"  {json.dumps(n)}: {json.dumps(v)}" for n, v in value.items())
            lines.append(f"{json.dumps(key)}: {{\n{inner}\n }}")
        elif key == "factor":
            inner = ",\n".join(f"  {json.dumps(row)}" for row in value)
            lines.append(f"{json.dumps(key)}: [\n{inner}\n ]")
        else:
            lines.append(f"{json.dumps(key)}: {json.dumps(value)}")
    return "{\n " + ",\n ".join(lines) + "\n}\n"


def _short(value: float) -> float:
    return float(f"{value:.6g}")


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_plain(v) for v in value]
    return _short(value) if isinstance(value, float) else value
