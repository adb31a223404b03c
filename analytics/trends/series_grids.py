"""Counts of all series of a run side by side, as every test of trends needs them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.exceptions import InputError
from analytics.trends.logit_lines import Floats

__all__ = [
    "BEFORE", "EARLIER", "ESTIMATES", "MIN_PAPERS", "MIN_PERIODS", "NEWEST", "SeriesGrids", "are_checked",
    "centered_times", "counted_papers", "has_enough", "series_grids", "series_tallies", "time_offsets",
    "validate_series",
]  # fmt: skip

MIN_PERIODS = 5
"""Complete periods with papers below which no verdict is given."""
MIN_PAPERS = 20
"""Papers inside the series, and papers outside it, below which no verdict is given."""
ESTIMATES = [
    "start_share", "end_share", "change", "change_low", "change_high", "growth_per_year", "growth_low",
    "growth_high", "p_value", "q_value", "steady_p", "papers_to_tell", "days_to_tell",
]  # fmt: skip
"""Estimates of a test for a series, next to its counts; NaN where it was not tested."""
EARLIER, BEFORE, NEWEST = -1, 0, 1
"""Where a period lies: in the newest three months, in the year before them, or earlier."""

_COLUMNS = ("kind", "series_id", "period_start", "n_papers", "n_total", "is_complete")
_YEAR_DAYS = 365.2425
_QUARTER_DAYS = _YEAR_DAYS / 4


def validate_series(series: pd.DataFrame) -> None:
    """Refuse a table of series that lacks columns or holds what cannot be.

    Raises
    ------
    InputError
        When a column or a start is missing, a count is impossible, or a period of a series stands twice.
    """
    missing = [column for column in _COLUMNS if column not in series]
    if missing:
        raise InputError(f"the series lack {', '.join(missing)}; they must have {', '.join(_COLUMNS)}")
    if series["period_start"].isna().any():
        raise InputError("a row of the series has no period_start; fill it or drop the row")
    impossible = (series["n_papers"] < 0) | (series["n_papers"] > series["n_total"])
    repeated = series.duplicated(["kind", "series_id", "period_start"])
    for bad, what in (
        (impossible, "n_papers outside 0..n_total"),
        (repeated, "a period twice; give each period of a series once"),
    ):
        if bad.any():
            name, start = series.loc[bad, ["series_id", "period_start"]].iloc[0]
            raise InputError(f"series {name!r} has {what} (period of {start:%Y-%m-%d})")


def counted_papers(series: pd.DataFrame) -> pd.Series:
    """Papers of a series in a period, as all tests and forecasts count them.

    `series` is the table `trends`, or its columns `n_papers`, `n_total` and, where themes are checked,
    `checked_share`. Where there is a checked share, it times all papers, which need not be a whole number;
    else the papers found.

    Examples
    --------
    >>> rows = pd.DataFrame({"n_papers": [4, 4], "n_total": 50, "checked_share": [0.25, np.nan]})
    >>> counted_papers(rows).tolist()
    [12.5, 4.0]
    """
    found = series["n_papers"].astype(float)
    if "checked_share" not in series:
        return found
    return (series["checked_share"] * series["n_total"]).fillna(found)


def are_checked(keys: pd.DataFrame, series: pd.DataFrame) -> NDArray[np.bool_]:
    """Whether each series is counted by checked shares.

    `keys` are `kind` and `series_id`; for `series` see `counted_papers`. Returns shape (n_series,).
    """
    if "checked_share" not in series:
        return np.zeros(len(keys), dtype=bool)
    checked = series.loc[series["checked_share"].notna(), ["kind", "series_id"]]
    return np.asarray(pd.MultiIndex.from_frame(keys).isin(pd.MultiIndex.from_frame(checked)))


@dataclass(frozen=True, slots=True)
class SeriesGrids:
    """Counts of all series in the complete periods that hold papers.

    Attributes
    ----------
    keys : DataFrame
        `kind` and `series_id`, in order of first appearance.
    is_checked : ndarray of bool, shape (n_series,)
        Whether the series is counted by checked shares.
    counts, found, totals : ndarray, shape (n_series, n_periods)
        Papers as they are counted, see `counted_papers`; papers found; all papers.
    starts : ndarray of datetime64, shape (n_periods,)
    years : ndarray, shape (n_periods,)
        Since the first period.
    steps : ndarray of int, shape (n_periods,)
        Since the first period, in periods.
    recent : ndarray of int, shape (n_periods,)
        `NEWEST`, `BEFORE` or `EARLIER`: whether it belongs to the newest three months or the year before.
    typical_days : float
        Usual length of a period.
    """

    keys: pd.DataFrame
    is_checked: NDArray[np.bool_]
    counts: Floats
    found: Floats
    totals: Floats
    starts: NDArray[np.datetime64]
    years: Floats
    steps: NDArray[np.int64]
    recent: NDArray[np.int64]
    typical_days: float

    def of(self, which: NDArray[np.bool_]) -> SeriesGrids:
        """Give the same for some of the series, `which` of shape (n_series,)."""
        grids = {name: getattr(self, name)[which] for name in ("is_checked", "counts", "found", "totals")}
        return replace(self, keys=self.keys[which].reset_index(drop=True), **grids)

    def within(self, which: NDArray[np.bool_]) -> SeriesGrids:
        """Give the same for some of the periods, `which` of shape (n_periods,)."""
        grids = {name: getattr(self, name)[:, which] for name in ("counts", "found", "totals")}
        periods = {name: getattr(self, name)[which] for name in ("starts", "years", "steps", "recent")}
        return replace(self, **grids, **periods)

    def held_by(self, rows: NDArray[np.bool_]) -> SeriesGrids:
        """Give the same within the periods that hold papers for some of the series, the newest of these."""
        grids = self.within(np.any(self.totals[rows] > 0, axis=0))
        return replace(grids, recent=_newest_months(len(grids.starts), self.typical_days))

    def whole(self) -> SeriesGrids:
        """Give the same with whole numbers of papers, for methods that need binomial counts.

        The sum of a series up to any period is rounded to the nearest whole number, so that no period and no
        stretch of periods is off by a paper or more.
        """
        sums = np.floor(np.cumsum(self.counts, axis=1) + 0.5)
        return replace(self, counts=np.clip(np.diff(sums, axis=1, prepend=0), 0, self.totals))


def series_grids(series: pd.DataFrame) -> SeriesGrids:
    """Check the series and lay them out; totals are 0 where a period of a series is absent."""
    validate_series(series)
    keys = series[["kind", "series_id"]].drop_duplicates().reset_index(drop=True)
    rows = pd.MultiIndex.from_frame(keys).get_indexer(pd.MultiIndex.from_frame(series[["kind", "series_id"]]))
    used = (series["is_complete"].astype(bool) & (series["n_total"] > 0)).to_numpy()
    starts, columns = np.unique(series["period_start"].to_numpy()[used], return_inverse=True)
    grid = np.zeros((3, len(keys), len(starts)))
    for layer, values in enumerate((counted_papers(series), series["n_papers"], series["n_total"])):
        grid[layer, rows[used], columns] = values.to_numpy()[used]
    days = np.asarray((starts - starts[:1]) / np.timedelta64(1, "D"), dtype=float)
    # Months differ by a day or three; what counts is how many periods lie between two.
    typical = float(np.median(np.diff(days))) if len(days) > 1 else 1.0
    steps = np.concatenate([[0], np.cumsum(np.rint(np.diff(days) / typical))]).astype(np.int64)[: len(days)]
    recent = _newest_months(len(starts), typical)
    counts, found, totals = grid
    is_checked = are_checked(keys, series)
    years = days / _YEAR_DAYS
    return SeriesGrids(keys, is_checked, counts, found, totals, starts, years, steps, recent, typical)


def _newest_months(n_periods: int, typical: float) -> NDArray[np.int64]:
    """Tell for each period if it belongs to the newest three months, to the year before them or to neither.

    Of spans below nine months the newest third replaces three months; of long periods, one.
    """
    place = np.full(n_periods, EARLIER)
    newest = min(max(round(_QUARTER_DAYS / typical), 1), max(n_periods // 3, 1))
    before = max(round(_YEAR_DAYS / typical), MIN_PERIODS)
    place[max(n_periods - newest - before, 0) :] = BEFORE
    place[n_periods - newest :] = NEWEST
    return place


def series_tallies(keys: pd.DataFrame, counts: Floats, totals: Floats) -> pd.DataFrame:
    """Verdicts without an answer yet."""
    return keys.assign(
        verdict="insufficient",
        **dict.fromkeys(ESTIMATES, np.nan),
        n_papers=np.rint(counts.sum(axis=1)).astype(np.int64),
        n_outside=np.rint((totals - counts).sum(axis=1)).astype(np.int64),
        n_periods=(totals > 0).sum(axis=1),
    )


def has_enough(tallies: pd.DataFrame) -> NDArray[np.bool_]:
    """Tell which series can be tested."""
    found = (
        (tallies["n_periods"] >= MIN_PERIODS)
        & (tallies["n_papers"] >= MIN_PAPERS)
        & (tallies["n_outside"] >= MIN_PAPERS)
    )
    return np.asarray(found)


def centered_times(years: Floats) -> tuple[Floats, float]:
    """Times around 0 that span 1, and the span in years."""
    unit = max(float(np.ptp(years)), np.finfo(float).tiny)
    return (years - years.mean()) / unit, unit


def time_offsets(weight: Floats, x: Floats) -> Floats:
    """Times less their weighted mean in each series, shape (n_series, n_periods)."""
    return np.asarray(x - (weight @ x / weight.sum(axis=1))[:, None])
