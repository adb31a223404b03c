"""Which papers belong to which themes: scores and probabilities of all, tables of those that do."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.tables import validate_table
from analytics.themes.membership import MEMBER, membership_probability, theme_evidence
from analytics.themes.phrase_words import phrase_matches
from analytics.themes.similarity import theme_closeness
from analytics.themes.theme import Theme
from analytics.themes.title_only import is_title_only
from analytics.vectors.background import Background

__all__ = ["ThemeScores", "assign_themes", "near_misses", "score_themes", "theme_table"]

_MOST_MISSES = 20


@dataclass(frozen=True)
class ThemeScores:
    """Scores of all papers on all themes.

    Attributes
    ----------
    scores : float64 array of shape (n papers, n themes)
        Evidence for membership, a log likelihood ratio, see `analytics.themes.membership`.
    phrases : int64 array of shape (n papers, n themes)
        Position in `Theme.texts` of the phrase that is nearest to the paper, by its own background.
    probability : float64 array of shape (n papers, n themes)
        That a reader would call the paper one of the theme.
    """

    scores: NDArray[np.float64]
    phrases: NDArray[np.int64]
    probability: NDArray[np.float64]


def score_themes(
    papers: pd.DataFrame,
    themes: Sequence[Theme],
    vectors: NDArray[np.float32],
    phrase_vectors: Sequence[NDArray[np.float32]],
    background: Background,
) -> ThemeScores:
    """Score papers on themes by their vectors and their words, without any label.

    `papers` has `title` and `abstract`; the other arguments are those of
    `analytics.themes.similarity.theme_closeness`. Without papers or themes the arrays are empty, of the
    fitting shape.
    """
    texts = [one.texts for one in themes]
    titled = is_title_only(papers["abstract"].array)
    # Words are read while vectors are multiplied: neither waits for the other.
    with ThreadPoolExecutor(1) as words:
        matches = words.submit(phrase_matches, papers["title"].array, papers["abstract"].array, texts)
        closeness, phrases = theme_closeness(vectors, phrase_vectors, background, titled)
    evidence = theme_evidence(closeness, matches.result(), titled)
    return ThemeScores(evidence, phrases, membership_probability(evidence))


def assign_themes(
    paper_ids: Sequence[str], themes: Sequence[Theme], scored: ThemeScores, *, least: float = MEMBER
) -> pd.DataFrame:
    """Membership of papers in themes.

    Returns the table `theme_assignments`, a row for each membership of probability `least` or more, sorted by
    paper and theme; ``is_primary`` marks the theme of each paper's highest score among its own (the first
    declared one in a tie). A paper without a row belongs to no theme.

    Examples
    --------
    >>> themes = [Theme("a", "A", "", ("x",)), Theme("b", "B", "", ("y",))]
    >>> scored = ThemeScores(np.array([[3.5, 3.0], [1.0, 0.0]]), np.zeros((2, 2), dtype=np.int64),
    ...     np.array([[0.9, 0.6], [0.1, 0.0]]))
    >>> assign_themes(["p1", "p2"], themes, scored)[["paper_id", "theme_id", "is_primary"]].values.tolist()
    [['p1', 'a', True], ['p1', 'b', False]]
    """
    is_member = scored.probability >= least
    best = np.where(is_member, scored.scores, -np.inf).argmax(axis=1) if len(themes) else np.zeros(0)
    members = np.argwhere(is_member).tolist()
    table = pd.DataFrame(
        {
            "paper_id": [paper_ids[row] for row, _ in members],
            "theme_id": [themes[theme].theme_id for _, theme in members],
            "score": [scored.scores[row, theme] for row, theme in members],
            "probability": [scored.probability[row, theme] for row, theme in members],
            "is_primary": [best[row] == theme for row, theme in members],
            "phrase": [themes[theme].texts[scored.phrases[row, theme]] for row, theme in members],
        }
    )
    typed = validate_table("theme_assignments", table)  # an empty table has its types too
    return typed.sort_values(["paper_id", "theme_id"], ignore_index=True)


def near_misses(
    paper_ids: Sequence[str], themes: Sequence[Theme], scored: ThemeScores, *, least: float = MEMBER
) -> pd.DataFrame:
    """Papers that came nearest to each theme without belonging to it.

    Returns the table `near_misses`: at most 20 rows per theme, the likeliest first; ties by the paper's id.
    """
    rows = []
    ids = np.asarray(paper_ids, dtype=object)
    for column, theme in enumerate(themes):
        probability, score = scored.probability[:, column], scored.scores[:, column]
        outside = np.flatnonzero(probability < least)
        if len(outside) > _MOST_MISSES:
            lowest = np.partition(probability[outside], -_MOST_MISSES)[-_MOST_MISSES]
            outside = outside[probability[outside] >= lowest]
        ranked = sorted(outside.tolist(), key=lambda row: (-probability[row], -score[row], ids[row]))
        rows += [(theme.theme_id, ids[row], score[row], probability[row]) for row in ranked[:_MOST_MISSES]]
    columns = ["theme_id", "paper_id", "score", "probability"]
    return validate_table("near_misses", pd.DataFrame(rows, columns=columns))


def theme_table(themes: Sequence[Theme], assignments: pd.DataFrame) -> pd.DataFrame:
    """Table `themes`: every declared theme in its order, with its number of papers."""
    sizes = assignments.groupby("theme_id").size()
    return pd.DataFrame(
        {
            "theme_id": [theme.theme_id for theme in themes],
            "name": [theme.name for theme in themes],
            "description": [theme.description for theme in themes],
            "n_papers": [int(sizes.get(theme.theme_id, 0)) for theme in themes],
        }
    )
