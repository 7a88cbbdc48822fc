"""The result of a run in a screen of text."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chipgate.cli.common import Column, escape, table
from chipgate.results.dataset import aggregate
from chipgate.results.input_names import family_words

if TYPE_CHECKING:
    import xarray as xr
    from rich.console import Console

_NAMES = {"washington": "Washington", "beijing": "Beijing", "supply": "supply", "demand": "none: demand"}


def print_run(out: "Console", data: "xr.Dataset") -> None:
    """Headline figures by calendar quarter from the as-of date on: median and 80 % interval."""
    attrs = data.attrs
    out.print(
        f"[bold]{escape(attrs['title'])}[/]  as of {attrs['as_of']}, {attrs['draws']:,} draws, seed {attrs['seed']}"
    )
    if attrs.get("posterior", "none") != "none":
        out.print(
            f"Priors fitted to the record: posterior of {escape(str(attrs['posterior']))}; --prior leaves it out."
        )
    after = data.sel(month=data["month"] > np.datetime64(pd.Timestamp(attrs["as_of"])))
    quarters = [str(q) for q in aggregate(after["grey_units"], quarterly=True)["period"].values][:6]
    columns: list[Column] = ["", *((q, "right") for q in quarters)]
    rows = []
    legal = [str(o) for o in data["offer"].values if str(o).endswith("_legal")]
    units = aggregate(after["units_delivered"], quarterly=True)
    silent = []
    for offer in legal:
        chosen = units.sel(offer=offer)
        name = family_words(offer.removesuffix("_legal"))
        if max(float(np.quantile(chosen.sel(period=q), 0.9)) for q in quarters) >= 1:
            rows.append((f"{name}, chips", *(_span(chosen.sel(period=q), 1) for q in quarters)))
        else:
            silent.append(name)
    for name, label, scale in (
        ("huawei_units", "Huawei, chips", 1.0), ("domestic_units", "domestic in all, chips", 1.0),
        ("grey_units", "smuggled, chips", 1.0), ("fee_receipts", "fee receipts, USD m", 1e6),
    ):  # fmt: skip
        chosen = aggregate(after[name], quarterly=True)
        rows.append((label, *(_span(chosen.sel(period=q), scale) for q in quarters)))
    gate = aggregate(after["binding_gate"], quarterly=True)
    best = []
    for quarter in quarters:
        share = gate.sel(period=quarter).mean("draw")
        index = int(np.argmax(share.values))
        best.append(f"{_NAMES[str(share['gate'].values[index])]} {float(share[index]):.0%}")
    rows.append(("gate that binds", *best))
    out.print(table(columns, rows, title="median (10 % to 90 %) by quarter"))
    if silent:
        out.print(f"None in nine draws of ten in each of these quarters: {', '.join(silent)}.")
    lost = attrs["nonconverged_draws"]
    if len(lost):
        out.print(f"Draws left out, prices did not converge: {len(lost)} ({', '.join(map(str, list(lost)[:10]))})")


def _span(values: "xr.DataArray", scale: float) -> str:
    low, middle, high = np.quantile(np.asarray(values) / scale, [0.1, 0.5, 0.9])
    return f"{middle:,.0f} ({low:,.0f} to {high:,.0f})"
