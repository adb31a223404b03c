# ruff: noqa: E501
"""Do intervals from labels hold the truth? arXiv's categories answer as the reader.

Papers are drawn by the product, answered by their category, and the product estimates shares: of the whole
corpus, of each year, and the change from the first to the last three years. Repeated with other draws; the part
of the intervals that hold the true share is their coverage. Widths are compared with Wilson's interval of as
many labels drawn evenly (Newcombe's for the change). Then the same with predictions that grow worse over time,
and verdicts on corpora without any trend (the days of the papers are permuted).
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import platform
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from arxiv_sample import encode, require_corpus
from arxiv_themes import THEMES, read_corpus
from label_draws import Reader, drifting, null_claims, one_repeat, read_reader
from label_page import SETS, lines_of, summary
from result_pages import write_results
from threadpoolctl import threadpool_limits

from analytics.papers import paper_text
from analytics.themes import ThemeScores, score_themes
from analytics.vectors.background import background_for
from analytics.vectors.encoders import make_vectorizer
from flows.config.themes_file import read_themes

SIZES = (100, 200, 400)
READERS: dict[str, Reader] = {}
"""What the processes of the pool read."""


def repeat_of(job: tuple[str, int, int]) -> list[dict[str, Any]]:
    """Measures of one draw, in a process of the pool."""
    name, n_labels, seed = job
    return list(one_repeat(READERS[name], n_labels, seed))


def claims_of(seed: int) -> dict[str, Any]:
    """Claims on one null corpus, in a process of the pool."""
    return null_claims(READERS["five"], 200, seed)


def main() -> None:
    """Measure and write the page."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--papers", type=int, default=12_000)
    parser.add_argument("--repeats", type=int, default=100)
    parser.add_argument("--cache", type=Path, help="npz file for vectors; made when it is not there")
    chosen = parser.parse_args()
    require_corpus()
    start = time.perf_counter()
    torch.set_num_threads(os.cpu_count() or 1)
    themes = read_themes(THEMES)
    corpus = read_corpus(chosen.papers, "even", 0, [theme.theme_id for theme in themes])
    texts = [paper_text(*row) for row in corpus.papers[["title", "abstract"]].itertuples(index=False)]
    texts += [text for theme in themes for text in theme.texts]
    vectorizer = make_vectorizer("minilm").fit(texts)
    vectors, _ = encode(vectorizer, texts, chosen.cache)
    encoding = time.perf_counter() - start
    stops = np.cumsum([len(corpus.papers), *(len(theme.texts) for theme in themes)])
    rows, *phrases = np.split(vectors, stops[:-1])
    found: dict[str, Any] = {"rows": []}
    # One thread: the matrices are small, and many threads would wait for each other.
    with threadpool_limits(1):
        background = background_for(vectorizer.id, rows)
        whitened = background.whiten(rows).astype(np.float32)
        scored = score_themes(corpus.papers, themes, rows, phrases, background)
        readers = {}
        for name, ids in SETS.items():
            own = [column for column, theme in enumerate(themes) if theme.theme_id in ids]
            part = ThemeScores(scored.scores[:, own], scored.phrases[:, own], scored.probability[:, own])
            readers[name] = read_reader(part, corpus, tuple(themes[column] for column in own), whitened)
        readers["five, drift"] = drifting(readers["five"])
        READERS.update(readers)
        # Forked: the processes share the vectors.
        with multiprocessing.get_context("fork").Pool(os.cpu_count()) as pool:
            for name, reader in readers.items():
                for n_labels in SIZES:
                    jobs = [(name, n_labels, seed) for seed in range(chosen.repeats)]
                    told = [row for rows in pool.imap(repeat_of, jobs) for row in rows]
                    found["rows"].append(summary(name, n_labels, told, chosen.repeats * len(reader.themes)))
                    print(found["rows"][-1], f"{time.perf_counter() - start:.0f} s", flush=True)
            claims = pool.map(claims_of, range(2 * chosen.repeats))
        found["null"] = {
            window: float(np.mean([one[window] for one in claims])) for window in ("long", "recent")
        }
    found["about"] = {
        "seconds": time.perf_counter() - start, "encoding_seconds": encoding, "papers": len(corpus.papers), "repeats": chosen.repeats,
        "machine": f"{os.cpu_count()} cores, {platform.machine()}", "python": platform.python_version(), "numpy": np.__version__,
    }  # fmt: skip
    write_results("labels", lines_of(found), found)


if __name__ == "__main__":
    main()
