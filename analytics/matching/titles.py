"""Titles, compared as people would: spelling, labels in brackets, cut subtitles, different numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from rapidfuzz.distance import OSA

from analytics.matching.normal_forms import plain_text, words_of
from analytics.matching.title_words import (
    ABOUT_OTHERS,
    BRACKETED,
    BREAK,
    CITES_ANOTHER,
    GENERIC,
    LEADING_LABEL,
    LETTERED,
    NUMBERS,
    ONLY_LABEL,
    PARTS,
    STOP_WORDS,
    TRAILING_LABEL,
)

__all__ = ["Title", "TitleAgreement", "Wording", "compare_titles", "content_words", "parse_title"]

_FIRST_SIGN = "\u2e80"
_LONG, _TYPOS = 20, 2
"""Letters of a title from which so many wrong ones are typing errors."""


class Wording(StrEnum):
    """How two titles differ, from not at all to altogether."""

    SAME = "same title"
    SPELLING = "same title but for spelling"
    CUT = "one title goes on after a break"
    STARTS_SAME = "one title goes on"
    LONGER = "one title has more words"
    REWORDED = "different words in the titles"


@dataclass(frozen=True, slots=True)
class Title:
    """A title taken apart.

    Attributes
    ----------
    words : tuple of str
        Plain words without labels ("extended abstract", "a tutorial").
    breaks : frozenset of int
        Numbers of words after which a subtitle or a bracket may begin.
    numbers : frozenset of str
        Words with a figure, and letters of parts: "part b" is "b".
    about : frozenset of str
        Words by which one work speaks of another: "erratum", "reply".
    """

    words: tuple[str, ...]
    letters: str
    breaks: frozenset[int]
    numbers: frozenset[str]
    about: frozenset[str]


@dataclass(frozen=True, slots=True)
class TitleAgreement:
    """How two titles agree.

    Attributes
    ----------
    information : int
        Letters of the words that both share and that not just any title holds.
    difference : float
        Part of the letters of both that the other does not have, 0 to 1.
    numbers_apart : int
        0 for equal numbers, 1 where one title has more of them, 2 where each has one of its own.
    is_about : bool
        One title speaks of another work ("Reply to ..."), and the other does not.
    """

    wording: Wording
    information: int
    difference: float
    numbers_apart: int
    is_about: bool


def parse_title(title: str) -> Title:
    """Take a title apart.

    Examples
    --------
    >>> parse_title("Tutorial: Views &amp; Joins, Part II (Extended Abstract)").words
    ('views', 'and', 'joins', 'part', '2')
    """
    text = plain_text(title)
    about = frozenset(words_of(text)[:4]) & ABOUT_OTHERS
    if CITES_ANOTHER.search(text):
        about |= {"cites another"}
    core = BRACKETED.sub(lambda found: " " if ONLY_LABEL.fullmatch(found[1]) else found[0], text)
    core = LEADING_LABEL.sub("", TRAILING_LABEL.sub("", core))
    words = _counted(words_of(core))
    if not words:
        core, words = text, _counted(words_of(text))
    breaks, n_words, at = set(), 0, 0
    for found in BREAK.finditer(core):
        n_words, at = n_words + len(words_of(core[at : found.start()])), found.start()
        breaks.add(n_words)
    return Title(tuple(words), "".join(words), frozenset(breaks), _numbers(words), about)


def _counted(words: list[str]) -> list[str]:
    """Words with numbers in figures: "fourth", "iv" and "4th" are 4."""
    return [NUMBERS.get(word, word) for word in words]


def _numbers(words: list[str]) -> frozenset[str]:
    found = {word.lstrip("0") for word in words if any(one.isdigit() for one in word)}
    parts = {word for before, word in pairwise(words) if word in LETTERED and before in PARTS}
    return frozenset(found | parts)


def compare_titles(one: Title, other: Title) -> TitleAgreement:
    """Compare two titles; the order of the two does not matter."""
    is_about = bool(one.about) != bool(other.about) or (bool(one.about) and not one.about & other.about)
    if one.letters == other.letters:
        return TitleAgreement(Wording.SAME, _information(one.words), 0.0, 0, is_about)
    numbers_apart = bool(one.numbers - other.numbers) + bool(other.numbers - one.numbers)
    more, less = _extra_words(one.words, other.words)
    information = min(_information(_without(one.words, more)), _information(_without(other.words, less)))
    difference = sum(map(len, more + less)) / max(1, len(one.letters) + len(other.letters))
    wording = _wording(one, other, more, less)
    return TitleAgreement(wording, information, difference, numbers_apart, is_about)


def _without(words: Sequence[str], left_out: Sequence[str]) -> list[str]:
    return list((Counter(words) - Counter(left_out)).elements())


def _wording(one: Title, other: Title, more: list[str], less: list[str]) -> Wording:
    if (not more and not less) or _is_mistyped(one.letters, other.letters):
        return Wording.SPELLING
    longer, shorter = (one, other) if len(one.words) >= len(other.words) else (other, one)
    if not (more and less) and len(shorter.words) > 1:
        head = _extra_words(longer.words[: len(shorter.words)], shorter.words)
        tail = _extra_words(longer.words[-len(shorter.words) :], shorter.words)
        if (not any(head) and len(shorter.words) in longer.breaks) or (
            not any(tail) and len(longer.words) - len(shorter.words) in longer.breaks
        ):
            return Wording.CUT
        return Wording.LONGER if any(head) else Wording.STARTS_SAME
    return Wording.REWORDED


def _extra_words(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """Words of either title that the other does not have, in another spelling either; stop words left out."""
    counts = Counter(one), Counter(other)
    more, less = (_missing(words, against) for words, against in ((one, counts[1]), (other, counts[0])))
    _pair_joined(more, less, other)
    _pair_joined(less, more, one)
    for word in list(more):
        twin = next((candidate for candidate in less if _is_misspelling(word, candidate)), None)
        if twin is not None:
            more.remove(word)
            less.remove(twin)
    return [word for word in more if word not in STOP_WORDS], [
        word for word in less if word not in STOP_WORDS
    ]


def _telling(words: list[str]) -> list[str]:
    return [word for word in words if word not in STOP_WORDS]


def _pair_joined(more: list[str], less: list[str], words: tuple[str, ...]) -> None:
    """Take out words of one list that are two of the other title's in one: "webbased", "web based"."""
    for first, second in pairwise(words):
        if first in less and second in less and first + second in more:
            more.remove(first + second)
            less.remove(first)
            less.remove(second)


def _missing(words: tuple[str, ...], available: Counter[str]) -> list[str]:
    left = Counter(available)
    missing = []
    for word in words:
        if left[word] > 0:
            left[word] -= 1
        else:
            missing.append(word)
    return missing


def _is_mistyped(one: str, other: str) -> bool:
    """Whether two long titles differ by two letters at most, also where spaces are wrong."""
    if min(len(one), len(other)) < _LONG or _has_signs(one) or _has_signs(other):
        return False
    return bool(OSA.distance(one, other, score_cutoff=_TYPOS) <= _TYPOS)


def _is_misspelling(one: str, other: str) -> bool:
    """Whether two words differ as typing errors, plurals and British and American forms do."""
    shorter, longer = sorted((one, other), key=len)
    if one.isdigit() or other.isdigit() or len(shorter) < 3 or _has_signs(one) or _has_signs(other):
        return False
    if len(shorter) > 3 and longer.startswith(shorter) and len(longer) - len(shorter) <= 2:
        return True
    bound = 1 if len(shorter) < 7 else 2 if len(shorter) < 12 else 3
    return bool(OSA.distance(one, other, score_cutoff=bound) <= bound) and (
        len(shorter) > 4 or one[0] == other[0]
    )


def _has_signs(text: str) -> bool:
    """Whether a text is in signs that are words, such as Chinese: one other sign is another word."""
    return not text.isascii() and any(one >= _FIRST_SIGN for one in text)


def content_words(words: Sequence[str]) -> list[str]:
    """Words that are not stop words, in order; all where there are no others.

    Examples
    --------
    >>> content_words(("the", "cost", "of", "views")), content_words(("of", "the"))
    (['cost', 'views'], ['of', 'the'])
    """
    return [word for word in words if word not in STOP_WORDS] or list(words)


def _information(words: Sequence[str]) -> int:
    return sum(
        len(word.encode())
        for word in words
        if word not in GENERIC and word not in STOP_WORDS and not word.isdigit()
    )
