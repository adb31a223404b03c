"""How many papers each answered paper of a draw represents."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["label_weights"]


def label_weights(
    draw: NDArray[np.int64], draw_probability: NDArray[np.float64], n_papers: int
) -> NDArray[np.float64]:
    """Weights of answered papers such that each draw alone speaks for the whole corpus.

    A draw is made among the papers that no earlier draw took. It estimates a total over the corpus by what is
    known of those, each counted once, and its own papers, each counted by the inverse of its probability,
    scaled to the number of papers that are left: whoever answered a random part of a draw is taken for the
    whole of it. The draws' estimates are averaged, each weighted by its number of answers [1]_ [2]_. The
    weights sum to `n_papers`, unless all papers were drawn.

    Parameters
    ----------
    draw : int64 array of shape (m,)
        Number of the draw of each answered paper.
    draw_probability : float64 array of shape (m,)
        Above 0 and at most 1.
    n_papers : int
        In the corpus, at least m.

    References
    ----------
    .. [1] Hajek (1971), see Saerndal, Swensson & Wretman (1992), doi:10.1007/978-1-4612-4378-6, section 5.7
    .. [2] Farquhar, Gal & Rainforth (2021), arXiv:2101.11665 (labels of several draws)

    Examples
    --------
    One draw of two papers of ten, one of them drawn three times as likely:

    >>> label_weights(np.array([1, 1]), np.array([0.3, 0.1]), 10).tolist()
    [2.5, 7.5]

    A second draw of two more: the first two count once in it, and the eight that are left four each.

    >>> label_weights(np.array([1, 1, 2, 2]), np.array([0.3, 0.1, 0.2, 0.2]), 10).tolist()
    [1.75, 4.25, 2.0, 2.0]
    """
    weights = np.zeros(len(draw))
    n_before = 0
    for number in np.unique(draw):
        own, earlier = draw == number, draw < number
        inverse = 1 / draw_probability[own]
        estimate = np.zeros(len(draw))
        estimate[earlier] = 1.0
        estimate[own] = inverse * max(n_papers - n_before, 0) / inverse.sum()
        weights += own.mean() * estimate
        n_before += int(own.sum())
    return weights
