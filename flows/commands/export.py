"""``papertrends export``: papers of a theme, topic, watch, search or label for other programs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from analytics.exceptions import InputError
from flows.commands.arguments import check_output, checked_settings, require_store
from flows.commands.console import one_line_errors, out
from flows.commands.options import Verbose, Workspace
from flows.replacing import replacing

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["export"]

_SUFFIXES = {"bibtex": ".bib", "ris": ".ris", "csv": ".csv", "xlsx": ".xlsx"}


def export(  # noqa: PLR0913 - its options
    theme: Annotated[str | None, typer.Option("--theme", metavar="ID", help="Papers of this theme.")] = None,
    topic: Annotated[
        str | None, typer.Option("--topic", metavar="ID", help="Papers of this topic, such as T0001.")
    ] = None,
    search: Annotated[
        str | None, typer.Option("--search", metavar="WORDS", help="Papers that are closest to these words.")
    ] = None,
    label: Annotated[
        str | None,
        typer.Option(
            "--label", metavar="THEME[=ANSWER]", help="Papers with this label: yes (default), no or unsure."
        ),
    ] = None,
    watch: Annotated[
        str | None, typer.Option("--watch", metavar="NAME", help="Papers that this watch finds.")
    ] = None,
    file_format: Annotated[
        str | None,
        typer.Option("--format", help="bibtex, ris, csv or xlsx; by default that of the output's ending."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", help="File to write; papers.bib and so on by default.")
    ] = None,
    most: Annotated[int, typer.Option("--most", help="Number of papers of a search.")] = 100,
    run_name: Annotated[str | None, typer.Option("--run", help="Id of a run; the latest by default.")] = None,
    workspace: Workspace = None,
    verbose: Verbose = False,
) -> None:
    """Export papers of a run as BibTeX, RIS, CSV or an Excel workbook."""
    with one_line_errors(verbose):
        chosen = _format(file_format, output)
        target = output or Path(f"papers{_SUFFIXES[chosen]}")
        settings = checked_settings(workspace, None, None, None)
        require_store(settings.workspace)
        check_output(target, settings.workspace)
        from flows.publication.bibliographies import render_bibtex, render_ris
        from flows.publication.exported_papers import Choice, exported_papers
        from flows.publication.spreadsheets import render_csv, render_xlsx
        from flows.runs import resolve_run

        folder = resolve_run(settings.workspace, run_name)
        choice = Choice(theme=theme, topic=topic, watch=watch, search=search, label=label, most=most)
        papers = exported_papers(folder, choice, settings)
        render: dict[str, Callable[[pd.DataFrame], str | bytes]] = {
            "bibtex": render_bibtex,
            "ris": render_ris,
            "csv": render_csv,
            "xlsx": render_xlsx,
        }
        _write(target, render[chosen](papers))
        count = "1 paper" if len(papers) == 1 else f"{len(papers)} papers"
        out.print(f"papers  {target}: {count}", markup=False, soft_wrap=True)


def _format(given: str | None, output: Path | None) -> str:
    allowed = ", ".join(_SUFFIXES)
    if given is not None:
        if given not in _SUFFIXES:
            raise InputError(f"--format {given!r} is unknown; use one of {allowed}")
        return given
    if output is None:
        raise InputError(f"give --format, one of {allowed}, or --output with such an ending")
    known = {suffix: name for name, suffix in _SUFFIXES.items()}
    if output.suffix.lower() not in known:
        raise InputError(
            f"--output {output} has no ending that tells the format; give --format, one of {allowed}"
        )
    return known[output.suffix.lower()]


def _write(target: Path, content: str | bytes) -> None:
    """Write the file whole or not at all."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with replacing(target) as part:
            part.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "replace"))
    except OSError as error:
        raise InputError(
            f"cannot write {target} ({error.strerror or error}); choose another --output"
        ) from error
