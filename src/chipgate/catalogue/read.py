"""Reading YAML and CSV strictly: every mistake names file and line.

A data file is UTF-8 without byte-order mark, with LF line ends. YAML mappings may not repeat a key; CSV headers
must be exactly the record's fields.
"""

import csv
import difflib
import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import ValidationError

from chipgate.errors import ChipgateError, DataError
from chipgate.schema.base import Record

R = TypeVar("R", bound=Record)

try:
    from yaml import CSafeLoader as _Loader
except ImportError:  # PyYAML built without libyaml reads the same, only slower
    from yaml import SafeLoader as _Loader  # type: ignore[assignment]


def read_text(path: Path) -> str:
    """Text of a data file.

    Raises:
        DataError: It is missing, empty, not UTF-8, or has a byte-order mark or CRLF line ends.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise DataError(f"cannot be read ({error.strerror})", path=path) from error
    if raw.startswith(b"\xef\xbb\xbf"):
        raise DataError("starts with a byte-order mark", path=path, line=1, fix="save it as UTF-8 without BOM")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise DataError("is not UTF-8", path=path, line=line, fix="save it as UTF-8") from error
    if "\r" in text:
        line = text[: text.index("\r")].count("\n") + 1
        raise DataError("has CR or CRLF line ends", path=path, line=line, fix="save it with LF line ends")
    if not text.strip():
        raise DataError("is empty", path=path, fix="restore it, or remove the file")
    return text


T = TypeVar("T")


def read_foreign(path: Path, check: Callable[[list[str]], T], what: str) -> tuple[T, list[tuple[dict[str, str], int]]]:
    """Read a CSV table that a user gives: a byte-order mark, CRLF and blank lines, as spreadsheets write, are let pass.

    Args:
        check: Called with the header before any row is read; what it returns is handed on.
        what: One row of the table in words.

    Returns:
        The result of ``check``, and each row as header -> cell, stripped, with its line.

    Raises:
        DataError: It cannot be read, is binary, not UTF-8, empty, no CSV, has no row or one of another length.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise DataError(f"cannot be read ({error.strerror})", path=path) from error
    if b"\0" in raw:
        raise DataError("is a binary file", path=path, fix="give a CSV table in UTF-8")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise DataError("is not UTF-8", path=path, line=line, fix="save it as UTF-8") from error
    if not text.strip():
        raise DataError("is empty", path=path, fix=f"give a header and one {what} a line")
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows = []
    try:
        header = [name.strip() for name in next(reader)]
        checked = check(header)
        line = reader.line_num
        for cells in reader:
            start, line = line + 1, reader.line_num
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(header):
                raise DataError(
                    f"has {len(cells)} cells, the header has {len(header)}", path=path, line=start,
                    fix="put a cell that holds a comma in double quotes",
                )  # fmt: skip
            rows.append(({name: cell.strip() for name, cell in zip(header, cells, strict=True)}, start))
    except csv.Error as error:
        raise DataError(
            f"is not valid CSV ({error})", path=path, line=reader.line_num, fix="close every double quote"
        ) from error
    if not rows:
        raise DataError("has a header and no rows", path=path, line=1, fix=f"give one {what} a line")
    return checked, rows


def read_record(path: Path, record: type[R]) -> R:
    """Read a YAML file that holds one record whose ``id`` is the file name."""
    root = _compose(path)
    built = _validate(root, record, path)
    identifier = getattr(built, "id", path.stem)
    if identifier.casefold() != path.stem.casefold():
        raise DataError(
            f"id {identifier!r} differs from the file name", path=path, line=_line_of(root, ("id",)),
            fix=f"rename the file to {identifier}.yaml or correct the id",
        )  # fmt: skip
    return built


def read_list(path: Path, record: type[R]) -> list[tuple[R, int]]:
    """Read a YAML file that holds a list of records, each with the line where it starts."""
    root = _compose(path)
    if not isinstance(root, yaml.SequenceNode):
        raise DataError("expected a list of records", path=path, line=1)
    return [(_validate(node, record, path), node.start_mark.line + 1) for node in root.value]


def line_of_key(path: Path, *keys: str) -> int:
    """Line of a key of a YAML file, given with the keys above it; of the last one that is there."""
    return _line_of(_compose(path), keys)


def read_mapping(path: Path) -> dict[str, Any]:
    """Read a YAML file that holds one mapping."""
    root = _compose(path)
    value = _construct(root, path)
    if not isinstance(value, dict):
        raise DataError("expected a mapping", path=path, line=1)
    return value


def read_table(path: Path, record: type[R]) -> list[tuple[R, int]]:
    """Read a CSV table, each row with its line; the header must be exactly the record's fields."""
    reader = csv.reader(io.StringIO(read_text(path)), strict=True)
    fields = list(record.model_fields)
    try:
        header = next(reader)
        _check_header(header, fields, path)
        rows = []
        line = reader.line_num
        for cells in reader:
            start, line = line + 1, reader.line_num
            rows.append((_row(cells, header, record, path, start), start))
    except csv.Error as error:
        raise DataError(f"is not valid CSV ({error})", path=path, line=reader.line_num) from error
    if not rows:
        raise DataError("has a header and no rows", path=path, line=1)
    return rows


def _check_header(header: Sequence[str], fields: Sequence[str], path: Path) -> None:
    twice = sorted({name for name in header if header.count(name) > 1})
    unknown = [name for name in header if name not in fields]
    missing = [name for name in fields if name not in header]
    for names, word in ((twice, "repeated"), (unknown, "unknown"), (missing, "missing")):
        if names:
            raise DataError(
                f"{word} column {', '.join(map(repr, names))}", path=path, line=1,
                fix=f"the columns are {','.join(fields)}",
            )  # fmt: skip


def _row(cells: list[str], header: list[str], record: type[R], path: Path, line: int) -> R:
    if len(cells) != len(header):
        raise DataError(f"has {len(cells)} cells, the header has {len(header)}", path=path, line=line)
    body = {name: cell.strip() for name, cell in zip(header, cells, strict=True) if cell.strip()}
    try:
        return record.model_validate(body)
    except ValidationError as error:
        field, message = _first_fault(error)
        raise DataError(f"{field}{message}", path=path, line=line, fix=f"row {cells[0]!r}") from error
    except ChipgateError as error:
        raise DataError(str(error), path=path, line=line, fix=f"row {cells[0]!r}") from error


def _compose(path: Path) -> yaml.Node:
    text = read_text(path)
    try:
        root = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else None
        raise DataError(f"is not valid YAML ({error.problem or error.context})", path=path, line=line) from error
    except yaml.YAMLError as error:
        line = text[: getattr(error, "position", 0)].count("\n") + 1
        reason = getattr(error, "reason", str(error))
        raise DataError(f"is not valid YAML ({reason})", path=path, line=line) from error
    if root is None:
        raise DataError("holds no record", path=path, line=1)
    return root


def _construct(node: yaml.Node, path: Path, inside: tuple[int, ...] = ()) -> Any:
    """Plain Python value of a node; a repeated key is an error; no tags beyond YAML's core."""
    if id(node) in inside:
        raise DataError("holds itself", path=path, line=node.start_mark.line + 1, fix="remove the alias")
    within = (*inside, id(node))
    if isinstance(node, yaml.MappingNode):
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key, line = key_node.value, key_node.start_mark.line + 1
            if not isinstance(key, str):
                raise DataError("a key must be plain text", path=path, line=line)
            if key in found:
                raise DataError(f"key {key!r} stands twice", path=path, line=line)
            found[key] = _construct(value_node, path, within)
        return found
    if isinstance(node, yaml.SequenceNode):
        return [_construct(child, path, within) for child in node.value]
    if node.tag == "tag:yaml.org,2002:timestamp":
        return node.value  # dates stay text until the schema reads them
    try:
        return _SCALARS.construct_object(node)
    except yaml.YAMLError as error:
        raise DataError(f"{getattr(error, 'problem', error)}", path=path, line=node.start_mark.line + 1) from error


def _validate(node: yaml.Node, record: type[R], path: Path) -> R:
    body = _construct(node, path)
    if not isinstance(body, dict):
        raise DataError("expected a mapping of keys", path=path, line=node.start_mark.line + 1)
    try:
        return record.model_validate(body)
    except ValidationError as error:
        field, message = _first_fault(error, record)
        line = _line_of(node, error.errors()[0]["loc"])
        raise DataError(f"{field}{message}", path=path, line=line) from error
    except ChipgateError as error:
        raise DataError(str(error), path=path, line=node.start_mark.line + 1) from error


def _first_fault(error: ValidationError, record: type[Record] | None = None) -> tuple[str, str]:
    fault = error.errors(include_url=False)[0]
    field = ".".join(str(part) for part in fault["loc"])
    message = fault["msg"].removeprefix("Value error, ")
    if fault["type"] == "extra_forbidden":
        message = "unknown key"
        # Keys of a record inside another are not known here.
        known = list(record.model_fields) if record is not None and len(fault["loc"]) == 1 else []
        near = difflib.get_close_matches(field, known, n=2, cutoff=0.5)
        if known:
            message += f"; did you mean {' or '.join(map(repr, near))}?" if near else f"; keys: {', '.join(known)}"
    elif fault["type"] == "missing":
        message = "missing key"
    elif "input" in fault and not isinstance(fault["input"], (dict, list)):
        message += f", found {fault['input']!r}"
    return (f"{field}: " if field else ""), message


def _line_of(node: yaml.Node, where: Sequence[int | str]) -> int:
    """Line of the deepest node on the way ``where`` that exists in the file."""
    line = node.start_mark.line + 1
    for step in where:
        if isinstance(node, yaml.MappingNode):
            for key_node, value_node in node.value:
                if key_node.value == step:
                    node, line = value_node, key_node.start_mark.line + 1
                    break
            else:
                return line
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            line = node.start_mark.line + 1
        else:
            return line
    return line


class _Scalars(yaml.SafeLoader):
    """Constructs core scalars only; never given a stream to parse."""


_SCALARS = _Scalars("")
