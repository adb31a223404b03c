"""Final states of flows in Prefect, with a one-line summary."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, TypeVar, cast
from uuid import UUID

from prefect.context import FlowRunContext
from prefect.states import Completed

__all__ = ["GAPS", "SKIPPED", "STALE", "STALE_DAYS", "finished", "run_flow", "staleness"]

Value = TypeVar("Value")

_FINISHED: dict[UUID, Any] = {}
"""Values of flow runs that ended in this process and were not asked for yet."""

GAPS, STALE, SKIPPED = "Completed with gaps", "Completed, but stale", "Skipped"
"""Names of final states that are no failure and yet need someone's eye, or that say why nothing was done."""
STALE_DAYS = 7
"""Days without a look at any feed after which a run says nothing new."""


def finished(value: Value, message: str, *, name: str = "Completed") -> Value:
    """Final state of a flow; the caller gets the value.

    `name` is `GAPS`, `STALE` or `SKIPPED` if something is special.
    """
    context = FlowRunContext.get()
    if context is not None and context.flow_run is not None:
        _FINISHED[context.flow_run.id] = value
    # Prefect takes a state that a flow returns for its own, and hands the value in it to the caller.
    return cast("Value", Completed(name=name, message=message, data=value))


def run_flow(flow: Callable[..., Value], *arguments: Any, **keywords: Any) -> Value:
    """Run a flow and return its value.

    Prefect takes the value out of the state that its server answers with. One that was seen with a locked
    database came back without it, as when a run is reported ended twice, and Prefect calls that a failure.
    """
    state: Any = flow(*arguments, **keywords, return_state=True)
    run_id = state.state_details.flow_run_id
    if state.is_completed() and run_id in _FINISHED:
        return cast("Value", _FINISHED.pop(run_id))
    return cast("Value", state.result())


def staleness(sources: Sequence[dict[str, Any]], day: date) -> str:
    """Warn if no feed has been fetched for long; empty otherwise.

    Examples
    --------
    >>> staleness([{"day": "2025-12-01"}], date(2025, 12, 10))
    'stale: the latest fetch of any feed was on 2025-12-01, 9 days earlier'
    >>> staleness([{"day": "2025-12-09"}], date(2025, 12, 10))
    ''
    """
    newest = max((str(source["day"]) for source in sources if source.get("day")), default="")
    age = (day - date.fromisoformat(newest)).days if newest else 0
    if age <= STALE_DAYS:
        return ""
    return f"stale: the latest fetch of any feed was on {newest}, {age} days earlier"
