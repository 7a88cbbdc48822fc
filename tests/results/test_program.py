"""Compiled programs are kept and found again, and a spoilt one is no harm."""

from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import pytest

from chipgate.results import program as module


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A small program in place of the market, an empty cache; the list grows each time it is traced."""
    traced: list[str] = []

    def double(structure: str, inputs: Any) -> Any:
        traced.append(structure)
        return inputs * 2

    monkeypatch.setitem(module._TRACED, "run", jax.jit(double, static_argnames=("structure",)))
    monkeypatch.setattr(module, "cache_folder", lambda: tmp_path / "compiled")
    monkeypatch.setattr(module, "_loaded", {})
    return traced


def run(value: Any, dtype: str = "float32") -> list[float]:
    return module.program("a", value, dtype, 4)(value).tolist()


def test_a_program_is_traced_once_and_loaded_afterwards(made: list[str]) -> None:
    assert run(jnp.arange(3.0)) == [0, 2, 4]
    assert run(jnp.ones(3)) == [2, 2, 2]
    module._loaded.clear()
    assert run(jnp.arange(3.0)) == [0, 2, 4]
    assert made == ["a"]


def test_other_shapes_are_compiled_anew(made: list[str]) -> None:
    run(jnp.arange(3.0))
    assert run(jnp.arange(2.0)) == [0, 2]
    assert made == ["a", "a"]


@pytest.mark.parametrize("content", [b"", b"no pickle", b"\x80\x04K\x01."])
def test_a_spoilt_file_is_replaced(made: list[str], content: bytes) -> None:
    run(jnp.arange(3.0))
    (file,) = module.cache_folder().iterdir()
    file.write_bytes(content)
    module._loaded.clear()
    assert run(jnp.arange(3.0)) == [0, 2, 4]
    assert file.read_bytes() != content


def test_the_key_knows_code_and_precision() -> None:
    assert module._code() != ""
    assert "cpu" in module._machine()
    kinds = ("run", "advance")
    names = {
        module._file(k, s, d, b).name
        for k in kinds
        for s in ("a", "b")
        for d in ("float32", "float64")
        for b in (32, 64)
    }
    assert len(names) == 16


def test_a_folder_that_cannot_be_made_is_no_harm(
    made: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(module, "cache_folder", lambda: tmp_path / "file" / "compiled")
    assert run(jnp.arange(3.0)) == [0, 2, 4]
