"""NUTS in NumPyro, as a second opinion on the ensemble: on the streams for which an exact gradient exists.

All chains advance together as one vectorised program. The unknowns are whitened by the ensemble's normal distribution;
the step size and a diagonal correction adapt in warm-up. The state is kept every few iterations, so that a stopped run
goes on where it was, to the same draws.
"""

import pickle
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from chipgate.inference.ensemble import Say

Array = NDArray[np.float64]
CHUNK: Final = 10
"""Iterations between two savings."""


@dataclass(frozen=True)
class Size:
    """Size of a run: chains, iterations of warm-up and after it, largest depth of a tree, seed."""

    chains: int = 8
    warmup: int = 100
    samples: int = 150
    depth: int = 5
    seed: int = 0


def sampled(
    density: Callable[[Any], Any], mean: Array, covariance: Array, size: Size, path: Path, key: str,
    say: Say | None = None,
) -> tuple[Array, dict[str, Any]]:  # fmt: skip
    """Samples ``[chain sample unknown]`` and their diagnostics.

    Args:
        density: Negative log density of the unknowns ``[n]``, in JAX.
        mean, covariance: Of a normal distribution near it; where chains start and how they are whitened.
        path: File that keeps the state. ``key``: what it hangs on; a state of another key is not used.
    """
    from numpyro.infer import NUTS

    with jax.enable_x64(True):
        factor = np.linalg.cholesky(covariance)

        def potential(white: Any) -> Any:
            return density(jnp.asarray(mean) + jnp.asarray(factor) @ white)

        kernel = NUTS(potential_fn=potential, target_accept_prob=0.8, max_tree_depth=size.depth, dense_mass=False)
        seeds = jax.random.split(jax.random.PRNGKey(size.seed), size.chains)
        begin = 0.5 * jax.random.normal(jax.random.PRNGKey(size.seed + 1), (size.chains, len(mean)))
        state = kernel.init(seeds, size.warmup, begin, (), {})

        @jax.jit
        def advance(start: Any) -> Any:
            def one(at: Any, _: Any) -> Any:
                new = kernel.sample(at, (), {})  # of all chains: begun with a key for each, it maps over them
                return new, (new.z, new.diverging, new.num_steps, new.accept_prob)

            return jax.lax.scan(one, start, None, length=CHUNK)

        kept: dict[str, Any] = {"key": f"{key} {size}", "done": 0, "z": [], "diverging": [], "steps": [], "accept": []}
        if path.exists():
            found = pickle.loads(path.read_bytes())
            if found["key"] == kept["key"]:
                kept, state = found, jax.tree.unflatten(jax.tree.structure(state), found["state"])
        while kept["done"] < size.warmup + size.samples:
            state, told = advance(state)
            for name, values in zip(("z", "diverging", "steps", "accept"), told, strict=True):
                kept[name].append(np.asarray(values))
            kept["done"] += CHUNK
            _keep(path, kept | {"state": [np.asarray(leaf) for leaf in jax.tree.leaves(state)]})
            if say:
                say(f"nuts: iteration {kept['done']} of {size.warmup + size.samples}")
    # Iterations come first in what was kept, chains second.
    after = {name: np.concatenate(kept[name])[size.warmup :] for name in ("z", "diverging", "steps", "accept")}
    draws = np.moveaxis(mean + after["z"] @ factor.T, 0, 1)[:, : size.samples]
    return draws, {"warmup": size.warmup, **diagnosed(draws, after)}


def _keep(path: Path, kept: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_suffix(".new")
    aside.write_bytes(pickle.dumps(kept))
    aside.replace(path)


def diagnosed(draws: Array, told: dict[str, Array]) -> dict[str, Any]:
    """R-hat, effective size, divergences, steps of a sample ``[chain sample unknown]``."""
    from numpyro.diagnostics import effective_sample_size, split_gelman_rubin

    return {
        "chains": draws.shape[0], "samples": draws.shape[1],
        "largest_r_hat": float(np.max(split_gelman_rubin(draws))),
        "least_effective": float(np.min(effective_sample_size(draws))),
        "divergences": int(told["diverging"].sum()), "gradients_a_sample": float(told["steps"].mean()),
        "acceptance": float(told["accept"].mean()),
    }  # fmt: skip
