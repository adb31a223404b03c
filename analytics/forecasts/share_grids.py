"""Counts of all series of a run on one regular grid of periods, holes included."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.exceptions import InputError
from analytics.trends.series_grids import are_checked, counted_papers, validate_series

__all__ = ["Floats", "ShareGrids", "share_grids"]

Floats = NDArray[np.float64]

# Longest usual distance of two periods in days, and the pandas name of such periods; weeks from Monday.
_LENGTHS = {7: "W-SUN", 31: "M", 92: "Q-DEC", 366: "Y-DEC"}


@dataclass(frozen=True, slots=True)
class ShareGrids:
    """Counts of every series in every period from the first complete one to the newest complete one.

    Attributes
    ----------
    keys : DataFrame
        `kind` and `series_id`, sorted.
    is_checked : ndarray of bool, shape (n_series,)
        Whether the series is counted by checked shares.
    counts, totals : ndarray, shape (n_series, n_periods)
        Total 0 where a period is incomplete, absent or without papers: nothing is known there.
    """

    keys: pd.DataFrame
    is_checked: NDArray[np.bool_]
    counts: Floats
    totals: Floats
    periods: pd.PeriodIndex


def share_grids(series: pd.DataFrame) -> ShareGrids:
    """Lay the complete periods of all series out on one grid without gaps, checked ones by checked shares.

    *Edges.* No complete period, or a single start from which no length follows: a grid without
    periods. A period that only some series have, or that is incomplete, is a hole with total 0.

    `series` is the table `trends`, or its columns `kind`, `series_id`, `period_start`, `n_papers`, `n_total`,
    `is_complete` and, where themes are checked, `checked_share`.

    Raises
    ------
    InputError
        When a column is missing, a count is impossible, a period stands twice, or the starts are not
        those of weeks (from Monday), months, quarters or years.

    Examples
    --------
    >>> series = pd.DataFrame({"kind": "theme", "series_id": "agents", "n_papers": [1, 2, 9], "n_total": 10,
    ...     "period_start": pd.to_datetime(["2024-01-01", "2024-03-01", "2024-04-01"]),
    ...     "is_complete": [True, True, False]})
    >>> grids = share_grids(series)
    >>> grids.counts.tolist(), grids.totals.tolist(), str(grids.periods[-1])
    ([[1.0, 0.0, 2.0]], [[10.0, 0.0, 10.0]], '2024-03')
    """
    validate_series(series)
    keys = series[["kind", "series_id"]].drop_duplicates().sort_values(["kind", "series_id"])
    keys = keys.reset_index(drop=True)
    is_checked = are_checked(keys, series)
    used = series[series["is_complete"].astype(bool) & (series["n_total"] > 0)]
    code = _period_code(series["period_start"])
    if code is None or used.empty:
        none = np.zeros((len(keys), 0))
        return ShareGrids(keys, is_checked, none, none.copy(), pd.PeriodIndex([], freq=code or "M"))
    ordinals = pd.PeriodIndex(used["period_start"], freq=code).asi8
    periods = pd.PeriodIndex.from_ordinals(np.arange(ordinals.min(), ordinals.max() + 1), freq=code)
    rows = pd.MultiIndex.from_frame(keys).get_indexer(pd.MultiIndex.from_frame(used[["kind", "series_id"]]))
    grid = np.zeros((2, len(keys), len(periods)))
    for layer, values in enumerate((counted_papers(used), used["n_total"])):
        grid[layer, rows, ordinals - ordinals.min()] = values.to_numpy()
    return ShareGrids(keys, is_checked, grid[0], grid[1], periods)


def _period_code(period_start: pd.Series) -> str | None:
    """Name of the periods that begin on these days; None for fewer than two, which have no length."""
    starts = pd.DatetimeIndex(np.unique(period_start.dropna().to_numpy()))
    if len(starts) < 2:
        return None
    # The closest neighbors, not typical ones: holes make distances longer, nothing makes them shorter.
    closest = int((np.diff(starts.to_numpy()) / np.timedelta64(1, "D")).min())
    for longest, code in _LENGTHS.items():
        if closest <= longest:
            off = starts[starts != pd.PeriodIndex(starts, freq=code).start_time]
            if len(off) == 0:
                return code
            break
    raise InputError(
        f"a period starts on {starts[-1] if closest > longest else off[0]:%Y-%m-%d}, {closest} days from its "
        "nearest neighbor; periods must be weeks from Monday, months, quarters or years"
    )
