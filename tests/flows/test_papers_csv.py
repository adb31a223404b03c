from __future__ import annotations

import csv

import pandas as pd
import pytest

from analytics.exceptions import PapertrendsError
from analytics.tables import TABLE_COLUMNS, RunTables, empty_table, validate_table
from flows.publication.papers_csv import write_papers_csv


@pytest.fixture
def run() -> RunTables:
    papers = pd.DataFrame(
        {
            "paper_id": ["arxiv:1", "arxiv:2", "title:3"],
            "title": ["=1+1", 'A "quoted", title\nof two lines', "أهلا"],
            "abstract": "not for the list",
            "published": pd.to_datetime(["2025-01-02", "2025-03-04", None]),
            "published_basis": ["stated", "stated", "missing"],
            "published_precision": ["day", "day", "none"],
            "published_source": None,
            "date_fault": None,
            "updated": pd.NaT,
            "is_withdrawn": False,
            "first_seen": pd.Timestamp("2025-03-05"),
            "authors": [["A B", "-C"], [], ["D"]],
            "n_authors": pd.array([2, None, 1], dtype="Int64"),
            "upvotes": pd.array([12, None, 7], dtype="Int64"),
            "organization": ["@home", None, None],
            "categories": [[], [], []],
            "venue": None,
            "url": None,
            "sources": [["file"]] * 3,
            "primary_theme": ["agents", None, None],
            "topic_id": ["T0001", "-1", "T0001"],
        }
    )
    assigned = pd.DataFrame(
        [("arxiv:1", "rl", 3.2, 0.8, False, "reward"), ("arxiv:1", "agents", 4.0, 0.9, True, "agents")],
        columns=list(TABLE_COLUMNS["theme_assignments"]),
    )
    themes = pd.DataFrame(
        [("agents", "Agents", "", 1), ("rl", "RL, exploration", "", 1)], columns=list(TABLE_COLUMNS["themes"])
    )
    topics = pd.DataFrame(
        [
            (
                "T0001",
                "tool use",
                ["tool"],
                0.1,
                2,
                ["arxiv:1"],
                None,
                None,
                None,
                "data",
                [],
                False,
                False,
                "",
            )
        ],
        columns=list(TABLE_COLUMNS["topics"]),
    )
    given = {"papers": papers, "theme_assignments": assigned, "themes": themes, "topics": topics}
    empty = {name: empty_table(name) for name in TABLE_COLUMNS}
    return RunTables(**empty | {name: validate_table(name, table) for name, table in given.items()})


def rows_of(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_papers_newest_first_with_themes_and_topic(run, tmp_path):
    write_papers_csv(run, tmp_path / "papers.csv")
    assert (tmp_path / "papers.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    rows = rows_of(tmp_path / "papers.csv")
    assert [row["paper_id"] for row in rows] == ["arxiv:2", "arxiv:1", "title:3"]
    assert "abstract" not in rows[0]
    assert [row["published"] for row in rows] == ["2025-03-04", "2025-01-02", ""]
    assert rows[0]["title"] == 'A "quoted", title\nof two lines'
    assert [row["themes"] for row in rows] == ["", "Agents; RL, exploration", ""]
    assert [row["topic"] for row in rows] == ["", "tool use", "tool use"]
    assert [row["upvotes"] for row in rows] == ["", "12", "7"]
    assert rows[2]["title"] == "أهلا"


def test_no_text_is_a_formula(run, tmp_path):
    write_papers_csv(run, tmp_path / "papers.csv")
    row = rows_of(tmp_path / "papers.csv")[1]
    assert (row["title"], row["organization"], row["authors"]) == ("'=1+1", "'@home", "A B; -C")


def test_a_corpus_without_themes_or_topics(run, tmp_path):
    from dataclasses import replace

    names = ("theme_assignments", "themes", "topics")
    bare = replace(run, **{name: empty_table(name) for name in names})
    write_papers_csv(bare, tmp_path / "papers.csv")
    assert [(row["themes"], row["topic"]) for row in rows_of(tmp_path / "papers.csv")] == [("", "")] * 3


def test_a_folder_that_is_not_there_is_reported(run, tmp_path):
    with pytest.raises(PapertrendsError, match=r"papers\.csv cannot be written \(No such file"):
        write_papers_csv(run, tmp_path / "none" / "papers.csv")
