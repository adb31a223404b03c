"""Terms that a theme's papers use more or less often than before: the table `theme_terms` in words."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from reports.values.formatting import clip, count, percent

__all__ = ["Shift", "Word", "make_shift"]


@dataclass(frozen=True, slots=True)
class Word:
    """A term with its share of papers lately and before."""

    term: str
    shares: str
    counts: str


@dataclass(frozen=True, slots=True)
class Shift:
    """Terms of a theme that became more and less frequent; `note` says what was compared."""

    note: str
    more: tuple[Word, ...]
    fewer: tuple[Word, ...]


def make_shift(terms: pd.DataFrame, theme_id: str) -> Shift | None:
    """Terms of a theme.

    `terms` is the run's table `theme_terms`. None in a run without any such term, which may have been made
    before they were looked for.
    """
    if terms.empty:
        return None
    own = terms[terms["theme_id"] == theme_id].sort_values(["p_value", "term"], kind="stable")
    if own.empty:
        return Shift("No term is clearly more or less frequent in its newest papers than before.", (), ())
    is_more = own["n_lately"] * own["of_before"] > own["n_before"] * own["of_lately"]
    late, early = count(int(own["of_lately"].iloc[0])), count(int(own["of_before"].iloc[0]))
    return Shift(
        f"Share of the {late} papers of the newest year, and of the {early} earlier ones, that use a term.",
        _words(own[is_more]),
        _words(own[~is_more]),
    )


def _words(rows: pd.DataFrame) -> tuple[Word, ...]:
    words = []
    for row in rows.to_dict("records"):
        lately, of_lately, before, of_before = (
            int(row[name]) for name in ("n_lately", "of_lately", "n_before", "of_before")
        )
        shares = f"{percent(lately / of_lately)}, before {percent(before / of_before)}"
        counts = f"{count(lately)} of {count(of_lately)} papers, before {count(before)} of {count(of_before)}"
        words.append(Word(clip(row["term"], 60), shares, counts))
    return tuple(words)
