"""Papers of which only the title is known."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

__all__ = ["is_title_only"]


def is_title_only(abstracts: Sequence[str]) -> NDArray[np.bool_]:
    """Which papers have no abstract, shape (n,). Arrow's string arrays are read without a copy.

    Examples
    --------
    >>> is_title_only(["We study them.", "", " "]).tolist()
    [False, True, True]
    """
    trimmed = pc.utf8_trim_whitespace(pa.array(abstracts, type=pa.large_string()))
    return np.asarray(pc.equal(pc.binary_length(trimmed), 0).to_numpy(zero_copy_only=False))
