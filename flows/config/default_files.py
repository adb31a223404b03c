"""Default files of the commands: in ``data/`` of a checkout, below `flows` in a wheel."""

from __future__ import annotations

from datetime import date
from pathlib import Path

__all__ = ["DEFAULT_DAY", "DEFAULT_SOURCES", "DEFAULT_THEMES"]

_PACKAGED = Path(__file__).resolve().parents[1] / "resources"  # made by setup.py
_DATA = _PACKAGED if _PACKAGED.is_dir() else Path(__file__).resolve().parents[2] / "data"

DEFAULT_THEMES = _DATA / "themes.toml"
DEFAULT_SOURCES = (_DATA / "sample" / "daily_papers.txt", _DATA / "sample" / "daily_papers_2024_2025.csv")
"""The sample: a page of 47 papers with summaries, and the titles of 6,141."""
DEFAULT_DAY = date(2025, 12, 31)
"""The last day of the sample. It is analyzed as of this day, so that every first report is the same."""
