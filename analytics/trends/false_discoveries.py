"""One false discovery rate for all claims of a page that a share moved."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["claim_threshold"]


def claim_threshold(p_values: NDArray[np.float64], q: float) -> tuple[float, float]:
    """Largest p value that is claimed at rate `q`, and the bound below which a further one would be.

    Benjamini and Hochberg's procedure [1]_: of the claims at most `q` are expected to be false.

    Parameters
    ----------
    p_values : ndarray, shape (n,)
        Of all tests of the family.
    q : float

    Returns
    -------
    claimed : float
        0 where nothing is claimed.
    needed : float
        With it a test that is not claimed yet would be, all others being the same.

    References
    ----------
    .. [1] Benjamini and Hochberg (1995), doi:10.1111/j.2517-6161.1995.tb02031.x

    Examples
    --------
    >>> [round(one, 4) for one in claim_threshold(np.array([0.001, 0.02, 0.2, 0.6]), 0.05)]
    [0.025, 0.0375]
    """
    ordered = np.sort(p_values)
    bounds = q * np.arange(1, len(ordered) + 1) / max(len(ordered), 1)
    n_claimed = int(np.max(np.flatnonzero(ordered <= bounds), initial=-1)) + 1
    claimed = float(bounds[n_claimed - 1]) if n_claimed else 0.0
    needed = float(bounds[min(n_claimed, len(ordered) - 1)]) if len(ordered) else q
    return claimed, needed
