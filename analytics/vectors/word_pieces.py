"""Counts of MiniLM's word pieces in texts, and the vectors with which it begins to read each of them."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from analytics.text.word_numbers import Numbers, laid_out
from analytics.vectors.minilm_weights import minilm_folder

__all__ = ["piece_counts", "piece_vectors"]

_MOST_READ = 256
"""Pieces of a text at most, as MiniLM reads them."""
_BLOCK = 1024
_MOST_REMEMBERED = 1 << 18


def piece_counts(texts: Sequence[str]) -> sparse.csr_array:
    """Counts of word pieces among the first 256 of each text.

    No piece goes across a space, so that a stretch between spaces is cut once and looked up after. Returns
    shape (n, p), columns ascending in each row; p is the number of MiniLM's pieces, 30,522.
    """
    cutter, found = _cutter(), [sparse.csr_array((0, len(piece_vectors())), dtype=np.float32)]
    for start in range(0, len(texts), _BLOCK):
        block = texts[start : start + _BLOCK]
        pieces, lengths = cutter.cut([text.split() for text in block])
        texts_of = np.repeat(np.arange(len(block)), lengths)
        within = np.arange(len(pieces)) - (np.cumsum(lengths) - lengths)[texts_of] < _MOST_READ
        ones = np.ones(int(within.sum()), dtype=np.float32)
        shape = (len(block), len(piece_vectors()))
        counts = sparse.csr_array((ones, (texts_of[within], pieces[within])), shape=shape)
        counts.sum_duplicates()
        found.append(counts)
    return sparse.csr_array(sparse.vstack(found, format="csr"))


@cache
def piece_vectors() -> NDArray[np.float32]:
    """Input vectors of the packaged MiniLM, one a word piece, shape (30522, 384)."""
    from safetensors import safe_open

    with safe_open(str(minilm_folder() / "model.safetensors"), "np") as weights:
        embeddings = weights.get_tensor("embeddings.word_embeddings.weight")
    return np.asarray(embeddings, dtype=np.float32)


class _Cutter:
    """MiniLM's tokenizer, which remembers the stretches that it has cut: most come again and again."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        self._forget()

    def _forget(self) -> None:
        self._places, self._items, self._sizes = Numbers(), array("i"), array("q")

    def cut(self, texts: Iterable[list[str]]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """Pieces of texts, one text after the other, and how many each has."""
        if len(self._places) > _MOST_REMEMBERED:
            self._forget()
        n_known = len(self._places)
        places, n_stretches = array("i"), []
        for stretches in texts:
            places.extend(map(self._places.__getitem__, stretches))
            n_stretches.append(len(stretches))
        # Lone surrogates have no UTF-8.
        fresh = [one.encode("utf-8", "replace").decode() for one in list(self._places)[n_known:]]
        for encoding in self._tokenizer.encode_batch_fast(fresh, add_special_tokens=False):
            self._items.extend(encoding.ids)
            self._sizes.append(len(encoding.ids))
        at = np.array(places, dtype=np.int64)
        pieces, sizes = laid_out(
            np.array(self._items, dtype=np.int32), np.array(self._sizes, dtype=np.int64), at
        )
        ends = np.concatenate([[0], np.cumsum(sizes)])[np.cumsum([0, *n_stretches])]
        return pieces, np.diff(ends)


@cache
def _cutter() -> _Cutter:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(minilm_folder() / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(_MOST_READ)
    return _Cutter(tokenizer)
