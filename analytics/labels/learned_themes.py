"""Themes learned from labels: membership and checked shares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from zlib import crc32

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.labels.answers import counted_answers
from analytics.labels.checked_series import CheckedSeries
from analytics.labels.checked_shares import Checked, check_shares, share_interval
from analytics.labels.membership_model import Taught, teach
from analytics.labels.weights import label_weights
from analytics.themes import Theme, ThemeScores

__all__ = ["FEWEST_DRAWN", "LearnedTheme", "checked_series", "days_of", "learn_themes"]

FEWEST_DRAWN, FEWEST_OF_EACH = 30, 3
"""Answers about drawn papers from which a theme's share is estimated, and how many must say yes, and no."""

_N_FOLDS = 10
_DAY = np.timedelta64(1, "D")


@dataclass(frozen=True)
class LearnedTheme:
    """A theme with its answers about papers of the corpus.

    Attributes
    ----------
    phrases_alone : float64 array of shape (n,)
        Label-free probability of membership.
    rows : int64 array of shape (m,)
        Papers with an answer, of whatever origin.
    is_yes : bool array of shape (m,)
    drawn : int64 array of shape (d,)
        Places in `rows` of the answers about drawn papers, which enter estimates.
    weights : float64 array of shape (d,)
        See `analytics.labels.weights`.
    """

    theme_id: str
    phrases_alone: NDArray[np.float64]
    taught: Taught
    rows: NDArray[np.int64]
    is_yes: NDArray[np.bool_]
    drawn: NDArray[np.int64]
    weights: NDArray[np.float64]

    @property
    def is_checked(self) -> bool:
        """Whether there are enough answers about drawn papers to estimate the share."""
        n_yes = int(self.is_yes[self.drawn].sum())
        return len(self.drawn) >= FEWEST_DRAWN and min(n_yes, len(self.drawn) - n_yes) >= FEWEST_OF_EACH

    def check(self, days: NDArray[np.float64], groups: NDArray[np.int64], **how: float) -> Checked:
        """Checked share of each group of papers, see `analytics.labels.checked_shares`."""
        rows, is_yes = self.rows[self.drawn], self.is_yes[self.drawn]
        return check_shares(self.taught.cross_fitted, rows, is_yes, self.weights, days, groups, **how)


def learn_themes(
    paper_ids: Sequence[str],
    themes: Sequence[Theme],
    scored: ThemeScores,
    vectors: NDArray[np.float32],
    labels: pd.DataFrame,
) -> tuple[ThemeScores, tuple[LearnedTheme, ...]]:
    """Learn membership from labels where this improves the probabilities from phrases.

    Returns the scores with the taught probabilities, where a paper that was answered for has that answer, and
    one `LearnedTheme` per theme, in their order.

    Parameters
    ----------
    scored : ThemeScores
        Label-free.
    vectors : float32 array of shape (n, d)
        Whitened unit rows, see `analytics.vectors.background`.
    labels : DataFrame
        Table `labels`; those of other papers or themes are not used.
    """
    answers = counted_answers(_with_draws(labels))
    answers = answers.assign(row=pd.Index(paper_ids).get_indexer(pd.Index(answers["paper_id"])))
    answers = answers[answers["row"] >= 0].sort_values("row", kind="stable")
    folds = np.array([crc32(one.encode()) % _N_FOLDS for one in paper_ids], dtype=np.int64)
    learned, probability = [], scored.probability.copy()
    for column, theme in enumerate(themes):
        own = answers[answers["theme_id"] == theme.theme_id]
        rows, is_yes = own["row"].to_numpy(np.int64), own["is_yes"].to_numpy(bool)
        alone = scored.probability[:, column]
        taught = teach(alone, vectors, rows, is_yes, folds)
        drawn = np.flatnonzero(own["draw"].notna())
        draws = own["draw"].iloc[drawn].to_numpy(np.int64)
        chance = own["draw_probability"].iloc[drawn].to_numpy(np.float64)
        weights = label_weights(draws, chance, len(paper_ids))
        learned.append(LearnedTheme(theme.theme_id, alone, taught, rows, is_yes, drawn, weights))
        probability[:, column] = taught.probability
        probability[rows, column] = is_yes
    return replace(scored, probability=probability), tuple(learned)


def _with_draws(labels: pd.DataFrame) -> pd.DataFrame:
    """Labels with the draw of their paper: a correction by another labeller leaves it in its draw."""
    of_paper = labels.groupby(["paper_id", "theme_id"], sort=False)[["draw", "draw_probability"]]
    return labels.assign(
        **{name: labels[name].fillna(first) for name, first in of_paper.transform("first").items()}
    )


def days_of(published: pd.Series) -> NDArray[np.float64]:
    """Days since 1970 of dates, NaN where there is none.

    Examples
    --------
    >>> days_of(pd.Series(pd.to_datetime(["1970-01-11", None]))).tolist()
    [10.0, nan]
    """
    days = published.to_numpy(dtype="datetime64[D]")
    return np.where(np.isnat(days), np.nan, (days - np.datetime64("1970-01-01")) / _DAY)


def checked_series(
    learned: Sequence[LearnedTheme], published: pd.Series, trends: pd.DataFrame
) -> dict[str, CheckedSeries]:
    """Checked share of each theme with enough answers in each period of the table `trends`.

    `published` are the publication dates of the corpus, NaT if undated; the periods are those of `trends`.
    Themes with too few answers are left out.
    """
    periods = trends[["period_start", "period_end"]].drop_duplicates().sort_values("period_start")
    starts, ends = (periods[name].to_numpy(dtype="datetime64[us]") for name in periods)
    at = published.to_numpy(dtype="datetime64[us]")
    place = np.searchsorted(starts, at, side="right") - 1
    inside = ~np.isnat(at) & (place >= 0)
    inside[inside] = at[inside] < ends[place[inside]]
    groups = np.where(inside, place, -1)
    # Every period has a place, the last one too if it holds no paper.
    days = days_of(published)
    found = {}
    for one in learned:
        if not one.is_checked or not inside.any():
            continue
        checked = one.check(days, groups)
        low, high = share_interval(checked.share, checked.deviation, checked.freedom)
        share, low, high = (_filled(values, len(starts)) for values in (checked.share, low, high))
        covariance = np.zeros((len(starts), len(starts)))
        n_known = len(checked.share)
        covariance[:n_known, :n_known] = checked.covariance
        found[one.theme_id] = CheckedSeries(
            one.theme_id, starts, share, low, high, covariance, checked.freedom
        )
    return found


def _filled(values: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    return np.concatenate([values, np.full(size - len(values), np.nan)])
