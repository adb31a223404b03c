"""Clusters that hold too many rows give way to those within them, others stay as they are."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import v_measure_score

from analytics.topics import clustering
from analytics.topics.clustering import Clusters, TopicParameters, cluster_vectors


def clusters(text: str) -> Clusters:
    """A letter per row, "-" for none; strength 1, of capitals .5."""
    labels = np.array([-1 if letter == "-" else ord(letter.lower()) - ord("a") for letter in text])
    return Clusters(labels, np.array([0.0 if one == "-" else 0.5 if one.isupper() else 1.0 for one in text]))


@pytest.mark.parametrize(
    ("found", "finer", "expected"),
    [
        ("aaaaaabb-", "AAA-BBccc", "CCC-DDbb-"),
        ("aaaaaabb-", "aaa---ccc", "aaaaaabb-"),
        ("aaaaaaa-b", "aa----b-c", "aaaaaaa-b"),
        ("aaaaabbbb", "aabbbccdd", "ccdddeeff"),
        ("aaabbbccc", "abcdefghi", "aaabbbccc"),
        ("---------", "---------", "---------"),
    ],
    ids=["by two parts", "one part is no division", "most would be lost", "two at once", "none too large", "no cluster"],
)  # fmt: skip
def test_by_hand(found, finer, expected):
    done, wanted = clustering._taken_apart(clusters(found), clusters(finer), most=3), clusters(expected)
    assert done.labels.tolist() == wanted.labels.tolist()
    assert done.strengths.tolist() == wanted.strengths.tolist()


def a_field_and_subjects(rng):
    """Eight near subjects of one field, which are half of all rows, and eight that are far from each other."""
    directions = rng.normal(size=(9, 32))
    directions *= 3 / np.linalg.norm(directions, axis=1, keepdims=True)
    near = directions[0] + 1.2 * rng.normal(size=(8, 32)) / np.sqrt(32)
    centers = np.concatenate((near, directions[1:]))
    rows = (centers[:, None] + 2.2 * rng.normal(size=(16, 40, 32)) / np.sqrt(32)).reshape(-1, 32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows.astype(np.float32), np.repeat(np.arange(16), 40)


@pytest.mark.slow
def test_a_field_is_no_topic(monkeypatch):
    rows, subjects = a_field_and_subjects(np.random.default_rng(0))
    parameters = TopicParameters(15, 5, 8, 2)
    done = cluster_vectors(rows, parameters, random_state=0)
    monkeypatch.setattr(clustering, "_LARGE_PART", 1.0)
    plain = cluster_vectors(rows, parameters, random_state=0)
    sizes, plain_sizes = (np.bincount(one.labels + 1)[1:] for one in (done, plain))
    assert plain_sizes.max() >= 300, "the field is one cluster, else this shows nothing"
    assert sizes.max() <= len(rows) / 3
    assert v_measure_score(subjects, done.labels) > v_measure_score(subjects, plain.labels)
    assert ((done.labels < 0) == (done.strengths == 0)).all()
    # Outside the field nothing is another than before.
    outside = plain.labels != plain_sizes.argmax()
    assert (done.labels[outside] == plain.labels[outside]).all()
    assert (done.strengths[outside] == plain.strengths[outside]).all()
