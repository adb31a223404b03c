"""Make the background statistics that ship with papertrends: mean and covariance of MiniLM vectors.

Run once for each number of word pieces, by hand, over any general set of abstracts; the files in the folder
`resources` of `analytics` were made from 6,141 Daily Papers of 2024-05 to 2025-12 and 6,000 arXiv papers
of computer science of 2008 to 2019, drawn at random (256 pieces in float32, 128 and 192 in int8).

    python benchmarks/make_background.py N_PIECES PAPERS.parquet [PAPERS.parquet ...]

Each file has the columns `title` and `abstract`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd

from analytics.papers import paper_text
from analytics.vectors.background import COVARIANCE_SCALE, Background
from analytics.vectors.minilm import MiniLMVectorizer

RESOURCES = Path(__file__).resolve().parents[1] / "analytics" / "resources"


def main(n_pieces: int, paths: list[str]) -> None:
    """Encode the papers of all files and write their mean and covariance."""
    papers = pd.concat([pd.read_parquet(path, columns=["title", "abstract"]) for path in paths])
    texts = [paper_text(title, abstract) for title, abstract in papers.itertuples(index=False)]
    write_background(
        MiniLMVectorizer(n_pieces).transform(texts), RESOURCES / f"minilm_background_{n_pieces}.npz"
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


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(int(sys.argv[1]), sys.argv[2:])
