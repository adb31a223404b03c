"""papertrends as a library: what an analyst calls from a notebook."""

from __future__ import annotations

import subprocess
import sys
from datetime import date

import pandas as pd
import pytest

import papertrends
from analytics.exceptions import InputError
from flows.runs import publish_run
from reports.view import RunView

DAY = date(2025, 12, 10)


@pytest.fixture(scope="module")
def papers() -> pd.DataFrame:
    months = pd.date_range("2024-01-10", periods=20, freq="MS")
    return pd.DataFrame(
        [
            {
                "Heading": f"Paper {n} of {month:%B %Y}",
                "Summary": "Agents with sparse rewards explore by curiosity."
                if n % 3
                else "Maps of harbors.",
                "Day": month.date().isoformat(),
            }
            for month in months
            for n in range(6)
        ]
    )


@pytest.fixture(scope="module")
def analyzed(papers):
    columns = {"Heading": "title", "Summary": "abstract", "Day": "published"}
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("PAPERTRENDS_LABEL_MODEL", "m:8b")
        return papertrends.analyze_papers(papers, as_of=DAY, vectorizer="lexical", columns=columns)


@pytest.fixture
def run(run_of):
    made = run_of("usual")
    return RunView(made.tables, made.manifest)


@pytest.mark.slow
def test_a_table_is_analyzed(analyzed, papers):
    assert sorted(analyzed.tables.papers["title"]) == sorted(papers["Heading"])
    assert analyzed.manifest["as_of"] == "2025-12-10"
    assert "agents" in set(analyzed.tables.themes["theme_id"])
    assert "model_names" not in analyzed.manifest["topics"]


def test_a_run_folder_is_opened(run, tmp_path):
    folder = publish_run(tmp_path, "r1", run.tables, run.manifest, {}, "page")
    opened = papertrends.open_run(str(tmp_path / "latest"))
    pd.testing.assert_frame_equal(opened.tables.trends, run.tables.trends)
    assert opened.manifest["run_id"] == folder.name
    with pytest.raises(InputError):
        papertrends.open_run(tmp_path)


def test_papers_have_the_names_of_their_themes(run):
    table = papertrends.papers_with_themes(run).set_index("paper_id")
    assert len(table) == len(run.tables.papers)
    rows = run.tables.theme_assignments
    names = run.tables.themes.set_index("theme_id")["name"]
    for paper_id, themes in table["themes"].items():
        own = rows[rows["paper_id"] == paper_id]
        assert set(themes) == set(own["theme_id"].map(names))
        assert themes[:1] == own.loc[own["is_primary"], "theme_id"].map(names).tolist()
    assert table["themes"].map(len).max() > 0
    labels = run.tables.topics.set_index("topic_id")["label"]
    assert table["topic"].dropna().isin(labels).all()
    assert (table["topic"].isna() == ~table["topic_id"].isin(labels.index)).all()


def test_a_share_series_adds_up(run):
    series = papertrends.share_series(run, "agents")
    assert series["period_start"].is_monotonic_increasing
    held = series[series["n_total"] > 0]
    assert (held["n_papers"] / held["n_total"]).tolist() == pytest.approx(held["share"].tolist())
    with pytest.raises(InputError, match=r"has no theme 'nothing'; it has "):
        papertrends.share_series(run, "nothing")
    with pytest.raises(InputError, match="has no topic 'T9999'; it has T"):
        papertrends.share_series(run, "T9999", kind="topic")


def test_a_chart_is_that_of_the_report(run):
    from reports.charts.run_charts import plot_charts

    chart = papertrends.plot_share(run, "agents")
    assert chart.svg == plot_charts(run)["theme-agents"].svg == chart._repr_svg_()
    topic = run.tables.topics["topic_id"].iloc[0]
    assert papertrends.plot_share(run, topic, kind="topic").svg.startswith("<svg")


def test_nothing_is_drawn_of_no_dated_paper(run_of):
    made = run_of("all-undated")
    with pytest.raises(InputError, match="theme 'agents' has no dated paper"):
        papertrends.plot_share(RunView(made.tables, made.manifest), "agents")


def test_a_table_without_titles_is_a_clear_error():
    with pytest.raises(InputError, match="title"):
        papertrends.analyze_papers(pd.DataFrame({"x": [1]}), as_of=DAY)


def test_importing_it_imports_nothing_heavy():
    code = "import sys, papertrends; print(*({'pandas', 'prefect', 'matplotlib'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
