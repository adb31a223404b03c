"""Which topics of two runs are the same subject, told by the papers that they share."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

from analytics.tables import UNCLUSTERED

__all__ = ["GONE", "SAME_SUBJECT", "match_topics", "rename_topics"]

SAME_SUBJECT = 0.5
"""Part of the papers of either topic that both must hold to be one subject."""

GONE = "gone:"
"""What stands before the id of an earlier topic that has no match, so that it is no later one's."""


def match_topics(before: pd.DataFrame, after: pd.DataFrame) -> dict[str, str]:
    """Match the topics of two runs one to one by the papers that they share.

    Of all one-to-one pairings the one with the most shared papers is taken [1]_. A pair stands when
    its papers in common are at least `SAME_SUBJECT` of those that either holds (Jaccard's
    index [2]_), counted among the papers that are in both runs: papers that came or went say nothing.

    Parameters
    ----------
    before, after : DataFrame
        Tables `topic_assignments`. Row order is irrelevant.

    Returns
    -------
    dict of str to str
        Id in `after` of each topic in `before` that has a match.

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
    same = shared[rows, columns_] >= SAME_SUBJECT * np.maximum(union[rows, columns_], 1)
    pairs = zip(table.index[rows[same]], table.columns[columns_[same]], strict=True)
    return {str(old): str(new) for old, new in pairs}


def rename_topics(table: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    """Table of an earlier run with its topics under the ids of a later one.

    Parameters
    ----------
    table : DataFrame
        Any table of a run: topics are in `topic_id`, or in `series_id` where `kind` is ``topic``.
    names : mapping of str to str
        What `match_topics` gave. A topic without a match gets `GONE` before its own id.

    Returns
    -------
    DataFrame
        The same rows; unclustered papers stay so.
    """

    def renamed(ids: pd.Series) -> pd.Series:
        new = {one: names.get(one, f"{GONE}{one}") for one in ids.unique()} | {UNCLUSTERED: UNCLUSTERED}
        return ids.map(new).astype(ids.dtype)

    if "topic_id" in table:
        return table.assign(topic_id=renamed(table["topic_id"]))
    is_topic = table["kind"] == "topic"
    return table.assign(series_id=table["series_id"].mask(is_topic, renamed(table["series_id"])))
