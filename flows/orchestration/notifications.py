"""Notifications of runs that need attention, through the configured Prefect block."""

from __future__ import annotations

import logging
from typing import Any, cast

from prefect import Flow
from prefect.blocks.core import Block
from prefect.client.schemas.objects import FlowRun, State

from flows.config.settings import load_settings
from flows.orchestration.outcome_lines import tell_outcome
from flows.orchestration.states import GAPS, STALE

__all__ = ["NOTICES", "notify_if_needed"]

logger = logging.getLogger(__name__)


def notify_if_needed(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:
    """Send a notice of a run that failed, crashed, has gaps or is stale.

    For nested flows only the outermost sends a notification. A notice that cannot be sent is only a warning
    in the log: it must not fail the run.
    """
    if flow_run.parent_task_run_id is not None or not (
        state.is_failed() or state.is_crashed() or state.name in (GAPS, STALE)
    ):
        return
    try:
        name = load_settings({"workspace": flow_run.parameters.get("workspace")}).notify_block
        if name is None:
            return
        block = cast("Any", Block.load(name))
    except Exception as error:
        logger.warning("no notice could be sent of %s (%s)", flow_run.name, error)
        return
    try:
        block.notify(f"{flow_run.name}\n{state.message}", subject=f"{flow.name}: {state.name}")
    except Exception as error:
        # What a block raises may repeat its address, and whoever has that of a webhook may write there.
        logger.warning("no notice could be sent of %s (%s)", flow_run.name, type(error).__name__)


NOTICES: dict[str, Any] = {
    "on_completion": [tell_outcome, notify_if_needed],
    "on_failure": [tell_outcome, notify_if_needed],
    "on_crashed": [tell_outcome, notify_if_needed],
    "on_cancellation": [tell_outcome],
}
"""Hooks of the flows that people schedule."""
