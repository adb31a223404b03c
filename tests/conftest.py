"""Fixtures that every test may use."""

from __future__ import annotations

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"


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
