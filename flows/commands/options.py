"""Options that several commands of the command line share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

__all__ = [
    "PAPER_FORMS",
    "AsOf",
    "By",
    "Columns",
    "DaskAddress",
    "NeededSources",
    "PaperId",
    "Refit",
    "RunName",
    "Runner",
    "SomeSources",
    "Sources",
    "Themes",
    "Vectorizer",
    "Verbose",
    "Workspace",
    "export_option",
    "name_option",
]

Sources = Annotated[
    list[str] | None,
    typer.Argument(help="Files, folders or feeds such as arxiv:cat:cs.AI; the sample by default."),
]
SomeSources = Annotated[
    list[str] | None, typer.Argument(help="Files, folders or feeds such as 'daily-papers:2025-10'.")
]
NeededSources = Annotated[list[str], typer.Argument(help="Files, folders or feeds.")]
PAPER_FORMS = "arxiv:2503.02130, doi:10.1000/182, title:... or a title."
PaperId = Annotated[str, typer.Argument(metavar="ID", help=PAPER_FORMS)]
RunName = Annotated[str | None, typer.Argument(metavar="[RUN]", help="Id of a run; the latest by default.")]
Columns = Annotated[
    list[str] | None,
    typer.Option(
        "--map",
        metavar="COLUMN=FIELD",
        help="Which column of a table holds which field, such as Heading=title.",
    ),
]
Workspace = Annotated[
    Path | None,
    typer.Option("--workspace", help="Folder that holds the store and the runs.  [default: data/workspace]"),
]
Themes = Annotated[
    str | None,
    typer.Option(
        "--themes", metavar="FILE", help="Themes file: a path or an address.  [default: data/themes.toml]"
    ),
]
AsOf = Annotated[
    str | None,
    typer.Option("--as-of", help="Run as if today were this day, YYYY-MM-DD.  [default: today]"),
]
By = Annotated[
    list[str] | None,
    typer.Option(
        "--by",
        metavar="GROUP",
        help="Who publishes on a theme: organization, category, venue or source, several by repeating it, or "
        "none.  [default: organization where a tenth of the papers name one]",
    ),
]
Vectorizer = Annotated[
    str | None,
    typer.Option(
        "--vectorizer",
        help="How texts become vectors: auto, minilm, minilm-128, minilm-256, student, lexical, "
        "sentence-transformers:NAME-OR-FOLDER or openai:MODEL.  [default: auto]",
    ),
]
Refit = Annotated[bool, typer.Option("--refit", help="Fit the topics again, even if no rule asks for it.")]
Runner = Annotated[
    str | None, typer.Option("--runner", help="Where parallel work runs: local or dask.  [default: local]")
]
DaskAddress = Annotated[
    str | None,
    typer.Option(
        "--dask-address",
        metavar="HOST:PORT",
        help="Address of the Dask scheduler; by default workers start on this machine.",
    ),
]
Verbose = Annotated[bool, typer.Option("--verbose", help="Show Prefect's logs, and tracebacks.")]


def export_option(what: str) -> Any:
    """Option ``--export`` of a command."""
    return typer.Option("--export", metavar="FILE", help=f"Export all {what}, for a git repository.")


def name_option(whose: str) -> Any:
    """Option ``--as`` of a command."""
    usual = "by default the setting labeller, else the login name"
    return typer.Option("--as", metavar="NAME", help=f"Name of the {whose}; {usual}.")
