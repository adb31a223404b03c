# ruff: noqa: E501
"""How fast and how good each encoder is on the same papers, beside MiniLM in float32 with 256 word pieces by torch.

    python benchmarks/bench_encoders.py [--papers N] [--cache FILE]

Reads shared/corpora/arxiv_cs_1993_2019.parquet: N papers (20,000) as they come, of which neither ranges nor statistics
that ship saw any. Quality: the 15 nearest neighbors' majority for a paper's category, and k-means with as many clusters
as categories; F1 of four themes on labelled Daily Papers. Speed: blocks of 64 papers of all lengths, each encoder in turn,
so that what else the machine does falls on all of them. Writes benchmarks/results/encoders.md and encoders.json.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from arxiv_sample import encode, read_sample, require_corpus
from bench_readers import Encoder, read_daily_papers, without_labels
from bench_student import quality

from analytics.papers import paper_text
from analytics.vectors.minilm import MiniLMVectorizer
from analytics.vectors.processor import processor_class

RESULTS = Path(__file__).parent / "results"
PACKAGES = ("numpy", "openvino", "torch", "sentence-transformers", "tokenizers")
TIMED, BLOCK = 512, 64
STARTS = 24
"""Of k-means: V-measures of single starts differ by more than what is looked for."""
TODAY = "torch float32, 256 pieces"
ENCODERS = {
    TODAY: MiniLMVectorizer(256, "f32"),
    "int8, 256 pieces": MiniLMVectorizer(256),
    "int8, 192 pieces (default)": MiniLMVectorizer(),
    "int8, 128 pieces": MiniLMVectorizer(128),
    "float32, 192 pieces (default without int8)": MiniLMVectorizer(number_format="float32"),
}
LEAST_TIMES = {"int8, 192 pieces (default)": 6.0, "int8, 256 pieces": 3.0}
LEAST_QUALITY, MOST_F1 = 0.995, 0.01


def speeds(texts: list[str]) -> dict[str, float]:
    """Abstracts a second of each encoder, in alternating blocks; the first block warms up."""
    taken = dict.fromkeys(ENCODERS, 0.0)
    blocks = [sorted(texts[start : start + BLOCK], key=len) for start in range(0, TIMED, BLOCK)]
    for number, block in enumerate([blocks[0], *blocks]):
        for name, vectorizer in ENCODERS.items():
            start = time.perf_counter()
            vectorizer.transform(block)
            taken[name] += time.perf_counter() - start if number else 0.0
    return {name: TIMED / seconds for name, seconds in taken.items()}


def themes_f1(vectorizer: MiniLMVectorizer, cache: Path | None) -> float:
    """Mean F1 of the four themes without labels."""
    encoder = Encoder(cache)
    encoder.vectorizer = vectorizer
    scored, _ = read_daily_papers(encoder)
    return float(np.mean([row["f1"] for row in without_labels(scored)]))


def measure(n_papers: int, cache: Path | None) -> dict[str, dict[str, Any]]:
    """Speed and quality of each encoder."""
    papers, categories = read_sample(n_papers, "random", 0)
    texts = [paper_text(*row) for row in papers[["title", "abstract"]].itertuples(index=False)]
    labels, rates = np.unique(categories, return_inverse=True)[1], speeds(texts)
    found: dict[str, dict[str, Any]] = {}
    for name, vectorizer in ENCODERS.items():
        vectors, _ = encode(vectorizer, texts, cache)
        again = vectorizer.transform(texts[:BLOCK])
        found[name] = {
            "id": vectorizer.id,
            "abstracts_a_second": rates[name],
            **quality(vectors, labels, STARTS),
            "themes_f1": themes_f1(vectorizer, cache),
            "same_bits_twice": bool(np.array_equal(vectorizer.transform(texts[:BLOCK]), again)),
        }
        print(name, found[name], flush=True)
    return found


def report(found: dict[str, dict[str, Any]], about: dict[str, Any]) -> list[str]:
    """Lines of the Markdown page."""
    base = found[TODAY]
    lines = [
        "# Encoders", "",
        f"Written by `make bench-encoders`: {about['papers']:,} arXiv papers of 1993-2019 and 400 labelled Daily Papers ({about['machine']}, {', '.join(f'{name} {number}' for name, number in about['versions'].items())}).", "",
        "| MiniLM in | abstracts a second | times | 15-NN accuracy | of today's | V-measure | of today's | F1 of themes | same bits twice | id |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]  # fmt: skip
    held = {}
    for name, row in found.items():
        times = row["abstracts_a_second"] / base["abstracts_a_second"]
        parts = {key: row[key] / base[key] for key in ("15-NN accuracy", "V-measure")}
        lines.append(
            f"| {name} | {row['abstracts_a_second']:.0f} | {times:.1f} | {row['15-NN accuracy']:.4f} | {parts['15-NN accuracy']:.3f} | {row['V-measure']:.4f} ± {row['standard error']:.4f} | {parts['V-measure']:.3f} | {row['themes_f1']:.3f} | {'yes' if row['same_bits_twice'] else 'NO'} | `{row['id']}` |"
        )
        if name in LEAST_TIMES:
            held[f"{name}: at least {LEAST_TIMES[name]:g} times as fast ({times:.1f})"] = (
                times >= LEAST_TIMES[name]
            )
            for key, part in parts.items():
                held[f"{name}: {key} at least {LEAST_QUALITY} of today's ({part:.3f})"] = (
                    part >= LEAST_QUALITY
                )
            lost = base["themes_f1"] - row["themes_f1"]
            held[f"{name}: F1 of themes at most {MOST_F1} lower ({lost:.3f})"] = lost <= MOST_F1
            held[f"{name}: the same bits twice"] = row["same_bits_twice"]
    lines += ["", "| target | holds |", "| --- | --- |"]
    return [*lines, *(f"| {name} | {'yes' if is_held else 'NO'} |" for name, is_held in held.items()), ""]


def main() -> None:
    """Measure and write the page."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--papers", type=int, default=20_000, help="how many arXiv papers")
    parser.add_argument("--cache", type=Path, help="npz file for vectors; made when it is not there")
    chosen = parser.parse_args()
    require_corpus()
    found = measure(chosen.papers, chosen.cache)
    about = {
        "papers": chosen.papers, "machine": f"{os.cpu_count()} cores, {platform.machine()}, {processor_class()}",
        "versions": {name: version(name) for name in PACKAGES},
    }  # fmt: skip
    text = "\n".join(report(found, about))
    print(text)
    (RESULTS / "encoders.md").write_text(text, encoding="utf-8")
    (RESULTS / "encoders.json").write_text(
        json.dumps({"about": about, "found": found}, indent=1) + "\n", encoding="utf-8"
    )


if __name__ == "__main__":
    main()
