"""Nearest rows are those of scikit-learn's exhaustive search."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from analytics import parallel
from analytics.parallel import on_threads
from analytics.vectors.neighbors import _largest, nearest_rows


def unit(n: int, d: int, seed: int = 0) -> np.ndarray:
    rows = np.random.default_rng(seed).standard_normal((n, d)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.mark.parametrize(("n", "n_nearest"), [(2, 1), (40, 5), (700, 10), (1500, 14)])
def test_they_are_those_of_scikit_learn(n, n_nearest):
    rows = unit(n, 16)
    places, cosines = nearest_rows(rows, rows, np.arange(n), n_nearest)
    expected = NearestNeighbors(n_neighbors=n_nearest, metric="cosine", algorithm="brute").fit(rows)
    distances, indices = expected.kneighbors()
    assert np.array_equal(places, indices)
    assert cosines == pytest.approx(1 - distances, abs=1e-5)


def test_a_row_outside_the_set_may_have_its_like_in_it():
    rows = unit(6, 8)
    own = np.array([0, -1, -1, -1, -1, -1])
    places, cosines = nearest_rows(rows, rows, own, 1)
    assert places[1:, 0].tolist() == [1, 2, 3, 4, 5]
    assert places[0, 0] != 0
    assert cosines[1:, 0] == pytest.approx(1, abs=1e-6)


def test_equally_near_ones_are_in_order():
    rows = np.tile(unit(1, 8), (900, 1))
    places, _ = nearest_rows(rows, rows, np.arange(900), 30)
    assert (np.diff(places, axis=1) > 0).all()
    assert (places != np.arange(900)[:, None]).all()


@pytest.mark.parametrize("n_cores", [1, 3])
def test_the_number_of_cores_is_irrelevant(monkeypatch, n_cores):
    rows = unit(1300, 16)
    expected = nearest_rows(rows, rows, np.arange(1300), 7)
    monkeypatch.setattr(parallel, "_n_cores", lambda: n_cores)
    found = nearest_rows(rows, rows, np.arange(1300), 7)
    assert np.array_equal(found[0], expected[0])
    assert np.array_equal(found[1], expected[1])


def test_a_fault_in_a_part_is_reported():
    with pytest.raises(ZeroDivisionError):
        list(on_threads(lambda part: 1 / part, [1, 0]))
    assert list(on_threads(abs, [])) == []


@pytest.mark.parametrize("width", [1, 10, 11, 64, 640, 641, 703, 2000])
def test_the_largest_are_those_of_sorting(width):
    rng = np.random.default_rng(width)
    values = rng.choice(np.arange(4 * width, dtype=np.float32), size=(7, width))
    values[0] = 1  # all alike
    n_largest = min(10, width)
    found = np.take_along_axis(values, _largest(values, n_largest), axis=1)
    assert np.array_equal(np.sort(found, axis=1), np.sort(values, axis=1)[:, -n_largest:])
