"""Smooth shares of the tested periods, brought to the periods of the charts."""

from __future__ import annotations

import numpy as np
import pandas as pd

__all__ = ["with_smooth"]

_KEY = ["kind", "series_id"]
_SMOOTH = ["smooth_share", "smooth_low", "smooth_high"]


def with_smooth(trends: pd.DataFrame, curves: pd.DataFrame) -> pd.DataFrame:
    """Fill in the smooth share of each series and period of the charts.

    A period's is the mean over the tested periods whose middle day lies in it, weighted by their papers. A
    period shorter than the tested ones has the value at its own middle, by straight lines between theirs.

    For `curves` see `analytics.trends.verdicts.FoundTrends`. Returns `trends` with `smooth_share`,
    `smooth_low` and `smooth_high`; NaN for series that were not tested, and outside the tested periods.

    Examples
    --------
    >>> trends = pd.DataFrame({"kind": "theme", "series_id": "agents", "period_start": pd.to_datetime(
    ...     ["2024-01-01", "2024-04-01"]), "period_end": pd.to_datetime(["2024-04-01", "2024-07-01"])})
    >>> curves = pd.DataFrame({"kind": "theme", "series_id": "agents", "n_total": [30, 10, 10, 10],
    ...     "period_start": pd.date_range("2024-01-01", periods=4, freq="MS"),
    ...     "smooth_share": [0.1, 0.2, 0.3, 0.4], "smooth_low": 0.1, "smooth_high": 0.5})
    >>> with_smooth(trends, curves)["smooth_share"].round(2).tolist()
    [0.16, 0.4]
    """
    filled = trends.assign(**dict.fromkeys(_SMOOTH, np.nan))
    if curves.empty or trends.empty:
        return filled
    starts = np.sort(curves["period_start"].unique())
    gaps = np.diff(starts)
    typical = np.median(gaps) if len(gaps) else np.timedelta64(1, "D")
    middles = starts + typical / 2
    periods = trends[["period_start", "period_end"]].drop_duplicates().sort_values("period_start")
    place = np.searchsorted(periods["period_start"].to_numpy(), middles, side="right") - 1
    inside = (place >= 0) & (middles < periods["period_end"].to_numpy()[np.maximum(place, 0)])
    n_tested, n_drawn = len(starts), len(periods)
    papers = curves["n_total"].to_numpy(float).reshape(-1, n_tested)
    to_drawn = np.zeros((n_tested, n_drawn))
    to_drawn[np.flatnonzero(inside), place[inside]] = 1.0
    weight = papers @ to_drawn
    keys = curves[_KEY].iloc[::n_tested]
    rows = pd.MultiIndex.from_frame(keys).get_indexer(pd.MultiIndex.from_frame(trends[_KEY]))
    columns = np.searchsorted(periods["period_start"].to_numpy(), trends["period_start"].to_numpy())
    own = (periods["period_start"] + (periods["period_end"] - periods["period_start"]) / 2).to_numpy()
    covered = (own >= starts[0]) & (own <= starts[-1] + typical)
    for name in _SMOOTH:
        values = curves[name].to_numpy().reshape(-1, n_tested)
        mean = np.divide(
            (values * papers) @ to_drawn, weight, out=np.full_like(weight, np.nan), where=weight > 0
        )
        between = np.stack([np.interp(own.astype("int64"), middles.astype("int64"), row) for row in values])
        drawn = np.where(weight > 0, mean, np.where(covered, between, np.nan))
        filled[name] = np.where(rows >= 0, drawn[rows, columns], np.nan)
    return filled
