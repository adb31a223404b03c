"""How good topics are, by the same code for everyone's: agreement with labels, coherence, diversity."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.metrics import v_measure_score

from analytics.text.term_counts import count_terms
from analytics.topics.topic_quality import npmi_coherence, term_diversity

__all__ = ["agreement", "term_quality"]


def agreement(labels: pd.Series, topics: pd.Series, unclustered: object) -> dict[str, float]:
    """V-measure with the labels, part in no topic, and number of topics.

    Parameters
    ----------
    labels, topics : Series of length n
        Row by row of the same papers.
    unclustered : object
        The topic that is none.

    Returns
    -------
    dict
        `v_measure` takes papers in no topic for one group, `v_measure_clustered` leaves them out.
    """
    found = (topics != unclustered).to_numpy()
    return {
        "v_measure": float(v_measure_score(labels, topics.astype(str))),
        "v_measure_clustered": float(v_measure_score(labels[found], topics[found].astype(str))),
        "unclustered": float(1 - found.mean()),
        "topics": int(topics[found].nunique()),
    }


def term_quality(texts: Sequence[str], topics: Sequence[Sequence[str]]) -> dict[str, float | None]:
    """Mean NPMI of the topics' terms and their diversity, see `analytics.topics.topic_quality`.

    A term is counted in the column of `analytics.text.term_counts.count_terms`, whoever's term it is. That
    matrix has no function words; those, and words that BERTopic makes by deleting punctuation, get columns by
    scikit-learn's tokenizer, which is BERTopic's.

    Parameters
    ----------
    texts : sequence of str
        Of all papers.
    topics : sequence of sequences of str
        Terms of each topic; case is ignored.

    Returns
    -------
    dict
        `npmi` over all terms, `npmi_subject` over those that `count_terms` has, so without function words,
        and `diversity`, each None without topics; `uncounted`, the terms that stand in no text as written.
    """
    terms = [[term.casefold() for term in topic] for topic in topics]
    counts, columns, n_subject = _count_matrix(texts, {term for topic in terms for term in topic})
    known = [[columns[term] for term in topic if term in columns] for topic in terms]
    return {
        "npmi": _mean_coherence(counts, known),
        "npmi_subject": _mean_coherence(counts, [[at for at in topic if at < n_subject] for topic in known]),
        "diversity": term_diversity(terms) if any(terms) else None,
        "uncounted": sum(map(len, terms)) - sum(map(len, known)),
    }


def _mean_coherence(counts: sparse.csr_array, topics: list[list[int]]) -> float | None:
    found = [npmi_coherence(counts, topic) for topic in topics if len(topic) > 1]
    return float(np.mean(found)) if found else None


def _count_matrix(texts: Sequence[str], wanted: set[str]) -> tuple[sparse.csr_array, dict[str, int], int]:
    """Uses of terms in texts, the column of each wanted term that occurs, how many `count_terms` made."""
    counts, terms = count_terms(texts)
    n_subject = counts.shape[1]
    of_term = {str(term): column for column, term in enumerate(terms)}
    columns = {term: of_term[term] for term in wanted if term in of_term}
    ways: tuple[Callable[[str], str], ...] = (str, lambda text: re.sub(r"[^A-Za-z0-9 ]+", "", text))
    for way in ways:
        missing = sorted(wanted - columns.keys())
        if missing:
            more = sparse.csr_array(CountVectorizer(vocabulary=missing).transform(map(way, texts)))
            occurring = np.flatnonzero(np.asarray(more.sum(axis=0)).ravel())
            columns |= {missing[at]: counts.shape[1] + row for row, at in enumerate(occurring)}
            counts = sparse.csr_array(sparse.hstack([counts, more[:, occurring]], format="csr"))
    return counts, columns, n_subject
