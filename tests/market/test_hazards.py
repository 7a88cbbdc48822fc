"""Rates of policy moves: closed forms, the limits of pooling, counts by hand, nothing from the future."""

import csv
import json
import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
import yaml
from helpers import DATA, embedded, run_cli
from scipy import stats
from small_market import built

from chipgate import docs_hazards
from chipgate.catalogue import Catalogue
from chipgate.market.gate import SUB_STEPS, next_level
from chipgate.schema.beliefs import HazardRule
from chipgate.scoring.cases import ROLLING
from chipgate.scoring.h20 import with_rule
from chipgate.setup import beijing
from chipgate.setup.hazard_table import hazard_document
from chipgate.setup.hazards import Count, chance, rate_of_chance, rates

DRAWS = 20_000
TOLD = {"own": Count(3.0, 20.0), "other": Count(0.0, 30.0)}
H20_DAY = date(2025, 8, 17)


def rule(**changed: Any) -> HazardRule:
    return beijing.rule_of(embedded()).model_copy(update=changed)


def even(name: str) -> np.ndarray:
    """Evenly spread uniforms in an order of their own for each name."""
    order = np.random.default_rng(abs(hash_of(name))).permutation(DRAWS)
    return (order + 0.5) / DRAWS


def hash_of(name: str) -> int:
    return int.from_bytes(name.encode()[:8], "little")


def drawn(chosen: HazardRule, counts: dict[str, Count], episode: str = "own") -> np.ndarray:
    return rates(chosen, counts, [episode], even)[episode]


def test_jeffreys_is_the_gamma_posterior() -> None:
    found = drawn(rule(pooling="jeffreys"), TOLD)
    exact = stats.gamma(3.5, scale=1 / 50)
    np.testing.assert_allclose(np.quantile(found, [0.1, 0.5, 0.9]), exact.ppf([0.1, 0.5, 0.9]), rtol=1e-3)
    assert found.mean() == pytest.approx(3.5 / 50, rel=1e-3)


@pytest.mark.parametrize(("episode", "count"), [("own", Count(3.0, 20.0)), ("new", Count(0.0, 0.0))])
def test_with_mean_and_alikeness_known_a_rate_is_gamma(episode: str, count: Count) -> None:
    mean, alike = 0.1, 2.0
    tight = {"mean_low": mean * 0.9999, "mean_high": mean * 1.0001, "alike_low": 1.9999, "alike_high": 2.0001}
    found = drawn(rule(**tight), TOLD, episode)
    exact = stats.gamma(alike + count.events, scale=1 / (alike / mean + count.months))
    np.testing.assert_allclose(np.quantile(found, [0.1, 0.5, 0.9]), exact.ppf([0.1, 0.5, 0.9]), rtol=0.01)


def test_the_grid_agrees_with_weighted_draws_of_the_priors() -> None:
    chosen = rule()
    rng = np.random.default_rng(5)
    size = 400_000

    def log_normal(low: float, high: float) -> np.ndarray:
        spread = np.log(high / low) / (2 * stats.norm.ppf(0.9))
        return np.exp(np.log(low * high) / 2 + spread * rng.standard_normal(size))

    mean = log_normal(chosen.mean_low, chosen.mean_high)
    alike = log_normal(chosen.alike_low, chosen.alike_high)
    each = {name: rng.gamma(alike) * mean / alike for name in (*TOLD, "new")}
    weight = np.prod([stats.poisson.pmf(int(c.events), each[name] * c.months) for name, c in TOLD.items()], axis=0)
    for name, values in each.items():
        order = np.argsort(values)
        below = np.cumsum(weight[order]) / weight.sum()
        for level in (0.1, 0.25, 0.5, 0.75, 0.9):
            share = np.interp(np.quantile(drawn(chosen, TOLD, name), level), values[order], below)
            assert share == pytest.approx(level, abs=0.01), (name, level)


def test_much_alike_is_one_rate_for_all() -> None:
    alike = drawn(rule(alike_low=9e4, alike_high=1.1e5), TOLD)
    one = drawn(rule(pooling="complete"), TOLD)
    levels = [0.1, 0.5, 0.9]
    np.testing.assert_allclose(np.quantile(alike, levels), np.quantile(one, levels), rtol=0.02)


def test_partial_pooling_lies_between_its_limits() -> None:
    partial, one, alone = (drawn(rule(pooling=p), TOLD).mean() for p in ("partial", "complete", "none"))
    assert one < partial < alone
    found = {p: drawn(rule(pooling=p), TOLD, "other").mean() for p in ("partial", "complete", "none")}
    assert found["none"] < found["partial"] < found["complete"]


def test_without_pooling_another_episode_says_nothing() -> None:
    alone = rule(pooling="none")
    more = TOLD | {"other": Count(9.0, 30.0)}
    assert drawn(alone, TOLD).tobytes() == drawn(alone, more).tobytes()
    assert drawn(rule(), TOLD).mean() < drawn(rule(), more).mean()


@pytest.mark.parametrize("pooling", ["partial", "complete", "none", "jeffreys"])
def test_more_moves_raise_a_rate_and_more_months_lower_it(pooling: str) -> None:
    chosen = rule(pooling=pooling)
    levels = [drawn(chosen, {"own": Count(float(n), 20.0)}).mean() for n in range(5)]
    assert levels == sorted(levels)
    assert levels[0] > 0
    spans = [drawn(chosen, {"own": Count(1.0, t)}).mean() for t in (5.0, 20.0, 80.0)]
    assert spans == sorted(spans, reverse=True)


@pytest.mark.parametrize("pooling", ["partial", "complete", "none", "jeffreys"])
def test_where_nothing_was_known_the_wide_prior_stands(pooling: str) -> None:
    chosen = rule(pooling=pooling)
    found = drawn(chosen, {}, "new")
    low, high = np.quantile(found, [0.1, 0.9])
    assert low <= chosen.mean_low * 1.01
    assert high >= chosen.mean_high * 0.8


def test_the_chance_of_an_answer_is_beta_and_its_rate_adds_up_to_it() -> None:
    chosen = rule()
    found = chance(chosen, 2.0, 1.0, even("react"))
    assert found.mean() == pytest.approx(0.5, abs=1e-3)
    assert found.var() == pytest.approx(stats.beta(1.5, 1.5).var(), rel=1e-2)
    one = rate_of_chance(chosen, np.array([0.6]))[0]
    kept = np.exp(-1 / chosen.fades_months)
    months = chosen.window_weeks * 7 / 30.4375
    assert 1 - np.exp(-one * (1 + kept)) == pytest.approx(0.6, abs=0.02), "two months hold the window"
    assert months < 2


def counted(as_of: date, chosen: HazardRule, let_in: dict[str, list[tuple[date, date]]]) -> beijing.Counts:
    return beijing.count(embedded(), chosen, let_in, as_of)


def test_counts_of_an_episode_by_hand() -> None:
    """Micron: a review on 31 March 2023, a ban on 21 May, 51 days later; nothing since."""
    data = embedded()
    found = counted(date(2023, 10, 31), rule(), {})
    sure = beijing.standing(yaml.safe_load((DATA / "market" / "authority.yaml").read_text()), data.events["PE011"])
    assert found.tighten["micron"].events == pytest.approx(0.3 * sure)
    assert found.tighten["micron"].months == pytest.approx(0.3 * 51 / 30.4375)
    assert found.relax["micron"].months == pytest.approx(0.3 * (51 + 163) / 30.4375)
    assert found.relax["micron"].events == 0
    alike = counted(date(2023, 10, 31), rule(other_goods=1.0), {})
    assert alike.tighten["micron"].events == pytest.approx(sure)
    assert counted(date(2023, 10, 31), rule(other_goods=0.0), {}).tighten["micron"] == Count(0.0, 0.0)


def test_repeated_guidance_is_one_move() -> None:
    """Three acts of the summer of 2025 raise the level twice: guidance to named buyers, a reported ban."""
    data = embedded()
    acts = beijing.moves(data, data.episodes["h20_2024"].events, H20_DAY)
    assert len(acts) >= 6
    found = counted(H20_DAY, rule(reaction=False), {"h20": [(date(2024, 2, 1), H20_DAY)]})
    assert 0 < found.tighten["h20_2024"].events <= 2
    assert found.relax["h20_2024"].events == 0


def test_what_answers_a_reopening_counts_once() -> None:
    """With the reaction told apart, moves and months of its weeks leave the common rate."""
    let_in = {"h20": [(date(2024, 2, 1), H20_DAY)]}
    apart, together = (counted(H20_DAY, rule(reaction=r), let_in) for r in (True, False))
    assert apart.tighten["h20_2024"].events < together.tighten["h20_2024"].events
    assert apart.tighten["h20_2024"].months == pytest.approx(
        together.tighten["h20_2024"].months - (date(2025, 8, 12) - date(2025, 7, 15)).days / 30.4375
    ), "from the day after the lift to the day on which the highest level was reported"
    assert apart.openings == 2
    assert 0.9 < apart.followed <= 1
    single = counted(H20_DAY, rule(merge_openings=False), let_in)
    assert (single.openings, single.followed > 1.8) == (3, True)


def test_a_chip_that_is_kept_out_is_not_at_risk() -> None:
    before = [(date(2024, 2, 1), date(2024, 9, 27))]
    found = counted(H20_DAY, rule(), {"h20": before, "a800": [(date(2022, 11, 1), date(2023, 10, 22))], "h200": []})
    assert found.onset["h20_2024"].months == pytest.approx((date(2024, 9, 27) - date(2024, 2, 1)).days / 30.4375)
    assert 0 < found.onset["h20_2024"].events < 1
    assert found.onset["a800"].events == 0
    assert found.onset["h200"] == Count(0.0, 0.0)
    shut = counted(H20_DAY, rule(), {"h20": [(date(2024, 2, 1), date(2024, 3, 1))]})
    assert shut.onset["h20_2024"].events == 0


def plant(folder: Path, day: str) -> Catalogue:
    """A ban and a relaxation by Beijing, an opening and a closure by Washington, in the H20's episode."""
    root = Path(shutil.copytree(DATA, folder / day))
    path = root / "events.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    like = {"PE991": "PE075", "PE992": "PE121", "PE993": "PE059"}
    for key, old in like.items():
        row = dict(next(r for r in rows if r["id"] == old))
        row |= {"id": key, "date": day, "date_precision": "day", "public_date": "", "effective_date": "",
                "end_date": ""}  # fmt: skip
        row["chips"] = "nvidia_h20_96"
        rows.append(row)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    path = root / "market" / "episodes.yaml"
    text = path.read_text(encoding="utf-8")
    assert "id: h20_2024" in text
    path.write_text(text.replace("events: [PE021, ", "events: [PE991, PE992, PE021, "), encoding="utf-8")
    return Catalogue(root)


def test_planted_future_events_move_no_bit_of_any_rate(tmp_path: Path) -> None:
    later = plant(tmp_path, "2026-06-15")
    for day in ROLLING:
        assert hazard_document(later, day) == hazard_document(embedded(), day), day
    assert hazard_document(later, later.compiled)["rates"] != hazard_document(embedded(), later.compiled)["rates"]


def test_an_event_counts_from_the_day_on_which_it_was_public(tmp_path: Path) -> None:
    early = plant(tmp_path, "2025-03-10")
    assert hazard_document(early, date(2025, 3, 9)) == hazard_document(embedded(), date(2025, 3, 9))
    assert hazard_document(early, date(2025, 3, 10)) != hazard_document(embedded(), date(2025, 3, 10))


def test_the_starting_level_is_a_distribution_by_authority() -> None:
    found = {row["family"]: row["levels"] for row in hazard_document(embedded(), H20_DAY)["start"]}
    assert found["a800"] == [1.0, 0.0, 0.0, 0.0]
    assert sum(found["h20"]) == pytest.approx(1.0)
    assert all(0.1 < share < 0.6 for share in found["h20"][1:]), "reports of that week conflict"
    weights = yaml.safe_load((DATA / "market" / "authority.yaml").read_text())
    ban = beijing.standing(weights, embedded().events["PE064"])
    assert found["h20"][3] == pytest.approx(ban, abs=0.02)


def test_a_run_uses_the_rule_and_every_rule_gives_other_rates() -> None:
    base = hazard_document(embedded(), H20_DAY)
    for key in list(embedded().hazard_rules)[1:]:
        other = with_rule(embedded(), key)
        assert beijing.rule_of(other).id == key
        assert other.fingerprint != embedded().fingerprint
        changed = hazard_document(other, H20_DAY)
        assert (changed["rates"], changed["reaction"]) != (base["rates"], base["reaction"]), key


def test_a_level_goes_all_the_way_and_back_within_a_month() -> None:
    made = built(4)
    constants, structure = made.inputs.constants, made.plan.structure
    f, k = len(structure.families), len(structure.classes)
    fast = replace(constants, rates=jnp.full((3, f, 4), 1e3), react=jnp.zeros(4), sufficiency=jnp.zeros(4))
    level, given = jnp.zeros((f, k, 4), jnp.int32), jnp.full((f, k, 4), -1, jnp.int32)

    def after(rises: list[float], falls: list[float]) -> np.ndarray:
        u = jnp.asarray([[np.full((f, 4), r), np.full((f, 4), d)] for r, d in zip(rises, falls, strict=True)])
        return np.asarray(next_level(fast, level, given, jnp.zeros((f, 4)), u, jnp.zeros(4)))

    no, yes = 1.0 - 1e-12, 0.5
    assert SUB_STEPS == 4
    slow = replace(constants, rates=jnp.zeros((3, f, 4)), react=jnp.zeros(4), sufficiency=jnp.zeros(4))
    assert (after([yes] * 4, [2.0] * 4) == 3).all()
    assert (after([yes, yes, 2.0, 2.0], [2.0, 2.0, yes, yes]) == 0).all()
    u = jnp.full((4, 2, f, 4), no)
    assert (np.asarray(next_level(slow, level, given, jnp.zeros((f, 4)), u, jnp.zeros(4))) == 0).all()


def test_the_first_act_has_a_rate_of_its_own() -> None:
    made = built(4)
    constants, structure = made.inputs.constants, made.plan.structure
    f, k = len(structure.families), len(structure.classes)
    table = np.zeros((3, f, 4))
    table[0] = 1e3
    onset = replace(constants, rates=jnp.asarray(table), react=jnp.zeros(4), sufficiency=jnp.zeros(4))
    given, u = jnp.full((f, k, 4), -1, jnp.int32), jnp.full((4, 2, f, 4), 0.5)
    for start, end in ((0, 1), (1, 1), (2, 2)):
        level = jnp.full((f, k, 4), start, jnp.int32)
        assert (np.asarray(next_level(onset, level, given, jnp.zeros((f, 4)), u, jnp.zeros(4))) == end).all()


def test_the_command_prints_what_the_page_holds() -> None:
    done = run_cli("hazards", "--as-of", "2025-08-17", "--json")
    assert done.status == 0
    assert json.loads(done.out) == json.loads(json.dumps(hazard_document(embedded(), H20_DAY)))
    table = run_cli("hazards", "--rule", "jeffreys")
    assert table.status == 0
    assert "beijing.tighten" in table.out
    for wrong, said in ((("--as-of", "2031-01-01"), "give a day in it"), (("--rule", "jefreys"), "jeffreys")):
        failed = run_cli("hazards", *wrong)
        assert failed.status == 2
        assert said in failed.err
        assert len(failed.err.strip().splitlines()) == 1


def test_the_page_is_not_stale_and_names_what_events_cannot_tell(tmp_path: Path) -> None:
    assert docs_hazards.stale(embedded(), docs_hazards.ROOT / "docs") == [], "run `python -m chipgate.docs`"
    assert set(docs_hazards.NOT_TOLD) <= set(embedded().priors)
    assert docs_hazards.stale(embedded(), tmp_path, mend=True) == [docs_hazards.PAGE]
    assert docs_hazards.stale(embedded(), tmp_path) == []
