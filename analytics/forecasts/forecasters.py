"""The candidate forecasters of shares, from simple to complex.

Each takes counts and totals of shape (n_series, n_periods) and gives, for every period, what it would
have forecast for the next ones with that period as the newest it knows. Nothing later enters, so one pass
is a whole rolling-origin history.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.special import expit

from analytics.forecasts.logit_filter import LogitFilter, filter_settings
from analytics.forecasts.share_grids import Floats

__all__ = [
    "FORECASTERS",
    "NAIVE",
    "Forecaster",
    "PeriodForecasts",
    "damped_trend",
    "last_value",
    "pooled_level",
    "pooled_trend",
    "trailing_mean",
]

NAIVE = "last_value"
"""The candidate that every other must beat."""
WINDOW = 6
"""Periods with papers that `trailing_mean` takes."""


@dataclass(frozen=True, slots=True)
class PeriodForecasts:
    """Forecasts made after each period, shape (n_series, n_periods, horizon); NaN before a series begins.

    `share` is the forecast, 0..1; `variance` is that of the future log odds around it as the candidate sees
    it: what it knows of its own uncertainty, without the sampling of the future period's papers.
    """

    share: Floats
    variance: Floats


def last_value(counts: Floats, totals: Floats, horizon: int) -> PeriodForecasts:
    """Same as the last period with papers: the naive forecast.

    Examples
    --------
    >>> last_value(np.array([[1.0, 3.0, 0.0]]), np.array([[10.0, 10.0, 0.0]]), 1).share.ravel().tolist()
    [0.1, 0.3, 0.3]
    """
    return _level(*_last_sums(counts, totals, 1), horizon)


def trailing_mean(counts: Floats, totals: Floats, horizon: int) -> PeriodForecasts:
    """Share among all papers of the last `WINDOW` periods with papers.

    Examples
    --------
    >>> trailing_mean(np.array([[1.0, 3.0]]), np.array([[10.0, 30.0]]), 1).share.ravel().tolist()
    [0.1, 0.1]
    """
    return _level(*_last_sums(counts, totals, WINDOW), horizon)


def pooled_level(counts: Floats, totals: Floats, horizon: int) -> PeriodForecasts:
    """Level of the log odds without a slope; smoothing is estimated from all series.

    As `pooled_trend` with no slopes to choose: what a trend must beat to be more than good smoothing.
    Where levels do not move it becomes the mean of the whole past, where they move fast the last value.

    Examples
    --------
    >>> pooled_level(np.full((1, 9), 500.0), np.full((1, 9), 1000.0), 2).share[0, -1].round(3).tolist()
    [0.5, 0.5]
    """
    return _filtered(counts, totals, horizon, filter_settings(trend=False), pooled=True)


def damped_trend(counts: Floats, totals: Floats, horizon: int) -> PeriodForecasts:
    """Damped trend of the log odds; noise is estimated for each series.

    *Model.* Counts are binomial. The log odds are a level plus noise of one period; the level moves by
    a slope and by its own steps; of the slope a part is left in the next period, and chance renews
    the rest [1]_. A Kalman filter with a Laplace step for the binomial counts [2]_ follows level and slope
    under each of 108 settings of the noises and the damping, among them no slope, no steps, neither;
    the forecast is their mean, weighted by the likelihood of the counts so far.

    *Limitations.* A turn before it shows. Slopes are expected around 0, so growth is
    believed slowly. Seasons are noise to it.

    References
    ----------
    .. [1] Gardner and McKenzie (1985), doi:10.1287/mnsc.31.10.1237
    .. [2] Fahrmeir (1992), doi:10.1080/01621459.1992.10475232

    Examples
    --------
    Odds that double each period, from 1/1024 to 1/2 among a million papers, double again to 1:

    >>> totals = np.full((1, 10), 1e6)
    >>> counts = 1e6 * expit(np.log(2) * np.arange(-10.0, 0.0))[None]
    >>> damped_trend(counts, totals, 1).share[0, -1].round(2).tolist()
    [0.5]
    """
    return _filtered(counts, totals, horizon, filter_settings(trend=True), pooled=False)


def pooled_trend(counts: Floats, totals: Floats, horizon: int) -> PeriodForecasts:
    """Damped trend of the log odds; noise and slopes are estimated from all series.

    As `damped_trend`, but one likelihood, of all series, weighs the settings: an empirical Bayes
    estimate [1]_ of how much shares scatter, step and grow in this run. A series too short to separate its
    own slope from noise is drawn to the pool's idea of slopes, whose mean is taken as 0 because the shares of
    all papers cannot all rise.

    References
    ----------
    .. [1] Morris (1983), doi:10.1080/01621459.1983.10477920

    Examples
    --------
    Two series have the same likelihood as one, twice, so they are only surer of the same settings:

    >>> counts, totals = np.array([[5.0, 5.0, 5.0, 5.0]] * 2), np.full((2, 4), 100.0)
    >>> pooled_trend(counts, totals, 1).share[:, -1, 0].round(2).tolist()
    [0.05, 0.05]
    """
    return _filtered(counts, totals, horizon, filter_settings(trend=True), pooled=True)


class Forecaster(NamedTuple):
    """A candidate: what sentences call it, and its forecasts from counts, totals and a horizon."""

    name: str
    forecast: Callable[[Floats, Floats, int], PeriodForecasts]


FORECASTERS = {
    NAIVE: Forecaster("same as the last period", last_value),
    "trailing_mean": Forecaster("the mean of the last periods", trailing_mean),
    "pooled_level": Forecaster("a level smoothed in the same way for all series", pooled_level),
    "damped_trend": Forecaster("a damped trend of each series", damped_trend),
    "pooled_trend": Forecaster("a damped trend learned from all series", pooled_trend),
}
"""Every candidate by the `method` of tables, the simplest first."""


def _last_sums(counts: Floats, totals: Floats, window: int) -> tuple[Floats, Floats]:
    """Sums of counts and totals over the last `window` periods with papers, at each period."""
    sums = np.zeros((2, *counts.shape))
    for row, known in enumerate(totals > 0):
        at = np.flatnonzero(known)
        for layer, values in enumerate((counts, totals)):
            running = np.concatenate([np.zeros(window), np.cumsum(values[row, at])])
            # Held until the next period with papers; zero before the first.
            held = np.concatenate([[0.0], running[window:] - running[:-window]])
            sums[layer, row] = held[np.cumsum(known)]
    return sums[0], sums[1]


def _level(inside: Floats, papers: Floats, horizon: int) -> PeriodForecasts:
    """Forecast every next share as `inside` among `papers`."""
    known = np.where(papers > 0, papers, np.nan)
    likely = (inside + 0.5) / (known + 1)
    variance = 1 / (known * likely * (1 - likely))
    repeated = [np.repeat(values[:, :, None], horizon, axis=2) for values in (inside / known, variance)]
    return PeriodForecasts(*repeated)


def _filtered(
    counts: Floats, totals: Floats, horizon: int, settings: Floats, *, pooled: bool
) -> PeriodForecasts:
    """Follow level and slope of each series under every setting, and average the forecasts."""
    filters = LogitFilter.begin(len(counts), settings)
    share, variance = np.full((2, *counts.shape, horizon), np.nan)
    for period in range(counts.shape[1]):
        if period:
            filters = filters.moved()
        filters = filters.seen(counts[:, period], totals[:, period])
        height = filters.height.sum(axis=1, keepdims=True) if pooled else filters.height
        weight = np.exp(height - height.max(axis=0))
        weight = weight / weight.sum(axis=0)
        ahead = filters
        for step in range(horizon):
            ahead = ahead.moved()
            middle = (weight * ahead.level).sum(axis=0)
            share[:, period, step] = (weight * expit(ahead.level)).sum(axis=0)
            spread = ahead.level_variance + settings[0] + (ahead.level - middle) ** 2
            variance[:, period, step] = (weight * spread).sum(axis=0)
    begun = np.cumsum(totals, axis=1)[:, :, None] > 0
    return PeriodForecasts(np.where(begun, share, np.nan), np.where(begun, variance, np.nan))
