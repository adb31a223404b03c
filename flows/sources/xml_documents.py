"""XML documents of paper services, read strictly and without ever looking anything up.

What every parser of such a document needs: the parsed root or one clear line that says why there is
none, and text by local name (services write one format under several namespace prefixes).
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Collection
from contextlib import suppress
from typing import TypeAlias

from lxml import etree

from analytics.exceptions import InputError
from flows.sources.plain_text import clean_text, excerpt, require_text
from flows.sources.xml_mending import known_references, mended_xml

__all__ = [
    "XmlElement",
    "child_text",
    "child_texts",
    "children",
    "flat_text",
    "local_name",
    "parse_xml",
    "root_name",
    "show_element",
]

XmlElement: TypeAlias = etree._Element  # noqa: SLF001 - lxml has no public name for its type

_SAMPLE = 65_536
# Characters that XML 1.0 forbids: one of them in one abstract must not cost a thousand papers.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_SPACE = re.compile(r"[\s\ufeff]*")
_PROLOG = (("<?", "?>"), ("<!--", "-->"), ("<!", ">"))
_START_TAG = re.compile(r"<(?:[\w.-]{1,100}:)?([\w.-]{1,100})")
_HTML_ROOTS = frozenset(
    ["html", "head", "body", "div", "p", "title", "center", "h1", "meta", "script", "table"]
)


def parse_xml(content: str | bytes, location: str, wanted: str, *, roots: Collection[str] = ()) -> XmlElement:
    r"""Root of an XML document; nothing outside of it is looked up and no entity is expanded.

    Parameters
    ----------
    content : str or bytes
        Text may declare any encoding, it is decoded already; bytes are read as they declare.
    roots : collection of str, default=()
        Local names that the root may have; empty for any.

    Raises
    ------
    InputError
        When it is empty, binary, HTML, no XML, cut off, broken, nested more than 256 deep, declares
        entities, or has another root.

    Examples
    --------
    >>> parse_xml("<?xml version='1.0' encoding='latin-1'?><a>é</a>", "a.xml", "a feed").text
    'é'
    >>> parse_xml("<a>\n<b>text", "b", "x")
    Traceback (most recent call last):
    ...
    analytics.exceptions.InputError: b is XML that is cut off at line 2; fetch or save it again; expected x
    """
    text = content if isinstance(content, str) else _sample(content)
    _require_markup(text.removeprefix("\ufeff"), location, wanted)
    root = _parsed(content, location, wanted)
    document = root.getroottree().docinfo
    if document.internalDTD is not None and document.internalDTD.entities():
        raise InputError(f"{location} declares entities of its own, which are never read; expected {wanted}")
    name = local_name(root)
    if roots and name not in roots:
        raise InputError(f"{location} is XML of another kind (<{excerpt(name)}>); expected {wanted}")
    return root


def _parsed(content: str | bytes, location: str, wanted: str) -> XmlElement:
    """Root of a document, mended as browsers do where it is not well-formed."""
    parser = _parser("utf-8" if isinstance(content, str) else None)
    head = content[:_SAMPLE] if isinstance(content, str) else ""
    if "<!DOCTYPE" in head and "<!ENTITY" not in head:
        # Names that an outer DTD would explain are left out in silence; those of HTML are known without it.
        content = known_references(str(content))
    try:
        return etree.fromstring(_encoded(content), parser)
    except etree.XMLSyntaxError as error:
        fault = InputError(f"{location} {_fault(error, content)}; expected {wanted}")
    # Entities of a document's own are never read, so they are not mended either.
    if isinstance(content, str) and "<!ENTITY" not in content[:_SAMPLE]:
        with suppress(etree.XMLSyntaxError):
            return etree.fromstring(_encoded(mended_xml(content)), _parser("utf-8"))
    raise fault


def root_name(head: str) -> str:
    """Local name of the first element in the beginning of a document, empty without one.

    Examples
    --------
    >>> root_name("<?xml version='1.0'?><!-- saved --><rdf:RDF xmlns:rdf='...'>")
    'RDF'
    >>> root_name("no markup"), root_name("<!-- never closed")
    ('', '')
    """
    place = _after_space(head, 0)
    while kind := next((pair for pair in _PROLOG if head.startswith(pair[0], place)), None):
        start, end = kind
        close = head.find(end, place + len(start))
        if start == "<!" and 0 <= head.find("[", place) < close:
            close = head.find(">", max(head.find("]", place), 0))
        if close < 0:
            return ""
        place = _after_space(head, close + len(end))
    match = _START_TAG.match(head, place)
    return match[1] if match else ""


def local_name(element: XmlElement) -> str:
    """Name of an element without its namespace; empty for a comment.

    Examples
    --------
    >>> local_name(parse_xml("<a:feed xmlns:a='http://www.w3.org/2005/Atom'/>", "a.xml", "a feed"))
    'feed'
    """
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def children(element: XmlElement, name: str) -> list[XmlElement]:
    """Direct children of a local name, in any namespace.

    Examples
    --------
    >>> len(children(parse_xml("<a><b/><c/><b/></a>", "a.xml", "a feed"), "b"))
    2
    """
    return [child for child in element if local_name(child) == name]


def flat_text(element: XmlElement) -> str:
    """Clean text of an element and all within it, comments left out.

    Examples
    --------
    >>> flat_text(parse_xml("<t>An <b>LLM</b>s<!-- ? --> view</t>", "a.xml", "a feed"))
    'An LLMs view'
    """
    return clean_text(etree.tostring(element, method="text", encoding=str, with_tail=False))


def show_element(element: XmlElement) -> str:
    """At most 200 characters of an element's text, for a reject."""
    return excerpt(flat_text(element))


def child_texts(element: XmlElement, name: str) -> list[str]:
    """Clean texts of the direct children of a local name that have any.

    Examples
    --------
    >>> child_texts(parse_xml("<a><b> one</b><b/><b>two</b></a>", "a.xml", "a feed"), "b")
    ['one', 'two']
    """
    return [text for child in children(element, name) if (text := flat_text(child))]


def child_text(element: XmlElement, name: str) -> str:
    """First of `child_texts`, empty without one.

    Examples
    --------
    >>> child_text(parse_xml("<a><b/></a>", "a.xml", "a feed"), "b")
    ''
    """
    return next(iter(child_texts(element, name)), "")


def _sample(content: bytes) -> str:
    is_utf_16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return content[:_SAMPLE].decode("utf-16" if is_utf_16 else "utf-8-sig", "replace")


def _require_markup(text: str, location: str, wanted: str) -> None:
    """Refuse what is no XML by its own name."""
    if not text[:_SAMPLE].lstrip().startswith("<"):
        require_text(text, location, wanted=wanted)
        raise InputError(f"{location} is not XML; expected {wanted}")
    name = root_name(text[:_SAMPLE])
    if name.lower() in _HTML_ROOTS or text.lstrip()[:14].lower() == "<!doctype html":
        raise InputError(f"{location} is the HTML source of a page, such as an error page; expected {wanted}")


def _parser(encoding: str | None) -> etree.XMLParser:
    return etree.XMLParser(
        encoding=encoding, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )


def _encoded(content: str | bytes) -> bytes:
    if isinstance(content, bytes):
        return content
    text = _FORBIDDEN.sub(" ", content.removeprefix("\ufeff").lstrip())
    return _SURROGATE.sub("\ufffd", text).encode()


def _fault(error: etree.XMLSyntaxError, content: str | bytes) -> str:
    message, code, line = excerpt(str(error)), error.code, error.lineno
    if "depth" in message:
        return "is XML nested too deep"
    tail = content[-200:] if isinstance(content, str) else content[-200:].decode("latin-1").replace("\0", "")
    is_whole = tail.rstrip().endswith(">")
    if code == etree.ErrorTypes.ERR_TAG_NOT_FINISHED or not (
        is_whole or code == etree.ErrorTypes.ERR_DOCUMENT_END
    ):
        return f"is XML that is cut off at line {line}; fetch or save it again"
    return f"is not well-formed XML ({message})"


def _after_space(text: str, place: int) -> int:
    match = _SPACE.match(text, place)
    return match.end() if match else place
