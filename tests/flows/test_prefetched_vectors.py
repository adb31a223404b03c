"""Vectors read ahead are those that the store would give, each once, and are let go."""

from __future__ import annotations

import numpy as np
import pytest

from flows.analysis import prefetched_vectors
from flows.analysis.prefetched_vectors import read_vectors_ahead, stored_vectors
from flows.store import Store

HASHES = [f"{n:032x}" for n in range(6)]
VECTORS = np.random.default_rng(0).standard_normal((6, 4)).astype(np.float32)


@pytest.fixture
def store(tmp_path):
    with Store.open(tmp_path) as opened:
        opened.write_vectors("v", HASHES[:4], VECTORS[:4])
        yield opened


def same(store, hashes):
    ahead = stored_vectors(store, "v", hashes)
    plain = store.read_vectors("v", hashes)
    np.testing.assert_array_equal(ahead[0], plain[0])
    np.testing.assert_array_equal(ahead[1][plain[0]], plain[1][plain[0]])
    return ahead


@pytest.mark.parametrize(
    "asked", [[], HASHES[:4], HASHES[3::-1], [HASHES[1], HASHES[1]], HASHES[2:], HASHES[4:], HASHES]
)
def test_they_are_those_of_the_store(store, asked):
    read_vectors_ahead(store, "v")
    found, vectors = same(store, asked)
    assert not vectors[~found].any()
    assert "v" not in prefetched_vectors._PREFETCHED


def test_what_came_after_the_reading_is_found_too(store):
    read_vectors_ahead(store, "v")
    store.write_vectors("v", HASHES[4:], VECTORS[4:])
    found, vectors = same(store, HASHES)
    assert found.all()
    np.testing.assert_array_equal(vectors, VECTORS)


def test_of_another_vectorizer_nothing_is_taken(store):
    read_vectors_ahead(store, "v")
    found, _ = stored_vectors(store, "w", HASHES)
    assert not found.any()
    prefetched_vectors._PREFETCHED.clear()


def test_a_reading_that_fails_leaves_it_to_the_store(store, monkeypatch):
    def fail(self, *_):
        raise OSError("gone")

    with monkeypatch.context() as patched:
        patched.setattr(Store, "vector_hashes", fail)
        with pytest.raises(OSError, match="gone"):
            read_vectors_ahead(store, "v")
    assert same(store, HASHES[:4])[0].all()


def test_a_damaged_vector_is_left_to_the_store(store, tmp_path):
    store.write_vectors("v", HASHES[:4], VECTORS[:4])
    import sqlite3

    with sqlite3.connect(tmp_path / "corpus.sqlite") as connection:
        connection.execute("UPDATE vectors SET vector = x'00' WHERE content_hash = ?", (HASHES[2],))
    read_vectors_ahead(store, "v")
    found, _ = same(store, HASHES[:4])
    assert found.tolist() == [True, True, False, True]
