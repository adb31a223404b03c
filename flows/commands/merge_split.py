"""``papertrends merge`` and ``papertrends split``: a person overrules the matching of records."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from analytics.exceptions import InputError
from flows.commands.arguments import check_output, checked_settings, require_store
from flows.commands.console import one_line_errors, print_lines, refuse_faults
from flows.commands.options import (
    PAPER_FORMS,
    AsOf,
    PaperId,
    Verbose,
    Workspace,
    export_option,
    name_option,
)

if TYPE_CHECKING:  # the commands that need it import it: it takes a second
    from flows.config.settings import Settings
    from flows.store.deciding import Overruled

__all__ = ["merge", "split"]

One = Annotated[str | None, typer.Argument(metavar="[A]", help=PAPER_FORMS)]
Other = Annotated[str | None, typer.Argument(metavar="[B]", help="The other paper.")]
Name = Annotated[str | None, name_option("person who decides")]
Export = Annotated[Path | None, export_option("merges and splits")]
Take = Annotated[
    Path | None,
    typer.Option("--take", metavar="FILE", help="Import exported merges and splits."),
]


def merge(  # noqa: PLR0913 - its options
    one: One = None,
    other: Other = None,
    export: Export = None,
    take: Take = None,
    name: Name = None,
    workspace: Workspace = None,
    as_of: AsOf = None,
    verbose: Verbose = False,
) -> None:
    """Merge two papers into one, or export and import all merges and splits."""
    with one_line_errors(verbose):
        given = {"A B": one, "--export": export, "--take": take}
        if sum(value is not None for value in given.values()) != 1 or (one is None) != (other is None):
            raise InputError("give two papers, A and B, or --export FILE, or --take FILE, one of these")
        settings = checked_settings(workspace, None, as_of, None)
        require_store(settings.workspace)
        if export is not None:
            _export(settings, export)
        elif take is not None:
            _take(settings, take)
        elif one is not None and other is not None:
            _merge(settings, one, other, _overruled(settings, name))


def split(
    asked: PaperId,
    name: Name = None,
    workspace: Workspace = None,
    as_of: AsOf = None,
    verbose: Verbose = False,
) -> None:
    """Split a paper in two at the match between its records that is least certain."""
    with one_line_errors(verbose):
        settings = checked_settings(workspace, None, as_of, None)
        require_store(settings.workspace)
        from flows.store import Store

        with Store.open(settings.workspace) as store:
            done = store.split_paper(asked, _overruled(settings, name))
        reasons = ", ".join(done.join.reasons)
        print_lines(
            [
                f"{done.before} was one paper because: {reasons} ({done.join.probability:.1%} sure)",
                *(f"now     {paper_id}: {n} record{'' if n == 1 else 's'}" for paper_id, n in done.parts),
                "split again if the paper is still more than one work; papertrends merge undoes a split",
            ]
        )


def _overruled(settings: Settings, name: str | None) -> Overruled:
    from flows.clock import today
    from flows.labelling.labellers import labeller_name
    from flows.store.deciding import Overruled

    return Overruled(labeller_name(name, settings), settings.as_of or today())


def _merge(settings: Settings, one: str, other: str, by: Overruled) -> None:
    from flows.store import Store

    with Store.open(settings.workspace) as store:
        done = store.merge_papers(one, other, by)
    first, second = done.before
    print_lines(
        [f"{first} and {second} are one paper now: {done.paper_id}", "papertrends split undoes the merge"]
    )


def _export(settings: Settings, target: Path) -> None:
    from flows.commands.csv_export import check_replaceable, write_export
    from flows.commands.decision_file import COLUMNS, render_decisions
    from flows.store import Store

    check_output(target, settings.workspace, option="--export")
    check_replaceable(target, COLUMNS, "decisions")
    with Store.open(settings.workspace) as store:
        decisions = store.read_decisions()
        titles = store.record_titles({key for one in decisions for key in (one.one, one.other)})
    write_export(target, render_decisions(decisions, titles))
    print_lines([f"works   {target}: {len(decisions)} decisions about two records each"])


def _take(settings: Settings, file: Path) -> None:
    from flows.commands.decision_file import read_decision_file
    from flows.store import Store

    taken = read_decision_file(file)
    with Store.open(settings.workspace) as store:
        known = set(store.read_decisions())
        new = [one for one in taken.decisions if one not in known]
        store.decide_works(new)
        here = store.record_titles({key for one in taken.decisions for key in (one.one, one.other)})
    absent = sum(one.one not in here or one.other not in here for one in taken.decisions)
    print_lines([f"{file.name}: {len(taken.decisions)} decisions, {len(new)} of them new"])
    if absent:
        fate = "they take effect once the records are ingested"
        print_lines([f"{absent} are about records that are not in this workspace; {fate}"])
    refuse_faults(file, taken.faults)
