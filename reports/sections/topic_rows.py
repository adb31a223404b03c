"""The topics of the page by group: one row each, topics that moved first, then by size."""

from __future__ import annotations

import math
from collections.abc import Collection, Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analytics.tables import RunTables, is_among
from reports.charts.run_charts import Chart
from reports.sections.headlines import sparkline
from reports.sections.people_edits import hidden_sentence
from reports.sections.topic_history import topic_fates
from reports.values.claims import change_cell
from reports.values.exact_numbers import Exact, make_numbers, window_name
from reports.values.formatting import NO_VALUE, clip, count, percent, plural
from reports.values.paper_lines import PaperLine, make_paper_lines, papers_by_id
from reports.values.series import Series, Verdict
from reports.values.slugs import make_slugs
from reports.values.verdict_sentences import ICONS, ORDER
from reports.view import Places

__all__ = ["PinnedTopic", "TopicGroup", "TopicRow", "TopicTable", "make_topic_table", "pinned_topics"]

_MOST_TERMS = 10
_PINNED = "group-pinned"
_GOES_ON = ("rising", "falling", "unclear", "insufficient")


@dataclass(frozen=True, slots=True)
class TrendCell:
    """What one comparison found: its word, and the change; `key` orders a column by word, then by change."""

    verdict: str
    icon: str
    is_fragile: bool
    note: str
    key: str


@dataclass(frozen=True, slots=True)
class TopicRow:
    """One topic; the `_key` fields order the table by that column.

    `since` is the period of its first dated paper; `fate` is its event at the last fit, mostly empty. So are
    `named_by`, which says that people or a model named it and what the data called it, `merged`, which topics
    it took in, and `note`.
    """

    slug: str
    topic_id: str
    label: str
    terms: str
    n_papers: str
    n_papers_key: int
    share: str
    share_key: float
    since: str
    since_key: str
    fate: str
    named_by: str
    merged: str
    note: str
    is_pinned: bool
    sparkline: str
    verdict: str
    long: TrendCell
    recent: TrendCell
    goes_on: str
    goes_on_key: int
    numbers: tuple[Exact, ...]
    papers: tuple[PaperLine, ...]


@dataclass(frozen=True, slots=True)
class PinnedTopic:
    """A pinned topic with its chart."""

    row: TopicRow
    chart: Chart


@dataclass(frozen=True, slots=True)
class TopicGroup:
    """Topics under one heading; a heading without label is not shown."""

    slug: str
    label: str
    n_topics: str
    n_papers: str
    share: str
    rows: tuple[TopicRow, ...]


@dataclass(frozen=True, slots=True)
class TopicTable:
    """All topics in their groups, or in `note` why there are none; without groups one holds all."""

    note: str
    share_title: str
    groups: tuple[TopicGroup, ...]
    long_title: str = ""
    recent_title: str = ""

    @property
    def rows(self) -> tuple[TopicRow, ...]:
        """Topics of all groups."""
        return tuple(row for group in self.groups for row in group.rows)

    @property
    def has_movers(self) -> bool:
        """Whether a topic moved, so that it can be asked whether it goes on."""
        return any(row.goes_on for row in self.rows)

    @property
    def is_grouped(self) -> bool:
        """Whether there are headings."""
        return any(group.label for group in self.groups)


def make_topic_table(
    tables: RunTables,
    manifest: Mapping[str, object],
    series: Mapping[tuple[str, str], Series],
    places: Places,
) -> TopicTable:
    """Rows of the table `topics`: pinned ones, then in each group movers by their evidence, the rest by size.

    The manifest's ``topics`` says why there are none, when there are none.
    """
    hidden = hidden_sentence(manifest)
    if tables.topics.empty and hidden:
        return TopicTable(f"No topics are shown. {hidden}", "", ())
    if tables.topics.empty:
        topics = manifest["topics"]
        reason = topics["reason"] if isinstance(topics, Mapping) else ""
        return TopicTable(f"No topics. {clip(str(reason), 600)}".strip(), "", ())
    papers = papers_by_id(tables.papers)
    topics = tables.topics.to_dict("records")
    wanted = dict.fromkeys(one for row in topics for one in row["representative_papers"])
    # All at once: to pick rows of a table of all papers takes as long for eight of them as for a thousand.
    shown = papers.loc[[one for one in wanted if one in papers.index]]
    lines = {line.paper_id: line for line in make_paper_lines(shown, places.theme_names, {})}
    fates = topic_fates(tables, places)
    rows = [
        _row(row, series["topic", row["topic_id"]], lines, places, fates.get(row["topic_id"], ""))
        for row in topics
    ]

    def strength(row: TopicRow) -> tuple[bool, float, int, str]:
        claims = series["topic", row.topic_id].claims
        return (not row.is_pinned, claims[0].q if claims else math.inf, -row.n_papers_key, row.topic_id)

    rows.sort(key=strength)
    clustered = int(is_among(tables.papers["topic_id"], tables.topics["topic_id"]).sum())
    note = (
        f"{plural(len(rows), 'topic')} in the data. {count(clustered)} of {plural(len(papers), 'paper')}"
        f" ({percent(clustered / len(papers))}) belong to one of them."
    )
    groups = _groups(rows, tables.topics, series)
    n_groups = sum(group.slug != _PINNED for group in groups)
    if n_groups > 1:
        note += f" The topics are in {n_groups} groups of similar topics."
    note = f"{note} {hidden}".strip()
    latest = next((one.latest for one in series.values() if one.latest is not None), None)
    own = [series["topic", row.topic_id] for row in rows]
    titles = (
        next((window_name(v, one) for one in own if (v := getattr(one, window)).is_tested), usual)
        for window, usual in (("verdict", "Over the whole span"), ("recent", "Newest months"))
    )
    return TopicTable(note, f"Share, {latest.label}" if latest else "Share", groups, *titles)


def pinned_topics(
    table: TopicTable, charts: Mapping[str, Chart], shown: Collection[str]
) -> tuple[PinnedTopic, ...]:
    """Pinned topics that have a chart, in their order; one without a dated paper has none.

    `shown` are ids of topics whose chart is on the page already.
    """
    return tuple(
        PinnedTopic(row, chart)
        for row in table.rows
        if row.is_pinned
        and row.topic_id not in shown
        and (chart := charts.get(f"topic-{row.slug}")) is not None
    )


def _groups(
    rows: list[TopicRow], topics: pd.DataFrame, series: Mapping[tuple[str, str], Series]
) -> tuple[TopicGroup, ...]:
    """Pinned topics, then groups in order of their ids, that of their size at the fit; in no group last."""
    pinned = tuple(row for row in rows if row.is_pinned)
    rows = [row for row in rows if not row.is_pinned]
    found = topics.loc[topics["group_id"].notna(), ["topic_id", "group_id", "group_label"]]
    of_topic = dict(zip(found["topic_id"], found["group_id"], strict=True))
    labels = dict(zip(found["group_id"], found["group_label"], strict=True))
    ids = sorted(labels)
    slugs = make_slugs(ids)
    groups = [_group(_PINNED, "Pinned", pinned, series)] if pinned else []
    for group_id in ids:
        own = tuple(row for row in rows if of_topic.get(row.topic_id) == group_id)
        if not own:
            continue
        name = labels[group_id] if isinstance(labels[group_id], str) else group_id
        groups.append(_group(f"group-{slugs[group_id]}", clip(name, 80), own, series))
    rest = tuple(row for row in rows if row.topic_id not in of_topic)
    if rest:
        groups.append(
            _group("group-none", "In no group" if ids else "Other topics" if pinned else "", rest, series)
        )
    return tuple(groups)


def _group(
    slug: str, label: str, rows: tuple[TopicRow, ...], series: Mapping[tuple[str, str], Series]
) -> TopicGroup:
    latest = [one for row in rows if (one := series["topic", row.topic_id].latest) is not None]
    share = sum(one.n_papers for one in latest) / latest[0].n_total if latest else math.nan
    return TopicGroup(
        slug,
        label,
        plural(len(rows), "topic"),
        count(sum(row.n_papers_key for row in rows)),
        percent(share),
        rows,
    )


def _row(
    row: Mapping[Hashable, Any], series: Series, lines: Mapping[str, PaperLine], places: Places, fate: str
) -> TopicRow:
    topic_id, verdict, latest = row["topic_id"], series.verdict, series.latest
    first = next((period for period in series.periods if period.n_papers), None)
    goes_on = change_cell(series.lasting, series)
    return TopicRow(
        slug=places.topic_slugs[topic_id],
        topic_id=clip(topic_id, 20),
        label=places.topic_names[topic_id],
        terms=", ".join(clip(term, 60) for term in row["top_terms"][:_MOST_TERMS]),
        n_papers=count(int(row["n_papers"])),
        n_papers_key=int(row["n_papers"]),
        share=percent(latest.share) if latest else NO_VALUE,
        share_key=latest.share if latest else -1.0,
        since=first.label if first else NO_VALUE,
        since_key=first.start.isoformat() if first else "",
        fate=fate,
        named_by=_named_by(row, places),
        merged=f"with {clip(', '.join(row['merged_ids']), 200)}" if len(row["merged_ids"]) else "",
        note=clip(row["note"], 500),
        is_pinned=bool(row["is_pinned"]),
        sparkline=sparkline(series, places.topic_names[topic_id]),
        verdict=(*series.claims, verdict)[0].word,
        long=_cell(verdict, series),
        recent=_cell(series.recent, series),
        goes_on=goes_on,
        goes_on_key=_GOES_ON.index(series.lasting.word if goes_on else "insufficient"),
        numbers=make_numbers(series),
        papers=tuple(lines[one] for one in row["representative_papers"] if one in lines),
    )


def _named_by(row: Mapping[Hashable, Any], places: Places) -> str:
    named_by = places.named_by("topic", row["topic_id"])
    return f"{named_by}; in the data: {clip(str(row['found_label']), 80)}" if named_by else ""


def _cell(verdict: Verdict, series: Series) -> TrendCell:
    size = abs(math.log(verdict.change)) if verdict.has_change else 0.0
    # Larger changes first among those of one word.
    key = ORDER[verdict.word] + 1 / (2 + size)
    return TrendCell(
        verdict.word, ICONS[verdict.word], verdict.is_fragile, change_cell(verdict, series), f"{key:.4f}"
    )
