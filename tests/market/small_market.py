"""A small run, and the numbers of it that are kept.

After an intended change of the model: ``python tests/market/small_market.py`` writes them anew.
"""

import json
from datetime import date
from functools import cache
from pathlib import Path

import numpy as np

from chipgate.catalogue import catalogue
from chipgate.results.execute import Executed, execute
from chipgate.setup.build import Built, build
from chipgate.setup.plan import plan
from chipgate.setup.scenario import resolve

GOLDEN = Path(__file__).parent.parent / "golden" / "market_small.json"
KEPT = ("units_delivered", "revenue", "price_street", "fee_receipts", "outside_spend", "units_lost")


@cache
def built(draws: int = 8, until: date | None = None, scenario: str = "h20-reopened") -> Built:
    data = catalogue()
    found = resolve(data, scenario)
    return build(plan(data, found.settings, found.as_of, until or found.until, seed=11, draws=draws))


def summary(run: Executed) -> dict[str, list[float]]:
    """Sum over months of the mean of draws, for each entry of the other axes."""
    return {
        name: [float(f"{x:.7g}") for x in np.asarray(run.values[name], float).mean(-1).sum(0).ravel()] for name in KEPT
    }


if __name__ == "__main__":
    GOLDEN.write_text(json.dumps(summary(execute(built(), names=KEPT)), indent=1) + "\n")
    print(f"wrote {GOLDEN}")
