"""Noise of counts beyond the binomial, estimated from all series of a run.

A series of two years cannot separate its own noise from a trend: its dispersion is known to a third and
its autocorrelation hardly at all. A run has dozens of series, so the model is one for all of them.
The log odds of a series are its line plus noise that carries over from period to period (AR(1)); the
Pearson residuals e of a series around its line then have the covariance

    C = I + excess * D R D,    R[t, u] = carry ** |t - u|,

where D holds the square roots of each period's part of the information, with mean square 1. The
excess is the dispersion less the binomial's own 1. Both numbers are given a posterior on a grid.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline
from scipy.special import betaln, digamma, gammaln, polygamma

from analytics.trends.linear_algebra import one_thread
from analytics.trends.smooth_modes import n_slow_modes, smooth_modes

__all__ = [
    "LARGEST_CARRY",
    "SCATTER_CARRY",
    "PooledNoise",
    "correlation",
    "fit_noise",
    "mean_information",
    "stretches_of",
]

Floats = NDArray[np.float64]

_CARRIES = np.array([0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.88, 0.95])
LARGEST_CARRY = 0.95
"""Autocorrelation of neighboring periods beyond which noise cannot be distinguished from wandering."""
SCATTER_CARRY = 0.6
"""Autocorrelation above which it is taken for wandering, where the question is how periods scatter."""
_N_EXCESSES = 40
_PRIOR_BINOMIAL = 0.5
_PRIOR_ALIKE = 0.5
_OWN_FREEDOMS = np.geomspace(2, 500, 16)  # how alike the series' dispersions are; more is the same as all
_NEGLIGIBLE = 1e-6  # posterior weight next to the highest
_LONGEST_STRETCH = 120  # periods
_DOUBT = 20.0  # log-likelihood below the highest beyond which the grid of excesses need not reach


@dataclass(frozen=True, slots=True)
class PooledNoise:
    """Posterior of the noise that all series share, and each series' own dispersion.

    Attributes
    ----------
    excess, carry, weight : ndarray, shape (n_points,)
        Points of the posterior: dispersion less 1, autocorrelation of neighboring periods, and
        weight; the weights sum to one.
    own : ndarray, shape (n_series,)
        Each series' mean square residual under the pooled noise, 1 on average; empty for one series.
    own_freedom : ndarray, shape (n_series,)
        Degrees of freedom of `own`.
    prior_freedom : float
        Degrees of freedom that the pool adds to a series' own; infinite if all are alike.
    """

    excess: Floats
    carry: Floats
    weight: Floats
    own: Floats
    own_freedom: Floats
    prior_freedom: float

    def of(self, which: NDArray[np.bool_]) -> PooledNoise:
        """Give the same noise for some of its series, `which` of shape (n_series,)."""
        if not len(self.own):
            return self
        return replace(self, own=self.own[which], own_freedom=self.own_freedom[which])

    def inflation(self, weight: Floats, offset: Floats, steps: NDArray[np.int64]) -> tuple[Floats, Floats]:
        """Variance of each series' slope over its binomial variance, with degrees of freedom.

        Returns inflation, at least 1, and freedom, above 0, of shape (n_series,). The slope's error over the
        root of (binomial variance times inflation) is taken to have Student's t distribution with so many
        degrees of freedom.

        Parameters
        ----------
        weight : ndarray, shape (n_series, n_periods)
            Binomial variance of each count.
        offset : ndarray, shape (n_series, n_periods)
            The regressor less its weighted mean in the series.
        steps : ndarray of int, shape (n_periods,)
            Position of each period, in periods, see `fit_noise`.

        Notes
        -----
        The posterior of the pooled inflation is matched by a scaled inverse chi-square distribution,
        in the mean and variance of its logarithm; the series' own mean square, whose degrees of
        freedom count together with the pool's, then moves it, as in Smyth's moderated t [1]_. It never goes
        below 1: no count scatters less than a binomial one, it only happens to look so.

        References
        ----------
        .. [1] Smyth (2004), doi:10.2202/1544-6115.1027
        """
        pull = weight * offset / np.sqrt(mean_information(weight))[:, None]
        binomial = (weight * offset**2).sum(axis=1)
        carried = CubicSpline(_CARRIES, _carried_squares(pull, steps) / binomial)(self.carry)
        logs = np.log1p(self.excess[:, None] * np.maximum(carried, 0))
        mean = self.weight @ logs
        spread = np.maximum(self.weight @ logs**2 - mean**2, 1e-10)
        freedom = 2 * _trigamma_inverse(spread)
        pooled = np.exp(mean + digamma(freedom / 2) - np.log(freedom / 2))
        if not len(self.own_freedom):
            return np.maximum(pooled, 1), freedom
        moderate_freedom = self.prior_freedom + self.own_freedom
        moved = self.own_factor(len(pooled))
        return np.maximum(pooled * moved, 1), 1 / (1 / freedom + 1 / moderate_freedom)

    def own_factor(self, n_series: int) -> Floats:
        """Each series' dispersion over the pooled one, moderated; 1 for a single series."""
        if not len(self.own_freedom):
            return np.ones(n_series)
        return 1 + (self.own - 1) * self.own_freedom / (self.prior_freedom + self.own_freedom)


def fit_noise(
    residual: Floats,
    weight: Floats,
    x: Floats,
    steps: NDArray[np.int64],
    *,
    around_curves: bool = False,
    largest_carry: float = LARGEST_CARRY,
    apart: NDArray[np.bool_] | None = None,
) -> PooledNoise:
    """Posterior of the noise of a run's series, from their residuals around straight lines or smooth curves.

    *Likelihood.* Restricted [1]_: of the residuals' part that no line explains. It takes D to be that
    of the series' summed information, so that the mean outer product of the residuals says all, and
    Gaussian residuals. A series of few papers has residuals with heavy tails, so that its squares tell
    less (their variance is 2 + 1/v, with v the information of a period): its logarithm counts for
    2v / (2v + 1) of a likelihood, and its mean square for as large a part of its degrees of freedom.

    *Prior.* Purely binomial counts with probability one half, else a half-Cauchy distribution with
    scale 1 for the root of the excess [2]_ and a uniform one from 0 to 0.95 for the autocorrelation.
    A run of many series overrules it; one series of 24 months does not, and its test is the wider.

    *Own dispersion.* Each series' mean square is F distributed around the pool's, with a prior freedom
    from 2 to 500 (equally likely on a logarithmic scale) or, with probability one half, without end:
    all alike. One series has no pool to differ from.

    *Long spans.* Those of more than 120 periods are cut into stretches, each with its own line taken
    out, whose noise is taken for independent: little is lost, and the work grows no faster than the span.

    *Around curves.* A share that wanders slowly looks like noise that carries over. With `around_curves` what
    moves more slowly than a half wave in eight periods is left out of the residuals, as the line is. The
    noise is then how the papers of single periods scatter.

    *What it cannot see.* Autocorrelation below 0, which makes a trend easier to see, is taken as 0.
    Series that differ in autocorrelation share a middle one.

    Parameters
    ----------
    residual : ndarray, shape (n_series, n_periods)
        Pearson residuals of `analytics.trends.logit_lines.fit_lines`; at least one series and four periods.
    weight : ndarray, shape (n_series, n_periods)
        Binomial variance of each count; 0 where a series has no papers to count.
    x : ndarray, shape (n_periods,)
        The time that the lines were fitted to.
    steps : ndarray of int, shape (n_periods,)
        Position of each period, in periods, ascending; a gap is a missing period.
    around_curves : bool
        Leave out what moves slowly.
    largest_carry : float
        Autocorrelation looked for at most, up to 0.95.
    apart : ndarray of bool, shape (n_periods,), optional
        Periods whose shares may be on their own level.

    References
    ----------
    .. [1] Patterson and Thompson (1971), doi:10.1093/biomet/58.3.545
    .. [2] Gelman (2006), doi:10.1214/06-BA117A
    """
    information = mean_information(weight)
    powers = 2 * information / (2 * information + 1)
    root_part = np.sqrt(weight.sum(axis=0) / weight.sum() * len(x))
    aside = np.zeros(len(x), dtype=bool) if apart is None else apart
    stretches = [
        _Stretch(
            residual[:, at], root_part[at], _taken_out(x[at], steps[at], aside[at], around_curves), steps[at]
        )
        for at in stretches_of(len(x))
    ]
    with one_thread():
        carries = _CARRIES[largest_carry >= _CARRIES]
        modes = [[stretch.modes(carry) for stretch in stretches] for carry in carries]
        sizes = np.stack([np.concatenate([size for size, _ in row]) for row in modes])
        squares = np.stack([np.concatenate([powers @ seen**2 for _, seen in row]) for row in modes])
        excess, carry, weights = _posterior(sizes, squares, float(powers.sum()), carries)
        middle = [stretch.modes(float(weights @ carry)) for stretch in stretches]
    if len(residual) == 1:
        return PooledNoise(excess, carry, weights, np.zeros(0), np.zeros(0), np.inf)
    typical = float(weights @ excess)
    own = np.concatenate([seen**2 / (1 + typical * size) for size, seen in middle], axis=1).mean(axis=1)
    freedom = sizes.shape[1] * powers
    return PooledNoise(excess, carry, weights, own, freedom, _prior_freedom(own, freedom))


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Residuals of some periods in a row, shape (n_series, n_periods), and what goes with each period."""

    residual: Floats
    root_part: Floats
    taken_out: Floats
    steps: NDArray[np.int64]

    def modes(self, carry: float) -> tuple[Floats, Floats]:
        """Variance of the noise, for an excess of 1, along directions in which it is independent.

        Returns the variances, shape (n_modes,), and each series' residual along them, shape
        (n_series, n_modes). What the columns `taken_out` could explain is left out.
        """
        taken = self.root_part[:, None] * self.taken_out
        across = np.linalg.qr(taken, mode="complete")[0][:, taken.shape[1] :]
        scaled = self.root_part[:, None] * across
        size, direction = np.linalg.eigh(scaled.T @ correlation(self.steps, carry) @ scaled)
        return np.maximum(size, 0), self.residual @ (across @ direction)


def _taken_out(x: Floats, steps: NDArray[np.int64], apart: NDArray[np.bool_], around_curves: bool) -> Floats:
    """Columns that are not noise: level and line, the slow modes of a curve, a level of some periods."""
    slow, _ = smooth_modes(steps, n_slow_modes(len(x)) if around_curves else 0)
    columns = [np.ones(len(x)), x, *slow.T]
    if apart.any() and not apart.all():
        columns.append(apart.astype(float))
    return np.column_stack(columns)


def stretches_of(n_periods: int) -> list[NDArray[np.intp]]:
    """Positions of periods in stretches of at most 120, as even as can be."""
    return np.array_split(np.arange(n_periods), -(-n_periods // _LONGEST_STRETCH))


def mean_information(weight: Floats) -> Floats:
    """Information of a period, over those in which the series has papers to count; shape (n_series,)."""
    return np.asarray(weight.sum(axis=1) / (weight > 0).sum(axis=1))


def _carried_squares(pull: Floats, steps: NDArray[np.int64]) -> Floats:
    """Variance of each row's sum of `pull` times noise; shape (n_carries, n_series)."""
    total = np.tile((pull**2).sum(axis=1), (len(_CARRIES), 1))
    before = np.zeros_like(total)
    for period, gap in enumerate(np.diff(steps)):
        before = _CARRIES[:, None] ** gap * (before + pull[:, period])
        total += 2 * pull[:, period + 1] * before
    return total


def correlation(steps: NDArray[np.int64], carry: float) -> Floats:
    """Correlation of the noise of any two periods, shape (n_periods, n_periods)."""
    return np.asarray(float(carry) ** np.abs(np.subtract.outer(steps, steps)))


def _posterior(
    sizes: Floats, squares: Floats, power: float, carries: Floats
) -> tuple[Floats, Floats, Floats]:
    """Excess, carry and weight of the posterior's points.

    The likelihood is found at each of the carries, at excesses that first span all that is possible and
    then all that is likely, and between the carries by a cubic spline: it is smooth in them.
    """
    largest = max(1.0, squares.sum(axis=1).max() / power / sizes.shape[1] * 2)
    roots = np.concatenate([np.linspace(0, 1, 21), np.geomspace(1, 8 * np.sqrt(largest), 40)[1:]])
    likely = np.flatnonzero((_log_likelihood(sizes, squares, power, roots**2) > -_DOUBT).any(axis=0))
    first, last = max(likely[0] - 1, 0), min(likely[-1] + 1, len(roots) - 1)
    roots = np.linspace(roots[first], roots[last], _N_EXCESSES + 1)[1:]
    height = _log_likelihood(sizes, squares, power, np.concatenate([[0.0], roots**2]), keep_level=True)
    fine_carries = np.linspace(0, carries[-1], round(60 * carries[-1]) + 1)
    fine = CubicSpline(carries, height, axis=0)(fine_carries)
    slab = fine[:, 1:] + np.log(2 / np.pi * (roots[1] - roots[0]) / (1 + roots**2) / len(fine_carries))
    spike, slab = height[0, 0] + np.log(_PRIOR_BINOMIAL), slab + np.log1p(-_PRIOR_BINOMIAL)
    logs = np.concatenate([[spike], slab.ravel()])
    excess = np.concatenate([[0.0], np.tile(roots**2, len(fine_carries))])
    carry = np.concatenate([[0.0], np.repeat(fine_carries, len(roots))])
    weight = np.exp(logs - logs.max())
    kept = weight > _NEGLIGIBLE
    return excess[kept], carry[kept], weight[kept] / weight[kept].sum()


def _log_likelihood(
    sizes: Floats, squares: Floats, power: float, excess: Floats, *, keep_level: bool = False
) -> Floats:
    """Restricted log-likelihood, shape (n_carries, n_excesses), its highest value 0 if not to be kept."""
    height = np.empty((len(sizes), len(excess)))
    for row, (size, square) in enumerate(zip(sizes, squares, strict=True)):
        variance = 1 + excess[:, None] * size
        height[row] = -0.5 * (power * np.log(variance) + square / variance).sum(axis=1)
    return height if keep_level else height - height.max()


def _prior_freedom(mean_squares: Floats, freedom: Floats) -> float:
    """Posterior harmonic mean of the degrees of freedom that the pool counts for."""
    grid = _OWN_FREEDOMS[:, None]
    half, prior = freedom / 2, grid / 2
    ratio = mean_squares * freedom / grid
    logs = half * np.log(freedom / grid) - (half + prior) * np.log1p(ratio) - betaln(half, prior)
    endless = half * np.log(half) - half * mean_squares - gammaln(half)
    heights = np.append(logs.sum(axis=1) - np.log(len(_OWN_FREEDOMS)), endless.sum())
    heights += np.append(np.full(len(_OWN_FREEDOMS), np.log1p(-_PRIOR_ALIKE)), np.log(_PRIOR_ALIKE))
    weight = np.exp(heights - heights.max())
    inverse = weight[:-1] @ (1 / _OWN_FREEDOMS) / weight.sum()
    return float(1 / max(inverse, 1e-12))


def _trigamma_inverse(value: Floats) -> Floats:
    """Argument at which the trigamma function has each value, by Newton's method as in Smyth (2004)."""
    here = 0.5 + 1 / value
    for _ in range(50):
        trigamma = polygamma(1, here)
        step = trigamma * (1 - trigamma / value) / polygamma(2, here)
        here = here + step
        if (np.abs(step) <= 1e-10 * here).all():
            break
    return np.asarray(here)
