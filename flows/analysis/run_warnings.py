"""Warnings of a run about its settings: other themes than before, missing watched papers and groups."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from analytics.exceptions import InputError
from analytics.trends.group_shares import GROUPINGS
from analytics.watch import unknown_papers
from flows.config.settings import Settings
from flows.config.themes_file import themes_name
from flows.runs import read_manifest, resolve_run

__all__ = ["groups_missing", "settings_warnings", "themes_change"]

_KEPT_LATELY = ("category", "venue")
"""Groupings whose columns a store of before version 9 does not have."""


def settings_warnings(settings: Settings, papers: pd.DataFrame) -> list[str]:
    """Sentences for the manifest, the page and the terminal.

    Parameters
    ----------
    settings : Settings
    papers : DataFrame
        The corpus, with `paper_id` and the columns that `by` names.
    """
    try:
        before: Mapping[str, Any] = read_manifest(resolve_run(settings.workspace))
    except InputError:  # a first run, or one that is damaged
        before = {}
    change = themes_change(before, settings)
    return [
        *([change] if change else []),
        *(
            f"watch {name!r}: no paper of the workspace has the id {paper_id}, so none is similar to it"
            for name, paper_id in unknown_papers(papers, settings.watch)
        ),
        *groups_missing(settings.by or (), papers),
    ]


def groups_missing(by: Sequence[str], papers: pd.DataFrame) -> Iterator[str]:
    """A sentence per grouping that was asked for, but that fewer than half of the papers name.

    Categories and venues are kept since version 9 of the store; papers that were ingested before have
    none until their files are read again.

    Parameters
    ----------
    by : sequence of str
        Keys of `analytics.trends.group_shares.GROUPINGS`.
    papers : DataFrame
        The corpus, with the columns that these name.

    Examples
    --------
    >>> list(groups_missing(["venue"], pd.DataFrame({"venue": ["ICLR 2024", None, None]})))
    ['by venue: 1 of 3 papers name one; if an earlier version ingested them, ingest their files again']
    >>> list(groups_missing(["organization"], pd.DataFrame({"organization": [None]})))
    ['by organization: 0 of 1 paper names one']
    """
    for one in by:
        named = int(papers[GROUPINGS[one]].dropna().map(len).gt(0).sum())
        if 2 * named < len(papers):
            of = f"{len(papers):,} paper names" if len(papers) == 1 else f"{len(papers):,} papers name"
            again = "; if an earlier version ingested them, ingest their files again"
            later = again if one in _KEPT_LATELY else ""
            yield f"by {one}: {named:,} of {of} one{later}"


def themes_change(before: Mapping[str, Any], settings: Settings) -> str:
    """Sentence that names the themes files of two runs, where they are not the same; else empty.

    The themes of ``--themes`` are those of one run: what comes next without the option has others, and shares
    that jump. Files are compared by their names, and by whether one was given at all.

    Parameters
    ----------
    before : mapping
        Manifest of the latest run; empty without one.
    settings : Settings
        Settings of this run.
    """
    name = before.get("themes_file")
    earlier = (before.get("settings") or {}).get("themes")
    now = themes_name(settings.themes_file)
    if not isinstance(name, str) or (name == now and (earlier is None) == (settings.themes is None)):
        return ""
    was = name if earlier is not None else f"{name}, the default"
    is_now = now if settings.themes is not None else f"{now}, the default"
    advice = (
        f'to keep the earlier ones, set themes = "{name}" with its path in papertrends.toml'
        if earlier is not None
        else "to keep the new ones, set themes with the path of the file in papertrends.toml"
    )
    return f"the themes are those of {is_now}; the run before had those of {was}: {advice}"
