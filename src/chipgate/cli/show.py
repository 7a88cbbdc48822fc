"""``show``: the records of the catalogue, with their sources."""

import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from chipgate.cli.common import JsonFlag, catalogue_of, console, escape, print_json, table

if TYPE_CHECKING:
    from rich.console import Console

    from chipgate.catalogue import Table
    from chipgate.schema.base import Record

# Columns of the listing of each kind; `show KIND --columns` takes any field.
_COLUMNS: Final = {
    "chips": ["id", "name", "vendor", "announced", "tpp", "performance_density", "mem_gb", "mem_bw_gbs",
              "scaleup_bw_gbs", "price_usd", "confidence"],
    "rules": ["id", "effective", "ends", "outcome", "provision", "citation"],
    "events": ["id", "date", "public_date", "actor_country", "instrument", "direction", "targets", "summary",
               "confidence"],
    "parameters": ["id", "name", "low", "central", "high", "unit", "period", "kind", "known_since",
                   "knowable_variant", "confidence"],
    "rivals": ["id", "study", "pathway", "quantity", "year", "value", "low", "high", "unit"],
    "observations": ["id", "period_start", "period_end", "metric", "value", "low", "high", "unit", "kind",
                     "published_date", "confidence"],
    "buyers": ["id", "name", "country", "policy_class", "members", "access"],
    "makers": ["id", "name", "country", "stack", "letters"],
    "firms": ["id", "name", "country", "headquarters", "kind", "listed_on", "listing_policy"],
    "models": ["id", "name", "params_b", "active_params_b", "layers", "hidden", "attention", "experts"],
    "measurements": ["id", "workload", "model", "precision", "chip", "num_chips", "metric", "value", "unit",
                     "published_date"],
    "systems": ["id", "name", "nearest_chip", "difference"],
    "product-groups": ["id", "name", "definition"],
    "countries": ["code", "name", "groups", "confidence"],
    "ambiguities": ["id", "title", "clauses", "alternative"],
    "precisions": ["id", "name", "dense_bits", "expert_bits", "cache_bits", "dense", "expert"],
    "efficiencies": ["id", "label", "unit", "low", "central", "high", "between"],
    "costs": ["id", "label", "unit", "low", "central", "high", "kind", "why"],
    "reference-rates": ["id", "chip", "workload", "tokens_per_s", "shared", "own"],
    "networks": ["id", "gbit_s", "low", "high", "kind", "chips"],
    "offers": ["id", "chip", "route", "vendor", "first", "last", "family", "supply"],
    "priors": ["id", "label", "unit", "scale", "variants"],
    "episodes": ["id", "target", "goods", "families", "events"],
    "pressures": ["id", "level", "level_if_named", "direction", "why"],
    "arrivals": ["id", "label", "windows"],
    "levers": ["id", "actor", "label", "unit", "least", "most", "default", "moves", "direction"],
    "scenarios": ["id", "title", "extends", "as_of", "until", "set"],
}  # fmt: skip


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command()(show)


def show(
    ctx: typer.Context,
    kind: Annotated[str, typer.Argument(help="chips, rules, events, parameters, observations, buyers, models, …")],
    name: Annotated[str | None, typer.Argument(help="Id, name or alias of one record.")] = None,
    where: Annotated[
        list[str] | None, typer.Option("--where", help="Filter: field=text, field~part, field>number, field<number.")
    ] = None,
    columns: Annotated[str | None, typer.Option(help="Fields to list, separated by commas.")] = None,
    csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
    json: JsonFlag = False,
) -> None:
    """Records of a kind, or one record with every figure's unit, range, period, source and standing."""
    data = catalogue_of(ctx)
    records = data.table(kind)
    if name is not None:
        record = records.find(name)
        if json:
            print_json(_document(record))
        elif csv:
            _print_csv(["figure", "value"], ([key, value] for key, value in _flat(_document(record))))
        else:
            _print_record(console(), record)
        return
    fields = _fields(records, kind, columns)
    chosen = [record for record in records.values() if _passes(record, where or [])]
    if json:
        print_json([_document(record) for record in chosen])
        return
    rows = [[_text(_value(record, field)) for field in fields] for record in chosen]
    if csv:
        _print_csv(fields, rows)
    else:
        title = f"{len(chosen)} of {len(records)} {kind}"
        console().print(table(fields, [[escape(cell) for cell in row] for row in rows], title=title))


def _fields(records: "Table[Any]", kind: str, columns: str | None) -> list[str]:
    from chipgate.errors import UnknownNameError

    if columns is None:
        return _COLUMNS[kind]
    fields = [field.strip() for field in columns.split(",") if field.strip()]
    known = _known_fields(records)
    for field in fields:
        if field not in known:
            raise UnknownNameError("field", field, [], fix=f"fields: {', '.join(sorted(known))}")
    return fields


def _known_fields(records: "Table[Any]") -> set[str]:
    from chipgate.schema.actors import BUYER_NUMBERS
    from chipgate.schema.chip import SPEC_FIELDS, Chip

    first = next(iter(records.values()))
    known = set(type(first).model_fields)
    if isinstance(first, Chip):
        known |= {*SPEC_FIELDS, "tpp", "performance_density", "confidence"}
    return known | (set(BUYER_NUMBERS) if "numbers" in known else set())


def _value(record: "Record", field: str) -> Any:
    from chipgate.schema.chip import SPEC_FIELDS, Chip

    if isinstance(record, Chip):
        if field in ("tpp", "performance_density"):
            from chipgate.rules.facts import chip_facts

            return chip_facts(record)["tpp" if field == "tpp" else "pd"].value
        if field == "confidence":
            return record.sources["spec"].confidence
        if field in SPEC_FIELDS:
            return record.spec(field)
        if field == "price_usd":
            return record.price_usd.value if record.price_usd else None
    numbers = getattr(record, "numbers", {})
    return numbers[field].value if field in numbers else getattr(record, field, None)


def _passes(record: "Record", conditions: Sequence[str]) -> bool:
    return all(_meets(record, condition) for condition in conditions)


def _meets(record: "Record", condition: str) -> bool:
    import re

    from chipgate.errors import SpecError

    match = re.fullmatch(r"\s*(\w+)\s*([=~<>])\s*(.*?)\s*", condition)
    if match is None:
        raise SpecError(f"--where {condition!r} is no condition; write field=text, field~part, field>number")
    field, sign, wanted = match.groups()
    if field not in type(record).model_fields and _value(record, field) is None:
        from chipgate.schema.chip import SPEC_FIELDS

        if field not in SPEC_FIELDS and field not in ("tpp", "performance_density", "confidence"):
            raise SpecError(f"--where {condition!r}: no field {field!r}; `chipgate show KIND --json` shows all")
    value = _value(record, field)
    if sign in "<>":
        try:
            limit = float(wanted)
        except ValueError as error:
            if not re.fullmatch(r"\d{4}(-\d\d){0,2}", wanted):
                raise SpecError(f"--where {condition!r}: {wanted!r} is neither number nor date") from error
            return value is not None and (str(value) < wanted if sign == "<" else str(value) > wanted)
        if hasattr(value, "first"):  # a date against a year
            value = value.first.year
        if not isinstance(value, (int, float)):
            return False
        return value < limit if sign == "<" else value > limit
    text = _text(value).casefold()
    parts = [str(v).casefold() for v in value] if isinstance(value, tuple) else [text]
    return wanted.casefold() in parts if sign == "=" else wanted.casefold() in text


def _document(record: "Record") -> dict[str, Any]:
    from chipgate.rules.record import record_document

    return record_document(record)


def _print_record(out: "Console", record: "Record") -> None:
    from chipgate.schema.base import Sourced

    out.print(f"[bold]{escape(str(getattr(record, 'name', '') or getattr(record, 'id', '')))}[/]")
    figures: list[tuple[str, Sourced]] = []
    for field in type(record).model_fields:
        value = getattr(record, field)
        if isinstance(value, dict) and value and all(isinstance(v, Sourced) for v in value.values()):
            figures += list(value.items())
        elif isinstance(value, Sourced):
            figures.append((field, value))
        elif field == "sources":
            for key, source in value.items():
                urls = "  ".join(source.urls)
                out.print(
                    f"  source {key}: {escape(urls)} ({source.published}, {source.published_basis}, "
                    f"{source.confidence})",
                    soft_wrap=True,
                )
        elif value not in (None, "", (), {}):
            out.print(f"  {field:<22} {escape(_text(value))}", soft_wrap=True)
    for key, value in _document(record).items():
        if key in ("tpp", "performance_density"):
            out.print(f"  {key:<22} {escape(value['arithmetic'])}")
        elif key == "distribution":
            out.print(f"  {key:<22} {_text(value)}")
    if figures:
        rows = [
            [
                name, _text(n.value), _span(n), n.unit, n.kind, n.confidence,
                str(n.period or n.source.published), escape(n.note),
            ]
            for name, n in figures
        ]  # fmt: skip
        columns: list[str | tuple[str, str]] = ["figure", ("value", "right"), "range", "unit", "kind", "confidence",
                                                "period", "note"]  # fmt: skip
        out.print(table(columns, rows))


def _span(number: Any) -> str:
    low, high = number.bounds
    return "" if low == high else f"{low:g} to {high:g}"


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.6g}" if abs(value) < 1e6 else f"{value:,.0f}"
    if isinstance(value, (tuple, list)):
        return "; ".join(_text(part) for part in value)
    if isinstance(value, dict):
        return "; ".join(f"{key}={_text(part)}" for key, part in value.items())
    if hasattr(value, "model_dump"):
        return _text({k: v for k, v in value.model_dump(mode="json").items() if k != "source" and v not in (None, "")})
    return str(value)


def _flat(document: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, value in document.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", _text(value)


def _print_csv(header: Sequence[str], rows: Any) -> None:
    import csv

    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
