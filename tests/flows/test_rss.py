"""RSS and Atom feeds: whose clock a date is, markup around abstracts, real feeds of daily papers."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from analytics.dates import date_fault
from analytics.exceptions import InputError
from analytics.papers import Feed, PaperRecord
from flows.sources.files import decode_text
from flows.sources.recognition import read_source
from flows.sources.rss import looks_like, parse_rss

SPACES = (
    'xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:atom="http://www.w3.org/2005/Atom" xmlns:prism="http://prismstandard.org/namespaces/basic/2.0/" '
    'xmlns:media="http://search.yahoo.com/mrss/" xmlns:content="http://purl.org/rss/1.0/modules/content/"'
)
JOURNAL = """<item>
  <media:title>A picture</media:title><title>Maps That &lt;i&gt;Redraw&lt;/i&gt; Themselves</title>
  <link>https://journal.example.org/a/7</link><guid isPermaLink="false">7</guid>
  <media:description>A picture of maps</media:description>
  <description>&lt;p&gt;Maps with $p&amp;lt;0.05$&lt;/p&gt;&lt;img src="x"/&gt; &amp;amp; more.</description>
  <dc:creator>Ada Example</dc:creator><dc:creator>Muster, Bo</dc:creator>
  <prism:doi>10.1000/MAPS.7</prism:doi><prism:coverDate>2025-05</prism:coverDate>
  <pubDate>Mon, 03 Mar 2025 23:00:00 -0500</pubDate>
</item>"""
POST = """<item><title>We read Diaries</title><link>https://arxiv.org/abs/2503.00001</link>
  <pubDate>Sat, 15 Mar 2025 08:00:00 GMT</pubDate></item>"""
DAILY = """<item><title>Rewards</title><link>https://arxiv.org/abs/2503.00003</link>
  <description>&lt;p&gt;&lt;img src="t.png" alt="Paper thumbnail" /&gt;&lt;/p&gt;&lt;p&gt;&lt;b&gt;Authors:&lt;/b&gt;
  Ada Example, Bo Muster&lt;/p&gt;&lt;p&gt;&lt;b&gt;Upvotes:&lt;/b&gt; 52&lt;/p&gt;&lt;p&gt;&lt;b&gt;Summary:&lt;/b&gt;
  Rewards for looking. Authors: none.&lt;/p&gt;</description>
  <guid isPermaLink="false">https://arxiv.org/abs/2503.00003</guid>
  <pubDate>Sun, 02 Mar 2025 00:00:00 +0000</pubDate></item>"""


def rss(*items: str, channel: str = "") -> str:
    return (
        f'<?xml version="1.0"?><rss {SPACES} version="2.0"><channel>{channel}{"".join(items)}</channel></rss>'
    )


def announced(kind: str, version: int = 1, element: bool = True) -> str:
    tag = f"<arxiv:announce_type>{kind}</arxiv:announce_type>" if element else ""
    return f"""<item><title>Diaries for Agents</title><link>https://arxiv.org/abs/2503.00001</link>
      <description>arXiv:2503.00001v{version} Announce Type: {kind}
Abstract: An agent with $p&lt;0.05$ errs less.</description>
      <guid isPermaLink="false">oai:arXiv.org:2503.00001v{version}</guid>
      <pubDate>Tue, 04 Mar 2025 00:00:00 -0500</pubDate>{tag}<arxiv:DOI>10.1000/diaries</arxiv:DOI>
      <dc:creator>Ada Example (A Lab, Here), Bo Muster</dc:creator></item>"""


def parse(content: str | bytes, day: date | None = None) -> Feed:
    text = content if isinstance(content, str) else decode_text(content, location="feed.xml")
    return parse_rss(text, location="feed.xml", day=day)


def only(item: str, channel: str = "") -> PaperRecord:
    (record,) = parse(rss(item, channel=channel)).records
    return record


class TestJournals:
    def test_every_field(self) -> None:
        feed = parse(rss(JOURNAL, channel="<lastBuildDate>Wed, 05 Mar 2025 01:00:00 +0000</lastBuildDate>"))
        assert (feed.source, feed.day, feed.rejects, feed.warnings) == ("rss", date(2025, 3, 5), (), ())
        (record,) = feed.records
        assert record.title == "Maps That Redraw Themselves"
        assert record.abstract == "Maps with $p<0.05$ & more."
        assert (record.authors, record.n_authors) == (("Ada Example", "Bo Muster"), 2)
        assert (record.published, record.published_basis, record.published_precision) == (
            date(2025, 3, 4),
            "stated",
            "day",
        )
        assert (record.doi, record.arxiv_id, record.version, record.upvotes) == (
            "10.1000/maps.7",
            None,
            None,
            None,
        )
        assert (record.url, record.position) == ("https://journal.example.org/a/7", "item 1")

    @pytest.mark.parametrize(
        ("dates", "published", "precision"),
        [
            ("<prism:publicationDate>2025-02-01</prism:publicationDate><dc:date>2025-03-02</dc:date>", date(2025, 2, 1), "day"),
            ("<pubDate>Mon, 03 Mar 2025 10:00:00 GMT</pubDate><dc:date>2025-03-02T23:00:00Z</dc:date>", date(2025, 3, 2), "day"),
            ("<prism:coverDate>March 2025</prism:coverDate>", date(2025, 3, 1), "month"),
            ("", None, "none"),
        ],
    )  # fmt: skip
    def test_the_publishers_date_goes_before_the_feeds(
        self, dates: str, published: date | None, precision: str
    ) -> None:
        record = only(f"<item><title>T</title>{dates}</item>")
        assert (record.published, record.published_precision) == (published, precision)

    def test_unreadable_dates_are_left_out_with_one_warning(self) -> None:
        bad = "<item><title>T</title><pubDate>soon</pubDate></item>"
        feed = parse(rss(JOURNAL, bad, bad))
        assert [record.published for record in feed.records] == [date(2025, 3, 4), None, None]
        assert feed.warnings == ("a stated date that cannot be read is left out (item 2 and 1 more)",)

    def test_titles_only(self) -> None:
        record = only("<item><title>T</title></item>")
        assert (record.abstract, record.authors, record.n_authors, record.url) == ("", (), None, None)

    @pytest.mark.parametrize(
        ("author", "names"),
        [
            ("ada@example.org (Ada Example)", ("Ada Example",)),
            ("ada@example.org", ()),
            ("Ada Example", ("Ada Example",)),
            ("The Lab (Here)", ("The Lab",)),
        ],
    )
    def test_authors_of_rss(self, author: str, names: tuple[str, ...]) -> None:
        assert only(f"<item><title>T</title><author>{author}</author></item>").authors == names

    @pytest.mark.parametrize(
        ("fields", "url"),
        [
            ("<link>javascript:alert(1)</link><guid>https://x.org/1</guid>", "https://x.org/1"),
            ("<link/><atom:link href='https://x.org/2'/><atom:link rel='self' href='https://x.org/rss'/>", "https://x.org/2"),
            ("<guid>oai:arXiv.org:2503.00001v1</guid>", "https://arxiv.org/abs/2503.00001"),
            ("<link>data:text/html,x</link>", None),
        ],
    )  # fmt: skip
    def test_page(self, fields: str, url: str | None) -> None:
        assert only(f"<item><title>T</title>{fields}</item>").url == url

    @pytest.mark.parametrize(
        ("fields", "abstract", "authors", "published"),
        [
            (
                "<description>Journal of Maps, Volume 3, Issue 2, Page 1-9, May 2021. </description>"
                "<content:encoded><![CDATA[<h2>ABSTRACT</h2><p>We count maps & < kites.</p>]]></content:encoded>"
                "<dc:creator>\nAda Example,\nBo Muster\n</dc:creator>",
                "We count maps & < kites.",
                ("Ada Example", "Bo Muster"),
                date(2021, 5, 1),
            ),
            (
                "<description>&lt;p&gt;by Ada Example, Bo Muster&lt;/p&gt; We count maps.</description>"
                "<dc:creator>Ada Example</dc:creator><dc:creator>Bo Muster</dc:creator>",
                "We count maps.",
                ("Ada Example", "Bo Muster"),
                None,
            ),
            (
                "<description>&lt;p&gt;Publication date: July\u2013August 2022&lt;/p&gt;&lt;p&gt;&lt;b&gt;Source:&lt;/b&gt; Maps, Volume 12"
                "&lt;/p&gt;&lt;p&gt;Author(s): Ada Example&lt;/p&gt;</description>",
                "",
                ("Ada Example",),
                date(2022, 7, 1),
            ),
        ],
    )  # fmt: skip
    def test_publishers_words_are_no_abstract(
        self, fields: str, abstract: str, authors: tuple[str, ...], published: date | None
    ) -> None:
        record = only(f"<item><title>T</title>{fields}</item>")
        assert (record.abstract, record.authors, record.published) == (abstract, authors, published)

    def test_a_feed_of_one_line_with_every_fault_is_mended(self, tmp_path: Path) -> None:
        path = tmp_path / "feed.xml"
        path.write_bytes(
            b'<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>x</title><item><media:thumb/>'
            b"<title>Ropes\x92 caf\xc3\xa9 &nbsp;&bull; M\xc3\xbcller\x0b</title><link>https://a.org/1?x=1&y=2</link>"
            b"<description>a < b & c</description></item><item><title>Nets</title></item></channel></rss>"
        )
        (feed,) = read_source(path)
        assert [record.title for record in feed.records] == ["Ropes\u2019 caf\xe9 \u2022 M\xfcller", "Nets"]
        assert (feed.records[0].abstract, feed.records[0].url) == ("a < b & c", "https://a.org/1?x=1&y=2")


class TestArxivAnnouncements:
    @pytest.mark.parametrize("element", [True, False])
    def test_a_new_paper(self, element: bool) -> None:
        record = only(announced("new", element=element))
        assert (record.title, record.abstract) == ("Diaries for Agents", "An agent with $p<0.05$ errs less.")
        assert (record.arxiv_id, record.version, record.doi) == ("2503.00001", 1, "10.1000/diaries")
        assert (record.published, record.updated) == (date(2025, 3, 4), None)
        assert record.authors == ("Ada Example", "Bo Muster")

    @pytest.mark.parametrize(
        ("kind", "updated"),
        [("cross", None), ("replace", date(2025, 3, 4)), ("replace-cross", date(2025, 3, 4))],
    )
    def test_another_announcement_is_no_publication(self, kind: str, updated: date | None) -> None:
        feed = parse(rss(announced(kind, 2)))
        (record,) = feed.records
        assert (record.published, record.published_basis, record.updated) == (None, "missing", updated)
        assert (record.paper_id, record.version, feed.warnings) == ("arxiv:2503.00001", 2, ())

    @pytest.mark.parametrize(
        ("end", "published"), [("", date(2022, 3, 4)), (" UPDATED", None), (" CROSS LISTED", None)]
    )
    def test_the_old_form_in_rdf(self, end: str, published: date | None) -> None:
        text = f"""<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" {SPACES}
          xmlns="http://purl.org/rss/1.0/"><channel><title>cs.AI</title><dc:date>2022-03-05</dc:date></channel>
          <item><title>Diaries for Agents. (arXiv:2203.00001v2 [cs.AI]{end})</title>
          <link>http://arxiv.org/abs/2203.00001</link><description>&lt;p&gt;It errs less.&lt;/p&gt;</description>
          <dc:creator>&lt;a href="http://arxiv.org/a/1"&gt;Ada Example&lt;/a&gt;, &lt;a href="x"&gt;Bo Muster&lt;/a&gt;</dc:creator>
          <dc:date>2022-03-04</dc:date></item></rdf:RDF>"""
        assert looks_like(text)
        feed = parse(text)
        (record,) = feed.records
        assert feed.day == date(2022, 3, 5)
        assert (record.title, record.abstract, record.published) == (
            "Diaries for Agents",
            "It errs less.",
            published,
        )
        assert (record.arxiv_id, record.version, record.authors) == (
            "2203.00001",
            2,
            ("Ada Example", "Bo Muster"),
        )

    def test_withdrawn(self) -> None:
        assert only(
            announced("replace").replace("An agent", "This paper has been withdrawn. An agent")
        ).is_withdrawn


class TestOtherServices:
    def test_their_clock_is_never_a_publication_date(self) -> None:
        feed = parse(rss(POST, JOURNAL, POST))
        assert [record.published for record in feed.records] == [None, date(2025, 3, 4), None]
        assert feed.records[0].updated is None
        assert feed.warnings == (
            "a date of another service's own clock is not read as an arXiv paper's (item 1 and 1 more)",
        )

    def test_daily_papers_state_the_papers_date(self) -> None:
        channel = "<link>https://huggingface.co/papers</link>"
        record = only(DAILY, channel)
        assert (record.published, record.published_precision) == (date(2025, 3, 2), "day")
        assert (record.authors, record.upvotes) == (("Ada Example", "Bo Muster"), 52)
        assert record.abstract == "Rewards for looking. Authors: none."
        assert (record.arxiv_id, record.url) == ("2503.00003", "https://arxiv.org/abs/2503.00003")

    def test_a_daily_papers_date_after_the_month_of_the_id_is_another_clock(self) -> None:
        channel = "<link>https://huggingface.co/papers</link>"
        feed = parse(rss(DAILY, DAILY.replace("02 Mar", "14 Apr"), channel=channel))
        assert [record.published for record in feed.records] == [date(2025, 3, 2), None]
        assert "another service's own clock" in feed.warnings[0]
        assert "(item 2)" in feed.warnings[0]


class TestAtom:
    TEXT = """<feed xmlns="http://www.w3.org/2005/Atom"><title>A journal</title><updated>2025-03-09T00:00:00Z</updated>
      <entry><id>https://doi.org/10.1000/ATOM</id><title type="html">Maps &amp;amp; more</title>
      <link rel="self" href="https://x.org/self"/><link href="https://x.org/a"/>
      <author><name>Ada Example</name><email>ada@example.org</email></author><author><name>Bo</name></author>
      <published>2025-03-01T12:00:00Z</published><updated>2025-03-08T12:00:00Z</updated>
      <summary type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>One <b>two</b></p></div></summary>
      </entry></feed>"""  # fmt: skip

    def test_every_field(self) -> None:
        assert looks_like(self.TEXT)
        feed = parse(self.TEXT)
        (record,) = feed.records
        assert (record.title, record.abstract, record.doi) == ("Maps & more", "One two", "10.1000/atom")
        assert (record.published, record.updated, feed.day) == (
            date(2025, 3, 1),
            date(2025, 3, 8),
            date(2025, 3, 9),
        )
        assert (record.authors, record.url) == (("Ada Example", "Bo"), "https://x.org/a")

    def test_a_post_about_an_arxiv_paper_updates_nothing(self) -> None:
        text = self.TEXT.replace("https://doi.org/10.1000/ATOM", "https://arxiv.org/abs/2503.00001")
        (record,) = parse(text).records
        assert (record.published, record.updated, record.arxiv_id) == (None, None, "2503.00001")


class TestDocuments:
    def test_bytes_text_and_the_callers_day(self) -> None:
        text = rss(JOURNAL, DAILY)
        assert parse(text.encode()) == parse(text)
        assert parse(text).day is None
        assert parse(text, date(2025, 3, 6)).day == date(2025, 3, 6)

    @pytest.mark.parametrize("as_bytes", [False, True])
    def test_bare_ampersands_and_names_of_html_are_mended(self, as_bytes: bool) -> None:
        text = rss("<item><title>R&D &ndash; A&amp;B</title><link>https://x.org/?a=1&b=2</link></item>")
        (record,) = parse(text.encode() if as_bytes else text).records
        assert (record.title, record.url) == ("R&D – A&B", "https://x.org/?a=1&b=2")

    def test_an_empty_channel_is_an_empty_feed(self) -> None:
        assert parse(rss()) == Feed("rss", "feed.xml", None, ())

    def test_one_bad_item_costs_no_other(self) -> None:
        feed = parse(
            rss(
                JOURNAL,
                "<item><description>Text</description></item>",
                "<item><title>\u200b</title></item>",
                POST,
            )
        )
        assert [record.position for record in feed.records] == ["item 1", "item 4"]
        assert [(reject.position, reject.reason, reject.excerpt) for reject in feed.rejects] == [
            ("item 2", "an item without a title", "Text"),
            ("item 3", "an item without a title", ""),
        ]

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            ("", "is empty"),
            (b"\x00\x01", "is binary"),
            ("<html><body>503</body></html>", "HTML source"),
            (rss(JOURNAL)[:-30], "cut off"),
            (rss("<item><title>R&D")[:-30], "cut off"),
            ("<rss/>", "holds no channel of items"),
            ("<RDF><Person/></RDF>", "holds no channel of items"),
            ("<opml/>", "another kind (<opml>)"),
            ("<!DOCTYPE rss [<!ENTITY x 'y'>]><rss><channel>&x;</channel></rss>", "declares entities"),
            ("/etc/passwd", "is not XML"),
            ("http://localhost:1/feed.xml", "is not XML"),
        ],
    )
    def test_one_clear_line(self, content: str | bytes, message: str) -> None:
        with pytest.raises(InputError) as caught:
            parse(content)
        assert message in str(caught.value)
        assert "\n" not in str(caught.value)

    @pytest.mark.parametrize("fragment", ["<!--", "<a ", "Authors: x Upvotes: ", " (arXiv:1 [a]", "a@", "("])
    def test_hostile_fields_take_time_in_proportion(
        self, fragment: str, assert_grows_in_proportion: Callable[..., None]
    ) -> None:
        def parse_long(size: int) -> None:
            text = fragment * (size // len(fragment))
            fields = "".join(
                f"<{name}><![CDATA[{text}]]></{name}>" for name in ("title", "description", "author", "guid")
            )
            parse(rss(f"<item>{fields}</item>"))

        assert_grows_in_proportion(parse_long, 500_000)


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (rss(), True),
        ("<!DOCTYPE rss SYSTEM 'x'><rss version='0.91'>", True),
        ("<feed xmlns='http://www.w3.org/2005/Atom'><id>http://rss.arxiv.org/atom/cs.AI</id>", True),
        ("<feed xmlns='http://www.w3.org/2005/Atom' xmlns:arxiv='http://arxiv.org/schemas/atom'><id>https://arxiv.org/api/x", False),
        ("<feed><entry>", False),
        ("<rdf:RDF xmlns:foaf='http://xmlns.com/foaf/0.1/'>", False),
        ("<html><rss>", False),
        ("rss", False),
    ],
)  # fmt: skip
def test_recognition_by_the_beginning(head: str, expected: bool) -> None:
    assert looks_like(head) is expected


@pytest.mark.shared
class TestDailyPapersFeeds:
    @pytest.fixture(scope="class")
    @classmethod
    def feeds(cls, shared_dir: Path) -> dict[str, Feed]:
        paths = sorted((shared_dir / "api_samples" / "rss").glob("*.xml"))
        return {path.stem.removeprefix("hf_daily_papers_"): parse(path.read_bytes()) for path in paths}

    def test_every_item(self, feeds: dict[str, Feed]) -> None:
        found = {
            name: (
                len(feed.records),
                sum(len(record.authors) for record in feed.records),
                sum(record.upvotes or 0 for record in feed.records),
                sum(record.published is None for record in feed.records),
                feed.day,
            )
            for name, feed in feeds.items()
        }
        assert found == {
            "feed": (30, 263, 536, 0, date(2026, 8, 8)),
            "feed_monthly": (105, 2240, 10_793, 4, date(2026, 8, 1)),
            "feed_weekly": (6, 54, 32, 0, date(2026, 8, 3)),
        }
        for feed in feeds.values():
            assert feed.rejects == ()
            for record in feed.records:
                assert record.upvotes is not None
                assert record.url == f"https://arxiv.org/abs/{record.arxiv_id}"
                assert len(record.abstract) > 300
                assert not record.abstract.startswith(("Summary", "Authors"))
                assert "<p>" not in record.abstract

    def test_dates_are_the_papers_own(self, feeds: dict[str, Feed]) -> None:
        dates = {r.arxiv_id: r.published for feed in feeds.values() for r in feed.records if r.published}
        assert len(dates) == 137
        assert all(date_fault(day, "day", f"arxiv:{name}") is None for name, day in dates.items())
        # Papers are submitted on weekends; Hugging Face lists none then.
        assert Counter(day.weekday() > 4 for day in dates.values())[True] == 18
        ordered = [dates[name] for name in sorted(dates, key=str)]
        later = sum(a > b for a, b in itertools.pairwise(ordered))
        assert later == 10

    def test_four_dates_lie_after_the_month_of_their_id(self, feeds: dict[str, Feed]) -> None:
        undated = [r.arxiv_id for r in feeds["feed_monthly"].records if r.published is None]
        assert undated == ["2601.16211", "2603.29616", "2606.29538", "2605.09635"]
        assert "and 3 more" in feeds["feed_monthly"].warnings[0]
