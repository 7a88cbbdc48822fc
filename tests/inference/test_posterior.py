"""What ships: read fast, used by default, nothing later than the as-of date; the priors where it says nothing."""

import json
import time
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from helpers import DATA, embedded, run_cli

from chipgate.api import run
from chipgate.arrays.keys import Streams
from chipgate.catalogue import catalogue
from chipgate.errors import DataError
from chipgate.inference.calibrate import AS_OF, document, fit
from chipgate.setup.build import build
from chipgate.setup.draws import PriorDraws
from chipgate.setup.plan import Plan, plan
from chipgate.setup.posterior import FOLDER, Posterior, latest, packed, read, unpacked
from chipgate.setup.scenario import resolve

DAY = date(2025, 8, 17)


def shipped() -> Posterior:
    found = latest(embedded(), DAY)
    assert found is not None
    return found


def planned(posterior: Posterior | None, draws: int = 6) -> Plan:
    data = embedded()
    found = resolve(data, "h20-reopened", until="2025-10")
    return plan(data, found.settings, found.as_of, found.until, seed=3, draws=draws, posterior=posterior)


@pytest.mark.parametrize("path", sorted((DATA / FOLDER).glob("*.json")), ids=lambda p: p.stem)
def test_a_shipped_file_is_whole(path: Path) -> None:
    begun = time.perf_counter()
    found = read(path)
    assert time.perf_counter() - begun < 0.5
    assert found.as_of == date.fromisoformat(path.stem)
    assert found.method == "ensemble"
    spread = np.sqrt((found.factor**2).sum(1))
    listed = [found.document["streams"][name]["sd"] for name in found.names]
    np.testing.assert_allclose(spread, listed, rtol=1e-4)
    assert (np.diag(found.factor) > 0).all()
    data = embedded()
    for name in found.bounds:
        variant = found.variant(data.priors[name])
        assert variant is not None, f"{name}: fit it anew by `chipgate calibrate`"
        assert variant.known_since.last <= found.as_of
    seen = [data.observations[o] for o in found.document["observations"]]
    assert seen
    assert all(o.published_date.last <= found.as_of for o in seen)


def test_what_ships_is_all_and_small() -> None:
    files = sorted((DATA / FOLDER).glob("*.json"))
    assert [p.stem for p in files] == [day.isoformat() for day in AS_OF]
    assert sum(p.stat().st_size for p in files) < 300_000


def test_the_command_gives_the_shipped_bits() -> None:
    """A fit anew of the first day; where it differs, model or data changed: fit all anew by `chipgate calibrate`."""
    ships = read(DATA / FOLDER / f"{AS_OF[0]}.json").document
    again = document(embedded(), fit(AS_OF[0]), 0)
    for key in ("observations", "streams", "other", "priors", "factor"):
        assert again[key] == ships[key], key


def test_the_last_one_up_to_the_day_is_taken(tmp_path: Path) -> None:
    document = json.loads((DATA / FOLDER / "2025-08-17.json").read_text())
    (tmp_path / FOLDER).mkdir()
    for day in ("2025-08-18", "2025-08-10"):  # one planted a day after, one before
        document |= {"as_of": day}
        (tmp_path / FOLDER / f"{day}.json").write_text(json.dumps(document))
    data = catalogue(tmp_path)
    assert (latest(data, DAY) or shipped()).as_of == DAY
    assert latest(data, date(2025, 8, 16)).as_of == date(2025, 8, 10)
    assert latest(data, date(2025, 8, 18)).as_of == date(2025, 8, 18)
    assert latest(data, date(2022, 6, 1)) is None


def test_scores_follow_the_posterior_and_the_rest_stays() -> None:
    posterior = shipped()
    n = 4_000
    with_, without = (PriorDraws(embedded(), Streams(5, n), DAY, p) for p in (posterior, None))
    i = posterior.names.index("taste.domestic_other")
    scores = with_.score("taste.domestic_other")
    assert scores.mean() == pytest.approx(posterior.mean[i], abs=0.06)
    assert scores.std() == pytest.approx(np.sqrt((posterior.factor[i] ** 2).sum()), abs=0.05)
    for name in ("software.ceiling", "huawei.yield_start"):
        assert name not in posterior.names
        assert (with_.one(name) == without.one(name)).all()
    assert (with_.one("taste.domestic_other") != without.one("taste.domestic_other")).all()


def test_the_first_draws_of_a_longer_run_are_those_of_a_shorter_one() -> None:
    short, long = (build(planned(shipped(), draws)).inputs for draws in (4, 9))
    part = build(planned(shipped(), 9), 2, 4).inputs
    for name, value in vars(short.constants).items():
        whole = getattr(long.constants, name)
        if value.shape[-1] > 1:
            assert (whole[..., :4] == value).all(), name
            assert (whole[..., 2:6] == getattr(part.constants, name)).all(), name
    assert (long.monthly.budget[..., :4] == short.monthly.budget).all()


def test_a_prior_of_ones_own_is_drawn_as_it_is(tmp_path: Path) -> None:
    posterior = shipped()
    prior = embedded().priors["taste.domestic_other"]
    own = prior.variants[0].model_copy(update={"low": -9.0, "central": -8.0, "high": -7.0})
    changed = prior.model_copy(update={"variants": (own,)})
    assert posterior.variant(prior) is not None
    assert posterior.variant(changed) is None


def test_a_file_that_is_none_is_named(tmp_path: Path) -> None:
    path = tmp_path / "2025-08-17.json"
    path.write_text('{"format": 1}')
    with pytest.raises(DataError, match="is no posterior"):
        read(path)
    factor = np.tril(np.arange(9.0).reshape(3, 3))
    assert (unpacked(packed(factor), 3) == factor).all()


def test_the_command_refuses_what_it_cannot_do() -> None:
    for arguments in (["--members", "3"], ["--as-of", "yesterday"], ["--nuts", "--as-of", "2024-01-01"]):
        outcome = run_cli("calibrate", *arguments)
        assert outcome.status == 2
        assert len(outcome.error_lines) == 1
        assert outcome.out == ""


def test_a_run_uses_it_unless_told_otherwise() -> None:
    settings = {"until": "2025-10", "draws": 4, "metrics": ["units_delivered"]}
    fitted, plain = (run("h20-reopened", prior=prior, **settings) for prior in (False, True))
    assert fitted.attrs["posterior"] == shipped().label
    assert plain.attrs["posterior"] == "none"
    assert not np.array_equal(fitted["units_delivered"], plain["units_delivered"])
    early = run("h20-reopened", as_of="2022-06-29", until="2022-12", draws=4, metrics=["units_delivered"])
    assert early.attrs["posterior"] == "none"  # the first one is of the day after
