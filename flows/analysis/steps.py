"""The steps of an analysis, from tables and arrays to tables and arrays.

This module does not depend on Prefect; `flows.analysis.run_analysis` combines the steps.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from analytics.exceptions import InputError
from analytics.labels.checked_series import CheckedSeries, with_checked
from analytics.labels.learned_themes import LearnedTheme, learn_themes
from analytics.labels.quality import theme_quality
from analytics.papers import PaperTexts
from analytics.parallel import Ahead, Each, blocks_of, postponed
from analytics.tables import TABLE_COLUMNS, UNCLUSTERED, RunTables, empty_table, validate_table
from analytics.themes import (
    MEMBER,
    Theme,
    ThemeScores,
    assign_themes,
    is_title_only,
    near_misses,
    score_themes,
    theme_definition,
    theme_table,
)
from analytics.topics.identity import TopicEvent
from analytics.topics.topic_model import TopicFit
from analytics.trends.group_shares import default_groupings, papers_in_groups
from analytics.trends.group_trends import find_group_tests
from analytics.trends.jumps import find_jumps
from analytics.trends.shares import CorpusTrends, corpus_trends
from analytics.trends.smooth_shares import with_smooth
from analytics.trends.unassigned import mark_fragile, unassigned_papers, undated_papers
from analytics.trends.verdicts import find_trends
from analytics.vectors.background import background_for
from flows.analysis.encoding import encode_texts
from flows.analysis.followed_series import followed_series, series_membership
from flows.analysis.forecasting import ForecastTables
from flows.analysis.vectorizers import phrase_reader, ready_vectorizer
from flows.config.settings import Settings
from flows.sources.unread import late_sentence, unread_in_store
from flows.store import Store
from flows.store.joins import LeastCertain

__all__ = [
    "DayCorpus",
    "Encoded",
    "FoundThemes",
    "Grouped",
    "Trends",
    "assemble_tables",
    "encode_corpus",
    "find_themes",
    "follow_trends",
    "membership_of",
    "read_day",
]

_JOINS_SHOWN = 10
_PAPERS_OF_EVENT = 20
_WHITENED_AT_ONCE = 16_384
"""Papers; in double precision a large corpus would not fit."""
_THREADS = 1
"""Threads of linear algebra: more change the order of sums, and a different last digit gives other topics."""


@dataclass(frozen=True)
class DayCorpus:
    """The corpus of a workspace on a day; see `flows.store.Store` for the tables."""

    papers: pd.DataFrame
    looks: pd.DataFrame
    sources: pd.DataFrame
    rejects: pd.DataFrame
    labels: pd.DataFrame
    n_later: int
    n_future: int
    corpus_hash: str
    warnings: tuple[str, ...] = ()
    doubtful_joins: tuple[LeastCertain, ...] = ()


@dataclass(frozen=True)
class Encoded:
    """Vectors of the papers, shape (n, d), and of each theme's texts, (m, d), with the vectorizer."""

    vectorizer_id: str
    papers: NDArray[np.float32]
    phrases: tuple[NDArray[np.float32], ...]
    n_encoded: int
    why: str = ""


@dataclass(frozen=True)
class Grouped:
    """Papers in themes or topics: the memberships, and one row per group.

    A `TopicFit` would do, but Prefect looks at every paper of its events before a task takes it.
    """

    assignments: pd.DataFrame
    groups: pd.DataFrame


@dataclass(frozen=True)
class FoundThemes(Grouped):
    """Papers in themes, likeliest misses and quality by labels, each a run table; answers per theme."""

    near_misses: pd.DataFrame
    quality: pd.DataFrame
    learned: tuple[LearnedTheme, ...] = ()


@dataclass(frozen=True)
class Trends:
    """Series of a corpus with their verdicts, each a table of the run.

    `checked` holds the series of themes that labels correct. `jumps` gives two of the tables, bursts and
    change points, once they are there.
    """

    corpus: CorpusTrends
    checked: Mapping[str, CheckedSeries]
    verdicts: pd.DataFrame
    unassigned: pd.DataFrame
    groups: pd.DataFrame
    jumps: Callable[[], tuple[pd.DataFrame, pd.DataFrame]]


def read_day(workspace: Path, day: date) -> DayCorpus:
    """Read what the store of a workspace knew on a day.

    Raises
    ------
    InputError
        When it knew no paper.
    """
    with Store.open(workspace) as store:
        corpus = store.read_corpus(day)
        if corpus.papers.empty:
            later = f"; {corpus.n_later} papers were published or first seen later" if corpus.n_later else ""
            raise InputError(
                f"the workspace {workspace} has no paper as of {day}{later}; "
                "ingest a source first (papertrends ingest SOURCE), or give a later --as-of"
            )
        sources, rejects = store.sources_summary(day), store.read_rejects(day)
        late = late_sentence(*store.late_papers(day), day)
        return DayCorpus(
            papers=corpus.papers,
            looks=store.feed_looks(day),
            sources=sources,
            rejects=rejects,
            labels=store.read_labels(day),
            n_later=corpus.n_later,
            n_future=corpus.n_future,
            corpus_hash=corpus.corpus_hash,
            warnings=tuple([late] if late else []) + tuple(unread_in_store(sources, rejects)),
            doubtful_joins=tuple(store.least_certain_joins(day, _JOINS_SHOWN)),
        )


def encode_corpus(
    workspace: Path,
    day: date,
    papers: pd.DataFrame,
    themes: Sequence[Theme],
    settings: Settings,
    *,
    refit: bool = False,
    each: Each = map,
) -> Encoded:
    """Vectors of papers and themes, from the store where it has them; others are made by `each`.

    With `refit` a workspace leaves vectors of an earlier version of MiniLM, see `ready_vectorizer`.
    """
    # As arrays: they give one text at a time, and a list of all is not needed.
    texts = PaperTexts(papers["title"].array, papers["abstract"].array, papers["content_hash"].tolist())
    theme_texts = [text for theme in themes for text in theme.texts]
    with Store.open(workspace) as store:
        vectorizer, why = ready_vectorizer(store, day, texts, settings, refit=refit, each=each)
        reader = phrase_reader(store, vectorizer)
        if getattr(vectorizer, "is_remote", False):  # a service is asked from here, workers get no key
            each = map
        with threadpool_limits(_THREADS) if vectorizer.needs_corpus else nullcontext():
            vectors, n_encoded = encode_texts(store, vectorizer, texts, each=each)
        phrases, n_phrases = encode_texts(store, reader, theme_texts, each=each)
    stops = np.cumsum([len(theme.texts) for theme in themes])
    split = tuple(np.split(phrases, stops[:-1])) if themes else ()
    return Encoded(vectorizer.id, vectors, split, n_encoded + n_phrases, why)


def membership_of(
    corpus: DayCorpus, themes: Sequence[Theme], encoded: Encoded
) -> tuple[ThemeScores, tuple[LearnedTheme, ...]]:
    """Probabilities of all papers for all themes after the labels of the day, for a run and for a draw."""
    with threadpool_limits(_THREADS):
        background = background_for(encoded.vectorizer_id, encoded.papers)
        scored = score_themes(corpus.papers, themes, encoded.papers, encoded.phrases, background)
        whitened = encoded.papers
        if len(corpus.labels):
            titled = is_title_only(corpus.papers["abstract"].array)
            whitened = np.empty(encoded.papers.shape, dtype=np.float32)
            for rows in blocks_of(len(whitened), _WHITENED_AT_ONCE):
                whitened[rows] = background.whiten(encoded.papers[rows], titled[rows])
        return learn_themes(corpus.papers["paper_id"].tolist(), themes, scored, whitened, corpus.labels)


def find_themes(
    corpus: DayCorpus, themes: Sequence[Theme], encoded: Encoded, least: float = MEMBER
) -> FoundThemes:
    """Assign papers to themes, and evaluate the assignment by labels."""
    scored, learned = membership_of(corpus, themes, encoded)
    paper_ids, published = corpus.papers["paper_id"].tolist(), corpus.papers["published"]
    assignments = assign_themes(paper_ids, themes, scored, least=least)
    misses = near_misses(paper_ids, themes, scored, least=least)
    definitions = {theme.theme_id: theme_definition(theme) for theme in themes}
    return FoundThemes(
        assignments=assignments,
        groups=theme_table(themes, assignments),
        # Probability 0 is an answer, no: nobody should be asked again whether the theme misses the paper.
        near_misses=misses[misses["probability"] > 0].reset_index(drop=True),
        quality=theme_quality(paper_ids, published, learned, corpus.labels, definitions, least=least),
        learned=learned,
    )


def _unchecked(_: pd.DataFrame) -> dict[str, CheckedSeries]:
    """No theme has labels."""
    return {}


def follow_trends(
    day: date,
    corpus: DayCorpus,
    themes: Grouped,
    topics: Grouped,
    settings: Settings,
    *,
    check: Callable[[pd.DataFrame], Mapping[str, CheckedSeries]] = _unchecked,
    ahead: Ahead = postponed,
) -> Trends:
    """Series and verdicts of every theme and topic; `ahead` runs the search for jumps in the background.

    `check` gives the series of themes that labels correct, by theme id. It is a function of the shares
    per period, because the periods are known only here.
    """
    clustered = topics.assignments[topics.assignments["topic_id"] != UNCLUSTERED]
    membership = series_membership(themes.assignments, topics.assignments)
    series = followed_series(themes.groups, topics.groups)
    # No work appeared on these dates, so the papers are in no period.
    beyond_belief = corpus.papers["date_fault"].eq("before_1900").fillna(False)
    papers = corpus.papers.assign(published=corpus.papers["published"].where(~beyond_belief.astype(bool)))
    found = corpus_trends(papers, membership, series, looks=corpus.looks, as_of=day)
    q = settings.false_discovery_rate
    checked, corrections = check(found.trends), check(found.tested)
    tested = with_checked(found.tested, corrections)
    by = settings.by if settings.by is not None else default_groupings(papers)
    groups = find_group_tests(
        papers,
        papers_in_groups(papers, by),
        themes.assignments,
        found,
        q=q,
        steady_within=settings.steady_within,
    )
    how: dict[str, Any] = {
        "q": q,
        "steady_within": settings.steady_within,
        "corrections": corrections,
        "others": groups.p_values,
    }
    claims = find_trends(tested, **how)
    drawn = with_smooth(with_checked(found.trends, checked), claims.curves)
    found = replace(found, trends=drawn, tested=tested)
    jumps = ahead(partial(find_jumps, found.trends, q=q, random_state=settings.random_state))
    topic_of = clustered.set_index("paper_id")["topic_id"]
    loose = unassigned_papers(papers.assign(topic_id=papers["paper_id"].map(topic_of)), found.trends)
    loose_of_tests = unassigned_papers(papers.assign(topic_id=papers["paper_id"].map(topic_of)), tested)
    undated = undated_papers(papers, membership)
    verdicts = mark_fragile(claims.verdicts, tested, loose_of_tests, undated, **how)
    judged = groups.judged(claims.verdicts)
    return Trends(
        corpus=found, checked=checked, verdicts=verdicts, unassigned=loose, groups=judged, jumps=jumps
    )


def assemble_tables(
    papers: pd.DataFrame,
    themes: Grouped,
    topics: TopicFit,
    trends: Trends,
    forecast_tables: ForecastTables,
    further: Mapping[str, pd.DataFrame],
) -> RunTables:
    """Tables of a run with the defined columns; those of jumps and of earlier runs are still empty.

    `further` are tables of the run that nothing else here is made of, by name.
    """
    primary = themes.assignments.loc[themes.assignments["is_primary"]].set_index("paper_id")["theme_id"]
    topic_of = topics.assignments.set_index("paper_id")["topic_id"]
    labelled = papers.assign(
        primary_theme=papers["paper_id"].map(primary), topic_id=papers["paper_id"].map(topic_of)
    )
    tables = {
        "papers": labelled,
        "theme_assignments": themes.assignments,
        "topic_assignments": topics.assignments,
        "themes": themes.groups,
        "topics": topics.topics,
        "topic_events": _event_table(topics.events),
        "trends": trends.corpus.trends,
        "verdicts": trends.verdicts,
        "unassigned": trends.unassigned,
        "groups": trends.groups,
        "forecasts": forecast_tables.forecasts,
        "backtests": forecast_tables.backtests,
        "emerging": forecast_tables.emerging,
        "emerging_scores": forecast_tables.emerging_scores,
        **further,
    }
    return RunTables(
        **{
            name: validate_table(name, tables[name]) if name in tables else empty_table(name)
            for name in TABLE_COLUMNS
        }
    )


def _event_table(events: Sequence[TopicEvent]) -> pd.DataFrame:
    rows = [
        (one.event, one.topic_id, one.other_id, len(one.papers), list(one.papers[:_PAPERS_OF_EVENT]))
        for one in events
    ]
    return pd.DataFrame(rows, columns=list(TABLE_COLUMNS["topic_events"]))
