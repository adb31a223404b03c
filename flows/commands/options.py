"""Options that several commands of the command line share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = [
    "AsOf",
    "Columns",
    "DaskAddress",
    "NeededSources",
    "Refit",
    "Runner",
    "SomeSources",
    "Sources",
    "Themes",
    "Vectorizer",
    "Verbose",
    "Workspace",
]

Sources = Annotated[
    list[str] | None,
    typer.Argument(help="Files, folders, or feeds such as arxiv:cat:cs.AI; the sample without any."),
]
SomeSources = Annotated[
    list[str] | None, typer.Argument(help="Files, folders, or feeds such as 'daily-papers:2025-10'.")
]
NeededSources = Annotated[list[str], typer.Argument(help="Files, folders, or feeds.")]
Columns = Annotated[
    list[str] | None,
    typer.Option("--map", metavar="COLUMN=FIELD", help="A table's own name for a field, Heading=title."),
]
Workspace = Annotated[
    Path | None,
    typer.Option("--workspace", help="Folder of the store and the runs.  [default: data/workspace]"),
]
Themes = Annotated[
    str | None, typer.Option("--themes", metavar="FILE", help="File of the themes, or its address.")
]
AsOf = Annotated[str | None, typer.Option("--as-of", help="Day to pretend to be, YYYY-MM-DD.")]
Vectorizer = Annotated[
    str | None,
    typer.Option(
        "--vectorizer",
        help="auto, minilm, minilm-128, minilm-256, student, lexical, sentence-transformers:NAME-OR-FOLDER "
        "or openai:MODEL.",
    ),
]
Refit = Annotated[bool, typer.Option("--refit", help="Look for topics anew, whatever the rules say.")]
Runner = Annotated[
    str | None, typer.Option("--runner", help="Where work in parts is done: local or dask.  [default: local]")
]
DaskAddress = Annotated[
    str | None,
    typer.Option(
        "--dask-address", metavar="HOST:PORT", help="Dask scheduler; without it workers on this machine."
    ),
]
Verbose = Annotated[bool, typer.Option("--verbose", help="Show what Prefect logs, and tracebacks.")]
