"""Labels of the saved Daily Papers say what most of their papers say; the measure by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


def test_the_measure_by_hand(monkeypatch):
    monkeypatch.syspath_prepend(BENCHMARKS)
    from name_measures import TopicNames, measured_names, name_summary

    texts = (
        ["image edits"] * 3 + ["editing a photo"] * 5 + ["reinforcement learning (RL)"] * 3 + ["RL agents"]
    )
    names = TopicNames.read(texts, lambda words: np.eye(200, dtype=np.float32)[list(map(place, words))])
    topics = np.array(["a"] * 8 + ["b"] * 4, dtype=object)
    found = measured_names(names, {"a": "image editing", "b": "reinforcement learning, RL agents"}, topics)
    assert found["carried"].tolist() == [1.0, 0.25], "of the halves the lesser counts"
    assert found["by_stem"].tolist() == [3 / 8, 0.25]
    assert found["elsewhere"].round(3).tolist() == [0.1, 0.056]
    assert name_summary(found) == {
        "topics": 2, "by_half": 0.5, "by_half_by_stem": 0.0, "least": 0.25, "least_by_stem": 0.25,
        "distinct": 1.0, "generic": 0,
    }  # fmt: skip


def test_the_plural_of_an_abbreviation_is_the_abbreviation(monkeypatch):
    monkeypatch.syspath_prepend(BENCHMARKS)
    from name_measures import TopicNames

    texts = ["large language models (LLM)"] * 3 + ["an LLM", "two LLMs", "large models"]
    names = TopicNames.read(texts, lambda words: np.zeros((len(words), 1), dtype=np.float32))
    assert names.carriers("LLMs", synonyms=False) == {0, 1, 2, 3, 4}


def place(word, known={}):  # noqa: B006 - a vocabulary that grows
    """Axis of a word; "photo" shares that of "image"."""
    return known.setdefault("image" if word == "photo" else word, len(known))


@pytest.mark.slow
@pytest.mark.shared
def test_labels_of_the_daily_papers_are_carried_by_their_papers(shared_dir, monkeypatch):
    """Issue: nine in ten labels carried by half of their papers, none by fewer than a third, none generic."""
    monkeypatch.syspath_prepend(BENCHMARKS)
    from bench_topic_names import measure_names

    from analytics.vectors.encoders import make_vectorizer

    assert shared_dir
    summary, measured = measure_names(make_vectorizer("minilm").fit([]), None)
    assert summary["topics"] >= 30
    assert summary["by_half"] >= 0.9, measured[measured["carried"] < 0.5]
    assert summary["least"] >= 1 / 3, measured[measured["carried"] < 1 / 3]
    assert summary["distinct"] >= 0.95
    assert summary["generic"] == 0
