"""``papertrends topics``: lists topics, and changes people's own order of them in ``topics.toml``."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from analytics.exceptions import InputError
from flows.commands.arguments import checked_settings, require_store
from flows.commands.console import one_line_errors, print_lines, show_progress
from flows.commands.examples import EXAMPLES
from flows.commands.options import AsOf, Verbose, Workspace

if TYPE_CHECKING:  # the commands that need it import it: it takes a second
    from flows.config.topics_file_writing import Change

__all__ = ["topic_commands"]

TopicId = Annotated[str, typer.Argument(metavar="ID", help="Topic, such as T0001.")]


class Said(StrEnum):
    """What the topics file may say about a topic."""

    name = "name"
    merge = "merge"
    pin = "pin"
    hide = "hide"
    note = "note"


topic_commands = typer.Typer(
    help="List the topics of the latest run, or the history of topics over all fits; name, merge, pin and"
    " hide topics.",
    invoke_without_command=True,
    rich_markup_mode=None,
    epilog=EXAMPLES["topics"],
)


@topic_commands.callback()
def topics(
    context: typer.Context,
    history: Annotated[
        bool, typer.Option("--history", help="Show what happened to topics at each fit, with example papers.")
    ] = False,
    as_of: AsOf = None,
    workspace: Workspace = None,
    verbose: Verbose = False,
) -> None:
    """List the topics of the latest run, or the history of topics over all fits."""
    if context.invoked_subcommand is not None:
        context.obj = workspace
        return
    with one_line_errors(verbose):
        settings = checked_settings(workspace, None, as_of, None)
        from flows.clock import today
        from flows.commands.output_lines import history_lines, topic_lines
        from flows.runs import read_tables, resolve_run
        from flows.store import Store

        require_store(settings.workspace)
        if history:
            with Store.open(settings.workspace) as store:
                lines = history_lines(store.topic_history(settings.as_of or today()))
        else:
            folder = resolve_run(settings.workspace)
            lines = topic_lines(read_tables(folder, ["topics"])["topics"])
        print_lines(lines)


@topic_commands.command()
def rename(
    context: typer.Context,
    topic_id: TopicId,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name to show instead of the data's label.")],
    workspace: Workspace = None,
    verbose: Verbose = False,
) -> None:
    """Name a topic."""
    from flows.config.topics_file_writing import set_field

    done = f"{topic_id} is named {name!r}"
    _change(context, workspace, verbose, [topic_id], set_field(topic_id, name=name), done)


@topic_commands.command()
def merge(
    context: typer.Context,
    topic_id: TopicId,
    others: Annotated[list[str], typer.Argument(metavar="OTHERS...", help="Topics that become part of ID.")],
    workspace: Workspace = None,
    verbose: Verbose = False,
) -> None:
    """Merge topics into the first one: they are counted and shown as one topic."""
    from flows.config.topics_file_writing import merge_topics

    done = f"{topic_id} takes in {', '.join(others)}"
    _change(context, workspace, verbose, [topic_id, *others], merge_topics(topic_id, others), done)


@topic_commands.command()
def pin(
    context: typer.Context, topic_id: TopicId, workspace: Workspace = None, verbose: Verbose = False
) -> None:
    """Pin a topic: it comes first, and has a chart; a hidden one is shown again."""
    from flows.config.topics_file_writing import set_field

    change = set_field(topic_id, pin=True, hide=False)
    _change(context, workspace, verbose, [topic_id], change, f"{topic_id} is pinned")


@topic_commands.command()
def hide(
    context: typer.Context, topic_id: TopicId, workspace: Workspace = None, verbose: Verbose = False
) -> None:
    """Hide a topic from page, mail and feeds; the tables keep it."""
    from flows.config.topics_file_writing import set_field

    change = set_field(topic_id, hide=True, pin=False)
    _change(context, workspace, verbose, [topic_id], change, f"{topic_id} is hidden")


@topic_commands.command()
def note(
    context: typer.Context,
    topic_id: TopicId,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="Note to show with the topic.")],
    workspace: Workspace = None,
    verbose: Verbose = False,
) -> None:
    """Write a note that is shown with a topic."""
    from flows.config.topics_file_writing import set_field

    change = set_field(topic_id, note=text)
    _change(context, workspace, verbose, [topic_id], change, f"{topic_id} has the note {text!r}")


@topic_commands.command()
def reset(
    context: typer.Context,
    topic_id: TopicId,
    what: Annotated[
        Said | None, typer.Argument(metavar="[WHAT]", help="name, merge, pin, hide or note; all by default.")
    ] = None,
    workspace: Workspace = None,
    verbose: Verbose = False,
) -> None:
    """Undo what was decided about a topic, or one part of it; it also leaves a merge."""
    from flows.config.topics_file_writing import reset_topic

    field = what.value if what else None
    done = f"{topic_id} has {'no ' + field if field else 'nothing'} in topics.toml any more"
    _change(context, workspace, verbose, [topic_id], reset_topic(topic_id, field), done, undo=True)


def _change(
    context: typer.Context,
    workspace: Path | None,
    verbose: bool,
    topic_ids: list[str],
    change: Change,
    done: str,
    *,
    undo: bool = False,
) -> None:
    """Check the ids, change the file under the lock of the workspace, and say what comes next."""
    with one_line_errors(verbose):
        settings = checked_settings(workspace or context.obj, None, None, None)
        from flows.config.topics_file import check_topic_id
        from flows.config.topics_file_writing import write_change
        from flows.orchestration.workspace_lock import lock_workspace

        root = settings.workspace
        require_store(root)
        for topic_id in topic_ids:
            check_topic_id(topic_id)
        if undo:
            _require_edit(root, topic_ids[0])
        else:
            _require_topics(root, topic_ids)
        with show_progress(), lock_workspace(root):
            write_change(root, change)
        print_lines([f"{done}; the next run shows it (papertrends analyze)"])


def _require_topics(workspace: Path, topic_ids: list[str]) -> None:
    """Refuse ids that the latest run does not have, neither as topics nor as parts of one."""
    from flows.runs import read_tables, resolve_run

    topics = read_tables(resolve_run(workspace), ["topics"])["topics"]
    known = {*topics["topic_id"], *(part for parts in topics["merged_ids"] for part in parts)}
    unknown = [one for one in topic_ids if one not in known]
    if unknown:
        raise InputError(
            f"the latest run has no topic {unknown[0]}; papertrends topics lists its {len(topics)} topics"
        )


def _require_edit(workspace: Path, topic_id: str) -> None:
    """Refuse to undo what nobody did."""
    from flows.config.topics_file import TOPICS_FILE, read_topic_edits

    edits = read_topic_edits(workspace)
    if topic_id not in edits and not any(topic_id in edit.merge for edit in edits.values()):
        raise InputError(f"{workspace / TOPICS_FILE} says nothing about {topic_id}; there is nothing to undo")
