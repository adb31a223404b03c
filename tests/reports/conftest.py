"""Runs made up for the report: one small factory, and the states that must look right.

Counts and shares of a made-up run are those of its papers; verdicts are planted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analytics.forecasts.backtest import backtest, choose_forecaster
from analytics.forecasts.share_forecasts import forecast_shares
from analytics.tables import ADDED_COLUMNS, TABLE_COLUMNS, RunTables, empty_table, validate_table
from analytics.trends.shares import wilson_interval
from analytics.trends.unassigned import unassigned_papers
from reports.charts import series_figure
from reports.context import make_report_context
from reports.render import render_report
from reports.view import RunView

THEMES = ("Agents", "RL exploration", "Self-improvement", "Introspection")
_FIRST = (
    "Sparse",
    "Guided",
    "Latent",
    "Causal",
    "Verified",
    "Shared",
    "Frugal",
    "Recursive",
    "Open-Ended",
    "Deep",
)
_SECOND = (
    "Rewards",
    "Tools",
    "Planning",
    "Memory",
    "Curricula",
    "Feedback",
    "Reflection",
    "Search",
    "Skills",
)
_THIRD = (
    "Language Models",
    "Robot Teams",
    "Games Without Rules",
    "Long Documents",
    "Small Devices",
    "Mathematics",
)
_NAMES = ("Ada Example", "Bo Sample", "Chidi Instance", "Dana Specimen", "Emre Case", "Fumiko Pattern")
# Shape of each planted course: odds ratio a year and the verdict that goes with it.
_COURSES = (
    (1.9, "rising"),
    (1.02, "steady"),
    (0.58, "falling"),
    (1.1, "insufficient"),
)


HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Run:
    """Tables and manifest of one made-up run."""

    tables: RunTables
    manifest: dict[str, Any]

    def with_tables(self, **tables: pd.DataFrame) -> Run:
        """The same run with some tables exchanged."""
        return Run(replace(self.tables, **tables), self.manifest)


def make_run(
    n_papers: int = 400,
    *,
    themes: tuple[str, ...] = THEMES,
    n_topics: int = 12,
    start: str = "2024-06-01",
    months: int = 18,
    courses: tuple[tuple[float, str], ...] = _COURSES,
    seed: int = 0,
) -> Run:
    """Run of `n_papers` papers over `months` months, the first and last of them incomplete."""
    rng = np.random.default_rng(seed)
    first = pd.Timestamp(start)
    days = max(1, int(months * 30.4) - 20) if months else 1
    offsets = np.sort(rng.integers(0, days, n_papers)) + (9 if months > 1 else 0)
    papers = _papers(n_papers, first + pd.to_timedelta(offsets, unit="D"), rng)
    ids = [name.lower().replace(" ", "-") for name in themes]
    assigned = _theme_assignments(papers, ids, courses, rng)
    primary = assigned[assigned["is_primary"]].set_index("paper_id")["theme_id"]
    papers["primary_theme"] = papers["paper_id"].map(primary).astype("str")
    topic_ids = [f"T{number:04d}" for number in range(1, n_topics + 1)]
    if topic_ids:
        weights = 1 / np.arange(2, n_topics + 2)
        papers["topic_id"] = rng.choice(
            ["-1", *topic_ids], n_papers, p=[0.3, *(0.7 * weights / weights.sum())]
        )
    periods = pd.period_range(first, periods=max(months, 1), freq="M")
    courses_of = {("theme", name): courses[i % len(courses)] for i, name in enumerate(ids)}
    quiet = (1.05, "steady"), (1.3, "unclear"), (1.0, "insufficient")
    courses_of |= {("topic", name): quiet[i % 3] for i, name in enumerate(topic_ids)}
    trends = _trends(papers, assigned, ids, topic_ids, periods)
    verdicts = _verdicts(trends, courses_of)
    tables = replace(
        RunTables(**{name: empty_table(name) for name in TABLE_COLUMNS}),
        papers=validate_table("papers", papers),
        theme_assignments=assigned,
        topic_assignments=_topic_assignments(papers),
        positions=_positions(papers, topic_ids),
        themes=_themes(themes, ids, assigned),
        theme_terms=_theme_terms(ids, assigned),
        near_misses=_near_misses(papers, ids, assigned),
        theme_quality=_unlabelled(ids, assigned, n_papers),
        topics=_topics(papers, topic_ids),
        trends=_with_smooth(trends, verdicts),
        verdicts=verdicts,
    )
    return Run(tables, make_manifest(tables))


def _positions(papers: pd.DataFrame, topic_ids: list[str]) -> pd.DataFrame:
    """Topics on a circle, their papers around them, those in none anywhere."""
    if not topic_ids:
        return empty_table("positions")
    rng = np.random.default_rng(1)
    angle = {one: 2 * np.pi * at / len(topic_ids) for at, one in enumerate(topic_ids)}
    center = papers["topic_id"].map(angle).fillna(0).to_numpy(dtype=float)
    radius = np.where(papers["topic_id"] == "-1", 3.0, 2.0) + rng.normal(0, 0.1, len(papers))
    x, y = radius * np.cos(center), radius * np.sin(center) + rng.normal(0, 0.1, len(papers))
    return validate_table("positions", pd.DataFrame({"paper_id": papers["paper_id"], "x": x, "y": y}))


def _theme_terms(ids: list[str], assigned: pd.DataFrame) -> pd.DataFrame:
    """Two terms of the first theme, one of each direction, where it has papers."""
    if not ids or not (assigned["theme_id"] == ids[0]).any():
        return empty_table("theme_terms")
    rows = [
        (ids[0], "computer use", 30, 90, 2, 110, 1e-9, 1e-8),
        (ids[0], "web navigation", 1, 90, 24, 110, 1e-6, 1e-5),
    ]
    return validate_table("theme_terms", pd.DataFrame(rows, columns=list(empty_table("theme_terms").columns)))


def _near_misses(papers: pd.DataFrame, ids: list[str], assigned: pd.DataFrame) -> pd.DataFrame:
    """Ten papers of each theme that it does not have, the likeliest at 0.49."""
    frames = []
    for theme_id in ids:
        own = assigned.loc[assigned["theme_id"] == theme_id, "paper_id"]
        others = papers.loc[~papers["paper_id"].isin(own), "paper_id"].head(10).tolist()
        chances = 0.49 - 0.04 * np.arange(len(others))
        frames.append(
            pd.DataFrame(
                {"theme_id": theme_id, "paper_id": others, "score": 6 * chances, "probability": chances}
            )
        )
    return validate_table("near_misses", pd.concat(frames)) if frames else empty_table("near_misses")


NOT_KNOWN = dict.fromkeys(
    (
        "kappa", "precision", "precision_low", "precision_high", "recall", "recall_low", "recall_high",
        "share_checked", "checked_low", "checked_high", "r2", "labels_to_halve", "drift_p",
    ),
    np.nan,
)  # fmt: skip
NO_LABELS = NOT_KNOWN | {
    "n_labels": 0, "n_yes": 0, "n_drawn": 0, "n_earlier": 0, "labelled_by": "", "n_both": 0,
    "is_taught": False, "is_checked": False,
}  # fmt: skip
FEW_LABELS = NO_LABELS | {"n_labels": 14, "n_yes": 3, "n_drawn": 12, "n_earlier": 2, "labelled_by": "ada"}
CHECKED = NO_LABELS | {
    "n_labels": 134, "n_yes": 45, "n_drawn": 120, "n_earlier": 14, "labelled_by": "ada", "is_checked": True,
    "precision": 0.99, "precision_low": 0.95, "precision_high": 1.0,
    "recall": 0.3, "recall_low": 0.25, "recall_high": 0.38,
    "share_checked": 0.344, "checked_low": 0.293, "checked_high": 0.398,
    "r2": 0.62, "labels_to_halve": 363.0, "drift_p": 0.4,
}  # fmt: skip
JUDGED = CHECKED | {
    "labelled_by": "ada, model:llama3.3", "n_both": 20, "kappa": 0.71, "is_taught": True, "drift_p": 0.012,
    "recall": 0.83, "recall_low": 0.7, "recall_high": 0.91, "n_earlier": 0,
    "share_checked": 0.081, "checked_low": 0.034, "checked_high": 0.12,
}  # fmt: skip


def _unlabelled(ids: list[str], assigned: pd.DataFrame, n_papers: int) -> pd.DataFrame:
    """Quality of themes about which nobody has answered."""
    if not ids:
        return empty_table("theme_quality")
    sizes = assigned["theme_id"].value_counts()
    rows = [{"theme_id": one, **NO_LABELS, "share_found": sizes.get(one, 0) / n_papers} for one in ids]
    return validate_table("theme_quality", pd.DataFrame(rows))


def with_labels(run: Run, told: dict[str, dict[str, Any]]) -> Run:
    """The same run with answers on some themes; what is checked has a share of its own in each period.

    Checked shares are those found times the ratio of the two pooled shares, with bands twice as wide.
    """
    quality = run.tables.theme_quality.set_index("theme_id")
    trends, verdicts = run.tables.trends.copy(), run.tables.verdicts.copy()
    for theme_id, row in told.items():
        quality.loc[theme_id, list(row)] = pd.Series(row, dtype=object)
        if not row["is_checked"]:
            continue
        mine = (trends["kind"] == "theme") & (trends["series_id"] == theme_id)
        ratio = row["share_checked"] / quality.loc[theme_id, "share_found"]
        shares = trends.loc[mine, ["share", "share_low", "share_high"]]
        checked = (shares["share"] * ratio).clip(0, 1)
        wide = 2 * ratio * shares.sub(shares["share"], axis=0)
        smooth = ["smooth_share", "smooth_low", "smooth_high"]
        trends.loc[mine, smooth] = (trends.loc[mine, smooth] * ratio).clip(0, 1)
        trends.loc[mine, "checked_share"] = checked
        trends.loc[mine, "checked_low"] = (checked + wide["share_low"]).clip(0, 1)
        trends.loc[mine, "checked_high"] = (checked + wide["share_high"]).clip(0, 1)
        own = (verdicts["kind"] == "theme") & (verdicts["series_id"] == theme_id)
        verdicts.loc[own, "basis"] = "checked"
        verdicts.loc[own, ["start_share", "end_share"]] *= ratio
    types = run.tables.theme_quality.dtypes
    return run.with_tables(
        theme_quality=validate_table("theme_quality", quality.reset_index().astype(types)),
        trends=validate_table("trends", trends),
        verdicts=verdicts,
    )


def _labelled() -> Run:
    """One theme checked, one without an answer, one with a few, one taught and judged by a model too."""
    told = {"agents": CHECKED, "self-improvement": FEW_LABELS, "rl-exploration": JUDGED}
    return with_labels(with_outlook(make_run(3000, start="2023-06-01", months=30)), told)


def _labelled_hostile() -> Run:
    run = _hostile()
    ids = list(run.tables.themes["theme_id"])
    model = CHECKED | {"labelled_by": f"model:{HOSTILE[1]},model:{HOSTILE[4]}"}
    return with_labels(run, {ids[0]: model, ids[1]: FEW_LABELS})


def before_five_words(run: Run) -> Run:
    """The same run as it was before the five words: no shares at start and end, no smooth ones, no ``unclear``."""
    verdicts = run.tables.verdicts.drop(columns=list(ADDED_COLUMNS["verdicts"]))
    verdicts = verdicts.assign(verdict=verdicts["verdict"].replace("unclear", "steady"))
    verdicts = verdicts[verdicts["window"] != "lasting"].assign(**ADDED_COLUMNS["verdicts"])
    smooth = dict.fromkeys(("smooth_share", "smooth_low", "smooth_high"), np.nan)
    return run.with_tables(
        verdicts=validate_table("verdicts", verdicts), trends=run.tables.trends.assign(**smooth)
    )


def _older() -> Run:
    """A run from before labels and the five words: no probabilities, no tables of quality or near misses."""
    run = before_five_words(make_run(300))
    return run.with_tables(
        theme_quality=empty_table("theme_quality"),
        near_misses=empty_table("near_misses"),
        theme_assignments=run.tables.theme_assignments.assign(probability=np.nan),
    )


def _papers(n: int, published: pd.DatetimeIndex, rng: np.random.Generator) -> pd.DataFrame:
    def pick(words: tuple[str, ...]) -> np.ndarray:
        return rng.choice(np.array(words, dtype=object), n)

    titles = [f"{a} {b} for {c}" for a, b, c in zip(pick(_FIRST), pick(_SECOND), pick(_THIRD), strict=True)]
    n_authors = rng.integers(1, 9, n)
    return pd.DataFrame(
        {
            "paper_id": [f"arxiv:{2400 + i // 9000}.{i % 100000:05d}" for i in range(n)],
            "title": titles,
            "abstract": "Made up.",
            "published": published.normalize().as_unit("us"),
            "published_basis": "stated",
            "published_precision": "day",
            "published_source": "daily-papers",
            "date_fault": None,
            "updated": pd.NaT,
            "is_withdrawn": False,
            "first_seen": pd.Timestamp("2025-12-31"),
            "authors": [list(_NAMES[:k]) if k < 6 else [] for k in n_authors],
            "n_authors": n_authors,
            "upvotes": rng.integers(0, 150, n),
            "organization": [None if k % 3 else "Example Institute" for k in range(n)],
            "categories": [[] for _ in range(n)],
            "venue": None,
            "url": [f"https://example.org/papers/{i}" for i in range(n)],
            "sources": [["daily-papers"]] * n,
            "primary_theme": None,
            "topic_id": "-1",
        }
    )


def _theme_assignments(
    papers: pd.DataFrame, ids: list[str], courses: tuple[tuple[float, str], ...], rng: np.random.Generator
) -> pd.DataFrame:
    years = (papers["published"] - papers["published"].min()).dt.days.fillna(0).to_numpy() / 365.25
    rows = []
    taken = np.zeros(len(papers), dtype=bool)
    for i, theme_id in enumerate(ids):
        growth, verdict = courses[i % len(courses)]
        base = 0.002 if verdict == "insufficient" else 0.09 + 0.3 * (verdict == "falling")
        odds = base / (1 - base) * growth**years
        member = rng.random(len(papers)) < odds / (1 + odds)
        found = papers.loc[member, ["paper_id"]].copy()
        found["theme_id"] = theme_id
        found["score"] = rng.gamma(4, 0.9, member.sum()).round(4)
        found["probability"] = (found["score"] / (found["score"] + 2)).clip(0.5, 0.99)
        found["is_primary"] = ~taken[member]
        found["phrase"] = f"{theme_id.replace('-', ' ')} at scale"
        taken |= member
        rows.append(found)
    if not rows:
        return empty_table("theme_assignments")
    return validate_table("theme_assignments", pd.concat(rows))


def _topic_assignments(papers: pd.DataFrame) -> pd.DataFrame:
    columns = papers[["paper_id", "topic_id"]]
    basis = np.where(papers["topic_id"] == "-1", "none", "clustered")
    near = papers["topic_id"].where(papers["topic_id"] != "-1")
    assigned = columns.assign(strength=1.0, basis=basis, nearest_topic_id=near, similarity=0.8)
    assigned["found_topic_id"] = papers["topic_id"]
    return validate_table("topic_assignments", assigned)


def _themes(names: tuple[str, ...], ids: list[str], assigned: pd.DataFrame) -> pd.DataFrame:
    if not ids:
        return empty_table("themes")
    sizes = assigned["theme_id"].value_counts()
    rows = {
        "theme_id": ids,
        "name": list(names),
        "description": [f"Work on {name.lower()}, made up for the tests." for name in names],
        "n_papers": [int(sizes.get(one, 0)) for one in ids],
    }
    return validate_table("themes", pd.DataFrame(rows))


def _topics(papers: pd.DataFrame, topic_ids: list[str]) -> pd.DataFrame:
    if not topic_ids:
        return empty_table("topics")
    grouped = papers.groupby("topic_id")["paper_id"]
    members = {one: list(ids) for one, ids in grouped}
    terms = [f"{a} {b}".lower() for a in _FIRST for b in _SECOND]
    rows = {
        "topic_id": topic_ids,
        "label": [terms[(7 * i) % len(terms)] for i in range(len(topic_ids))],
        "top_terms": [[terms[(7 * i + k) % len(terms)] for k in range(10)] for i in range(len(topic_ids))],
        "coherence": [0.1] * len(topic_ids),
        "n_papers": [len(members.get(one, [])) for one in topic_ids],
        "representative_papers": [members.get(one, [])[:3] for one in topic_ids],
        **{name: usual for name, usual in ADDED_COLUMNS["topics"].items() if name != "coherence"},
        "merged_ids": [[] for _ in topic_ids],
    }
    return validate_table("topics", pd.DataFrame(rows))


def _trends(
    papers: pd.DataFrame,
    assigned: pd.DataFrame,
    ids: list[str],
    topic_ids: list[str],
    periods: pd.PeriodIndex,
) -> pd.DataFrame:
    month = papers.set_index("paper_id")["published"].dt.to_period("M")
    totals = month.value_counts().reindex(periods, fill_value=0).to_numpy()
    member = {("theme", one): assigned.loc[assigned["theme_id"] == one, "paper_id"] for one in ids}
    member |= {("topic", one): papers.loc[papers["topic_id"] == one, "paper_id"] for one in topic_ids}
    frames = []
    for (kind, series_id), found in member.items():
        counts = month.loc[found].value_counts().reindex(periods, fill_value=0).to_numpy()
        low, high = wilson_interval(counts, totals)
        frames.append(
            pd.DataFrame(
                {
                    "kind": kind,
                    "series_id": series_id,
                    "period_start": periods.to_timestamp(),
                    "period_end": (periods + 1).to_timestamp(),
                    "n_papers": counts,
                    "n_total": totals,
                    "share": counts / np.where(totals > 0, totals, np.nan),
                    "share_low": low,
                    "share_high": high,
                    "is_complete": [0 < i < len(periods) - 1 for i in range(len(periods))],
                    "checked_share": np.nan,
                    "checked_low": np.nan,
                    "checked_high": np.nan,
                    "smooth_share": np.nan,
                    "smooth_low": np.nan,
                    "smooth_high": np.nan,
                }
            )
        )
    return validate_table("trends", pd.concat(frames)) if frames else empty_table("trends")


def _verdicts(trends: pd.DataFrame, courses: dict[tuple[str, str], tuple[float, str]]) -> pd.DataFrame:
    """Planted verdicts: what rises did so in the newest months too and keeps on; what falls may not."""
    rows: dict[str, list[dict[str, Any]]] = {"long": [], "recent": [], "lasting": []}
    complete = trends[trends["is_complete"] & (trends["n_total"] > 0)]
    for number, ((kind, series_id), (growth, verdict)) in enumerate(courses.items()):
        found = complete[(complete["kind"] == kind) & (complete["series_id"] == series_id)]
        n_papers, n_periods = int(found["n_papers"].sum()), len(found)
        word = verdict if n_periods >= 5 and n_papers >= 20 else "insufficient"
        p = {"rising": 1e-5, "falling": 2e-4}.get(word, 0.4) * (1 + number / 100)
        row = {"kind": kind, "series_id": series_id, "n_papers": n_papers, "n_periods": n_periods}
        row |= {"basis": "found", "period": "month", "is_fragile": False, "is_curved": False}
        late = word if word in ("rising", "insufficient") else "unclear"
        for window, said in (("long", word), ("recent", late), ("lasting", late)):
            rows[window].append(row | {"window": window} | _estimates(said, growth, p, found, window))
    told = [one for window in rows.values() for one in window]
    return validate_table("verdicts", pd.DataFrame(told)) if told else empty_table("verdicts")


_REACH = {"rising": 0.3, "falling": 0.3, "steady": 0.05, "unclear": 0.6}
"""Logits from a planted change to the ends of its interval."""


def _estimates(
    word: str, growth: float, p: float, found: pd.DataFrame, window: str
) -> dict[str, float | str | pd.Timestamp]:
    """Numbers that agree with a planted verdict, around the pooled share of the series."""
    until = found["period_end"].max() if len(found) else pd.NaT
    parted = until - pd.DateOffset(months=3) if window == "recent" and len(found) else pd.NaT
    since = found["period_start"].min() if len(found) else pd.NaT
    row = {"verdict": word, "since": since, "parted": parted, "until": until}
    names = [
        "growth_per_year", "growth_low", "growth_high", "p_value", "q_value", "steady_p", "start_share",
        "end_share", "change", "change_low", "change_high", "papers_to_tell", "days_to_tell",
    ]  # fmt: skip
    row |= dict.fromkeys(names, np.nan)
    if word == "insufficient":
        return row
    row |= {"growth_per_year": growth, "growth_low": 0.8 * growth, "growth_high": 1.25 * growth}
    row |= {"p_value": p, "q_value": min(1.0, 2 * p), "steady_p": 0.001 if word == "steady" else 0.5}
    if window == "lasting":
        return row
    level = found["n_papers"].sum() / found["n_total"].sum()
    change = growth ** (len(found) / 12)
    start = 2 * level / (1 + change)
    row |= {"start_share": start, "end_share": start * change, "change": change}
    row |= {"change_low": change * np.exp(-_REACH[word]), "change_high": change * np.exp(_REACH[word])}
    if word == "unclear" and window == "long":
        row |= {"papers_to_tell": 120.4, "days_to_tell": 33.0}
    return row


def _with_smooth(trends: pd.DataFrame, verdicts: pd.DataFrame) -> pd.DataFrame:
    """Smooth shares along a straight line from start to end, with a band of a fifth of them."""
    long = verdicts[verdicts["window"] == "long"].set_index(["kind", "series_id"])
    rows = trends.merge(
        long[["start_share", "end_share"]], how="left", left_on=["kind", "series_id"], right_index=True
    )
    place = rows.groupby(["kind", "series_id"]).cumcount()
    last = rows.groupby(["kind", "series_id"])["n_total"].transform("size") - 1
    part = (place / last.clip(lower=1)).to_numpy()
    share = rows["start_share"] + (rows["end_share"] - rows["start_share"]) * part
    share = share.where((rows["n_total"] > 0).to_numpy())
    smooth = {"smooth_share": share, "smooth_low": 0.8 * share, "smooth_high": (1.2 * share).clip(upper=1)}
    return validate_table("trends", trends.assign(**{name: one.to_numpy() for name, one in smooth.items()}))


def make_manifest(tables: RunTables) -> dict[str, Any]:
    """Manifest that agrees with `tables`."""
    papers = tables.papers
    dates = papers["published"].dropna()
    n_dated = len(dates)
    return {
        "run_id": "20251231T060000Z-1a2b3c4d",
        "as_of": "2025-12-31",
        "started_at": "2025-12-31T06:00:00Z",
        "title": "Daily Papers",
        "settings": {
            "workspace": "data/workspace",
            "vectorizer": "minilm",
            "as_of": None,
            "false_discovery_rate": 0.05,
        },
        "versions": {"papertrends": "0.1.0", "python": "3.12.3", "pandas": "3.1.1"},
        "random_state": 0,
        "vectorizer_id": "minilm:53aa5117",
        "corpus_hash": "9f2c" * 16,
        "counts": {
            "papers": len(papers),
            "dated": n_dated,
            "undated": len(papers) - n_dated,
            "rejected": 2,
            "unclustered": int((papers["topic_id"] == "-1").sum()),
            "without_theme": int(papers["primary_theme"].isna().sum()),
            "merged": 31,
            "later": 0,
            "before_span": 0,
            "encoded": 5,
        },
        "sources": [
            {
                "source": "daily-papers",
                "location": "2025-12-30.json",
                "records": 24,
                "rejects": 2,
                "day": "2025-12-30",
            }
        ],
        "rejects_sample": [
            {
                "location": "2025-12-30.json",
                "position": "entry 4",
                "reason": "no title",
                "excerpt": "{'paper': {}}",
            }
        ],
        "span": {"start": "2024-06-10" if n_dated else None, "end": "2025-12-31" if n_dated else None},
        "period": {
            "freq": "month",
            "reason": "months: the shortest period whose median holds at least 20 papers (310), in 8 to 60 periods (16)",
        }
        if n_dated
        else None,
        "topics": {
            "clustered": bool(len(tables.topics)),
            "reason": "Clustered by density in 5 dimensions, at least 24 papers a topic."
            if len(tables.topics)
            else "12 papers are too few to cluster; 15 are needed.",
            "parameters": {"n_neighbors": 15, "min_cluster_size": 24} if len(tables.topics) else None,
        },
        "seconds": {"ingest": 1.24, "encode": 61.7, "topics": 40.2, "report": 2.0},
        "warnings": [],
        "themes_file": "data/themes.toml",
        "command": "papertrends run ../shared/corpora/hf_daily_papers --workspace W",
        "against": None,
        "since": None,
    }


def _one_paper() -> Run:
    return make_run(1, months=1, n_topics=0)


def _all_undated() -> Run:
    run = make_run(40, n_topics=0)
    papers = run.tables.papers.assign(published=pd.NaT, published_basis="missing", published_precision="none")
    verdicts = run.tables.verdicts.assign(
        verdict="insufficient", n_papers=0, n_periods=0,
        **dict.fromkeys(run.tables.verdicts.select_dtypes("float").columns, np.nan),
    )  # fmt: skip
    tables = replace(
        run.tables, papers=validate_table("papers", papers), trends=empty_table("trends"), verdicts=verdicts
    )
    return Run(tables, make_manifest(tables))


def _one_day() -> Run:
    run = make_run(60, months=0)
    trends = run.tables.trends.assign(is_complete=False)
    return run.with_tables(trends=trends)


def _no_themes() -> Run:
    return make_run(60, themes=())


def _empty_theme() -> Run:
    run = make_run(200)
    gone = "self-improvement"
    tables = run.tables
    trends, verdicts = tables.trends.copy(), tables.verdicts.copy()
    mine = trends["series_id"] == gone
    trends.loc[mine, ["n_papers", "share", "share_low"]] = 0
    verdicts.loc[verdicts["series_id"] == gone, ["verdict", "n_papers"]] = ["insufficient", 0]
    trends.loc[mine, ["smooth_share", "smooth_low", "smooth_high"]] = np.nan
    themes = tables.themes.assign(
        n_papers=np.where(tables.themes["theme_id"] == gone, 0, tables.themes["n_papers"])
    )
    assigned = tables.theme_assignments[tables.theme_assignments["theme_id"] != gone]
    papers = tables.papers.assign(
        primary_theme=tables.papers["primary_theme"].where(tables.papers["primary_theme"] != gone)
    )
    return run.with_tables(
        trends=trends, verdicts=verdicts, themes=themes, theme_assignments=assigned,
        papers=validate_table("papers", papers),
    )  # fmt: skip


def _feed_gap() -> Run:
    run = make_run(500)
    trends = run.tables.trends.copy()
    silent = trends["period_start"].isin(pd.to_datetime(["2025-01-01", "2025-02-01"]))
    trends.loc[silent, ["n_papers", "n_total"]] = 0
    shares = [name for name in trends if name.startswith(("share", "smooth"))]
    trends.loc[silent, shares] = np.nan
    return run.with_tables(trends=trends)


def _nothing_moved() -> Run:
    return make_run(900, courses=((1.03, "steady"), (0.97, "steady")), n_topics=1)


HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7 * 7 }} {% raw %} ${7*7}",
    "$\\mathcal{O}(n^2)$ bounds & \"quotes\" 'n' `ticks`",
    "\u202eevil\u202c \u2066isolate",
    "العوامل الذكية في التعلم المعزز",
    "大型語言模型的自我改進:智能體與探索",
    "😀 emoji 👩‍🔬 and a\x00control \ud800 half",
    "x" * 5000,
    "</style></title></textarea><!--",
)


def _hostile() -> Run:
    run = make_run(300, themes=('<b>Agents</b> & "$x^2$" <script>', "智能体与探索", "العوامل"), n_topics=10)
    tables = run.tables
    papers = tables.papers.copy()
    cycle = [HOSTILE[i % len(HOSTILE)] for i in range(len(papers))]
    papers["title"] = pd.Series(cycle, dtype=object)
    papers["organization"] = pd.Series(
        ["O" * 200 if i % 2 else HOSTILE[0] for i in range(len(papers))], dtype=object
    )
    papers["url"] = pd.Series(
        [("javascript:alert(1)", "data:text/html,x", "https://example.org/?q=<script>&a=\"b\"", "//x.org")[i % 4]
         for i in range(len(papers))], dtype=object,
    )  # fmt: skip
    papers["paper_id"] = [f"title:{i:016x}" for i in range(len(papers))]
    renamed = dict(zip(tables.papers["paper_id"], papers["paper_id"], strict=True))
    topics = tables.topics.copy()
    topics["label"] = pd.Series(list(HOSTILE[: len(topics)]), dtype=object)
    topics["top_terms"] = [[HOSTILE[i % 10], HOSTILE[(i + 1) % 10]] for i in range(len(topics))]
    topics["representative_papers"] = [[renamed[p] for p in ps] for ps in topics["representative_papers"]]
    assigned = tables.theme_assignments.copy()
    assigned["paper_id"] = assigned["paper_id"].map(renamed)
    assigned["phrase"] = HOSTILE[1]
    manifest = run.manifest | {
        "title": HOSTILE[0],
        "command": "papertrends run '</script>'",
        "warnings": [HOSTILE[0]],
    }
    positions = tables.positions.assign(paper_id=tables.positions["paper_id"].map(renamed))
    misses = tables.near_misses.assign(paper_id=tables.near_misses["paper_id"].map(renamed))
    hostile = {
        "papers": papers, "topics": topics, "theme_assignments": assigned, "positions": positions,
        "near_misses": misses,
    }  # fmt: skip
    return Run(replace(tables, **hostile), manifest)


def _compared() -> Run:
    run = make_run(800)
    rows = [
        ("agents", 0.302, 0.310, 0.007, 0.001, 0.0),
        ("rl-exploration", 0.12, 0.114, -0.006, 0.0, 0.0),
        ("introspection", 0.01, 0.01, 0.0, 0.0, 0.0),
    ]
    names = ("series_id", "from_share", "to_share", "by_new_papers", "by_reassignment", "by_definition")
    changes = pd.DataFrame(rows, columns=names).assign(against="20251224T060000Z-0a1b2c3d", kind="theme")
    changes["by_correction"] = 0.0
    compared = run.with_tables(changes=validate_table("changes", changes))
    since = {"run_id": "20251224T060000Z-0a1b2c3d", "as_of": "2025-12-24", "new_papers": 112}
    return Run(compared.tables, run.manifest | {"against": since["run_id"], "since": since})


def _forty_themes() -> Run:
    return make_run(2000, n_topics=4, themes=tuple(f"Theme number {i}" for i in range(40)))


def with_groups(run: Run, n_groups: int, labels: tuple[str, ...] = ()) -> Run:
    """The same run with its topics dealt out to groups."""
    topics = run.tables.topics
    codes = [at % n_groups for at in range(len(topics))]
    names = labels or tuple(f"{a.lower()}, {b.lower()}" for a in _FIRST for b in _SECOND)
    found = pd.Series([names[code] for code in codes], dtype=object)
    return run.with_tables(
        topics=topics.assign(group_id=[f"G{code + 1:02d}" for code in codes], group_label=found)
    )


def with_outlook(run: Run, *, horizon: int = 3) -> Run:
    """The same run with everything that newer runs hold: bands, marks, doubts and a track record.

    Forecasts, their backtest and the counts of loose papers are made from the run; the rest is planted.
    """
    tables = run.tables
    trends = tables.trends
    complete = trends.loc[trends["is_complete"] & (trends["n_total"] > 0)]
    months = sorted(complete["period_start"].unique())
    tried = backtest(trends[trends["kind"] == "theme"], horizon=horizon)
    method, reason = choose_forecaster(tried)
    themes, topics = list(tables.themes["theme_id"]), list(tables.topics["topic_id"])
    planted = replace(
        tables,
        verdicts=tables.verdicts.assign(is_fragile=tables.verdicts["verdict"] == "rising"),
        unassigned=unassigned_papers(tables.papers, trends),
        bursts=_bursts(themes, months),
        change_points=_change_points(themes, months),
        forecasts=forecast_shares(trends, horizon=horizon, method=method),
        backtests=tried,
        emerging=_emerging(topics),
        emerging_scores=_emerging_scores(),
        scored_forecasts=_scored_forecasts(themes, months),
        scored_claims=_scored_claims(themes, topics, months),
    )
    forecasts = {"method": method, "reason": reason, "horizon": horizon}
    return Run(planted, run.manifest | {"forecasts": forecasts, "record": {"n_runs": 7}})


def _table(name: str, rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    return validate_table(name, pd.DataFrame(rows, columns=list(TABLE_COLUMNS[name])))


def _bursts(themes: list[str], months: list[Any]) -> pd.DataFrame:
    """A burst of three months that is shown, one that is not, and one of a series that is not there."""
    return _table(
        "bursts",
        [
            ("theme", themes[0], months[8], months[11], 9.1, 0.0005, 0.004),
            ("theme", themes[0], months[2], months[3], 1.1, 0.3, 0.6),
            ("theme", "gone", months[2], months[3], 9.0, 0.001, 0.01),
        ],
    )


def _change_points(themes: list[str], months: list[Any]) -> pd.DataFrame:
    rows = [("theme", one, months[5], 0.04, 0.09, 0.0004, 0.012) for one in [*themes[:2], "gone"]]
    return _table("change_points", [*rows, ("theme", themes[0], months[12], 0.09, 0.15, 0.002, 0.03)])


def _emerging(topics: list[str]) -> pd.DataFrame:
    rows = [
        ("topic", one, 0.97 - 0.6 * i / max(len(topics), 12), 1.4 - i / 100, 30 + i)
        for i, one in enumerate(topics)
    ]
    return _table("emerging", rows)


def _emerging_scores() -> pd.DataFrame:
    rows = []
    for year, trend, momentum, chance in (
        (2022, 0.7, 0.6, 0.5),
        (2023, 0.6, 0.6, 0.4),
        (2024, *[np.nan] * 3),
    ):
        told = {"trend": trend, "momentum": momentum, "chance": chance}
        rows += [(pd.Timestamp(f"{year}-01-01"), name, value, chance) for name, value in told.items()]
    return _table("emerging_scores", rows)


def _scored_forecasts(themes: list[str], months: list[Any]) -> pd.DataFrame:
    """Ten forecasts: nine in their wide band, four in their narrow one, errors half of the naive ones."""
    bands = (0.2, 0.18, 0.22, 0.15, 0.25)
    rows = [
        ("r1", "theme", themes[0], months[i], months[i] + pd.DateOffset(months=1), *bands, "last_value", "found", months[i],
         0.2, 0.01 if i % 2 else -0.01, 0.02 if i else np.nan, i < 4, i < 9)
        for i in range(10)
    ]  # fmt: skip
    return _table("scored_forecasts", rows)


def _scored_claims(themes: list[str], topics: list[str], months: list[Any]) -> pd.DataFrame:
    """Fourteen claims: nine of ten rising came true, one of four falling; two of a topic that is gone."""
    ids = [
        *(("topic", one) for one in [*topics[:1], "T0666", *topics[1:]][:13]),
        *(("theme", one) for one in themes),
    ]
    rows = []
    for i in range(14):
        kind, series_id = ids[i % len(ids)]
        verdict = "rising" if i < 10 else "falling"
        came_true = i != 3 if i < 10 else i == 10
        rows.append(("r1", kind, series_id, verdict, months[i % 12], 0.05, 0.07, came_true))
    return _table("scored_claims", rows)


def _ahead() -> Run:
    return with_outlook(make_run(3000, start="2023-06-01", months=30))


def _ahead_short() -> Run:
    """A newer run whose history is too short for anything ahead."""
    run = make_run(60, months=5, n_topics=3)
    unassigned = unassigned_papers(run.tables.papers, run.tables.trends)
    backtests = backtest(run.tables.trends, horizon=3)
    found = run.with_tables(unassigned=unassigned, backtests=backtests)
    return Run(found.tables, run.manifest | {"forecasts": None, "record": None})


STATES: dict[str, Callable[[], Run]] = {
    "usual": make_run,
    "one-paper": _one_paper,
    "all-undated": _all_undated,
    "one-day": _one_day,
    "no-topics": lambda: make_run(12, n_topics=0, months=3),
    "no-themes": _no_themes,
    "one-theme": lambda: make_run(themes=("Agents",)),
    "forty-themes": _forty_themes,
    "three-hundred-topics": lambda: make_run(4000, n_topics=300, themes=THEMES[:2]),
    "grouped": lambda: with_groups(make_run(2000, n_topics=60), 7),
    "grouped-three-hundred-topics": lambda: with_groups(make_run(4000, n_topics=300, themes=THEMES[:2]), 12),
    "grouped-hostile": lambda: with_groups(_hostile(), 3, HOSTILE),
    "empty-theme": _empty_theme,
    "feed-gap": _feed_gap,
    "nothing-moved": _nothing_moved,
    "nothing-shown": lambda: make_run(900, courses=((1.3, "unclear"), (1.02, "steady"))),
    "before-five-words": lambda: with_outlook(before_five_words(make_run(800))),
    "compared": _compared,
    "hostile": _hostile,
    "ahead": _ahead,
    "ahead-short": _ahead_short,
    "ahead-hostile": lambda: with_outlook(_hostile()),
    "ahead-three-hundred-topics": lambda: with_outlook(
        make_run(4000, n_topics=300, themes=THEMES[:2], months=24)
    ),
    "ahead-empty-theme": lambda: with_outlook(_empty_theme()),
    "labelled": _labelled,
    "labelled-hostile": _labelled_hostile,
    "labelled-all": lambda: with_labels(
        make_run(600, themes=THEMES[:2]), {"agents": CHECKED, "rl-exploration": JUDGED}
    ),
    "labelled-undated": lambda: with_labels(_all_undated(), {"agents": CHECKED, "introspection": FEW_LABELS}),
    "older": _older,
    "ahead-one-theme": lambda: with_outlook(make_run(themes=("Agents",), n_topics=0)),
}


_VOID = {"meta", "link", "img", "br", "hr", "input"}


@dataclass
class Element:
    """One start tag of a page with what is inside it."""

    tag: str
    attributes: dict[str, str]
    inside: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All text inside, white space collapsed; no-break spaces count as spaces."""
        return " ".join("".join(self.inside).replace("\u202f", " ").split())


class Page(HTMLParser):
    """A page as a reader of HTML sees it: elements in order, each with its text."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[Element] = []
        self._open: list[Element] = []
        self.feed(html)
        self.close()
        self.unclosed = [element.tag for element in self._open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.elements.append(element)
        if tag not in _VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self._open, f"</{tag}> closes nothing"
        assert self._open[-1].tag == tag, f"</{tag}> closes <{self._open[-1].tag}>"
        self._open.pop()

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.inside.append(data)

    def all(self, tag: str, class_: str | None = None) -> list[Element]:
        """Elements of a tag, and of a class if one is given, in document order."""
        return [
            element
            for element in self.elements
            if element.tag == tag
            and (class_ is None or class_ in element.attributes.get("class", "").split())
        ]

    def by_id(self, name: str) -> Element:
        """The element with that id."""
        (found,) = [element for element in self.elements if element.attributes.get("id") == name]
        return found


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of this folder on one worker: pages of many states are rendered once, not once each."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.xdist_group("reports"))


_DRAWN: dict[str, str] = {}
"""SVG of each figure, by all that it is drawn from."""


@dataclass(frozen=True)
class _Figure:
    """A figure that is drawn when it is needed."""

    drawn_from: tuple[Any, ...]


@pytest.fixture
def charts_drawn_each_time() -> None:
    """For tests of the bytes of charts: nothing is taken from an earlier drawing."""


@pytest.fixture(autouse=True)
def _charts_drawn_once(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw equal charts once: most pages of these tests share theirs, and drawing takes most of a page's time."""
    if "charts_drawn_each_time" in request.fixturenames:
        return
    plot, svg, png = series_figure.plot_series, series_figure.svg_text, series_figure.png_bytes

    def svg_once(figure: _Figure) -> str:
        key = repr(figure.drawn_from)
        if key not in _DRAWN:
            _DRAWN[key] = svg(plot(*figure.drawn_from))
        return _DRAWN[key]

    monkeypatch.setattr(series_figure, "plot_series", lambda *drawn_from: _Figure(drawn_from))
    monkeypatch.setattr(series_figure, "svg_text", svg_once)
    monkeypatch.setattr(series_figure, "png_bytes", lambda figure: png(plot(*figure.drawn_from)))


@pytest.fixture(scope="session")
def parse_page() -> Callable[[str], Page]:
    """Parser of pages."""
    return Page


@pytest.fixture(scope="session")
def render() -> Callable[[Run], str]:
    """HTML of a run."""
    return lambda run: render_report(make_report_context(RunView(run.tables, run.manifest)))


@pytest.fixture(name="make_run")
def _make_run() -> Callable[..., Run]:
    """Factory of made-up runs."""
    return make_run


@pytest.fixture(scope="session")
def run_of() -> Callable[[str], Run]:
    """Run of each state that must look right, by name."""
    return cache(lambda name: STATES[name]())


@pytest.fixture(scope="session")
def html_of(run_of: Callable[[str], Run], render: Callable[[Run], str]) -> Callable[[str], str]:
    """HTML of each state, rendered once."""
    return cache(lambda name: render(run_of(name)))


@pytest.fixture(scope="session")
def page_of(html_of: Callable[[str], str]) -> Callable[[str], Page]:
    """Page of each state, parsed once."""
    return cache(lambda name: Page(html_of(name)))


LARGE_STATES = frozenset({name for name in STATES if "three-hundred" in name} | {"forty-themes"})
"""Those whose pages take seconds."""


@pytest.fixture(
    params=[
        pytest.param(name, marks=pytest.mark.slow) if name in LARGE_STATES else name
        for name in sorted(STATES)
    ]
)
def state(request: pytest.FixtureRequest) -> str:
    """Name of each state in turn."""
    return request.param
