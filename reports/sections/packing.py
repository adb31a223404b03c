"""Data for the page's script as text: gzip in base64, of as many papers as fit."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable, Mapping
from typing import Any

from reports.sections.explorer import Explorer

__all__ = ["pack", "pack_abstracts", "pack_index", "packed"]

_CHECKED = 500
"""Papers whose packed size predicts that of the others."""
_FULL, _TRIES = 0.93, 5
"""Part of the room that is full enough, and how often a better number of papers is looked for."""
_FEWEST = 100
"""Papers below which a search is not worth its place."""


def pack(explorer: Explorer, room: int) -> str:
    """Base64 of gzip of JSON of as many papers as fit.

    It has at most `room` characters, and is empty where not even a hundred papers fit.
    """
    return _pack_first(explorer.first, explorer.n_listed, room, _FEWEST)


def pack_index(explorer: Explorer, room: int) -> str:
    """Base64 of gzip of JSON of the search index of as many papers as fit.

    It has at most `room` characters, and is empty where not even a hundred papers fit.
    """
    return _pack_first(explorer.index.first, len(explorer.index.names), room, _FEWEST)


def pack_abstracts(explorer: Explorer, room: int) -> str:
    """Base64 of gzip of JSON of as many abstracts as fit, and of how many papers have one.

    It has at most `room` characters, and is empty without one that fits.
    """

    def first(n: int) -> dict[str, Any]:
        ids, texts = zip(*explorer.abstracts[:n], strict=True)
        return {"n": explorer.n_abstracts, "ids": ids, "texts": texts}

    return _pack_first(first, len(explorer.abstracts), room, 1) if explorer.abstracts else ""


def _pack_first(first: Callable[[int], Mapping[str, Any]], n_all: int, room: int, fewest: int) -> str:
    """Pack what `first` gives of the largest number that fits; empty where `fewest` do not."""
    n, best = n_all, ""
    if n > _CHECKED:
        n = min(n, int(room * _CHECKED / len(packed(first(_CHECKED)))))
    for _ in range(_TRIES):
        if n < min(fewest, n_all):
            break
        text = packed(first(n))
        if len(text) <= room:
            best = max(best, text, key=len)
            if n == n_all or len(text) > _FULL * room:
                break
        # More papers repeat more words, so the size grows by less than their number.
        n = min(n_all, int(n * room / len(text) * 0.98))
    return best


def packed(value: Mapping[str, Any]) -> str:
    """Base64 of gzip of JSON."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    # Without a time, so that the same papers are the same bytes.
    return base64.b64encode(gzip.compress(text.encode("utf-8", "replace"), 6, mtime=0)).decode()
