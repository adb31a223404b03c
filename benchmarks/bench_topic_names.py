# ruff: noqa: E501
"""How well names of topics say what is in them, and how far their terms are one subject.

    python benchmarks/bench_topic_names.py [--cache FILE.npz]

Names: topics of the saved Daily Papers of 2024 and 2025 as the pipeline makes them. A label is carried by a paper
that has all of its words in title or abstract: by stem, an abbreviation or its long form, or a word whose MiniLM
vector has a cosine of 0.7 or more ("photo" for "image"); of a label of two halves the lesser one counts.
Terms: NPMI of ten terms a topic at 1,000, 3,000 and 5,000 arXiv papers beside plain BERTopic's from the same
vectors, function words left out, and the diversity of terms. `--cache` keeps vectors between runs.
Writes benchmarks/results/topic_names.json and topic_names.md.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
from arxiv_sample import encode, read_sample, require_corpus
from name_measures import TopicNames, measured_names, name_summary, topic_ids_of
from scale_measures import term_quality
from threadpoolctl import threadpool_limits

from analytics.papers import paper_text
from analytics.topics.topic_model import fit_topics
from analytics.vectors.encoders import make_vectorizer
from flows.clock import today
from flows.ingest import ingest_source
from flows.store import Store

DAILY = Path(__file__).resolve().parents[2] / "shared" / "corpora" / "hf_daily_papers"
RESULTS = Path(__file__).parent / "results"
SIZES = (1_000, 3_000, 5_000)
TARGETS = {"by_half": 0.9, "least": 1 / 3, "distinct": 0.95, "generic": 0}


def read_daily() -> pd.DataFrame:
    """Papers of the saved days, by way of a store."""
    with TemporaryDirectory() as folder:
        ingest_source(str(DAILY), Path(folder), today())
        with Store.open(Path(folder)) as store:
            return store.read_corpus(today()).papers


def texts_of(papers: pd.DataFrame) -> list[str]:
    """Text of each paper."""
    return [paper_text(*row) for row in zip(papers["title"], papers["abstract"], strict=True)]


def measure_names(vectorizer: Any, cache: Path | None) -> tuple[dict[str, float], pd.DataFrame]:
    """Figures of all labels of the Daily Papers, and those of each label."""
    papers = read_daily()
    texts = texts_of(papers)
    with threadpool_limits(1):
        fit = fit_topics(papers, encode(vectorizer, texts, cache)[0])
    names = TopicNames.read(texts, lambda words: np.asarray(vectorizer.transform(words)))
    labels = dict(zip(fit.topics["topic_id"], fit.topics["label"], strict=True))
    measured = measured_names(names, labels, topic_ids_of(fit.assignments, papers["paper_id"]))
    return name_summary(measured), measured


def measure_terms(vectorizer: Any, cache: Path | None, n: int) -> dict[str, Any]:
    """Coherence and diversity of our terms and of plain BERTopic's, from the same vectors."""
    from bertopic import BERTopic

    papers, _ = read_sample(n, "random", 0)
    texts = texts_of(papers)
    vectors, _ = encode(vectorizer, texts, cache)
    with threadpool_limits(1):
        fit = fit_topics(papers, vectors)
        plain = BERTopic()
        plain.fit_transform((papers["title"] + ". " + papers["abstract"]).tolist(), vectors)
    theirs = [
        [word for word, _ in pairs if word] for topic, pairs in plain.get_topics().items() if topic >= 0
    ]
    return {
        "papers": n,
        "topics": {"ours": len(fit.topics), "bertopic": len(theirs)},
        "ours": term_quality(texts, fit.topics["top_terms"].tolist()),
        "bertopic": term_quality(texts, theirs),
    }


def report(summary: dict[str, float], measured: pd.DataFrame, terms: list[dict[str, Any]], about: str) -> str:
    """The results as Markdown."""
    rules = {name: "at most" if name == "generic" else "at least" for name in TARGETS}
    held = {
        name: summary[name] <= goal if name == "generic" else summary[name] >= goal
        for name, goal in TARGETS.items()
    }
    lines = ["# Names and terms of topics", "", f"Written by `make bench-topic-names` ({about}).", ""]
    lines += [
        "## Labels",
        "",
        "| labels of the Daily Papers of 2024 and 2025 | rule | measured | holds |",
        "| --- | --- | ---: | --- |",
    ]
    said = {
        "by_half": "part carried by half of their papers",
        "least": "least part of papers that carry one",
        "distinct": "part distinct by stems",
        "generic": "said elsewhere half as often, or more",
    }
    lines += [
        f"| {said[name]} | {rules[name]} {goal:.3g} | {summary[name]:.3f} | {'yes' if held[name] else 'no'} |"
        for name, goal in TARGETS.items()
    ]
    lines += [
        "",
        f"By stems and abbreviations alone: {summary['by_half_by_stem']:.3f} carried by half, the least by {summary['least_by_stem']:.3f}.",
        "",
    ]
    if terms:
        lines += [
            "## Terms",
            "",
            "Both have the same vectors; function words are left out of NPMI.",
            "",
            "| arXiv papers | NPMI, ours | BERTopic | diversity, ours | BERTopic | topics, ours | BERTopic |",
            "| ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
        ]
        lines += [
            f"| {one['papers']:,} | {one['ours']['npmi_subject']:.3f} | {one['bertopic']['npmi_subject']:.3f} | {one['ours']['diversity']:.3f} | {one['bertopic']['diversity']:.3f} | {one['topics']['ours']} | {one['topics']['bertopic']} |"
            for one in terms
        ]
        lines.append("")
    lines += ["## Each label", ""]
    lines += ["| label | papers | carried | by stem | elsewhere |", "| --- | ---: | ---: | ---: | ---: |"]
    lines += [
        f"| {one.label} | {one.n_papers} | {one.carried:.2f} | {one.by_stem:.2f} | {one.elsewhere:.3f} |"
        for one in measured.itertuples()
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cache", type=Path, help="npz file of vectors")
    parser.add_argument("--vectorizer", default="minilm")
    parser.add_argument(
        "--without-terms", action="store_true", help="names only; the results are printed, not written"
    )
    chosen = parser.parse_args()
    require_corpus()
    vectorizer = make_vectorizer(chosen.vectorizer).fit([])
    summary, measured = measure_names(vectorizer, chosen.cache)
    terms = [] if chosen.without_terms else [measure_terms(vectorizer, chosen.cache, n) for n in SIZES]
    text = report(summary, measured, terms, f"vectorizer {vectorizer.id}")
    print(text)
    if terms:
        (RESULTS / "topic_names.md").write_text(text, encoding="utf-8")
        results = {
            "vectorizer": vectorizer.id,
            "targets": TARGETS,
            "names": summary,
            "labels": measured.to_dict("records"),
            "terms": terms,
        }
        (RESULTS / "topic_names.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
