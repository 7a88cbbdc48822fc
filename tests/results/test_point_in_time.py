"""Nothing known later than the as-of date moves a run: not one bit, whether it is planted or taken away."""

import csv
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
import yaml
from helpers import DATA, embedded

from chipgate.api import run
from chipgate.catalogue import Catalogue
from chipgate.setup.plan import plan
from chipgate.setup.scenario import resolve
from chipgate.timegrid import parse_partial

AS_OF = "2025-08-17"
DRAWS = 8


def later(text: str) -> bool:
    return str(parse_partial(text).last) > AS_OF


def copy(folder: Path) -> Path:
    return Path(shutil.copytree(DATA, folder / "data"))


def table(path: Path, change: Callable[[list[dict[str, str]]], list[dict[str, str]]]) -> None:
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        header, rows = list(reader.fieldnames or ()), list(reader)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, header, lineterminator="\n")
        writer.writeheader()
        writer.writerows(change(rows))


def records(path: Path, change: Callable[[list[dict]], list[dict]]) -> None:
    read = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    path.write_text(yaml.safe_dump(change(read), sort_keys=False, allow_unicode=True), encoding="utf-8")


def differing(a: xr.Dataset, b: xr.Dataset) -> list[str]:
    """Metrics of which some bit differs, and ``draw`` where other draws converged."""
    assert set(a) == set(b)
    names = [str(n) for n in a if a[n].values.tobytes() != b[n].values.tobytes()]
    return names if list(a["draw"].values) == list(b["draw"].values) else ["draw", *names]


@pytest.fixture(scope="module")
def before() -> xr.Dataset:
    return run("h20-reopened", draws=DRAWS)


def plant_event(root: Path) -> None:
    """A ban by Beijing and a closure by Washington a month after the as-of date, in the episode of the H20."""

    def add(rows: list[dict[str, str]]) -> list[dict[str, str]]:
        ban = dict(next(r for r in rows if r["instrument"] == "purchase_ban"))
        rule = dict(next(r for r in rows if r["actor_country"] == "US" and r["instrument"] == "license_requirement"))
        for key, row in (("PE998", ban), ("PE999", rule)):
            row["id"] = key
            row |= {"date": "2025-09-20", "date_precision": "day", "public_date": "", "end_date": ""}
            row["effective_date"] = "2025-09-20" if row["effective_date"] else ""
        return [*rows, ban, rule]

    table(root / "events.csv", add)

    def act(episodes: list[dict]) -> list[dict]:
        chosen = next(e for e in episodes if "h20" in e.get("families", ()))
        chosen["events"] = [*chosen["events"], "PE998"]
        return episodes

    records(root / "market" / "episodes.yaml", act)


def plant_prior(root: Path) -> None:
    """Later variants of priors, far from those that stand."""

    def add(priors: list[dict]) -> list[dict]:
        for prior in priors:
            if prior["scale"] == "log":
                last = dict(prior["variants"][-1])
                low, central, high = (str(float(last[k]) * 5) for k in ("low", "central", "high"))
                last |= {"known_since": "2031-01-01", "low": low, "central": central, "high": high}
                prior["variants"].append(last)
        return priors

    records(root / "market" / "priors.yaml", add)


def plant_clause(root: Path) -> None:
    """A copy of the strictest clause, known and in force after the as-of date."""
    path = root / "rules" / "US-2025-04-LETTER.yaml"
    text = path.read_text(encoding="utf-8")
    body = yaml.load(text, Loader=yaml.BaseLoader)
    body["id"] = "ZZ-LATER"
    body |= {"known_since": "2025-10-01", "effective": "2025-10-01", "replaces": ["US-2025-08-FEE"]}
    (root / "rules" / "ZZ-LATER.yaml").write_text(yaml.safe_dump(body, sort_keys=False), encoding="utf-8")


def plant_chip(root: Path) -> None:
    """Two chips announced after the as-of date, on offer since long before by their first months."""
    for key, like in (("nvidia_zz1", "nvidia_b200"), ("huawei_zz1", "huawei_ascend_950pr")):
        body = yaml.safe_load((root / "chips" / f"{like}.yaml").read_text(encoding="utf-8"))
        body |= {"id": key, "name": key, "aliases": [], "announced": "2025-10"}
        body.pop("first_shipped", None)
        (root / "chips" / f"{key}.yaml").write_text(yaml.safe_dump(body, sort_keys=False), encoding="utf-8")

    def add(offers: list[dict]) -> list[dict]:
        legal = dict(next(o for o in offers if o["id"] == "h20_legal"))
        own = dict(next(o for o in offers if o["id"] == "ascend_950pr"))
        legal |= {"id": "zz_legal", "chip": "nvidia_zz1", "first": "2024-01"}
        own |= {"id": "zz_own", "chip": "huawei_zz1", "first": "2024-01"}
        return [*offers, legal, own]

    records(root / "market" / "offers.yaml", add)


def plant_window(root: Path) -> None:
    """Arrivals of dies and memory that became known later."""

    def add(arrivals: list[dict]) -> list[dict]:
        for arrival in arrivals:
            later = {"known_since": "2031-01-01", "first": "2022-01", "last": "2022-06", "kind": "assumed", "why": "-"}
            arrival["windows"] = [*arrival["windows"], later]
        return arrivals

    records(root / "market" / "arrivals.yaml", add)


@pytest.mark.parametrize("plant", [plant_event, plant_prior, plant_clause, plant_chip, plant_window])
def test_what_is_planted_later_moves_nothing(before: xr.Dataset, tmp_path: Path, plant: Callable[[Path], None]) -> None:
    root = copy(tmp_path)
    plant(root)
    data = Catalogue(root)
    assert data.fingerprint != before.attrs["data_hash"]
    assert differing(before, run("h20-reopened", draws=DRAWS, data=data)) == []


def test_what_was_planted_moves_a_later_run(tmp_path: Path) -> None:
    """The test above would notice: seen from later, the planted event and clause do move the run."""
    root = copy(tmp_path)
    for plant in (plant_event, plant_clause):
        plant(root)
    options = {"draws": DRAWS, "as_of": "2025-10-31"}
    moved = differing(run("h20-reopened", **options), run("h20-reopened", data=Catalogue(root), **options))
    assert {"beijing_level", "us_open", "units_delivered"} <= set(moved)


def test_a_planted_chip_is_on_offer_later(tmp_path: Path) -> None:
    root = copy(tmp_path)
    plant_chip(root)
    data = run("h20-reopened", draws=DRAWS, as_of="2025-10-31", data=Catalogue(root))
    assert {"zz_legal", "zz_own"} <= set(data["offer"].values)


def test_figures_of_a_chip_wait_for_its_announcement(tmp_path: Path) -> None:
    """Seen from 2023-06 the offer of Huawei has the figures of the chip of then, whatever its next one can do."""
    root = copy(tmp_path)
    path = root / "chips" / "huawei_ascend_910b3.yaml"
    body = yaml.safe_load(path.read_text(encoding="utf-8"))
    specs = body["specs"]
    for field in ("mem_bw_gbs", "tdp_w"):
        value = specs[field]["value"] if isinstance(specs[field], dict) else specs[field]
        specs[field] = float(value) * 0.8
    path.write_text(yaml.safe_dump(body, sort_keys=False, allow_unicode=True), encoding="utf-8")
    changed = Catalogue(root)
    early = {"draws": DRAWS, "as_of": "2023-06-30", "until": "2024-12"}
    assert differing(run("h20-reopened", **early), run("h20-reopened", data=changed, **early)) == []
    late = {"draws": DRAWS, "as_of": "2023-12-31", "until": "2024-12"}
    assert "price_street" in differing(run("h20-reopened", **late), run("h20-reopened", data=changed, **late))


def test_an_end_that_was_not_foreseen_does_not_bind() -> None:
    found = resolve(embedded(), "h20-reopened")
    last = {}
    for day in (date(2022, 6, 30), date(2025, 8, 17)):
        made = plan(embedded(), found.settings, day, date(2026, 12, 1), seed=1, draws=1)
        last[day] = next(o.last for o in made.offers if o.id == "a100_legal")
    assert [end is None for end in last.values()] == [True, False]


def test_a_record_cut_off_at_the_as_of_date_gives_the_same_run(before: xr.Dataset, tmp_path: Path) -> None:
    """All later events, prior variants and observations are taken out of the data, and no bit moves."""
    root = copy(tmp_path)
    known = {key for key, event in Catalogue(root).events.items() if not later(str(event.known_since))}
    dropped = len(Catalogue(root).events) - len(known)
    table(root / "events.csv", lambda rows: [r for r in rows if r["id"] in known])

    def cut(priors: list[dict]) -> list[dict]:
        for prior in priors:
            prior["variants"] = [v for v in prior["variants"] if not later(v["known_since"])]
        return [p for p in priors if p["variants"]]

    def acts(episodes: list[dict]) -> list[dict]:
        for episode in episodes:
            episode["events"] = [e for e in episode["events"] if e in known]
        return [e for e in episodes if e["events"]]

    records(root / "market" / "priors.yaml", cut)
    records(root / "market" / "episodes.yaml", acts)
    assert dropped > 20
    assert differing(before, run("h20-reopened", draws=DRAWS, data=Catalogue(root))) == []
    np.testing.assert_array_equal(
        before.attrs["events_used"], sorted(known, key=list(before.attrs["events_used"]).index)
    )
