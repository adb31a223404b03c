"""Fixtures that every test may use."""

from __future__ import annotations

import gc
import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from flows.config.settings import load_settings

SHARED = Path(__file__).resolve().parents[2] / "shared"

# How long an example takes says what else the machine does.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a test write the file of expected text that it compares with."""
    parser.addoption("--update-gold", action="store_true", help="write the gold files of tests again")


def pytest_sessionstart() -> None:
    """Keep the tests out of a database that whoever runs them has named for their own papers."""
    os.environ.pop("PAPERTRENDS_DATABASE", None)
    if load_settings().database is not None:
        pytest.exit("papertrends.toml names a database, and tests would write into it; remove that line", 4)


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """The read-only data beside the project; tests that need it are skipped where it is absent."""
    if not SHARED.is_dir():
        pytest.skip(f"needs the data folder beside the project ({SHARED.name}/ next to the checkout)")
    return SHARED


@pytest.fixture(scope="session")
def sample_path() -> Path:
    """The committed sample: 47 papers in the layout of a Daily Papers page."""
    return Path(__file__).resolve().parents[1] / "data" / "sample" / "daily_papers.txt"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """Debian's chromium, driven by Playwright."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="needs playwright, of the extra dev")
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.skip("needs chromium on the path (make test-browser installs it)")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


def _seconds(work: Callable[[int], object], size: int) -> float:
    # What the collector of cycles does depends on what other tests left in memory.
    gc.collect()
    gc.disable()
    try:
        start = time.thread_time()
        work(size)
        return time.thread_time() - start
    finally:
        gc.enable()


def _assert_grows_in_proportion(work: Callable[[int], object], size: int) -> None:
    small = large = float("inf")
    for _ in range(5):
        small = min(small, _seconds(work, size // 8))
        large = min(large, _seconds(work, size))
        # A sixteenth of a second tells nothing about growth, nor does it hurt anyone.
        if large <= max(24 * small, 1 / 16):
            return
    pytest.fail(f"eight times the input took {large / small:.0f} times as long ({large:.2f} s)")


@pytest.fixture(scope="session")
def assert_grows_in_proportion() -> Callable[[Callable[[int], object], int], None]:
    """Asserts that ``work(size)`` costs about eight times ``work(size // 8)``, and not its square, 64 times.

    A ratio of two times of one run says the same on a slow machine as on a fast one; five tries take
    out what else the machine does.
    """
    return _assert_grows_in_proportion
