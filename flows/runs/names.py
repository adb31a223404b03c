"""Names of runs: ids that sort by time, and fingerprints of the inputs of a run's tables."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from reports.values.report_place import report_place

__all__ = ["NAME", "canonical_json", "list_runs", "make_run_id", "report_address", "run_fingerprint"]

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
"""Names of runs and charts: safe as file names, and no hidden ones."""


def make_run_id(started_at: datetime, corpus_hash: str, *, taken: Collection[str] = ()) -> str:
    """Name of a run: ids sort by the time of their start, to the microsecond.

    Parameters
    ----------
    started_at : datetime
        With a time zone.
    corpus_hash : str
        Its first eight digits end the id, so that runs over one corpus can be recognized by eye.
    taken : collection of str
        Ids that exist; a coarse clock may give one twice, the second then ends in ``-02``.

    Examples
    --------
    >>> make_run_id(datetime(2025, 12, 31, 6, 0, 2, 1500, tzinfo=UTC), "ab12cd34ef")
    '20251231T060002-001500-ab12cd34'
    """
    if started_at.tzinfo is None:
        raise ValueError(f"started_at {started_at} has no time zone; give datetime.now(UTC)")
    base = f"{started_at.astimezone(UTC):%Y%m%dT%H%M%S-%f}-{corpus_hash[:8]}"
    ids = (base if i == 1 else f"{base}-{i:02d}" for i in range(1, len(taken) + 2))
    return next(run_id for run_id in ids if run_id not in taken)


def run_fingerprint(corpus_hash: str, as_of: date, settings: Mapping[str, Any]) -> str:
    """Hash of everything that a run's tables depend on: equal fingerprints, equal tables.

    `settings` holds what changes a table: vectorizer id, the content of the themes, seed, thresholds
    and the version of this package; not where files lie.
    """
    return hashlib.sha256(canonical_json([corpus_hash, as_of, dict(settings)]).encode()).hexdigest()


def list_runs(workspace: Path) -> list[str]:
    """Ids of the published runs, oldest first."""
    folder = workspace / "runs"
    if not folder.is_dir():
        return []
    return sorted(path.name for path in folder.iterdir() if path.is_dir() and NAME.fullmatch(path.name))


def report_address(folder: Path, site: str) -> str:
    """Address of a run's report: below `site`, the address of the workspace's folder, else of the file.

    Examples
    --------
    >>> report_address(Path("w/runs/r1"), "https://example.org/w/")
    'https://example.org/w/runs/r1/report.html'
    """
    if not site:
        return (folder.resolve() / "report.html").as_uri()
    return f"{site.rstrip('/')}/{report_place(folder.name)}"


def canonical_json(value: Any, indent: int | None = None) -> str:
    """JSON with sorted keys; days and times become ISO text, NaN is refused.

    Examples
    --------
    >>> canonical_json({"b": date(2025, 1, 2), "a": "é"})
    '{"a": "é", "b": "2025-01-02"}'
    """

    def plain(other: object) -> str:
        if isinstance(other, date | datetime):
            return other.isoformat()
        raise TypeError(f"{other!r} of type {type(other).__name__}")

    return json.dumps(
        value, sort_keys=True, indent=indent, ensure_ascii=False, allow_nan=False, default=plain
    )
