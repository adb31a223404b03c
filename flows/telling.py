"""What the command line says of papers, feeds, an ingest and a run, as lines of text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from flows.store import PaperHistory
from flows.store.looks import Look

__all__ = ["feed_lines", "ingest_lines", "paper_lines", "run_lines"]

_SHOWN = 300
_FAULTS = {
    "before_1900": "its stated date is before 1900",
    "before_id_month": "its stated date is long before the month of its arXiv id",
    "after_id_month": "a stated date is later than the month of its arXiv id allows",
}


def paper_lines(history: PaperHistory) -> Iterator[str]:
    """Fields of a paper, each with the look that it comes from, then all looks, the earliest first."""
    paper = history.paper
    yield f"{paper['paper_id']}  (stated: {', '.join(history.identifiers)})"
    for field, look in history.origin.items():
        value = paper[field]
        shown = ", ".join(value) if isinstance(value, list) else str(value)
        clipped = shown if len(shown) <= _SHOWN else shown[: _SHOWN - 1] + "…"
        origin = paper["published_source"] if field == "published" else None
        yield f"{field:13}{clipped or '-'}  [{_place(look) if origin in (None, look.source) else origin}]"
        if field == "published" and value is not None:
            yield f"{'':13}{paper['published_basis']}, to the {paper['published_precision']}"
    if paper["date_fault"]:
        yield f"{'doubt':13}{_FAULTS[paper['date_fault']]}"
    yield f"{'first seen':13}{paper['first_seen']}"
    yield f"{len(history.looks)} looks"
    for look in history.looks:
        upvotes = "" if look.upvotes is None else f", {look.upvotes} upvotes"
        version = "" if look.said.record.version is None else f", v{look.said.record.version}"
        yield f"  {look.day}  {look.source}  {look.location}  (read {look.first_seen}{upvotes}{version})"


def feed_lines(looks: pd.DataFrame) -> Iterator[str]:
    """One line a feed: how often it was looked at, up to which day, and what failed.

    Files that state no day are told together, by their kind.
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
            f"{name}: {len(own)} looks, {int(own['n_records'].sum())} records{reached}"
            + (f", {failed} failed" if failed else "")
        )


def ingest_lines(counts: Mapping[str, Any], fill_dates: str | None) -> Iterator[str]:
    """What became of everything that was read, see `flows.ingest.ingest` for the counts."""
    yield (
        f"{counts['records']} records in {counts['feeds']} feeds: {counts['new']} new papers, "
        f"{counts['known']} known, {counts['repeated']} repeated, {counts['rejected']} rejected"
    )
    if fill_dates is not None:
        dated = counts["dated"]
        yield f"{dated['papers']} of {dated['asked']} papers without a day have one now, by {fill_dates}"


def run_lines(manifest: Mapping[str, Any], folder: Path, total_seconds: float) -> Iterator[str]:
    """Counts of a run, where the seconds went, and the path of the report."""
    counts, seconds = manifest["counts"], manifest["seconds"]
    yield (
        f"{counts['papers']} papers ({counts['undated']} undated, {counts['rejected']} records rejected), "
        f"{counts['encoded']} texts newly encoded, {manifest['topics']['reason']}"
    )
    rest = ("start (imports, Prefect's server) and ingest", total_seconds - sum(seconds.values()))
    parts = sorted([rest, *seconds.items()], key=lambda part: -part[1])
    spent = ", ".join(f"{stage} {taken:.1f}" for stage, taken in parts if taken >= 0.05)
    yield f"seconds {total_seconds:.1f}: {spent}"
    yield f"report  {folder / 'report.html'}"


def _place(look: Look) -> str:
    return f"{look.source} {look.location}, {look.day}"
