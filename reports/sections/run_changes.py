"""What changed since the previous run, and how much of it new papers caused."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from types import MappingProxyType
from typing import Any

import pandas as pd

from analytics.topics.identity import GONE
from reports.values.formatting import clip, points

__all__ = ["changes_since"]

_MOST_CHANGES = 3
_SMALLEST_CHANGE = 0.0005
"""Shares that differ by less round to a change of 0.0 points."""
_PARTS = (
    ("by_new_papers", "new papers"),
    ("by_reassignment", "reassigned"),
    ("by_definition", "changed definition"),
    ("by_correction", "by answers"),
)


def changes_since(
    changes: pd.DataFrame,
    names: Mapping[tuple[str, str], str],
    checked: Mapping[tuple[str, str], float] = MappingProxyType({}),
) -> tuple[str, ...]:
    """Sentences on what changed since the previous run, each change split into its causes.

    Empty on a first run. At most three. Only the part by new papers is news, so the largest of those comes
    first; a theme that was redefined has that part counted too, because its reader should know.

    A series that has no name is gone from this run and is called by its id. `checked` has the checked share
    of themes that have one: where the runs are compared by it, the sentence says checked; where the earlier
    run had none, and so shares found are compared, it says found.

    Examples
    --------
    >>> row = {"kind": "topic", "series_id": "T0007", "from_share": 0.02, "to_share": 0.031,
    ...     "by_new_papers": 0.008, "by_reassignment": 0.003, "by_definition": 0.0, "by_correction": 0.0}
    >>> changes_since(pd.DataFrame([row]), {("topic", "T0007"): "sparse rewards"})
    ('sparse rewards (topic) +1.1 points: +0.8 new papers, +0.3 reassigned.',)
    """
    if changes.empty:
        return ()
    listed = changes.assign(change=changes["to_share"] - changes["from_share"])
    listed = listed[listed["change"].abs() >= _SMALLEST_CHANGE]
    redefined = listed["by_definition"].abs().where(listed["kind"] == "theme", 0.0)
    listed = listed.assign(
        news=listed["by_new_papers"].abs().combine(redefined, max), size=listed["change"].abs()
    )
    listed = listed.sort_values(["news", "size"], ascending=False, kind="stable")
    if listed.empty:
        return ("No share changed by a tenth of a point.",)
    return tuple(_sentence(row, names, checked) for row in listed.head(_MOST_CHANGES).to_dict("records"))


def _sentence(
    row: Mapping[Hashable, Any],
    names: Mapping[tuple[str, str], str],
    checked: Mapping[tuple[str, str], float],
) -> str:
    key = (row["kind"], row["series_id"])
    name = names.get(key)
    about = ["topic"] if row["kind"] == "topic" else []
    if key in checked:
        about.append("checked" if math.isclose(row["to_share"], checked[key]) else "found")
    about += ["gone"] if name is None else []
    shown = clip(row["series_id"].removeprefix(GONE), 40) if name is None else name
    called = f"{shown} ({', '.join(about)})" if about else shown
    parts = [
        f"{points(row[column])} {words}" for column, words in _PARTS if abs(row[column]) >= _SMALLEST_CHANGE
    ]
    return f"{called} {points(row['change'])} points: {', '.join(parts) or 'rounding'}."
