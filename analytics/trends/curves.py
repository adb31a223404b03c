"""Smooth curves through the log odds of series that no straight line describes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from analytics.trends.logit_lines import Floats, LogitLines
from analytics.trends.noise import PooledNoise
from analytics.trends.wandering import Wandering, curve_modes

__all__ = ["Counts", "Curves", "are_curved", "fit_curves"]

_STEPS = 12
_LONGEST_STEP = 1.5  # logits in one Newton step
_SIZE_AT = 4  # Newton step after which the size of the wandering is chosen


@dataclass(frozen=True, slots=True)
class Counts:
    """What curves are fitted to.

    Attributes
    ----------
    counts, totals : ndarray, shape (n_series, n_periods)
    x : ndarray, shape (n_periods,)
        The time that lines were fitted to.
    steps : ndarray of int, shape (n_periods,)
        Position of each period, in periods.
    ends : ndarray, shape (n_periods,)
        Weights by which the end is compared with the start: their sum is 0.
    """

    counts: Floats
    totals: Floats
    x: Floats
    steps: NDArray[np.int64]
    ends: Floats


@dataclass(frozen=True, slots=True)
class Curves:
    """Fitted curves of several series.

    Attributes
    ----------
    logits, variance : ndarray, shape (n_series, n_periods)
        Log odds and their posterior variance.
    change, change_variance : ndarray, shape (n_series,)
        Mean log odds at the end less those at the start, and their variance.
    pull : ndarray, shape (n_series, n_periods)
        How much that difference moves when the share of a period moves by one.
    """

    logits: Floats
    variance: Floats
    change: Floats
    change_variance: Floats
    pull: Floats


def are_curved(lines: LogitLines, wandering: Wandering) -> NDArray[np.bool_]:
    """Tell which series are likelier to follow a curve than a straight line."""
    return np.asarray((wandering.weight[:, 0] < 0.5) & ~lines.separated)


def fit_curves(counted: Counts, lines: LogitLines, scatter: PooledNoise, wandering: Wandering) -> Curves:
    """Cubic smoothing splines of the log odds, each as smooth as its series asks for.

    A penalized binomial likelihood by Newton's method, whose weights are those of binomial counts over what
    the scatter of the periods adds to their variance. How far a curve may wander is the size under which the
    counts are likeliest [1]_. Variances are those of the posterior, which holds what smoothing leaves open
    too [2]_.

    References
    ----------
    .. [1] Wood (2011), doi:10.1111/j.1467-9868.2010.00749.x
    .. [2] Nychka (1988), doi:10.1080/01621459.1988.10478711
    """
    counts, totals, x = counted.counts, counted.totals, counted.x
    modes, roughness = curve_modes(counted.steps)
    design = np.column_stack([np.ones(len(x)), x, modes])
    squares = (design[:, :, None] * design[:, None, :]).reshape(len(x), -1)
    sizes = wandering.variance[1:]
    line = np.zeros((len(counts), design.shape[1]))
    line[:, :2] = lines.line.T
    size = np.full(len(counts), np.sqrt(sizes[0] * sizes[-1]))
    for step in range(_STEPS):
        logits = line @ design.T
        weight = totals * expit(logits) * expit(-logits)
        sure = weight / _excess(weight, scatter)
        working = sure * logits + sure / np.maximum(weight, 1e-12) * (counts - totals * expit(logits))
        known = (sure @ squares).reshape(len(counts), design.shape[1], -1)
        target = working @ design
        if step == _SIZE_AT:
            size = _likeliest_size(known, target, roughness, sizes)
        spread = np.linalg.inv(known + _penalty(size, roughness))
        moved = (spread @ target[:, :, None])[:, :, 0] - line
        most = np.abs(moved @ design.T).max(axis=1, keepdims=True)
        line = line + moved * np.minimum(1, _LONGEST_STEP / np.maximum(most, 1e-12))
    compared = counted.ends @ design
    across = spread @ design.T
    variance = np.einsum("spt,tp->st", across, design)
    pull = np.einsum("p,spt->st", compared, across) * sure * totals / np.maximum(weight, 1e-12)
    change_variance = np.einsum("p,spq,q->s", compared, spread, compared)
    return Curves(line @ design.T, variance, line @ compared, change_variance, pull)


def _excess(weight: Floats, scatter: PooledNoise) -> Floats:
    """Variance of each count over the binomial one, as a movement over many periods feels it."""
    excess, carry = float(scatter.weight @ scatter.excess), float(scatter.weight @ scatter.carry)
    part = weight / weight.mean(axis=1, keepdims=True)
    own = np.maximum(scatter.own_factor(len(weight)), 1.0)[:, None]
    return np.asarray(own * (1 + excess * part * (1 + carry) / (1 - carry)))


def _penalty(size: Floats, roughness: Floats) -> Floats:
    """Inverse prior variances on the diagonal, none for level and slope; shape (n_series, n, n)."""
    inverse = np.concatenate([np.zeros((len(size), 2)), roughness / size[:, None]], axis=1)
    return np.asarray(inverse[:, :, None] * np.eye(inverse.shape[1]))


def _likeliest_size(known: Floats, target: Floats, roughness: Floats, sizes: Floats) -> Floats:
    """Size of the wandering with the highest marginal likelihood, by Laplace's method."""
    heights = np.empty((len(known), len(sizes)))
    for place, size in enumerate(sizes):
        joint = known + _penalty(np.full(len(known), size), roughness)
        best = np.linalg.solve(joint, target[:, :, None])[:, :, 0]
        heights[:, place] = 0.5 * (
            (target * best).sum(axis=1) - np.linalg.slogdet(joint)[1] - len(roughness) * np.log(size)
        )
    return np.asarray(sizes[heights.argmax(axis=1)])
