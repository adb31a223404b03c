"""Shares estimated from labels: what a model predicts for all papers, corrected by the answers of a draw."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from scipy.special import expit, logit

__all__ = ["OF_PERIOD", "Checked", "check_shares", "share_interval"]

Floats = NDArray[np.float64]

_LEAST_VARIANCE = 0.001
"""Smallest variance of an answer: the error rate on papers that the model is certain about."""
_PRIOR_FREEDOM = 8.0
"""Answers' worth of belief that the model's probabilities are right on average."""
OF_PERIOD = 0.63
"""Standard deviation of a period's error, beyond level and trend, as a part of its answers' mean variance."""
_FEWEST_FOR_TREND = 30
_EDGE = 1e-4
_YEAR_DAYS = 365.2425


@dataclass(frozen=True)
class Checked:
    """Shares of some groups of papers, such as periods, by design.

    Attributes
    ----------
    share, deviation : float64 arrays of shape (g,)
        Estimate, from 0 to 1, and its standard error.
    covariance : float64 array of shape (g, g)
        Covariance of the errors of the groups' shares; its diagonal is the square of `deviation`.
    freedom : float
        Degrees of freedom of the standard errors.
    explained : float
        Part of the variance of the answers that the model explains (R squared), at most 1.
    """

    share: Floats
    deviation: Floats
    covariance: Floats
    freedom: float
    explained: float


def check_shares(
    predicted: Floats,
    rows: NDArray[np.int64],
    is_yes: NDArray[np.bool_],
    weights: Floats,
    days: Floats,
    groups: NDArray[np.int64],
    *,
    of_period: float = OF_PERIOD,
) -> Checked:
    r"""Share of the papers that a reader would count, in each group of papers.

    *Question.* Which part of each group would a reader call of the theme, who answered for few papers, drawn
    with known probabilities? *Estimate.* The mean prediction of the group plus the weighted error of the
    predictions on the answered papers [1]_ [2]_. Answers are too few for each period alone, so that the error
    is a line over time, fitted by weighted least squares over all answers (a constant below 30 answers): the
    generalized regression estimator of survey statistics [3]_. Predictions must be cross-fitted.

    *Standard errors.* An answer's variance is :math:`k (p (1 - p) + 0.001)` with the prediction :math:`p`;
    the factor :math:`k` is the observed squared error over the expected one, weighted as they matter, and
    drawn towards 1 as by 8 further answers. So a draw that happens to meet no surprise is not taken for
    sure. To the sandwich of the regression come what chance leaves open about the group's own papers, and,
    where there are several groups, an error of the period itself: 0.63 of the mean variance of its answers,
    about what ten arXiv categories have in a year beyond level and trend. It carries over: that of two days
    has a correlation that falls evenly from 1 to 0 within a year, so that short periods share it. The degrees
    of freedom are Satterthwaite's [4]_.

    A group without papers has share and deviation NaN and covariance 0.

    Parameters
    ----------
    predicted : float64 array of shape (n,)
        Cross-fitted probability of membership.
    rows : int64 array of shape (m,)
        Answered papers of draws.
    is_yes : bool array of shape (m,)
    weights : float64 array of shape (m,)
        See `analytics.labels.weights`.
    days : float64 array of shape (n,)
        Day of each paper; NaN where undated, which counts as the middle.
    groups : int64 array of shape (n,)
        Group of each paper, 0 to g - 1; -1 for none. A single group 0 of all papers is the corpus.
    of_period : float
        That part; 0 for groups that are no periods.

    References
    ----------
    .. [1] Egami et al. (2023), Using imperfect surrogates for downstream inference, arXiv:2306.04746
    .. [2] Angelopoulos et al. (2023), doi:10.1126/science.adi6000
    .. [3] Saerndal, Swensson & Wretman (1992), doi:10.1007/978-1-4612-4378-6, chapter 6
    .. [4] Satterthwaite (1946), doi:10.2307/3002019

    Examples
    --------
    A model that says 0.1 of every paper; of ten papers five were drawn evenly, and two of them are yes:

    >>> found = check_shares(np.full(10, 0.1), np.arange(5), np.array([1, 1, 0, 0, 0], dtype=bool),
    ...     np.full(5, 2.0), np.zeros(10), np.zeros(10, dtype=np.int64))
    >>> found.share.round(3).tolist()
    [0.4]
    """
    error = is_yes - predicted[rows]
    design = _design(days, with_trend=len(rows) >= _FEWEST_FOR_TREND)
    own = design[rows]
    inverse = np.linalg.pinv(own.T @ (weights[:, None] * own))
    line = inverse @ (own.T @ (weights * error))
    residual = error - own @ line
    doubt = predicted * (1 - predicted) + _LEAST_VARIANCE
    factor, freedom = _error_factor(predicted[rows], residual, weights, own.shape[1])
    chance = weights * np.maximum(weights - 1, 0) * doubt[rows] * factor
    of_line = inverse @ ((own * chance[:, None]).T @ own) @ inverse
    n_groups = int(groups.max(initial=-1)) + 1
    inside = groups >= 0
    size = np.bincount(groups[inside], minlength=n_groups).astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.stack([_sums(one, groups, n_groups) / size for one in (predicted, *design.T)], axis=1)
        open_doubt = doubt * factor
        open_doubt[rows] = 0.0
        left_open = _sums(open_doubt, groups, n_groups) / size**2
        doubtful = _sums(doubt, groups, n_groups) / size
    share = np.clip(mean[:, 0] + mean[:, 1:] @ line, 0.0, 1.0)
    some = np.nan_to_num(mean[:, 1:])
    covariance = some @ of_line @ some.T + np.diag(np.nan_to_num(left_open))
    if n_groups > 1:
        covariance += _carried_error(of_period * np.nan_to_num(doubtful), days, groups)
    covariance[size == 0] = 0.0
    covariance[:, size == 0] = 0.0
    deviation = np.where(size > 0, np.sqrt(np.diag(covariance)), np.nan)
    return Checked(share, deviation, covariance, freedom, _explained(is_yes, residual, weights))


def share_interval(
    share: Floats, deviation: Floats, freedom: float, confidence: float = 0.95
) -> tuple[Floats, Floats]:
    """Interval of a share, symmetric in the log odds, so that it leaves 0..1 nowhere.

    Arrays have shape (g,); `freedom` are the degrees of freedom of Student's t. Bounds are NaN where the
    share is.

    Examples
    --------
    >>> low, high = share_interval(np.array([0.5]), np.array([0.05]), 1e9)
    >>> low.round(3).tolist(), high.round(3).tolist()
    ([0.403], [0.597])
    """
    inner = np.clip(share, _EDGE, 1 - _EDGE)
    reach = stats.t.ppf(0.5 + confidence / 2, freedom) * deviation / (inner * (1 - inner))
    return expit(logit(inner) - reach), expit(logit(inner) + reach)


def _design(days: Floats, *, with_trend: bool) -> Floats:
    """A column of ones, and one of time with mean 0 and variance 1 where there is any."""
    known = days[np.isfinite(days)]
    if not with_trend or not len(known) or np.ptp(known) == 0:
        return np.ones((len(days), 1))
    time = (np.where(np.isfinite(days), days, known.mean()) - known.mean()) / known.std()
    return np.column_stack([np.ones(len(days)), time])


def _carried_error(deviation: Floats, days: Floats, groups: NDArray[np.int64]) -> Floats:
    """Covariance of the periods' own errors, whose deviation is given for periods of a year.

    The error is a process whose correlation falls from 1 to 0 within a year. Its mean over a year has two
    thirds of the variance that it has on one day.
    """
    n_groups = len(deviation)
    known = (groups >= 0) & np.isfinite(days)
    size = np.maximum(np.bincount(groups[known], minlength=n_groups), 1)
    middle = np.bincount(groups[known], weights=days[known], minlength=n_groups) / size
    apart = np.abs(np.subtract.outer(middle, middle)) / _YEAR_DAYS
    length = min(float(np.ptp(middle)) / max(n_groups - 1, 1) / _YEAR_DAYS, 1.0)
    correlation = np.maximum(1 - apart, 0.0)
    return np.asarray((1.5 - 0.5 * length) * np.outer(deviation, deviation) * correlation)


def _error_factor(
    predicted: Floats, residual: Floats, weights: Floats, n_columns: int
) -> tuple[float, float]:
    """Ratio of squared errors to their expectation, shrunk towards 1, and the degrees of freedom."""
    doubt = predicted * (1 - predicted)
    pull = weights * np.maximum(weights - 1, 0)
    expected = float((pull * (doubt + _LEAST_VARIANCE)).sum())
    if expected == 0:  # every paper was answered
        return 1.0, float(len(weights) + _PRIOR_FREEDOM)
    observed = float((pull * residual**2).sum()) * len(weights) / max(len(weights) - n_columns, 1)
    # Variance of the squared error of an answer: it is (1 - p)^2 with probability p, else p^2.
    of_square = doubt * (1 - 2 * predicted) ** 2 + _LEAST_VARIANCE
    freedom = 2 * expected**2 / float((pull**2 * of_square).sum())
    factor = (freedom * observed / expected + _PRIOR_FREEDOM) / (freedom + _PRIOR_FREEDOM)
    return factor, freedom + _PRIOR_FREEDOM


def _explained(is_yes: NDArray[np.bool_], residual: Floats, weights: Floats) -> float:
    share = float(np.average(is_yes, weights=weights))
    spread = share * (1 - share)
    return 1 - float(np.average(residual**2, weights=weights)) / spread if spread > 0 else float("nan")


def _sums(values: Floats, groups: NDArray[np.int64], n_groups: int) -> Floats:
    inside = groups >= 0
    return np.bincount(groups[inside], weights=values[inside], minlength=n_groups).astype(np.float64)
