"""The themes of the page: chart, verdict, facts, papers and topics of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from analytics.tables import UNCLUSTERED, is_among
from reports.charts.run_charts import Chart
from reports.sections.evidence import Evidence, make_evidence
from reports.sections.near_misses import NearMiss, make_near_misses
from reports.sections.theme_facts import Fact, make_facts, marks_in_words, marks_numbers
from reports.sections.theme_papers import ThemePaper, papers_of_theme
from reports.sections.theme_term_shifts import Shift, make_shift
from reports.values.claims import verdict_sentence
from reports.values.count_certainty import CountCertainty, make_count_certainty
from reports.values.count_sentences import BANDS, COMMAND, count_warning, known_clause, known_sentence
from reports.values.exact_numbers import Exact, make_numbers
from reports.values.formatting import clip, count, percent, plural
from reports.values.paper_lines import papers_by_id
from reports.values.upvotes import upvotes_of_the_day
from reports.values.verdict_sentences import ICONS
from reports.view import Places, RunView

__all__ = ["ThemePaper", "ThemeSection", "TopicOfTheme", "make_theme_sections"]

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
    certainty: CountCertainty | None
    sentence: str
    facts: tuple[Fact, ...]
    numbers: tuple[Exact, ...]
    marks: tuple[str, ...]
    chart: Chart | None
    evidence: Evidence | None
    newest_title: str
    newest: tuple[ThemePaper, ...]
    representative: tuple[ThemePaper, ...]
    upvoted: tuple[ThemePaper, ...]
    misses: tuple[NearMiss, ...]
    shift: Shift | None
    topics: tuple[TopicOfTheme, ...]

    @property
    def lists(self) -> str:
        """Names of the lists of papers that the section has, as the heading of what unfolds."""
        named = {
            self.newest_title: self.newest,
            "most representative": self.representative,
            "most upvoted": self.upvoted,
            "likeliest misses": self.misses,
        }
        text = ", ".join(name for name, papers in named.items() if papers)
        return text[:1].upper() + text[1:]

    @property
    def n_shown(self) -> int:
        """Different papers that the section lists."""
        return len({one.line.paper_id for one in (*self.newest, *self.representative, *self.upvoted)})


def make_theme_sections(view: RunView, charts: Mapping[str, Chart]) -> tuple[ThemeSection, ...]:
    """Section of each theme, in the order of the table `themes`."""
    tables, places = view.tables, view.places
    papers = papers_by_id(tables.papers)
    assigned = dict(iter(tables.theme_assignments.groupby("theme_id", sort=False)))
    none = tables.theme_assignments.iloc[:0]
    votes = upvotes_of_the_day(tables.papers)
    misses = make_near_misses(tables)
    sections = []
    for row in tables.themes.to_dict("records"):
        theme_id = row["theme_id"]
        quality = view.qualities[theme_id]
        rows = assigned.get(theme_id, none)
        rows = rows[is_among(rows["paper_id"], papers.index)]
        one, marked = view.theme(theme_id)
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
                certainty=make_count_certainty(quality),
                sentence=verdict_sentence(one) if len(found) else nothing,
                facts=make_facts(one, marked, rows, found),
                numbers=(*make_numbers(one), *marks_numbers(marked)) if len(found) else (),
                misses=misses.get(theme_id, ()),
                marks=marks_in_words(marked),
                chart=charts.get(f"theme-{places.theme_slugs[theme_id]}"),
                evidence=make_evidence(view, ("theme", theme_id)),
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
