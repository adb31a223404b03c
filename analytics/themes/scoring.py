"""Themes: subjects that a user names, and which papers belong to them.

A theme is read as a handful of phrases. How near a paper is to a theme says little by itself, because
some phrases are near to everything; so each closeness is compared with its *background*, what the
same phrase gets from general abstracts and from the corpus at hand. A paper is read together with the
papers that are most like it, because one abstract says little and chance words in it say something
else. One threshold then serves any corpus, theme and vectorizer.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit
from scipy.stats import norm

from analytics.background import Background
from analytics.neighbors import nearest_rows
from analytics.parts import blocks_of, on_threads
from analytics.tables import validate_table

__all__ = [
    "THEME_THRESHOLD",
    "Theme",
    "ThemeScores",
    "assign_themes",
    "score_themes",
    "theme_definition",
    "theme_table",
]

THEME_THRESHOLD = 3.0
"""Score from which a paper belongs to a theme: standard deviations above the background."""

_NEAR_BEST = 0.85  # of the score of the paper's best theme: what a further theme needs
_NEIGHBORS, _PAPERS_A_NEIGHBOR = 10, 100
_FAR = 0.5  # of the threshold: a paper that is no nearer to a theme by itself is not of it
_MOST_SEARCHED = 10_000  # papers among which neighbors are looked for; the work would grow with the square
_BLOCK = 512  # papers at a time
_BEST_PHRASES = 3
_PRIOR_PAPERS = 1000
_SMALLEST_DEVIATION = 1e-6
_LOW, _MIDDLE = 0.10, 0.40


@dataclass(frozen=True)
class Theme:
    """A subject declared by the user.

    Attributes
    ----------
    theme_id : str
        Letters, digits and hyphens.
    name, description : str
    phrases : tuple of str
        At least one; what papers of the theme say of themselves.
    """

    theme_id: str
    name: str
    description: str
    phrases: tuple[str, ...]

    @property
    def texts(self) -> tuple[str, ...]:
        """What is turned into vectors: the phrases, then the description."""
        return (*self.phrases, self.description) if self.description else self.phrases


def theme_definition(theme: Theme) -> str:
    """Hash of what defines a theme, 16 hexadecimal digits: its description and phrases, not its name.

    A label carries the definition under which it was given.

    Examples
    --------
    >>> theme = Theme("a", "A", "About a.", ("x",))
    >>> theme_definition(theme) == theme_definition(Theme("b", "B", "About a.", ("x",)))
    True
    """
    parts = json.dumps([theme.description, list(theme.phrases)], ensure_ascii=False)
    return hashlib.sha256(parts.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class ThemeScores:
    """Scores of all papers on all themes.

    Attributes
    ----------
    scores : float64 array of shape (n papers, n themes)
        Standard deviations above the background, in the mean of the paper and its nearest papers.
    phrases : int64 array of shape (n papers, n themes)
        Position in `Theme.texts` of the phrase that is nearest to the paper, by its own background.
    probability : float64 array of shape (n papers, n themes)
        That a reader would call the paper one of the theme.
    """

    scores: NDArray[np.float64]
    phrases: NDArray[np.int64]
    probability: NDArray[np.float64]


def score_themes(
    vectors: NDArray[np.float32],
    phrase_vectors: Sequence[NDArray[np.float32]],
    background: Background,
    *,
    threshold: float = THEME_THRESHOLD,
) -> ThemeScores:
    """Score papers on themes against the background.

    Cosines are taken in the background's whitened space. Each phrase's cosines are standardized by
    what the phrase gets from general abstracts. A paper's closeness to a theme is the mean of its
    three best phrases: one alone is easily a coincidence, and papers are seldom about all of them.
    Closeness is standardized once more, by the location and scale that general abstracts and the corpus
    at hand give it, weighted as if the former were 1,000 further papers.

    Location and scale of the corpus come from the lower part of its distribution (the 10 % and 40 %
    quantiles, as of a normal one), because a good part of a corpus may be about the theme.

    A paper's score is its own standardized closeness, counted ten times, and that of its nearest papers in
    the whitened space, each counted once: ten of them, but in small corpora one for each hundred papers,
    because farther ones are about something else. Below a hundred papers each stands for itself, and so
    does a paper whose own closeness is below half the threshold for every theme; of over 10,000 so many,
    evenly spaced, are searched. A single paper of a theme needs up to twice the closeness for that. On
    12,000 arXiv papers this raised the average precision of ten themes from .61 to .66 and took three in
    four of the papers from themes about which there are none (`benchmarks/bench_arxiv_themes.py`).

    Parameters
    ----------
    vectors : float32 array of shape (n, d)
        Unit rows, one a paper.
    phrase_vectors : sequence of float32 arrays of shape (m, d)
        For each theme the vectors of its `texts`.
    background : Background
        Of general abstracts in the same vector space.
    threshold : float
        That of `assign_themes`.

    Returns
    -------
    ThemeScores
        With n = 0 or without themes: empty arrays of the fitting shape.

    References
    ----------
    Nadaraya 1964, doi:10.1137/1109020 (the mean of what is near). Zhou et al. 2003, Learning with local
    and global consistency, Advances in Neural Information Processing Systems 16 (one step of it).
    """
    n_papers, n_themes = len(vectors), len(phrase_vectors)
    scores = np.empty((n_papers, n_themes))
    carrying = np.zeros((n_papers, n_themes), dtype=np.int64)
    general = background.sample()
    directions = [background.whiten(phrases).T for phrases in phrase_vectors]
    expected = [general @ one for one in directions]
    means = [one.mean(axis=0) for one in expected]
    deviations = [np.maximum(one.std(axis=0), _SMALLEST_DEVIATION) for one in expected]
    papers = np.empty(vectors.shape, dtype=np.float32)

    def score(block: slice) -> None:
        whitened = background.whiten(vectors[block])
        papers[block] = whitened
        for theme, (one, mean, deviation) in enumerate(zip(directions, means, deviations, strict=True)):
            nearness = (whitened @ one - mean) / deviation
            scores[block, theme] = _best_mean(nearness)
            carrying[block, theme] = np.argmax(nearness, axis=1)

    for _ in on_threads(
        score, blocks_of(n_papers, _BLOCK)
    ):  # in double precision a large corpus would not fit
        pass
    weight = n_papers / (n_papers + _PRIOR_PAPERS)
    for theme, (one, mean, deviation) in enumerate(zip(expected, means, deviations, strict=True)):
        closeness = scores[:, theme]
        prior = _best_mean((one - mean) / deviation)
        location, scale = float(prior.mean()), float(prior.std())
        if n_papers > 1:
            own_location, own_scale = _lower_moments(closeness)
            location += weight * (own_location - location)
            scale += weight * (own_scale - scale)
        scores[:, theme] = (closeness - location) / max(scale, _SMALLEST_DEVIATION)
    mixed = _with_neighbors(scores, papers, _FAR * threshold)
    return ThemeScores(mixed, carrying, expit(mixed - threshold))


def assign_themes(
    paper_ids: Sequence[str],
    themes: Sequence[Theme],
    scored: ThemeScores,
    *,
    threshold: float = THEME_THRESHOLD,
) -> pd.DataFrame:
    """Membership of papers in themes.

    Parameters
    ----------
    paper_ids : sequence of str, length n
    themes : sequence of Theme
    scored : ThemeScores
        For the same papers and themes in the same order.
    threshold : float
        A paper belongs to its best theme when the score reaches it, and to each further one whose score
        does and is at least 0.85 of the best: what is near to a theme is also, less so, near to related ones.

    Returns
    -------
    DataFrame
        Table `theme_assignments`, a row for each membership, sorted by paper and theme; ``is_primary``
        marks the best theme of each paper (the first declared one in a tie). A paper without a row
        belongs to no theme.

    Examples
    --------
    >>> themes = [Theme("a", "A", "", ("x",)), Theme("b", "B", "", ("y",))]
    >>> scored = ThemeScores(np.array([[3.5, 3.0], [1.0, 0.0]]), np.zeros((2, 2), dtype=np.int64),
    ...     np.array([[0.6, 0.5], [0.1, 0.0]]))
    >>> assign_themes(["p1", "p2"], themes, scored)[["paper_id", "theme_id", "is_primary"]].values.tolist()
    [['p1', 'a', True], ['p1', 'b', False]]
    """
    highest = scored.scores.max(axis=1, keepdims=True, initial=-np.inf)
    near_best = scored.scores >= highest - (1 - _NEAR_BEST) * np.abs(highest)
    members = np.argwhere((scored.scores >= threshold) & near_best).tolist()
    best = scored.scores.argmax(axis=1) if len(themes) else np.zeros(len(paper_ids), dtype=np.int64)
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


def _best_mean(nearness: NDArray[np.floating]) -> NDArray[np.float64]:
    """Mean of each row's three largest values, of all when there are fewer."""
    best = min(_BEST_PHRASES, nearness.shape[1])
    return np.asarray(np.sort(nearness, axis=1)[:, -best:].mean(axis=1), dtype=np.float64)


def _with_neighbors(
    scores: NDArray[np.float64], papers: NDArray[np.float32], far: float
) -> NDArray[np.float64]:
    """Mean of each paper's scores, counted `_NEIGHBORS` times, and those of its nearest papers.

    Papers below `far` on every theme keep their own.
    """
    n_papers = len(papers)
    n_neighbors = min(_NEIGHBORS, n_papers // _PAPERS_A_NEIGHBOR)
    if not n_neighbors or not scores.shape[1]:
        return scores
    searched = np.linspace(0, n_papers - 1, min(n_papers, _MOST_SEARCHED)).round().astype(np.int64)
    own = np.full(n_papers, -1)
    own[searched] = np.arange(len(searched))
    near = np.flatnonzero((scores >= far).any(axis=1))
    nearest = searched[nearest_rows(papers[near], papers[searched], own[near], n_neighbors)[0]]
    total = _NEIGHBORS * scores[near]
    for place in np.sort(nearest, axis=1).T:
        total += scores[place]
    mixed = scores.copy()
    mixed[near] = total / (_NEIGHBORS + n_neighbors)
    return mixed


def _lower_moments(values: NDArray[np.float64]) -> tuple[float, float]:
    """Location and scale of a normal distribution through the 10 % and 40 % quantiles."""
    low, middle = np.quantile(values, [_LOW, _MIDDLE])
    scale = (middle - low) / (norm.ppf(_MIDDLE) - norm.ppf(_LOW))
    return float(middle - norm.ppf(_MIDDLE) * scale), float(scale)
