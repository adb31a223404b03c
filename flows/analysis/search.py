"""Search by meaning: the papers of a run closest to a text."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from analytics.exceptions import InputError, PapertrendsError
from analytics.papers import content_hash, paper_text
from analytics.vectors.encoders import LexicalVectorizer
from analytics.vectors.minilm import MiniLMVectorizer
from analytics.vectors.vectorizer import Vectorizer
from flows.analysis.foreign_vectorizers import ForeignVectorizer
from flows.analysis.named_vectorizers import named_vectorizer
from flows.analysis.vectorizers import teacher_of
from flows.config.settings import Settings, load_settings
from flows.config.vectorizer_names import is_named
from flows.runs import read_manifest, read_tables
from flows.store import Store

__all__ = ["SearchHit", "search_papers"]


@dataclass(frozen=True, slots=True)
class SearchHit:
    """A paper that was found: its cosine to the words, its themes, the primary one first, and its topic."""

    score: float
    paper_id: str
    title: str
    published: str | None
    published_basis: str
    themes: tuple[str, ...]
    topic: str | None
    url: str | None


def search_papers(
    workspace: Path,
    folder: Path,
    words: str,
    *,
    most: int = 20,
    theme: str | None = None,
    settings: Settings | None = None,
) -> list[SearchHit]:
    """Papers of a run nearest to some words by the cosine of their vectors, nearest first.

    Words are read by the encoder that gave the run its vectors, with a student by its teacher, whose space
    it shares; with word weights by those of the run's papers.

    Where a service encodes, `settings` give endpoint and key, those of the workspace by default.

    Raises
    ------
    InputError
        When the words are empty, `most` is below 1, or the theme is none of the run's.
    PapertrendsError
        When the store lacks the run's vectors.
    """
    if not words.strip():
        raise InputError('nothing to search for; give some words, such as "sparse rewards"')
    if most < 1:
        raise InputError(f"--most is {most}; give the number of papers to show, 1 or more")
    tables = read_tables(folder, ("papers", "themes", "theme_assignments", "topics"))
    papers = _of_theme(tables, theme)
    vectors, query = _vectors(workspace, read_manifest(folder), tables["papers"], words, settings)
    scores = vectors[papers.index.to_numpy()] @ query
    best = np.argsort(-scores, kind="stable")[:most]
    return _hits(papers.iloc[best], scores[best], tables)


def _of_theme(tables: dict[str, pd.DataFrame], theme: str | None) -> pd.DataFrame:
    papers = tables["papers"].reset_index(drop=True)
    if theme is None:
        return papers
    known = tables["themes"]["theme_id"].tolist()
    if theme not in known:
        raise InputError(
            f"--theme {theme!r} is not a theme of this run; its themes are: {', '.join(known) or 'none'}"
        )
    assigned = tables["theme_assignments"]
    return papers[papers["paper_id"].isin(set(assigned.loc[assigned["theme_id"] == theme, "paper_id"]))]


def _vectors(
    workspace: Path,
    manifest: dict[str, Any],
    papers: pd.DataFrame,
    words: str,
    settings: Settings | None,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Vectors of the papers, shape (n, d), and of the words, (d,)."""
    name = str(manifest["vectorizer_id"])
    texts = [paper_text(*row) for row in papers[["title", "abstract"]].itertuples(index=False)]
    with Store.open(workspace) as store:
        found, vectors = store.read_vectors(name, [content_hash(text) for text in texts])
        # The store keeps word weights' vectors of its newest run alone; those of earlier runs are made again.
        again = name.startswith("lexical-") and store.knows_run(str(manifest.get("run_id")))
        teacher = teacher_of(store, name) if name.startswith("student-") else None
    if not found.all() and not again:
        raise PapertrendsError(
            f"the store has no vector by {name} of {int((~found).sum())} of {len(texts)} papers of this"
            " run; compute them again with: papertrends analyze"
        )
    reader = teacher or _reader(name, texts, manifest, settings or load_settings({"workspace": workspace}))
    if not found.all():
        vectors = reader.transform(texts)
    return vectors, reader.transform([words])[0]


def _reader(name: str, texts: list[str], manifest: dict[str, Any], settings: Settings) -> Vectorizer:
    """What reads the words as the run's vectors require."""
    chosen = (manifest.get("settings") or {}).get("vectorizer", "auto")
    if is_named(chosen):
        named = named_vectorizer(settings.model_copy(update={"vectorizer": chosen}))
        if isinstance(named, ForeignVectorizer):
            named.fit(texts)
        if named.id != name:
            raise PapertrendsError(
                f"{chosen} now makes vectors {named.id}, this run has those of {name}; "
                "analyze again, then search"
            )
        return named
    if name.startswith("lexical-"):
        with threadpool_limits(1):  # as in a run
            fitted = LexicalVectorizer(random_state=int(manifest.get("random_state", 0))).fit(texts)
        if fitted.id != name:
            raise PapertrendsError(
                f"the word weights {name} of this run cannot be computed again from its papers; run"
                " papertrends analyze, then search"
            )
        return fitted
    return MiniLMVectorizer.of_id(name) or MiniLMVectorizer()


def _hits(
    papers: pd.DataFrame, scores: NDArray[np.float32], tables: dict[str, pd.DataFrame]
) -> list[SearchHit]:
    names = tables["themes"].set_index("theme_id")["name"]
    labels = tables["topics"].set_index("topic_id")["label"]
    assigned = tables["theme_assignments"]
    assigned = assigned[assigned["paper_id"].isin(papers["paper_id"].tolist())]
    assigned = assigned.sort_values("is_primary", ascending=False, kind="stable")
    themes = {paper: [names[one] for one in own["theme_id"]] for paper, own in assigned.groupby("paper_id")}
    return [
        SearchHit(
            score=round(float(score), 4),
            paper_id=row["paper_id"],
            title=row["title"],
            published=None if pd.isna(row["published"]) else row["published"].date().isoformat(),
            published_basis=row["published_basis"],
            themes=tuple(themes.get(row["paper_id"], ())),
            topic=labels.get(row["topic_id"]),
            url=row["url"] if isinstance(row["url"], str) else None,
        )
        for score, row in zip(scores, papers.to_dict("records"), strict=True)
    ]
