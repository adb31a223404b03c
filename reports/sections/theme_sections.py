"""The themes of the page: each with its chart, its verdict, the facts behind it, its papers, its topics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from analytics.tables import UNCLUSTERED, RunTables, is_among
from analytics.topics.identity import GONE
from reports.charts.run_charts import Chart
from reports.sections.near_misses import NearMiss, make_near_misses
from reports.sections.theme_facts import Fact, make_facts, marks_numbers, marks_told
from reports.sections.theme_papers import ThemePaper, papers_of_theme
from reports.sections.theme_term_shifts import Shift, make_shift
from reports.values.claims import verdict_sentence
from reports.values.count_certainty import Surety, make_surety
from reports.values.count_sentences import BANDS, COMMAND, count_warning, known_clause, known_sentence
from reports.values.exact_numbers import Exact, make_numbers
from reports.values.formatting import clip, count, percent, plural
from reports.values.marks import NO_MARKS, Marks
from reports.values.paper_lines import papers_by_id
from reports.values.series import Series
from reports.values.theme_quality import Quality
from reports.values.upvotes import upvotes_of_the_day
from reports.values.verdict_sentences import ICONS

__all__ = ["Places", "ThemePaper", "ThemeSection", "TopicOfTheme", "make_theme_sections"]

_MOST_TOPICS = 8


@dataclass(frozen=True, slots=True)
class TopicOfTheme:
    """A topic of papers of a theme, and how many of them it has."""

    name: str
    href: str
    n_papers: str


@dataclass(frozen=True, slots=True)
class ThemeSection:
    """One theme.

    `chart` is None without a dated paper; `representative` and `upvoted` are empty when `newest` holds all.
    `basis` is ``found`` or ``checked``, of the shares of its periods, whose `band` is in words, and
    `known_basis` of the share of all papers. `known` says how sure its count is, in a sentence that `command`
    follows where there is one, and `known_clause` in a few words.
    """

    theme_id: str
    slug: str
    name: str
    description: str
    n_papers: int
    color: str
    verdict: str
    icon: str
    is_fragile: bool
    number: str
    basis: str
    known_basis: str
    band: str
    known: str
    known_clause: str
    command: str
    warning: str
    surety: Surety | None
    sentence: str
    facts: tuple[Fact, ...]
    numbers: tuple[Exact, ...]
    marks: tuple[str, ...]
    chart: Chart | None
    newest_title: str
    newest: tuple[ThemePaper, ...]
    representative: tuple[ThemePaper, ...]
    upvoted: tuple[ThemePaper, ...]
    misses: tuple[NearMiss, ...]
    shift: Shift | None
    topics: tuple[TopicOfTheme, ...]

    @property
    def n_shown(self) -> int:
        """Different papers that the section lists."""
        return len({one.line.paper_id for one in (*self.newest, *self.representative, *self.upvoted)})


@dataclass(frozen=True)
class Places:
    """Names and addresses on the page of themes and topics, by id."""

    theme_slugs: Mapping[str, str]
    theme_names: Mapping[str, str]
    theme_colors: Mapping[str, str]
    topic_slugs: Mapping[str, str]
    topic_names: Mapping[str, str]

    def href(self, kind: str, series_id: str) -> str:
        """Where a series stands on the page, empty for one that this run does not have."""
        slugs = self.topic_slugs if kind == "topic" else self.theme_slugs
        return f"#{kind}-{slugs[series_id]}" if series_id in slugs else ""

    def name(self, kind: str, series_id: str) -> str:
        """Name of a series; its id where this run does not have it."""
        names = self.topic_names if kind == "topic" else self.theme_names
        return names.get(series_id) or clip(series_id.removeprefix(GONE), 40)


def make_theme_sections(
    tables: RunTables,
    series: Mapping[tuple[str, str], Series],
    marks: Mapping[tuple[str, str], Marks],
    charts: Mapping[str, Chart],
    places: Places,
    qualities: Mapping[str, Quality],
) -> tuple[ThemeSection, ...]:
    """Section of each theme, in the order of the table `themes`.

    Parameters
    ----------
    tables : RunTables
    series : mapping of (kind, series_id) to Series
    marks : mapping of (kind, series_id) to Marks
        Without the series that have none.
    charts : mapping of str to Chart
        See `reports.charts.run_charts.plot_charts`.
    places : Places
    qualities : mapping of theme id to Quality
    """
    papers = papers_by_id(tables.papers)
    assigned = dict(iter(tables.theme_assignments.groupby("theme_id", sort=False)))
    none = tables.theme_assignments.iloc[:0]
    votes = upvotes_of_the_day(tables.papers)
    misses = make_near_misses(tables)
    sections = []
    for row in tables.themes.to_dict("records"):
        theme_id = row["theme_id"]
        quality = qualities[theme_id]
        rows = assigned.get(theme_id, none)
        rows = rows[is_among(rows["paper_id"], papers.index)]
        one, marked = series["theme", theme_id], marks.get(("theme", theme_id), NO_MARKS)
        found = papers.loc[rows["paper_id"]]
        newest, representative, upvoted = papers_of_theme(
            found, rows, votes, (places.theme_names, places.topic_names)
        )
        whole = len(newest) == len(found)
        nothing = f"None of {plural(len(papers), 'paper')} fits this theme."
        sections.append(
            ThemeSection(
                theme_id=theme_id,
                slug=places.theme_slugs[theme_id],
                name=places.theme_names[theme_id],
                description=clip(row["description"], 600),
                n_papers=int(row["n_papers"]),
                color=places.theme_colors[theme_id],
                verdict=one.verdict.word,
                icon=ICONS[one.verdict.word],
                is_fragile=one.verdict.is_fragile,
                number=percent(one.share_now) if one.latest else plural(len(found), "paper"),
                basis=one.basis,
                known_basis=quality.word,
                band=BANDS[one.basis],
                known=known_sentence(quality),
                known_clause=known_clause(quality),
                command="" if quality.is_checked else COMMAND,
                warning=count_warning(quality),
                surety=make_surety(quality),
                sentence=verdict_sentence(one) if len(found) else nothing,
                facts=make_facts(one, marked, rows, found),
                numbers=(*make_numbers(one), *marks_numbers(marked)) if len(found) else (),
                misses=misses.get(theme_id, ()),
                marks=marks_told(marked),
                chart=charts.get(f"theme-{places.theme_slugs[theme_id]}"),
                newest_title="All its papers" if whole else "Newest papers",
                newest=newest,
                representative=() if whole else representative,
                upvoted=() if whole else upvoted,
                shift=make_shift(tables.theme_terms, theme_id) if len(found) else None,
                topics=_topics(found, places),
            )
        )
    return tuple(sections)


def _topics(found: pd.DataFrame, places: Places) -> tuple[TopicOfTheme, ...]:
    """Topics of the theme's papers, the most frequent first."""
    sizes = found.loc[found["topic_id"] != UNCLUSTERED, "topic_id"].value_counts()
    ordered = sorted(sizes.items(), key=lambda item: (-item[1], str(item[0])))
    return tuple(
        TopicOfTheme(places.topic_names[topic_id], f"#topic-{places.topic_slugs[topic_id]}", count(int(size)))
        for topic_id, size in ordered[:_MOST_TOPICS]
        if topic_id in places.topic_names
    )
