"""The page: everything put together, standalone, nothing loaded from anywhere."""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import xarray as xr
from jinja2 import Environment, PackageLoader, select_autoescape
from markupsafe import Markup

from chipgate.catalogue.catalogue import Catalogue
from chipgate.errors import InternalError
from chipgate.plots.chart import Chart
from chipgate.report.article import rows as article_rows
from chipgate.report.context import Context
from chipgate.report.headlines import chip_rows, headlines, in_short, metric_rows
from chipgate.report.sections import SECTIONS

_LONG = 12


def report_html(
    data: xr.Dataset, catalogue: Catalogue, *, companions: Mapping[str, xr.Dataset] | None = None
) -> str:  # fmt: skip
    """The report of a run as one HTML page that needs no network.

    Args:
        data: Dataset of :func:`chipgate.run`.
        catalogue: Where names, events and sources come from.
        companions: Other runs on the same draws by name; ``no_fee`` gives the incidence of the fee.
    """
    context = Context(data, catalogue, dict(companions or {}))
    sections = [section for make in SECTIONS if (section := make(context)) is not None]
    charts = [chart for section in sections for chart in section.charts]
    return _environment().get_template("report.html.j2").render(
        title=str(data.attrs.get("title", data.attrs.get("scenario", "Chipgate"))),
        as_of=f"{context.as_of:%-d %B %Y}", attrs=data.attrs, draws=int(data.sizes["draw"]),
        findings=headlines(context), short=in_short(context), chips=chip_rows(context), quarters=_quarters(context),
        year_words=context.year_words if context.has_forecast else "", article=article_rows(context),
        sections=sections, metrics=metric_rows(context), provenance=provenance_rows(context),
        has_forecast=context.has_forecast, figures=Markup(_figures(charts)), plotly=Markup(_plotly()),
        style=Markup(_asset("style.css")), script=Markup(_asset("report.js")),
    )  # fmt: skip


def _quarters(context: Context) -> str:
    quarters = context.fiscal_quarters() if context.has_forecast else {}
    return context.quarters_words(quarters) if quarters else ""


def provenance_rows(context: Context) -> list[tuple[str, str]]:
    """What made this result."""
    attrs = context.data.attrs
    lost = [str(int(d)) for d in np.atleast_1d(attrs.get("nonconverged_draws", []))]
    settings = json.loads(str(attrs.get("settings", "{}")))
    counts = json.loads(str(attrs.get("policy_counts", "{}")))
    scenario = str(attrs.get("scenario", "unknown"))
    found = [
        ("Chipgate version", str(attrs.get("chipgate_version", "unknown"))),
        ("Hash of the data", str(attrs.get("data_hash", "unknown"))),
        ("Posterior of the priors", str(attrs.get("posterior", "none"))),
        ("Scenario", f"{scenario}: {attrs.get('title', '')}"),
        ("As-of date", f"{context.as_of.isoformat()}; nothing published later is used"),
        ("Months", f"{context.months[0]} to {context.months[-1]}"),
        ("Seed", str(attrs.get("seed", "unknown"))),
        ("Draws", f"{attrs.get('draws', context.data.sizes['draw'])}, of which {context.data.sizes['draw']} are "
                  "in these figures"),
        ("Draws left out, prices did not converge", ", ".join(lost) if lost else "none"),
        ("Settings on top of the baseline", _pairs(settings) or "none"),
        ("Counts behind the rates of policy moves", _pairs(counts) or "none"),
        ("Largest residual of the price iteration", f"{float(attrs.get('largest_residual', float('nan'))):.2g}"),
        ("Policy events used", str(len(np.atleast_1d(attrs.get("events_used", []))))),
        ("Companion runs", ", ".join(f"{name} ({other.attrs.get('scenario', '')}, {other.sizes['draw']} draws)"
                                     for name, other in context.companions.items()) or "none"),
    ]  # fmt: skip
    return found


def _shared(values: list[Any], known: dict[tuple[Any, ...], int]) -> Any:
    """The place of a list of months among those met before: most charts share theirs."""
    return known.setdefault(tuple(values), len(known)) if len(values) > _LONG else values


def _pairs(values: Mapping[str, Any]) -> str:
    return "; ".join(
        f"{key.replace('_', ' ') if '.' not in key else key} = {f'{v:.4g}' if isinstance(v, float) else v}"
        for key, v in values.items()
    )


def _figures(charts: list[Chart]) -> str:
    """All figures as JSON that can stand inside a script element."""
    months: dict[tuple[Any, ...], int] = {}
    found = {
        chart.id: {
            "data": [{**trace, "x": _shared(trace["x"], months)} for trace in chart.traces],
            "layout": dict(chart.layout), "height": chart.height,
        }
        for chart in charts
    }  # fmt: skip
    if len(found) < len(charts):
        raise InternalError("two charts of the report have one id")
    text = json.dumps({"x": list(months), "figures": found}, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c")


@cache
def _plotly() -> str:
    """The script of plotly.js that its package ships; the end of a script element cannot stand inside it."""
    script = files("plotly") / "package_data" / "plotly.min.js"
    return script.read_text(encoding="utf-8").replace("</script", "<\\/script")


@cache
def _asset(name: str) -> str:
    return (files("chipgate.report") / "templates" / name).read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("chipgate.report", "templates"), autoescape=select_autoescape(default=True),
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
