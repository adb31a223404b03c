"""A labelling session: drawn papers, themes, and the answers so far, saved one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

__all__ = ["AskedPaper", "AskedTheme", "Sitting"]


@dataclass(frozen=True, slots=True)
class AskedPaper:
    """A paper to answer for.

    `marked` has start and end in `abstract` of the sentences nearest to the themes' phrases, in order.
    """

    paper_id: str
    title: str
    abstract: str
    published: date | None
    url: str | None
    marked: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class AskedTheme:
    """A theme to answer for, and the answers that it has from everybody so far.

    `n_earlier` counts answers that were given under an earlier definition of the theme.
    """

    theme_id: str
    name: str
    description: str
    phrases: tuple[str, ...]
    n_yes: int
    n_no: int
    n_unsure: int
    n_earlier: int


class Sitting(Protocol):
    """What the page, the CSV file and the model share."""

    @property
    def papers(self) -> Sequence[AskedPaper]:
        """Papers of this sitting in the order in which to ask, answered ones included."""

    @property
    def answers(self) -> Mapping[str, Mapping[str, str]]:
        """Answers of this sitting: by paper, then theme, one of `analytics.labels.ANSWERS`."""

    def themes(self) -> Sequence[AskedTheme]:
        """Themes with their counts as of now."""

    def answer(self, paper_id: str, answers: Mapping[str, str]) -> None:
        """Save the answers of a paper, for all or some themes, in one transaction.

        They replace earlier ones of this sitting.
        """

    def undo(self, paper_id: str) -> None:
        """Take the answers of this sitting for a paper back."""
