"""Quality of topics as lists of terms: coherence and diversity."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

__all__ = ["npmi_coherence", "npmi_coherences", "npmi_matrix", "term_diversity"]


def npmi_coherence(counts: sparse.csr_array, terms: Sequence[int]) -> float:
    """Mean normalized pointwise mutual information of all pairs of terms.

    *Question.* Are the terms of a topic in the same papers? For terms a and b with shares p(a) and
    p(b) of the papers, and p(a, b) of those with both, it is ``log(p(a, b) / (p(a) p(b)))`` over
    ``-log p(a, b)`` [1]_: 1 if they only occur together, 0 if independently, -1 if never together.

    *Limitations.* That people would call them one subject: it follows human judgement only in
    part [2]_. Papers are short, so a whole paper is the window.

    *Edges.* A pair that is in every paper is taken for 1. Fewer than two terms: NaN.

    `counts`, shape (n papers, t), are the uses of each term in each paper; `terms` are columns, each of which
    occurs somewhere. Returns a value from -1 to 1.

    References
    ----------
    .. [1] Bouma (2009), Normalized (pointwise) mutual information in collocation extraction, GSCL
    .. [2] Hoyle et al. (2021), Is automated topic model evaluation broken?, NeurIPS,
       doi:10.48550/arXiv.2107.02173

    Examples
    --------
    Of four papers two hold both terms and two none: log(0.5 / 0.25) / -log 0.5 is 1.

    >>> npmi_coherence(sparse.csr_array(np.array([[1, 2], [3, 1], [0, 0], [0, 0]])), [0, 1])
    1.0
    """
    return float(npmi_coherences(counts, [terms])[0])


def npmi_coherences(counts: sparse.csr_array, topics: Sequence[Sequence[int]]) -> NDArray[np.float64]:
    """`npmi_coherence` of many topics by one sparse product over all of their terms.

    `counts` has shape (n papers, t), the k `topics` hold columns of their terms. Returns shape (k,).

    Examples
    --------
    >>> counts = sparse.csr_array(np.array([[1, 2], [3, 1], [0, 0], [0, 0]]))
    >>> npmi_coherences(counts, [[0, 1], [1]]).tolist()
    [1.0, nan]
    """
    columns = np.array(sorted({term for terms in topics for term in terms}), dtype=np.int64)
    uses = sparse.csr_array(counts[:, columns]).astype(bool).astype(np.int64)
    both = sparse.csr_array(uses.T @ uses)
    found = np.full(len(topics), np.nan)
    for topic, terms in enumerate(topics):
        if len(terms) > 1:
            own = np.searchsorted(columns, terms)
            found[topic] = _mean_npmi(both[np.ix_(own, own)].toarray() / counts.shape[0])
    return found


def npmi_matrix(counts: sparse.csc_array | sparse.csr_array) -> NDArray[np.float64]:
    """Normalized pointwise mutual information of each pair of terms, see `npmi_coherence`.

    Parameters
    ----------
    counts : sparse array of shape (n papers, t)
        Of few terms: the result is dense.

    Returns
    -------
    float64 array of shape (t, t)
    """
    uses = sparse.csr_array(counts.astype(bool).astype(np.int64))
    return _npmi((uses.T @ uses).toarray() / max(1, counts.shape[0]))


def _npmi(together: NDArray[np.float64]) -> NDArray[np.float64]:
    """NPMI of pairs, from the share of papers with both; the diagonal is of one alone."""
    alone = together.diagonal()
    with np.errstate(divide="ignore", invalid="ignore"):
        values = np.log(together / np.outer(alone, alone)) / -np.log(together)
    return np.where(together == 0, -1.0, np.where(together == 1, 1.0, values))


def _mean_npmi(together: NDArray[np.float64]) -> float:
    """Mean over the pairs of terms, see `_npmi`."""
    return float(_npmi(together)[np.triu_indices(len(together), k=1)].mean())


def term_diversity(topics: Sequence[Sequence[object]]) -> float:
    """Part of all topics' terms that are different [1]_.

    From 0 to 1; 1 if no term is in two topics, NaN without terms.

    References
    ----------
    .. [1] Dieng, Ruiz and Blei (2020), doi:10.1162/tacl_a_00325

    Examples
    --------
    >>> term_diversity([["agents", "tools"], ["agents", "rewards"]])
    0.75
    """
    terms = [term for topic in topics for term in topic]
    return len(set(terms)) / len(terms) if terms else float("nan")
