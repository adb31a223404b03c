"""XML documents: what is refused in which words, text by local name, markup taken off."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.exceptions import InputError
from flows.sources.identifiers import web_address
from flows.sources.markup import unwrap_markup
from flows.sources.xml_documents import child_text, child_texts, children, flat_text, parse_xml, root_name
from tests.examples import examples

LAUGHS = (
    "<!DOCTYPE a [<!ENTITY l0 'lol'>"
    + "".join(f"<!ENTITY l{n} '{f'&l{n - 1};' * 10}'>" for n in range(1, 10))
    + "]>"
)


def parse(content: str | bytes, **options: tuple[str, ...]) -> str:
    return flat_text(parse_xml(content, "a.xml", "a feed", **options))


class TestWhatIsRead:
    @pytest.mark.parametrize(
        "content",
        [
            "<a>é</a>",
            "<?xml version='1.0' encoding='latin-1'?><a>é</a>",
            "\ufeff <?xml version='1.0' encoding='utf-16'?>\n<a>é</a>",
            "<?xml version='1.0' encoding='windows-1252'?><a>é</a>".encode("cp1252"),
            "<?xml version='1.0' encoding='utf-8'?><a>é</a>".encode("utf-8-sig"),
            "<a>é</a>".encode("utf-16"),
            "<!DOCTYPE rss PUBLIC '-//N//DTD RSS 0.91//EN' 'http://example.org/rss.dtd'><a>é</a>",
            "<a>&#xe9;<!-- not this --></a>",
            "<a><![CDATA[é]]></a>",
        ],
    )
    def test_any_stated_encoding(self, content: str | bytes) -> None:
        assert parse(content) == "é"

    def test_a_forbidden_character_costs_nothing_else(self) -> None:
        assert parse("<a>one\x00two\x0bthree\ud800</a>") == "one two three\ufffd"

    def test_no_file_is_opened_for_an_entity(self, tmp_path: object) -> None:
        with pytest.raises(InputError, match="declares entities"):
            parse(f"<!DOCTYPE a [<!ENTITY x SYSTEM 'file://{tmp_path}'>]><a>&x;</a>")


class TestWhatIsRefused:
    @pytest.mark.parametrize(
        ("content", "message"),
        [
            ("", "is empty"),
            (b"", "is empty"),
            (" \n\ufeff", "is empty"),
            ("\x00\x01PK", "is binary"),
            (b"\x00\x01PK", "is binary"),
            ("[{}]", "is not XML"),
            ("Rate exceeded.", "is not XML"),
            ("<!DOCTYPE html><p>503</p>", "HTML source of a page"),
            ("<!doctype HTML PUBLIC '-//W3C//DTD HTML 4.01//EN'><title>503</title>", "HTML source of a page"),
            ("\n<html xmlns='http://www.w3.org/1999/xhtml'><body/></html>", "HTML source of a page"),
            (b"<html><body>504 Gateway Time-out</body></html>", "HTML source of a page"),
            ("<a>\n<b>text", "cut off at line 2"),
            ("<a>\n<b>text</b>", "cut off at line 2"),
            ("<a><b at", "cut off at line 1"),
            ("<a><![CDATA[text", "cut off at line 1"),
            ("<a></b>", "not well-formed XML (Opening and ending tag mismatch"),
            ("<a/>rubbish", "not well-formed XML (Extra content"),
            (b"<a>\xff</a>", "not well-formed XML"),
            ("<a>" * 300 + "</a>" * 300, "nested too deep"),
            ("<a>" * 500_000, "nested too deep"),
            (LAUGHS + "<a>&l9;</a>", "amplification"),
            (LAUGHS + "<a b='&l9;'/>", "amplification"),
            ("<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>", "declares entities"),
            ("<x:mods xmlns:x='u'/>", "another kind (<mods>)"),
        ],
    )
    def test_one_clear_line(self, content: str | bytes, message: str) -> None:
        with pytest.raises(InputError) as caught:
            parse(content, roots=("a",))
        text = str(caught.value)
        assert text.startswith("a.xml ")
        assert message in text
        assert "expected a feed" in text
        assert "\n" not in text

    @given(st.text(max_size=60) | st.text("<>&;ab/='[]!?-\x00\ud800 ", max_size=60))
    @examples(300)
    def test_any_text_is_an_element_or_an_input_error(self, text: str) -> None:
        for content in (text, "<a>" + text, text.encode("utf-8", "surrogatepass")):
            message = ""
            try:
                parse(content)
            except InputError as error:
                message = str(error)
            assert "\n" not in message


class TestText:
    def test_by_local_name_of_direct_children(self) -> None:
        root = parse_xml(
            "<a xmlns:x='u'><x:t/><t> one <i>two</i>s</t><b><t>inner</t></b><!--t--><t>3</t></a>", "a", "x"
        )
        assert [len(children(root, name)) for name in ("t", "b", "none")] == [3, 1, 0]
        assert child_texts(root, "t") == ["one twos", "3"]
        assert (child_text(root, "t"), child_text(root, "none")) == ("one twos", "")

    @pytest.mark.parametrize(
        ("head", "name"),
        [
            ("<feed>", "feed"),
            ("\ufeff\n<?xml version='1.0'?>\n<!-- > --><?style a?><atom:feed xmlns:atom='u'>", "feed"),
            ("<!DOCTYPE rss [<!ENTITY a '>'>]><rss>", "rss"),
            ("<!DOCTYPE rss SYSTEM 'x'><rss a='[]'>", "rss"),
            ("<!DOCTYPE", ""),
            ("< feed>", ""),
            ("text <feed>", ""),
            ("", ""),
        ],
    )
    def test_root_name(self, head: str, name: str) -> None:
        assert root_name(head) == name

    @pytest.mark.parametrize(
        ("markup", "plain"),
        [
            ("<p>One</p><p>two</p>", "One two"),
            ("One<br/>two<BR >three", "One two three"),
            ("CO<sub>2</sub> <a href='x' title=\"y\">here</a>", "CO2 here"),
            ("<jats:title>Abstract</jats:title><jats:p>We plan.</jats:p>", "We plan."),
            ("<title>Summary:</title>\n<p>We plan.</p>", "We plan."),
            ("<jats:title>Summary</jats:title>", "Summary"),
            ("<jats:p>An <jats:italic>in vivo</jats:italic> view</jats:p>", "An in vivo view"),
            ("AT&amp;T&nbsp;&#8211; &lt;b&gt;", "AT&T – <b>"),
            ("a<!-- x -->b<script>let c</script>d<STYLE>e</STYLE>", "a b d"),
            ("a <!-- never closed", "a <!-- never closed"),
            ("$a<b$, $c>d$, i<j, <think> tokens, x < p > y", "$a<b$, $c>d$, i<j, <think> tokens, x < p > y"),
            ("", ""),
        ],
    )
    def test_unwrapped_markup(self, markup: str, plain: str) -> None:
        assert unwrap_markup(markup) == plain

    @pytest.mark.parametrize("fragment", ["<", "<p x", "<!--", "<script>", "</", "&", "<a b=\"'"])
    def test_hostile_markup_takes_time_in_proportion(
        self, fragment: str, assert_grows_in_proportion: Callable[..., None]
    ) -> None:
        assert_grows_in_proportion(lambda size: unwrap_markup(fragment * (size // len(fragment))), 1_000_000)

    @pytest.mark.parametrize(
        ("text", "is_address"),
        [
            ("http://example.org/a?b=c", True),
            ("HTTPS://EXAMPLE.ORG", True),
            ("ftp://example.org", False),
            ("javascript:alert(1)//http://a", False),
            ("https://a b", False),
            ('https://a"onclick="x', False),
            ("https://", False),
            ("https://" + "a" * 3_000, False),
        ],
    )
    def test_web_address(self, text: str, is_address: bool) -> None:
        assert web_address(text) == (text if is_address else None)
