# ruff: noqa: E501
"""Do themes count what readers count? Labelled Daily Papers, drug classes, and ten literature searches.

Without labels: average precision, F1 and shares found of four themes on 400 labelled Daily Papers, and F1 of
seven drug classes. With labels: F1 of the class whose phrases miss most after 40 answers, and how much reading
of ten literature searches the ranking saves after 20 and 100 answers (WSS@95), beside the classifier of
ASReview's ELAS u4 (its settings, on scikit-learn) after the same answers. All papers are drawn by the product.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
from arxiv_sample import encode
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import average_precision_score
from sklearn.svm import LinearSVC
from threadpoolctl import threadpool_limits

from analytics.labels import draw_papers
from analytics.labels.learned_themes import learn_themes
from analytics.papers import paper_text
from analytics.themes import Theme, ThemeScores, score_themes
from analytics.vectors.background import background_for
from analytics.vectors.encoders import make_vectorizer
from flows.clock import today
from flows.config.themes_file import read_themes
from flows.ingest import ingest_source
from flows.store import Store

SHARED = Path(__file__).resolve().parents[2] / "shared"
RESULTS = Path(__file__).parent / "results"
SENTENCES = {
    "ADHD": "Randomized trials of drugs such as methylphenidate or atomoxetine for attention deficit hyperactivity disorder.",
    "Antihistamines": "Randomized trials of second-generation antihistamines for allergic rhinitis or urticaria.",
    "Bannach-Brown_2019": "Animal experiments that model depression in rats or mice and test depressive behavior or its treatment.",
    "Estrogens": "Randomized trials of estrogen hormone therapy for symptoms of menopause or loss of bone.",
    "Kitchenham_2010": "Systematic literature reviews and evidence-based software engineering.",
    "NSAIDS": "Randomized trials of nonsteroidal anti-inflammatory drugs and their harms in patients with arthritis pain.",
    "Nagtegaal_2019": "Nudges and reminders that move doctors and nurses to follow evidence-based guidelines.",
    "OralHypoglycemics": "Randomized trials of oral drugs that lower blood glucose in type 2 diabetes.",
    "Triptans": "Randomized trials of triptans for acute migraine attacks.",
    "UrinaryIncontinence": "Randomized trials of drugs such as tolterodine or oxybutynin for overactive bladder and urge incontinence.",
}
"""What each search looked for, in our words."""
CLASSES = (
    "ADHD",
    "Antihistamines",
    "Estrogens",
    "NSAIDS",
    "OralHypoglycemics",
    "Triptans",
    "UrinaryIncontinence",
)
SEEDS = range(10)


@dataclass(frozen=True)
class Scored:
    """Papers with label-free scores, whitened vectors and what readers say of them, NaN where nobody did."""

    papers: pd.DataFrame
    themes: tuple[Theme, ...]
    scores: ThemeScores
    whitened: np.ndarray
    answers: np.ndarray


class Encoder:
    """MiniLM with the vectors of earlier runs of this benchmark."""

    def __init__(self, cache: Path | None) -> None:
        self.vectorizer = make_vectorizer("minilm").fit([])
        self.cache = cache

    def scored(self, papers: pd.DataFrame, themes: tuple[Theme, ...], answers: np.ndarray) -> Scored:
        """Score papers without labels, by the steps of a run."""
        texts = [paper_text(*row) for row in papers[["title", "abstract"]].itertuples(index=False)]
        texts += [text for theme in themes for text in theme.texts]
        vectors, _ = encode(self.vectorizer, texts, self.cache)
        stops = np.cumsum([len(papers), *(len(theme.texts) for theme in themes)])
        rows, *phrases = np.split(vectors, stops[:-1])
        with threadpool_limits(1):
            background = background_for(self.vectorizer.id, rows)
            scores = score_themes(papers, themes, rows, phrases, background)
            return Scored(papers, themes, scores, background.whiten(rows).astype(np.float32), answers)


def read_daily_papers(encoder: Encoder) -> tuple[Scored, np.ndarray]:
    """The corpus with its 400 labelled papers, and which of all papers were labelled at random."""
    with TemporaryDirectory() as folder:
        ingest_source(str(SHARED / "corpora" / "hf_daily_papers"), Path(folder), today())
        with Store.open(Path(folder)) as store:
            papers = store.read_corpus(today()).papers
    themes = read_themes(Path(__file__).resolve().parents[1] / "data" / "themes.toml")
    labels = pd.read_csv(SHARED / "labels" / "daily_papers_2024_2025.tsv", sep="\t").set_index("paper_id")
    found = labels.reindex(papers["paper_id"])
    answers = found[[theme.theme_id for theme in themes]].to_numpy(dtype=float)
    answers = np.where(np.isnan(answers), np.nan, answers >= 1)
    return encoder.scored(papers, themes, answers), found["drawn"].eq("random").to_numpy()


def read_records(names: tuple[str, ...]) -> pd.DataFrame:
    """Records of some searches, with the reviewers' decision as `is_wanted`."""
    parts = []
    for name in names:
        table = pd.read_csv(SHARED / "reviews" / f"{name}.csv", dtype=str).fillna("")
        screened = table.get("label_abstract_screening", pd.Series("", index=table.index))
        wanted = screened.where(screened != "", table["label_included"]).astype(float) == 1
        parts.append(table[["title", "abstract"]].assign(review=name, is_wanted=wanted))
    whole = pd.concat(parts, ignore_index=True)
    return whole.assign(paper_id=[f"record:{number}" for number in range(len(whole))], published=pd.NaT)


def by_title(encoder: Encoder, scored: Scored) -> Scored:
    """The same papers without their abstracts."""
    return encoder.scored(scored.papers.assign(abstract=""), scored.themes, scored.answers)


def f1(answer: np.ndarray, found: np.ndarray) -> float:
    """F1 of a list."""
    return float(2 * (answer & found).sum() / max(answer.sum() + found.sum(), 1))


def without_labels(scored: Scored) -> list[dict[str, Any]]:
    """Average precision and F1 of each theme on the papers that readers answered for."""
    rows = []
    for column, theme in enumerate(scored.themes):
        known = ~np.isnan(scored.answers[:, column])
        answer, probability = scored.answers[known, column] == 1, scored.scores.probability[known, column]
        precision = float(average_precision_score(answer, probability))
        rows.append(
            {"theme": theme.theme_id, "average_precision": precision, "f1": f1(answer, probability >= 0.5)}
        )
    return rows


def taught(scored: Scored, n_answers: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities after answers about papers that the product drew, and the rows of these."""
    papers = scored.papers
    drawn = draw_papers(
        scored.scores.probability,
        papers["published"].to_numpy(dtype="datetime64[us]"),
        np.zeros(len(papers), dtype=bool),
        n_papers=n_answers,
        random_state=seed,
    )
    parts = [
        pd.DataFrame(
            {
                "paper_id": papers["paper_id"].to_numpy()[drawn.rows], "theme_id": theme.theme_id,
                "answer": np.where(scored.answers[drawn.rows, column] == 1, "yes", "no"), "labeller": "reader",
                "day": pd.Timestamp(today()), "draw": 1, "draw_probability": drawn.probability, "definition": "",
            }
        )
        for column, theme in enumerate(scored.themes)
    ]  # fmt: skip
    labels = pd.concat(parts, ignore_index=True)
    with threadpool_limits(1):
        learned, _ = learn_themes(
            papers["paper_id"].tolist(), scored.themes, scored.scores, scored.whitened, labels
        )
    return learned.probability, drawn.rows


def saved_work(score: np.ndarray, is_wanted: np.ndarray) -> float:
    """WSS@95: the part of the records that need not be read to find 95 % of the wanted ones, less 5 %."""
    hits = np.cumsum(is_wanted[np.argsort(-score, kind="stable")])
    n_read = int(np.searchsorted(hits, np.ceil(0.95 * hits[-1]))) + 1
    return 1 - n_read / len(score) - 0.05


def elas_scores(features: Any, rows: np.ndarray, answer: np.ndarray, rest: np.ndarray) -> np.ndarray:
    """Ranking by a linear SVM with the settings of ELAS u4; all alike while only one answer is known."""
    if answer.all() or not answer.any():
        return np.zeros(len(rest))
    weight = np.where(answer, 1.0, answer.sum() / (9.8 * (~answer).sum()))
    model = LinearSVC(C=0.11, loss="squared_hinge", random_state=0)
    model.fit(features[rows], answer, sample_weight=weight * len(weight) / weight.sum())
    return np.asarray(model.decision_function(features[rest]))


def reviews(encoder: Encoder) -> list[dict[str, Any]]:
    """Work saved in each search after 20 and 100 answers, ours and ELAS u4's."""
    rows = []
    for name, sentence in SENTENCES.items():
        papers = read_records((name,))
        wanted = papers["is_wanted"].to_numpy(bool)
        theme = Theme("wanted", name, "", (sentence,))
        scored = encoder.scored(papers, (theme,), wanted[:, None].astype(float))
        settings = {"ngram_range": (1, 2), "sublinear_tf": True, "min_df": 1, "max_df": 0.95}
        features = TfidfVectorizer(**settings).fit_transform(
            (papers["title"] + " " + papers["abstract"]).tolist()
        )
        row: dict[str, Any] = {"review": name, "records": len(papers), "wanted": int(wanted.sum())}
        for n_answers in (20, 100):
            ours, theirs = [], []
            for seed in SEEDS:
                probability, drawn = taught(scored, n_answers, seed)
                rest = np.setdiff1d(np.arange(len(papers)), drawn)
                ours.append(saved_work(probability[rest, 0], wanted[rest]))
                theirs.append(saved_work(elas_scores(features, drawn, wanted[drawn], rest), wanted[rest]))
            row |= {f"ours_{n_answers}": float(np.mean(ours)), f"elas_{n_answers}": float(np.mean(theirs))}
        print(row, flush=True)
        rows.append(row)
    return rows


def drug_classes(encoder: Encoder) -> Scored:
    """Seven searches as one corpus; the search that a record came from is its theme."""
    papers = read_records(CLASSES)
    papers = papers[papers["abstract"].str.strip() != ""]
    papers = papers[~papers["title"].str.casefold().duplicated()].reset_index(drop=True)
    answers = np.stack([papers["review"].eq(name).to_numpy(float) for name in CLASSES], axis=1)
    return encoder.scored(papers, read_themes(SHARED / "reviews" / "drug_classes.toml"), answers)


def table(rows: list[dict[str, Any]]) -> list[str]:
    """Markdown of rows, headed by their names."""
    cells = [
        [f"{cell:.3f}" if isinstance(cell, float) else str(cell) for cell in row.values()] for row in rows
    ]
    return ["| " + " | ".join(one) + " |" for one in (list(rows[0]), ["---"] * len(rows[0]), *cells)]


def page(found: dict[str, Any]) -> list[str]:
    """Lines of the Markdown page."""
    daily, drugs, saved = found["daily_papers"], found["drug_classes"], found["reviews"]
    means = {
        key: float(np.mean([row[key] for row in saved]))
        for key in ("ours_20", "elas_20", "ours_100", "elas_100")
    }
    mean_precision, mean_f1 = (
        float(np.mean([row[key] for row in daily])) for key in ("average_precision", "f1")
    )
    agents = next(row["f1"] for row in daily if row["theme"] == "agents")
    held = {
        f"mean average precision of the four themes at least .72: {mean_precision:.3f}": mean_precision
        >= 0.72,
        f"mean F1 at least .62: {mean_f1:.3f}": mean_f1 >= 0.62,
        f"F1 of agents at least .77: {agents:.3f}": agents >= 0.77,
        f"agents found among 300 random papers, 12 to 21 % (readers 16.3 %): {100 * found['agents_found']:.1f} %": 0.12
        <= found["agents_found"]
        <= 0.21,
        "six drug classes at F1 .88 or above": min(row["f1"] for row in drugs[1:]) >= 0.88,
        f"ADHD at .75 after 40 answers: {found['adhd_40']:.3f}": found["adhd_40"] >= 0.75,
        f"WSS@95 after 20 answers at least ELAS u4's: {means['ours_20']:.3f} and {means['elas_20']:.3f}": means[
            "ours_20"
        ]
        >= means["elas_20"],
        f"WSS@95 after 100 answers at least ELAS u4's: {means['ours_100']:.3f} and {means['elas_100']:.3f}": means[
            "ours_100"
        ]
        >= means["elas_100"],
    }
    return [
        "# Themes against readers", "",
        f"Written by `make bench-readers` ({found['seconds']:.0f} s). Means over {len(SEEDS)} draws where papers are drawn.", "",
        "| target | holds |", "| --- | --- |", *(f"| {name} | {'yes' if is_held else 'NO'} |" for name, is_held in held.items()), "",
        "Four themes on 400 labelled Daily Papers, without labels:", "", *table(daily), "",
        "Seven drug classes, without labels:", "", *table(drugs), "",
        "The same by title alone (the regression that they are read by saw these Daily Papers, and no drug paper):", "",
        *table([*found["daily_titles"], *found["drug_titles"]]), "",
        "Ten literature searches, each described in one sentence; WSS@95 of the records that were not answered:", "", *table(saved), "",
    ]  # fmt: skip


def main() -> None:
    """Measure and write the page."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cache", type=Path, help="npz file for vectors; made when it is not there")
    chosen = parser.parse_args()
    if not SHARED.is_dir():
        raise SystemExit(f"needs the data folder beside the checkout: {SHARED} is not there")
    start, encoder = time.perf_counter(), Encoder(chosen.cache)
    daily, is_random = read_daily_papers(encoder)
    drugs = drug_classes(encoder)
    agents = [theme.theme_id for theme in daily.themes].index("agents")
    found: dict[str, Any] = {
        "daily_papers": without_labels(daily),
        "agents_found": float((daily.scores.probability[is_random, agents] >= 0.5).mean()),
        "drug_classes": without_labels(drugs),
        "daily_titles": without_labels(by_title(encoder, daily)),
        "drug_titles": without_labels(by_title(encoder, drugs)),
        "adhd_40": float(
            np.mean([f1(drugs.answers[:, 0] == 1, taught(drugs, 40, seed)[0][:, 0] >= 0.5) for seed in SEEDS])
        ),
        "reviews": reviews(encoder),
    }
    found["seconds"] = time.perf_counter() - start
    text = "\n".join(page(found))
    print(text)
    (RESULTS / "readers.md").write_text(text, encoding="utf-8")
    (RESULTS / "readers.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
