# ruff: noqa: E501
"""Means of the draws of `label_draws.py`, and the page about intervals from labels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from result_pages import markdown_table

__all__ = ["SETS", "lines_of", "summary"]

SETS = {
    "five": ("cs-NI", "cs-LO", "cs-IR", "cs-DB", "cs-NE"),
    "others": ("cs-DC", "cs-SY", "cs-CY", "cs-CC", "cs-DM"),
}
"""Five themes for the targets; the others are harder: two of them changed their meaning within the corpus."""
MOST_WIDTH = {100: 0.70, 200: 0.66, 400: 0.64}


def summary(name: str, n_labels: int, rows: list[dict[str, Any]], n_expected: int) -> dict[str, Any]:
    """Means over themes and repeats; F1 by theme, the worst change of it."""
    holds, width, even = (
        np.array([row[key] for row in rows], float) for key in ("holds", "width", "random_width")
    )
    by_theme = pd.DataFrame(
        {"theme": [row["theme"] for row in rows], "gain": [row["f1"][1] - row["f1"][0] for row in rows]}
    )
    return {
        "corpus": name, "labels": n_labels, "n": len(rows), "unchecked": n_expected - len(rows),
        **dict(zip(("pooled", "years", "change"), holds.mean(axis=0).tolist(), strict=True)),
        **dict(zip(("pooled_width", "years_width", "change_width"), (width.mean(axis=0) / even.mean(axis=0)).tolist(), strict=True)),
        "f1_without": float(np.mean([row["f1"][0] for row in rows])),
        "f1_with": float(np.mean([row["f1"][1] for row in rows])),
        "worst_gain": float(by_theme.groupby("theme")["gain"].mean().min()),
        "drift_told": float(np.mean([row["drift_told"] for row in rows])),
    }  # fmt: skip


def lines_of(found: dict[str, Any]) -> list[str]:
    """Lines of the Markdown page."""
    about, target = found["about"], [row for row in found["rows"] if row["corpus"] == "five"]
    drift = [row for row in found["rows"] if row["corpus"] == "five, drift"]
    covers = all(0.93 <= row[key] <= 0.97 for row in target for key in ("pooled", "years", "change"))
    held = {
        "coverage of 0.93 to 0.97 for pooled and yearly shares and the change": covers,
        "pooled intervals at most .70, .66, .64 as wide as those of as many even labels": all(
            row["pooled_width"] <= MOST_WIDTH[row["labels"]] for row in target
        ),
        "with planted drift coverage at least 0.92": all(
            row[key] >= 0.92 for row in drift for key in ("pooled", "years", "change")
        ),
        "planted drift told in most draws of 400 labels": drift[-1]["drift_told"] > 0.5,
        "F1 with labels nowhere below F1 without by more than .01": all(
            row["worst_gain"] >= -0.01 for row in target
        ),
        "false claims of checked verdicts on null corpora at most .05": max(found["null"].values()) <= 0.05,
    }
    names = {
        "corpus": "themes", "labels": "labels", "pooled": "pooled", "years": "years", "change": "change",
        "pooled_width": "pooled width", "years_width": "years width", "change_width": "change width",
        "f1_without": "F1 without", "f1_with": "F1 with", "worst_gain": "worst theme", "drift_told": "drift told",
    }  # fmt: skip
    return [
        "# Labels: intervals that hold",
        "",
        (
            f"Written by `make bench-labels` ({about['seconds']:.0f} s, of which encoding {about['encoding_seconds']:.0f} s; {about['machine']}, Python "
            f"{about['python']}, numpy {about['numpy']}). {about['papers']} arXiv papers of 1998-2019; the category answers for a reader; {about['repeats']} draws each. "
            f"Five themes: {', '.join(SETS['five'])}; others: {', '.join(SETS['others'])}."
        ),
        "",
        "| target | holds |",
        "| --- | --- |",
        *(f"| {name} | {'yes' if is_held else 'NO'} |" for name, is_held in held.items()),
        "",
        "Coverage of 95 % intervals, their mean width over that of as many even labels, F1 of the lists (mean, and the mean change of the worst theme), how often drift is detected:",
        "",
        *markdown_table(found["rows"], names),
        "",
        f"Runs with a false claim on null corpora: {found['null']['long']:.3f} over the whole span, {found['null']['recent']:.3f} of late.",
        "",
    ]  # fmt: skip
