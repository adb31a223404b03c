"""Nearest rows by cosine, exactly: blocked products, on all cores.

Each block is worked on by one thread, whatever their number: the same rows are found on every machine.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analytics.parallel import blocks_of, on_threads

__all__ = ["Nearest", "nearest_rows"]

_BLOCK = 512  # rows at a time
_STRETCH = 64  # cosines whose largest is looked at first

Nearest = tuple[NDArray[np.int64], NDArray[np.float32]]
"""Places, and the cosines there."""


def nearest_rows(
    rows: NDArray[np.float32], among: NDArray[np.float32], own: NDArray[np.int64], n_nearest: int
) -> Nearest:
    """Nearest rows of a set for each of n rows, nearest first.

    Equally near ones are in order of their places; of more of them than there is room for always the same
    ones are taken. Both arrays of the result have shape (n, n_nearest).

    Parameters
    ----------
    rows : float32 array of shape (n, d)
        Unit rows.
    among : float32 array of shape (m, d)
        The set that is searched.
    own : int64 array of shape (n,)
        Place of each row itself in the set, which is not among its nearest; -1 where it is not in it.
    n_nearest : int
        At most m, less one where a row is in the set.

    Examples
    --------
    >>> rows = np.array([[1, 0], [0.8, 0.6], [0, 1]], dtype=np.float32)
    >>> places, cosines = nearest_rows(rows, rows, np.arange(3), 1)
    >>> places.tolist(), cosines.round(1).tolist()
    ([[1], [0], [1]], [[0.800000011920929], [0.800000011920929], [0.6000000238418579]])
    """
    places = np.empty((len(rows), n_nearest), dtype=np.int64)
    found = np.empty((len(rows), n_nearest), dtype=np.float32)

    def search(block: slice) -> None:
        cosines = rows[block] @ among.T
        itself = np.flatnonzero(own[block] >= 0)
        cosines[itself, own[block][itself]] = -2.0  # even among identical rows
        # Ascending places first: equal cosines keep that order.
        best = np.sort(_largest(cosines, n_nearest), axis=1)
        order = np.argsort(-np.take_along_axis(cosines, best, axis=1), axis=1, kind="stable")
        places[block] = np.take_along_axis(best, order, axis=1)
        found[block] = np.take_along_axis(cosines, places[block], axis=1)

    for _ in on_threads(search, blocks_of(len(rows), _BLOCK)):
        pass
    return places, found


def _largest(values: NDArray[np.float32], n_largest: int) -> NDArray[np.int64]:
    """Places of the largest values of each row, in no order.

    They are in the stretches with the largest maxima, and maxima are found much faster than places.
    """
    n_rows, width = values.shape
    n_stretches = width // _STRETCH
    if n_stretches <= n_largest:
        return np.argpartition(values, -n_largest, axis=1)[:, -n_largest:]
    whole = n_stretches * _STRETCH
    maxima = values[:, :whole].reshape(n_rows, n_stretches, _STRETCH).max(axis=2)
    best = np.argpartition(maxima, -n_largest, axis=1)[:, -n_largest:]
    places = (best[:, :, None] * _STRETCH + np.arange(_STRETCH)).reshape(n_rows, -1)
    rest = np.broadcast_to(np.arange(whole, width), (n_rows, width - whole))
    places = np.concatenate([places, rest], axis=1)
    among = np.take_along_axis(values, places, axis=1)
    return np.take_along_axis(places, np.argpartition(among, -n_largest, axis=1)[:, -n_largest:], axis=1)
