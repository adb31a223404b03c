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

# Two workers for two cores: threads of one would wait for those of the other. Before numpy is imported.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"))

SHARED = Path(__file__).resolve().parents[2] / "shared"

# How long an example takes says what else the machine does. CI asks for the large profile by
# --hypothesis-profile=thorough; a test that needs fewer or more examples says so by `tests.examples.examples`.
hypothesis.settings.register_profile("quick", deadline=None, max_examples=15)
hypothesis.settings.register_profile("thorough", deadline=None, max_examples=50)
hypothesis.settings.load_profile("quick")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a test write the file of expected text that it compares with."""
    parser.addoption("--update-gold", action="store_true", help="write the gold files of tests again")


def pytest_sessionstart() -> None:
    """Keep the tests out of a database that whoever runs them has named for their own papers."""
    os.environ.pop("PAPERTRENDS_DATABASE", None)
    if load_settings().database is not None:
        pytest.exit("papertrends.toml names a database, and tests would write into it; remove that line", 4)


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep tests that share a fixture of their class or module on one worker: it is made once, not once each."""
    for item in items:
        definitions = getattr(item, "_fixtureinfo", None)
        if definitions is None or item.get_closest_marker("xdist_group"):
            continue
        scopes = {one.scope for found in definitions.name2fixturedefs.values() for one in found}
        if scopes & {"module", "class"}:
            level = pytest.Module if "module" in scopes else pytest.Class
            shared = item.getparent(level)
            item.add_marker(pytest.mark.xdist_group(shared.nodeid if shared else item.nodeid))


def pytest_collection_finish() -> None:
    """Take what was imported out of the collector's sight: it stays, and is looked through again and again."""
    gc.collect()
    gc.freeze()


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
    """Debian's chromium, driven by Playwright: its headless shell where that is installed."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="needs playwright, of the extra dev")
    installed = map(shutil.which, ("chromium-headless-shell", "chromium", "chromium-browser"))
    path = os.environ.get("CHROMIUM") or next(filter(None, installed), None)
    if path is None:
        pytest.skip("needs chromium on the path (make test-browser installs it)")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


def _seconds(work: Callable[[int], object], size: int) -> float:
    # What the collector of cycles does depends on what other tests left in memory.
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
