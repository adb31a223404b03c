"""The commands that read a workspace and change nothing: paper, diff, search, status."""

from __future__ import annotations

from typing import Annotated

import typer

from flows.commands.arguments import checked_settings, require_store
from flows.commands.console import one_line_errors, print_lines
from flows.commands.options import PaperId, Verbose, Workspace

__all__ = ["diff", "paper", "search", "status"]


def paper(
    asked: PaperId,
    workspace: Workspace = None,
    verbose: Verbose = False,
) -> None:
    """Show a paper: its fields, the sighting that each comes from, and all sightings."""
    with one_line_errors(verbose):
        settings = checked_settings(workspace, None, None, None)
        from flows.commands.output_lines import paper_lines
        from flows.store import Store

        require_store(settings.workspace)
        with Store.open(settings.workspace) as store:
            history = store.read_paper(asked)
        print_lines(paper_lines(history))


def diff(
    before: Annotated[str, typer.Argument(metavar="RUN", help="Id of the earlier run.")],
    after: Annotated[str, typer.Argument(metavar="RUN", help="Id of the later run, or latest.")] = "latest",
    workspace: Workspace = None,
    verbose: Verbose = False,
) -> None:
    """Compare two runs: how far new papers, reassignment, definitions and labels changed each share."""
    with one_line_errors(verbose):
        settings = checked_settings(workspace, None, None, None)
        from flows.analysis.comparison import diff_runs
        from flows.commands.output_lines import diff_lines
        from flows.runs import resolve_run

        folders = [resolve_run(settings.workspace, name) for name in (before, after)]
        print_lines(diff_lines(diff_runs(*folders)))


def search(
    words: Annotated[str, typer.Argument(metavar="WORDS", help="A phrase, or a whole abstract.")],
    run_name: Annotated[str | None, typer.Option("--run", help="Id of a run; the latest by default.")] = None,
    theme: Annotated[str | None, typer.Option("--theme", help="Id of a theme to search in.")] = None,
    most: Annotated[int, typer.Option("--most", help="Number of papers to show.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="Print the papers as a JSON list.")] = False,
    workspace: Workspace = None,
    verbose: Verbose = False,
) -> None:
    """Find the papers of a run that are closest in meaning to the given words."""
    with one_line_errors(verbose):
        settings = checked_settings(workspace, None, None, None)
        from flows.analysis.search import search_papers
        from flows.commands.output_lines import search_json, search_lines
        from flows.runs import resolve_run

        require_store(settings.workspace)
        folder = resolve_run(settings.workspace, run_name)
        hits = search_papers(settings.workspace, folder, words, most=most, theme=theme, settings=settings)
        if as_json:
            typer.echo(search_json(hits))
            return
        print_lines(search_lines(hits))


def status(workspace: Workspace = None, verbose: Verbose = False) -> None:
    """Show the number of papers in the workspace and its latest runs."""
    with one_line_errors(verbose):
        settings = checked_settings(workspace, None, None, None)
        from flows.clock import today
        from flows.commands.output_lines import feed_lines
        from flows.sources.unread import late_sentence, unread_in_store
        from flows.store import Store

        require_store(settings.workspace)
        with Store.open(settings.workspace) as store:
            corpus, runs, looks = store.read_corpus(today()), store.read_runs(), store.feed_looks(today())
            unread = unread_in_store(store.sources_summary(today()), store.read_rejects(today()))
            late = late_sentence(*store.late_papers(runs[-1].as_of), runs[-1].as_of) if runs else ""
        print_lines(
            [
                f"{len(corpus.papers)} papers in {store.name}",
                *([f"the newest run: {late}"] if late else []),
                *feed_lines(looks),
                *unread,
                *(f"{one.run_id}  as of {one.as_of}  {one.status}" for one in runs[-10:]),
                *([] if runs else ["no run yet; make one with: papertrends analyze"]),
            ]
        )
