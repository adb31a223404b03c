"""Who publishes: the groups of all papers and of each theme on the page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analytics.tables import RunTables
from reports.values.formatting import clip, count, long_day, percent, percent_range, plural
from reports.values.verdict_sentences import ICONS
from reports.view import Places

__all__ = ["GroupRow", "GroupTable", "make_groups"]

_PLURALS = {"organization": "organizations", "category": "categories", "venue": "venues", "source": "sources"}


@dataclass(frozen=True, slots=True)
class GroupRow:
    """One group: its papers, share with interval, verdict, and the day of its first paper if that is new."""

    name: str
    n_papers: str
    share: str
    interval: str
    verdict: str
    icon: str
    since: str


@dataclass(frozen=True, slots=True)
class GroupTable:
    """Groups of one kind in one theme or in all papers.

    `rest` counts the groups without a row, `base` the papers that shares refer to; `rest` may be empty.
    """

    title: str
    heading: str
    base: str
    rows: tuple[GroupRow, ...]
    rest: str


def make_groups(tables: RunTables, places: Places) -> tuple[GroupTable, ...]:
    """Tables of the section, all papers first; none where the run has no groups.

    Parameters
    ----------
    tables : RunTables
    places : Places
    """
    found = []
    for (by, theme_id), rows in tables.groups.groupby(["by", "theme_id"], sort=False, dropna=False):
        named = rows[rows["group"].notna()]
        if named.empty:
            continue
        where = "all papers" if pd.isna(theme_id) else places.name("theme", str(theme_id))
        base = f"Of {plural(int(rows['n_total'].iloc[0]), 'paper')} that name any {by}"
        shown = tuple(_row(row) for row in named.to_dict("records"))
        found.append(
            GroupTable(f"{_PLURALS[by].capitalize()}: {where}", by.capitalize(), base, shown, _rest(rows, by))
        )
    return tuple(found)


def _row(row: Mapping[Any, Any]) -> GroupRow:
    new = f"first paper {long_day(pd.Timestamp(row['first_published']).date())}" if row["is_newcomer"] else ""
    return GroupRow(
        clip(str(row["group"]), 100),
        count(int(row["n_papers"])),
        percent(float(row["share"])),
        percent_range(float(row["share_low"]), float(row["share_high"])),
        str(row["verdict"]) if row["is_tested"] else "",
        ICONS[str(row["verdict"])],
        new,
    )


def _rest(rows: pd.DataFrame, by: str) -> str:
    others = rows[rows["group"].isna()]
    if others.empty:
        return ""
    n_groups, n_papers = int(others["n_groups"].iloc[0]), int(others["n_papers"].iloc[0])
    return f"{plural(n_groups, f'further {by}', f'further {_PLURALS[by]}')} with {plural(n_papers, 'paper')}."
