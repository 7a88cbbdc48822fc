"""Compute on both sides, and the software that makes chips usable."""

from chipgate.plots import fan
from chipgate.plots.palette import BLUE, GREEN, ORANGE, VERMILION, WORKLOAD
from chipgate.report.context import AXIS_WORDS, Context
from chipgate.report.sections.base import Section, absent


def compute(context: Context) -> Section:
    """Compute in China and the ratio of the US to China, in four measures."""
    title = "Compute in China, and the lead of the United States"
    if not context.has("compute_china", "compute_ratio"):
        return absent("compute", title, "compute")
    charts = []
    for name, prefix, colour in (("compute_ratio", "US over China", BLUE), ("compute_china", "China", VERMILION)):
        for measure in (str(m) for m in context.data["measure"].values):
            words = AXIS_WORDS["measure"].get(measure, measure)
            charts.append(
                fan(context.data[name].sel(measure=measure), name=f"{name.replace('_', '-')}-{measure}",
                    title=f"{prefix}: {words}", as_of=context.as_of, colour=colour,
                    window=context.window)
            )  # fmt: skip
    for name, title_ in (("largest_training_run", "Largest training run of one Chinese buyer in 100 days"),
                         ("serving_capacity", "Tokens a day that chips for inference can serve")):  # fmt: skip
        if context.has(name):
            charts.append(
                fan(context.data[name], name=name.replace("_", "-"), title=title_, as_of=context.as_of, colour=GREEN,
                    window=context.window)
            )  # fmt: skip
    lead = (
        "Installed chips in H100-equivalents: each chip counts by its arithmetic in FP8 or FP4, by its memory "
        "bandwidth, or by its cost, over that of one H100. The four measures differ because chips built for China "
        "are weak in arithmetic and strong in memory. The US side is the large US buyers as one block.",
    )
    return Section("compute", title, lead, tuple(charts))


def software(context: Context) -> Section:
    """Maturity of Ascend software and the chance that a frontier run on it is abandoned."""
    title = "Ascend software, and the chance of a failed frontier run"
    if not context.has("maturity"):
        return absent("software", title, "software maturity")
    charts = [
        fan(context.data["maturity"].sel(workload=workload), name=f"maturity-{workload}",
            title=f"Maturity of Ascend software, {workload}", as_of=context.as_of, colour=WORKLOAD[str(workload)],
            window=context.window)
        for workload in context.data["workload"].values
    ]  # fmt: skip
    if context.has("run_failure"):
        failure = context.data["run_failure"]
        tried = (failure > 0).any("draw")
        attempts = failure.isel(month=[i for i, some in enumerate(tried.values) if some])
        if attempts.sizes["month"]:
            charts.append(
                fan(attempts, name="run-failure", title="Chance that a frontier training run on Ascend is abandoned",
                    as_of=context.as_of, colour=ORANGE, window=context.window,
                    notes=("Months of an attempt only, two a year.",))
            )  # fmt: skip
    lead = ("Maturity is the part of a chip's ideal worth that its software lets a buyer use; it grows with use, more "
            "slowly for training than for inference. The market's figures do not show it: these are priors, moved by "
            "how many chips are in use.",)  # fmt: skip
    return Section("software", title, lead, tuple(charts))
