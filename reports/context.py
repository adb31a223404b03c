"""All values that the page shows; templates print them and compute nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from analytics.tables import RunTables
from reports.charts.run_charts import Chart, plot_charts
from reports.sections.compared_series import compared_series
from reports.sections.explorer import Explorer, make_explorer
from reports.sections.forecasts import ForecastSection, make_forecast_section
from reports.sections.groups import GroupTable, make_groups
from reports.sections.growing import Growing, make_growing
from reports.sections.headlines import Moved, Subject, make_moved
from reports.sections.membership_paragraphs import membership_paragraphs
from reports.sections.moved_topics import MovedTopic, make_moved_topics
from reports.sections.paper_list import PaperList, PaperMap, make_paper_list, make_paper_map
from reports.sections.people_edits import without_hidden
from reports.sections.run_changes import changes_since
from reports.sections.theme_sections import ThemeSection, make_theme_sections
from reports.sections.topic_history import TopicHistory, make_topic_history
from reports.sections.topic_rows import PinnedTopic, TopicTable, make_topic_table, pinned_topics
from reports.sections.trust import Trust, make_trust
from reports.sections.unassigned_papers import UnassignedPapers, make_unassigned_papers
from reports.sections.watched import WatchedGroup, make_watched
from reports.values.count_sentences import bands_note, titles_note
from reports.values.formatting import NARROW, clip, count, long_day, plural
from reports.view import RunView

__all__ = [
    "Multiples",
    "PageHead",
    "ReportContext",
    "make_head",
    "make_report_context",
    "moving_subjects",
    "newest_paper",
]

_FAR_APART_DAYS = 7


@dataclass(frozen=True, slots=True)
class PageHead:
    """Header of the page: title, day and counts.

    `newest` names the newest paper's day where that is more than a week before; empty otherwise.
    """

    title: str
    day: str
    day_iso: str
    newest: str
    run_id: str
    facts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Multiples:
    """Small charts of all themes that have one, and what they share."""

    note: str
    chart: Chart
    sections: tuple[ThemeSection, ...]


@dataclass(frozen=True, slots=True)
class ReportContext:
    """One report, ready to be printed by a template."""

    head: PageHead
    moved: Moved
    titles: str
    watched: tuple[WatchedGroup, ...]
    multiples: Multiples | None
    themes: tuple[ThemeSection, ...]
    moved_topics: tuple[MovedTopic, ...]
    topics: TopicTable
    pinned: tuple[PinnedTopic, ...]
    topic_history: TopicHistory | None
    unassigned: UnassignedPapers | None
    groups: tuple[GroupTable, ...]
    growing: Growing | None
    forecasts: ForecastSection | None
    map: PaperMap | None
    explorer: Explorer
    compared: Mapping[str, Any]
    papers: PaperList
    trust: Trust


def make_report_context(view: RunView, charts: Mapping[str, Chart] | None = None) -> ReportContext:
    """Context of the report of a run.

    `charts` is what `plot_charts` gave, where the caller has it already; otherwise they are drawn here. The
    context is the same for the same tables and manifest, whatever the day and the machine. Topics that people
    hid are nowhere in it, but in the counts of the trust section.

    Raises
    ------
    PapertrendsError
        When a table holds a verdict or a period that the report has no words for.
    """
    whole, view = view, without_hidden(view)
    charts = plot_charts(view) if charts is None else charts
    tables, manifest, series, places = view.tables, view.manifest, view.series, view.places
    themes = make_theme_sections(view, charts)
    moved_topics = make_moved_topics(view, charts)
    topics = make_topic_table(tables, manifest, series, places)
    checked = {
        ("theme", theme_id): one.share.value for theme_id, one in view.qualities.items() if one.is_checked
    }
    changes = changes_since(tables.changes, places.names, checked)
    explorer = make_explorer(tables, places)
    membership = membership_paragraphs(tables, manifest, view.qualities, places.theme_names)
    warnings = [f"{theme.name}: {theme.warning}" for theme in themes if theme.warning]
    return ReportContext(
        head=make_head(tables, manifest),
        moved=make_moved(moving_subjects(view, themes, topics, moved_topics), len(tables.papers), changes),
        titles=titles_note(manifest["counts"]),
        watched=make_watched(tables, places),
        multiples=_multiples(themes, charts, view),
        themes=themes,
        moved_topics=moved_topics,
        topics=topics,
        pinned=pinned_topics(topics, charts, view.headline_topics),
        topic_history=make_topic_history(tables, manifest, places),
        unassigned=make_unassigned_papers(tables),
        groups=make_groups(tables, places),
        growing=make_growing(tables, series, places),
        forecasts=make_forecast_section(tables, manifest, places),
        map=make_paper_map(explorer, len(tables.topics)),
        explorer=explorer,
        compared=compared_series(view),
        papers=make_paper_list(tables, manifest, places, explorer),
        trust=make_trust(whole.tables, manifest, whole.series, membership, warnings),
    )


def make_head(tables: RunTables, manifest: Mapping[str, Any]) -> PageHead:
    """Title, day and counts."""
    as_of = date.fromisoformat(str(manifest["as_of"])[:10])
    dates = tables.papers["published"].dropna()
    facts = [plural(len(tables.papers), "paper")]
    if len(dates):
        first, last = long_day(dates.min().date()), long_day(dates.max().date())
        facts.append(first if first == last else f"{first} to {last}")
    facts.append(f"{count(len(tables.papers) - len(dates))} undated")
    facts.append(_since(manifest.get("since")))
    return PageHead(
        clip(str(manifest["title"]), 120),
        long_day(as_of),
        as_of.isoformat(),
        newest_paper(dates, as_of),
        clip(str(manifest["run_id"]), 80),
        tuple(facts),
    )


def newest_paper(dates: pd.Series, as_of: date) -> str:
    """Day of the newest paper, where more than a week lies between it and the day of the page.

    Examples
    --------
    >>> newest_paper(pd.Series(pd.to_datetime(["2025-11-02"])), date(2025, 12, 31))
    'newest paper 2 Nov 2025'
    >>> newest_paper(pd.Series(pd.to_datetime(["2025-12-29"])), date(2025, 12, 31))
    ''
    """
    if not len(dates) or (as_of - dates.max().date()).days <= _FAR_APART_DAYS:
        return ""
    return f"newest paper {long_day(dates.max().date())}"


def _since(since: Mapping[str, Any] | None) -> str:
    """New papers since the run that this one is compared with."""
    if since is None:
        return "first run, nothing to compare with"
    day = long_day(date.fromisoformat(str(since["as_of"])[:10]))
    return f"since the run of {day}: +{plural(int(since['new_papers']), 'paper')}"


def moving_subjects(
    view: RunView,
    themes: tuple[ThemeSection, ...],
    topics: TopicTable,
    moved_topics: tuple[MovedTopic, ...] = (),
) -> list[Subject]:
    """Themes and topics for the first screen; those of `moved_topics` lead to their charts and papers."""
    moved = {one.topic_id: one for one in moved_topics}
    subjects = [
        Subject(
            view.series["theme", one.theme_id],
            one.name,
            f"#theme-{one.slug}",
            one.n_papers,
            one.n_shown,
            one.known_clause,
            one.evidence.link if one.evidence else "",
            f"#theme-{one.slug}-evidence" if one.evidence else f"#theme-{one.slug}-papers",
        )
        for one in themes
    ]
    subjects += [
        Subject(
            view.series["topic", row.topic_id],
            row.label,
            f"#topic-{row.slug}-moved" if row.topic_id in moved else f"#topic-{row.slug}",
            row.n_papers_key,
            len(row.papers),
            "",
            one.evidence.link if (one := moved.get(row.topic_id)) and one.evidence else "",
            f"#topic-{row.slug}-evidence" if one and one.evidence else "",
            view.places.named_by("topic", row.topic_id),
        )
        for row in topics.rows
    ]
    return subjects


def _multiples(
    themes: tuple[ThemeSection, ...],
    charts: Mapping[str, Chart],
    view: RunView,
) -> Multiples | None:
    """Themes that have a chart; None where none has."""
    drawn = tuple(section for section in themes if section.chart is not None)
    if not drawn:
        return None
    each = [view.theme(section.theme_id) for section in drawn]
    one, marks = each[0][0], [marks for _, marks in each]
    is_smooth = any(series.is_smooth for series, _ in each)
    lines = (
        f"Line: smooth share of papers, with its 95{NARROW}% band. Dots: the share of each {one.unit}, larger"
        " where there are more papers"
        if is_smooth
        else f"Share of each {one.unit}'s papers with its 95{NARROW}% interval"
    )
    note = (
        lines
        + ("; all on one scale" if len(drawn) > 1 else "")
        + f". {bands_note([section.basis for section in drawn])}"
        + f" Bars: papers per {one.unit}; those found for the theme in color."
    )
    if is_smooth and not all(series.is_smooth for series, _ in each):
        note += " Themes with too few papers to test show their raw shares."
    if not all(period.is_complete for period in one.periods):
        note += f" Hollow on hatching: incomplete {one.unit}."
    if any(found.forecasts for found in marks):
        note += f" Dashed: forecast, with bands for 50 and 90{NARROW}% of what may come."
    note += " Pale span: burst." if any(found.bursts for found in marks) else ""
    note += " Thin rule: the level changed." if any(found.changes for found in marks) else ""
    return Multiples(note, charts["themes"], drawn)
