"""Names of flow runs in Prefect: task, sources and date."""

from __future__ import annotations

from pathlib import Path

from prefect.runtime import deployment, flow_run

from flows.clock import today

__all__ = ["name_of_run"]

_SOURCES = 2


def name_of_run(what: str) -> str:
    """Name of the current flow run: ``ingest daily-papers into data/workspace, due 2025-12-08 05:00 UTC``.

    Outside of a deployment it names the day that the run pretends to be.
    """
    given = flow_run.parameters
    sources = [Path(one).name if one.startswith("/") else one for one in given.get("sources") or ()]
    more = f" and {len(sources) - _SOURCES} more" if len(sources) > _SOURCES else ""
    of = f" {', '.join(sources[:_SOURCES])}{more}" if sources else ""
    return f"{what}{of} into {given.get('workspace')}, {_when(given.get('as_of'))}"


def _when(as_of: object) -> str:
    if as_of is None and deployment.id:
        return f"due {flow_run.scheduled_start_time:%Y-%m-%d %H:%M} UTC"
    return f"as of {as_of or today()}"
