"""Probability that a paper belongs to a theme, from its phrases alone.

Evidence that a paper is of a theme comes from vectors (its closeness) and from words (its matches); what a
point of either is worth was learned once, from papers that people labelled. How common the theme is in a
corpus follows from the corpus itself.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import expit, logit

__all__ = ["MEMBER", "membership_probability", "theme_evidence", "theme_prior"]

MEMBER = 0.5
"""Probability from which a paper belongs to a theme."""

# Chosen on 400 Daily Papers labelled for four themes, ten arXiv categories and seven drug classes: about a
# logistic regression with the log odds of each theme's share as offset, see benchmarks/bench_labels.py.
_LEVEL, _OF_CLOSENESS, _OF_MATCHES, _OF_LEAD = -1.1, 1.0, 4.2, 1.7
_OF_TITLE_MATCHES = 7.0  # on the same papers without their abstracts
_LARGEST_EVIDENCE = 30.0
_SHARE_OF_NONE, _PRIOR_PAPERS, _LEAST_SHARE = 0.1, 50, 1e-6


def theme_evidence(
    closeness: NDArray[np.float64], matches: NDArray[np.float64], titled: NDArray[np.bool_] | None = None
) -> NDArray[np.float64]:
    """Log likelihood ratio of a paper's closeness and matches: of the theme, against not.

    What is near to a theme is also, less so, near to related ones: the lead that a paper's best theme has
    speaks against the others, 1.7 times. The words of a title weigh more where it is all that is known.
    Arrays have shape (n, t), `titled`, the papers without an abstract, (n,); see
    `analytics.themes.similarity` and `analytics.themes.phrase_words`.

    Examples
    --------
    >>> theme_evidence(np.array([[3.0, 0.0]]), np.array([[0.5, 0.0]])).round(2).tolist()
    [[4.0, -9.77]]
    """
    own = _OF_CLOSENESS * closeness + _OF_MATCHES * matches
    if titled is not None:
        own[titled] += (_OF_TITLE_MATCHES - _OF_MATCHES) * matches[titled]
    lead = own.max(axis=1, keepdims=True, initial=-np.inf) - np.maximum(own, 0)
    return np.asarray(_LEVEL + own - _OF_LEAD * np.maximum(lead, 0), dtype=np.float64)


def membership_probability(evidence: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probability of membership, with each theme's share of the corpus estimated from the evidence.

    Evidence and result have shape (n, t).

    Examples
    --------
    Nine papers that speak against a theme and one that speaks for it: one in ten.

    >>> membership_probability(np.array([[9.0]] + [[-9.0]] * 9)).round(3).ravel().tolist()[:2]
    [0.999, 0.0]
    """
    priors = np.array([theme_prior(one) for one in evidence.T])
    return np.asarray(expit(np.clip(evidence, -_LARGEST_EVIDENCE, _LARGEST_EVIDENCE) + logit(priors)))


def theme_prior(evidence: NDArray[np.float64]) -> float:
    """Share of a corpus that is of a theme, by maximum likelihood with some papers known beforehand.

    The evidence is the log ratio of two densities, that of members and that of others, and the papers are a
    mixture of both; this is where the likelihood of the members' weight is highest [1]_. It is the two-groups
    model [2]_ with the ratio known, and one minus the probability is the local false discovery rate. Few
    papers say little about a share: 50 more count, a tenth of them of the theme (a beta prior). Returns a
    share between 1e-6 and 1 - 1e-6; 0.1 without papers.

    References
    ----------
    .. [1] Saerens, Latinne & Decaestecker (2002), doi:10.1162/089976602753284446
    .. [2] Efron (2004), doi:10.1198/016214504000000089
    """
    gain = np.expm1(np.clip(evidence, -_LARGEST_EVIDENCE, _LARGEST_EVIDENCE))

    def slope(share: float) -> float:
        """Slope of the log likelihood, known papers included; it falls as the share grows."""
        before = _SHARE_OF_NONE / share - (1 - _SHARE_OF_NONE) / (1 - share)
        return float(np.sum(gain / (1 + share * gain)) + _PRIOR_PAPERS * before)

    least, most = _LEAST_SHARE, 1 - _LEAST_SHARE
    if not len(gain):
        return _SHARE_OF_NONE
    if slope(least) <= 0:
        return least
    return most if slope(most) >= 0 else float(brentq(slope, least, most, xtol=1e-9))
