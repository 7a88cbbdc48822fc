"""A posterior from the record known by a day: which streams it moves, the fit, and the file that ships."""

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from chipgate.catalogue import Catalogue, catalogue
from chipgate.inference.ensemble import MEMBERS, Problem, Say, fitted
from chipgate.inference.errors import Errors
from chipgate.inference.paths import Paths
from chipgate.results.program import code_hash
from chipgate.setup.posterior import FORMAT, packed, read

if TYPE_CHECKING:
    from chipgate.inference.nuts import Size

Array = NDArray[np.float64]
Method = Literal["ensemble", "nuts"]

AS_OF: Final = tuple(
    date.fromisoformat(day)
    for day in ("2022-06-30", "2022-12-31", "2023-05-31", "2023-10-31", "2023-12-31", "2024-03-31", "2024-09-30",
                "2024-12-31", "2025-01-31", "2025-04-30", "2025-08-17", "2025-12-31", "2026-03-31", "2026-06-30",
                "2026-11-23")
)  # fmt: skip
"""Days for which posteriors ship: those from which forecasts are scored, and the day the record was closed."""
NARROWER: Final = 0.9
MOVED: Final = 0.3
"""A stream is part of the posterior where the record narrows it to this part of its prior standard deviation, or moves
it by this many; the others it says nothing of."""


@dataclass(frozen=True, eq=False)
class Normal:
    """A normal distribution of named unknowns: ``mean`` ``[n]``, ``covariance`` ``[n n]``."""

    names: tuple[str, ...]
    mean: Array
    covariance: Array


@dataclass(frozen=True, eq=False)
class Fitted:
    """A fit.

    Attributes:
        streams: Of which the record says something. ``other``: unknowns of the errors.
        screened: Number of streams looked at.
    """

    problem: Problem
    method: Method
    streams: Normal
    other: Normal
    screened: int
    diagnostics: dict[str, Any]


def problem_of(as_of: date, names: tuple[str, ...] | None = None, extra: Path | None = None) -> Problem:
    """The problem of a day, for a process of its own."""
    paths = Paths(catalogue(extra), as_of, names)
    return Problem(paths, Errors.of(paths.rows))


def fit(
    as_of: date, *, extra: Path | None = None, seed: int = 0, members: int = MEMBERS, say: Say | None = None
) -> Fitted:
    """Fit the priors to what was published by a day.

    Args:
        extra: Folder of further records.
        members: Size of the ensemble.
    """
    problem = problem_of(as_of, None, extra)
    found = fitted(problem, np.random.default_rng(seed), members=members, say=say)
    kept = chosen(found.theta, problem.streams)
    names = (*problem.paths.names, *problem.errors.names)
    rest = list(range(problem.streams, problem.size))
    return Fitted(problem, "ensemble", normal(names, found.theta, kept), normal(names, found.theta, rest),
                  problem.streams, found.diagnostics)  # fmt: skip


def second_opinion(
    as_of: date, names: Sequence[str], size: "Size", path: Path, *, extra: Path | None = None,
    members: int = MEMBERS, say: Say | None = None,
) -> dict[str, Any]:  # fmt: skip
    """The ensemble beside NUTS, on those of the streams that have an exact gradient; all others at their medians.

    Args:
        path: File that keeps the state of the chains.
    """
    import jax.numpy as jnp

    from chipgate.inference.nuts import sampled
    from chipgate.inference.smooth import Smooth, moves

    problem = problem_of(as_of, tuple(name for name in names if moves(name)), extra)
    found = fitted(problem, np.random.default_rng(size.seed), members=members, say=say)
    free = np.setdiff1d(np.arange(problem.size), problem.misfits)
    key = f"{problem.paths.catalogue.fingerprint} {code_hash()} {as_of} {problem.paths.names}"
    smooth, middle = Smooth(problem), found.theta.mean(1)

    def density(part: Any) -> Any:
        return smooth.loss(jnp.asarray(middle).at[free].set(part))

    draws, told = sampled(density, middle[free], np.cov(found.theta[free]), size, path, key, say)
    labels = [(*problem.paths.names, *problem.errors.names)[i] for i in free]
    flat = draws.reshape(-1, len(free))
    rows = [
        {"name": name, "ensemble_mean": _short(ours.mean()), "ensemble_sd": _short(ours.std()),
         "nuts_mean": _short(theirs.mean()), "nuts_sd": _short(theirs.std())}
        for name, ours, theirs in zip(labels, found.theta[free], flat.T, strict=True)
    ]  # fmt: skip
    return {"as_of": as_of.isoformat(), "figures": len(problem.errors.rows), **_plain(told), "rows": rows}


def normal(names: Sequence[str], theta: Array, kept: Sequence[int]) -> Normal:
    """Mean and covariance of some unknowns over an ensemble."""
    picked = theta[list(kept)]
    covariance = np.atleast_2d(np.cov(picked)) if len(picked) else np.zeros((0, 0))
    return Normal(tuple(names[i] for i in kept), picked.mean(1), covariance)


def chosen(theta: Array, streams: int) -> list[int]:
    """Indices of the streams of which the record says something."""
    spread, mean = theta[:streams].std(1), theta[:streams].mean(1)
    return [i for i in range(streams) if spread[i] < NARROWER or abs(mean[i]) > MOVED]


def document(data: Catalogue, fitted: Fitted, seed: int) -> dict[str, Any]:
    """What ships of a fit."""
    paths, streams = fitted.problem.paths, fitted.streams
    bounds = {
        name: three for name, three in paths.bounds.items() if name in streams.names or name in paths.older
    }  # fmt: skip
    made: dict[str, Any] = {
        "format": FORMAT, "as_of": paths.as_of.isoformat(), "method": fitted.method, "seed": seed,
        "chipgate_version": version("chipgate"), "data": data.fingerprint, "model": code_hash(),
        "observations": [row.id for row in paths.rows], "screened": fitted.screened,
        "diagnostics": _plain(fitted.diagnostics), "streams": _moments(streams), "other": _moments(fitted.other),
        "priors": {name: list(three) for name, three in bounds.items()},
        "factor": packed(np.asarray(np.linalg.cholesky(streams.covariance), np.float64)),
    }  # fmt: skip
    made["hash"] = hashlib.sha256(json.dumps(made, sort_keys=True).encode()).hexdigest()[:12]
    return made


def _moments(found: Normal) -> dict[str, Any]:
    spread = np.sqrt(np.diag(found.covariance))
    return {
        name: {"mean": _short(mean), "sd": _short(sd)}
        for name, mean, sd in zip(found.names, found.mean, spread, strict=True)
    }


def kept(folder: Path, data: Catalogue, day: date, members: int, seed: int) -> dict[str, Any] | None:
    """The document of a day that a run before this one wrote from the same data and model; ``None`` for none."""
    path = folder / f"{day}.json"
    if not path.exists():
        return None
    made = read(path).document
    wanted = (data.fingerprint, code_hash(), members, seed)
    return dict(made) if (made["data"], made["model"], made["diagnostics"]["members"], made["seed"]) == wanted else None


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
