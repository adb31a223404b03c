"""MiniLM as sentence-transformers runs it: on a GPU, without OpenVINO, for vectors of earlier versions."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from analytics.exceptions import PapertrendsError
from analytics.skipped_imports import hidden
from analytics.vectors.minilm_weights import minilm_folder

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

__all__ = ["TorchFormat", "encode_by_torch", "encode_on_gpu", "load_encoder"]

TorchFormat = Literal["cuda", "f32", "bf16"]

logger = logging.getLogger(__name__)

# Eight texts' activations stay in the processor's cache: 31 abstracts a second, 23 with 32 at a time.
_BATCH_SIZE = 8
_GPU_BATCH_SIZE = 256
_GPU = "cuda"


def encode_by_torch(texts: Sequence[str], n_pieces: int, number_format: TorchFormat) -> NDArray[np.float32]:
    """Vectors of texts, shape (n, 384), of about unit length: bfloat16 misses it by up to 1 %.

    Raises
    ------
    PapertrendsError
        When torch is not installed, or the weights are not the published ones.
    """
    encoder = _encoder(number_format)
    encoder.max_seq_length = n_pieces
    if number_format == "cuda":
        return encode_on_gpu(encoder, texts)
    rows = encoder.encode(list(texts), batch_size=_BATCH_SIZE, show_progress_bar=False, convert_to_numpy=True)
    return np.asarray(rows, dtype=np.float32)


def encode_on_gpu(encoder: SentenceTransformer, texts: Sequence[str], **keywords: Any) -> NDArray[np.float32]:
    """Vectors of texts by an encoder on a GPU, in batches that fit: half as many texts where memory is short.

    Raises
    ------
    PapertrendsError
        When not even one text fits.
    """
    import torch

    batch_size = _GPU_BATCH_SIZE
    while batch_size:
        try:
            rows = encoder.encode(
                list(texts),
                batch_size=batch_size,
                show_progress_bar=False,
                convert_to_numpy=True,
                **keywords,
            )
            return np.asarray(rows, dtype=np.float32)
        except torch.cuda.OutOfMemoryError:
            logger.info("%d texts at once do not fit into the GPU's memory", batch_size)
            torch.cuda.empty_cache()
            batch_size //= 2
    raise PapertrendsError(
        "one text does not fit into the GPU's memory; free it, "
        "or set CUDA_VISIBLE_DEVICES= to use the processor"
    )


def load_encoder(folder: Path, number_format: TorchFormat) -> SentenceTransformer:
    """Sentence encoder of a folder; its packages take seconds to import, so this happens when it is needed.

    Raises
    ------
    ImportError
        When torch or sentence-transformers is not installed.
    """
    with hidden("marimo"):  # in whose notebooks transformers imports IPython, installed or not
        import torch
        import transformers
        from sentence_transformers import SentenceTransformer

    transformers.utils.logging.disable_progress_bar()
    encoder = SentenceTransformer(
        str(folder),
        device=_GPU if number_format == "cuda" else "cpu",
        local_files_only=True,
        model_kwargs={"dtype": torch.bfloat16 if number_format == "bf16" else torch.float32},
    )
    logger.info("%s loaded in %s", folder.name, number_format)
    return encoder


@cache
def _encoder(number_format: TorchFormat) -> SentenceTransformer:
    """MiniLM loaded once per process."""
    folder = minilm_folder()
    try:
        return load_encoder(folder, number_format)
    except ImportError as error:
        raise PapertrendsError(
            f"MiniLM cannot run on torch here ({error}); install torch (python install.py torch), "
            "or install openvino and find the topics again (papertrends analyze --refit)"
        ) from error
