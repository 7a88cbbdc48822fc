"""Which chips land: fans by chip and by route."""

from chipgate.plots import Chart, fan
from chipgate.plots.palette import BLUE, PURPLE, ROUTE, VERMILION
from chipgate.plots.words import listed
from chipgate.report.context import Context
from chipgate.report.headlines import live_offers
from chipgate.report.sections.base import DOMESTIC_FIRMS, Section, absent, chip_ids

_MOST = 8


def chips(context: Context) -> Section:
    """Units by chip and by route."""
    if not context.has("units_delivered", "units_by_route"):
        return absent("chips", "Which chips land", "units delivered")
    legal = context.offers("legal")
    live = live_offers(context)[:_MOST] if context.has_forecast else [
        o for o in legal if float(context.data["units_delivered"].sel(offer=o).max()) >= 1
    ][:_MOST]  # fmt: skip
    silent = [context.offer_name(o) for o in legal if o not in live]
    lead = [
        "Chips delivered in a month. The solid line is the model's account of history (its grey band is what the "
        "record leaves open, 80 %); from the as-of date the tinted bands hold 50, 80 and 90 % of the draws."
    ]
    if silent:
        lead.append(f"Left out, since fewer than one draw in ten delivers 1,000 or more after the as-of date: "
                    f"{listed(silent)}.")  # fmt: skip
    charts = [_routes(context, route) for route in ("legal", "grey", "domestic")]
    charts += [_chip(context, offer) for offer in live]
    if context.has("huawei_units"):
        charts.append(
            fan(context.data["huawei_units"], name="huawei-units", title="Huawei, all Ascend chips",
                as_of=context.as_of, colour=VERMILION, window=context.window,
                marks=context.events(firms=DOMESTIC_FIRMS))
        )  # fmt: skip
    return Section("chips", "Which chips land", tuple(lead), tuple(charts))


def _routes(context: Context, route: str) -> Chart:
    title = {"legal": "All legal imports", "grey": "All smuggled chips", "domestic": "All chips made in China"}[route]
    marks = (
        context.events(chips=chip_ids(context, context.offers("legal")), firms=("nvidia",)) if route == "legal"
        else context.events(firms=DOMESTIC_FIRMS) if route == "domestic" else ()
    )  # fmt: skip
    return fan(
        context.data["units_by_route"].sel(route=route), name=f"units-{route}", title=title, as_of=context.as_of,
        colour=ROUTE[route], marks=marks, window=context.window,
    )  # fmt: skip


def _chip(context: Context, offer: str) -> Chart:
    record = context.catalogue.offers.get(offer)
    note = (record.note,) if record is not None and record.note else ()
    colour = PURPLE if context.route(offer) == "grey" else BLUE
    return fan(
        context.data["units_delivered"].sel(offer=offer), name=f"units-{offer}", title=context.offer_name(offer),
        as_of=context.as_of, colour=colour, marks=context.events(chips=chip_ids(context, [offer])),
        window=context.window, notes=note,
    )  # fmt: skip
