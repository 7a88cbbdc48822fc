"""Records of what is believed beside the priors: rates of policy moves, bridges, errors, what goes together."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from chipgate.schema.base import Confidence, Id, Record
from chipgate.schema.market import PriorId


class HazardRule(Record):
    """A rule by which the rates of both governments' moves follow from the event record; the first one is used.

    Attributes:
        pooling: ``partial``: rates of episodes are alike, how alike is learned; ``complete``: one rate for all;
            ``none``: each episode by itself; ``jeffreys``: one rate, Jeffreys' prior in place of ``mean``.
        mean_low, mean_high: 10th and 90th percentile of the log-normal prior of the mean rate, moves a month.
        alike_low, alike_high: Those of the prior of alikeness: the shape of the gamma distribution of rates between
            episodes, one over the square of their coefficient of variation.
        other_goods: Power weight of episodes of other goods than AI chips.
        reaction: Whether tightening soon after an opening by Washington is told apart.
        reaction_prior: Both parameters of the beta prior of the chance of such an answer.
        window_weeks: How long after an opening a tightening counts as an answer; ``fades_months``: with which the
            rate fades.
        merge_openings: Whether openings within the window of one before are one re-opening.
    """

    id: Id
    label: str
    pooling: Literal["partial", "complete", "none", "jeffreys"]
    mean_low: Annotated[float, Field(gt=0)]
    mean_high: Annotated[float, Field(gt=0)]
    alike_low: Annotated[float, Field(gt=0)]
    alike_high: Annotated[float, Field(gt=0)]
    other_goods: Annotated[float, Field(ge=0, le=1)]
    reaction: bool
    reaction_prior: tuple[Annotated[float, Field(gt=0)], Annotated[float, Field(gt=0)]]
    window_weeks: Annotated[int, Field(ge=1)]
    fades_months: Annotated[float, Field(gt=0)]
    merge_openings: bool
    kind: Literal["assumed"]
    why: str = Field(min_length=1)

    @model_validator(mode="after")
    def _check(self) -> Self:
        for name in ("mean", "alike"):
            low, high = getattr(self, f"{name}_low"), getattr(self, f"{name}_high")
            if not low < high:
                raise ValueError(f"{name}_low < {name}_high is broken: {low}, {high}")
        return self


class Bridge(Record):
    """A range between the model's definition of a quantity and a publisher's.

    Attributes:
        low, high: Ends of an even distribution, in logarithms where ``scale`` says so.
    """

    id: Id
    label: str
    unit: str = Field(min_length=1)
    low: float
    high: float
    scale: Literal["linear", "log"]
    kind: Literal["assumed"]
    confidence: Confidence
    why: str = Field(min_length=1)

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not self.low <= self.high:
            raise ValueError(f"low <= high is broken: {self.low}, {self.high}")
        if self.scale == "log" and self.low <= 0:
            raise ValueError("a log scale needs positive figures")
        return self


class FigureError(Record):
    """How published figures of a group, source or definition differ from what the model says, in logs.

    Attributes:
        id: ``misfit:`` and a group, or ``bias:`` and a definition or a kind of figure with its channel.
        centre: Of a misfit the median of its size, of a bias its mean.
        spread: Of a misfit that of the log of the size, of a bias its standard deviation.
    """

    id: Annotated[str, Field(pattern=r"^(misfit|bias)(:[a-z_]+)+$")]
    label: str
    centre: float
    spread: Annotated[float, Field(gt=0)]
    kind: Literal["assumed"]
    why: str = Field(min_length=1)


class Together(Record):
    """Inputs that turn out high or low together, beyond what their own priors say.

    Each member's normal score is ``load * f + sqrt(1 - load**2) * own``, with ``f`` a common score.

    Attributes:
        load: Prior of the load, a fraction; two members correlate by its square.
        members: Names of streams; a ``*`` at the end stands for any rest.
    """

    id: Id
    label: str
    load: PriorId
    members: tuple[str, ...] = Field(min_length=2)
    why: str = Field(min_length=1)

    def holds(self, stream: str) -> bool:
        """Whether a stream is a member."""
        return any(
            stream.startswith(member[:-1]) if member.endswith("*") else stream == member for member in self.members
        )
