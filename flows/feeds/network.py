"""The Prefect side: a page is a task, and the only place that retries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from prefect import Task, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun

from flows.config.feed_settings import FeedSettings
from flows.feeds.errors import TransientFeedError
from flows.feeds.fetch import fetch_page
from flows.feeds.pages import Page, Request
from flows.feeds.paging import Read

__all__ = ["RETRY_DELAYS", "read_page_task", "task_reader"]

RETRY_DELAYS = (2.0, 4.0, 8.0)
"""Seconds before each retry; a service's own Retry-After comes on top, see `flows.feeds.pace`."""


def worth_retrying(task: Task[..., Any], run: TaskRun, state: State[Any]) -> bool:  # noqa: ARG001 - Prefect's signature
    """Tell Prefect to ask again only where that may help."""
    error = state.data if isinstance(state.data, Exception) else state.result(raise_on_failure=False)
    return isinstance(error, TransientFeedError)


@task(
    name="read page",
    task_run_name="read {service} {request.location}",
    cache_policy=NO_CACHE,
    persist_result=False,
    retries=len(RETRY_DELAYS),
    retry_delay_seconds=list(RETRY_DELAYS),
    retry_condition_fn=worth_retrying,
)
def read_page_task(service: str, request: Request, settings: FeedSettings) -> Page:
    """Ask for one page and read it, see `flows.feeds.fetch.fetch_page`."""
    return fetch_page(service, request, settings)


def task_reader(settings: FeedSettings, *, retry_delays: Sequence[float] = RETRY_DELAYS) -> Read:
    """Make the `read` of `flows.feeds.paging.fetch_feeds` that runs each page as a Prefect task.

    `retry_delays` are the seconds before each retry; zeros in tests.
    """
    read = read_page_task.with_options(retries=len(retry_delays), retry_delay_seconds=list(retry_delays))
    return lambda service, request: read(service, request, settings)
