"""Membership by a logistic model with the probabilities from phrases as prior.

The model is Bayesian logistic regression on the paper's vector, centered at the label-free log odds: without
labels it is the label-free probability, and each label moves it for papers that are like the labelled one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.special import expit, log_expit

__all__ = ["FEWEST_LABELS", "FEWEST_YES", "Taught", "teach"]

FEWEST_LABELS, FEWEST_YES = 10, 3
"""Labels of a theme from which they may decide about other papers, and how many of them must say yes."""

Floats = NDArray[np.float64]

_LARGEST_LOG_ODDS = 7.0
# Prior variances that are tried: of the level, of the factor of the label-free log odds, and of the weights
# of a whitened unit vector, whose cosines between papers of one subject are about a third.
_PRIORS = tuple((1.0, 0.1, of_vector) for of_vector in (0.0, 4.0, 16.0, 64.0))
_STEPS, _ENOUGH = 50, 1e-9


@dataclass(frozen=True)
class Taught:
    """Membership of all papers in a theme after its labels were learned.

    Attributes
    ----------
    probability : float64 array of shape (n,)
        By the model that saw all labels; the label-free one where labels did not make it better. Where its
        lists would be worse (F1 of held-out labels), it is shifted so that as many papers reach 0.5 as
        without labels.
    cross_fitted : float64 array of shape (n,)
        For each paper by models that saw no label of its fold: no paper is judged by a model that knows its
        answer. The label-free one where cross-validated log loss is not below its own.
    is_better : bool
        Whether cross-validated log loss is below that of the label-free probability.
    """

    probability: Floats
    cross_fitted: Floats
    is_better: bool


def teach(
    probability: Floats,
    vectors: NDArray[np.float32],
    rows: NDArray[np.int64],
    is_yes: NDArray[np.bool_],
    folds: NDArray[np.int64],
) -> Taught:
    r"""Membership in one theme from labels, with the label-free probability as the prior.

    With label-free log odds :math:`z`, whitened vector :math:`v` and answer :math:`y`, the log odds are
    :math:`z + a + b z + w \cdot v` with independent normal priors around 0. The mode of the posterior is
    found by Newton's method in its dual form, whose size is the number of labels [1]_ [2]_. The prior
    variance of the weights is the one of least cross-validated log loss, none and no model at all among those
    tried. With fewer than 10 labels, or fewer than 3 of either answer, the label-free probabilities are
    returned.

    Parameters
    ----------
    probability : float64 array of shape (n,)
        Label-free.
    vectors : float32 array of shape (n, d)
        Whitened unit rows.
    rows : int64 array of shape (m,)
        Papers with an answer, each once.
    is_yes : bool array of shape (m,)
    folds : int64 array of shape (n,)
        Fold of each paper, 0 to k - 1, independent of the answers.

    References
    ----------
    .. [1] Rasmussen & Williams (2006), Gaussian Processes for Machine Learning, algorithm 3.1,
       doi:10.7551/mitpress/3206.001.0001
    .. [2] Gelman et al. (2008), doi:10.1214/08-AOAS191 (weak priors for logistic regression)
    """
    if len(rows) < FEWEST_LABELS or min(is_yes.sum(), (~is_yes).sum()) < FEWEST_YES:
        return Taught(probability, probability, is_better=False)
    prior = _log_odds(probability)
    own, label_folds = prior[rows], folds[rows]
    among = (vectors[rows] @ vectors[rows].T).astype(np.float64)
    tried = [_kernel(own, own, among, variances) for variances in _PRIORS]
    held_out = [_held_out(kernel, own, is_yes, label_folds) for kernel in tried]
    losses = [_log_loss(one, is_yes).mean() for one in held_out]
    best = int(np.argmin(losses))
    if losses[best] >= _log_loss(own, is_yes).mean():
        return Taught(probability, probability, is_better=False)
    # A column of weights for all labels, then one for each fold, whose own labels it leaves out.
    n_folds = int(folds.max()) + 1
    weights = np.zeros((len(rows), 1 + n_folds))
    for column, seen in enumerate([np.ones(len(rows), bool), *(label_folds != f for f in range(n_folds))]):
        weights[seen, column] = _mode(tried[best][np.ix_(seen, seen)], own[seen], is_yes[seen])
    moved = _departures(prior, own, vectors, rows, weights, _PRIORS[best])
    crossed = expit(prior + moved[np.arange(len(prior)), 1 + folds])
    whole = prior + moved[:, 0]
    # Truer probabilities may make worse lists: what the phrases are too sure of counts as found. Then as many
    # papers are found as before, in the better order.
    if _f1(held_out[best] >= 0, is_yes) <= _f1(own >= 0, is_yes):
        whole -= _cut(whole, int((prior >= 0).sum()))
    return Taught(expit(whole), crossed, is_better=True)


def _cut(log_odds: Floats, n_found: int) -> float:
    """Log odds that so many papers reach; between two papers, so that the cut is no paper's own."""
    if n_found in (0, len(log_odds)):
        return 0.0
    lower, upper = np.sort(log_odds)[-n_found - 1 :][:2]
    return float(lower + upper) / 2


def _log_odds(probability: Floats) -> Floats:
    smallest = expit(-_LARGEST_LOG_ODDS)
    inner = np.clip(probability, smallest, 1 - smallest)
    return np.asarray(np.log(inner) - np.log1p(-inner))


def _kernel(prior: Floats, others: Floats, cosines: Floats, variances: tuple[float, float, float]) -> Floats:
    """Prior covariance of the departures from the label-free log odds of two sets of papers."""
    of_level, of_factor, of_vector = variances
    return np.asarray(of_level + of_factor * np.outer(prior, others) + of_vector * cosines)


def _departures(
    prior: Floats,
    own: Floats,
    vectors: NDArray[np.float32],
    rows: NDArray[np.int64],
    weights: Floats,
    variances: tuple[float, float, float],
) -> Floats:
    """Kernel of all papers with the labelled ones, times the weights, shape (n, k), without that kernel."""
    of_level, of_factor, of_vector = variances
    direction = (vectors[rows].T @ weights).astype(np.float32)
    moved = of_level * weights.sum(axis=0) + of_factor * np.outer(prior, own @ weights)
    return np.asarray(moved + of_vector * (vectors @ direction), dtype=np.float64)


def _held_out(kernel: Floats, prior: Floats, is_yes: NDArray[np.bool_], folds: NDArray[np.int64]) -> Floats:
    """Log odds of each labelled paper by models that saw no label of its fold."""
    found = prior.copy()
    for fold in np.unique(folds):
        seen = folds != fold
        weights = _mode(kernel[np.ix_(seen, seen)], prior[seen], is_yes[seen])
        found[~seen] += kernel[np.ix_(~seen, seen)] @ weights
    return found


def _mode(kernel: Floats, prior: Floats, is_yes: NDArray[np.bool_]) -> Floats:
    """Dual weights at the posterior's mode, shape (m,): the departures are kernel @ weights."""
    answer = is_yes.astype(np.float64)
    weights, departure = np.zeros(len(answer)), np.zeros(len(answer))
    height = -np.inf
    for _ in range(_STEPS):
        found = expit(prior + departure)
        root = np.sqrt(np.maximum(found * (1 - found), 1e-12))
        target = root**2 * departure + answer - found
        inner = np.eye(len(answer)) + root[:, None] * kernel * root
        step = target - root * cho_solve(cho_factor(inner, lower=True), root * (kernel @ target))
        # Newton's step may overshoot where answers contradict the prior strongly: halve it until it climbs.
        for scale in (1.0, 0.5, 0.25, 0.125):
            tried = weights + scale * (step - weights)
            moved = kernel @ tried
            reached = -0.5 * tried @ moved + log_expit(np.where(is_yes, 1, -1) * (prior + moved)).sum()
            if reached > height:
                break
        if reached <= height:
            break
        gained, height, weights, departure = reached - height, reached, tried, moved
        if gained < _ENOUGH:
            break
    return weights


def _f1(is_found: NDArray[np.bool_], is_yes: NDArray[np.bool_]) -> float:
    return float(2 * (is_found & is_yes).sum() / max(is_found.sum() + is_yes.sum(), 1))


def _log_loss(log_odds: Floats, is_yes: NDArray[np.bool_]) -> Floats:
    return np.asarray(-log_expit(np.where(is_yes, 1, -1) * log_odds))
