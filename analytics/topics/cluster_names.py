"""Names of clusters: those of earlier topics where they are the same subject, new numbers otherwise."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.tables import UNCLUSTERED
from analytics.topics.identity import match_clusters

__all__ = ["held_topics", "name_clusters"]


def held_topics(
    before: pd.DataFrame | None, fitted: NDArray[np.int64]
) -> tuple[list[str], NDArray[np.int64] | None]:
    """Earlier topics of the papers that are clustered.

    `before` has the `topic_id` of every paper as it joins the earlier topics, None without any; `fitted` are
    the rows of the papers that are clustered. Returns the ids of the earlier topics, in order, and the place
    in them of each clustered paper's topic, -1 without one.

    Examples
    --------
    >>> held_topics(pd.DataFrame({"topic_id": ["T0002", "-1", "T0001"]}), np.array([0, 1]))
    (['T0001', 'T0002'], array([ 1, -1]))
    """
    if before is None:
        return [], None
    known = sorted(set(before["topic_id"]) - {UNCLUSTERED})
    codes = pd.Index(known).get_indexer(before["topic_id"].to_numpy()[fitted])
    return known, codes.astype(np.int64)


def name_clusters(
    labels: NDArray[np.int64],
    vectors: NDArray[np.float32],
    known: list[str],
    held: NDArray[np.int64] | None,
    first_number: int,
) -> dict[int, str]:
    """Id of each cluster: an earlier topic's where it is the same subject, else the next number.

    Parameters
    ----------
    labels : int64 array of shape (n,)
        Cluster of each paper, -1 for none.
    vectors : float32 array of shape (n, d)
        Unit rows.
    known, held
        What `held_topics` gave.
    first_number : int
        Number of the first new topic; new ones are numbered by size.

    Examples
    --------
    >>> name_clusters(np.array([1, 0, 1]), np.eye(3, dtype=np.float32), [], None, 7)
    {1: 'T0007', 0: 'T0008'}
    """
    by_size = list(_ranks_by_size(labels))
    names: dict[int, str] = {}
    if known and held is not None:
        shape = (len(known) + 1, len(by_size) + 1)  # the last of each is for papers in no topic
        place = {label: at for at, label in enumerate(by_size)}
        columns = np.array([place.get(label, -1) for label in labels.tolist()])
        shared = np.zeros(shape, dtype=np.int64)
        np.add.at(shared, (held, columns), 1)
        similarity = _centers(vectors, held, len(known)) @ _centers(vectors, columns, len(by_size)).T
        sizes = shared[:-1].sum(axis=1), shared[:, :-1].sum(axis=0)
        same = match_clusters(shared[:-1, :-1], similarity, sizes)
        names = {by_size[column]: known[row] for row, column in same.items()}
    fresh = [label for label in by_size if label not in names]
    return names | {label: f"T{first_number + at:04d}" for at, label in enumerate(fresh)}


def _centers(vectors: NDArray[np.float32], codes: NDArray[np.int64], n: int) -> NDArray[np.float64]:
    """Unit mean of the rows of each code from 0 to n - 1; zeros for a code without rows."""
    sums = np.zeros((n + 1, vectors.shape[1]))
    np.add.at(sums, codes, vectors)
    lengths = np.linalg.norm(sums[:-1], axis=1, keepdims=True)
    return np.asarray(sums[:-1] / np.where(lengths > 0, lengths, 1))


def _ranks_by_size(clusters: NDArray[np.int64]) -> dict[int, int]:
    """Cluster number to rank, largest first; ties by the cluster's first row, which is canonical."""
    numbers, first, sizes = np.unique(clusters, return_index=True, return_counts=True)
    kept = [
        (-size, row, number) for number, row, size in zip(numbers, first, sizes, strict=True) if number >= 0
    ]
    return {int(number): rank for rank, (_, _, number) in enumerate(sorted(kept), start=1)}
