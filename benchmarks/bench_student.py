# ruff: noqa: E501
"""How near the student comes to MiniLM, and how much faster it is.

    python benchmarks/bench_student.py [--cache FILE]

Reads shared/corpora/arxiv_cs_1993_2019.parquet: 32,000 papers, equally many of each year, of which 20,000
are held out: the student sees neither their texts nor their vectors. Judged by the 15 nearest neighbors'
majority for a paper's category among 29, and by k-means with 29 clusters. Writes
benchmarks/results/student.md and student.json. MiniLM's encoding takes most of the time (half an hour);
`--cache` keeps the vectors.
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
from sklearn.cluster import KMeans
from sklearn.metrics import v_measure_score
from threadpoolctl import threadpool_limits

from analytics.papers import content_hash, paper_text
from analytics.student import StudentVectorizer
from analytics.vectors import make_vectorizer

RESULTS = Path(__file__).parent / "results"
PACKAGES = ("numpy", "scikit-learn", "scipy", "torch", "sentence-transformers", "tokenizers")
HELD_OUT, SAMPLE, TIMED = 20_000, 32_000, 512
TARGETS = {
    "15-NN accuracy": 0.98,
    "V-measure": 0.97,
    "times faster, fitted": 20.0,
    "times faster, 75,000 with the fit": 6.0,
}
N_TAUGHT = (2_000, 5_000)
CORPUS_SIZES = (20_000, 75_000)


def neighbors_accuracy(vectors: np.ndarray, labels: np.ndarray, n_neighbors: int = 15) -> float:
    """Part of the papers whose category most of their nearest others have; ties to the nearer ones."""
    hits = 0
    for start in range(0, len(vectors), 1024):
        rows = np.arange(start, min(start + 1024, len(vectors)))
        cosines = vectors[rows] @ vectors.T
        cosines[rows - start, rows] = -2
        nearest = np.argpartition(-cosines, n_neighbors, axis=1)[:, :n_neighbors]
        votes = np.zeros((len(rows), labels.max() + 1))
        for place in range(n_neighbors):
            near = np.take_along_axis(cosines, nearest[:, [place]], axis=1)[:, 0]
            np.add.at(votes, (np.arange(len(rows)), labels[nearest[:, place]]), 1 + 1e-3 * near)
        hits += int((votes.argmax(axis=1) == labels[rows]).sum())
    return hits / len(vectors)


def quality(vectors: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    found = [
        v_measure_score(labels, KMeans(labels.max() + 1, n_init=1, random_state=seed).fit_predict(vectors))
        for seed in range(6)
    ]
    return {"15-NN accuracy": neighbors_accuracy(vectors, labels), "V-measure": float(np.mean(found))}


def divided(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows of the papers that are held out, and of the others."""
    order = np.random.default_rng(1).permutation(n)
    return order[:HELD_OUT], order[HELD_OUT:]


def seconds_of_minilm(texts: list[str], teacher: Any) -> float:
    """Seconds an abstract on all cores, in the order in which a run gives them: by length."""
    timed = sorted((texts[row] for row in divided(len(texts))[0][:TIMED]), key=len)
    teacher.transform(timed[:8])
    start = time.perf_counter()
    teacher.transform(timed)
    return (time.perf_counter() - start) / TIMED


def measure(
    texts: list[str], vectors: np.ndarray, labels: np.ndarray, teacher: Any, minilm_second: float
) -> dict[str, Any]:
    """Quality of both on the held-out papers, and how much faster the student is."""
    held, others = divided(len(texts))
    given = [texts[row] for row in others]
    row_of = {texts[row]: row for row in others}
    found: dict[str, Any] = {
        "minilm": quality(vectors[held], labels[held]) | {"abstracts_a_second": 1 / minilm_second}
    }
    for n in N_TAUGHT:
        ranked = sorted(given, key=content_hash)  # as `taught_texts` does, whose number goes by the corpus
        taught = {text: vectors[row_of[text]] for text in ranked[:n]}
        start = time.perf_counter()
        student = StudentVectorizer().fit(given, taught, teacher.id)
        fit_seconds = time.perf_counter() - start
        start = time.perf_counter()
        placed = student.transform([texts[row] for row in held])
        second = (time.perf_counter() - start) / HELD_OUT
        row = quality(placed, labels[held])
        row |= {
            "abstracts_a_second": 1 / second,
            "fit_seconds": fit_seconds,
            "stored_mb": sum(one.nbytes for one in student.arrays.values()) / 1e6,
        }
        row["times faster, fitted"] = minilm_second / second
        for size in CORPUS_SIZES:
            row[f"times faster, {size:,} with the fit"] = (
                size * minilm_second / (n * minilm_second + fit_seconds + size * second)
            )
        found[f"student, {n:,} taught"] = row
    return found


def report(found: dict[str, Any], about: dict[str, Any]) -> list[str]:
    """Lines of the Markdown page."""
    base, best = found["minilm"], found[f"student, {N_TAUGHT[-1]:,} taught"]
    lines = [
        "# A student of MiniLM",
        "",
        f"Written by `make bench-student`: 32,000 arXiv papers of 1993-2019, equally many of each year, 20,000 of them held out ({about['machine']}, Python {about['python']}, {', '.join(f'{name} {number}' for name, number in about['versions'].items())}).",
        "",
        "| vectors | 15-NN accuracy | of MiniLM's | V-measure | of MiniLM's | abstracts a second | fit, without MiniLM's part | faster, fitted | faster, 20,000 with the fit | faster, 75,000 with the fit |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name, row in found.items():
        parts = [
            f"{row['15-NN accuracy']:.4f}",
            f"{row['15-NN accuracy'] / base['15-NN accuracy']:.3f}",
            f"{row['V-measure']:.4f}",
            f"{row['V-measure'] / base['V-measure']:.3f}",
            f"{row['abstracts_a_second']:,.0f}",
        ]
        parts += (
            [
                f"{row['fit_seconds']:.0f} s",
                *(
                    f"{row[f'times faster, {what}']:.1f}"
                    for what in ("fitted", "20,000 with the fit", "75,000 with the fit")
                ),
            ]
            if "fit_seconds" in row
            else [""] * 4
        )
        lines.append(f"| {name} | {' | '.join(parts)} |")
    lines += ["", "| target, with 5,000 taught | least | found | holds |", "| --- | --- | --- | --- |"]
    for name, least in TARGETS.items():
        value = best[name] / base[name] if name in base else best[name]
        lines.append(f"| {name} | {least:g} | {value:.3f} | {'yes' if value >= least else 'NO'} |")
    return [*lines, ""]


def main() -> None:
    """Measure and write the page."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cache", type=Path, help="npz file for vectors; made when it is not there")
    chosen = parser.parse_args()
    require_corpus()
    papers, categories = read_sample(SAMPLE, "even", 0)
    texts = [paper_text(*row) for row in papers[["title", "abstract"]].itertuples(index=False)]
    teacher = make_vectorizer("minilm")
    vectors, _ = encode(teacher, texts, chosen.cache)
    labels = np.unique(categories, return_inverse=True)[1]
    second = seconds_of_minilm(texts, teacher)
    with threadpool_limits(1):
        found = measure(texts, vectors, labels, teacher, second)
    about = {
        "machine": f"{os.cpu_count()} cores, {platform.machine()}; MiniLM on all cores, the student on one", "python": platform.python_version(),
        "versions": {name: version(name) for name in PACKAGES}, "vectorizer": teacher.id,
    }  # fmt: skip
    text = "\n".join(report(found, about))
    print(text)
    (RESULTS / "student.md").write_text(text, encoding="utf-8")
    (RESULTS / "student.json").write_text(
        json.dumps({"about": about, "found": found, "targets": TARGETS}, indent=1) + "\n", encoding="utf-8"
    )


if __name__ == "__main__":
    main()
