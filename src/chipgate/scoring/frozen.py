"""Forecasts frozen for later: quantiles by target and period, with a hash over the content.

A frozen file says which version and data made it and from which day; a file that was edited is refused.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import numpy as np
import xarray as xr

from chipgate.errors import DataError
from chipgate.schema.tables import Observation
from chipgate.scoring.cases import Case, quarters_ahead
from chipgate.scoring.engine import Result, against
from chipgate.scoring.history import kind_of_period
from chipgate.scoring.noise import Moments, scattered
from chipgate.scoring.scores import Draws, score
from chipgate.targets import Target, Unmapped, evaluate, target_of
from chipgate.timegrid import add_months

KIND: Final = "chipgate forecast"
FORMAT: Final = 1
LEVELS: Final = 59
"""Evenly spaced quantiles kept of each forecast, at (i - 1/2) / 59."""
_NEAR: Final = timedelta(days=21)
_SCATTER: Final = (np.arange(9) + 0.5) / 9
_FISCAL_QUARTER: Final = timedelta(weeks=13)


@dataclass(frozen=True)
class Frozen:
    """A frozen forecast as read.

    Attributes:
        as_of: Last day on which anything was known. ``made``: day on which it was made.
        figure_errors: Of published figures, as fitted; none in forecasts made before they were kept.
        quantiles: (target, first day, last day) -> quantiles.
    """

    path: Path
    as_of: date
    made: date
    sha256: str
    figure_errors: Moments
    quantiles: Mapping[tuple[str, date, date], Draws]


def freeze(data: xr.Dataset, rows: Sequence[Observation], made: date) -> dict[str, Any]:
    """The document of a frozen forecast: every target of ``rows`` over the periods to come."""
    attrs = data.attrs
    as_of = date.fromisoformat(attrs["as_of"])
    forecasts = []
    for target, periods in _wanted(rows, as_of).items():
        for first, last in periods:
            draws = evaluate(target, data, first, last)
            if isinstance(draws, Unmapped):
                continue
            levels = (np.arange(LEVELS) + 0.5) / LEVELS
            forecasts.append({
                "target": target.id, "words": target.words, "unit": target.unit, "caveat": target.caveat,
                "period": [first.isoformat(), last.isoformat()],
                "quantiles": [float(f"{q:.4g}") for q in np.quantile(draws, levels)],
            })  # fmt: skip
    document = {
        "kind": KIND, "format": FORMAT, "version": attrs["chipgate_version"], "data_hash": attrs["data_hash"],
        "scenario": attrs["scenario"], "settings": attrs["settings"], "as_of": attrs["as_of"],
        "made": made.isoformat(), "seed": int(attrs["seed"]), "draws": int(attrs["draws"]),
        "posterior": attrs.get("posterior", "none"), "figure_errors": json.loads(attrs.get("figure_errors", "{}")),
        "levels": f"(i - 1/2) / {LEVELS}", "forecasts": forecasts,
    }  # fmt: skip
    return document | {"sha256": fingerprint(document)}


def frozen_text(document: Mapping[str, Any]) -> str:
    """The document as it is stored: one forecast a line."""
    head = {k: v for k, v in document.items() if k not in ("forecasts", "sha256")}
    lines = [json.dumps(one, ensure_ascii=False, separators=(",", ":")) for one in document["forecasts"]]
    opening = json.dumps(head, ensure_ascii=False, indent=1)[:-2]
    return f'{opening},\n "sha256": "{document["sha256"]}",\n "forecasts": [\n' + ",\n".join(lines) + "\n ]\n}\n"


def fingerprint(document: Mapping[str, Any]) -> str:
    """SHA-256 over the content, the hash itself left out."""
    content = {k: v for k, v in document.items() if k != "sha256"}
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return sha256(text.encode()).hexdigest()


def read_frozen(path: Path) -> Frozen:
    """Read a frozen forecast and prove that nobody changed it.

    Raises:
        DataError: It is no frozen forecast, or its content does not fit its hash.
    """
    fix = "make one with `chipgate forecast freeze --out FILE`"
    try:
        document = json.loads(path.read_bytes().decode("utf-8"))
    except OSError as error:
        raise DataError(f"cannot be read ({error.strerror})", path=path, fix=fix) from error
    except ValueError as error:
        raise DataError("is no JSON document", path=path, fix=fix) from error
    if not isinstance(document, dict) or document.get("kind") != KIND or document.get("format") != FORMAT:
        raise DataError("is no frozen forecast of this format", path=path, fix=fix)
    if document.get("sha256") != fingerprint(document):
        raise DataError("was changed after it was frozen: its content does not fit its SHA-256", path=path,
                        fix="restore the file as it was made")  # fmt: skip
    quantiles = {
        (one["target"], *(date.fromisoformat(day) for day in one["period"])): np.array(one["quantiles"], np.float64)
        for one in document["forecasts"]
    }
    return Frozen(path, date.fromisoformat(document["as_of"]), date.fromisoformat(document["made"]),
                  document["sha256"], document.get("figure_errors", {}), quantiles)  # fmt: skip


def score_frozen(
    frozen: Frozen, rows: Iterable[Observation], known: Sequence[Observation]
) -> tuple[list[Result], dict[str, str]]:
    """Score the rows that a frozen forecast speaks of; and the rows left out, with the reason."""
    found, left = [], {}
    for seen in rows:
        target = target_of(seen)
        if isinstance(target, Unmapped):
            left[seen.id] = target.reason
        elif seen.published_date.last <= frozen.made:
            left[seen.id] = f"published {seen.published_date}, not after the forecast was made on {frozen.made}"
        else:
            own = _match(frozen, target, seen)
            if own is None:
                period = f"{seen.period_start} to {seen.period_end}"
                left[seen.id] = f"{frozen.path.name} holds no forecast of {target.id} over {period}"
                continue
            # Every quantile with the scatter of such figures about it.
            members = scattered(
                own[:, None], seen, _SCATTER[None], frozen.figure_errors, fraction=target.unit == "fraction"
            ).ravel()
            case = Case(seen, target, frozen.as_of)
            found.append(against(case, score(members, seen.value, target.scale, sample=False), known))
    return found, left


def _match(frozen: Frozen, target: Target, seen: Observation) -> Draws | None:
    wanted_first, wanted_last = seen.period_start.first, seen.period_end.last
    for (name, first, last), quantiles in frozen.quantiles.items():
        near = abs(first - wanted_first) <= _NEAR and abs(last - wanted_last) <= _NEAR
        if name == target.id and near:
            return quantiles
    return None


def _wanted(rows: Iterable[Observation], as_of: date) -> dict[Target, list[tuple[date, date]]]:
    """Targets of the record with the periods to come, of the kinds in which they are published."""
    kinds: dict[Target, dict[str, Observation]] = {}
    for seen in rows:
        target = target_of(seen)
        if isinstance(target, Target):
            kind = kind_of_period(seen.period_start.first, seen.period_end.last)
            own = kinds.setdefault(target, {})
            if kind not in own or own[kind].period_end.last < seen.period_end.last:
                own[kind] = seen
    return {target: _periods(target, own, as_of) for target, own in kinds.items()}


def _periods(target: Target, kinds: Mapping[str, Observation], as_of: date) -> list[tuple[date, date]]:
    """One to four quarters ahead, the year in hand and the next; ends of quarters and years for stocks."""
    if target.adds == "last":
        ends = [_month_end(add_months(as_of, m)) for m in range(13) if add_months(as_of, m).month % 3 == 0]
        return [(end, end) for end in ends]
    found: list[tuple[date, date]] = []
    if "quarter" in kinds and target.id.startswith("nvidia_china"):
        seen = kinds["quarter"]
        first, last = seen.period_start.first, seen.period_end.last
        while quarters_ahead(as_of, last) <= 4:
            if first + (last - first) / 2 > as_of:
                found.append((first, last))
            first, last = last + timedelta(days=1), last + _FISCAL_QUARTER
    elif target.adds == "mean" or {"quarter", "moment", "half"} & set(kinds):
        start = date(as_of.year, as_of.month - (as_of.month - 1) % 3, 1)
        quarters = [(add_months(start, 3 * i), _month_end(add_months(start, 3 * i + 2))) for i in range(5)]
        found += [(a, b) for a, b in quarters if a + (b - a) / 2 > as_of][:4]
    if target.adds != "mean":
        found += [(date(y, 1, 1), date(y, 12, 31)) for y in (as_of.year, as_of.year + 1)]
    return found


def _month_end(day: date) -> date:
    return add_months(day, 1) - timedelta(days=1)
