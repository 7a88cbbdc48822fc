"""The comparison of the model's history with the record as a page: ``chipgate record --markdown FILE``."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from chipgate.catalogue import catalogue
from chipgate.results.record import Comparison

_ABROAD: Final = "Purchases for sites abroad enter as a wide multiple of a rental route that is small in the model."
WHY: Final = {
    "nvda_cn_bill_FY24Q4": "In the model the rules of October 2023 end sales of the A800 and H800 at once and little "
    "takes their place before the H20. The published figure is a remainder too: the year less three quarters.",
    "dom_units_2025_idc": "IDC counts cards of all classes. The model has the large chips of seven makers, so small "
    "inference cards are not in it; and its Huawei and T-Head volumes are low (see below).",
    "share_nvda_2022_reuters": "The model's Nvidia sales of 2022 are low, and its domestic ones come from ramps whose "
    "first year nothing pins down.",
    "share_dom_2023_bern": "Domestic revenue of 2023 is near what the share implies; Nvidia's is low after October "
    "2023.",
    "p_h200_chip_dec25": "Nothing is delivered in that month, in the model or in fact. The model's figure is a "
    "notional price that follows what the chip earns elsewhere; the press figure is what buyers were quoted.",
    "nvda_h20_units_2024": "Nvidia's money of that year is low too (`nvda_cn_bill_FY25`): budgets are priors, and part "
    "of them goes to smaller cards, to smuggled and to domestic chips.",
    "hw_2025_semianalysis": "Packaging limits Huawei in the model's history, and its prior is centred below the "
    "trackers' counts. Those counts do not fit Huawei's revenue of the year at street prices.",
    "hw_units_2025_idc": "As for the other count of 2025.",
    "dom_rev_2023_bern": "The published figure is suspected to be a misprint; 1.6 to 2 billion USD would fit the share "
    "that the same broker gives.",
    "nvda_cn_hq_FY25Q3": _ABROAD,
    "nvda_cn_hq_FY25Q4": _ABROAD,
    "nvda_cn_hq_FY26Q1": _ABROAD,
    "nvda_cn_hq_FY26Q2": _ABROAD,
    "nvda_cn_hq_FY26Q4": _ABROAD,
    "nvda_cn_hq_FY25": _ABROAD,
    "nvda_cn_dc_FY24Q4": "As for `nvda_cn_bill_FY24Q4`: the model has next to nothing to sell in that quarter.",
    "order_h20_2025q1": "Press totals hold options, repeats and later quarters; the model's orders are of one quarter.",
    "order_h20_2025_units": "As for the orders in money.",
    "order_h20_2025_usd_nikkei": "As for the other count of orders.",
    "mkt_units_2023h1_idc": "IDC counts cards of all classes, and Nvidia's sales of that time are low in the model.",
    "dom_share_2023h1_idc": "By number of cards of all classes; brokers have 19 % by value, which is nearer.",
    "cn_h100e_2025": "The tracker counts more Huawei chips than were delivered in the model, and more H20.",
    "hw_h100e_2025": "The tracker's Huawei chips cost three times the maker's revenue; the model keeps to the revenue.",
    "hw_h100e_2024": "As for 2025.",
    "smug_usd_2025_ft": "Three months of one network of sellers, stated as a minimum; the model has all smuggling.",
    "p_h800_srv_launch": "The H800's first street prices are high in the model: little was made and much wanted.",
}
"""What probably causes a miss, by observation; shown only where it is missed."""
_FAR: Final = 2.0
"""Factor from which on a median counts as far off, though the band is wide enough to hold the figure."""
_UNEXPLAINED: Final = "Not explained yet."


def record_markdown(found: Sequence[Comparison], attrs: Mapping[Any, Any]) -> str:
    """The page: what it is, how it fares, the misses with what we think causes them, and the table."""
    as_of, draws, seed = attrs["as_of"], attrs["draws"], attrs["seed"]
    other = catalogue().bridges["other_goods"]
    low, high = (f"{end / 1e9:g}" for end in (other.low, other.high))
    misses = [c for c in found if not c.inside]
    near = [c for c in found if c.inside and not c.central_inside]
    posterior = str(attrs.get("posterior", "none"))
    plain = posterior == "none"
    command = (
        f"chipgate record --as-of {as_of} --draws {draws} --seed {seed}{' --prior' if plain else ''} "
        "--markdown docs/history.md"
    )
    standing = (
        "No parameter is fitted to these figures: they show what the priors say of the past."
        if plain
        else f"The priors are fitted to what was published by {posterior[:10]}: that part tests the fit, no forecast."
    )
    parts = [
        f"<!-- Written by `{command}`; do not edit. -->",
        "# The model's history beside the record",
        f"As of {as_of}, {draws:,} draws, seed {seed}, Chipgate {attrs['chipgate_version']}, data "
        f"`{str(attrs['data_hash'])[:12]}`. {standing} Write the page anew with",
        f"    {command}",
        "An observation is *inside* when its published range and the model's 90 % band overlap; it is inside *by the "
        "figure* when the published central figure itself lies in the band. Wide bands are easy to fall into, so read "
        f"the medians too. Nvidia's sales by billing hold gaming and other goods, added here from a range of {low} to "
        f"{high} billion USD a quarter.",
        f"**{len(found) - len(misses)} of {len(found)} observations are inside, {sum(c.central_inside for c in found)} "
        "of them by the figure.** " + _lean(found),
        "## Misses, and what probably causes them",
        _bullets(misses) or "None.",
        "## Inside by their range only",
        _bullets(near) or "None.",
        f"## Inside, but with a median more than {_FAR:g} times too low or too high",
        _far(found),
        "## All observations",
        _table(found),
    ]
    return "\n\n".join(parts) + "\n"


def _lean(found: Sequence[Comparison]) -> str:
    """Whether the medians stand above or below the record as a whole."""
    below = sum(c.p50 < c.observation.value for c in found)
    above = sum(c.p50 > c.observation.value for c in found)
    side = "low" if below > above else "high"
    text = f"The model's median is below the published figure in {below} cases and above it in {above}"
    return f"{text}: as a whole it runs {side}." if max(below, above) > 2 * min(below, above) else f"{text}."


def _bullets(found: Sequence[Comparison]) -> str:
    lines = []
    for c in found:
        seen = c.observation
        lines.append(
            f"- `{seen.id}`, {seen.period_start} to {seen.period_end}, {c.what}: published {_published(c)} "
            f"{seen.unit}, model {figure(c.p50)} ({figure(c.p5)} to {figure(c.p95)}). {WHY.get(seen.id, _UNEXPLAINED)}"
        )
    return "\n".join(lines)


def _far(found: Sequence[Comparison]) -> str:
    far = [c for c in found if c.central_inside and c.ratio is not None and not 1 / _FAR <= c.ratio <= _FAR]
    return "\n".join(
        f"- `{c.observation.id}`, {c.what}: the median is {c.ratio:.2g} times the published figure." for c in far
    ) or "None."  # fmt: skip


def _table(found: Sequence[Comparison]) -> str:
    head = ("observation", "period", "what", "published (range)", "kind", "model, median (5 % to 95 %)", "unit",
            "median / published", "inside")  # fmt: skip
    rows = [
        (f"`{c.observation.id}`", f"{c.observation.period_start} to {c.observation.period_end}", c.what, _published(c),
         c.observation.kind, f"{figure(c.p50)} ({figure(c.p5)} to {figure(c.p95)})", c.observation.unit,
         "" if c.ratio is None else f"{c.ratio:.2g}",
         "no" if not c.inside else "yes" if c.central_inside else "by its range")
        for c in found
    ]  # fmt: skip
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ("---",) * len(head), *rows))


def _published(c: Comparison) -> str:
    seen = c.observation
    if seen.low == seen.high:
        return figure(seen.value)
    return f"{figure(seen.value)} ({figure(seen.low)} to {figure(seen.high)})"


def figure(value: float) -> str:
    """Three significant digits with k, m or bn: ``1.65 m``."""
    for size, word in ((1e9, "bn"), (1e6, "m"), (1e3, "k")):
        if abs(value) >= 0.9995 * size:
            return f"{_three(value / size)} {word}"
    return "0" if value == 0 else _three(value)


def _three(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 99.95 else f"{value:.3g}"
