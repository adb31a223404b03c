"""What the labelling page is given of a sitting."""

from __future__ import annotations

from dataclasses import replace

import pytest

from flows.labelling.page import labelling_page, sitting_view
from reports.labelling_page import labelling_policy, render_labelling_page, theme_keys
from tests.flows.made_up_sitting import THEMES, MadeUpSitting, made_up_papers, many_themes

NONE = {theme.theme_id: "no" for theme in THEMES}


def paper_of(**changes):
    sitting = MadeUpSitting([replace(made_up_papers(1)[0], **changes)])
    return sitting_view(sitting)["paper"]


class TestView:
    def test_it_begins_with_the_first_paper(self):
        view = sitting_view(MadeUpSitting())
        assert view["paper"]["paper_id"] == "title:0000"
        assert (view["n_answered"], view["n_papers"], view["previous"]) == (0, 6, None)
        assert view["themes"]["rl-exploration"] == {"yes": 5, "no": 65, "unsure": 0, "earlier": 12}

    def test_it_goes_on_with_the_first_that_is_not_answered(self):
        sitting = MadeUpSitting()
        sitting.answers = {"title:0000": NONE, "title:0002": NONE}
        view = sitting_view(sitting)
        assert (view["paper"]["paper_id"], view["previous"]) == ("title:0001", "title:0000")

    def test_a_paper_with_answers_for_some_themes_is_asked_again_with_them(self):
        sitting = MadeUpSitting()
        sitting.answers = {"title:0000": {"agents": "yes"}}
        view = sitting_view(sitting)
        assert (view["paper"]["paper_id"], view["answers"]) == ("title:0000", {"agents": "yes"})
        assert view["n_answered"] == 0

    def test_a_paper_can_be_named_and_an_unknown_one_is_not_an_error(self):
        sitting = MadeUpSitting()
        assert sitting_view(sitting, "title:0003")["paper"]["paper_id"] == "title:0003"
        assert sitting_view(sitting, "nothing")["paper"]["paper_id"] == "title:0000"

    def test_the_end_counts_the_answers_of_the_sitting(self):
        sitting = MadeUpSitting(made_up_papers(2))
        sitting.answers = {"title:0000": NONE | {"agents": "yes"}, "title:0001": NONE | {"agents": "unsure"}}
        view = sitting_view(sitting)
        assert (view["paper"], view["previous"]) == (None, "title:0001")
        assert view["own"]["agents"] == {"yes": 1, "no": 0, "unsure": 1}
        assert view["own"]["introspection"] == {"yes": 0, "no": 2, "unsure": 0}

    def test_no_papers(self):
        assert sitting_view(MadeUpSitting([]))["paper"] is None


class TestPaper:
    def test_marked_sentences_are_parts_of_the_whole_abstract(self):
        paper = made_up_papers(1)[0]
        parts = paper_of()["abstract"]
        assert "".join(text for text, _ in parts) == paper.abstract
        assert [text[:8] for text, is_marked in parts if is_marked] == ["We build", "Each nig"]

    @pytest.mark.parametrize(
        ("marked", "expected"),
        [
            (((4, 8), (6, 10)), [["abcd", False], ["efgh", True], ["ij", True]]),
            (((-5, 2), (8, 99)), [["ab", True], ["cdefgh", False], ["ij", True]]),
            (((5, 5), (7, 3)), [["abcdefghij", False]]),
            (((20, 30),), [["abcdefghij", False]]),
        ],
    )
    def test_marks_that_overlap_or_lie_outside_lose_no_text(self, marked, expected):
        assert paper_of(abstract="abcdefghij", marked=marked)["abstract"] == expected

    def test_texts_are_bounded_and_what_is_cut_is_reported(self):
        paper = paper_of(title="t" * 200_000, abstract="a" * 200_000, marked=((19_999, 30_000),))
        assert len(paper["title"]) == 500
        assert [len(text) for text, _ in paper["abstract"]] == [19_999, 1]
        assert paper["n_cut"] == 180_000

    def test_controls_and_directions_are_taken_out_without_moving_marks(self):
        paper = paper_of(
            title="\u202eevil\n title", abstract="\u202ea\r\nb\x00 marked\ud800", marked=((6, 14),)
        )
        assert paper["title"] == "evil title"
        assert paper["abstract"] == [["a \nb\ufffd", False], [" marked\ufffd", True]]

    @pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "//example.org", None])
    def test_only_web_addresses_are_links(self, url):
        paper = paper_of(url=url)
        assert (paper["href"], paper["place"]) == ("", "")

    def test_an_empty_title_and_abstract(self):
        paper = paper_of(title=" ", abstract="", marked=((0, 0),), published=None)
        assert (paper["title"], paper["abstract"], paper["day"]) == ("(no title)", [], "")


class TestHtml:
    def test_keys_differ_and_leave_out_those_of_the_page(self):
        keys = theme_keys(55)
        assert "".join(keys[:12]) == "123456789abc"
        assert len(set(keys)) == 55
        assert not {key.lower() for key in keys} & set("udq?")

    def test_two_hundred_themes_have_buttons(self):
        html = render_labelling_page(
            labelling_page(MadeUpSitting(themes=many_themes(200)), "papertrends analyze", "papertrends label")
        )
        assert html.count('class="answer"') == 200

    def test_hostile_names_are_escaped_and_bounded(self):
        hostile = replace(
            THEMES[0],
            name='<script>alert(1)</script>"' * 500,
            description="</style><!--",
            phrases=("<b>",) * 500,
        )
        html = render_labelling_page(
            labelling_page(
                MadeUpSitting(themes=[hostile]), "papertrends analyze <x>", "papertrends label <y>"
            )
        )
        assert html.count("<script>") == html.count("</style>") == 1
        assert "papertrends label &lt;y&gt;" in html
        assert "<b>" not in html
        assert len(html) < 100_000

    def test_the_policy_allows_one_style_and_one_script(self):
        policy = dict(part.split(" ", 1) for part in labelling_policy().split("; "))
        assert policy["default-src"] == policy["frame-ancestors"] == policy["form-action"] == "'none'"
        assert policy["script-src"].startswith("'sha256-")
        assert policy["style-src"].startswith("'sha256-")
        assert "unsafe" not in labelling_policy()
