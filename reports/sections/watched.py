"""Watched papers on the page: a mark wherever a paper is listed, and the newest of each watch."""

from __future__ import annotations

from dataclasses import dataclass

from analytics.tables import RunTables
from reports.values.formatting import clip, plural
from reports.values.paper_lines import PaperLine, make_paper_lines, newest_first, papers_by_id
from reports.view import Places

__all__ = ["WatchedGroup", "make_watched", "watched_names"]

_LISTED = 5


@dataclass(frozen=True, slots=True)
class WatchedGroup:
    """One watch: its papers in number, and the newest of them, each with the reason."""

    name: str
    n_papers: str
    papers: tuple[tuple[PaperLine, str], ...]


def watched_names(tables: RunTables) -> dict[str, str]:
    """Names of the watches that find a paper, by its id.

    Parameters
    ----------
    tables : RunTables
    """
    names: dict[str, str] = {}
    for watch, paper_id in zip(tables.watched["watch"], tables.watched["paper_id"], strict=True):
        names[paper_id] = f"{names[paper_id]}; {clip(watch, 60)}" if paper_id in names else clip(watch, 60)
    return names


def make_watched(tables: RunTables, places: Places) -> tuple[WatchedGroup, ...]:
    """Each watch that finds a paper, in the order of the settings.

    Parameters
    ----------
    tables : RunTables
    places : Places
    """
    papers = papers_by_id(tables.papers)
    groups = []
    for watch, rows in tables.watched.groupby("watch", sort=False):
        reasons = dict(zip(rows["paper_id"], rows["reason"], strict=True))
        newest = newest_first(papers.loc[[one for one in reasons if one in papers.index]], _LISTED)
        lines = make_paper_lines(newest, places.theme_names, places.topic_names)
        shown = tuple((line, clip(reasons[line.paper_id], 160)) for line in lines)
        groups.append(WatchedGroup(clip(str(watch), 100), plural(len(reasons), "paper"), shown))
    return tuple(groups)
