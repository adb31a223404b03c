"""One false discovery rate for all claims of a page that a share moved."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import stats

__all__ = ["claim_q_values", "claim_threshold"]

_HELD_BACK = 0.15
"""Part of the rate that is not spent: p values are as exact as the model of the noise, and no more."""


def claim_q_values(p_values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Smallest rate at which each test of the family is claimed.

    Benjamini and Hochberg's [1]_, with a part of the rate held back.

    References
    ----------
    .. [1] Benjamini and Hochberg (1995), doi:10.1111/j.2517-6161.1995.tb02031.x

    Examples
    --------
    >>> claim_q_values(np.array([0.0085, 0.17])).round(3).tolist()
    [0.02, 0.2]
    """
    found = stats.false_discovery_control(p_values, method="bh") / (1 - _HELD_BACK)
    return np.asarray(np.minimum(found, 1.0))


def claim_threshold(p_values: NDArray[np.float64], q: float) -> tuple[float, float]:
    """Bound of the p values that are claimed at rate `q`, and the bound that a further one would have.

    Of the claims at most `q` are expected to be false, see `claim_q_values`. The first bound is 0 where
    nothing is claimed; with the second a test that is not claimed yet would be, all others being the same.

    Examples
    --------
    >>> [round(one, 4) for one in claim_threshold(np.array([0.001, 0.02, 0.2, 0.6]), 0.05)]
    [0.0213, 0.0319]
    """
    ordered = np.sort(p_values)
    bounds = (1 - _HELD_BACK) * q * np.arange(1, len(ordered) + 1) / max(len(ordered), 1)
    n_claimed = int(np.max(np.flatnonzero(ordered <= bounds), initial=-1)) + 1
    claimed = float(bounds[n_claimed - 1]) if n_claimed else 0.0
    needed = float(bounds[min(n_claimed, len(ordered) - 1)]) if len(ordered) else q
    return claimed, needed
