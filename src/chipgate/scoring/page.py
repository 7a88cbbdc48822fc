"""The scoreboard as a page: ``chipgate backtest --markdown docs/scoreboard.md``."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from chipgate.results.record_page import figure
from chipgate.scoring.baselines import NAMES
from chipgate.scoring.rivals import rivals_markdown

_HONEST: Final = """\
The authors knew every outcome when they wrote this model. The priors of spending, of tastes for chips and of smuggled
volumes were set after seeing the record of 2022 to early 2025, so forecasts from those days are not blind, whatever
the machinery of dates refuses. That forecasts ran low was seen on this page before limits were made to turn out high
or low together and errors of the fit were carried into forecasts ([decisions](decisions.md)). No prior was set to fit
the outcome of the H20 after August 2025, but its authors knew it. Only forecasts that are frozen now
([docs/forecasts](forecasts)) and scored later are free of this."""
_READING: Final = """\
Each outcome is forecast from each as-of date that lies one to four quarters before its end, with more than half of its
period still ahead and the figure not yet published. The run knows nothing that became public after its as-of date;
naive forecasts (persistence, drift, an autoregression, exponential smoothing) go by the target's own figures published
by then, with the spread of their own past errors. Skill is one less the mean CRPS over that of the best naive forecast
of the target, chosen afterwards, so it flatters the naive side. A target without a past of its own has no naive
forecast, and enters coverage but not skill. The forecast of a published figure holds the errors of the fit (misfit of
the model, bias of the source: `chipgate show figure-errors`) and the scatter of such figures: 1 % for reports, 3 % for
derived figures, 10 % for the press, 15 % for estimates, twice that at low confidence.

`chipgate score FILE` forecasts each row of a file from the last day before its period began, so that none of the period
was over, out of these dates, four earlier ones and the ends of 2023 and 2024. Rows that the model says nothing of are
named with the reason."""


def scoreboard(
    document: Mapping[str, Any], plain: Mapping[str, Any], asked: Mapping[str, Any], rivals: Mapping[str, Any],
    drawn: Sequence[str],
) -> str:  # fmt: skip
    """The page.

    Args:
        plain: The same backtest from the priors alone.
    """
    command = f"chipgate backtest --draws {document['draws']} --seed {document['seed']} --markdown docs/scoreboard.md"
    parts = [
        f"<!-- Written by `{command}`; do not edit. -->",
        "# Scoreboard",
        _headline(document),
        _HONEST,
        "## How it is scored",
        _READING,
        f"Write the page anew with `make scoreboard`, which runs\n\n    {command}",
        "## The posterior beside the priors",
        _beside(document, plain),
        "## Where it loses",
        _losses(document),
        "## By horizon and by as-of date",
        _parts(document["by_horizon"], "horizon", "quarters ahead"),
        _parts(document["by_as_of"], "as_of", "as of"),
        "## By target",
        _targets(document),
        "## By target and horizon",
        _grid(document),
        "## The H20 question",
        _h20(asked),
        "## Other studies and forecasts",
        rivals_markdown(rivals, figure),
        "## Figures",
        *(f"![{name.removesuffix('.svg')}](img/scoreboard/{name})" for name in drawn),
        "## Rows",
        _rows(document),
    ]
    if document["left_out"]:
        parts += ["## Not forecast", "\n".join(f"- `{r['id']}`: {r['reason']}" for r in document["left_out"])]
    return "\n\n".join(parts) + "\n"


def _headline(document: Mapping[str, Any]) -> str:
    shares = ", ".join(f"{level} %: {_percent(document[f'coverage_{level}'])}" for level in (50, 80, 90))
    lines = [
        f"{document['n']} forecasts of {document['n_targets']} targets, {document['draws']:,} draws, seed "
        f"{document['seed']}, data `{document['data_hash'][:12]}`.",
        f"**Bands that should hold so many percent of outcomes hold: {shares}.**",
    ]
    skill = document["crps_skill"]
    if skill is not None:
        lines.append(
            "**CRPS skill over the best naive forecast, averaged over the "
            f"{document['n_targets_with_baseline']} targets that have one: {skill:+.2f}** "
            f"({document['targets_won']} won; median {document['crps_skill_median']:+.2f}; "
            f"on the scale of logarithms {document['crps_skill_scaled']:+.2f})."
        )
    verdict = document["coverage_80"]
    if verdict is not None and verdict < 0.7:
        lines.append("The bands are too narrow or off centre: fewer outcomes lie in them than should.")
    elif verdict is not None and verdict > 0.9:
        lines.append("The bands are too wide: more outcomes lie in them than should.")
    low, high = sum(document["pit_histogram"][:3]), sum(document["pit_histogram"][-3:])
    if max(low, high) > 1.5 * max(min(low, high), 1):
        side = "above" if high > low else "below"
        lines.append(f"Outcomes lie {side} the forecasts too often (PIT by tenths: "
                     f"{', '.join(map(str, document['pit_histogram']))}).")  # fmt: skip
    return "\n".join(lines)


def _beside(document: Mapping[str, Any], plain: Mapping[str, Any]) -> str:
    head = ("forecasts from", "n", "50 %", "80 %", "90 %", "CRPS skill", "median", "on logarithms", "mean log score")
    cells = [
        (name, str(one["n"]), *(_percent(one[f"coverage_{level}"]) for level in (50, 80, 90)),
         _signed(one["crps_skill"]), _signed(one["crps_skill_median"]), _signed(one["crps_skill_scaled"]),
         f"{one['mean_log_score']:.2f}")
        for name, one in (("the posterior of each date", document), ("the priors alone", plain))
    ]  # fmt: skip
    words = (
        "Runs draw from the posterior by default ([calibration](calibration.md)); `--prior` leaves it out. All else on "
        "this page is from the posterior. A lower log score is better."
    )
    return f"{words}\n\n{_table(head, cells)}"


def _losses(document: Mapping[str, Any]) -> str:
    lines = []
    for row in document["targets"]:
        own = row["against"]
        if own is not None and own["skill"] is not None and own["skill"] <= 0:
            lines.append(f"- {row['words']}: CRPS {figure(own['own'])} against {figure(own['best_score'])} of "
                         f"{own['best']} ({own['n']} cases).")  # fmt: skip
    missed = [row for row in document["targets"] if row["coverage_90"] == 0]
    if missed:
        names = "; ".join(f"{row['words']} ({row['n']})" for row in missed)
        lines.append(f"- No outcome lay in the 90 % band of: {names}.")
    return "\n".join(lines) or "Nowhere."


def _parts(rows: Sequence[Mapping[str, Any]], key: str, words: str) -> str:
    head = (words, "n", "50 %", "80 %", "90 %", "targets with naive", "CRPS skill", "mean log score")
    cells = [
        (str(r[key]), str(r["n"]), *(_percent(r[f"coverage_{level}"]) for level in (50, 80, 90)),
         str(r["n_targets_with_baseline"]), _signed(r["crps_skill"]),
         "" if r["mean_log_score"] is None else f"{r['mean_log_score']:.2f}")
        for r in rows
    ]  # fmt: skip
    return _table(head, cells)


def _targets(document: Mapping[str, Any]) -> str:
    head = ("target", "unit", "n", "80 % band holds", "CRPS", *NAMES, "skill", "note")
    cells = []
    for row in document["targets"]:
        own = row["against"]
        naive = [figure(own["naive"][name]) if own else "" for name in NAMES]
        skill = _signed(own["skill"]) if own else "no past"
        cells.append((row["words"], row["unit"], str(row["n"]), _percent(row["coverage_80"]), figure(row["crps"]),
                      *naive, skill, row["caveat"]))  # fmt: skip
    return _table(head, cells)


def _grid(document: Mapping[str, Any]) -> str:
    """Median of own over persistence CRPS, by target and horizon; below 1 the model is better."""
    head = ("target", *(f"{h} q" for h in range(1, 5)))
    cells = []
    for target in dict.fromkeys(row["target"] for row in document["rows"]):
        own = [row for row in document["rows"] if row["target"] == target]
        told = [_cell([row for row in own if row["horizon"] == h]) for h in range(1, 5)]
        cells.append((own[0]["words"], *told))
    words = (
        "Cases with the outcome inside the 80 % band, of all; then mean CRPS over that of persistence, below 1 where "
        "the model is better."
    )
    return f"{words}\n\n{_table(head, cells)}"


def _cell(rows: Sequence[Mapping[str, Any]]) -> str:
    if not rows:
        return ""
    text = f"{sum(row['inside']['80'] for row in rows)} of {len(rows)}"
    have = [row for row in rows if row["naive"]]
    if have:
        base = sum(row["naive"]["persistence"]["crps"] for row in have)
        text += f"; {sum(row['crps'] for row in have) / base:.2f}" if base else ""
    return text


def _h20(asked: Mapping[str, Any]) -> str:
    outcome = asked["outcome"]
    base = asked["variants"][0]
    small = f"{asked['small_usd'] / 1e9:g}bn"
    chances = [row["both"]["small"] for row in asked["variants"]]
    lines = [
        f"As of {asked['as_of']}, when state media warned and the licence was days old: H20 revenue of the two fiscal "
        f"quarters that followed. What came: about {figure(outcome['FY26Q3'])} USD, then about "
        f"{figure(outcome['FY26Q4'])}.",
        f"The model's median is {figure(base['FY26Q3']['p50'])} and {figure(base['FY26Q4']['p50'])} USD; the chance of "
        f"less than {small} is {base['FY26Q3']['small']:.0%} and {base['FY26Q4']['small']:.0%}. Over the variants "
        f"below the chance that both together stay under {small} runs from {min(chances):.0%} to {max(chances):.0%}: "
        "read the table, not one number. Its CRPS stands beside the absolute error of published forecasts, which is "
        "what CRPS is for a forecast without spread. A level that is held is held to the end; nobody knew that either.",
    ]
    head = ("reading of policy", "Aug-Oct: 10 %, median, 90 %", f"P(<{small})", "CRPS", "Nov-Jan: 10 %, median, 90 %",
            f"P(<{small})", "CRPS")  # fmt: skip
    cells = [(row["variant"], *_quarter(row["FY26Q3"]), *_quarter(row["FY26Q4"])) for row in asked["variants"]]
    rivals = [
        (f"[{p['who']}]({p['url']})", p["published"], p["said"], figure(p["usd_a_quarter"]),
         figure(p["absolute_error"]["FY26Q3"]), figure(p["absolute_error"]["FY26Q4"]))
        for p in asked["published"]
    ]  # fmt: skip
    names = ("published by", "on", "said", "USD a quarter", "error, Aug-Oct", "error, Nov-Jan")
    return "\n\n".join([*lines, _table(head, cells), _table(names, rivals)])


def _quarter(told: Mapping[str, float]) -> tuple[str, str, str]:
    band = ", ".join(figure(told[q]) for q in ("p10", "p50", "p90"))
    return band, f"{told['small']:.2f}", figure(told["crps"])


def _rows(document: Mapping[str, Any]) -> str:
    head = ("observation", "as of", "q", "published", "model, median (5 % to 95 %)", "unit", "z", "PIT", "CRPS",
            "persistence CRPS", "published forecasts")  # fmt: skip
    cells = []
    for row in document["rows"]:
        naive = row["naive"].get("persistence")
        rivals = "; ".join(f"{p['publisher']} {figure(p['value'])}" for p in row["published"])
        cells.append((f"`{row['id']}`", row["as_of"], str(row["horizon"]), figure(row["observed"]),
                      f"{figure(row['p50'])} ({figure(row['p5'])} to {figure(row['p95'])})", row["unit"],
                      f"{row['z']:+.1f}", f"{row['pit']:.2f}", figure(row["crps"]),
                      figure(naive["crps"]) if naive else "", rivals))  # fmt: skip
    return _table(head, cells)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ("---",) * len(head), *rows))


def _percent(value: float | None) -> str:
    return "" if value is None else f"{value:.0%}"


def _signed(value: float | None) -> str:
    return "" if value is None else f"{value:+.2f}"
