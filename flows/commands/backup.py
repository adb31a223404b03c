"""``papertrends backup``: one file that holds a workspace."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from flows.commands.arguments import check_output, checked_settings, require_store
from flows.commands.console import one_line_errors, out
from flows.commands.options import Verbose, Workspace

__all__ = ["backup"]


def backup(
    target: Annotated[
        Path, typer.Argument(metavar="FILE", help="New file, such as papers.tar or papers.tar.gz.")
    ],
    workspace: Workspace = None,
    verbose: Verbose = False,
) -> None:
    """Back up a workspace into one tar file, also while others work on it."""
    with one_line_errors(verbose):
        settings = checked_settings(workspace, None, None, None)
        require_store(settings.workspace)
        check_output(target, settings.workspace, option="FILE")
        from flows.publication.backup import back_up

        n_runs, has_store = back_up(settings.workspace, target, with_store=settings.database is None)
        held = "the store and " if has_store else ""
        out.print(f"backup  {target}: {held}{n_runs} runs", soft_wrap=True)
        if settings.database is not None:
            out.print("the store is in PostgreSQL; back it up with: pg_dump")
        out.print(f"restore it with: mkdir NEW && tar -xf {target} -C NEW", soft_wrap=True)
