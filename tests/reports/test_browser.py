"""The page in a real browser, from disk and without a network: what it does, and that it asks for nothing."""

from __future__ import annotations

import csv
import io
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest

from reports import render as rendering
from tests.axe import violations_of

pytestmark = pytest.mark.browser

sync_api = pytest.importorskip("playwright.sync_api", reason="needs playwright, of the extra dev")

WIDTHS = {"phone": 390, "laptop": 1280, "wide": 1920}
# Left of the right edge, or inside a box that scrolls by itself.
SIDEWAYS = """() => [...document.querySelectorAll("body *")]
  .filter(e => !e.closest(".box, .hidden, .skip, svg, [hidden]"))
  .filter(e => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
  .map(e => e.tagName + "." + e.className)"""
INKED = """() => {
  const map = document.querySelector("#map canvas"), copy = document.createElement("canvas");
  Object.assign(copy, { width: map.width, height: map.height });
  const context = copy.getContext("2d", { willReadFrequently: true });
  context.drawImage(map, 0, 0);
  const data = context.getImageData(0, 0, copy.width, copy.height).data;
  let inked = 0;
  for (let at = 3; at < data.length; at += 4) { inked += data[at] > 0; }
  return inked;
}"""


class Watched:
    """A page with everything that it complained about or asked for."""

    def __init__(self, page, address):
        self.page, self.address = page, address
        self.complaints, self.requests = [], []
        page.on(
            "console",
            lambda said: self.complaints.append(said.text) if said.type in {"error", "warning"} else None,
        )
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("dialog", lambda dialog: (self.complaints.append(dialog.message), dialog.dismiss()))
        page.on("request", lambda request: self.requests.append(request.url))

    def check(self):
        """Nothing was complained about, and nothing was asked for but the page itself."""
        assert self.complaints == []
        assert [
            url for url in self.requests if url != self.address and not url.startswith(("data:", "blob:"))
        ] == []


@pytest.fixture
def open_page(chromium, tmp_path):
    """Open HTML from disk with the network cut; all pages are checked at the end."""
    opened = []

    def opening(html, width=1280, **options):
        path = tmp_path / f"page-{len(opened)}.html"
        path.write_text(html, encoding="utf-8", errors="replace")
        context = chromium.new_context(viewport={"width": width, "height": 800}, offline=True, **options)
        watched = Watched(context.new_page(), path.as_uri())
        opened.append((context, watched))
        watched.page.goto(path.as_uri())
        if options.get("java_script_enabled", True):
            watched.page.wait_for_selector("html[data-ready]", state="attached")
        return watched.page

    yield opening
    for context, watched in opened:
        watched.check()
        context.close()


def text_of(locator):
    return " ".join(locator.inner_text().replace("\u202f", " ").split())


def downloaded(page, click):
    with page.expect_download() as waiting:
        click()
    return waiting.value.suggested_filename, waiting.value.path().read_bytes()


def rows_of(content):
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


def test_every_state_opens_without_error_or_request_and_fits(open_page, html_of, state):
    page = open_page(html_of(state))
    for width in (320, *WIDTHS.values()):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate(SIDEWAYS) == [], width


def test_the_first_screen_has_the_moves_and_the_charts_of_the_themes(open_page, html_of):
    page = open_page(html_of("usual"))
    for part in (".headlines", ".panels"):
        box = page.locator(part).bounding_box()
        assert box["y"] + box["height"] <= 800, part
    assert page.locator(".panels .panel svg").count() == 3


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "name",
    [
        "usual", "grouped", "compared", "ahead", "hostile", "one-paper", "all-undated", "forty-themes",
        "labelled", "labelled-hostile", "older",
    ],
)  # fmt: skip
def test_axe_finds_no_violation(open_page, html_of, name, scheme):
    page = open_page(html_of(name), color_scheme=scheme)
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    assert violations_of(page, structure=scheme == "light") == []


def test_axe_sees_one_pale_word_among_many(chromium):
    page = chromium.new_page()
    rows = "<li>a word</li>" * 50 + "<li style='color: #ccc'>a pale word</li>" + "<li>a word</li>" * 50
    page.set_content(
        f"<html lang='en'><title>A list</title><main><h1>A list</h1><ul>{rows}</ul></main></html>"
    )
    assert [rule for rule, _ in violations_of(page)] == ["color-contrast"]
    page.evaluate("document.querySelector('[style]').style = 'background: #555'")
    assert [rule for rule, _ in violations_of(page)] == ["color-contrast"]
    page.evaluate("document.querySelector('[style]').removeAttribute('style')")
    assert violations_of(page) == []
    page.close()


class TestPapers:
    @pytest.fixture
    def page(self, open_page, html_of):
        return open_page(html_of("usual"))

    def shown(self, page):
        return page.locator("#paper-table tbody .paper").all_inner_texts()

    def test_all_papers_are_there_newest_first(self, page, run_of):
        papers = run_of("usual").tables.papers
        assert text_of(page.locator("#found")) == f"All of {len(papers)} papers."
        days = page.locator("#paper-table tbody .day").all_inner_texts()
        newest = papers["published"].sort_values(ascending=False).head(50)
        assert days == [f"{day:%Y-%m-%d}" for day in newest]
        assert not page.locator("#papers-static").is_visible()

    def test_words_are_searched_as_they_are_typed(self, page, run_of):
        papers = run_of("usual").tables.papers
        page.locator("[name=words]").press_sequentially("REWARDS gâmes")
        is_match = papers["title"].str.contains("Rewards") & papers["title"].str.contains("Games")
        assert 0 < is_match.sum() < 50
        assert sorted(self.shown(page)) == sorted(papers.loc[is_match, "title"])
        assert text_of(page.locator("#found")) == f"{is_match.sum()} papers of 400 papers match."
        page.locator("[name=words]").fill("nothing like it")
        assert text_of(page.locator("#found")) == "No paper matches; try fewer words, or reset."
        page.get_by_role("button", name="Reset").click()
        # The form is emptied first, and the page looks at it in the next turn.
        sync_api.expect(page.locator("#found")).to_have_text("All of 400 papers.")

    def test_authors_are_searched_too(self, page):
        byline = page.locator("#paper-table .meta bdi").last.inner_text()
        page.locator("[name=words]").fill(byline.upper())
        assert byline in page.locator("#paper-table .meta bdi").all_inner_texts()
        assert "match." in text_of(page.locator("#found"))

    def test_filters_of_theme_topic_and_dates(self, page, run_of):
        tables = run_of("usual").tables
        page.locator("[name=theme]").select_option(label="Agents")
        own = tables.theme_assignments.query("theme_id == 'agents'")["paper_id"]
        assert text_of(page.locator("#found")).startswith(f"{own.nunique()} papers of")
        page.locator("[name=theme]").select_option(label="no theme")
        assert text_of(page.locator("#found")).startswith(
            f"{tables.papers['primary_theme'].isna().sum()} papers of"
        )
        page.locator("[name=theme]").select_option(label="any")
        label = tables.topics["label"].iloc[0]
        page.locator("[name=topic]").select_option(label=label)
        n = int(tables.topics["n_papers"].iloc[0])
        assert text_of(page.locator("#found")).startswith(f"{n} papers of")
        page.locator("[name=topic]").select_option(label="any")
        page.locator("[name=from]").fill("2025-03-01")
        page.locator("[name=to]").fill("2025-04-30")
        n = tables.papers["published"].between("2025-03-01", "2025-04-30").sum()
        assert text_of(page.locator("#found")).startswith(f"{n} papers of")

    def test_papers_of_a_rare_source_are_marked_and_can_be_filtered(self, page, open_page, run_of, render):
        assert not page.locator("[name=source]").is_visible()
        run = run_of("usual")
        sources = [["page"]] * 10 + run.tables.papers["sources"].tolist()[10:]
        own = open_page(render(run.with_tables(papers=run.tables.papers.assign(sources=sources))))
        own.locator("[name=source]").select_option(label="page")
        assert text_of(own.locator("#found")).startswith("10 papers of")
        assert own.locator("#paper-table .meta .basis").all_inner_texts() == ["page"] * 10
        own.locator("[name=source]").select_option(label="daily papers")
        assert own.locator("#paper-table .meta .basis").count() == 0

    def test_a_click_on_a_head_sorts_all_papers(self, page, run_of):
        papers = run_of("usual").tables.papers
        page.locator("#paper-table th").filter(has_text="Upvotes").get_by_role("button").click()
        votes = [int(one.replace(",", "")) for one in page.locator("#paper-table td.n").all_inner_texts()]
        assert votes == papers["upvotes"].sort_values(ascending=False).head(50).tolist()
        head = page.locator("#paper-table th").filter(has_text="Published")
        head.get_by_role("button").click()
        head.get_by_role("button").click()
        assert head.get_attribute("aria-sort") == "ascending"
        days = page.locator("#paper-table tbody .day").all_inner_texts()
        assert days == [f"{day:%Y-%m-%d}" for day in papers["published"].sort_values().head(50)]

    def test_more_are_shown_when_asked(self, page):
        page.get_by_role("button", name="Show more").click()
        assert page.locator("#paper-table tbody tr").count() == 150

    def test_themes_and_topics_lead_to_their_papers(self, page, run_of):
        tables = run_of("usual").tables
        page.locator("#theme-agents a[data-papers-of]").click()
        n = tables.theme_assignments.query("theme_id == 'agents'")["paper_id"].nunique()
        assert text_of(page.locator("#found")).startswith(f"{n} papers of")
        page.locator("#topics tbody summary").first.click()
        page.locator("#topics a[data-papers-of]").first.click()
        topic = page.locator("[name=topic]").evaluate("one => one.selectedOptions[0].textContent")
        assert page.locator("[name=theme]").input_value() == ""
        n = int(tables.topics.set_index("label").loc[topic, "n_papers"])
        assert text_of(page.locator("#found")).startswith(f"{n} papers of")

    def test_the_matches_can_be_saved(self, page, run_of):
        page.locator("[name=words]").fill("memory")
        name, content = downloaded(page, lambda: page.locator("#matches-csv").click())
        rows = rows_of(content)
        papers = run_of("usual").tables.papers
        assert name == "papers.csv"
        assert rows[0][:2] == ["published", "title"]
        assert sorted(row[1] for row in rows[1:]) == sorted(
            papers.loc[papers["title"].str.contains("Memory"), "title"]
        )
        assert all(row[-1].startswith("https://") for row in rows[1:])


class TestCorrections:
    @pytest.fixture
    def page(self, open_page, html_of):
        page = open_page(html_of("labelled"))
        self.unfold(page)
        return page

    def unfold(self, page):
        page.evaluate("document.querySelectorAll('details.lists').forEach(one => { one.open = true; })")

    def first(self, page, theme="agents", text="not this theme"):
        return page.locator(f"#theme-{theme} .correct", has_text=text).first

    def saved(self, page):
        name, content = downloaded(page, lambda: page.locator("#corrections-save").click())
        assert name == "corrections.csv"
        return rows_of(content)

    def test_they_collect_and_are_saved_in_the_columns_that_the_command_takes(self, page, run_of):
        tables = run_of("labelled").tables
        bar = page.locator("#corrections")
        assert not bar.is_visible()
        self.first(page).click()
        self.first(page, text="this theme too").click()
        self.first(page, "introspection", "this theme too").click()
        assert text_of(page.locator("#corrections-count")) == "3 corrections"
        assert "papertrends label corrections.csv" in text_of(bar)
        assert "never used in estimates" in text_of(bar)
        rows = self.saved(page)
        ids = tables.themes["theme_id"].tolist()
        assert rows[0] == ["paper_id", "title", "from", *ids]
        assert {row[2] for row in rows[1:]} == {"report"}
        titles = tables.papers.set_index("paper_id")["title"]
        assert all(titles[row[0]] == row[1] for row in rows[1:])
        told = {(row[0], theme, cell) for row in rows[1:] for theme, cell in zip(ids, row[3:], strict=True)}
        newest = page.locator("#theme-agents ul[data-says='0'] > li").first.get_attribute("data-paper")
        misses = tables.near_misses.sort_values("probability", ascending=False, kind="stable")
        of_agents, of_introspection = (
            misses.query(f"theme_id == '{one}'")["paper_id"].iloc[0] for one in ("agents", "introspection")
        )
        assert {one for one in told if one[2]} == {
            (newest, "agents", "0"), (of_agents, "agents", "1"), (of_introspection, "introspection", "1"),
        }  # fmt: skip

    def test_a_switch_that_is_pressed_again_takes_its_answer_back(self, page):
        button = self.first(page)
        button.click()
        assert button.get_attribute("aria-pressed") == "true"
        button.click()
        assert button.get_attribute("aria-pressed") == "false"
        assert not page.locator("#corrections").is_visible()

    def test_the_same_paper_is_marked_in_every_list(self, page):
        self.first(page).click()
        paper = self.first(page).get_attribute("data-paper")
        page.locator("#theme-agents a[data-papers-of]").click()
        row = page.locator("#paper-table .correct[aria-pressed=true]")
        assert row.count() == 1
        assert row.get_attribute("data-paper") == paper

    def test_the_list_of_papers_corrects_the_theme_that_it_shows_or_that_is_chosen(self, page, run_of):
        tables = run_of("labelled").tables
        assert page.locator("#paper-table .correct").count() == 0
        page.locator("[name=theme]").select_option(label="Agents")
        buttons = page.locator("#paper-table .correct")
        assert set(buttons.all_inner_texts()) == {"not this theme"}
        page.locator("[name=theme]").select_option(label="any")
        assert buttons.count() == 0
        page.locator("[name=correct]").select_option(label="RL exploration")
        members = set(tables.theme_assignments.query("theme_id == 'rl-exploration'")["paper_id"])
        for button in buttons.all():
            text = "not this theme" if button.get_attribute("data-paper") in members else "this theme too"
            assert button.inner_text() == text
        buttons.first.click()
        (row,) = self.saved(page)[1:]
        ids = tables.themes["theme_id"].tolist()
        assert row[3 + ids.index("rl-exploration")] in {"0", "1"}
        page.get_by_role("button", name="Reset").click()
        sync_api.expect(buttons).to_have_count(0)

    def test_they_outlive_a_reload_and_can_be_cleared_and_brought_back(self, page):
        self.first(page).click()
        page.reload()
        page.wait_for_selector("html[data-ready]", state="attached")
        self.unfold(page)
        assert text_of(page.locator("#corrections-count")) == "1 correction"
        assert self.first(page).get_attribute("aria-pressed") == "true"
        page.locator("#corrections-clear").click()
        assert text_of(page.locator("#corrections-count")) == "Cleared."
        assert self.first(page).get_attribute("aria-pressed") == "false"
        page.get_by_role("button", name="Undo").click()
        assert text_of(page.locator("#corrections-count")) == "1 correction"
        page.locator("#corrections-clear").click()
        page.get_by_role("button", name="Close").click()
        assert not page.locator("#corrections").is_visible()

    def test_another_run_has_its_own(self, open_page, page, run_of, render):
        self.first(page).click()
        run = run_of("labelled")
        other = render(type(run)(run.tables, run.manifest | {"run_id": "another"}))
        page.goto(page.url)  # the same page keeps them
        assert page.locator("#corrections").is_visible()
        Path(page.url.removeprefix("file://")).write_text(other, encoding="utf-8")
        page.reload()
        page.wait_for_selector("html[data-ready]", state="attached")
        assert not page.locator("#corrections").is_visible()

    @pytest.mark.parametrize("stored", ["{", "7", '[["a"]]', "null"])
    def test_what_another_program_stored_does_no_harm(self, page, stored, run_of):
        key = f"papertrends-corrections-{run_of('labelled').manifest['run_id']}"
        page.evaluate("([key, stored]) => localStorage.setItem(key, stored)", [key, stored])
        page.reload()
        page.wait_for_selector("html[data-ready]", state="attached")
        self.first(page).click()
        assert text_of(page.locator("#corrections-count")) == "1 correction"

    def test_without_storage_they_last_as_long_as_the_page(self, open_page, html_of):
        blocked = (
            "Object.defineProperty(window, 'localStorage', { get() { throw new Error('no storage'); } });"
        )
        page = open_page(html_of("labelled"))
        page.context.add_init_script(blocked)
        page.reload()
        page.wait_for_selector("html[data-ready]", state="attached")
        self.first(page).click()
        assert len(self.saved(page)) == 2
        page.reload()
        page.wait_for_selector("html[data-ready]", state="attached")
        assert not page.locator("#corrections").is_visible()

    def test_by_keyboard_and_for_a_screen_reader(self, page):
        button = self.first(page)
        title = page.locator("#theme-agents ul[data-says='0'] .paper").first.inner_text()
        assert button.get_attribute("aria-label") == f"not this theme (Agents): {title}"
        button.focus()
        page.keyboard.press("Space")
        assert button.get_attribute("aria-pressed") == "true"
        status = page.locator("#corrections-status")
        assert (status.get_attribute("role"), status.inner_text()) == ("status", "1 correction.")
        box, bar = button.bounding_box(), page.locator("#corrections").bounding_box()
        assert box["y"] + box["height"] <= bar["y"] or box["y"] >= bar["y"] + bar["height"]

    @pytest.mark.parametrize("width", [320, 390])
    @pytest.mark.parametrize("scheme", ["light", "dark"])
    def test_on_a_phone_axe_finds_nothing_and_nothing_is_wider_than_the_page(
        self, open_page, html_of, width, scheme
    ):
        page = open_page(html_of("labelled"), width=width, color_scheme=scheme)
        page.locator("#theme-agents a[data-papers-of]").click()
        page.locator("#paper-table .correct").first.click()
        assert page.evaluate(SIDEWAYS) == []
        assert min(one.bounding_box()["height"] for one in page.locator(".correct:visible").all()[:5]) >= 32
        assert violations_of(page) == []

    def test_paper_and_readers_without_script_see_no_switches(self, open_page, page, html_of):
        self.first(page).click()
        page.emulate_media(media="print")
        assert not page.locator("#corrections").is_visible()
        assert page.locator(".correct:visible").count() == 0
        bare = open_page(html_of("labelled"), java_script_enabled=False)
        assert bare.locator(".correct").count() == 0
        assert bare.locator("#theme-agents", has_text="Likeliest misses").is_visible()

    def test_hostile_texts_are_saved_as_texts(self, open_page, html_of):
        page = open_page(html_of("labelled-hostile"))
        page.locator("[name=correct]").select_option(index=1)
        for button in page.locator("#paper-table .correct").all()[:10]:
            button.click()
        rows = self.saved(page)
        assert len(rows) == 11
        assert {len(row) for row in rows} == {6}
        assert all(row[0].startswith("title:") for row in rows[1:])

    def test_likeliest_misses_unfold(self, page):
        misses = page.locator("#theme-agents ul[data-says='1']")
        assert misses.nth(0).locator("li").count() == 3
        assert not misses.nth(1).is_visible()
        page.locator("#theme-agents summary", has_text="7 more").click()
        assert misses.nth(1).locator("li").count() == 7
        assert misses.nth(1).is_visible()


class TestSearch:
    @pytest.fixture
    def page(self, open_page, run_of, render):
        """Papers about proteins and about robots, one of which has a title and authors to look for."""
        run = run_of("usual")
        about = ["Proteins folding molecules.", "Robots grasping objects."]
        texts = [about[at % 2] if at < 60 else f"Something else {at}." for at in range(400)]
        authors = [["Ada Example", "Bo Sample", "Zoë Last"], *run.tables.papers["authors"].tolist()[1:]]
        ids = ["arxiv:2501.01234", *run.tables.papers["paper_id"].tolist()[1:]]
        urls = ["https://arxiv.org/abs/2501.01234", *run.tables.papers["url"].tolist()[1:]]
        papers = run.tables.papers.assign(abstract=texts, authors=authors, paper_id=ids, url=urls)
        return open_page(render(run.with_tables(papers=papers)))

    def found(self, page, words):
        page.locator("[name=words]").fill(words)
        return text_of(page.locator("#found"))

    @pytest.mark.parametrize(
        "words",
        ["zoe last", "2501.01234", "https://arxiv.org/abs/2501.01234v2", "arXiv:2501.01234"],
    )
    def test_every_author_and_an_arxiv_id_in_any_form_find_the_paper(self, page, words):
        assert self.found(page, words).startswith("1 paper of 400 papers match")

    def test_words_of_abstracts_find_papers_in_any_form_and_ring_them_on_the_map(self, page):
        assert page.locator("#map-marked").is_hidden()
        assert self.found(page, "protein").startswith("30 papers of")
        # The first paper has an id of its own here and so no place on the map.
        assert text_of(page.locator("#map-marked")).startswith("With a ring: 29 papers that match")
        page.get_by_role("button", name="Reset").click()
        sync_api.expect(page.locator("#map-marked")).to_be_hidden()

    def test_similar_papers_follow_what_is_found(self, page):
        said = self.found(page, "zoe last")
        assert said.endswith("20 similar ones follow.")
        rows = page.locator("#paper-table tbody tr")
        assert text_of(rows.nth(1)) == "Similar by the words of their abstracts"
        assert rows.count() == 22
        # The first paper is about proteins, as are 29 others.
        rows.nth(2).locator("summary").click()
        sync_api.expect(rows.nth(2).locator(".abstract p")).to_have_text("Proteins folding molecules.")


class TestEvidence:
    def test_a_headline_leads_to_papers_below_the_top_whose_abstracts_fold_out(
        self, open_page, run_of, render
    ):
        run = run_of("usual")
        texts = [f"What paper {at} is about." for at in range(400)]
        papers = run.tables.papers.assign(abstract=texts)
        page = open_page(render(run.with_tables(papers=papers)))
        page.locator(".headlines .evidence a", has_text="3 papers that show it").first.click()
        shown = page.locator(".shows:target li")
        assert shown.count() == 3
        assert shown.first.is_visible()
        assert page.locator(".shows:target").bounding_box()["y"] >= 0
        assert text_of(page.locator("#abstracts-held")) == "Abstracts fold out under listed papers."
        of = dict(zip(papers["title"], texts, strict=True))
        for row in (shown.first, page.locator("#paper-table tbody tr").first):
            row.locator("summary", has_text="abstract").click()
            sync_api.expect(row.locator(".abstract p")).to_have_text(of[row.locator(".paper").inner_text()])


class TestValuesOfCharts:
    def test_by_pointer_and_by_keys_the_chart_says_what_its_table_says(self, open_page, html_of):
        page = open_page(html_of("usual"))
        figure = page.locator("#theme-agents figure")
        probe = figure.locator(".probe:visible")
        figure.locator("summary").click()
        rows = [
            [text_of(cell) for cell in row.locator("th, td").all()]
            for row in figure.locator(".values tbody tr").all()
        ]
        figure.locator("summary").click()
        box = probe.bounding_box()
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        name = text_of(probe.locator(".tip strong"))
        row = next(row for row in rows if row[0] == name)
        said = text_of(probe.locator(".tip"))
        assert f"share found {row[3]} ({row[4]} to {row[5]})" in said
        assert f"{row[1]} of {row[2]} papers" in said
        probe.focus()
        page.keyboard.press("Home")
        assert text_of(probe.locator(".tip strong")) == rows[0][0]
        page.keyboard.press("ArrowRight")
        assert probe.get_attribute("aria-valuetext").startswith(rows[1][0] + "; ")
        assert probe.get_attribute("aria-valuenow") == "2"
        assert page.locator(".panel .probe").count() == page.locator(".panel svg").count() == 3

    @pytest.mark.parametrize(
        ("drawing", "tip"),
        [
            (".headlines svg.spark", ".spark-tip"),
            ("figure[data-chart] .probe >> visible=true", ".probe .tip"),
        ],
    )
    def test_values_stay_after_a_tap_until_the_next_one_elsewhere(self, open_page, html_of, drawing, tip):
        page = open_page(html_of("usual"), width=390, has_touch=True)
        drawn = page.locator(drawing).first
        drawn.scroll_into_view_if_needed()
        drawn.tap()
        said = page.locator(f"{tip} >> visible=true")
        assert said.count() == 1
        assert text_of(said)
        page.locator("h1").first.dispatch_event("pointerdown")
        assert said.count() == 0

    @pytest.mark.parametrize("row", ["#moved .headlines li", "#topic-table tbody tr[id]"])
    def test_a_sparkline_says_its_values_under_the_pointer(self, open_page, html_of, row):
        page = open_page(html_of("usual"))
        line = page.locator(row).first
        line.scroll_into_view_if_needed()
        place = line.get_attribute("id") or line.locator("a").first.get_attribute("href").removeprefix("#")
        box = line.locator("svg.spark").bounding_box()
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        said = text_of(page.locator(".spark-tip"))
        page.mouse.move(0, 0)
        assert page.locator(".spark-tip").is_hidden()
        page.goto(page.url.partition("#")[0] + "#compare=" + place.replace("-", ":", 1))
        page.reload()
        page.wait_for_selector("html[data-ready]", state="attached")
        page.locator("#compare-table summary").click()
        rows = [
            [text_of(cell) for cell in found.locator("th, td").all()]
            for found in page.locator("#compare-values tbody tr").all()
        ]
        _, total, share, low, high, papers = next(one for one in rows if said.startswith(one[0]))
        assert f"{share} ({low} to {high}), {papers} of {total}" in said

    def test_series_are_compared_and_the_address_says_which(self, open_page, html_of):
        page = open_page(html_of("usual"))
        page.locator("#theme-agents").get_by_role("button", name="Compare Agents").click()
        page.locator("#compare-add").select_option(index=2)
        assert page.url.endswith("#compare=theme:agents,theme:rl-exploration")
        lines = page.locator("#compare-chart path[fill=none]")
        assert lines.count() == 2
        # Not by color alone.
        assert len({line.get_attribute("stroke-dasharray") for line in lines.all()}) == 2
        assert "Agents: " in page.locator("#compare-chart .probe").get_attribute("aria-valuetext")
        page.go_back()
        assert lines.count() == 1
        page.go_forward()
        page.reload()
        page.wait_for_selector("html[data-ready]", state="attached")
        assert lines.count() == 2
        assert page.locator("#compare-chosen bdi").all_inner_texts() == ["Agents", "RL exploration"]
        page.locator("#compare-add").select_option(index=3)
        page.locator("#compare-add").select_option(index=5)
        assert lines.count() == 4
        assert page.locator("#compare-add").is_disabled()
        page.get_by_role("button", name="Remove Agents").click()
        assert lines.count() == 3
        assert page.evaluate(SIDEWAYS) == []
        assert violations_of(page) == []

    @pytest.mark.parametrize("address", ["#compare=theme:gone,%", "#compare=", "#compare=%3Cscript%3E"])
    def test_an_address_with_other_series_shows_none(self, open_page, html_of, address):
        page = open_page(html_of("usual"))
        page.goto(page.url + address)
        page.reload()
        page.wait_for_selector("html[data-ready]", state="attached")
        assert page.locator("#compare-chosen li").count() == 0
        assert page.locator("#compare-add").is_visible()


class TestOrder:
    def test_what_comes_first_and_what_is_folded(self, open_page, html_of):
        page = open_page(html_of("ahead"))
        places = page.locator("main > section").evaluate_all("all => all.map(one => one.id)")
        assert places[:5] == ["moved", "themes", "topics", "map", "papers"]
        for place in places[5:]:
            assert not page.locator(f"#{place} > details.fold").evaluate("one => one.open"), place
            assert page.locator(f"#{place} h2").is_visible()

    @pytest.mark.parametrize("place", ["#outlook", "#theme-agents-papers", "#verdict-steps"])
    def test_a_link_unfolds_what_it_leads_to(self, open_page, html_of, place):
        page = open_page(html_of("ahead"))
        is_open = "one => (one.querySelector(':scope > details') || one.closest('details')).open"
        assert not page.locator(place).evaluate(is_open)
        page.evaluate("place => { location.hash = place; }", place)
        sync_api.expect(page.locator(place)).to_be_in_viewport()
        assert page.locator(place).evaluate(is_open)
        top = page.locator(place).bounding_box()["y"]
        assert -1 <= top < 800

    def test_all_is_printed(self, open_page, html_of):
        page = open_page(html_of("usual"))
        page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
        assert page.locator("details.fold:not([open])").count() == 0
        page.evaluate("window.dispatchEvent(new Event('afterprint'))")
        assert page.locator("#trust > details").evaluate("one => one.open") is False

    def test_the_page_ends_with_its_last_section(self, open_page, html_of):
        page = open_page(html_of("usual"))
        end = page.locator("#trust").evaluate("one => one.getBoundingClientRect().bottom + scrollY")
        assert page.evaluate("document.documentElement.scrollHeight") - end < 200


class TestMap:
    @pytest.fixture
    def page(self, open_page, html_of):
        page = open_page(html_of("usual"))
        page.locator("#map").scroll_into_view_if_needed()
        page.wait_for_timeout(200)
        return page

    def hover_any(self, page):
        """Move over the map until a paper says its title."""
        box = page.locator("#map canvas").bounding_box()
        for down in np.linspace(0.1, 0.9, 30):
            for across in np.linspace(0.2, 0.8, 30):
                page.mouse.move(box["x"] + across * box["width"], box["y"] + down * box["height"])
                if page.locator("#map-tip").is_visible():
                    return
        pytest.fail("no paper was found on the map")

    def test_it_is_drawn_and_a_paper_says_its_title(self, page, run_of):
        assert page.evaluate(INKED) > 2000
        self.hover_any(page)
        assert page.locator("#map-tip .paper").inner_text() in set(run_of("usual").tables.papers["title"])

    def test_a_click_opens_the_paper(self, page):
        self.hover_any(page)
        page.evaluate("window.open = address => { window.opened = address; }")
        page.mouse.down()
        page.mouse.up()
        assert page.evaluate("window.opened").startswith("https://")

    def test_an_area_lists_what_is_inside(self, page):
        box = page.locator("#map canvas").bounding_box()
        page.locator("#map-brush").click()
        assert page.locator("#map-brush").get_attribute("aria-pressed") == "true"
        box = page.locator("#map canvas").bounding_box()
        page.mouse.move(box["x"] + 5, box["y"] + 5)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.mouse.move(box["x"] + box["width"] - 5, box["y"] + box["height"] - 5)
        page.mouse.up()
        assert text_of(page.locator("#map-inside > p")) == "400 papers in the area, the newest 100 of them:"
        assert page.locator("#map-inside li").count() == 100
        page.mouse.move(box["x"] + 5, box["y"] + 5)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] / 4, box["y"] + box["height"] - 5)
        page.mouse.up()
        n = int(text_of(page.locator("#map-inside > p")).split()[0].replace(",", ""))
        assert n < 400

    def test_the_slider_goes_back_in_time(self, page, run_of):
        papers = run_of("usual").tables.papers
        slider = page.locator("#map-time")
        assert text_of(page.locator("#map-until")) == "all dates"
        slider.fill("5")
        month = text_of(page.locator("#map-until"))
        page.locator("#map-view").click()
        n = (papers["published"].dt.strftime("%Y-%m") <= month).sum()
        assert text_of(page.locator("#map-inside > p")).split()[0] == str(n)
        before = page.evaluate(INKED)
        slider.fill(slider.get_attribute("max"))
        page.wait_for_timeout(100)
        assert page.evaluate(INKED) > before

    def test_it_plays_to_the_end(self, page):
        page.locator("#map-play").click()
        assert page.locator("#map-play").inner_text() == "Pause"
        # The page's policy lets nothing be evaluated, so it is asked from here.
        for _ in range(150):
            if page.locator("#map-play").inner_text() == "Play":
                break
            page.wait_for_timeout(100)
        assert page.locator("#map-play").inner_text() == "Play"
        assert text_of(page.locator("#map-until")) == "all dates"

    def test_the_legend_switches_themes_off(self, page, run_of):
        tables = run_of("usual").tables
        for box in page.locator("#map-legend input").all()[:-1]:
            box.uncheck()
        page.locator("#map-view").click()
        n = tables.papers["primary_theme"].isna().sum()
        assert text_of(page.locator("#map-inside > p")).split()[0] == str(n)

    def test_colors_by_topic_and_date(self, page):
        for name, told in (("topic", "Topics of one group"), ("date", "2024-06")):
            page.locator("#map-color").select_option(name)
            assert told in text_of(page.locator("#map-legend"))

    def test_keys_and_buttons_zoom(self, page):
        page.locator("#map-view").click()
        whole = text_of(page.locator("#map-inside > p")).split()[0]
        for _ in range(4):
            page.locator("#map-in").click()
        page.locator("#map-view").click()
        near = text_of(page.locator("#map-inside > p")).split()[0]
        assert int(near) < int(whole)
        page.locator("#map canvas").focus()
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("0")
        page.locator("#map-view").click()
        assert text_of(page.locator("#map-inside > p")).split()[0] == whole

    def test_the_picture_can_be_saved(self, page):
        name, content = downloaded(page, lambda: page.locator("#map-png").click())
        assert name == "map.png"
        assert content.startswith(b"\x89PNG")


def test_a_page_without_room_says_how_many_papers_it_holds(open_page, make_run, render, monkeypatch):
    run = make_run(3000, n_topics=8)
    whole = len(render(run).encode())
    monkeypatch.setattr(rendering, "MOST_BYTES", whole - 40_000)
    page = open_page(render(run))
    told = text_of(page.locator("#map-shown"))
    n = int(told.split()[0].replace(",", ""))
    assert told == f"{n:,} of 3,000 papers, sampled evenly over time"
    assert 100 < n < 3000
    assert page.locator("#searched").is_visible()
    assert text_of(page.locator("#found")) == f"All of the {n:,} papers on this page."


class TestDownloads:
    def test_charts_and_tables(self, open_page, html_of, run_of):
        page = open_page(html_of("usual"))
        figure = page.locator("#theme-agents figure")
        name, content = downloaded(page, lambda: figure.get_by_role("button", name="as SVG").click())
        assert name == "theme-agents.svg"
        assert ET.fromstring(content).tag == "{http://www.w3.org/2000/svg}svg"
        name, content = downloaded(page, lambda: figure.get_by_role("button", name="as PNG").click())
        assert name == "theme-agents.png"
        assert content.startswith(b"\x89PNG")
        assert int.from_bytes(content[16:20], "big") >= 1000
        figure.locator("summary").click()
        _, content = downloaded(page, lambda: figure.get_by_role("button", name="as CSV").click())
        trends = run_of("usual").tables.trends.query("kind == 'theme' and series_id == 'agents'")
        assert len(rows_of(content)) == 1 + len(trends)
        button = page.get_by_role("button", name="Download as CSV: Table of topics")
        name, content = downloaded(page, button.click)
        assert name == "topics.csv"
        labels = {row[0] for row in rows_of(content)[1:]}
        assert set(run_of("usual").tables.topics["label"]) <= labels

    def test_what_a_spreadsheet_would_run_stays_a_text(self, open_page, make_run, render):
        run = make_run(3, n_topics=0, months=1, themes=())
        papers = run.tables.papers.assign(title=["=cmd()", "+1", 'a "b", c'])
        page = open_page(render(run.with_tables(papers=papers)))
        _, content = downloaded(page, lambda: page.locator("#matches-csv").click())
        assert sorted(row[1] for row in rows_of(content)[1:]) == ["'=cmd()", "+1", 'a "b", c']


class TestThemeSwitch:
    def test_it_switches_and_the_map_follows(self, open_page, html_of):
        page = open_page(html_of("usual"), color_scheme="dark")
        ground = "getComputedStyle(document.body).backgroundColor"
        dark = page.evaluate(ground)
        button = page.locator("#theme")
        assert button.inner_text() == "Light"
        button.click()
        assert page.evaluate(ground) == "rgb(255, 255, 255)" != dark
        for _ in range(10):  # seen once, on a busy machine: the reloaded page did not have it yet
            page.reload()
            page.wait_for_selector("html[data-ready]", state="attached")
            if page.evaluate(ground) != dark:
                break
        assert page.evaluate(ground) == "rgb(255, 255, 255)"


class TestTopics:
    def test_a_click_on_a_head_sorts_and_another_turns_the_order(self, open_page, html_of):
        page = open_page(html_of("usual"))
        head = page.locator("#topic-table th").nth(1)

        def numbers():
            return [
                int(one.replace(",", ""))
                for one in page.locator("#topic-table tbody td:nth-child(2)").all_inner_texts()
            ]

        head.get_by_role("button").click()
        assert head.get_attribute("aria-sort") == "descending"
        assert numbers() == sorted(numbers(), reverse=True)
        head.get_by_role("button").click()
        assert head.get_attribute("aria-sort") == "ascending"
        assert numbers() == sorted(numbers())

    def test_groups_are_sorted_within_and_can_be_one_list(self, open_page, html_of):
        page = open_page(html_of("grouped"))
        bodies = page.locator("#topic-table tbody")
        rows = page.locator("#topic-table tbody tr:not(.group)")
        before = rows.count()
        page.locator("#topic-table th").nth(1).get_by_role("button").click()
        first = [int(one) for one in bodies.first.locator("tr:not(.group) td:nth-child(2)").all_inner_texts()]
        assert first == sorted(first, reverse=True)
        page.locator("#regroup").click()
        sizes = [
            int(one)
            for one in page.locator("#topic-table tbody:not([hidden]) td:nth-child(2)").all_inner_texts()
        ]
        assert len(sizes) == before
        assert sizes == sorted(sizes, reverse=True)
        page.locator("#regroup").click()
        assert page.locator("#topic-table tbody:not([hidden])").count() == 7


class TestWithoutScript:
    def test_everything_but_the_map_is_there(self, open_page, html_of, run_of):
        page = open_page(html_of("usual"), java_script_enabled=False)
        assert page.locator("#papers-static tbody tr").count() == 300
        assert page.locator("#papers-static").is_visible()
        assert page.locator("#map-needs").is_visible()
        for name in ("#papers-live", "#map-box", "#theme"):
            assert not page.locator(name).is_visible()
        assert not page.locator(".download:visible").count()
        assert page.locator("#topic-table tbody tr").count() == len(run_of("usual").tables.topics)


def test_hostile_texts_act_nowhere(open_page, html_of):
    page = open_page(html_of("hostile"))
    page.locator("[name=words]").fill("alert(1)")
    shown = page.locator("#paper-table tbody .paper").all_inner_texts()
    assert {"<script>alert(1)</script>", '"><img src=x onerror=alert(1)>'} <= set(shown)
    page.locator("[name=words]").fill("")
    page.locator("#map-view").click()
    assert page.locator("#map-inside li").count() > 10
    assert page.evaluate("document.querySelectorAll('img, iframe, script[src]').length") == 0


def test_it_prints_without_controls(open_page, html_of):
    page = open_page(html_of("usual"))
    page.emulate_media(media="print")
    assert page.locator("#papers-static").is_visible()
    for name in ("#papers-live", "#map", ".contents", "#theme"):
        assert not page.locator(name).is_visible()
    assert page.pdf(format="A4").startswith(b"%PDF")
