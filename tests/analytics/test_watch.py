"""A watch finds the papers of a person, an organization, a phrase, or near a paper, and no others."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analytics.tables import TABLE_COLUMNS
from analytics.watch import Watch, find_watched, unknown_papers, watch_words


def papers(**columns):
    n = len(next(iter(columns.values())))
    usual = {"title": ["A paper"] * n, "abstract": [""] * n, "authors": [[]] * n, "organization": [None] * n}
    return pd.DataFrame({"paper_id": [f"p{i}" for i in range(n)], **usual, **columns})


def found(table, vectors=None, **watch):
    vectors = np.zeros((len(table), 2), np.float32) if vectors is None else vectors
    rows = find_watched(table, vectors, [Watch("mine", **watch)])
    assert list(rows.columns) == list(TABLE_COLUMNS["watched"])
    return dict(zip(rows["paper_id"], rows["reason"], strict=True))


@pytest.mark.parametrize(
    ("written", "is_same"),
    [
        ("Jürgen Example", True),
        ("J. Example", True),
        ("Example, Jürgen K.", True),
        ("Juergen Example", True),
        ("Jana Example", False),
        ("Example", False),
        ("Jürgen Exampler", False),
        ("Example Jürgensen-Smith", False),
    ],
)
def test_an_author_in_any_form_but_no_namesake(written, is_same):
    table = papers(authors=[["Bo Sample", written]])
    assert found(table, authors=("Jürgen Example",)) == ({"p0": f"by {written}"} if is_same else {})


def test_an_organization_by_its_words():
    table = papers(organization=["Google DeepMind", "deepmind", "DeepMinders", None, "Example Institute"])
    reasons = found(table, organizations=("DeepMind", "Example  Institute"))
    assert reasons == {"p0": "from DeepMind", "p1": "from DeepMind", "p4": "from Example  Institute"}


def test_words_by_stems_in_order_within_title_or_abstract():
    table = papers(
        title=["Reward-hacking agents", "Hacking rewards", "On rewards", "About reward"],
        abstract=["", "", "They hacked the rewards", "Hacking is another thing"],
    )
    assert watch_words(table, ["reward hacking"]) == {0: "reward hacking"}
    assert watch_words(table, ["hacking rewards", "agents"]) == {0: "agents", 1: "hacking rewards"}
    assert watch_words(table, ["", "…"]) == {}


def test_similar_papers_are_near_around_the_mean():
    rng = np.random.default_rng(0)
    # All share a direction, as texts of one field do; the first two share another besides.
    vectors = rng.normal(0, 1, (200, 30)) + 8 * np.eye(30)[0]
    vectors[:2] += 9 * np.eye(30)[1]
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    table = papers(title=[f"Paper {i}" for i in range(200)])
    assert found(table, vectors, papers=("p0",)) == {"p1": "similar to “Paper 0”"}
    assert found(table.iloc[:1], vectors[:1], papers=("p0",)) == {}
    assert unknown_papers(table, [Watch("mine", papers=("p0", "arxiv:1"))]) == [("mine", "arxiv:1")]


def test_a_person_is_a_stronger_reason_than_words():
    table = papers(title=["Reward hacking"], authors=[["Ada Example"]])
    assert found(table, words=("reward hacking",), authors=("A. Example",)) == {"p0": "by Ada Example"}


def test_nothing_watched_and_nothing_there():
    assert find_watched(papers(title=["A"]), np.zeros((1, 2), np.float32), []).empty
    assert found(papers(title=[]), papers=("p0",), authors=("Ada Example",)) == {}
