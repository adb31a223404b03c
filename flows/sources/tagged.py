"""Records of lines with tags, as reference managers and databases export them.

A format of this kind is a `Dialect`: how a line begins, which tags open and close a record, and which hold
the fields of a paper. Records are parted here: one that does not end goes on to the next one's beginning, and
what lies between records is a reject. rispy, which reads RIS, loses such records and takes time that grows
with the square of a record's lines; the packages for the others are not kept up.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

from analytics.papers import Feed, PaperRecord, RejectedRecord
from flows.sources.author_names import names_of
from flows.sources.categories import categories_of
from flows.sources.entries import EntryReader
from flows.sources.formats import SourceFile, SourceFormat
from flows.sources.identifiers import Identifiers, read_identifiers
from flows.sources.markup import plain_prose
from flows.sources.plain_text import clean_text, excerpt, without_final_point
from flows.sources.records import Doubts, StatedPaper, UnusableEntryError
from flows.sources.stated_dates import UNDATED, StatedDate, read_dates
from flows.sources.text_lines import Line, read_lines

__all__ = ["Dialect", "Tagged", "looks_tagged", "tagged_format"]

_MOST_LINES = 20_000
_MOST_CHARACTERS = 8 * 1024 * 1024
_ROOM = 20
# RIS lets words follow a date: "2019/03/12/Spring", "2019///".
_SLASHED = re.compile(r"^(\d{4}/\d{0,2}/\d{0,2})/.*$")
_TAGGED_LINE = re.compile(r"%\w \S|\{[\w ]{2,30}\}: |[A-Z][A-Z0-9]{1,3} {0,2}- |[A-Z][A-Z0-9] \S|<\d{1,6}>$")
_LINES_LOOKED_AT = 60


class Tagged:
    """Fields of one record: the texts of each tag in their order, continued lines joined."""

    def __init__(self, values: dict[str, list[str]]) -> None:
        self._values = values

    def all(self, *tags: str) -> list[str]:
        """Texts of these tags, those of the first tag first."""
        return [text for tag in tags for text in self._values.get(tag, ()) if text]

    def first(self, *tags: str) -> str:
        """Text of the first of these tags that has any."""
        return next(iter(self.all(*tags)), "")

    def joined(self, *tags: str) -> str:
        """All texts of the first of these tags that has any: a long abstract is often given in pieces."""
        return next((" ".join(texts) for tag in tags if (texts := self.all(tag))), "")


def _plain_names(fields: Tagged, tags: Sequence[str]) -> list[str]:
    texts = next((texts for tag in tags if (texts := fields.all(tag))), [])
    return [name for text in texts for name in _names(text)]


def _names(text: str) -> tuple[str, ...]:
    """Names of one line: mostly one, as ``Last, First, Suffix``."""
    last, *others = (part.strip() for part in text.split(","))
    if len(others) == 2 and ";" not in text and " " not in others[1]:
        return (" ".join(part for part in (others[0], last, others[1]) if part),)
    return names_of(text)


@dataclass(frozen=True, slots=True)
class Dialect:
    """One way of writing tagged records.

    Attributes
    ----------
    line : pattern
        A line with a tag: group 1 is the tag, group 2 the text; any other line continues the one before.
    begins : tuple of str
        Tags with which a record begins. Where a file has none of them, a tag after a blank line begins one
        if `parts_at_blank`.
    title, abstract, authors, date, ids, pages, remarks, keywords, venue : tuple of str
        Tags of each field in the order of trust. Dates may lie in several tags: month and day in one,
        the year in another. Of `authors` the first tag that has any is read.
    ends : tuple of str
        Tags with which a record ends.
    kind : str
        Tag that says what a record is of.
    no_papers : tuple of str
        Values of `kind` that are no paper.
    outside : tuple of str
        Tags of lines that may lie outside of records: a file's own first and last.
    cuts_words : bool
        Whether lines may be cut within a word.
    has_final_point : bool
        The full stop after a title is the database's.
    """

    source: str
    line: re.Pattern[str]
    begins: tuple[str, ...]
    title: tuple[str, ...]
    looks_like: Callable[[str], bool]
    ends: tuple[str, ...] = ()
    abstract: tuple[str, ...] = ("AB",)
    authors: tuple[str, ...] = ("AU",)
    date: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    pages: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    venue: tuple[str, ...] = ()
    kind: str = ""
    no_papers: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()
    parts_at_blank: bool = False
    cuts_words: bool = False
    has_final_point: bool = False
    suffixes: tuple[str, ...] = ()


def looks_tagged(text: str) -> bool:
    r"""Tell whether most lines of a text begin with a tag, of whatever reference manager.

    Examples
    --------
    >>> looks_tagged("%0 Report\n%T Agents\n"), looks_tagged("Agents\n\nWe study them.\n")
    (True, False)
    """
    lines = [line for line in text[:20_000].splitlines() if line.strip()][:_LINES_LOOKED_AT]
    return len(lines) > 1 and sum(_TAGGED_LINE.match(line) is not None for line in lines) > 0.5 * len(lines)


def tagged_format(dialect: Dialect) -> SourceFormat:
    """Make the format of a dialect."""
    reader = EntryReader(dialect.source, partial(_record, dialect=dialect), _shown)

    def read(file: SourceFile) -> Iterator[Feed]:
        return reader.parts(_entries(file, dialect), file)

    return SourceFormat(dialect.source, dialect.looks_like, read, dialect.suffixes)


def _entries(file: SourceFile, dialect: Dialect) -> Iterator[tuple[str, list[Line]] | RejectedRecord]:
    for lines, is_record in _parted(read_lines(file), dialect):
        position = f"line {lines[0].number}"
        fault = next((line.fault for line in lines if line.fault), "")
        if not is_record:
            yield RejectedRecord(position, fault or "lines outside any record", _shown(lines))
        elif fault or _is_too_long(lines):
            too_long = f"a record longer than {_MOST_LINES:,} lines or 8 MB"
            yield RejectedRecord(position, f"a record with {fault}" if fault else too_long, _shown(lines))
        else:
            yield position, lines


def _is_too_long(lines: list[Line]) -> bool:
    return len(lines) > _MOST_LINES or sum(len(line.text) for line in lines) > _MOST_CHARACTERS


def _parted(lines: Iterator[Line], dialect: Dialect) -> Iterator[tuple[list[Line], bool]]:
    """Part lines into records, and the runs of lines outside any; says which is which."""
    run = _Run(dialect)
    for line in lines:
        tag = _tag_of(line, dialect)
        if run.is_begun_by(tag) or (tag in dialect.ends and not run.is_record):
            yield from run.cut(len(run.held))
            run.is_record = tag not in dialect.ends
        elif tag in run.seen and run.last_blank and not dialect.ends:
            # A second title after a blank line: the tag that should have opened its record is lost.
            yield from run.cut(run.last_blank)
            run.is_record = True
        if tag in dialect.ends:
            run.is_record = bool(run.held)
            yield from run.cut(len(run.held))
        else:
            run.add(line, tag)
    yield from run.cut(len(run.held))


class _Run:
    """Lines that belong together so far: of a record, or outside of any."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._n_characters = 0
        self._has_beginnings, self._is_after_blank = False, True
        self.held: list[Line] = []
        self.is_record, self.last_blank = False, 0
        self.seen: set[str] = set()
        self._once = {*dialect.title[:1], *dialect.abstract[:1], *dialect.date[:1]}

    def is_begun_by(self, tag: str) -> bool:
        """Whether a line with this tag opens a record."""
        self._has_beginnings |= tag in self._dialect.begins
        by_blank = self._dialect.parts_at_blank and self._is_after_blank and not self._has_beginnings
        return tag in self._dialect.begins or bool(tag and by_blank)

    def add(self, line: Line, tag: str) -> None:
        """Take a line; outside of records blank ones and a file's own are left out."""
        is_blank = not line.text.strip()
        self._is_after_blank = is_blank
        if not self.is_record and (is_blank or tag in self._dialect.outside):
            return
        # What is just more than allowed tells that a record is too long, and keeps memory bounded.
        if len(self.held) <= _MOST_LINES and self._n_characters <= _MOST_CHARACTERS:
            self.held.append(line)
            self._n_characters += len(line.text)
            if tag in self._once:
                self.seen.add(tag)
            self.last_blank = len(self.held) if is_blank else self.last_blank

    def cut(self, place: int) -> Iterator[tuple[list[Line], bool]]:
        """Give the lines before a place, if there are any, and keep those after it."""
        given, self.held = self.held[:place], self.held[place:]
        if given:
            yield given, self.is_record
        self._n_characters = sum(len(line.text) for line in self.held)
        self.is_record, self.seen, self.last_blank = False, set(), 0


def _tag_of(line: Line, dialect: Dialect) -> str:
    # A mark of byte order stands in the middle of files that were joined.
    match = dialect.line.match(line.text.lstrip("\ufeff"))
    return match[1] if match else ""


def _shown(lines: list[Line]) -> str:
    return excerpt("\n".join(line.text for line in lines[:20]))


def _fields(lines: list[Line], dialect: Dialect) -> Tagged:
    tagged: list[tuple[str, list[str]]] = []
    for line in lines:
        text = line.text.lstrip("\ufeff")
        match = dialect.line.match(text)
        if match:
            tagged.append((match[1], [match[2] or ""]))
        elif tagged and text.strip() and tagged[-1][0] not in dialect.outside:
            tagged[-1][1].append(text)
    glue = "" if dialect.cuts_words and _cuts_words(lines, dialect) else " "
    values: dict[str, list[str]] = {}
    for tag, parts in tagged:
        # Web of Science gives one author a line under one tag.
        is_list = tag in dialect.authors and len(parts) > 1
        texts = parts if is_list else [_joined(parts, glue)]
        values.setdefault(tag, []).extend(clean_text(text) for text in texts)
    return Tagged(values)


def _joined(parts: list[str], glue: str) -> str:
    # Behind the indentation of six a further space is one between words.
    return glue.join([parts[0], *(part.removeprefix(" " * 6) if not glue else part for part in parts[1:])])


def _cuts_words(lines: list[Line], dialect: Dialect) -> bool:
    """Whether a record's lines are cut at a column, within words: one that breaks at spaces fills its lines.

    PubMed itself breaks at spaces; programs that write its form cut where the column ends. A line that ends
    long before the record's longest, though the next word had room, was cut.
    """
    width = max(len(line.text) for line in lines)
    for line, following in pairwise(lines):
        if following.text.startswith(" " * 6) and not _tag_of(following, dialect):
            word = following.text.split(maxsplit=1)[:1]
            if word and len(line.text) + 1 + len(word[0]) <= width - _ROOM:
                return True
    return False


def _record(lines: list[Line], position: str, doubts: Doubts, *, dialect: Dialect) -> PaperRecord:
    fields = _fields(lines, dialect)
    kind = fields.first(dialect.kind).upper() if dialect.kind else ""
    if kind in dialect.no_papers:
        raise UnusableEntryError(f"a record of the type {kind}, which is no paper")
    title = plain_prose(fields.joined(*dialect.title))
    published = _published(fields, dialect)
    found = _identifiers(fields, dialect)
    return StatedPaper(
        without_final_point(title) if dialect.has_final_point else title,
        plain_prose(fields.joined(*dialect.abstract)),
        published=published,
        authors=list(dict.fromkeys(_plain_names(fields, dialect.authors))),
        categories=[one for text in fields.all(*dialect.keywords) for one in categories_of(text)],
        venue=fields.first(*dialect.venue),
        pages=[part for text in fields.all(*dialect.pages) for part in text.replace(";", " ").split()],
        found=found,
        remarks=[plain_prose(text) for text in fields.all(*dialect.remarks)],
        has_unread_date=published == UNDATED and bool(fields.first(*dialect.date)),
    ).record(position, doubts, "a record without a title")


def _published(fields: Tagged, dialect: Dialect) -> StatedDate:
    texts = (_SLASHED.sub(r"\1", text) for text in fields.all(*dialect.date))
    return read_dates([text.strip(" /") for text in texts])


def _identifiers(fields: Tagged, dialect: Dialect) -> Identifiers:
    texts = []
    for text in fields.all(*dialect.ids):
        # "10.5555/ex.0 [doi]", "arXiv preprint arXiv:1706.03762".
        bare = re.sub(r"\s*\[(?:doi|pii)\]$", "", text, flags=re.IGNORECASE)
        texts += [bare, re.sub(r"^arxiv (?:preprint|e-prints)[ ,]*", "", bare, flags=re.IGNORECASE)]
    return read_identifiers(*texts, *fields.all(*dialect.pages))
