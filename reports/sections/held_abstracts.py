"""Which abstracts the page holds, as many as fit: they fold out under listed papers."""

from __future__ import annotations

import pandas as pd

from analytics.tables import RunTables
from reports.sections.evidence import clipped_abstract
from reports.values.paper_lines import newest_first

__all__ = ["held_abstracts"]

_MOST = 6_000
"""Abstracts that are tried at most: a page has room for about half as many."""
_OF_THEME = 20


def held_abstracts(tables: RunTables) -> tuple[tuple[str, str], ...]:
    """Ids of papers and their abstracts, the most likely to be looked at first.

    First the representative papers of topics, then the surest and the newest ones of themes, then the newest
    of all. Papers without an abstract are left out.
    """
    has_one = tables.papers["abstract"].fillna("") != ""
    papers = tables.papers.loc[has_one, ["paper_id", "published", "abstract"]]
    order = [one for ids in tables.topics["representative_papers"] for one in ids]
    members = tables.theme_assignments[["theme_id", "paper_id", "score"]].merge(
        papers[["paper_id", "published"]], on="paper_id"
    )
    for column in ("score", "published"):
        first = members.sort_values([column, "paper_id"], ascending=[False, True], kind="stable")
        order += first.groupby("theme_id", sort=True)["paper_id"].head(_OF_THEME).tolist()
    order += newest_first(papers, _MOST)["paper_id"].tolist()
    order = list(dict.fromkeys(order))
    places = pd.Index(papers["paper_id"]).get_indexer(order).tolist()
    texts = papers["abstract"].to_numpy()
    known = [(one, place) for one, place in zip(order, places, strict=True) if place >= 0]
    return tuple((one, clipped_abstract(texts[place])) for one, place in known[:_MOST])
