"""Terms of topics that are said together: lists that one reads as one subject."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from analytics.text.terms import chosen_terms
from analytics.topics.own_uses import OwnUses
from analytics.topics.topic_quality import npmi_matrix

__all__ = ["coherent_terms"]

_TERMS = 10
_POOL = 40
"""Terms of a topic among which its ten are looked for."""
_FEWEST = 0.1
"""Part of a topic's papers that use each of its terms, so that no term is of one corner alone."""
_TOGETHER = 1.5
"""Weight of the mean NPMI with the terms before, against the logarithm of the evidence."""
_AGAIN = 0.7
"""What a term counts once more for each larger topic that has it already."""


def coherent_terms(
    members: Sequence[NDArray[np.int64]], counts: sparse.csr_array, terms: NDArray[np.str_]
) -> list[list[int]]:
    """Ten terms for each topic that many of its papers, few others, and the same papers use.

    Of a topic's papers a part r uses a term, of the papers that use it a part p is in the topic. Looked
    at are the 40 terms with the largest ``sqrt(r p)`` that a tenth of the topic's papers use (two at
    least), without near-duplicates and cut phrases. The first of them is the largest; each further one
    has the largest sum of the logarithm of that evidence and the mean normalized pointwise mutual
    information with those before it. c-TF-IDF alone takes terms of single papers in the small topics of
    a few thousand papers.

    Parameters
    ----------
    members : sequence of int64 arrays, length k
        Rows of the papers of each topic.
    counts : csr_array of int64, shape (n, t)
    terms : array of str, shape (t,)

    Returns
    -------
    list of k lists of int
        Columns, at most ten a topic; fewer where no more are used twice.

    Examples
    --------
    >>> from analytics.text.term_counts import count_terms
    >>> texts = ["web agents click", "web agents click", "protein folds", "protein folds"]
    >>> counts, terms = count_terms(texts)
    >>> found = coherent_terms([np.array([0, 1]), np.array([2, 3])], counts, terms)
    >>> [terms[columns].tolist() for columns in found]
    [['web agents click'], ['protein folds']]
    """
    uses = sparse.csr_array(counts.astype(bool).astype(np.int64))
    by_term, totals = sparse.csc_array(uses), np.asarray(uses.sum(axis=0)).ravel()
    listed = terms.tolist()
    taken: Counter[int] = Counter()
    found: list[list[int]] = [[] for _ in members]
    for topic in sorted(range(len(members)), key=lambda at: (-len(members[at]), at)):
        rows = members[topic]
        within = np.asarray(uses[rows].sum(axis=0)).ravel()
        used = np.flatnonzero(within)
        phrases = OwnUses(listed, used, within[used])
        often = np.flatnonzero(within >= max(2, _FEWEST * len(rows)))
        is_whole = [phrases.completed(listed[column]) == listed[column] for column in often]
        own = often[np.array(is_whole, dtype=bool)]
        n = within[own]
        evidence = np.sqrt(n / len(rows) * n / totals[own])
        pool = chosen_terms(evidence, n, terms[own], n_terms=_POOL)
        weights = np.log([evidence[at] * _AGAIN ** taken[int(own[at])] for at in pool])
        columns = own[pool]
        together = npmi_matrix(by_term[:, columns])
        found[topic] = [int(columns[at]) for at in _greedy(weights, together)]
        taken.update(found[topic])
    return found


def _greedy(weights: NDArray[np.float64], together: NDArray[np.float64]) -> list[int]:
    """Places of ten terms, each chosen by its weight and its mean NPMI with those before."""
    chosen: list[int] = []
    left = set(range(len(weights)))
    while left and len(chosen) < _TERMS:
        mean = together[:, chosen].mean(axis=1) if chosen else np.zeros(len(weights))
        # Rounded, so that a tie goes to the heavier term, which comes first.
        best = max(left, key=lambda at: (round(float(weights[at] + _TOGETHER * mean[at]), 9), -at))
        chosen.append(best)
        left.remove(best)
    return chosen
