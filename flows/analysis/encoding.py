"""Vectors of texts through the store: what was encoded once is never encoded again."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from analytics.exceptions import PapertrendsError
from analytics.papers import content_hashes
from analytics.parallel import Each
from analytics.vectors.vectorizer import Vectorizer
from flows.analysis.prefetched_vectors import stored_vectors
from flows.store import Store
from flows.workers.progress import say_progress

__all__ = ["encode_part", "encode_texts"]

logger = logging.getLogger(__name__)

_BLOCK = 256
_UNIT = 0.01
"""By how much the square of a length may differ from 1; rounding makes a millionth."""


def encode_texts(
    store: Store, vectorizer: Vectorizer, texts: Sequence[str], *, each: Each = map
) -> tuple[NDArray[np.float32], int]:
    """Vectors of `texts`, from the store where it has them; new ones are stored block by block.

    Returns
    -------
    vectors : float32 array of shape (n, d)
    n_encoded : int
        How many distinct texts were not in the store.
    """
    hashes = content_hashes(texts)
    found, vectors = stored_vectors(store, vectorizer.id, hashes)
    found &= _are_unit(vectors, found, vectorizer.id)
    missing = np.flatnonzero(~found).tolist()
    if not missing:
        return vectors, 0
    # Rows, not texts: those of a large corpus would take as much memory again.
    first = {hashes[row]: row for row in reversed(missing)}
    # Neighbours of similar length waste no padding; the hash makes the order canonical.
    order = sorted(first, key=lambda key: (len(texts[first[key]]), key))
    blocks = [order[start : start + _BLOCK] for start in range(0, len(order), _BLOCK)]
    parts = ([texts[first[key]] for key in block] for block in blocks)
    n_done = 0
    say_progress("encode", n_done, len(order))
    made = each(partial(encode_part, vectorizer, vectorizer.id), parts)
    for block, rows in zip(blocks, made, strict=True):
        store.write_vectors(vectorizer.id, block, rows)
        if not vectors.size:  # none was stored, so that nothing said how long they are
            vectors = np.zeros((len(texts), rows.shape[1]), dtype=np.float32)
        vectors[[first[key] for key in block]] = rows
        n_done += len(block)
        say_progress("encode", n_done, len(order))
    for row in missing:
        if (one := first[hashes[row]]) != row:
            vectors[row] = vectors[one]
    return vectors, len(order)


def _are_unit(
    vectors: NDArray[np.float32], found: NDArray[np.bool_], vectorizer_id: str
) -> NDArray[np.bool_]:
    """Which rows have the length that every vectorizer gives them; others are damaged."""
    with np.errstate(over="ignore"):
        lengths = np.einsum("ij,ij->i", vectors, vectors)
    are_unit: NDArray[np.bool_] = np.abs(lengths - 1) < _UNIT
    if n_damaged := int((found & ~are_unit).sum()):
        logger.warning(
            "%d of %d stored vectors of %s are damaged, for they are not of length 1; they are made again",
            n_damaged,
            int(found.sum()),
            vectorizer_id,
        )
    return are_unit


def encode_part(vectorizer: Vectorizer, vectors_id: str, texts: Sequence[str]) -> NDArray[np.float32]:
    """Vectors of texts, on whichever machine this runs.

    Raises
    ------
    PapertrendsError
        When this machine makes vectors of another id: they would not fit the others.
    """
    if vectorizer.id != vectors_id:
        raise PapertrendsError(
            f"this worker makes vectors {vectorizer.id}, the run those of {vectors_id}, because their "
            "processors differ; use workers of one kind, or start the run on one of them"
        )
    return vectorizer.transform(texts)
