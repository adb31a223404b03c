"""The steps of an analysis in order: from the corpus of a day to the tables and the manifest of a run.

This module does not depend on Prefect: `flows.pipeline` runs the steps as tasks; notebooks and tests call
them directly.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, ParamSpec, Protocol, TypeVar

import pandas as pd
from threadpoolctl import threadpool_limits

from analytics.labels.learned_themes import checked_series
from analytics.parallel import Ahead, Each, postponed
from analytics.tables import RunTables, validate_table
from analytics.themes import Theme
from analytics.themes.theme_terms import changed_terms, compared_texts
from analytics.topics.topic_edits import TopicEdit
from analytics.watch import find_watched
from flows.analysis import comparison, forecasting, steps, topics
from flows.analysis.manifest import definitions_hash, fingerprint_of, make_manifest, run_entry
from flows.analysis.run_warnings import settings_warnings
from flows.analysis.topic_edits import EditedTopics, edit_topics
from flows.analysis.topic_naming import NO_NAMES, NamedTopics, name_topics
from flows.clock import now, today
from flows.config.settings import Settings
from flows.config.themes_file import read_themes
from flows.config.topics_file import read_topic_edits
from flows.runs import canonical_json, list_runs, make_run_id
from flows.workers.background_process import WORTH_A_PROCESS, worker_process
from flows.workers.memory import give_memory_back
from reports.charts.run_charts import Chart, plot_charts, without_papers
from reports.sections.people_edits import without_hidden
from reports.view import RunView

__all__ = ["Analysis", "AnalysisInputs", "RunStep", "analysis_inputs", "call_step", "run_analysis"]

P = ParamSpec("P")
Result = TypeVar("Result")

_LOGGER = logging.getLogger(__name__)
_LONG_STAGE_S = 1.0
"""Seconds from which a stage may have freed memory that is worth the time to give it back."""


class RunStep(Protocol):
    """How a step runs: `call_step` calls it, a flow makes a task of it."""

    def __call__(
        self, name: str, step: Callable[P, Result], /, *args: P.args, **keywords: P.kwargs
    ) -> Result:
        """Run `step` with the arguments, under a name for people."""
        ...


def call_step(_: str, step: Callable[P, Result], /, *args: P.args, **keywords: P.kwargs) -> Result:
    """Call the step."""
    return step(*args, **keywords)


@dataclass(frozen=True)
class AnalysisInputs:
    """Inputs of an analysis, apart from the store.

    `day` is the day that it pretends to be; `command` makes the run again and is in the report; `topic_edits`
    are people's own order of topics, by topic id.
    """

    settings: Settings
    day: date
    themes: tuple[Theme, ...]
    refit: bool = False
    command: str = ""
    topic_edits: Mapping[str, TopicEdit] = field(default_factory=dict)


@dataclass(frozen=True)
class Analysis:
    """Tables and manifest (plain values) of a run that is not written yet.

    `charts` gives the charts, see `plot_charts`; another process may be drawing them.
    """

    run_id: str
    tables: RunTables
    manifest: dict[str, Any]
    charts: Callable[[], dict[str, Chart]]


def analysis_inputs(settings: Settings, *, refit: bool = False, command: str = "") -> AnalysisInputs:
    """Inputs from the settings: day (default today), themes and topic edits.

    Raises
    ------
    InputError
        When the file of the themes, or that of the topics, cannot be used.
    """
    day = settings.as_of or today()
    themes, edits = tuple(read_themes(settings.themes_file)), read_topic_edits(settings.workspace)
    return AnalysisInputs(settings, day, themes, refit, command, edits)


def run_analysis(
    inputs: AnalysisInputs,
    *,
    run_step: RunStep = call_step,
    parallel_runner: Callable[[], AbstractContextManager[Each]] = lambda: nullcontext(map),
) -> Analysis:
    """Analyze the store of a workspace.

    New vectors, a new fit of topics and the record of claims are kept in the workspace; the run folder is
    written by `flows.publication.publish`.

    `parallel_runner` gives the `map` of a block, which works in parts: here, or on a cluster.

    Raises
    ------
    InputError
        When the store holds no paper on the day.
    """
    folder, started_at, stages = inputs.settings.workspace, now(), _Stages(run_step)
    corpus = stages("read", steps.read_day, folder, inputs.day)
    with _in_background(folder, len(corpus.papers)) as ahead:
        with parallel_runner() as each:
            grouped = _group_papers(inputs, corpus, stages, ahead, each)
        trends, forecast = _follow_series(inputs, corpus, grouped, stages, ahead)
        tables, history = _compare(inputs, corpus, grouped, (trends, forecast), stages)
        run_id = make_run_id(started_at, corpus.corpus_hash, taken=list_runs(folder))
        made = make_manifest(corpus, tables, grouped.encoded, grouped.topics, trends.corpus, inputs.settings)
        notes = [
            *settings_warnings(inputs.settings, corpus.papers), *grouped.named.notes, *grouped.edited.notes
        ]  # fmt: skip
        manifest = {
            **made,
            "topics": {**made["topics"], **grouped.named.facts, "edits": grouped.edited.facts},
            "warnings": [*made["warnings"], *notes],
            **run_entry(started_at, stages.seconds),
            **history,
            "run_id": run_id,
            "as_of": inputs.day,
            "forecasts": forecast.chosen,
            "command": inputs.command,
        }
        plain: dict[str, Any] = json.loads(canonical_json(manifest))
        # Drawn while the tables are written.
        charts = ahead(partial(plot_charts, without_hidden(RunView(without_papers(tables), plain))))
    return Analysis(run_id, tables, plain, charts)


@dataclass(frozen=True)
class _Groups:
    """Papers in themes and topics; `terms` gives the terms of themes that changed, once they are there."""

    encoded: steps.Encoded
    themes: steps.FoundThemes
    named: NamedTopics
    edited: EditedTopics
    positions: pd.DataFrame
    terms: Callable[[], pd.DataFrame]

    @property
    def topics(self) -> topics.FoundTopics:
        """Topics as people ordered them."""
        return self.edited.found


def _group_papers(
    inputs: AnalysisInputs, corpus: steps.DayCorpus, stages: _Stages, ahead: Ahead, each: Each
) -> _Groups:
    settings, day, folder = inputs.settings, inputs.day, inputs.settings.workspace
    encoded = stages(
        "encode",
        steps.encode_corpus,
        *(folder, day, corpus.papers, inputs.themes, settings),
        refit=inputs.refit,
        each=each,
    )
    themes = stages("themes", steps.find_themes, corpus, inputs.themes, encoded, settings.theme_probability)
    compared = compared_texts(corpus.papers, themes.assignments)
    terms = ahead(partial(changed_terms, compared, q=settings.false_discovery_rate))
    found = stages(
        "topics",
        topics.find_topics,
        *(folder, day, corpus.papers, encoded, settings),
        refit=inputs.refit,
        each=each,
    )
    edits, named = inputs.topic_edits, NO_NAMES
    if settings.label_model is not None:
        fit = steps.Grouped(found.topics.state.members, found.topics.topics)
        asked = (folder, day, corpus.papers, encoded, fit, settings, edits)
        named = stages("topic names", name_topics, *asked)
    edited = edit_topics(folder, day, found, encoded, edits, named.names)
    # Merged topics keep their places on the map, where their papers are.
    return _Groups(encoded, themes, named, edited, topics.find_positions(encoded, found.topics), terms)


def _follow_series(
    inputs: AnalysisInputs, corpus: steps.DayCorpus, groups: _Groups, stages: _Stages, ahead: Ahead
) -> tuple[steps.Trends, forecasting.ForecastTables]:
    """Trends and forecasts; linear algebra uses one thread, so that results are reproducible."""
    in_topics = steps.Grouped(groups.topics.topics.assignments, groups.topics.topics.topics)
    check = partial(checked_series, groups.themes.learned, corpus.papers["published"])
    with threadpool_limits(1):
        trends = stages(
            "trends",
            steps.follow_trends,
            *(inputs.day, corpus, groups.themes, in_topics, inputs.settings),
            check=check,
            ahead=ahead,
        )
        return trends, stages("outlook", forecasting.forecast_series, trends.corpus, trends.checked)


def _compare(
    inputs: AnalysisInputs,
    corpus: steps.DayCorpus,
    groups: _Groups,
    followed: tuple[steps.Trends, forecasting.ForecastTables],
    stages: _Stages,
) -> tuple[RunTables, dict[str, Any]]:
    """Tables of the run with comparisons to earlier runs, and the manifest fields about them."""
    settings, day, folder = inputs.settings, inputs.day, inputs.settings.workspace
    trends, forecast = followed
    further = {
        "positions": groups.positions,
        "labels": corpus.labels,
        "near_misses": groups.themes.near_misses,
        "theme_quality": groups.themes.quality,
        "watched": find_watched(corpus.papers, groups.encoded.papers, settings.watch),
    }
    tables = steps.assemble_tables(
        corpus.papers, groups.themes, groups.topics.topics, trends, forecast, further
    )
    definitions = definitions_hash(inputs.themes, settings, groups.encoded.vectorizer_id)
    fit_id, edits, names = groups.topics.fit_id, inputs.topic_edits, groups.named.names
    fingerprint = fingerprint_of(corpus, day, definitions, settings, fit_id, edits, names)
    changes, since = stages(
        "changes", comparison.compare_with_previous, folder, tables, fingerprint, definitions, day
    )
    scored, judged, record = stages("record", comparison.keep_record, folder, tables, definitions, day)
    terms = stages("theme terms", groups.terms)
    with threadpool_limits(1):
        bursts, jumps = stages("jumps", trends.jumps)
    whole = replace(
        tables,
        theme_terms=validate_table("theme_terms", terms),
        bursts=bursts,
        change_points=jumps,
        changes=changes,
        scored_forecasts=scored,
        scored_claims=judged,
    )
    return whole, {
        "definitions": definitions,
        "fingerprint": fingerprint,
        "against": since and since["run_id"],
        "since": since,
        "record": record,
    }


def _in_background(workspace: Path, n_papers: int) -> AbstractContextManager[Ahead]:
    """Start work that is needed later, in a background process if that saves time.

    A first run takes minutes anyway, and most memory; a later one takes seconds.
    """
    if n_papers < WORTH_A_PROCESS or not (workspace / "latest").exists():
        return nullcontext(postponed)
    return worker_process(
        "analytics.themes.theme_terms", "analytics.trends.jumps", "reports.charts.series_figure"
    )


class _Stages:
    """Runs the stages of an analysis and records the seconds of each."""

    def __init__(self, run_step: RunStep) -> None:
        self.seconds: dict[str, float] = {}
        self._run_step = run_step

    def __call__(
        self, name: str, step: Callable[P, Result], /, *args: P.args, **keywords: P.kwargs
    ) -> Result:
        start = time.perf_counter()
        result = self._run_step(name, step, *args, **keywords)
        if time.perf_counter() - start > _LONG_STAGE_S:
            give_memory_back()
        self.seconds[name] = time.perf_counter() - start
        _LOGGER.info("%s: %.1f s", name, self.seconds[name])
        return result
