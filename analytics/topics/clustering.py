"""Density-based clusters of vectors: BERTopic over umap-learn and hdbscan, with precomputed inputs.

bertopic and umap are imported here and nowhere else, without what they offer by torch, which takes seconds.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer

from analytics.skipped_imports import skipping
from analytics.topics.kept_compilations import keeping_compilations
from analytics.vectors.neighbors import nearest_rows

__all__ = ["Clusters", "TopicParameters", "cluster_vectors", "precompile"]

_MOST_EXACT = 20_000
"""Rows up to which neighbours are searched exactly; the time grows with the square."""
_FEW, _MANY = 2_000, 10_000
_HELD = 0.1
"""Weight in the layout of a paper's earlier topic against its vector."""
_MIXED = 0.5
"""Neighbours that two clusters share, over those they would if they were one, from which they are one."""
_LARGE, _LARGE_PART = 100, 1 / 3
"""Rows, and part of all rows, up to which a cluster is never taken apart."""
_MOST_LOST = 0.5
"""Part of a cluster's rows that its parts may leave out, if they take its place."""


@dataclass(frozen=True)
class TopicParameters:
    """Parameters of layout and clustering, see `analytics.topics.topic_model.topic_parameters`.

    `n_neighbors` and `n_components` are UMAP's, the others HDBSCAN's.
    """

    n_neighbors: int
    n_components: int
    min_cluster_size: int
    min_samples: int


@dataclass(frozen=True)
class Clusters:
    """Cluster of each row, -1 for none, and how firmly it belongs there, 0 to 1."""

    labels: NDArray[np.int64]
    strengths: NDArray[np.float64]


def cluster_vectors(
    vectors: NDArray[np.float32],
    parameters: TopicParameters,
    *,
    random_state: int,
    previous: NDArray[np.int64] | None = None,
) -> Clusters:
    """Lay vectors out in few dimensions and find the dense groups.

    Parameters
    ----------
    vectors : float32 array of shape (n, d)
        Unit rows, in an order that does not change from run to run: the layout depends on it.
    previous : int64 array of shape (n,), optional
        Earlier topic of each row, -1 where there was none. The layout draws rows of one topic together a
        little (semi-supervised, weight 0.1), so that a refit finds again what is still there. Since that
        also keeps apart what has become one, clusters whose papers are each other's neighbours half
        as often as chance would make them, were they one, are joined.

    Notes
    -----
    HDBSCAN keeps those clusters of its tree that lose the fewest rows as density rises. In 14 of 80 fits of
    samples of 400 to 6,141 Daily Papers one of them had about half of all papers, where other fits have
    twenty topics; of 1,600 arXiv papers it once had 98 % (V-measure with the categories .043; .475 when taken
    apart). So a cluster of more than 100 rows and a third of all gives way to those below it in the tree,
    unless these are fewer than two or leave out most of its rows.

    References
    ----------
    Grootendorst 2022, BERTopic, doi:10.48550/arXiv.2203.05794. McInnes, Healy & Melville 2018, UMAP,
    doi:10.21105/joss.00861. Campello, Moulavi & Sander 2013, HDBSCAN and its excess of mass,
    doi:10.1007/978-3-642-37456-2_14.
    """
    with skipping("sentence_transformers", "transformers", "torch", "tensorflow"), keeping_compilations():
        from bertopic import BERTopic
        from bertopic.vectorizers import ClassTfidfTransformer
        from umap import UMAP
    from hdbscan import HDBSCAN

    neighbors = _nearest_neighbors(vectors, parameters.n_neighbors)
    layout = UMAP(
        n_neighbors=parameters.n_neighbors,
        n_components=parameters.n_components,
        min_dist=0.0,
        metric="cosine",
        # The spectral start needs more papers than dimensions by a margin and fails on tiny corpora.
        init="spectral" if len(vectors) >= 50 else "random",
        n_epochs=_n_epochs(len(vectors)),
        precomputed_knn=neighbors,
        target_weight=_HELD,
        random_state=random_state,
        n_jobs=1,
    )
    density = partial(
        HDBSCAN,
        min_cluster_size=parameters.min_cluster_size,
        min_samples=parameters.min_samples,
        core_dist_n_jobs=1,
    )
    model = BERTopic(
        umap_model=layout,
        hdbscan_model=density(),
        vectorizer_model=_NoTerms(),
        ctfidf_model=ClassTfidfTransformer(),
        calculate_probabilities=False,
        verbose=False,
    )
    held = None if previous is None or (previous < 0).all() else previous
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        clusters, strengths = model.fit_transform(["" for _ in range(len(vectors))], vectors, y=held)
    found = _clusters(clusters, strengths)
    most = max(_LARGE, int(_LARGE_PART * len(vectors)))
    if np.bincount(found.labels + 1)[1:].max(initial=0) > most:
        finer = density(max_cluster_size=most).fit(layout.embedding_)
        found = _taken_apart(found, _clusters(finer.labels_, finer.probabilities_), most)
    if held is not None and neighbors[0] is not None:
        found = replace(found, labels=_joined_mixtures(found.labels, neighbors[0][:, 1:]))
    return found


def precompile() -> None:
    """Import the clustering libraries and compile their functions in advance with a few made-up rows.

    Where numba cannot keep what it compiles, that takes seconds, which can pass while abstracts are encoded.
    """
    rows = np.random.default_rng(0).standard_normal((100, 8)).astype(np.float32)
    cluster_vectors(rows, TopicParameters(15, 5, 5, 2), random_state=0)


def _n_epochs(n_rows: int) -> int | None:
    """Epochs of the layout, None for umap's own choice: 500, and 200 beyond 10,000 rows.

    With fewer, topics of 5,000 and 20,000 arXiv papers have the same V-measure with their categories (.499
    and .481, means of three seeds) and the same coherence of terms, and a fit takes a fifth to two fifths
    less time.

    Examples
    --------
    >>> [_n_epochs(n) for n in (1_000, 5_000, 20_000)]
    [None, 200, 100]
    """
    if n_rows < _FEW:
        return None
    return 200 if n_rows <= _MANY else 100


def _nearest_neighbors(vectors: NDArray[np.float32], n_neighbors: int) -> tuple[Any, ...]:
    """Exact cosine neighbours in the form that UMAP takes, itself first; none beyond `_MOST_EXACT` rows.

    Blocked products take a second where UMAP's own search compiles for five and approximates.
    """
    n = len(vectors)
    if n > _MOST_EXACT:
        return (None, None, None)
    places, cosines = nearest_rows(vectors, vectors, np.arange(n), n_neighbors - 1)
    indices = np.column_stack((np.arange(n), places)).astype(np.int32)  # first even among identical papers
    distances = np.column_stack((np.zeros(n), np.clip(1.0 - cosines, 0.0, None))).astype(np.float32)
    return indices, distances, None


def _clusters(labels: Any, strengths: Any) -> Clusters:
    """Clusters of what HDBSCAN says of each row; rows in none have no strength."""
    numbers = np.asarray(labels, dtype=np.int64)
    firm = np.nan_to_num(np.asarray(strengths, dtype=np.float64))
    return Clusters(numbers, np.where(numbers < 0, 0.0, firm))


def _taken_apart(found: Clusters, finer: Clusters, most: int) -> Clusters:
    """Clusters of which those of more than `most` rows are replaced by the finer ones within them."""
    labels, strengths = found.labels.copy(), found.strengths.copy()
    sizes = np.bincount(labels + 1)[1:]
    for large in np.flatnonzero(sizes > most):
        inside = found.labels == large
        parts = finer.labels[inside]
        if len(np.unique(parts[parts >= 0])) < 2 or (parts < 0).mean() > _MOST_LOST:
            continue
        labels[inside] = np.where(parts < 0, -1, len(sizes) + parts)
        strengths[inside] = finer.strengths[inside]
    return Clusters(labels, strengths)


def _joined_mixtures(labels: NDArray[np.int64], neighbors: NDArray[np.int32]) -> NDArray[np.int64]:
    """Labels in which clusters that have become one are one, under the number of the larger.

    Of two clusters of n and m rows that are one, a part 2 n m / (n + m)^2 of the neighbours within them
    lies across; what is found across, over that, says how mixed they are.
    """
    labels = labels.copy()
    while True:
        known, codes = np.unique(labels, return_inverse=True)
        n = len(known)
        pairs = codes[:, None].repeat(neighbors.shape[1], axis=1) * n + codes[neighbors]
        edges = np.bincount(pairs.ravel(), minlength=n * n).reshape(n, n).astype(float)
        sizes = np.bincount(codes, minlength=n).astype(float)
        across, within = edges + edges.T, edges.diagonal()
        among = across + within[:, None] + within
        expected = 2 * np.outer(sizes, sizes) / (sizes[:, None] + sizes) ** 2
        mixed = np.divide(across, among * expected, out=np.zeros_like(across), where=among > 0)
        mixed[known < 0, :] = mixed[:, known < 0] = 0
        np.fill_diagonal(mixed, 0)
        one, other = np.unravel_index(int(mixed.argmax()), mixed.shape)
        if mixed[one, other] < _MIXED:
            return labels
        keep, lose = (one, other) if sizes[one] >= sizes[other] else (other, one)
        labels[labels == known[lose]] = known[keep]


class _NoTerms(CountVectorizer):  # type: ignore[misc]
    """Two dummy terms: the terms of topics come from `analytics.text.terms`."""

    def fit(self, raw_documents: Any, y: Any = None) -> _NoTerms:  # noqa: ARG002
        """Return self: there is no vocabulary to learn."""
        return self

    def transform(self, raw_documents: Any) -> sparse.csr_matrix:
        """Ones, shape (n documents, 2): BERTopic fails below two terms."""
        return sparse.csr_matrix(np.ones((len(list(raw_documents)), 2), dtype=np.int64))

    def fit_transform(self, raw_documents: Any, y: Any = None) -> sparse.csr_matrix:  # noqa: ARG002
        """Same as `transform`."""
        return self.transform(raw_documents)

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.str_]:  # noqa: ARG002
        """Names of the two."""
        return np.array(["", " "])
