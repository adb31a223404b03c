"""The archive page and the Atom feed, rewritten after every run."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

from analytics.exceptions import InputError, PapertrendsError
from flows.publication.paper_feeds import list_feeds
from flows.replacing import replacing
from flows.runs import list_runs, read_manifest, resolve_run
from flows.runs.publishing import publishing
from flows.store import Store
from reports.archive import make_archive, render_archive
from reports.atom.run_feed import render_feed

__all__ = ["ARCHIVE_PAGE", "FEED", "latest_run", "update_archive"]

ARCHIVE_PAGE, FEED = "index.html", "feed.xml"

_LOCK_TIMEOUT_S = 120.0


def update_archive(workspace: Path, site: str = "") -> Path:
    """Write ``index.html`` and ``feed.xml`` of a workspace from the manifests of its runs.

    A run whose manifest cannot be read is left out, and what a run was compared with is left out where that
    run is gone. Where another process publishes meanwhile, its run is taken up too. Publishers take turns
    here as well: a part of a page that a killed one left behind is written over.

    `site` is the address under which the folder is published; links are relative without.

    Raises
    ------
    PapertrendsError
        When the disk does not take them, or another process publishes for longer than two minutes.
    """
    site = site if not site or site.endswith("/") else f"{site}/"
    try:
        with publishing(workspace, _LOCK_TIMEOUT_S):
            known: list[str] | None = None
            while known != (known := list_runs(workspace)):
                manifests = _manifests(workspace, known)
                archive = make_archive(
                    manifests, site, _failures(workspace, manifests), list_feeds(workspace)
                )
                _replace(workspace / ARCHIVE_PAGE, render_archive(archive))
                _replace(workspace / FEED, render_feed(archive, site))
    except OSError as error:
        raise PapertrendsError(
            f"the archive page cannot be written in {workspace} ({error.strerror or error}); the run "
            "itself is published; free space, then run again"
        ) from error
    return workspace / ARCHIVE_PAGE


def _manifests(workspace: Path, runs: list[str]) -> list[dict[str, Any]]:
    """Readable manifests, oldest first; of runs with the same fingerprint the newest."""
    found: dict[str, dict[str, Any]] = {}
    known = set(runs)
    for run_id in runs:
        try:
            manifest = read_manifest(workspace / "runs" / run_id)
        except InputError:
            continue
        since = manifest.get("since")
        if isinstance(since, dict) and since.get("run_id") not in known:
            manifest["since"] = {name: value for name, value in since.items() if name != "run_id"}
        if "as_of" in manifest:
            key = str(manifest.get("fingerprint") or run_id)
            # The newest of equal runs is shown, as `latest` names it, and keeps the first one's entry.
            first = found.pop(key, manifest | {"run_id": run_id})
            entry = first.get("entry", {name: first.get(name, "") for name in ("run_id", "started_at")})
            found[key] = {**manifest, "run_id": run_id, "entry": entry}
    # With a clock that was set back, `latest` is not the newest by its id.
    latest = latest_run(workspace, runs)
    return sorted(found.values(), key=lambda manifest: bool(manifest["run_id"] == latest))


def latest_run(workspace: Path, runs: list[str]) -> str:
    """Run that ``latest`` names, else the newest of the runs."""
    try:
        return resolve_run(workspace).name
    except InputError:
        return runs[-1] if runs else ""


def _failures(workspace: Path, manifests: list[dict[str, Any]]) -> list[dict[str, str]]:
    since = max((str(manifest.get("started_at", "")) for manifest in manifests), default="")
    with suppress(PapertrendsError):
        if Store.exists(workspace):
            with Store.open(workspace) as store:
                return [
                    {"started_at": row.started_at, "error": str(row.manifest.get("error", ""))}
                    for row in store.read_failures(since)
                ]
    return []


def _replace(path: Path, text: str) -> None:
    with replacing(path) as part:
        part.write_text(text, encoding="utf-8")
