"""Make the ranges that ship with papertrends: least and largest inputs of MiniLM's dense layers per channel.

Run once, by hand, over any general set of abstracts; the file in `analytics/resources` was made from 512
papers drawn at random: 256 Daily Papers of 2024-05 to 2025-12, and 256 arXiv papers of computer science,
1993 to 2019, which `make bench-encoders` does not measure.

    python benchmarks/make_int8_ranges.py PAPERS.parquet

The file has the columns `title` and `abstract`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd

from analytics.papers import paper_text
from analytics.vectors.minilm_openvino import dense_inputs

TARGET = Path(__file__).resolve().parents[1] / "analytics" / "resources" / "minilm_int8_ranges.npz"
N_PIECES = 256


def main(path: str) -> None:
    """Run MiniLM over the papers in float32 and write the ranges in half precision."""
    papers = pd.read_parquet(path, columns=["title", "abstract"])
    texts = [paper_text(title, abstract) for title, abstract in papers.itertuples(index=False)]
    ranges = dense_inputs(texts, N_PIECES)
    TARGET.parent.mkdir(exist_ok=True)
    rows = {name: np.stack([one.lowest, one.highest]).astype(np.float16) for name, one in ranges.items()}
    np.savez_compressed(TARGET, **rows)
    print(f"{TARGET.name}: {len(texts)} abstracts, {TARGET.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
