"""Make the background statistics that ship with papertrends: mean and covariance of MiniLM vectors.

Run once, by hand, over any general set of abstracts; the file in `analytics/resources` was made from
6,141 Daily Papers of 2024-05 to 2025-12 and 6,000 arXiv papers of 2008 to 2019, drawn at random from 29
categories of computer science.

    python benchmarks/make_background.py PAPERS.parquet [PAPERS.parquet ...]

Each file has the columns `title` and `abstract`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd

from analytics.papers import paper_text
from analytics.vectors.background import COVARIANCE_SCALE, Background
from analytics.vectors.encoders import make_vectorizer

TARGET = Path(__file__).resolve().parents[1] / "analytics" / "resources" / "minilm_background.npz"


def main(paths: list[str]) -> None:
    """Encode the papers of all files and write their mean and covariance."""
    papers = pd.concat([pd.read_parquet(path, columns=["title", "abstract"]) for path in paths])
    texts = [paper_text(title, abstract) for title, abstract in papers.itertuples(index=False)]
    write_background(make_vectorizer("minilm").transform(texts))


def write_background(vectors: np.ndarray) -> None:
    """Write the statistics in half precision, the covariance as its upper triangle (148 kB)."""
    background = Background.of_vectors(vectors, is_general=True)
    upper = background.covariance[np.triu_indices(len(background.mean))]
    TARGET.parent.mkdir(exist_ok=True)
    # Entries of the covariance are near 1e-4, the edge of half precision's normal range: scaled up.
    np.savez_compressed(
        TARGET, mean=background.mean.astype(np.float32), upper=(upper * COVARIANCE_SCALE).astype(np.float16)
    )
    print(f"{TARGET.name}: {len(vectors)} abstracts, {TARGET.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(sys.argv[1:])
