"""Verdicts on the shares of groups, under the same false discovery rate as themes and topics."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analytics.tables import validate_table
from analytics.trends.group_shares import group_series, group_table
from analytics.trends.logit_lines import Floats
from analytics.trends.periods import finest_period
from analytics.trends.shares import CorpusTrends
from analytics.trends.verdicts import find_trends

__all__ = ["GroupTests", "find_group_tests"]

_TAKEN = ["verdict", "start_share", "end_share", "change", "change_low", "change_high", "p_value", "q_value"]


@dataclass(frozen=True, slots=True)
class GroupTests:
    """Groups of a corpus before they are judged.

    Attributes
    ----------
    table : DataFrame
        The table `groups`, all verdicts ``insufficient``.
    series : DataFrame
        See `analytics.trends.group_shares.group_series`; may be empty.
    p_values : ndarray
        Of their tests, for the family of the whole page.
    q, steady_within : float
        See `analytics.trends.verdicts.trend_verdicts`.
    """

    table: pd.DataFrame
    series: pd.DataFrame
    p_values: Floats
    q: float
    steady_within: float

    def judged(self, verdicts: pd.DataFrame) -> pd.DataFrame:
        """Give the table `groups` with verdicts, in one family with those of themes and topics.

        `verdicts` is the table of that name.
        """
        table = self.table.copy()
        if len(self.series):
            others = _p_values(verdicts)
            found = find_trends(
                self.series, q=self.q, steady_within=self.steady_within, others=others
            ).verdicts
            long = found[found["window"] == "long"]
            table.loc[long["series_id"].astype(int), _TAKEN] = long[_TAKEN].to_numpy()
        return validate_table("groups", table)


def find_group_tests(
    papers: pd.DataFrame,
    grouped: pd.DataFrame,
    themes: pd.DataFrame,
    trends: CorpusTrends,
    *,
    q: float,
    steady_within: float,
) -> GroupTests:
    """Find the groups of a corpus and test them, in the periods in which themes and topics are tested.

    For `grouped` and `themes` see `analytics.trends.group_shares.group_table`. Groups have their own model of
    the noise, so that verdicts of themes and topics change with the number of tests only. Periods that are
    incomplete for themes are so for groups.
    """
    table = group_table(papers, grouped, themes)
    if table.empty or trends.span is None or trends.choice is None:
        return GroupTests(table, trends.tested[:0], np.zeros(0), q, steady_within)
    precision = papers.get("published_precision")
    freq = finest_period(papers["published"], trends.span, precision=precision) or trends.choice.freq
    series = group_series(papers, grouped, themes, table, freq=freq, span=trends.span)
    incomplete = trends.tested.loc[~trends.tested["is_complete"], "period_start"]
    series["is_complete"] &= ~series["period_start"].isin(incomplete)
    found = find_trends(series, q=q, steady_within=steady_within).verdicts if len(series) else None
    p_values = np.zeros(0) if found is None else _p_values(found)
    return GroupTests(table, series, p_values, q, steady_within)


def _p_values(verdicts: pd.DataFrame) -> Floats:
    """Those of the tests that stand under the false discovery rate."""
    tested = verdicts.loc[verdicts["window"].isin(("long", "recent")), "p_value"]
    return np.asarray(tested.dropna(), dtype=float)
