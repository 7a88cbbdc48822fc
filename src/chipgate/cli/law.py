"""``classify``, ``history`` and ``headroom``: the law applied to chips."""

from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from chipgate.cli.common import JsonFlag, OnOption, ToOption, catalogue_of, console, print_json

if TYPE_CHECKING:
    from chipgate.api import Given
    from chipgate.catalogue import Catalogue
    from chipgate.rules.verdict import Verdict

_RATES: Final = {
    "fp64": "fp64_tflops", "fp32": "fp32_tflops", "tf32": "tf32_dense_tflops", "bf16": "bf16_dense_tflops",
    "fp8": "fp8_dense_tflops", "int8": "int8_dense_tops", "fp6": "fp6_dense_tflops", "fp4": "fp4_dense_tflops",
}  # fmt: skip
_NUMBERS: Final = {
    "tpp": ("tpp", "TPP"), "pd": ("pd", "TPP/mm2"), "die_area": ("die_area_mm2", "mm2"),
    "mem_bw": ("mem_bw_gbs", "GB/s"), "io_bw": ("io_bw_gbs", "GB/s"),
    "hbm_bw_density": ("hbm_bw_density", "GB/s/mm2"), "node_nm": ("node_nm", "nm"),
    "transistors_bn": ("transistors_bn", "bn transistors"),
}  # fmt: skip

_Rate = Annotated[str | None, typer.Option(help="Dense rate, TFLOPS or TOPS.", rich_help_panel="Figures")]


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command()(classify)
    app.command()(history)
    app.command()(headroom)


def classify(
    ctx: typer.Context,
    on: OnOption,
    chip: Annotated[str | None, typer.Argument(help="Chip: id, name or alias.")] = None,
    to: ToOption = "CN",
    buyer: Annotated[str | None, typer.Option(help="Firm that receives it (Entity List, headquarters rule).")] = None,
    every: Annotated[bool, typer.Option("--all", help="Every chip of the catalogue.")] = False,
    from_us: Annotated[bool, typer.Option("--from-us/--not-from-us", help="Shipped from the US.")] = True,
    tpp: Annotated[str | None, typer.Option(help="Total processing performance.")] = None,
    pd: Annotated[str | None, typer.Option(help="Performance density, TPP/mm2.")] = None,
    die_area: Annotated[str | None, typer.Option(help="Logic die area, mm2.")] = None,
    mem_bw: Annotated[str | None, typer.Option(help="Memory bandwidth, GB/s.")] = None,
    io_bw: Annotated[str | None, typer.Option(help="Two-way bandwidth to other chips, GB/s.")] = None,
    datacenter: Annotated[
        bool | None, typer.Option("--datacenter/--consumer", help="Designed or marketed for data centres.")
    ] = None,
    us_commercial: Annotated[
        bool | None, typer.Option("--us-commercial/--not-us-commercial", help="On sale in the US in January 2026.")
    ] = None,
    fp64: _Rate = None, fp32: _Rate = None, tf32: _Rate = None, bf16: _Rate = None, fp8: _Rate = None,
    int8: _Rate = None, fp6: _Rate = None, fp4: _Rate = None,
    sparse: Annotated[bool, typer.Option(help="The rates count 2:4 sparsity (refused: TPP is dense).")] = False,
    item: Annotated[str, typer.Option(help="finished_chip, hbm_stack or logic_die.")] = "finished_chip",
    hbm_bw_density: Annotated[str | None, typer.Option(help="Memory stack: GB/s per mm2.")] = None,
    node_nm: Annotated[str | None, typer.Option(help="Logic die: process node, nm.")] = None,
    transistors_bn: Annotated[str | None, typer.Option(help="Logic die: transistors, 10^9.")] = None,
    approved_designer: Annotated[bool, typer.Option(help="Logic die: an approved designer vouches.")] = False,
    approved_osat: Annotated[bool, typer.Option(help="Logic die: an approved packager vouches.")] = False,
    json: JsonFlag = False,
) -> None:  # fmt: skip
    """Whether a chip may be exported on a day, under which clause, and at what fee."""
    from chipgate.errors import SpecError

    values = dict(locals())
    given = _given(values)
    kind = _item(item)
    data = catalogue_of(ctx)
    if every:
        if chip is not None or not given.empty or kind != "finished_chip":
            raise SpecError("--all judges every catalogued chip; leave out CHIP and the figures")
        _classify_all(data, on, to, buyer, from_us, json)
        return
    from chipgate.api import classify as judge
    from chipgate.rules.document import verdict_document
    from chipgate.rules.history import beijing_measures

    verdict = judge(chip, on=on, to=to, buyer=buyer, given=given, export_from_us=from_us, item=kind, data=data)
    china = not verdict.destination.groups.isdisjoint({"CN"}) and bool(verdict.subject.id)
    beijing = beijing_measures(data, verdict.subject.id, verdict.day) if china else []
    if json:
        print_json(verdict_document(verdict, beijing))
        return
    from chipgate.cli.render import print_verdict

    print_verdict(console(), verdict, beijing, data)


def _classify_all(data: "Catalogue", on: str, to: str, buyer: str | None, from_us: bool, json: bool) -> None:
    from chipgate.api import classify_all
    from chipgate.rules.document import verdict_document

    verdicts: list[Verdict] = classify_all(on=on, to=to, buyer=buyer, export_from_us=from_us, data=data)
    if json:
        print_json([verdict_document(verdict) for verdict in verdicts])
        return
    from chipgate.cli.render import print_verdicts

    print_verdicts(console(), verdicts)


def history(
    ctx: typer.Context,
    chip: Annotated[str | None, typer.Argument(help="Chip: id, name or alias.")] = None,
    to: ToOption = "CN",
    every: Annotated[bool, typer.Option("--all", help="Every chip, one column a regime.")] = False,
    json: JsonFlag = False,
) -> None:
    """Every change of a chip's status since 2022, with the event behind it."""
    from chipgate.api import history as periods_of
    from chipgate.errors import SpecError
    from chipgate.rules.destination import destination as find_destination
    from chipgate.rules.document import period_document

    data = catalogue_of(ctx)
    if every == (chip is not None):
        raise SpecError("name one chip, or give --all")
    place = find_destination(data, to, data.compiled)
    names = list(data.chips) if chip is None else [data.chips.find(chip).id]
    found = {name: periods_of(name, to=to, data=data) for name in names}
    if json:
        documents = [
            {"chip": name, "destination": place.code, "periods": [period_document(p) for p in periods]}
            for name, periods in found.items()
        ]
        print_json(documents if every else documents[0])
        return
    from chipgate.cli.render import print_history, print_history_grid

    if every:
        print_history_grid(console(), found, data, to)
    else:
        print_history(console(), names[0], found[names[0]], data, to)


def headroom(
    ctx: typer.Context,
    on: OnOption,
    chips: Annotated[list[str] | None, typer.Argument(help="Chips; all by default.")] = None,
    to: ToOption = "CN",
    json: JsonFlag = False,
) -> None:
    """How far each chip stands from each threshold, and which single change would alter its verdict."""
    from chipgate.api import headroom as distances
    from chipgate.rules.document import headroom_document

    data = catalogue_of(ctx)
    found = distances(chips or None, on=on, to=to, data=data)
    if json:
        print_json([headroom_document(one) for one in found])
        return
    from chipgate.cli.render import print_headroom

    print_headroom(console(), found, on, to, detail=bool(chips) and len(found) == 1)


def _given(values: dict[str, Any]) -> "Given":
    """Figures by hand from the command's options, converted to canonical units."""
    from chipgate.api import Given
    from chipgate.errors import SpecError, UnitError
    from chipgate.units import parse_quantity

    def read(option: str, unit: str) -> float:
        text = values[option]
        if any(word in text.casefold() for word in ("sparse", "sparsity")):
            raise SpecError(
                f"--{option} {text!r} counts sparsity, and TPP counts dense rates only; give the dense rate"
            )
        try:
            return parse_quantity(text, unit)
        except UnitError as error:
            raise UnitError(f"--{option.replace('_', '-')}: {error}") from error

    rates = {field: read(name, "TFLOPS") for name, field in _RATES.items() if values[name] is not None}
    numbers = {field: read(name, unit) for name, (field, unit) in _NUMBERS.items() if values[name] is not None}
    flags = {
        field: bool(values[name])
        for name, field in (
            ("datacenter", "marketed_datacenter"),
            ("us_commercial", "us_commercial_20260115"),
        )
        if values[name] is not None
    }
    flags |= {name: True for name in ("approved_designer", "approved_osat") if values[name]}
    return Given(rates=rates, numbers=numbers, flags=flags, sparse=values["sparse"])


def _item(text: str) -> Any:
    from chipgate.errors import SpecError

    if text not in ("finished_chip", "hbm_stack", "logic_die"):
        raise SpecError(f"unknown item {text!r}; it is finished_chip, hbm_stack or logic_die")
    return text
