"""Cells of the benchmark of verdicts: one kind of planted corpus each, repeated with other seeds."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy import stats
from scipy.special import expit, logit, rel_entr
from trend_rules import RULES, Q, claims_of, moves

from analytics.synthetic.series import SeriesNoise, make_checked_series, make_series
from analytics.trends.verdicts import WINDOWS, trend_verdicts

__all__ = ["CHECKED", "NULLS", "N_CHECKED", "N_PLANTED", "N_SERIES", "PAPERS", "run_job"]

N_SERIES = 100
PAPERS = (50, 200)
NULLS = {
    "shuffled dates": (None, 0.05),
    "constant": (None, 0.05),
    "over-dispersed x3": (SeriesNoise(3), 0.08),
    "AR(1) 0.5, x3": (SeriesNoise(3, 0.5), 0.10),
}
CHECKED = {"checked": None, "checked, over-dispersed x3": SeriesNoise(3)}
N_CHECKED = 4
N_PLANTED = 10


def shuffled_run(n_periods: int, papers: int, seed: int) -> pd.DataFrame:
    """Papers of `N_SERIES` series that truly rise, their dates dealt out again: no trend is left."""
    rng = np.random.default_rng(seed)
    planted = make_series(
        N_SERIES, n_periods, papers_per_period=papers, doubling_months=24, random_state=seed
    )
    counts = planted["n_papers"].to_numpy().reshape(N_SERIES, n_periods).sum(axis=1)
    dealt = [rng.multivariate_hypergeometric(np.full(n_periods, papers), count) for count in counts]
    return planted.assign(n_papers=np.concatenate(dealt))


def null_cell(name: str, n_periods: int, papers: int, repeats: int) -> dict[str, Any]:
    """False discovery rate (part of the runs with a claim) and part of the series claimed."""
    noise, limit = NULLS[name]
    any_claim, part = {rule: [] for rule in RULES}, {rule: [] for rule in RULES}
    for repeat in range(repeats):
        seed = 1_000_000 + 10_000 * n_periods + 1000 * (papers == PAPERS[1]) + repeat
        if name == "shuffled dates":
            run = shuffled_run(n_periods, papers, seed)
        else:
            run = make_series(N_SERIES, n_periods, papers_per_period=papers, noise=noise, random_state=seed)
        claims = claims_of(run)
        for rule in RULES:
            any_claim[rule].append(bool(claims[rule].any()))
            part[rule].append(float(claims[rule].mean()))
    cell = {"corpus": name, "months": n_periods, "papers": papers, "limit": limit, "repeats": repeats}
    cell |= {f"fdr_{rule}": float(np.mean(any_claim[rule])) for rule in RULES}
    return cell | {f"part_{rule}": float(np.mean(part[rule])) for rule in RULES}


def power_cell(planted: int, n_periods: int, papers: int, repeats: int) -> dict[str, Any]:
    """Part of the planted trends that each rule finds, of `N_SERIES` series."""
    found: dict[str, list[float]] = {key: [] for key in (*RULES, "p_verdicts", "p_ratio")}
    for repeat in range(repeats):
        seed = 5_000_000 + 10_000 * n_periods + repeat
        run = make_series(planted, n_periods, papers_per_period=papers, doubling_months=24, random_state=seed)
        if planted < N_SERIES:
            null = make_series(
                N_SERIES - planted, n_periods, papers_per_period=papers, random_state=seed + 4_000_000
            )
            run = pd.concat([run, null.assign(kind="null")], ignore_index=True)
        for key, claimed in claims_of(run).items():
            found[key].append(float(claimed[:planted].mean()))
    cell = {"planted": planted, "months": n_periods, "papers": papers, "repeats": repeats}
    return cell | {f"power_{key}": float(np.mean(values)) for key, values in found.items()}


def checked_cell(
    name: str, labels: int, n_periods: int, beside: int, doubling: float | None, repeats: int
) -> dict[str, Any]:
    """Claims about checked themes of a share of 20 %, and how often their interval holds the true growth."""
    share, noise = 0.2, CHECKED[name]
    level = np.sqrt(share * (1 - share) * 0.5 / labels)
    growth = (
        1.0 if doubling is None else (2 * share / (1 - 2 * share) / (share / (1 - share))) ** (12 / doubling)
    )
    claims: dict[str, list[np.ndarray]] = {window: [] for window in WINDOWS}
    alone, covered = [], []
    for repeat in range(repeats):
        seed = 12_000_000 + 10_000 * n_periods + 1000 * labels + repeat
        run, checked = make_checked_series(
            N_CHECKED, n_periods, share=share, level=level, slope=level * np.sqrt(12), freedom=labels / 2,
            doubling_months=doubling, noise=noise, random_state=seed,
        )  # fmt: skip
        if beside:
            topics = make_series(beside, n_periods, noise=noise, random_state=seed + 20_000_000)
            run = pd.concat([run, topics], ignore_index=True)
        found = trend_verdicts(run, q=Q, corrections=checked)
        themes = found[found["kind"] == "theme"]
        for window, moving in moves(themes).items():
            claims[window].append(moving)
        long = themes[themes["window"] == "long"]
        alone.append((long["p_value"] <= Q).to_numpy())
        covered.append(((long["growth_low"] <= growth) & (growth <= long["growth_high"])).to_numpy())
    any_claim = [a.any() or b.any() for a, b in zip(claims["long"], claims["recent"], strict=True)]
    return {
        "checked": name, "labels": labels, "months": n_periods, "beside": beside, "repeats": repeats,
        "trend": "none" if doubling is None else f"doubles in {doubling} months",
        "any_claim": float(np.mean(any_claim)),
        "claimed": float(np.mean(claims["long"])), "alone": float(np.mean(alone)),
        "coverage": float(np.mean(covered)),
    }  # fmt: skip


def planted_counts(run: pd.DataFrame, shares: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
    """The run with the counts of its first series drawn with these shares, shape (n_planted, n_periods)."""
    counts = run["n_papers"].to_numpy().reshape(-1, shares.shape[1]).copy()
    totals = run["n_total"].to_numpy().reshape(counts.shape)
    counts[: len(shares)] = rng.binomial(totals[: len(shares)], shares)
    return run.assign(n_papers=counts.ravel())


def step_cell(share: float, n_periods: int, repeats: int) -> dict[str, Any]:
    """Power of the recent comparison where ten of the series stand 1.5 times higher in the newest quarter."""
    planted = np.full((N_PLANTED, n_periods), share)
    planted[:, -3:] *= 1.5
    found: dict[str, list[float]] = {"claimed": [], "alone": [], "ratio": []}
    for repeat in range(repeats):
        seed = 7_000_000 + 10_000 * n_periods + repeat
        run = make_series(N_SERIES, n_periods, papers_per_period=200, share=share, random_state=seed)
        run = planted_counts(run, planted, np.random.default_rng(seed))
        verdicts = trend_verdicts(run, q=Q)
        recent = verdicts[verdicts["window"] == "recent"][:N_PLANTED]
        counts = run["n_papers"].to_numpy(float).reshape(N_SERIES, -1)[:N_PLANTED, -15:]
        parts = np.stack([counts[:, :-3].sum(axis=1), counts[:, -3:].sum(axis=1)])
        papers = 200.0 * np.array([[12.0], [3.0]])
        level = parts.sum(axis=0) / papers.sum()
        gain = (rel_entr(parts, papers * level) + rel_entr(papers - parts, papers * (1 - level))).sum(axis=0)
        found["claimed"].append(float(recent["verdict"].eq("rising").mean()))
        found["alone"].append(float((recent["p_value"] <= Q).mean()))
        found["ratio"].append(float((2 * stats.norm.sf(np.sqrt(2 * gain)) <= Q).mean()))
    cell = {"step": share, "months": n_periods, "repeats": repeats}
    cell |= {key: float(np.mean(values)) for key, values in found.items()}
    return cell | {"of_ratio": cell["alone"] / max(cell["ratio"], 1e-9)}


def steady_cell(change: float, n_periods: int, papers: int, repeats: int) -> dict[str, Any]:
    """How often a share of 10 % that changes its odds by a factor over the span is called steady."""
    line = expit(logit(0.1) + np.log(change) * np.linspace(0, 1, n_periods))
    true = line[-3:].mean() / line[:3].mean()
    found: dict[str, list[float]] = {"steady": [], "moved": [], "coverage": []}
    for repeat in range(repeats):
        seed = 8_000_000 + 10_000 * n_periods + repeat
        run = make_series(N_SERIES, n_periods, papers_per_period=papers, share=0.1, random_state=seed)
        run = planted_counts(run, np.tile(line, (N_SERIES, 1)), np.random.default_rng(seed))
        long = trend_verdicts(run, q=Q)[:N_SERIES]
        found["steady"].append(float(long["verdict"].eq("steady").mean()))
        found["moved"].append(float(long["verdict"].isin(["rising", "falling"]).mean()))
        found["coverage"].append(float(((long["change_low"] <= true) & (true <= long["change_high"])).mean()))
    cell = {"change": change, "months": n_periods, "papers": papers, "repeats": repeats}
    return cell | {key: float(np.mean(values)) for key, values in found.items()}


def walk_cell(deviation: float, n_periods: int, repeats: int) -> dict[str, Any]:
    """Claims about log odds that walk at random: from start to end, and that they keep moving."""
    found: dict[str, list[float]] = {"moved": [], "right": [], "lasting": []}
    for repeat in range(repeats):
        seed = 9_000_000 + 10_000 * n_periods + repeat
        rng = np.random.default_rng(seed)
        walk = np.cumsum(rng.normal(0, deviation, (N_SERIES, n_periods)), axis=1)
        walk -= walk.mean(axis=1, keepdims=True)
        run = make_series(N_SERIES, n_periods, papers_per_period=500, random_state=seed)
        run = planted_counts(run, expit(logit(0.05) + walk), rng)
        verdicts = trend_verdicts(run, q=Q)
        moving = moves(verdicts)
        called = np.where(verdicts["verdict"][:N_SERIES] == "rising", 1, -1)[moving["long"]]
        went = np.sign(walk[:, -1] - walk[:, 0])[moving["long"]]
        found["moved"].append(float(moving["long"].mean()))
        found["right"].append(float((called == went).mean()) if len(called) else 1.0)
        found["lasting"].append(float(moving["lasting"].mean()))
    cell = {"walk": deviation, "months": n_periods, "repeats": repeats}
    return cell | {key: float(np.mean(values)) for key, values in found.items()}


def run_job(job: tuple[Any, ...]) -> dict[str, Any]:
    """One cell of a table, in a process of its own."""
    kind, *settings = job
    cells = {
        "null": null_cell, "power": power_cell, "checked": checked_cell, "step": step_cell,
        "steady": steady_cell, "walk": walk_cell,
    }  # fmt: skip
    return cells[kind](*settings)
