"""Forgetting papers and sources: nothing of them is left, and nothing brings them back."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from analytics.papers import Feed, PaperRecord, content_hash, paper_text
from flows.commands.cli import app
from flows.publication import purge
from flows.store import Store

DAY = date(2025, 12, 10)
SECRET = "Wombats that must go"
GONE = PaperRecord(SECRET, "Their whole text.", arxiv_id="2510.00001", doi="10.1/wombat")
STAYS = PaperRecord("Agents that stay", "Another text.", arxiv_id="2510.00002")


def feed(*records, location="a.csv", source="table", name=""):
    return Feed(source, location, DAY, records, name=name)


@pytest.fixture
def store(tmp_path, database):
    with Store.open(tmp_path / "w") as made:
        made.ingest_feed(feed(GONE, STAYS), seen_on=DAY)
        made.ingest_feed(feed(GONE, location="b.csv"), seen_on=DAY)
        yield made


def titles(store):
    return sorted(store.read_papers(DAY)["title"])


def test_a_paper_is_gone_from_every_table(store, tmp_path, database):
    text = content_hash(paper_text(GONE.title, GONE.abstract))
    store.write_vectors("minilm-x", [text], np.ones((1, 3)))
    label = {"paper_id": "arxiv:2510.00001", "theme_id": "agents", "answer": "yes", "labeller": "ada"}
    label |= {"day": pd.Timestamp(DAY), "draw": None, "draw_probability": None, "definition": "d"}
    store.write_labels(pd.DataFrame([label]).astype({"draw": "Int64", "draw_probability": "float64"}))
    found = store.forget("arxiv:2510.00001", day=DAY, person="ada")
    assert found.paper_ids == ("arxiv:2510.00001",)
    assert (found.n_records, found.n_sightings, found.n_vectors, found.n_labels) == (1, 2, 1, 1)
    assert store.read_label_history().empty
    assert titles(store) == ["Agents that stay"]
    assert not store.read_vectors("minilm-x", [text])[0].any()
    if database == "sqlite":
        for path in (tmp_path / "w").glob("corpus.sqlite*"):
            assert b"ombats" not in path.read_bytes(), path
            assert b"whole text" not in path.read_bytes()


@pytest.mark.parametrize(
    "again",
    [
        GONE,
        PaperRecord("Another title of it", "New text.", arxiv_id="2510.00001"),
        PaperRecord("Another title of it", "New text.", doi="10.1/WOMBAT"),
        PaperRecord(SECRET.upper(), "New text."),
        PaperRecord(SECRET, "New text.", doi="10.1/published"),
    ],
)
def test_a_later_ingest_does_not_bring_a_paper_back(store, again):
    store.forget(SECRET, day=DAY, person="ada")
    counts = store.ingest_feed(feed(again, STAYS, location="c.csv"), seen_on=DAY)
    assert (counts.new, counts.known) == (0, 1)
    assert titles(store) == ["Agents that stay"]


def test_another_work_with_an_arxiv_id_may_have_the_title(store):
    store.forget("2510.00001", day=DAY, person="ada")
    store.ingest_feed(feed(PaperRecord(SECRET, "", arxiv_id="2511.00009"), location="c.csv"), seen_on=DAY)
    assert titles(store) == sorted(["Agents that stay", SECRET])


def test_the_record_says_when_and_who_and_not_what(store):
    store.forget(SECRET, day=DAY, person="ada")
    rows = store.read_forgotten()
    assert {(row.day, row.kind, row.person) for row in rows} == {(DAY, "paper", "ada")}
    assert {"arxiv:2510.00001", "doi:10.1/wombat"} <= {row.address for row in rows}
    assert not any("ombats" in row.address for row in rows)


def test_a_source_takes_what_only_it_showed(store):
    other = PaperRecord("Only in b", "Text.", arxiv_id="2510.00003")
    store.ingest_feed(feed(GONE, other, location="b.csv"), seen_on=DAY)
    found = store.forget("b.csv", day=DAY, person="ada")
    assert (found.kind, found.paper_ids) == ("source", ("arxiv:2510.00003",))
    assert titles(store) == ["Agents that stay", SECRET]
    assert set(store.feed_looks(DAY)["location"]) == {"a.csv"}
    counts = store.ingest_feed(feed(other, location="b.csv"), seen_on=DAY)
    assert counts.new == 0
    assert store.ingest_feed(feed(other, location="b2.csv"), seen_on=DAY).new == 1


def test_a_feed_goes_by_its_name_with_all_its_windows(store):
    for n in (1, 2):
        record = PaperRecord(f"Of a feed {n}", "Text.", arxiv_id=f"2509.0000{n}")
        store.ingest_feed(
            feed(record, location=f"cat:cs.MA {n}", source="arxiv", name="arxiv:cat:cs.MA"), seen_on=DAY
        )
    assert len(store.forget("arxiv:cat:cs.MA", day=DAY, person="ada").paper_ids) == 2
    assert titles(store) == sorted(["Agents that stay", SECRET])


def test_records_that_were_one_work_are_placed_again(store):
    """The paper loses the record of one source, and keeps what the other says."""
    bare = PaperRecord("Agents that stay", "A longer text of another source.")
    store.ingest_feed(feed(bare, location="d.csv"), seen_on=DAY)
    store.forget("a.csv", day=DAY, person="ada")
    assert titles(store) == sorted(["Agents that stay", SECRET])
    assert store.read_paper("Agents that stay").sightings[0].location == "d.csv"


def call(*arguments):
    return CliRunner().invoke(app, [str(one) for one in arguments])


def run_folder(workspace, run_id, *paper_ids):
    folder = workspace / "runs" / run_id
    folder.mkdir(parents=True)
    pd.DataFrame({"paper_id": list(paper_ids)}).to_parquet(folder / "papers.parquet")
    (folder / "manifest.json").write_text("{}")
    return folder


@pytest.mark.parametrize(
    ("asked", "later"),
    [("2510.00001", "2510.00001"), ("2510.00001", "doi:10.1/wombat"), (SECRET, SECRET), ("a.csv", "a.csv")],
)
def test_runs_that_contain_it_are_named_and_removed_only_when_asked(tmp_path, monkeypatch, asked, later):
    monkeypatch.chdir(tmp_path)
    with Store.open(tmp_path / "w") as store:
        store.ingest_feed(feed(GONE), seen_on=DAY)
        store.ingest_feed(feed(STAYS, location="b.csv"), seen_on=DAY)
    old = run_folder(tmp_path / "w", "20250101T000000-000000-aaaaaaaa", "arxiv:2510.00002")
    new = run_folder(tmp_path / "w", "20250102T000000-000000-bbbbbbbb", "arxiv:2510.00001")
    (tmp_path / "w" / "latest").symlink_to(f"runs/{new.name}")
    done = call("forget", asked, "--workspace", "w", "--as", "ada")
    assert done.exit_code == 0, done.output
    assert "1 papers, 1 records, 1 sightings" in done.stdout
    assert f"1 run folders still contain it, as a published run never changes: {new.name}" in done.stdout
    assert new.is_dir()
    again = call("forget", later, "--workspace", "w", "--purge-runs", "--as", "ada")
    assert again.exit_code == 0, again.output
    assert "removed 1 run folders" in again.stdout
    assert not new.exists()
    assert old.is_dir()
    assert (tmp_path / "w" / "latest").resolve() == old
    listed = call("forget", "--workspace", "w")
    assert ("a.csv" if asked == "a.csv" else "arxiv:2510.00001") + "  (by ada)" in listed.stdout


def test_the_last_run_takes_latest_with_it(tmp_path):
    only = run_folder(tmp_path, "20250102T000000-000000-bbbbbbbb", "arxiv:2510.00001")
    (tmp_path / "latest").symlink_to(f"runs/{only.name}")
    assert purge.runs_with_papers(tmp_path, ["arxiv:2510.00001"]) == [only.name]
    purge.purge_runs(tmp_path, [only.name], "")
    assert not only.exists()
    assert not (tmp_path / "latest").is_symlink()


@pytest.mark.parametrize("arguments", [["nothing like it"], ["--purge-runs"]])
def test_a_mistake_forgets_nothing(tmp_path, arguments):
    with Store.open(tmp_path) as store:
        store.ingest_feed(feed(STAYS), seen_on=DAY)
    done = call("forget", *arguments, "--workspace", tmp_path, "--as", "ada")
    assert done.exit_code == 2
    with Store.open(tmp_path) as store:
        assert store.read_forgotten() == []
        assert titles(store) == ["Agents that stay"]
