"""The series of a run, themes and topics, and the papers of each."""

from __future__ import annotations

import pandas as pd

from analytics.tables import UNCLUSTERED

__all__ = ["followed_series", "series_membership"]


def series_membership(in_themes: pd.DataFrame, in_topics: pd.DataFrame) -> pd.DataFrame:
    """Rows `kind`, `series_id`, `paper_id` of the tables of assignments; unclustered papers are left out."""
    clustered = in_topics[in_topics["topic_id"] != UNCLUSTERED]
    return pd.concat(
        [_membership("theme", in_themes, "theme_id"), _membership("topic", clustered, "topic_id")],
        ignore_index=True,
    )


def followed_series(themes: pd.DataFrame, topics: pd.DataFrame) -> pd.DataFrame:
    """Rows `kind`, `series_id` of the themes and topics of a run, with papers or without."""
    kinds = ["theme"] * len(themes) + ["topic"] * len(topics)
    return pd.DataFrame({"kind": kinds, "series_id": [*themes["theme_id"], *topics["topic_id"]]})


def _membership(kind: str, assignments: pd.DataFrame, key: str) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "kind": kind,
            "series_id": assignments[key].to_numpy(),
            "paper_id": assignments["paper_id"].to_numpy(),
        }
    )
