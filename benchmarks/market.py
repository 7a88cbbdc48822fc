"""Time and memory of the simulated market, its scaling in draws, and the same work in other tools.

Run: python benchmarks/market.py [--full] [--json] [--out FILE]

Absolute times depend on the machine and on what else runs; ratios are taken within one run. pyblp comes with the
dependency group dev, Mesa and PySD with the group bench; what is missing is left out.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from chipgate.catalogue import catalogue
from chipgate.market.pricing import Market, solve
from chipgate.results import execute as running
from chipgate.setup.plan import Plan
from chipgate.setup.planned import plan_of
from chipgate.setup.scenario import resolve

SIZES = (100, 1_000, 10_000)
SCENARIO = "h20-reopened"


def planned(draws: int) -> Plan:
    data = catalogue()
    found = resolve(data, SCENARIO)
    return plan_of(found, seed=0, draws=draws)


def timed(work: Callable[[], object], times: int = 5) -> float:
    walls = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        walls.append(time.perf_counter() - start)
    return median(walls)


def memory() -> float:
    """Megabytes that the process holds, files that it has mapped apart (results of many draws lie in files)."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon")) / 1024
    except (OSError, StopIteration):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def one_size(draws: int) -> None:
    """In a process of its own: inputs, first run, and runs from then on; peak memory."""
    made = planned(draws)
    start = time.perf_counter()
    running.execute_plan(planned(running.BLOCK), names=["revenue"])
    first = time.perf_counter() - start
    sizes = [memory()]
    start = time.perf_counter()
    done = running.execute_plan(made, progress=lambda *_: sizes.append(memory()))
    wall = time.perf_counter() - start
    peak = max(sizes)
    print(json.dumps({
        "draws": draws, "start_s": first, "run_s": wall, "draws_per_s": draws / wall, "peak_mb": peak,
        "sweeps": done.sweeps, "nonconverged": int((~done.converged).sum()), "months": len(made.months),
    }))  # fmt: skip


def in_process(draws: int, cache: str | None = None) -> dict[str, float]:
    environment = {**os.environ, **({"XDG_CACHE_HOME": cache} if cache else {})}
    command = [sys.executable, __file__, "--one", str(draws)]
    found = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    return json.loads(found.stdout.splitlines()[-1])


def exponentials(made: Plan, sweeps: float) -> int:
    """Exponentials and logarithms of all price sweeps of one draw; see ``pricing.sweep``."""
    b, c, w = len(made.structure.buyers), len(made.structure.offers), 2
    return round(len(made.months) * sweeps * (6 * c + w * c + 2 * 3 * b * w))


def floor(count: int, draws: int) -> float:
    """Seconds for so many exponentials a draw in a bare loop, on the same threads and blocks."""
    rows, block = 200, running.BLOCK

    @jax.jit
    def bare(x: jax.Array) -> jax.Array:
        return lax.fori_loop(0, count // rows, lambda _, y: jnp.exp(-y), x)

    x = jnp.ones((rows, block), jnp.float32)
    bare(x).block_until_ready()

    def all_blocks() -> None:
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(lambda _: bare(x).block_until_ready(), range(-(-draws // block))))

    return timed(all_blocks)


def one_market(made: Plan, draws: int, seed: int = 0) -> Market:
    """A market of the catalogue's size with random numbers in it; every offer is sold, none is scarce."""
    rng = np.random.default_rng(seed)
    b, c = len(made.structure.buyers), len(made.structure.offers)

    def uniform(low: float, high: float, *shape: int) -> jax.Array:
        return jnp.asarray(rng.uniform(low, high, (*shape, draws)))

    return Market(
        base=uniform(2_000, 9_000, c), fee=uniform(0.0, 0.2, c), own=uniform(500, 4_000, c), tariff=uniform(0, 0.2),
        supply=jnp.full((c, draws), 1e12), active=jnp.ones((c, draws)), log_worth=uniform(9.0, 10.0, 2, c),
        attract=uniform(0.1, 1.0, b, c), budget=uniform(1e8, 1e9, b, 2), alpha=uniform(1.3, 2.0, 2),
        lam=uniform(0.5, 0.8), outside=uniform(0.0, 1.0), markup=uniform(0.1, 0.5), grey_scale=uniform(1e3, 5e3, c),
        grey_elasticity=uniform(1, 4),
    )  # fmt: skip


def our_solve(made: Plan, draws: int) -> float:
    """Seconds for one market in double precision, to the tolerance asked of pyblp, when many are solved at once."""
    market = one_market(made, draws)
    begin = jnp.full(market.base.shape, jnp.log(2.0))
    work = jax.jit(lambda m, x: solve(made.structure, m, x, tolerance=1e-10).x)
    work(market, begin).block_until_ready()
    return timed(lambda: work(market, begin).block_until_ready()) / draws


def pyblp_solve(made: Plan) -> tuple[float, float]:
    """Seconds for the same market in pyblp, the solve alone and with its set-up; a grey offer is a vendor of its own.

    The mapping is in tests/market/market_problems.py.
    """
    import pyblp

    pyblp.options.verbose = False
    structure, market = made.structure, jax.tree.map(np.asarray, one_market(made, 1))
    b, c = len(structure.buyers), len(structure.offers)
    agents = [(i, w) for i in range(b) for w in range(2)]
    weights = np.array([market.budget[i, w, 0] for i, w in agents])
    lam = market.lam[0]
    products = {
        "market_ids": np.zeros(c, int), "nesting_ids": np.array(structure.route), "prices": np.full(c, 0.4),
        "firm_ids": [v if v >= 0 else 100 + i for i, v in enumerate(structure.vendor)], "mc": market.base[:, 0],
        "own": market.own[:, 0], "one": np.ones(c),
        "duty": np.array([1 + market.tariff[0] * (route != 2) for route in structure.route]),
    }  # fmt: skip
    people = {
        "market_ids": np.zeros(len(agents), int), "weights": weights / weights.sum(),
        "nodes": np.zeros((len(agents), 2)), "alpha": [market.alpha[w, 0] for _, w in agents],
    }  # fmt: skip
    for j in range(c):
        people[f"taste{j}"] = [
            market.alpha[w, 0] * market.log_worth[w, j, 0] + lam * np.log(market.attract[i, j, 0]) - market.outside[0]
            for i, w in agents
        ]

    def half_steps(initial, contraction, callback, **_):
        x = initial
        for _ in range(2_000):
            new = np.clip((x + contraction(x)[0]) / 2, -0.5, 0.99)
            callback()
            moved, x = np.abs(new - x).max(), new
            if moved < 1e-10:
                return x, True
        return x, False

    def ready() -> "pyblp.Simulation":
        return pyblp.Simulation(
            (pyblp.Formulation("0 + prices"), pyblp.Formulation("0 + log(mc * duty / (1 - prices) + own) + one")),
            products, beta=[0], sigma=np.zeros((2, 2)), pi=[[-1, 0], [0, 1]], rho=1 - lam,
            agent_formulation=pyblp.Formulation("0 + alpha + taste"), agent_data=people, xi=np.zeros(c),
            omega=np.zeros(c),
        )  # fmt: skip

    def go(simulation: "pyblp.Simulation") -> None:
        simulation.replace_endogenous(costs=market.fee, iteration=pyblp.Iteration(half_steps))

    simulation = ready()
    return timed(lambda: go(simulation)), timed(lambda: go(ready()))


def mesa_stock_flow(made: Plan, draws: int = 5) -> float:
    """Seconds a draw for stocks and flows of the same size (buyer x offer x month) in Mesa, without any prices."""
    import mesa

    b, c = len(made.structure.buyers), len(made.structure.offers)

    class Order(mesa.Agent):
        def __init__(self, model: mesa.Model) -> None:
            super().__init__(model)
            self.backlog = self.installed = 0.0

        def step(self) -> None:
            self.backlog += self.model.random.random()
            sent = self.backlog / 3
            self.backlog -= sent
            self.installed += sent - self.installed / 48

    def one() -> None:
        model = mesa.Model(seed=0)
        Order.create_agents(model, b * c)
        for _ in made.months:
            model.agents.do("step")

    return timed(lambda: [one() for _ in range(draws)], 3) / draws


def vensim(made: Plan) -> str:
    """The same stocks and flows as in :func:`mesa_stock_flow`, as a Vensim model with two subscripts."""
    axes = {"buyer": len(made.structure.buyers), "offer": len(made.structure.offers)}
    at = "[buyer,offer]"
    lines = [f"{name}: {', '.join(f'{name}{i}' for i in range(size))}" for name, size in axes.items()]
    lines += [
        f"backlog{at} = INTEG(ordered{at} - sent{at}, 0)", f"installed{at} = INTEG(sent{at} - installed{at} / 48, 0)",
        f"ordered{at} = RANDOM UNIFORM(0, 1, 0)", f"sent{at} = backlog{at} / 3", "INITIAL TIME = 0",
        f"FINAL TIME = {len(made.months)}", "TIME STEP = 1", "SAVEPER = TIME STEP",
    ]  # fmt: skip
    return "{UTF-8}\n" + "".join(f"{line}\n\t~\t\n\t~\t\n\t|\n\n" for line in lines)


def pysd_stock_flow(made: Plan) -> float:
    """Seconds a draw for the same stocks and flows in PySD, its translation of the model apart."""
    import pysd

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "market.mdl"
        path.write_text(vensim(made), encoding="utf-8")
        model = pysd.read_vensim(str(path))
        return timed(lambda: model.run(return_columns=["installed"]), 3)


def peers(made: Plan, per_draw: float) -> dict[str, float]:
    found: dict[str, float] = {}
    with jax.enable_x64(True):
        found["our_solve_s"] = ours = our_solve(made, running.BLOCK)
    try:
        with jax.enable_x64(True):
            alone, whole = pyblp_solve(made)
        found |= {"pyblp_solve_ratio": alone / ours, "pyblp_with_setup_ratio": whole / ours}
    except ImportError:
        print("pyblp is not installed: left out", file=sys.stderr)
    try:
        found["mesa_stock_flow_ratio"] = mesa_stock_flow(made) / per_draw
    except ImportError:
        print("Mesa is not installed: left out", file=sys.stderr)
    try:
        found["pysd_stock_flow_ratio"] = pysd_stock_flow(made) / per_draw
    except ImportError:
        print("PySD is not installed: left out", file=sys.stderr)
    return found


def show(result: dict[str, object]) -> None:
    print(f"{SCENARIO}, single precision, {os.cpu_count()} cores, blocks of {running.BLOCK} draws, "
          f"{result['sizes'][0]['months']} months\n")  # fmt: skip
    print(f"{'draws':>8} {'seconds':>9} {'draws/s':>9} {'peak MB':>9} {'sweeps':>7} {'failed':>7}")
    for row in result["sizes"]:
        print("{draws:8d} {run_s:9.2f} {draws_per_s:9.0f} {peak_mb:9.0f} {sweeps:7.1f} {nonconverged:7d}".format(**row))
    print(f"\nfirst block, nothing cached:  {result['cold_start_s']:6.1f} s   (trace, lower, compile, run)")
    print(f"first block, program cached:  {result['warm_start_s']:6.1f} s   (load, run)")
    print(f"all of a run over the bare exponentials of its price sweeps: {result['floor_ratio']:.1f}")
    found = result["peers"]
    print(f"one market to 1e-10, double precision, in a block: {found['our_solve_s'] * 1e6:.0f} microseconds")
    for name, text in {
        "pyblp_solve_ratio": "the same in pyblp, set up before", "pyblp_with_setup_ratio": "the same, set-up included",
        "mesa_stock_flow_ratio": "a draw's stock-flow alone in Mesa over our whole draw",
        "pysd_stock_flow_ratio": "the same in PySD",
    }.items():  # fmt: skip
        if name in found:
            print(f"{text}: {found[name]:,.1f} times")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true", help="also 100,000 draws")
    parser.add_argument("--out", help="write the numbers as JSON")
    parser.add_argument("--json", action="store_true", help="print the numbers as JSON")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        one_size(given.one)
        return
    with tempfile.TemporaryDirectory() as cache:
        cold, warm = (in_process(running.BLOCK, cache)["start_s"] for _ in range(2))
    sizes = [in_process(draws) for draws in (*SIZES, *([100_000] if given.full else []))]
    made, thousand = planned(1_000), sizes[1]
    bare = floor(exponentials(made, thousand["sweeps"]), 1_000)
    result = {
        "sizes": sizes, "cold_start_s": cold, "warm_start_s": warm, "floor_ratio": thousand["run_s"] / bare,
        "peers": peers(made, thousand["run_s"] / 1_000),
    }  # fmt: skip
    print(json.dumps(result, indent=1)) if given.json else show(result)
    if given.out:
        with open(given.out, "w") as file:
            json.dump(result, file, indent=1)


if __name__ == "__main__":
    main()
