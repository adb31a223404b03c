"""Vectorizers by name: the packaged MiniLM sentence encoder and a lexical one fitted on the corpus.

Both follow scikit-learn's habits (`fit` learns and returns self, `transform` applies) and give
float32 rows of unit length, so that a dot product is a cosine. A vectorizer's `id` names everything
that its output depends on; vectors are cached under it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from itertools import pairwise
from typing import Self

import numpy as np
from sklearn.decomposition import TruncatedSVD
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import TfidfVectorizer

from analytics.exceptions import InputError
from analytics.papers import content_hash
from analytics.text.tokenizer import tokenize
from analytics.vectors.minilm import MINILM_PIECES, MiniLMVectorizer
from analytics.vectors.vectorizer import Vectors, unit_rows

__all__ = ["VECTORIZERS", "LexicalVectorizer", "make_vectorizer"]

VECTORIZERS = (*MINILM_PIECES, "lexical")


class LexicalVectorizer:
    """TF-IDF of words, a truncated SVD, unit rows: no network, fitted on the corpus in seconds.

    A text without any known word gets a dimension of its own, so that its row has unit length too and
    resembles no other subject. `n_dimensions` is an upper bound; small corpora give fewer.

    References
    ----------
    Deerwester et al. 1990, Indexing by latent semantic analysis,
    doi:10.1002/(SICI)1097-4571(199009)41:6<391::AID-ASI1>3.0.CO;2-9. Halko, Martinsson & Tropp 2011,
    doi:10.1137/090771806.

    Examples
    --------
    >>> rows = LexicalVectorizer().fit_transform(["sparse reward", "sparse model", "the"])
    >>> rows.dtype, np.linalg.norm(rows, axis=1).round(5).tolist()
    (dtype('float32'), [1.0, 1.0, 1.0])
    """

    needs_corpus = True

    def __init__(self, n_dimensions: int = 256, random_state: int = 0) -> None:
        self.n_dimensions = n_dimensions
        self.random_state = random_state

    @property
    def id(self) -> str:
        """``lexical-<hash of the training texts and parameters>``."""
        self._check_fitted()
        return self._id

    def fit(self, texts: Sequence[str]) -> Self:
        """Learn vocabulary, weights and axes from `texts` (n of them, any order).

        Raises
        ------
        ValueError
            When `texts` is empty.
        """
        if not len(texts):
            raise ValueError("LexicalVectorizer.fit needs at least one text; it was given none")
        # Training texts in canonical order: neither the axes' signs nor the id may depend on row order.
        ordered = sorted(texts)
        digest = hashlib.sha256("\n".join(map(content_hash, ordered)).encode()).hexdigest()
        self._id = f"lexical-{digest[:16]}-{self.n_dimensions}-{self.random_state}"
        min_df = 1 if len(ordered) < 200 else 2
        self._tfidf = TfidfVectorizer(
            analyzer=_words_and_pairs, min_df=min_df, max_features=50_000, sublinear_tf=True, dtype=np.float32
        )
        self._svd = None
        try:
            weights = self._tfidf.fit_transform(ordered)
        except ValueError:  # scikit-learn's "empty vocabulary": no text has a content word
            return self
        if weights.shape[1] > 1:  # a single word does not distinguish texts
            n_axes = min(self.n_dimensions, *weights.shape)
            # scikit-learn divides by the total variance, which is nothing when all texts are alike.
            with np.errstate(divide="ignore", invalid="ignore"):
                self._svd = TruncatedSVD(n_axes, random_state=self.random_state).fit(weights)
        return self

    def transform(self, texts: Sequence[str]) -> Vectors:
        """Vectors of `texts`, float32 of shape (n, d + 1), rows of unit length."""
        self._check_fitted()
        if self._svd is None:
            return np.ones((len(texts), 1), dtype=np.float32)
        if not len(texts):
            return np.empty((0, self._svd.n_components + 1), dtype=np.float32)
        rows = self._svd.transform(self._tfidf.transform(texts))
        wordless = np.linalg.norm(rows, axis=1, keepdims=True) < 1e-6
        return unit_rows(np.hstack([np.where(wordless, 0, rows), wordless]).astype(np.float32))

    def fit_transform(self, texts: Sequence[str]) -> Vectors:
        """Fit on `texts`, then transform them."""
        return self.fit(texts).transform(texts)

    def _check_fitted(self) -> None:
        if not hasattr(self, "_id"):
            raise NotFittedError("LexicalVectorizer is not fitted; call fit with the corpus's texts first")


def make_vectorizer(name: str, random_state: int = 0) -> MiniLMVectorizer | LexicalVectorizer:
    """Vectorizer by name; the student, which is fitted otherwise, is in `analytics.vectors.student`.

    ``minilm`` reads 192 word pieces of a text, ``minilm-128`` and ``minilm-256`` as many as they say; only
    ``lexical`` uses `random_state`.

    Raises
    ------
    InputError
        When there is no vectorizer of that name.
    """
    if name in MINILM_PIECES:
        return MiniLMVectorizer(MINILM_PIECES[name])
    if name == "lexical":
        return LexicalVectorizer(random_state=random_state)
    raise InputError(f"unknown vectorizer {name!r}; choose one of: {', '.join(VECTORIZERS)}")


def _words_and_pairs(text: str) -> list[str]:
    words = tokenize(text)
    return words + [f"{left} {right}" for left, right in pairwise(words)]
