"""Answers to the question whether a paper is one of a theme."""

from __future__ import annotations

import pandas as pd

__all__ = ["ANSWERS", "MODEL", "counted_answers"]

ANSWERS = ("yes", "no", "unsure")
MODEL = "model:"
"""How the `labeller` of a model's answer begins; its name follows. Other labellers are people."""


def counted_answers(labels: pd.DataFrame) -> pd.DataFrame:
    """One answer per paper and theme: a person's before a model's, then the newest.

    Answers `unsure` are left out after that: a person who is not sure overrules a model too. Returns the rows
    of `labels` that count, with `is_yes` (bool), sorted by paper and theme.

    Examples
    --------
    >>> labels = pd.DataFrame({"paper_id": ["p", "p"], "theme_id": ["a", "a"], "answer": ["yes", "no"],
    ...     "labeller": ["ann", "model:llama"], "day": pd.to_datetime(["2025-01-01", "2025-02-01"])})
    >>> counted_answers(labels)[["labeller", "is_yes"]].values.tolist()
    [['ann', True]]
    """
    by_person = ~labels["labeller"].str.startswith(MODEL)
    ranked = labels.assign(by_person=by_person).sort_values(
        ["paper_id", "theme_id", "by_person", "day", "labeller"], kind="stable"
    )
    newest = ranked.drop_duplicates(["paper_id", "theme_id"], keep="last").drop(columns="by_person")
    sure = newest[newest["answer"] != "unsure"]
    return sure.assign(is_yes=sure["answer"].eq("yes")).reset_index(drop=True)
