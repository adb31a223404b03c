"""How far the log odds of each series deviate from a straight line, beyond noise of single periods."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from analytics.trends.linear_algebra import one_thread
from analytics.trends.noise import PooledNoise, correlation, mean_information, stretches_of
from analytics.trends.smooth_modes import smooth_modes

__all__ = ["Wandering", "curve_modes", "fit_wandering", "walk_variances"]

Floats = NDArray[np.float64]

_DEVIATIONS = {"walk": (0.004, 0.4), "curve": (0.03, 3.0)}
"""Search range, in logits, of a random walk's step and of a curve's slowest mode."""
_N_DEVIATIONS = 12
_ROUNDS = 40
_MOST_MODES = 24


@dataclass(frozen=True, slots=True)
class Wandering:
    """What each series' wandering may be.

    Attributes
    ----------
    variance : ndarray, shape (n_points,)
        In squared logits, ascending, the first 0: of a step of a random walk, or of a curve's slowest mode.
    weight : ndarray, shape (n_series, n_points)
        Posterior probability of each for each series.
    """

    variance: Floats
    weight: Floats


def curve_modes(steps: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Modes of a smooth curve and their roughness, see `smooth_modes`: as many as the periods can bear."""
    return smooth_modes(steps, max(min(_MOST_MODES, len(steps) // 3 - 2), 0))


def fit_wandering(
    residual: Floats,
    weight: Floats,
    x: Floats,
    steps: NDArray[np.int64],
    scatter: PooledNoise,
    kind: Literal["walk", "curve"],
) -> Wandering:
    """How far each series wanders, from its residuals around a straight line.

    *Model.* The residuals have the covariance of the scatter, times the series' own dispersion, plus that of
    the wandering: of a random walk of the log odds, or of a smooth curve (a cubic smoothing spline). *Prior.*
    Some series wander far and most perhaps not at all; how many do how far is learned from all series
    together, as the likeliest distribution over twelve sizes and none (nonparametric maximum likelihood [1]_,
    by expectation and maximization, begun with one half at none).

    Parameters
    ----------
    residual, weight : ndarray, shape (n_series, n_periods)
        Residuals and weights from `logit_lines.fit_lines`.
    x : ndarray, shape (n_periods,)
        The time that the lines were fitted to.
    steps : ndarray of int, shape (n_periods,)
        Position of each period, in periods.
    scatter : PooledNoise
        How the papers of one period scatter.

    References
    ----------
    .. [1] Laird (1978), doi:10.1080/01621459.1978.10480103
    """
    variance = np.concatenate([[0.0], np.geomspace(*_DEVIATIONS[kind], _N_DEVIATIONS) ** 2])
    information = mean_information(weight)
    height = np.zeros((len(residual), len(variance)))
    root_part = np.sqrt(weight.sum(axis=0) / weight.sum() * len(x))
    own = scatter.own_factor(len(residual))[:, None]
    with one_thread():
        for at in stretches_of(len(x)):
            size, seen = _modes(residual[:, at], root_part[at], x[at], steps[at], scatter, kind)
            for point, value in enumerate(variance):
                total = own + value * information[:, None] * size
                height[:, point] -= 0.5 * (np.log(total) + seen**2 / total).sum(axis=1)
    power = 2 * information / (2 * information + 1)
    return Wandering(variance, _posterior(power[:, None] * height))


def _modes(
    residual: Floats,
    root_part: Floats,
    x: Floats,
    steps: NDArray[np.int64],
    scatter: PooledNoise,
    kind: Literal["walk", "curve"],
) -> tuple[Floats, Floats]:
    """Directions in which scatter is even and wandering independent: its variance and the residuals there."""
    taken = root_part[:, None] * np.column_stack([np.ones(len(x)), x])
    across = np.linalg.qr(taken, mode="complete")[0][:, 2:]
    excess, carry = float(scatter.weight @ scatter.excess), float(scatter.weight @ scatter.carry)
    scaled = root_part[:, None] * across
    noise = np.eye(across.shape[1]) + excess * scaled.T @ correlation(steps, carry) @ scaled
    spread, axes = np.linalg.eigh(noise)
    # At least 1 by its making; next to an excess of 1e16, rounding leaves anything.
    even = (axes / np.sqrt(np.maximum(spread, 1))).T
    size, direction = np.linalg.eigh(even @ scaled.T @ _structure(steps, kind) @ scaled @ even.T)
    return np.maximum(size, 0), residual @ (across @ even.T @ direction)


def _structure(steps: NDArray[np.int64], kind: Literal["walk", "curve"]) -> Floats:
    """Covariance of the wandering for a variance of 1, shape (n_periods, n_periods)."""
    if kind == "walk":
        position = steps - steps[0]
        return np.asarray(np.minimum.outer(position, position), dtype=float)
    modes, roughness = curve_modes(steps)
    return np.asarray((modes / roughness) @ modes.T) if len(roughness) else np.zeros((len(steps),) * 2)


def _posterior(height: Floats) -> Floats:
    """Posterior of each series under the distribution that makes all of them likeliest."""
    likelihood = np.exp(height - height.max(axis=1, keepdims=True))
    n_points = height.shape[1]
    start = np.full(n_points, 0.5 / (n_points - 1))
    start[0] = 0.5
    prior = start
    for _ in range(_ROUNDS):
        weight = likelihood * prior
        weight /= weight.sum(axis=1, keepdims=True)
        # The start counts for one series more, so that one series alone is not its own prior.
        prior = (weight.sum(axis=0) + start) / (len(height) + 1)
    return np.asarray(weight)


def walk_variances(pull: Floats, steps: NDArray[np.int64]) -> Floats:
    """Variance of each row's weighted sum of a random walk of unit steps.

    `pull`, shape (n_series, n_periods), are weights that sum to 0 in each row.

    Examples
    --------
    From the first to the last of four periods a walk makes three steps:

    >>> walk_variances(np.array([[-1.0, 0.0, 0.0, 1.0]]), np.arange(4)).tolist()
    [3.0]
    """
    after = np.cumsum(pull[:, ::-1], axis=1)[:, ::-1][:, 1:]
    return np.asarray((after**2) @ np.diff(steps).astype(float))
