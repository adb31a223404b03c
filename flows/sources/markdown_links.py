"""Links to papers in Markdown: the title that goes with each, in whichever of the usual places it stands.

It is the link's own text, or what is bold or quoted before it, or the words before it, or the heading or
item above it where the line holds links alone.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from flows.sources.identifiers import Identifiers, read_identifiers
from flows.sources.markup import plain_prose
from flows.sources.plain_text import clean_text
from flows.sources.stated_dates import UNDATED, read_date

__all__ = ["PaperLink", "is_identifier", "paper_link", "plain_line", "title_above", "web_addresses"]

_ADDRESS = r"https?://(?:[^\s<>()\[\]|\"]|\([^\s<>()]{0,200}\)){1,500}"
_LINK = re.compile(
    rf"!?\[((?:[^\[\]]|\[[^\[\]]{{0,200}}\]){{1,1000}})\]"
    rf"\(<?({_ADDRESS})>?(?: (?:\"[^\"]{{0,200}}\"|'[^']{{0,200}}'))?\)"
)
_BARE = re.compile(_ADDRESS)
_PICTURE = re.compile(r"!\[[^\[\]]{0,1000}\]\(<?$")
_ITEM = re.compile(r"\s{0,12}(?:[-*+]|\d{1,4}[.)])\s+(?:\[[ xX]\]\s+)?(.*)")
_HEADING = re.compile(r"#{1,6}\s+(?:\d{1,4}[.)]\s+)?(.*)")
_EMPHASIS = re.compile(r"\*\*|__|~~|`|(?<!\w)[*_](?=\S)|(?<=\S)[*_](?!\w)")
_SET_APART = re.compile(
    r"\*\*([^*]{3,400})\*\*|__([^_]{3,400})__|[\"\u201c]([^\"\u201c\u201d]{8,400})[\"\u201d]"
)
_PAPER_PAGE = re.compile(
    r"arxiv\.org/(?:abs|pdf|html|ps|format)/|doi\.org/10\.|openreview\.net/(?:forum|pdf)|aclanthology\.org/\w"
    r"|huggingface\.co/papers/\d|\.pdf$|/10\.\d{4,9}/"
)
_WORDS_OF_LINKS = {
    *("paper", "papers", "pdf", "arxiv", "link", "links", "code", "project", "page", "github", "abs", "html"),
    *("blog", "website", "url", "doi", "here", "hf", "hugging", "face", "huggingface", "openreview", "acl"),
    *(
        "anthology",
        "preprint",
        "read",
        "more",
        "full",
        "text",
        "the",
        "a",
        "on",
        "and",
        "semantic",
        "scholar",
    ),
    *("demo", "video"),
}
_TAG = re.compile(r"^\s*(?:\[[^\[\]]{1,40}\]|\([^()]{1,40}\))\s*[:.\-\u2013\u2014]?\s*")
_END_OF_TITLE = re.compile(r"\s[-\u2013\u2014|\u00b7]\s|[.?!]\s|:\s*$|,\s*$|\s*[\[(]\s*$")
# "Vaswani A, Shazeer N." and "A. Vaswani, N. Shazeer et al.": a reference whose authors come first.
_NAMES = re.compile(
    r"(?:[^\W\d_][\w'\u2019-]+,? (?:[A-Z]\.?[ -]?){1,3}|(?:[A-Z]\. ?-?){1,3} ?[^\W\d_][\w'\u2019-]+)"
    r"(?:(?:,|;| and| &|, and|, et al).*)?\.?"
)
_OF_A_PAPER = re.compile(
    r"\W{0,4}(?:authors?|by|venue|abstract|summary|tl;?dr|keywords?|code|date|published|journal|conference)\W{0,3}:",
    re.I,
)
_LONGEST_LINE = 20_000
_LONGEST_TITLE = 400


class PaperLink(NamedTuple):
    """A link to a paper; `title` is empty where the line does not tell it, both where it is too long."""

    title: str
    address: str
    is_item: bool


def paper_link(line: str) -> PaperLink | None:
    """First link to a paper of a heading, of an item of a list, or of a line of links; None for other lines.

    Examples
    --------
    >>> paper_link("- **Agents that plan**, A. Muster et al. [[paper]](https://arxiv.org/abs/2503.02130)").title
    'Agents that plan'
    >>> paper_link("### [Agents that plan](https://arxiv.org/abs/2503.02130)").title
    'Agents that plan'
    >>> paper_link("* [PDF](https://arxiv.org/pdf/2503.02130)").title
    ''
    >>> paper_link("Words with a [link](https://arxiv.org/abs/2503.02130) in them.") is None
    True
    """
    if len(line) > _LONGEST_LINE:
        return PaperLink("", "", is_item=True) if _ITEM.match(line) and _PAPER_PAGE.search(line) else None
    found = _ITEM.match(line) or _HEADING.match(line)
    text = found[1] if found else line.strip()
    if "://" not in text or not (found or _starts_with_link(text)):
        return None
    for link in _LINK.finditer(text):
        if _PAPER_PAGE.search(link[2]) and not link[0].startswith("!"):
            name = _plain(link[1])
            title = _better("" if _says_where(name) else name, text[: link.start()])
            return PaperLink(title, link[2], found is not None)
    bare = next((one for one in _BARE.finditer(text) if _PAPER_PAGE.search(one[0].rstrip(".,;"))), None)
    if bare is None or _PICTURE.search(text[: bare.start()]):
        return None
    return PaperLink(_better("", text[: bare.start()]), bare[0].rstrip(".,;"), found is not None)


def title_above(line: str) -> str:
    """Title that a heading or an item without a link to a paper may be for the links below it."""
    found = _ITEM.match(line[:_LONGEST_LINE]) or _HEADING.match(line[:_LONGEST_LINE])
    if found is None:
        return ""
    if _OF_A_PAPER.match(found[1]):
        return ""
    title = _set_apart(found[1]) or _plain(found[1])
    is_one = len(title.split()) >= 3 and len(title) <= _LONGEST_TITLE and read_date(title) == UNDATED
    return title.strip(" .:") if is_one else ""


def plain_line(text: str) -> str:
    """Text without links and emphasis, to read."""
    text = _LINK.sub(lambda link: link[1], text)
    return _plain(text.replace("\\|", "|"))


def web_addresses(text: str) -> list[str]:
    """Addresses in a text, in their order."""
    return [address.rstrip(".,;") for address in _BARE.findall(text)]


def is_identifier(text: str) -> bool:
    """Tell whether a text is nothing but an arXiv id or a DOI."""
    return read_identifiers(text) != Identifiers()


def _starts_with_link(text: str) -> bool:
    bare = text.lstrip("*_[(<> \u2022\u00b7\U0001f4c4\U0001f4dd")
    return bare.startswith("http") or (
        text.lstrip("*_(<> \u2022\u00b7\U0001f4c4\U0001f4dd")[:1] == "[" and "](" in text
    )


def _better(title: str, before: str) -> str:
    """Title of a link, or what stands before it where that says more."""
    marked = _set_apart(before)
    if title and len(title.split()) <= 2 and len(marked.split()) > 2:
        return marked
    return title or marked or _words_before(before)


def _set_apart(text: str) -> str:
    for marked in _SET_APART.finditer(text):
        title = _plain(next(group for group in marked.groups() if group)).strip(" .:,")
        if len(title) > 2 and not _says_where(title) and not _TAG.fullmatch(title):
            return title
    return ""


def _words_before(text: str) -> str:
    text = _plain(_LINK.sub(lambda link: " " if _says_where(link[1]) else link[1], text)).lstrip(
        "\u2022\u00b7 "
    )
    while (tag := _TAG.match(text)) and tag.end() < len(text):
        text = text[tag.end() :]
    first, _, rest = text.partition(". ")
    if rest and _NAMES.fullmatch(first):
        text = _TAG.sub("", rest)
    title = _END_OF_TITLE.split(text.strip(), maxsplit=1)[0].strip(" ,.:;|[(<\u2013\u2014-")
    return "" if _says_where(title) or len(title) > _LONGEST_TITLE or read_date(title) != UNDATED else title


def _says_where(name: str) -> bool:
    """Whether the text of a link says where it leads, and not what it is."""
    words = re.findall(r"\w+", name.casefold())
    return all(word in _WORDS_OF_LINKS for word in words) or is_identifier(name.strip("[]() "))


def _plain(text: str) -> str:
    return clean_text(plain_prose(_EMPHASIS.sub("", text)))
