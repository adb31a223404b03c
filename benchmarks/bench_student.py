# ruff: noqa: E501
"""How near the student comes to MiniLM, and how much faster it is; beside it the lexical vectors.

    python benchmarks/bench_student.py [--cache FILE]

Reads shared/corpora/arxiv_cs_1993_2019.parquet: 40,000 papers as they come, of which 20,000 are held out: the
student sees neither their texts nor their vectors. Width and ridge of its kernel were chosen on a
sample that shares some of these papers (equally many of each year), the rest on others. Judged by the 15 nearest neighbors' majority for a paper's
category, and by k-means with as many clusters as categories. Writes benchmarks/results/student.md and
student.json. Speed is compared with MiniLM in its default form, and, as the targets were set, in float32 with 256
word pieces by torch.
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
from analytics.vectors.encoders import make_vectorizer
from analytics.vectors.minilm import MiniLMVectorizer
from analytics.vectors.student import StudentVectorizer, n_taught, student_teacher

RESULTS = Path(__file__).parent / "results"
PACKAGES = ("numpy", "scikit-learn", "scipy", "openvino", "torch", "sentence-transformers", "tokenizers")
HELD_OUT, GIVEN, TIMED = 20_000, 20_000, 512
TARGETS = {
    "15-NN accuracy": 0.98,
    "V-measure": 0.97,
    "times faster than torch, fitted": 20.0,
    "times faster than torch, with the fit": 6.0,
}
CORPUS_SIZES = (20_000, 75_000)
MINILM, TORCH = "MiniLM", "torch"
SPEEDS = [
    f"times faster than {name}, {how}" for name in (MINILM, TORCH) for how in ("fitted", "with the fit")
]


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


def quality(vectors: np.ndarray, labels: np.ndarray, starts: int = 6) -> dict[str, float]:
    """Accuracy of neighbors, and agreement of k-means, the mean over some starts and its standard error."""
    found = [
        v_measure_score(labels, KMeans(labels.max() + 1, n_init=1, random_state=seed).fit_predict(vectors))
        for seed in range(starts)
    ]
    return {
        "15-NN accuracy": neighbors_accuracy(vectors, labels),
        "V-measure": float(np.mean(found)),
        "standard error": float(np.std(found, ddof=1) / starts**0.5),
    }


def seconds_each(texts: list[str], teacher: Any) -> float:
    """Seconds an abstract on all cores, in the order in which a run gives them: by length."""
    timed = sorted(texts[:TIMED], key=len)
    teacher.transform(timed[:8])
    start = time.perf_counter()
    teacher.transform(timed)
    return (time.perf_counter() - start) / TIMED


def measure(
    held: list[str],
    vectors: np.ndarray,
    labels: np.ndarray,
    given: list[str],
    minilm_seconds: dict[str, float],
) -> dict[str, Any]:
    """Quality of all on the held-out papers, and how much faster the student is, with what its teacher takes.

    `minilm_seconds` has the seconds an abstract of each form of MiniLM, its default first.
    """
    found: dict[str, Any] = {
        "minilm": quality(vectors, labels)
        | {"abstracts_a_second": 1 / minilm_seconds[MINILM], "by_torch": 1 / minilm_seconds[TORCH]}
    }
    teacher = student_teacher()
    ranked = sorted(given, key=content_hash)  # as `taught_texts` does, whose number goes by the corpus
    most = sorted(ranked[: n_taught(CORPUS_SIZES[-1])], key=len)
    teacher.transform(most[:8])
    start = time.perf_counter()
    taught = dict(zip(most, teacher.transform(most), strict=True))
    teacher_second = (time.perf_counter() - start) / len(most)
    with threadpool_limits(1):
        for size in CORPUS_SIZES:
            n = n_taught(size)
            start = time.perf_counter()
            student = StudentVectorizer().fit(given, {text: taught[text] for text in ranked[:n]}, teacher.id)
            fit_seconds = time.perf_counter() - start
            start = time.perf_counter()
            placed = student.transform(held)
            second = (time.perf_counter() - start) / len(held)
            found[f"student of {size:,}"] = quality(placed, labels) | {
                "taught": n,
                "abstracts_a_second": 1 / second,
                "teacher_seconds": n * teacher_second,
                "fit_seconds": fit_seconds,
                "stored_mb": sum(one.nbytes for one in student.arrays.values()) / 1e6,
            }
            whole = n * teacher_second + fit_seconds + size * second
            for name, minilm_second in minilm_seconds.items():
                found[f"student of {size:,}"] |= {
                    f"times faster than {name}, fitted": minilm_second / second,
                    f"times faster than {name}, with the fit": size * minilm_second / whole,
                }
        start = time.perf_counter()
        placed = make_vectorizer("lexical").fit(held).transform(held)
        rate = len(held) / (time.perf_counter() - start)
        found["lexical"] = quality(placed, labels) | {"abstracts_a_second": rate}
    return found


def report(found: dict[str, Any], about: dict[str, Any]) -> list[str]:
    """Lines of the Markdown page."""
    base, best = found["minilm"], found[f"student of {CORPUS_SIZES[-1]:,}"]
    lines = [
        "# A student of MiniLM",
        "",
        f"Written by `make bench-student`: {HELD_OUT:,} held-out arXiv papers of 1993-2019, and a student as a corpus of so many papers would get ({about['machine']}, Python {about['python']}, {', '.join(f'{name} {number}' for name, number in about['versions'].items())}; MiniLM is `{about['vectorizer']}`, by torch {base['by_torch']:.0f} abstracts a second).",
        "",
        "| vectors | taught | 15-NN accuracy | of MiniLM's | V-measure | of MiniLM's | abstracts a second | MiniLM's part of the fit | the rest of it | times faster than MiniLM, fitted | with the fit | than MiniLM by torch, fitted | with the fit |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name, row in found.items():
        parts = [
            f"{row['taught']:,}" if "taught" in row else "",
            f"{row['15-NN accuracy']:.4f}",
            f"{row['15-NN accuracy'] / base['15-NN accuracy']:.3f}",
            f"{row['V-measure']:.4f}",
            f"{row['V-measure'] / base['V-measure']:.3f}",
            f"{row['abstracts_a_second']:,.0f}",
        ]
        parts += (
            [
                f"{row['teacher_seconds']:.0f} s",
                f"{row['fit_seconds']:.0f} s",
                *(f"{row[name]:.1f}" for name in SPEEDS),
            ]
            if "taught" in row
            else [""] * 6
        )
        lines.append(f"| {name} | {' | '.join(parts)} |")
    lines += [
        "",
        f"| target, student of {CORPUS_SIZES[-1]:,} | least | found | holds |",
        "| --- | --- | --- | --- |",
    ]
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
    papers, categories = read_sample(HELD_OUT + GIVEN, "random", 0)
    texts = [paper_text(*row) for row in papers[["title", "abstract"]].itertuples(index=False)]
    held, given = texts[:HELD_OUT], texts[HELD_OUT:]
    teacher = make_vectorizer("minilm")
    vectors, _ = encode(teacher, held, chosen.cache)
    labels = np.unique(categories[:HELD_OUT], return_inverse=True)[1]
    seconds = {MINILM: seconds_each(held, teacher), TORCH: seconds_each(held, MiniLMVectorizer(256, "f32"))}
    found = measure(held, vectors, labels, given, seconds)
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
