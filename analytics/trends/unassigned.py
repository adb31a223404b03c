"""Papers in no topic or no period, and which verdicts depend on them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.exceptions import InputError
from analytics.tables import UNCLUSTERED, empty_table, is_among, validate_table
from analytics.trends.series_grids import counted_papers
from analytics.trends.verdicts import trend_verdicts

__all__ = ["mark_fragile", "spread_unassigned", "unassigned_papers", "undated_papers"]

_KEY = ["kind", "series_id"]


def unassigned_papers(papers: pd.DataFrame, trends: pd.DataFrame) -> pd.DataFrame:
    """Count, for each period, the papers that the trends of topics leave out.

    Parameters
    ----------
    papers : DataFrame
        `published` and `first_seen` (datetime64, the former NaT where undated) and `topic_id`, which is
        missing or `UNCLUSTERED` for a paper in no topic.
    trends : DataFrame
        The table `trends`: its periods are taken.

    Returns
    -------
    DataFrame
        The table `unassigned`, a row per period in order of time. `n_unclustered` are the period's dated
        papers in no topic. `n_undated` are the papers without a date that were first *seen* in the
        period: when they appeared is not known.

    Examples
    --------
    >>> days = pd.to_datetime(["2024-01-05", "2024-01-09", None]).astype("datetime64[us]")
    >>> papers = pd.DataFrame({"published": days, "topic_id": ["T0001", "-1", "-1"],
    ...     "first_seen": pd.Timestamp("2024-02-03")})
    >>> starts = pd.to_datetime(["2024-01-01", "2024-02-01"]).astype("datetime64[us]")
    >>> trends = pd.DataFrame({"period_start": starts, "n_total": [2, 0], "is_complete": True,
    ...     "period_end": pd.to_datetime(["2024-02-01", "2024-03-01"]).astype("datetime64[us]")})
    >>> unassigned_papers(papers, trends)[["n_total", "n_unclustered", "n_undated"]].values.tolist()
    [[2, 1, 0], [0, 0, 1]]
    """
    columns = ["period_start", "period_end", "n_total", "is_complete"]
    periods = trends[columns].drop_duplicates("period_start").sort_values("period_start", ignore_index=True)
    if periods.empty:
        return empty_table("unassigned")
    undated = papers["published"].isna()
    unclustered = papers["topic_id"].isna() | papers["topic_id"].eq(UNCLUSTERED)
    found = periods.assign(
        n_unclustered=_counts(papers.loc[unclustered & ~undated, "published"], periods),
        n_undated=_counts(papers.loc[undated, "first_seen"], periods),
    )
    return validate_table("unassigned", found)


def _counts(days: pd.Series, periods: pd.DataFrame) -> NDArray[np.intp]:
    """Days in each of the periods, which are in order and may leave gaps."""
    in_order = np.sort(days.to_numpy())
    before_end, before_start = (
        np.searchsorted(in_order, periods[edge].to_numpy()) for edge in ("period_end", "period_start")
    )
    return np.asarray(before_end - before_start)


def undated_papers(papers: pd.DataFrame, membership: pd.DataFrame) -> pd.DataFrame:
    """Count the undated papers of each series, and those that its kind as a whole must account for.

    Parameters
    ----------
    papers : DataFrame
        `paper_id` and `published`.
    membership : DataFrame
        `kind`, `series_id`, `paper_id`; a topic's membership leaves the unclustered papers out.

    Returns
    -------
    DataFrame
        `kind`, `series_id`, `n_undated`, a row per series that has undated papers. Then a row per kind with
        `series_id` None: for topics the undated papers that are in any, else all that the corpus has,
        because a paper may belong to no theme.

    Examples
    --------
    >>> days = pd.to_datetime([None, None, "2024-01-05"])
    >>> papers = pd.DataFrame({"paper_id": ["a", "b", "c"], "published": days})
    >>> membership = pd.DataFrame({"kind": "theme", "series_id": "agents", "paper_id": ["a", "c"]})
    >>> undated_papers(papers, membership).fillna("all").values.tolist()
    [['theme', 'agents', 1], ['theme', 'all', 2]]
    """
    undated = pd.Index(papers.loc[papers["published"].isna(), "paper_id"])
    own = membership[is_among(membership["paper_id"], undated)].drop_duplicates([*_KEY, "paper_id"])
    counts = own.groupby(_KEY, as_index=False).size().rename(columns={"size": "n_undated"})
    topics = own.loc[own["kind"] == "topic", "paper_id"].nunique()
    kinds = [
        {"kind": kind, "series_id": None, "n_undated": topics if kind == "topic" else len(undated)}
        for kind in membership["kind"].unique()
    ]
    return pd.concat([counts.astype({"series_id": object}), pd.DataFrame(kinds)], ignore_index=True)


def spread_unassigned(trends: pd.DataFrame, unassigned: pd.DataFrame, undated: pd.DataFrame) -> pd.DataFrame:
    """Series after distributing the papers that are in no topic or no period.

    Unclustered papers of a period are spread over its topics in proportion to the topics' papers: a
    topic's share becomes its part of the papers that are in any. The undated papers of a series are
    spread over the periods in proportion to the periods' dated papers: they follow no trend. What is
    spread brings no evidence, so all counts are scaled back to the number of papers that were dated.

    A checked share moves as if the undated papers found were as small a part of the theme's undated papers as
    the dated ones found are of its dated papers.

    `unassigned` is what `unassigned_papers` gave for the same periods. Returns `trends` with other `n_papers`
    and `n_total`, which need not be whole numbers, and other `checked_share`, where there is one.

    Examples
    --------
    A topic has 5 of 30 and 10 of 40 papers, of which 10 and 20 are in no topic: 5 and 10 of 20.

    >>> starts = pd.to_datetime(["2024-01-01", "2024-02-01"])
    >>> trends = pd.DataFrame({"kind": "topic", "series_id": "T0001", "period_start": starts,
    ...     "n_papers": [5, 10], "n_total": [30, 40]})
    >>> unclustered = pd.DataFrame({"period_start": starts, "n_unclustered": [10, 20]})
    >>> none = pd.DataFrame({"kind": ["topic"], "series_id": None, "n_undated": 0})
    >>> spread_unassigned(trends, unclustered, none)[["n_papers", "n_total"]].values.tolist()
    [[5.0, 20.0], [10.0, 20.0]]
    """
    unclustered = unassigned.set_index("period_start")["n_unclustered"]
    clustered = trends["n_total"] - trends["period_start"].map(unclustered).fillna(0)
    total = clustered.where(trends["kind"] == "topic", trends["n_total"]).to_numpy(dtype=float)
    spread = trends.assign(n_total=total)
    dated = spread.groupby(_KEY)["n_total"].transform("sum").to_numpy()
    of_series = undated.dropna(subset="series_id").set_index(_KEY)["n_undated"]
    of_kind = undated[undated["series_id"].isna()].set_index("kind")["n_undated"]
    own = of_series.reindex(pd.MultiIndex.from_frame(trends[_KEY])).fillna(0).to_numpy()
    corpus = trends["kind"].map(of_kind).fillna(0).to_numpy()
    with np.errstate(invalid="ignore", divide="ignore"):
        added = np.where(dated > 0, own * total / dated, 0.0)
        kept = np.where(dated > 0, dated / (dated + corpus), 1.0)
    found = np.minimum((trends["n_papers"].to_numpy() + added) * kept, total)
    if "checked_share" not in trends:
        return spread.assign(n_papers=found)
    counted = counted_papers(trends)
    sums = trends.assign(counted=counted).groupby(_KEY)[["counted", "n_papers"]].transform("sum")
    missed = (sums["counted"] / sums["n_papers"]).where(sums["n_papers"] > 0, 1.0)
    checked = np.minimum((counted + added * missed) * kept, total) / total
    return spread.assign(n_papers=found, checked_share=checked.where(trends["checked_share"].notna()))


def mark_fragile(
    verdicts: pd.DataFrame,
    trends: pd.DataFrame,
    unassigned: pd.DataFrame,
    undated: pd.DataFrame,
    **how: Any,
) -> pd.DataFrame:
    """Mark the verdicts that flip when unclustered and undated papers are spread in proportion.

    *Question.* Would the verdict be another word if the papers that were put in no topic had been put in
    one, and those that have no date had one?

    *Limitations.* The spread is one possible truth of many: it takes the loose papers for like the
    others. A verdict that holds may still owe to papers that were left out in a selective way.

    *Edges.* A verdict of ``insufficient``, here or with the papers spread, is never fragile.

    Parameters
    ----------
    verdicts : DataFrame
        What `analytics.trends.verdicts.trend_verdicts` gave for `trends`.
    trends, unassigned, undated : DataFrame
        See `spread_unassigned`.
    **how
        Arguments of `trend_verdicts`. The error of a correction is taken to be as large with the papers
        spread.

    Raises
    ------
    InputError
        When the verdicts are not those of the trends.

    Examples
    --------
    A topic grows from 10 to 33 of 100 papers a month, but so do all topics together, from 20 to 66:

    >>> months = pd.date_range("2022-01-01", periods=24, freq="MS")
    >>> trends = pd.DataFrame({"kind": "topic", "series_id": "T0001", "period_start": months,
    ...     "n_papers": range(10, 34), "n_total": 100, "is_complete": True})
    >>> unclustered = pd.DataFrame({"period_start": months, "n_unclustered": range(80, 32, -2)})
    >>> none = pd.DataFrame({"kind": ["topic"], "series_id": None, "n_undated": 0})
    >>> found = mark_fragile(trend_verdicts(trends), trends, unclustered, none)
    >>> found[["window", "verdict", "is_fragile"]].values.tolist()
    [['long', 'rising', True], ['recent', 'rising', True], ['lasting', 'rising', True]]
    """
    if verdicts.empty or not (unassigned["n_unclustered"].any() or undated["n_undated"].any()):
        return verdicts.assign(is_fragile=False)
    spread = spread_unassigned(trends, unassigned, undated)
    others = trend_verdicts(spread, **how)
    keys = [*_KEY, "window"]
    if not others[keys].equals(verdicts[keys]):
        raise InputError("the verdicts are not those of the trends; give what trend_verdicts gave for them")
    answered = ~verdicts["verdict"].eq("insufficient") & ~others["verdict"].eq("insufficient")
    return verdicts.assign(is_fragile=answered & verdicts["verdict"].ne(others["verdict"]))
