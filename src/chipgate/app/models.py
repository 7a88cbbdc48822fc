"""Bodies of requests: closed forms, strict types."""

import re
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from chipgate.app.limits import FIRST_STAGE, STATE_DRAWS, Limits

LIMITS: Final = Limits()
MOST_SEED: Final = 2**53 - 1
"""Whole numbers up to here pass through JavaScript unchanged."""
_LARGEST: Final = 1e15
_MONTH: Final = re.compile(r"[0-9]{4}-[0-9]{2}(-[0-9]{2})?")

Name = Annotated[str, Field(min_length=1, max_length=LIMITS.text)]
Day = Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
Month = Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}$")]
WaitMs = Annotated[int, Field(ge=0, le=LIMITS.wait_ms)]
Months = Annotated[int, Field(ge=1, le=240)]
Draws = Annotated[int, Field(ge=1, le=LIMITS.draws)]
Seed = Annotated[int, Field(ge=0, le=MOST_SEED)]


class Body(BaseModel):
    """A closed form: unknown keys are errors, types are not guessed, numbers are finite."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


_MOST_ACTS = 20


class RunState(Body):
    """What a run is of: a shipped scenario and lever settings on top.

    Attributes:
        base: Id of a shipped scenario, or null for none; then ``as_of`` is needed.
        as_of, until: In place of the scenario's own.
        settings: Lever path -> number, or month -> number, or ``process`` or ``law`` to take a setting back.
        acts, signals: Of an article, in the form of a scenario file.
    """

    base: Annotated[str, Field(max_length=LIMITS.text)] | None = "h20-reopened"
    as_of: Day | None = None
    until: Month | None = None
    draws: Draws = STATE_DRAWS
    seed: Seed = 0
    settings: dict[Name, Any] = Field(default_factory=dict, max_length=LIMITS.settings)
    acts: Annotated[list[dict[str, Any]], Field(max_length=_MOST_ACTS)] = Field(default_factory=list)
    signals: Annotated[list[dict[str, Any]], Field(max_length=_MOST_ACTS)] = Field(default_factory=list)

    @field_validator("settings", mode="after")
    @classmethod
    def _numbers(cls, settings: dict[str, Any]) -> dict[str, Any]:
        for path, value in settings.items():
            if isinstance(value, dict):
                if not value or len(value) > LIMITS.settings:
                    raise ValueError(f"{path}: give 1 to {LIMITS.settings} months")
                for month, number in value.items():
                    if _MONTH.fullmatch(month) is None:
                        raise ValueError(f"{path}: {month!r} is no month; write YYYY-MM")
                    _check_number(path, number)
            elif value not in ("process", "law"):
                _check_number(path, value)
        return settings


def _check_number(path: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not -_LARGEST <= value <= _LARGEST:
        raise ValueError(f"{path}: {str(value)[:80]!r} is no number, month -> number, 'process' or 'law'")


class RunRequest(Body):
    """A run to start.

    Attributes:
        metrics: What the answers show; the headline metrics by default.
        first_month: Months before it are left out of the answers.
        wait_ms: How long to hold the answer back for the first band.
        supersede: Cancel this client's own unfinished runs.
    """

    state: RunState = Field(default_factory=RunState)
    metrics: list[Name] | None = Field(default=None, min_length=1, max_length=60)
    first_month: Month | None = None
    wait_ms: WaitMs = 1000
    supersede: bool = True


class LongRequest(Body):
    """What all long jobs take."""

    wait_ms: WaitMs = 0


class CompareRequest(LongRequest):
    """States to compare with the first; the difference in ``attribute`` is shared out among levers."""

    states: dict[Annotated[str, Field(min_length=1, max_length=40)], RunState] = Field(min_length=2, max_length=4)
    metrics: list[Name] | None = Field(default=None, min_length=1, max_length=12)
    attribute: Name | None = None
    months: Months | None = None


class SensitivityRequest(LongRequest):
    """Which inputs drive a number."""

    state: RunState = Field(default_factory=lambda: RunState(draws=256))
    metric: Name = "units_delivered:offer=h20_legal"
    method: Literal["tornado", "sobol"] = "tornado"
    months: Months | None = 12
    top: Annotated[int, Field(ge=1, le=40)] = 12


class FeeCurveRequest(LongRequest):
    """What a fee yields, by rate."""

    state: RunState = Field(default_factory=lambda: RunState(draws=256))
    chip: Name = "h20"
    rates: list[Annotated[float, Field(ge=0, le=1, strict=False)]] | None = Field(default=None, max_length=20)
    months: Months | None = 12


class RecordRequest(LongRequest):
    """The model's history beside the published record."""

    as_of: Day = "2026-06-30"
    draws: Draws = 250
    seed: Seed = 0


class ScoreboardRequest(LongRequest):
    """A rolling backtest."""

    draws: Annotated[int, Field(ge=16, le=500)] = 100
    seed: Seed = 0


class WorkloadRequest(LongRequest):
    """What a language model does on a chip; without a chip all are ranked."""

    chip: Name | None = None
    model: Name
    phase: Literal["training", "prefill", "decode"]
    chips: Annotated[int, Field(ge=1, le=2**20)] | None = None
    precision: Name | None = None
    batch: Annotated[int, Field(ge=1, le=2**24)] | Literal["best"] | None = None
    tokens_in: Annotated[int, Field(ge=1, le=2**24)] | None = None
    tokens_out: Annotated[int, Field(ge=1, le=2**24)] | None = None
    tpot_ms: Annotated[float, Field(ge=0, le=1e6, strict=False)] | None = None
    ttft_ms: Annotated[float, Field(gt=0, le=1e7, strict=False)] | None = None
    layout: Name | None = None
    tokens: Annotated[float, Field(gt=0, le=1e16, strict=False)] | Name | None = None
    on: Day | None = None
    software: Name | None = None


class ReportRequest(LongRequest):
    """The standalone report of a run."""

    state: RunState = Field(default_factory=RunState)


class ReproduceRequest(Body):
    """A state to write as commands."""

    state: RunState = Field(default_factory=RunState)
    baseline: RunState | None = None


class LinkRequest(Body):
    """A state to put into an address."""

    state: RunState = Field(default_factory=RunState)
    baseline: RunState | None = None
    view: dict[str, Any] = Field(default_factory=dict)


class LinkRead(Body):
    """The part of an address that holds a state."""

    s: Annotated[str, Field(min_length=1, max_length=64 * 1024)]


class ScenarioWrite(Body):
    """A state to write as a scenario file."""

    state: RunState = Field(default_factory=RunState)
    id: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)] = "mine"
    title: Annotated[str, Field(min_length=1, max_length=LIMITS.text)] = "My scenario"
    story: Annotated[str, Field(max_length=4000)] = ""


STAGES: Final = (FIRST_STAGE,)
