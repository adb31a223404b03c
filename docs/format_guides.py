"""How to get a file that papertrends reads, per site, and an example per feed.

`formats` names the formats of `flows.sources.recognition.FORMATS`; a test fails when one has no guide.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["FEEDS", "FORMATS", "FeedGuide", "FormatGuide"]


class FormatGuide(NamedTuple):
    """One site or program: what it exports, and how to get the export."""

    site: str
    formats: tuple[str, ...]
    files: str
    how: str


class FeedGuide(NamedTuple):
    """One service that is fetched by name."""

    service: str
    example: str
    window: str


FORMATS = (
    FormatGuide(
        "Hugging Face Daily Papers",
        ("daily-papers-page", "daily-papers"),
        "the text of a page; saved API answers in any of their three shapes",
        "Open a day's page in a browser, select all, copy, save as text; or use the feed `daily-papers:`.",
    ),
    FormatGuide(
        "arXiv",
        ("arxiv", "arxiv-oai", "arxiv-listing", "arxiv-snapshot"),
        "answers of the search API (Atom) and of OAI-PMH (`arXiv`, `arXivRaw`, `oai_dc`); daily listings as "
        "JSON lines; the metadata snapshot; CSV of `arxiv.py`",
        "Use the feed `arxiv:` or `arxiv-oai:`. The snapshot is on Kaggle (Cornell-University/arxiv).",
    ),
    FormatGuide(
        "Web of Science",
        ("web-of-science", "table", "ris", "bibtex"),
        "plain text, tab-delimited, `.ciw`, Excel, RIS, BibTeX",
        "Export > Plain text file (or Tab delimited, EndNote Desktop, Excel) > Record content: Full Record.",
    ),
    FormatGuide(
        "Scopus",
        ("table", "ris", "bibtex"),
        "CSV, RIS, BibTeX",
        "Export > CSV; check the boxes for abstracts and for full author names.",
    ),
    FormatGuide(
        "PubMed",
        ("pubmed", "table"),
        "`.nbib`, XML, CSV",
        "Save (or Send to > Citation manager) > Format: PubMed. XML comes from `efetch` with `retmode=xml`.",
    ),
    FormatGuide(
        "Europe PMC",
        ("europe-pmc",),
        "JSON answers",
        "Use the feed `europepmc:`, or the REST search with `format=json&resultType=core`.",
    ),
    FormatGuide(
        "bioRxiv, medRxiv",
        ("biorxiv", "rss"),
        "API answers, RSS",
        "Use the feed `biorxiv:` or `medrxiv:`.",
    ),
    FormatGuide(
        "Crossref",
        ("crossref",),
        "API answers; lists and JSON lines of works",
        "Use the feed `crossref:`.",
    ),
    FormatGuide(
        "OpenAlex",
        ("openalex", "table"),
        "API answers, JSON lines, CSV",
        "Use the feed `openalex:`, or on the site Export > CSV.",
    ),
    FormatGuide(
        "Semantic Scholar",
        ("semantic-scholar",),
        "API answers, JSON lines, the published data sets",
        "Use the feed `semantic-scholar:`.",
    ),
    FormatGuide(
        "OpenReview",
        ("openreview",),
        "answers of either API, JSON lines",
        "Save the result of `client.get_all_notes(...)` of `openreview-py` as JSON.",
    ),
    FormatGuide(
        "DBLP",
        ("dblp", "bibtex"),
        "XML, search answers as XML or JSON, BibTeX",
        "On a page of DBLP, export > XML; or use the search API with `format=json`.",
    ),
    FormatGuide(
        "ACL Anthology",
        ("acl-anthology",),
        "XML of a collection",
        "Download a file of the folder data/xml of the repository acl-org/acl-anthology.",
    ),
    FormatGuide(
        "IEEE Xplore, Springer, Dimensions",
        ("table",),
        "CSV",
        "IEEE: Export > Search results. Springer: the arrow above the results. Dimensions: Export > CSV.",
    ),
    FormatGuide(
        "Zotero",
        ("ris", "bibtex", "table", "list"),
        "RIS, BibTeX, CSV, JSON of the API",
        "File > Export library.",
    ),
    FormatGuide(
        "EndNote",
        ("endnote", "ris"),
        "XML, `.enw`, RIS",
        'File > Export; choose the output style "EndNote Export" for `.enw`.',
    ),
    FormatGuide(
        "RefWorks, NoteExpress, CNKI",
        ("refworks", "noteexpress", "endnote"),
        "tagged text",
        "RefWorks: Export > RefWorks tagged format. CNKI: export as RefWorks, EndNote or NoteExpress.",
    ),
    FormatGuide("Mendeley, JabRef, Google Scholar", ("bibtex", "ris"), "BibTeX, RIS", "File > Export."),
    FormatGuide(
        "Journals and publishers", ("rss",), "RSS 1.0 and 2.0, Atom", "Save the feed, or use the feed `rss:`."
    ),
    FormatGuide(
        "Your own tables",
        ("table", "list"),
        "CSV, TSV, Excel, Parquet, JSON arrays, JSON lines",
        "Common column names are recognized; name others with `--map COLUMN=FIELD`.",
    ),
    FormatGuide(
        "Lists in repositories",
        ("markdown",),
        "Markdown: tables with titles; lists of links, whose title is the link, next to it, or above it",
        "Download the file.",
    ),
)

FEEDS = {
    "daily-papers": FeedGuide("Hugging Face Daily Papers", "daily-papers:2025-10-01..2025-10-31", "days"),
    "arxiv": FeedGuide("arXiv search", "arxiv:cat:cs.AI 2025-10", "days of publication"),
    "arxiv-oai": FeedGuide("arXiv OAI-PMH, by set", "arxiv-oai:cs", "days of change"),
    "openalex": FeedGuide(
        "OpenAlex (needs the setting `openalex_key`)",
        "openalex:primary_topic.id:T10028",
        "days of publication",
    ),
    "semantic-scholar": FeedGuide(
        "Semantic Scholar", "semantic-scholar:self-improving agents 2025", "days of publication"
    ),
    "crossref": FeedGuide(
        "Crossref, by words or by filters such as `crossref:issn:1234-5678`",
        "crossref:self-improving agents 2025-10",
        "days of publication",
    ),
    "europepmc": FeedGuide("Europe PMC", "europepmc:tafenoquine 2025", "days of publication"),
    "biorxiv": FeedGuide(
        "bioRxiv, all or one category", "biorxiv:2025-10", "days on which a version was posted"
    ),
    "medrxiv": FeedGuide(
        "medRxiv, all or one category", "medrxiv:epidemiology", "days on which a version was posted"
    ),
    "rss": FeedGuide("RSS, Atom", "rss:https://example.org/feed.xml", "none"),
}
