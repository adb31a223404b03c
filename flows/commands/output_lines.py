"""Output lines about papers, feeds, an ingest and a run."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from analytics.matching.joins import STATED
from flows.analysis.comparison import RunDifference
from flows.analysis.search import SearchHit
from flows.commands.found_lines import found_lines, title_only
from flows.config.settings import Settings
from flows.publication.digest_mail import SentMails
from flows.store import PaperHistory
from flows.store.merging import Sighting
from reports.values.formatting import clip, plural

__all__ = [
    "diff_lines",
    "feed_lines",
    "history_lines",
    "ingest_lines",
    "mail_lines",
    "paper_lines",
    "run_lines",
    "schedule_lines",
    "search_json",
    "search_lines",
    "topic_lines",
]

_SHOWN = 300
_PAPERS_SHOWN = 3
_TITLE_SHOWN = 120
_EVENTS = {"continued": "", "born": "", "split": "from", "merged": "into", "retired": ""}
_NAMERS = {"people": "people", "model": "a model"}
_FAULTS = {
    "before_1900": "its stated date is before 1900",
    "before_id_month": "its stated date is long before the month of its arXiv id",
    "after_id_month": "its stated date is later than the month of its arXiv id",
}


def paper_lines(history: PaperHistory) -> Iterator[str]:
    """Fields of a paper, each with the sighting that it comes from, then all sightings, oldest first."""
    paper = history.paper
    yield f"{paper['paper_id']}  (stated: {', '.join(history.identifiers)})"
    for field, one in history.origin.items():
        value = paper[field]
        shown = ", ".join(value) if isinstance(value, list) else str(value)
        clipped = shown if len(shown) <= _SHOWN else shown[: _SHOWN - 1] + "…"
        origin = paper["published_source"] if field == "published" else None
        yield f"{field:13}{clipped or '-'}  [{_place(one) if origin in (None, one.source) else origin}]"
        if field == "published" and value is not None:
            yield f"{'':13}{paper['published_basis']}, to the {paper['published_precision']}"
    if paper["date_fault"]:
        yield f"{'doubt':13}{_FAULTS[paper['date_fault']]}"
    yield f"{'first seen':13}{paper['first_seen']}"
    yield from _join_lines(history)
    yield f"{len(history.sightings)} sightings"
    for one in history.sightings:
        upvotes = "" if one.upvotes is None else f", {one.upvotes} upvotes"
        version = "" if one.stored.record.version is None else f", v{one.stored.record.version}"
        yield f"  {one.day}  {one.source}  {one.location}  (read {one.first_seen}{upvotes}{version})"


def _join_lines(history: PaperHistory) -> Iterator[str]:
    """Why the records of a paper were merged: shared identifiers, then each match, the most certain first."""
    sighting_of = {sighting.stored.record_id: sighting for sighting in history.sightings}
    stated = Counter(
        sighting.stored.stated_id for sighting in sighting_of.values() if sighting.stored.record.arxiv_id
    )
    for identifier, n_records in sorted(stated.items()):
        if n_records > 1:
            yield f"{n_records} records are one: they state {identifier}"
    for join in history.joins:
        sure = "" if join.bits >= STATED else f", {join.probability:.1%} sure"
        yield f"two records match{sure}: {', '.join(join.reasons)}"
        for key in (join.one, join.other):
            sighting = sighting_of[key]
            year = f" ({sighting.stored.record.published.year})" if sighting.stored.record.published else ""
            yield f"  {clip(sighting.stored.record.title, _TITLE_SHOWN)}{year}  [{_place(sighting)}]"
    if history.joins:
        yield f"if they are different works: papertrends split {history.paper['paper_id']}"


def feed_lines(looks: pd.DataFrame) -> Iterator[str]:
    """One line per feed: number of reads, last day covered, failures.

    Files that state no day are summed up by their kind.
    """
    kinds = [
        name.removesuffix(f" {location}")
        for name, location in zip(looks["name"], looks["location"], strict=True)
    ]
    for name, own in looks.groupby(pd.Series(kinds, index=looks.index, dtype="str"), sort=True):
        failed = int((~own["is_whole"]).sum())
        whole = own[own["is_whole"]]
        reached = f", up to {whole['end'].max():%Y-%m-%d}" if len(whole) else ""
        yield (
            f"{name}: {plural(len(own), 'read')}, {plural(int(own['n_records'].sum()), 'record')}{reached}"
            + (f", {failed} failed" if failed else "")
        )


def ingest_lines(counts: Mapping[str, Any], fill_dates: str | None) -> Iterator[str]:
    """Counts of everything that was read, see `flows.ingest.ingest`."""
    yield (
        f"{plural(counts['records'], 'record')} in {plural(counts['feeds'], 'feed')}: "
        f"{plural(counts['new'], 'new paper')}, "
        f"{counts['known']} known, {counts['repeated']} repeated, {counts['rejected']} rejected"
    )
    if fill_dates is not None:
        dated = counts["dated"]
        yield f"{dated['papers']} of {dated['asked']} papers without a day got one from {fill_dates}"


def run_lines(manifest: Mapping[str, Any], folder: Path, total_seconds: float) -> Iterator[str]:
    """Counts of a run, where the seconds went, what it found, and the path of the report."""
    counts, seconds = manifest["counts"], manifest["seconds"]
    yield (
        f"{counts['papers']} papers ({counts['undated']} undated, {counts['rejected']} records rejected), "
        f"{counts['encoded']} texts encoded, {manifest['topics']['reason']}"
    )
    if bare := title_only(counts):
        yield bare
    rest = ("start (imports, Prefect's server) and ingest", total_seconds - sum(seconds.values()))
    parts = sorted([rest, *seconds.items()], key=lambda part: -part[1])
    spent = ", ".join(f"{stage} {taken:.1f}" for stage, taken in parts if taken >= 0.05)
    yield f"seconds {total_seconds:.1f}: {spent}"
    yield from found_lines(manifest["summary"])
    yield f"report  {folder / 'report.html'}"


def schedule_lines(settings: Settings, server: str) -> Iterator[str]:
    """When each deployment runs, and the address of Prefect's page."""
    yield f"ingest    {settings.ingest_cron}  ({settings.timezone})"
    yield f"analysis  {settings.analysis_cron}"
    has_readers = bool(settings.mail_to or settings.readers)
    yield f"digest    {settings.digest_cron}" if has_readers else "digest    never: mail_to is not set"
    if server:
        yield f"see the runs at {server.removesuffix('/api')}; stop the schedule with Ctrl-C"


def diff_lines(difference: RunDifference) -> Iterator[str]:
    """Two runs, then one line per series: shares in percent of all dated papers, changes in points.

    Themes are in their order, topics by the size of their change.
    """
    runs = [f"{run['run_id']} (as of {run['as_of']})" for run in (difference.before, difference.after)]
    yield f"from {runs[0]} to {runs[1]}"
    definitions = "differ" if difference.definition_changed else "are the same"
    yield (
        f"{difference.n_new} papers were added, {difference.n_gone} removed; the definitions of themes,"
        " topics and "
        f"vectors {definitions}"
    )
    if difference.changes.empty:
        yield "no dated papers to compare"
        return
    changes = difference.changes.assign(change=lambda rows: rows["to_share"] - rows["from_share"])
    size = changes["change"].abs().where(changes["kind"] == "topic", 1.0)
    ordered = changes.assign(size=-size).sort_values(["kind", "size"], kind="stable")
    columns = ["change", "by_new_papers", "by_reassignment", "by_definition"]
    heads = ["from %", "to %", "change", "new papers", "reassigned", "redefined"]
    if changes["by_correction"].any():
        columns.append("by_correction")
        heads.append("answers")
    yield f"{'':48}" + "".join(f"{head:>12}" for head in heads)
    for row in ordered.to_dict("records"):
        shares = [f"{100 * row[key]:12.2f}" for key in ("from_share", "to_share")]
        parts = [f"{_points(row[key]):>12}" for key in columns]
        name = f"{row['kind']} {row['series_id']} {row['name']}"
        yield f"{name[:47]:48}" + "".join([*shares, *parts])


def topic_lines(topics: pd.DataFrame) -> Iterator[str]:
    """Each topic with its size, name and terms, the largest first, under its group where there are groups."""
    if topics.empty:
        yield "no topics"
    for (_, label), own in topics.groupby(["group_id", "group_label"], dropna=False, sort=True):
        if isinstance(label, str):
            yield f"{label}: {len(own)} topics, {own['n_papers'].sum()} papers"
        for row in own.to_dict("records"):
            terms = ", ".join(row["top_terms"][:5])
            yield f"{row['topic_id']}  {row['n_papers']:6}  {row['label']}  ({terms}){_edits(row)}"


def _edits(row: Mapping[Hashable, Any]) -> str:
    """What people decided about a topic, in brackets; empty where nothing."""
    parts = [
        f"named by {_NAMERS[row['named_by']]}, {row['found_label']!r} in the data"
        if row["named_by"] in _NAMERS
        else "",
        f"with {', '.join(row['merged_ids'])}" if len(row["merged_ids"]) else "",
        "pinned" if row["is_pinned"] else "",
        "hidden" if row["is_hidden"] else "",
        f"note: {row['note']}" if row["note"] else "",
    ]
    said = "; ".join(part for part in parts if part)
    return f"  [{said}]" if said else ""


def history_lines(history: pd.DataFrame) -> Iterator[str]:
    """Each fit with its cause, then what happened to the topics, with example papers."""
    if history.empty:
        yield "no fit yet"
    for (as_of, cause), events in history.groupby(["as_of", "cause"], sort=False):
        counts = events["event"].value_counts()
        events_in_words = ", ".join(f"{counts[event]} {event}" for event in _EVENTS if event in counts)
        yield f"fit of {as_of}, because {cause}: {events_in_words}"
        for row in events[events["event"] != "continued"].to_dict("records"):
            other = f" {_EVENTS[row['event']]} {row['other_id']}" if row["other_id"] else ""
            papers = ", ".join(row["papers"][:_PAPERS_SHOWN])
            more = ", ..." if len(row["papers"]) > _PAPERS_SHOWN else ""
            yield f"  {row['topic_id']} {row['event']}{other}, {len(row['papers'])} papers: {papers}{more}"


def mail_lines(mails: SentMails) -> Iterator[str]:
    """Result of each mail."""
    for recipient in mails.sent:
        yield f"sent    {recipient}"
    for recipient in mails.before:
        yield f"before  {recipient} (this run's mail was sent earlier; no mail is sent twice)"
    for recipient in mails.unknown:
        yield f"unknown {recipient} (an earlier attempt was interrupted while sending; it is not sent again)"
    for recipient, server_answer in mails.failed:
        yield f"failed  {recipient}: {server_answer}"


def search_lines(hits: Sequence[SearchHit]) -> Iterator[str]:
    """Each paper with its cosine, day, id and title, then its themes and topic."""
    if not hits:
        yield "no papers"
    for hit in hits:
        yield f"{hit.score:5.2f}  {hit.published or 'undated':10}  {hit.paper_id}  {clip(hit.title, _SHOWN)}"
        about = [", ".join(hit.themes) or "no theme", *([f"topic {hit.topic}"] if hit.topic else [])]
        yield f"{'':19}{'; '.join(about)}"


def search_json(hits: Sequence[SearchHit]) -> str:
    """A list of papers as JSON, each with the fields of `SearchHit`."""
    return json.dumps([asdict(hit) for hit in hits], ensure_ascii=False, indent=1)


def _points(change: float) -> str:
    """Change in points with its sign; zero after rounding has none."""
    shown = f"{100 * change:+.2f}"
    return "0.00" if float(shown) == 0 else shown


def _place(sighting: Sighting) -> str:
    return f"{sighting.source} {sighting.location}, {sighting.day}"
