"""Analyze: the corpus of a day into the tables of a run, staged for `publish`."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Literal, cast
from uuid import UUID

import pandas as pd
from prefect import flow, task
from prefect.artifacts import create_progress_artifact, update_progress_artifact
from prefect.cache_policies import NO_CACHE
from threadpoolctl import threadpool_limits

from analytics.labels.checked_series import CheckedSeries
from analytics.labels.learned_themes import LearnedTheme, checked_series
from analytics.parts import Ahead, postponed
from analytics.tables import validate_table
from analytics.theme_terms import changed_terms, compared_texts
from flows import comparison, outlook, steps, topics
from flows.beside import WORTH_A_PROCESS, process_beside
from flows.clock import now, today
from flows.manifest import definitions_hash, fingerprint_of, make_manifest, run_entry
from flows.memory import give_memory_back
from flows.outcomes import finished
from flows.progress import listening
from flows.run_names import name_of_run
from flows.runs import list_runs, make_run_id
from flows.settings import Settings, load_settings
from flows.spreading import spread
from flows.staging import stage_run
from flows.themes_file import read_themes
from flows.topics import find_positions
from flows.turns import taking_turn
from reports.charts import plot_charts, without_papers
from reports.wording import plural

__all__ = ["analyze"]

_LONG_ENCODING = 1000
"""Abstracts whose encoding is worth showing: a student takes a second for them, MiniLM half a minute."""
_LONG_STAGE_S = 1.0
"""Seconds from which a stage may have freed memory that is worth the time to give it back."""

# Big tables and arrays are passed in memory: nothing of them is hashed, stored or sent.
read_day = task(name="read corpus", cache_policy=NO_CACHE, persist_result=False)(steps.read_day)
encode_corpus = task(name="encode", cache_policy=NO_CACHE, persist_result=False)(steps.encode_corpus)
find_themes = task(name="themes", cache_policy=NO_CACHE, persist_result=False)(steps.find_themes)
find_topics = task(name="topics", cache_policy=NO_CACHE, persist_result=False)(topics.find_topics)
follow_trends = task(name="trends", cache_policy=NO_CACHE, persist_result=False)(steps.follow_trends)
look_ahead = task(name="outlook", cache_policy=NO_CACHE, persist_result=False)(outlook.look_ahead)
compare_with_previous = task(name="changes", cache_policy=NO_CACHE, persist_result=False)(
    comparison.compare_with_previous
)
keep_record = task(name="record", cache_policy=NO_CACHE, persist_result=False)(comparison.keep_record)
stage_tables = task(name="stage tables", cache_policy=NO_CACHE, persist_result=False)(stage_run)


def _run_name() -> str:
    return name_of_run("analyze")


# Prefect shows the descriptions of parameters in its form where they stand in this style.
@flow(name="analyze", flow_run_name=_run_name)
def analyze(  # noqa: PLR0913 - the form that Prefect shows
    workspace: str = "data/workspace",
    as_of: date | None = None,
    themes: str | None = None,
    vectorizer: str | None = None,
    refit: bool = False,
    command: str = "",
    runner: Literal["local", "dask"] | None = None,
    dask_address: str | None = None,
) -> str:
    """Analyze the store of a workspace and stage the tables of a new run.

    Args:
        workspace: Folder of the store.
        as_of: The day to pretend to be; today by default.
        themes: File of the themes; that of the settings by default.
        vectorizer: How abstracts become vectors: auto, minilm, minilm-128, minilm-256, student, lexical,
            sentence-transformers:NAME-OR-FOLDER or openai:MODEL; as the settings say by default.
        refit: Look for topics anew, whatever the rules say.
        command: The command line that makes this run again, for the report.
        runner: Where work in parts is done; as the settings say by default.
        dask_address: Scheduler of a Dask cluster; that of the settings by default.

    Returns
    -------
        The run id, for `flows.publish.publish`.
    """
    settings = load_settings(
        {
            "workspace": workspace,
            "as_of": as_of,
            "themes": themes,
            "vectorizer": vectorizer,
            "runner": runner,
            "dask_address": dask_address,
        }
    )
    with taking_turn(settings.workspace):
        run_id, n_papers = _analyze(settings, refit, command)
    return finished(run_id, f"{plural(n_papers, 'paper')} analyzed, run {run_id}")


def _analyze(settings: Settings, refit: bool, command: str) -> tuple[str, int]:
    """Stage a run, and say its id and its number of papers."""
    folder, day, started_at, clock = settings.workspace, settings.as_of or today(), now(), _Stopwatch()
    declared = read_themes(settings.themes_file)
    with clock.stage("read"):
        corpus = read_day(folder, day)
    with _beside(folder, len(corpus.papers)) as ahead:
        with spread(settings.runner, settings.dask_address) as each:
            with clock.stage("encode"), _progress_artifact():
                encoded = encode_corpus(
                    folder, day, corpus.papers, declared, settings, refit=refit, each=each
                )
            with clock.stage("themes"):
                in_themes = find_themes(corpus, declared, encoded, settings.theme_probability)
                compared = compared_texts(corpus.papers, in_themes.assignments)
                terms = ahead(partial(changed_terms, compared, q=settings.false_discovery_rate))
            with clock.stage("topics"):
                found = find_topics(folder, day, corpus.papers, encoded, settings, refit=refit, each=each)
                positions = find_positions(encoded, found.topics)
        # One thread of linear algebra, as before: the matrices are small, and sums keep their order.
        with clock.stage("trends"), threadpool_limits(1):
            in_topics = steps.Grouped(found.topics.assignments, found.topics.topics)
            check = partial(_checked, in_themes.learned, corpus.papers["published"])
            trends = follow_trends(day, corpus, in_themes, in_topics, settings, check=check, ahead=ahead)
        with clock.stage("outlook"), threadpool_limits(1):
            forecast = look_ahead(trends.corpus, trends.checked)
        further = {
            "positions": positions,
            "labels": corpus.labels,
            "near_misses": in_themes.near_misses,
            "theme_quality": in_themes.quality,
        }
        tables = steps.assemble_tables(corpus.papers, in_themes, found.topics, trends, forecast, further)
        definitions = definitions_hash(declared, settings, encoded.vectorizer_id)
        fingerprint = fingerprint_of(corpus, day, definitions, settings, found.fit_id)
        with clock.stage("changes"):
            changes, since = compare_with_previous(folder, tables, fingerprint, definitions, day)
        with clock.stage("record"):
            scored, judged, record = keep_record(folder, tables, definitions, day)
        with clock.stage("theme terms"):
            told = validate_table("theme_terms", terms())
        with clock.stage("jumps"), threadpool_limits(1):
            bursts, jumps = trends.jumps()
        manifest = {
            **make_manifest(corpus, tables, encoded, found, trends.corpus, settings),
            **run_entry(started_at, clock.seconds),
            "as_of": day,
            "definitions": definitions,
            "fingerprint": fingerprint,
            "against": since and since["run_id"],
            "since": since,
            "forecasts": forecast.chosen,
            "record": record,
            "command": command,
        }
        run_id = make_run_id(started_at, corpus.corpus_hash, taken=list_runs(folder))
        whole = replace(
            tables,
            theme_terms=told,
            bursts=bursts,
            change_points=jumps,
            changes=changes,
            scored_forecasts=scored,
            scored_claims=judged,
        )
        # Drawn while the tables are written.
        charts = ahead(partial(plot_charts, without_papers(whole), manifest))
        stage_tables(folder, run_id, whole, manifest, charts)
    return run_id, len(corpus.papers)


def _checked(
    learned: Sequence[LearnedTheme], published: pd.Series, shares: pd.DataFrame
) -> dict[str, CheckedSeries]:
    """Shares of the themes with enough answers, in the periods of the shares found."""
    return checked_series(learned, published, shares)


def _beside(workspace: Path, n_papers: int) -> AbstractContextManager[Ahead]:
    """How work that is needed later is begun: in a process of its own, where it is worth one.

    A first run takes minutes anyway, and most memory; a later one takes seconds.
    """
    if n_papers < WORTH_A_PROCESS or not (workspace / "latest").exists():
        return nullcontext(postponed)
    return process_beside("analytics.theme_terms", "analytics.trends.jumps", "reports.figures")


class _Stopwatch:
    """Seconds of each stage, in the order of the stages."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        if time.perf_counter() - start > _LONG_STAGE_S:
            give_memory_back()
        self.seconds[name] = time.perf_counter() - start


@contextmanager
def _progress_artifact() -> Iterator[None]:
    """Show the progress of a long encoding as a Prefect artifact, by steps of 5 %."""
    artifact: UUID | None = None
    shown = 0.0

    def show(stage: str, done: int, total: int) -> None:
        nonlocal artifact, shown
        percent = 100.0 * done / total if total else 100.0
        if stage != "encode" or total < _LONG_ENCODING:
            return
        if artifact is not None and percent < 100 and percent - shown < 5:
            return
        shown = percent
        if artifact is None:
            text = f"{total} new abstracts"
            artifact = cast("UUID", create_progress_artifact(percent, key="encoding", description=text))
        else:
            update_progress_artifact(artifact, percent)

    with listening(show):
        yield
