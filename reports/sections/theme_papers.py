"""The papers listed in a theme's section, each with the phrase that assigned it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from reports.values.formatting import clip, count, percent
from reports.values.paper_lines import PaperLine, make_paper_lines, newest_first

__all__ = ["ThemePaper", "papers_of_theme"]

_LISTED = 5


@dataclass(frozen=True, slots=True)
class ThemePaper:
    """A paper of a theme with the phrase that assigned it, and its probability.

    `standing` compares its upvotes with those of its day; empty in lists that are not about them.
    """

    line: PaperLine
    phrase: str
    likely: str
    standing: str = ""


def papers_of_theme(
    found: pd.DataFrame,
    rows: pd.DataFrame,
    votes: pd.DataFrame,
    names: tuple[Mapping[str, str], Mapping[str, str]],
) -> tuple[tuple[ThemePaper, ...], tuple[ThemePaper, ...], tuple[ThemePaper, ...]]:
    """Newest papers, the surest ones, and those with most upvotes for their day.

    Where there are few papers, all of them are listed as the newest.

    Parameters
    ----------
    found, rows : DataFrame
        Papers of the theme by their id, and its rows of `theme_assignments` in the same order.
    votes : DataFrame
        From `reports.values.upvotes.upvotes_of_the_day`.
    names : pair of mapping
        Names of themes and of topics by their ids.
    """
    most = 2 * _LISTED if len(found) <= 2 * _LISTED else _LISTED
    # An older run has no probability, and several papers may be as good as certain.
    surest = rows.assign(probability=rows["probability"].fillna(0.0)).sort_values(
        ["probability", "score", "paper_id"], ascending=[False, False, True], kind="stable"
    )
    best = surest["paper_id"]
    why = rows.set_index("paper_id")

    def listed(chosen: pd.DataFrame, standings: Sequence[str] = ()) -> tuple[ThemePaper, ...]:
        lines = make_paper_lines(chosen, *names)
        reasons = why.loc[chosen.index]
        return tuple(
            ThemePaper(line, clip(phrase, 120), likely, standing)
            for line, phrase, likely, standing in zip(
                lines, reasons["phrase"], _likely(reasons), standings or [""] * len(lines), strict=True
            )
        )

    most_upvoted = votes.loc[votes.index.intersection(found.index)].rename_axis("paper_id").reset_index()
    most_upvoted = most_upvoted[most_upvoted["beaten"] > 0].sort_values(
        ["standing", "paper_id"], ascending=[False, True], kind="stable"
    )
    most_upvoted = most_upvoted.head(_LISTED)
    standings = [
        f"more than {count(beaten)} of the {count(others)} other papers of its day"
        for beaten, others in zip(most_upvoted["beaten"], most_upvoted["others"], strict=True)
    ]
    upvoted = listed(found.loc[most_upvoted["paper_id"]], standings)
    return listed(newest_first(found, most)), listed(found.loc[best.head(_LISTED)]), upvoted


def _likely(rows: pd.DataFrame) -> list[str]:
    """How sure each membership is: its probability, or its score in an older run."""
    return [
        f"score {score:.1f}" if math.isnan(probability) else f"{percent(probability)} likely"
        for score, probability in zip(rows["score"], rows["probability"], strict=True)
    ]
