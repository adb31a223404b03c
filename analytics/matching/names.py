"""Names of authors, compared in any order and form: "Li C.", "Chun Li" and "LI, Chun" may be one person."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz.distance import OSA

from analytics.matching.normal_forms import plain_text

__all__ = ["Name", "may_be_one_person", "parse_names", "shared_names"]

_PART = re.compile(r"[^\W\d_]+")
_NO_NAME = re.compile(
    r"\W*(?:et\.? al|and others|others|anonymous|anon|unknown|no authors? .*|author unknown|n/?a|none)?\W*",
    re.IGNORECASE,
)
_NO_PART = frozenset(
    """
    al bin corporate da de del della den der di dos dr du el ibn ii iii iv jr la le md phd prof sr
    ten ter van von zu
    """.split()  # noqa: SIM905 - a word list is read and changed as words
)
_UMLAUT = re.compile(r"(?<=[aou])e")
_LONGEST_INITIALS = 3
_TYPO_LENGTH, _TWO_TYPOS_LENGTH = 5, 9


@dataclass(frozen=True, slots=True)
class Name:
    """A name: its words, the one that is likely the family's, and letters that abbreviate further words."""

    words: frozenset[str]
    initials: frozenset[str]
    family: str


def parse_names(names: Sequence[str]) -> tuple[Name, ...]:
    """Names that say who wrote, in order; "et al." and numbers that distinguish namesakes are left out.

    Examples
    --------
    >>> [(sorted(one.words), sorted(one.initials)) for one in parse_names(["Li, C.", "Müller JM", "et al."])]
    [(['li'], ['c']), (['muller'], ['j', 'm'])]
    """
    parsed = (_parse_name(name) for name in names)
    return tuple(name for name in parsed if name is not None)


@lru_cache(maxsize=20_000)
def _parse_name(name: str) -> Name | None:
    if _NO_NAME.fullmatch(name):
        return None
    # Case distinguishes initials, "JM", from short names, "Ng"; a name all in capitals says nothing by it.
    has_case = any(one.islower() for one in name)
    before_comma = len(_PART.findall(name.partition(",")[0])) if "," in name else 0
    words: list[str] = []
    initials: set[str] = set()
    family = ""
    for position, part in enumerate(_PART.findall(name), 1):
        folded = plain_text(part).replace(" ", "")
        if folded in _NO_PART:
            continue
        if len(folded) == 1 or (has_case and part.isupper() and len(part) <= _LONGEST_INITIALS):
            initials.update(folded)
            continue
        words.append(_UMLAUT.sub("", folded))
        if not before_comma or position <= before_comma:
            family = words[-1]
    if not words and not initials:
        return None
    return Name(frozenset(words), frozenset(initials), family or (words[-1] if words else ""))


def may_be_one_person(one: Name, other: Name) -> bool:
    """Whether two names share a family name, up to a typing error, and no given name contradicts.

    Examples
    --------
    >>> def may(*names):
    ...     return may_be_one_person(*parse_names(names))
    >>> may("Li C.", "Chun Li"), may("Hong Su", "Su, Hong"), may("A. Lockermann", "Lockemann, Adam")
    (True, True, True)
    >>> may("Kevin Wang", "Kevin Wu"), may("Li C.", "Li D."), may("Tim Finin", "Timothy W. Finin")
    (False, False, True)
    """
    common = one.words & other.words
    pairs = [(word, word) for word in common]
    if len(pairs) < 2:
        misspelled = _misspelled(one.words - common, other.words - common)
        pairs += [misspelled] if misspelled else []
    if len(pairs) != 1:
        return bool(pairs)
    ((mine, theirs),) = pairs
    if mine != one.family and theirs != other.family:
        return False
    letters = _letters(one, mine), _letters(other, theirs)
    return not all(letters) or bool(letters[0] & letters[1])


def _misspelled(words: frozenset[str], others: frozenset[str]) -> tuple[str, str] | None:
    """Return the first two words of which one may be a misspelling of the other."""
    for word in sorted(words):
        if len(word) >= _TYPO_LENGTH:
            bound = 2 if len(word) >= _TWO_TYPOS_LENGTH else 1
            for other in sorted(others):
                if len(other) >= _TYPO_LENGTH and OSA.distance(word, other, score_cutoff=bound) <= bound:
                    return word, other
    return None


def _letters(name: Name, family: str) -> set[str]:
    return {word[0] for word in name.words if word != family} | name.initials


def shared_names(one: Sequence[Name], other: Sequence[Name]) -> int:
    """How many names of the shorter list are in the other, each of which answers for one.

    Examples
    --------
    >>> shared_names(parse_names(["Ada Lovelace", "G. Hopper"]), parse_names(["Hopper, Grace", "Bo Muster"]))
    1
    """
    shorter, longer = (one, other) if len(one) <= len(other) else (other, one)
    free = list(longer)
    n_shared = 0
    for name in shorter:
        found = next((candidate for candidate in free if may_be_one_person(name, candidate)), None)
        if found is not None:
            free.remove(found)
            n_shared += 1
    return n_shared
