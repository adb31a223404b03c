"""Runs beside each other on disk: what changed, and how earlier runs' forecasts and claims came out."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from analytics.tables import TABLE_COLUMNS, RunTables, empty_table, validate_table
from analytics.topics.topic_edits import as_found
from analytics.trends.coverage import LOOK_COLUMNS
from analytics.trends.shares import corpus_trends
from analytics.trends.verdicts import trend_verdicts
from flows.analysis.comparison import keep_record
from flows.analysis.forecasting import HORIZONS, forecast_series
from flows.commands.cli import app
from flows.runs import previous_run, publish_run
from flows.runs.publishing import remove_runs
from flows.runs.record import RECORD, read_record, update_record

LOOKS = pd.DataFrame({name: [] for name in LOOK_COLUMNS}).astype(
    {"start": "datetime64[us]", "end": "datetime64[us]", "is_whole": bool}
)
FIRST = pd.Timestamp("2022-01-01")
PER_MONTH = 60


def corpus(n_months: int, seed: int = 0) -> pd.DataFrame:
    """Papers of the first months of one history: a rising theme, two topics of half of the papers each."""
    rng = np.random.default_rng(seed)
    rows = []
    for month in range(48):
        start = FIRST + pd.DateOffset(months=month)
        for paper in range(PER_MONTH):
            day = start + pd.Timedelta(days=int(rng.integers(0, 28)))
            has_theme = bool(rng.random() < 0.10 + 0.008 * month)
            rows.append((f"arxiv:{month:02d}.{paper:03d}", day, has_theme, "AB"[paper % 2]))
    table = pd.DataFrame(rows, columns=["paper_id", "published", "has_theme", "half"])
    return table[table["published"] < FIRST + pd.DateOffset(months=n_months)]


def tables_of(n_months: int, topics: dict[str, str], theme: str = "agents") -> RunTables:
    """Tables of the run at the end of so many months; `topics` names the halves."""
    papers = corpus(n_months).astype({"published": "datetime64[us]"})
    papers = papers.assign(topic_id=papers["half"].map(topics))
    membership = pd.concat(
        [
            papers.loc[papers["has_theme"], ["paper_id"]].assign(kind="theme", series_id=theme),
            papers[["paper_id"]].assign(kind="topic", series_id=papers["topic_id"]),
        ]
    )
    series = pd.DataFrame({"kind": ["theme", "topic", "topic"], "series_id": [theme, *topics.values()]})
    day = (FIRST + pd.DateOffset(months=n_months)).date()
    found = corpus_trends(papers, membership, series, looks=LOOKS, as_of=day, freq="month")
    ahead = forecast_series(found)
    assigned = papers[["paper_id", "topic_id"]].assign(
        strength=1.0, basis=None, nearest_topic_id=None, similarity=1.0, found_topic_id=None
    )
    themed = papers.loc[papers["has_theme"], ["paper_id"]].assign(
        theme_id=theme, score=3.0, probability=0.9, is_primary=True, phrase="agent"
    )
    listed = pd.DataFrame({"topic_id": list(topics.values()), "label": [f"half {half}" for half in topics]})
    listed = listed.assign(coherence=0.1, n_papers=1, top_terms=[[]] * 2, representative_papers=[[]] * 2)
    _, listed = as_found(papers, listed.assign(group_id=None, group_label=None))
    filled = papers.assign(
        title="A title", abstract="An abstract.", published_basis="stated", published_precision="day",
        published_source="x", date_fault=None, updated=pd.NaT, is_withdrawn=False, first_seen=papers["published"],
        authors=[[]] * len(papers), n_authors=None, upvotes=None, organization=None, url=None,
        categories=[[]] * len(papers), venue=None,
        sources=[["x"]] * len(papers), primary_theme=None,
    )  # fmt: skip
    made = {
        "papers": filled,
        "theme_assignments": themed,
        "topic_assignments": assigned,
        "themes": pd.DataFrame(
            {"theme_id": [theme], "name": ["Agents"], "description": [""], "n_papers": [len(themed)]}
        ),
        "topics": listed,
        "trends": found.trends,
        "verdicts": trend_verdicts(found.trends),
        "forecasts": ahead.forecasts,
        "backtests": ahead.backtests,
        "emerging": ahead.emerging,
        "emerging_scores": ahead.emerging_scores,
    }
    return RunTables(
        **{
            name: validate_table(name, made[name]) if name in made else empty_table(name)
            for name in TABLE_COLUMNS
        }
    )


def day_of(n_months: int) -> date:
    return (FIRST + pd.DateOffset(months=n_months)).date()


def publish(workspace, n_months, tables, definitions="d"):
    manifest = {
        "as_of": day_of(n_months).isoformat(),
        "definitions": definitions,
        "fingerprint": f"f{n_months}",
        "title": "T",
    }
    return publish_run(workspace, f"run-{n_months:02d}", tables, manifest, {}, "page")


@pytest.fixture(scope="module")
def runs():
    return {
        24: tables_of(24, {"A": "T0001", "B": "T0002"}),
        36: tables_of(36, {"A": "T0002", "B": "T0001"}),
        48: tables_of(48, {"A": "T0005", "B": "T0001"}),
    }


@pytest.fixture
def workspace(tmp_path, runs):
    for n_months, tables in runs.items():
        publish(tmp_path, n_months, tables)
    return tmp_path


class TestRecord:
    @pytest.mark.slow
    def test_forecasts_and_claims_that_came_due_are_scored(self, workspace, runs):
        scored, judged, record = keep_record(workspace, runs[48], "d", day_of(48))
        assert record == {"n_runs": 2}
        assert set(scored["run_id"]) == {"run-24", "run-36"}
        # Three series, six months of two runs.
        assert len(scored) == 3 * HORIZONS["month"] * 2
        assert (scored["period_start"] > scored["last_start"]).all()
        # The theme's share really grows, and was called rising.
        theme = judged[judged["kind"] == "theme"]
        assert theme["run_id"].tolist() == ["run-24", "run-36"]
        assert theme["came_true"].all()

    @pytest.mark.slow
    def test_topics_are_followed_under_todays_numbers(self, workspace, runs):
        scored, _, _ = keep_record(workspace, runs[48], "d", day_of(48))
        topics = scored[scored["kind"] == "topic"]
        assert set(topics["series_id"]) == {"T0005", "T0001"}
        # Each half holds half of every month's papers.
        assert topics["actual"].tolist() == pytest.approx([0.5] * len(topics))

    def test_runs_of_the_same_or_a_later_day_know_too_much(self, workspace, runs):
        scored, judged, record = keep_record(workspace, runs[24], "d", day_of(24))
        assert (len(scored), len(judged), record) == (0, 0, {"n_runs": 0})

    def test_themes_that_are_defined_otherwise_keep_no_record(self, workspace, runs):
        scored, judged, _ = keep_record(workspace, runs[48], "other", day_of(48))
        assert set(scored["kind"]) == {"topic"}
        assert "theme" not in set(judged["kind"])

    def test_a_folder_that_is_not_whole_is_passed_over(self, workspace, runs):
        (workspace / "runs" / "run-24" / "trends.parquet").unlink()
        scored, _, record = keep_record(workspace, runs[48], "d", day_of(48))
        assert record == {"n_runs": 1}
        assert set(scored["run_id"]) == {"run-36"}

    def test_a_run_of_an_older_version_has_no_forecasts(self, workspace, runs):
        (workspace / "runs" / "run-24" / "forecasts.parquet").unlink()
        scored, judged, _ = keep_record(workspace, runs[48], "d", day_of(48))
        assert set(scored["run_id"]) == {"run-36"}
        assert "run-24" in set(judged["run_id"])


def publish_as(workspace, run_id, day, tables, definitions="d", fingerprint=None):
    manifest = {
        "as_of": day.isoformat(),
        "definitions": definitions,
        "fingerprint": fingerprint or f"f{run_id}",
    }
    return publish_run(workspace, run_id, tables, manifest, {}, "page")


def many_runs(workspace, runs):
    """Runs that say the same again, later in a period, under other definitions, of other topics, or of the past."""
    said = runs[24]
    named = replace(
        said,
        topic_assignments=said.topic_assignments.assign(basis="clustered"),
        verdicts=said.verdicts.assign(verdict="rising"),
    )
    later = runs[36].topic_assignments.assign(basis="clustered")
    newer = replace(runs[36], topic_assignments=later, verdicts=runs[36].verdicts.assign(verdict="falling"))
    fewer = replace(named, forecasts=named.forecasts[named.forecasts["series_id"] != "T0001"])
    first = day_of(24)
    for run_id, days, tables, definitions in (
        ("r01", 3, fewer, "d"), ("r02", 4, named, "d"), ("r03", 5, named, "d"), ("r04", 6, named, "e"),
        ("r05", 7, fewer, "e"), ("r06", 370, newer, "d"), ("r07", 371, newer, "e"), ("r08", 1, fewer, "e"),
        ("r09", 372, named, "d"), ("r10", 2, named, "e"), ("r11", 400, newer, "d"), ("r12", 400, newer, "d"),
    ):  # fmt: skip
        publish_as(workspace, run_id, first + timedelta(days=days), tables, definitions)
    publish_as(workspace, "r13", first + timedelta(days=400), newer, "d", fingerprint="fr12")


@pytest.mark.slow
class TestRecordWithoutFolders:
    @pytest.mark.parametrize("n_removed", [0, 4, 12])
    def test_it_comes_out_the_same_at_every_day(self, tmp_path, runs, n_removed):
        many_runs(tmp_path / "whole", runs)
        many_runs(tmp_path / "kept", runs)
        update_record(tmp_path / "kept")
        remove_runs(tmp_path / "kept", [f"r{one:02}" for one in range(1, 1 + n_removed)])
        seen = set()
        now = replace(runs[48], topic_assignments=runs[48].topic_assignments.assign(basis="clustered"))
        for days in (0, 2, 4, 5, 8, 371, 380, 900):
            for definitions in ("d", "e", "other"):
                day = day_of(24) + timedelta(days=days)
                found, expected = (
                    keep_record(tmp_path / name, now, definitions, day) for name in ("kept", "whole")
                )
                assert found[2] == expected[2]
                for one, other in zip(found[:2], expected[:2], strict=True):
                    pd.testing.assert_frame_equal(one, other, check_exact=True)
                seen.add((len(expected[0]), len(expected[1])))
        assert len(seen) == 7

    @pytest.mark.slow
    def test_of_what_is_said_again_the_first_alone_is_kept(self, tmp_path, runs):
        many_runs(tmp_path, runs)
        rows = update_record(tmp_path).rows
        themes = rows[(rows["kind"] == "theme") & rows["verdict"].isna()]
        assert themes.groupby(["definitions", "last_start"])["run_id"].unique().map(list).tolist() == [
            ["r01"], ["r06"], ["r08"], ["r07"]
        ]  # fmt: skip
        before = (tmp_path / RECORD).read_bytes()
        update_record(tmp_path)
        assert (tmp_path / RECORD).read_bytes() == before
        assert len(read_record(tmp_path).runs) == 13

    @pytest.mark.slow
    def test_a_rerun_is_compared_as_before(self, tmp_path, runs):
        many_runs(tmp_path, runs)
        days = [day_of(24) + timedelta(days=days) for days in (1, 4, 371, 900)]
        asked = [(name, day) for name in ("new", "fr03", "fr09", "fr12") for day in days]
        before = [previous_run(tmp_path, *one) for one in asked]
        update_record(tmp_path)
        assert [previous_run(tmp_path, *one) for one in asked] == before
        # A manifest that was lost since is passed over.
        (tmp_path / "runs" / "r13" / "manifest.json").unlink()
        assert previous_run(tmp_path, "new", days[-1]).name == "r12"


def test_a_record_of_an_older_version_is_read(tmp_path, runs):
    topics = runs[24].topic_assignments.assign(basis="clustered")
    publish(tmp_path, 24, replace(runs[24], topic_assignments=topics))
    update_record(tmp_path)
    whole = pq.read_table(tmp_path / RECORD)
    pq.write_table(whole.drop_columns(["basis"]), tmp_path / RECORD)
    rows = read_record(tmp_path).rows
    assert set(rows.loc[rows["verdict"].isna(), "basis"]) == {"found"}
    pd.testing.assert_frame_equal(rows.drop(columns="basis"), whole.to_pandas().drop(columns="basis"))


class TestDiffOfLabels:
    def test_what_answers_changed_has_a_column(self, tmp_path, runs):
        for n_months, share in ((24, 0.3), (36, 0.35)):
            quality = empty_table("theme_quality").reindex([0])
            quality = quality.assign(theme_id="agents", share_checked=share, labelled_by="ann")
            counts = {name: 0 for name, kind in TABLE_COLUMNS["theme_quality"].items() if kind == "int"}
            quality = quality.assign(**counts, is_taught=False, is_checked=True)
            checked = replace(runs[n_months], theme_quality=validate_table("theme_quality", quality))
            publish(tmp_path, n_months, checked)
        told = CliRunner().invoke(app, ["diff", "run-24", "run-36", "--workspace", str(tmp_path)])
        assert told.exit_code == 0
        heads, *rows = told.stdout.splitlines()[2:]
        assert heads.split()[-1] == "answers"
        theme = next(row for row in rows if row.startswith("theme")).split()[-7:]
        assert theme[:2] == ["30.00", "35.00"]
        assert sum(map(float, theme[3:])) == pytest.approx(5, abs=0.03)


class TestOutlook:
    def test_a_long_history_is_forecast_and_backtested(self, runs):
        tables = runs[48]
        assert len(tables.forecasts) == 3 * HORIZONS["month"]
        assert tables.backtests["n_forecasts"].iloc[0] > 100
        assert tables.backtests["year_ratio"].notna().all()
        assert set(tables.emerging["kind"]) == {"topic"}
        # Cut-offs of the ends of 2023 and 2024: two years before, one after.
        assert tables.emerging_scores["cutoff"].dt.year.unique().tolist() == [2024, 2025]

    def test_no_dated_paper(self):
        papers = pd.DataFrame({"paper_id": ["a"], "published": pd.Series([None], dtype="datetime64[us]")})
        none = pd.DataFrame({"kind": [], "series_id": [], "paper_id": []}, dtype=object)
        found = corpus_trends(papers, none, none[["kind", "series_id"]], looks=LOOKS, as_of=date(2025, 1, 1))
        ahead = forecast_series(found)
        assert ahead.chosen is None
        assert ahead.forecasts.empty
        assert ahead.backtests.empty


class TestDiff:
    def test_topics_are_matched_and_parts_add_up(self, workspace):
        told = CliRunner().invoke(app, ["diff", "run-24", "run-36", "--workspace", str(workspace)])
        assert told.exit_code == 0
        lines = told.stdout.splitlines()
        assert lines[0] == "from run-24 (as of 2024-01-01) to run-36 (as of 2025-01-01)"
        assert lines[1].startswith(f"{12 * PER_MONTH} papers were added, 0 removed; the definitions")
        assert lines[1].endswith("are the same")
        rows = {line[:47].strip(): line[48:].split() for line in lines[3:]}
        assert next(iter(rows)) == "theme agents Agents"
        # Renumbered, the halves are the same subjects: nothing was reassigned.
        for name in ("topic T0001 half B", "topic T0002 half A"):
            assert rows[name] == ["50.00", "50.00", "0.00", "0.00", "0.00", "0.00"]
        change, *parts = map(float, rows["theme agents Agents"][2:])
        assert change > 1
        assert sum(parts) == pytest.approx(change, abs=0.02)
        assert parts[0] == pytest.approx(change, abs=0.01)

    def test_a_topic_that_is_gone_is_named(self, tmp_path, runs):
        publish(tmp_path, 24, runs[24])
        lost = runs[36].topic_assignments.assign(topic_id="-1")
        publish(tmp_path, 36, replace(runs[36], topic_assignments=lost, topics=runs[36].topics[:0]))
        told = CliRunner().invoke(app, ["diff", "run-24", "--workspace", str(tmp_path)])
        assert told.exit_code == 0
        gone = next(line for line in told.stdout.splitlines() if "gone:T0001" in line)
        assert "half A" in gone
        assert gone.split()[-6:] == ["50.00", "0.00", "-50.00", "0.00", "-50.00", "0.00"]

    def test_other_definitions_are_reported(self, tmp_path, runs):
        publish(tmp_path, 24, runs[24])
        publish(tmp_path, 36, runs[36], definitions="other")
        told = CliRunner().invoke(app, ["diff", "run-24", "run-36", "--workspace", str(tmp_path)])
        assert told.stdout.splitlines()[1].endswith("differ")

    def test_an_unknown_run_is_one_line(self, workspace):
        told = CliRunner().invoke(app, ["diff", "run-99", "--workspace", str(workspace)])
        assert told.exit_code == 2
        assert "there is no run 'run-99'" in told.stderr
