"""The steps of an analysis without Prefect, on corpora too small to be clustered."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

import flows.analysis.topics
from analytics.exceptions import InputError
from analytics.labels.checked_series import CheckedSeries
from analytics.papers import Feed, PaperRecord
from analytics.tables import TABLE_COLUMNS, UNCLUSTERED, validate_table
from flows.analysis import comparison, steps
from flows.analysis.encoding import encode_texts
from flows.analysis.forecasting import forecast_series
from flows.analysis.run_analysis import AnalysisInputs, run_analysis
from flows.analysis.topics import find_topics
from flows.config.settings import DEFAULT_THEMES, load_settings
from flows.config.themes_file import read_themes
from flows.ingest import ingest_source
from flows.publication.publish import render_page
from flows.store import Store
from flows.workers.progress import listening
from reports.view import RunView

DAY = date(2025, 12, 10)
THEMES = read_themes(DEFAULT_THEMES)
ENGLISH = "We study how agents with sparse rewards explore, and why curiosity helps them to improve."


@pytest.fixture
def settings(tmp_path):
    return load_settings({"workspace": tmp_path, "vectorizer": "lexical", "as_of": DAY}, folder=tmp_path)


def analyze(settings):
    return run_analysis(AnalysisInputs(settings, DAY, THEMES))


def write(workspace, *records):
    with Store.open(workspace) as store:
        store.ingest_feed(Feed("daily-papers", "memory", DAY, records), seen_on=DAY)


def paper(number, text=ENGLISH, published=date(2025, 11, 3)):
    basis = "missing" if published is None else "stated"
    precision = "none" if published is None else "day"
    return PaperRecord(f"Paper {number}", f"{text} Part {number}.", published, basis, precision)


HARD_CORPORA = {
    "one": [paper(1)],
    "two": [paper(1), paper(2)],
    "five": [paper(n) for n in range(5)],
    "one day": [paper(n, published=date(2025, 12, 9)) for n in range(12)],
    "undated": [paper(n, published=None) for n in range(6)],
    "one word": [PaperRecord(f"Word{n}", "word", date(2025, 5, 1 + n), "stated", "day") for n in range(6)],
    "no abstract": [PaperRecord(f"Title {n}", "", date(2025, 5, 1 + n), "stated", "day") for n in range(6)],
    "Chinese": [paper(n, "稀疏奖励下的强化学习探索方法研究。", date(2025, 5, 1 + n)) for n in range(6)],
    "long": [paper(n, "exploration of sparse rewards " * 7_000) for n in range(3)],
    "hostile": [paper(n, "<script>alert(1)</script> $x^2$ {{ 7 * 7 }} \u202e\x00") for n in range(3)],
}  # fmt: skip


@pytest.mark.parametrize("name", HARD_CORPORA)
def test_hard_corpora_end_in_a_report(tmp_path, settings, name):
    write(tmp_path, *HARD_CORPORA[name])
    analysis = analyze(settings)
    tables, topics = analysis.tables, analysis.manifest["topics"]
    assert len(tables.papers) == len(HARD_CORPORA[name])
    assert topics["parameters"] is None
    assert (tables.papers["topic_id"] == UNCLUSTERED).all()
    assert tables.trends.empty == (name == "undated")
    assert set(tables.verdicts["verdict"]) <= {"insufficient"}
    page, _ = render_page(RunView(tables, analysis.manifest))
    assert "<script>alert(1)" not in page
    assert topics["reason"].split(";")[0] in page or "too few" in page


def test_a_paper_that_was_answered_no_is_not_a_likely_miss(tmp_path, settings):
    write(tmp_path, *HARD_CORPORA["five"])
    corpus = steps.read_day(tmp_path, DAY)
    encoded = steps.encode_corpus(tmp_path, DAY, corpus.papers, THEMES, settings)
    answered = corpus.papers["paper_id"].iloc[0]
    rows = [(answered, theme.theme_id, "no", "ann", DAY, None, None, "") for theme in THEMES]
    labels = pd.DataFrame(rows, columns=list(TABLE_COLUMNS["labels"]))
    before, after = (
        steps.find_themes(one, THEMES, encoded, 0.9999).near_misses
        for one in (corpus, replace(corpus, labels=validate_table("labels", labels)))
    )
    assert answered in set(before["paper_id"])
    assert answered not in set(after["paper_id"])
    assert len(after) == len(before) - (before["paper_id"] == answered).sum()


def test_tables_of_the_sample_keep_the_laws(tmp_path, settings, sample_path):
    counts = ingest_source(str(sample_path), tmp_path, DAY)
    assert (counts["records"], counts["new"], counts["rejected"]) == (47, 47, 0)
    corpus = steps.read_day(tmp_path, DAY)
    # 14 papers are too few to cluster, which keeps this test quick; the slow tests cluster all.
    small = corpus.papers.iloc[:14]
    encoded = steps.encode_corpus(tmp_path, DAY, small, THEMES, settings)
    in_themes = steps.find_themes(replace(corpus, papers=small), THEMES, encoded, 1e-9)
    assignments = in_themes.assignments
    # Nearly any probability will do, so that most papers have a theme, and one of their themes is the first.
    assert assignments["paper_id"].nunique() >= 10
    assert assignments.groupby("paper_id")["is_primary"].sum().eq(1).all()
    assert in_themes.groups["n_papers"].sum() == len(assignments)
    topics = find_topics(tmp_path, DAY, small, encoded, settings).topics
    trends = steps.follow_trends(DAY, replace(corpus, papers=small), in_themes, _topics(topics), settings)
    tables = steps.assemble_tables(small, in_themes, topics, trends, forecast_series(trends.corpus), {})
    assert (tables.trends["n_papers"] <= tables.trends["n_total"]).all()
    of_themes = tables.trends[tables.trends["kind"] == "theme"]
    dated = int(assignments["paper_id"].isin(small.loc[small["published"].notna(), "paper_id"]).sum())
    assert of_themes["n_papers"].sum() == dated
    for name, columns in TABLE_COLUMNS.items():
        assert list(getattr(tables, name).columns) == list(columns)


def test_jumps_are_looked_for_with_the_series_and_told_when_asked(tmp_path):
    given = []

    def ahead(work):
        given.append(work)
        return work

    write(tmp_path, *(paper(n) for n in range(12)))
    corpus, settings = steps.read_day(tmp_path, DAY), load_settings({"vectorizer": "lexical"})
    none = pd.DataFrame({"topic_id": []}), pd.DataFrame({"paper_id": [], "topic_id": []})
    themes = steps.Grouped(pd.DataFrame({"paper_id": [], "theme_id": []}), pd.DataFrame({"theme_id": []}))
    trends = steps.follow_trends(DAY, corpus, themes, steps.Grouped(*none[::-1]), settings, ahead=ahead)
    assert given == [trends.jumps]
    bursts, moved = trends.jumps()
    assert list(bursts.columns) == list(TABLE_COLUMNS["bursts"])
    assert list(moved.columns) == list(TABLE_COLUMNS["change_points"])


def test_checked_series_reach_every_table(tmp_path, settings):
    months = [date(2025, month, 10) for month in range(1, 11)]
    texts = [f"{ENGLISH} Case {n}." for n in range(60)]
    write(tmp_path, *(paper(n, texts[n // 10], months[n % 10]) for n in range(600)))
    corpus = steps.read_day(tmp_path, DAY)
    is_found = np.arange(len(corpus.papers)) % 10 == 0
    assigned = corpus.papers.loc[is_found, ["paper_id"]].assign(theme_id="agents")
    themes = steps.Grouped(assigned, pd.DataFrame({"theme_id": ["agents", "robots"]}))
    topics = steps.Grouped(pd.DataFrame({"paper_id": [], "topic_id": []}), pd.DataFrame({"topic_id": []}))

    def check(shares):
        own = shares[shares["series_id"] == "agents"]
        share = np.linspace(0.2, 0.6, len(own))
        starts = own["period_start"].to_numpy()
        covariance = np.full((len(own), len(own)), 0.01)
        return {"agents": CheckedSeries("agents", starts, share, share - 0.2, share + 0.2, covariance, 30.0)}

    trends = steps.follow_trends(DAY, corpus, themes, topics, settings, check=check)
    rows = trends.corpus.trends.set_index("series_id")
    assert rows.loc["agents", "checked_share"].iloc[0] == 0.2
    assert rows.loc["robots", "checked_share"].isna().all()
    verdicts = trends.verdicts.query("window == 'long'").set_index("series_id")
    assert verdicts["basis"].to_dict() == {"agents": "checked", "robots": "found"}
    assert verdicts["verdict"].to_dict() == {"agents": "rising", "robots": "insufficient"}
    outlook = forecast_series(trends.corpus, trends.checked)
    assert outlook.forecasts.groupby("series_id")["basis"].unique().map(list).to_dict() == {
        "agents": ["checked"], "robots": ["found"]
    }  # fmt: skip
    assert (outlook.forecasts.query("series_id == 'agents'")["high_90"] > 0.6).all()
    bursts, _ = trends.jumps()
    assert set(bursts["series_id"]) <= {"agents"}


def test_encoding_again_encodes_nothing(tmp_path):
    calls = []

    class Counting:
        id = "counting-1"
        needs_corpus = False

        def transform(self, texts):
            calls.append(len(texts))
            return np.eye(4, dtype=np.float32)[[len(text) % 4 for text in texts]]

    texts = ["a", "bb", "a", "ccc"]
    heard = []
    with Store.open(tmp_path) as store, listening(lambda *progress: heard.append(progress)):
        first, n_first = encode_texts(store, Counting(), texts)
        again, n_again = encode_texts(store, Counting(), texts)
    assert (n_first, n_again, calls) == (3, 0, [3])
    assert np.array_equal(first, again)
    assert np.array_equal(first, np.eye(4)[[1, 2, 1, 3]])
    assert heard == [("encode", 0, 3), ("encode", 3, 3)]


def test_other_themes_need_no_new_vectors_of_papers(tmp_path, settings, sample_path, monkeypatch):
    ingest_source(str(sample_path), tmp_path, DAY)
    corpus = steps.read_day(tmp_path, DAY)
    assert steps.encode_corpus(tmp_path, DAY, corpus.papers, THEMES, settings).n_encoded > 47
    other = [type(THEMES[0])("robots", "Robots", "Robots that walk.", ("legged locomotion",))]
    assert steps.encode_corpus(tmp_path, DAY, corpus.papers, other, settings).n_encoded == 2


def test_no_paper_is_a_clear_error(tmp_path):
    with pytest.raises(InputError, match="has no paper as of 2025-12-10; ingest a source first"):
        steps.read_day(tmp_path, DAY)
    write(tmp_path, paper(1))
    with pytest.raises(InputError, match="1 papers were published or first seen later"):
        steps.read_day(tmp_path, date(2025, 1, 1))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "value"), [("steady_within", 2.0), ("false_discovery_rate", 0.1), ("random_state", 1)]
)
def test_a_setting_that_changes_tables_changes_the_fingerprint(tmp_path, settings, name, value):
    write(tmp_path, *HARD_CORPORA["five"])
    other = load_settings({**settings.model_dump(), name: value}, folder=tmp_path)
    assert analyze(settings).manifest["fingerprint"] != analyze(other).manifest["fingerprint"]
    assert analyze(settings).manifest["fingerprint"] == analyze(settings).manifest["fingerprint"]


@pytest.mark.slow
def test_a_later_run_is_compared_and_the_parts_add_up(tmp_path, settings):
    from flows.runs import publish_run

    write(tmp_path, *HARD_CORPORA["five"])
    before = analyze(settings)
    manifest = before.manifest | {"fingerprint": "a", "definitions": "d"}
    publish_run(tmp_path, "20251210T000000-000000-aaaaaaaa", before.tables, manifest, {}, "page")
    write(tmp_path, *[paper(n, "Robots walk over rough terrain with legs.") for n in range(5, 9)])
    after = analyze(settings)
    changes, since = comparison.compare_with_previous(tmp_path, after.tables, "b", "d", DAY)
    assert since == {"run_id": "20251210T000000-000000-aaaaaaaa", "as_of": "2025-12-10", "new_papers": 4}
    parts = changes[["by_new_papers", "by_reassignment", "by_definition"]].sum(axis=1)
    assert parts.to_numpy() == pytest.approx(
        (changes["to_share"] - changes["from_share"]).to_numpy(), abs=1e-12
    )
    same, none = comparison.compare_with_previous(tmp_path, before.tables, "a", "d", DAY)
    assert none is None
    assert isinstance(same, pd.DataFrame)
    assert same.empty


def test_themes_and_topics_are_the_same_on_any_number_of_cores(tmp_path, settings, monkeypatch):
    # Sums of several threads differ in their last digits: 6,141 papers got other topics on one core than on two.
    from threadpoolctl import threadpool_info, threadpool_limits

    seen = []

    def threads(*_, **__):
        seen.append({one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"})
        raise InputError("seen")

    monkeypatch.setattr(flows.analysis.topics, "fit_topics", threads)
    monkeypatch.setattr(steps, "background_for", threads)
    write(tmp_path, *HARD_CORPORA["one"])
    corpus = steps.read_day(tmp_path, DAY)
    encoded = steps.Encoded("lexical-1", np.zeros((0, 2), dtype=np.float32), (), 0)
    with threadpool_limits(2):
        for step in (
            lambda: find_topics(tmp_path, DAY, pd.DataFrame(), encoded, settings),
            lambda: steps.find_themes(corpus, THEMES, encoded),
        ):
            with pytest.raises(InputError, match="seen"):
                step()
    assert seen == [{1}, {1}]


def _topics(topics):
    """Topics as the step of the trends takes them."""
    return steps.Grouped(topics.assignments, topics.topics)
