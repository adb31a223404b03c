"""CSV exports for a repository: written atomically, and replacing only earlier exports."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from analytics.exceptions import InputError

__all__ = ["check_replaceable", "write_export"]


def check_replaceable(path: Path, columns: Sequence[str], what: str) -> None:
    """Refuse a file that exists and does not begin with the header of such an export.

    `what` names the content in the message, such as ``"labels"``.
    """
    if not path.exists():
        return
    wanted = ",".join(columns).encode()
    try:
        with path.open("rb") as file:
            is_ours = file.read(len(wanted)) == wanted
    except OSError as error:
        raise InputError(
            f"cannot read {path} ({error.strerror or error}); choose another --export"
        ) from error
    if not is_ours:
        raise InputError(f"{path} exists and is not a file of exported {what}; choose another --export")


def write_export(path: Path, text: str) -> None:
    """Write an export, line ends as they are."""
    try:
        path.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise InputError(
            f"cannot write {path} ({error.strerror or error}); choose another --export"
        ) from error
