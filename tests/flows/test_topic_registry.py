"""The registry: read whole or not at all, of its time, and never numbered anew in silence."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import delete, text, update
from typer.testing import CliRunner

from analytics.exceptions import PapertrendsError
from analytics.papers import Feed, PaperRecord
from analytics.topics.identity import TopicEvent
from analytics.topics.topic_regions import TopicRegions, TopicState
from flows.analysis.steps import Encoded
from flows.analysis.topics import find_topics
from flows.commands.cli import app
from flows.config.settings import load_settings
from flows.store import Store
from flows.store.registry import FitRow
from flows.store.schema import topic_centers, topic_fits, topic_members

MAY, JUNE, JULY = date(2025, 5, 1), date(2025, 6, 1), date(2025, 7, 1)

pytestmark = pytest.mark.usefixtures("database")


def state(*topics: str) -> TopicState:
    members = pd.DataFrame({"paper_id": [f"arxiv:{i}" for i in range(len(topics))], "topic_id": topics})
    known = tuple(sorted(set(topics) - {"-1"}))
    rng = np.random.default_rng(len(known))
    centers = rng.standard_normal((len(known), 4)).astype(np.float32)
    return TopicState(
        members.assign(strength=1 / 3, basis="clustered"),
        TopicRegions(known, centers, rng.random(len(known))),
    )


def fit(day: date, *topics: str, events: tuple[TopicEvent, ...] = ()) -> FitRow:
    return FitRow(
        0,
        day,
        "minilm-1",
        {"random_state": 0},
        {"n_neighbors": 15},
        "it was the first fit",
        state(*topics),
        events,
    )


@pytest.fixture
def store(tmp_path):
    with Store.open(tmp_path) as store:
        yield store


def test_what_is_written_is_read_bit_for_bit(store):
    written = fit(MAY, "T0001", "T0002", "-1")
    fit_id = store.write_fit(written)
    read = store.read_fit(MAY)
    assert (read.fit_id, read.as_of, read.vectorizer_id, read.cause) == (
        fit_id, MAY, "minilm-1", "it was the first fit"
    )  # fmt: skip
    assert (read.settings, read.parameters) == ({"random_state": 0}, {"n_neighbors": 15})
    pd.testing.assert_frame_equal(read.state.members, written.state.members)
    assert read.state.regions.topic_ids == ("T0001", "T0002")
    assert np.array_equal(read.state.regions.centers, written.state.regions.centers)
    assert np.array_equal(read.state.regions.reaches, written.state.regions.reaches)


def described(*topics: str) -> pd.DataFrame:
    """Descriptions with floats and letters that must come back as they were."""
    return pd.DataFrame(
        {
            "topic_id": list(topics),
            "label": ["sparse rewards", "强化 学习 \U0001f600", "unnamed topic"][: len(topics)],
            "top_terms": [["sparse rewards", 'a "b"'], ["é"], []][: len(topics)],
            "coherence": np.array([0.1 + 0.2, -1 / 3, np.nan])[: len(topics)],
            "group_id": pd.Series(["G01", "G02", None][: len(topics)], dtype=object),
            "group_label": pd.Series(["rewards", "é, 'b'", None][: len(topics)], dtype=object),
        }
    )


def test_descriptions_come_back_bit_for_bit(store):
    written = fit(MAY, "T0001", "T0002", "T0003")
    names = described("T0001", "T0002", "T0003")
    store.write_fit(replace(written, state=replace(written.state, descriptions=names)))
    pd.testing.assert_frame_equal(store.read_fit(MAY).state.descriptions, names, check_exact=True)


def test_a_fit_without_descriptions_has_none(store):
    store.write_fit(fit(MAY, "T0001", "T0002"))
    assert store.read_fit(MAY).state.descriptions is None


@pytest.mark.slow
def test_a_run_again_gives_the_same_table_to_the_bit(tmp_path):
    rng = np.random.default_rng(0)
    centers = np.repeat(4 * np.eye(8)[:3], 20, axis=0)
    vectors = (centers + 0.3 * rng.standard_normal((60, 8))).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    said = ["sparse rewards of curious agents", "protein folding in water", "speech of many speakers"]
    papers = pd.DataFrame({"paper_id": [f"p{i:02}" for i in range(60)], "title": "t"})
    papers["abstract"] = [f"{said[i // 20]} number{i % 7}" for i in range(60)]
    papers["published"] = pd.Timestamp("2025-01-01")
    settings = load_settings({"workspace": tmp_path}, folder=tmp_path)
    encoded = Encoded("minilm-1", vectors, (), 0)
    first = find_topics(tmp_path, MAY, papers, encoded, settings)
    again = find_topics(tmp_path, JUNE, papers, encoded, settings)
    assert (first.is_new, again.is_new) == (True, False)
    assert len(first.topics.topics) == 3
    assert first.topics.topics["coherence"].notna().all()
    pd.testing.assert_frame_equal(again.topics.topics, first.topics.topics, check_exact=True)


def test_a_day_reads_the_newest_fit_that_knew_nothing_later(store):
    for day, topic in ((JULY, "T0003"), (MAY, "T0001"), (MAY, "T0002")):
        store.write_fit(fit(day, topic))
    assert store.read_fit(date(2025, 4, 30)) is None
    assert store.read_fit(JUNE).state.regions.topic_ids == ("T0002",)
    assert store.read_fit(JULY).state.regions.topic_ids == ("T0003",)


def test_no_number_is_given_twice(store):
    assert store.next_topic_number() == 1
    store.write_fit(fit(JULY, "T0001", "T0012"))
    store.write_fit(fit(MAY, "T0003"))
    assert store.next_topic_number() == 13


def test_a_fit_without_topics_is_one_too(store):
    store.write_fit(fit(MAY, "-1", "-1"))
    read = store.read_fit(MAY)
    assert read.state.regions.topic_ids == ()
    assert len(read.state.members) == 2
    assert store.next_topic_number() == 1


@pytest.mark.parametrize(
    "damage",
    [
        delete(topic_members),
        update(topic_centers).values(center=b"\x00\x00"),
        update(topic_centers).values(center=bytes.fromhex("0000c07f" * 4)),
        update(topic_fits).values(settings="{"),
        update(topic_centers).values(top_terms="["),
        update(topic_centers).values(top_terms=None),
        update(topic_centers).values(top_terms="[1]"),
    ],
)
def test_what_cannot_be_read_stops_the_run(tmp_path, damage):
    check_stopped(tmp_path, damage)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # the other takes no text for a number
@pytest.mark.parametrize("damage", ["reach = 'far'", "coherence = 'high'"])
def test_a_text_in_the_place_of_a_number_stops_the_run(tmp_path, damage):
    check_stopped(tmp_path, text(f"UPDATE topic_centers SET {damage}"))


def check_stopped(tmp_path, damage):
    written = fit(MAY, "T0001", "T0002")
    with Store.open(tmp_path) as store:
        names = described("T0001", "T0002")
        store.write_fit(replace(written, state=replace(written.state, descriptions=names)))
        with store._writer.begin() as connection:
            connection.execute(damage)
    with (
        Store.open(tmp_path) as store,
        pytest.raises(PapertrendsError, match="fit 1 in the registry of topics"),
    ):
        store.read_fit(MAY)


def test_history_lists_every_event_with_its_papers(tmp_path):
    events = (
        TopicEvent("born", "T0001", None, ("arxiv:0", "arxiv:1")),
        TopicEvent("split", "T0002", "T0001", ("a",)),
    )
    with Store.open(tmp_path) as store:
        store.write_fit(fit(MAY, "T0001", "T0002", events=events))
        merger = TopicEvent("merged", "T0002", "T0001", ("a", "b", "c", "d"))
        store.write_fit(fit(JULY, "T0001", events=(merger,)))
        history = store.topic_history(JUNE)
        assert store.read_fit(JUNE).events == events
    assert history[["event", "topic_id", "other_id"]].values.tolist() == [
        ["born", "T0001", None],
        ["split", "T0002", "T0001"],
    ]
    assert history["papers"].iloc[0] == ("arxiv:0", "arxiv:1")
    told = CliRunner().invoke(
        app, ["topics", "--history", "--workspace", str(tmp_path), "--as-of", "2025-12-01"]
    )
    assert told.exit_code == 0
    assert told.stdout.splitlines() == [
        "fit of 2025-05-01, because it was the first fit: 1 born, 1 split",
        "  T0001 born, 2 papers: arxiv:0, arxiv:1",
        "  T0002 split from T0001, 1 papers: a",
        "fit of 2025-07-01, because it was the first fit: 1 merged",
        "  T0002 merged into T0001, 4 papers: a, b, c, ...",
    ]


def test_a_workspace_without_a_fit_says_so(tmp_path):
    with Store.open(tmp_path) as store:
        store.ingest_feed(Feed("x", "memory", MAY, (PaperRecord("A title", "Text."),)), seen_on=MAY)
    told = CliRunner().invoke(app, ["topics", "--history", "--workspace", str(tmp_path)])
    assert (told.exit_code, told.stdout.strip()) == (0, "no fit yet")


def papers_of(n: int) -> tuple[pd.DataFrame, Encoded]:
    """Papers too few to be clustered, so that a fit is quick."""
    papers = pd.DataFrame({"paper_id": [f"p{i:02}" for i in range(n)], "title": "t", "abstract": "a"})
    papers["published"] = pd.Timestamp("2025-01-01")
    return papers, Encoded("minilm-1", np.ones((n, 3), dtype=np.float32), (), 0)


def test_a_fit_is_made_once_and_again_only_for_a_reason(tmp_path):
    settings = load_settings({"workspace": tmp_path}, folder=tmp_path)
    papers, encoded = papers_of(8)
    first = find_topics(tmp_path, MAY, papers, encoded, settings)
    assert (first.is_new, first.fit_id, first.cause) == (True, 1, "it was the first fit")
    again = find_topics(tmp_path, JUNE, papers, encoded, settings)
    assert (again.is_new, again.fit_id, again.fitted_on) == (False, 1, MAY)
    pd.testing.assert_frame_equal(again.topics.assignments, first.topics.assignments)
    assert again.topics.reason == first.topics.reason
    causes = [
        find_topics(tmp_path, JUNE, papers, encoded, settings, refit=True).cause,
        find_topics(tmp_path, JUNE, papers, encoded, settings.model_copy(update={"random_state": 4})).cause,
        find_topics(tmp_path, JUNE, papers, Encoded("minilm-2", encoded.papers, (), 0), settings).cause,
        find_topics(tmp_path, JULY, *papers_of(9), settings).cause,
    ]
    assert causes == [
        "it was requested",
        "random_state changed",
        "vectors are from minilm-2, in the last fit from minilm-1",
        "vectors are from minilm-1, in the last fit from minilm-2",
    ]
    assert find_topics(tmp_path, JULY, *papers_of(10), settings).cause == "the last fit found no topic"


def test_a_past_day_is_fitted_from_what_was_known_then(tmp_path):
    settings = load_settings({"workspace": tmp_path}, folder=tmp_path)
    papers, encoded = papers_of(8)
    find_topics(tmp_path, JULY, papers, encoded, settings)
    past = find_topics(tmp_path, MAY, *papers_of(5), settings)
    assert (past.is_new, past.cause) == (True, "it was the first fit")
    assert find_topics(tmp_path, JULY, papers, encoded, settings).fit_id == 1
