"""How closely themes follow arXiv's categories, and how well series of themes and topics can be forecast.

Categories are labels: `Corpus.labels` is read by the scorer (`score_themes_found`) and by nothing else.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from arxiv_themes import ABSENT, Corpus, baseline_members, found_trends, membership, trends_of
from scipy import stats

from analytics.forecasts.backtest import backtest, choose_forecaster
from analytics.tables import UNCLUSTERED
from analytics.themes import Theme, assign_themes, score_themes
from analytics.topics.topic_model import fit_topics
from analytics.trends.logit_lines import fit_lines
from analytics.trends.shares import CorpusTrends
from analytics.trends.verdicts import trend_verdicts
from analytics.vectors.background import background_for

__all__ = ["LEAST_PAPERS", "LEAST_QUARTERS", "measure"]

LEAST_PAPERS = 100  # of a year that is scored: below, one paper moves the truth by more than a point
SIGNIFICANT = 0.05
DESCRIPTION_CUTS = (0.2, 0.25, 0.3, 0.35, 0.4)
STANDARDIZED_CUTS = (1.0, 1.5, 2.0, 2.5)
LEAST_QUARTERS = 20  # of a topic that is forecast: five years


def long_verdicts(trends: CorpusTrends) -> pd.DataFrame:
    """Verdicts over the whole span, by series."""
    found = trend_verdicts(trends.tested)
    return found[found["window"] == "long"].set_index("series_id")


def true_slopes(trends: pd.DataFrame) -> pd.DataFrame:
    """Slope and uncorrected p value of the binomial likelihood-ratio test of a logit line, by series."""
    used = trends[trends["is_complete"] & (trends["n_total"] > 0)]
    ids = used["series_id"].drop_duplicates().tolist()
    counts, totals = (used[name].to_numpy(float).reshape(len(ids), -1) for name in ("n_papers", "n_total"))
    years = used["period_start"].dt.year.to_numpy(float).reshape(len(ids), -1)[0]
    lines = fit_lines(counts, totals, years - years.mean())
    p_value = 2 * stats.norm.sf(np.abs(lines.root))
    return pd.DataFrame({"slope": lines.line[1], "p_value": p_value}, index=ids)


def score_themes_found(corpus: Corpus, members: pd.DataFrame, ids: list[str]) -> list[dict[str, Any]]:
    """Compare memberships with the categories, theme by theme. Only this reads the labels."""
    both = [found_trends(corpus.papers, given, ids, "year") for given in (members, corpus.labels)]
    verdicts, true_verdicts = (long_verdicts(one) for one in both)
    found, true = (one.trends for one in both)
    slopes = true_slopes(true)
    scored = (true["is_complete"] & (true["n_total"] >= LEAST_PAPERS)).to_numpy()
    rows = []
    for theme_id in ids:
        which = scored & (true["series_id"] == theme_id).to_numpy()
        shares, true_shares = found["share"].to_numpy()[which], true["share"].to_numpy()[which]
        own = set(members.loc[members["series_id"] == theme_id, "paper_id"])
        right = set(corpus.labels.loc[corpus.labels["series_id"] == theme_id, "paper_id"])
        verdict, slope = str(verdicts.loc[theme_id, "verdict"]), slopes.loc[theme_id]
        true_sign = "rising" if slope["slope"] > 0 else "falling"
        is_significant = bool(slope["p_value"] <= SIGNIFICANT)
        rows.append(
            {
                "theme": theme_id,
                "n_true": len(right),
                "n_found": len(own),
                "spearman": float(stats.spearmanr(shares, true_shares)[0]) if np.ptp(shares) > 0 else 0.0,
                "error": float(100 * np.abs(shares - true_shares).mean()),
                "precision": len(own & right) / max(1, len(own)),
                "recall": len(own & right) / len(right),
                "verdict": verdict,
                "true_verdict": str(true_verdicts.loc[theme_id, "verdict"]),
                "true_ratio_test": f"{true_sign}, p {slope['p_value']:.1g}" if is_significant else "none",
                "contradicts": is_significant and verdict in {"rising", "falling"} and verdict != true_sign,
                "n_years": int(which.sum()),
            }
        )
    return rows


def summary(way: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """One line for all themes of a way of assigning."""
    means = {
        key: float(np.mean([row[key] for row in rows]))
        for key in ("spearman", "error", "precision", "recall")
    }
    return {"way": way} | means | {"contradictions": sum(row["contradicts"] for row in rows)}


def forecast_rows(what: str, trends: pd.DataFrame, horizon: int) -> list[dict[str, Any]]:
    """Backtest of all candidates, and what would be chosen."""
    tried = backtest(trends, horizon=horizon)
    chosen, reason = choose_forecaster(tried)
    kept = [
        "method",
        "error_ratio",
        "p_over_last_value",
        "year_ratio",
        "p_over_year",
        "coverage_90",
        "n_forecasts",
        "n_origins",
        "n_series",
    ]
    rows = tried[kept].to_dict("records")
    for row in rows:
        row |= {"chosen": "chosen" if row["method"] == chosen else "", "reason": reason}
    return [{"series": what, "horizon": horizon} | row for row in rows]


def topic_trends(papers: pd.DataFrame, vectors: np.ndarray) -> dict[str, pd.DataFrame]:
    """Series by quarter and year of topics with five years of complete quarters since their first paper."""
    found = fit_topics(papers, vectors, random_state=0)
    clustered = found.assignments[found.assignments["topic_id"] != UNCLUSTERED]
    members = membership("theme", clustered["topic_id"], clustered["paper_id"])
    ids = found.topics["topic_id"].tolist()
    trends = {freq: trends_of(papers, members, ids, freq) for freq in ("quarter", "year")}
    quarters = trends["quarter"][trends["quarter"]["is_complete"]]
    begun = quarters[quarters["n_papers"] > 0].groupby("series_id")["period_start"].min()
    latest = quarters["period_start"].max() - pd.DateOffset(months=3 * (LEAST_QUARTERS - 1))
    old = begun.index[begun <= latest]
    print(f"{len(ids)} topics, {len(old)} of them old enough", flush=True)
    return {
        freq: series[series["series_id"].isin(old)].reset_index(drop=True) for freq, series in trends.items()
    }


def measure(
    corpus: Corpus, themes: tuple[Theme, ...], vectorizer_id: str, vectors: np.ndarray
) -> dict[str, Any]:
    """All tables; `vectors` are those of the papers and then of the themes' texts."""
    papers, ids = corpus.papers, [theme.theme_id for theme in themes]
    stops = np.cumsum([len(papers), *(len(theme.texts) for theme in (*themes, *ABSENT))])
    rows, *phrases = np.split(vectors, stops[:-1])
    phrases, absent_phrases = phrases[: len(themes)], phrases[len(themes) :]
    background, paper_ids = background_for(vectorizer_id, rows), papers["paper_id"].tolist()
    assigned = assign_themes(paper_ids, themes, score_themes(papers, themes, rows, phrases, background))
    absent = assign_themes(paper_ids, ABSENT, score_themes(papers, ABSENT, rows, absent_phrases, background))
    ways = {
        way: membership("theme", own["theme_id"], own["paper_id"])
        for way, own in (("themes", assigned), ("primary", assigned[assigned["is_primary"]]))
    }
    nearness = rows @ np.stack([texts[-1] for texts in phrases]).T  # the description is the last text
    ways |= {
        f"description, cosine {cut:.2f}": baseline_members(nearness, cut, ids, papers)
        for cut in DESCRIPTION_CUTS
    }
    nearness = (nearness - nearness.mean(axis=0)) / nearness.std(axis=0)
    ways |= {
        f"standardized, {cut:.1f} sd": baseline_members(nearness, cut, ids, papers)
        for cut in STANDARDIZED_CUTS
    }
    results = {way: score_themes_found(corpus, members, ids) for way, members in ways.items()}
    forecasts: list[dict[str, Any]] = []
    topics = topic_trends(papers, rows)
    for freq, horizon in (("quarter", 4), ("year", 1)):
        forecasts += forecast_rows(f"themes, {freq}s", trends_of(papers, ways["themes"], ids, freq), horizon)
        forecasts += forecast_rows(f"topics, {freq}s", topics[freq], horizon)
    return {
        "summary": [summary(way, rows) for way, rows in results.items()],
        "themes": results["themes"],
        "primary": results["primary"],
        "absent": [
            {"theme": theme.name, "n_found": n_found, "percent": 100 * n_found / len(papers)}
            for theme in ABSENT
            for n_found in [int((absent["theme_id"] == theme.theme_id).sum())]
        ],
        "forecasts": forecasts,
    }
