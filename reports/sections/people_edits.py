"""What people decided about topics: hidden ones are left out of page, mail and feeds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from reports.values.formatting import join_words, plural
from reports.view import RunView

__all__ = ["edits_sentence", "hidden_sentence", "without_hidden"]


def without_hidden(view: RunView) -> RunView:
    """The same run without its hidden topics, their series and events; papers stay, in none of the topics.

    Verdicts stay as they are: the false discovery rate counts hidden topics, too.

    Parameters
    ----------
    view : RunView
    """
    topics = view.tables.topics
    hidden = set(topics.loc[topics["is_hidden"], "topic_id"])
    if not hidden:
        return view
    tables = {}
    for one in fields(view.tables):
        table = getattr(view.tables, one.name)
        if "series_id" in table:
            gone = (table["kind"] == "topic") & table["series_id"].isin(hidden)
        elif one.name == "topics":
            gone = table["topic_id"].isin(hidden)
        elif one.name == "topic_events":
            gone = table["topic_id"].isin(hidden) | table["other_id"].isin(hidden)
        else:
            continue
        tables[one.name] = table[~gone].reset_index(drop=True)
    return RunView(replace(view.tables, **tables), view.manifest)


def hidden_sentence(manifest: Mapping[str, Any]) -> str:
    """How many topics and papers are hidden; empty where none is.

    Examples
    --------
    >>> hidden_sentence({"topics": {"edits": {"hidden": 2, "hidden_papers": 31}}})
    'People hid 2 topics with 31 papers.'
    >>> hidden_sentence({"topics": {}})
    ''
    """
    edits = manifest["topics"].get("edits") or {}
    if not edits.get("hidden"):
        return ""
    topics, papers = plural(int(edits["hidden"]), "topic"), plural(int(edits["hidden_papers"]), "paper")
    return f"People hid {topics} with {papers}."


def edits_sentence(manifest: Mapping[str, Any]) -> str:
    """How many topics people named, merged, pinned and hid; empty where none.

    Examples
    --------
    >>> edits_sentence({"topics": {"edits": {"named": 1, "merged": 0, "pinned": 2, "hidden": 0}}})
    'People named 1 topic and pinned 2 topics (topics.toml in the workspace).'
    """
    edits = manifest["topics"].get("edits") or {}
    words = {"named": "named", "merged": "merged away", "pinned": "pinned", "hidden": "hid"}
    done = [f"{word} {plural(int(edits[key]), 'topic')}" for key, word in words.items() if edits.get(key)]
    return f"People {join_words(done)} (topics.toml in the workspace)." if done else ""
