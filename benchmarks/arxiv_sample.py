"""Papers of the arXiv file beside the checkout for benchmarks, and their vectors, kept in a file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from analytics.papers import content_hash
from analytics.vectors import Vectorizer

__all__ = ["CORPUS", "encode", "read_sample", "require_corpus"]

CORPUS = Path(__file__).resolve().parents[2] / "shared" / "corpora" / "arxiv_cs_1993_2019.parquet"

_BLOCK = 1000


def require_corpus() -> None:
    """End with a clear line where the file is not there."""
    if not CORPUS.is_file():
        raise SystemExit(f"needs the data folder beside the checkout: {CORPUS} is not there")


def read_sample(n_papers: int, design: str, seed: int) -> tuple[pd.DataFrame, pd.Series]:
    """Papers in the columns of a run, and apart from them the first category of each.

    The same for the same arguments; a larger sample holds a smaller one. Design `even` takes equally many
    papers of each year, all where a year has fewer; `random` takes papers as they come.
    """
    table = pd.read_parquet(CORPUS).sort_values("id", ignore_index=True)
    table = table.iloc[np.random.default_rng(seed).permutation(len(table))]
    if design == "even":
        years = table["date"].str[:4]
        sizes = years.value_counts()
        fits = [cap for cap in range(1, len(table) + 1) if sizes.clip(upper=cap).sum() <= n_papers]
        table = table[years.groupby(years).cumcount() < fits[-1]]
    table = table[:n_papers].reset_index(drop=True)
    papers = pd.DataFrame(
        {
            "paper_id": "arxiv:" + table["id"],
            "title": table["title"],
            "abstract": table["abstract"],
            "published": pd.to_datetime(table["date"]).astype("datetime64[us]"),
        }
    )
    return papers, table["primary"]


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
