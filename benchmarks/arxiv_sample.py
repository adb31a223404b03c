"""Papers of the arXiv file beside the checkout for benchmarks, and their vectors, kept in a file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from analytics.papers import content_hash
from analytics.vectors.vectorizer import Vectorizer

__all__ = ["CORPUS", "changed_copies", "encode", "read_rows", "read_sample", "require_corpus"]

CORPUS = Path(__file__).resolve().parents[2] / "shared" / "corpora" / "arxiv_cs_1993_2019.parquet"

_BLOCK = 1000
_CHANGED = 0.3
"""Part of the words of a copy that are others: its vector moves away from the original's, not its subject."""
_POOL = 5000
"""Abstracts that stand for how frequent words are."""
_ARCHIVES = ("cs", "math", "physics", "cond-mat", "quant-ph", "hep-th", "stat", "astro-ph")


def require_corpus() -> None:
    """End with a clear line where the file is not there."""
    if not CORPUS.is_file():
        raise SystemExit(f"needs the data folder beside the checkout: {CORPUS} is not there")


def read_sample(n_papers: int, design: str, seed: int) -> tuple[pd.DataFrame, pd.Series]:
    """Papers in the columns of a run, and apart from them the first category of each.

    The same for the same arguments; a larger sample holds a smaller one. Design `even` takes equally many
    papers of each year, all where a year has fewer; `random` takes papers as they come.
    """
    table = _shuffled(seed)
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


def read_rows(n_papers: int, seed: int) -> pd.DataFrame:
    """Rows in the columns of the file, as papers come: those of `read_sample`'s design `random`.

    Beyond the end of the file it begins again with changed words, see `changed_copies`. The first rows are
    the same however many follow.
    """
    table = _shuffled(seed).reset_index(drop=True)
    n_copies = -(-n_papers // len(table)) - 1
    whole = pd.concat([table, *changed_copies(table, n_copies, seed)], ignore_index=True)
    return whole[:n_papers]


def changed_copies(table: pd.DataFrame, n_copies: int, seed: int) -> list[pd.DataFrame]:
    """Copies of papers that are new papers of the same subjects and days.

    Three in ten words of title and abstract are replaced by words as frequent as they are in abstracts;
    ids are free ones of the same month; a DOI is no copy's.
    """
    rng = np.random.default_rng((seed, 1))
    pool = [word for abstract in table["abstract"][:_POOL] for word in abstract.split()]
    ids = _free_ids(table["id"].tolist(), n_copies)
    copies = []
    for number in range(n_copies):
        changed = {
            name: [_changed(text, pool, rng) for text in table[name]] for name in ("title", "abstract")
        }
        copies.append(table.assign(**changed, id=ids[number], doi=""))
    return copies


def _shuffled(seed: int) -> pd.DataFrame:
    table = pd.read_parquet(CORPUS).sort_values("id", ignore_index=True)
    return table.iloc[np.random.default_rng(seed).permutation(len(table))]


def _changed(text: str, pool: list[str], rng: np.random.Generator) -> str:
    words = text.split()
    places = np.flatnonzero(rng.random(len(words)) < _CHANGED).tolist()
    for place, drawn in zip(places, rng.integers(len(pool), size=len(places)).tolist(), strict=True):
        words[place] = pool[drawn]
    return " ".join(words)


def _free_ids(ids: list[str], n_copies: int) -> list[list[str]]:
    """For each copy an arXiv id for each id: of the same month, its number one that no paper has.

    A month of the old form ``cs/9301111`` has 999 numbers in each archive; when those of one are used up,
    those of others follow.
    """
    # The number is the last three digits, or those after the point of 1501.00001.
    months = [(one[:-3], 3) if "/" in one else (one[:5], len(one) - 5) for one in ids]
    taken = set(ids)

    def free(month: str, width: int) -> Iterator[str]:
        archive, slash, rest = month.rpartition("/")
        starts = [month, *(f"{other}/{rest}" for other in _ARCHIVES if slash and other != archive)]
        names = (f"{start}{number:0{width}d}" for start in starts for number in range(1, 10**width))
        return (name for name in names if name not in taken)

    supplies = {month: free(*month) for month in set(months)}
    try:
        return [[next(supplies[month]) for month in months] for _ in range(n_copies)]
    except StopIteration:
        raise ValueError(f"{n_copies} copies need more ids than a month has numbers; make fewer") from None


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
