"""Which uncertain inputs drive a number: a tornado of single inputs, and Sobol indices of groups of inputs.

Every uncertain input is a named stream of uniforms (:class:`chipgate.arrays.keys.Streams`), so an input is changed by
serving other uniforms under its name; nothing else moves.

Tornado. The usual recipe, all other inputs at their medians, misleads here: at the medians a gate is either shut or
open, and an input that matters only behind an open gate then shows nothing or everything. So inputs are screened by
rank correlation on one ordinary run, which costs nothing more; then each of the strongest is set to its 10th and
its 90th percentile in all draws while the others stay as they were drawn. The bar is the mean effect over what else is
uncertain, and its noise is small since both ends share their draws.

Sobol. Pick-freeze over groups of inputs: A and B are two independent runs, and AB_g is A with the streams of group g
from B. First-order: share of the variance that knowing the group alone would remove; total: share that would be left
if all but the group were known. Estimators of Saltelli et al. (2010), Computer Physics Communications 181, and Jansen
(1999), as in SALib; intervals from its bootstrap. Sums of first-order indices below one show interaction.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Final

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri
from scipy.stats import rankdata

from chipgate.arrays.inputs import Constants, Inputs, Monthly
from chipgate.arrays.keys import Streams
from chipgate.catalogue import Catalogue
from chipgate.catalogue.priors import quantile
from chipgate.errors import BadInputError
from chipgate.results.compare import Steps, Target, plain
from chipgate.results.dataset import dataset
from chipgate.results.execute import execute
from chipgate.results.input_names import input_label
from chipgate.setup.build import Built
from chipgate.setup.constants import constants_of
from chipgate.setup.draws import PATH_CORRELATION, PriorDraws
from chipgate.setup.monthly import monthly_of
from chipgate.setup.plan import Plan, plan
from chipgate.setup.scenario import Resolved
from chipgate.setup.throughput import Throughput

LOW, HIGH = 0.1, 0.9
"""Percentiles at which a tornado sets an input."""
CONFIDENCE: Final = 0.9
"""Of the intervals of Sobol indices."""
_RESAMPLES: Final = 200
OTHER: Final = "other"
GROUPS: Final[dict[str, tuple[str, ...]]] = {
    "budget": ("budget.*", "path:budget.*", "buyer:*:training", "together?demand*"),
    "choice": ("choice.*",),
    "tastes": ("taste.*", "buyer:*:preference"),
    "beijing": ("beijing.*", "beijing:*", "episode:*", "act:*", "buyer:*:exposure"),
    "washington": ("washington.*", "washington:*"),
    "orders and prices": ("orders.*", "price.*"),
    "costs and chips": ("cost.*", "spec:*", "workload:*"),
    "grey market": ("grey.*",),
    "huawei": ("huawei.*", "path:huawei.*", "together?huawei_plan*"),
    "software": ("software.*", "run:*"),
    "renting and US": ("us.*", "path:us.*", "rental.*"),
}
"""Group -> patterns of names of streams; supply is split by :func:`group_of` into foreign and other domestic."""
SUPPLY: Final = ("foreign supply", "other domestic")

Uniforms = NDArray[np.float64]


def group_of(catalogue: Catalogue, name: str) -> str:
    """Group of a stream by its name; :data:`OTHER` where no pattern fits."""
    words = name.removeprefix("path:").split(".")
    if words[0] == "supply" and len(words) > 1:
        domestic = {o.supply for o in catalogue.offers.values() if o.route == "domestic"}
        return SUPPLY[not domestic.isdisjoint(words[1:])]
    return next((g for g, patterns in GROUPS.items() if any(fnmatchcase(name, p) for p in patterns)), OTHER)


class Served(Streams):
    """Streams of a run, some of them replaced.

    Args:
        replaced: Whether a name gets uniforms of its own second, independent stream.
        fixed: Name -> value of all its uniforms.
    """

    def __init__(
        self, seed: int, draws: int, *, replaced: Callable[[str], bool] = lambda name: False,
        fixed: Mapping[str, float] | None = None,
    ) -> None:  # fmt: skip
        super().__init__(seed, draws)
        self.replaced = replaced
        self.fixed = fixed or {}
        self.scalars: dict[str, Uniforms] = {}
        self.names: list[str] = []

    def uniform(self, name: str, shape: tuple[int, ...] = ()) -> Uniforms:
        """Uniforms ``[*shape draw]``, as served."""
        self.names.append(name)
        values = super().uniform(f"{name}\0second" if self.replaced(name) else name, shape)
        if name in self.fixed:
            values = np.full_like(values, self.fixed[name])
        if not shape:
            self.scalars[name] = values
        return values


@dataclass(frozen=True)
class Case:
    """What is simulated, and the number that is asked of it.

    Attributes:
        settings: Of the run: catalogue, scenario, seed, draws and ``float32`` or ``float64``.
    """

    catalogue: Catalogue
    scenario: Resolved
    target: Target
    seed: int = 0
    draws: int = 256
    dtype: str = "float32"
    _plans: dict[int, Plan] = field(default_factory=dict, repr=False, compare=False)

    def plan(self) -> Plan:
        """Coordinates of the run, made once."""
        found = self.scenario
        if 0 not in self._plans:
            self._plans[0] = plan(
                found.catalogue, found.settings, found.as_of, found.until, seed=self.seed, draws=self.draws,
                signals=found.signals,
            )  # fmt: skip
        return self._plans[0]

    def run(self, streams: Streams) -> xr.DataArray:
        """The number under these streams, ``[draw]``; NaN where a draw did not converge."""
        built = build_from(self.plan(), streams)
        found = self.target.of(dataset(execute(built, dtype=self.dtype, names=[self.target.metric]), self.scenario))
        return found.reindex(draw=np.arange(self.draws), fill_value=np.nan)


def build_from(made: Plan, streams: Streams) -> Built:
    """As :func:`chipgate.setup.build.build`, from given streams."""
    draws = PriorDraws(made.catalogue, streams, made.as_of)
    speed = Throughput(made, streams)
    constants = constants_of(made, streams, draws, speed)
    monthly, us_stock, counts = monthly_of(made, streams, draws, constants, speed)
    fields: tuple[dict[str, Any], dict[str, Any]] = (dict(monthly), dict(constants))
    return Built(made, Inputs(Monthly(**fields[0]), Constants(**fields[1])), us_stock, dict(draws.used), counts)


@dataclass(frozen=True)
class Bar:
    """One input of a tornado.

    Attributes:
        name: Name of a prior, of a path of priors, or of a stream. ``group``: its group.
        low, high: The input at its 10th and 90th percentile, in ``unit``; ``None`` for inputs without a scale. Of
            a path, its first anchor after the as-of date, which the label names.
        rank: Rank correlation with the number over the ordinary run.
        at_low, at_high: Mean of the number at each end. ``effect``: their difference, and ``interval`` its 10th and
            90th percentile over draws; ``error``: standard error of the mean effect.
    """

    name: str
    label: str
    group: str
    unit: str
    low: float | None
    high: float | None
    rank: float
    at_low: float
    at_high: float
    effect: float
    interval: tuple[float, float]
    error: float


def tornado(case: Case, *, top: int = 12, progress: Steps | None = None) -> dict[str, Any]:
    """The inputs that move a number most, each alone over the middle four fifths of its prior.

    Args:
        case: What is simulated; some 256 draws do.
        top: Number of inputs that are run at both ends, after screening by rank correlation.
        progress: Called with runs done and runs in all.

    Returns:
        ``metric, unit, draws, base`` (mean of the ordinary run), ``noise`` (the rank correlation that chance alone
        reaches in one of twenty inputs), and ``bars``, the strongest first.

    Raises:
        BadInputError: The number is the same in all draws, so that nothing drives it.
    """
    streams = Served(case.seed, case.draws)
    base = case.run(streams)
    kept = np.isfinite(base.values)
    values = base.values[kept]
    if not len(values) or float(np.ptp(values)) == 0.0:
        raise BadInputError(f"{case.target.text} is the same in all draws; nothing drives it")
    scores = _scores(case, streams)
    ranked = {name: _rank(score[kept], values) for name, score in scores.items()}
    chosen = sorted(ranked, key=lambda name: (-abs(ranked[name]), name))[:top]
    bars = []
    for done, name in enumerate(chosen, 1):
        low, high = (case.run(Served(case.seed, case.draws, fixed=_at(name, q, streams))).values for q in (LOW, HIGH))
        bars.append(_bar(case, name, ranked[name], low, high))
        if progress:
            progress(2 * done + 1, 2 * len(chosen) + 1)
    bars.sort(key=lambda bar: (-abs(bar.effect), bar.name))
    return {
        "metric": case.target.text, "unit": base.attrs.get("unit", ""), "draws": int(kept.sum()),
        "base": plain(values.mean()), "noise": plain(-ndtri(0.025) / np.sqrt(max(len(values) - 1, 1))),
        "screened": len(ranked), "bars": [vars(bar) for bar in bars],
    }  # fmt: skip


def _anchors(path: str, names: Sequence[str]) -> list[str]:
    return [n for n in names if n.rpartition(".")[0] == path and n.rpartition(".")[2][:4].isdigit()]


def _scores(case: Case, streams: Served) -> dict[str, Uniforms]:
    """Normal score of each single input, ``[d]``; the anchors of a path are one input, by their mean."""
    own, shared = np.sqrt(1 - PATH_CORRELATION), np.sqrt(PATH_CORRELATION)
    found: dict[str, Uniforms] = {}
    paths = [name for name in streams.scalars if name.startswith("path:")]
    inside = {anchor for path in paths for anchor in _anchors(path.removeprefix("path:"), streams.names)}
    for name, u in streams.scalars.items():
        if name.startswith("path:"):
            anchors = [ndtri(streams.scalars[a]) for a in _anchors(name.removeprefix("path:"), streams.names)]
            found[name] = shared * ndtri(u) + own * np.mean(anchors, axis=0)
        elif name not in inside and not name.startswith("act:") and not _certain(case, name):
            found[name] = ndtri(u)
    return found


def _certain(case: Case, name: str) -> bool:
    prior = case.catalogue.priors.get(name)
    return prior is not None and prior.scale == "fixed"


def _rank(score: Uniforms, values: Uniforms) -> float:
    a, b = rankdata(score), rankdata(values)
    spread = a.std() * b.std()
    return float(((a - a.mean()) * (b - b.mean())).mean() / spread) if spread > 0 else 0.0


def _at(name: str, q: float, streams: Served) -> dict[str, float]:
    """Uniforms that put an input at its ``q`` quantile; a path is there at every anchor."""
    if not name.startswith("path:"):
        return {name: q}
    z = float(ndtri(q))
    anchors = _anchors(name.removeprefix("path:"), streams.names)
    # sqrt(r) (sqrt(r) z) + sqrt(1-r) (sqrt(1-r) z) = z, see PriorDraws.path.
    own = float(ndtr(np.sqrt(1 - PATH_CORRELATION) * z))
    return {name: float(ndtr(np.sqrt(PATH_CORRELATION) * z))} | dict.fromkeys(anchors, own)


def _shown(case: Case, name: str) -> str:
    """Prior whose ends a bar shows: for a path its first anchor after the as-of date, or the last there is."""
    if not name.startswith("path:"):
        return name
    anchors = _anchors(name.removeprefix("path:"), sorted(case.catalogue.priors))
    now = f"{case.scenario.as_of:%Y_%m}"
    return next((a for a in anchors if a.rpartition(".")[2] > now), anchors[-1])


def _bar(case: Case, name: str, rank: float, low: Uniforms, high: Uniforms) -> Bar:
    change = (high - low)[np.isfinite(high - low)]
    prior = case.catalogue.priors.get(_shown(case, name))
    ends: tuple[float | None, float | None] = (None, None)
    if prior is not None:
        variant = [v for v in prior.variants if v.known_since.last <= case.scenario.as_of or v is prior.variants[0]][-1]
        u = np.array([LOW, HIGH])
        at = quantile(u, variant.low, variant.central, variant.high, prior.scale, prior.least, prior.most)
        ends = (plain(at[0]), plain(at[1]))
    shown = input_label(case.catalogue, _shown(case, name))
    return Bar(
        name, shown, group_of(case.catalogue, name), prior.unit if prior is not None else "", *ends, plain(rank),
        plain(np.nanmean(low)), plain(np.nanmean(high)), plain(change.mean()),
        (plain(np.quantile(change, LOW)), plain(np.quantile(change, HIGH))),
        plain(change.std(ddof=1) / np.sqrt(len(change))) if len(change) > 1 else 0.0,
    )  # fmt: skip


def sobol(case: Case, *, groups: Sequence[str] | None = None, progress: Steps | None = None) -> dict[str, Any]:
    """First-order and total Sobol indices of groups of inputs.

    The design runs ``draws * (groups + 2)`` draws: A, B, and A with each group from B.

    Args:
        case: What is simulated; ``draws`` is the size of the base sample, 512 or more for narrow intervals.
        groups: Groups to tell apart; all that occur by default. Inputs of other groups stay random in A and B alike.
        progress: Called with runs done and runs in all.

    Returns:
        ``metric, unit, draws, confidence, mean, variance``, and ``groups``: name, ``first``, ``first_interval``,
        ``total``, ``total_interval``, largest total first.

    Raises:
        BadInputError: The number is the same in all draws, or a group has no input.
    """
    first = Served(case.seed, case.draws)
    a = case.run(first)
    names = {name: group_of(case.catalogue, name) for name in first.names}
    present = list(dict.fromkeys(g for g in (*GROUPS, *SUPPLY, OTHER) if g in names.values()))
    chosen = list(groups) if groups is not None else present
    for group in chosen:
        if group not in present:
            raise BadInputError(f"no group {group!r} of inputs; the groups are {', '.join(present)}")
    total = len(chosen) + 2
    outcomes = [a.values]
    for done, group in enumerate(chosen, 2):
        inside = frozenset(name for name, other in names.items() if other == group)
        outcomes.append(case.run(Served(case.seed, case.draws, replaced=inside.__contains__)).values)
        if progress:
            progress(done, total)
    outcomes.append(case.run(Served(case.seed, case.draws, replaced=lambda name: True)).values)
    if progress:
        progress(total, total)
    table = np.stack(outcomes, axis=1)
    table = table[np.isfinite(table).all(1)]
    if len(table) < 2 or float(np.ptp(table)) == 0.0:
        raise BadInputError(f"{case.target.text} is the same in all draws; nothing drives it")
    indices = _indices(table, chosen, case.seed)
    return {
        "metric": case.target.text, "unit": a.attrs.get("unit", ""), "draws": len(table), "runs": total,
        "confidence": CONFIDENCE, "mean": plain(table[:, [0, -1]].mean()),
        "variance": plain(table[:, [0, -1]].var()), "groups": indices,
    }  # fmt: skip


def _indices(table: Uniforms, groups: Sequence[str], seed: int) -> list[dict[str, Any]]:
    """Indices from outcomes ``[draw, (A, AB_1 .. AB_G, B)]``, the order that SALib reads."""
    from SALib.analyze import sobol as salib

    count = len(groups)
    problem = {"num_vars": count, "names": list(groups), "bounds": [[0.0, 1.0]] * count}
    found = salib.analyze(
        problem, table.reshape(-1), calc_second_order=False, num_resamples=_RESAMPLES, conf_level=CONFIDENCE,
        seed=seed % 2**32,
    )  # fmt: skip
    made = []
    for i, group in enumerate(groups):
        row: dict[str, Any] = {"group": group}
        for key, name in (("S1", "first"), ("ST", "total")):
            middle, half = float(found[key][i]), float(found[f"{key}_conf"][i])
            row |= {name: plain(middle), f"{name}_interval": [plain(middle - half), plain(middle + half)]}
        made.append(row)
    return sorted(made, key=lambda row: -float(row["total"]))
