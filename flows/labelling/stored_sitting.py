"""A labelling session whose answers are stored paper by paper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from threading import Lock

import pandas as pd

from analytics.exceptions import InputError
from analytics.labels import ANSWERS
from analytics.tables import TABLE_COLUMNS
from analytics.themes import Theme, theme_definition
from flows.labelling.answer_counts import asked_themes
from flows.labelling.sitting import AskedPaper, AskedTheme
from flows.store import Store

__all__ = ["StoredSitting"]


class StoredSitting:
    """Drawn papers to answer for; see `flows.labelling.sitting.Sitting` for what each method promises.

    Threads may share it. The store is opened for each answer, so that nothing stays locked while a person
    reads.

    Parameters
    ----------
    papers : sequence of AskedPaper
        In the order in which to ask.
    drawn : mapping of str to (int, float)
        Draw and probability of each of these papers.
    """

    def __init__(
        self,
        workspace: Path,
        themes: Sequence[Theme],
        papers: Sequence[AskedPaper],
        drawn: Mapping[str, tuple[int, float]],
        *,
        labeller: str,
        day: date,
    ) -> None:
        self.labeller = labeller
        self.day = day
        self._workspace = workspace
        self._themes = tuple(themes)
        self._definitions = {theme.theme_id: theme_definition(theme) for theme in themes}
        self._papers = tuple(papers)
        self._drawn = dict(drawn)
        self._answers: dict[str, dict[str, str]] = {}
        self._before: dict[str, pd.DataFrame] = {}
        self._lock = Lock()

    @property
    def papers(self) -> Sequence[AskedPaper]:
        """Papers of this sitting in the order in which to ask, answered ones included."""
        return self._papers

    @property
    def answers(self) -> Mapping[str, Mapping[str, str]]:
        """Answers of this sitting: by paper, then theme."""
        with self._lock:
            return {paper_id: dict(paper_answers) for paper_id, paper_answers in self._answers.items()}

    def themes(self) -> Sequence[AskedTheme]:
        """Themes with their counts as of now."""
        with Store.open(self._workspace) as store:
            return asked_themes(self._themes, store.read_labels(self.day))

    def answer(self, paper_id: str, answers: Mapping[str, str]) -> None:
        """Save the answers of a paper, in place of earlier ones of this sitting.

        Raises
        ------
        InputError
            When the paper or a theme is not of this sitting, or an answer is unknown.
        """
        self._check(paper_id, answers)
        draw, probability = self._drawn[paper_id]
        rows = [
            (paper_id, theme_id, given_answer, self.labeller, pd.Timestamp(self.day), draw, probability)
            for theme_id, given_answer in answers.items()
        ]
        definitions = [self._definitions[theme_id] for theme_id in answers]
        new = pd.DataFrame(rows, columns=list(TABLE_COLUMNS["labels"])[:-1]).assign(definition=definitions)
        with self._lock, Store.open(self._workspace) as store:
            before = self._earlier_answers(store, paper_id)
            # Of rows of one theme the later counts.
            store.replace_labels(paper_id, self.labeller, self.day, _joined(before, new))
            self._answers[paper_id] = dict(answers)

    def undo(self, paper_id: str) -> None:
        """Undo the answers of this session for a paper; earlier answers of that day become valid again.

        Raises
        ------
        InputError
            When the paper is not of this sitting.
        """
        self._check(paper_id, {})
        with self._lock:
            if paper_id not in self._answers:
                return
            with Store.open(self._workspace) as store:
                store.replace_labels(paper_id, self.labeller, self.day, self._before[paper_id])
            del self._answers[paper_id]

    def _earlier_answers(self, store: Store, paper_id: str) -> pd.DataFrame:
        """Answers of the same labeller for a paper on this day before the session."""
        if paper_id not in self._before:
            known = store.read_label_history(self.day)
            own = (known["paper_id"] == paper_id) & (known["labeller"] == self.labeller)
            self._before[paper_id] = known[own & (known["day"] == pd.Timestamp(self.day))]
        return self._before[paper_id]

    def _check(self, paper_id: str, answers: Mapping[str, str]) -> None:
        if paper_id not in self._drawn:
            raise InputError(f"the paper {paper_id!r} is not in this session")
        for theme_id, given_answer in answers.items():
            if theme_id not in self._definitions:
                known = ", ".join(self._definitions)
                raise InputError(f"{theme_id!r} is not a theme of this session; its themes are {known}")
            if given_answer not in ANSWERS:
                raise InputError(f"{given_answer!r} is not an answer; allowed are {', '.join(ANSWERS)}")


def _joined(before: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([table for table in (before, new) if len(table)] or [before], ignore_index=True)
