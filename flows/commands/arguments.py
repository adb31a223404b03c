"""Arguments of the command line, checked before slow work starts."""

from __future__ import annotations

import shlex
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analytics.exceptions import InputError

if TYPE_CHECKING:  # the commands that need it import it: it takes a second
    from flows.config.settings import Settings

__all__ = [
    "check_ingest",
    "check_output",
    "check_sources",
    "checked_settings",
    "columns_of",
    "flow_parameters",
    "require_store",
    "runner_parameters",
]


def checked_settings(
    workspace: Path | None,
    themes: str | None,
    as_of: str | None,
    vectorizer: str | None,
    runner_options: dict[str, Any] | None = None,
) -> Settings:
    """Settings overridden by the command line; themes file, topics file and cluster are checked first."""
    from flows.config.settings import load_settings
    from flows.config.themes_file import read_themes

    given = {"workspace": workspace, "themes": themes, "as_of": _day(as_of), "vectorizer": vectorizer}
    settings = load_settings({**given, **(runner_options or {})})
    read_themes(settings.themes_file)
    if runner_options is not None:
        from flows.config.topics_file import read_topic_edits

        read_topic_edits(settings.workspace)
    if runner_options is not None and settings.runner != "local":
        from flows.workers.dask_checks import check_runner

        check_runner(settings.runner, settings.dask_address)
    return settings


def runner_parameters(runner: str | None, dask_address: str | None) -> dict[str, Any]:
    """Flow parameters that select the runner of parallel work."""
    if dask_address is not None and runner == "local":
        raise InputError("--dask-address works only with --runner dask; remove it, or add --runner dask")
    return {"runner": runner, "dask_address": dask_address}


def flow_parameters(settings: Settings, themes: str | None, vectorizer: str | None) -> dict[str, Any]:
    """Plain flow parameters; the flows read the remaining settings themselves."""
    return {
        "workspace": str(settings.workspace),
        "as_of": settings.as_of,
        "themes": themes,
        "vectorizer": vectorizer,
        "command": shlex.join(["papertrends", *sys.argv[1:]]),
    }


def check_sources(sources: list[str], as_of: date | None, columns: dict[str, str] | None = None) -> None:
    """Check sources before Prefect's server starts, which takes seconds."""
    from flows.clock import today
    from flows.feeds.names import named_feed
    from flows.sources.recognition import read_source

    files = [one for one in sources if named_feed(one, as_of or today()) is None]
    if columns and not files:
        raise InputError("--map names columns of a table, and no source is a file; remove it or add one")
    for source in files:
        read_source(source, as_of=as_of, columns=columns)


def check_ingest(sources: list[str], fill_dates: str | None, settings: Settings) -> None:
    """Refuse an ingest without sources, and an unknown service."""
    from flows.feeds.date_lookup import LOOKUPS

    if fill_dates is not None and fill_dates not in LOOKUPS:
        raise InputError(f"--fill-dates {fill_dates!r} is an unknown service; use {LOOKUPS[0]}")
    if not sources and fill_dates is None:
        raise InputError("nothing to ingest; give a file, a folder or a feed, or --fill-dates arxiv")
    if not sources:
        require_store(settings.workspace)


def check_output(target: Path, workspace: Path, *, option: str = "--output") -> None:
    """Refuse to write into a run folder."""
    if target.resolve().is_relative_to((workspace / "runs").resolve()):
        raise InputError(f"{option} {target} is in a run folder, which never changes; choose another file")


def require_store(workspace: Path) -> None:
    """Refuse a workspace without a store."""
    from flows.store import Store

    if not Store.exists(workspace):
        raise InputError(f"the workspace {workspace} has no store yet; start with: papertrends run SOURCE")


def columns_of(given: list[str] | None) -> dict[str, str] | None:
    """Columns of ``--map``: ``Heading=title``; an equals sign in a column's name goes before the last one."""
    if not given:
        return None
    named = {}
    for one in given:
        column, _, field = (part.strip() for part in one.rpartition("="))
        if not column or not field:
            raise InputError(f"--map {one!r} is not COLUMN=FIELD; write it as --map Heading=title")
        named[column] = field
    return named


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InputError(
            f"--as-of {text!r} is not a day; write it as YYYY-MM-DD, such as 2025-12-10"
        ) from error
