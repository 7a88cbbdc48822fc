"""NUTS in NumPyro: chains in parallel, in chunks whose state is kept, so that a stopped run goes on where it was.

The unknowns are whitened by the normal distribution around the mode, which serves as the dense mass matrix; the
step size and a diagonal correction adapt during warm-up.
"""

import os
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from chipgate.inference.fit import Normal, Problem, Say
from chipgate.inference.smooth import Smooth

Array = NDArray[np.float64]
CHUNK: Final = 25
"""Iterations between two savings of a chain."""


@dataclass(frozen=True)
class Plan:
    """Size of a run of NUTS: chains, iterations of warm-up and after it, largest depth of a tree, seed."""

    chains: int = 4
    warmup: int = 150
    samples: int = 400
    depth: int = 6
    seed: int = 0
    processes: int = 2


def sampled(
    make: Callable[[], Problem], around: Normal, size: Plan, folder: Path, key: str, say: Say | None = None
) -> tuple[Array, dict[str, Any]]:
    """Samples ``[chain sample unknown]`` and their diagnostics.

    Args:
        make: Makes the problem anew in each process; a function that can be pickled.
        folder: Where the state of chains is kept. ``key``: what it hangs on; a state of another key is not used.
    """
    folder.mkdir(parents=True, exist_ok=True)
    jobs = [(make, around, size, folder / f"chain-{i}.pickle", f"{key} {size}", i) for i in range(size.chains)]
    before = os.environ.get("XLA_FLAGS", "")
    os.environ["XLA_FLAGS"] = f"{before} --xla_backend_optimization_level=2".strip()  # for the children alone
    try:
        done: list[dict[str, Any]] = []
        with get_context("spawn").Pool(size.processes, maxtasksperchild=1) as pool:
            for chain in pool.imap(_chain, jobs):
                done.append(chain)
                if say:
                    say(f"nuts: chain {len(done)} of {size.chains} is done")
    finally:
        os.environ["XLA_FLAGS"] = before
    draws = np.stack([np.stack(chain["samples"]) for chain in done])
    return draws, diagnosed(draws, done)


def diagnosed(draws: Array, chains: list[dict[str, Any]]) -> dict[str, Any]:
    """R-hat, effective size, divergences, steps of a sample."""
    from numpyro.diagnostics import effective_sample_size, split_gelman_rubin

    return {
        "chains": draws.shape[0], "samples": draws.shape[1],
        "largest_r_hat": float(np.max(split_gelman_rubin(draws))),
        "least_effective": float(np.min(effective_sample_size(draws))),
        "divergences": int(sum(sum(chain["diverging"]) for chain in chains)),
        "gradients_a_sample": float(np.mean([n for chain in chains for n in chain["steps"]])),
        "acceptance": float(np.mean([a for chain in chains for a in chain["accept"]])),
    }  # fmt: skip


def _chain(job: tuple[Callable[[], Problem], Normal, Plan, Path, str, int]) -> dict[str, Any]:
    """One chain, in a process of its own."""
    make, around, size, path, key, number = job
    jax.config.update("jax_enable_x64", True)  # type: ignore[no-untyped-call]
    # Compiling takes longer than a hundred iterations; later chains find what the first ones made.
    jax.config.update("jax_compilation_cache_dir", str(path.parent / "compiled"))  # type: ignore[no-untyped-call]
    from numpyro.infer import NUTS

    smooth = Smooth(make())
    factor, mean = jnp.asarray(np.linalg.cholesky(around.covariance)), jnp.asarray(around.mean)

    def potential(white: Any) -> Any:
        return smooth.loss(mean + factor @ white)

    kernel = NUTS(potential_fn=potential, target_accept_prob=0.8, max_tree_depth=size.depth, dense_mass=False)
    seed = jax.random.PRNGKey(1_000 * size.seed + number)
    begin = 0.5 * jax.random.normal(seed, (len(around.mean),))
    state = kernel.init(seed, size.warmup, begin, (), {})

    @jax.jit
    def advance(start: Any) -> Any:
        def one(at: Any, _: Any) -> Any:
            new = kernel.sample(at, (), {})
            return new, (mean + factor @ new.z, new.diverging, new.num_steps, new.accept_prob)

        return jax.lax.scan(one, start, None, length=CHUNK)

    kept: dict[str, Any] = {"key": key, "done": 0, "samples": [], "diverging": [], "steps": [], "accept": []}
    if path.exists():
        found = pickle.loads(path.read_bytes())
        if found["key"] == key:
            kept, state = found, jax.tree.unflatten(jax.tree.structure(state), found["state"])
    while kept["done"] < size.warmup + size.samples:
        state, (z, diverging, steps, accept) = advance(state)
        for i in range(CHUNK):
            if kept["done"] + i >= size.warmup and len(kept["samples"]) < size.samples:
                kept["samples"].append(np.asarray(z[i]))
                kept["diverging"].append(bool(diverging[i]))
                kept["steps"].append(int(steps[i]))
                kept["accept"].append(float(accept[i]))
        kept["done"] += CHUNK
        aside = path.with_suffix(".new")
        aside.write_bytes(pickle.dumps(kept | {"state": [np.asarray(leaf) for leaf in jax.tree.leaves(state)]}))
        os.replace(aside, path)
        print(f"nuts: chain {number}, {kept['done']} of {size.warmup + size.samples}, {int(np.mean(steps))} gradients "
              "a sample", file=_stderr(), flush=True)  # fmt: skip
    return kept


def _stderr() -> Any:
    import sys

    return sys.stderr
