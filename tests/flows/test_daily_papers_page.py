"""The text of a Daily Papers page: cases by hand, the page the project started from, hostile input."""

from __future__ import annotations

import random
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.exceptions import InputError
from analytics.papers import Feed
from flows.sources.daily_papers_days import PageCalendar, PageDay, parse_page_day
from flows.sources.daily_papers_page import parse_daily_papers_page
from flows.sources.organizations import display_name
from flows.sources.recognition import read_source

TOP = (
    "new\n\nGet trending papers in your email inbox!\n\nSubscribe\n\n"
    "Daily Papers\n\nbyAK and the research community\n\n"
)
LONG = (
    "We let a small agent keep a diary of its failed plans and read it before the next attempt. "
    "The diary halves the number of repeated mistakes on three planning games."
)
PAGE = f"""{TOP}Dec 10

Diaries for Planning Agents

{LONG}

  • 8 authors
·
Mar 12, 2024 3

Counting Visits Without Counters

{LONG}

Maps That Redraw Themselves: A Survey

{LONG}

tencent Tencent
·
Sep 26 4

Do Robots Get Bored?

{LONG}

  • 1 author
·
Dec 31
"""


def parse(text: str, as_of: date | None = None) -> Feed:
    return parse_daily_papers_page(text, location="page.txt", as_of=as_of)


def paper(title: str, abstract: str, credit: str = "  • 3 authors\n·\nMay 4, 2023") -> str:
    return f"{title}\n\n{abstract}\n\n{credit}\n\n" if credit else f"{title}\n\n{abstract}\n\n"


def without_positions(feed: Feed) -> list[tuple[object, ...]]:
    return [
        (r.title, r.abstract, r.published, r.published_basis, r.n_authors, r.upvotes, r.organization)
        for r in feed.records
    ]


class TestSmallPage:
    def test_every_field_of_every_paper(self) -> None:
        feed = parse(PAGE)
        diaries, visits, maps, robots = feed.records
        assert (feed.source, feed.location, feed.day) == ("daily-papers-page", "page.txt", date(2025, 12, 10))
        assert (feed.rejects, feed.warnings) == ((), ())
        assert (diaries.title, diaries.abstract) == ("Diaries for Planning Agents", LONG)
        assert (diaries.published, diaries.published_basis) == (date(2024, 3, 12), "stated")
        assert (diaries.n_authors, diaries.upvotes, diaries.organization) == (8, 3, None)
        assert (visits.published, visits.published_basis, visits.published_precision) == (
            None,
            "missing",
            "none",
        )
        assert (visits.n_authors, visits.upvotes, visits.organization) == (None, None, None)
        assert (maps.n_authors, maps.upvotes, maps.organization) == (None, 4, "Tencent")
        assert (maps.published, maps.published_basis) == (date(2025, 9, 26), "year_inferred")
        # 31 December would be later than the page's own day: it is of the year before.
        assert (robots.published, robots.published_precision) == (date(2024, 12, 31), "day")
        assert (robots.n_authors, robots.upvotes) == (1, None)

    def test_position_is_the_line_of_the_title(self) -> None:
        lines = PAGE.split("\n")
        for record in parse(PAGE).records:
            assert lines[int(record.position.removeprefix("line ")) - 1] == record.title

    @pytest.mark.parametrize(
        "changed",
        [
            PAGE.replace("\n", "\r\n"),
            PAGE.replace("\n", "\r\r\n"),
            PAGE.replace("\n", "\r"),
            "\ufeff" + PAGE,
            PAGE.replace("\n", "\u00a0 \t\n"),
            PAGE.replace("\n", "\n  \u200b"),
            PAGE.replace(" ", "\u00a0"),
            PAGE.replace("\n", "\n\n"),
            PAGE.replace("\n\n", "\n"),
            PAGE.rstrip("\n"),
            PAGE.replace("  • 8 authors\n·\nMar 12, 2024 3", "• 8 authors · Mar 12, 2024 3"),
            PAGE.replace("tencent Tencent\n·\nSep 26 4", "tencent Tencent · Sep 26 4"),
            PAGE.replace("  • 1 author\n·", "- 1 author ·"),
            PAGE.replace("  • 8 authors\n·\n", "  •\n  •\n  • 8 authors\n"),
            PAGE.replace("Dec 10\n", "December 10, 2025\n"),
        ],
    )
    def test_what_does_no_harm(self, changed: str) -> None:
        assert without_positions(parse(changed)) == without_positions(parse(PAGE))
        assert parse(changed).rejects == ()
        assert parse(changed).day == date(2025, 12, 10)

    @pytest.mark.parametrize(
        "furniture",
        [
            "Subscribe", "37", "1.2k", "·", "-", "GitHub 123", "GitHub\n\n3.29k", "Submitted by\n\nakhaliq",
            "Submitted by akhaliq", "View all", "Previous", "Next", "https://example.org/1", "Upvote\n12",
            "© 2025 Hugging Face", "TOS\nPrivacy\nAbout\nCareers", "12 comments", "arXiv Page",
            "Daily\nWeekly\nMonthly", "* Models\n* Datasets", "[-] 19", "Page 2 of 7",
        ],
    )  # fmt: skip
    def test_furniture_before_between_and_after_papers(self, furniture: str) -> None:
        titles = [record.title for record in parse(PAGE).records]
        changed = f"{furniture}\n\n{PAGE}\n{furniture}\n"
        for title in titles:
            changed = changed.replace(title, f"{furniture}\n\n{title}")
        feed = parse(changed)
        assert without_positions(feed) == without_positions(parse(PAGE))
        assert feed.rejects == ()


class TestDays:
    @pytest.mark.parametrize(
        ("line", "expected"),
        [
            ("Oct 9 2", PageDay(10, 9, None, 2)),
            ("Mar 12, 2024", PageDay(3, 12, 2024)),
            ("Dec 22, 2024 2", PageDay(12, 22, 2024, 2)),
            ("Jan 7, 2019", PageDay(1, 7, 2019)),
            ("Sept 30 1.2k", PageDay(9, 30, None, 1200)),
            ("Published on Oct 4, 2026", PageDay(10, 4, 2026)),
            ("Oct 9 1204", PageDay(10, 9, None, 1204)),
            ("Oct 9 2,024", PageDay(10, 9, None, 2024)),
            ("Oct 9 2024", PageDay(10, 9, 2024, None, bare_year=True)),
            ("Oct 9 2024 5", PageDay(10, 9, 2024, 5, bare_year=True)),
            ("Feb 31", PageDay(2, 31)),
            ("Oct 9, 24", None),
            ("Oct 9 two", None),
            ("Mayor 3", None),
            ("May 2024", None),
            ("Oct 9 1.2.3", None),
        ],
    )
    def test_lines(self, line: str, expected: PageDay | None) -> None:
        assert parse_page_day(line) == expected

    @pytest.mark.parametrize(
        ("header", "newest", "as_of", "day"),
        [
            (PageDay(12, 10), 2024, None, date(2025, 12, 10)),
            (PageDay(12, 10), None, None, None),
            (PageDay(12, 10), 2024, date(2025, 12, 10), date(2025, 12, 10)),
            (PageDay(12, 10), 2024, date(2025, 12, 9), date(2024, 12, 10)),
            (PageDay(12, 10), None, date(2026, 1, 1), date(2025, 12, 10)),
            (PageDay(12, 10, 2023), 2024, date(2026, 1, 1), date(2023, 12, 10)),
            (PageDay(2, 29), None, date(2027, 3, 1), date(2024, 2, 29)),
            (PageDay(2, 29), 2024, None, None),
            (None, 2024, date(2026, 1, 1), None),
        ],
    )
    def test_the_pages_own_day(
        self, header: PageDay | None, newest: int | None, as_of: date | None, day: date | None
    ) -> None:
        assert PageCalendar.of_page(header, newest_year=newest, as_of=as_of).day == day

    def test_a_page_without_a_day_ends_at_as_of(self) -> None:
        text = PAGE.replace("Dec 10\n\n", "")
        published = [record.published for record in parse(text, date(2025, 10, 1)).records]
        assert published == [date(2024, 3, 12), None, date(2025, 9, 26), date(2024, 12, 31)]
        assert parse(text, date(2025, 10, 1)).day is None
        # Without as_of nothing says that 31 December is too late.
        assert parse(text).records[3].published == date(2025, 12, 31)

    def test_no_year_anywhere_leaves_dates_missing_with_one_warning(self) -> None:
        feed = parse(PAGE.replace(", 2024", ""))
        assert [record.published_basis for record in feed.records] == ["missing"] * 4
        assert [record.upvotes for record in feed.records] == [3, None, 4, None]
        (warning,) = feed.warnings
        assert "--as-of" in warning
        assert "and 2 more" in warning

    def test_a_day_that_its_year_lacks_is_missing(self) -> None:
        feed = parse(PAGE.replace("Sep 26 4", "Feb 29 4"))
        assert (feed.records[2].published, feed.records[2].published_basis) == (None, "missing")
        assert feed.records[2].upvotes == 4
        assert "a date that its year does not have" in feed.warnings[0]
        # 2024 has it, and is the year of a page of 10 January 2025.
        early = parse(PAGE.replace("Sep 26 4", "Feb 29 4").replace("Dec 10", "Jan 10"))
        assert early.records[2].published == date(2024, 2, 29)

    def test_a_year_without_comma_is_read_as_a_year_and_said(self) -> None:
        feed = parse(PAGE.replace("Sep 26 4", "Sep 26 2022"))
        assert (feed.records[2].published, feed.records[2].upvotes) == (date(2022, 9, 26), None)
        assert "without its comma" in feed.warnings[0]

    def test_a_date_after_the_page_is_kept_and_said(self) -> None:
        feed = parse(PAGE.replace("Mar 12, 2024", "Dec 11, 2024"), date(2024, 12, 10))
        assert feed.records[0].published == date(2024, 12, 11)
        assert "later than the page's own day" in feed.warnings[0]

    def test_two_pages_in_one_file_keep_their_own_days(self) -> None:
        second = PAGE.replace("Dec 10", "Jan 3, 2026").replace("Diaries", "Logs")
        feed = parse(PAGE + second)
        assert [record.published for record in feed.records[3::4]] == [date(2024, 12, 31), date(2025, 12, 31)]
        assert feed.day == date(2026, 1, 3)
        assert "pages of 2 days" in feed.warnings[0]
        assert feed.rejects == ()

    @given(
        header=st.dates(date(1995, 1, 1), date(2090, 12, 31)),
        day=st.dates(date(1995, 1, 1), date(2090, 12, 31)),
        wait=st.integers(0, 365),
    )
    def test_an_inferred_date_is_never_after_the_page_nor_a_year_before(
        self, header: date, day: date, wait: int
    ) -> None:
        as_of = date.fromordinal(header.toordinal() + wait)
        page = PageCalendar.of_page(PageDay(header.month, header.day), newest_year=None, as_of=as_of)
        assert page.day is not None
        assert page.day <= as_of
        published, basis = page.date_of(PageDay(day.month, day.day))
        if published is not None:
            assert basis == "year_inferred"
            assert 0 <= (page.day - published).days <= 366
            assert (published.month, published.day) == (day.month, day.day)


class TestGrammar:
    @pytest.mark.parametrize(
        ("title", "abstract"),
        [
            ("Agents", "Agents."),
            ("Agents", "agents"),
            ("A Title of Many Words That Goes On", "Short"),
            ("What do agents want? A short answer", "Little."),
            ("智能体的自我改进", "我们研究智能体如何改进自己。"),
            ("エージェント", "要約"),
            ("Long text", "a" * 200_000),
            ("Long text", "We read on. " * 20_000 + "End."),
            ("T" * 290, "Short."),
            ("A <script>alert(1)</script> title", "It costs $5$ & <b>more</b>."),
        ],
    )
    def test_a_paper_in_full_layout_is_one_whatever_the_lengths(self, title: str, abstract: str) -> None:
        feed = parse(TOP + paper("Before", LONG, "") + paper(title, abstract) + paper("After", LONG, ""))
        assert [(r.title, r.abstract) for r in feed.records] == [
            ("Before", LONG),
            (title, abstract),
            ("After", LONG),
        ]
        assert feed.records[1].published == date(2023, 5, 4)
        assert feed.rejects == ()

    @pytest.mark.parametrize(
        ("title", "abstract"),
        [
            ("Rewards Without Tears", "We show that small rewards, given late, teach as well as large ones."),
            ("Rewards Without Tears", LONG),
            (
                "关于智能体的自我反思",
                "我们提出一种方法，让智能体在每次行动之后写下反思，并在下一次行动之前阅读它。",
            ),
            ("Rewards Without Tears", "word " * 40),
        ],
    )
    def test_undated_papers_one_after_the_other(self, title: str, abstract: str) -> None:
        feed = parse("".join(paper(f"{title} {number}", abstract, "") for number in range(20)))
        assert [record.title for record in feed.records] == [f"{title} {number}" for number in range(20)]
        assert {record.abstract for record in feed.records} == {abstract.strip()}
        assert feed.rejects == ()

    def test_abstract_of_several_lines_and_paragraphs(self) -> None:
        words = LONG.split()
        wrapped = "\n".join(" ".join(words[start : start + 9]) for start in range(0, len(words), 9))
        feed = parse(
            TOP + paper("Wrapped", f"{wrapped}\n\n{LONG}\n\nCode: https://example.org/x") + paper("B", LONG)
        )
        assert [record.title for record in feed.records] == ["Wrapped", "B"]
        assert feed.records[0].abstract == f"{LONG} {LONG} Code: https://example.org/x"
        assert feed.records[0].n_authors == 3

    @pytest.mark.parametrize("name", ["X" * 200, "Institute of Very Small Robots (IVSR), Basel, Ltd."])
    def test_organization_of_any_kind(self, name: str) -> None:
        feed = parse(TOP + paper("A", LONG, "") + paper("B", LONG, f"{name}\n·\nMay 4, 2023 7"))
        assert [record.organization for record in feed.records] == [None, name]
        assert (feed.records[1].upvotes, feed.records[1].n_authors) == (7, None)

    def test_credit_without_its_date(self) -> None:
        feed = parse(TOP + paper("A", LONG, "  • 4 authors\n·\n9") + paper("B", LONG, "  • 1,024 authors"))
        assert [(r.n_authors, r.published_basis) for r in feed.records] == [(4, "missing"), (1024, "missing")]

    def test_title_alone_with_a_credit_has_no_abstract(self) -> None:
        feed = parse(TOP + paper("A", LONG) + "Only a Title\n\n  • 2 authors\n·\nMay 5, 2023\n")
        assert (feed.records[1].title, feed.records[1].abstract) == ("Only a Title", "")
        assert "without an abstract" in feed.warnings[0]


class TestRejects:
    @pytest.mark.parametrize(
        ("inserted", "reason"),
        [
            (LONG + "\n\n  • 2 authors\n·\nMay 3, 2022", "an abstract without a title"),
            ("Please accept our cookies", "text that is no paper"),
            ("  • 2 authors\n·\nMay 3, 2022", "belong to no paper"),
            ("May 3 7", "without a paper"),
        ],
    )
    def test_what_cannot_be_a_paper_costs_no_other(self, inserted: str, reason: str) -> None:
        before, after = paper("Before", LONG), paper("After", LONG)
        feed = parse(f"{TOP}{before}{inserted}\n\n{after}")
        assert [record.title for record in feed.records] == ["Before", "After"]
        assert {record.n_authors for record in feed.records} == {3}
        number = (TOP + before).count("\n") + 1
        assert reason in " / ".join(reject.reason for reject in feed.rejects)
        assert f"line {number}" in {reject.position for reject in feed.rejects}

    def test_a_lost_abstract_gives_its_credit_to_no_neighbor(self) -> None:
        text = TOP + paper("Undated", LONG, "") + "A Title of Five Words\n\n  • 9 authors\n·\nMay 3, 2022\n"
        feed = parse(text)
        assert [(r.title, r.n_authors, r.published) for r in feed.records] == [("Undated", None, None)]
        assert [reject.excerpt for reject in feed.rejects] == ["A Title of Five Words", "• 9 authors"]

    def test_a_lonely_title_is_not_the_next_papers(self) -> None:
        feed = parse(TOP + "A Title That Lost Its Text\n\n" + paper("Real Title", LONG))
        assert [record.title for record in feed.records] == ["Real Title"]
        assert [reject.position for reject in feed.rejects] == [f"line {TOP.count(chr(10)) + 1}"]

    def test_a_date_right_under_an_abstract_is_given_to_nobody(self) -> None:
        feed = parse(TOP + "Dec 10\n\n" + paper("A", LONG, "Dec 9") + paper("B", LONG), date(2025, 12, 10))
        assert [record.published for record in feed.records] == [None, date(2023, 5, 4)]
        assert "the paper's or a page's own" in feed.rejects[0].reason
        assert feed.day == date(2025, 12, 10)

    def test_a_sentence_behind_furniture_is_no_paragraph_of_the_abstract_before(self) -> None:
        feed = parse(TOP + paper("Last and Undated", LONG, "") + "Privacy\n\nThis site sets cookies.\n")
        assert [record.abstract for record in feed.records] == [LONG]
        assert [reject.excerpt for reject in feed.rejects] == ["This site sets cookies."]

    def test_excerpts_are_short(self) -> None:
        feed = parse(TOP + "x" * 250 + "\n\n" + paper("A", LONG))
        assert len(feed.rejects[0].excerpt) == 200


class TestErrors:
    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("", "is empty"),
            (" \r\n\t\n\ufeff", "is empty"),
            ("<!DOCTYPE html><html><body>Daily Papers</body></html>", "HTML source"),
            ("\n<html lang='en'><head><title>x</title>", "HTML source"),
            ("<?xml version='1.0'?><feed/>", "is XML"),
            ("PK\x03\x04\x00\x00 binary", "is binary"),
            ("\x1b\x07\x0e\x0f" * 20, "is binary"),
            (TOP, "holds no paper"),
            ("one line", "is text of no form that is read"),
            (
                "Title one\n\nTitle two\n\nTitle three",
                "is text of no form that is read (line 1: 'Title one')",
            ),
            (f"# Notes\n\n{LONG}\n\n## More\n\n- a\n- b\n", "is text of no form that is read"),
            (f"Shopping:\n\n{LONG}", "is text of no form that is read"),
        ],
    )
    def test_one_clear_line(self, text: str, message: str) -> None:
        with pytest.raises(InputError) as caught:
            parse(text)
        assert message in str(caught.value)
        assert str(caught.value).startswith("page.txt ")
        assert "\n" not in str(caught.value)


# Line of the title, authors (None: undated, or an organization), date, upvotes: read off the page by eye.
SEED_PAPERS = [
    (13, 8, "2024-03-12", None),
    (21, 7, "2024-10-11", None),
    (29, 6, "2024-12-22", 2),
    (37, 9, "2023-09-30", None),
    (45, None, None, None),
    (49, 9, "2024-10-17", 11),
    (57, 9, "2024-07-19", 9),
    (65, 9, "2025-05-16", None),
    (73, 4, "2025-05-18", None),
    (81, 5, "2024-06-06", None),
    (89, 5, "2023-05-21", None),
    (97, 4, "2024-02-01", None),
    (105, 8, "2024-12-02", None),
    (113, 4, "2025-05-22", None),
    (121, 4, "2021-11-02", None),
    (129, 4, "2019-01-07", None),
    (137, 5, "2025-11-12", None),
    (145, None, None, None),
    (149, 5, "2025-10-09", 2),
    (157, 1, "2022-03-02", None),
    (165, 6, "2024-08-12", 10),
    (173, 18, "2024-09-19", 9),
    (181, 18, "2025-08-14", 4),
    (189, 2, "2025-10-13", None),
    (197, 5, "2025-12-02", 3),
    (205, None, None, None),
    (209, None, "2025-09-26", 4),
    (217, 7, "2024-04-18", 3),
    (225, 6, "2024-02-08", None),
    (233, None, None, None),
    (237, 6, "2025-01-19", None),
    (245, None, None, None),
    (249, 8, "2025-10-24", None),
    (257, 7, "2025-04-22", None),
    (265, 5, "2025-10-01", None),
    (273, 6, "2022-05-20", None),
    (281, 11, "2025-09-30", 2),
    (289, 8, "2024-09-02", None),
    (297, 4, "2025-10-13", None),
    (305, 1, "2025-03-27", None),
    (313, None, None, None),
    (317, 7, "2024-10-28", None),
    (325, 6, "2024-10-26", None),
    (333, 3, "2025-02-07", None),
    (341, 9, "2024-05-07", 3),
    (349, 5, "2024-06-27", None),
    (357, 14, "2024-10-21", None),
]


@pytest.mark.shared
class TestSharedPage:
    @pytest.mark.parametrize("as_of", [None, date(2025, 12, 10), date(2026, 11, 22)])
    def test_all_47_papers_come_out_whole(self, shared_dir: Path, as_of: date | None) -> None:
        (feed,) = read_source(shared_dir / "seed" / "daily_papers_page.txt", as_of=as_of)
        found = [
            (
                int(record.position.removeprefix("line ")),
                record.n_authors,
                None if record.published is None else record.published.isoformat(),
                record.upvotes,
            )
            for record in feed.records
        ]
        assert found == SEED_PAPERS
        assert (feed.day, feed.rejects, feed.warnings) == (date(2025, 12, 10), (), ())
        assert sum(record.published is not None for record in feed.records) == 41
        assert [r.organization for r in feed.records if r.organization is not None] == ["Tencent"]
        assert sum(record.published_basis == "year_inferred" for record in feed.records) == 17
        assert all(1386 <= len(record.abstract) <= 1920 for record in feed.records)
        assert all(35 <= len(record.title) <= 133 for record in feed.records)

    @pytest.mark.parametrize("between", ["\n", "\n\n"])
    @pytest.mark.parametrize("undated_share", [0.1, 1.0])
    def test_every_paper_of_two_years_survives_as_a_page(
        self, shared_dir: Path, between: str, undated_share: float
    ) -> None:
        records = [r for f in read_source(shared_dir / "corpora" / "hf_daily_papers") for r in f.records]
        chance = random.Random(0)
        text, expected = TOP + "Dec 31, 2025\n\n", []
        for record in records:
            is_undated = chance.random() < undated_share
            day = record.published
            assert day is not None
            credit = f"  • {record.n_authors} authors\n·\n{day:%b} {day.day}, {day.year} {record.upvotes}\n"
            text += f"{record.title}{between}{record.abstract}{between}" + ("" if is_undated else credit)
            shown = (None, None, None) if is_undated else (day, record.n_authors, record.upvotes)
            expected.append((record.title, record.abstract, *shown))
        feed = parse(text)
        assert [(r.title, r.abstract, r.published, r.n_authors, r.upvotes) for r in feed.records] == expected
        assert feed.rejects == ()

    def test_names_of_organizations(self, shared_dir: Path) -> None:
        feeds = read_source(shared_dir / "corpora" / "hf_daily_papers")
        names = {record.organization for feed in feeds for record in feed.records if record.organization}
        assert len(names) > 200
        assert {name for name in names if display_name(name) != name} == set()
