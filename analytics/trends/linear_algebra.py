"""Numpy's linear algebra on one thread."""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import cache

import numpy as np
from threadpoolctl import ThreadpoolController

__all__ = ["one_thread"]


def one_thread() -> AbstractContextManager[object]:
    """Let numpy's linear algebra use one thread within the block.

    In many small decompositions, threads that wait for each other made them 50 times slower.

    Examples
    --------
    >>> with one_thread():
    ...     np.linalg.eigvalsh(np.eye(2)).tolist()
    [1.0, 1.0]
    """
    return _libraries().limit(limits=1, user_api="blas")  # type: ignore[no-any-return]


@cache
def _libraries() -> ThreadpoolController:
    """Find the loaded libraries once: the search takes longer than a small decomposition."""
    np.linalg.eigvalsh(np.eye(1))  # numpy's is loaded from here on
    return ThreadpoolController()
