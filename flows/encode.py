"""Vectors of texts through the store: what was encoded once is never encoded again."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from analytics.papers import content_hash
from analytics.vectors import Vectorizer
from flows.progress import say_progress
from flows.store import Store

__all__ = ["encode_texts"]

_BLOCK = 256


def encode_texts(
    store: Store, vectorizer: Vectorizer, texts: Sequence[str]
) -> tuple[NDArray[np.float32], int]:
    """Vectors of `texts`, from the store where it has them; new ones are stored block by block.

    Parameters
    ----------
    store : Store
    vectorizer : Vectorizer
        Fitted.
    texts : sequence of str, length n

    Returns
    -------
    vectors : float32 array of shape (n, d)
    n_encoded : int
        How many distinct texts were not in the store.
    """
    hashes = [content_hash(text) for text in texts]
    found, vectors = store.read_vectors(vectorizer.id, hashes)
    missing = {hashes[row]: texts[row] for row in np.flatnonzero(~found).tolist()}
    # Neighbours of similar length waste no padding; the hash makes the order canonical.
    order = sorted(missing, key=lambda key: (len(missing[key]), key))
    for start in range(0, len(order), _BLOCK):
        say_progress("encode", start, len(order))
        block = order[start : start + _BLOCK]
        store.write_vectors(vectorizer.id, block, vectorizer.transform([missing[key] for key in block]))
    if missing:
        say_progress("encode", len(order), len(order))
        _, vectors = store.read_vectors(vectorizer.id, hashes)
    return vectors, len(missing)
