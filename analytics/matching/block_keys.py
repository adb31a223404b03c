"""Keys by which records are found that may show one work, so that not all pairs need to be compared.

Records are compared when they share a key. Every usual way in which two records of one work differ
leaves at least one key the same: a cut or added subtitle the beginning of the title, an added label its
end, a misspelled word the other long words, a title in another language the abstract or the DOI.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b
from itertools import combinations

from analytics.matching.records import abstract_words, work_doi
from analytics.matching.titles import content_words, parse_title
from analytics.papers import PaperRecord

__all__ = ["LARGEST_BLOCK", "block_keys"]

LARGEST_BLOCK = 100
"""Records that may share a key for it to count; of 76,500 arXiv papers five keys are in more."""

_BEGINNING, _END = 14, 20
_SHORT, _HALF = 24, 8
"""Titles below this many letters have a word or two, which an error may hit: their halves are keys too."""

_OPENING, _ABSTRACT = 400, 50
"""Characters of an abstract that are read, and letters of its words that are a key."""

_LONGEST_WORDS, _TOGETHER = 4, 3


def block_keys(record: PaperRecord) -> frozenset[int]:
    """Keys of a record, signed 64-bit hashes; about seven.

    Examples
    --------
    >>> def keys(title):
    ...     return block_keys(PaperRecord(title, ""))
    >>> bool(keys("Sharing charts among small boats") & keys("On sharing chrats among small boats: a study"))
    True
    >>> bool(keys("Sharing charts among small boats") & keys("Learning to sail by night"))
    False
    """
    return frozenset(_hashed(text) for text in _texts(record))


def _texts(record: PaperRecord) -> Iterator[str]:
    words = content_words(parse_title(record.title).words)
    letters = "".join(words)
    yield f"begins {letters[:_BEGINNING]}"
    yield f"ends {letters[-_END:]}"
    if len(letters) < _SHORT:
        yield f"begins {letters[:_HALF]}"
        yield f"ends {letters[-_HALF:]}"
    longest = sorted(sorted(set(words), key=lambda word: (-len(word), word))[:_LONGEST_WORDS])
    for some in combinations(longest, min(_TOGETHER, max(1, len(longest) - 1))):
        yield f"words {' '.join(some)}"
    abstract = "".join(abstract_words(record.abstract[:_OPENING]))
    if abstract:
        yield f"abstract {abstract[:_ABSTRACT]}"
    if record.doi:
        yield f"doi {work_doi(record.doi)}"


def _hashed(text: str) -> int:
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), signed=True)
