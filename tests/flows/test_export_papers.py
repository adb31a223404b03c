"""Exported papers are read back as they were, and no cell becomes a formula."""

from __future__ import annotations

import csv
import io

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from analytics.exceptions import InputError
from flows.commands.cli import app
from flows.config.settings import Settings
from flows.publication.bibliographies import render_bibtex, render_ris
from flows.publication.exported_papers import COLUMNS, Choice, exported_papers
from flows.publication.spreadsheets import render_csv, render_xlsx
from flows.runs import publish_run
from flows.sources.plain_text import clean_text
from flows.sources.recognition import read_source
from flows.store import Store
from tests.reports.conftest import make_run

RUN = "20251222T060000-000000-aaaaaaaa"
HARD = [
    "Agents & tools: 50% of $5 -- or #1_best {really}?",
    "On $O(n^{2})$ attention ~ x^2 \\alpha",
    '=HYPERLINK("https://example.org")',
    "Größe, naïve Erdős, 智能体, “quoted” and ``so''",
]


def table(titles, **columns):
    n = len(titles)
    usual = {
        "paper_id": [f"arxiv:2401.{i:05d}" for i in range(n)],
        "title": titles,
        "authors": [["Ada Example", "Bo van den Sample", "Example Consortium, Inc."]] * n,
        "published": pd.to_datetime(["2024-01-05"] * n),
        "organization": ["R&D Lab"] * n,
        "url": [f"https://example.org/a_b?x={i}&y=%20" for i in range(n)],
        "upvotes": pd.array([3] * n, dtype="Int64"),
        "themes": [["Agents", "RL"]] * n,
        "topic": [""] * n,
        "abstract": [f"We study {title}" for title in titles],
        "published_precision": ["day"] * n,
        "n_authors": pd.array([3] * n, dtype="Int64"),
    }
    return pd.DataFrame({**usual, **columns})


def read_back(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    feeds = list(read_source(str(path)))
    assert not [one for feed in feeds for one in feed.rejects]
    return [record for feed in feeds for record in feed.records]


@pytest.mark.parametrize(("name", "render"), [("a.bib", render_bibtex), ("a.ris", render_ris)])
def test_a_bibliography_is_read_back(tmp_path, name, render):
    papers = table(HARD)
    records = read_back(tmp_path, name, render(papers))
    for paper, record in zip(papers.to_dict("records"), records, strict=True):
        assert record.title == clean_text(paper["title"])
        assert record.abstract == clean_text(paper["abstract"])
        assert record.arxiv_id == paper["paper_id"].removeprefix("arxiv:")
        assert str(record.published) == "2024-01-05"
        assert record.url == paper["url"]
        assert record.authors[:2] == ("Ada Example", "Bo van den Sample")


@settings(max_examples=40, deadline=None)
@given(st.text(alphabet="aB \\{}$&%#_~^<>-'`\"@,;:=é", min_size=1, max_size=40))
def test_any_title_leaves_the_next_entry_whole(tmp_path_factory, title):
    folder = tmp_path_factory.mktemp("export")
    for name, render in (("a.bib", render_bibtex), ("a.ris", render_ris)):
        records = read_back(folder, name, render(table([f"Word {title} word", "The next"])))
        assert records[-1].title == "The next"
        assert len(records) == 2


def test_dates_say_no_more_than_is_known(tmp_path):
    papers = table(["One", "Two", "Three"], published_precision=["year", "month", "day"])
    papers.loc[2, "published"] = pd.NaT
    records = read_back(tmp_path, "a.bib", render_bibtex(papers))
    assert [record.published_precision for record in records[:2]] == ["year", "month"]
    assert records[2].published is None


def test_keys_differ_and_further_authors_are_others():
    text = render_bibtex(table(["Same", "Same"], n_authors=pd.array([9, 3], dtype="Int64")))
    assert "@misc{example2024same," in text
    assert "@misc{example2024same-2," in text
    assert text.count(" and others}") == 1


def test_no_cell_of_a_csv_is_a_formula(tmp_path):
    papers = table(["=1+1", " =2", "-x", "@y", "+z", "Plain"])
    rows = list(csv.DictReader(io.StringIO(render_csv(papers).removeprefix("\ufeff"))))
    assert list(rows[0]) == list(COLUMNS)
    assert [row["title"] for row in rows] == ["'=1+1", "' =2", "'-x", "'@y", "'+z", "Plain"]
    assert rows[0]["authors"] == "Ada Example; Bo van den Sample; Example Consortium, Inc."


def test_a_workbook_is_read_back_and_holds_texts(tmp_path):
    papers = table(["=1+1", "A < b & c", "x\x0by"], organization=["Lab", None, "Lab"])
    content = render_xlsx(papers)
    assert content == render_xlsx(papers)
    assert b"<f>" not in content
    records = read_back(tmp_path, "a.xlsx", content)
    assert [record.title for record in records][:2] == ["=1+1", "A < b & c"]
    assert records[0].authors[0] == "Ada Example"
    assert str(records[0].published) == "2024-01-05"


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    folder = tmp_path_factory.mktemp("workspace")
    made = make_run(60)
    ids = made.tables.papers["paper_id"]
    labels = pd.DataFrame(
        {
            "theme_id": "agents", "paper_id": ids.iloc[[0, 1, 1]], "answer": ["yes", "yes", "no"],
            "labeller": "ada", "day": pd.to_datetime(["2025-01-01", "2025-01-01", "2025-01-02"]),
            "draw": pd.array([None] * 3, dtype="Int64"), "draw_probability": float("nan"), "definition": "",
        }
    )  # fmt: skip
    watched = pd.DataFrame({"watch": ["Mine"], "paper_id": [ids.iloc[5]], "reason": ["by Ada Example"]})
    made = made.with_tables(labels=labels, watched=watched)
    publish_run(folder, RUN, made.tables, made.manifest, {}, "")
    with Store.open(folder):
        pass
    return folder, made.tables


class TestChoice:
    def chosen(self, workspace, **choice):
        folder, _ = workspace
        return exported_papers(folder / "runs" / RUN, Choice(**choice), Settings(workspace=folder))

    def test_each_way(self, workspace):
        _, tables = workspace
        rows = tables.theme_assignments
        agents = self.chosen(workspace, theme="agents")
        assert set(agents["paper_id"]) == set(rows.loc[rows["theme_id"] == "agents", "paper_id"])
        assert agents["published"].is_monotonic_decreasing
        assert all("Agents" in themes for themes in agents["themes"])
        topic = self.chosen(workspace, topic="T0001")
        assert set(topic["topic"]) == {tables.topics.set_index("topic_id")["label"]["T0001"]}
        ids = tables.papers["paper_id"]
        assert list(self.chosen(workspace, label="agents")["paper_id"]) == [ids.iloc[0]]
        assert list(self.chosen(workspace, label="agents=no")["paper_id"]) == [ids.iloc[1]]
        assert list(self.chosen(workspace, watch="Mine")["paper_id"]) == [ids.iloc[5]]

    @pytest.mark.parametrize(
        ("choice", "said"),
        [
            ({}, "give one of --theme"),
            ({"theme": "agents", "topic": "T0001"}, "--theme and --topic"),
            ({"theme": "nope"}, "--theme 'nope' is not in this run; it has: agents"),
            ({"watch": "nope"}, "it has: Mine"),
            ({"label": "agents=perhaps"}, "'perhaps' is no answer; use"),
        ],
    )
    def test_a_wrong_choice_is_named(self, workspace, choice, said):
        with pytest.raises(InputError, match=said):
            self.chosen(workspace, **choice)


def test_the_command_writes_by_the_ending(workspace, tmp_path):
    call = ["export", "--theme", "agents", "--workspace", str(workspace[0]), "--output"]
    result = CliRunner().invoke(app, [*call, str(tmp_path / "deep" / "agents.bib")])
    assert result.exit_code == 0, result.output
    assert (tmp_path / "deep" / "agents.bib").read_text(encoding="utf-8").startswith("@misc{")
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["agents.bib"]
    wrong = CliRunner().invoke(app, [*call, str(tmp_path / "agents.txt")])
    assert wrong.exit_code == 2
    assert "give --format" in wrong.output
