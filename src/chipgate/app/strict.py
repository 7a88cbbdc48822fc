"""Reading what clients send as data, and nothing but data: JSON and YAML with limits."""

import json
import math
import re
from typing import Any, Final

import yaml

from chipgate.app.limits import Limits
from chipgate.app.problems import ApiError

_STRINGS: Final = re.compile(rb'"(?:[^"\\]|\\.)*"')
_BRACKETS: Final = re.compile(rb"[\[\]{}]")
_LONGEST_NUMBER: Final = 400


def _depth(body: bytes) -> int:
    """Deepest nesting of brackets outside of strings."""
    deepest = depth = 0
    for found in _BRACKETS.finditer(_STRINGS.sub(b"", body)):
        depth += 1 if found[0] in b"[{" else -1
        deepest = max(deepest, depth)
    return deepest


def _no_constant(text: str) -> Any:
    raise ApiError(400, "bad_json", f"the body holds {text}, which is no JSON", found=text, expected="finite numbers",
                   fix="leave the value out, or send null")  # fmt: skip


def _number(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ApiError(400, "bad_json", f"the number {text} is too large", expected="finite numbers", found=text)
    return value


def _integer(text: str) -> int:
    if len(text) > _LONGEST_NUMBER:
        raise ApiError(400, "bad_json", f"the body holds a number of {len(text)} digits", expected="shorter numbers",
                       found=text)  # fmt: skip
    return int(text)


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ApiError(400, "bad_json", f"the key {twice!r} stands twice", found=twice, fix="give each key once")
    return made


def read_json(body: bytes, limits: Limits) -> Any:
    """Parse JSON strictly.

    Raises:
        ApiError: It is no JSON in UTF-8, holds NaN or infinities, repeats a key, or is too deep or has too many values.
    """
    if _depth(body) > limits.depth:
        raise ApiError(413, "too_large", f"the body is nested more than {limits.depth} deep",
                       expected=f"at most {limits.depth} levels", where="body")  # fmt: skip
    try:
        document = json.loads(
            body.decode("utf-8"), parse_constant=_no_constant, parse_float=_number, parse_int=_integer,
            object_pairs_hook=_pairs,
        )  # fmt: skip
    except UnicodeDecodeError as error:
        raise ApiError(400, "bad_json", "the body is not UTF-8", expected="JSON in UTF-8",
                       where=f"byte {error.start}") from error  # fmt: skip
    except (json.JSONDecodeError, RecursionError) as error:
        where = f"line {error.lineno}, column {error.colno}" if isinstance(error, json.JSONDecodeError) else "body"
        raise ApiError(400, "bad_json", f"the body is no JSON: {error}", expected="one JSON document",
                       where=where) from error  # fmt: skip
    check_document(document, limits)
    return document


def check_document(document: Any, limits: Limits) -> None:
    """Raise where a document has too many values, or text that UTF-8 cannot carry.

    Raises:
        ApiError: It does.
    """
    left, seen = [document], 0
    while left:
        value = left.pop()
        seen += 1
        if seen > limits.nodes:
            raise ApiError(413, "too_large", f"the body holds more than {limits.nodes} values", where="body",
                           expected=f"at most {limits.nodes} values")  # fmt: skip
        if isinstance(value, dict):
            left += value.keys()
            left += value.values()
        elif isinstance(value, list):
            left += value
        elif isinstance(value, str) and any("\ud800" <= letter <= "\udfff" for letter in value):
            raise ApiError(400, "bad_json", "the body holds half a surrogate pair", expected="Unicode text",
                           found=value)  # fmt: skip


class _Plain(yaml.SafeLoader):
    """Plain scalars, lists and mappings; dates stay text, as in the records of the package."""


_Plain.yaml_implicit_resolvers = {
    first: [(tag, regexp) for tag, regexp in found if tag != "tag:yaml.org,2002:timestamp"]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_yaml(body: bytes, limits: Limits) -> dict[str, Any]:
    """Parse YAML as plain data: no tags, no anchors or aliases, no repeated keys, bounded.

    Raises:
        ApiError: It is not; the line is named.
    """
    try:
        text = body.decode("utf-8")
        _check_events(text, limits)
        node = yaml.compose(text, Loader=_Plain)
        if not isinstance(node, yaml.MappingNode):
            raise ApiError(422, "bad_value", "the file holds no mapping", expected="a mapping with id, title, set",
                           where="line 1")  # fmt: skip
        _check_keys(node)
        document = _Plain(text).construct_document(node)
    except UnicodeDecodeError as error:
        raise ApiError(400, "bad_body", "the file is not UTF-8", expected="YAML in UTF-8",
                       where=f"byte {error.start}", fix="save it as UTF-8") from error  # fmt: skip
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}" if mark is not None else "body"
        reason = getattr(error, "problem", None) or getattr(error, "reason", None) or error
        raise ApiError(400, "bad_body", f"the file is no plain YAML: {reason}", expected="one YAML mapping",
                       where=where) from error  # fmt: skip
    check_document(document, limits)
    assert isinstance(document, dict)
    return document


def _check_events(text: str, limits: Limits) -> None:
    """Refuse aliases, anchors, tags and depth while the text is scanned, before anything is built from it."""
    depth = 0
    for event in yaml.parse(text, Loader=_Plain):
        where = f"line {event.start_mark.line + 1}" if event.start_mark is not None else "body"
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise ApiError(422, "bad_value", "the file holds an anchor or alias", where=where, expected="plain values",
                           fix="write the value out")  # fmt: skip
        tag = getattr(event, "tag", None)
        if tag not in (None, "!"):
            raise ApiError(422, "bad_value", f"the file holds the tag {tag}", where=where, found=tag,
                           expected="plain values", fix="leave the tag out")  # fmt: skip
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > limits.depth:
            raise ApiError(413, "too_large", f"the file is nested more than {limits.depth} deep", where=where,
                           expected=f"at most {limits.depth} levels")  # fmt: skip


def _check_keys(node: yaml.Node) -> None:
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            where = f"line {key.start_mark.line + 1}"
            if not isinstance(key, yaml.ScalarNode):
                raise ApiError(422, "bad_value", "a key is no plain text", where=where, expected="text keys")
            if key.value in seen or key.value == "<<":
                raise ApiError(422, "bad_value", f"the key {key.value!r} stands twice or merges another mapping",
                               where=where, found=key.value, fix="give each key once")  # fmt: skip
            seen.add(key.value)
            _check_keys(value)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            _check_keys(value)
