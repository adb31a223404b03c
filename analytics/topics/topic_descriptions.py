"""Descriptions of topics: labels, terms and representative papers.

A description belongs to the fit that found the topic; sizes and representative papers follow the papers
of the day.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.tables import UNCLUSTERED
from analytics.text.paper_terms import PaperTerms
from analytics.text.term_counts import class_sums
from analytics.text.terms import class_weights, written_terms
from analytics.topics.topic_groups import label_groups
from analytics.topics.topic_labels import label_topics
from analytics.topics.topic_quality import npmi_coherences
from analytics.topics.topic_terms import coherent_terms

__all__ = ["DESCRIPTION_COLUMNS", "describe_topics", "topic_table"]

DESCRIPTION_COLUMNS = ("topic_id", "label", "top_terms", "coherence", "group_id", "group_label")

_REPRESENTATIVES = 3


def describe_topics(
    read: PaperTerms,
    vectors: NDArray[np.float32],
    topic_ids: NDArray[np.object_],
    *,
    groups: Mapping[str, str] | None = None,
    before: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Label topics and their groups by the terms of their papers, and measure the coherence of the terms.

    Returns `DESCRIPTION_COLUMNS` of each topic that has papers, in order of id; `coherence` is
    `analytics.topics.topic_quality.npmi_coherence`, NaN with fewer than two terms; `group_id` and
    `group_label` are None for a topic in no group.

    Parameters
    ----------
    vectors : float32 array of shape (n, d)
    topic_ids : array of object, shape (n,)
        `UNCLUSTERED` for a paper in no topic.
    groups : mapping of topic_id to group_id, optional
        See `analytics.topics.topic_groups.topic_groups`.
    before : mapping of topic_id to label, optional
        Labels of topics that are known from before: they stay while they are apt, see
        `analytics.topics.topic_labels.label_topics`.
    """
    known, members = _members(topic_ids)
    if not known:
        return pd.DataFrame(columns=list(DESCRIPTION_COLUMNS))
    codes = pd.Index(known).get_indexer(topic_ids).astype(np.int64)
    counts, terms, display = read.counts, read.terms, read.display
    # Without the papers in no topic, which are first.
    weights = class_weights(counts, codes)[-len(known) :]
    sums = class_sums(counts, codes)[-len(known) :]
    chosen = coherent_terms(members, counts, terms)
    earlier = {at: label for at, name in enumerate(known) if (label := (before or {}).get(name))}
    labels = label_topics(
        dict(enumerate(members)),
        counts,
        terms,
        vectors=vectors,
        display=display,
        abbreviations=read.abbreviations,
        before=earlier,
    )
    group_of = [(groups or {}).get(topic_id) for topic_id in known]
    names = [labels[topic] for topic in range(len(known))]
    group_labels = label_groups(group_of, weights, sums, terms, names=names, display=display)
    return pd.DataFrame(
        {
            "topic_id": known,
            "label": names,
            "top_terms": [written_terms(columns, terms, display) for columns in chosen],
            "coherence": npmi_coherences(counts, chosen),
            "group_id": pd.Series(group_of, dtype=object),
            "group_label": pd.Series([group_labels.get(str(one)) for one in group_of], dtype=object),
        }
    )


def topic_table(
    descriptions: pd.DataFrame,
    paper_ids: pd.Series,
    vectors: NDArray[np.float32],
    topic_ids: NDArray[np.object_],
) -> pd.DataFrame:
    """Topics of today's papers under their descriptions.

    Returns columns of the run table `topics`, largest first: the descriptions, `n_papers`, and three
    `representative_papers`, those nearest to the mean of the topic's papers.

    Parameters
    ----------
    descriptions : DataFrame
        `DESCRIPTION_COLUMNS`; of topics without papers too, which are left out.
    paper_ids : Series of str, length n
        In canonical order.
    vectors : float32 array of shape (n, d)
    topic_ids : array of object, shape (n,)
        `UNCLUSTERED` for a paper in no topic; the others are described.
    """
    known, members = _members(topic_ids)
    ids = paper_ids.to_numpy()
    nearest = []
    for rows in members:
        own = vectors[rows]
        order = np.argsort(-(own @ own.mean(axis=0)), kind="stable")[:_REPRESENTATIVES]
        nearest.append(ids[rows[order]].tolist())
    by_size = sorted(range(len(known)), key=lambda topic: (-len(members[topic]), known[topic]))
    table = descriptions.set_index("topic_id").loc[[known[topic] for topic in by_size]].reset_index()
    table["n_papers"] = np.array([len(members[topic]) for topic in by_size], dtype=np.int64)
    table["representative_papers"] = pd.Series([nearest[topic] for topic in by_size], dtype=object)
    return table


def _members(topic_ids: NDArray[np.object_]) -> tuple[list[str], list[NDArray[np.int64]]]:
    """Ids of the topics that have papers, and the rows of each in ascending order."""
    known = sorted(set(topic_ids.tolist()) - {UNCLUSTERED})
    codes = pd.Index(known).get_indexer(topic_ids)
    order = np.argsort(codes, kind="stable")
    ends = np.searchsorted(codes[order], np.arange(len(known) + 1))
    return known, [order[start:stop] for start, stop in pairwise(ends.tolist())]
