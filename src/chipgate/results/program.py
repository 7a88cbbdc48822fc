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
from typing import Any, Final, Literal, cast

import jax
from jax.experimental import serialize_executable

from chipgate.arrays.inputs import Constants, Inputs, Monthly, Structure
from chipgate.market.simulate import advance, simulate
from chipgate.market.state import State
from chipgate.market.step import Record

Program = Callable[[Inputs], Record]
Advance = Callable[[Constants, State, Monthly], tuple[State, Record]]
Kind = Literal["run", "advance"]

_MOST_FILES: Final = 40
"""Programs kept; the oldest go first."""
_OPTIONS: Final = {"xla_backend_optimization_level": 2}
"""Level 3 of LLVM, the default, takes twice as long to run this program on a CPU."""
_TRACED: Final[dict[Kind, Any]] = {
    "run": jax.jit(simulate, static_argnames=("structure", "differentiable"), compiler_options=_OPTIONS),
    "advance": jax.jit(advance, static_argnames=("structure",), compiler_options=_OPTIONS),
}
_loaded: Final[dict[tuple[Kind, Structure, str, int], tuple[Any, Callable[..., Any]]]] = {}
"""Programs of this process by kind, structure, precision and block, with the shapes that they take."""


def cache_folder() -> Path:
    """Where compiled programs lie."""
    from platformdirs import user_cache_path

    return user_cache_path("chipgate") / "compiled"


def fetch(structure: Structure, dtype: str, block: int, kind: Kind = "run") -> None:
    """Load the program from the cache folder, if it is there; a thread may do so while inputs are drawn."""
    found = (kind, structure, dtype, block)
    if found in _loaded:
        return
    try:
        kept = pickle.loads(_file(*found).read_bytes())
        with jax.enable_x64(dtype == "float64"):
            _loaded[found] = (kept["takes"], serialize_executable.deserialize_and_load(*kept["program"]))
    except Exception:  # whatever is wrong with a cached program, a new one takes its place
        return


def loaded(structure: Structure, dtype: str, block: int, kind: Kind = "run") -> bool:
    """Whether this process has the program."""
    return (kind, structure, dtype, block) in _loaded


def program(structure: Structure, inputs: Inputs, dtype: str, block: int) -> Program:
    """The program for a block of inputs: loaded, or else compiled and kept."""
    return _found("run", structure, dtype, block, inputs)


def advancer(
    structure: Structure, constants: Constants, state: State, months: Monthly, dtype: str, block: int
) -> Advance:
    """The program that simulates some months of a block on from a state: loaded, or else compiled and kept."""
    return _found("advance", structure, dtype, block, constants, state, months)


def _found(kind: Kind, structure: Structure, dtype: str, block: int, *given: Any) -> Callable[..., Any]:
    takes = _shapes(given)
    fetch(structure, dtype, block, kind)
    known = _loaded.get((kind, structure, dtype, block))
    if known is not None and known[0] == takes:
        return known[1]
    made = _TRACED[kind].lower(structure, *given).compile()
    # A program out of JAX's own cache, where a user has set one up, cannot be written again.
    if jax.config.jax_compilation_cache_dir is None:  # type: ignore[attr-defined]
        content = {"takes": takes, "program": serialize_executable.serialize(made)}
        _keep(_file(kind, structure, dtype, block), content)
    _loaded[(kind, structure, dtype, block)] = (takes, made)
    return cast(Callable[..., Any], made)


def _shapes(given: Any) -> list[tuple[tuple[int, ...], str]]:
    return [(leaf.shape, leaf.dtype.str) for leaf in jax.tree.leaves(given)]


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


def _file(kind: Kind, structure: Structure, dtype: str, block: int) -> Path:
    key = sha256("\0".join((kind, repr(structure), dtype, str(block), _machine(), _code())).encode()).hexdigest()
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
