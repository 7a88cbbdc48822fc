"""Domestic supply: what limits Huawei, and the stocks it draws on."""

from chipgate.plots import fan, lines, stack
from chipgate.plots.palette import BLUE, INPUT, VERMILION
from chipgate.report.context import AXIS_WORDS, Context
from chipgate.report.sections.base import DOMESTIC_FIRMS, Section, absent

_CAUTION = (
    "What is published of past years shows only what Huawei shipped, and in history packaging was the limit. It says "
    "nothing of yields, of memory inflow, or of the size of the die bank. The figures on dies and memory, and the "
    "month in which either takes over as the limit, are therefore statements of priors (sourced ranges), not of "
    "evidence in the data."
)


def domestic(context: Context) -> Section:
    """Limits by input, the binding input, die bank, memory stock."""
    title = "Domestic supply and what limits it"
    if not context.has("huawei_limits", "binding_input"):
        return absent("domestic", title, "Huawei's limits")
    limits = context.data["huawei_limits"]
    names = AXIS_WORDS["input"]
    series = {names.get(str(i), str(i)): limits.sel(input=i) for i in limits["input"].values}
    for values in series.values():
        values.attrs = dict(limits.attrs)
    colours = {names.get(key, key): colour for key, colour in INPUT.items()}
    charts = [
        lines(series, name="huawei-limits", title="Packages a month that each input would allow Huawei",
              as_of=context.as_of, colours=colours, window=context.window, log=True, wide=True,
              notes=("Scale by powers of ten. Output is the least of the three in each draw.",)),
        stack(context.data["binding_input"], "input", name="binding-input",
              title="Input that limits Huawei, probability by month", as_of=context.as_of, names=names, colours=INPUT,
              start=context.window[0]),
    ]  # fmt: skip
    marks = context.events(firms=DOMESTIC_FIRMS)
    for metric, label, colour in (("die_bank", "Bank of logic dies", BLUE), ("hbm_stock", "Stock of memory stacks",
                                  VERMILION)):  # fmt: skip
        if context.has(metric):
            charts.append(
                fan(context.data[metric], name=metric.replace("_", "-"), title=label, as_of=context.as_of,
                    colour=colour, window=context.window, marks=marks)
            )  # fmt: skip
    lead = ("Huawei's output in a month is the least of what packaging, logic dies and high-bandwidth memory allow. "
            "Fans of Huawei's and all domestic units stand above, under the chips that land.",)  # fmt: skip
    return Section("domestic", title, lead, tuple(charts), caution=_CAUTION)
