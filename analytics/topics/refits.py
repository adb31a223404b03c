"""Rules that decide when topics are fitted again."""

from __future__ import annotations

import pandas as pd

from analytics.tables import UNCLUSTERED, is_among
from analytics.topics.topic_regions import TopicState

__all__ = ["refit_cause"]

_GROWTH = 1.25
"""Papers over those of the last fit from which topics are fitted again."""
_LOOSE = 0.15
"""By how much the part of the new papers that join no topic may exceed that of the last fit."""

_FEWEST_NEW = 50  # papers that came since, below which the part that joins no topic says little


def refit_cause(state: TopicState, assignments: pd.DataFrame) -> str | None:
    """Why topics must be fitted again; None if papers can join the existing topics.

    Rules, the first that holds: the last fit found no topic, and papers came or went since; there are over
    1.25 times the papers of the last fit; of 50 or more papers that came since, a part joins no topic that is
    higher by over 0.15 than that of the fit's own papers. `assignments` has `paper_id` and `topic_id` of
    today's papers as they join those topics. The cause is a sentence fragment.

    Examples
    --------
    >>> from analytics.topics.topic_regions import TopicRegions
    >>> import numpy as np
    >>> members = pd.DataFrame({"paper_id": ["a", "b"], "topic_id": ["T0001", "T0001"]})
    >>> regions = TopicRegions(("T0001",), np.ones((1, 1), dtype=np.float32), np.ones(1))
    >>> state = TopicState(members, regions)
    >>> refit_cause(state, members) is None
    True
    >>> refit_cause(state, pd.DataFrame({"paper_id": list("abc"), "topic_id": ["T0001", "T0001", "-1"]}))
    '3 papers are more than 1.25 times the 2 of the last fit'
    """
    members, ids = state.members, assignments["paper_id"]
    if not state.regions.topic_ids:
        return None if set(ids) == set(members["paper_id"]) else "the last fit found no topic"
    if len(ids) > _GROWTH * len(members):
        return f"{len(ids):,} papers are more than {_GROWTH:g} times the {len(members):,} of the last fit"
    is_loose = assignments["topic_id"] == UNCLUSTERED
    is_new = ~is_among(ids, members["paper_id"])
    n_new, before = int(is_new.sum()), float((members["topic_id"] == UNCLUSTERED).mean())
    unassigned_share = float(is_loose[is_new].mean()) if n_new else 0.0
    if n_new >= _FEWEST_NEW and unassigned_share > before + _LOOSE:
        return (
            f"of {n_new:,} papers added since the last fit {100 * unassigned_share:.0f} % join no topic,"
            f" in the last fit {100 * before:.0f} %"
        )
    return None
