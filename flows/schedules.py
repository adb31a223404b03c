"""Scheduled deployments of the flows, and serving them from this process."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any, cast
from uuid import UUID

from prefect import get_client
from prefect.client.schemas.objects import State
from prefect.deployments.runner import RunnerDeployment
from prefect.runner import Runner
from prefect.schedules import Cron
from prefect.states import Scheduled
from prefect.types.entrypoint import EntrypointType

from flows.clock import now, today
from flows.config.settings import Settings
from flows.feeds.names import named_feed
from flows.ingest import ingest
from flows.orchestration.missed_runs import CATCH_UP, missed_since
from flows.pipeline import papertrends
from flows.runs import list_runs
from flows.send_digest import send_digest
from flows.store import Store

__all__ = ["last_done", "make_deployments", "serve_deployments"]

_APART_S = 20
"""Between runs that are caught up: each waits for the one before to leave the workspace."""


def make_deployments(sources: Sequence[str], settings: Settings) -> dict[str, RunnerDeployment]:
    """Deployments of a workspace by name: ``ingest``, ``analysis`` and, where mails have readers, ``digest``.

    Paths among the sources are made absolute.
    """
    workspace = str(settings.workspace.resolve())
    read = [one if named_feed(one, today()) else str(Path(one).resolve()) for one in sources]
    analyzed: dict[str, Any] = {
        "sources": [],
        "workspace": workspace,
        "command": f"papertrends analyze --workspace {workspace}",
        "runner": settings.runner,
        "dask_address": settings.dask_address,
    }
    made: dict[str, tuple[Any, str, dict[str, Any]]] = {
        "ingest": (ingest, settings.ingest_cron, {"sources": read, "workspace": workspace}),
        "analysis": (papertrends, settings.analysis_cron, analyzed),
        "digest": (send_digest, settings.digest_cron, {"workspace": workspace}),
    }
    if not (settings.mail_to or settings.readers):
        del made["digest"]
    return {
        name: flow.to_deployment(
            name,
            schedule=Cron(cron, timezone=settings.timezone),
            parameters=parameters,
            # Found by what it is called, wherever the package is installed and whatever folder this is.
            entrypoint_type=EntrypointType.MODULE_PATH,
        )
        for name, (flow, cron, parameters) in made.items()
    }


def serve_deployments(sources: Sequence[str], settings: Settings) -> None:
    """Serve the deployments of a workspace until stopped; missed runs are caught up once.

    They are registered with the Prefect server that is configured.
    """
    runner = Runner(name="papertrends")
    ids = {
        name: cast("UUID", runner.add_deployment(deployment))
        for name, deployment in make_deployments(sources, settings).items()
    }
    _catch_up(ids, settings)
    asyncio.run(runner.start())


def last_done(workspace: Path) -> dict[str, datetime]:
    """Times of the last ingest, analysis and digest of a workspace; missing if never done.

    Sources are fetched on days: an ingest counts as of the end of its day.
    """
    found: dict[str, datetime] = {}
    if Store.exists(workspace):
        with Store.open(workspace) as store:
            fetched, mailed = store.last_fetch(), store.last_mail()
        if fetched is not None:
            found["ingest"] = datetime.combine(fetched + timedelta(days=1), time(), UTC)
        if mailed is not None:
            found["digest"] = datetime.fromisoformat(mailed)
    runs = list_runs(workspace)
    if runs:
        found["analysis"] = datetime.strptime(runs[-1][:15], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
    return found


def _catch_up(ids: dict[str, UUID], settings: Settings) -> None:
    """Schedule one run of each deployment that was missed, in their order."""
    crons = {
        "ingest": settings.ingest_cron,
        "analysis": settings.analysis_cron,
        "digest": settings.digest_cron,
    }
    done = last_done(settings.workspace)
    missed = [
        name
        for name in ids
        if name in done and missed_since(crons[name], settings.timezone, done[name]) is not None
    ]
    with get_client(sync_client=True) as client:
        for place, name in enumerate(missed):
            when = now() + timedelta(seconds=place * _APART_S)
            due: State[None] = Scheduled(scheduled_time=when)
            client.create_flow_run_from_deployment(ids[name], state=due, tags=[CATCH_UP])
