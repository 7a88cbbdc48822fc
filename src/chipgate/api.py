"""The verbs of Chipgate for Python; the command line calls the same functions."""

import difflib
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chipgate.catalogue.catalogue import Catalogue, catalogue
from chipgate.errors import BadInputError, SpecError, UnknownNameError
from chipgate.rules.book import RuleBook
from chipgate.rules.destination import destination, find_firm, listing
from chipgate.rules.headroom import Headroom
from chipgate.rules.headroom import headroom as _headroom
from chipgate.rules.history import Period
from chipgate.rules.history import history as _history
from chipgate.rules.subject import Given, catalogue_subject, given_subject
from chipgate.rules.verdict import Subject, Verdict, judge
from chipgate.schema.clause import Item
from chipgate.timegrid import covered_day

if TYPE_CHECKING:
    import xarray as xr

    from chipgate.results.execute import Progress
    from chipgate.setup.build import Built
    from chipgate.setup.plan import Plan

__all__ = ["Given", "classify", "classify_all", "headroom", "history", "rule_book", "run", "workload", "workload_fit",
           "workload_score"]  # fmt: skip


@cache
def rule_book(data: Catalogue) -> RuleBook:
    """The parsed clauses of a catalogue."""
    return RuleBook(data.clauses)


def classify(
    chip: str | None = None, *, on: str | date, to: str, buyer: str | None = None, given: Given | None = None,
    export_from_us: bool = True, item: Item = "finished_chip", data: Catalogue | None = None,
) -> Verdict:  # fmt: skip
    """Judge whether a chip may be exported.

    Args:
        chip: Id, name or alias of a catalogued chip; ``None`` for figures given by hand.
        on: Day, ``YYYY-MM-DD`` from 2022-01-01.
        to: Destination: ISO 3166 code, country name, or ``CN_HQ_ABROAD``.
        buyer: Firm that receives it; the Entity List and the headquarters rule depend on it.
        given: Figures given by hand, in place of the catalogue's.
        export_from_us: Whether it is shipped from the US.
        item: What is judged; anything but a finished chip needs ``given``.
        data: Catalogue; the embedded one by default.

    Returns:
        The verdict with clauses, arithmetic, confidence and open points.

    Raises:
        UnknownNameError: Unknown chip, country or firm.
        DateError: The day cannot be read or is not covered.
        SpecError: The given figures are missing, sparse or contradict each other.
    """
    data = data or catalogue()
    day = covered_day(on if isinstance(on, str) else on.isoformat())
    firm = find_firm(data, buyer) if buyer is not None else None
    place = destination(data, to, day, firm)
    subject = _subject(data, chip, given, export_from_us, item)
    listed = listing(data.firms, firm, day) if firm is not None else None
    ledger = list(data.ambiguities.values())
    return judge(rule_book(data), ledger, subject, day, place, listed=listed, has_buyer=firm is not None)


def classify_all(
    *, on: str | date, to: str, buyer: str | None = None, export_from_us: bool = True,
    data: Catalogue | None = None,
) -> list[Verdict]:  # fmt: skip
    """Judge every chip of the catalogue; arguments as for :func:`classify`."""
    data = data or catalogue()
    return [classify(chip, on=on, to=to, buyer=buyer, export_from_us=export_from_us, data=data) for chip in data.chips]


def history(chip: str, *, to: str = "CN", data: Catalogue | None = None) -> list[Period]:
    """Every change of a chip's status since 2022, with the events behind it."""
    data = data or catalogue()
    return _history(data, rule_book(data), _subject(data, chip, None, True, "finished_chip"), to)


def headroom(
    chips: Sequence[str] | None = None, *, on: str | date, to: str, data: Catalogue | None = None
) -> list[Headroom]:
    """How far chips stand from each threshold in force; all chips by default."""
    data = data or catalogue()
    day = covered_day(on if isinstance(on, str) else on.isoformat())
    place = destination(data, to, day)
    names = list(data.chips) if chips is None else chips
    subjects = [_subject(data, name, None, True, "finished_chip") for name in names]
    return [_headroom(rule_book(data), subject, day, place) for subject in subjects]


def _subject(data: Catalogue, chip: str | None, given: Given | None, export_from_us: bool, item: Item) -> Subject:
    found = data.chips.find(chip) if chip is not None else None
    if given is not None and not (given.empty and found is not None and item == "finished_chip"):
        return given_subject(given, chip=found, makers=data.makers, export_from_us=export_from_us, item=item)
    if found is None:
        return given_subject(Given(), item=item)
    return catalogue_subject(found, data.makers, export_from_us=export_from_us)


def run(
    scenario: str = "h20-reopened", *, as_of: str | None = None, until: str | None = None, draws: int = 1000,
    seed: int = 0, settings: "Mapping[str, Any] | None" = None, dtype: str = "float32",
    metrics: Sequence[str] | None = None, progress: "Progress | None" = None, data: Catalogue | None = None,
    supply_sheet: "Path | None" = None, demand_sheet: "Path | None" = None, fiscal: "Mapping[str, int] | None" = None,
    prior: bool = False,
) -> "xr.Dataset":  # fmt: skip
    """Simulate a scenario.

    Args:
        scenario: Id of a shipped scenario, or path of a YAML file.
        as_of: Day up to which anything is known, ``YYYY-MM-DD``; the scenario's own by default.
        until: Last month, ``YYYY-MM``.
        draws: Number of draws; the first draws of a longer run are those of a shorter one.
        seed: Seed of all random streams.
        settings: Lever settings on top of the scenario, path -> value or month -> value.
        dtype: ``float32`` or ``float64``.
        metrics: Metrics to compute; all by default.
        progress: Called with draws done and draws in all.
        data: Catalogue; the embedded one by default.
        supply_sheet, demand_sheet: Sheets (.xlsx, .csv) of chips by quarter whose units replace the supply of
            their offers, or whose revenue replaces the budget.
        fiscal: ``first_month`` and ``year_offset`` where the sheets have fiscal quarters.
        prior: Leave the record's posterior aside and draw from the priors alone.

    Returns:
        Dataset with dimensions ``month``, the axes of each metric, and ``draw``; units, labels, formulas and
        provenance are in the attributes.

    Raises:
        BadInputError: Unknown scenario or lever, a value out of range, dates that do not follow each other.
    """
    from chipgate.results.dataset import dataset
    from chipgate.results.execute import execute_plan
    from chipgate.setup.planned import plan_of
    from chipgate.setup.scenario import resolve

    if not 1 <= draws <= MOST_DRAWS:
        raise BadInputError(f"draws is {draws}; give 1 to {MOST_DRAWS:,}")
    if not 0 <= seed < 2**63:
        raise BadInputError(f"seed is {seed}; give 0 to 2^63 - 1")
    data = data or catalogue()
    found = resolve(data, scenario, as_of=as_of, until=until, extra=settings)
    check_metrics(metrics or ())
    made = plan_of(found, seed=seed, draws=draws, prior=prior)
    sheets = {kind: path for kind, path in (("supply", supply_sheet), ("demand", demand_sheet)) if path is not None}
    ran = execute_plan(made, dtype=dtype, names=metrics, progress=progress, adjust=_with_sheets(made, sheets, fiscal))
    return dataset(ran, found).assign_attrs({f"{kind}_sheet": path.name for kind, path in sheets.items()})


def workload(
    chip: str | None, *, model: str, phase: str, chips: int | None = None, precision: str | None = None,
    batch: int | str | None = None, tokens_in: int | None = None, tokens_out: int | None = None,
    tpot_ms: float | None = None, ttft_ms: float | None = None, layout: str | None = None,
    tokens: float | str | None = None, on: str | date | None = None, software: str | None = None,
    data: Catalogue | None = None,
) -> dict[str, Any]:  # fmt: skip
    """What a language model does on a chip: throughput with its band, what limits it, cost, nearest measurements.

    Args:
        chip: Id, name or alias; ``None`` ranks the whole catalogue.
        model: Id, name or checkpoint of a catalogued language model.
        phase: ``training``, ``prefill`` or ``decode``.
        chips: Chips of the system; by default 1,024 in training and 8 in serving, doubled until the model fits.
        precision: Number format; 16 bits in training, and FP8, else INT8, else 16 bits in serving.
        batch: Sequences in the system (in training, of a step); ``best`` or ``None`` searches.
        tokens_in, tokens_out: Mean lengths.
        tpot_ms: Longest time between tokens of decoding; 50 where the batch is searched, 0 for no limit.
        ttft_ms: Longest time of a prompt in prefill.
        layout: Such as ``TP8 PP2``; the best by default.
        tokens: Tokens of a training run, such as ``15T``.
        on: Day by which the software is judged; that of the record by default.
        software: Family of the engine, such as ``vllm``.
        data: Catalogue; the embedded one by default.

    Returns:
        The document that ``chipgate workload --json`` prints.

    Raises:
        BadInputError: An unknown name, an impossible number or layout, or a model that does not fit.
    """
    from chipgate.arrays.compiled import compile_cache
    from chipgate.workload import document, question
    from chipgate.workload.predict import Refused

    data = data or catalogue()
    given = {
        "chips": chips, "precision": precision, "batch": batch, "tokens_in": tokens_in, "tokens_out": tokens_out,
        "tpot_ms": tpot_ms, "ttft_ms": ttft_ms, "layout": layout, "tokens": tokens, "on": on, "software": software,
    }  # fmt: skip
    asked = question.question(data, chip, model, phase, given)
    fitted = question.predictor(data)
    with compile_cache():
        if chip is None:
            return document.ranking(data, fitted, asked)
        found = document.one(data, fitted, asked)
    if isinstance(found, Refused):
        raise SpecError(found.reason)
    return found


def workload_score(path: "Path | None" = None, *, data: Catalogue | None = None) -> dict[str, Any]:
    """Score the workload model against a file of measurements, by default the embedded ones.

    A measurement that is in the fit is predicted from the other runs alone.

    Raises:
        DataError: The file cannot be read or lacks a column.
    """
    from chipgate.arrays.compiled import compile_cache
    from chipgate.workload import question, score
    from chipgate.workload.measured import cases_of, read_cases

    data = data or catalogue()
    cases, others = cases_of(data) if path is None else read_cases(path, data)
    with compile_cache():
        return score.document(data, score.score(data, question.predictor(data), cases, others))


def workload_fit(
    path: "Path", *, rates: "Path | None" = None, report: "Callable[[str], None]" = lambda _: None,
    data: Catalogue | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Fit the workload model to the measurements anew, validate it, and write the fit to ``path``; takes minutes.

    Args:
        path: File of the fit, ``.npz``.
        rates: Also write the market's reference throughputs, by vintage of the measurements, to this CSV file.
        report: Told of progress.
        data: Catalogue; the embedded one by default.

    Returns:
        What is known of the fit: the rule of the split, the scores on the held-out part and of each run from the
        others.
    """
    import jax

    from chipgate.arrays.compiled import compile_cache
    from chipgate.workload import reference, refit, store

    data = data or catalogue()
    with compile_cache(), jax.enable_x64(True):
        fitted, about = refit.refit(data, report)
        store.save(path, fitted, about)
        if rates is not None:
            reference.write(rates, reference.vintages(data, refit.usable(data)[0], report))
    return about


def _with_sheets(
    made: "Plan", sheets: "Mapping[str, Path]", fiscal: "Mapping[str, int] | None"
) -> "Callable[[Built], Built] | None":
    """Puts the paths of sheets in place of drawn ones."""
    from chipgate.results.sheet import read_sheet, with_sheet

    if not sheets:
        return None
    read = [
        read_sheet(path, "supply" if kind == "supply" else "demand", offers=made.structure.offers,
                   months=made.months, fiscal=fiscal)
        for kind, path in sheets.items()
    ]  # fmt: skip

    def adjust(built: "Built") -> "Built":
        for one in read:
            built = with_sheet(built, one)
        return built

    return adjust


def check_metrics(names: Sequence[str]) -> None:
    """Raise unless every name is a metric.

    Raises:
        UnknownNameError: One is not; the nearest are named.
    """
    from chipgate.metrics import METRICS

    for name in names:
        if name not in METRICS:
            near = difflib.get_close_matches(name, METRICS, n=3)
            raise UnknownNameError("metric", name, near, fix="`chipgate explain` lists all")


MOST_DRAWS = 1_000_000
"""Draws of one run at most."""
