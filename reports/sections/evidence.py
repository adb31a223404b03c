"""The papers behind a headline: some of the newest complete periods, with their abstracts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from analytics.tables import is_among
from reports.values.formatting import clip, count, plural
from reports.values.paper_lines import PaperLine, make_paper_lines
from reports.values.periods import Period, range_label
from reports.view import RunView, SeriesKey

__all__ = ["Evidence", "EvidencePaper", "clipped_abstract", "make_evidence"]

_PAPERS = 3
_MOST_PERIODS = 3
"""Newest periods that are searched for that many papers."""
_LONGEST_ABSTRACT = 3_000
_MONTHS = {"month": 1, "quarter": 3, "year": 12}


@dataclass(frozen=True, slots=True)
class EvidencePaper:
    """A paper and its abstract, which is empty where the source gave none."""

    line: PaperLine
    abstract: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """Papers of the newest periods of one series; `link` is the text that leads to them."""

    title: str
    link: str
    papers: tuple[EvidencePaper, ...]


def make_evidence(view: RunView, key: SeriesKey) -> Evidence | None:
    """Papers of the newest complete periods of a series that moved, the surest members first.

    As few periods are taken as hold three papers. None where the series did not move, or those periods hold
    no paper of it.
    """
    series = view.series[key]
    if not series.claims:
        return None
    papers = _members(view, key)
    periods: list[Period] = []
    found = papers.iloc[:0]
    for period in series.complete[: -_MOST_PERIODS - 1 : -1]:
        periods.insert(0, period)
        found = papers[_is_in(papers["published"], periods)]
        if len(found) >= _PAPERS:
            break
    if found.empty:
        return None
    shown = found.sort_values(["strength", "paper_id"], ascending=[False, True], kind="stable").head(_PAPERS)
    lines = make_paper_lines(shown, view.places.theme_names, view.places.topic_names)
    listed = tuple(
        EvidencePaper(line, clipped_abstract(one)) for line, one in zip(lines, shown["abstract"], strict=True)
    )
    span = range_label(periods[0], periods[-1])
    of_all = f"{count(len(listed))} of {count(len(found))}" if len(found) > len(listed) else "all"
    if series.claims[0].word == "rising":
        return Evidence(
            f"Papers that made the rise: {of_all} of {span}",
            f"{plural(len(listed), 'paper')} that show{'s' if len(listed) == 1 else ''} it",
            listed,
        )
    return Evidence(
        f"Newest papers: {of_all} of {span}", f"{count(len(listed))} of its newest papers", listed
    )


def clipped_abstract(text: object) -> str:
    """Abstract as shown on the page; empty without one."""
    return clip(text, _LONGEST_ABSTRACT) if isinstance(text, str) else ""


def _members(view: RunView, key: SeriesKey) -> pd.DataFrame:
    """Dated papers of a series, with `strength`: how surely each belongs to it."""
    kind, series_id = key
    tables = view.tables
    if kind == "theme":
        rows = tables.theme_assignments[tables.theme_assignments["theme_id"] == series_id]
        strength = rows["probability"].fillna(0.0)
    else:
        rows = tables.topic_assignments[tables.topic_assignments["topic_id"] == series_id]
        strength = rows["strength"]
    of_paper = dict(zip(rows["paper_id"], strength, strict=True))
    papers = tables.papers
    is_member = (
        is_among(papers["paper_id"], rows["paper_id"])
        if kind == "theme"
        else (papers["topic_id"] == series_id).to_numpy()
    )
    own = papers[is_member & papers["published"].notna().to_numpy()]
    return own.assign(strength=[float(of_paper.get(one, 0.0)) for one in own["paper_id"]])


def _is_in(days: pd.Series, periods: Sequence[Period]) -> pd.Series:
    """Whether each day is in one of the periods."""
    inside = pd.Series(False, index=days.index)
    for period in periods:
        start = pd.Timestamp(period.start)
        months = _MONTHS.get(period.unit)
        end = start + (pd.DateOffset(months=months) if months else pd.Timedelta(days=7))
        inside |= (days >= start) & (days < end)
    return inside
