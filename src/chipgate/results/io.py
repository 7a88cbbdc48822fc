"""Writing results so that nothing is ever half-written: aside first, then renamed."""

import json
import os
import shutil
import tempfile
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import h5netcdf
import h5py
import numpy as np
import xarray as xr
from numpy.typing import NDArray

from chipgate.errors import BadInputError, DataError

_LISTS = ("nonconverged_draws", "events_used")
_CHUNK_BYTES = 1 << 22
_ASIDE = ".chipgate-"


def write_folder(folder: Path, writers: dict[str, Callable[[Path], None]]) -> None:
    """Write files into a folder, all or none: they are made in a folder aside, and moved when all are whole.

    Args:
        folder: Where to; made if it is not there. Other files in it stay.
        writers: File name -> function that writes it to the path it is given.

    Raises:
        BadInputError: The folder cannot be made or written.
    """
    aside = _aside(folder)
    try:
        # Side by side: compressing one file leaves time to compute the next.
        with ThreadPoolExecutor(max_workers=max(len(writers), 1)) as pool:
            for done in [pool.submit(write, aside / name) for name, write in writers.items()]:
                done.result()
        for name in writers:
            target = folder / name
            if target.is_dir():
                shutil.rmtree(target)
            os.replace(aside / name, target)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def check_folder(folder: Path) -> None:
    """Raise early where :func:`write_folder` could not write; nothing is made.

    Raises:
        BadInputError: The folder cannot be made or written.
    """
    there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        why = "is no folder" if not there.is_dir() else "permission denied"
        raise BadInputError(f"{folder}: cannot be written ({there}: {why}); give another --out")


def _aside(folder: Path) -> Path:
    """A fresh folder aside within a folder, which is made if it is not there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _clear_stale(folder)
        return Path(tempfile.mkdtemp(prefix=f"{_ASIDE}{os.getpid()}-", dir=folder))
    except OSError as error:
        raise BadInputError(f"{folder}: cannot be written ({error.strerror}); give another --out") from error


def _clear_stale(folder: Path) -> None:
    """Remove what killed runs left aside: the name of a folder aside holds the process that makes it."""
    for left in folder.glob(f"{_ASIDE}*"):
        process = left.name.removeprefix(_ASIDE).partition("-")[0]
        if not (process.isdigit() and _runs(int(process))):
            shutil.rmtree(left, ignore_errors=True)


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:  # it belongs to someone else
        return True
    return True


def write_json(document: Any) -> Callable[[Path], None]:
    """Writer of a JSON document."""

    def write(path: Path) -> None:
        path.write_text(json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False) + "\n", encoding="utf-8")

    return write


def write_text(text: str) -> Callable[[Path], None]:
    """Writer of a text."""

    def write(path: Path) -> None:
        path.write_text(text, encoding="utf-8")

    return write


def write_netcdf(data: xr.Dataset) -> Callable[[Path], None]:
    """Writer of a dataset as compressed NetCDF.

    HDF5 compresses on one thread and asks for Python's lock at each of its many small chunks. Here a few large
    chunks are compressed on all cores and handed to HDF5 as they are.
    """

    def write(path: Path) -> None:
        # NetCDF attributes hold no empty list, so lists travel as JSON.
        attrs = {k: json.dumps(v) if isinstance(v, list) else v for k, v in data.attrs.items()}
        data.drop_vars(list(data.data_vars)).assign_attrs(attrs).to_netcdf(path, engine="h5netcdf")
        chunks = {str(name): _chunk(values) for name, values in data.data_vars.items()}
        with h5netcdf.File(path, "a") as file:
            for name, shape in chunks.items():
                values = data[name]
                made = file.create_variable(
                    f"/{name}", [str(dim) for dim in values.dims], values.dtype, chunks=shape, compression="gzip",
                    compression_opts=1, shuffle=True,
                )  # fmt: skip
                made.attrs.update(values.attrs)
        with h5py.File(path, "r+") as file, ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
            packed = {
                (name, start): pool.submit(_pack, data[name].values[start : start + shape[0]], shape)
                for name, shape in chunks.items()
                for start in range(0, data[name].shape[0], shape[0])
            }
            for (name, start), done in packed.items():
                place = (start, *(0 for _ in chunks[name][1:]))
                file[name].id.write_direct_chunk(place, done.result())

    return write


def _chunk(values: xr.DataArray) -> tuple[int, ...]:
    """Shape of a chunk: as many entries of the first axis as fit, the other axes whole."""
    rows = _CHUNK_BYTES * values.shape[0] // max(values.nbytes, 1)
    return (min(max(rows, 1), values.shape[0]), *values.shape[1:])


def _pack(values: NDArray[Any], shape: tuple[int, ...]) -> bytes:
    """A chunk as HDF5's filters shuffle and gzip leave it: the first bytes of all numbers, the second, and so on."""
    whole = np.zeros(shape, values.dtype)
    whole[: len(values)] = values
    apart = whole.view(np.uint8).reshape(-1, values.dtype.itemsize)
    planes = np.empty(apart.shape[::-1], np.uint8)
    for plane, column in zip(planes, apart.T, strict=True):
        plane[:] = column
    # Digits of drawn numbers hold nothing to find but runs, and to look for runs alone is faster.
    packer = zlib.compressobj(level=1, strategy=zlib.Z_RLE)
    return packer.compress(planes.data) + packer.flush()


def read_result(path: Path) -> xr.Dataset:
    """Read a result that ``chipgate run`` wrote; a folder stands for the ``result.nc`` in it.

    Raises:
        DataError: The file is missing or no result of this format.
    """
    file = path / "result.nc" if path.is_dir() else path
    if not file.exists():
        raise DataError("no such result", path=file, fix="run `chipgate run --out DIR` first")
    try:
        with xr.open_dataset(file, engine="h5netcdf") as opened:
            data = opened.load()
    except (OSError, ValueError) as error:
        raise DataError("is no result of chipgate", path=file, fix="give the folder of a run") from error
    if "chipgate_version" not in data.attrs:
        raise DataError("is no result of chipgate", path=file, fix="give the folder of a run")
    return data.assign_attrs({k: json.loads(data.attrs[k]) for k in _LISTS if k in data.attrs})
