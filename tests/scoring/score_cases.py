"""Small made-up runs and observation files for the tests of scores."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

RAW_HEADER = (
    "id,period_start,period_end,vendor,chip,geography,buyer,metric,value,low,high,kind,publisher,published_date,"
    "source_url,confidence,notes"
)
RAW_ROW = (
    "made_up_q4,2025-10-01,2025-12-31,Cambricon,all,CN,,revenue_usd,400000000,390000000,410000000,reported,Cambricon,"
    "2026-02-01,https://example.org,high,made up"
)
OWN_HEADER = (
    "id,period_start,period_end,maker,chips,geography,buyers,metric,unit,value,low,high,kind,channel,publisher,"
    "published_date,source_urls,confidence,basis,notes"
)


def tiny_run(members: tuple[float, ...] = (1e8, 2e8, 3e8), **attrs: Any) -> xr.Dataset:
    """A run in which Cambricon earns each of ``members`` a quarter, in one draw each, and nobody else anything."""
    months = pd.date_range("2022-01-01", "2026-12-01", freq="MS")
    revenue = np.zeros((len(months), 2, len(members)))
    revenue[:, 1] = np.array(members) / 3
    return xr.Dataset(
        {"revenue": (("month", "vendor", "draw"), revenue)},
        coords={"month": months, "vendor": ["nvidia", "cambricon"], "draw": np.arange(len(members)),
                "offer": ["cambricon_590"]},
        attrs={"seed": 0, "draws": len(members), "as_of": "2025-08-17", "chipgate_version": "0", "data_hash": "none",
               "scenario": "made-up", "settings": "{}", **attrs},
    )  # fmt: skip


def raw_file(folder: Path, *rows: str) -> Path:
    """A file with the columns of the shared record."""
    path = folder / "observations.csv"
    path.write_text("\n".join((RAW_HEADER, *rows)) + "\n", encoding="utf-8")
    return path
