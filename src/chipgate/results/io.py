"""Writing results so that nothing is ever half-written: aside first, then renamed."""

import json
import os
import shutil
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import xarray as xr

from chipgate.errors import BadInputError, DataError

_LISTS = ("nonconverged_draws", "events_used")


def write_folder(folder: Path, writers: dict[str, Callable[[Path], None]]) -> None:
    """Write files into a folder, all or none: they are made in a folder aside, and moved when all are whole.

    Args:
        folder: Where to; made if it is not there. Other files in it stay.
        writers: File name -> function that writes it to the path it is given.

    Raises:
        BadInputError: The folder cannot be made or written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=".chipgate-", dir=folder))
    except OSError as error:
        raise BadInputError(f"{folder}: cannot be written ({error.strerror}); give another --out") from error
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
    """Writer of a dataset as compressed NetCDF."""

    def write(path: Path) -> None:
        encoding = {name: {"zlib": True, "complevel": 1} for name in data.data_vars}
        # NetCDF attributes hold no empty list, so lists travel as JSON.
        attrs = {k: json.dumps(v) if isinstance(v, list) else v for k, v in data.attrs.items()}
        data.assign_attrs(attrs).to_netcdf(path, engine="h5netcdf", encoding=encoding)

    return write


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
