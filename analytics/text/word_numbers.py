"""Words as numbers, and lists of them laid end to end: what lets texts be counted by array operations."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Numbers", "laid_out"]


class Numbers(dict[str, int]):
    """Numbers of words, given as they come.

    Examples
    --------
    >>> numbers = Numbers()
    >>> [numbers[word] for word in ("agent", "reward", "agent")]
    [0, 1, 0]
    """

    def __missing__(self, word: str) -> int:
        self[word] = number = len(self)
        return number


def laid_out(
    items: NDArray[Any], sizes: NDArray[np.int64], places: NDArray[Any]
) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Lists that lie one after the other in `items`, laid out in the order of `places`, and their sizes.

    Parameters
    ----------
    items : array of shape (sizes.sum(),)
    sizes : int64 array of shape (k,)
    places : int array of shape (n,)
        Numbers of lists, from 0 to k - 1.

    Examples
    --------
    >>> laid_out(np.array([7, 8, 9]), np.array([1, 2]), np.array([1, 0, 1]))[0].tolist()
    [8, 9, 7, 8, 9]
    """
    chosen = sizes[places]
    shift = (np.cumsum(sizes) - sizes)[places] - (np.cumsum(chosen) - chosen)
    return items[np.repeat(shift, chosen) + np.arange(chosen.sum())], chosen
