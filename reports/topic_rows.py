"""The topics of the page: one row each, what moved first, then by size."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analytics.tables import UNCLUSTERED, RunTables
from reports.claims import ICONS
from reports.headlines import sparkline
from reports.paper_lines import PaperLine, make_paper_lines, papers_by_id
from reports.series import Series
from reports.theme_sections import Places
from reports.wording import NO_VALUE, TIMES, clip, count, odds, percent, plural

__all__ = ["TopicRow", "TopicTable", "make_topic_table"]

_MOST_TERMS = 10
_ORDER = {"rising": 0, "falling": 1, "steady": 2, "insufficient": 3}


@dataclass(frozen=True, slots=True)
class TopicRow:
    """One topic; the `_key` fields order the table by that column."""

    slug: str
    topic_id: str
    label: str
    terms: str
    n_papers: str
    n_papers_key: int
    share: str
    share_key: float
    sparkline: str
    verdict: str
    icon: str
    is_fragile: bool
    verdict_key: int
    growth: str
    growth_note: str
    growth_key: float
    papers: tuple[PaperLine, ...]


@dataclass(frozen=True, slots=True)
class TopicTable:
    """All topics, or in `note` why there are none."""

    note: str
    share_title: str
    rows: tuple[TopicRow, ...]


def make_topic_table(
    tables: RunTables,
    manifest: Mapping[str, object],
    series: Mapping[tuple[str, str], Series],
    places: Places,
) -> TopicTable:
    """Rows of the table `topics`: movers by their evidence, then the rest by size.

    Parameters
    ----------
    tables : RunTables
    manifest : mapping
        Its ``topics`` says why there are none, when there are none.
    series : mapping of (kind, series_id) to Series
    places : Places
    """
    if tables.topics.empty:
        topics = manifest["topics"]
        reason = topics["reason"] if isinstance(topics, Mapping) else ""
        return TopicTable(f"No topics. {clip(str(reason), 600)}".strip(), "", ())
    papers = papers_by_id(tables.papers)
    rows = [
        _row(row, series["topic", row["topic_id"]], papers, places)
        for row in tables.topics.to_dict("records")
    ]

    def strength(row: TopicRow) -> tuple[float, int, str]:
        verdict = series["topic", row.topic_id].verdict
        return (verdict.q if verdict.is_move else math.inf, -row.n_papers_key, row.topic_id)

    rows.sort(key=strength)
    clustered = int((tables.papers["topic_id"] != UNCLUSTERED).sum())
    note = (
        f"{plural(len(rows), 'topic')} in the data. {count(clustered)} of {plural(len(papers), 'paper')}"
        f" ({percent(clustered / len(papers))}) stand in one; the rest in none."
    )
    latest = next((one.latest for one in series.values() if one.latest is not None), None)
    return TopicTable(note, f"Share, {latest.label}" if latest else "Share", tuple(rows))


def _row(row: Mapping[Hashable, Any], series: Series, papers: pd.DataFrame, places: Places) -> TopicRow:
    topic_id, verdict, latest = row["topic_id"], series.verdict, series.latest
    shown = [paper_id for paper_id in row["representative_papers"] if paper_id in papers.index]
    has_growth = not math.isnan(verdict.growth)
    return TopicRow(
        slug=places.topic_slugs[topic_id],
        topic_id=clip(topic_id, 20),
        label=places.topic_names[topic_id],
        terms=", ".join(clip(term, 60) for term in row["top_terms"][:_MOST_TERMS]),
        n_papers=count(int(row["n_papers"])),
        n_papers_key=int(row["n_papers"]),
        share=percent(latest.share) if latest else NO_VALUE,
        share_key=latest.share if latest else -1.0,
        sparkline=sparkline(series, places.topic_names[topic_id]),
        verdict=verdict.word,
        icon=ICONS[verdict.word],
        is_fragile=verdict.is_fragile,
        verdict_key=_ORDER[verdict.word],
        growth=f"{TIMES}{odds(verdict.growth)}" if has_growth else NO_VALUE,
        growth_note=f"{odds(verdict.growth_low)} to {odds(verdict.growth_high)}" if has_growth else "",
        growth_key=verdict.growth if has_growth else -1.0,
        papers=make_paper_lines(papers.loc[shown], places.theme_names, {}),
    )
