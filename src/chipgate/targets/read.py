"""Reading observations from a table of anyone: with the package's columns, or as the shared record has them."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from chipgate.catalogue import Catalogue
from chipgate.catalogue.read import read_foreign
from chipgate.errors import ChipgateError, DataError
from chipgate.schema.tables import Observation
from chipgate.targets.names import buyers_of, chips_of, maker_of

_OWN: Final = tuple(Observation.model_fields)
_OWN_NEEDED: Final = ("id", "period_start", "period_end", "maker", "chips", "geography", "metric", "unit", "value")
_RAW: Final = ("id", "period_start", "period_end", "vendor", "chip", "geography", "metric", "value")
_RAW_MORE: Final = ("buyer", "low", "high", "kind", "publisher", "published_date", "source_url", "confidence", "notes")
_KINDS: Final = {"reported": "reported", "estimate": "estimated", "estimated": "estimated", "derived": "derived",
                 "press": "reported", "forecast": "estimated", "assumed": "assumed", "": "reported"}  # fmt: skip
_UNITS: Final = {
    "revenue_usd": "USD", "guidance_usd": "USD", "order_usd": "USD", "inventory_charge_usd": "USD",
    "capex_usd": "USD", "capex_cny": "CNY", "units": "chips", "production_units": "chips", "order_units": "chips",
    "chips_smuggled_units": "chips", "market_share_value": "fraction", "market_share_units": "fraction",
    "gross_margin": "fraction", "stock_h100e": "H100e", "unit_price_usd": "USD/chip",
}  # fmt: skip
_PLACES: Final = {"china": "CN", "cn": "CN", "us": "US", "usa": "US", "row": "ROW", "world": "world", "global": "world"}
_BASIS: Final = re.compile(r"\bbasis\s*=\s*(?:customer )?(billing|headquarters)", re.IGNORECASE)
_UNIT: Final = re.compile(r"\bunit\s*=\s*([A-Za-z]+)")


def read_observations(path: Path, data: Catalogue) -> list[Observation]:
    """Observations of a CSV file, whichever of the two sets of columns it has.

    Raises:
        DataError: It cannot be read, a column or a value is missing or wrong; file and line are named.
    """
    raw, rows = read_foreign(path, lambda header: _is_raw(header, path), "observation")
    found = [_observation(row, data, raw, path, line) for row, line in rows]
    ids = [seen.id for seen in found]
    twice = next((name for name in ids if ids.count(name) > 1), None)
    if twice is not None:
        raise DataError(f"id {twice!r} stands twice", path=path, fix="give each row an id of its own")
    return found


def _is_raw(header: Sequence[str], path: Path) -> bool:
    """Whether the columns are those of the shared record; wrong columns are named."""
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise DataError(f"repeated column {', '.join(map(repr, twice))}", path=path, line=1)
    raw = "vendor" in header or "maker" not in header
    needed, most = (_RAW, (*_RAW, *_RAW_MORE)) if raw else (_OWN_NEEDED, _OWN)
    for names, word in (([n for n in needed if n not in header], "missing"),
                        ([n for n in header if n not in most], "unknown")):  # fmt: skip
        if names:
            raise DataError(f"{word} column {', '.join(map(repr, names))}", path=path, line=1,
                            fix=f"the columns are {','.join(most)}")  # fmt: skip
    return raw


def _observation(row: Mapping[str, str], data: Catalogue, raw: bool, path: Path, line: int) -> Observation:
    body: dict[str, Any] = _raw_body(row, data) if raw else {k: v for k, v in row.items() if v}
    body.setdefault("low", body.get("value"))
    body.setdefault("high", body.get("value"))
    body.setdefault("kind", "reported")
    body.setdefault("channel", "press")
    body.setdefault("publisher", "unnamed")
    body.setdefault("published_date", body.get("period_end"))
    body.setdefault("confidence", "low")
    try:
        return Observation.model_validate(body)
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        where = ".".join(map(str, fault["loc"]))
        message = fault["msg"].removeprefix("Value error, ")
        seen = "" if fault["type"] == "missing" or isinstance(fault["input"], dict) else f", found {fault['input']!r}"
        text = "is empty" if fault["type"] == "missing" else f"{message}{seen}"
        raise DataError(f"{where + ': ' if where else ''}{text}", path=path, line=line,
                        fix=f"row {row.get('id', '')!r}") from error  # fmt: skip
    except ChipgateError as error:
        raise DataError(str(error), path=path, line=line, fix=f"row {row.get('id', '')!r}") from error


def _raw_body(row: Mapping[str, str], data: Catalogue) -> dict[str, Any]:
    """The package's fields from those of the shared record; what notes say of the definition goes into ``basis``."""
    metric, notes, kind = row["metric"], row.get("notes", ""), row.get("kind", "").casefold()
    maker = maker_of(data, row["vendor"])
    chips, basis = chips_of(data, row["chip"], metric)
    if maker == "nvidia" and chips == ("all_products",) and row["geography"].casefold() in ("cn", "china"):
        basis |= _nvidia_basis(row["id"], notes)
    basis |= {"market": "grey"} if "grey market" in notes.casefold() else {}
    if "smug" in row["id"].split("_") and metric == "unit_price_usd":
        basis["market"] = "grey"
    unit = _UNITS.get(metric, "")
    stated = _UNIT.search(notes)
    if metric == "unit_price_usd" and "system" in basis:
        unit = "USD/hour" if basis.get("tenure") == "rental" else "USD/system"
    elif not unit:
        unit = stated[1] if stated is not None else "unstated"
    if chips == ("ascend_dies",):
        unit = "dies"
        basis |= {"definition": "cumulative_to_period_end"} if _cumulative(notes, row["id"]) else {}
    body: dict[str, Any] = {
        "id": row["id"], "period_start": row["period_start"], "period_end": row["period_end"], "maker": maker,
        "chips": chips, "geography": _PLACES.get(row["geography"].casefold(), row["geography"]),
        "buyers": buyers_of(row.get("buyer", "")), "metric": metric, "unit": unit, "value": row["value"],
        "kind": _KINDS.get(kind, kind), "channel": _channel(kind, row, notes), "basis": basis, "notes": notes,
    }  # fmt: skip
    more = ("low", "high", "publisher", "published_date", "confidence")
    return body | {name: row[name] for name in more if row.get(name)}


def _nvidia_basis(name: str, notes: str) -> dict[str, str]:
    """Billing or headquarters, from the notes or, failing that, from the name of the row."""
    found = {match.casefold() for match in _BASIS.findall(notes)}
    if not found:
        found = {word for mark, word in (("bill", "billing"), ("hq", "headquarters")) if mark in name.split("_")}
    return {"basis": found.pop()} if len(found) == 1 else {}


def _cumulative(notes: str, name: str) -> bool:
    return "cumulative" in notes.casefold() or "diebank" in name


def _channel(kind: str, row: Mapping[str, str], notes: str) -> str:
    publisher = row.get("publisher", "")
    if kind == "forecast":
        return "company" if row["metric"] == "guidance_usd" else "forecast"
    if re.search(r"10-[QK]|6-K", publisher):
        return "filing"
    if kind == "press":
        return "forecast" if re.search(r"\bplanned\b", notes, re.IGNORECASE) else "press"
    return {"reported": "company", "estimate": "analyst"}.get(kind, "press")
