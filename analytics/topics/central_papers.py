"""The papers of a fit that lie nearest to the mean of their topic."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.tables import UNCLUSTERED

__all__ = ["central_papers"]


def central_papers(
    members: pd.DataFrame, paper_ids: pd.Series, vectors: NDArray[np.float32], *, most: int
) -> dict[str, list[str]]:
    """Ids of the papers by which a fit's topics can be shown, for each topic in order of id.

    They belong to the fit: papers that joined later change nothing. Papers of the fit that are gone are
    passed over; a topic of which all are gone is left out.

    Parameters
    ----------
    members : DataFrame
        `paper_id` and `topic_id` of the fit, see `analytics.topics.topic_regions.TopicState`.
    paper_ids : Series of str, length n
        Papers of today.
    vectors : float32 array of shape (n, d)
    most : int
        Papers per topic; equally near ones in order of id.

    Examples
    --------
    >>> members = pd.DataFrame({"paper_id": ["c", "a", "b", "gone"], "topic_id": ["T1", "T1", "T1", "T1"]})
    >>> vectors = np.array([[1, 0], [0, 1], [0.8, 0.6], [1, 0]], dtype=np.float32)
    >>> central_papers(members, pd.Series(["a", "b", "c", "later"]), vectors, most=2)
    {'T1': ['c', 'a']}
    """
    own = members[members["topic_id"] != UNCLUSTERED].sort_values(["topic_id", "paper_id"])
    own = own.assign(row=pd.Index(paper_ids).get_indexer(pd.Index(own["paper_id"])))
    found = {}
    for topic_id, there in own[own["row"] >= 0].groupby("topic_id", sort=True):
        rows = vectors[there["row"].to_numpy()]
        order = np.argsort(-(rows @ rows.mean(axis=0)), kind="stable")[:most]
        found[str(topic_id)] = there["paper_id"].iloc[order].tolist()
    return found
