"""Make the statistics of MiniLM vectors that ship: mean, covariance, and what titles say of abstracts.

Run once for each number of word pieces, by hand, over any general set of abstracts; the files in the folder
`resources` of `analytics` were made from 6,141 Daily Papers of 2024-05 to 2025-12 and 6,000 arXiv papers
of computer science of 2008 to 2019, drawn at random (256 pieces in float32, 128 and 192 in int8).

    python benchmarks/make_background.py N_PIECES PAPERS.parquet [PAPERS.parquet ...]

Each file has the columns `title` and `abstract`. With 192 pieces the expectation of an abstract's vector from
its title's is made too, which serves all of them.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd

from analytics.papers import paper_text
from analytics.vectors.background import COVARIANCE_SCALE, Background, TitleMap
from analytics.vectors.minilm import MiniLMVectorizer

RESOURCES = Path(__file__).resolve().parents[1] / "analytics" / "resources"


def main(n_pieces: int, paths: list[str]) -> None:
    """Encode the papers of all files and write their mean and covariance."""
    papers = pd.concat([pd.read_parquet(path, columns=["title", "abstract"]) for path in paths])
    texts = [paper_text(title, abstract) for title, abstract in papers.itertuples(index=False)]
    vectorizer = MiniLMVectorizer(n_pieces)
    vectors = vectorizer.transform(texts)
    write_background(vectors, RESOURCES / f"minilm_background_{n_pieces}.npz")
    if n_pieces == 192:
        write_title_map(
            vectorizer.transform(papers["title"].tolist()), vectors, RESOURCES / "minilm_titles.npz"
        )


def write_background(vectors: np.ndarray, target: Path) -> None:
    """Write the statistics in half precision, the covariance as its upper triangle (148 kB)."""
    background = Background.of_vectors(vectors, is_general=True)
    upper = background.covariance[np.triu_indices(len(background.mean))]
    # Entries of the covariance are near 1e-4, the edge of half precision's normal range: scaled up.
    np.savez_compressed(
        target, mean=background.mean.astype(np.float32), upper=(upper * COVARIANCE_SCALE).astype(np.float16)
    )
    print(f"{target.name}: {len(vectors)} abstracts, {target.stat().st_size / 1000:.0f} kB")


def write_title_map(titles: np.ndarray, abstracts: np.ndarray, target: Path) -> None:
    """Write the regression of abstracts on their titles in half precision (270 kB)."""
    found = TitleMap.of_vectors(titles, abstracts)
    np.savez_compressed(target, **{name: value.astype(np.float16) for name, value in vars(found).items()})
    print(f"{target.name}: {len(titles)} papers, {target.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(int(sys.argv[1]), sys.argv[2:])
