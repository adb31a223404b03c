"""Failed runs are recorded, so that the archive page shows them until a run succeeds."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from prefect.runtime import deployment

from analytics.exceptions import InputError, PapertrendsError
from flows.clock import now
from flows.publication.archive_files import update_archive
from flows.store import RunRow, Store

__all__ = ["record_failures"]

logger = logging.getLogger(__name__)

_LONGEST = 500


@contextmanager
def record_failures(workspace: Path, day: date, site: str) -> Iterator[None]:
    """Record an exception that ends the block, and raise it again; ``latest`` stays unchanged.

    A user's mistake at the command line is not a failure of the schedule. Where the disk does not take the
    note either, only the failure is reported.
    """
    started_at = now()
    try:
        yield
    except Exception as error:
        if isinstance(error, InputError) and deployment.id is None:
            raise
        row = RunRow(
            run_id=f"{started_at:%Y%m%dT%H%M%S-%f}-failed",
            as_of=day,
            started_at=started_at.isoformat(timespec="seconds"),
            status="failed",
            finished_at=now().isoformat(timespec="seconds"),
            manifest={"error": _reason(error)},
        )
        _record_failure(workspace, row, site)
        raise


def _reason(error: Exception) -> str:
    """Reason of a failure for a public page: our own message, or only the type of an unexpected error."""
    known = isinstance(error, PapertrendsError)
    text = " ".join(str(error).split()) if known else f"{type(error).__name__}, see the log of the run"
    return text[:_LONGEST]


def _record_failure(workspace: Path, row: RunRow, site: str) -> None:
    try:
        with Store.open(workspace) as store:
            store.write_run(row)
        update_archive(workspace, site)
    except Exception as error:
        logger.info("the failure could not be recorded (%s)", error)  # it is reported itself
