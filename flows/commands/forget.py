"""``papertrends forget``: remove a paper or a source everywhere and for good."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from analytics.exceptions import InputError
from flows.commands.arguments import checked_settings, require_store
from flows.commands.console import one_line_errors, out
from flows.commands.merge_split import Name
from flows.commands.options import Verbose, Workspace

if TYPE_CHECKING:  # the commands that need it import it: it takes a second
    from flows.config.settings import Settings
    from flows.store.forgetting import Forgotten

__all__ = ["forget"]

_RUNS_NAMED = 10


def forget(
    asked: Annotated[
        str | None,
        typer.Argument(
            metavar="[PAPER|SOURCE]",
            help="A paper (arxiv:2503.02130, doi:10.1000/182, title:... or a title), or a source as the"
            " report names it, such as library.csv; without one, list what was forgotten.",
        ),
    ] = None,
    purge: Annotated[
        bool, typer.Option("--purge-runs", help="Remove the run folders that contain it, too.")
    ] = False,
    name: Name = None,
    workspace: Workspace = None,
    verbose: Verbose = False,
) -> None:
    """Remove a paper or a source everywhere and for good; later ingests do not bring it back."""
    with one_line_errors(verbose):
        settings = checked_settings(workspace, None, None, None)
        require_store(settings.workspace)
        if asked is None:
            if purge:
                raise InputError("--purge-runs needs a paper or a source; give one")
            lines = _list(settings.workspace)
        else:
            lines = _forget(settings, asked, name, purge=purge)
        for line in lines:
            out.print(line, markup=False, soft_wrap=True)


def _list(workspace: Path) -> Iterator[str]:
    from flows.store import Store

    with Store.open(workspace) as store:
        rows = store.read_forgotten()
    for row in rows:
        yield f"{row.day}  {row.kind:6}  {row.address}  (by {row.person})"
    if not rows:
        yield "nothing was forgotten"


def _forget(settings: Settings, asked: str, name: str | None, *, purge: bool) -> Iterator[str]:
    from flows.clock import today
    from flows.labelling.labellers import labeller_name
    from flows.orchestration.workspace_lock import lock_workspace
    from flows.publication.purge import purge_runs, runs_with_papers
    from flows.store import Store

    root, person = settings.workspace, labeller_name(name, settings)
    with lock_workspace(root):
        with Store.open(root) as store:
            gone = store.forget(asked, day=today(), person=person)
        yield _counts(asked, gone)
        runs = runs_with_papers(root, gone.paper_ids)
        if purge:
            purge_runs(root, runs, settings.site)
    yield from _runs(runs, purged=purge)
    if runs and settings.mirror:
        yield f"their copies in {settings.mirror} stay; remove them there"
    yield "the next analysis is made without it: papertrends analyze"


def _counts(asked: str, gone: Forgotten) -> str:
    return (
        f"forgot {asked}: {len(gone.paper_ids)} papers, {gone.n_records} records, {gone.n_sightings}"
        f" sightings, {gone.n_vectors} vectors, {gone.n_labels} labels; a later ingest does not bring it back"
    )


def _runs(runs: list[str], *, purged: bool) -> Iterator[str]:
    if not runs:
        return
    shown = ", ".join(runs[:_RUNS_NAMED]) + (
        f" and {len(runs) - _RUNS_NAMED} more" if len(runs) > _RUNS_NAMED else ""
    )
    if purged:
        yield f"removed {len(runs)} run folders that contained it: {shown}"
    else:
        yield (
            f"{len(runs)} run folders still contain it, as a published run never changes: {shown}; "
            "run the command again with --purge-runs to remove them"
        )
