"""Test whether the errors of a theme's predictions change over time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from scipy.special import expit, log_expit, logit

__all__ = ["drift_test"]

Floats = NDArray[np.float64]

_FEWEST = 30
_EDGE = 1e-4
_PRIOR = np.array([0.0, 1.0])
"""Level and slope of the answers' log odds over the predicted ones, if predictions are right."""
_PRIOR_VARIANCE = np.array([4.0, 0.25])
_FREE = 1e6
_STEPS, _LONGEST_STEP, _TOLERANCE = 50, 2.0, 1e-8


def drift_test(predicted: Floats, rows: NDArray[np.int64], is_yes: NDArray[np.bool_], days: Floats) -> float:
    """Whether the errors of predictions change with time.

    *Question.* Is a paper with the same prediction more, or less, likely to be of the theme the newer it is?
    *Null hypothesis.* It is not: the log odds of a yes are a line over the predicted log odds, at all times.
    *Test.* Logistic regression of the answers on the predicted log odds, without time and with it; the
    likelihood ratio has one degree of freedom. Level and slope over the prediction are held near 0 and 1 by a
    weak normal prior, so that the test stands where answers are all but certain. Answers are not weighted:
    the draw depends on the prediction, which is in the model. Returns the two-sided p value; NaN below 30
    answers about dated papers, or where all are of one day.

    `predicted`, `rows` and `is_yes` are those of `analytics.labels.checked_shares.check_shares`; `days`,
    shape (n,), are in any unit, NaN where undated.

    References
    ----------
    Cox (1958), Two further applications of a model for binary regression, doi:10.1093/biomet/45.3-4.562

    Examples
    --------
    A prediction of one half, and answers that turn from no to yes:

    >>> turned = np.arange(40) >= 20
    >>> drift_test(np.full(40, 0.5), np.arange(40), turned, np.arange(40.0)) < 0.001
    True
    """
    dated = np.isfinite(days[rows])
    rows, is_yes = rows[dated], is_yes[dated]
    day = days[rows]
    if len(rows) < _FEWEST or np.ptp(day) == 0:
        return float("nan")
    level = np.column_stack([np.ones(len(rows)), logit(np.clip(predicted[rows], _EDGE, 1 - _EDGE))])
    timed = np.column_stack([level, (day - day.mean()) / day.std()])
    without = _height(level, is_yes, _PRIOR, _PRIOR_VARIANCE)
    within = _height(timed, is_yes, np.append(_PRIOR, 0.0), np.append(_PRIOR_VARIANCE, _FREE))
    return float(stats.f.sf(2 * max(within - without, 0.0), 1, len(rows) - timed.shape[1]))


def _height(design: Floats, is_yes: NDArray[np.bool_], prior: Floats, variance: Floats) -> float:
    """Highest log posterior density of a logistic regression, by Newton's method."""
    line = prior.copy()
    for _ in range(_STEPS):
        share = expit(design @ line)
        slope = design.T @ (is_yes - share) - (line - prior) / variance
        curve = (design * (share * (1 - share))[:, None]).T @ design + np.diag(1 / variance)
        step = np.clip(np.linalg.solve(curve, slope), -_LONGEST_STEP, _LONGEST_STEP)
        line = line + step
        if np.abs(step).max() < _TOLERANCE:
            break
    logits = design @ line
    heights = np.where(is_yes, log_expit(logits), log_expit(-logits))
    return float(heights.sum() - ((line - prior) ** 2 / variance).sum() / 2)
