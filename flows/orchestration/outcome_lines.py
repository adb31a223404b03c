"""One line per scheduled run on the terminal of ``papertrends serve``."""

from __future__ import annotations

import os
import sys
from typing import Any

from prefect import Flow
from prefect.client.schemas.objects import FlowRun, State

from flows.clock import now

__all__ = ["SERVED", "outcome_line", "tell_outcome"]

SERVED = "TRENDS_SERVED"
"""Environment variable of `serve` and of the processes of its runs; `PAPERTRENDS_` is for settings."""
_LONGEST = 300


def tell_outcome(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:
    """Print the outcome of a run that `serve` started; a hook of the flows that people schedule."""
    if SERVED in os.environ and flow_run.parent_task_run_id is None:
        # Its process ends at once, and what is printed must not be cut off or mixed.
        sys.stdout.write(f"{now():%Y-%m-%d %H:%M:%S}  {outcome_line(flow.name, state)}\n")
        sys.stdout.flush()


def outcome_line(flow_name: str, state: State[Any]) -> str:
    """Flow, state and message of a run.

    Examples
    --------
    >>> from prefect.states import Completed
    >>> outcome_line("ingest", Completed(message="47 records of 1 feed: 47 new papers"))
    'ingest: Completed: 47 records of 1 feed: 47 new papers'
    """
    message = " ".join((state.message or "").split())
    return f"{flow_name}: {state.name}" + (f": {message[:_LONGEST]}" if message else "")
