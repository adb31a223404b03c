"""papertrends as a library: open a run, read its papers and shares, draw a chart, analyze a table.

These names are kept stable; everything else is internal and may change between versions.

Examples
--------
>>> import papertrends
>>> run = papertrends.open_run("data/workspace/latest")  # doctest: +SKIP
>>> papertrends.share_series(run, "agents")[["period_start", "n_papers", "share"]]  # doctest: +SKIP
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import pandas as pd

    from reports.charts.run_charts import Chart
    from reports.view import RunView

__all__ = ["analyze_papers", "open_run", "papers_with_themes", "plot_share", "share_series"]


def open_run(folder: Path | str) -> RunView:
    """Open a run folder.

    Parameters
    ----------
    folder : Path or str
        Such as ``my-workspace/latest``, or a folder below ``my-workspace/runs``.

    Returns
    -------
    RunView
        ``run.tables`` holds every table as a DataFrame (``run.tables.papers``), ``run.manifest`` how they
        were made.

    Raises
    ------
    InputError
        When the folder is not a complete run.
    """
    from flows.runs import read_run
    from reports.view import RunView

    return RunView(*read_run(Path(folder).resolve()))


def papers_with_themes(run: RunView) -> pd.DataFrame:
    """One row per paper of a run: the table `papers`, then the names of its themes and of its topic.

    Parameters
    ----------
    run : RunView

    Returns
    -------
    DataFrame
        With ``themes`` (list of str, the primary one first; empty without any) and ``topic`` (str, missing
        for a paper in no topic).
    """
    tables = run.tables
    names = dict(zip(tables.themes["theme_id"], tables.themes["name"], strict=True))
    labels = dict(zip(tables.topics["topic_id"], tables.topics["label"], strict=True))
    rows = tables.theme_assignments.sort_values("is_primary", ascending=False, kind="stable")
    themes = rows["theme_id"].map(names).groupby(rows["paper_id"], sort=False).agg(list)
    found = tables.papers["paper_id"].map(themes)
    return tables.papers.assign(
        themes=[one if isinstance(one, list) else [] for one in found],
        topic=tables.papers["topic_id"].map(labels),
    )


def share_series(run: RunView, series_id: str, *, kind: Literal["theme", "topic"] = "theme") -> pd.DataFrame:
    """Share of the papers that a theme or topic has in each period of a run.

    Parameters
    ----------
    run : RunView
    series_id : str
        Such as ``agents``, or ``T0001`` for a topic.
    kind : {"theme", "topic"}

    Returns
    -------
    DataFrame
        The rows of the table `trends`, in order of time; ``share`` lies between 0 and 1.

    Raises
    ------
    InputError
        When the run has no such series.
    """
    _check_series(run, kind, series_id)
    trends = run.tables.trends
    rows = trends[(trends["kind"] == kind) & (trends["series_id"] == series_id)]
    return rows.sort_values("period_start").reset_index(drop=True)


def plot_share(run: RunView, series_id: str, *, kind: Literal["theme", "topic"] = "theme") -> Chart:
    """Draw the chart of a theme or topic as it is in the report.

    Parameters
    ----------
    run : RunView
    series_id : str
        Such as ``agents``, or ``T0001`` for a topic.
    kind : {"theme", "topic"}

    Returns
    -------
    Chart
        A notebook shows it; ``chart.svg`` is the drawing as text.

    Raises
    ------
    InputError
        When the run has no such series, or the series has no dated paper.
    """
    from analytics.exceptions import InputError
    from reports.charts.run_charts import plot_chart

    _check_series(run, kind, series_id)
    if not any(period.n_papers for period in run.series[kind, series_id].periods):
        raise InputError(f"{kind} {series_id!r} has no dated paper; there is nothing to draw")
    return plot_chart(run, kind, series_id)


def analyze_papers(
    papers: pd.DataFrame,
    *,
    themes: Path | str | None = None,
    as_of: date | None = None,
    vectorizer: Literal["auto", "minilm", "student", "lexical"] = "auto",
    columns: Mapping[str, str] | None = None,
) -> RunView:
    """Analyze a table of papers, without a workspace that stays.

    Parameters
    ----------
    papers : DataFrame
        One row per paper; the columns are recognized by their names (title, abstract, date, doi, ...), as
        those of a file are.
    themes : Path or str, optional
        File of the themes; the four that come with papertrends by default.
    as_of : date, optional
        The day to pretend to be; today by default.
    vectorizer : {"auto", "minilm", "student", "lexical"}
        How abstracts become vectors.
    columns : mapping of str to str, optional
        Own names of columns, ``{"Heading": "title"}``.

    Returns
    -------
    RunView
        As `open_run` gives it.

    Raises
    ------
    InputError
        When no column holds titles, or no row is a paper.
    """
    from flows.analysis.run_analysis import analysis_inputs, run_analysis
    from flows.config.settings import load_settings
    from flows.ingest import ingest_source
    from reports.view import RunView

    with tempfile.TemporaryDirectory(prefix="papertrends-") as folder:
        table = Path(folder) / "papers.parquet"
        papers.to_parquet(table, index=False)
        workspace = Path(folder) / "workspace"
        ingest_source(str(table), workspace, as_of, columns)
        asked = {"workspace": workspace, "themes": themes, "as_of": as_of, "vectorizer": vectorizer}
        # Requests fail where an event loop runs, as in a notebook.
        settings = load_settings(asked).model_copy(update={"label_model": None})
        analysis = run_analysis(analysis_inputs(settings))
    return RunView(analysis.tables, analysis.manifest)


def _check_series(run: RunView, kind: str, series_id: str) -> None:
    from analytics.exceptions import InputError

    if (kind, series_id) not in run.series:
        known = [one for known_kind, one in run.series if known_kind == kind]
        raise InputError(
            f"the run has no {kind} {series_id!r}; it has {', '.join(known[:20]) or f'no {kind} at all'}"
        )
