"""Vectors read in advance while a run starts; nearly all of them will be needed."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future

import numpy as np
from numpy.typing import NDArray

from flows.store import Store

__all__ = ["read_vectors_ahead", "stored_vectors"]

_Read = tuple[dict[str, int], NDArray[np.float32]]
_PREFETCHED: dict[str, Future[_Read]] = {}
"""Rows by hash and vectors, of one vectorizer; a vector is the same in every store that holds it."""


def read_vectors_ahead(store: Store, vectorizer_id: str) -> None:
    """Read all vectors of a vectorizer, for the `stored_vectors` that comes next."""
    future = _PREFETCHED[vectorizer_id] = Future()
    try:
        hashes = store.vector_hashes(vectorizer_id)
        found, vectors = store.read_vectors(vectorizer_id, hashes)
        future.set_result(({hashes[row]: row for row in np.flatnonzero(found).tolist()}, vectors))
    except Exception:
        future.set_result(({}, np.zeros((0, 0), dtype=np.float32)))
        raise


def stored_vectors(
    store: Store, vectorizer_id: str, hashes: Sequence[str]
) -> tuple[NDArray[np.bool_], NDArray[np.float32]]:
    """Vectors of texts, as from `Store.read_vectors`; releases the vectors read in advance."""
    prefetched = _PREFETCHED.pop(vectorizer_id, None)
    row_of, vectors = prefetched.result() if prefetched else ({}, np.zeros((0, 0), dtype=np.float32))
    rows = np.array([row_of.get(key, -1) for key in hashes], dtype=np.int64)
    if not len(rows) or rows.max() < 0:
        return store.read_vectors(vectorizer_id, hashes)
    missing = np.flatnonzero(rows < 0)
    found, taken = rows >= 0, vectors[rows]
    if len(missing):
        later, read = store.read_vectors(vectorizer_id, [hashes[row] for row in missing.tolist()])
        found[missing] = later
        taken[missing] = read if later.any() else 0.0
    return found, taken
