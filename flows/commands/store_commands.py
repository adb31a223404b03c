"""``papertrends store``: the store itself, apart from what is in it."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from analytics.exceptions import InputError
from flows.commands.console import one_line_errors, out, show_progress
from flows.commands.options import Verbose, Workspace

__all__ = ["Side", "copy_store", "store_commands"]


class Side(StrEnum):
    """Where a store is: in the workspace's file, or in the database that the setting `database` names."""

    sqlite = "sqlite"
    postgresql = "postgresql"


To = Annotated[
    Side, typer.Option("--to", help="Target: the PostgreSQL database in the settings, or corpus.sqlite.")
]
Database = Annotated[
    str | None,
    typer.Option(
        "--database",
        metavar="URL",
        help="PostgreSQL database, postgresql+psycopg://user@host/name; by default the setting database."
        " Other users can see the command line: give a password in PAPERTRENDS_DATABASE or PGPASSWORD.",
    ),
]


store_commands = typer.Typer(
    help="Move the store between SQLite and PostgreSQL.", no_args_is_help=True, rich_markup_mode=None
)


@store_commands.command()
def copy(to: To, database: Database = None, workspace: Workspace = None, verbose: Verbose = False) -> None:
    """Copy the store of a workspace into an empty database of the other kind."""
    with one_line_errors(verbose):
        with show_progress():
            source, target, rows = copy_store(to, database, workspace)
        out.print(
            f"copied {sum(rows.values())} rows of {len(rows)} tables from {source} to {target}",
            markup=False,
            soft_wrap=True,
        )
        out.print(
            "now set the setting database to it; corpus.sqlite is no longer used"
            if to is Side.postgresql
            else "now unset the setting database",
            soft_wrap=True,
        )


def copy_store(to: Side, database: str | None, workspace: Path | None) -> tuple[str, str, dict[str, int]]:
    """Copy the store of a workspace; gives both names, and the rows of each table.

    Raises
    ------
    InputError
        When no PostgreSQL database is named, there is no store to copy, or the target is not empty.
    """
    from flows.config.settings import load_settings
    from flows.store import Store
    from flows.store.database import database_name, holds_store, sqlite_database
    from flows.store.postgresql import postgresql_url

    settings = load_settings({"workspace": workspace, "database": database})
    if settings.database is None:
        raise InputError(
            "no PostgreSQL database is given; set PAPERTRENDS_DATABASE to "
            "postgresql+psycopg://user:password@host:port/name, or give --database"
        )
    both = [sqlite_database(settings.workspace), postgresql_url(settings.database.get_secret_value())]
    source, target = both if to is Side.postgresql else reversed(both)
    if not holds_store(source):
        raise InputError(f"{database_name(source)} has no store, so there is nothing to copy")
    with (
        Store.open(settings.workspace, database=source) as old,
        Store.open(settings.workspace, database=target) as new,
    ):
        return old.name, new.name, old.copy_to(new)
