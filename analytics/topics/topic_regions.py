"""Centers and radii of topics among the vectors, by which new papers join."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.exceptions import InputError
from analytics.parallel import Each

__all__ = ["NearestTopics", "TopicRegions", "TopicState", "nearest_topics", "topic_regions"]

_SPREAD = 0.95
"""Part of a topic's papers that lie within its reach."""

_BLOCK = 4096  # papers per part: their cosines are held in memory at once


@dataclass(frozen=True)
class TopicRegions:
    """Centers and reaches of topics.

    Attributes
    ----------
    topic_ids : tuple of str, length k
        In order of id.
    centers : float32 array of shape (k, d)
        Unit rows: the direction of the mean of the topic's papers.
    reaches : float64 array of shape (k,)
        Least cosine to the center that still lies within the topic.
    """

    topic_ids: tuple[str, ...]
    centers: NDArray[np.float32]
    reaches: NDArray[np.float64]

    def __post_init__(self) -> None:
        if not len(self.topic_ids) == len(self.centers) == len(self.reaches):
            raise InputError(
                f"{len(self.topic_ids)} topics, {len(self.centers)} centers and {len(self.reaches)} reaches; "
                "there must be as many of each"
            )


@dataclass(frozen=True)
class TopicState:
    """What a fit leaves behind, by which later papers join its topics.

    Attributes
    ----------
    members : DataFrame
        `paper_id`, `topic_id`, `strength`, `basis` of every paper, see
        `analytics.topics.topic_model.TopicFit`.
    regions : TopicRegions
        Regions of the clustered papers.
    descriptions : DataFrame or None
        What `analytics.topics.topic_descriptions.describe_topics` gave at the fit; None where nothing is
        known.
    """

    members: pd.DataFrame
    regions: TopicRegions
    descriptions: pd.DataFrame | None = None


@dataclass(frozen=True)
class NearestTopics:
    """For each of n papers the nearest topic, its cosine, and whether the paper lies within its reach."""

    topics: NDArray[np.int64]
    cosines: NDArray[np.float64]
    within: NDArray[np.bool_]


def topic_regions(vectors: NDArray[np.float32], topic_ids: NDArray[np.object_]) -> TopicRegions:
    """Center and reach of each topic from the papers that belong to it.

    `vectors` are unit rows; `topic_ids` is None for a paper in no topic. The reach is the 5 % quantile of the
    cosines of the topic's papers to its center.

    Examples
    --------
    >>> rows = np.array([[1, 0], [0.6, 0.8], [0, 1]], dtype=np.float32)
    >>> regions = topic_regions(rows, np.array(["T0001", "T0001", None], dtype=object))
    >>> regions.topic_ids, regions.centers.round(3).tolist(), regions.reaches.round(3).tolist()
    (('T0001',), [[0.8939999938011169, 0.44699999690055847]], [0.894])
    """
    known = sorted({one for one in topic_ids.tolist() if one is not None})
    centers = np.zeros((len(known), vectors.shape[1] if vectors.ndim == 2 else 0), dtype=np.float32)
    reaches = np.zeros(len(known))
    for place, topic_id in enumerate(known):
        own = vectors[topic_ids == topic_id]
        # In double precision, so that the order of the rows does not show.
        middle = own.astype(np.float64).mean(axis=0)
        length = float(np.linalg.norm(middle))
        centers[place] = middle / length if length else middle
        reaches[place] = float(np.quantile(own @ centers[place], 1 - _SPREAD))
    return TopicRegions(tuple(known), centers, reaches)


def nearest_topics(vectors: NDArray[np.float32], regions: TopicRegions, *, each: Each = map) -> NearestTopics:
    """Nearest topic of each paper by the cosine to its center.

    `topics` of the result holds positions in `regions.topic_ids`; of two equally near the first.

    Parameters
    ----------
    vectors : float32 array of shape (n, d)
        Unit rows.
    regions : TopicRegions
        Without any topic nothing is near: positions are -1 and cosines 0.
    each : Each
        Where parts of 4,096 papers are done.

    Examples
    --------
    >>> regions = TopicRegions(("T0001", "T0002"), np.eye(2, dtype=np.float32), np.array([0.9, 0.7]))
    >>> found = nearest_topics(np.array([[0.8, 0.6], [0.6, 0.8]], dtype=np.float32), regions)
    >>> found.topics.tolist(), found.within.tolist()
    ([0, 1], [False, True])
    """
    n = len(vectors)
    if not regions.topic_ids:
        return NearestTopics(np.full(n, -1, dtype=np.int64), np.zeros(n), np.zeros(n, dtype=bool))
    blocks = (vectors[start : start + _BLOCK] for start in range(0, n, _BLOCK))
    found = list(each(partial(_assign_part, regions.centers), blocks))
    topics = np.concatenate([np.empty(0, dtype=np.int64), *(best for best, _ in found)])
    cosines = np.concatenate([np.empty(0), *(near for _, near in found)])
    return NearestTopics(topics, cosines, cosines >= regions.reaches[topics])


def _assign_part(
    centers: NDArray[np.float32], vectors: NDArray[np.float32]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Position of the nearest center and the cosine to it, for each row."""
    cosines = vectors @ centers.T
    best = cosines.argmax(axis=1)
    return best, np.take_along_axis(cosines, best[:, None], axis=1)[:, 0].astype(np.float64)
