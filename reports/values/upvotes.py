"""Upvotes, compared within a day, because days and ages are not comparable."""

from __future__ import annotations

import pandas as pd

__all__ = ["upvotes_of_the_day"]


def upvotes_of_the_day(papers: pd.DataFrame) -> pd.DataFrame:
    """How each paper's upvotes compare with those of the other papers of its day.

    Papers without upvotes or without a day are left out.

    Returns
    -------
    DataFrame
        By `paper_id`: `beaten` of the `others` of its day had fewer upvotes. `standing` is
        (beaten + 0.5) / (others + 1): the part of a day that a paper leads, which is drawn to one half where
        there are few others, so that a day's only paper leads nobody.

    Examples
    --------
    >>> papers = pd.DataFrame({"paper_id": ["a", "b", "c"], "upvotes": [9, 2, 5],
    ...     "published": pd.to_datetime(["2025-01-01", "2025-01-01", "2025-01-02"]),
    ...     "published_precision": "day"})
    >>> upvotes_of_the_day(papers).reset_index().values.tolist()
    [['a', 1, 1, 0.75], ['b', 0, 1, 0.25], ['c', 0, 0, 0.5]]
    """
    has_day = papers["published"].notna() & (papers["published_precision"] == "day")
    known = papers.loc[has_day & papers["upvotes"].notna(), ["paper_id", "published", "upvotes"]]
    of_day = known.assign(upvotes=known["upvotes"].astype("int64")).groupby("published")["upvotes"]
    beaten = (of_day.rank(method="min") - 1).astype("int64")
    others = of_day.transform("size") - 1
    found = pd.DataFrame({"beaten": beaten, "others": others, "standing": (beaten + 0.5) / (others + 1)})
    found.index = pd.Index(known["paper_id"].to_numpy(), name="paper_id")
    return found
