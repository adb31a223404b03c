"""The store's rows of runs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from sqlalchemy import Connection, Select, delete, insert, select

from flows.store.schema import runs

__all__ = ["RunRow", "knows_run", "read_failures", "read_runs", "write_run"]


@dataclass(frozen=True, slots=True)
class RunRow:
    """The store's row of a run; times are ISO text with a zone."""

    run_id: str
    as_of: date
    started_at: str
    status: Literal["running", "completed", "failed"]
    finished_at: str | None = None
    fingerprint: str | None = None
    manifest: Mapping[str, Any] = field(default_factory=dict)


def write_run(connection: Connection, run: RunRow) -> None:
    """Store a run, replacing an earlier row with its id."""
    row = {name: getattr(run, name) for name in RunRow.__slots__}
    row["manifest"] = json.dumps(dict(run.manifest), sort_keys=True, default=str)
    connection.execute(delete(runs).where(runs.c.run_id == run.run_id))
    connection.execute(insert(runs), row)


def read_runs(connection: Connection) -> list[RunRow]:
    """All stored runs, ordered by id and thus by start."""
    return _run_rows(connection, select(runs))


def read_failures(connection: Connection, since: str = "") -> list[RunRow]:
    """Runs that failed and began after a moment (ISO text in UTC), the newest first."""
    return _run_rows(connection, select(runs).where(runs.c.status == "failed", runs.c.started_at > since))[
        ::-1
    ]


def knows_run(connection: Connection, run_id: str) -> bool:
    """Whether there is a row of a run."""
    return connection.execute(select(runs.c.run_id).where(runs.c.run_id == run_id)).first() is not None


def _run_rows(connection: Connection, query: Select[Any]) -> list[RunRow]:
    rows = [dict(row) for row in connection.execute(query).mappings()]
    found = [RunRow(**{**row, "manifest": json.loads(row["manifest"])}) for row in rows]
    return sorted(found, key=lambda row: row.run_id)
