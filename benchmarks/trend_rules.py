"""Rules that call a series moving: the verdicts of papertrends, and what else is in use."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from analytics.trends.logit_lines import fit_lines
from analytics.trends.verdicts import WINDOWS, trend_verdicts

__all__ = ["RULES", "Q", "claims_of", "moves"]

RULES = ("page", "long", "recent", "lasting", "ratio", "wald", "percentile")
Q = 0.05


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
