"""Open a labelling session: first unanswered papers of earlier draws, then a new draw."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd

from analytics.exceptions import InputError
from analytics.labels import MODEL, draw_papers
from analytics.themes import Theme
from flows.analysis.steps import DayCorpus, encode_corpus, membership_of, read_day
from flows.config.settings import Settings
from flows.labelling.labellers import check_labeller
from flows.labelling.marking import mark_sentences
from flows.labelling.sitting import AskedPaper
from flows.labelling.stored_sitting import StoredSitting
from flows.store import Store
from flows.store.labels import LabelDraw

__all__ = ["open_sitting"]


def open_sitting(
    settings: Settings, themes: Sequence[Theme], *, n_papers: int, labeller: str, day: date
) -> StoredSitting:
    """Papers to answer for: those of earlier draws that wait for an answer, then newly drawn ones.

    A paper waits for a person until any person has answered for it, and for a model until this model has: so
    a second person adds papers, and a model judges what people judged, which tells how far they agree. A new
    draw is made when at most half of the papers asked for are waiting: a draw of a few papers tells little.

    It has no papers when every paper of the corpus was answered.

    Raises
    ------
    InputError
        When `n_papers` is below 1, `labeller` is not a name, or the workspace holds no paper.
    PapertrendsError
        When another process draws papers at the same time; nothing is drawn then.
    """
    if n_papers < 1:
        raise InputError(f"{n_papers} papers were asked for; at least 1 must be drawn")
    name = check_labeller(labeller, "the labeller")
    corpus = read_day(settings.workspace, day)
    with Store.open(settings.workspace) as store:
        draws, number = store.read_draws(day), store.next_draw()
    waiting = _waiting(draws, corpus, name).head(n_papers)
    is_drawn = corpus.papers["paper_id"].isin(_drawn_papers(draws, corpus.labels)).to_numpy(dtype=bool)
    if len(waiting) <= n_papers / 2 and not is_drawn.all():
        n_more = n_papers - len(waiting)
        new = _draw(settings, themes, corpus, is_drawn, n_papers=n_more, number=number, day=day)
        waiting = pd.concat([waiting, new], ignore_index=True)
    drawn = {
        row["paper_id"]: (int(row["draw"]), float(row["draw_probability"]))
        for row in waiting.to_dict("records")
    }
    papers = _asked_papers(corpus.papers, list(drawn), themes)
    return StoredSitting(settings.workspace, themes, papers, drawn, labeller=name, day=day)


def _waiting(draws: pd.DataFrame, corpus: DayCorpus, labeller: str) -> pd.DataFrame:
    """Drawn papers of the corpus that wait for this labeller, each once, in the order in which to ask."""
    given = corpus.labels[corpus.labels["draw"].notna()]
    is_model = given["labeller"].str.startswith(MODEL)
    counts = given["labeller"] == labeller if labeller.startswith(MODEL) else ~is_model
    open_now = ~draws["paper_id"].isin(set(given.loc[counts, "paper_id"]))
    known = draws["paper_id"].isin(set(corpus.papers["paper_id"]))
    columns = ["paper_id", "draw", "draw_probability"]
    return draws.loc[open_now & known, columns].drop_duplicates("paper_id", ignore_index=True)


def _drawn_papers(draws: pd.DataFrame, labels: pd.DataFrame) -> set[str]:
    """Papers of any draw; labels of another store may belong to draws that are known by them alone."""
    return {*draws["paper_id"], *labels.loc[labels["draw"].notna(), "paper_id"]}


def _draw(
    settings: Settings,
    themes: Sequence[Theme],
    corpus: DayCorpus,
    is_drawn: np.ndarray,
    *,
    n_papers: int,
    number: int,
    day: date,
) -> pd.DataFrame:
    """Draw papers, keep the draw in the store, and give its papers with their probabilities."""
    papers = corpus.papers
    encoded = encode_corpus(settings.workspace, day, papers, themes, settings)
    scored, _ = membership_of(corpus, themes, encoded)
    drawn = draw_papers(
        scored.probability,
        papers["published"].to_numpy(dtype="datetime64[us]"),
        is_drawn,
        n_papers=n_papers,
        random_state=settings.random_state,
        draw=number,
    )
    paper_ids, probability = papers["paper_id"].iloc[drawn.rows].tolist(), drawn.probability.tolist()
    with Store.open(settings.workspace) as store:
        store.write_draw(LabelDraw(number, day, settings.random_state, tuple(paper_ids), tuple(probability)))
    return pd.DataFrame({"paper_id": paper_ids, "draw": number, "draw_probability": probability})


def _asked_papers(papers: pd.DataFrame, asked: Sequence[str], themes: Sequence[Theme]) -> list[AskedPaper]:
    rows = papers.set_index("paper_id").loc[list(asked)]
    marked = mark_sentences(rows["abstract"].tolist(), [text for theme in themes for text in theme.phrases])
    return [
        AskedPaper(
            paper_id=paper_id,
            title=row["title"],
            abstract=row["abstract"],
            published=None if pd.isna(row["published"]) else row["published"].date(),
            url=row["url"] if isinstance(row["url"], str) else None,
            marked=spans,
        )
        for paper_id, row, spans in zip(asked, rows.to_dict("records"), marked, strict=True)
    ]
