"""Compiled programs: made once for a version, kept in the user's cache folder, loaded from then on.

JAX's own cache spares the compiler, but asks for tracing and lowering first, which take twice as long as the loading.
Here the whole program is found by what it depends on: the code, the structure of the run, the precision, the machine.
The files are pickles; they lie where only the user writes, as the package itself does.
"""

import os
import pickle
import platform
import tempfile
from collections.abc import Callable
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import jax
from jax.experimental import serialize_executable

from chipgate.arrays.inputs import Inputs, Structure
from chipgate.market.simulate import simulate
from chipgate.market.step import Record

Program = Callable[[Inputs], Record]

_MOST_FILES: Final = 40
"""Programs kept; the oldest go first."""
_traced = jax.jit(
    simulate, static_argnames=("structure", "differentiable"), compiler_options={"xla_backend_optimization_level": 2}
)
"""Level 3 of LLVM, the default, takes twice as long to run this program on a CPU."""
_loaded: Final[dict[tuple[Structure, str, int], tuple[Any, Program]]] = {}
"""Programs of this process by structure, precision and block, with the shapes that they take."""


def cache_folder() -> Path:
    """Where compiled programs lie."""
    from platformdirs import user_cache_path

    return user_cache_path("chipgate") / "compiled"


def fetch(structure: Structure, dtype: str, block: int) -> None:
    """Load the program from the cache folder, if it is there; a thread may do so while inputs are drawn."""
    found = (structure, dtype, block)
    if found in _loaded:
        return
    try:
        kept = pickle.loads(_file(structure, dtype, block).read_bytes())
        with jax.enable_x64(dtype == "float64"):
            _loaded[found] = (kept["takes"], serialize_executable.deserialize_and_load(*kept["program"]))
    except Exception:  # whatever is wrong with a cached program, a new one takes its place
        return


def loaded(structure: Structure, dtype: str, block: int) -> bool:
    """Whether this process has the program."""
    return (structure, dtype, block) in _loaded


def program(structure: Structure, inputs: Inputs, dtype: str, block: int) -> Program:
    """The program for a block of inputs: loaded, or else compiled and kept."""
    takes = _shapes(inputs)
    fetch(structure, dtype, block)
    known = _loaded.get((structure, dtype, block))
    if known is not None and known[0] == takes:
        return known[1]
    made = _traced.lower(structure, inputs).compile()
    # A program out of JAX's own cache, where a user has set one up, cannot be written again.
    if jax.config.jax_compilation_cache_dir is None:  # type: ignore[attr-defined]
        _keep(_file(structure, dtype, block), {"takes": takes, "program": serialize_executable.serialize(made)})
    _loaded[(structure, dtype, block)] = (takes, made)
    return made


def _shapes(inputs: Inputs) -> list[tuple[tuple[int, ...], str]]:
    return [(leaf.shape, str(leaf.dtype)) for leaf in jax.tree.leaves(inputs)]


def _keep(path: Path, content: dict[str, Any]) -> None:
    """Write aside and rename, so that no process reads half a program; a folder that cannot be written is no harm."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".program-", delete=False) as file:
            pickle.dump(content, file)
        os.replace(file.name, path)
        old = sorted(path.parent.glob("program-*.pickle"), key=lambda p: p.stat().st_mtime)[:-_MOST_FILES]
        for gone in old:
            gone.unlink(missing_ok=True)
    except OSError:
        return


def _file(structure: Structure, dtype: str, block: int) -> Path:
    key = sha256("\0".join((repr(structure), dtype, str(block), _machine(), _code())).encode()).hexdigest()
    return cache_folder() / f"program-{key[:32]}.pickle"


@cache
def _code() -> str:
    """Hash of the source that is compiled."""
    found = sha256()
    for package in ("arrays", "market"):
        for file in sorted(files(f"chipgate.{package}").iterdir(), key=lambda f: f.name):
            if file.name.endswith(".py"):
                found.update(file.read_bytes())
    return found.hexdigest()


@cache
def _machine() -> str:
    """What machine code depends on: JAX, its settings, the processor."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else [platform.processor()]
    features = {line for line in lines if not info.exists() or line.startswith(("flags", "Features", "model name"))}
    return "\n".join((
        jax.__version__, version("jaxlib"), jax.default_backend(), os.environ.get("XLA_FLAGS", ""),
        platform.machine(), *sorted(features),
    ))  # fmt: skip
