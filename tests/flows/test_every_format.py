"""Damaged files of every format of the registry: papers, rejects or one clear error, and nothing else.

A table of formats writes a valid file of twelve invented papers each, and covers the registry; a table
of mutations damages it, either anywhere or within the bytes of one record. Four laws hold for whatever
comes of it: the outcome is one that a person can read, it comes in time, records keep their contract,
and a damaged record costs no other one. A failure names format, seed and mutations:
`damaged(FORMATS[name], seed)` and `with_one_damaged(FORMATS[name], seed)` write that file again. The
default tests take a few files of each, the slow ones 600.
"""

from __future__ import annotations

import ast
import io
import json
import re
import signal
import warnings
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from random import Random
from typing import Any
from xml.sax.saxutils import escape

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from analytics.exceptions import InputError
from analytics.papers import Feed, PaperRecord
from flows.sources import recognition
from flows.sources.formats import SourceFile, SourceFormat
from flows.sources.recognition import read_source
from flows.store.usable import usable_feed
from tests.examples import examples, write_again

N_DAMAGED = 300
"""Files of each format that are damaged anywhere."""
N_ONE_DAMAGED = 300
"""Files of each format in which one record is damaged."""
N_BATCHES = 5
BATCHES = [0, *(pytest.param(batch, marks=pytest.mark.slow) for batch in range(1, N_BATCHES))]
"""The first of them is small and belongs to the default tests."""
N_FIRST = 8
SECONDS = 5

ARXIV_ID = re.compile(r"\d{4}\.\d{4,5}|[a-z][a-z-]*/\d{7}", re.ASCII)
COLUMNS = ["title", "abstract", "id", "date", "doi", "url"]


# --- Twelve invented papers ------------------------------------------------------------------------------

SUBJECTS = [
    "Maps",
    "Diaries",
    "Clocks",
    "Bridges",
    "Kites",
    "Ponds",
    "Looms",
    "Ferries",
    "Mills",
    "Tides",
    "Bells",
    "Wells",
]
PAPERS = [
    {
        "title": f"Agents That Learn from {subject}, Part {number}",
        "abstract": f'We let agents keep "{subject}", and ask what they learn: $O(n^{number})$, über all.',
        "id": f"25{number:02}.{20_000 + number}",
        "day": f"2025-{number:02}-11",
        "doi": f"10.1000/example.{number}",
        "url": f"https://example.org/papers/{number}",
    }
    for number, subject in enumerate(SUBJECTS, start=1)
]
TITLES = {paper["title"] for paper in PAPERS}


@dataclass(frozen=True)
class Format:
    """One format: `pieces` are the bytes of one paper each, and `assemble` makes a file of them.

    `damage` changes one piece without the marks that hold the file together; it is None for the page,
    whose papers have none: more of its files are damaged anywhere.
    """

    suffix: str
    pieces: tuple[bytes, ...]
    assemble: Callable[[Sequence[bytes]], bytes]
    damage: Callable[[Random, bytes], bytes] | None

    @property
    def content(self) -> bytes:
        return self.assemble(self.pieces)


def pieces_of(template: str, quote: Callable[[str], str] = str) -> tuple[bytes, ...]:
    """Texts of the papers: `template` with each paper's values in the place of ``@title``, ``@day`` ..."""
    return tuple(
        re.sub(r"@(title|abstract|id|day|doi|url)", lambda name, paper=paper: quote(paper[name[1]]), template).encode()
        for paper in PAPERS
    )  # fmt: skip


def framed(head: str, join: str, tail: str) -> Callable[[Sequence[bytes]], bytes]:
    return lambda pieces: head.encode() + join.encode().join(pieces) + tail.encode()


def json_format(template: object, head: str, tail: str, join: str = ",\n") -> Format:
    pieces = pieces_of(json.dumps(template), lambda text: json.dumps(text)[1:-1])
    return Format(".json", pieces, framed(head, join, tail), damage_json)


def literal_format(template: object) -> Format:
    entries = pieces_of(json.dumps(template), lambda text: json.dumps(text)[1:-1])
    pieces = tuple(json.dumps(repr(json.loads(entry))).encode() for entry in entries)
    return Format(".json", pieces, framed("[", ", ", "]"), damage_literal)


def json_lines_format(template: object) -> Format:
    pieces = pieces_of(json.dumps(template), lambda text: json.dumps(text, ensure_ascii=False)[1:-1])
    return Format(".jsonl", pieces, framed("", "\n", "\n"), damage_line_or_json)


def xml_format(template: str, head: str, tail: str) -> Format:
    return Format(".xml", pieces_of(template), framed(head, "\n", tail), damage_xml)


def oai_format(metadata: str) -> Format:
    head = "<OAI-PMH xmlns='http://www.openarchives.org/OAI/2.0/'><responseDate>2025-04-01</responseDate><ListRecords>"
    header = "<header><identifier>oai:arXiv.org:@id</identifier><datestamp>@day</datestamp></header>"
    record = f"<record>{header}<metadata>{metadata}</metadata></record>"
    return xml_format(record, head, "<resumptionToken>6|1</resumptionToken></ListRecords></OAI-PMH>")


def table_format(suffix: str, delimiter: str) -> Format:
    cells = delimiter.join(f'"@{name}"' for name in PAPERS[0])
    pieces = pieces_of(cells, lambda text: text.replace('"', '""'))
    return Format(suffix, pieces, framed(delimiter.join(COLUMNS) + "\n", "\n", "\n"), damage_line)


def parquet_table(pieces: Sequence[bytes]) -> bytes:
    # The bytes of the cells are not checked, so that a text in the file may be none.
    rows = [[*piece.split(b"\x1f"), *[b""] * len(COLUMNS)][: len(COLUMNS)] for piece in pieces]
    columns = [pa.array(cells, pa.binary()).view(pa.string()) for cells in zip(*rows, strict=True)]
    file = io.BytesIO()
    pq.write_table(pa.table(columns, names=COLUMNS), file, row_group_size=5, compression="none")
    return file.getvalue()


# --- Mutations: of the bytes of a file, and of one record ------------------------------------------------

TOKENS = tuple(
    token.encode("utf-8", "surrogatepass")
    for token in (
        "\x00", "\x1a", "\ufeff", "\ud800", "\u2028", "\r", "\n\n", "\t", '"', "'", "`", "\\", "\\u", "\\ud800", "{", "}",
        "[", "]", "(", ")", "<", ">", "&", "&#0;", "&nosuch;", "$", "#", "%", "@", ",", ";", ":", "|", "null", "NaN",
        "-Infinity", "1e999", "9" * 401, "9" * 5_000, "[" * 3_000, "{" * 3_000, '{"a":' * 3_000, "(" * 3_000, "<b>" * 300,
        "<!DOCTYPE a [<!ENTITY b 'c'>]>", "&b;", "<![CDATA[", "]]>", "<!--", "-->", "<?xml version='1.0'?>", "<?",
        "@article{", "@string{a = b # a}", "@comment{", "TY  - ", "ER  - ", "AU  - ", "sep=;\n", "title", "word " * 40_000,
        "a" * 200_000, "$" * 20_000, "\\{" * 20_000, "<!--" * 20_000, "&lt;" * 20_000, "  • 8 authors\n·\nOct 9 2\n",
        '"title": ', '"paper": ', '{"paper": {}}', "</entry>", "</record>", "<entry>", "2503.02130v2", "0000-00-00",
    )
)  # fmt: skip


def span(random: Random, content: bytes, longest: int = 400) -> slice:
    start = random.randrange(len(content) + 1)
    return slice(start, start + random.randrange(1, longest))


def flip_bytes(random: Random, content: bytes) -> bytes:
    changed = bytearray(content)
    for _ in range(random.randrange(1, 5)):
        if changed:
            changed[random.randrange(len(changed))] = random.randrange(256)
    return bytes(changed)


def insert_token(random: Random, content: bytes) -> bytes:
    place = random.randrange(len(content) + 1)
    return content[:place] + random.choice(TOKENS) + content[place:]


def replace_token(random: Random, content: bytes) -> bytes:
    """Put something else in the place of a number, a word or a mark."""
    tokens = list(re.finditer(rb"\w+|[^\w\s]", content))
    if not tokens:
        return random.choice(TOKENS)
    token = random.choice(tokens)
    return content[: token.start()] + random.choice(TOKENS) + content[token.end() :]


def delete_span(random: Random, content: bytes) -> bytes:
    lost = span(random, content)
    return content[: lost.start] + content[lost.stop :]


def duplicate_span(random: Random, content: bytes) -> bytes:
    place = random.randrange(len(content) + 1)
    return content[:place] + content[span(random, content)] * random.choice((1, 2, 50)) + content[place:]


def swap_spans(random: Random, content: bytes) -> bytes:
    first, second = sorted(random.randrange(len(content) + 1) for _ in range(2))
    end = min(len(content), second + random.randrange(1, 400))
    return content[:first] + content[second:end] + content[first:second] + content[end:]


def cut_off(random: Random, content: bytes) -> bytes:
    return content[: random.randrange(len(content) + 1)]


def splice(random: Random, content: bytes) -> bytes:
    """Go on in the middle of a file of some format."""
    other = random.choice(list(FORMATS.values())).content
    return cut_off(random, content) + other[random.randrange(len(other)) :]


def drop_quotes(random: Random, content: bytes) -> bytes:
    return content.replace(random.choice((b'"', b"'", b"{", b"}", b"<", b">", b"\n")), b"")


def change_line_ends(random: Random, content: bytes) -> bytes:
    return content.replace(b"\n", random.choice((b"\r\n", b"\r", b"\n\r", "\u2028".encode(), b"\n\n", b" ")))


def encode_again(random: Random, content: bytes) -> bytes:
    encoding = random.choice(("utf-16", "utf-16-le", "utf-32", "latin-1", "utf-8-sig", "utf-7"))
    return content.decode("utf-8", "replace").encode(encoding, "replace")


MUTATIONS = (
    flip_bytes, insert_token, insert_token, replace_token, replace_token, delete_span, duplicate_span, swap_spans,
    cut_off, splice, drop_quotes, change_line_ends, encode_again,
)  # fmt: skip

KEYS = {
    *COLUMNS, "paper", "data", "notes", "results", "content", "value", "versions", "version", "created", "paperId", "externalIds",
    "abstract_inverted_index", "authorships", "author", "display_name", "creators", "itemType", "key", "library", "meta", "summary",
    "publishedAt", "publication_date", "year", "upvotes", "cdate", "mdate", "authors_parsed", "update_date", "abs", "categories",
}  # fmt: skip
HOSTILE_TEXTS = (
    "", " ", "\x00", "\ud800", "\ufeff", "a\x00b\x1b[2J", "nan", "null", "2503.02130", "10.1000/abc", "0000-00-00", "2025-02-30",
    "99999999-12-31", "\u202eagents", "'" * 50, '"' * 50, "[" * 500, "{" * 500, "}" * 500, "<p>" * 500, "<!--", "&lt;" * 500,
    "$" * 5_000, "\\", "%s {0}", "word " * 40_000, "a" * 200_000, "( " * 100_000, "and " * 50_000, ", " * 100_000, "javascript:alert(1)",
    "9" * 5_000, "This paper has been withdrawn", "é" * 1_000, "\r\n" * 100,
)  # fmt: skip


def hostile_value(random: Random) -> Any:
    nested: Any = "deep"
    for _ in range(200):
        nested = [nested] if random.random() < 0.5 else {"value": nested}
    values = (None, True, False, 0, -1, 2503.0213, 10**400, -(10**18), float("nan"), float("inf"), nested,
              [], {}, [None], [[[]]], {"": None}, {"value": None}, {"name": {"name": 1}}, ["a"] * 5_000,
              [{"version": "v999", "created": None}], {"date-parts": [[2025, 99, {}]]}, {"a": [-1, 10**30, "1"]})  # fmt: skip
    return random.choice(values) if random.random() < 0.5 else random.choice(HOSTILE_TEXTS)


def damage_value(random: Random, value: Any) -> Any:
    """A JSON value with one of its inner values replaced, lost, renamed or exchanged."""
    holder, path = [value], [0]
    target: Any = holder
    while isinstance(inner := target[path[-1]], (dict, list)) and inner and random.random() < 0.8:
        target = inner
        path.append(random.choice(list(inner)) if isinstance(inner, dict) else random.randrange(len(inner)))
    key = path[-1]
    kind = random.randrange(6)
    if kind == 0 and target is not holder:
        del target[key]
    elif kind == 1 and isinstance(target, dict):
        target[random.choice(("", "title", "id", "\x00", "content", "\ud800", "a" * 10_000))] = target.pop(
            key
        )
    elif kind == 2 and isinstance(target, dict):
        other = random.choice(list(target))
        target[key], target[other] = target[other], target[key]
    else:
        target[key] = hostile_value(random)
    return holder[0]


def damage_json(random: Random, piece: bytes) -> bytes:
    text = json.dumps(damage_value(random, json.loads(piece)))
    # A number that Python itself refuses to write.
    return re.sub(r'"(9{5000})"', r"\1", text).encode()


def damage_literal(random: Random, piece: bytes) -> bytes:
    """Damage an entry that is a Python literal within a JSON text, or that text."""
    text = json.loads(piece)
    if random.random() < 0.6:
        return json.dumps(repr(damage_value(random, ast.literal_eval(text)))).encode()
    if random.random() < 0.6:
        return json.dumps(damage_line(random, text.encode()).decode("utf-8", "surrogateescape")).encode()
    return json.dumps(hostile_value(random)).encode()


def damage_line(random: Random, piece: bytes) -> bytes:
    """Damage bytes, but no line end: the lines of a file hold it together."""
    for _ in range(random.randrange(1, 3)):
        lines = piece.split(b"\n")
        number = random.randrange(len(lines))
        line = random.choice((flip_bytes, insert_token, replace_token, delete_span, duplicate_span, cut_off))(
            random, lines[number]
        )
        lines[number] = line.replace(b"\n", b" ").replace(b"\r", b" ")
        piece = b"\n".join(lines)
    return piece


def damage_line_or_json(random: Random, piece: bytes) -> bytes:
    return random.choice((damage_line, damage_json))(random, piece)


def damage_xml(random: Random, piece: bytes) -> bytes:
    """Put another text in the place of one between tags or of an attribute, namespaces left as they are."""
    places = re.finditer(rb'(?<=>)[^<>]*(?=</)|(?<=\w=")[^"<>]*(?=")', piece)
    place = random.choice(
        [place for place in places if not re.search(rb"xmlns(:\w+)?=.$", piece[: place.start()])]
    )
    text = random.choice(HOSTILE_TEXTS)
    if random.random() < 0.2:
        text = damage_line(random, place[0]).decode("utf-8", "replace")
    # A file with NUL is binary, and none of these formats.
    clean = escape(text.replace("\0", ""), {'"': "&quot;"}).encode("utf-8", "replace")
    return piece[: place.start()] + clean + piece[place.end() :]


def damage_cell(random: Random, piece: bytes) -> bytes:
    cells = piece.split(b"\x1f")
    number = random.randrange(len(cells))
    text = random.choice(HOSTILE_TEXTS).encode("utf-8", "surrogatepass")
    cells[number] = text if random.random() < 0.5 else flip_bytes(random, cells[number]).replace(b"\x1f", b"")
    return b"\x1f".join(cells)


def damage_sheet_cell(random: Random, piece: bytes) -> bytes:
    """Damage a cell of a workbook, whose XML stays whole: Excel itself writes no other characters."""
    text = damage_cell(random, piece).decode("utf-8", "replace")
    return re.sub("[\0-\x08\x0b-\x1e\ufffe\uffff]", "", text).encode()


# --- The table of formats --------------------------------------------------------------------------------

ENTRY = {
    "paper": {"id": "@id", "authors": [{"_id": "65", "name": "Ada Example", "hidden": False}], "publishedAt": "@dayT10:00:00.000Z",
              "title": "@title", "summary": "@abstract", "upvotes": 7, "organization": {"name": "example"}},
    "publishedAt": "@dayT05:00:00.000Z", "title": "@title", "numComments": 1,
}  # fmt: skip
WORK = {
    "id": "https://openalex.org/W27", "doi": "https://doi.org/@doi", "title": "@title", "publication_date": "@day",
    "publication_year": 2025, "type": "article", "authorships": [{"author": {"display_name": "Ada Example"}, "institutions": []}],
    "primary_location": {"landing_page_url": "@url"}, "abstract_inverted_index": {"@abstract": [0], "End.": [1]}, "is_retracted": False,
}  # fmt: skip
SCHOLAR = {
    "paperId": "ab" * 20, "title": "@title", "abstract": "@abstract", "year": 2025, "externalIds": {"ArXiv": "@id", "DOI": "@doi"},
    "publicationDate": "@day", "authors": [{"authorId": "1", "name": "Ada Example"}], "url": "@url",
}  # fmt: skip
NOTE = {
    "id": "aBc",
    "forum": "aBc",
    "cdate": 1_741_000_000_000,
    "mdate": 1_742_000_000_000,
    "pdate": 1_741_500_000_000,
}
CONTENT = {
    "title": "@title",
    "abstract": "@abstract",
    "authors": ["Ada Example", "Bo Müster"],
    "venue": "Example",
}
WRAPPED = {name: {"value": value} for name, value in CONTENT.items()}
FLAT = {
    "title": "@title",
    "abstract": "@abstract",
    "id": "@id",
    "date": "@day",
    "authors": "Ada Example; Bo Müster",
    "url": "@url",
}
ZOTERO = {
    "key": "AB", "version": 3, "library": {"type": "user", "id": 1},
    "data": {"key": "AB", "itemType": "preprint", "title": "@title", "abstractNote": "@abstract", "date": "@day", "DOI": "@doi",
             "creators": [{"creatorType": "author", "firstName": "Ada", "lastName": "Example"}]},
}  # fmt: skip
LISTING = {
    "id": "@id", "pdf": "https://arxiv.org/pdf/@id", "abs": "https://arxiv.org/abs/@id", "authors": ["Ada Example"], "title": "@title",
    "categories": ["cs.AI"], "comment": "9 pages", "summary": "@abstract",
}  # fmt: skip
SNAPSHOT = {
    "id": "@id", "title": "@title", "abstract": "@abstract", "doi": "@doi", "comments": "9 pages", "update_date": "@day",
    "versions": [{"version": "v1", "created": "Tue, 11 Mar 2025 10:00:00 GMT"}], "authors_parsed": [["Example", "Ada", ""]],
}  # fmt: skip
ATOM = (
    "<entry><id>http://arxiv.org/abs/@idv2</id><title>@title</title><published>@dayT10:00:00Z</published><updated>@day</updated>"
    '<summary>@abstract</summary><author><name>Ada Example</name></author><link href="@url" rel="alternate"/></entry>'
)  # fmt: skip
OAI_ARXIV = (
    '<arXiv xmlns="http://arxiv.org/OAI/arXiv/"><id>@id</id><created>@day</created><updated>@day</updated><authors><author>'
    "<keyname>Example</keyname><forenames>Ada</forenames></author></authors><title>@title</title><doi>@doi</doi>"
    "<abstract>@abstract</abstract></arXiv>"
)  # fmt: skip
OAI_RAW = (
    '<arXivRaw xmlns="http://arxiv.org/OAI/arXivRaw/"><id>@id</id><version version="v1"><date>Tue, 11 Mar 2025 10:00:00 GMT</date>'
    "</version><title>@title</title><authors>Ada Example, Bo Müster</authors><abstract>@abstract</abstract></arXivRaw>"
)  # fmt: skip
OAI_DC = (
    '<oai_dc:dc xmlns:oai_dc="http://www.openarchives.org/OAI/2.0/oai_dc/" xmlns:dc="http://purl.org/dc/elements/1.1/">'
    "<dc:title>@title</dc:title><dc:creator>Example, Ada</dc:creator><dc:description>@abstract</dc:description>"
    "<dc:date>@day</dc:date><dc:identifier>http://arxiv.org/abs/@id</dc:identifier></oai_dc:dc>"
)  # fmt: skip
RSS = (
    "<item><title>@title</title><link>@url</link><guid>@url</guid><dc:creator>Ada Example</dc:creator>"
    "<pubDate>Tue, 11 Mar 2025 10:00:00 GMT</pubDate><description>&lt;p&gt;@abstract&lt;/p&gt;</description></item>"
)  # fmt: skip
PLAIN_ATOM = (
    '<entry><id>@url</id><title type="html">@title</title><link href="@url"/><published>@day</published><updated>@day</updated>'
    "<summary>@abstract</summary><author><name>Ada Example</name></author></entry>"
)  # fmt: skip
RDF = '<item rdf:about="@url"><title>@title</title><link>@url</link><description>@abstract</description><dc:date>@day</dc:date></item>'
RDF_HEAD = (
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>Example</title></channel>'
)  # fmt: skip
ACL = (
    '<paper id="1"><title>@title</title><author><first>Ada</first><last>Example</last></author><abstract>@abstract</abstract>'
    "<doi>@doi</doi><url>@url</url></paper>"
)  # fmt: skip
ACL_HEAD = (
    "<collection id='2025.example'><volume id='long'><meta><month>March</month><year>2025</year></meta>"
)
ATOM_HEAD = "<feed xmlns='http://www.w3.org/2005/Atom'>"
RSS_HEAD = "<rss version='2.0' xmlns:dc='http://purl.org/dc/elements/1.1/'><channel><title>Example</title>"
BIBTEX = (
    "@article{key@id,\n  title = {@title},\n  abstract = {@abstract},\n  author = {Ada Example and Bo Müster},\n"
    "  date = {@day},\n  doi = {@doi},\n}"
)  # fmt: skip
RIS = "TY  - JOUR\nTI  - @title\nAU  - Example, Ada\nAB  - @abstract\nDA  - @day\nDO  - @doi\nUR  - @url\nER  - "
PAGE = "@title\n\n@abstract @abstract @abstract\n\n  • 2 authors\n·\nMar 12, 2024 3\n"

CROSSREF = {
    "DOI": "@doi", "type": "journal-article", "title": ["@title"], "abstract": "<jats:p>@abstract</jats:p>", "URL": "@url",
    "author": [{"given": "Ada", "family": "Example"}], "issued": {"date-parts": [[2025, 3, 11]]}, "created": {"date-parts": [[2025, 4, 1]]},
}  # fmt: skip
PREPRINT = {
    "doi": "@doi", "title": "@title", "authors": "Example, A.; Muster, B.", "date": "@day", "version": "1", "abstract": "@abstract",
    "server": "bioRxiv", "type": "new results",
}  # fmt: skip
EUROPE_PMC = {
    "id": "1", "source": "MED", "doi": "@doi", "title": "@title.", "authorString": "Example A, Muster B.", "abstractText": "@abstract",
    "firstPublicationDate": "@day", "pubYear": "2025",
}  # fmt: skip
DBLP_HIT = {
    "@score": "1",
    "info": {
        "authors": {"author": [{"text": "Ada Example"}]},
        "title": "@title.",
        "year": "2025",
        "ee": "@url",
        "doi": "@doi",
    },
}
DBLP = '<article key="a/@id"><author>Ada Example 0001</author><title>@title.</title><year>2025</year><ee>@url</ee></article>'
PUBMED_XML = (
    "<PubmedArticle><MedlineCitation><PMID>1</PMID><Article><Journal><JournalIssue><PubDate><Year>2025</Year><Month>Mar</Month></PubDate>"
    "</JournalIssue></Journal><ArticleTitle>@title.</ArticleTitle><Abstract><AbstractText>@abstract</AbstractText></Abstract><AuthorList>"
    "<Author><LastName>Example</LastName><ForeName>Ada</ForeName></Author></AuthorList></Article></MedlineCitation><PubmedData>"
    '<ArticleIdList><ArticleId IdType="doi">@doi</ArticleId></ArticleIdList></PubmedData></PubmedArticle>'
)
ENDNOTE_XML = (
    '<record><ref-type name="Journal Article">17</ref-type><contributors><authors><author><style face="normal">Example, Ada</style></author>'
    "</authors></contributors><titles><title><style>@title</style></title></titles><dates><year>2025</year></dates><abstract>@abstract"
    "</abstract><electronic-resource-num>@doi</electronic-resource-num><urls><related-urls><url>@url</url></related-urls></urls></record>"
)
WEB_OF_SCIENCE = "PT J\nAU Example, A\n   Muster, B\nAF Example, Ada\n   Muster, Bo\nTI @title\nAB @abstract\nPD MAR 11\nPY 2025\nDI @doi\nER\n"
PUBMED = "PMID- 1\nDP  - 2025 Mar 11\nTI  - @title.\nAB  - @abstract\nFAU - Example, Ada\nLID - @doi [doi]\n"
ENDNOTE = "%0 Journal Article\n%T @title\n%A Example, Ada\n%D 2025\n%8 March 11, 2025\n%X @abstract\n%R @doi\n%U @url\n"
REFWORKS = "RT Journal Article\nSR Electronic\nA1 Example, Ada\nT1 @title\nYR 2025\nFD 2025/03/11\nAB @abstract\nDO @doi\nLK @url\n"
NOTE_EXPRESS = "{Reference Type}: Journal Article\n{Title}: @title\n{Author}: Example, Ada\n{Year}: 2025\n{Abstract}: @abstract\n{DOI}: @doi\n"
MARKDOWN_TABLE = "|**@day**|**@title**|Ada Example et.al.|[@id](http://arxiv.org/abs/@id)|null|"
MARKDOWN_LIST = "- [@title](https://arxiv.org/abs/@id), Ada Example, 2025."


def workbook(pieces: Sequence[bytes]) -> bytes:
    """The least that Excel takes: one sheet of texts."""
    rows = [COLUMNS, *([cell.decode() for cell in piece.split(b"\x1f")] for piece in pieces)]
    cells = (
        "".join(
            f'<c r="{chr(65 + place)}{number}" t="inlineStr"><is><t>{escape(cell)}</t></is></c>'
            for place, cell in enumerate(row)
        )
        for number, row in enumerate(rows, start=1)
    )
    sheet = "".join(f'<row r="{number}">{row}</row>' for number, row in enumerate(cells, start=1))
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    relations = "http://schemas.openxmlformats.org/package/2006/relationships"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    types = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, text in {
            "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{types}.sheet.main+xml"/>'
            f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{types}.worksheet+xml"/></Types>',
            "_rels/.rels": f'<Relationships xmlns="{relations}"><Relationship Id="r1" Type="{office}/officeDocument" '
            'Target="xl/workbook.xml"/></Relationships>',
            "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets><sheet name="A" sheetId="1" r:id="r1"/></sheets></workbook>',
            "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{relations}"><Relationship Id="r1" Type="{office}/worksheet" '
            'Target="worksheets/sheet1.xml"/></Relationships>',
            "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{sheet}</sheetData></worksheet>',
        }.items():
            archive.writestr(zipfile.ZipInfo(name), text)
    return file.getvalue()


FORMATS = {
    "daily-papers-page": Format(".txt", pieces_of(PAGE), framed("Daily Papers\n\nDec 10\n\n", "\n", "\n"), None),
    "daily-papers-array": json_format(ENTRY, "[", "]"),
    "daily-papers-wrapped": json_format(ENTRY, '{"status": "success", "date": "2025-01-10", "data": [', "]}"),
    "daily-papers-literals": literal_format(ENTRY),
    "arxiv-atom": xml_format(ATOM, f"{ATOM_HEAD}<id>http://arxiv.org/api/x</id><updated>2025-04-01</updated>", "</feed>"),
    "oai-arxiv": oai_format(OAI_ARXIV),
    "oai-raw": oai_format(OAI_RAW),
    "oai-dublin-core": oai_format(OAI_DC),
    "rss": xml_format(RSS, RSS_HEAD, "</channel></rss>"),
    "atom": xml_format(PLAIN_ATOM, f"{ATOM_HEAD}<title>Example</title>", "</feed>"),
    "rdf": xml_format(RDF, RDF_HEAD, "</rdf:RDF>"),
    "acl": xml_format(ACL, ACL_HEAD, "</volume></collection>"),
    "openalex": json_format(WORK, '{"meta": {"count": 12, "db_response_time_ms": 4}, "results": [', "]}"),
    "semantic-scholar-search": json_format(SCHOLAR, '{"total": 12, "token": "ab", "data": [', "]}"),
    "semantic-scholar-batch": json_format(SCHOLAR, "[null, ", "]", ", null, "),
    "openreview-1": json_format(NOTE | {"content": CONTENT}, '{"notes": [', '], "count": 12}'),
    "openreview-2": json_format(NOTE | {"content": WRAPPED}, '{"notes": [', '], "count": 12}'),
    "json-list": json_format(FLAT, '{"date": "2025-04-01", "papers": [', "]}"),
    "zotero": json_format(ZOTERO, "[", "]"),
    "arxiv-listing": json_lines_format(LISTING),
    "arxiv-snapshot": json_lines_format(SNAPSHOT),
    "json-lines": json_lines_format(FLAT),
    "csv": table_format(".csv", ","),
    "tsv": table_format(".tsv", "\t"),
    "parquet": Format(".parquet", pieces_of("\x1f".join(f"@{name}" for name in PAPERS[0])), parquet_table, damage_cell),
    "bibtex": Format(".bib", pieces_of(BIBTEX), framed("", "\n\n", "\n"), damage_line),
    "ris": Format(".ris", pieces_of(RIS), framed("", "\n\n", "\n"), damage_line),
    "web-of-science": Format(".txt", pieces_of(WEB_OF_SCIENCE), framed("FN Clarivate\nVR 1.0\n", "\n", "\nEF"), damage_line),
    "pubmed": Format(".nbib", pieces_of(PUBMED), framed("\n", "\n", "\n"), damage_line),
    "endnote": Format(".enw", pieces_of(ENDNOTE), framed("", "\n", "\n"), damage_line),
    "refworks": Format(".txt", pieces_of(REFWORKS), framed("", "\n", "\n"), damage_line),
    "noteexpress": Format(".txt", pieces_of(NOTE_EXPRESS), framed("", "\n", "\n"), damage_line),
    "pubmed-xml": xml_format(PUBMED_XML, "<PubmedArticleSet>", "</PubmedArticleSet>"),
    "endnote-xml": xml_format(ENDNOTE_XML, "<xml><records>", "</records></xml>"),
    "dblp-xml": xml_format(DBLP, '<?xml version="1.0"?><dblp>', "</dblp>"),
    "dblp-json": json_format(DBLP_HIT, '{"result": {"hits": {"@total": "12", "hit": [', "]}}}"),
    "crossref": json_format(CROSSREF, '{"status": "ok", "message-type": "work-list", "message": {"items": [', "]}}"),
    "crossref-array": json_format(CROSSREF, "[", "]"),
    "biorxiv": json_format(PREPRINT, '{"messages": [{"status": "ok"}], "collection": [', "]}"),
    "europe-pmc": json_format(EUROPE_PMC, '{"hitCount": 12, "resultList": {"result": [', "]}}"),
    "openalex-lines": json_lines_format(WORK),
    "semantic-scholar-lines": json_lines_format(SCHOLAR),
    "openreview-lines": json_lines_format(NOTE | {"content": WRAPPED}),
    "crossref-lines": json_lines_format(CROSSREF),
    "biorxiv-lines": json_lines_format(PREPRINT),
    "europe-pmc-lines": json_lines_format(EUROPE_PMC),
    "markdown-table": Format(".md", pieces_of(MARKDOWN_TABLE), framed("|Publish Date|Title|Authors|PDF|Code|\n|---|---|---|---|---|\n", "\n", "\n"), damage_line),
    "markdown-list": Format(".md", pieces_of(MARKDOWN_LIST), framed("# Papers\n\n", "\n", "\n"), damage_line),
    "workbook": Format(".xlsx", pieces_of("\x1f".join(f"@{name}" for name in PAPERS[0])), workbook, damage_sheet_cell),
}  # fmt: skip


def damaged(form: Format, seed: int) -> tuple[bytes, str]:
    """A file that one to three mutations damaged, and their names."""
    random = Random(f"{form.suffix}{len(form.content)} {seed}")
    mutations = [random.choice(MUTATIONS) for _ in range(random.choice((1, 1, 2, 3)))]
    content = form.content
    for mutate in mutations:
        content = mutate(random, content)
    return content, " ".join(mutate.__name__ for mutate in mutations)


def with_one_damaged(form: Format, seed: int) -> tuple[bytes, int, bytes]:
    """A file of which one record is damaged, that record's number and its bytes."""
    random = Random(f"{form.suffix}{len(form.content)} {seed}")
    number = random.randrange(len(PAPERS))
    assert form.damage is not None
    piece = form.damage(random, form.pieces[number])
    return form.assemble([*form.pieces[:number], piece, *form.pieces[number + 1 :]]), number, piece


# --- The laws --------------------------------------------------------------------------------------------


class HangError(BaseException):
    """Nothing that reads a file can take this for an error of its own."""


@contextmanager
def in_time() -> Iterator[None]:
    """A guard against what never ends, and no measure of speed."""

    def ring(*_: object) -> None:
        raise HangError(f"no end after {SECONDS} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def outcome(path: Path, read: Callable[[], Iterator[Feed]] | None = None) -> list[Feed] | str:
    """Feeds of a file that keep the contract, or the one line that says why there are none."""
    try:
        with in_time(), warnings.catch_warnings():
            warnings.simplefilter("error")
            feeds = list(read() if read else read_source(path, as_of=date(2025, 12, 10)))
    except InputError as error:
        message = str(error)
        assert_one_line(message, 1_000)
        assert path.name in message
        return message
    for feed in feeds:
        assert_contract(feed)
    return feeds


def assert_one_line(text: str, longest: int) -> None:
    assert 0 < len(text) <= longest, f"{len(text)} characters: {text[:100]}"
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]", text), repr(text)


def assert_contract(feed: Feed) -> None:
    assert len(usable_feed(feed).rejects) == len(feed.rejects), usable_feed(feed).rejects[-1]
    for record in feed.records:
        assert record.title == " ".join(record.title.split()) != ""
        assert record.position
        assert record.arxiv_id is None or ARXIV_ID.fullmatch(record.arxiv_id), record.arxiv_id
        assert {type(record.published), type(record.updated)} <= {date, type(None)}
        assert record.url is None or record.url.lower().startswith(("http://", "https://"))
        assert all(isinstance(name, str) and name for name in record.authors)
        assert (record.published is None) == (record.published_precision == "none")
    for reject in feed.rejects:
        assert reject.position
        assert_one_line(reject.reason, 1_000)
        assert len(reject.excerpt) <= 200
    for warning in feed.warnings:
        assert_one_line(warning, 1_000)


def records_of(feeds: list[Feed]) -> list[PaperRecord]:
    return [record for feed in feeds for record in feed.records]


def assert_others_whole(name: str, before: list[Feed], after: list[Feed], number: int, piece: bytes) -> None:
    """Every record but the damaged one is what it was, and that one is a record or a reject."""
    others = [record for n, record in enumerate(records_of(before)) if n != number]
    found = records_of(after)
    assert {record.title for record in others} <= {record.title for record in found}
    # A first line of 200 KB hides of which crawler a listing is: it is read as anybody's JSON lines.
    if after[0].source == before[0].source:
        assert set(others) <= set(found), next(record for record in others if record not in found)
    if not says_nothing(name, piece):
        assert n_items(after) >= n_items(before)


def says_nothing(name: str, piece: bytes) -> bool:
    """Whether what was left of a record is nothing by its format's own rules: a blank line, a comment."""
    is_comment = name == "bibtex" and (b"title = {" not in piece or b"@comment{" in piece)
    # A line of a Markdown list is a paper by its link, and else somebody's words.
    is_comment |= name.startswith("markdown") and not looks_like_markdown_entry(piece)
    return is_comment or not piece.strip(b' ,;\t"') or (name == "acl" and b"matter" in piece)


def looks_like_markdown_entry(line: bytes) -> bool:
    return (
        re.search(rb"\|.*\|", line) is not None
        or re.match(rb"- .*https://arxiv\.org/abs/\d", line) is not None
    )


def n_items(feeds: list[Feed]) -> int:
    return sum(len(feed.records) + len(feed.rejects) for feed in feeds)


@pytest.fixture(autouse=True)
def silent(capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Nobody asked for a word: what is to be said stands in feeds and errors."""
    yield
    assert capfd.readouterr() == ("", "")
    assert [
        record for record in caplog.records if record.levelname != "INFO" and record.name != "asyncio"
    ] == []


def test_the_registry_is_covered(tmp_path: Path) -> None:
    """A format that joins the registry without an example here fails."""
    found = set()
    for name, form in FORMATS.items():
        path = tmp_path / f"{name}{form.suffix}"
        path.write_bytes(form.content)
        found.add(recognition.format_of(SourceFile(path, path.name)).read)
    missing = [form.name for form in recognition.FORMATS if form.read not in found]
    assert missing == []


@pytest.mark.parametrize("name", FORMATS)
def test_the_seeds_hold_twelve_papers(name: str, tmp_path: Path) -> None:
    path = tmp_path / f"seed{FORMATS[name].suffix}"
    path.write_bytes(FORMATS[name].content)

    feeds = outcome(path)

    assert isinstance(feeds, list), feeds
    assert {record.title for record in records_of(feeds)} == TITLES


def test_a_folder_of_one_of_each_gives_all_its_papers_and_a_line_for_each_unused_file(tmp_path: Path) -> None:
    for name, form in FORMATS.items():
        (tmp_path / f"{name}{form.suffix}").write_bytes(form.content)
    unused = {
        "zz.pdf": (b"%PDF-1.5\n\x00\x00", "zz.pdf is binary, not text"),
        "zz.html": (
            b"<!DOCTYPE html><html><title>Log in</title></html>",
            "zz.html is the HTML source of a page",
        ),
        "zz.csv": (b"", "zz.csv is empty"),
        "zz.docx": (docx(), "zz.docx is a Word document"),
    }
    for name, (content, _) in unused.items():
        (tmp_path / name).write_bytes(content)

    feeds = list(read_source(tmp_path, as_of=date(2025, 12, 10)))

    titles: dict[str, set[str]] = {f"{name}{form.suffix}": set() for name, form in FORMATS.items()}
    for feed in feeds:
        if feed.source != "unknown":
            titles[feed.location] |= {record.title for record in feed.records}
    assert [location for location, found in titles.items() if found != TITLES] == []
    said = {feed.location: feed.rejects[0].reason for feed in feeds if feed.source == "unknown"}
    assert said.keys() == unused.keys()
    assert all(said[name].startswith(reason) for name, (_, reason) in unused.items())


def docx() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", "<w/>")
    return file.getvalue()


# DBLP and Markdown give no abstracts, OpenAlex gives words, and the page has no mark of them.
@pytest.mark.parametrize(
    "name", [name for name in FORMATS if not re.match("dblp|markdown|openalex|daily-papers-page", name)]
)
@pytest.mark.parametrize(
    "nothing", ["[No abstract available]", "No abstract is available for this article.", "NA"]
)
def test_what_says_that_there_is_no_abstract_is_none(name: str, nothing: str, tmp_path: Path) -> None:
    form = FORMATS[name]
    abstract = re.compile(rb"We let agents keep .*?all\.", re.DOTALL)
    path = tmp_path / f"seed{form.suffix}"
    path.write_bytes(form.assemble([abstract.sub(nothing.encode(), piece) for piece in form.pieces]))

    feeds = outcome(path)

    assert isinstance(feeds, list), feeds
    assert [record.abstract for record in records_of(feeds)] == [""] * len(PAPERS)


@pytest.mark.parametrize("batch", BATCHES)
@pytest.mark.parametrize("name", FORMATS)
def test_a_file_damaged_anywhere_gives_feeds_or_one_clear_line(name: str, batch: int, tmp_path: Path) -> None:
    path = tmp_path / f"damaged{FORMATS[name].suffix}"
    for seed in seeds(batch, N_DAMAGED if FORMATS[name].damage else N_DAMAGED + N_ONE_DAMAGED):
        content, mutations = damaged(FORMATS[name], seed)
        write_again(path, content)
        with told(f"{name}, seed {seed}: {mutations}"):
            outcome(path)


@pytest.mark.parametrize("batch", BATCHES)
@pytest.mark.parametrize("name", [name for name, form in FORMATS.items() if form.damage])
def test_a_damaged_record_costs_no_other(name: str, batch: int, tmp_path: Path) -> None:
    path = tmp_path / f"damaged{FORMATS[name].suffix}"
    path.write_bytes(FORMATS[name].content)
    before = list(read_source(path))
    for seed in seeds(batch, N_ONE_DAMAGED):
        content, number, piece = with_one_damaged(FORMATS[name], seed)
        write_again(path, content)
        with told(f"{name}, seed {seed}: record {number} is {piece[:300]!r}"):
            after = outcome(path)
            # What a document of JSON is shows in its first 64 KB, which may be one broken entry.
            if (
                isinstance(after, str)
                and path.suffix == ".json"
                and number == 0
                and piece.startswith(b'"')
                and len(piece) > 60_000
            ):
                continue
            assert isinstance(after, list), after
            assert_others_whole(name, before, after, number, piece)


def seeds(batch: int, n: int) -> range:
    """Seeds of a batch: the first few, and the others in equal parts."""
    return range(N_FIRST) if batch == 0 else range(N_FIRST + batch - 1, n, N_BATCHES - 1)


@pytest.mark.parametrize(
    "place", ['r="XFD1048576"', "r='XFD1048576'", 'r = "XFD1048576"', 'r="ZZZZZ99999999999"']
)
def test_a_workbook_of_billions_of_cells_takes_nobody_with_it(place: str, tmp_path: Path) -> None:
    content = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(FORMATS["workbook"].content)) as given,
        zipfile.ZipFile(content, "w") as made,
    ):
        for name in given.namelist():
            made.writestr(name, given.read(name).replace(b'r="A2"', place.encode()))
    path = tmp_path / "far.xlsx"
    path.write_bytes(content.getvalue())

    message = outcome(path)

    assert isinstance(message, str)
    assert "save it" in message


@contextmanager
def told(what: str) -> Iterator[None]:
    try:
        yield
    except (Exception, HangError) as error:
        error.add_note(what)
        raise


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from(HOSTILE_TEXTS[:12]),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.sampled_from(sorted(KEYS)) | st.text(max_size=5), inner, max_size=5),
    max_leaves=12,
)  # fmt: skip
CONTENTS = (
    st.binary(max_size=300)
    | st.text(max_size=300).map(lambda text: text.encode("utf-8", "surrogatepass"))
    | st.lists(st.sampled_from(TOKENS[:50]) | st.binary(max_size=9), max_size=12).map(b"".join)
)
JSON_CONTENTS = JSON_VALUES.map(lambda value: json.dumps(value).encode())
JSON_LINES = st.lists(JSON_CONTENTS, max_size=4).map(b"\n".join)


@pytest.mark.slow
@pytest.mark.parametrize("form", recognition.FORMATS, ids=lambda form: form.name)
def test_every_reader_takes_any_content(form: SourceFormat, tmp_path: Path) -> None:
    path = tmp_path / "any.txt"

    @given(content=CONTENTS | JSON_CONTENTS | JSON_LINES)
    @examples(200, suppress_health_check=list(HealthCheck))
    def check(content: bytes) -> None:
        write_again(path, content)
        outcome(path, lambda: form.read(SourceFile(path, path.name)))
        form.looks_like(content.decode("utf-8", "replace"))

    check()
