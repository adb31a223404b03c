"""Warnings of a run about its settings: another themes file than before, missing watched papers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from analytics.exceptions import InputError
from analytics.watch import unknown_papers
from flows.config.settings import Settings
from flows.config.themes_file import themes_name
from flows.runs import read_manifest, resolve_run

__all__ = ["settings_warnings", "themes_change"]


def settings_warnings(settings: Settings, papers: pd.DataFrame) -> list[str]:
    """Sentences for the manifest, the page and the terminal.

    Parameters
    ----------
    settings : Settings
    papers : DataFrame
        The corpus, with `paper_id`.
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
    ]


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
