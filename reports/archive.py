"""The archive: all runs of a workspace on one page, newest first, with the headlines of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from reports.render import render_page_of
from reports.values.formatting import clip, long_day, plural
from reports.values.report_place import report_place
from reports.values.verdict_sentences import ICONS

__all__ = ["Archive", "ArchivedLine", "ArchivedRun", "FailedRun", "make_archive", "render_archive"]

_LONGEST = 400
_FAILURES_SHOWN = 3
_CLAIMED = {"held steady": "were not shown to move", "Nothing moved.": "Nothing was shown to move."}
"""Words of runs before the five words, whose steady meant that no change was shown."""


@dataclass(frozen=True, slots=True)
class ArchivedLine:
    """One headline of a run: the verdict, the series and the claim."""

    verdict: str
    icon: str
    kind: str
    name: str
    claim: str
    href: str


@dataclass(frozen=True, slots=True)
class ArchivedRun:
    """One run: its day, its lead sentence, its headlines and the address of its page.

    `lines` are those of series that could be tested. `lead` is empty for a run from before summaries were
    kept; `changes_href` and `diff` (a command) are empty for a run that had nothing to compare with.
    `entry_id` and `entry_at` are id and start of the first run with the same results, whose entry in the feed
    it keeps.
    """

    run_id: str
    title: str
    day: str
    day_iso: str
    started_at: str
    lead: str
    note: str
    lines: tuple[ArchivedLine, ...]
    new_topics: tuple[str, ...]
    changes: tuple[str, ...]
    facts: tuple[str, ...]
    href: str
    changes_href: str
    diff: str
    entry_id: str
    entry_at: str


@dataclass(frozen=True, slots=True)
class FailedRun:
    """A failed run: its start time and the reason."""

    started: str
    started_at: str
    error: str


@dataclass(frozen=True, slots=True)
class Archive:
    """All runs and later failures, newest first, with the title of the newest run.

    `feeds` are titles and addresses of the feeds of themes and watches.
    """

    title: str
    facts: tuple[str, ...]
    runs: tuple[ArchivedRun, ...]
    failed: tuple[FailedRun, ...] = ()
    n_more_failed: int = 0
    feeds: tuple[tuple[str, str], ...] = ()


def make_archive(
    manifests: Sequence[Mapping[str, Any]],
    site: str = "",
    failures: Sequence[Mapping[str, str]] = (),
    feeds: Sequence[tuple[str, str]] = (),
) -> Archive:
    """Archive of runs.

    Parameters
    ----------
    manifests : sequence of mapping
        Manifests of the published runs, oldest first; missing fields of older versions are left out.
    site : str
        Address of the workspace's folder, which ends with a slash; links are relative without.
    failures : sequence of mapping
        Runs that failed since the newest, the newest first: ``started_at`` and ``error``.
    feeds : sequence of (str, str)
        Title and address of each feed of a theme or watch.
    """
    runs = tuple(_run(manifest, site) for manifest in reversed(manifests))
    facts = [plural(len(runs), "run"), *(f"newest of {run.day}" for run in runs[:1])]
    failed = tuple(_failed(one) for one in failures[:_FAILURES_SHOWN])
    title = runs[0].title if runs else "papertrends"
    return Archive(title, tuple(facts), runs, failed, len(failures) - len(failed), tuple(feeds))


def render_archive(archive: Archive) -> str:
    """HTML of the archive page, complete in one string."""
    return render_page_of("archive.html.j2", archive=archive)


def _run(manifest: Mapping[str, Any], site: str) -> ArchivedRun:
    run_id, summary = clip(str(manifest["run_id"]), 100), _mapping(manifest.get("summary"))
    since, counts = _mapping(manifest.get("since")), _mapping(manifest.get("counts"))
    page = site + report_place(run_id)
    day = date.fromisoformat(str(manifest["as_of"])[:10])
    facts = [plural(int(counts["papers"]), "paper")] if "papers" in counts else []
    if "new_papers" in since:
        facts.append(f"{plural(int(since['new_papers']), 'new paper')} since the previous run")
    before = clip(str(since.get("run_id", "")), 100)
    entry = _mapping(manifest.get("entry"))
    is_older = "verdicts" not in summary
    lines = [_line(_mapping(one), page, is_older=is_older) for one in summary.get("headlines", [])]
    return ArchivedRun(
        run_id=run_id,
        title=clip(str(manifest.get("title", "")), 120),
        day=long_day(day),
        day_iso=day.isoformat(),
        started_at=str(manifest.get("started_at", "")),
        lead=_summary_text(summary, "lead"),
        note=_summary_text(summary, "note"),
        lines=tuple(line for line in lines if line.verdict != "insufficient"),
        new_topics=tuple(_text(_mapping(one).get("name")) for one in summary.get("new_topics", [])),
        changes=tuple(_text(one) for one in summary.get("changes", [])),
        facts=tuple(facts),
        href=page,
        changes_href=f"{page}#since" if before and summary.get("changes") else "",
        diff=f"papertrends diff {before} {run_id}" if before else "",
        entry_id=clip(str(entry.get("run_id", run_id)), 100),
        entry_at=str(entry.get("started_at", manifest.get("started_at", ""))),
    )


def _failed(failure: Mapping[str, str]) -> FailedRun:
    moment = datetime.fromisoformat(failure["started_at"])
    return FailedRun(
        f"{long_day(moment.date())}, {moment:%H:%M} UTC", failure["started_at"], _text(failure["error"])
    )


def _summary_text(summary: Mapping[str, Any], name: str) -> str:
    """Sentence of a summary; sentences of older runs that claimed too much are replaced."""
    text = _text(summary.get(name))
    if "verdicts" not in summary:
        for claimed, shown in _CLAIMED.items():
            text = text.replace(claimed, shown)
    return text


def _line(line: Mapping[str, Any], page: str, *, is_older: bool) -> ArchivedLine:
    verdict = str(line.get("verdict", ""))
    if is_older and verdict == "steady":
        verdict = "unclear"
    href = str(line.get("href", ""))
    return ArchivedLine(
        verdict=verdict if verdict in ICONS else "insufficient",
        icon=ICONS.get(verdict, ICONS["insufficient"]),
        kind=_text(line.get("kind")),
        name=_text(line.get("name")),
        claim=_text(line.get("claim")),
        href=page + href if href.startswith("#") else page,
    )


def _text(value: object) -> str:
    return clip(value, _LONGEST) if isinstance(value, str) else ""


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
