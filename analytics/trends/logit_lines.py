"""Straight lines through the log odds of binomial counts, many series at a time.

Everything here takes the counts as binomial; what they scatter beyond that is `analytics.trends.noise`'s.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, log_expit, logit, xlog1py, xlogy

__all__ = ["Floats", "LogitLines", "fit_lines", "modified_root", "slope_bounds"]

Floats = NDArray[np.float64]

_MAX_STEP = 4.0  # logits between two ends of a series in one Newton step
_MAX_ITERATIONS = 200
_TOLERANCE = 1e-10  # logits
_NEXT_TO_NONE = 0.05  # standard errors


@dataclass(frozen=True, slots=True)
class LogitLines:
    """Fitted lines of several series.

    Attributes
    ----------
    line : ndarray, shape (2, n_series)
        Intercept at x = 0, and slope.
    separated : ndarray of bool, shape (n_series,)
        No finite slope has the highest likelihood; the line is Firth's penalized estimate.
    weight : ndarray, shape (n_series, n_periods)
        n p (1 - p), the binomial variance of each count on the line.
    residual : ndarray, shape (n_series, n_periods)
        Pearson's, of mean 0 and variance 1 where the counts are binomial; 0 where the total is.
    information : ndarray, shape (n_series,)
        Information of the slope, with the intercept estimated too.
    root : ndarray, shape (n_series,)
        Signed root of the likelihood ratio against no slope; of a separated series, the slope over
        its standard error, because its likelihood has no maximum to compare with.
    """

    line: Floats
    separated: NDArray[np.bool_]
    weight: Floats
    residual: Floats
    information: Floats
    root: Floats

    def of(self, which: NDArray[np.bool_]) -> LogitLines:
        """Give the lines of some of the series, `which` of shape (n_series,)."""
        rows = {
            field.name: getattr(self, field.name)[which] for field in fields(self) if field.name != "line"
        }
        return LogitLines(line=self.line[:, which], **rows)


def fit_lines(counts: Floats, totals: Floats, x: Floats) -> LogitLines:
    """Maximum likelihood line of each series, Firth's penalized one where there is none.

    `counts` and `totals` have shape (n_series, n_periods), 0 <= counts <= totals; each series has papers
    inside and outside at two places at least. `x`, shape (n_periods,), is ascending, ties allowed, the
    differences of the order of 1.

    References
    ----------
    McCullagh and Nelder (1989), doi:10.1007/978-1-4899-3242-6; no maximum: Albert and Anderson (1984),
    doi:10.1093/biomet/71.1.1; penalty: Firth (1993), doi:10.1093/biomet/80.1.27, and for logistic
    regression Heinze and Schemper (2002), doi:10.1002/sim.1047.

    Examples
    --------
    Odds of 1/4 and 1 differ by log 4, about 1.386; the weights are 100 * 0.2 * 0.8 and 100 / 4.

    >>> fitted = fit_lines(np.array([[20.0, 50.0]]), np.array([[100.0, 100.0]]), np.array([0.0, 1.0]))
    >>> fitted.line.round(3).ravel().tolist(), fitted.weight.round(3).ravel().tolist()
    ([-1.386, 1.386], [16.0, 25.0])
    """
    line = np.zeros((2, len(counts)))
    apart = _separated(counts, totals, x)
    for which, penalized in ((~apart, False), (apart, True)):
        line[:, which] = _fitted(counts[which], totals[which], x, penalized)
    logits = line[0][:, None] + line[1][:, None] * x
    weight = totals * expit(logits) * expit(-logits)
    mean_x = (weight @ x / weight.sum(axis=1))[:, None]
    information = (weight * (x - mean_x) ** 2).sum(axis=1)
    surplus = counts * expit(-logits) - (totals - counts) * expit(logits)
    residual = np.divide(surplus, np.sqrt(weight), out=np.zeros_like(weight), where=weight > 0)
    gain = _height(logits, counts, totals) - _level_height(counts, totals)
    root = np.where(apart, np.abs(line[1]) * np.sqrt(information), np.sqrt(2 * np.maximum(gain, 0)))
    return LogitLines(line, apart, weight, residual, information, np.sign(line[1]) * root)


def modified_root(fitted: LogitLines, counts: Floats, totals: Floats) -> Floats:
    """Signed root of the likelihood ratio, corrected so that it is normal where papers are few.

    The signed root r of a share of few papers is skewed, which far out in the tails, where many tests are
    judged, doubles its errors. With q the slope in units of its information, r + log(q / r) / r is normal to
    the third order [1]_. `fitted` is what `fit_lines` made of `counts` and `totals`. Where the root is next
    to 0 the correction has no meaning: there, and for separated series, the plain root is returned.

    References
    ----------
    .. [1] Barndorff-Nielsen (1986), doi:10.1093/biomet/73.2.307

    Examples
    --------
    Two of 100 papers and then ten: the exact test has p = 0.019 (mid-p), and the roots have 0.013 and 0.016.

    >>> data = np.array([[2.0, 10.0]]), np.full((1, 2), 100.0)
    >>> lines = fit_lines(*data, np.array([0.0, 1.0]))
    >>> lines.root.round(2).tolist(), modified_root(lines, *data).round(2).tolist()
    ([2.48], [2.42])
    """
    share = counts.sum(axis=1) / totals.sum(axis=1)
    level = totals.sum(axis=1) * share * (1 - share)
    reached = fitted.line[1] * np.sqrt(fitted.information * fitted.weight.sum(axis=1) / level)
    root = fitted.root
    plain = fitted.separated | (np.abs(root) < _NEXT_TO_NONE) | (reached * root <= 0)
    ratio = np.where(plain, 1.0, reached / np.where(plain, 1.0, root))
    corrected = root + np.log(ratio) / np.where(plain, 1.0, root)
    # A correction that turned the sign would say that the approximation does not hold.
    return np.where(plain | (corrected * root <= 0), root, corrected)


def slope_bounds(
    fitted: LogitLines, counts: Floats, totals: Floats, x: Floats, reach: Floats
) -> tuple[Floats, Floats]:
    """Slopes below and above the fitted one at which the signed root has moved by `reach`.

    With a reach of 1.96 they bound the 95 % profile likelihood interval, which like the likelihood
    ratio test and unlike slope +- 1.96 errors is no wider on the sparse side than the data ask for.
    Separated series get slope +- reach * error, to go with their `root`.

    Parameters
    ----------
    fitted : LogitLines
        What `fit_lines` made of the following three.
    counts, totals : ndarray, shape (n_series, n_periods)
    x : ndarray, shape (n_periods,)
    reach : ndarray, shape (n_series,)
        Above 0.

    References
    ----------
    Venzon and Moolgavkar (1988), doi:10.2307/2347496.

    Examples
    --------
    >>> counts, totals, x = np.array([[20.0, 50.0]]), np.full((1, 2), 100.0), np.array([0.0, 1.0])
    >>> fitted = fit_lines(counts, totals, x)
    >>> low, high = slope_bounds(fitted, counts, totals, x, fitted.root)
    >>> abs(low.round(6)).tolist()  # as far as the root is from none, the slope is 0
    [0.0]
    """
    error = 1 / np.sqrt(fitted.information)
    ends = []
    for sign in (-1.0, 1.0):
        end = fitted.line[1] + sign * reach * error
        regular = ~fitted.separated
        if regular.any():
            found = _profile_end(
                fitted.line[:, regular], end[regular], counts[regular], totals[regular], x, reach[regular]
            )
            # Where a huge reach leads into the flat ends of the logistic curve, Newton's steps jump to
            # the other side or away; the bound by the error is there.
            lost = ~np.isfinite(found) | (sign * (found - fitted.line[1][regular]) < 0)
            end[regular] = np.where(lost, end[regular], found)
        # The interval holds no slope exactly when the root is beyond reach, whatever rounding says.
        beyond = sign * fitted.root < -reach
        nearest = -1e-12  # enough to stay on its side of 0 as a growth factor
        ends.append(sign * np.where(beyond, np.minimum(sign * end, nearest), np.maximum(sign * end, 0)))
    return ends[0], ends[1]


def _profile_end(
    line: Floats, start: Floats, counts: Floats, totals: Floats, x: Floats, reach: Floats
) -> Floats:
    """Slope at which the best likelihood with that slope lies reach^2 / 2 below the highest."""
    top = _height(line[0][:, None] + line[1][:, None] * x, counts, totals)
    target = top - reach**2 / 2
    end = start.copy()
    intercept, mean_x, step = line[0], _mean_x(line, totals, x), end - line[1]
    for _ in range(_MAX_ITERATIONS):
        intercept = _intercepts(end, intercept - step * mean_x, counts, totals, x)
        mean_x = _mean_x(np.stack([intercept, end]), totals, x)
        logits = intercept[:, None] + end[:, None] * x
        missing = _height(logits, counts, totals) - target
        steepness = ((counts * expit(-logits) - (totals - counts) * expit(logits)) * x).sum(axis=1)
        # The profile is concave: from outside the target Newton's steps come nearer without passing it.
        step = np.divide(-missing, steepness, out=np.zeros_like(end), where=steepness != 0)
        end += step
        if (np.abs(step) <= _TOLERANCE * (1 + np.abs(end))).all():
            break
    return end


def _mean_x(line: Floats, totals: Floats, x: Floats) -> Floats:
    """Mean of x by the binomial variance on each line: a slope that turns about it keeps its level."""
    logits = line[0][:, None] + line[1][:, None] * x
    weight = totals * expit(logits) * expit(-logits)
    total = weight.sum(axis=1)
    return np.asarray(np.divide(weight @ x, total, out=np.zeros_like(total), where=total > 0))


def _intercepts(slope: Floats, start: Floats, counts: Floats, totals: Floats, x: Floats) -> Floats:
    """Best intercept for each slope: Newton's method, halving the bracket where it would leave it."""
    level = logit(counts.sum(axis=1) / totals.sum(axis=1))
    widest = np.abs(slope) * np.abs(x).max()
    low, high = level - widest - 1e-9, level + widest + 1e-9
    here = np.clip(start, low, high)
    for _ in range(_MAX_ITERATIONS):
        logits = here[:, None] + slope[:, None] * x
        share, other = expit(logits), expit(-logits)
        score = (counts * other - (totals - counts) * share).sum(axis=1)
        weight = (totals * share * other).sum(axis=1)
        low, high = np.where(score > 0, here, low), np.where(score > 0, high, here)
        step = np.divide(score, weight, out=np.full_like(here, np.inf), where=weight > 0)
        tried = here + step
        there = np.where((tried > low) & (tried < high), tried, (low + high) / 2)
        moved = np.abs(there - here)
        here = there
        if (moved <= _TOLERANCE * (1 + np.abs(here))).all():
            break
    return here


def _height(logits: Floats, counts: Floats, totals: Floats) -> Floats:
    """Log-likelihood of each series."""
    heights = counts * log_expit(logits) + (totals - counts) * log_expit(-logits)
    return np.asarray(heights.sum(axis=1))


def _level_height(counts: Floats, totals: Floats) -> Floats:
    """Log-likelihood of each series' best constant share."""
    inside, all_papers = counts.sum(axis=1), totals.sum(axis=1)
    share = inside / all_papers
    return np.asarray(xlogy(inside, share) + xlog1py(all_papers - inside, -share))


def _separated(counts: Floats, totals: Floats, x: Floats) -> NDArray[np.bool_]:
    """Where one value of x parts all papers inside the series from all outside it."""
    inside = np.where(counts > 0, x, np.nan)
    outside = np.where(totals > counts, x, np.nan)
    first_in, last_in = np.nanmin(inside, axis=1), np.nanmax(inside, axis=1)
    first_out, last_out = np.nanmin(outside, axis=1), np.nanmax(outside, axis=1)
    return np.asarray((first_in >= last_out) | (first_out >= last_in))


def _fitted(counts: Floats, totals: Floats, x: Floats, penalized: bool) -> Floats:
    """Fit intercepts and slopes by likelihood, Firth's penalized one if asked; shape (2, n_series).

    Newton's method on all series at once; a step that lowers a series' likelihood is halved.
    """
    line = np.zeros((2, len(counts)))
    line[0] = logit((counts.sum(axis=1) + 0.5) / (totals.sum(axis=1) + 1))
    height, step = _height_and_step(line, counts, totals, x, penalized)
    for _ in range(_MAX_ITERATIONS):
        if np.abs(step).max(initial=0) < _TOLERANCE:
            break
        trial = line + step
        # A step too far can lose all weight to rounding; its NaN is not better, so it is halved.
        with np.errstate(divide="ignore", invalid="ignore"):
            new_height, new_step = _height_and_step(trial, counts, totals, x, penalized)
        better = new_height >= height - 1e-12 * np.abs(height)
        line = np.where(better, trial, line)
        height = np.where(better, new_height, height)
        step = np.where(better, new_step, step / 2)
    return line


def _height_and_step(
    line: Floats, counts: Floats, totals: Floats, x: Floats, penalized: bool
) -> tuple[Floats, Floats]:
    """Log-likelihood of each line, and the Newton step from it."""
    logits = line[0][:, None] + line[1][:, None] * x
    # One minus a share near 1 would be lost to rounding, so the other part is computed as such.
    share, other = expit(logits), expit(-logits)
    weight = totals * share * other
    sum_w = weight.sum(axis=1)
    mean_x = weight @ x / sum_w
    offset = x - mean_x[:, None]
    spread = (weight * offset**2).sum(axis=1)
    height = _height(logits, counts, totals)
    surplus = counts * other - (totals - counts) * share
    if penalized:
        leverage = weight * (1 / sum_w[:, None] + offset**2 / spread[:, None])
        surplus = surplus + leverage * (other - share) / 2
        height = height + 0.5 * np.log(sum_w * spread)
    slope = (surplus * offset).sum(axis=1) / spread
    step = np.stack([surplus.sum(axis=1) / sum_w - slope * mean_x, slope])
    longest = np.abs(step).max(axis=0)
    return height, step * np.minimum(1, _MAX_STEP / np.maximum(longest, _MAX_STEP))
