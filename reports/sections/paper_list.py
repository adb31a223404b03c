"""The list of papers and the map, as shown without JavaScript."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from analytics.tables import RunTables
from reports.sections.explorer import Explorer
from reports.sections.watched import watched_names
from reports.values.formatting import count, plural
from reports.values.paper_lines import PaperLine, make_paper_lines, newest_first
from reports.view import Places

__all__ = ["MOST_PAPERS", "PaperList", "PaperMap", "make_paper_list", "make_paper_map"]

MOST_PAPERS = 300
"""Papers in the list that needs no script, where the settings do not say."""


@dataclass(frozen=True, slots=True)
class PaperList:
    """Newest papers, and in `note` how many of how many.

    `searched` says which papers the page's script holds, for when it cannot hold all; `is_cut` whether a
    list leaves any out.
    """

    note: str
    searched: str
    is_cut: bool
    lines: tuple[PaperLine, ...]
    has_themes: bool
    has_topics: bool
    has_upvotes: bool


@dataclass(frozen=True, slots=True)
class PaperMap:
    """What is said of the map; the script draws it from the explorer's data.

    `shown` says of how many papers, which the script corrects where the page had room for fewer.
    """

    shown: str
    note: str
    label: str
    has_themes: bool


def make_paper_list(
    tables: RunTables, manifest: Mapping[str, Any], places: Places, explorer: Explorer
) -> PaperList:
    """Newest papers of the corpus, as many as the settings allow."""
    n_papers = len(tables.papers)
    most = int(manifest["settings"].get("papers_in_report", MOST_PAPERS))
    shown = newest_first(tables.papers, most)
    note = f"All {plural(n_papers, 'paper')}, newest first." if n_papers > 1 else "1 paper."
    if n_papers > most:
        listed = f"The newest {count(most)} of {plural(n_papers, 'paper')}" if most else "No paper is listed"
        note = f"{listed} (setting papers_in_report)."
    searched = (
        f"This page holds some of the {plural(n_papers, 'paper')}: those on the map, and the"
        " representative papers of each theme and topic, the most upvoted and the newest."
    )
    return PaperList(
        note,
        searched,
        n_papers > min(most, explorer.n_listed),
        make_paper_lines(shown, places.theme_names, places.topic_names, watched_names(tables)),
        has_themes=bool(places.theme_names),
        has_topics=bool(places.topic_names),
        has_upvotes=bool(shown["upvotes"].notna().any()),
    )


def make_paper_map(explorer: Explorer, n_topics: int) -> PaperMap | None:
    """What the map shows.

    None without topics, by which papers are placed.
    """
    n, mapped = explorer.n_papers, explorer.n_mapped
    if not mapped:
        return None
    shown = (
        f"{count(mapped)} of {plural(n, 'paper')}, sampled evenly over time"
        if mapped < n
        else f"All {plural(n, 'paper')}"
    )
    note = (
        "Similar topics are close together. A paper is placed in its topic, towards the topics that it"
        " resembles most; a paper in no topic is placed around the nearest one. Large distances and"
        " directions have no meaning."
    )
    label = f"Map of {plural(mapped, 'paper')} around the names of {plural(n_topics, 'topic')}."
    return PaperMap(shown, note, label, bool(explorer.themes))
