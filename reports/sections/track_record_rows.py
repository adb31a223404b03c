"""The track record: how accurate forecasts and claims of earlier runs were."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analytics.tables import RunTables
from reports.values.formatting import NARROW, count, percent, plural
from reports.values.periods import period_label, period_unit
from reports.values.verdict_sentences import ICONS
from reports.view import Places

__all__ = ["Record", "ScoredClaim", "make_record"]

_MOST_CLAIMS = 12


@dataclass(frozen=True, slots=True)
class ScoredClaim:
    """One checked claim of an earlier run; `href` is empty if the series no longer exists."""

    name: str
    href: str
    verdict: str
    icon: str
    known_until: str
    before: str
    after: str
    came_true: str


@dataclass(frozen=True, slots=True)
class Record:
    """Sentences on checked forecasts, and the newest checked claims."""

    sentences: tuple[str, ...]
    claims: tuple[ScoredClaim, ...]
    claims_note: str


def make_record(tables: RunTables, recorded: Mapping[str, Any] | None, places: Places) -> Record:
    """Record from the tables `scored_forecasts` and `scored_claims`.

    `recorded` is the manifest's ``record``: how many earlier runs were scored; None without one.
    """
    forecasts, claims = tables.scored_forecasts, tables.scored_claims
    if recorded is None and forecasts.empty and claims.empty:
        return Record(("There are no earlier runs whose forecasts could be checked.",), (), "")
    runs = {*forecasts["run_id"], *claims["run_id"]}
    n_runs = int((recorded or {}).get("n_runs", len(runs)))
    if forecasts.empty and claims.empty:
        past = f" of {plural(n_runs, 'earlier run')}" if n_runs else ""
        return Record((f"No forecast or claim{past} can be checked yet.",), (), "")
    by = plural(n_runs, "earlier run")
    sentences = [
        _forecasts(forecasts, by) if len(forecasts) else f"No forecast of {by} can be checked yet.",
        _claims(claims) if len(claims) else f"No claim of {by} is a year old yet.",
    ]
    unit = _unit(tables)
    newest = claims.sort_values("last_start", ascending=False, kind="stable").head(_MOST_CLAIMS)
    rows = tuple(_row(row, unit, places) for row in newest.to_dict("records"))
    note = f"The newest {len(rows)} of {count(len(claims))}." if len(claims) > len(rows) else ""
    return Record(tuple(sentences), rows, note)


def _forecasts(scored: pd.DataFrame, by: str) -> str:
    """How often the bands held, and how far off the forecasts were."""
    n = len(scored)
    inside_90, inside_50 = (int(scored[name].sum()) for name in ("inside_90", "inside_50"))
    if n == 1:
        held = "lay in" if inside_90 else "lay outside"
        return f"The only forecast of {by} that can be checked {held} its 90{NARROW}% band."
    sentence = (
        f"{plural(n, 'forecast')} of {by} can be checked: {count(inside_90)} of {count(n)}"
        f" ({percent(inside_90 / n)}) lay in their 90{NARROW}% band and {count(inside_50)}"
        f" ({percent(inside_50 / n)}) in their 50{NARROW}% band"
    )
    errors = scored[["error", "naive_error"]].abs().dropna().mean()
    if not errors["naive_error"] > 0:
        return f"{sentence}."
    ratio = errors["error"] / errors["naive_error"]
    return f"{sentence}; their mean error was {ratio:.2f} times that of \u201csame as the last period\u201d."


def _claims(scored: pd.DataFrame) -> str:
    """How many series kept moving as claimed."""
    parts = []
    for verdict, way in (("rising", "higher"), ("falling", "lower")):
        called = scored[scored["verdict"] == verdict]
        if len(called):
            n = plural(len(called), "series", "series")
            true = count(int(called["came_true"].sum()))
            parts.append(f"of {n} called {verdict}, {true} had a {way} share a year later")
    text = "; ".join(parts)
    return f"{text[:1].upper()}{text[1:]}."


def _unit(tables: RunTables) -> str:
    """Unit of the run's periods; months where it has none."""
    if tables.trends.empty:
        return "month"
    first = tables.trends.iloc[0]
    return period_unit(first["period_start"].date(), first["period_end"].date())


def _row(row: Mapping[Any, Any], unit: str, places: Places) -> ScoredClaim:
    key = (str(row["kind"]), str(row["series_id"]))
    verdict = str(row["verdict"])
    return ScoredClaim(
        name=places.name(*key),
        href=places.href(*key),
        verdict=verdict,
        icon=ICONS.get(verdict, ""),
        known_until=period_label(row["last_start"].date(), unit),
        before=percent(row["share_before"]),
        after=percent(row["share_after"]),
        came_true="yes" if row["came_true"] else "no",
    )
