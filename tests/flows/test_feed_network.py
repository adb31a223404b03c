"""Pages as Prefect tasks: retries where they may help, and nowhere else. One temporary server."""

from __future__ import annotations

import itertools
import json
from datetime import date

import pytest
from prefect import flow

from flows.config.feed_settings import FeedSettings
from flows.feeds.errors import FeedError, ServiceBusyError, TransientFeedError
from flows.feeds.names import FeedSpec
from flows.feeds.network import RETRY_DELAYS, read_page_task, task_reader
from flows.feeds.pages import Request
from flows.feeds.paging import fetch_feeds

pytestmark = pytest.mark.slow

DAY = date(2025, 10, 3)
PAPERS = json.dumps([{"paper": {"id": "2510.00001", "title": "Paper 1", "summary": "Its text."}}]).encode()


@pytest.fixture(scope="module", autouse=True)
def _prefect():
    from prefect.testing.utilities import prefect_test_harness  # imports the server: only where it is run

    with prefect_test_harness(server_startup_timeout=120):
        yield


@pytest.fixture
def run(loopback_server):
    """Fetch one day in a flow, with what the server gives one after the other."""
    make_answer = type(loopback_server.answer(None))
    settings = FeedSettings(daily_papers_url=loopback_server.url, answer_seconds=5.0)

    def run_flow(*faults):
        answers = itertools.chain(
            (make_answer(**fault) for fault in faults), itertools.repeat(make_answer(PAPERS))
        )
        loopback_server.answer = lambda asked: next(answers)

        @flow
        def fetch_one_day():
            read = task_reader(settings, retry_delays=(0, 0, 0))
            return list(fetch_feeds(FeedSpec("daily-papers", ""), [(DAY, DAY)], settings, read))

        return fetch_one_day()

    return run_flow


@pytest.mark.parametrize(
    "fault",
    [
        {"body": b"x", "status": 500},
        {"body": b"x", "status": 429, "headers": {"Retry-After": "0"}},
        {"body": b"[{", "cut": True},
        {"body": b"<!DOCTYPE html><html><body>Maintenance</body></html>"},
        {"body": PAPERS[:-10]},
        {"body": b""},
    ],
)
def test_three_times_what_may_pass_then_success(fault, run, loopback_server):
    (feed,) = run(fault, fault, fault)
    assert feed.failure is None
    assert [record.title for record in feed.records] == ["Paper 1"]
    assert len(loopback_server.asked) == 4


def test_four_times_is_a_failed_feed_and_the_flow_goes_on(run, loopback_server):
    (feed,) = run(*[{"body": b"oops", "status": 500}] * 4)
    assert feed.failure == "127.0.0.1 failed (status 500): oops"
    assert len(loopback_server.asked) == 4


@pytest.mark.parametrize(
    "fault",
    [{"body": b"no", "status": 404}, {"status": 302, "headers": {"Location": "http://localhost/"}}],
)
def test_what_would_not_help_is_not_retried(fault, run, loopback_server):
    (feed,) = run(fault)
    assert feed.failure
    assert len(loopback_server.asked) == 1


def test_a_submitted_task_raises_what_the_client_raised(loopback_server):
    make_answer = type(loopback_server.answer(None))
    loopback_server.answer = lambda asked: make_answer(b"x", status=429)

    @flow
    def submit():
        once = read_page_task.with_options(retries=0)
        future = once.submit("rss", Request(loopback_server.url, location="x {y} z"), FeedSettings())
        return future.result(raise_on_failure=False)

    error = submit()
    assert type(error) is ServiceBusyError
    assert isinstance(error, TransientFeedError)
    assert isinstance(error, FeedError)


def test_delays_grow():
    assert read_page_task.retry_delay_seconds == list(RETRY_DELAYS) == [2.0, 4.0, 8.0]
    assert read_page_task.retries == 3
    assert read_page_task.persist_result is False
