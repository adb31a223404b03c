"""Atom feeds whose entries are papers: one for each theme and for each watch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
from jinja2 import Environment

from reports.atom.elements import EPOCH, add, feed_text, make_feed, urn
from reports.sections.mail_papers import MailPaper, mail_papers
from reports.sections.people_edits import without_hidden
from reports.values.formatting import clip
from reports.values.paper_lines import papers_by_id
from reports.values.report_place import report_place
from reports.values.slugs import make_slugs
from reports.view import RunView

__all__ = ["MOST_PAPERS", "PaperFeed", "make_paper_feeds", "render_paper_feed"]

MOST_PAPERS = 30
_MOST_AUTHORS = 20
_CONTENT = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(
    """\
{% if paper.byline %}<p>{{ paper.byline }}</p>{% endif %}
{% if paper.sentence %}<p>{{ paper.sentence }}</p>{% endif %}
<p>{{ paper.day }}{% if paper.why %} · {{ paper.why }}{% endif %}</p>
"""
)


@dataclass(frozen=True, slots=True)
class _Entry:
    """A paper with what a feed says of it besides; days are ISO text, `published` empty without a date."""

    paper: MailPaper
    authors: tuple[str, ...]
    first_seen: str
    published: str
    categories: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PaperFeed:
    """Newest papers of one theme or watch.

    `path` is its file in the workspace's folder, ``feeds/theme-agents.xml``; `place` where the report shows
    the theme, empty for a watch.
    """

    path: str
    title: str
    place: str
    entries: tuple[_Entry, ...]


def make_paper_feeds(view: RunView) -> tuple[PaperFeed, ...]:
    """Feeds of a run: of each theme in order, then of each watch that finds a paper.

    Each has the 30 papers that were first seen last, of one day the ones published last.

    Parameters
    ----------
    view : RunView
    """
    view = without_hidden(view)
    tables, places = view.tables, view.places
    papers = papers_by_id(tables.papers)
    categories = _categories(view)
    feeds = []
    for theme_id, slug in places.theme_slugs.items():
        rows = tables.theme_assignments[tables.theme_assignments["theme_id"] == theme_id]
        name = places.theme_names[theme_id]
        chosen = _newest(papers, dict.fromkeys(rows["paper_id"], ""))
        entries = _entries(papers, chosen, [name, *rows["phrase"].unique()], categories)
        feeds.append(PaperFeed(f"feeds/theme-{slug}.xml", name, f"#theme-{slug}", entries))
    watches = make_slugs(list(tables.watched["watch"].unique()))
    for watch, slug in watches.items():
        rows = tables.watched[tables.watched["watch"] == watch]
        chosen = _newest(papers, dict(zip(rows["paper_id"], rows["reason"], strict=True)))
        entries = _entries(papers, chosen, [watch, *chosen.values()], categories)
        feeds.append(PaperFeed(f"feeds/watch-{slug}.xml", clip(watch, 100), "", entries))
    return tuple(feeds)


def render_paper_feed(feed: PaperFeed, manifest: Mapping[str, Any], site: str = "") -> str:
    """XML text of a feed.

    Parameters
    ----------
    feed : PaperFeed
    manifest : mapping
        Manifest of the run.
    site : str
        Address of the workspace's folder, which ends with a slash; links within it are relative without,
        from the folder of the feed.
    """
    root = site or "../"
    report = f"{root}{report_place(manifest['run_id'])}{feed.place}"
    name = feed.path.rpartition("/")[2]
    updated = max((f"{entry.first_seen}T00:00:00+00:00" for entry in feed.entries), default=EPOCH)
    title = f"{feed.title} · {clip(str(manifest['title']), 120)}"
    made = make_feed(
        f"papertrends {feed.path} {manifest['title']}", title, updated,
        self_href=f"{site}{feed.path}" if site else name, html_href=report,
    )  # fmt: skip
    for entry in feed.entries:
        _add_entry(made, entry, report)
    return feed_text(made)


def _add_entry(feed: Any, one: _Entry, report: str) -> None:
    entry = add(feed, "entry")
    add(entry, "id", urn(f"papertrends paper:{one.paper.paper_id}"))
    add(entry, "title", one.paper.title)
    for name in one.authors:
        add(add(entry, "author"), "name", name)
    add(entry, "updated", f"{one.first_seen}T00:00:00+00:00")
    if one.published:
        add(entry, "published", f"{one.published}T00:00:00+00:00")
    add(entry, "link", rel="alternate", type="text/html", href=one.paper.href or report)
    for category in one.categories:
        add(entry, "category", term=category)
    add(entry, "content", _CONTENT.render(paper=one.paper), type="html")


def _newest(papers: pd.DataFrame, reasons: Mapping[str, str]) -> dict[str, str]:
    """Reasons of the papers that came last, the last first."""
    own = papers.loc[[one for one in reasons if one in papers.index], ["paper_id", "first_seen", "published"]]
    own = own.sort_values(
        ["first_seen", "published", "paper_id"], ascending=[False, False, True], na_position="last"
    )
    return {one: reasons[one] for one in own["paper_id"].head(MOST_PAPERS)}


def _entries(
    papers: pd.DataFrame, chosen: Mapping[str, str], texts: list[str], categories: Mapping[str, list[str]]
) -> tuple[_Entry, ...]:
    named = mail_papers(papers, chosen, texts)
    rows = papers.loc[list(chosen)].to_dict("records")
    return tuple(
        _Entry(
            paper,
            tuple(clip(name, 200) for name in row["authors"][:_MOST_AUTHORS]),
            row["first_seen"].date().isoformat(),
            "" if pd.isna(row["published"]) else row["published"].date().isoformat(),
            tuple(categories.get(row["paper_id"], ())),
        )
        for paper, row in zip(named, rows, strict=True)
    )


def _categories(view: RunView) -> dict[str, list[str]]:
    """Names of each paper's themes, and of its topic."""
    found: dict[str, list[str]] = {}
    for paper_id, name in _pairs(view):
        found.setdefault(paper_id, []).append(name)
    return found


def _pairs(view: RunView) -> Iterator[tuple[str, str]]:
    tables, places = view.tables, view.places
    rows = tables.theme_assignments
    for paper_id, theme_id in zip(rows["paper_id"], rows["theme_id"], strict=True):
        if theme_id in places.theme_names:
            yield paper_id, places.theme_names[theme_id]
    for paper_id, topic_id in zip(tables.papers["paper_id"], tables.papers["topic_id"], strict=True):
        if topic_id in places.topic_names:
            yield paper_id, places.topic_names[topic_id]
