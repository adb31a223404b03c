"""Comparison with earlier runs: changes since the previous run, and the accuracy of earlier claims."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from analytics.exceptions import InputError
from analytics.forecasts.track_record import score_claims, score_record
from analytics.tables import RunTables, empty_table, is_among, validate_table
from analytics.topics.identity import GONE, match_topics, rename_topics
from analytics.topics.topic_edits import merged_alike, topic_parts
from analytics.trends.change_decomposition import KINDS, share_changes
from flows.runs import earlier_runs, previous_run, read_assignments, read_manifest, read_run
from flows.runs.record import read_record, read_statements

__all__ = ["RunDifference", "compare_with_previous", "diff_runs", "keep_record"]

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class RunDifference:
    """Difference of two runs: the table `changes` with names of the series, and the numbers of papers."""

    before: Mapping[str, Any]
    after: Mapping[str, Any]
    changes: pd.DataFrame
    n_new: int
    n_gone: int
    definition_changed: bool


def diff_runs(before: Path, after: Path) -> RunDifference:
    """Compare two run folders, the first with the second."""
    (old, old_manifest), (new, new_manifest) = read_run(before), read_run(after)
    changed = old_manifest.get("definitions") != new_manifest.get("definitions")
    changes = _compare_runs(old, new, against=before.name, definition_changed=changed)
    names = {
        **_names(old),
        **{("topic", f"{GONE}{one}"): name for (kind, one), name in _names(old).items() if kind == "topic"},
        **_names(new),
    }
    keys = zip(changes["kind"], changes["series_id"], strict=True)
    old_ids, new_ids = pd.Index(old.papers["paper_id"]), pd.Index(new.papers["paper_id"])
    return RunDifference(
        before=old_manifest,
        after=new_manifest,
        changes=changes.assign(name=[names.get(key, key[1]) for key in keys]),
        n_new=len(new_ids.difference(old_ids)),
        n_gone=len(old_ids.difference(new_ids)),
        definition_changed=changed,
    )


def _names(tables: RunTables) -> dict[tuple[str, str], str]:
    themes = {
        ("theme", one): name
        for one, name in zip(tables.themes["theme_id"], tables.themes["name"], strict=True)
    }
    topics = {
        ("topic", one): name
        for one, name in zip(tables.topics["topic_id"], tables.topics["label"], strict=True)
    }
    return themes | topics


def compare_with_previous(
    workspace: Path, tables: RunTables, fingerprint: str, definitions: str, day: date
) -> tuple[pd.DataFrame, dict[str, Any] | None]:
    """Table `changes` against the previous run, and the facts of that run (None for a first run).

    A run whose folder lost a file, or holds a damaged one, is left out, and the one before it taken.
    """
    found = _previous(workspace, fingerprint, day)
    if found is None:
        return empty_table("changes"), None
    folder, before, manifest = found
    changed = manifest.get("definitions") != definitions
    changes = _compare_runs(before, tables, against=folder.name, definition_changed=changed)
    new = int((~is_among(tables.papers["paper_id"], before.papers["paper_id"])).sum())
    return changes, {"run_id": folder.name, "as_of": manifest["as_of"], "new_papers": new}


def _previous(workspace: Path, fingerprint: str, day: date) -> tuple[Path, RunTables, dict[str, Any]] | None:
    """Run to compare with, the newest that can be read."""
    damaged: list[Path] = []
    while (folder := previous_run(workspace, fingerprint, day, but=damaged)) is not None:
        try:
            return folder, read_assignments(folder), read_manifest(folder)
        except InputError as error:
            logger.warning("the run %s is not used in the comparison: %s", folder.name, error)
            damaged.append(folder)
    return None


def _compare_runs(
    before: RunTables, after: RunTables, *, against: str, definition_changed: bool
) -> pd.DataFrame:
    """Table `changes` of two runs, topics under the later run's ids and merged as there."""
    if _has_registry(before.topic_assignments):
        before = merged_alike(before, after)
    names = _topic_names(before.topic_assignments, after.topic_assignments)
    changes = share_changes(
        replace(
            before,
            topics=rename_topics(before.topics, names),
            topic_assignments=rename_topics(before.topic_assignments, names),
        ),
        after,
        against=against,
        definition_changed=definition_changed,
        kinds=KINDS,
    )
    return validate_table("changes", changes)


def keep_record(
    workspace: Path, tables: RunTables, definitions: str, day: date
) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, Any]]:
    """Score the forecasts and claims of the runs of earlier days by this run's series.

    Themes are scored where they are defined as they were; topics where this run has the same subject.
    """
    record = read_record(workspace)
    parts = topic_parts(tables.topic_assignments)
    of_record = [_of_parts(made, parts) for made in record.before(day, definitions)]
    forecasts, claims = [of_record[0]], [of_record[1]]
    for folder, facts in earlier_runs(workspace, day, but=record.runs):
        try:
            statements = read_statements(folder)
        except InputError as error:
            logger.warning("the run %s is left out of the track record: %s", folder.name, error)
            continue
        names = _topic_names(statements.topic_assignments, tables.topic_assignments)
        if statements.is_of_registry:  # of a topic that was merged otherwise, the claims are of other papers
            then = topic_parts(statements.topic_assignments)
            names = {one: one for one in names if parts.get(one, then.get(one)) == then.get(one)}
        same_themes = facts.definitions == definitions
        for kept, made in ((forecasts, statements.forecasts), (claims, statements.claims)):
            scorable = _scorable(made, names, same_themes=same_themes)
            kept.append(scorable.assign(run_id=facts.run_id, as_of=facts.as_of.isoformat()))
    scored = score_record(_oldest_first(forecasts), tables.trends)
    judged = score_claims(_oldest_first(claims), tables.trends)
    return scored, judged, {"n_runs": len(set(scored["run_id"]) | set(judged["run_id"]))}


def _of_parts(made: pd.DataFrame, parts: Mapping[str, str]) -> pd.DataFrame:
    """Rows of the record with the ids of this run for merged topics; those merged otherwise are dropped."""
    is_topic = made["kind"] == "topic"
    topic_of = {whole: one for one, whole in parts.items()}
    whole = made["series_id"].map(topic_of).where(is_topic)
    otherwise = (
        is_topic
        & whole.isna()
        & (made["series_id"].isin(parts) | made["series_id"].str.contains("+", regex=False))
    )
    return made.assign(series_id=whole.where(whole.notna(), made["series_id"]).astype("str"))[~otherwise]


def _oldest_first(parts: list[pd.DataFrame]) -> pd.DataFrame:
    filled = [part for part in parts if len(part)] or parts[:1]  # an empty part may change no type
    return pd.concat(filled).sort_values(["as_of", "run_id"], kind="stable", ignore_index=True)


def _topic_names(before: pd.DataFrame, after: pd.DataFrame) -> dict[str, str]:
    """Current id of each earlier topic: unchanged, or matched by papers for runs without a registry."""
    if _has_registry(before):
        return {one: one for one in before["topic_id"].unique()}
    return match_topics(before, after)


def _has_registry(assignments: pd.DataFrame) -> bool:
    """Whether the topics of a run keep their ids."""
    return not bool(assignments["basis"].isna().all())


def _scorable(made: pd.DataFrame, names: Mapping[str, str], *, same_themes: bool) -> pd.DataFrame:
    """Rows of an earlier run under this run's ids; rows without a counterpart are dropped."""
    is_topic = made["kind"] == "topic"
    matched = is_topic & made["series_id"].isin(names)
    return rename_topics(made[matched | (~is_topic & same_themes)], names)
