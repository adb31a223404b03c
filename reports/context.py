"""Everything that the page says, as values: templates print it and compute nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from analytics.tables import RunTables
from reports.charts.run_charts import Chart, make_colors, plot_charts
from reports.sections.explorer import Explorer, make_explorer
from reports.sections.forecasts import Outlook, make_outlook
from reports.sections.growing import Growing, make_growing
from reports.sections.headlines import Moved, Subject, make_moved
from reports.sections.membership_paragraphs import membership_paragraphs
from reports.sections.paper_list import PaperList, PaperMap, make_paper_list, make_paper_map
from reports.sections.run_changes import changes_since
from reports.sections.theme_sections import Places, ThemeSection, make_theme_sections
from reports.sections.topic_history import TopicHistory, make_topic_history
from reports.sections.topic_rows import TopicTable, make_topic_table
from reports.sections.trust import Trust, make_trust
from reports.sections.unassigned_papers import LoosePapers, make_loose_papers
from reports.values.count_sentences import bands_note
from reports.values.formatting import NARROW, clip, count, long_day, plural
from reports.values.marks import NO_MARKS, Marks, allowed_rate, make_marks, steady_bound
from reports.values.series import Series, make_series
from reports.values.slugs import make_slugs
from reports.values.theme_quality import make_qualities

__all__ = ["Multiples", "PageHead", "ReportContext", "make_report_context"]


@dataclass(frozen=True, slots=True)
class PageHead:
    """Top of the page: whose papers, as of when, how many."""

    title: str
    day: str
    day_iso: str
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
    multiples: Multiples | None
    themes: tuple[ThemeSection, ...]
    topics: TopicTable
    topic_history: TopicHistory | None
    loose: LoosePapers | None
    growing: Growing | None
    outlook: Outlook | None
    map: PaperMap | None
    explorer: Explorer
    papers: PaperList
    trust: Trust


def make_report_context(
    tables: RunTables,
    manifest: Mapping[str, Any],
    charts: Mapping[str, Chart] | None = None,
) -> ReportContext:
    """All that the report of a run says.

    Parameters
    ----------
    tables : RunTables
    manifest : mapping
        Of the run: what ``manifest.json`` holds.
    charts : mapping of str to Chart, optional
        What `plot_charts` gave, where the caller has it already; drawn here otherwise.

    Returns
    -------
    ReportContext
        The same for the same tables and manifest, whatever the day and the machine.

    Raises
    ------
    PapertrendsError
        When a table holds a verdict or a period that the report has no words for.
    """
    charts = plot_charts(tables, manifest) if charts is None else charts
    series = make_series(tables, steady_bound(manifest))
    places = _places(tables, series)
    marks = make_marks(tables, series, allowed_rate(manifest))
    qualities = make_qualities(tables)
    themes = make_theme_sections(tables, series, marks, charts, places, qualities)
    topics = make_topic_table(tables, manifest, series, places)
    checked = {("theme", theme_id): one.share.value for theme_id, one in qualities.items() if one.is_checked}
    changes = changes_since(tables.changes, _names(places), checked)
    explorer = make_explorer(tables, places)
    membership = membership_paragraphs(tables, manifest, qualities, places.theme_names)
    warnings = [f"{theme.name}: {theme.warning}" for theme in themes if theme.warning]
    return ReportContext(
        head=_head(tables, manifest),
        moved=make_moved(_subjects(series, themes, topics), len(tables.papers), changes),
        multiples=_multiples(themes, charts, series, marks),
        themes=themes,
        topics=topics,
        topic_history=make_topic_history(tables, manifest, places),
        loose=make_loose_papers(tables),
        growing=make_growing(tables, series, places),
        outlook=make_outlook(tables, manifest, places),
        map=make_paper_map(explorer, len(tables.topics)),
        explorer=explorer,
        papers=make_paper_list(tables, manifest, places, explorer),
        trust=make_trust(tables, manifest, series, membership, warnings),
    )


def _places(tables: RunTables, series: Mapping[tuple[str, str], Series]) -> Places:
    theme_ids, topic_ids = list(tables.themes["theme_id"]), list(tables.topics["topic_id"])
    return Places(
        theme_slugs=make_slugs(theme_ids),
        theme_names=_clipped(theme_ids, tables.themes["name"]),
        theme_colors=make_colors(theme_ids, series),
        topic_slugs=make_slugs(topic_ids),
        topic_names=_clipped(topic_ids, tables.topics["label"]),
    )


def _clipped(ids: list[str], names: Any) -> dict[str, str]:
    return {one: clip(name, 80) for one, name in zip(ids, names, strict=True)}


def _names(places: Places) -> dict[tuple[str, str], str]:
    """Names of all series by kind and id."""
    themes = {("theme", one): name for one, name in places.theme_names.items()}
    return themes | {("topic", one): name for one, name in places.topic_names.items()}


def _head(tables: RunTables, manifest: Mapping[str, Any]) -> PageHead:
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
        clip(str(manifest["run_id"]), 80),
        tuple(facts),
    )


def _since(since: Mapping[str, Any] | None) -> str:
    """What came since the run that this one is compared with."""
    if since is None:
        return "first run, nothing to compare with"
    day = long_day(date.fromisoformat(str(since["as_of"])[:10]))
    return f"since the run of {day}: +{plural(int(since['new_papers']), 'paper')}"


def _subjects(
    series: Mapping[tuple[str, str], Series], themes: tuple[ThemeSection, ...], topics: TopicTable
) -> list[Subject]:
    """Themes and topics as the first screen needs them."""
    subjects = [
        Subject(
            series["theme", one.theme_id],
            one.name,
            f"#theme-{one.slug}",
            one.n_papers,
            one.n_shown,
            one.known_clause,
        )
        for one in themes
    ]
    subjects += [
        Subject(
            series["topic", row.topic_id], row.label, f"#topic-{row.slug}", row.n_papers_key, len(row.papers)
        )
        for row in topics.rows
    ]
    return subjects


def _multiples(
    themes: tuple[ThemeSection, ...],
    charts: Mapping[str, Chart],
    series: Mapping[tuple[str, str], Series],
    marks: Mapping[tuple[str, str], Marks],
) -> Multiples | None:
    """Themes that have a chart; None where none has."""
    drawn = tuple(section for section in themes if section.chart is not None)
    if not drawn:
        return None
    one = series["theme", drawn[0].theme_id]
    is_smooth = any(series["theme", section.theme_id].is_smooth for section in drawn)
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
        + f" Bars: papers a {one.unit}, those found for the theme in color."
    )
    if is_smooth and not all(series["theme", section.theme_id].is_smooth for section in drawn):
        note += " Themes with too few papers to test have their raw shares."
    if not all(period.is_complete for period in one.periods):
        note += f" Hollow on hatching: incomplete {one.unit}."
    found = [marks.get(("theme", section.theme_id), NO_MARKS) for section in drawn]
    if any(each.forecasts for each in found):
        note += f" Dashed: forecast, with bands for 50 and 90{NARROW}% of what may come."
    note += " Pale span: burst." if any(each.bursts for each in found) else ""
    note += " Thin rule: the level changed." if any(each.changes for each in found) else ""
    return Multiples(note, charts["themes"], drawn)
