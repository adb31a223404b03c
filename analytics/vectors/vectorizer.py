"""What every vectorizer offers, and rows of unit length."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["Vectorizer", "Vectors", "unit_rows"]

Vectors = NDArray[np.float32]


class Vectorizer(Protocol):
    """What every vectorizer offers once it is fitted; what `fit` needs differs."""

    needs_corpus: bool
    """Whether it learned from a corpus."""

    @property
    def id(self) -> str:
        """Name of everything that the output depends on."""

    def transform(self, texts: Sequence[str]) -> Vectors:
        """Vectors of `texts`, float32 of shape (n, d), rows of unit length."""


def unit_rows(rows: NDArray[Any]) -> Vectors:
    """Rows of length one, float32; a row of zeros stays."""
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(norms, np.finfo(np.float32).tiny), dtype=np.float32)
