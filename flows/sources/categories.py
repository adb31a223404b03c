"""Categories and venues as sources state them: arXiv's categories, keywords, fields of study; journals.

Both are kept as stated, in the source's order: what is one category is for the reader of a report to judge.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from flows.sources.json_documents import text_of
from flows.sources.plain_text import clean_text, is_nothing

__all__ = ["arxiv_categories", "categories_of", "clean_categories", "clean_venue"]

_MOST = 40
_LONGEST = 100
_LONGEST_VENUE = 300
_LONGEST_LIST = 10_000
# "cs.LG", "cond-mat.dis-nn", "hep-th"; not a class of the ACM ("I.2.6") or of mathematics ("68T05").
_ARXIV = re.compile(
    r"(?:astro-ph|cond-mat|cs|econ|eess|gr-qc|hep-(?:ex|lat|ph|th)|math(?:-ph)?|nlin|nucl-(?:ex|th)|physics"
    r"|q-(?:bio|fin|alg)|quant-ph|stat|cmp-lg|alg-geom|dg-ga|funct-an|chao-dyn|adap-org|solv-int|patt-sol)"
    r"(?:\.[A-Za-z-]{2,10})?"
)
# A server of preprints is where a paper is read before it has a venue.
_NO_VENUE = re.compile(r"corr|arxiv\b.{0,300}|.{0,20}\(arxiv\)", re.IGNORECASE)
_SEPARATORS = (";", "|", "\n", ",")


def categories_of(value: object) -> tuple[str, ...]:
    """Categories out of a list, of an object with names, or of one text that lists them.

    Of a text the first separator that it holds counts, of ``;``, ``|``, a line's end and ``,``; arXiv's own
    categories may have spaces between.

    Examples
    --------
    >>> categories_of("cs.AI cs.LG"), categories_of("deep learning; agents"), categories_of("planning")
    (('cs.AI', 'cs.LG'), ('deep learning', 'agents'), ('planning',))
    >>> categories_of(["cs.AI"]), categories_of([{"display_name": "Mathematics"}]), categories_of(3.5)
    (('cs.AI',), ('Mathematics',), ())
    """
    if isinstance(value, (list, tuple)):
        return clean_categories(text_of(one) for one in value[:_MOST])
    if isinstance(value, Mapping):
        return clean_categories((text_of(value),))
    text = value.strip()[:_LONGEST_LIST] if isinstance(value, str) else ""
    words = text.replace(",", " ").replace(";", " ").split()
    if words and all(_ARXIV.fullmatch(word) for word in words):
        return clean_categories(words)
    separator = next((mark for mark in _SEPARATORS if mark in text), None)
    return clean_categories(text.split(separator) if separator else (text,))


def arxiv_categories(texts: Iterable[str]) -> tuple[str, ...]:
    """Find arXiv's own categories among texts that list classes of the ACM and of mathematics too.

    Examples
    --------
    >>> arxiv_categories(["cs.AI", "math.AG hep-th", "68T05; I.2.6", "cond-mat.dis-nn"])
    ('cs.AI', 'math.AG', 'hep-th', 'cond-mat.dis-nn')
    """
    words = (
        word for text in texts for word in text[:_LONGEST_LIST].replace(",", " ").replace(";", " ").split()
    )
    return clean_categories(word for word in words if _ARXIV.fullmatch(word))


def clean_categories(texts: Iterable[str]) -> tuple[str, ...]:
    """Distinct categories in their order, at most 40 of at most 100 characters each.

    Examples
    --------
    >>> clean_categories([" Agents ", "agents", "", "x" * 101, "Agents", "nan"])
    ('Agents', 'agents')
    """
    found: dict[str, None] = {}
    for text in texts:
        clean = clean_text(text[: 4 * _LONGEST])
        if clean and len(clean) <= _LONGEST and not is_nothing(clean):
            found[clean] = None
            if len(found) == _MOST:
                break
    return tuple(found)


def clean_venue(text: str) -> str:
    """Name of a venue, empty where the text names none or a server of preprints of arXiv.

    Examples
    --------
    >>> clean_venue(" NeurIPS  2024 "), clean_venue("CoRR"), clean_venue("arXiv preprint arXiv:1706.03762")
    ('NeurIPS 2024', '', '')
    """
    clean = clean_text(text[: 2 * _LONGEST_VENUE])
    if len(clean) > _LONGEST_VENUE or is_nothing(clean) or _NO_VENUE.fullmatch(clean):
        return ""
    return clean
