"""The file of the fit: what is written is read, and what is no fit is refused in one line."""

from pathlib import Path

import numpy as np
import pytest
from helpers import DATA

from chipgate.errors import DataError
from chipgate.workload import store

SHIPPED = DATA / store.FILE


def test_a_fit_survives_the_round_trip(tmp_path: Path) -> None:
    fitted, about = store.load(SHIPPED)
    path = tmp_path / "fit.npz"
    store.save(path, fitted, {"split": "none", "left_out": {"WM1": "why"}})
    again, said = store.load(path)
    assert said == {"split": "none", "left_out": {"WM1": "why"}}
    assert again.ids == fitted.ids
    assert again.runs == fitted.runs
    assert again.codes == fitted.codes
    for name in ("vector", "hyper", "slopes", "rest"):
        assert np.array_equal(getattr(again, name), getattr(fitted, name)), name
    for one, other in zip(again.features, fitted.features, strict=True):
        assert np.array_equal(one, other)
    assert {"split", "validation", "leave_run_out", "left_out"} <= set(about)


def test_nothing_is_left_beside_it(tmp_path: Path) -> None:
    fitted, about = store.load(SHIPPED)
    store.save(tmp_path / "fit.npz", fitted, about)
    assert [path.name for path in tmp_path.iterdir()] == ["fit.npz"]


@pytest.mark.parametrize("content", [b"", b"not a fit", SHIPPED.read_bytes()[:5000], b"PK\x03\x04" + bytes(200)])
def test_what_is_no_fit_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "fit.npz"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"fit\.npz.*is no fit.*workload-fit"):
        store.load(path)


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "fit.npz"
    np.savez(path, vector=np.zeros(3))
    with pytest.raises(DataError, match="is no fit"):
        store.load(path)


def test_a_missing_fit_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"missing.*workload-fit"):
        store.load(tmp_path / "fit.npz")
