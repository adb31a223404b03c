"""MiniLM as sentence-transformers runs it: where OpenVINO is absent, and for vectors of earlier versions."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from analytics.exceptions import PapertrendsError
from analytics.vectors.minilm_weights import minilm_folder

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

__all__ = ["TorchFormat", "encode_by_torch"]

TorchFormat = Literal["f32", "bf16"]

logger = logging.getLogger(__name__)

# Eight texts' activations stay in the processor's cache: 31 abstracts a second, 23 with 32 at a time.
_BATCH_SIZE = 8


def encode_by_torch(texts: Sequence[str], n_pieces: int, number_format: TorchFormat) -> NDArray[np.float32]:
    """Vectors of texts, shape (n, 384), of about unit length: bfloat16 misses it by up to 1 %.

    Raises
    ------
    PapertrendsError
        When torch is not installed, or the weights are not the published ones.
    """
    encoder = _encoder(number_format)
    encoder.max_seq_length = n_pieces
    rows = encoder.encode(list(texts), batch_size=_BATCH_SIZE, show_progress_bar=False, convert_to_numpy=True)
    return np.asarray(rows, dtype=np.float32)


@cache
def _encoder(number_format: str) -> SentenceTransformer:
    """Network loaded once per process; imports of several seconds happen only when it is needed."""
    folder = minilm_folder()
    try:
        import torch
        import transformers
        from sentence_transformers import SentenceTransformer
    except ImportError as error:
        raise PapertrendsError(
            f"MiniLM cannot run on torch here ({error}); install torch (python install.py torch), "
            "or install openvino and find the topics again (papertrends analyze --refit)"
        ) from error

    transformers.utils.logging.disable_progress_bar()
    dtype = torch.bfloat16 if number_format == "bf16" else torch.float32
    encoder = SentenceTransformer(
        str(folder), device="cpu", local_files_only=True, model_kwargs={"dtype": dtype}
    )
    logger.info("MiniLM loaded in %s", dtype)
    return encoder
