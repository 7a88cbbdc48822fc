"""The page on the calibration, ``docs/calibration.md``: written by ``chipgate calibrate --page``."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import xarray as xr

from chipgate.catalogue import Catalogue
from chipgate.inference.errors import assumed
from chipgate.results.input_names import input_label
from chipgate.results.record import Comparison
from chipgate.setup.posterior import FOLDER, Posterior, read

_LITTLE: Final = 0.8


def shipped(data: Catalogue) -> list[Posterior]:
    """The posteriors that ship, oldest first."""
    found: dict[str, Path] = {}
    for root in data.roots:
        found |= {path.stem: path for path in sorted((root / FOLDER).glob("*.json"))}
    return [read(found[day]) for day in sorted(found)]


def page(
    data: Catalogue, posteriors: Sequence[Posterior], fitted: Sequence[Comparison], plain: Sequence[Comparison],
    synthetic: dict[str, Any] | None, nuts: Sequence[dict[str, Any]], attrs: dict[str, Any],
) -> str:  # fmt: skip
    """The page.

    Args:
        fitted, plain: The record beside runs from the posterior and from the priors, same draws.
        synthetic: Outcome of simulation-based calibration. ``nuts``: of second opinions.
    """
    last = posteriors[-1]
    parts = [
        "<!-- Written by `chipgate calibrate --page docs/calibration.md`; do not edit. -->",
        "# Calibration",
        _HOW,
        "## The posteriors that ship",
        _days(posteriors),
        _CHECK,
        "## What the record says of the priors",
        f"As of {last.as_of}. Mean and standard deviation are in standard deviations of the prior: 0 and 1 where "
        "nothing was learned. The anchors of a path share a common score, and each has one of its own.",
        _streams(data, last),
        "## What the record cannot tell",
        _silent(last),
        "## The record beside the fit",
        f"As of {attrs['as_of']}, {attrs['draws']:,} draws, seed {attrs['seed']}. *Both* runs draw what is not "
        "fitted from its prior, so the bands hold more than the fit's own uncertainty. z: published figure less the "
        "median, over the model's spread on that side.",
        _coverage(fitted, plain),
        _record(fitted, plain),
        "## Synthetic records",
        _synthetic(synthetic),
        "## A second opinion: NUTS",
        *([_nuts(one) for one in nuts] or [_NO_NUTS]),
    ]
    return "\n\n".join(parts) + "\n"


_HOW: Final = """\
The priors of the market are fitted to the published record, once for each day below, with what was published by then.
A run draws from the last posterior up to its as-of date; `chipgate run --prior` leaves it out. The fit is made anew,
to the same bits on the same machine, by

    chipgate calibrate --out out/calibrate

**Method.** An ensemble of paths of the history is drawn from the priors of all uncertain inputs together, and is moved
step by step to agree with the record (ensemble smoother with multiple data assimilation, Emerick and Reynolds 2013;
`chipgate.inference.ensemble`). It sees a limit that binds in a part of the draws alone, which a gradient at one point
does not, and takes minutes for all days. Correlations that chance may make among so many members do not count.
In history the gates follow the dated events, so only their strengths are uncertain.

**Limits turn out high or low together.** What lands is the least of several limits. Drawn apart, the least of them
lies far below each; so budgets and vendors' supplies share a common score, and so do Huawei's stages
(`chipgate show together`). The scoreboard had shown that forecasts run low before this was built; that limits are
planned together is the reason for it, and its size was set once and not searched over.

**Errors.** A published figure differs from the model by a bias of its source or definition, by its own range, and by
the misfit of a monthly model with straight ramps; Student-t with 4 degrees of freedom (`chipgate show figure-errors`).
Biases are unknowns of the fit; sizes of misfits are estimated by expectation and maximisation. Both survive into
forecasts: what `chipgate score` and `backtest` forecast is a published figure, with these errors about what the run
says. Gaming and other goods in Nvidia's sales by billing are one more unknown. Zeros are left out, for the dated
events say already that a gate was shut.

**No figure counts twice.** A year of which quarters are rows counts as what is left of it. A variant of a prior that
rests on a figure of the fit is passed over for the one before where the figure's period reaches the anchor's year.
Anchors of a path whose prior was renewed since the first day know the level that the record shows; they share a score
of their own (`:renewed`), not that of the anchors before. Parameters may still rest on the same facts."""

_CHECK: Final = """\
Only streams that the record narrows below nine tenths of their prior standard deviation, or moves by 0.3 of it, are
kept; all others are drawn from their priors. *Miss*: root mean square of the mean residuals, in standard deviations of
the errors, before and after the fit (cut at 5). Misfits: nvidia, domestic, other, as fitted, in logs."""


def _days(posteriors: Sequence[Posterior]) -> str:
    lines = [
        "| as of | figures | streams kept | of | miss before | after | misfits | hash |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for p in posteriors:
        d = p.document
        told = d["diagnostics"]
        sizes = ", ".join(
            f"{own.centre * np.exp(own.spread * row['mean']):.2f}"
            for name, row in d["other"].items()
            if name.startswith("misfit:") and (own := assumed(name))
        )
        lines.append(
            f"| {p.as_of} | {len(d['observations'])} | {len(p.names)} | {d['screened']} | {told['miss_before']:.2f} "
            f"| {told['miss_after']:.2f} | {sizes} | `{d['hash']}` |"
        )
    return "\n".join(lines)


def _streams(data: Catalogue, last: Posterior) -> str:
    rows = last.document["streams"]
    lines = ["| stream | what it is | mean | sd |", "| --- | --- | --- | --- |"]
    for name in sorted(last.names, key=lambda n: rows[n]["sd"]):
        lines.append(f"| `{name}` | {input_label(data, name)} | {rows[name]['mean']:+.2f} | {rows[name]['sd']:.2f} |")
    lines += [f"| `{name}` | of the errors | {row['mean']:+.2f} | {row['sd']:.2f} |"
              for name, row in last.document["other"].items()]  # fmt: skip
    return "\n".join(lines)


def _silent(last: Posterior) -> str:
    rows = last.document["streams"]
    little = [f"`{n}`" for n in last.names if rows[n]["sd"] >= _LITTLE]
    told = len(last.names) - len(little)
    return (
        f"Of {last.document['screened']} streams looked at, {last.document['screened'] - len(last.names)} stayed out: "
        "the record does not move them. Both governments' rates were not looked at (they have a rule of their own, "
        "[hazards](hazards.md)), nor throughputs and what sets buyers apart. Yields, die bank, memory, learning and "
        "maturity of software stay as wide as their priors unless they are named above, so **crossover dates and what "
        f"follows from them are statements of priors**. Within the posterior {told} streams are narrowed below "
        f"{_LITTLE:g} of the prior; of the other {len(little)} the record says little: {', '.join(little)}. Tastes, "
        "sensitivities, budgets and the outside option are told together, not apart. A supply is told only where it "
        "binds."
    )


def _coverage(fitted: Sequence[Comparison], plain: Sequence[Comparison]) -> str:
    lines = ["| run | inside by the figure | of | root mean square of z | median of the log ratio |",
             "| --- | --- | --- | --- | --- |"]  # fmt: skip
    for name, found in (("posterior", fitted), ("priors", plain)):
        z = np.array([v for c in found if (v := z_score(c)) is not None])
        logs = [abs(np.log(c.ratio)) for c in found if c.ratio]
        spread, off = float(np.sqrt(np.minimum(z * z, 25).mean())), float(np.median(logs))
        inside = sum(c.central_inside for c in found)
        lines.append(f"| {name} | {inside} | {len(found)} | {spread:.2f} | {off:.2f} |")
    return "\n".join(lines) + "\n\nz is cut at 5 for the mean."


def _record(fitted: Sequence[Comparison], plain: Sequence[Comparison]) -> str:
    before = {c.observation.id: c for c in plain}
    lines = ["| observation | published | posterior, median (5 % to 95 %) | z | priors, median | z |",
             "| --- | --- | --- | --- | --- | --- |"]  # fmt: skip
    for c in fitted:
        old = before[c.observation.id]
        lines.append(
            f"| `{c.observation.id}` | {c.observation.value:.3g} | {c.p50:.3g} ({c.p5:.3g} to {c.p95:.3g}) | "
            f"{_z(c)} | {old.p50:.3g} | {_z(old)} |"
        )
    return "\n".join(lines)


def z_score(found: Comparison) -> float | None:
    """Published figure less the model's median, over the model's spread on that side; ``None`` where it has none."""
    side = found.p95 - found.p50 if found.observation.value > found.p50 else found.p50 - found.p5
    return (found.observation.value - found.p50) / (side / 1.6449) if side > 0 else None


def _z(found: Comparison) -> str:
    z = z_score(found)
    return "" if z is None else f"{z:+.1f}"


def _synthetic(found: dict[str, Any] | None) -> str:
    if found is None:
        return "Not run: `chipgate calibrate --synthetic N`."
    cover = ", ".join(f"{float(level):.0%}: {share:.0%}" for level, share in found["coverage"].items())
    return (
        f"`chipgate calibrate --synthetic {found['replicates']} --members {found['members']} "
        f"--as-of {found['as_of']}`: "
        f"{found['replicates']} records drawn from the model with the streams and periods of {found['as_of']}, each "
        f"fitted as the real one, {found['members']} members. Share of {found['streams']} true scores inside central "
        f"intervals: {cover}. Counts of their places by tenths: {', '.join(map(str, found['histogram']))}. Streams "
        f"whose places differ from uniform at the 5 % level: {found['p_values_below_0.05']:.0%}."
    )


_NO_NUTS: Final = "Not run: `chipgate calibrate --nuts --as-of DAY`. It can be stopped and goes on where it was."


def _nuts(found: dict[str, Any]) -> str:
    rows = found["rows"]
    away = [abs(r["ensemble_mean"] - r["nuts_mean"]) / max(r["nuts_sd"], 1e-9) for r in rows]
    ratio = [r["ensemble_sd"] / max(r["nuts_sd"], 1e-9) for r in rows]
    lines = [
        f"`chipgate calibrate --nuts --as-of {found['as_of']} --warmup {found['warmup']} "
        f"--samples {found['samples']}`: "
        f"NumPyro's NUTS on the {len(rows)} unknowns of the posterior of {found['as_of']} that have an exact gradient, "
        f"all others at their medians, beside the ensemble on the same: {found['chains']} chains of "
        f"{found['samples']}, R-hat at most {found['largest_r_hat']:.3f}, effective size at least "
        f"{found['least_effective']:.0f}, {found['divergences']} divergences. Means differ by a median of "
        f"{np.median(away):.2f} and at most {max(away):.2f} standard deviations; the ensemble's standard deviation is "
        f"{np.median(ratio):.2f} times that of NUTS (median; {min(ratio):.2f} to {max(ratio):.2f}).",
        "",
        "| unknown | ensemble: mean | sd | NUTS: mean | sd |",
        "| --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| `{r['name']}` | {r['ensemble_mean']:+.2f} | {r['ensemble_sd']:.2f} | {r['nuts_mean']:+.2f} "
        f"| {r['nuts_sd']:.2f} |"
        for r in rows
    ]
    return "\n".join(lines)


def attributes(run: xr.Dataset) -> dict[str, Any]:
    """What the page says of its runs."""
    return {key: run.attrs[key] for key in ("as_of", "draws", "seed")}
