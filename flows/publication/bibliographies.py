"""Papers as a bibliography: BibTeX and RIS, which reference managers and this package read back."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

__all__ = ["render_bibtex", "render_ris"]

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MATH = re.compile(r"(\$[^$\\{}]*(?:\{[^{}$]*\}[^$\\{}]*)*\$)")
_TEX = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "%": r"\%", "#": r"\#",
    "_": r"\_", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    "<": r"\textless{}", ">": r"\textgreater{}",
}  # fmt: skip
_SPECIAL = re.compile("|".join(map(re.escape, _TEX)))
# Ligatures of TeX: two hyphens are a dash, two quotes a curly one.
_LIGATURES = re.compile(r"(?<=-)(?=-)|(?<=')(?=')|(?<=`)(?=`)")
_URL_SPECIAL = re.compile(r"[{}\\\s\"<>^`|]")
_NO_KEY = re.compile(r"[^a-z0-9]+")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def render_bibtex(papers: pd.DataFrame) -> str:
    r"""Write papers as BibTeX in UTF-8: what TeX takes for a command is escaped, formulas stay.

    Parameters
    ----------
    papers : DataFrame
        From `flows.publication.exported_papers.exported_papers`.

    Returns
    -------
    str
        An entry per paper: ``@article`` with a DOI, ``@misc`` otherwise; every key is there once.
    """
    taken: set[str] = set()
    entries = []
    for paper in papers.to_dict("records"):
        kind = "article" if _doi(paper) else "misc"
        fields = ",\n".join(f"  {name} = {value}" for name, value in _bibtex_fields(paper))
        entries.append(f"@{kind}{{{_key(paper, taken)},\n{fields}\n}}\n")
    return "\n".join(entries)


def render_ris(papers: pd.DataFrame) -> str:
    """Write papers as RIS in UTF-8, one line per value.

    Parameters
    ----------
    papers : DataFrame
        From `flows.publication.exported_papers.exported_papers`.
    """
    return "".join(
        "".join(f"{tag}  - {value}\r\n" for tag, value in _ris_lines(paper)) + "\r\n"
        for paper in papers.to_dict("records")
    )


def _bibtex_fields(paper: Mapping[Hashable, Any]) -> Iterator[tuple[str, str]]:
    yield "title", f"{{{{{_tex(paper['title'])}}}}}"
    if paper["authors"]:
        names = [_bibtex_name(name) for name in paper["authors"]]
        yield "author", f"{{{' and '.join([*names, *(['others'] if _has_more(paper) else [])])}}}"
    for name, value in zip(("year", "month", "day"), _date_parts(paper), strict=False):
        yield name, _MONTHS[int(value) - 1] if name == "month" else f"{{{value}}}"
    if arxiv := _arxiv(paper):
        yield "eprint", f"{{{arxiv}}}"
        yield "archiveprefix", "{arXiv}"
    if doi := _doi(paper):
        yield "doi", f"{{{_address(doi)}}}"
    if isinstance(paper["url"], str):
        yield "url", f"{{{_address(paper['url'])}}}"
    if isinstance(paper["organization"], str):
        yield "institution", f"{{{_tex(paper['organization'])}}}"
    if keywords := _keywords(paper):
        yield "keywords", f"{{{_tex(', '.join(keywords))}}}"
    if paper["abstract"]:
        yield "abstract", f"{{{_tex(paper['abstract'])}}}"


def _ris_lines(paper: Mapping[Hashable, Any]) -> Iterator[tuple[str, str]]:
    yield "TY", "JOUR" if _doi(paper) else "UNPB"
    yield "TI", _line(paper["title"])
    for name in paper["authors"]:
        yield "AU", _ris_name(_line(name))
    parts = _date_parts(paper)
    if parts:
        yield "PY", parts[0]
        yield "DA", "/".join(parts)
    if doi := _doi(paper):
        yield "DO", _line(doi)
    if arxiv := _arxiv(paper):
        yield "AN", f"arXiv:{arxiv}"
    if isinstance(paper["url"], str):
        yield "UR", _line(paper["url"])
    if isinstance(paper["organization"], str):
        yield "AD", _line(paper["organization"])
    for word in _keywords(paper):
        yield "KW", _line(word)
    if paper["abstract"]:
        yield "AB", _line(paper["abstract"])
    yield "ER", ""


def _key(paper: Mapping[Hashable, Any], taken: set[str]) -> str:
    """Key of an entry: last name, year and first long word of the title, as Google Scholar makes it."""
    last = (
        paper["authors"][0].split()[-1] if paper["authors"] and paper["authors"][0].split() else "anonymous"
    )
    year = (_date_parts(paper) or [""])[0]
    words = [_ascii(word) for word in paper["title"].split()]
    word = next((one for one in words if len(one) > 3), words[0] if words else "")
    base = f"{_ascii(last)}{year}{word}" or "paper"
    key, number = base, 1
    while key in taken:
        number += 1
        key = f"{base}-{number}"
    taken.add(key)
    return key


def _ascii(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return _NO_KEY.sub("", folded)


def _tex(text: str) -> str:
    """Text with what TeX takes for a command escaped; a formula between dollar signs stays as it is."""
    parts = _MATH.split(_line(text))
    return "".join(part if at % 2 else _escaped(part) for at, part in enumerate(parts))


def _escaped(text: str) -> str:
    return _SPECIAL.sub(lambda found: _TEX[found[0]], _LIGATURES.sub("\0", text)).replace("\0", "{}")


def _bibtex_name(name: str) -> str:
    text = _tex(name)
    is_plain = not re.search(r",|\band\b|\bothers\b|\bet al\b", name, re.IGNORECASE) and len(name.split()) > 1
    return text if is_plain else f"{{{text}}}"


def _ris_name(name: str) -> str:
    given, _, last = name.rpartition(" ")
    return f"{last}, {given}" if given and "," not in name else name


def _address(text: str) -> str:
    """Address with the characters that would end a field, percent-encoded."""
    return _URL_SPECIAL.sub(lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode()), text)


def _line(text: str) -> str:
    return " ".join(_CONTROLS.sub(" ", text).split())


def _date_parts(paper: Mapping[Hashable, Any]) -> list[str]:
    """Year, month and day as far as they are certain."""
    if pd.isna(paper["published"]):
        return []
    n_parts = {"year": 1, "month": 2}.get(str(paper["published_precision"]), 3)
    return f"{paper['published']:%Y-%m-%d}".split("-")[:n_parts]


def _has_more(paper: Mapping[Hashable, Any]) -> bool:
    return not pd.isna(paper["n_authors"]) and int(paper["n_authors"]) > len(paper["authors"])


def _keywords(paper: Mapping[Hashable, Any]) -> Sequence[str]:
    return [*paper["themes"], *([paper["topic"]] if paper["topic"] else [])]


def _doi(paper: Mapping[Hashable, Any]) -> str:
    scheme, _, key = str(paper["paper_id"]).partition(":")
    return key if scheme == "doi" else ""


def _arxiv(paper: Mapping[Hashable, Any]) -> str:
    scheme, _, key = str(paper["paper_id"]).partition(":")
    return key if scheme == "arxiv" else ""
