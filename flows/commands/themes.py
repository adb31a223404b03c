"""``papertrends themes``: the themes of the latest run with the quality of their counts."""

from __future__ import annotations

from flows.commands.arguments import checked_settings
from flows.commands.console import one_line_errors, print_lines
from flows.commands.options import Verbose, Workspace

__all__ = ["themes"]


def themes(workspace: Workspace = None, verbose: Verbose = False) -> None:
    """List the themes of the latest run with their counts, quality and likeliest misses."""
    with one_line_errors(verbose):
        settings = checked_settings(workspace, None, None, None)
        from flows.clock import today
        from flows.commands.theme_lines import newer_lines, quality_lines
        from flows.runs import read_run, resolve_run
        from flows.store import Store

        tables, manifest = read_run(resolve_run(settings.workspace))
        lines = list(quality_lines(tables))
        if Store.exists(settings.workspace):
            with Store.open(settings.workspace) as store:
                lines += newer_lines(tables.labels, store.read_labels(today()), manifest["as_of"])
        print_lines(lines)
