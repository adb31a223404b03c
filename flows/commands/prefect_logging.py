"""What Prefect prints while a command runs: nothing, unless the user has chosen a level."""

from __future__ import annotations

import os
import re
import tomllib
from contextlib import suppress
from pathlib import Path

__all__ = ["chose_level", "silence_console"]

_LEVEL = "PREFECT_LOGGING_LEVEL"
_CONSOLE = "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL"


def silence_console() -> None:
    """Keep Prefect's console still; what it sends to its server is not changed."""
    if not chose_level():
        os.environ.setdefault(_CONSOLE, "CRITICAL")


def chose_level() -> bool:
    """Whether a variable or a file of Prefect's says which level is logged.

    The files are read here, before Prefect is imported: its own settings take a second.
    """
    if _LEVEL in os.environ:
        return True
    home = Path(os.environ.get("PREFECT_HOME", Path.home() / ".prefect"))
    return any(_names_level(path) for path in (home / "profiles.toml", Path(".env"))) or any(
        _has_table(*found)
        for found in ((Path("prefect.toml"), ()), (Path("pyproject.toml"), ("tool", "prefect")))
    )


def _names_level(path: Path) -> bool:
    with suppress(OSError, UnicodeDecodeError):
        text = path.read_text(encoding="utf-8")
        return re.search(rf"^\s*\"?{_LEVEL}\"?\s*=", text, flags=re.M) is not None
    return False


def _has_table(path: Path, keys: tuple[str, ...]) -> bool:
    with suppress(OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        for key in (*keys, "logging"):
            table = table.get(key, {})
        return "level" in table
    return False
