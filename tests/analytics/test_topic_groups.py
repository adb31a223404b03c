from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from analytics.exceptions import InputError
from analytics.topics.topic_groups import FEWEST_GROUPED, label_groups, topic_groups


def unit(rows):
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def planted(sizes=(8, 6, 5), dim=64, noise=0.5, seed=0):
    """Bundles of centers around orthogonal axes, mixed; the bundle of each row with them."""
    rng = np.random.default_rng(seed)
    bundle = rng.permutation(np.repeat(np.arange(len(sizes)), sizes))
    rows = np.eye(dim)[bundle] + noise * rng.standard_normal((len(bundle), dim)) / np.sqrt(dim)
    return unit(rows + 0.8), bundle  # the shared direction of all papers


def ids_of(n):
    return [f"T{number:04d}" for number in range(1, n + 1)]


@pytest.mark.parametrize("sizes", [(8, 6, 5), (3, 3, 3), (4, 4, 4, 4, 4), (12, 5, 9, 3)])
@pytest.mark.parametrize("seed", range(3))
def test_far_bundles_are_found(sizes, seed):
    centers, bundle = planted(sizes, seed=seed)
    groups = topic_groups(ids_of(len(centers)), centers, [1] * len(centers))
    assert len(groups) == len(centers)
    pairs = {(groups[one], where) for one, where in zip(ids_of(len(centers)), bundle, strict=True)}
    assert len(pairs) == len(sizes)


@pytest.mark.parametrize("n", [9, 30, 100])
@pytest.mark.parametrize("seed", range(3))
def test_directions_without_structure_are_not_grouped(n, seed):
    centers = unit(np.random.default_rng(seed).standard_normal((n, 384)))
    assert topic_groups(ids_of(n), centers, [10] * n) == {}


@pytest.mark.parametrize("n", [0, 1, FEWEST_GROUPED - 1])
def test_few_topics_need_one_level_only(n):
    assert topic_groups(ids_of(n), np.eye(max(n, 1))[:n], [5] * n) == {}


def test_topics_in_one_place_are_not_grouped():
    assert topic_groups(ids_of(12), np.ones((12, 4)) / 2, [5] * 12) == {}


@pytest.mark.parametrize("n", [9, 56, 78, 300])
def test_groups_are_few_and_hold_all_topics(n):
    centers = unit(np.random.default_rng(n).standard_normal((n, 4)))
    groups = topic_groups(ids_of(n), centers, [7] * n)
    assert sorted(groups) == ids_of(n)
    names = sorted(set(groups.values()))
    assert names == [f"G{number:02d}" for number in range(1, len(names) + 1)]
    assert 3 <= len(names) <= 12
    assert n / 12 <= len(names) <= n / 3 or len(names) == 12


def test_groups_are_numbered_by_their_papers():
    centers, _ = planted()
    sizes = np.random.default_rng(1).integers(5, 90, len(centers)).tolist()
    groups = topic_groups(ids_of(len(centers)), centers, sizes)
    papers = {}
    for one, size in zip(ids_of(len(centers)), sizes, strict=True):
        papers[groups[one]] = papers.get(groups[one], 0) + size
    assert [papers[name] for name in sorted(papers)] == sorted(papers.values(), reverse=True)


@pytest.mark.parametrize("seed", range(4))
def test_the_order_of_topics_is_irrelevant(seed):
    rng = np.random.default_rng(seed)
    centers = unit(rng.standard_normal((40, 6)))
    ids, sizes = np.array(ids_of(40)), rng.integers(1, 50, 40)
    order = rng.permutation(40)
    given = topic_groups(ids.tolist(), centers, sizes.tolist())
    assert topic_groups(ids[order].tolist(), centers[order], sizes[order].tolist()) == given


def test_no_group_holds_most_papers_where_it_can_be_avoided():
    """Five bundles, two of them near each other: three groups would do, had the two not all papers."""
    axes = np.zeros((5, 40))
    axes[[0, 1], 0] = 1
    axes[0, 1], axes[1, 1] = 0.2, -0.2
    axes[[2, 3, 4], [2, 3, 4]] = 1
    noise = 0.3 * np.random.default_rng(0).standard_normal((20, 40)) / np.sqrt(40)
    centers, bundle = unit(np.repeat(axes, 4, axis=0) + noise), np.repeat(np.arange(5), 4)

    def held(sizes):
        groups = np.array(list(topic_groups(ids_of(20), centers, sizes).values()))
        return groups[bundle == 0][0] == groups[bundle == 1][0]

    assert held([1] * 20)
    assert not held([50 if where < 2 else 1 for where in bundle])


def test_unequal_lengths_are_refused():
    with pytest.raises(InputError, match="2 topics, 3 centers and 2 sizes"):
        topic_groups(["a", "b"], np.eye(3), [1, 2])


TERMS = np.array(["agents", "images", "images edited", "rewards", "sparse rewards"])
WEIGHTS = sparse.csr_array(
    np.array([[3.0, 0, 0, 2, 1], [1, 0, 0, 2, 1], [0, 3, 2, 0, 0], [0, 3, 1, 0, 0], [4, 0, 0, 0, 0]])
)


def labelled(group_of, names=()):
    return label_groups(group_of, WEIGHTS, 2 * WEIGHTS, TERMS, names=names, display={"images": "Images"})


def test_a_group_is_named_by_what_its_topics_share():
    assert labelled(["G01", "G01", "G02", "G02", None]) == {
        "G01": "agents, sparse rewards",
        "G02": "Images edited",
    }


def test_a_phrase_is_whole_even_if_another_group_owns_the_whole():
    terms = np.array(["large language", "large language models"])
    weights = sparse.csr_array(np.array([[3.0, 1], [2, 2]]))
    uses = sparse.csr_array(np.array([[9, 8], [9, 9]]))
    labels = label_groups(["G01", "G02"], weights, uses, terms, display={})
    assert labels == {"G01": "large language models", "G02": "G02"}


def test_a_term_names_the_group_where_it_weighs_most():
    labels = labelled(["G01", "G01", "G02", "G02", "G03"])
    assert labels == {"G01": "sparse rewards", "G02": "Images edited", "G03": "agents"}


def test_a_group_does_not_take_the_name_of_a_topic_if_it_has_another():
    labels = labelled(["G01", "G01", "G02", "G02", None], names=["agent", "maze", "paint", "draw", "play"])
    assert labels == {"G01": "sparse rewards", "G02": "Images edited"}


def test_what_one_topic_of_many_says_does_not_name_the_group():
    rare = sparse.csr_array(np.array([[9.0, 0], [0, 1], [0, 1], [0, 1]]))
    terms = np.array(["parrot", "rewards"])
    assert label_groups(["G01"] * 4, rare, 2 * rare, terms, display={}) == {"G01": "rewards"}


def test_a_group_without_a_term_is_called_by_its_two_largest_topics():
    uses = sparse.csr_array(np.array([[1, 0, 0], [0, 4, 0], [0, 0, 9]]))
    names = ["maze", "play", "paint"]
    labels = label_groups(["G01"] * 3, 1.0 * uses, uses, TERMS[:3], names=names, display={})
    assert labels == {"G01": "paint, play"}


def test_without_a_term_the_id_stands_and_without_groups_nothing():
    assert label_groups(["G01"], WEIGHTS[[0]] * 0, WEIGHTS[[0]], TERMS, display={}) == {"G01": "G01"}
    assert labelled([None] * 5) == {}
