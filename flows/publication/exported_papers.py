"""Papers of a run that are exported: those of a theme, a topic, a watch, a search or with a label."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from analytics.exceptions import InputError
from analytics.labels import ANSWERS
from flows.analysis.search import search_papers
from flows.config.settings import Settings
from flows.runs import read_tables

__all__ = ["COLUMNS", "Choice", "exported_papers"]

COLUMNS = (
    "paper_id", "title", "authors", "published", "organization", "url", "upvotes", "themes", "topic",
    "abstract",
)  # fmt: skip
"""Columns of an export, in the order of a table of it; lists hold texts."""

_TABLES = ("papers", "themes", "theme_assignments", "topics", "topic_assignments", "labels", "watched")


@dataclass(frozen=True)
class Choice:
    """Which papers: exactly one of the fields is given, the search with the number of its papers."""

    theme: str | None = None
    topic: str | None = None
    watch: str | None = None
    search: str | None = None
    label: str | None = None
    most: int = 100


def exported_papers(folder: Path, choice: Choice, settings: Settings) -> pd.DataFrame:
    """Papers of a run, newest first; those of a search nearest first.

    Parameters
    ----------
    folder : Path
        Run folder.
    choice : Choice
    settings : Settings

    Returns
    -------
    DataFrame
        Columns `COLUMNS`, and `published_precision` and `n_authors`; the index counts rows.

    Raises
    ------
    InputError
        When not exactly one choice is given, or the run has no such theme, topic, watch or label.
    """
    given = [
        name for name in ("theme", "topic", "watch", "search", "label") if getattr(choice, name) is not None
    ]
    if len(given) != 1:
        named = " and ".join(f"--{name}" for name in given) or "none of them"
        raise InputError(f"give one of --theme, --topic, --watch, --search and --label; given: {named}")
    tables = read_tables(folder, _TABLES)
    if choice.search is not None:
        hits = search_papers(settings.workspace, folder, choice.search, most=choice.most, settings=settings)
        chosen = tables["papers"].set_index("paper_id", drop=False).loc[[hit.paper_id for hit in hits]]
    else:
        ids = _ids(tables, choice)
        chosen = tables["papers"][tables["papers"]["paper_id"].isin(ids)]
        chosen = chosen.sort_values(
            ["published", "paper_id"], ascending=[False, True], na_position="last", kind="stable"
        )
    chosen = chosen.assign(themes=_themes(chosen, tables), topic=_topics(chosen, tables))
    return chosen[[*COLUMNS, "published_precision", "n_authors"]].reset_index(drop=True)


def _ids(tables: dict[str, pd.DataFrame], choice: Choice) -> set[str]:
    if choice.theme is not None:
        _check("theme", choice.theme, tables["themes"]["theme_id"])
        rows = tables["theme_assignments"]
        return set(rows.loc[rows["theme_id"] == choice.theme, "paper_id"])
    if choice.topic is not None:
        _check("topic", choice.topic, tables["topics"]["topic_id"])
        rows = tables["topic_assignments"]
        return set(rows.loc[rows["topic_id"] == choice.topic, "paper_id"])
    if choice.watch is not None:
        rows = tables["watched"]
        _check("watch", choice.watch, rows["watch"].drop_duplicates())
        return set(rows.loc[rows["watch"] == choice.watch, "paper_id"])
    theme, _, answer = str(choice.label).partition("=")
    answer = answer or "yes"
    _check("label", theme, tables["themes"]["theme_id"])
    if answer not in ANSWERS:
        raise InputError(f"--label {choice.label!r}: {answer!r} is no answer; use {', '.join(ANSWERS)}")
    # Of a labeller's answers to one question the newest counts.
    newest = tables["labels"].sort_values("day", kind="stable")
    newest = newest.drop_duplicates(["paper_id", "theme_id", "labeller"], keep="last")
    return set(newest.loc[(newest["theme_id"] == theme) & (newest["answer"] == answer), "paper_id"])


def _check(option: str, given: str, known: pd.Series) -> None:
    if given not in set(known):
        shown = ", ".join(known.head(20)) or "none"
        raise InputError(f"--{option} {given!r} is not in this run; it has: {shown}")


def _themes(papers: pd.DataFrame, tables: dict[str, pd.DataFrame]) -> list[list[str]]:
    """Names of each paper's themes, the primary one first."""
    names = dict(zip(tables["themes"]["theme_id"], tables["themes"]["name"], strict=True))
    rows = tables["theme_assignments"].sort_values("is_primary", ascending=False, kind="stable")
    found: dict[str, list[str]] = {}
    for paper_id, theme_id in zip(rows["paper_id"], rows["theme_id"], strict=True):
        found.setdefault(paper_id, []).append(names[theme_id])
    return [found.get(paper_id, []) for paper_id in papers["paper_id"]]


def _topics(papers: pd.DataFrame, tables: dict[str, pd.DataFrame]) -> list[str]:
    labels = dict(zip(tables["topics"]["topic_id"], tables["topics"]["label"], strict=True))
    return [labels.get(topic_id, "") for topic_id in papers["topic_id"]]
