"""Vectors of papers, kept by vectorizer and content: what was encoded once is never encoded again.

A vector is stored as little-endian float32, so it reads back bit for bit on every machine.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, delete, func, insert, select

from analytics.exceptions import PapertrendsError
from flows.store.blocks import in_blocks
from flows.store.schema import vectors

__all__ = ["Float32Array", "check_vectors", "count_vectors", "read_vector_block", "write_vector_block"]

logger = logging.getLogger(__name__)

Float32Array = NDArray[np.float32]
_STORED = np.dtype("<f4")


def read_vector_block(
    connection: Connection, vectorizer_id: str, hashes: Sequence[str]
) -> tuple[NDArray[np.bool_], Float32Array]:
    """Read the stored vectors in the order of `hashes`, see `Store.read_vectors`."""
    dimension = _usual_dimension(connection, vectorizer_id)
    found = np.zeros(len(hashes), dtype=bool)
    matrix = np.zeros((len(hashes), dimension), dtype=np.float32)
    places: dict[str, list[int]] = defaultdict(list)
    for row, key in enumerate(hashes):
        places[key].append(row)
    n_stored = 0
    for block in in_blocks(places):
        query = select(vectors.c.content_hash, vectors.c.dimension, vectors.c.vector).where(
            vectors.c.vectorizer_id == vectorizer_id, vectors.c.content_hash.in_(block)
        )
        for key, stated, blob in connection.execute(query):
            n_stored += 1
            vector = _decode(blob, stated)
            if vector is not None and vector.size == dimension:
                matrix[places[key]] = vector
                found[places[key]] = True
    damaged = n_stored - sum(bool(found[rows[0]]) for rows in places.values())
    if damaged:
        logger.warning(
            "%d of %d stored vectors of %s are damaged; they count as absent and will be made again",
            damaged,
            n_stored,
            vectorizer_id,
        )
    return (found, matrix) if found.any() else (found, matrix[:, :0])


def _usual_dimension(connection: Connection, vectorizer_id: str) -> int:
    """Length of a vectorizer's vectors: where rows disagree, the few are the damaged ones."""
    query = (
        select(vectors.c.dimension, func.count())
        .where(vectors.c.vectorizer_id == vectorizer_id)
        .group_by(vectors.c.dimension)
    )
    lengths = [(n, size) for size, n in connection.execute(query) if isinstance(size, int) and size > 0]
    return max(lengths, default=(0, 0))[1]


def count_vectors(connection: Connection, vectorizer_id: str, hashes: Sequence[str]) -> int:
    """How many of different hashes have a stored vector, damaged or not."""
    total = 0
    for block in in_blocks(hashes):
        query = select(func.count()).where(
            vectors.c.vectorizer_id == vectorizer_id, vectors.c.content_hash.in_(block)
        )
        total += connection.execute(query).scalar_one()
    return total


def _decode(blob: Any, dimension: Any) -> Float32Array | None:
    """Vector of a row, None when it cannot be one."""
    if (
        not isinstance(blob, bytes)
        or not isinstance(dimension, int)
        or len(blob) != dimension * _STORED.itemsize
    ):
        return None
    vector = np.frombuffer(blob, dtype=_STORED).astype(np.float32)
    return vector if vector.size and bool(np.isfinite(vector).all()) else None


def check_vectors(hashes: Sequence[str], matrix: NDArray[np.floating[Any]]) -> None:
    """Refuse what would poison the cache.

    Raises
    ------
    PapertrendsError
        When the shapes do not fit, or a value is not finite.
    """
    if matrix.ndim != 2 or matrix.shape[0] != len(hashes) or (len(hashes) and not matrix.shape[1]):
        raise PapertrendsError(
            f"vectors of shape {matrix.shape} for {len(hashes)} texts; there must be one row for each text"
        )
    if not np.isfinite(matrix).all():
        bad = int((~np.isfinite(matrix).all(axis=1)).sum())
        raise PapertrendsError(
            f"{bad} of {len(hashes)} vectors hold a value that is not finite; none was stored"
        )


def write_vector_block(
    connection: Connection, vectorizer_id: str, hashes: Sequence[str], matrix: NDArray[np.floating[Any]]
) -> None:
    """Store the rows of `matrix` under their hashes, in place of what stood there."""
    rows = dict(zip(hashes, matrix.astype(_STORED), strict=True))
    for block in in_blocks(rows):
        of_block = (vectors.c.vectorizer_id == vectorizer_id) & vectors.c.content_hash.in_(block)
        connection.execute(delete(vectors).where(of_block))
        connection.execute(
            insert(vectors),
            [
                {
                    "vectorizer_id": vectorizer_id,
                    "content_hash": key,
                    "dimension": rows[key].size,
                    "vector": rows[key].tobytes(),
                }
                for key in block
            ],
        )
