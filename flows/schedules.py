"""The pipeline on a schedule, served from this process."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from prefect.schedules import Cron, Schedule

from analytics.exceptions import InputError
from flows.clock import today
from flows.feeds.names import named_feed
from flows.pipeline import papertrends

__all__ = ["make_schedule", "serve_pipeline"]


def make_schedule(cron: str, timezone: str) -> Schedule:
    """Schedule of a cron line in a time zone.

    Raises
    ------
    InputError
        When the line or the zone is not one.
    """
    try:
        return Cron(cron, timezone=timezone)
    except Exception as error:
        raise InputError(
            f"--cron {cron!r} in --timezone {timezone!r} is no schedule: {error}; "
            "write five fields such as '0 6 * * 1' and a zone such as Europe/Zurich"
        ) from error


def serve_pipeline(
    sources: Sequence[str],
    workspace: Path,
    *,
    cron: str,
    timezone: str,
    runner: str | None = None,
    dask_address: str | None = None,
) -> None:
    """Serve the pipeline until the process is stopped, on the Prefect server that is configured.

    Without a configured server Prefect starts a temporary one, which lives as long as this process.

    Parameters
    ----------
    sources : sequence of str
        Read before each analysis.
    workspace : Path
    cron : str
        Five fields.
    timezone : str
        IANA name, such as ``Europe/Zurich``.
    runner, dask_address : str, optional
        See `flows.pipeline.papertrends`.

    Raises
    ------
    InputError
        As `make_schedule`.
    """
    papertrends.serve(
        name="papertrends",
        schedule=make_schedule(cron, timezone),
        parameters={
            "sources": [
                source if named_feed(source, today()) else str(Path(source).resolve()) for source in sources
            ],
            "workspace": str(workspace.resolve()),
            "command": "papertrends serve",
            "runner": runner,
            "dask_address": dask_address,
        },
    )
