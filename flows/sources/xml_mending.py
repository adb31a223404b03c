"""XML that is not well-formed, mended as browsers do."""

from __future__ import annotations

import html.entities
import re
from collections.abc import Iterator

__all__ = ["known_references", "mended_xml"]

_REFERENCE = re.compile(r"&(?:(#\d{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});)?")
_CDATA = ("<![CDATA[", "]]>")
_BARE_LESS = re.compile(r"<(?![A-Za-z_/!?:])")
_USED_PREFIX = re.compile(
    r"</?([A-Za-z][\w.-]{0,40}):[A-Za-z]|(?<=\s)([A-Za-z][\w.-]{0,40}):[A-Za-z][\w.-]{0,40}=[\"']"
)
_DECLARED_PREFIX = re.compile(r"xmlns:([\w.-]{1,40})\s*=")
_ROOT_TAG = re.compile(r"<[A-Za-z][\w:.-]*")
_USUAL_SPACES = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "prism": "http://prismstandard.org/namespaces/basic/2.0/",
    "arxiv": "http://arxiv.org/schemas/atom",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
}


def mended_xml(text: str) -> str:
    r"""Well-formed text where names of HTML's characters, "&", "<", numbers or prefixes were the fault.

    Examples
    --------
    >>> mended_xml("<a>x &nbsp; < y & z <b:c/></a>")
    '<a xmlns:b="urn:undeclared:b">x \xa0 &lt; y &amp; z <b:c/></a>'
    """
    text = "".join(
        part if part.startswith(_CDATA[0]) else _BARE_LESS.sub("&lt;", known_references(part))
        for part in _cdata_apart(text)
    )
    used = (
        {one or other for one, other in _USED_PREFIX.findall(text)}
        - set(_DECLARED_PREFIX.findall(text))
        - {"xml", "xmlns"}
    )
    if not used:
        return text
    declared = "".join(
        f' xmlns:{prefix}="{_USUAL_SPACES.get(prefix, f"urn:undeclared:{prefix}")}"'
        for prefix in sorted(used)[:50]
    )
    return _ROOT_TAG.sub(lambda tag: tag[0] + declared, text, count=1)


def known_references(text: str) -> str:
    """Text with HTML's names of characters resolved and every "&" that begins none escaped."""
    return _REFERENCE.sub(_reference, text)


def _cdata_apart(text: str) -> Iterator[str]:
    """A text in parts: its CDATA sections, in which a "<" or a "&" stands for itself, and what is between."""
    place = 0
    while (start := text.find(_CDATA[0], place)) >= 0 and (end := text.find(_CDATA[1], start)) >= 0:
        yield text[place:start]
        place = end + len(_CDATA[1])
        yield text[start:place]
    yield text[place:]


def _reference(match: re.Match[str]) -> str:
    name = match[1]
    if name is None:
        return "&amp;"
    if name.startswith("#"):
        digits = name[1:]
        number = int(digits[1:], 16) if digits[:1] in "xX" else int(digits)
        is_allowed = number in (9, 10, 13) or 32 <= number < 0xD800 or 0xE000 <= number <= 0x10FFFF
        return match[0] if is_allowed and number not in (0xFFFE, 0xFFFF) else " "
    if name in ("amp", "lt", "gt", "quot", "apos"):
        return match[0]
    return html.entities.html5.get(f"{name};", f"&amp;{name};")
