"""A run that can be looked at before it is whole: few draws first, then all, block by block.

The first draws of a longer run are those of a shorter one, so each stage is the head of the next, and what a stage
shows is what :func:`chipgate.api.run` gives for that number of draws. The caller decides when each block is simulated,
so that many runs can take turns. Blocks are smaller than those of an ordinary run: a draw does not depend on its block,
two small ones keep two cores busy, and nobody waits long for one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from threading import Lock
from typing import Any, Final

import numpy as np
import xarray as xr

from chipgate.errors import InternalError
from chipgate.market.step import Record
from chipgate.metrics import METRICS, View
from chipgate.results.dataset import dataset
from chipgate.results.execute import SMALL_BLOCK, Store, cut
from chipgate.results.program import Program, fetch, loaded, program
from chipgate.setup.build import Built, Kept, build
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
    """

    def __init__(self, made: Plan, scenario: Resolved, stages: Sequence[int]) -> None:
        if list(stages) != sorted(set(stages)) or stages[-1] != made.draws:
            raise InternalError(f"stages {stages} do not grow to the {made.draws} draws of the plan")
        self.made, self.scenario, self.stages = made, scenario, tuple(stages)
        self._records: dict[int, Record] = {}
        self._lock = Lock()

    def compile(self) -> None:
        """Have the program loaded; it compiles for some seconds where this structure is run for the first time."""
        if not self.compiled:
            small = replace(self.made, draws=min(SMALL_BLOCK, self.made.draws))
            built = build(small)
            program(self.made.structure, cut(built, slice(0, small.draws), _DTYPE, SMALL_BLOCK), _DTYPE, SMALL_BLOCK)

    @property
    def compiled(self) -> bool:
        """Whether the program is loaded, or can be loaded without compiling."""
        fetch(self.made.structure, _DTYPE, SMALL_BLOCK)
        return loaded(self.made.structure, _DTYPE, SMALL_BLOCK)

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
            inputs = cut(built, part, _DTYPE, SMALL_BLOCK)
            run: Program = program(built.plan.structure, inputs, _DTYPE, SMALL_BLOCK)
            simulated = run(inputs)
            arrays: dict[str, Any] = {name: np.asarray(a)[..., :count] for name, a in vars(simulated).items()}
            record = replace(simulated, **arrays)
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
