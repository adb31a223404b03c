"""Every format in XML against documents that unfold, or that ask for files and addresses."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from analytics.exceptions import InputError
from flows.sources.acl_anthology import parse_acl_anthology
from flows.sources.arxiv_atom import parse_arxiv_atom
from flows.sources.oai_pmh import parse_oai_pmh
from flows.sources.recognition import read_source
from flows.sources.rss import parse_rss

SECRET = "words of a file that nobody named"

# A document of each format, its root's start tag and the place of a title.
DOCUMENTS: dict[str, tuple[Callable[..., object], str, str]] = {
    "arxiv-atom": (
        parse_arxiv_atom,
        "<feed xmlns='http://www.w3.org/2005/Atom'{space}>",
        "<id>http://arxiv.org/api/x</id><entry><id>http://arxiv.org/abs/2503.02130v1</id><title>{title}</title>"
        "<summary>Text.</summary></entry></feed>",
    ),
    "atom": (
        parse_rss,
        "<feed xmlns='http://www.w3.org/2005/Atom'{space}>",
        "<id>tag:x</id><entry><id>tag:y</id><title>{title}</title></entry></feed>",
    ),
    "rss": (
        parse_rss,
        "<rss version='2.0'{space}>",
        "<channel><item><title>{title}</title></item></channel></rss>",
    ),
    "oai-pmh": (
        parse_oai_pmh,
        "<OAI-PMH xmlns='http://www.openarchives.org/OAI/2.0/'{space}>",
        "<ListRecords><record><header><identifier>oai:arXiv.org:2510.00001</identifier></header><metadata>"
        "<arXiv xmlns='http://arxiv.org/OAI/arXiv/'><id>2510.00001</id><title>{title}</title>"
        "<abstract>Text.</abstract></arXiv></metadata></record></ListRecords></OAI-PMH>",
    ),
    "acl-anthology": (
        parse_acl_anthology,
        "<collection id='2024.x'{space}>",
        "<volume id='1'><meta><year>2024</year></meta><paper id='1'><title>{title}</title></paper></volume>"
        "</collection>",
    ),
}
LAUGHS = "<!DOCTYPE x [<!ENTITY l0 'lol'>{}]>".format(
    "".join(f"<!ENTITY l{n} '{f'&l{n - 1};' * 10}'>" for n in range(1, 10))
)
QUADRATIC = f"<!DOCTYPE x [<!ENTITY a '{'a' * 50_000}'>]>"
every_format = pytest.mark.parametrize("kind", DOCUMENTS)


def document(kind: str, prolog: str, title: str, space: str = "") -> str:
    _, start, rest = DOCUMENTS[kind]
    return "<?xml version='1.0'?>" + prolog + start.format(space=space) + rest.format(title=title)


def ways(kind: str, text: str, folder: Path) -> Iterator[Callable[[], object]]:
    """The ways that a document comes in by: as text, as bytes, as a file whose format is recognized."""
    parse = DOCUMENTS[kind][0]
    path = folder / "saved.xml"
    path.write_text(text)
    yield lambda: parse(text, location="saved.xml", day=None)
    yield lambda: parse(text.encode(), location="saved.xml", day=None)
    yield lambda: list(read_source(path))


@every_format
def test_the_plain_document_is_read(kind: str, tmp_path: Path) -> None:
    for read in ways(kind, document(kind, "", "Maps for Agents"), tmp_path):
        assert "Maps for Agents" in repr(read())


@every_format
@pytest.mark.parametrize(
    ("prolog", "title"),
    [
        (LAUGHS, "&l9;"),
        (QUADRATIC, "&a;" * 20_000),
        ("<!DOCTYPE x [<!ENTITY % p SYSTEM '{address}'>%p;]>", "&q;"),
        ("<!DOCTYPE x [<!ENTITY q SYSTEM '{address}'>]>", "&q;"),
        ("<!DOCTYPE x [<!ENTITY q SYSTEM '{file}'>]>", "&q;"),
        ("<!DOCTYPE x [<!ENTITY q PUBLIC 'q' '{file}'>]>", "&q;"),
    ],
    ids=["laughs", "quadratic", "parameter", "address", "file", "public"],
)
def test_entities_are_refused_in_one_line(kind, prolog, title, tmp_path, loopback_server) -> None:
    (tmp_path / "secret.txt").write_text(SECRET)
    prolog = prolog.format(address=f"{loopback_server.url}/x.dtd", file=(tmp_path / "secret.txt").as_uri())
    tracemalloc.start()
    try:
        for read in ways(kind, document(kind, prolog, title), tmp_path):
            with pytest.raises(InputError) as caught:
                read()
            assert "\n" not in str(caught.value)
            assert SECRET not in str(caught.value)
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()
    assert loopback_server.asked == []


@every_format
def test_a_document_type_elsewhere_is_not_fetched(kind, tmp_path, loopback_server) -> None:
    (tmp_path / "x.dtd").write_text(f"<!ENTITY q '{SECRET}'>")
    for place in (f"{loopback_server.url}/x.dtd", (tmp_path / "x.dtd").as_uri()):
        text = document(kind, f"<!DOCTYPE x SYSTEM '{place}'>", "Maps &amp; Agents")
        for read in ways(kind, text, tmp_path):
            assert "Maps & Agents" in repr(read())
        for read in ways(kind, document(kind, f"<!DOCTYPE x SYSTEM '{place}'>", "Maps &q;"), tmp_path):
            try:
                said = repr(read())
            except InputError as error:
                said = str(error)
            assert SECRET not in said
    assert loopback_server.asked == []


@every_format
def test_nothing_is_included(kind, tmp_path, loopback_server) -> None:
    (tmp_path / "secret.txt").write_text(SECRET)
    space = " xmlns:xi='http://www.w3.org/2001/XInclude'"
    for place in (f"{loopback_server.url}/x", (tmp_path / "secret.txt").as_uri()):
        title = f"Maps <xi:include href='{place}' parse='text'/>"
        for read in ways(kind, document(kind, "", title, space), tmp_path):
            said = repr(read())
            assert "Maps" in said
            assert SECRET not in said
    assert loopback_server.asked == []
