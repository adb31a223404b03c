"""Search finds the nearest papers, whatever made the vectors, and says what stands in its way."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analytics.exceptions import InputError, PapertrendsError
from analytics.papers import content_hash, paper_text
from analytics.vectors.encoders import LexicalVectorizer
from flows.analysis import search, vectorizers
from flows.analysis.search import search_papers
from flows.commands.output_lines import search_json, search_lines
from flows.store import Store

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    """A run over the sample with word weights."""
    cwd = tmp_path_factory.mktemp("search")
    arguments = [
        "run",
        str(ROOT / "data" / "sample" / "daily_papers.txt"),
        "--workspace",
        "w",
        "--as-of",
        "2025-12-10",
        "--vectorizer",
        "lexical",
    ]
    command = [sys.executable, "-m", "flows.commands.cli", *arguments]
    subprocess.run(
        command, cwd=cwd, env=os.environ | {"PYTHONPATH": str(ROOT)}, check=True, capture_output=True
    )
    return cwd / "w"


def papers_of(workspace):
    return pd.read_parquet(workspace / "latest" / "papers.parquet")


def test_a_papers_own_text_finds_it(workspace):
    for row in papers_of(workspace).head(10).to_dict("records"):
        hits = search_papers(
            workspace, workspace / "latest", paper_text(row["title"], row["abstract"]), most=3
        )
        assert hits[0].paper_id == row["paper_id"]
        assert hits[0].score == pytest.approx(1, abs=1e-3)
        assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_scores_are_cosines(workspace):
    papers = papers_of(workspace)
    texts = [paper_text(*row) for row in papers[["title", "abstract"]].itertuples(index=False)]
    fitted = LexicalVectorizer().fit(texts)
    expected = fitted.transform(texts) @ fitted.transform(["agents explore"])[0]
    hits = search_papers(workspace, workspace / "latest", "agents explore", most=len(texts))
    found = pd.Series({hit.paper_id: hit.score for hit in hits})[papers["paper_id"]].to_numpy()
    assert found == pytest.approx(expected, abs=1e-3)


def test_within_a_theme(workspace):
    assigned = pd.read_parquet(workspace / "latest" / "theme_assignments.parquet")
    theme = assigned["theme_id"].iloc[0]
    hits = search_papers(workspace, workspace / "latest", "agents", most=500, theme=theme)
    assert {hit.paper_id for hit in hits} == set(assigned.loc[assigned["theme_id"] == theme, "paper_id"])
    names = pd.read_parquet(workspace / "latest" / "themes.parquet").set_index("theme_id")["name"]
    assert all(names[theme] in hit.themes for hit in hits)


def test_what_is_reported(workspace):
    hits = search_papers(workspace, workspace / "latest", "agents", most=2)
    lines = list(search_lines(hits))
    assert len(lines) == 4
    assert hits[0].paper_id in lines[0]
    told = json.loads(search_json(hits))
    assert [one["paper_id"] for one in told] == [hit.paper_id for hit in hits]
    assert set(told[0]) == {
        "score", "paper_id", "title", "published", "published_basis", "themes", "topic", "url"
    }  # fmt: skip
    assert list(search_lines([])) == ["no papers"]


@pytest.mark.parametrize("vectorizer_id", ["minilm-x", "student-x"])
def test_minilm_reads_the_words_for_itself_and_its_student(workspace, tmp_path, monkeypatch, vectorizer_id):
    class Reader:
        @classmethod
        def of_id(cls, name):
            assert name == "minilm-x"
            return cls()

        def transform(self, texts):
            assert texts == ["agents"]
            return np.eye(1, 4, 2, dtype=np.float32)

    monkeypatch.setattr(search, "MiniLMVectorizer", Reader)
    monkeypatch.setattr(vectorizers, "student_teacher", Reader)
    folder = tmp_path / "run"
    folder.mkdir()
    for path in (workspace / "latest").glob("*.parquet"):
        (folder / path.name).write_bytes(path.read_bytes())
    (folder / "manifest.json").write_text(json.dumps({"vectorizer_id": vectorizer_id}))
    papers = papers_of(workspace)
    texts = [paper_text(*row) for row in papers[["title", "abstract"]].itertuples(index=False)]
    rows = np.zeros((len(texts), 4), dtype=np.float32)
    rows[:, 0], rows[3, 2] = 1, 1
    with Store.open(tmp_path / "w") as store:
        store.write_vectors(vectorizer_id, [content_hash(text) for text in texts], rows)
    (hit,) = search_papers(tmp_path / "w", folder, "agents", most=1)
    assert (hit.paper_id, hit.score) == (papers["paper_id"][3], 1.0)


def test_mistakes(workspace, tmp_path):
    latest = workspace / "latest"
    with pytest.raises(InputError, match="nothing to search for"):
        search_papers(workspace, latest, " ")
    with pytest.raises(InputError, match="--most is 0"):
        search_papers(workspace, latest, "agents", most=0)
    with pytest.raises(
        InputError, match="--theme 'agent' is not a theme of this run; its themes are: .*agents"
    ):
        search_papers(workspace, latest, "agents", theme="agent")
    with pytest.raises(PapertrendsError, match="the store has no vector by lexical-.* of 47 of 47 papers"):
        search_papers(tmp_path / "other", latest, "agents")
