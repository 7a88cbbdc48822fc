"""What scores add up to: coverage, skill over the best naive forecast, where the model loses."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from chipgate.scoring.baselines import NAMES
from chipgate.scoring.engine import Result, by_target
from chipgate.scoring.scores import document, plain

BANDS: Final = (50, 80, 90)


def coverage(results: Sequence[Result], level: int) -> float | None:
    """Share of outcomes inside the central band of ``level`` percent."""
    inside = [r.own.covers(r.case.seen.value, level) for r in results]
    return plain(float(np.mean(inside))) if inside else None


def skill_of_target(results: Sequence[Result], measure: str = "crps") -> dict[str, Any] | None:
    """One less the mean score over that of the best naive forecast on the same cases; ``None`` without any."""
    have = [r for r in results if r.naive]
    if not have:
        return None
    own = float(np.mean([getattr(r.own, measure) for r in have]))
    means = {name: float(np.mean([getattr(r.naive[name], measure) for r in have])) for name in NAMES}
    best = min(means, key=lambda name: means[name])
    skill = 1 - own / means[best] if means[best] > 0 else (0.0 if own == 0 else None)
    return {
        "n": len(have), "own": plain(own), "best": best, "best_score": plain(means[best]),
        "skill": None if skill is None else plain(skill), "naive": {k: plain(v) for k, v in means.items()},
    }  # fmt: skip


def summary(results: Sequence[Result]) -> dict[str, Any]:
    """Counts, coverage, and skill averaged over targets, in money and on the bent scale of logs."""
    skills = [s for rows in by_target(results).values() if (s := skill_of_target(rows)) and s["skill"] is not None]
    bent = [
        s for rows in by_target(results).values()
        if (s := skill_of_target(rows, "crps_scaled")) and s["skill"] is not None
    ]  # fmt: skip
    ratios = [max(1 - s["skill"], 1e-3) for s in skills]
    pits = [r.own.pit for r in results]
    return {
        "n": len(results),
        **{f"coverage_{level}": coverage(results, level) for level in BANDS},
        "crps_skill": plain(float(np.mean([s["skill"] for s in skills]))) if skills else None,
        "crps_skill_geometric": plain(1 - float(np.exp(np.mean(np.log(ratios))))) if ratios else None,
        "crps_skill_median": plain(float(np.median([s["skill"] for s in skills]))) if skills else None,
        "crps_skill_scaled": plain(float(np.mean([s["skill"] for s in bent]))) if bent else None,
        "n_targets": len(by_target(results)), "n_targets_with_baseline": len(skills),
        "targets_won": sum(s["skill"] > 0 for s in skills),
        "n_with_baseline": sum(bool(r.naive) for r in results),
        "mean_log_score": plain(float(np.mean([r.own.log_score for r in results]))) if results else None,
        "pit_histogram": [int(c) for c in np.histogram(pits, bins=10, range=(0, 1))[0]],
    }  # fmt: skip


def target_rows(results: Sequence[Result]) -> list[dict[str, Any]]:
    """Each target: how many cases, coverage, skill, and which naive forecast was best."""
    rows = []
    for name, own in by_target(results).items():
        target = own[0].case.target
        rows.append({
            "target": name, "words": target.words, "group": target.group, "unit": target.unit,
            "caveat": target.caveat, "n": len(own), **{f"coverage_{level}": coverage(own, level) for level in BANDS},
            "crps": plain(float(np.mean([r.own.crps for r in own]))), "against": skill_of_target(own),
            "against_scaled": skill_of_target(own, "crps_scaled"),
        })  # fmt: skip
    return rows


def case_row(result: Result) -> dict[str, Any]:
    """One case as JSON."""
    case, seen = result.case, result.case.seen
    return {
        "id": seen.id, "target": case.target.id, "words": case.target.words, "group": case.target.group,
        "as_of": case.as_of.isoformat(), "horizon": case.horizon, "unit": case.target.unit,
        "period": [str(seen.period_start), str(seen.period_end)], "observed": seen.value,
        "range": [seen.low, seen.high], **document(result.own),
        "inside": {str(level): result.own.covers(seen.value, level) for level in BANDS},
        "naive": {
            name: {"p5": plain(s.quantiles[0]), "p50": plain(s.quantiles[3]), "p95": plain(s.quantiles[6]),
                   "crps": plain(s.crps), "log_score": plain(s.log_score), "lent": name in result.lent}
            for name, s in result.naive.items()
        },
        "published": [
            {"id": rival.seen.id, "publisher": rival.seen.publisher, "on": str(rival.seen.published_date),
             "value": rival.seen.value, "absolute_error": plain(abs(rival.seen.value - seen.value)),
             "crps": plain(s.crps)}
            for rival, s in result.rivals
        ],
        "caveat": case.target.caveat,
    }  # fmt: skip
