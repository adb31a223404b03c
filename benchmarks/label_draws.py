"""Draws of labels that arXiv's categories answer, and what is estimated from them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from arxiv_themes import Corpus, found_trends
from scipy import stats
from scipy.special import expit, logit

from analytics.labels import draw_papers
from analytics.labels.checked_series import with_checked
from analytics.labels.checked_shares import share_interval
from analytics.labels.drift import drift_test
from analytics.labels.learned_themes import LearnedTheme, checked_series, days_of, learn_themes
from analytics.themes import Theme, ThemeScores
from analytics.trends.shares import wilson_interval
from analytics.trends.verdicts import trend_verdicts

__all__ = ["Reader", "drifting", "null_claims", "one_repeat", "read_reader"]

LEAST_PAPERS = 100  # of a year
DRIFT = 1.4
"""Log odds that predictions lose per standard deviation of time where drift is planted."""


@dataclass(frozen=True)
class Reader:
    """Papers with label-free scores and true answers.

    `years` are groups of papers, -1 for years of too few; `truth` holds the true shares: of the corpus, of
    each year, and the change.
    """

    papers: pd.DataFrame
    themes: tuple[Theme, ...]
    scored: ThemeScores
    vectors: np.ndarray
    answers: np.ndarray
    years: np.ndarray
    truth: np.ndarray


def read_reader(
    scored: ThemeScores, corpus: Corpus, themes: tuple[Theme, ...], vectors: np.ndarray
) -> Reader:
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
