"""The papers that a theme most likely misses: those just below its threshold (table `near_misses`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from analytics.tables import RunTables, is_among
from reports.values.formatting import percent
from reports.values.paper_lines import PaperLine, make_paper_lines, papers_by_id

__all__ = ["NearMiss", "make_near_misses"]

_MOST_MISSES = 10
"""Papers of a theme at most."""
_MANY_THEMES, _FEW_MISSES = 12, 3
"""Themes beyond which fewer are listed: forty times ten papers would be most of a page."""


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A paper that is not counted as one of a theme, and how probably a reader would call it one."""

    line: PaperLine
    probability: str


def make_near_misses(tables: RunTables) -> Mapping[str, tuple[NearMiss, ...]]:
    """Likeliest misses of each theme by its id, the likeliest first; without the themes that have none.

    Papers that a theme has, or that the run does not have, are left out.
    """
    rows = tables.near_misses
    if rows.empty:
        return {}
    most = _MOST_MISSES if len(tables.themes) <= _MANY_THEMES else _FEW_MISSES
    key = ["theme_id", "paper_id"]
    members = pd.MultiIndex.from_frame(tables.theme_assignments[key])
    is_known = is_among(rows["paper_id"], tables.papers["paper_id"])
    rows = rows[is_known & ~pd.MultiIndex.from_frame(rows[key]).isin(members)]
    rows = rows.sort_values(
        ["probability", "score", "paper_id"], ascending=[False, False, True], kind="stable"
    )
    rows = rows.groupby("theme_id", sort=False).head(most)
    wanted = papers_by_id(tables.papers).loc[rows["paper_id"].unique()]
    lines = {line.paper_id: line for line in make_paper_lines(wanted, {}, {})}
    return {
        str(theme_id): tuple(
            NearMiss(lines[paper_id], percent(probability))
            for paper_id, probability in zip(own["paper_id"], own["probability"], strict=True)
        )
        for theme_id, own in rows.groupby("theme_id", sort=False)
    }
