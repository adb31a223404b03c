"""Topics of two runs: matched one to one by shared papers, whatever their numbers and the order of rows."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analytics.topics.identity import match_topics, rename_topics


def assignments(topics: dict[str, str]) -> pd.DataFrame:
    rows = [(paper, topic) for topic, papers in topics.items() for paper in papers]
    return pd.DataFrame(rows, columns=["paper_id", "topic_id"])


def test_by_hand() -> None:
    before = assignments({"T0001": "abcd", "T0002": "efgh", "T0003": "ijkl", "-1": "mn"})
    after = assignments({"T0001": "efgz", "T0002": "abcd", "T0003": "ikm", "-1": "hjln"})
    # T0003: i and k of i, j, k, l, m are two of five.
    assert match_topics(before, after) == {"T0001": "T0002", "T0002": "T0001"}


def test_a_split_keeps_the_larger_half_only() -> None:
    before = assignments({"T0001": "abcdefghij"})
    after = assignments({"T0001": "abc", "T0002": "defghij"})
    assert match_topics(before, after) == {"T0001": "T0002"}


def test_papers_that_came_or_went_do_not_count() -> None:
    before = assignments({"T0001": "abcXYZUVW"})
    after = assignments({"T0005": "abc123456"})
    assert match_topics(before, after) == {"T0001": "T0005"}


def test_nothing_in_common() -> None:
    before, after = assignments({"T0001": "ab"}), assignments({"T0001": "cd", "-1": "e"})
    assert match_topics(before, after) == {}
    assert match_topics(before[:0], after) == {}
    assert match_topics(before, assignments({"-1": "ab"})) == {}


def test_renumbered_topics_are_found_in_any_order() -> None:
    rng = np.random.default_rng(0)
    numbers = rng.integers(0, 20, 2000)
    names = np.array([f"T{n:04d}" for n in rng.permutation(20)])
    papers = [f"p{i}" for i in range(2000)]
    before = pd.DataFrame({"paper_id": papers, "topic_id": [f"T{n:04d}" for n in numbers]})
    after = pd.DataFrame({"paper_id": papers, "topic_id": names[numbers]}).sample(frac=1, random_state=1)
    assert match_topics(before, after) == {f"T{n:04d}": names[n] for n in range(20)}


def test_rename() -> None:
    topics = pd.DataFrame({"topic_id": ["T0001", "T0002", "-1"]})
    assert rename_topics(topics, {"T0001": "T0002"})["topic_id"].tolist() == ["T0002", "gone:T0002", "-1"]
    series = pd.DataFrame({"kind": ["theme", "topic"], "series_id": ["T0001", "T0001"]})
    assert rename_topics(series, {"T0001": "T0007"})["series_id"].tolist() == ["T0001", "T0007"]
