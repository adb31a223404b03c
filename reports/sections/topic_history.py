"""What happened to topics at the last fit: born, split, merged, ended."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from analytics.tables import UNCLUSTERED, RunTables
from reports.values.formatting import clip, count, join_words, long_day, percent, plural
from reports.values.paper_lines import papers_by_id
from reports.view import Places

__all__ = ["TopicEventLine", "TopicHistory", "make_topic_history", "topic_fates"]

_MOST_EVENTS = 20
_MOST_TITLES = 3
_VERBS = {"split": "split from", "merged": "merged into", "born": "new", "retired": "ended"}


@dataclass(frozen=True, slots=True)
class TopicEventLine:
    """One event: the topic, what happened to it, the other topic if any, and example papers."""

    name: str
    href: str
    verb: str
    other_name: str
    other_href: str
    n_papers: str
    titles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TopicHistory:
    """How papers got their topics, when topics were last fitted, and what happened to them then.

    `is_new` says whether the run made the fit itself.
    """

    is_new: bool
    members: str
    fit: str
    events: tuple[TopicEventLine, ...]
    more: str


def make_topic_history(tables: RunTables, manifest: Mapping[str, Any], places: Places) -> TopicHistory | None:
    """History of the topics for the page.

    The manifest's ``topics`` holds the ``fit`` that the run uses. None without topics, and for runs from
    before topics kept their ids.
    """
    fit = manifest["topics"].get("fit")
    if fit is None or tables.topics.empty:
        return None
    events = tables.topic_events[tables.topic_events["event"] != "continued"]
    went_on = int((tables.topic_events["event"] == "continued").sum())
    if not went_on:  # a first fit: all topics are new, which is no news
        events = events[:0]
    titles = papers_by_id(tables.papers)["title"]
    lines = tuple(_line(row, titles, places) for row in events.head(_MOST_EVENTS).to_dict("records"))
    more = (
        f"{len(events) - _MOST_EVENTS} more: papertrends topics --history."
        if len(events) > _MOST_EVENTS
        else ""
    )
    is_new = bool(fit.get("is_new", True))  # an older run did not say
    return TopicHistory(is_new, _members(tables), _fit(fit, went_on, events["event"]), lines, more)


def topic_fates(tables: RunTables, places: Places) -> dict[str, str]:
    """What happened to each topic at the last fit, unless it just continued.

    A few words by `topic_id`; empty for a first fit, at which all are new.
    """
    events = tables.topic_events
    if not (events["event"] == "continued").any():
        return {}
    fates: dict[str, list[str]] = {}
    for row in events[events["event"] != "continued"].to_dict("records"):
        other = places.name("topic", row["other_id"]) if isinstance(row["other_id"], str) else ""
        if row["event"] == "merged" and other:
            fates.setdefault(row["other_id"], []).append(f"absorbed {places.name('topic', row['topic_id'])}")
        elif row["event"] in {"born", "split"}:
            fates.setdefault(row["topic_id"], []).append(f"split from {other}" if other else "new")
    return {topic_id: clip(", ".join(words), 160) for topic_id, words in fates.items()}


def _members(tables: RunTables) -> str:
    """How many papers were clustered, and how many joined."""
    found = tables.topic_assignments
    inside = found[found["topic_id"] != UNCLUSTERED]
    joined = int((inside["basis"] == "nearest").sum())
    if not joined:
        return ""
    return (
        f"{count(len(inside) - joined)} of the papers in topics were found by density; {count(joined)}"
        f" ({percent(joined / len(inside))}) joined the nearest topic, being within its spread."
    )


def _fit(fit: Mapping[str, Any], went_on: int, events: pd.Series) -> str:
    """When and why topics were fitted, and the number of each event."""
    day = long_day(date.fromisoformat(str(fit["as_of"])[:10]))
    text = f"Topics were last fitted on {day}, because {clip(str(fit['cause']), 200)}."
    if not went_on:
        return f"{text} Later papers join these topics, and a topic keeps its id."
    sizes = events.value_counts()
    words = {"born": "new", "split": "split off", "merged": "merged", "retired": "ended"}
    parts = [f"{count(int(sizes[event]))} {word}" for event, word in words.items() if event in sizes.index]
    return f"{text} {plural(went_on, 'topic')} continued" + (f"; {join_words(parts)}." if parts else ".")


def _line(row: Mapping[Hashable, Any], titles: pd.Series, places: Places) -> TopicEventLine:
    topic_id, other = str(row["topic_id"]), row["other_id"]
    has_other = isinstance(other, str)
    shown = [clip(titles[one], 120) for one in row["papers"] if one in titles.index][:_MOST_TITLES]
    return TopicEventLine(
        name=places.name("topic", topic_id),
        href=places.href("topic", topic_id),
        verb=_VERBS.get(str(row["event"]), clip(str(row["event"]), 20)),
        other_name=places.name("topic", str(other)) if has_other else "",
        other_href=places.href("topic", str(other)) if has_other else "",
        n_papers=plural(int(row["n_papers"]), "paper"),
        titles=tuple(shown),
    )
