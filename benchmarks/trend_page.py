# ruff: noqa: E501
"""The page about trend verdicts, from the cells of `trend_cells.py`."""

from __future__ import annotations

from typing import Any

import numpy as np
from result_pages import markdown_table
from scipy import stats
from trend_cells import N_CHECKED, N_PLANTED, N_SERIES, NULLS
from trend_rules import RULES, Q

from analytics.trends.shares import wilson_interval

__all__ = ["report", "summary"]


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
        *markdown_table(
            summary(nulls),
            {"corpus": "corpus", "limit": "limit", "holds": "holds"} | rates | {"error": "s.e. of page"},
        ),
        "",
        "Part of the null series claimed, each alone:",
        "",
        *markdown_table(summary(nulls), {"corpus": "corpus"} | {f"part_{rule}": rule for rule in RULES}),
        "",
        "## False discoveries by cell",
        "",
        *markdown_table(nulls, {"corpus": "corpus", "months": "months", "papers": "papers a month"} | rates),
        "",
        "## Power: a share of 5 % that doubles in 24 months",
        "",
        "Part of the planted trends claimed, with Benjamini-Hochberg over the run's 100 series, of which",
        "`planted` have the trend; then the same test of each series alone at p <= 0.05. The target is 0.9",
        "of the likelihood-ratio test.",
        "",
        *markdown_table(
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
        *markdown_table(
            [cell for cell in others if "step" in cell],
            {"step": "share", "months": "months", "claimed": "claimed", "alone": "alone", "ratio": "ratio, alone", "of_ratio": "of it"},
        ),
        "",
        "## Steady",
        "",
        "A share of 10 % whose odds change by a factor over the span. Called steady where they grew 1.5 times is false, at most",
        "0.05. Coverage: of the true change, from the first to the newest three months, by its 95 % interval.",
        "",
        *markdown_table(
            [cell for cell in others if "change" in cell],
            {"change": "factor", "months": "months", "papers": "papers a month", "steady": "steady", "moved": "moved", "coverage": "coverage"},
        ),
        "",
        "## Random walks",
        "",
        "Log odds that walk at random, 500 papers a month, share 5 %. Moved: claimed to end elsewhere than they began, which is",
        "true of nearly all; right: in the true direction. Lasting: claimed to keep moving, which is false.",
        "",
        *markdown_table(
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
        *markdown_table(
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
        *markdown_table(
            [coverage(n) for n in (5, 10, 20, 50, 100, 500, 1000, 5000)],
            {"n": "papers", "coverage": "mean over shares of 1 to 99 %", "lowest": "lowest"},
        ),
        "",
        "## Seconds from papers to verdicts, one thread, best of three",
        "",
        *markdown_table(
            [fast],
            {
                "papers": "papers", "series": "series", "months": "months", "shares_s": "shares",
                "verdicts_s": "verdicts", "total_s": "both",
            },
        ),
        "",
    ]  # fmt: skip


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


def coverage(n_papers: int) -> dict[str, Any]:
    """Exact coverage of the 95 % interval of a share, averaged over shares of 1 to 99 %."""
    counts = np.arange(n_papers + 1)
    low, high = wilson_interval(counts, n_papers)
    shares = np.linspace(0.01, 0.99, 197)[:, None]
    inside = (low <= shares) & (shares <= high)
    covered = (stats.binom.pmf(counts, n_papers, shares) * inside).sum(axis=1)
    return {"n": n_papers, "coverage": float(covered.mean()), "lowest": float(covered.min())}
