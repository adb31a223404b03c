"""Forecasts of the next periods' shares with bands, and the accuracy of earlier forecasts."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from analytics.exceptions import InputError
from analytics.forecasts.forecast_bands import calibrated_forecasts, expected_totals, share_bands
from analytics.forecasts.forecasters import FORECASTERS
from analytics.forecasts.share_grids import Floats, ShareGrids, share_grids
from analytics.labels.checked_series import CheckedSeries, correction_variances
from analytics.tables import TABLE_COLUMNS, empty_table, validate_table

__all__ = ["MIN_HISTORY", "forecast_shares", "score_forecasts"]

MIN_HISTORY = 8
"""Complete periods with papers before a series is forecast."""

BANDS = ["low_90", "low_50", "high_50", "high_90"]


def forecast_shares(
    series: pd.DataFrame,
    *,
    horizon: int,
    method: str,
    corrections: Mapping[str, CheckedSeries] | None = None,
) -> pd.DataFrame:
    """Forecast the share of each series in the next periods, with bands for 50 and 90 % of them.

    *Question.* What share of the papers will each series have in the periods after the newest complete
    one, and how far off may that be?

    *Method.* One of `analytics.forecasts.forecasters.FORECASTERS`; `analytics.forecasts.backtest` shows
    which did best.
    A band includes the sampling error of the future period, for which the mean number of papers of the last
    four periods is expected, and the uncertainty of the series' level, calibrated on the forecaster's own
    earlier errors in this run (see `calibrated_forecasts` in `analytics.forecasts.forecast_bands`).

    *Checked series* are forecast from their checked shares. Their bands include the error of the correction,
    as large as it is in the newest complete period.

    *Limitations.* Anything that the past shares do not: a new source, a renamed category or a
    breakthrough. One correction serves all series: of one that is far wilder than the others the bands are
    too narrow, of a calm one too wide. How much the log odds scatter may change with the share: bands learn
    that from the newest errors, with a half-life of eight periods. Around `last_value` and `trailing_mean` a
    trend makes errors one-sided, and bands are off center. Where periods hold few papers, shares are coarse,
    and so are bands. A period with far fewer papers than expected scatters more.

    *Edges.* A series with fewer than `MIN_HISTORY` complete periods that hold papers gets no rows; one
    without its own paper gets a share near 0 and a band from 0. The periods after the newest complete
    period of the run are forecast, a period that has begun among them; what it holds so far is not used.

    Parameters
    ----------
    series : DataFrame
        The table `trends`. Row order is irrelevant.
    horizon : int
        Periods to forecast, at least 1.
    corrections : mapping of str to CheckedSeries, optional
        By theme id, for each series that has checked shares.

    Returns
    -------
    DataFrame
        The table `forecasts`, a row per series and next period, sorted. `period_end` is exclusive;
        `last_start` begins the newest complete period that was known.

    Raises
    ------
    InputError
        When the series are not what `analytics.forecasts.share_grids.share_grids` takes, `horizon` is below
        1, there is no forecaster `method`, or a correction is missing.

    Examples
    --------
    >>> series = pd.DataFrame({"kind": "theme", "series_id": "agents", "n_papers": [4] * 7 + [6],
    ...     "n_total": 100, "period_start": pd.date_range("2024-01-01", periods=8, freq="MS"),
    ...     "is_complete": True})
    >>> next_one = forecast_shares(series, horizon=1, method="last_value").iloc[0]
    >>> next_one["share"].item(), str(next_one["period_start"].date()), str(next_one["period_end"].date())
    (0.06, '2024-09-01', '2024-10-01')
    """
    check_horizon(horizon)
    if method not in FORECASTERS:
        raise InputError(f"no forecaster {method!r}; forecasters are {', '.join(FORECASTERS)}")
    grids = share_grids(series)
    long_enough = np.flatnonzero((grids.totals > 0).sum(axis=1) >= MIN_HISTORY)
    if not len(long_enough):
        return empty_table("forecasts")
    forecasts = calibrated_forecasts(grids.counts, grids.totals, horizon, method)
    share, variance = forecasts.share[long_enough, -1], forecasts.variance[long_enough, -1]
    expected = expected_totals(grids.totals)[long_enough, -1, None]
    newest = np.array([grids.periods[-1].start_time.to_datetime64()])
    error, _ = correction_variances(
        grids.keys["series_id"].iloc[long_enough],
        grids.is_checked[long_enough],
        newest,
        np.ones((len(long_enough), 1)),
        corrections or {},
    )
    bands = share_bands(share, variance, expected, error[:, None])
    return _forecast_table(grids, long_enough, np.concatenate([share[None], bands]), method)


def check_horizon(horizon: int) -> None:
    """Refuse a number of periods to forecast that is below 1.

    Raises
    ------
    InputError
    """
    if horizon < 1:
        raise InputError(f"horizon is {horizon}; it is the number of periods to forecast, at least 1")


def _forecast_table(
    grids: ShareGrids, which: np.ndarray[tuple[int], np.dtype[np.intp]], values: np.ndarray, method: str
) -> pd.DataFrame:
    """Rows of the series `which`; values of shape (5, n_which, horizon) are share and `BANDS`."""
    horizon = values.shape[2]
    last = grids.periods[-1]
    ahead = pd.period_range(last + 1, periods=horizon, freq=grids.periods.freq)
    keys = grids.keys.iloc[which].loc[lambda rows: rows.index.repeat(horizon)].reset_index(drop=True)
    table = keys.assign(
        period_start=np.tile(ahead.start_time, len(which)),
        period_end=np.tile((ahead + 1).start_time, len(which)),
        **dict(zip(["share", *BANDS], values.reshape(5, -1), strict=True)),
        method=method,
        basis=np.where(grids.is_checked[which], "checked", "found").repeat(horizon),
        last_start=last.start_time,
    )
    return validate_table("forecasts", table)


def score_forecasts(forecasts: pd.DataFrame, series: pd.DataFrame) -> pd.DataFrame:
    """Compare forecasts of periods that are now complete with the actual shares: the track record.

    A forecast is compared with the share on the basis that it was made on: with the papers found, or with the
    checked share.

    *Edges.* Forecasts whose period is not complete yet, has no papers, or whose series is gone or is no
    longer checked are left out. `naive_error` is NaN where the period that was the last known is no longer
    in `series`. Where the counts of that period were revised since, the naive forecast is that of today's
    counts.

    `forecasts` are those of `forecast_shares`, of one or several runs; `series` is today's table `trends`.

    Returns
    -------
    DataFrame
        The forecasts that came due, in their order, with `actual` (the share that came), `error` (actual
        less forecast share), `naive_error` (actual less the share of the last known period), `inside_50` and
        `inside_90` (bool, the ends of a band lie inside).

    Raises
    ------
    InputError
        When a column is missing or the series are not what
        `analytics.forecasts.share_grids.share_grids` takes.

    Examples
    --------
    >>> series = pd.DataFrame({"kind": "theme", "series_id": "agents", "n_papers": [4] * 7 + [6, 5],
    ...     "n_total": 100, "period_start": pd.date_range("2024-01-01", periods=9, freq="MS"),
    ...     "is_complete": True})
    >>> made = forecast_shares(series[:8], horizon=2, method="trailing_mean")
    >>> scored = score_forecasts(made, series)
    >>> scored[["actual", "error", "naive_error", "inside_50"]].round(3).values.tolist()
    [[0.05, 0.007, -0.01, True]]
    """
    missing = [column for column in TABLE_COLUMNS["forecasts"] if column not in forecasts]
    if missing:
        raise InputError(f"the forecasts lack {', '.join(missing)}; give those of forecast_shares")
    due = {"found": series.drop(columns="checked_share", errors="ignore"), "checked": series[:0]}
    if "checked_share" in series:
        due["checked"] = series[series["checked_share"].notna()]
    actual, last = np.full((2, len(forecasts)), np.nan)
    for basis, counted in due.items():
        made = (forecasts["basis"] == basis).to_numpy()
        if made.any() and len(counted):
            actual[made], last[made] = _shares_due(forecasts[made], counted)
    scored = forecasts.assign(
        actual=actual,
        error=actual - forecasts["share"],
        naive_error=actual - last,
        **{
            f"inside_{level}": (forecasts[f"low_{level}"] <= actual) & (actual <= forecasts[f"high_{level}"])
            for level in (50, 90)
        },
    )
    return scored[np.isfinite(actual)].reset_index(drop=True)


def _shares_due(forecasts: pd.DataFrame, series: pd.DataFrame) -> tuple[Floats, Floats]:
    """Share of each forecast's period and of its last known period, NaN where there is none."""
    grids = share_grids(series)
    rows = pd.MultiIndex.from_frame(grids.keys).get_indexer(
        pd.MultiIndex.from_frame(forecasts[["kind", "series_id"]])
    )
    known = np.where(grids.totals > 0, grids.totals, np.nan)
    # A row and a column of NaN at the end, where get_indexer's -1 leads.
    shares = np.pad(grids.counts / known, ((0, 1), (0, 1)), constant_values=np.nan)
    starts = pd.Index(grids.periods.start_time)
    actual, last = (
        shares[rows, starts.get_indexer(pd.Index(forecasts[column]))]
        for column in ("period_start", "last_start")
    )
    return actual, last
