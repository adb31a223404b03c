"""Columns that are not read, and ``--map`` where it is of no use, are named."""

from __future__ import annotations

import logging

import pandas as pd
import pytest
from typer.testing import CliRunner

from flows.commands.cli import app
from flows.sources import column_notes
from flows.sources.recognition import read_source


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    monkeypatch.setattr(column_notes, "_said", set())


def said(caplog, path, **keywords):
    caplog.set_level(logging.WARNING, "flows.sources")
    list(read_source(path, **keywords))
    return [record.getMessage() for record in caplog.records]


def test_unread_columns_are_named(caplog, tmp_path):
    (tmp_path / "a.csv").write_text("Title,Abstrct,Date,Notes\nAgents,Text,2025-10-03,x\n")
    assert said(caplog, tmp_path / "a.csv") == [
        "a.csv: columns that are not read: 'Abstrct', 'Notes' (name one with --map COLUMN=FIELD)"
    ]


def test_a_column_that_is_named_is_read(caplog, tmp_path):
    (tmp_path / "a.csv").write_text("Title,Abstrct,Date\nAgents,Text,2025-10-03\n")
    assert said(caplog, tmp_path / "a.csv", columns={"Abstrct": "abstract"}) == []


def test_a_folder_of_exports_has_one_line_and_long_lists_are_cut(caplog, tmp_path):
    names = ",".join(["Title", "Date", *(f"Field {n}" for n in range(30))])
    for n in range(3):
        (tmp_path / f"{n}.csv").write_text(f"{names}\nPaper {n},2025-10-03\n")
    (line,) = said(caplog, tmp_path)
    assert line.startswith("0.csv: columns that are not read: 'Field 0', ")
    assert "'Field 7' and 22 more" in line


def test_parquet_too(caplog, tmp_path):
    pd.DataFrame({"title": ["Agents"], "rating": [3]}).to_parquet(tmp_path / "a.parquet")
    assert said(caplog, tmp_path / "a.parquet")[0].startswith(
        "a.parquet: columns that are not read: 'rating'"
    )


def test_map_is_named_where_there_are_no_columns(caplog, tmp_path):
    (tmp_path / "a.bib").write_text("@article{a, title = {Agents}, year = 2025}\n")
    assert said(caplog, tmp_path / "a.bib", columns={"Heading": "title"}) == [
        "a.bib is not a table; --map Heading=title is not used there"
    ]


def test_map_without_any_file_is_a_mistake(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["ingest", "arxiv:cat:cs.AI", "--map", "Heading=title"])
    assert done.exit_code == 2
    assert "--map names columns of a table, and no source is a file" in done.stderr
