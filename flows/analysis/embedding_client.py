"""Vectors from an endpoint of OpenAI's embeddings form: batches, retries and a bound on requests."""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Callable, Sequence
from typing import Any

import httpx
import numpy as np
from numpy.typing import NDArray
from pydantic import SecretStr

from analytics.exceptions import InputError, PapertrendsError
from analytics.vectors.vectorizer import Vectors, unit_rows
from flows.endpoints.endpoint_address import parse_endpoint
from flows.endpoints.endpoint_client import EndpointClient
from flows.feeds.errors import FeedError

__all__ = ["OpenAIVectorizer"]

_BATCH_SIZE = 64
_MOST_CHARACTERS = 20_000
"""Of a text; the services refuse whole requests with one that is too long (8,192 pieces at OpenAI's)."""
_MODEL = re.compile(r"\S.{0,198}\S|\S")


class _EmbeddingClient(EndpointClient):
    """Asks one endpoint for vectors; see `EndpointClient` for retries, bounds and where a key may go."""

    path = "/embeddings"
    key_variable = "PAPERTRENDS_EMBEDDING_KEY"
    max_bytes = 64_000_000
    named_by = "--vectorizer and embedding_endpoint"


class OpenAIVectorizer:
    """Model behind an endpoint of OpenAI's form.

    Texts are sent in batches of 64, each cut at 20,000 characters; an empty text is sent as a space, because
    services refuse it.

    It `is_remote`: it encodes where the run is, so that no worker is given the key.

    Parameters
    ----------
    endpoint : str
        With or without ``/v1`` and ``/embeddings``.
    most_requests : int
        Bound on all requests of this object, retries included.
    """

    needs_corpus = False
    is_remote = True

    def __init__(
        self,
        model: str,
        endpoint: str,
        key: SecretStr | None,
        *,
        most_requests: int = 2_000,
        answer_seconds: float = 120.0,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        if not _MODEL.fullmatch(model):
            raise InputError(
                f"--vectorizer openai:{model} names no model; write it as in openai:text-embedding-3-small"
            )
        self._model = model
        self._url = parse_endpoint(endpoint, _EmbeddingClient.path, _EmbeddingClient.key_variable).url
        self._client = _EmbeddingClient(
            endpoint, key, most_requests=most_requests, answer_seconds=answer_seconds, sleep=sleep
        )

    @property
    def id(self) -> str:
        """``openai-<model>-<hash of address and model>``; a service may change a model under its name."""
        name = re.sub(r"[^a-z0-9.]+", "-", self._model.lower()).strip("-")[:60]
        digest = hashlib.sha256(f"{self._url}\n{self._model}".encode()).hexdigest()
        return f"openai-{name}-{digest[:12]}"

    def transform(self, texts: Sequence[str]) -> Vectors:
        """Vectors of `texts`, float32 of shape (n, d), rows of unit length.

        Raises
        ------
        InputError
            When the endpoint refuses all requests: wrong key, unknown model.
        PapertrendsError
            When it fails after all retries, or its answer holds no vectors.
        """
        blocks = [
            self._asked(texts[start : start + _BATCH_SIZE]) for start in range(0, len(texts), _BATCH_SIZE)
        ]
        lengths = sorted({block.shape[1] for block in blocks})
        if len(lengths) > 1:
            raise PapertrendsError(
                f"model {self._model} gave vectors of {' and '.join(map(str, lengths))} numbers; "
                "all must have the same length"
            )
        return np.concatenate(blocks) if blocks else np.empty((0, 0), dtype=np.float32)

    def _asked(self, texts: Sequence[str]) -> Vectors:
        # Lone surrogates have no UTF-8.
        written = [text[:_MOST_CHARACTERS].encode("utf-8", "replace").decode() or " " for text in texts]
        body = self._client.post({"model": self._model, "input": written, "encoding_format": "float"})
        rows = _vectors_of(body, len(texts))
        if rows is None:
            raise FeedError(
                f"the answer of {httpx.URL(self._url).host} for model {self._model} holds no vectors of "
                f"{len(texts)} texts; it must be of OpenAI's embeddings form"
            )
        return unit_rows(rows)


def _vectors_of(body: bytes, n_texts: int) -> NDArray[np.float64] | None:
    """Rows of an answer in the order of the texts, None where it is not whole."""
    try:
        data: Any = json.loads(body)["data"]
        by_place = {int(one["index"]): one["embedding"] for one in data}
        rows = np.array([by_place[place] for place in range(n_texts)], dtype=np.float64)
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    is_whole = len(data) == n_texts and rows.ndim == 2 and rows.shape[1] > 0 and np.isfinite(rows).all()
    return rows if is_whole and (np.linalg.norm(rows, axis=1) > 0).all() else None
