# ruff: noqa: E501
"""How many papers keep their topic when papers come, rows are shuffled or the seed is another.

    python benchmarks/bench_identity.py [--papers 20000] [--cache FILE]

Reads shared/corpora/arxiv_cs_1993_2019.parquet; categories are labels for the V-measure and nothing else.
Beside ours stands plain BERTopic with the same vectors, its topic numbers as they come and matched one
to one by the papers that topics share. Writes benchmarks/results/identity.md and identity.json. Encoding
takes most of the time; `--cache` keeps the vectors.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import time
import warnings
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from arxiv_sample import encode, read_sample, require_corpus
from sklearn.metrics import v_measure_score
from threadpoolctl import threadpool_limits

from analytics.papers import paper_text
from analytics.tables import UNCLUSTERED
from analytics.topics.identity import match_topics, rename_topics
from analytics.topics.refits import refit_cause
from analytics.topics.topic_model import TopicFit, fit_topics, join_topics
from analytics.vectors.encoders import make_vectorizer

RESULTS = Path(__file__).parent / "results"
FIRST_FREE = 1000
TARGETS = {
    "+1 %": 0.99,
    "+5 %": 0.97,
    "refit after +1 %": 0.93,
    "shuffled rows": 1.0,
    "refit with another seed": 0.85,
}
PACKAGES = ("numpy", "scikit-learn", "umap-learn", "hdbscan", "bertopic", "torch")


def kept(before: pd.DataFrame, after: pd.DataFrame) -> float:
    """Part of the papers that had a topic and have the same one."""
    both = before[["paper_id", "topic_id"]].merge(
        after[["paper_id", "topic_id"]], on="paper_id", suffixes=("", "_after")
    )
    had = both[both["topic_id"] != UNCLUSTERED]
    return float((had["topic_id"] == had["topic_id_after"]).mean())


def quality(assignments: pd.DataFrame, papers: pd.DataFrame, labels: pd.Series) -> dict[str, float]:
    """Agreement with the categories, the unclustered as a group of their own, and the part of these."""
    of_paper = dict(zip(papers["paper_id"], labels, strict=True))
    topics = assignments["topic_id"]
    return {
        "v_measure": float(v_measure_score(assignments["paper_id"].map(of_paper), topics)),
        "unclustered": float((topics == UNCLUSTERED).mean()),
        "topics": int(topics[topics != UNCLUSTERED].nunique()),
    }


def measure_ours(papers: pd.DataFrame, vectors: np.ndarray, labels: pd.Series, n: int) -> dict[str, Any]:
    """Ours: joining by rule, forced refits, shuffled rows."""
    one, five = n + n // 100, n + n // 20
    start = time.perf_counter()
    first = fit_topics(papers[:n], vectors[:n])
    seconds = time.perf_counter() - start
    found: dict[str, Any] = {"fit_seconds": seconds}

    def later(size: int) -> TopicFit:
        joined = join_topics(papers[:size], vectors[:size], first.state)
        cause = refit_cause(first.state, joined.assignments)
        return (
            joined
            if cause is None
            else fit_topics(papers[:size], vectors[:size], previous=first.state, first_number=FIRST_FREE)
        )

    start = time.perf_counter()
    found["+1 %"] = kept(first.assignments, later(one).assignments)
    found["join_seconds"] = time.perf_counter() - start
    found["+5 %"] = kept(first.assignments, later(five).assignments)
    refit = fit_topics(papers[:one], vectors[:one], previous=first.state, first_number=FIRST_FREE)
    found["refit after +1 %"] = kept(first.assignments, refit.assignments)
    other = fit_topics(papers[:n], vectors[:n], previous=first.state, first_number=FIRST_FREE, random_state=1)
    found["refit with another seed"] = kept(first.assignments, other.assignments)
    order = np.random.default_rng(0).permutation(n)
    shuffled = fit_topics(papers[:n].iloc[order], vectors[order])
    found["shuffled rows"] = kept(first.assignments, shuffled.assignments)
    by_density = first.assignments.assign(
        topic_id=first.assignments["topic_id"].where(first.assignments["basis"] == "clustered", UNCLUSTERED)
    )
    found["quality"] = {
        "by density alone": quality(by_density, papers, labels),
        "first fit": quality(first.assignments, papers, labels),
        "refit after +1 %": quality(refit.assignments, papers, labels),
    }
    return found


def plain_bertopic(
    papers: pd.DataFrame, vectors: np.ndarray, texts: list[str], seed: int
) -> tuple[pd.DataFrame, float]:
    """Assignments by BERTopic as its documentation has it, with vectors and a seed given."""
    from bertopic import BERTopic
    from umap import UMAP

    layout = UMAP(n_neighbors=15, n_components=5, min_dist=0.0, metric="cosine", random_state=seed)
    start = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        topics, _ = BERTopic(umap_model=layout, verbose=False).fit_transform(texts, vectors)
    seconds = time.perf_counter() - start
    names = [UNCLUSTERED if topic < 0 else f"T{topic:04d}" for topic in topics]
    return pd.DataFrame({"paper_id": papers["paper_id"].to_numpy(), "topic_id": names}), seconds


def measure_bertopic(papers: pd.DataFrame, vectors: np.ndarray, labels: pd.Series, n: int) -> dict[str, Any]:
    """BERTopic: an independent fit each time, its numbers as they come and matched one to one."""
    texts = [paper_text(*row) for row in papers[["title", "abstract"]].itertuples(index=False)]
    first, seconds = plain_bertopic(papers[:n], vectors[:n], texts[:n], 0)
    found: dict[str, Any] = {"fit_seconds": seconds, "quality": {"first fit": quality(first, papers, labels)}}
    order = np.random.default_rng(0).permutation(n)
    one = n + n // 100
    tries = {
        "+1 %": (papers[:one], vectors[:one], texts[:one], 0),
        "shuffled rows": (papers[:n].iloc[order], vectors[order], [texts[row] for row in order], 0),
        "refit with another seed": (papers[:n], vectors[:n], texts[:n], 1),
    }
    for name, given in tries.items():
        after, _ = plain_bertopic(*given)
        found[name] = kept(first, after)
        back = {new: old for old, new in match_topics(first, after).items()}
        found[f"{name}, matched"] = kept(first, rename_topics(after, back))
    return found


def report(ours: dict[str, Any], plain: dict[str, Any] | None, about: dict[str, Any]) -> list[str]:
    """Lines of the Markdown page."""
    lines = [
        "# Topics that keep their identity",
        "",
        (
            f"Written by `make bench-identity`: {about['papers']:,} arXiv papers of 1993-2019, equally many of each year ({about['machine']}, Python {about['python']},"
            f" {', '.join(f'{name} {number}' for name, number in about['versions'].items())}; vectorizer {about['vectorizer']}; {about['seconds']:.0f} s without encoding)."
        ),
        "",
        "Part of the papers that had a topic and keep its id:",
        "",
        "| change | target | ours | holds | BERTopic's numbers | matched one to one |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for name, target in TARGETS.items():
        theirs = [f"{plain[key]:.3f}" if plain and key in plain else "" for key in (name, f"{name}, matched")]
        lines.append(
            f"| {name} | {target:.2f} | {ours[name]:.3f} | {'yes' if ours[name] >= target else 'NO'} | {' | '.join(theirs)} |"
        )
    lines += ["", "V-measure against the 29 categories, the unclustered as a group of their own:", ""]
    lines += ["| topics | V-measure | unclustered | number of topics |", "| --- | --- | --- | --- |"]
    rows = [(f"ours, {name}", row) for name, row in ours["quality"].items()]
    rows += [("BERTopic, first fit", plain["quality"]["first fit"])] if plain else []
    lines += [
        f"| {name} | {row['v_measure']:.3f} | {row['unclustered']:.3f} | {row['topics']} |"
        for name, row in rows
    ]
    lines += [
        "",
        f"A fit of ours took {ours['fit_seconds']:.0f} s, 1 % more papers joining {ours['join_seconds']:.1f} s",
    ]
    lines[-1] += f", a fit of BERTopic's {plain['fit_seconds']:.0f} s." if plain else "."
    return [*lines, ""]


def main() -> None:
    """Measure and write the page."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--papers", type=int, default=20_000)
    parser.add_argument("--cache", type=Path, help="npz file for vectors; made when it is not there")
    parser.add_argument("--without-bertopic", action="store_true", help="ours alone; nothing is written")
    chosen = parser.parse_args()
    require_corpus()
    more = chosen.papers + chosen.papers // 20
    papers, labels = read_sample(more + 200, "even", 0)  # even years do not fill the number exactly
    papers, labels = papers[:more], labels[:more]
    vectorizer = make_vectorizer("minilm").fit([])
    texts = [paper_text(*row) for row in papers[["title", "abstract"]].itertuples(index=False)]
    vectors, _ = encode(vectorizer, texts, chosen.cache)
    start = time.perf_counter()
    with threadpool_limits(1):
        ours = measure_ours(papers, vectors, labels, chosen.papers)
        plain = None if chosen.without_bertopic else measure_bertopic(papers, vectors, labels, chosen.papers)
    about = {
        "papers": chosen.papers, "seconds": time.perf_counter() - start, "vectorizer": vectorizer.id,
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, 1 thread", "python": platform.python_version(),
        "versions": {name: version(name) for name in PACKAGES},
    }  # fmt: skip
    text = "\n".join(report(ours, plain, about))
    print(text)
    if plain is not None:
        (RESULTS / "identity.md").write_text(text, encoding="utf-8")
        results = {"about": about, "ours": ours, "bertopic": plain, "targets": TARGETS}
        (RESULTS / "identity.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
