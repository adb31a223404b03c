"""Backtest: which forecaster did best on this run's past, and whether the difference is significant."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from analytics.exceptions import InputError
from analytics.forecasts.forecast_bands import LEVELS, calibrated_forecasts, expected_totals, share_bands
from analytics.forecasts.forecasters import FORECASTERS, NAIVE
from analytics.forecasts.share_forecasts import MIN_HISTORY, check_horizon
from analytics.forecasts.share_grids import Floats, ShareGrids, share_grids
from analytics.tables import validate_table

__all__ = ["CHANCE", "MIN_ORIGINS", "backtest", "choose_forecaster"]

CHANCE = 0.05
"""Highest p value, after correction, at which a forecaster is said to beat another."""

_LEAST_GAIN = 0.02
"""Part of the error that a less simple forecaster must save."""
MIN_ORIGINS = 5
"""Past forecast dates below which no test is made."""

_LEVEL, _TRENDS = "pooled_level", ("damped_trend", "pooled_trend")
_PERIODS_A_YEAR = {"W": 52, "M": 12, "Q": 4, "Y": 1}


def backtest(series: pd.DataFrame, *, horizon: int, max_origins: int = 60) -> pd.DataFrame:
    """Forecast past periods from the data known then, and compare every candidate with the actual shares.

    *Question.* Which forecaster would have erred least on these series, how much less than ``same as last
    period``, and do its bands hold what they promise?

    *Method.* Rolling origin [1]_: each period with at least `MIN_HISTORY` complete ones up to it is taken
    for the newest known, and the next `horizon` periods are forecast. An error counts in units of its
    series' own mean step from period to period, half a paper at least, so that big series do not decide
    alone [2]_; all candidates are compared on the same cells.

    *Null hypothesis of the p values.* The candidate errs no less than the other, in the mean. Of each
    origin the errors of all series and steps are averaged to one difference, because series of one
    period are not independent; the differences are tested by Diebold and Mariano's statistic [3]_
    with Harvey, Leybourne and Newbold's correction [4]_ for few origins and for forecasts that overlap
    (`horizon` - 1 autocovariances), one-sided, against Student's t.

    *Limitations.* How the future differs from the past. Topics found in the whole corpus carry
    knowledge of the future into their past counts, alike for all candidates.

    *Same as a year before.* What a reader with a calendar would say, and no candidate: the share of the
    same period one year before the one that is forecast. Every candidate is compared with it too, on the
    cells for which that year is known. A year of weeks has 52.

    *Edges.* Too little history for one forecast: errors and coverages are NaN and `n_forecasts` is 0.
    Fewer than five origins, or no difference at all: p values are NaN. Cells whose period
    is incomplete or has no papers are not counted.

    Parameters
    ----------
    series : DataFrame
        The table `trends`. Row order is irrelevant.
    horizon : int
        Periods to forecast, at least 1.
    max_origins : int
        Only so many of the newest origins count, at least 1.

    Returns
    -------
    DataFrame
        The table `backtests`, a row per candidate, simplest first. `error_ratio`: mean absolute scaled
        error over that of the naive forecast, 1 for itself. `pinball_ratio`: the same for the mean
        pinball loss of forecast and band ends (the weighted interval score [5]_). `coverage_50`,
        `coverage_90`: part of the shares that lay inside their band. `p_over_...`: p value of
        erring less than that other candidate. `year_ratio`, `p_over_year`: error over that of ``same as a
        year before`` and p value of erring less; NaN where no cell has a year before it.

    Raises
    ------
    InputError
        When the series are not what `analytics.forecasts.share_grids.share_grids` takes, or a setting is
        below 1.

    References
    ----------
    .. [1] Tashman (2000), doi:10.1016/S0169-2070(00)00065-0
    .. [2] Hyndman and Koehler (2006), doi:10.1016/j.ijforecast.2006.03.001
    .. [3] Diebold and Mariano (1995), doi:10.1080/07350015.1995.10524599
    .. [4] Harvey, Leybourne and Newbold (1997), doi:10.1016/S0169-2070(96)00719-4
    .. [5] Bracher et al. (2021), doi:10.1371/journal.pcbi.1008618

    Examples
    --------
    Shares swing between 0.2 and 0.4: the last value errs by 0.2, the mean of six by 0.1.

    >>> series = pd.DataFrame({"kind": "theme", "series_id": "agents", "n_papers": [20, 40] * 8,
    ...     "n_total": 100, "period_start": pd.date_range("2024-01-01", periods=16, freq="MS"),
    ...     "is_complete": True})
    >>> backtest(series, horizon=1)[["method", "error_ratio", "n_forecasts"]].head(2).round(6).values.tolist()
    [['last_value', 1.0, 8], ['trailing_mean', 0.5, 8]]
    """
    check_horizon(horizon)
    if max_origins < 1:
        raise InputError(f"max_origins is {max_origins}; it must be at least 1")
    grids = share_grids(series)
    actual, scale = _due_shares(grids, horizon), _scales(grids)
    counted = np.isfinite(actual) & (np.cumsum(grids.totals > 0, axis=1) >= MIN_HISTORY)[:, :, None]
    counted[:, : max(counted.shape[1] - 1 - max_origins, 0)] = False
    year_before = np.where(counted, np.abs(actual - _year_before(grids, horizon)) / scale, np.nan)
    losses, rows = {}, []
    for method in FORECASTERS:
        absolute, pinball, inside = _losses(grids, actual, method)
        losses[method] = np.where(counted, absolute / scale, np.nan)
        scored = {"pinball": pinball / scale, "coverage_50": inside[0], "coverage_90": inside[1]}
        means = {name: _mean(values[counted]) for name, values in scored.items()}
        means["year_ratio"] = _mean_ratio(losses[method], year_before)
        means["p_over_year"] = _p_value(year_before, losses[method], horizon)
        rows.append({"method": method, "error": _mean(losses[method][counted]), **means})
    table = pd.DataFrame(rows)
    scored_table = table.assign(
        error_ratio=_over_first(table["error"]),
        pinball_ratio=_over_first(table["pinball"]),
        **{
            f"p_over_{other}": [_p_value(losses[other], losses[method], horizon) for method in FORECASTERS]
            for other in list(FORECASTERS)[:-1]
        },
        n_forecasts=int(counted.sum()),
        n_origins=int(counted.any(axis=(0, 2)).sum()),
        n_series=int(counted.any(axis=(1, 2)).sum()),
    )
    return validate_table("backtests", scored_table)


def choose_forecaster(table: pd.DataFrame) -> tuple[str, str]:
    """Choose the forecaster that beats the simpler ones beyond chance; if none does, the naive forecast.

    The candidates are taken from the simplest to the least simple, beginning with the naive forecast; one
    replaces the one held so far when it errs less beyond chance, that is when its p value, multiplied by the
    number of replacements that could be (Bonferroni), is at most `CHANCE`, and its error is smaller by
    2 % or more: two that nearly agree differ by little, but surely. A trend must beat `pooled_level`
    in the same way, else a level that only needs more smoothing would be called one. Of two that cannot be
    distinguished the simpler one stays, even if its error was a little larger. `table` is what `backtest`
    returns.

    Raises
    ------
    InputError
        When a column or the naive forecast is missing.

    Examples
    --------
    >>> table = pd.DataFrame({"method": ["last_value", "trailing_mean"], "error_ratio": [1.0, 0.8],
    ...     "p_over_last_value": [np.nan, 0.001], "n_origins": 20, "n_forecasts": 200})
    >>> choose_forecaster(table)[0]
    'trailing_mean'
    """
    _check_table(table)
    rows = table.set_index("method")
    order = [method for method in FORECASTERS if method in rows.index]
    origins, forecasts = int(table["n_origins"].iloc[0]), int(table["n_forecasts"].iloc[0])
    naive = FORECASTERS[NAIVE].name
    if origins < MIN_ORIGINS:
        return NAIVE, (
            f"{naive}: the history is too short to compare forecasters ({origins} past forecast dates, "
            f"at least {MIN_ORIGINS} needed)"
        )
    held = NAIVE
    for method in order[1:]:
        rivals = [held, *(rival for rival in order if rival == _LEVEL and method in _TRENDS)]
        if rows.loc[method, "error_ratio"] > (1 - _LEAST_GAIN) * rows.loc[held, "error_ratio"]:
            continue
        if (rows.loc[method, [f"p_over_{rival}" for rival in rivals]] * (len(order) - 1) <= CHANCE).all():
            held = method
    seen = f"over {forecasts} past forecasts from {origins} dates"
    ratio = rows["error_ratio"]
    if held == NAIVE:
        best = ratio[order[1:]].idxmin()
        return NAIVE, (
            f"{naive}: no other was significantly better {seen}; "
            f"the lowest error, that of {FORECASTERS[best].name}, was {ratio[best]:.2f} times as large"
        )
    return held, (
        f"{FORECASTERS[held].name}: its error was {ratio[held]:.2f} times that of {naive} {seen},"
        " significantly lower, and no more complex one was significantly better"
    )


def _check_table(table: pd.DataFrame) -> None:
    """Refuse what is not a backtest."""
    needed = ["method", "error_ratio", "n_origins", "n_forecasts"]
    needed += [f"p_over_{method}" for method in table.get("method", [])][:-1]
    missing = [column for column in needed if column not in table]
    if missing or NAIVE not in set(table["method"]):
        raise InputError(f"the backtest lacks {', '.join(missing) or NAIVE}; give what backtest() returned")


def _due_shares(grids: ShareGrids, horizon: int) -> Floats:
    """Share that came 1 to `horizon` periods after each, NaN where none did, along a third axis."""
    known = np.where(grids.totals > 0, grids.totals, np.nan)
    padded = np.pad(grids.counts / known, ((0, 0), (0, horizon)), constant_values=np.nan)
    n_periods = grids.counts.shape[1]
    return np.stack([padded[:, step : step + n_periods] for step in range(1, horizon + 1)], axis=2)


def _year_before(grids: ShareGrids, horizon: int) -> Floats:
    """Share a year before the period 1 to `horizon` periods after each, as `_due_shares` is shaped.

    Where the horizon is longer than a year, the newest such period that is known.
    """
    shares = grids.counts / np.where(grids.totals > 0, grids.totals, np.nan)
    year = _PERIODS_A_YEAR[grids.periods.freqstr[0]]
    n_periods = shares.shape[1]
    back = [-(-step // year) * year - step for step in range(1, horizon + 1)]  # from the newest known period
    padded = np.pad(shares, ((0, 0), (year, 0)), constant_values=np.nan)
    return np.stack([padded[:, year - lag : year - lag + n_periods] for lag in back], axis=2)


def _scales(grids: ShareGrids) -> Floats:
    """Mean absolute step from period to period, half a paper at least; shape (n_series, 1, 1)."""
    scales = np.ones((len(grids.counts), 1, 1))
    for row, (counts, totals) in enumerate(zip(grids.counts, grids.totals, strict=True)):
        known = totals > 0
        if known.sum() > 1:
            steps = np.abs(np.diff(counts[known] / totals[known]))
            scales[row] = max(steps.mean(), 0.5 / totals[known].mean())
    return scales


def _losses(grids: ShareGrids, actual: Floats, method: str) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Absolute error, pinball loss, and for each band if the share lay inside; shaped as `actual`."""
    forecasts = calibrated_forecasts(grids.counts, grids.totals, actual.shape[2], method)
    bands = share_bands(forecasts.share, forecasts.variance, expected_totals(grids.totals)[:, :, None])
    levels = np.array([(1 - LEVELS[1]) / 2, (1 - LEVELS[0]) / 2, (1 + LEVELS[0]) / 2, (1 + LEVELS[1]) / 2])
    above = actual - bands
    pinball = np.maximum(levels[:, None, None, None] * above, (levels - 1)[:, None, None, None] * above)
    absolute = np.abs(actual - forecasts.share)
    inside = np.stack(
        [(bands[1] <= actual) & (actual <= bands[2]), (bands[0] <= actual) & (actual <= bands[3])]
    )
    return absolute, (pinball.sum(axis=0) + absolute / 2) / 5, inside


def _mean(values: Floats) -> float:
    return float(values.mean()) if values.size else float("nan")


def _mean_ratio(own: Floats, other: Floats) -> float:
    """Mean of errors over the mean of others, on the cells that both have; NaN where there are none."""
    both = np.isfinite(own) & np.isfinite(other)
    if not both.any():
        return float("nan")
    mean, reference = float(own[both].mean()), float(other[both].mean())
    return mean / reference if reference else (1.0 if mean == 0 else float("inf"))


def _over_first(errors: pd.Series) -> Floats:
    """Errors over that of the naive forecast, the first; 1 where both are 0."""
    values = errors.to_numpy()
    if values[0] == 0:
        return np.where(values == 0, 1.0, np.inf)
    return np.asarray(values / values[0])


def _p_value(other: Floats, own: Floats, horizon: int) -> float:
    """One-sided p value of erring less than another forecaster; NaN if that cannot be tested."""
    difference = other - own
    used = np.isfinite(difference).any(axis=(0, 2))
    gains = np.array([np.nanmean(difference[:, at]) for at in np.flatnonzero(used)])
    n = len(gains)
    if n < MIN_ORIGINS:
        return float("nan")
    centered = gains - gains.mean()
    reach = min(horizon - 1, n - 1)
    covariances = [float(centered[lag:] @ centered[: n - lag]) / n for lag in range(reach + 1)]
    variance = covariances[0] + 2 * sum(covariances[1:])
    if variance <= 0:  # the rectangular window can give that; the plain variance is positive
        variance = covariances[0]
    if variance <= 1e-24:
        return float("nan")
    h = reach + 1
    correction = max((n + 1 - 2 * h + h * (h - 1) / n) / n, 1 / n)
    statistic = gains.mean() / np.sqrt(variance / n) * np.sqrt(correction)
    return float(stats.t.sf(statistic, n - 1))
