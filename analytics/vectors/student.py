"""A student of MiniLM: learns from some abstracts that MiniLM encoded to place all others without it.

What it reads of a text costs next to nothing: the words and pairs of words on the axes of the corpus,
and the mean of MiniLM's own input vectors of the text's word pieces. A kernel regression takes both to
MiniLM's space, so that phrases which MiniLM itself encoded can be compared with what the student gives.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.linalg import cho_factor, cho_solve
from sklearn.decomposition import TruncatedSVD
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import TfidfTransformer

from analytics.exceptions import PapertrendsError
from analytics.papers import content_hash, content_hashes
from analytics.text.word_pairs import PairCounter, common_terms
from analytics.vectors.minilm import MiniLMVectorizer
from analytics.vectors.vectorizer import Vectors, unit_rows
from analytics.vectors.word_pieces import piece_counts, piece_vectors

__all__ = ["StudentVectorizer", "n_taught", "student_teacher", "taught_texts"]

_FEWEST_TAUGHT, _MOST_TAUGHT = 1_000, 5_000
_PART_TAUGHT = 15
_TEACHER_PIECES = 128
"""Word pieces that MiniLM reads of a taught abstract: as many as it was trained on, and half the time."""
_MOST_READ = 20_000
"""Texts at most from which words and their axes are learned."""
_MOST_PIECES_READ = 5_000
"""Texts at most from which the rarity of word pieces is learned."""
_MOST_WORDS = 30_000
_N_AXES = 256
_WIDTH, _NOISE = 0.3, 0.03  # of the kernel, chosen on a sample that shares papers with the benchmark
_BLOCK = 1024
_METHOD = 2
"""Raised when the same texts would make another student."""
_STORED = np.float16


def student_teacher() -> MiniLMVectorizer:
    """MiniLM as it encodes the texts that a student is taught: their first 128 word pieces.

    On 20,000 arXiv abstracts these vectors have .992 of the 15-nearest-neighbors accuracy of those of 256
    pieces, and a student that is taught by them loses less than .003 of it.
    """
    return MiniLMVectorizer(_TEACHER_PIECES)


def n_taught(n_texts: int) -> int:
    """Texts that MiniLM encodes for a corpus: a fifteenth, at least 1,000 and at most 5,000 of them.

    Examples
    --------
    >>> [n_taught(n) for n in (500, 12_000, 30_000, 300_000)]
    [500, 1000, 2000, 5000]
    """
    return min(n_texts, int(np.clip(n_texts // _PART_TAUGHT, _FEWEST_TAUGHT, _MOST_TAUGHT)))


def taught_texts(texts: Sequence[str]) -> list[str]:
    """Texts that MiniLM should encode for a corpus: as good as drawn at random, the same in every order.

    Returns `n_taught` different ones, in the order of their hashes.
    """
    return _first_by_hash(texts, n_taught(len(set(content_hashes(texts)))))


class StudentVectorizer:
    """Maps texts to MiniLM's space by a kernel regression on cheap features.

    Two blocks of features, each brought to length one: words and pairs of words by TF-IDF on 256
    axes [1]_, the title's counted three times; and the mean of MiniLM's input vectors of the text's word
    pieces by TF-IDF, less the mean of all texts. The regression has a Gaussian kernel of the features'
    distance and a ridge [2]_. On 20,000 arXiv abstracts that it had not seen, 5,000 taught ones give
    0.98 of MiniLM's 15-nearest-neighbors accuracy and 0.98 of its V-measure (`benchmarks/bench_student.py`);
    features and kernel were chosen on that sample.

    What is kept of a fit are half-precision arrays, see `arrays`; values are rounded before they are used, so
    that a student which was stored gives the same vectors.

    References
    ----------
    .. [1] Deerwester et al. (1990),
       doi:10.1002/(SICI)1097-4571(199009)41:6<391::AID-ASI1>3.0.CO;2-9
    .. [2] Saunders, Gammerman and Vovk (1998), Ridge regression learning algorithm in dual variables, ICML;
       Hinton, Vinyals and Dean (2015), doi:10.48550/arXiv.1503.02531 (a student and its teacher)
    """

    needs_corpus = True
    n_dimensions = 384

    def __init__(self, random_state: int = 0) -> None:
        self.random_state = random_state

    @property
    def id(self) -> str:
        """``student-<hash of method, teacher, seed, taught texts and texts read>``."""
        self._check_fitted()
        return self._id

    def fit(self, texts: Sequence[str], taught: Mapping[str, NDArray[np.float32]], teacher_id: str) -> Self:
        """Learn from a corpus, some of whose texts have vectors.

        Parameters
        ----------
        texts : sequence of str
            The corpus, in any order; words are learned from at most 20,000 of them.
        taught : mapping of text to float32 array of shape (384,)
            Vectors by MiniLM, usually those of `taught_texts`.
        teacher_id : str
            What made these vectors.

        Raises
        ------
        ValueError
            When no text is taught.
        """
        if not taught:
            raise ValueError(
                "StudentVectorizer.fit needs at least one text with its vector; it was given none"
            )
        read = _first_by_hash(texts, _MOST_READ)
        known = _first_by_hash(list(taught), len(taught))
        self._id = self._name(read, known, teacher_id)
        words, axes = _fitted_axes(read, self.random_state)
        pieces = _damped(piece_counts(read[:_MOST_PIECES_READ]))
        n_texts = np.asarray(pieces.astype(bool).sum(axis=0)).ravel()
        piece_idf = np.log((1 + pieces.shape[0]) / (1 + n_texts)).astype(np.float32)
        self.arrays: dict[str, NDArray[Any]] = {
            "words": np.frombuffer("\n".join(words).encode(), dtype=np.uint8),
            "axes": axes.astype(_STORED),
            "piece_idf": piece_idf,
            "piece_mean": _piece_means(pieces, piece_idf).mean(axis=0),
        }
        self._prepare()
        rows = np.stack([taught[text] for text in known]).astype(np.float64)
        support = self._features(known).astype(_STORED)
        kernel = _kernel(support.astype(np.float32), support.astype(np.float32)).astype(np.float64)
        mean = rows.mean(axis=0)
        kernel[np.diag_indices_from(kernel)] += _NOISE
        weights = cho_solve(cho_factor(kernel, lower=True, overwrite_a=True), rows - mean)
        self.arrays |= {
            "support": support,
            "weights": weights.astype(_STORED),
            "mean": mean.astype(np.float32),
        }
        self._prepare()
        return self

    @classmethod
    def of_arrays(cls, student_id: str, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """Student of an earlier fit, from its id and its `arrays`.

        Raises
        ------
        PapertrendsError
            When an array is missing or not finite.
        """
        needed = ("words", "axes", "piece_idf", "piece_mean", "support", "weights", "mean")
        bad = [name for name in needed if name not in arrays or not np.isfinite(arrays[name]).all()]
        if bad:
            raise PapertrendsError(
                f"the stored student {student_id} is damaged: {', '.join(bad)} cannot be read"
            )
        student = cls()
        student._id, student.arrays = student_id, dict(arrays)
        student._prepare()
        return student

    def transform(self, texts: Sequence[str]) -> Vectors:
        """Vectors of `texts`, float32 of shape (n, 384), rows of unit length."""
        self._check_fitted()
        found = np.empty((len(texts), self.n_dimensions), dtype=np.float32)
        for start in range(0, len(texts), _BLOCK):
            block = texts[start : start + _BLOCK]
            kernel = _kernel(self._features(block), self._support)
            found[start : start + _BLOCK] = unit_rows(kernel @ self._weights + self.arrays["mean"])
        return found

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel to another process as what is stored, a third of what is held."""
        if not hasattr(self, "_support"):
            return (StudentVectorizer, (self.random_state,))
        return (StudentVectorizer.of_arrays, (self._id, self.arrays))

    def _prepare(self) -> None:
        """Make ready what `transform` uses of the arrays."""
        words = self.arrays["words"].tobytes().decode().split("\n")
        self._counter = PairCounter(words)
        self._axes = self.arrays["axes"].astype(np.float32)
        if "support" in self.arrays:
            self._support = self.arrays["support"].astype(np.float32)
            self._weights = self.arrays["weights"].astype(np.float32)

    def _features(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Features of texts, shape (n, f), rows of unit length."""
        counts = _damped(self._counter.counts(texts))
        means = (
            _piece_means(_damped(piece_counts(texts)), self.arrays["piece_idf"]) - self.arrays["piece_mean"]
        )
        return unit_rows(np.hstack([unit_rows(counts @ self._axes), unit_rows(means)]))

    def _name(self, read: list[str], known: list[str], teacher_id: str) -> str:
        parts = [
            str(_METHOD),
            teacher_id,
            str(self.random_state),
            *map(content_hash, known),
            "",
            *map(content_hash, read),
        ]
        return f"student-{hashlib.sha256(chr(10).join(parts).encode()).hexdigest()[:16]}"

    def _check_fitted(self) -> None:
        if not hasattr(self, "_support"):
            raise NotFittedError(
                "StudentVectorizer is not fitted; call fit with texts and some of their vectors"
            )


def _first_by_hash(texts: Sequence[str], most: int) -> list[str]:
    """Different texts, in the order of their hashes; of a large corpus few are looked at."""
    rows = {key: row for row, key in enumerate(content_hashes(texts))}
    return [texts[rows[key]] for key in sorted(rows)[:most]]


def _fitted_axes(texts: list[str], random_state: int) -> tuple[list[str], NDArray[np.float32]]:
    """Words of a corpus and where each lies on its axes, the word's rarity included; shape (w, a)."""
    fewest = 1 if len(texts) < 200 else 2
    words, counts = common_terms(texts, fewest_texts=fewest, most_terms=_MOST_WORDS)
    if len(words) < 2:  # a single word does not distinguish texts
        return words or [""], np.zeros((1, 1), dtype=np.float32)
    tfidf = TfidfTransformer(sublinear_tf=True)
    weights = tfidf.fit_transform(counts)
    n_axes = min(_N_AXES, *weights.shape)
    with np.errstate(divide="ignore", invalid="ignore"):  # the total variance of texts that are all alike
        axes = TruncatedSVD(n_axes, random_state=random_state).fit(weights).components_
    return words, np.asarray(axes.T * tfidf.idf_[:, None], dtype=np.float32)


def _damped(counts: sparse.csr_array) -> sparse.csr_array:
    """One plus the logarithm of each count; only the direction of a row is used."""
    counts.data = 1 + np.log(counts.data)
    return counts


def _piece_means(counts: sparse.csr_array, idf: NDArray[np.float32]) -> NDArray[np.float32]:
    weighted = sparse.csr_array(counts @ sparse.diags_array(idf))
    return unit_rows(weighted @ piece_vectors())


def _kernel(one: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float32]:
    """Gaussian kernel of unit rows: their squared distance is twice what their cosine lacks to 1."""
    return np.asarray(np.exp(2 * _WIDTH * np.minimum(one @ other.T - 1, 0)), dtype=np.float32)
