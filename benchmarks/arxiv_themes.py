"""Ten arXiv categories as themes in our own words, and series of papers that belong to them or seem to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
from arxiv_sample import read_sample

from analytics.themes import Theme
from analytics.trends.coverage import LOOK_COLUMNS
from analytics.trends.shares import CorpusTrends, corpus_trends

__all__ = [
    "ABSENT",
    "THEMES",
    "Corpus",
    "baseline_members",
    "found_trends",
    "membership",
    "read_corpus",
    "trends_of",
]

THEMES = Path(__file__).parent / "arxiv_themes.toml"
AS_OF = date(2019, 12, 31)  # the file's last day
ABSENT = (
    Theme("cooking", "Cooking", "The food of the middle ages and how it was prepared.", (
        "medieval cooking recipes and spices", "baking bread with sourdough", "history of French cuisine",
        "roasting meat over open fire")),
    Theme("marine", "Marine biology", "Marine biology of oceans and reefs.", (
        "coral reef ecology and fish populations", "deep sea hydrothermal vent fauna",
        "whale migration and acoustics of songs", "plankton blooms in the ocean")),
    Theme("football", "Football", "Association football: tactics, players and clubs.", (
        "football match tactics and formations", "goalkeepers and penalty kicks",
        "transfer market of soccer players", "injuries of professional athletes")),
    Theme("law", "Legal history", "Legal history before the modern age.", (
        "Roman law of contracts", "medieval church courts", "inheritance of land among nobles",
        "history of the jury trial")),
)  # fmt: skip
"""Themes about which the corpus has next to no papers."""


@dataclass(frozen=True)
class Corpus:
    """Sampled papers without their categories, and the categories apart."""

    papers: pd.DataFrame
    labels: pd.DataFrame  # membership: kind, series_id, paper_id


def read_corpus(n_papers: int, design: str, seed: int, theme_ids: list[str]) -> Corpus:
    """Sample of the file, the same for the same arguments; a larger one holds a smaller one."""
    papers, categories = read_sample(n_papers, design, seed)
    labels = membership("theme", categories.str.replace(".", "-"), papers["paper_id"])
    return Corpus(papers, labels[labels["series_id"].isin(theme_ids)].reset_index(drop=True))


def membership(kind: str, series_ids: pd.Series, paper_ids: pd.Series) -> pd.DataFrame:
    """Membership as `analytics.trends.shares` reads it."""
    return pd.DataFrame({"kind": kind, "series_id": series_ids.to_numpy(), "paper_id": paper_ids.to_numpy()})


def trends_of(papers: pd.DataFrame, members: pd.DataFrame, ids: list[str], freq: str) -> pd.DataFrame:
    """Table `trends` as a run over the sample would publish it."""
    return found_trends(papers, members, ids, freq).trends


def found_trends(papers: pd.DataFrame, members: pd.DataFrame, ids: list[str], freq: str) -> CorpusTrends:
    """Series of the sample, in the periods of a chart and in those that tests count in."""
    series = pd.DataFrame({"kind": "theme", "series_id": ids})
    looks = pd.DataFrame({name: pd.Series(dtype=object) for name in LOOK_COLUMNS}).astype(
        {"start": "datetime64[us]", "end": "datetime64[us]", "n_records": int, "is_whole": bool}
    )
    return corpus_trends(papers, members, series, looks=looks, as_of=AS_OF, freq=freq)


def baseline_members(nearness: np.ndarray, cut: float, ids: list[str], papers: pd.DataFrame) -> pd.DataFrame:
    """Members of each theme: the papers whose nearness to it reaches the cut."""
    rows, columns = np.nonzero(nearness >= cut)
    return membership("theme", pd.Series(np.array(ids)[columns]), papers["paper_id"].iloc[rows])
