"""Which uncertain inputs move the headline, where the dataset carries their draws."""

import re

import numpy as np
from numpy.typing import NDArray

from chipgate.plots.chart import Chart, Table, Trace, shorts
from chipgate.plots.palette import BLUE, VERMILION
from chipgate.report.context import Context, Draws
from chipgate.report.sections.base import Section
from chipgate.results.input_names import input_label

_SHOWN = 15
_ANCHOR = re.compile(r"\.\d{4}(_\d\d)?$")


def assumptions(context: Context) -> Section | None:
    """Rank correlation of H20 units in the year after the as-of date with each input; ``None`` without input draws."""
    if not context.has("input_draws", "units_delivered") or not context.has_forecast:
        return None
    if "h20_legal" not in context.offers("legal"):
        return None
    headline = context.year("units_delivered", offer="h20_legal")
    ranked = rank_correlations(context, headline)
    if not ranked:
        return None
    names = _one_a_path(ranked)[:_SHOWN]
    limit = 1.96 / np.sqrt(max(len(headline) - 1, 1))
    lead = (
        f"How closely each uncertain input goes together with the H20 delivered in {context.year_words}, across draws: "
        "+1 where more of the input always goes with more chips, -1 the reverse (Spearman's rank correlation). With "
        f"this number of draws, less than {limit:.2f} in size cannot be told from chance.",
    )
    return Section("assumptions", "Assumptions that matter most", lead, (_chart(context, ranked, names),))


def rank_correlations(context: Context, headline: Draws) -> dict[str, float]:
    """Spearman's correlation with each input that varies, the strongest first."""
    inputs = context.data["input_draws"]
    found = {}
    ranked = _ranks(headline)
    rows = np.asarray(inputs.transpose("input_name", "draw").values, np.float64)
    for name, draws in zip(inputs["input_name"].values, rows, strict=True):
        if np.ptp(draws) > 0 and np.ptp(headline) > 0:
            found[str(name)] = float(np.corrcoef(_ranks(draws), ranked)[0, 1])
    return dict(sorted(found.items(), key=lambda item: -abs(item[1])))


def _one_a_path(ranked: dict[str, float]) -> list[str]:
    """Inputs, of the anchors of one path (``budget.total.2025``) the strongest alone: they are drawn together."""
    paths = [name.rpartition(".")[0] if _ANCHOR.search(name) else name for name in ranked]
    return [name for i, name in enumerate(ranked) if paths[i] not in paths[:i]]


def _ranks(values: Draws) -> NDArray[np.float64]:
    """Ranks from 1, equal values sharing their mean; importing SciPy's takes longer than making the section."""
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(count) - (count - 1) / 2)[place]


def _label(context: Context, name: str) -> str:
    return input_label(context.catalogue, name)


def _chart(context: Context, ranked: dict[str, float], names: list[str]) -> Chart:
    labels = [_label(context, name) for name in reversed(names)]
    values = [ranked[name] for name in reversed(names)]
    trace: Trace = {
        "type": "bar", "orientation": "h", "x": shorts(values), "y": labels, "showlegend": False,
        "text": [f"{v:+.2f}" for v in values], "textposition": "outside", "cliponaxis": False,
        "marker": {"color": [BLUE if v > 0 else VERMILION for v in values]}, "hoverinfo": "skip",
    }  # fmt: skip
    layout = {
        "xaxis": {"range": [-1, 1], "title": {"text": "rank correlation"}}, "annotations": [], "shapes": [],
        "yaxis": {"type": "category", "automargin": True, "title": {"text": ""}},
    }  # fmt: skip
    caption = "; ".join(f"{_label(context, n)}: {ranked[n]:+.2f}" for n in names[:5]) + "."
    table = Table(
        ("input", "what it is", "rank correlation"),
        tuple((n, _label(context, n), f"{v:+.3f}") for n, v in ranked.items()),
    )
    title = "Rank correlation of H20 units with the inputs"
    return Chart("assumptions-ranks", title, caption, f"Bars of {title}. {caption}", [trace], layout, table,
                 wide=True, height=max(200, 28 * len(names) + 90))  # fmt: skip
