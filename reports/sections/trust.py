"""How far to trust the page: what was read and left out, how verdicts are reached, how to reproduce it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analytics.tables import RunTables
from reports.sections.model_names import model_names_sentence
from reports.sections.people_edits import edits_sentence
from reports.sections.verdict_steps import Step, verdict_steps
from reports.values.formatting import clip, count, join_words, percent, plural, seconds
from reports.values.series import Series

__all__ = ["Line", "Trust", "make_trust"]

_FAULTS = {
    "before_1900": ("before 1900", "left out of all periods"),
    "before_id_month": (
        "long before the arXiv id",
        "over 92 days before the id's month, kept as stated",
    ),
    "after_id_month": ("after the arXiv id", "later than the id's month allows; the id's month was taken"),
}
_BASES = {
    "stated": "dated by their source",
    "updated": "dated by their last update, the only day stated",
    "year_inferred": "with a year that was inferred",
    "id_month": "dated by the month of their arXiv id",
    "missing": "undated: counted in themes and topics, but in no period",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a list of numbers: the number or text, its name, what it means."""

    name: str
    value: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Trust:
    """The last section of the page, in its order."""

    read: tuple[Line, ...]
    dates: tuple[Line, ...]
    doubts: tuple[Line, ...]
    periods: tuple[str, ...]
    verdicts: tuple[Step, ...]
    themes: tuple[str, ...]
    topics: tuple[str, ...]
    warnings: tuple[str, ...]
    sources: tuple[Line, ...]
    files: tuple[tuple[str, ...], ...]
    rejects: tuple[tuple[str, ...], ...]
    rejects_note: str
    merges: tuple[tuple[str, ...], ...]
    run: tuple[Line, ...]
    stages: tuple[Line, ...]
    versions: tuple[Line, ...]
    settings: tuple[Line, ...]
    command: str


def make_trust(
    tables: RunTables,
    manifest: Mapping[str, Any],
    series: Mapping[tuple[str, str], Series],
    membership: tuple[str, ...],
    warnings: Sequence[str],
) -> Trust:
    """Trust section from the manifest and some tables.

    Parameters
    ----------
    manifest : mapping
        Manifest of the run; every value is shown as text.
    membership : tuple of str
        How papers come to their themes, see `reports.sections.membership_paragraphs`.
    warnings : sequence of str
        Warnings about themes, shown before those of the manifest.
    """
    rejects = manifest.get("rejects_sample", [])
    n_rejected = int(manifest["counts"]["rejected"])
    return Trust(
        read=_read(manifest["counts"]),
        dates=_dates(tables.papers, manifest["counts"]),
        doubts=_doubts(manifest),
        periods=_periods(manifest, series),
        verdicts=verdict_steps(tables, manifest, series),
        themes=membership,
        topics=_topics(manifest),
        warnings=tuple(clip(str(one), 600) for one in (*warnings, *manifest.get("warnings", []))),
        sources=_sources(manifest.get("sources", [])),
        files=tuple(_file(source) for source in manifest.get("sources", [])),
        rejects=tuple(_texts(reject, ("location", "position", "reason", "excerpt")) for reject in rejects),
        rejects_note=f"{count(len(rejects))} of {count(n_rejected)} shown."
        if n_rejected > len(rejects)
        else "",
        merges=tuple(map(_merge, manifest.get("least_certain", []))),
        run=_run(manifest),
        stages=tuple(
            Line(clip(stage, 80), seconds(float(took))) for stage, took in manifest["seconds"].items()
        ),
        versions=tuple(Line(clip(name, 80), clip(str(v), 80)) for name, v in manifest["versions"].items()),
        settings=tuple(
            Line(clip(name, 120), _written(value)) for name, value in manifest["settings"].items()
        ),
        command=clip(str(manifest.get("command", "")), 2000),
    )


def _read(counts: Mapping[str, Any]) -> tuple[Line, ...]:
    """Counts of everything that was read."""
    rows = (
        ("papers", "papers", "distinct works in the corpus"),
        ("merged", "merged", "records of works that the corpus already has"),
        ("rejected", "rejected", "records that cannot be a paper"),
        ("dated", "dated", "papers counted in a period"),
        ("undated", "undated", "papers counted in themes and topics, but in no period"),
        ("before_span", "too old", "papers from before the first period"),
        ("later", "too new", "papers seen or published after the day of this report"),
        ("future", "of these dated ahead", "papers already seen that state a later date"),
        ("withdrawn", "withdrawn", "papers that a source calls withdrawn or retracted; they still count"),
        (
            "without_abstract",
            "title only",
            "papers without an abstract; their titles decide themes and topics",
        ),
        ("without_theme", "in no theme", "papers that belong to no theme"),
        ("unclustered", "unclustered", "papers that belong to no topic"),
    )
    # These three would be a line of zero on most pages.
    silent = {"future", "withdrawn", "without_abstract"}
    return tuple(
        Line(name, count(int(counts[key])), note)
        for key, name, note in rows
        if key in counts and (counts[key] or key not in silent)
    )


def _dates(papers: pd.DataFrame, counts: Mapping[str, Any]) -> tuple[Line, ...]:
    """Where the dates come from, one line per basis."""
    found = papers["published_basis"].value_counts()
    lines = [
        Line(words, count(int(found[basis])), percent(found[basis] / len(papers)))
        for basis, words in _BASES.items()
        if basis in found.index
    ]
    looked_up = int(counts.get("looked_up", 0))
    if looked_up:
        lines.append(Line("of these looked up", count(looked_up), "looked up at arXiv by id or exact title"))
    return tuple(lines)


def _doubts(manifest: Mapping[str, Any]) -> tuple[Line, ...]:
    """Implausible dates, with the first papers of each kind."""
    lines = []
    for fault, number in manifest["counts"].get("date_faults", {}).items():
        name, note = _FAULTS.get(fault, (clip(str(fault), 40), ""))
        sample = [row for row in manifest.get("date_faults_sample", []) if row["date_fault"] == fault]
        shown = join_words([clip(f"{row['paper_id']} ({row['published']})", 80) for row in sample[:3]])
        lines.append(Line(name, count(int(number)), f"{note}: {shown}" if shown else note))
    return tuple(lines)


def _periods(manifest: Mapping[str, Any], series: Mapping[tuple[str, str], Series]) -> tuple[str, ...]:
    """Which periods, why these, and which do not count."""
    longest = max(series.values(), key=lambda one: len(one.periods), default=None)
    if longest is None or not longest.periods:
        return ("No paper is dated, so there are no periods.",)
    sentences = [_sentence(f"Periods are {manifest['period']['reason']}")]
    incomplete = [period.label for period in longest.periods if not period.is_complete]
    if incomplete:
        shown = join_words(incomplete[:4]) + (
            f" and {len(incomplete) - 4} more" if len(incomplete) > 4 else ""
        )
        are = "is" if len(incomplete) == 1 else "are"
        sentences.append(f"{shown} {are} incomplete: drawn hollow on hatching, and not part of the lines.")
    gaps = manifest.get("gaps", [])
    sentences += [_sentence(f"{gap['period']} is incomplete: {gap['reason']}") for gap in gaps[:6]]
    if len(gaps) > 6:
        sentences.append(f"{len(gaps) - 6} more gaps of this kind are in manifest.json.")
    empty = [period.label for period in longest.periods if period.is_empty]
    if empty:
        shown = join_words(empty[:4]) + (f" and {len(empty) - 4} more" if len(empty) > 4 else "")
        sentences.append(f"No paper is dated in {shown}: the lines have a gap there.")
    return tuple(sentences)


def _topics(manifest: Mapping[str, Any]) -> tuple[str, ...]:
    """How topics were found, or why none were."""
    topics = manifest["topics"]
    sentences = [_sentence(clip(str(topics["reason"]), 600))] if topics.get("reason") else []
    parameters = topics.get("parameters") or {}
    if parameters:
        listed = ", ".join(f"{name} {_written(value)}" for name, value in parameters.items())
        sentences.append(f"Parameters: {listed}.")
    sentences += [one for one in (model_names_sentence(manifest), edits_sentence(manifest)) if one]
    return tuple(sentences)


def _sources(sources: Sequence[Mapping[str, Any]]) -> tuple[Line, ...]:
    """One line per kind of source: files, days and records."""
    lines = []
    for kind in dict.fromkeys(str(source["source"]) for source in sources):
        files = [source for source in sources if source["source"] == kind]
        days = sorted(source["day"] for source in files if isinstance(source.get("day"), str))
        note = plural(sum(int(source["records"]) for source in files), "record")
        rejected = sum(int(source["rejects"]) for source in files)
        note += f", {count(rejected)} rejected" if rejected else ""
        if days:
            note += f", seen {days[0]}" + (f" to {days[-1]}" if days[-1] != days[0] else "")
        lines.append(Line(clip(kind, 80), plural(len(files), "file"), note))
    return tuple(lines)


def _file(source: Mapping[str, Any]) -> tuple[str, ...]:
    location, day = _texts(source, ("location", "day"))
    return (location, day, count(int(source["records"])), count(int(source["rejects"])))


def _run(manifest: Mapping[str, Any]) -> tuple[Line, ...]:
    """Name this run and what it was made from."""
    rows = (
        ("run", "run_id"),
        ("as of", "as_of"),
        ("started", "started_at"),
        ("compared with", "against"),
        ("themes", "themes_file"),
        ("vectorizer", "vectorizer_id"),
        ("reason for the vectorizer", "vectorizer_why"),
        ("GPU", "gpu"),
        ("seed", "random_state"),
        ("corpus hash", "corpus_hash"),
    )
    return tuple(
        Line(name, clip(str(manifest[key]), 120)) for name, key in rows if manifest.get(key) is not None
    )


def _merge(row: Mapping[str, Any]) -> tuple[str, ...]:
    """Two records that are held to be one paper: the paper, both titles, how sure it is, and why."""
    reasons = ", ".join(str(reason) for reason in row["reasons"])
    paper_id, one, other = _texts(row, ("paper_id", "one", "other"))
    return (paper_id, one, other, percent(float(row["probability"])), clip(reasons, 300))


def _texts(row: Mapping[str, Any], keys: Sequence[str]) -> tuple[str, ...]:
    """Values of `keys` as clean text, empty where there is none."""
    return tuple(clip(value, 200) if isinstance(value := row.get(key), str) else "" for key in keys)


def _written(value: object) -> str:
    """Format a setting: text unchanged, anything else as JSON."""
    return clip(value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False), 400)


def _sentence(text: str) -> str:
    """Clean text with a capital at its start and a full stop at its end."""
    text = clip(text, 600).strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")
