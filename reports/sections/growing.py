"""Likely to grow: topics ranked by the probability of growth, and how good past rankings were."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from analytics.tables import RunTables
from reports.sections.headlines import sparkline
from reports.values.formatting import TIMES, count, odds, percent
from reports.values.series import Series
from reports.view import Places

__all__ = ["Growing", "GrowingRow", "make_growing"]

_MOST_ROWS = 10
_RANKINGS = {
    "trend": "of the first ten of this ranking",
    "momentum": "of the ten whose share had grown most over the year",
    "chance": "of all ranked topics",
}


@dataclass(frozen=True, slots=True)
class GrowingRow:
    """One topic of the ranking; `href` is empty where it has no place on the page."""

    rank: str
    label: str
    href: str
    probability: str
    growth: str
    n_papers: str
    sparkline: str


@dataclass(frozen=True, slots=True)
class Growing:
    """The section: what the ranking is, what it is worth, and its first rows."""

    lead: str
    worth: str
    rows: tuple[GrowingRow, ...]


def make_growing(
    tables: RunTables, series: Mapping[tuple[str, str], Series], places: Places
) -> Growing | None:
    """Ranking from the table `emerging`: its first ten that are more likely to grow than not.

    None where nothing is ranked.
    """
    ranked = tables.emerging.dropna(subset="probability")
    if ranked.empty:
        return None
    ranked = ranked.sort_values("probability", ascending=False, kind="stable")
    likely = ranked[ranked["probability"] > 0.5].head(_MOST_ROWS)
    rows = []
    for number, row in enumerate(likely.to_dict("records"), start=1):
        key = (str(row["kind"]), str(row["series_id"]))
        one, name = series.get(key), places.name(*key)
        rows.append(
            GrowingRow(
                rank=str(number),
                label=name,
                href=places.href(*key),
                probability=percent(row["probability"]),
                growth=f"{TIMES}{odds(row['growth_per_year'])}",
                n_papers=count(int(row["n_papers"])),
                sparkline=sparkline(one, name) if one else "",
            )
        )
    return Growing(_lead(len(ranked), len(rows)), ranking_worth(tables.emerging_scores), tuple(rows))


def _lead(n_ranked: int, n_shown: int) -> str:
    """State what is ranked and how, and that the ranking is not a test."""
    meaning = (
        "ordered by the probability that the share is higher over the next year than over the last, given"
        " the trend of the last three years and the noise of this run"
    )
    no_test = "This is a ranking, not a test: some topic comes first even if nothing moves."
    if not n_shown:
        ranked = "1 topic is ranked, and it is not"
        if n_ranked > 1:
            ranked = f"{count(n_ranked)} topics are ranked, and none of them is"
        return f"{ranked} more likely to grow than not."
    if n_ranked == 1:
        return f"The only topic with enough papers to be ranked. {no_test}"
    shown = f"The first {n_shown} of {count(n_ranked)}" if n_shown < n_ranked else f"All {n_shown}"
    rest = ""
    if n_shown < min(_MOST_ROWS, n_ranked):
        rest = " The others are not more likely to grow than not."
    return f"{shown} topics with enough papers to be ranked, {meaning}.{rest} {no_test}"


def ranking_worth(scores: pd.DataFrame) -> str:
    """Say how many of the first ten came true in past years, and how many would have anyway.

    `scores` is the table `emerging_scores`. The sentence says so where the history holds no year to judge.
    """
    known = scores.dropna(subset=["precision"])
    n_years = int(known["cutoff"].nunique())
    if not n_years:
        return "How good such rankings are for this corpus is unknown: the history is too short."
    means = known.groupby("method")["precision"].mean()
    first, *others = (
        f"{percent(means[method])} {words}" for method, words in _RANKINGS.items() if method in means
    )
    years = "the one past year" if n_years == 1 else f"{n_years} past years"
    sentence = f"In {years} that could be judged, {first} had a higher share a year later"
    sentence += f", against {' and '.join(others)}." if others else "."
    caution = "The topics were found with knowledge of the later years, so this is an upper bound."
    return f"{sentence}{_compared(means)} {caution}"


def _compared(means: pd.Series) -> str:
    """Say so where the ranking did no better than a simpler one."""
    if "trend" not in means:
        return ""
    names = {"chance": "a random order", "momentum": "the simpler ranking by last year's growth"}
    equal = [name for method, name in names.items() if means.get(method, -1.0) >= means["trend"]]
    return f" It did no better than {' or '.join(equal)}." if equal else ""
