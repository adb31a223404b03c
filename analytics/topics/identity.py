"""Topic identity: which topics are the same subject, by shared papers and by position."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from analytics.tables import UNCLUSTERED

__all__ = [
    "GONE",
    "TopicEvent",
    "match_clusters",
    "match_topics",
    "rename_topics",
    "topic_events",
]

_SAME_SUBJECT = 0.5
"""Share of the papers of either topic that both must hold to be one subject."""

GONE = "gone:"
"""What comes before the id of an earlier topic that has no match, so that it is no later one's."""

_FEWEST_SHARED = 0.3
"""Share of the papers of either that a topic and a cluster of a refit must share to be one subject, ..."""
_FEWEST_NEAR = 0.1
_NEAR = 0.9
"""... or so few, if the cosine of their centers is so high."""
_MOST_OF = 0.5
"""Part of a cluster's, or a topic's, papers that say where it came from, or went."""


@dataclass(frozen=True)
class TopicEvent:
    """What happened to a topic at a refit.

    Attributes
    ----------
    event : str
        ``born``, ``continued``, ``split`` (came out of `other_id`), ``merged`` (went into `other_id`) or
        ``retired``.
    papers : tuple of str
        Ids of the papers that carry it: those of a topic that was born or retired, else the shared ones.
    """

    event: str
    topic_id: str
    other_id: str | None
    papers: tuple[str, ...]


def match_clusters(
    shared: NDArray[np.int64],
    similarity: NDArray[np.float64],
    held: tuple[NDArray[np.int64], NDArray[np.int64]],
) -> dict[int, int]:
    """Match earlier topics and the clusters of a refit one to one.

    Of all one-to-one pairings the one with the highest sum of Jaccard's index [1]_ of the papers and cosine
    of the centers is taken [2]_, over the pairs that can be one subject at all: that share 0.3 of the papers
    of either, or 0.1 with centers of cosine 0.9. Returns the position of the cluster that goes on as each
    topic.

    Parameters
    ----------
    shared : int64 array of shape (k_before, k_after)
        Papers in both.
    similarity : float64 array of shape (k_before, k_after)
        Cosine of the centers.
    held : pair of int64 arrays, shapes (k_before,) and (k_after,)
        Papers of each topic and of each cluster.

    References
    ----------
    .. [1] Jaccard (1912), doi:10.1111/j.1469-8137.1912.tb05611.x
    .. [2] Kuhn (1955), doi:10.1002/nav.3800020109

    Examples
    --------
    The second cluster holds most of the first topic; nothing is left of the second topic.

    >>> shared, similarity = np.array([[1, 8], [0, 0]]), np.array([[0.2, 0.9], [0.5, 0.1]])
    >>> match_clusters(shared, similarity, (np.array([10, 5]), np.array([9, 9])))
    {0: 1}
    """
    before, after = held
    overlap = shared / np.maximum(before[:, None] + after - shared, 1)
    possible = (overlap >= _FEWEST_SHARED) | ((overlap >= _FEWEST_NEAR) & (similarity >= _NEAR))
    worth = np.where(possible, overlap + np.maximum(similarity, 0), 0.0)
    rows, columns = linear_sum_assignment(worth, maximize=True)
    return {int(row): int(column) for row, column in zip(rows, columns, strict=True) if possible[row, column]}


def topic_events(before: pd.Series, after: pd.Series) -> list[TopicEvent]:
    """List what happened to every topic at a refit.

    `before` and `after`, indexed by paper_id, are the topic of each paper, `UNCLUSTERED` or None without one;
    papers may come or go. Returns topics that go on, then those that began, then those that ended, each by
    id.

    Examples
    --------
    >>> papers = list("abcdef")
    >>> before = pd.Series(["T0001"] * 4 + ["T0002"] * 2, papers)
    >>> after = pd.Series(["T0001", "T0001", "T0003", "T0003", "T0001", "T0001"], papers)
    >>> [(one.event, one.topic_id, one.other_id) for one in topic_events(before, after)]
    [('continued', 'T0001', None), ('split', 'T0003', 'T0001'), ('merged', 'T0002', 'T0001')]
    """
    papers = before.index.union(after.index)
    old, new = (column.where(column != UNCLUSTERED).reindex(papers) for column in (before, after))
    then, now = set(old.dropna()), set(new.dropna())
    events = [_event("continued", one, None, (old == one) & (new == one)) for one in sorted(then & now)]
    for one in sorted(now - then):
        source = _majority(old[new == one])
        carried = new.eq(one) if source is None else new.eq(one) & old.eq(source)
        events.append(_event("born" if source is None else "split", one, source, carried))
    for one in sorted(then - now):
        target = _majority(new[old == one])
        carried = old.eq(one) if target is None else old.eq(one) & new.eq(target)
        events.append(_event("retired" if target is None else "merged", one, target, carried))
    return events


def _event(event: str, topic_id: str, other_id: str | None, carried: pd.Series) -> TopicEvent:
    return TopicEvent(event, topic_id, other_id, tuple(carried.index[carried].astype(str)))


def _majority(topics: pd.Series) -> str | None:
    """Topic of most of the papers, None where there is none or they are in no topic."""
    counts = topics.value_counts()
    return str(counts.index[0]) if len(counts) and counts.iloc[0] >= _MOST_OF * len(topics) else None


def match_topics(before: pd.DataFrame, after: pd.DataFrame) -> dict[str, str]:
    """Match the topics of two runs one to one by the papers that they share.

    Of all one-to-one pairings the one with the most shared papers is taken [1]_. A pair stands when
    its papers in common are at least half of those that either holds (Jaccard's
    index [2]_), counted among the papers that are in both runs: papers that came or went say nothing.

    `before` and `after` are tables `topic_assignments`, in any row order. Returns the id in `after` of each
    topic in `before` that has a match.

    References
    ----------
    .. [1] Kuhn (1955), doi:10.1002/nav.3800020109
    .. [2] Jaccard (1912), doi:10.1111/j.1469-8137.1912.tb05611.x

    Examples
    --------
    >>> before = pd.DataFrame({"paper_id": list("abcd"), "topic_id": ["T0001", "T0001", "T0002", "T0002"]})
    >>> after = pd.DataFrame({"paper_id": list("abcde"), "topic_id": ["T0002", "T0002", "-1", "-1", "T0001"]})
    >>> match_topics(before, after)
    {'T0001': 'T0002'}
    """
    columns = ["paper_id", "topic_id"]
    both = before[columns].merge(after[columns], on="paper_id", suffixes=("_before", "_after"))
    table = pd.crosstab(both["topic_id_before"], both["topic_id_after"])
    held_before, held_after = table.sum(axis=1), table.sum(axis=0)
    table = table.drop(index=UNCLUSTERED, columns=UNCLUSTERED, errors="ignore")
    shared = table.to_numpy()
    union = held_before[table.index].to_numpy()[:, None] + held_after[table.columns].to_numpy() - shared
    rows, columns_ = linear_sum_assignment(shared, maximize=True)
    same = shared[rows, columns_] >= _SAME_SUBJECT * np.maximum(union[rows, columns_], 1)
    pairs = zip(table.index[rows[same]], table.columns[columns_[same]], strict=True)
    return {str(old): str(new) for old, new in pairs}


def rename_topics(table: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    """Table of an earlier run with its topics under the ids of a later one.

    Topics are in `topic_id`, or in `series_id` where `kind` is ``topic``. One without a match in `names` gets
    `GONE` before its own id; unclustered papers stay so.
    """

    def renamed(ids: pd.Series) -> pd.Series:
        new = {one: names.get(one, f"{GONE}{one}") for one in ids.unique()} | {UNCLUSTERED: UNCLUSTERED}
        return ids.map(new).astype(ids.dtype)

    if "topic_id" in table:
        return table.assign(topic_id=renamed(table["topic_id"]))
    is_topic = table["kind"] == "topic"
    return table.assign(series_id=table["series_id"].mask(is_topic, renamed(table["series_id"])))
