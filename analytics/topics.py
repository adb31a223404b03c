"""Topics: clusters of papers found in their vectors, with terms, a label and representative papers.

BERTopic runs umap-learn and hdbscan on vectors that are given, and weighs terms by class (c-TF-IDF).
Rows are put into a canonical order first, because the layout depends on it; labels and term lists
are made here, from phrases rather than loose words.
"""

from __future__ import annotations

import logging
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer

from analytics.tables import UNCLUSTERED
from analytics.terms import count_terms, label_topics, top_terms
from analytics.text import display_forms

__all__ = ["SMALLEST_CLUSTERED_CORPUS", "TopicFit", "TopicParameters", "fit_topics", "topic_parameters"]

logger = logging.getLogger(__name__)

SMALLEST_CLUSTERED_CORPUS = 15
"""Below this number of papers density has no meaning, so nothing is clustered."""

_REPRESENTATIVES = 3
_MOST_EXACT = 20_000
"""Rows up to which neighbours are searched exactly; the time grows with the square."""
_BLOCK = 1024


@dataclass(frozen=True)
class TopicParameters:
    """Parameters of layout and clustering, see `topic_parameters`.

    Attributes
    ----------
    n_neighbors, n_components : int
        Of UMAP.
    min_cluster_size, min_samples : int
        Of HDBSCAN.
    """

    n_neighbors: int
    n_components: int
    min_cluster_size: int
    min_samples: int


@dataclass(frozen=True)
class TopicFit:
    """What `fit_topics` found.

    Attributes
    ----------
    assignments : DataFrame
        Columns ``paper_id``, ``topic_id`` (``"-1"``: unclustered), ``strength`` in [0, 1]; one row a
        paper, in the order given.
    topics : DataFrame
        Columns of the run table `topics`, largest first.
    parameters : TopicParameters or None
        None when the corpus was too small to be clustered.
    reason : str
        One sentence for the report.
    """

    assignments: pd.DataFrame
    topics: pd.DataFrame
    parameters: TopicParameters | None
    reason: str


def topic_parameters(n_papers: int, min_topic_size: int | None = None) -> TopicParameters | None:
    """Parameters that follow the corpus size, from 1 paper to 100,000 and beyond.

    The smallest topic grows with the square root of the corpus, ``max(5, 0.3 sqrt(n))``: 5 papers up
    to 300, 24 at 6,141, 95 at 100,000, so that the number of topics stays readable (a few dozen to a
    few hundred) while a doubled corpus may still show finer subjects. Neighbourhoods shrink below
    225 papers because 15 neighbours of 40 papers are no neighbourhood.

    Parameters
    ----------
    n_papers : int
    min_topic_size : int, optional
        The user's own smallest topic instead of the rule's, at least 2.

    Returns
    -------
    TopicParameters or None
        None below `SMALLEST_CLUSTERED_CORPUS` papers.

    Examples
    --------
    >>> topic_parameters(14) is None
    True
    >>> topic_parameters(47)
    TopicParameters(n_neighbors=7, n_components=5, min_cluster_size=5, min_samples=2)
    >>> topic_parameters(100_000).min_cluster_size
    95
    """
    if n_papers < SMALLEST_CLUSTERED_CORPUS:
        return None
    root = n_papers**0.5
    smallest = min_topic_size or max(5, round(0.3 * root))
    return TopicParameters(
        n_neighbors=int(np.clip(round(root), 5, 15)),
        n_components=5,
        min_cluster_size=smallest,
        min_samples=max(2, smallest // 4),
    )


def fit_topics(
    papers: pd.DataFrame,
    vectors: NDArray[np.float32],
    *,
    random_state: int = 0,
    min_topic_size: int | None = None,
) -> TopicFit:
    """Cluster papers into topics.

    Parameters
    ----------
    papers : DataFrame of n rows
        Columns ``paper_id`` (unique), ``title``, ``abstract``; any row order, not modified.
    vectors : float32 array of shape (n, d)
        Unit rows in the order of `papers`.
    random_state : int, default 0
        Seed of the layout.
    min_topic_size : int, optional
        See `topic_parameters`.

    Returns
    -------
    TopicFit
        The same for every row order. Topics are numbered by size, largest first.

    References
    ----------
    Grootendorst 2022, BERTopic, doi:10.48550/arXiv.2203.05794. McInnes, Healy & Melville 2018, UMAP,
    doi:10.21105/joss.00861. Campello, Moulavi & Sander 2013, HDBSCAN,
    doi:10.1007/978-3-642-37456-2_14.
    """
    parameters = topic_parameters(len(papers), min_topic_size)
    if parameters is None:
        reason = (
            f"{len(papers)} papers are too few to cluster; topics are looked for from "
            f"{SMALLEST_CLUSTERED_CORPUS} papers on"
        )
        return _no_topics(papers, None, reason)
    order = np.argsort(papers["paper_id"].to_numpy(dtype=str), kind="stable")
    ordered = papers.iloc[order].reset_index(drop=True)
    rows = np.ascontiguousarray(vectors[order], dtype=np.float32)
    counts, terms = count_terms((ordered["title"] + "\n" + ordered["abstract"]).tolist())
    clusters, strengths, weights = _cluster(rows, counts, terms, parameters, random_state)
    ranks = _ranks_by_size(clusters)
    if not ranks:
        return _no_topics(papers, parameters, "no group of papers was dense enough to be called a topic")
    topic_ids = pd.Series(clusters).map(ranks).map(_topic_name).fillna(UNCLUSTERED).to_numpy(dtype=object)
    assignments = pd.DataFrame(
        {"paper_id": ordered["paper_id"], "topic_id": topic_ids, "strength": strengths}
    )
    topics = _describe(ordered, rows, topic_ids, counts, terms, weights, ranks)
    assignments = assignments.set_index("paper_id").loc[papers["paper_id"]].reset_index()
    n_unclustered = int((topic_ids == UNCLUSTERED).sum())
    reason = f"{len(topics)} topics; {n_unclustered} of {len(papers)} papers stand in none"
    return TopicFit(assignments, topics, parameters, reason)


def _no_topics(papers: pd.DataFrame, parameters: TopicParameters | None, reason: str) -> TopicFit:
    assignments = pd.DataFrame(
        {
            "paper_id": papers["paper_id"].to_numpy(),
            "topic_id": UNCLUSTERED,
            "strength": 0.0,
        }
    )
    columns = ["topic_id", "label", "top_terms", "n_papers", "representative_papers"]
    return TopicFit(assignments, pd.DataFrame(columns=columns), parameters, reason)


def _cluster(
    vectors: NDArray[np.float32],
    counts: sparse.csr_array,
    terms: NDArray[np.str_],
    parameters: TopicParameters,
    random_state: int,
) -> tuple[NDArray[np.int64], NDArray[np.float64], dict[int, NDArray[np.float64]]]:
    """Cluster labels, strengths, and each cluster's term weights (aligned with `terms`)."""
    # bertopic takes seconds to import, and pulls the whole of sentence-transformers.
    from bertopic import BERTopic
    from bertopic.vectorizers import ClassTfidfTransformer
    from hdbscan import HDBSCAN
    from umap import UMAP

    layout = UMAP(
        n_neighbors=parameters.n_neighbors,
        n_components=parameters.n_components,
        min_dist=0.0,
        metric="cosine",
        # The spectral start needs more papers than dimensions by a margin and fails on tiny corpora.
        init="spectral" if len(vectors) >= 50 else "random",
        precomputed_knn=_nearest_neighbors(vectors, parameters.n_neighbors),
        random_state=random_state,
        n_jobs=1,
    )
    density = HDBSCAN(
        min_cluster_size=parameters.min_cluster_size,
        min_samples=parameters.min_samples,
        core_dist_n_jobs=1,
    )
    counted, names = counts, terms
    if terms.size < 2:  # hardly a word stands in two papers; BERTopic fails below two terms
        padding = sparse.csr_array(np.ones((len(vectors), 2), dtype=np.int64))
        counted = sparse.csr_array(sparse.hstack([counts, padding]))
        names = np.array([*terms, "", " "])
    # Documents stand for themselves by their row number: the terms were counted already, once.
    model = BERTopic(
        umap_model=layout,
        hdbscan_model=density,
        vectorizer_model=_CountedTerms(counted, names),
        ctfidf_model=ClassTfidfTransformer(reduce_frequent_words=True),
        calculate_probabilities=False,
        verbose=False,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        clusters, strengths = model.fit_transform([str(row) for row in range(len(vectors))], vectors)
    labels = np.asarray(clusters, dtype=np.int64)
    strengths = np.nan_to_num(np.asarray(strengths, dtype=np.float64))
    # BERTopic renumbers clusters by size; rows of its c-TF-IDF follow the sorted numbers.
    numbers = sorted(set(labels.tolist()))
    weights = {
        number: model.c_tf_idf_[[i]].toarray().ravel()[: counts.shape[1]] for i, number in enumerate(numbers)
    }
    return labels, np.where(labels < 0, 0.0, strengths), weights


def _nearest_neighbors(vectors: NDArray[np.float32], n_neighbors: int) -> tuple[Any, ...]:
    """Exact cosine neighbours in the form that UMAP takes, itself first; none beyond `_MOST_EXACT` rows.

    Blocked products take a second where UMAP's own search compiles for five and approximates.
    """
    n = len(vectors)
    if n > _MOST_EXACT:
        return (None, None, None)
    indices = np.empty((n, n_neighbors), dtype=np.int32)
    distances = np.empty((n, n_neighbors), dtype=np.float32)
    for start in range(0, n, _BLOCK):
        rows = np.arange(start, min(start + _BLOCK, n))
        cosines = vectors[rows] @ vectors.T
        cosines[rows - start, rows] = 2.0  # first even among identical papers
        nearest = np.argpartition(-cosines, n_neighbors - 1, axis=1)[:, :n_neighbors]
        order = np.argsort(-np.take_along_axis(cosines, nearest, axis=1), axis=1, kind="stable")
        indices[rows] = np.take_along_axis(nearest, order, axis=1)
        found = np.take_along_axis(cosines, indices[rows].astype(np.int64), axis=1)
        distances[rows] = np.clip(1.0 - found, 0.0, None)
    return indices, distances, None


class _CountedTerms(CountVectorizer):  # type: ignore[misc]
    """Hands BERTopic term counts that exist already: a document is a list of row numbers as text.

    BERTopic joins the documents of each class and counts their terms again, in Python; one sparse
    product over the rows gives the same counts.
    """

    def __init__(self, counts: Any = None, terms: Any = None) -> None:
        super().__init__()
        self.counts = counts
        self.terms = terms

    def fit(self, raw_documents: Any, y: Any = None) -> _CountedTerms:  # noqa: ARG002
        """Return self: the vocabulary is known."""
        return self

    def transform(self, raw_documents: Any) -> sparse.csr_matrix:
        """Term counts of each document (a text of row numbers), shape (n documents, n terms)."""
        rows = [[int(row) for row in document.split()] for document in raw_documents]
        lengths = [len(row) for row in rows]
        members = sparse.csr_array(
            (
                np.ones(sum(lengths), dtype=np.int64),
                np.concatenate([np.asarray(row, dtype=np.int64) for row in rows]),
                np.concatenate([[0], np.cumsum(lengths)]),
            ),
            shape=(len(rows), self.counts.shape[0]),
        )
        return sparse.csr_matrix(members @ self.counts)

    def fit_transform(self, raw_documents: Any, y: Any = None) -> sparse.csr_matrix:  # noqa: ARG002
        """Same as `transform`."""
        return self.transform(raw_documents)

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.str_]:  # noqa: ARG002
        """Terms in the order of the columns."""
        return np.asarray(self.terms)


def _ranks_by_size(clusters: NDArray[np.int64]) -> dict[int, int]:
    """Cluster number to rank, largest first; ties by the cluster's first row, which is canonical."""
    numbers, first, sizes = np.unique(clusters, return_index=True, return_counts=True)
    kept = [
        (-size, row, number) for number, row, size in zip(numbers, first, sizes, strict=True) if number >= 0
    ]
    return {int(number): rank for rank, (_, _, number) in enumerate(sorted(kept), start=1)}


def _topic_name(rank: float) -> str | float:
    return rank if pd.isna(rank) else f"T{int(rank):04d}"


def _describe(
    papers: pd.DataFrame,
    vectors: NDArray[np.float32],
    topic_ids: NDArray[np.object_],
    counts: sparse.csr_array,
    terms: NDArray[np.str_],
    weights: dict[int, NDArray[np.float64]],
    ranks: dict[int, int],
) -> pd.DataFrame:
    """Table `topics`: label, ten terms and three representative papers of each."""
    members = {rank: np.flatnonzero(topic_ids == _topic_name(rank)) for rank in ranks.values()}
    by_rank = {rank: weights[number] for number, rank in ranks.items()}
    ids = papers["paper_id"].to_numpy()
    display = display_forms(papers["abstract"])
    labels = label_topics(members, counts, terms, display=display)
    rows = []
    for rank, rows_of_topic in sorted(members.items()):
        centroid = vectors[rows_of_topic].mean(axis=0)
        nearest = np.argsort(-(vectors[rows_of_topic] @ centroid), kind="stable")[:_REPRESENTATIVES]
        occurrences = np.asarray(counts[rows_of_topic].sum(axis=0)).ravel()
        rows.append(
            {
                "topic_id": _topic_name(rank),
                "label": labels[rank],
                "top_terms": top_terms(by_rank[rank], occurrences, terms, display=display),
                "n_papers": len(rows_of_topic),
                "representative_papers": ids[rows_of_topic[nearest]].tolist(),
            }
        )
    return pd.DataFrame(rows)
