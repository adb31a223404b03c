"""Slow movements of a series, the slowest first: what a smooth curve is made of beyond a straight line."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

__all__ = ["n_slow_modes", "smooth_modes"]

Floats = NDArray[np.float64]

_PERIODS_OF_A_MODE = 8
"""Periods that a slow movement takes for each half wave; what turns faster is noise of the periods."""


def n_slow_modes(n_periods: int) -> int:
    """Number of slow movements beyond a line that so many periods can show.

    Examples
    --------
    >>> [n_slow_modes(n) for n in (5, 12, 24, 60, 120)]
    [0, 0, 2, 6, 14]
    """
    return max(n_periods // _PERIODS_OF_A_MODE - 1, 0)


def smooth_modes(steps: NDArray[np.int64], count: int) -> tuple[Floats, Floats]:
    """Slow movements at some periods, and how rough each is.

    The modes are the eigenvectors of the squared second difference, those of a straight line left out: the
    Demmler-Reinsch basis of a smoothing spline on even periods [1]_. A curve that is a sum of modes with
    variances inversely proportional to their roughness is a cubic smoothing spline.

    Returns modes of shape (n_periods, count), with mean square 1 over all positions (a gap is a missing row),
    and their roughness, ascending, that of the first mode 1.

    Parameters
    ----------
    steps : ndarray of int, shape (n_periods,)
        Position of each period, in periods, ascending. Where gaps are longer than all periods together, the
        periods are taken to follow each other.
    count : int
        Modes to give, at most the positions less 2.

    References
    ----------
    .. [1] Demmler and Reinsch (1975), doi:10.1007/BF01437406

    Examples
    --------
    The slowest mode of five periods is a bend:

    >>> modes, roughness = smooth_modes(np.arange(5), 1)
    >>> (modes[:, 0] * np.sign(modes[0, 0])).round(2).tolist(), roughness.tolist()
    ([1.18, -0.54, -1.28, -0.54, 1.18], [1.0])
    """
    position = steps - steps[0]
    if position[-1] >= 2 * len(steps):
        position = np.arange(len(steps))
    size, direction = _eigenvectors(int(position[-1]) + 1)
    chosen = slice(2, 2 + count)
    modes = direction[position, chosen] * np.sqrt(len(direction))
    roughness = size[chosen] / size[2] if count else size[:0]
    return modes, roughness


@lru_cache(maxsize=64)
def _eigenvectors(n: int) -> tuple[Floats, Floats]:
    """Eigenvalues and eigenvectors of the squared second difference of `n` positions."""
    bend = np.diff(np.eye(n), 2, axis=0)
    size, direction = np.linalg.eigh(bend.T @ bend)
    return size, direction
