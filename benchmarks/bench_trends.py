# ruff: noqa: E501
"""How often trend verdicts are wrong where there is no trend, and how often they see one.

    python benchmarks/bench_trends.py [--repeats 200] [--workers 2]

Prints the tables and writes them to benchmarks/results/trends.md and trends.json. All corpora are
synthetic (`analytics.synthetic.series`) with fixed seeds; two processes of one BLAS thread each.

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
import os
import platform
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import scipy
from result_pages import write_results
from threadpoolctl import threadpool_limits
from trend_cells import CHECKED, N_SERIES, NULLS, PAPERS, run_job
from trend_page import report, summary

from analytics.trends.coverage import LOOK_COLUMNS
from analytics.trends.shares import corpus_trends
from analytics.trends.verdicts import WINDOWS, trend_verdicts

PERIODS = (24, 60, 120)
LABELS = (100, 400)
BESIDE = (0, 40)


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
    lines = report(nulls, powers, checked, others, fast, about)
    found = {
        "about": about,
        "null": nulls,
        "power": powers,
        "checked": checked,
        "others": others,
        "summary": summary(nulls),
        "speed": fast,
    }
    write_results("trends", lines, found)


if __name__ == "__main__":
    main()
