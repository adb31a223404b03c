"""Agreement of a model's answers with people's, corrected for chance."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from analytics.exceptions import InputError
from analytics.labels.answers import MODEL, counted_answers

__all__ = ["agreement_by_theme", "cohen_kappa"]

_PAIR = ["paper_id", "theme_id"]


def cohen_kappa(first: ArrayLike, second: ArrayLike) -> float:
    """Agreement of two raters beyond chance: 1 is full, 0 is what chance gives, below 0 is worse.

    kappa = (p_o - p_e) / (1 - p_e), where p_o is the share of items that both put into the same class and
    p_e the share on which they would agree if each kept its own shares of the classes and chose at random.

    Parameters
    ----------
    first, second : array-like of shape (n,)
        Classes that the two raters gave to the same items in the same order, bool, numbers or text, none of
        them missing.

    Returns
    -------
    float
        At most 1; NaN without items and where all answers of both are the same class, for chance alone
        would agree there. It is 0 when only one of the two gave a single class.

    Raises
    ------
    InputError
        When the two differ in length.

    References
    ----------
    Cohen 1960, doi:10.1177/001316446002000104.

    Examples
    --------
    Three of four agree; each says yes to half, so chance agrees on 2 of 4: (3/4 - 1/2) / (1 - 1/2).

    >>> cohen_kappa(["yes", "yes", "no", "no"], ["yes", "no", "no", "no"])
    0.5
    >>> cohen_kappa([True, True], [True, True])
    nan
    """
    one, other = np.asarray(first), np.asarray(second)
    if one.ndim != 1 or one.shape != other.shape:
        raise InputError(
            f"the two raters gave answers of shapes {one.shape} and {other.shape}; "
            "both must answer the same items, one answer each"
        )
    n_items = len(one)
    _, codes = np.unique(np.concatenate([one, other]), return_inverse=True)
    n_classes = int(codes.max(initial=0)) + 1
    counts = [np.bincount(part, minlength=n_classes) for part in (codes[:n_items], codes[n_items:])]
    # In whole numbers, n^2 times the shares: full agreement is exactly 1, and no chance is left unnoticed.
    observed = n_items * int((codes[:n_items] == codes[n_items:]).sum())
    expected = int(counts[0] @ counts[1])
    if expected == n_items**2:
        return float("nan")
    return (observed - expected) / (n_items**2 - expected)


def agreement_by_theme(labels: pd.DataFrame) -> pd.DataFrame:
    """Cohen's kappa of people and models, per theme.

    A paper counts for a theme where a person and a model both answered, neither of them `unsure`. Of several
    people, or several models, the newest answer counts, see `counted_answers`.

    Columns are theme_id, n_both (papers that both answered), kappa (NaN where `cohen_kappa` is); a row per
    theme of `labels`, sorted.

    Examples
    --------
    >>> labels = pd.DataFrame({"paper_id": list("ppqq"), "theme_id": "a",
    ...     "answer": ["yes", "yes", "no", "no"], "labeller": ["ann", "model:llama"] * 2,
    ...     "day": pd.to_datetime("2025-01-01")})
    >>> agreement_by_theme(labels).values.tolist()
    [['a', 2, 1.0]]
    """
    is_model = labels["labeller"].str.startswith(MODEL).astype(bool)
    people, models = (
        counted_answers(part)[[*_PAIR, "is_yes"]] for part in (labels[~is_model], labels[is_model])
    )
    both = dict(iter(people.merge(models, on=_PAIR, suffixes=("", "_model")).groupby("theme_id")))
    themes = sorted(labels["theme_id"].unique())
    pairs = [both.get(theme) for theme in themes]
    return pd.DataFrame(
        {
            "theme_id": pd.Series(themes, dtype="str"),
            "n_both": pd.Series([0 if pair is None else len(pair) for pair in pairs], dtype="int64"),
            "kappa": pd.Series(
                [
                    float("nan") if pair is None else cohen_kappa(pair["is_yes"], pair["is_yes_model"])
                    for pair in pairs
                ],
                dtype="float64",
            ),
        }
    )
