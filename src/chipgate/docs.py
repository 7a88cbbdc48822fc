"""Writes ``docs/reference``, ``docs/hazards.md`` and what is made in ``docs/workload.md``: ``python -m chipgate.docs``.

With ``--check`` it names the stale pages (exit 1).
"""

import datetime
import inspect
import re
import sys
import types
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Final, Literal, TypeVar, Union, get_args, get_origin

from chipgate import docs_hazards, docs_workload
from chipgate.catalogue import Catalogue, catalogue
from chipgate.catalogue.catalogue import KINDS
from chipgate.catalogue.table import EMBEDDED
from chipgate.rules.facts import chip_facts
from chipgate.rules.variables import DEST_GROUPS, VARIABLES
from chipgate.schema.actors import BUYER_NUMBERS, FiscalCalendar
from chipgate.schema.base import Record, Source, Sourced
from chipgate.schema.chip import SPEC_FIELDS, Answer, Chip, Revealed
from chipgate.schema.clause import STRICTNESS, VolumeCap
from chipgate.timegrid import PartialDate

FOLDER: Final = Path(__file__).parents[2] / "docs" / "reference"
"""Where the pages stand in a source checkout."""

_TYPES: Final[dict[Any, str]] = {
    str: "text", float: "number", int: "whole number", bool: "true or false",
    Any: "value, or month to value", PartialDate: "date (year, month or day)", datetime.date: "day",
}  # fmt: skip
R = TypeVar("R", bound=Record)


def pages(data: Catalogue) -> dict[str, str]:
    """Every reference page: file name -> text."""
    head = "<!-- Written by `python -m chipgate.docs`; do not edit. -->\n\n"
    return {f"{b.__name__.removesuffix('_page')}.md": head + b(data).rstrip() + "\n" for b in _BUILD}


def stale(folder: Path = FOLDER) -> list[str]:
    """Names of the pages in ``folder`` that are missing or differ from what would be written."""
    there = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.md")}
    return [name for name, text in pages(catalogue()).items() if there.get(name) != text]


def cli_page(_: Catalogue) -> str:
    """Help of every command."""
    blocks = [f"## {path}\n\n```text\n{text}\n```" for path, text in command_help()]
    return "# Commands\n\nExit status: 0 done, 2 bad input, 1 a fault of Chipgate.\n\n" + "\n\n".join(blocks)


def command_help() -> Iterator[tuple[str, str]]:
    """Path and help text of the program and each of its commands, parents first."""
    from typer.main import get_command

    from chipgate.cli.main import app

    def walk(command: Any, parent: Any, name: str) -> Iterator[tuple[str, str]]:
        context = command.context_class(command, parent, name, terminal_width=100, max_content_width=100)
        yield context.command_path, "\n".join(line.rstrip() for line in command.get_help(context).splitlines())
        for child, inner in getattr(command, "commands", {}).items():
            yield from walk(inner, context, child)

    yield from walk(get_command(app), None, "chipgate")


def chips_page(data: Catalogue) -> str:
    """All chips, by maker."""
    head = ["chip", "id", "announced", "TPP", "density", "memory GB", "memory GB/s", "link GB/s", "host GB/s",
            "price USD", "confidence", "sources"]  # fmt: skip
    text = f"# Chips\n\n{len(data.chips)} chips. Brackets: range of the sources. Empty: unpublished. TPP is computed."

    def row(chip: Chip) -> list[str]:
        facts = chip_facts(chip)
        law = [_span(f.value, (f.low, f.high), 2) if f.known else "" for f in (facts["tpp"], facts["pd"])]
        own = [chip.specs.get(f) for f in ("mem_gb", "mem_bw_gbs", "scaleup_bw_gbs", "host_bw_gbs")]
        numbers = [_span(number.value, number.bounds) if number else "" for number in (*own, chip.price_usd)]
        urls = [url for source in chip.sources.values() for url in source.urls]
        return [chip.name, f"`{chip.id}`", _show(chip.announced), *law, *numbers,
                chip.sources["spec"].confidence, _links(urls)]  # fmt: skip

    ordered = [chip for maker in data.makers for chip in data.chips.values() if chip.vendor == maker]
    return text + _grouped(ordered, lambda chip: data.makers[chip.vendor].name, head, row)


def rules_page(data: Catalogue) -> str:
    """All clauses, and the ambiguity ledger."""
    ordered = sorted(data.clauses.values(), key=lambda c: (c.effective or c.known_since, c.id))
    fields = ["id", "item", "role", "effective", "ends", "outcome", "provision"]
    text = "# Clauses\n\nAn empty end means that the clause still stands."
    text += _grouped(ordered, lambda _: "All clauses", fields)
    for clause in ordered:
        test = f"```text\n{clause.test.strip()}\n```" if clause.test else "No test: a marker without effect."
        text += f"\n\n## {clause.id}\n\n{test}\n\n" + _bullets(clause, leave_out=("id", "test"))
    text += "\n\n# Ambiguity ledger"
    for entry in data.ambiguities.values():
        text += f"\n\n### {entry.id}\n\n" + _bullets(entry, leave_out=("id",))
    return text


def events_page(data: Catalogue) -> str:
    """All events, by year."""
    fields = ["id", "date", "public_date", "actor_country", "actor", "instrument", "direction", "effective_date",
              "end_date", "summary", "authority", "confidence", "source_urls"]  # fmt: skip
    text = f"# Events\n\n{len(data.events)} policy moves. Direction is the effect on US chips reaching China."
    ordered = sorted(data.events.values(), key=lambda e: (e.date.first, e.id))
    return text + _grouped(ordered, lambda e: str(e.date.first.year), fields)


def parameters_page(data: Catalogue) -> str:
    """All parameters, by group."""
    fields = ["id", "name", "definition", "low", "central", "high", "unit", "scale", "period", "kind", "confidence",
              "known_since", "knowable_variant", "notes", "source_urls"]  # fmt: skip
    text = "# Parameters\n\nLow, central and high are the 10th, 50th and 90th percentile."
    return text + _grouped(list(data.parameters.values()), lambda p: p.group, fields)


def buyers_page(data: Catalogue) -> str:
    """All buyers."""
    text = "# Buyers\n\nBuyers and blocks of buyers that the market treats as one."
    for buyer in data.buyers.values():
        text += f"\n\n## {buyer.name}\n\n" + _bullets(buyer, leave_out=("name", "sources", "numbers"))
        text += "\n- sources: " + _links(url for source in buyer.sources.values() for url in source.urls)
        rows = [
            [f"`{k}`", _span(n.value, n.bounds), n.unit, n.kind, n.confidence, n.note] for k, n in buyer.numbers.items()
        ]
        text += "\n\n" + _table(["figure", "value (range)", "unit", "kind", "confidence", "note"], rows)
    return text


def variables_page(_: Catalogue) -> str:
    """The variables of the clause grammar."""
    rows = [[f"`{v.name}`", v.type, v.unit, ", ".join(v.items), v.meaning] for v in VARIABLES.values()]
    return (
        "# Variables of a test\n\n" + _table(["variable", "type", "unit", "items", "meaning"], rows)
        + "\n\n## Destination groups\n\n" + "\n".join(f"- `{group}`" for group in DEST_GROUPS)
        + "\n\n## Outcomes, strictest first\n\n" + "\n".join(f"- `{outcome}`" for outcome in STRICTNESS)
    )  # fmt: skip


def schema_page(data: Catalogue) -> str:
    """Every kind of record with its fields."""
    text = "# Records\n\nA list is a YAML list, or in a CSV cell its parts with `;` between them."
    for kind in KINDS:
        table = data.table(kind)
        first = next(iter(table))
        file = table.place(first).path.relative_to(EMBEDDED)
        where = f"`{file}`" if len(file.parts) == 1 else f"`{file.parent}/`, one file a record"
        text += _record(kind, type(table[first]), f"Kept in {where}. {len(table)} records.")
    parts = (Source, Sourced, Answer, Revealed, FiscalCalendar, VolumeCap)
    text += "".join(_record(part.__name__, part, "Part of other records.") for part in parts)
    specs = [[f"`{k}`", s.unit, s.label, _span(None, (s.least, s.most))] for k, s in SPEC_FIELDS.items()]
    text += "\n\n## Specifications of a chip\n\n" + _table(["key", "unit", "meaning", "plausible"], specs)
    return f"{text}\n\n## Figures of a buyer\n\n{_table(['key', 'unit'], BUYER_NUMBERS.items())}"


def _record(title: str, record: type[Record], where: str) -> str:
    summary, _, section = (inspect.getdoc(record) or "").partition("Attributes:\n")
    entries = re.findall(r"^    (\w[\w, ]*): (.*(?:\n {8}.*)*)", section, flags=re.MULTILINE)
    meanings = {name.strip(): text for names, text in entries for name in names.split(",")}
    rows = []
    for name, field in record.model_fields.items():
        need = "required" if field.is_required() else f"`{field.default!r}`" if field.default else ""
        # Some fields are explained within the entry of another one.
        inside = (re.search(rf"``{name}``:? ([^;]*)", text) for text in meanings.values())
        found = meanings.get(name) or next((match[1] for match in inside if match), "")
        rows.append([f"`{name}`", _type(field.annotation), need, found])
    fields = _table(["field", "type", "required or default", "meaning"], rows)
    return f"\n\n## {title}\n\n{_flat(summary)} {where}\n\n{fields}"


def _type(annotation: Any) -> str:
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return ", ".join(f"`{value}`" for value in args)
    if origin in (Union, types.UnionType):
        return " or ".join(_type(arg) for arg in args if arg is not type(None))
    if origin in (Annotated, tuple, dict):
        return {tuple: "list of ", dict: "key to "}.get(origin, "") + _type(args[origin is dict])
    if isinstance(annotation, type) and issubclass(annotation, Record):
        return f"[{annotation.__name__}](#{annotation.__name__.lower()})"
    return _TYPES[annotation]


def _grouped(records: Sequence[R], group: Callable[[R], str], fields: Sequence[str], row: Any = None) -> str:
    """One table a group; ``row`` makes the cells where they are more than the fields."""
    cells = row or (lambda record: [_field(record, field) for field in fields])
    names = dict.fromkeys(map(group, records))
    return "".join(f"\n\n## {n}\n\n" + _table(fields, (cells(r) for r in records if group(r) == n)) for n in names)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    body = ([_flat(cell).replace("|", "\\|") for cell in row] for row in rows)
    lines = ([name.replace("_", " ") for name in head], ["---"] * len(head), *body)
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _bullets(record: Record, leave_out: Sequence[str]) -> str:
    filled = {name: _field(record, name) for name in type(record).model_fields if name not in leave_out}
    return "\n".join(f"- {name.replace('_', ' ')}: {_flat(text)}" for name, text in filled.items() if text)


def _field(record: Record, name: str) -> str:
    value = getattr(record, name)
    if name in ("urls", "source_urls"):
        return _links(value)
    value = value.text if isinstance(value, VolumeCap) else value
    return ", ".join(value) if isinstance(value, tuple) else _show(value)


def _flat(text: str) -> str:
    return re.sub(r":\w+:(`)~?|``", "`", " ".join(text.split()))


def _links(urls: Iterable[str]) -> str:
    safe = (url.translate({124: "%7C", 60: "%3C", 62: "%3E", 32: "%20"}) for url in urls)
    return " ".join(f"[{i}](<{url}>)" for i, url in enumerate(dict.fromkeys(safe), start=1))


def _show(value: object, places: int | None = None) -> str:
    if isinstance(value, float):
        return f"{value if places is None else round(value, places):,.12g}"
    return "" if value is None else str(value)


def _span(value: float | None, bounds: tuple[float, float], places: int | None = None) -> str:
    ends = " to ".join(_show(float(end), places) for end in bounds)
    return _show(value, places) if bounds[0] == bounds[1] else f"{_show(value, places)} ({ends})".strip()


def metrics_page(_: Catalogue) -> str:
    """Every metric with unit, axes, formula and source."""
    from chipgate.metrics import METRICS

    rows = ([f"`{m.name}`", m.label, m.unit, ", ".join(m.axes), m.adds, m.formula, m.source] for m in METRICS.values())
    return "# Metrics\n\n" + _table(
        ["metric", "what it is", "unit", "by", "months add up by", "formula", "source"], rows
    )


def levers_page(data: Catalogue) -> str:
    """Every lever with range, default and what it moves."""
    rows = (
        [f"`{x.id}`", x.actor, x.label, f"{x.least:g} to {x.most:g} {x.unit}", str(x.default),
         "by month" if x.dated else "one value", f"{x.moves} {x.direction}"]
        for x in data.levers.values()
    )  # fmt: skip
    head = ["lever", "who pulls it", "what it is", "range", "default", "dated", "moves, when raised"]
    return "# Levers\n\n`*` stands for a chip family or a supply line.\n\n" + _table(head, rows)


def scenarios_page(data: Catalogue) -> str:
    """Every scenario with its story and settings."""
    parts = []
    for x in data.scenarios.values():
        settings = "\n".join(f"- `{key}`: {value}" for key, value in x.set.items()) or "No settings of its own."
        base = f"Extends `{x.extends}`. " if x.extends else ""
        day = f"As of {x.as_of}. " if x.as_of else ""
        parts.append(f"## {x.id}\n\n{x.title}. {base}{day}{x.story}\n\n{settings}")
    return "# Scenarios\n\n" + "\n\n".join(parts)


_BUILD: Final = (
    cli_page, chips_page, rules_page, events_page, parameters_page, buyers_page, variables_page, schema_page,
    metrics_page, levers_page, scenarios_page,
)  # fmt: skip


def main(arguments: Sequence[str]) -> int:
    """Write the pages, or with ``--check`` name the stale ones; returns the exit status."""
    if list(arguments) not in ([], ["--check"]):
        sys.exit("usage: python -m chipgate.docs [--check]")
    data = catalogue()
    if arguments:
        names = [f"reference/{name}" for name in stale()]
        names += docs_hazards.stale(data, FOLDER.parent) + docs_workload.stale(data, FOLDER.parent)
        sys.stderr.writelines(f"stale: docs/{name}; run `python -m chipgate.docs`\n" for name in names)
        return int(bool(names))
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, text in pages(data).items():
        (FOLDER / name).write_text(text, encoding="utf-8", newline="\n")
    docs_hazards.stale(data, FOLDER.parent, mend=True)
    docs_workload.stale(data, FOLDER.parent, mend=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
