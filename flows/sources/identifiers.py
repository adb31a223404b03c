"""Identifiers of papers out of the many ways in which sources write them: addresses, prefixes, DOIs.

An identifier is text at every step: as a number ``2503.02130`` would lose its last digit.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from urllib.parse import unquote

__all__ = ["Identifiers", "clean_doi", "find_arxiv_id", "read_identifiers", "web_address"]

_ADDRESS = re.compile(r"https?://[^\s<>\"\\^`{|}]{1,2000}", re.IGNORECASE)
_LONGEST = 400
_FIVE_DIGITS_SINCE = "1501"
_ARXIV = re.compile(
    r"(?:https?://)?(?:(?:www|export|browse|de|cn)\.)?(?:arxiv\.org/(?:abs|pdf|html|format|ps)/"
    r"|huggingface\.co/papers/|hf\.co/papers/|alphaxiv\.org/abs/)?"
    r"(?:oai:arxiv\.org:|(?:(?:https?://)?(?:dx\.)?doi\.org/|doi:\s*)?10\.48550/arxiv\.|arxiv:\s*)?"
    r"(?P<id>\d{2}(?:0[1-9]|1[0-2])\.\d{4,5}|[a-z][a-z-]*(?:\.[a-z-]{2,12})?/\d{2}(?:0[1-9]|1[0-2])\d{3})"
    r"(?:v(?P<version>\d{1,3}))?(?:\.pdf)?(?:[?#].*)?(?:\s*\[[^\]]*\])?/?",
    re.IGNORECASE | re.ASCII,
)
_DOI = re.compile(
    # Alone, after a prefix, or in the address of a publisher's page: .../doi/abs/10.1145/1, ...?id=10.1371/x
    r"(?:(?:https?://)?(?:dx\.|www\.)?doi\.org/(?:doi:)?|doi\s*:?\s*|info:doi/"
    r"|https?://[^\s?#]{1,300}/|https?://[^\s#]{1,300}[?&](?:id|doi)=)?(?P<doi>10\.\d{4,9}/\S+?)(?:\s*\[doi\])?",
    re.IGNORECASE | re.ASCII,
)
_PAGE_OF_DOI = re.compile(
    r"(?:/(?:full(?:/html)?|abstract|summary|e?pdf|html|meta|fulltext)|\.(?:full|abstract)(?:-text)?(?:\.pdf)?|\.pdf)/?$"
)
_QUERY = re.compile(r"[?#].*$")
_SERVED_VERSION = re.compile(r"(10\.(?:1101|64898)/[\d.]+)v\d{1,2}$")
"""bioRxiv and medRxiv add the version to the DOI in their addresses."""


@dataclass(frozen=True, slots=True)
class Identifiers:
    """What a record states of its identity; see `PaperRecord` for the meaning of each."""

    arxiv_id: str | None = None
    version: int | None = None
    doi: str | None = None


def find_arxiv_id(text: str) -> tuple[str, int | None] | None:
    """Take the arXiv id and version out of a text that is nothing else, None for any other text.

    Read are the bare id, addresses of arXiv and of Hugging Face's paper pages, ``arXiv:...``,
    ``oai:arXiv.org:...`` and arXiv's own DOIs. The month of an id must be one, and it has four digits
    after the point up to 2014 and five since: ``2503.0213`` was a number once and has lost a digit.
    The subject class of an old id is no part of it.

    Examples
    --------
    >>> find_arxiv_id("2503.02130v2"), find_arxiv_id("https://arxiv.org/pdf/2503.02130v1.pdf")
    (('2503.02130', 2), ('2503.02130', 1))
    >>> find_arxiv_id("math.GT/0309136"), find_arxiv_id("10.48550/arXiv.1706.03762")
    (('math/0309136', None), ('1706.03762', None))
    >>> find_arxiv_id("10.1000/182") is None, find_arxiv_id("2599.02130") is None
    (True, True)
    >>> find_arxiv_id("2503.0213") is None, find_arxiv_id("1412.0213")
    (True, ('1412.0213', None))
    """
    match = _ARXIV.fullmatch(unquote(text.strip())) if len(text) <= _LONGEST else None
    if match is None:
        return None
    archive, slash, number = match["id"].lower().rpartition("/")
    if not slash and len(number) != (9 if number[:4] < _FIVE_DIGITS_SINCE else 10):
        return None
    return archive.partition(".")[0] + slash + number, int(match["version"]) if match["version"] else None


def clean_doi(text: str) -> str | None:
    """Lower-case DOI without address, prefix or escapes; None for any other text and for arXiv's own DOIs.

    Addresses of publishers' pages that hold the DOI count, without what such a page adds to it.

    Examples
    --------
    >>> clean_doi("https://doi.org/10.1000/ABC"), clean_doi("10.48550/arXiv.1706.03762")
    ('10.1000/abc', None)
    >>> clean_doi("http://dx.doi.org/10.1016/S0025-7753%2817%2930624-3"), clean_doi("10.1000/abc [doi]")
    ('10.1016/s0025-7753(17)30624-3', '10.1000/abc')
    >>> clean_doi("https://dl.acm.org/doi/abs/10.1145/1.2?download=true"), clean_doi("DOI 10.1000/abc).")
    ('10.1145/1.2', '10.1000/abc')
    """
    text = text.strip() if len(text) <= _LONGEST else ""
    plain = html.unescape(unquote(text))
    text = plain if len(plain.split()) == len(text.split()) else text
    match = _DOI.fullmatch(text)
    if match is None or find_arxiv_id(text) is not None:
        return None
    doi = match["doi"].lower()
    if text.lower().startswith("http"):
        doi = _SERVED_VERSION.sub(r"\1", _PAGE_OF_DOI.sub("", _QUERY.sub("", doi)))
    doi = doi.rstrip(".,;")
    while doi.endswith((")", "]")) and doi.count(doi[-1]) > doi.count({")": "(", "]": "["}[doi[-1]]):
        doi = doi[:-1].rstrip(".,;")
    return None if find_arxiv_id(doi) else doi


def read_identifiers(*texts: str | None) -> Identifiers:
    """First arXiv id, with its version, and first DOI among texts that may each be either, or neither.

    Examples
    --------
    >>> read_identifiers("https://doi.org/10.1000/abc", None, "arXiv:2503.02130v3")
    Identifiers(arxiv_id='2503.02130', version=3, doi='10.1000/abc')
    """
    arxiv: tuple[str, int | None] | None = None
    doi: str | None = None
    for text in texts:
        if text:
            arxiv = arxiv or find_arxiv_id(text)
            doi = doi or clean_doi(text)
    return Identifiers(arxiv[0] if arxiv else None, arxiv[1] if arxiv else None, doi)


def web_address(text: str) -> str | None:
    """Return `text` when it is one address of the web, else None.

    Examples
    --------
    >>> web_address(" https://example.org/a "), web_address("javascript:alert(1)")
    ('https://example.org/a', None)
    """
    text = text.strip()
    return text if _ADDRESS.fullmatch(text) else None
