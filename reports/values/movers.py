"""Series that moved, the strongest evidence first: the headlines, and which topics have a full chart."""

from __future__ import annotations

import math
from collections.abc import Mapping

from reports.values.series import Series

__all__ = ["MOST_HEADLINES", "claim_strength", "moved_topics"]

MOST_HEADLINES = 5
"""Headlines on the first screen at most."""


def claim_strength(series: Series, name: str) -> tuple[float, float, float, str]:
    """Sort key of a series that moved: strongest evidence first, then the larger change, then the name."""
    verdict = series.claims[0]
    size = verdict.change if verdict.has_change else verdict.growth
    return (verdict.q, verdict.p, -abs(math.log(size)), name)


def moved_topics(
    series: Mapping[tuple[str, str], Series], names: Mapping[tuple[str, str], str]
) -> tuple[str, ...]:
    """Ids of the topics among the headlines, in their order.

    Parameters
    ----------
    series, names : mapping
        By kind (``theme`` or ``topic``) and id; a series without a name is not on the page.
    """
    moved = [key for key, one in series.items() if one.claims and key in names]
    moved.sort(key=lambda key: claim_strength(series[key], names[key]))
    return tuple(series_id for kind, series_id in moved[:MOST_HEADLINES] if kind == "topic")
