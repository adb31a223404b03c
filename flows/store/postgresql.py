"""PostgreSQL: a database on a server, with the promises that SQLite's file gives.

A reader's transaction is read-only and REPEATABLE READ: it sees one snapshot. A writer's takes an
advisory lock before anything else and keeps it to its end, so that a second writer waits for the
first; it is READ COMMITTED, because a snapshot would be taken before the wait is over.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import URL, Connection, Engine, Table, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import ConnectionPoolEntry

from analytics.exceptions import InputError, PapertrendsError

__all__ = [
    "make_postgresql_engine",
    "plain_postgresql_error",
    "postgresql_name",
    "postgresql_url",
    "refresh_statistics",
]

_DRIVER = "postgresql+psycopg"
_CONNECT_SECONDS = 10
# Of the schema that the tables are in: stores in two schemas of one database do not wait for one another.
_TAKE_LOCK = "SELECT pg_advisory_xact_lock(25112, hashtext(current_schema()))"
_ENCODING = "UTF8"

_ADVICE: dict[str, tuple[type[PapertrendsError], str]] = {
    "locked": (
        PapertrendsError,
        "stayed locked by another process; wait for that run to finish, then try again",
    ),
    "full": (PapertrendsError, "has no disk space left; free some there, then try again"),
    "busy": (PapertrendsError, "has no free connection; wait, or raise max_connections"),
    "read-only": (
        PapertrendsError,
        "cannot be written; let its user create and write tables, and do not use a standby server",
    ),
    "damaged": (InputError, "is damaged; restore it from a backup"),
    "refused": (InputError, "rejects this user; check user and password (or PGPASSWORD, ~/.pgpass)"),
    "absent": (
        InputError,
        "does not exist; create it on the server (createdb), or correct the setting 'database'",
    ),
    "no schema": (
        InputError,
        "has no schema to create tables in; create one, or correct the user's search_path",
    ),
    "gone": (PapertrendsError, "cannot be reached; check that the server runs, and host and port given"),
    "other": (PapertrendsError, "refused a statement"),
}
_BY_STATE = {
    "55P03": "locked", "40P01": "locked", "40001": "locked", "53100": "full", "53300": "busy",
    "25006": "read-only", "42501": "read-only", "XX001": "damaged", "XX002": "damaged", "28P01": "refused",
    "28000": "refused", "3D000": "absent", "3F000": "no schema", "57P01": "gone", "57P02": "gone",
    "57P03": "gone",
}  # fmt: skip
# The C library keeps the state of a refused connection to itself; there is only the text.
_BY_TEXT = (
    ("too many c", "busy"), ("remaining connection slots", "busy"), ("authentication failed", "refused"),
    ("no password supplied", "refused"), ("pg_hba.conf", "refused"), ("permission denied", "refused"),
    ('role "', "refused"), ("does not exist", "absent"),
)  # fmt: skip


def postgresql_url(given: str) -> URL:
    """Address of a database from the setting `database`, for the one driver that is used.

    Raises
    ------
    InputError
        When it cannot be read; what was given stays unsaid, for it holds a password.
    """
    try:
        url = make_url(given)
    except (ArgumentError, ValueError):
        url = None  # the error quotes what was given
    if url is None or url.drivername not in {_DRIVER, "postgresql"} or not url.database:
        raise InputError(
            "the setting 'database' is not the address of a PostgreSQL database; write it as "
            f"{_DRIVER}://user:password@host:port/name, with %40 for an @ in the password"
        )
    return url.set(drivername=_DRIVER)


def postgresql_name(url: URL) -> str:
    """What messages call a database: host and name, never user or password.

    Examples
    --------
    >>> postgresql_name(make_url("postgresql://me:secret@db.example.org:5433/papers"))
    'postgresql db.example.org:5433/papers'
    """
    host = url.host or url.query.get("host")
    port = f":{url.port}" if url.port else ""
    return f"postgresql {host if isinstance(host, str) else 'localhost'}{port}/{url.database}"


def make_postgresql_engine(url: URL, *, busy_timeout_s: float, writes: str) -> Engine:
    """Engine for a database on a server that waits `busy_timeout_s` seconds for another's lock.

    Transactions of engines with the execution option `writes` take the write lock when they begin.

    Raises
    ------
    InputError
        When the driver is not installed.
    """
    wait = f"SET LOCAL lock_timeout = {max(1, round(busy_timeout_s * 1000))}"

    def begin(connection: Connection) -> None:
        if connection.get_execution_options().get(writes, False):
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL READ COMMITTED READ WRITE")
            connection.exec_driver_sql(wait)
            connection.exec_driver_sql(_TAKE_LOCK)
        else:
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            connection.exec_driver_sql(wait)

    def check(connection: Any, _entry: ConnectionPoolEntry) -> None:
        encoding = connection.info.parameter_status("server_encoding")
        if encoding != _ENCODING:
            raise InputError(
                f"{postgresql_name(url)} keeps text as {encoding}, which lacks many letters; create a"
                f" database with encoding {_ENCODING} (createdb --encoding UTF8 --template template0)"
            )

    own = {"application_name": "papertrends", "connect_timeout": _CONNECT_SECONDS}
    given = {name: value for name, value in own.items() if name not in url.query}
    try:
        # A run encodes for hours between two statements, and a server may close what is idle.
        engine = create_engine(url, connect_args=given, pool_pre_ping=True)
    except ImportError as error:
        raise InputError(
            f"PostgreSQL needs the package psycopg ({error}); install it with: python install.py postgres"
        ) from error
    event.listen(engine, "connect", check)
    event.listen(engine, "begin", begin)
    return engine


def refresh_statistics(connection: Connection, *tables: Table) -> None:
    """Refresh PostgreSQL's table statistics after many inserts; no effect on SQLite.

    It plans by such counts, and makes them by itself a minute later: until then it looks for 500 papers
    by reading a whole table, so that a first ingest would take the square of its size.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"ANALYZE {', '.join(table.name for table in tables)}")


def plain_postgresql_error(name: str, error: BaseException) -> PapertrendsError:
    """One clear line about the database `name` for an error of the driver."""
    text = " ".join(str(error).split()) or type(error).__name__
    kind, sentence = _ADVICE[_fault(getattr(error, "sqlstate", None), text)]
    return kind(f"{name} {sentence} (it said: {text})")


def _fault(state: str | None, text: str) -> str:
    """Key of `_ADVICE` for an SQLSTATE, or for the text of an error without one."""
    if state is not None:
        return "gone" if state.startswith("08") else _BY_STATE.get(state, "other")
    # Without a state it is the connection that failed.
    return next((fault for part, fault in _BY_TEXT if part in text), "gone")
