"""Missed runs are caught up once: of several due runs, only the last one does the work.

A server that keeps scheduled runs, or a worker that was away, may start five missed runs one after the other.
A server that does not (a temporary one; Prefect drops the due runs of a deployment that is registered again)
starts none; then `missed_since` tells the serving process that one is needed.
"""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from cronsim import CronSim
from prefect import get_client
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterDeploymentId,
    FlowRunFilterExpectedStartTime,
)
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.runtime import deployment, flow_run

from flows.clock import now
from flows.orchestration.states import SKIPPED

__all__ = ["CATCH_UP", "later_run", "missed_since"]

CATCH_UP = "catch-up"
"""Tag of a run that is started in place of missed ones."""
_GONE = {StateType.CANCELLED, StateType.CANCELLING, StateType.FAILED, StateType.CRASHED}


def later_run() -> str:
    """When the last run of this flow run's deployment was due, if that was later than this one's.

    Empty for a run that nobody scheduled, and for the last one that is due.
    """
    own_id = flow_run.id
    if deployment.id is None or own_id is None or flow_run.parent_flow_run_id is not None:
        return ""
    with get_client(sync_client=True) as client:
        own = client.read_flow_run(own_id)
        if not _is_scheduled(own) or own.expected_start_time is None:
            return ""
        due = client.read_flow_runs(
            flow_run_filter=FlowRunFilter(
                deployment_id=FlowRunFilterDeploymentId(any_=[deployment.id]),
                expected_start_time=FlowRunFilterExpectedStartTime(
                    after_=own.expected_start_time, before_=now()
                ),
            )
        )
    later = [
        run.expected_start_time
        for run in due
        if run.id != own.id
        and _is_scheduled(run)
        and run.expected_start_time is not None
        and run.expected_start_time > own.expected_start_time
        and run.state_type not in _GONE
        and run.state_name != SKIPPED
    ]
    return f"{max(later):%Y-%m-%d %H:%M} UTC" if later else ""


def _is_scheduled(run: FlowRun) -> bool:
    return bool(run.auto_scheduled) or CATCH_UP in run.tags


def missed_since(cron: str, timezone: str, last: datetime) -> datetime | None:
    """Time of the last run that a cron expression scheduled after `last` and up to now; None without one.

    `timezone` is the IANA name of the zone in which the fields are read.

    Examples
    --------
    >>> missed_since("0 6 * * 1", "UTC", now()) is None
    True
    >>> missed_since("* * * * *", "UTC", datetime(2025, 12, 1, tzinfo=UTC)) <= now()
    True
    """
    due = next(CronSim(cron, now().astimezone(ZoneInfo(timezone)), reverse=True))
    return due.astimezone(UTC) if due > last else None
