"""JSON documents: parsing into values or one clear line, outlines of cut-off heads, and single values."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.exceptions import InputError
from flows.sources.author_names import names_of, split_names
from flows.sources.json_documents import count_of, date_of, outline, parse_json, prose_of, text_of
from tests.examples import examples

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


class TestParseJson:
    def test_numbers_keep_their_digits(self) -> None:
        value = parse_json("[2503.02130, 7, 1e400, NaN, 123456789012345678901]", "a.json", "papers")
        assert value == ["2503.02130", 7, "1e400", None, "123456789012345678901"]

    def test_byte_order_mark_and_repeated_key(self) -> None:
        assert parse_json('\ufeff{"a": 1, "a": 2}', "a.json", "papers") == {"a": 2}

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("", "is empty"),
            ("\x00\x01\x02", "is binary"),
            ("<html><body>504</body></html>", "HTML source"),
            ("<?xml version='1.0'?><feed/>", "is XML"),
            ('[{"id": "25', "is cut off after 11 characters"),
            ('{"a": [1, 2', "is cut off"),
            ('{"a": 1}\n{"a": 2}', "is not valid JSON (Extra data at line 2 column 1)"),
            ("{'a': 1}", "is not valid JSON"),
            ("[" * 200_000, "nested too deep"),
            ('{"a":' * 200_000, "nested too deep"),
        ],
    )
    def test_what_is_no_json_is_one_clear_line(self, text: str, message: str) -> None:
        with pytest.raises(InputError) as caught:
            parse_json(text, "a.json", "a list of papers")
        assert str(caught.value).startswith("a.json ")
        assert message in str(caught.value)
        assert str(caught.value).endswith("expected a list of papers") or "HTML" in message
        assert "\n" not in str(caught.value)

    def test_a_number_of_many_digits_costs_nothing(self) -> None:
        assert parse_json("[" + "9" * 100_000 + "]", "a.json", "papers") == ["9" * 100_000]


DOCUMENT: dict[str, Any] = {
    "meta": {"count": 3, 'quoted " {[': "a \\ b"},
    "results": [{"id": "W1", "tags": ["x"]}, {"title": "T"}, 7],
}
PATHS = {
    (): "",
    ("meta",): "",
    ("meta", "count"): "3",
    ("meta", 'quoted \\" {['): "a \\\\ b",
    ("results",): "",
    ("results", "[]"): "",
    ("results", "[]", "id"): "W1",
    ("results", "[]", "tags"): "",
    ("results", "[]", "tags", "[]"): "x",
    ("results", "[]", "title"): "T",
}


class TestOutline:
    def test_paths_with_their_first_values(self) -> None:
        assert outline(json.dumps(DOCUMENT)) == PATHS
        assert outline("\ufeff \n" + json.dumps(DOCUMENT, indent=2)) == PATHS

    def test_a_cut_anywhere_keeps_what_stood_before(self) -> None:
        text = json.dumps(DOCUMENT)
        paths = list(PATHS)
        for cut in range(1, len(text)):
            found = list(outline(text[:cut]))
            assert found == paths[: len(found)]

    @pytest.mark.parametrize(
        "text", ["", '{"a": 1}\n{"a": 2}', "A title", "}", "text {}", "[new](https://a.org)"]
    )
    def test_what_is_no_one_document_has_none(self, text: str) -> None:
        assert outline(text) == {}

    @pytest.mark.parametrize(
        "unit", ['["', '[\\"', '"\\"', "[", '{"a":', ",", "[]", "\\", '{"a":"', "a" * 101]
    )
    @pytest.mark.parametrize("start", ["", '["'])
    def test_hostile_heads_take_time_in_proportion(
        self, unit: str, start: str, assert_grows_in_proportion: Callable[..., None]
    ) -> None:
        assert_grows_in_proportion(lambda size: outline(start + (unit * size)[:size]), 65_536)

    @given(st.text(alphabet='{}[]",:\\ a1', max_size=60))
    @examples(300)
    def test_any_text_has_an_outline(self, text: str) -> None:
        found = outline(text)
        assert found == {} or next(iter(found)) == ()


class TestValues:
    @pytest.mark.parametrize(
        ("value", "text"),
        [
            ("  A\n title ", "A title"),
            ("a\x00b\ud800", "a b\ufffd"),
            ("None", ""),
            ("Nan", "Nan"),
            (["One.", 2, None, "Two."], "One. Two."),
            ({"value": "T"}, "T"),
            ({"fullname": "The Lab", "name": "lab"}, "The Lab"),
            ({"value": {"value": "deep"}}, ""),
            (1984, "1984"),
            (True, ""),
            (25.5, ""),
            pytest.param(10**5000, "", id="huge"),
            (None, ""),
        ],
    )
    def test_text(self, value: object, text: str) -> None:
        assert text_of(value) == text

    def test_prose_is_taken_out_of_its_markup_and_formulas_stay(self) -> None:
        assert prose_of("<jats:p>If $a<b$ &lt; c</jats:p><p>Next</p>") == "If $a<b$ < c Next"

    @pytest.mark.parametrize(
        ("value", "names"),
        [
            (["Ada Example,", " Bo  Muster", "", None, 5], ("Ada Example", "Bo Muster")),
            ([{"name": "Ada Example", "authorId": "1"}, {"name": None}], ("Ada Example",)),
            (
                [{"given": "Ada", "family": "Example"}, {"firstName": "Bo", "lastName": "Muster"}],
                ("Ada Example", "Bo Muster"),
            ),
            ([{"family": "Plato"}], ("Plato",)),
            ("Example, Ada; van Muster, Bo", ("Ada Example", "Bo van Muster")),
            ("Ada Example; Bo Muster;", ("Ada Example", "Bo Muster")),
            ("Example, Ada and Muster, Bo", ("Ada Example", "Bo Muster")),
            ("Ada Example and Bo Muster", ("Ada Example", "Bo Muster")),
            ("Ada Example, Bo Muster, and Cy Sample", ("Ada Example", "Bo Muster", "Cy Sample")),
            ("Ada Example, Bo Muster", ("Ada Example", "Bo Muster")),
            ("Plato, Ada Example, Bo Muster", ("Plato", "Ada Example", "Bo Muster")),
            ("Muster, Bo", ("Bo Muster",)),
            ("Example, A. B., Muster, C.-D.", ("A. B. Example", "C.-D. Muster")),
            ("W. Chen, W. He", ("W. Chen", "W. He")),
            ("Li Zhao, Ke Xu", ("Li Zhao", "Ke Xu")),
            ("Y. LI, X. WU", ("Y. LI", "X. WU")),
            ("Bo Muster, Jr.", ("Bo Muster, Jr.",)),
            ("['Ada Example', \"Bo O'Muster\"]", ("Ada Example", "Bo O'Muster")),
            ('["Ada Example", "Bo Muster"]', ("Ada Example", "Bo Muster")),
            ("Alexander Brandt", ("Alexander Brandt",)),
            ({"value": ["Ada Example"]}, ("Ada Example",)),
            ("nan", ()),
            (5, ()),
            (None, ()),
        ],
    )
    def test_names(self, value: object, names: tuple[str, ...]) -> None:
        assert names_of(value) == names

    @pytest.mark.parametrize(
        "value",
        [
            "Ada Example, Bo Muster, et al.",
            "Ada Example, Bo Muster et al",
            ["Ada Example", "Bo Muster", "et al."],
            "Ada Example and Bo Muster and others",
            "Ada Example; Bo Muster; ...",
        ],
    )
    def test_names_that_are_not_all(self, value: object) -> None:
        assert split_names(value) == (("Ada Example", "Bo Muster"), False)

    @pytest.mark.parametrize(
        ("value", "stated"),
        [
            ("2025-03-04", (date(2025, 3, 4), "day")),
            ("2025-03-04T23:30:00-05:00", (date(2025, 3, 5), "day")),
            ("2019", (date(2019, 1, 1), "year")),
            ("2019.0", (date(2019, 1, 1), "year")),
            (2019, (date(2019, 1, 1), "year")),
            (20250304, (date(2025, 3, 4), "day")),
            (1577836799, (date(2019, 12, 31), "day")),
            (1577836799999, (date(2019, 12, 31), "day")),
            ("1577836800000", (date(2020, 1, 1), "day")),
            (
                [{"created": "Mon, 2 Apr 2007 19:18:42 GMT"}, {"created": "2009-01-01"}],
                (date(2007, 4, 2), "day"),
            ),
            ({"date-parts": [[2019, 3]]}, (date(2019, 3, 1), "month")),
            ({"date-parts": [[None]]}, (None, "none")),
            ("03/04/2025", (date(2025, 1, 1), "year")),
            (0, (None, "none")),
            (-5, (None, "none")),
            (True, (None, "none")),
            pytest.param(10**5000, (None, "none"), id="huge"),
            (float("inf"), (None, "none")),
            ([], (None, "none")),
            (None, (None, "none")),
        ],
    )
    def test_dates(self, value: object, stated: tuple[date | None, str]) -> None:
        assert date_of(value) == stated

    @pytest.mark.parametrize(
        ("value", "count"),
        [
            (3, 3),
            (0, 0),
            ("12", 12),
            ("1,204", 1204),
            (5.0, 5),
            (-1, None),
            (True, None),
            ("3.5", None),
            (10**30, None),
            ("", None),
            ([3], None),
        ],
    )
    def test_counts(self, value: object, count: int | None) -> None:
        assert count_of(value) == count

    @pytest.mark.parametrize(
        "unit",
        ["a, ", "a and ", "A. ", "['", '["a" ', ";", "et al ", " ", "A.-", ", et al", "<p ", "&#"],
    )
    @pytest.mark.parametrize("read", [names_of, prose_of, date_of])
    def test_long_hostile_texts_take_time_in_proportion(
        self, read: Callable[[object], object], unit: str, assert_grows_in_proportion: Callable[..., None]
    ) -> None:
        assert_grows_in_proportion(lambda size: read(unit * size), 100_000)

    @given(JSON)
    @examples(200)
    def test_any_value_is_read_or_nothing(self, value: object) -> None:
        names_of(value), date_of(value), count_of(value)
        prose_of(value).encode()
