"""Default files of the commands: in ``data/`` of a checkout, below `flows` in a wheel."""

from __future__ import annotations

from pathlib import Path

__all__ = ["DEFAULT_SOURCE", "DEFAULT_THEMES"]

_PACKAGED = Path(__file__).resolve().parents[1] / "resources"  # made by setup.py
_DATA = _PACKAGED if _PACKAGED.is_dir() else Path(__file__).resolve().parents[2] / "data"

DEFAULT_THEMES = _DATA / "themes.toml"
DEFAULT_SOURCE = _DATA / "sample" / "daily_papers.txt"
