"""Which topics are new to somebody who knows those of an earlier run."""

from __future__ import annotations

import pandas as pd

from analytics.tables import UNCLUSTERED
from analytics.text.terms import stems

__all__ = ["known_topics"]

_MOST_OF = 0.5


def known_topics(
    topics: pd.DataFrame,
    assignments: pd.DataFrame,
    earlier_topics: pd.DataFrame,
    earlier_assignments: pd.DataFrame,
) -> frozenset[str]:
    """Ids of the topics that a reader of an earlier run knows already.

    A topic is known if it has its id or the words of its label from before, or if more than half of its
    papers were together in one topic: a refit cuts subjects in another way, and a part of a known one is no
    news. A topic that is made of papers from several topics, or of new papers, is new.

    Parameters
    ----------
    topics, earlier_topics : DataFrame
        Tables `topics` of both runs.
    assignments, earlier_assignments : DataFrame
        Tables `topic_assignments` of both runs.

    Examples
    --------
    >>> topics = pd.DataFrame({"topic_id": ["T1", "T2", "T3", "T4"], "label": ["a", "b", "C", "d"]})
    >>> papers = pd.DataFrame({"paper_id": list("pqrst"), "topic_id": ["T2", "T2", "T2", "T4", "T4"]})
    >>> before = pd.DataFrame({"topic_id": ["T1", "T9"], "label": ["a", "c"]})
    >>> then = pd.DataFrame({"paper_id": list("pqrs"), "topic_id": ["T9", "T9", "T1", "T9"]})
    >>> sorted(known_topics(topics, papers, before, then))
    ['T1', 'T2', 'T3']
    """
    ids = set(earlier_topics["topic_id"])
    labels = {_words(label) for label in earlier_topics["label"]}
    own = assignments.loc[assignments["topic_id"] != UNCLUSTERED, ["paper_id", "topic_id"]]
    before = earlier_assignments.loc[earlier_assignments["topic_id"] != UNCLUSTERED, ["paper_id", "topic_id"]]
    pairs = own.merge(before.rename(columns={"topic_id": "earlier"}), on="paper_id")
    together = pairs.groupby(["topic_id", "earlier"]).size().groupby("topic_id").max()
    sizes = own["topic_id"].value_counts()
    mostly = together.index[together > _MOST_OF * sizes.reindex(together.index)]
    return frozenset(
        topic_id
        for topic_id, label in zip(topics["topic_id"], topics["label"], strict=True)
        if topic_id in ids or _words(label) in labels or topic_id in mostly
    )


def _words(label: str) -> frozenset[str]:
    return stems(label.casefold())
