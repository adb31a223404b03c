"""Vectors for benchmarks: encoded once, kept in a file that the caller names."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from analytics.vectors import Vectorizer, content_hash

__all__ = ["encode"]

_BLOCK = 1000


def encode(vectorizer: Vectorizer, texts: list[str], cache: Path | None) -> tuple[np.ndarray, int]:
    """Vectors of the texts, from the cache where it has them, and how many were not and are added to it."""
    keys = np.array([f"{vectorizer.id}:{content_hash(text)}" for text in texts])
    known: dict[str, np.ndarray] = {}
    if cache is not None and cache.is_file():
        with np.load(cache) as stored:
            known = dict(zip(stored["keys"].tolist(), stored["vectors"], strict=True))
    missing = list({key: text for key, text in zip(keys, texts, strict=True) if key not in known}.items())
    for start in range(0, len(missing), _BLOCK):
        block = missing[start : start + _BLOCK]
        rows = vectorizer.transform([text for _, text in block])
        known |= {key: row for (key, _), row in zip(block, rows, strict=True)}
        print(f"encoded {start + len(block)} of {len(missing)}", flush=True)
    if cache is not None and missing:
        np.savez(cache, keys=np.array(list(known)), vectors=np.array(list(known.values())))
    return np.array([known[key] for key in keys], dtype=np.float32), len(missing)
