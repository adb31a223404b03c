"""Papers of which only the title is known."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from analytics.parallel import blocks_of

__all__ = ["is_title_only"]

_BLOCK = 20_000


def is_title_only(abstracts: Sequence[str]) -> NDArray[np.bool_]:
    """Which papers have no abstract, shape (n,). Arrow's string arrays are read without a copy of all.

    Examples
    --------
    >>> is_title_only(["We study them.", "", " "]).tolist()
    [False, True, True]
    """
    are_empty = np.empty(len(abstracts), dtype=bool)
    for rows in blocks_of(len(abstracts), _BLOCK):
        trimmed = pc.utf8_trim_whitespace(pa.array(abstracts[rows], type=pa.large_string()))
        are_empty[rows] = pc.equal(pc.binary_length(trimmed), 0).to_numpy(zero_copy_only=False)
    return are_empty
