"""Terms that describe topics: counts by one sparse product, lists without near-duplicates, labels.

A *term* is a word or a phrase of up to three words as `analytics.text.phrases` gives them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np
import snowballstemmer
from numpy.typing import NDArray
from scipy import sparse

from analytics.text import phrases

__all__ = ["chosen_terms", "class_weights", "count_terms", "label_topics", "written_terms"]

_MOST_TERMS = 100_000
_CANDIDATES = 80
_LEAST_COVERAGE = 0.1
"""A label must stand in a tenth of its topic's papers at least."""
_PHRASE_PREFERENCE = 0.3
"""A phrase names a topic better than a word unless the word's evidence is over three times its own."""

_COMPLETION = 0.5
"""A phrase is completed to a longer one that makes up half of its uses."""

_stemmer = snowballstemmer.stemmer("english")


def count_terms(texts: Sequence[str]) -> tuple[sparse.csr_array, NDArray[np.str_]]:
    """Counts of terms in texts.

    Terms that stand in a single text describe no group, so they are left out; beyond 100,000 terms
    those of the fewest texts go first.

    Parameters
    ----------
    texts : sequence of str, length n

    Returns
    -------
    counts : csr_array of int64, shape (n, t)
    terms : array of str, shape (t,)
        In alphabetical order.

    Examples
    --------
    >>> counts, terms = count_terms(["sparse rewards", "sparse rewards and agents", "agents"])
    >>> terms.tolist()
    ['agents', 'rewards', 'sparse', 'sparse rewards']
    >>> counts.toarray().tolist()
    [[0, 1, 1, 1], [1, 1, 1, 1], [1, 0, 0, 0]]
    """
    counted = [Counter(phrases(text)) for text in texts]
    n_texts: Counter[str] = Counter()
    for counter in counted:
        n_texts.update(counter.keys())
    repeated = sorted((-n, term) for term, n in n_texts.items() if n > 1)[:_MOST_TERMS]
    terms = sorted(term for _, term in repeated)
    column = {term: position for position, term in enumerate(terms)}
    rows, columns, values = [], [], []
    for row, counter in enumerate(counted):
        for term, n in counter.items():
            if term in column:
                rows.append(row)
                columns.append(column[term])
                values.append(n)
    shape = (len(texts), len(terms))
    counts = sparse.csr_array((values, (rows, columns)), shape=shape, dtype=np.int64)
    counts.sort_indices()
    return counts, np.array(terms, dtype=str)


def class_weights(counts: sparse.csr_array, classes: NDArray[np.int64]) -> sparse.csr_array:
    """c-TF-IDF: how much each term tells a class from the others.

    A term's frequency within the class, its root taken so that frequent words do not rule, times
    ``log(1 + A / f)`` with A the mean number of terms in a class and f the term's number over all [1]_.

    Parameters
    ----------
    counts : csr_array of int64, shape (n, t)
    classes : int64 array of shape (n,)
        Class of each text, from -1 on: -1 is a class too, of what belongs nowhere.

    Returns
    -------
    csr_array of float64, shape (k, t)
        A row a class that occurs, in order of their numbers.

    References
    ----------
    .. [1] Grootendorst (2022), doi:10.48550/arXiv.2203.05794

    Examples
    --------
    Two classes of one term each: a frequency of 1, and A = f = 2 make log 2.

    >>> counts = sparse.csr_array(np.array([[2, 0], [0, 2]]))
    >>> class_weights(counts, np.array([0, 1])).toarray().round(3).tolist()
    [[0.693, 0.0], [0.0, 0.693]]
    """
    numbers, of_row = np.unique(classes, return_inverse=True)
    rows = np.arange(len(classes))
    members = sparse.csr_array((np.ones(len(rows)), (of_row, rows)), shape=(len(numbers), len(rows)))
    per_class = sparse.csr_array(members @ counts)
    totals = np.asarray(per_class.sum(axis=1)).ravel()
    uses = np.asarray(per_class.sum(axis=0)).ravel()
    rarity = np.log1p(int(totals.mean()) / np.maximum(uses, 1))
    shares = sparse.diags_array(1 / np.maximum(totals, 1)) @ per_class
    shares.data = np.sqrt(shares.data)
    return sparse.csr_array(shares @ sparse.diags_array(rarity))


def chosen_terms(
    weights: NDArray[np.float64],
    counts: NDArray[np.int64],
    terms: NDArray[np.str_],
    *,
    n_terms: int = 10,
) -> list[int]:
    """Columns of the terms of the largest weights without near-duplicates.

    Two terms are near-duplicates when the stems of one contain the other's. Of such a pair the
    longer one stays if it makes up at least half of the shorter one's occurrences ("reward
    shaping" for "shaping"), the heavier one otherwise.

    Parameters
    ----------
    weights : array of shape (t,)
        c-TF-IDF of the topic; terms of weight 0 are never chosen.
    counts : array of shape (t,)
        Occurrences in the topic.
    terms : array of str, shape (t,)
    n_terms : int, default 10

    Returns
    -------
    list of int
        At most `n_terms`, heaviest first.

    Examples
    --------
    >>> chosen_terms(np.array([3.0, 2.0, 1.0]), np.array([9, 9, 8]),
    ...              np.array(["agents", "rewards", "sparse reward"]))
    [0, 2]
    """
    chosen: list[int] = []
    for candidate in np.argsort(-weights, kind="stable")[:_CANDIDATES]:
        if weights[candidate] <= 0:
            break
        rivals = [place for place, kept in enumerate(chosen) if _overlap(terms[kept], terms[candidate])]
        if not rivals:
            if len(chosen) < n_terms:
                chosen.append(int(candidate))
            continue
        place = rivals[0]
        longer = stems(terms[candidate]) > stems(terms[chosen[place]])
        if len(rivals) == 1 and longer and counts[candidate] * 2 >= counts[chosen[place]]:
            chosen[place] = int(candidate)
    return chosen


def written_terms(columns: Sequence[int], terms: NDArray[np.str_], display: Mapping[str, str]) -> list[str]:
    """Terms as people write them.

    Parameters
    ----------
    columns : sequence of int
        What `chosen_terms` gave.
    terms : array of str, shape (t,)
    display : mapping of str to str
        Written form of words, see `analytics.text.display_forms`.

    Returns
    -------
    list of str

    Examples
    --------
    >>> written_terms([0], np.array(["llm agents"]), {"llm": "LLM"})
    ['LLM agents']
    """
    return [_written(terms[column], display) for column in columns]


def label_topics(
    members: Mapping[int, NDArray[np.int64]],
    counts: sparse.csr_array,
    terms: NDArray[np.str_],
    *,
    display: Mapping[str, str],
) -> dict[int, str]:
    """One label for each topic, all different: a phrase that many of its papers use and others do not.

    The evidence of a term is its part of the Kullback-Leibler divergence between topic and corpus,
    ``c log(c / C)`` with the shares c and C of papers that use it. Without a usable phrase the label
    is the two strongest words.

    Parameters
    ----------
    members : mapping of topic number to row numbers
    counts : csr_array, shape (n, t)
    terms : array of str, shape (t,)
    display : mapping of str to str
        Written form of words.

    Returns
    -------
    dict of topic number to label
        A topic in which no term stands twice is called ``"unnamed topic"``, numbered if need be.
    """
    uses = counts.astype(bool).astype(np.int64)
    corpus_share = np.asarray(uses.sum(axis=0)).ravel() / max(1, uses.shape[0])
    labels: dict[int, str] = {}
    taken: set[frozenset[str]] = set()
    # Largest topic first, so that the widest subject gets the plainest name.
    for topic in sorted(members, key=lambda number: (-len(members[number]), number)):
        share = np.asarray(uses[members[topic]].sum(axis=0)).ravel() / len(members[topic])
        with np.errstate(divide="ignore", invalid="ignore"):
            evidence = np.where(share >= _LEAST_COVERAGE, share * np.log(share / corpus_share), 0.0)
        label = _completed(_best_label(evidence, terms, taken), share, terms, taken)
        taken.add(frozenset(stems(label)))
        written = ", ".join(_written(part, display) for part in label.split(", "))
        labels[topic] = written
    return _distinct(labels)


@lru_cache(maxsize=200_000)
def stems(term: str) -> frozenset[str]:
    """Stems of the words of a term; a hyphen separates words.

    Examples
    --------
    >>> sorted(stems("self-improving agents"))
    ['agent', 'improv', 'self']
    """
    return frozenset(_stemmer.stemWords(term.replace("-", " ").replace(",", " ").split()))


def _overlap(left: str, right: str) -> bool:
    one, other = stems(left), stems(right)
    return one <= other or other <= one or 2 * len(one & other) >= len(one | other)


def _best_label(evidence: NDArray[np.float64], terms: NDArray[np.str_], taken: set[frozenset[str]]) -> str:
    ranked = [int(term) for term in np.argsort(-evidence, kind="stable")[:_CANDIDATES] if evidence[term] > 0]
    free = [term for term in ranked if stems(terms[term]) not in taken]
    named = [term for term in free if len(stems(terms[term])) > 1]
    if named and evidence[named[0]] >= _PHRASE_PREFERENCE * evidence[free[0]]:
        return str(terms[named[0]])
    if not free:
        return "unnamed topic"
    partner = next((term for term in free[1:] if not _overlap(terms[term], terms[free[0]])), None)
    return str(terms[free[0]]) if partner is None else f"{terms[free[0]]}, {terms[partner]}"


def _completed(
    label: str, share: NDArray[np.float64], terms: NDArray[np.str_], taken: set[frozenset[str]]
) -> str:
    """The longer phrase that `label` is cut from: "graphical user" becomes "graphical user interface"."""
    place = np.searchsorted(terms, label)
    if place == len(terms) or terms[place] != label:
        return label
    longer = [
        (-share[at], str(terms[at]))
        for at in np.flatnonzero(share >= _COMPLETION * share[place])
        if f" {label} " in f" {terms[at]} " and len(terms[at]) > len(label) and stems(terms[at]) not in taken
    ]
    return min(longer)[1] if longer else label


def _written(term: str, display: Mapping[str, str]) -> str:
    return " ".join(display.get(word, word) for word in term.split())


def _distinct(labels: dict[int, str]) -> dict[int, str]:
    seen: Counter[str] = Counter()
    result = {}
    for topic, label in labels.items():
        seen[label] += 1
        result[topic] = label if seen[label] == 1 else f"{label} ({seen[label]})"
    return result
