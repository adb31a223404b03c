"""Older stores are taken to today's tables, and end as if today's program had read their feeds."""

from __future__ import annotations

import sqlite3
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import create_engine, inspect, text

from analytics.papers import Feed, PaperRecord
from analytics.topics.topic_model import join_topics
from flows.store import Store
from flows.store.migrations import MIGRATIONS
from flows.store.schema import SCHEMA_VERSION, metadata
from flows.store.stored_records import StoredRecord, encode_record

DAY = date(2025, 3, 4)

VERSION_1 = """
CREATE TABLE feeds (feed_id VARCHAR(32) NOT NULL, source TEXT NOT NULL, location TEXT NOT NULL, feed_day DATE,
    n_records INTEGER NOT NULL, n_rejects INTEGER NOT NULL, warnings TEXT NOT NULL, first_seen DATE NOT NULL,
    last_seen DATE NOT NULL, PRIMARY KEY (feed_id));
CREATE TABLE papers (paper_id TEXT NOT NULL, title TEXT NOT NULL, title_key VARCHAR(22) NOT NULL,
    abstract TEXT NOT NULL, published DATE, published_basis VARCHAR(16) NOT NULL,
    published_precision VARCHAR(8) NOT NULL, first_seen DATE NOT NULL, authors TEXT NOT NULL, n_authors INTEGER,
    upvotes INTEGER, organization TEXT, url TEXT, sources TEXT NOT NULL, PRIMARY KEY (paper_id));
CREATE INDEX ix_papers_title_key ON papers (title_key);
CREATE TABLE rejects (reject_id VARCHAR(32) NOT NULL, source TEXT NOT NULL, location TEXT NOT NULL, feed_day DATE,
    position TEXT NOT NULL, reason TEXT NOT NULL, excerpt TEXT NOT NULL, first_seen DATE NOT NULL,
    last_seen DATE NOT NULL, PRIMARY KEY (reject_id));
CREATE TABLE runs (run_id TEXT NOT NULL, as_of DATE NOT NULL, started_at TEXT NOT NULL, finished_at TEXT,
    status VARCHAR(16) NOT NULL, fingerprint VARCHAR(64), manifest TEXT NOT NULL, PRIMARY KEY (run_id));
CREATE TABLE schema_version (version INTEGER NOT NULL, PRIMARY KEY (version));
CREATE TABLE vectors (vectorizer_id TEXT NOT NULL, content_hash VARCHAR(64) NOT NULL, dimension INTEGER NOT NULL,
    vector BLOB NOT NULL, PRIMARY KEY (vectorizer_id, content_hash));
CREATE TABLE records (record_id VARCHAR(32) NOT NULL, paper_id TEXT NOT NULL, stated_id TEXT,
    title_key VARCHAR(22) NOT NULL, record TEXT NOT NULL, PRIMARY KEY (record_id),
    FOREIGN KEY(paper_id) REFERENCES papers (paper_id) DEFERRABLE INITIALLY DEFERRED);
CREATE INDEX ix_records_paper_id ON records (paper_id);
CREATE INDEX ix_records_stated_id ON records (stated_id);
CREATE INDEX ix_records_title_key ON records (title_key);
CREATE TABLE sightings (sighting_id VARCHAR(32) NOT NULL, record_id VARCHAR(32) NOT NULL, source TEXT NOT NULL,
    location TEXT NOT NULL, feed_day DATE, upvotes INTEGER, first_seen DATE NOT NULL, last_seen DATE NOT NULL,
    PRIMARY KEY (sighting_id), FOREIGN KEY(record_id) REFERENCES records (record_id));
CREATE INDEX ix_sightings_record_id ON sightings (record_id);
INSERT INTO schema_version VALUES (1);
"""

PREPRINT = PaperRecord("Maps That Redraw Themselves", "We draw.", arxiv_id="2503.02130", doi="10.1000/ABC")
PRINTED = PaperRecord(
    "Self-Drawing Maps", "", date(2026, 1, 1), "stated", "year", authors=("Ada",), doi="10.1000/abc"
)


@pytest.fixture
def old_workspace(tmp_path: Path) -> Path:
    """A store of version 1 in which a print and its preprint are still two papers, as that version had it."""
    folder = tmp_path / "old"
    folder.mkdir()
    connection = sqlite3.connect(folder / "corpus.sqlite")
    connection.executescript(VERSION_1)
    for number, record in enumerate((PREPRINT, PRINTED)):
        said = StoredRecord.of(record)
        connection.execute(
            "INSERT INTO papers VALUES (?, ?, ?, ?, NULL, 'missing', 'none', ?, '[]', NULL, NULL, NULL, NULL, '[]')",
            (said.own_id, record.title, said.title_key, record.abstract, DAY.isoformat()),
        )
        connection.execute(
            "INSERT INTO records VALUES (?, ?, ?, ?, ?)",
            (said.record_id, said.own_id, said.stated_id, said.title_key, encode_record(said.record)),
        )
        place = (f"f{number}", "daily-papers", f"{number}.json", DAY.isoformat())
        connection.execute(
            "INSERT INTO feeds VALUES (?, ?, ?, ?, 1, 0, '[]', ?, ?)", (*place, *[DAY.isoformat()] * 2)
        )
        connection.execute(
            "INSERT INTO sightings VALUES (?, ?, ?, ?, ?, NULL, ?, ?)",
            (f"s{number}", said.record_id, *place[1:], *[DAY.isoformat()] * 2),
        )
    connection.commit()
    connection.close()
    return folder


def test_version_1_ends_as_today_would_have_read_it(old_workspace, tmp_path):
    with Store.open(tmp_path / "new") as store:
        for number, record in enumerate((PREPRINT, PRINTED)):
            store.ingest_feed(Feed("daily-papers", f"{number}.json", DAY, (record,)), seen_on=DAY)
        expected = store.read_corpus(date(2026, 6, 1))
    with Store.open(old_workspace) as store:
        found = store.read_corpus(date(2026, 6, 1))
        assert found.papers["paper_id"].tolist() == ["arxiv:2503.02130"]
        assert found.corpus_hash == expected.corpus_hash
        assert store.feed_looks(DAY)["name"].unique().tolist() == ["daily-papers"]
        assert store.ingest_feed(Feed("daily-papers", "0.json", DAY, (PREPRINT,)), seen_on=DAY).known == 1


def test_a_taken_up_store_has_the_tables_of_a_new_one(old_workspace, tmp_path):
    def shape(folder: Path) -> dict[str, object]:
        with Store.open(folder) as store:
            found = inspect(store._engine)
            return {
                name: (
                    sorted(column["name"] for column in found.get_columns(name)),
                    sorted(index["name"] for index in found.get_indexes(name)),
                )
                for name in found.get_table_names()
            }

    assert shape(old_workspace) == shape(tmp_path / "new")
    assert set(shape(old_workspace)) == set(metadata.tables)
    versions = sqlite3.connect(old_workspace / "corpus.sqlite").execute(
        "SELECT max(version) FROM schema_version"
    )
    assert versions.fetchone() == (SCHEMA_VERSION,)


def test_a_fit_of_version_3_is_read_without_descriptions(old_workspace):
    """It was written before topics kept theirs; its topics are described anew when papers join them."""
    engine = create_engine(f"sqlite:///{old_workspace / 'corpus.sqlite'}")
    center = np.array([1, 0], dtype="<f4").tobytes()
    with engine.begin() as connection:
        for version, step in zip((2, 3), MIGRATIONS, strict=False):
            step(connection)
            connection.execute(text("INSERT INTO schema_version VALUES (:version)"), {"version": version})
        for statement, values in (
            (
                "INSERT INTO topic_fits VALUES (1, '2025-03-04', 'minilm-1', '{}', '{}', 'it was asked for')",
                {},
            ),
            ("INSERT INTO topic_centers VALUES (1, 'T0001', :center, 0.9)", {"center": center}),
            ("INSERT INTO topic_members VALUES (1, 'a', 'T0001', 0.5, 'clustered')", {}),
        ):
            connection.execute(text(statement), values)
    engine.dispose()
    with Store.open(old_workspace) as store:
        state = store.read_fit(DAY).state
    assert state.descriptions is None
    assert state.regions.topic_ids == ("T0001",)
    papers = pd.DataFrame({"paper_id": ["a", "b"], "title": "sparse rewards", "abstract": "Sparse rewards."})
    papers["published"] = pd.Timestamp(DAY)
    topics = join_topics(papers, np.array([[1, 0], [1, 0]], dtype=np.float32), state).topics
    assert topics["n_papers"].tolist() == [2]
    assert topics["label"].tolist() == ["Sparse rewards"]
