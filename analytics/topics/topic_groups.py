"""Broad groups of topics, so that readers see a few headings instead of a long list."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.cluster.hierarchy import fcluster, linkage
from sklearn.metrics import silhouette_score

from analytics.exceptions import InputError
from analytics.text.terms import chosen_terms, overlap, stems, written_terms
from analytics.topics.own_uses import OwnUses

__all__ = ["FEWEST_GROUPED", "label_groups", "topic_groups"]

_FEWEST = 3
_MOST = 12
_SMALLEST = 3
"""Topics that a group holds on average at least."""
_LARGEST = 12
"""Topics that a group holds on average at most, where `_MOST` allows: what one takes in at once."""
FEWEST_GROUPED = _FEWEST * _SMALLEST
"""Below this number of topics one level suffices."""
_MOST_PAPERS = 0.5
"""Part of all papers that the largest group may hold, where there is such a division."""
_LEAST_SILHOUETTE = 0.1
"""Below it the topics lie as far from their own group as from the others."""
_TERMS = 3
_USES, _SHARING = 2, 0.5
"""A term is of a group if at least half of its topics use it more than once."""
_TOPICS_NAMED = 2


def topic_groups(
    topic_ids: Sequence[str], centers: NDArray[np.floating], sizes: Sequence[int]
) -> dict[str, str]:
    """Divide topics into broad groups by where they lie.

    *Question.* Which topics are near each other, seen from the middle of all? All topics share a
    direction (they are all research papers), so the mean center is subtracted and the rest brought to
    length one. Ward's method [1]_ joins what adds least to the squares within groups; of its divisions
    into k groups that of the largest mean silhouette [2]_ (of 1 - cosine) is taken. k is from 3 to 12,
    such that 3 to 12 topics are in a group on average; among more than 144 topics, 12 groups.

    *Limitations.* That a group is more than a region: topics that fill a few directions evenly
    are divided too. Groups are an order for reading, no finding.

    *Edges.* Below 9 topics, or where no division has a silhouette of 0.1 (directions without structure in 384
    dimensions stay below 0.05), there are no groups. Divisions whose largest group holds over half of the
    papers are passed over where there are others. Of equally good ones the fewest groups stand. ``G01`` holds
    the most papers. The result is the same for every order of the topics.

    Parameters
    ----------
    topic_ids : sequence of str, length m
        All different.
    centers : array of shape (m, d)
        Unit rows.
    sizes : sequence of int, length m
        Papers of each topic.

    Raises
    ------
    InputError
        When there are not as many centers and sizes as topics.

    References
    ----------
    .. [1] Ward (1963), doi:10.1080/01621459.1963.10500845
    .. [2] Rousseeuw (1987), doi:10.1016/0377-0427(87)90125-7

    Examples
    --------
    Nine topics, three on each axis: every group is its axis.

    >>> ids = [f"T{number}" for number in range(1, 10)]
    >>> groups = topic_groups(ids, np.repeat(np.eye(3), 3, axis=0), [1, 1, 1, 9, 1, 1, 4, 1, 1])
    >>> [groups[one] for one in ids]
    ['G03', 'G03', 'G03', 'G01', 'G01', 'G01', 'G02', 'G02', 'G02']
    """
    if not len(topic_ids) == len(centers) == len(sizes):
        raise InputError(
            f"{len(topic_ids)} topics, {len(centers)} centers and {len(sizes)} sizes; "
            "there must be as many of each"
        )
    if len(topic_ids) < FEWEST_GROUPED:
        return {}
    order = np.argsort(np.array(topic_ids), kind="stable")
    papers = np.asarray(sizes, dtype=np.int64)[order]
    found = [
        (holds > _MOST_PAPERS, -silhouette, codes)
        for silhouette, codes in _divisions(np.asarray(centers, dtype=np.float64)[order])
        if silhouette >= _LEAST_SILHOUETTE
        for holds in [np.bincount(codes, papers).max() / max(1, papers.sum())]
    ]
    if not found:
        return {}
    codes = min(found, key=lambda one: one[:2])[2]
    ids = np.array(topic_ids)[order]
    first = {code: at for at, code in reversed(list(enumerate(codes.tolist())))}
    ranked = sorted(first, key=lambda code: (-papers[codes == code].sum(), first[code]))
    names = {code: f"G{rank:02d}" for rank, code in enumerate(ranked, start=1)}
    return {str(one): names[code] for one, code in zip(ids, codes.tolist(), strict=True)}


def _divisions(centers: NDArray[np.float64]) -> Iterator[tuple[float, NDArray[np.int64]]]:
    """Silhouette and group of each topic for every allowed number of groups, the fewest first."""
    n = len(centers)
    apart = centers - centers.mean(axis=0)
    lengths = np.linalg.norm(apart, axis=1, keepdims=True)
    directions = np.where(lengths > 1e-6, apart / np.maximum(lengths, 1e-6), 0.0)
    distances = np.clip(1 - directions @ directions.T, 0, None)
    np.fill_diagonal(distances, 0)
    tree = linkage(directions, "ward")
    fewest = min(_MOST, max(_FEWEST, -(-n // _LARGEST)))
    for number in range(fewest, min(_MOST, n // _SMALLEST) + 1):
        codes = fcluster(tree, number, "maxclust").astype(np.int64)
        if len(np.unique(codes)) == number:  # ties in the tree may allow fewer only
            yield round(float(silhouette_score(distances, codes, metric="precomputed")), 9), codes


def label_groups(
    group_of: Sequence[str | None],
    weights: sparse.csr_array,
    occurrences: sparse.csr_array,
    terms: NDArray[np.str_],
    *,
    names: Sequence[str] = (),
    display: Mapping[str, str],
) -> dict[str, str]:
    """Up to three terms for each group that its topics share and other groups' do not.

    A term's weight in a group is its mean c-TF-IDF over the group's topics, each counted once, so that what
    all of them use goes before what the largest one uses; less than half of the topics do not name it. A term
    stands only where its weight is largest, so that no two groups share one. A group without its own term is
    called by its two largest topics. Labels are all different.

    Parameters
    ----------
    group_of : sequence of str or None, length m
        Group of each topic, None for a topic in no group.
    weights : csr_array of float64, shape (m, t)
        What `analytics.text.terms.class_weights` gave for the topics.
    occurrences : csr_array of int64, shape (m, t)
        Uses of each term in each topic.
    names : sequence of str, length m or 0
        Labels of the topics: a group does not take the words of one, unless it has no others. Without them a
        group without its own term is called by its id.
    display : mapping of str to str
        Written form of words.

    Examples
    --------
    Two topics share "reward", two "image"; "agent" is in one of them only.

    >>> weights = sparse.csr_array(np.array([[0, 2, 4.0], [2, 0, 4], [0, 4, 0], [0, 4, 0]]))
    >>> terms = np.array(["agent", "image", "reward"])
    >>> label_groups(["G01", "G01", "G02", "G02"], weights, weights, terms, display={})
    {'G01': 'reward, agent', 'G02': 'image'}
    """
    groups = sorted({one for one in group_of if one is not None})
    if not groups:
        return {}
    member = np.array([[one == group for one in group_of] for group in groups], dtype=float)
    mean = sparse.csr_array(sparse.csr_array(member / member.sum(axis=1, keepdims=True)) @ weights)
    uses = sparse.csr_array(sparse.csr_array(member.astype(np.int64)) @ occurrences)
    uses.sort_indices()
    sharing = sparse.csr_array(member @ (occurrences >= _USES).astype(float)).toarray()
    largest = mean.max(axis=0).toarray().ravel()
    listed, size = terms.tolist(), occurrences.sum(axis=1)
    labels: dict[str, str] = {}
    taken: list[str] = []
    for place, group in enumerate(groups):
        own = mean[[place]].toarray().ravel()
        own[own < largest] = 0
        own[sharing[place] < _SHARING * member[place].sum()] = 0
        counts = uses[[place]].toarray().ravel()
        used = np.flatnonzero(counts)
        own_uses = OwnUses(listed, used, counts[used])
        # A phrase that another group owns as a whole may be cut here: "large language" of "models".
        whole = [own_uses.completed(listed[column]) for column in chosen_terms(own, counts, terms)]
        ranked = _unrepeated(whole, taken)
        chosen = ([term for term in ranked if not _names_one(term, names)] or ranked)[:_TERMS]
        taken += chosen
        written = written_terms(range(len(chosen)), np.array(chosen), display)
        by_size = np.argsort(-(size + 1) * member[place], kind="stable")[: int(member[place].sum())]
        of_topics = [names[topic] for topic in by_size[:_TOPICS_NAMED] if names]
        labels[group] = ", ".join(written or of_topics or [group])
    return labels


def _unrepeated(terms: list[str], taken: list[str]) -> list[str]:
    """Terms that say nothing which comes before them or is taken."""
    kept: list[str] = []
    for term in terms:
        if not any(overlap(term, one) for one in taken + kept):
            kept.append(term)
    return kept


def _names_one(term: str, names: Sequence[str]) -> bool:
    return any(stems(term) == stems(one) for one in names)
