"""The track record: forecasts and claims of earlier runs, compared with the actual shares."""

from __future__ import annotations

import pandas as pd

from analytics.forecasts.share_forecasts import score_forecasts
from analytics.tables import empty_table, validate_table
from analytics.trends.series_grids import counted_papers

__all__ = ["claims_of", "score_claims", "score_record"]

_KEY = ["kind", "series_id"]
_YEAR = pd.DateOffset(years=1)


def claims_of(verdicts: pd.DataFrame, trends: pd.DataFrame) -> pd.DataFrame:
    """List the series that a run called rising or falling, and the newest period that it knew.

    Columns are `kind`, `series_id`, `verdict`, `last_start` (of the newest complete period that held papers);
    only verdicts of the ``long`` window count.

    Examples
    --------
    >>> verdicts = pd.DataFrame({"kind": "theme", "series_id": ["agents", "robots"], "window": "long",
    ...     "verdict": ["rising", "steady"]})
    >>> trends = pd.DataFrame({"period_start": pd.to_datetime(["2022-01-01", "2022-02-01"]),
    ...     "is_complete": [True, False], "n_total": 100})
    >>> claims_of(verdicts, trends).astype(str).values.tolist()
    [['theme', 'agents', 'rising', '2022-01-01']]
    """
    known = trends[trends["is_complete"].astype(bool) & (trends["n_total"] > 0)]
    moving = verdicts["window"].eq("long") & verdicts["verdict"].isin(["rising", "falling"])
    return verdicts.loc[moving, [*_KEY, "verdict"]].assign(last_start=known["period_start"].max())


def score_record(forecasts: pd.DataFrame, trends: pd.DataFrame) -> pd.DataFrame:
    """Score the forecasts of earlier runs whose periods are complete, one per period.

    Runs that follow each other within a period know the same and forecast the same: of all that
    forecast a period from the same last period only the first counts, or a nightly schedule would
    count thirty times what was said once.

    `forecasts` holds the tables of earlier runs, oldest first, with `run_id` and topics under today's ids;
    `trends` is today's table. Returns the table `scored_forecasts`, see
    `analytics.forecasts.share_forecasts.score_forecasts`, without forecasts of another kind of period than
    today's (months, where now quarters are counted).

    Examples
    --------
    Two runs said 10 % of the ninth month, which had 12 %:

    >>> from analytics.forecasts.share_forecasts import forecast_shares
    >>> months = pd.date_range("2022-01-01", periods=9, freq="MS")
    >>> trends = pd.DataFrame({"kind": "theme", "series_id": "agents", "period_start": months,
    ...     "period_end": months + pd.DateOffset(months=1), "n_papers": [10] * 8 + [12],
    ...     "n_total": 100, "is_complete": True})
    >>> made = forecast_shares(trends[:8], horizon=2, method="last_value")
    >>> runs = pd.concat([made.assign(run_id="r1"), made.assign(run_id="r2")], ignore_index=True)
    >>> score_record(runs, trends)[["run_id", "share", "actual", "error"]].round(3).values.tolist()
    [['r1', 0.1, 0.12, 0.02]]
    """
    first = forecasts.drop_duplicates([*_KEY, "period_start", "period_end", "last_start"])
    today = trends[["period_start", "period_end"]].drop_duplicates()
    due = first.merge(today, on=["period_start", "period_end"])
    if due.empty or trends.empty:
        return empty_table("scored_forecasts")
    scored = score_forecasts(due, trends)
    order = ["period_start", "last_start", *_KEY]
    return validate_table("scored_forecasts", scored.sort_values(order, ignore_index=True))


def score_claims(claims: pd.DataFrame, trends: pd.DataFrame) -> pd.DataFrame:
    """Score the trends that earlier runs claimed, a year after the newest period that they knew.

    *Question.* Did what was called rising go on to rise? A claim is about the past, so it may be
    right and still end: this record says how far claims can be read ahead.

    *Method.* The share of the year up to and with the last known period is compared with that of the year
    after it, by today's counts, checked ones where there are any. It came true when the share moved on in
    the claimed direction. A series that is called the same at every run is judged once a year: claims within
    a year after one that counts are left out.

    *Edges.* Not due, and left out: claims not followed by a whole year of complete periods, of
    series that are gone, or with a year without papers.

    `claims` holds what `claims_of` gave for earlier runs, oldest first, with `run_id` and topics under
    today's ids; `trends` is today's table. Returns the table `scored_claims`, in order of `last_start`, kind
    and id.

    Examples
    --------
    Ten papers of a hundred in each month of 2022, then fifteen: what was called rising rose on.

    >>> months = pd.date_range("2022-01-01", periods=24, freq="MS")
    >>> trends = pd.DataFrame({"kind": "theme", "series_id": "agents", "period_start": months,
    ...     "period_end": months + pd.DateOffset(months=1), "n_papers": [10] * 12 + [15] * 12,
    ...     "n_total": 100, "is_complete": True})
    >>> claims = pd.DataFrame({"run_id": ["r1"], "kind": "theme", "series_id": "agents",
    ...     "verdict": "rising", "last_start": pd.Timestamp("2022-12-01")})
    >>> score_claims(claims, trends)[["share_before", "share_after", "came_true"]].values.tolist()
    [[0.1, 0.15, True]]
    """
    complete = trends[trends["is_complete"].astype(bool) & (trends["n_total"] > 0)]
    if claims.empty or complete.empty:
        return empty_table("scored_claims")
    reached = complete["period_end"].max()
    grouped = dict(iter(complete.groupby(_KEY)))
    rows = []
    judged: dict[tuple[str, str, str], pd.Timestamp] = {}
    ordered = claims.dropna(subset="last_start").sort_values("last_start", kind="stable")
    for claim in ordered.to_dict("records"):
        key, last = (claim["kind"], claim["series_id"]), claim["last_start"]
        until = judged.get((*key, claim["verdict"]))
        if key not in grouped or (until is not None and last < until):
            continue
        own = grouped[key]
        ends = own.loc[own["period_start"] <= last, "period_end"].max()
        if pd.isna(ends) or ends + _YEAR > reached:
            continue
        before, after = (_share(own, ends + years * _YEAR) for years in (-1, 0))
        if pd.isna(before) or pd.isna(after):
            continue
        judged[(*key, claim["verdict"])] = last + _YEAR
        went_on = after > before if claim["verdict"] == "rising" else after < before
        rows.append({**claim, "share_before": before, "share_after": after, "came_true": went_on})
    if not rows:
        return empty_table("scored_claims")
    table = pd.DataFrame(rows).sort_values(["last_start", *_KEY], kind="stable", ignore_index=True)
    return validate_table("scored_claims", table)


def _share(own: pd.DataFrame, start: pd.Timestamp) -> float:
    """Share of a series over the year from `start` on, NaN without papers."""
    year = own[(own["period_start"] >= start) & (own["period_start"] < start + _YEAR)]
    total = int(year["n_total"].sum())
    return float(counted_papers(year).sum() / total) if total else float("nan")
