"""Who publishes: organizations, categories, venues or sources by their share of a theme's papers."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

import numpy as np
import pandas as pd

from analytics.exceptions import InputError
from analytics.tables import empty_table, validate_table
from analytics.trends.coverage import CoverageSpan
from analytics.trends.periods import Period
from analytics.trends.shares import period_shares, wilson_interval

__all__ = ["GROUPINGS", "default_groupings", "group_series", "group_table", "papers_in_groups"]

GROUPINGS = {"source": "sources", "organization": "organization", "category": "categories", "venue": "venue"}
"""What papers are grouped by, and the column of `papers` that says it."""

_ENOUGH = 0.1
_MOST_OF_ALL = 20
_MOST_OF_THEME = 12
_MOST_NEWCOMERS = 5
_LATELY = pd.Timedelta(days=91)
_ALL = ""


def default_groupings(papers: pd.DataFrame) -> tuple[str, ...]:
    """Groupings where none is asked for: organizations, if at least a tenth of the papers name one.

    Examples
    --------
    >>> default_groupings(pd.DataFrame({"organization": ["A lab"] + [None] * 9}))
    ('organization',)
    >>> default_groupings(pd.DataFrame({"organization": ["A lab"] + [None] * 10}))
    ()
    """
    named = papers["organization"].notna()
    return ("organization",) if len(named) and named.mean() >= _ENOUGH else ()


def papers_in_groups(papers: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Groups of each paper, one row per paper and group; a paper with several groups counts for each.

    Names that differ in case, punctuation and spaces alone are one group, which has its commonest spelling.

    Parameters
    ----------
    papers : DataFrame
        `paper_id` and the columns of `GROUPINGS` that are asked for.
    by : sequence of str
        Keys of `GROUPINGS`.

    Returns
    -------
    DataFrame
        `by`, `key` (the folded name), `group` (the name to read), `paper_id`.

    Raises
    ------
    InputError
        When a grouping is unknown.

    Examples
    --------
    >>> papers = pd.DataFrame({"paper_id": ["a", "b", "c"], "organization": ["A-Lab", "a lab", "A-Lab"]})
    >>> papers_in_groups(papers, ["organization"])[["group", "paper_id"]].values.tolist()
    [['A-Lab', 'a'], ['A-Lab', 'b'], ['A-Lab', 'c']]
    """
    parts = []
    for one in by:
        if one not in GROUPINGS:
            raise InputError(f"cannot group by {one!r}; use one of {', '.join(GROUPINGS)}")
        stated = papers[["paper_id"]].assign(by=one, name=papers[GROUPINGS[one]]).explode("name")
        parts.append(stated[stated["name"].notna()])
    if not parts or not sum(map(len, parts)):
        return pd.DataFrame({name: pd.Series([], dtype="str") for name in ("by", "key", "group", "paper_id")})
    named = pd.concat(parts, ignore_index=True)
    names = named["name"].astype(str)
    named["key"] = names.map({name: _fold(name) for name in names.unique()})
    named = named[named["key"] != ""]
    spellings = named.groupby(["by", "key", "name"], as_index=False).size()
    spellings = spellings.sort_values(["size", "name"], ascending=[False, True])
    usual = spellings.drop_duplicates(["by", "key"]).set_index(["by", "key"])["name"].rename("group")
    found = named.join(usual, on=["by", "key"])[["by", "key", "group", "paper_id"]]
    return found.drop_duplicates(["by", "key", "paper_id"]).reset_index(drop=True)


def _fold(name: str) -> str:
    folded = unicodedata.normalize("NFKC", name).casefold()
    return " ".join(re.sub(r"[\W_]+", " ", folded).split()) or folded.strip()


def group_table(papers: pd.DataFrame, grouped: pd.DataFrame, themes: pd.DataFrame) -> pd.DataFrame:
    """Largest groups of the corpus and of each theme, newcomers, and a row that counts the others.

    *Share.* Papers of the group over the papers of the theme that name any group, so that the day on which a
    source begins to name organizations moves no share. Shares need not add up to one: a paper may have
    several groups. Their 95 % intervals are Wilson's [1]_.

    *Newcomer.* The group's first dated paper in the theme is of the last 91 days of the theme's papers;
    nobody is one in the first 91 days of papers that name any group.

    *Edges.* 20 groups of the corpus, 12 of a theme, and up to 5 newcomers more; a group of one paper is only
    listed as a newcomer. `verdict` is ``insufficient`` until `analytics.trends.group_trends` has tested the
    series of `group_series`.

    Parameters
    ----------
    papers : DataFrame
        `paper_id`, `published`.
    grouped : DataFrame
        See `papers_in_groups`.
    themes : DataFrame
        `theme_id`, `paper_id`.

    Returns
    -------
    DataFrame
        The table `groups`, and the column `key`.

    References
    ----------
    .. [1] Wilson (1927), doi:10.1080/01621459.1927.10502953
    """
    dated = grouped.join(papers.set_index("paper_id")["published"], on="paper_id")
    scopes = [(_ALL, dated)]
    for theme_id, members in themes.groupby("theme_id", sort=False)["paper_id"]:
        scopes.append((str(theme_id), dated[dated["paper_id"].isin(set(members))]))
    rows = [
        _scope_rows(own, str(by), theme_id)
        for by in grouped["by"].unique()
        for theme_id, rows in scopes
        if len(own := rows[rows["by"] == by])
    ]
    if not rows:
        return empty_table("groups").assign(key=pd.Series([], dtype="str"))
    found = pd.concat(rows, ignore_index=True)
    low, high = wilson_interval(found["n_papers"], found["n_total"])
    keys = found["key"]
    found = found.assign(share=found["n_papers"] / found["n_total"], share_low=low, share_high=high)
    found = found.assign(verdict="insufficient", **dict.fromkeys(_ESTIMATES, np.nan))
    found["theme_id"] = found["theme_id"].where(found["theme_id"] != _ALL, None)
    return validate_table("groups", found).assign(key=keys)


_ESTIMATES = ("start_share", "end_share", "change", "change_low", "change_high", "p_value", "q_value")


def _scope_rows(own: pd.DataFrame, by: str, theme_id: str) -> pd.DataFrame:
    """Rows of one theme, or of the corpus."""
    most = _MOST_OF_THEME if theme_id else _MOST_OF_ALL
    sizes = own.groupby(["key", "group"], as_index=False).agg(
        n_papers=("paper_id", "size"), first_published=("published", "min")
    )
    sizes = sizes.sort_values(["n_papers", "group"], ascending=[False, True], ignore_index=True)
    first, last = own["published"].min(), own["published"].max()
    since = max(last - _LATELY, first + _LATELY) if pd.notna(first) else pd.NaT
    sizes["is_newcomer"] = (sizes["first_published"] > since).to_numpy()
    is_large = (sizes.index < most) & (sizes["n_papers"] > 1)
    newcomers = sizes.index[~is_large & sizes["is_newcomer"]][:_MOST_NEWCOMERS]
    listed = is_large | sizes.index.isin(newcomers)
    rest = own[~own["key"].isin(set(sizes.loc[listed, "key"]))]
    found = sizes[listed].assign(n_groups=1, is_tested=is_large[listed])
    if (n_others := int((~listed).sum())) > 0:
        others = {"key": None, "group": None, "n_papers": rest["paper_id"].nunique(), "n_groups": n_others}
        added = pd.DataFrame([others]).assign(
            first_published=rest["published"].min(), is_newcomer=False, is_tested=False
        )
        found = pd.concat([found, added], ignore_index=True)
    return found.assign(by=by, theme_id=theme_id, n_total=own["paper_id"].nunique())


def group_series(
    papers: pd.DataFrame,
    grouped: pd.DataFrame,
    themes: pd.DataFrame,
    table: pd.DataFrame,
    *,
    freq: Period,
    span: CoverageSpan,
) -> pd.DataFrame:
    """Series of the groups that are tested, for `analytics.trends.verdicts.find_trends`.

    *Question.* Does a group publish a larger or smaller part of the theme's papers than before? For the
    corpus as a whole: of all papers. *Null hypothesis.* The share of the papers that name any group stays
    the same; see `analytics.trends.verdicts.trend_verdicts` for the test. Groups are chosen by their size
    alone, never by when their papers appeared: a newcomer beyond the largest is not tested, because its early
    absence is what it was chosen for.

    *Edges.* A period in which no paper of the theme names a group has `n_total` 0 and does not count.

    Parameters
    ----------
    papers, grouped, themes : DataFrame
        See `group_table`.
    table : DataFrame
        What `group_table` gave.
    freq, span
        The periods that are tested, as for the other series.

    Returns
    -------
    DataFrame
        Rows as in the table `trends`, with `kind` ``group``; `series_id` is the number of the row in `table`.

    References
    ----------
    Wedderburn (1974), doi:10.1093/biomet/61.3.439, for the test.
    """
    tested = table[table["is_tested"]]
    parts = []
    for (by, theme_id), rows in tested.groupby(["by", "theme_id"], sort=False, dropna=False):
        own = grouped[grouped["by"] == by]
        if pd.notna(theme_id):
            own = own[own["paper_id"].isin(set(themes.loc[themes["theme_id"] == theme_id, "paper_id"]))]
        series = pd.DataFrame({"kind": "group", "series_id": rows.index.astype(str)})
        of_key = dict(zip(rows["key"], series["series_id"], strict=True))
        member = own[own["key"].isin(of_key)]
        member = pd.DataFrame(
            {"kind": "group", "series_id": member["key"].map(of_key), "paper_id": member["paper_id"]}
        )
        named = papers[papers["paper_id"].isin(set(own["paper_id"]))]
        parts.append(period_shares(named, member, series, freq=freq, span=span))
    return pd.concat(parts, ignore_index=True) if parts else empty_table("trends")
