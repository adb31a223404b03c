"""Prediction bands of forecast shares, calibrated on the forecaster's past errors."""

from __future__ import annotations

import numpy as np
from scipy.special import betaincinv

from analytics.forecasts.forecasters import FORECASTERS, PeriodForecasts
from analytics.forecasts.share_grids import Floats

__all__ = ["LEVELS", "calibrated_forecasts", "expected_totals", "share_bands"]

LEVELS = (0.5, 0.9)
"""What part of the future shares each band is to hold."""

_RECENT = 4  # periods whose mean is the number expected next
_FIRST_ORIGIN = 4  # periods before the first forecast that a band learns from
_PRIOR_ERRORS = 4.0  # errors that are taken to have been seen beforehand, as large as the forecaster says
_HALF_LIFE = 8.0  # periods after which an error counts half
_OUTLYING = 6.25  # squares beyond so many times the expected one count as that
_MEAN_CUT_SQUARE = 0.9776  # of a standard normal variable, cut at _OUTLYING
_WIDEST = 100.0  # variance of log odds
_HALVINGS = 40


def expected_totals(totals: Floats) -> Floats:
    """Papers to expect in a next period after each period: the mean of the last four that have papers.

    Both have shape (n_series, n_periods); NaN before the first period with papers.

    Examples
    --------
    >>> expected_totals(np.array([[0.0, 10.0, 0.0, 30.0]])).tolist()
    [[nan, 10.0, 10.0, 20.0]]
    """
    expected = np.full(totals.shape, np.nan)
    for period in range(totals.shape[1]):
        for row in np.flatnonzero(totals[:, : period + 1].any(axis=1)):
            known = totals[row, : period + 1]
            expected[row, period] = known[known > 0][-_RECENT:].mean()
    return expected


def share_bands(share: Floats, variance: Floats, expected: Floats, error: Floats | float = 0.0) -> Floats:
    """Bands that hold a future period's share: the sampling of its papers, and its level's uncertainty.

    The future count k among N expected papers has the variance of a binomial count whose log odds
    scatter by `variance`, and whose share is wrong with variance `error`. (k + 1/2) / (N + 1) is taken to
    have the beta distribution of that mean and variance, and the band runs between its quantiles, taken back
    to shares and cut at 0 and 1. The half count makes the quantiles those of mid-p values [1]_: 0 papers lie
    inside where they are likely.

    Parameters
    ----------
    share, variance, expected : ndarray, shapes that broadcast
        Forecast share 0..1, variance of the log odds >= 0, papers > 0; NaN gives NaN.
    error : ndarray that broadcasts, or float
        Variance of a share, >= 0.

    Returns
    -------
    ndarray, shape (4, ...)
        The 5, 25, 75 and 95 % quantiles: 0 <= low_90 <= low_50 <= high_50 <= high_90 <= 1.

    References
    ----------
    .. [1] Lancaster (1961), doi:10.1080/01621459.1961.10482105

    Examples
    --------
    Half of 100 papers, level known: standard deviation 0.05, so the 50 % band is 0.674 of it around 0.5.

    >>> share_bands(np.array(0.5), np.array(0.0), np.array(100.0)).round(2).tolist()
    [0.42, 0.47, 0.53, 0.58]
    """
    middle = (expected * share + 0.5) / (expected + 1)
    scatter = (_scatter(share, variance, expected) + error) * (expected / (expected + 1)) ** 2
    # A beta distribution spreads no wider than its mean allows; at 0.1 nearly all lies at 0 and 1.
    size = np.maximum(middle * (1 - middle) / scatter - 1, 0.1)
    low, high = (1 - np.array(LEVELS)) / 2, (1 + np.array(LEVELS)) / 2
    levels = np.concatenate([low[::-1], high]).reshape(-1, *[1] * np.ndim(middle))
    quantile = betaincinv(middle * size, (1 - middle) * size, levels)
    return np.asarray(np.clip((quantile * (expected + 1) - 0.5) / expected, 0, 1))


def calibrated_forecasts(counts: Floats, totals: Floats, horizon: int, method: str) -> PeriodForecasts:
    """Forecasts after each period, with variances calibrated on the errors known at that time.

    For each period and each number of periods ahead, one correction is found so that the squares of the
    earlier errors of all series, over their expected squares, have mean 1 [1]_: an addition to the
    variance of all log odds where errors were larger than the forecaster expected, a factor below 1 where
    they were smaller. Four errors of just the expected size are counted in beforehand, so that few
    errors move it little. Sampling of papers is never taken away.

    `counts` and `totals` have shape (n_series, n_periods), with total 0 where nothing is known; `method` is
    one of `analytics.forecasts.forecasters.FORECASTERS`.

    References
    ----------
    .. [1] Paule and Mandel (1982), doi:10.6028/jres.087.022

    Examples
    --------
    >>> steady = calibrated_forecasts(np.full((1, 12), 5.0), np.full((1, 12), 100.0), 1, "last_value")
    >>> bool(steady.variance[0, 11, 0] < steady.variance[0, 3, 0])  # no error was seen
    True
    """
    forecasts = FORECASTERS[method].forecast(counts, totals, horizon)
    expected = expected_totals(totals)
    variance = forecasts.variance.copy()
    for step in range(horizon):
        ahead = step + 1
        squares = np.full(totals.shape, np.nan)  # of the error of the forecast made after each period
        if totals.shape[1] > ahead:
            due = totals[:, ahead:]
            actual = counts[:, ahead:] / np.where(due > 0, due, np.nan)
            squares[:, :-ahead] = (actual - forecasts.share[:, :-ahead, step]) ** 2
        for period in range(totals.shape[1]):
            seen = slice(_FIRST_ORIGIN - 1, max(period - step, _FIRST_ORIGIN - 1))
            square = squares[:, seen]
            usable = np.isfinite(square)
            if usable.any():
                parts = [
                    values[:, seen][usable]
                    for values in (forecasts.share[:, :, step], forecasts.variance[:, :, step], expected)
                ]
                age = np.arange(square.shape[1])[::-1] / _HALF_LIFE
                weight = np.broadcast_to(0.5**age, square.shape)[usable]
                change = _correction(square[usable], weight, *parts)
                variance[:, period, step] = _corrected(forecasts.variance[:, period, step], change)
    return PeriodForecasts(forecasts.share, variance)


def _scatter(share: Floats, variance: Floats, papers: Floats) -> Floats:
    """Variance of the share of a future period."""
    sampling, slope = _scatter_line(share, papers)
    return np.asarray(sampling + slope * variance)


def _scatter_line(share: Floats, papers: Floats) -> tuple[Floats, Floats]:
    """Variance of a future share where its log odds have none, and what it gains with theirs."""
    middle = (papers * share + 0.5) / (papers + 1)
    binomial = middle * (1 - middle)
    return binomial / papers, binomial**2


def _corrected(variance: Floats, change: float) -> Floats:
    """Variance after a correction: from -1 to 0 a loss of that part, above 0 an addition."""
    return variance * (1 + min(change, 0.0)) + max(change, 0.0)


def _correction(square: Floats, weight: Floats, share: Floats, variance: Floats, papers: Floats) -> float:
    """Correction under which the errors are as large as expected, by bisection; all shape (n_errors,)."""
    sampling, slope = _scatter_line(share, papers)
    all_weight = weight.sum()

    def too_narrow(change: float) -> bool:
        ratio = square / (sampling + slope * _corrected(variance, change))
        mean = weight @ np.minimum(ratio, _OUTLYING) / _MEAN_CUT_SQUARE
        return bool(mean > all_weight)

    low, high = (0.0, _WIDEST) if too_narrow(0.0) else (-1.0, 0.0)
    for _ in range(_HALVINGS):
        # Additions are small against the widest one: halve on the scale of square roots.
        middle = (low + high) / 2 if high <= 0 else (low**0.5 + high**0.5) ** 2 / 4
        low, high = (middle, high) if too_narrow(middle) else (low, middle)
    return (low + high) / 2
