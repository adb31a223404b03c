"""Vectors in the store: exact, by vectorizer and content, and never poisoned by a damaged row."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import text

from analytics.exceptions import PapertrendsError
from flows.store import Store

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def store(tmp_path: Path):
    with Store.open(tmp_path) as opened:
        yield opened


def make_vectors(n: int, dimension: int = 5) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(n, dimension)).astype(np.float32)


def test_vectors_come_back_bit_for_bit_in_the_order_asked_for(store):
    hashes = [f"h{i:05d}" for i in range(2503)]  # more than one transaction and many statements
    given = make_vectors(len(hashes))
    given[0] = [np.float32(1e-45), np.finfo(np.float32).max, -0.0, 1 / 3, np.pi]
    store.write_vectors("minilm-1", hashes, given)
    order = np.random.default_rng(1).permutation(len(hashes))
    found, vectors = store.read_vectors("minilm-1", [hashes[i] for i in order])
    assert found.all()
    assert vectors.dtype == np.float32
    assert vectors.tobytes() == given[order].tobytes()


def test_absent_vectors_are_marked_and_repeats_allowed(store):
    given = make_vectors(2)
    store.write_vectors("v", ["a", "b"], given)
    found, vectors = store.read_vectors("v", ["b", "x", "b", "a"])
    assert found.tolist() == [True, False, True, True]
    np.testing.assert_array_equal(vectors, [given[1], np.zeros(5), given[1], given[0]])
    found, vectors = store.read_vectors("v", [])
    assert (found.shape, vectors.shape) == ((0,), (0, 0))


def test_vectorizers_do_not_see_each_other(store):
    store.write_vectors("one", ["a"], make_vectors(1))
    found, vectors = store.read_vectors("two", ["a"])
    assert (found.tolist(), vectors.shape) == ([False], (1, 0))


def test_other_number_formats_are_stored_as_float32(store):
    given = np.asfortranarray(np.arange(6, dtype=">f8").reshape(2, 3))
    store.write_vectors("v", ["a", "b"], given)
    np.testing.assert_array_equal(store.read_vectors("v", ["a", "b"])[1], [[0, 1, 2], [3, 4, 5]])


@pytest.mark.parametrize(
    ("blob", "dimension"),
    [
        (b"\x00" * 19, 5),
        (b"", 0),
        (np.array([1, np.nan, 1, 1, 1], "<f4").tobytes(), 5),
        (np.array([1, np.inf, 1, 1, 1], "<f4").tobytes(), 5),
        (np.ones(4, "<f4").tobytes(), 4),
        ("a text instead", 5),
    ],
)
def test_a_damaged_vector_counts_as_absent_and_is_mended_by_the_next_write(
    store, database, caplog, blob, dimension
):
    if database == "postgresql" and isinstance(blob, str):
        blob = blob.encode()  # its columns take nothing but their type
    given = make_vectors(3)
    store.write_vectors("v", ["a", "b", "c"], given)
    with store._writer.begin() as connection:
        change = text("UPDATE vectors SET vector = :blob, dimension = :size WHERE content_hash = 'b'")
        connection.execute(change, {"blob": blob, "size": dimension})
    with caplog.at_level(logging.WARNING, logger="flows.store.vectors"):
        found, vectors = store.read_vectors("v", ["a", "b", "c"])
    assert found.tolist() == [True, False, True]
    np.testing.assert_array_equal(vectors[found], given[[0, 2]])
    assert caplog.messages == [
        "1 of 3 stored vectors of v are damaged; they are treated as missing and will be computed again"
    ]
    store.write_vectors("v", ["b"], given[[1]])
    caplog.clear()
    found, vectors = store.read_vectors("v", ["a", "b", "c"])
    assert found.all()
    np.testing.assert_array_equal(vectors, given)
    assert not caplog.messages


def test_where_all_vectors_are_damaged_all_count_as_absent(store, caplog):
    store.write_vectors("v", ["a", "b"], make_vectors(2))
    with store._writer.begin() as connection:
        connection.execute(text("UPDATE vectors SET vector = :blob, dimension = 0"), {"blob": b""})
    with caplog.at_level(logging.WARNING, logger="flows.store.vectors"):
        found, vectors = store.read_vectors("v", ["a", "b"])
    assert found.tolist() == [False, False]
    assert vectors.shape == (2, 0)
    assert "2 of 2 stored vectors of v are damaged" in caplog.text


@pytest.mark.parametrize(
    ("hashes", "vectors"),
    [
        (["a"], np.ones((2, 3), np.float32)),
        (["a"], np.ones(3, np.float32)),
        (["a"], np.ones((1, 0), np.float32)),
        (["a", "b"], np.array([[1, 2], [3, np.nan]], np.float32)),
    ],
)
def test_vectors_that_fit_no_text_are_refused_whole(store, hashes, vectors):
    with pytest.raises(PapertrendsError, match="vectors"):
        store.write_vectors("v", hashes, vectors)
    assert not store.read_vectors("v", ["a", "b"])[0].any()


def test_no_vectors_at_all_is_fine(store):
    store.write_vectors("v", [], np.zeros((0, 5), np.float32))
    assert store.read_vectors("v", ["a"])[1].shape == (1, 0)
