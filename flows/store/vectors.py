"""Vectors of papers, kept by vectorizer and content: what was encoded once is never encoded again.

A vector is stored as little-endian float32, so it reads back bit for bit on every machine.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Row, delete, func, insert, select

from analytics.exceptions import PapertrendsError
from flows.store.blocks import in_blocks
from flows.store.schema import vectors

__all__ = [
    "Float32Array",
    "check_vectors",
    "count_vectors",
    "read_vector_block",
    "read_vector_hashes",
    "write_vector_block",
]

logger = logging.getLogger(__name__)

Float32Array = NDArray[np.float32]
_STORED = np.dtype("<f4")
_ROWS_AT_ONCE = 2_000


def read_vector_block(
    connection: Connection, vectorizer_id: str, hashes: Sequence[str]
) -> tuple[NDArray[np.bool_], Float32Array]:
    """Read the stored vectors of texts.

    Parameters
    ----------
    hashes : sequence of str, length n
        `content_hash` of each text; repeats allowed.

    Returns
    -------
    found : ndarray of bool, shape (n,)
        False where none is stored, or a damaged one (logged; writing it again mends it).
    vectors : ndarray of float32, shape (n, d)
        Zeros where none was found; d is 0 when none was found at all.
    """
    dimension = _usual_dimension(connection, vectorizer_id)
    found = np.zeros(len(hashes), dtype=bool)
    matrix = np.zeros((len(hashes), dimension), dtype=np.float32)
    row_of = {key: row for row, key in reversed(list(enumerate(hashes)))}
    n_seen = 0
    for rows in _stored_rows(connection, vectorizer_id, row_of):
        n_seen += len(rows)
        known = [
            (row_of[key], blob)
            for key, stated, blob in rows
            if 0 < dimension == stated and isinstance(blob, bytes) and len(blob) == stated * _STORED.itemsize
        ]
        joined = b"".join([blob for _, blob in known])
        stored = np.frombuffer(joined, dtype=_STORED).reshape(len(known), dimension)
        is_whole = np.isfinite(stored).all(axis=1)
        places = np.array([row for row, _ in known], dtype=np.int64)[is_whole]
        matrix[places] = stored if is_whole.all() else stored[is_whole]
        found[places] = True
    for row, key in enumerate(hashes):
        if (first := row_of[key]) != row:
            found[row], matrix[row] = found[first], matrix[first]
    damaged = n_seen - int(found[list(row_of.values())].sum())
    if damaged:
        logger.warning(
            "%d of %d stored vectors of %s are damaged; they are treated as missing and will be computed"
            " again",
            damaged,
            n_seen,
            vectorizer_id,
        )
    return (found, matrix) if found.any() else (found, matrix[:, :0])


def read_vector_hashes(connection: Connection, vectorizer_id: str) -> list[str]:
    """Hashes of all texts that have a stored vector, damaged or not."""
    query = select(vectors.c.content_hash).where(vectors.c.vectorizer_id == vectorizer_id)
    return list(connection.execute(query).scalars())


def _stored_rows(
    connection: Connection, vectorizer_id: str, hashes: Collection[str]
) -> Iterator[Sequence[Row[tuple[str, int, bytes]]]]:
    """Hash, stated length and bytes of each vector, in parts; one pass over all where most are wanted."""
    query = select(vectors.c.content_hash, vectors.c.dimension, vectors.c.vector).where(
        vectors.c.vectorizer_id == vectorizer_id
    )
    n_stored = connection.execute(
        select(func.count()).where(vectors.c.vectorizer_id == vectorizer_id)
    ).scalar_one()
    if len(hashes) <= n_stored // 2:
        for block in in_blocks(hashes):
            yield connection.execute(query.where(vectors.c.content_hash.in_(block))).all()
        return
    # Without a limit PostgreSQL's driver takes all rows into memory first.
    for part in connection.execute(query.execution_options(yield_per=_ROWS_AT_ONCE)).partitions():
        yield [row for row in part if row[0] in hashes]


def _usual_dimension(connection: Connection, vectorizer_id: str) -> int:
    """Length of a vectorizer's vectors, 0 without any: where rows disagree, the few are damaged.

    The first rows tell: to look at all of them takes as long as to read them.
    """
    of_vectorizer = vectors.c.vectorizer_id == vectorizer_id
    first = select(vectors.c.dimension).where(of_vectorizer).limit(_ROWS_AT_ONCE).subquery()
    query = select(first.c.dimension, func.count()).group_by(first.c.dimension)
    lengths = [(n, size) for size, n in connection.execute(query)]
    return max(((n, size) for n, size in lengths if isinstance(size, int) and size > 0), default=(0, 0))[1]


def count_vectors(connection: Connection, vectorizer_id: str, hashes: Sequence[str]) -> int:
    """How many of different hashes have a stored vector, damaged or not."""
    total = 0
    for block in in_blocks(hashes):
        query = select(func.count()).where(
            vectors.c.vectorizer_id == vectorizer_id, vectors.c.content_hash.in_(block)
        )
        total += connection.execute(query).scalar_one()
    return total


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
            f"{bad} of {len(hashes)} vectors contain a value that is not finite; nothing was stored"
        )


def write_vector_block(
    connection: Connection, vectorizer_id: str, hashes: Sequence[str], matrix: NDArray[np.floating[Any]]
) -> None:
    """Store the rows of `matrix` under their hashes, replacing earlier ones."""
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
