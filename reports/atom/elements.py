"""Elements of Atom feeds [1]_.

References
----------
.. [1] Nottingham and Sayre (2005), The Atom Syndication Format, RFC 4287, doi:10.17487/RFC4287
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from lxml import etree

__all__ = ["EPOCH", "add", "feed_text", "make_feed", "urn"]

_ATOM = "http://www.w3.org/2005/Atom"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC).isoformat()


def make_feed(
    name: str, title: str, updated: str, self_href: str, html_href: str, author: str = "papertrends"
) -> etree._Element:
    """Feed without entries; its id follows from its name and is kept for good."""
    feed = etree.Element(_tag("feed"), nsmap={None: _ATOM})
    add(feed, "id", urn(name))
    add(feed, "title", title)
    add(feed, "updated", updated)
    add(add(feed, "author"), "name", author)
    add(feed, "generator", "papertrends")
    add(feed, "link", rel="alternate", type="text/html", href=html_href)
    add(feed, "link", rel="self", type="application/atom+xml", href=self_href)
    return feed


def add(parent: etree._Element, name: str, text: str | None = None, **attributes: str) -> etree._Element:
    """Add an element of Atom, and give it."""
    child = etree.SubElement(parent, _tag(name), attributes)
    child.text = text
    return child


def feed_text(feed: etree._Element) -> str:
    """XML text of a feed."""
    return bytes(etree.tostring(feed, xml_declaration=True, encoding="utf-8", pretty_print=True)).decode()


def urn(name: str) -> str:
    """Id of what has this name.

    Examples
    --------
    >>> urn("papertrends run:r1")
    'urn:uuid:e81eabe0-1655-5976-a259-45608a9a4374'
    """
    return uuid.uuid5(uuid.NAMESPACE_URL, name).urn


def _tag(name: str) -> str:
    return f"{{{_ATOM}}}{name}"
