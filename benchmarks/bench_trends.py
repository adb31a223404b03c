# ruff: noqa: E501
"""How often trend verdicts are wrong where there is no trend, and how often they see one.

    python benchmarks/bench_trends.py [--repeats 200] [--workers 2]

Prints the tables and writes them to benchmarks/results/trends.md and trends.json. All corpora are
synthetic (`analytics.synthetic_series`) with fixed seeds; two processes of one BLAS thread each.

Rules compared, all at q = 0.05 where they have a q:

* page: any claim of `analytics.trends.verdicts.trend_verdicts`, over the span (long) or of late (recent); both
  stand under one false discovery rate. lasting: what is said to keep moving;
* ratio: the binomial likelihood-ratio test of a logit slope with Benjamini-Hochberg, which is the
  correctly specified test where counts are binomial;
* wald: plain binomial regression, slope over standard error, with Benjamini-Hochberg;
* percentile: a weak-signal rule as BERTrend has it: of the series whose popularity (counts that fade by
  1 % a month) lies between the 10th and the 50th percentile, those that rose over the last two months.

Steps: a share 1.5 times as large in the newest quarter, against the likelihood-ratio test of the same two parts.
Steady: how often it is said of a share that grew 1.5 times over the span, and of one that did not move.
Walks: log odds that wander at random; what is said to keep moving there is false.
Checked series are four themes, alone or beside 40 topics. Their shares carry the error of a correction from so many
labels: its level and slope are off by what half of the variance of a yes or no leaves unexplained.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import scipy
from scipy import stats
from scipy.special import expit, logit, rel_entr
from threadpoolctl import threadpool_limits

from analytics.synthetic_series import SeriesNoise, make_checked_series, make_series
from analytics.trends.coverage import LOOK_COLUMNS
from analytics.trends.logit_lines import fit_lines
from analytics.trends.shares import corpus_trends, wilson_interval
from analytics.trends.verdicts import WINDOWS, trend_verdicts

RESULTS = Path(__file__).parent / "results"
N_SERIES = 100
PERIODS = (24, 60, 120)
PAPERS = (50, 200)
NULLS = {
    "shuffled dates": (None, 0.05),
    "constant": (None, 0.05),
    "over-dispersed x3": (SeriesNoise(3), 0.08),
    "AR(1) 0.5, x3": (SeriesNoise(3, 0.5), 0.10),
}
CHECKED = {"checked": None, "checked, over-dispersed x3": SeriesNoise(3)}
LABELS = (100, 400)
N_CHECKED, BESIDE = 4, (0, 40)
N_PLANTED = 10
RULES = ("page", "long", "recent", "lasting", "ratio", "wald", "percentile")
Q = 0.05


def shuffled_run(n_periods: int, papers: int, seed: int) -> pd.DataFrame:
    """Papers of `N_SERIES` series that truly rise, their dates dealt out anew: no trend is left."""
    rng = np.random.default_rng(seed)
    planted = make_series(
        N_SERIES, n_periods, papers_per_period=papers, doubling_months=24, random_state=seed
    )
    counts = planted["n_papers"].to_numpy().reshape(N_SERIES, n_periods).sum(axis=1)
    dealt = [rng.multivariate_hypergeometric(np.full(n_periods, papers), count) for count in counts]
    return planted.assign(n_papers=np.concatenate(dealt))


def claims_of(run: pd.DataFrame) -> dict[str, np.ndarray]:
    """Which series each rule calls moving, in the run's order, and two uncorrected p values."""
    n_series = run.groupby(["kind", "series_id"]).ngroups
    counts, totals = (run[name].to_numpy(float).reshape(n_series, -1) for name in ("n_papers", "n_total"))
    lines = fit_lines(counts, totals, np.linspace(-0.5, 0.5, counts.shape[1]))
    ratio = 2 * stats.norm.sf(np.abs(lines.root))
    wald = 2 * stats.norm.sf(np.abs(lines.line[1]) * np.sqrt(lines.information))
    found = trend_verdicts(run, q=Q)
    moving = moves(found)
    popularity = stats_of_fading(counts)
    low, high = np.percentile(popularity[:, -1], [10, 50])
    weak = (low <= popularity[:, -1]) & (popularity[:, -1] <= high)
    return {
        "page": moving["long"] | moving["recent"],
        **moving,
        "ratio": stats.false_discovery_control(ratio) <= Q,
        "wald": stats.false_discovery_control(wald) <= Q,
        "percentile": weak & (counts[:, -2:].sum(axis=1) > counts[:, -4:-2].sum(axis=1)),
        "p_verdicts": found["p_value"].to_numpy()[:n_series] <= Q,
        "p_ratio": ratio <= Q,
    }


def moves(found: pd.DataFrame) -> dict[str, np.ndarray]:
    """Which series are called rising or falling, by window."""
    claimed = found["verdict"].isin(["rising", "falling"])
    return {window: claimed[found["window"] == window].to_numpy() for window in WINDOWS}


def stats_of_fading(counts: np.ndarray) -> np.ndarray:
    """Popularity after each month: it fades by 1 % a month and gains the month's papers."""
    popularity = np.zeros_like(counts)
    popularity[:, 0] = counts[:, 0]
    for month in range(1, counts.shape[1]):
        popularity[:, month] = popularity[:, month - 1] * np.exp(-0.01) + counts[:, month]
    return popularity


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
    return {
        "checked": name, "labels": labels, "months": n_periods, "beside": beside, "repeats": repeats,
        "trend": "none" if doubling is None else f"doubles in {doubling} months",
        "any_claim": float(np.mean([a.any() or b.any() for a, b in zip(claims["long"], claims["recent"], strict=True)])),
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


def coverage(n_papers: int) -> dict[str, Any]:
    """Exact coverage of the 95 % interval of a share, averaged over shares of 1 to 99 %."""
    counts = np.arange(n_papers + 1)
    low, high = wilson_interval(counts, n_papers)
    shares = np.linspace(0.01, 0.99, 197)[:, None]
    inside = (low <= shares) & (shares <= high)
    covered = (stats.binom.pmf(counts, n_papers, shares) * inside).sum(axis=1)
    return {"n": n_papers, "coverage": float(covered.mean()), "lowest": float(covered.min())}


def speed() -> dict[str, Any]:
    """Seconds from papers to verdicts for 300 series, 300 months and 100,000 papers: best of three."""
    rng = np.random.default_rng(0)
    n_papers, n_series, n_months = 100_000, 300, 300
    starts = pd.date_range("1999-01-01", periods=n_months, freq="MS")
    days = starts[rng.integers(0, n_months, n_papers)] + pd.to_timedelta(rng.integers(0, 28, n_papers), "D")
    ids = np.array([f"arxiv:{number}" for number in range(n_papers)])
    papers = pd.DataFrame({"paper_id": ids, "published": days.as_unit("us"), "published_precision": "day"})
    series = pd.DataFrame({"kind": "topic", "series_id": [f"T{number:04d}" for number in range(n_series)]})
    chosen = rng.integers(0, n_series, n_papers)
    membership = series.iloc[chosen].assign(paper_id=ids).reset_index(drop=True)
    looks = pd.DataFrame({name: [] for name in LOOK_COLUMNS}).astype(
        {"start": "datetime64[us]", "end": "datetime64[us]", "is_whole": bool}
    )
    taken: dict[str, list[float]] = {"shares": [], "verdicts": []}
    for _ in range(3):
        start = time.perf_counter()
        found = corpus_trends(papers, membership, series, looks=looks, as_of=date(2024, 1, 1), freq="month")
        shared = time.perf_counter()
        verdicts = trend_verdicts(found.tested)
        taken["shares"].append(shared - start)
        taken["verdicts"].append(time.perf_counter() - shared)
    assert len(verdicts) == len(WINDOWS) * n_series
    return {
        "papers": n_papers, "series": n_series, "months": n_months,
        **{f"{stage}_s": min(times) for stage, times in taken.items()},
        "total_s": min(sum(pair) for pair in zip(*taken.values(), strict=True)),
    }  # fmt: skip


def run_job(job: tuple[Any, ...]) -> dict[str, Any]:
    """One cell of a table, in a process of its own."""
    kind, *settings = job
    cells = {
        "null": null_cell, "power": power_cell, "checked": checked_cell, "step": step_cell,
        "steady": steady_cell, "walk": walk_cell,
    }  # fmt: skip
    return cells[kind](*settings)


def table(rows: list[dict[str, Any]], columns: dict[str, str]) -> list[str]:
    """Markdown of some columns."""
    lines = ["| " + " | ".join(columns.values()) + " |", "| " + " | ".join("---" for _ in columns) + " |"]
    for row in rows:
        cells = [f"{row[key]:.3f}" if isinstance(row[key], float) else str(row[key]) for key in columns]
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def summary(nulls: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """False discovery rates over all cells of a corpus, with the standard error of ours."""
    rows = []
    for name, (_, limit) in NULLS.items():
        cells = [cell for cell in nulls if cell["corpus"] == name]
        row: dict[str, Any] = {"corpus": name, "limit": limit}
        row |= {
            key: float(np.mean([c[key] for c in cells])) for key in cells[0] if key[:4] in {"fdr_", "part"}
        }
        runs = sum(cell["repeats"] for cell in cells)
        row["error"] = float(np.sqrt(max(row["fdr_page"], 1 / runs) / runs))
        rows.append(row | {"holds": "yes" if row["fdr_page"] <= limit else "NO"})
    return rows


def report(
    nulls: list[dict[str, Any]],
    powers: list[dict[str, Any]],
    checked: list[dict[str, Any]],
    others: list[dict[str, Any]],
    fast: dict[str, Any],
    about: dict[str, Any],
) -> list[str]:
    """Lines of the Markdown page."""
    for cell in powers:
        cell["ratio"] = cell["power_long"] / max(cell["power_ratio"], 1e-9)
        cell["p_ratio"] = cell["power_p_verdicts"] / max(cell["power_p_ratio"], 1e-9)
    rates = {f"fdr_{rule}": rule for rule in RULES}
    return [
        "# Trend verdicts against planted truth",
        "",
        (
            f"Written by `make bench-trends` ({about['seconds']:.0f} s, {about['machine']}, Python {about['python']},"
            f" numpy {about['numpy']}, scipy {about['scipy']}, pandas {about['pandas']}). {N_SERIES} series a run of"
            f" months, {about['repeats']} runs a cell, share 5 %, q = {Q}. A false discovery rate is the part of runs with any claim."
        ),
        "",
        "## False discoveries, all cells of a corpus",
        "",
        *table(
            summary(nulls),
            {"corpus": "corpus", "limit": "limit", "holds": "holds"} | rates | {"error": "s.e. of page"},
        ),
        "",
        "Part of the null series claimed, each alone:",
        "",
        *table(summary(nulls), {"corpus": "corpus"} | {f"part_{rule}": rule for rule in RULES}),
        "",
        "## False discoveries by cell",
        "",
        *table(nulls, {"corpus": "corpus", "months": "months", "papers": "papers a month"} | rates),
        "",
        "## Power: a share of 5 % that doubles in 24 months",
        "",
        "Part of the planted trends claimed, with Benjamini-Hochberg over the run's 100 series, of which",
        "`planted` have the trend; then the same test of each series alone at p <= 0.05. The target is 0.9",
        "of the likelihood-ratio test.",
        "",
        *table(
            powers,
            {
                "planted": "planted", "months": "months", "papers": "papers a month", "power_long": "long",
                "power_ratio": "likelihood ratio", "ratio": "of it", "power_wald": "wald",
                "power_percentile": "percentile", "power_p_verdicts": "long, alone",
                "power_p_ratio": "ratio, alone", "p_ratio": "of it",
            },
        ),
        "",
        "## A step of 1.5 times in the newest quarter",
        "",
        f"{N_PLANTED} of {N_SERIES} series, 200 papers a month. Claimed: under the page's one false discovery rate; alone: p <= 0.05,",
        "beside the likelihood-ratio test of the same papers, which nothing beats where counts are binomial. At a share of 5 %",
        "that test itself finds two steps of three.",
        "",
        *table(
            [cell for cell in others if "step" in cell],
            {"step": "share", "months": "months", "claimed": "claimed", "alone": "alone", "ratio": "ratio, alone", "of_ratio": "of it"},
        ),
        "",
        "## Steady",
        "",
        "A share of 10 % whose odds change by a factor over the span. Called steady where they grew 1.5 times is false, at most",
        "0.05. Coverage: of the true change, from the first to the newest three months, by its 95 % interval.",
        "",
        *table(
            [cell for cell in others if "change" in cell],
            {"change": "factor", "months": "months", "papers": "papers a month", "steady": "steady", "moved": "moved", "coverage": "coverage"},
        ),
        "",
        "## Random walks",
        "",
        "Log odds that walk at random, 500 papers a month, share 5 %. Moved: claimed to end elsewhere than they began, which is",
        "true of nearly all; right: in the true direction. Lasting: claimed to keep moving, which is false.",
        "",
        *table(
            [cell for cell in others if "walk" in cell],
            {"walk": "step, logits", "months": "months", "moved": "moved", "right": "right", "lasting": "lasting"},
        ),
        "",
        "## Checked series",
        "",
        f"{N_CHECKED} themes with a share of 20 % and 100 papers a month, beside topics or alone, corrected by labels",
        "(half of the variance of an answer is explained without them). Any claim: part of the runs with a claim",
        "about a theme, which without a trend is a false discovery, at most 0.05; alone: p <= 0.05 of one theme;",
        "coverage: of the true growth by its 95 % interval.",
        "",
        *table(
            checked,
            {
                "checked": "themes", "trend": "trend", "labels": "labels", "months": "months",
                "beside": "topics beside", "any_claim": "any claim", "claimed": "themes claimed",
                "alone": "alone", "coverage": "coverage", "repeats": "runs",
            },
        ),
        "",
        "## Coverage of the 95 % interval of a share (Wilson), exact",
        "",
        *table(
            [coverage(n) for n in (5, 10, 20, 50, 100, 500, 1000, 5000)],
            {"n": "papers", "coverage": "mean over shares of 1 to 99 %", "lowest": "lowest"},
        ),
        "",
        "## Seconds from papers to verdicts, one thread, best of three",
        "",
        *table(
            [fast],
            {
                "papers": "papers", "series": "series", "months": "months", "shares_s": "shares",
                "verdicts_s": "verdicts", "total_s": "both",
            },
        ),
        "",
    ]  # fmt: skip


def main() -> None:
    """Run all cells and write the page."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=200, help="runs a cell of the false discovery rates")
    parser.add_argument("--workers", type=int, default=2)
    chosen = parser.parse_args()
    start = time.perf_counter()
    with threadpool_limits(1):
        fast = speed()
    few = max(1, chosen.repeats // 4)
    jobs: list[tuple[Any, ...]] = [
        ("null", name, n_periods, papers, chosen.repeats)
        for n_periods in reversed(PERIODS)
        for name in NULLS
        for papers in PAPERS
    ]
    jobs += [
        ("power", planted, n_periods, papers, few if planted == N_SERIES else chosen.repeats)
        for n_periods in (24, 36)
        for papers in PAPERS
        for planted in (N_SERIES, N_SERIES // 10)
    ]
    jobs += [
        ("checked", name, labels, n_periods, beside, doubling, few if doubling else 2 * few)
        for name in CHECKED
        for doubling in (None, 24)
        for labels in LABELS
        for beside in BESIDE
        for n_periods in ((24, 60) if doubling is None else (36,))
    ]
    jobs += [("step", share, n_periods, few) for share in (0.05, 0.1, 0.2) for n_periods in (24, 60)]
    jobs += [
        ("steady", change, n_periods, papers, few)
        for change in (1.0, 1.5)
        for n_periods in (24, 60)
        for papers in (200, 2000)
    ]
    jobs += [
        ("walk", deviation, n_periods, few) for deviation, n_periods in ((0.05, 60), (0.03, 120), (0.1, 120))
    ]
    with ProcessPoolExecutor(chosen.workers, initializer=threadpool_limits, initargs=(1,)) as pool:
        cells = list(pool.map(run_job, jobs))
    nulls = [cell for cell in cells if "corpus" in cell]
    nulls.sort(key=lambda cell: (list(NULLS).index(cell["corpus"]), cell["months"], cell["papers"]))
    powers = [cell for cell in cells if "planted" in cell]
    checked = [cell for cell in cells if "checked" in cell]
    others = [cell for cell in cells if {"step", "change", "walk"} & set(cell)]
    about = {
        "seconds": time.perf_counter() - start,
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, {chosen.workers} workers",
        "python": platform.python_version(), "numpy": np.__version__, "scipy": scipy.__version__,
        "pandas": pd.__version__, "repeats": chosen.repeats, "seeds": "1000000 + ... for null runs, 5000000 + ... for planted ones, 12000000 + ... for checked ones",
    }  # fmt: skip
    text = "\n".join(report(nulls, powers, checked, others, fast, about))
    print(text)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "trends.md").write_text(text, encoding="utf-8")
    found = {
        "about": about,
        "null": nulls,
        "power": powers,
        "checked": checked,
        "others": others,
        "summary": summary(nulls),
        "speed": fast,
    }
    (RESULTS / "trends.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
