"""A run as a reader sees it who chose some of its themes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import fields, replace

from reports.view import RunView

__all__ = ["view_of_themes"]


def view_of_themes(view: RunView, theme_ids: Collection[str]) -> RunView:
    """The same run with these themes alone, and without topics; papers and what is watched stay.

    Parameters
    ----------
    view : RunView
    theme_ids : collection of str
        Ids that the run does not have are left out.
    """
    chosen = set(theme_ids)
    tables = {}
    for one in fields(view.tables):
        table = getattr(view.tables, one.name)
        if "series_id" in table:
            table = table[(table["kind"] == "theme") & table["series_id"].isin(chosen)]
        elif "theme_id" in table:
            table = table[table["theme_id"].isin(chosen)]
        elif one.name in ("topics", "topic_events"):
            table = table.iloc[:0]
        tables[one.name] = table.reset_index(drop=True)
    return RunView(replace(view.tables, **tables), view.manifest)
