"""Sampling of papers to label, at random with known probabilities that favor informative papers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.exceptions import InputError

__all__ = ["Drawn", "draw_papers"]

_EVERYWHERE = 0.25
"""Part of a draw that is spread evenly: no paper is out of reach."""
_LEAST_VARIANCE = 0.002


@dataclass(frozen=True)
class Drawn:
    """Papers of a draw, in the order in which to ask about them.

    The order is random, so that whoever stops early has answered a random part of the draw. `probability`,
    shape (m,), is the one with which each was drawn, above 0 and at most 1.
    """

    rows: NDArray[np.int64]
    probability: NDArray[np.float64]


def draw_papers(
    probability: NDArray[np.float64],
    published: NDArray[np.datetime64],
    is_labelled: NDArray[np.bool_],
    *,
    n_papers: int,
    random_state: int,
    draw: int = 1,
) -> Drawn:
    """Draw papers for one sitting over all themes.

    A paper's probability grows with the deviation of its answers (the root of p (1 - p)), summed over the
    themes after each is scaled to its sum, and a part of the draw is spread evenly over all papers. Papers
    are drawn systematically in the order of their days, so that each stretch of time gets its part.

    Parameters
    ----------
    probability : float64 array of shape (n, n_themes)
        Probabilities of membership, in canonical order of the papers.
    published : datetime64 array of shape (n,)
        NaT where undated; those come last.
    is_labelled : bool array of shape (n,)
        Papers that were drawn before; they are not drawn again.
    n_papers : int
        How many to draw; all when fewer are left.
    random_state, draw : int
        The same two draw the same papers of the same corpus; further draws add to the first.

    Raises
    ------
    InputError
        When `n_papers` is below 1.

    References
    ----------
    Madow 1949, doi:10.1214/aoms/1177729988 (systematic sampling with unequal probabilities).
    """
    if n_papers < 1:
        raise InputError(f"{n_papers} papers were asked for; at least 1 must be drawn")
    free = np.flatnonzero(~is_labelled)
    rng = np.random.default_rng((random_state, draw))
    if len(free) <= n_papers:
        return Drawn(rng.permutation(free).astype(np.int64), np.ones(len(free)))
    deviation = np.sqrt(np.maximum(probability[free] * (1 - probability[free]), _LEAST_VARIANCE))
    evenly = np.full(len(free), 1 / len(free))
    weight = (deviation / deviation.sum(axis=0)).mean(axis=1) if probability.shape[1] else evenly
    chance = _inclusion((1 - _EVERYWHERE) * weight + _EVERYWHERE * evenly, n_papers)
    order = np.argsort(published[free], kind="stable")
    ends = np.cumsum(chance[order])
    points = rng.random() + np.arange(n_papers)
    taken = order[np.minimum(np.searchsorted(ends, points, side="right"), len(free) - 1)]
    asked = rng.permutation(taken)
    return Drawn(free[asked].astype(np.int64), chance[asked])


def _inclusion(weight: NDArray[np.float64], n_papers: int) -> NDArray[np.float64]:
    """Probabilities in proportion to the weights, none above 1, that sum to `n_papers`."""
    sure = np.zeros(len(weight), dtype=bool)
    while True:
        chance = np.where(sure, 1.0, weight * (n_papers - sure.sum()) / weight[~sure].sum())
        if not (above := (chance > 1) & ~sure).any():
            return np.minimum(chance, 1.0)
        sure |= above
