"""Prefect artifacts of a run: what moved, the location of the report, data quality."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from prefect.artifacts import create_link_artifact, create_markdown_artifact, create_table_artifact

from analytics.tables import RunTables
from flows.runs import report_address

__all__ = ["make_artifacts", "moved_rows", "quality_markdown"]

_ROWS = 50
_LINES = 20
_COLUMNS = [
    "kind", "series_id", "window", "basis", "verdict", "start_share", "end_share", "change", "change_low",
    "change_high", "since", "parted", "until", "n_papers", "growth_per_year", "growth_low", "growth_high",
    "p_value", "q_value", "is_fragile",
]  # fmt: skip
_COUNTS = {
    "papers": "papers",
    "undated": "of them undated",
    "year_inferred": "with an inferred year",
    "without_theme": "in no theme",
    "unclustered": "in no topic",
    "withdrawn": "withdrawn",
    "later": "left out, from a later day",
    "rejected": "records rejected",
    "encoded": "texts encoded",
}


def make_artifacts(folder: Path, site: str, tables: RunTables, manifest: Mapping[str, Any]) -> None:
    """Create the artifacts of a published run.

    `site` is the address of the workspace's folder; the link leads to the file without.
    """
    create_table_artifact(
        moved_rows(tables.verdicts) or [{"verdict": "no change was shown"}],
        key="what-moved",
        description="Series whose share was shown to change: over the whole span, or in the newest months",
    )
    link = report_address(folder, site)
    create_link_artifact(link, key="report", link_text="Report", description=str(manifest["summary"]["lead"]))
    create_markdown_artifact(quality_markdown(manifest), key="data-quality", description="Data quality")


def moved_rows(verdicts: pd.DataFrame) -> list[dict[str, Any]]:
    """Claims of a run as plain values, the most certain first; days are ISO text, missing numbers None.

    Whether what moved keeps moving (window ``lasting``) is not a separate claim.
    """
    claims = verdicts[verdicts["verdict"].isin(["rising", "falling"]) & (verdicts["window"] != "lasting")]
    rows = claims.sort_values("q_value", kind="stable")[_COLUMNS].head(_ROWS)
    for column in ("since", "parted", "until"):
        rows[column] = rows[column].dt.strftime("%Y-%m-%d")
    rows = rows.round(dict.fromkeys(rows.select_dtypes("float").columns, 4)).astype(object)
    return [
        {str(name): value for name, value in row.items()}
        for row in rows.where(rows.notna(), None).to_dict("records")
    ]


def quality_markdown(manifest: Mapping[str, Any]) -> str:
    """Counts and data problems of a run, as Markdown."""
    counts = manifest["counts"]
    lines = ["| | |", "| --- | ---: |"]
    lines += [f"| {words} | {counts[name]:,} |" for name, words in _COUNTS.items() if name in counts]
    newest = max((str(source["day"]) for source in manifest["sources"] if source.get("day")), default="none")
    lines += ["", f"{len(manifest['sources']):,} feeds were read, the newest from {newest}.", ""]
    warnings = [str(warning) for warning in manifest["warnings"]]
    lines += [f"- {_plain(warning)}" for warning in warnings[:_LINES]] or ["No gaps."]
    if len(warnings) > _LINES:
        lines.append(f"- and {len(warnings) - _LINES} more, see the report")
    return "\n".join(lines) + "\n"


def _plain(text: str) -> str:
    return "".join(f"\\{sign}" if sign in r"\`*_{}[]<>()#+!|~" else sign for sign in " ".join(text.split()))
