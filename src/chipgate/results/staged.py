"""A run that can be looked at before it is whole: few draws first, then all, block by block.

The first draws of a longer run are those of a shorter one, so each stage is the head of the next, and what a stage
shows is what :func:`chipgate.api.run` gives for that number of draws. The caller decides when each block is simulated,
so that many runs can take turns. Blocks are smaller than those of an ordinary run: a draw does not depend on its block,
two small ones keep two cores busy, and nobody waits long for one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from threading import Lock
from typing import Final

import xarray as xr

from chipgate.errors import InternalError
from chipgate.market.step import Record
from chipgate.metrics import METRICS, View
from chipgate.results.chunks import Heads, compile_for, compiled, simulate_block
from chipgate.results.dataset import dataset
from chipgate.results.execute import SMALL_BLOCK, Store
from chipgate.setup.build import Built, Kept, build
from chipgate.setup.draws import month_index
from chipgate.setup.plan import Plan
from chipgate.setup.scenario import Resolved

_DTYPE: Final = "float32"


@dataclass(frozen=True)
class Stage:
    """A number of draws under way.

    Attributes:
        blocks: First draw of each block.
    """

    built: Built
    store: Store
    blocks: tuple[int, ...]


class StagedRun:
    """A run in stages.

    Args:
        made: Plan with all its draws. ``scenario``: what it is of.
        stages: Numbers of draws, growing; the last is that of the plan.
        heads: Histories of earlier runs, to begin from where they are the same.
    """

    def __init__(self, made: Plan, scenario: Resolved, stages: Sequence[int], heads: Heads | None = None) -> None:
        if list(stages) != sorted(set(stages)) or stages[-1] != made.draws:
            raise InternalError(f"stages {stages} do not grow to the {made.draws} draws of the plan")
        self.made, self.scenario, self.stages = made, scenario, tuple(stages)
        self.heads = heads
        self._records: dict[int, Record] = {}
        self._lock = Lock()

    def compile(self) -> None:
        """Have the program loaded; it compiles for some seconds where these offers are run for the first time."""
        if not self.compiled:
            small = replace(self.made, draws=min(SMALL_BLOCK, self.made.draws))
            compile_for(self.made.structure, build(small).inputs, small.draws, SMALL_BLOCK)

    @property
    def compiled(self) -> bool:
        """Whether the program is loaded, or can be loaded without compiling."""
        return compiled(self.made.structure, SMALL_BLOCK)

    def plan_of(self, stage: int) -> Plan:
        """The plan of a stage, given by its place."""
        return replace(self.made, draws=self.stages[stage])

    def begin(self, stage: int, kept: Kept | None = None, names: Sequence[str] | None = None) -> Stage:
        """Draw the inputs of a stage, given by its place.

        Args:
            kept: Draws of its plan, made before.
            names: Metrics of this stage; all by default.
        """
        made = self.plan_of(stage)
        built = build(made, kept=kept)
        chosen = list(METRICS) if names is None else list(names)
        return Stage(built, Store(built, chosen, made.draws), tuple(range(0, made.draws, SMALL_BLOCK)))

    def simulate(self, stage: Stage, start: int) -> int:
        """Simulate one block of a stage, unless an earlier stage has, and compute its metrics.

        Returns:
            Number of its draws.
        """
        built = stage.built
        part = slice(start, min(start + SMALL_BLOCK, built.plan.draws))
        count = part.stop - part.start
        with self._lock:
            record = self._records.get(start)
        if record is None:
            made = built.plan
            record = simulate_block(
                made.structure, built.inputs, part, SMALL_BLOCK, history=month_index(made.months, made.as_of) + 1,
                heads=self.heads, key=(made.catalogue, made.as_of, made.structure.offers, made.seed, start),
            )  # fmt: skip
            if count == SMALL_BLOCK and built.plan.draws < self.made.draws:
                with self._lock:
                    self._records[start] = record
        stage.store.take(View(record, built, part), 0)
        return count

    def dataset(self, stage: Stage) -> xr.Dataset:
        """The metrics of a stage, once every block of it is simulated."""
        stage.store.take_inputs(stage.built, 0)
        found = dataset(stage.store.executed(stage.built, _DTYPE), self.scenario)
        if stage.built.plan.draws == self.made.draws:
            self._records.clear()
        return found
