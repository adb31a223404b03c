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
import json
import multiprocessing
import os
import platform
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from arxiv_sample import encode, require_corpus
from bench_arxiv_themes import THEMES, found_trends, read_corpus
from scipy import stats
from scipy.special import expit, logit
from threadpoolctl import threadpool_limits

from analytics.labels import draw_papers
from analytics.labels.checked_series import with_checked
from analytics.labels.checked_shares import share_interval
from analytics.labels.drift import drift_test
from analytics.labels.learned_themes import LearnedTheme, checked_series, days_of, learn_themes
from analytics.papers import paper_text
from analytics.themes import Theme, ThemeScores, score_themes
from analytics.trends.shares import wilson_interval
from analytics.trends.verdicts import trend_verdicts
from analytics.vectors.background import background_for
from analytics.vectors.encoders import make_vectorizer
from flows.config.themes_file import read_themes

RESULTS = Path(__file__).parent / "results"
SIZES = (100, 200, 400)
SETS = {
    "five": ("cs-NI", "cs-LO", "cs-IR", "cs-DB", "cs-NE"),
    "others": ("cs-DC", "cs-SY", "cs-CY", "cs-CC", "cs-DM"),
}
"""Five themes for the targets; the others are harder: two of them changed their meaning within the corpus."""
LEAST_PAPERS = 100  # of a year
DRIFT = 1.4
"""Log odds that predictions lose per standard deviation of time where drift is planted."""
READERS: dict[str, Reader] = {}
"""What the processes of the pool read."""
MOST_WIDTH = {100: 0.70, 200: 0.66, 400: 0.64}


@dataclass(frozen=True)
class Reader:
    """Papers with label-free scores and true answers.

    `years` are groups of papers, -1 for years of too few; `truth` holds the true shares: of the corpus, of each
    year, and the change.
    """

    papers: pd.DataFrame
    themes: tuple[Theme, ...]
    scored: ThemeScores
    vectors: np.ndarray
    answers: np.ndarray
    years: np.ndarray
    truth: np.ndarray


def read_reader(scored: ThemeScores, corpus: Any, themes: tuple[Theme, ...], vectors: np.ndarray) -> Reader:
    """Answers and true shares of the themes."""
    papers = corpus.papers
    member = pd.MultiIndex.from_frame(corpus.labels[["paper_id", "series_id"]])
    answers = np.stack(
        [pd.MultiIndex.from_product([papers["paper_id"], [one.theme_id]]).isin(member) for one in themes],
        axis=1,
    )
    year = papers["published"].dt.year
    known = np.sort(year.value_counts()[lambda n: n >= LEAST_PAPERS].index.to_numpy())
    years = pd.Index(known).get_indexer(year)
    shares = np.stack([answers[years == one].mean(axis=0) for one in range(len(known))])
    size = np.bincount(years[years >= 0])
    truth = np.vstack([answers.mean(axis=0), shares, change_weights(size) @ shares])
    return Reader(papers, themes, scored, vectors, answers, years, truth)


def change_weights(size: np.ndarray) -> np.ndarray:
    """Weights of years that give the share of the last three less that of the first three."""
    weights = np.zeros(len(size))
    weights[:3], weights[-3:] = -size[:3] / size[:3].sum(), size[-3:] / size[-3:].sum()
    return weights


def drawn_labels(reader: Reader, n_labels: int, seed: int) -> pd.DataFrame:
    """Table `labels` of one sitting."""
    drawn = draw_papers(
        reader.scored.probability,
        reader.papers["published"].to_numpy(dtype="datetime64[us]"),
        np.zeros(len(reader.papers), dtype=bool),
        n_papers=n_labels,
        random_state=seed,
    )
    parts = [
        pd.DataFrame(
            {
                "paper_id": reader.papers["paper_id"].to_numpy()[drawn.rows],
                "theme_id": theme.theme_id,
                "answer": np.where(reader.answers[drawn.rows, column], "yes", "no"),
                "labeller": "arxiv",
                "day": pd.Timestamp("2019-12-31"),
                "draw": 1,
                "draw_probability": drawn.probability,
                "definition": "",
            }
        )
        for column, theme in enumerate(reader.themes)
    ]
    return pd.concat(parts, ignore_index=True)


def learned_themes(reader: Reader, n_labels: int, seed: int) -> tuple[ThemeScores, tuple[LearnedTheme, ...]]:
    """One sitting, learned from."""
    labels = drawn_labels(reader, n_labels, seed)
    ids = reader.papers["paper_id"].tolist()
    return learn_themes(ids, reader.themes, reader.scored, reader.vectors, labels)


def estimates(reader: Reader, one: LearnedTheme, days: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper ends of the intervals, in the order of `Reader.truth`."""
    pooled = one.check(days, np.zeros(len(days), dtype=np.int64))
    yearly = one.check(days, reader.years)
    weights = change_weights(np.bincount(reader.years[reader.years >= 0]))
    change = weights @ yearly.share
    reach = stats.t.ppf(0.975, yearly.freedom) * np.sqrt(weights @ yearly.covariance @ weights)
    whole = share_interval(pooled.share, pooled.deviation, pooled.freedom)
    each = share_interval(yearly.share, yearly.deviation, yearly.freedom)
    return tuple(
        np.concatenate([whole[end], each[end], [change + sign * reach]]) for end, sign in ((0, -1), (1, 1))
    )  # type: ignore[return-value]


def random_widths(reader: Reader, column: int, n_labels: int, rng: np.random.Generator) -> np.ndarray:
    """Widths of the intervals from as many labels drawn evenly; a year without any has width 1."""
    rows = rng.choice(len(reader.papers), n_labels, replace=False)
    answer, year = reader.answers[rows, column], reader.years[rows]
    n_years = len(reader.truth) - 2
    yes, size = (np.bincount(year[year >= 0], w, n_years) for w in (answer[year >= 0], None))
    ends = [wilson_interval(int(answer.sum()), n_labels), wilson_interval(yes.astype(int), size)]
    parts = [slice(0, 3), slice(-3, None)]
    (low_a, high_a, a), (low_b, high_b, b) = (
        (
            *wilson_interval(int(yes[part].sum()), int(size[part].sum())),
            yes[part].sum() / max(size[part].sum(), 1),
        )
        for part in parts
    )
    change = np.hypot(b - low_b, high_a - a) + np.hypot(high_b - b, a - low_a)
    widths = np.concatenate([np.ravel(high - low) for low, high in ends])
    return np.nan_to_num(np.append(widths, change), nan=1.0)


def f1(answer: np.ndarray, found: np.ndarray) -> float:
    return float(2 * (answer & found).sum() / max(answer.sum() + found.sum(), 1))


def one_repeat(reader: Reader, n_labels: int, seed: int) -> Iterator[dict[str, Any]]:
    """Measures of each theme of one draw."""
    scored, learned = learned_themes(reader, n_labels, seed)
    days, rng = days_of(reader.papers["published"]), np.random.default_rng((seed, n_labels))
    for column, one in enumerate(learned):
        if not one.is_checked:
            continue
        low, high = estimates(reader, one, days)
        true = reader.truth[:, column]
        holds, width = (low <= true) & (true <= high), high - low
        answer = reader.answers[:, column]
        rows, is_yes = one.rows[one.drawn], one.is_yes[one.drawn]
        yield {
            "theme": one.theme_id,
            "holds": (holds[0], holds[1:-1].mean(), holds[-1]),
            "width": (width[0], width[1:-1].mean(), width[-1]),
            "random_width": tuple(
                part.mean()
                for part in np.split(random_widths(reader, column, n_labels, rng), [1, len(true) - 1])
            ),
            "f1": (f1(answer, one.phrases_alone >= 0.5), f1(answer, scored.probability[:, column] >= 0.5)),
            "drift_told": drift_test(one.taught.cross_fitted, rows, is_yes, days) < 0.05,
        }


def summary(name: str, n_labels: int, rows: list[dict[str, Any]], n_expected: int) -> dict[str, Any]:
    """Means over themes and repeats; F1 by theme, the worst change of it."""
    holds, width, even = (
        np.array([row[key] for row in rows], float) for key in ("holds", "width", "random_width")
    )
    by_theme = pd.DataFrame(
        {"theme": [row["theme"] for row in rows], "gain": [row["f1"][1] - row["f1"][0] for row in rows]}
    )
    return {
        "corpus": name, "labels": n_labels, "n": len(rows), "unchecked": n_expected - len(rows),
        **dict(zip(("pooled", "years", "change"), holds.mean(axis=0).tolist(), strict=True)),
        **dict(zip(("pooled_width", "years_width", "change_width"), (width.mean(axis=0) / even.mean(axis=0)).tolist(), strict=True)),
        "f1_without": float(np.mean([row["f1"][0] for row in rows])),
        "f1_with": float(np.mean([row["f1"][1] for row in rows])),
        "worst_gain": float(by_theme.groupby("theme")["gain"].mean().min()),
        "drift_told": float(np.mean([row["drift_told"] for row in rows])),
    }  # fmt: skip


def drifting(reader: Reader) -> Reader:
    """The same papers with predictions that lose log odds with time."""
    days = days_of(reader.papers["published"])
    time_of = (days - days.mean()) / days.std()
    inner = np.clip(reader.scored.probability, 1e-6, 1 - 1e-6)
    return replace(
        reader, scored=replace(reader.scored, probability=expit(logit(inner) - DRIFT * time_of[:, None]))
    )


def null_claims(reader: Reader, n_labels: int, seed: int) -> dict[str, Any]:
    """Claims of checked verdicts on papers whose days are permuted."""
    rng = np.random.default_rng((seed, 7))
    papers = reader.papers.assign(published=rng.permutation(reader.papers["published"].to_numpy()))
    _, learned = learned_themes(replace(reader, papers=papers), n_labels, seed)
    rows, columns = np.nonzero(reader.scored.probability >= 0.5)
    ids = [one.theme_id for one in reader.themes]
    members = pd.DataFrame(
        {
            "kind": "theme",
            "series_id": np.array(ids)[columns],
            "paper_id": papers["paper_id"].to_numpy()[rows],
        }
    )
    trends = found_trends(papers, members, ids, "year").tested
    checked = checked_series(learned, papers["published"], trends)
    found = trend_verdicts(with_checked(trends, checked), corrections=checked)
    found = found[found["basis"] == "checked"]
    return {
        window: bool(found.loc[found["window"] == window, "verdict"].isin(["rising", "falling"]).any())
        for window in ("long", "recent")
    }


def repeat_of(job: tuple[str, int, int]) -> list[dict[str, Any]]:
    """Measures of one draw, in a process of the pool."""
    name, n_labels, seed = job
    return list(one_repeat(READERS[name], n_labels, seed))


def claims_of(seed: int) -> dict[str, Any]:
    """Claims on one null corpus, in a process of the pool."""
    return null_claims(READERS["five"], 200, seed)


def lines_of(found: dict[str, Any]) -> list[str]:
    """Lines of the Markdown page."""
    about, target = found["about"], [row for row in found["rows"] if row["corpus"] == "five"]
    drift = [row for row in found["rows"] if row["corpus"] == "five, drift"]
    covers = all(0.93 <= row[key] <= 0.97 for row in target for key in ("pooled", "years", "change"))
    held = {
        "coverage of 0.93 to 0.97 for pooled and yearly shares and the change": covers,
        "pooled intervals at most .70, .66, .64 as wide as those of as many even labels": all(
            row["pooled_width"] <= MOST_WIDTH[row["labels"]] for row in target
        ),
        "with planted drift coverage at least 0.92": all(
            row[key] >= 0.92 for row in drift for key in ("pooled", "years", "change")
        ),
        "planted drift told in most draws of 400 labels": drift[-1]["drift_told"] > 0.5,
        "F1 with labels nowhere below F1 without by more than .01": all(
            row["worst_gain"] >= -0.01 for row in target
        ),
        "false claims of checked verdicts on null corpora at most .05": max(found["null"].values()) <= 0.05,
    }
    names = {
        "corpus": "themes", "labels": "labels", "pooled": "pooled", "years": "years", "change": "change",
        "pooled_width": "pooled width", "years_width": "years width", "change_width": "change width",
        "f1_without": "F1 without", "f1_with": "F1 with", "worst_gain": "worst theme", "drift_told": "drift told",
    }  # fmt: skip
    head = ["| " + " | ".join(names.values()) + " |", "| " + " | ".join("---" for _ in names) + " |"]
    body = [
        "| "
        + " | ".join(f"{row[key]:.3f}" if isinstance(row[key], float) else str(row[key]) for key in names)
        + " |"
        for row in found["rows"]
    ]
    return [
        "# Labels: intervals that hold",
        "",
        (
            f"Written by `make bench-labels` ({about['seconds']:.0f} s, of which encoding {about['encoding_seconds']:.0f} s; {about['machine']}, Python "
            f"{about['python']}, numpy {about['numpy']}). {about['papers']} arXiv papers of 1998-2019; the category answers for a reader; {about['repeats']} draws each. "
            f"Five themes: {', '.join(SETS['five'])}; others: {', '.join(SETS['others'])}."
        ),
        "",
        "| target | holds |",
        "| --- | --- |",
        *(f"| {name} | {'yes' if is_held else 'NO'} |" for name, is_held in held.items()),
        "",
        "Coverage of 95 % intervals, their mean width over that of as many even labels, F1 of the lists (mean, and the mean change of the worst theme), how often drift is told:",
        "",
        *head,
        *body,
        "",
        f"Runs with a false claim on null corpora: {found['null']['long']:.3f} over the whole span, {found['null']['recent']:.3f} of late.",
        "",
    ]  # fmt: skip


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
    text = "\n".join(lines_of(found))
    print(text)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "labels.md").write_text(text, encoding="utf-8")
    (RESULTS / "labels.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
