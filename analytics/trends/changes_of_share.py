"""Change of a series' share from start to end, with its interval and tests."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from scipy.special import expit, log_expit

from analytics.trends.curves import Curves
from analytics.trends.logit_lines import Floats, LogitLines, modified_root, slope_bounds

__all__ = ["LARGEST_LOG", "Changes", "curve_changes", "line_changes"]

_INTERVAL = 0.95
LARGEST_LOG = float(np.log(np.finfo(float).max)) - 1
"""A factor that no float holds says no more than the largest one that does."""


@dataclass(frozen=True, slots=True)
class Changes:
    """Changes of several series; all arrays have shape (n_series,), all but `p_value` in logits.

    Attributes
    ----------
    level, before : ndarray
        The log odds are `level` + change x `before` at the start, and one change more at the end.
    change, low, high : ndarray
        Log odds at the end less those at the start, with its 95 % interval.
    error, freedom : ndarray
        Standard error of the change, and degrees of freedom of its t distribution.
    p_value : ndarray
        Two-sided p value of no change.
    widest : ndarray
        Largest distance of the log odds from those at the start: more than the change where a curve turned.
    """

    level: Floats
    before: Floats
    change: Floats
    low: Floats
    high: Floats
    error: Floats
    freedom: Floats
    p_value: Floats
    widest: Floats

    def with_others(self, which: NDArray[np.bool_], others: Changes) -> Changes:
        """Give the same with some series replaced, `which` of shape (n_series,)."""
        joined = {}
        for field in fields(self):
            joined[field.name] = getattr(self, field.name).copy()
            joined[field.name][which] = getattr(others, field.name)
        return Changes(**joined)

    def shares(self, change: Floats) -> tuple[Floats, Floats]:
        """Shares at the start and at the end if the change was this one and the level the same."""
        start, end = self._logits(change)
        return expit(start), expit(end)

    def ratio(self, change: Floats) -> Floats:
        """Share at the end over that at the start if the change was this one and the level the same."""
        start, end = self._logits(change)
        logs = log_expit(end) - log_expit(start)
        return np.asarray(np.exp(np.clip(logs, -LARGEST_LOG, LARGEST_LOG)))

    def _logits(self, change: Floats) -> tuple[Floats, Floats]:
        """Log odds at both ends; a bound beyond all measure must not swallow the level."""
        return self.level + change * self.before, self.level + change * (1 + self.before)

    def steady_p(self, bound: float) -> Floats:
        """Give the p value of "the odds changed by a factor of `bound` or more, up or down".

        Two one-sided tests: small values show that the change is smaller [1]_.

        References
        ----------
        .. [1] Schuirmann (1987), doi:10.1007/BF01068419
        """
        return np.asarray(stats.t.cdf((self.widest - np.log(bound)) / self.error, self.freedom))


def line_changes(
    lines: LogitLines,
    counts: Floats,
    totals: Floats,
    x: Floats,
    inflation: tuple[Floats, Floats],
    ends: tuple[float, float],
) -> Changes:
    """Changes along straight lines from a start to an end.

    The signed root of the likelihood ratio is divided by the root of the variance inflation, as in a
    quasi-likelihood ratio test, and referred to Student's t. The interval is that of the profile
    likelihood under the same inflation, so that it holds no change exactly when the p value is above 0.05.

    Parameters
    ----------
    lines : LogitLines
        What `fit_lines` made of the following three.
    counts, totals : ndarray, shape (n_series, n_points)
    x : ndarray, shape (n_points,)
    inflation : tuple of ndarray, shape (n_series,)
        Variance of the slope over its binomial one, and degrees of freedom.
    ends : tuple of float
        Start and end, in the units of x.
    """
    lines = replace(lines, root=modified_root(lines, counts, totals))
    widening, freedom = np.sqrt(inflation[0]), inflation[1]
    start, length = ends[0], ends[1] - ends[0]
    reach = stats.t.ppf(0.5 + _INTERVAL / 2, freedom) * widening
    low, high = slope_bounds(lines, counts, totals, x, reach)
    # A slope turns about the mean time of the information; outside the ends both shares would go one way.
    middle = np.clip(lines.weight @ x / lines.weight.sum(axis=1), *ends)
    change = lines.line[1] * length
    return Changes(
        level=lines.line[0] + lines.line[1] * middle,
        before=(start - middle) / length,
        change=change,
        low=low * length,
        high=high * length,
        error=widening / np.sqrt(lines.information) * length,
        freedom=freedom,
        p_value=2 * stats.t.sf(np.abs(lines.root) / widening, freedom),
        widest=np.abs(change),
    )


def curve_changes(
    curves: Curves, start: Floats, freedom: Floats, variance: Floats, own_freedom: Floats
) -> Changes:
    """Changes along curves.

    Parameters
    ----------
    curves : Curves
    start : ndarray, shape (n_series,)
        Mean log odds at the start.
    freedom : ndarray, shape (n_series,)
        Degrees of freedom of the noise.
    variance, own_freedom : ndarray, shape (n_series,)
        What errors of a correction add to the variance of the change, and its degrees of freedom.
    """
    joint = curves.change_variance + variance
    freedom = joint**2 / (curves.change_variance**2 / freedom + variance**2 / own_freedom)
    change, error = curves.change, np.sqrt(joint)
    reach = stats.t.ppf(0.5 + _INTERVAL / 2, freedom) * error
    return Changes(
        level=start + change / 2,
        before=np.full(len(start), -0.5),
        change=change,
        low=change - reach,
        high=change + reach,
        error=error,
        freedom=freedom,
        p_value=2 * stats.t.sf(np.abs(change) / error, freedom),
        widest=np.abs(curves.logits - start[:, None]).max(axis=1),
    )
