"""The labelling page in a real browser: by keyboard, by touch, with two tabs, and when saving fails."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import replace

import pytest

from flows.commands.labelling_server import serve_sitting
from tests.axe import violations_of
from tests.flows.made_up_sitting import THEMES, MadeUpSitting, locked, made_up_papers, many_themes

pytestmark = pytest.mark.browser

sync_api = pytest.importorskip("playwright.sync_api", reason="needs playwright, of the extra dev")
expect = sync_api.expect

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
LAPTOP = {"viewport": {"width": 1280, "height": 800}}
NONE = {theme.theme_id: "no" for theme in THEMES}
UNSURE = {theme.theme_id: "unsure" for theme in THEMES}
HOSTILE = '<img src=x onerror=alert(1)></p><script>alert(2)</script>\u202e" onclick="alert(3)'
FAILED_SAVE = "Failed to load resource: the server responded with a status of"
SIDEWAYS = """() => [...document.querySelectorAll("body *")]
  .filter(e => !e.closest(".box, .hidden, .skip, #question, [hidden]"))
  .filter(e => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
  .map(e => e.tagName + "." + e.className)"""


class Round:
    """A sitting that is served, and a browser's window on it; everything that a page complained about."""

    def __init__(self, chromium, sitting, options):
        self.sitting, self.said = sitting, []
        heard = threading.Event()

        def say(line):
            self.said.append(line)
            heard.set()

        self.thread = threading.Thread(
            target=serve_sitting, args=(sitting,), kwargs={"open_browser": False, "say": say}, daemon=True
        )
        self.thread.start()
        assert heard.wait(30)
        self.address = self.said[0].split(": ", 1)[1]
        self.context = chromium.new_context(**options)
        self.complaints, self.requests = [], []

    def open(self):
        page = self.context.new_page()
        page.on(
            "console",
            lambda said: self.complaints.append(said.text) if said.type in {"error", "warning"} else None,
        )
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("dialog", lambda dialog: (self.complaints.append(dialog.message), dialog.dismiss()))
        page.on("request", lambda request: self.requests.append(request.url))
        page.goto(self.address)
        page.wait_for_selector("html[data-ready]", state="attached")
        return page

    def close(self):
        if self.thread.is_alive():
            origin = self.address.rsplit("/", 2)[0]
            with suppress(sync_api.Error):  # it may be ending already
                self.context.request.post(f"{self.address}stop", data={}, headers={"Origin": origin})
        self.context.close()
        self.thread.join(30)
        assert not self.thread.is_alive()
        assert [one for one in self.complaints if not one.startswith(FAILED_SAVE)] == []
        assert [one for one in self.requests if not one.startswith((self.address, "data:"))] == []


@pytest.fixture
def serve(chromium):
    """Serve a sitting and open windows on it; all are checked at the end."""
    served = []

    def serving(sitting=None, **options):
        served.append(Round(chromium, sitting or MadeUpSitting(), options or LAPTOP))
        return served[-1]

    yield serving
    for one in served:
        one.close()


def title(page):
    return page.locator("#title").inner_text()


def button(page, name):
    return page.get_by_role("button", name=name, exact=True)


def answered(page, n_answered, n_papers=6):
    expect(page.locator("#progress")).to_have_text(f"{n_answered} of {n_papers} answered")


class TestKeyboard:
    def test_a_round_to_the_end(self, serve):
        one = serve(MadeUpSitting(made_up_papers(4)))
        page = one.open()
        assert title(page).startswith("Errands")
        assert page.locator("#abstract mark").count() == 2
        expect(page.locator("#go")).to_contain_text("None of these")
        page.keyboard.press("1")
        page.keyboard.press("2")
        expect(page.locator("#go")).to_contain_text("Save, next paper")
        page.keyboard.press("Enter")
        answered(page, 1, 4)
        assert one.sitting.answers["title:0000"] == NONE | {"agents": "yes", "self-improvement": "yes"}
        expect(page.locator("#saved")).to_have_text("Saved: Agents, Self-improvement.")
        page.keyboard.press("Space")
        answered(page, 2, 4)
        assert one.sitting.answers["title:0001"] == NONE
        page.keyboard.press("3")
        page.keyboard.press("1")
        page.keyboard.press("1")
        page.keyboard.press("2")
        page.keyboard.press("2")
        page.keyboard.press("2")
        page.keyboard.press("Space")
        answered(page, 3, 4)
        assert one.sitting.answers["title:0002"] == NONE | {"agents": "unsure", "rl-exploration": "yes"}
        page.keyboard.press("Enter")
        expect(page.locator("#end-title")).to_have_text("All 4 papers answered")
        assert page.locator("[data-row=agents] td").all_inner_texts() == ["1", "2", "1"]
        assert page.locator("[data-row=agents] .counts").inner_text() == "22 yes · 49 no · 3 unsure"
        expect(page.locator("#end code").first).to_have_text("papertrends analyze")
        page.keyboard.press("q")
        expect(page.locator("#end-words")).to_contain_text("has ended")
        one.thread.join(30)
        assert one.said[-1] == "4 of 4 papers answered, 4 of them now. Next: papertrends analyze"

    def test_only_by_tab_space_and_enter(self, serve):
        one = serve()
        page = one.open()
        page.keyboard.press("Tab")
        expect(page.locator(".skip")).to_be_focused()
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        expect(button(page, "Agents")).to_be_focused()
        page.keyboard.press("Space")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.keyboard.press("Enter")
        assert one.sitting.answers == {}
        for _ in range(3):
            page.keyboard.press("Tab")
        expect(page.locator("#go")).to_be_focused()
        page.keyboard.press("Enter")
        answered(page, 1)
        assert one.sitting.answers["title:0000"] == NONE | {"agents": "yes", "self-improvement": "unsure"}
        expect(page.locator("#title")).to_be_focused()

    def test_after_a_click_the_keys_are_those_of_the_page(self, serve):
        one = serve()
        page = one.open()
        button(page, "RL exploration").click()
        page.keyboard.press("Space")
        answered(page, 1)
        assert one.sitting.answers["title:0000"] == NONE | {"rl-exploration": "yes"}

    def test_a_key_held_down_answers_one_paper(self, serve):
        one = serve()
        page = one.open()
        page.keyboard.down("Space")
        answered(page, 1)
        for _ in range(3):
            page.keyboard.down("Space")
        page.keyboard.up("Space")
        page.wait_for_timeout(200)
        answered(page, 1)

    def test_keys_with_control_are_the_browsers(self, serve):
        page = serve().open()
        for key in ("Control+1", "Alt+2", "Meta+3"):
            page.keyboard.press(key)
        assert page.locator("[aria-pressed=true].answer").count() == 0

    def test_letters_of_other_alphabets_and_rows_without_digits(self, serve):
        page = serve().open()
        press = "([key, code]) => document.body.dispatchEvent(new KeyboardEvent('keydown', { key, code, bubbles: true }))"
        page.evaluate(press, ["é", "Digit2"])
        expect(button(page, "Self-improvement")).to_have_attribute("aria-pressed", "true")
        page.evaluate(press, ["в", "KeyD"])
        assert page.locator("#meanings").get_attribute("open") is not None
        page.evaluate(press, ["a", "KeyQ"])
        expect(page.locator("#asking")).to_be_visible()

    def test_keys_can_be_switched_off(self, serve):
        one = serve()
        page = one.open()
        assert button(page, "Agents").get_attribute("aria-keyshortcuts") == "1"
        button(page, "Keys").click()
        page.keyboard.press("1")
        page.keyboard.press("q")
        assert page.locator("[aria-pressed=true]").count() == 0
        assert button(page, "Agents").get_attribute("aria-keyshortcuts") is None
        page.reload()
        expect(button(page, "Keys")).to_have_attribute("aria-pressed", "false")
        button(page, "Agents").click()
        page.locator("#go").click()
        answered(page, 1)

    def test_forty_themes_have_keys(self, serve):
        one = serve(MadeUpSitting(themes=many_themes(40)))
        page = one.open()
        for key in ("9", "a", "z", "Shift+A", "Shift+H"):
            page.keyboard.press(key)
        page.keyboard.press("Enter")
        answered(page, 1)
        yes = [name for name, answer in one.sitting.answers["title:0000"].items() if answer == "yes"]
        assert yes == ["t8", "t9", "t31", "t32", "t38"]

    def test_the_meaning_of_themes_on_demand(self, serve):
        page = serve().open()
        meaning = page.get_by_text(THEMES[2].description)
        expect(meaning).not_to_be_visible()
        page.keyboard.press("d")
        expect(meaning).to_be_visible()
        expect(page.locator("[data-meaning=rl-exploration] .counts")).to_have_text(
            "5 yes · 65 no, 12 of them for an earlier definition"
        )
        page.keyboard.press("Space")
        answered(page, 1)
        expect(meaning).to_be_visible()


class TestPhone:
    def test_a_round_by_touch(self, serve):
        one = serve(MadeUpSitting(made_up_papers(2)), **PHONE)
        page = one.open()
        button(page, "Agents").tap()
        page.locator("#go").tap()
        answered(page, 1, 2)
        button(page, "Introspection").tap()
        button(page, "Introspection").tap()
        page.locator("#go").tap()
        expect(page.locator("#end-title")).to_be_visible()
        assert one.sitting.answers == {
            "title:0000": NONE | {"agents": "yes"}, "title:0001": NONE | {"introspection": "unsure"}
        }  # fmt: skip
        page.locator("#finish").tap()
        expect(page.locator("#end-words")).to_contain_text("this tab can be closed")

    @pytest.mark.parametrize("n_themes", [1, 4, 40])
    @pytest.mark.parametrize("width", [320, 390, 820])
    def test_the_answers_stay_in_sight_and_hide_no_line_of_the_abstract(self, serve, width, n_themes):
        papers = [replace(made_up_papers(1)[0], abstract="Words of a long abstract. " * 200)]
        options = PHONE | {"viewport": {"width": width, "height": 700}}
        page = serve(MadeUpSitting(papers, many_themes(n_themes)), **options).open()
        go = page.locator("#go").bounding_box()
        assert go["y"] + go["height"] <= 700
        assert page.evaluate("document.querySelector('#answers').getBoundingClientRect().top") > 700 * 0.4
        page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
        last = page.locator("#meanings").bounding_box()
        assert last["y"] + last["height"] <= page.locator("#answers").bounding_box()["y"]
        assert page.evaluate(SIDEWAYS) == []

    def test_everything_to_touch_is_large(self, serve):
        page = serve(**PHONE).open()
        for one in page.locator("button:visible").all():
            assert one.bounding_box()["height"] >= 44
        assert not page.locator("kbd:visible").count()


class TestUndo:
    def test_it_goes_back_with_the_marks_and_takes_the_answers_back(self, serve):
        one = serve()
        page = one.open()
        assert page.locator("#undo").get_attribute("aria-disabled") == "true"
        page.keyboard.press("u")
        page.keyboard.press("1")
        page.keyboard.press("Enter")
        answered(page, 1)
        page.keyboard.press("Space")
        answered(page, 2)
        page.keyboard.press("u")
        answered(page, 1)
        assert list(one.sitting.answers) == ["title:0000"]
        page.keyboard.press("u")
        answered(page, 0)
        assert one.sitting.answers == {}
        assert title(page).startswith("Errands")
        expect(button(page, "Agents")).to_have_attribute("aria-pressed", "true")
        page.reload()
        expect(button(page, "Agents")).to_have_attribute("aria-pressed", "true")
        page.keyboard.press("Enter")
        answered(page, 1)
        assert one.sitting.answers["title:0000"]["agents"] == "yes"

    def test_it_leads_back_from_the_end(self, serve):
        one = serve(MadeUpSitting(made_up_papers(1)))
        page = one.open()
        page.keyboard.press("Space")
        expect(page.locator("#end-title")).to_have_text("1 paper answered")
        page.keyboard.press("u")
        answered(page, 0, 1)
        expect(page.locator("#asking")).to_be_visible()
        assert one.sitting.answers == {}


class TestUnsure:
    def test_all_that_are_not_marked_yes(self, serve):
        one = serve()
        page = one.open()
        page.keyboard.press("2")
        page.keyboard.press("?")
        expect(page.locator("#announce")).to_have_text("3 themes unsure.")
        page.keyboard.press("Enter")
        answered(page, 1)
        assert one.sitting.answers["title:0000"] == UNSURE | {"self-improvement": "yes"}
        page.locator("#unsure").click()
        page.locator("#unsure").click()
        page.keyboard.press("Space")
        answered(page, 2)
        assert one.sitting.answers["title:0001"] == NONE

    def test_the_theme_that_has_the_focus(self, serve):
        one = serve()
        page = one.open()
        page.locator("#answers").focus()
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        page.keyboard.press("?")
        page.locator("#go").click()
        answered(page, 1)
        assert one.sitting.answers["title:0000"] == NONE | {"self-improvement": "unsure"}


class TestStop:
    def test_it_ends_the_command(self, serve):
        one = serve()
        page = one.open()
        page.keyboard.press("Space")
        answered(page, 1)
        page.keyboard.press("q")
        expect(page.locator("#end-title")).to_have_text("Stopped after 1 of 6 papers")
        one.thread.join(30)
        assert not one.thread.is_alive()

    def test_marks_that_are_not_saved_are_asked_about(self, serve):
        one = serve()
        page = one.open()
        page.keyboard.press("1")
        page.keyboard.press("q")
        expect(page.locator("#problem")).to_contain_text("not saved yet")
        assert one.thread.is_alive()
        page.keyboard.press("Enter")
        answered(page, 1)
        page.keyboard.press("1")
        page.keyboard.press("q")
        page.keyboard.press("q")
        expect(page.locator("#end-title")).to_be_visible()
        assert list(one.sitting.answers) == ["title:0000"]


class TestFailure:
    def test_a_save_that_fails_is_reported_and_the_page_stays(self, serve):
        one = serve()
        page = one.open()
        one.sitting.fault = locked()
        page.keyboard.press("1")
        page.keyboard.press("Enter")
        expect(page.locator("#problem")).to_have_text(
            "Not saved: the store is locked by another run; wait for it to end, and try again"
        )
        assert title(page).startswith("Errands")
        expect(button(page, "Agents")).to_have_attribute("aria-pressed", "true")
        answered(page, 0)
        one.sitting.fault = None
        page.keyboard.press("Enter")
        answered(page, 1)
        expect(page.locator("#problem")).to_have_text("")
        assert one.sitting.answers["title:0000"] == NONE | {"agents": "yes"}

    def test_a_command_that_has_ended_is_reported(self, serve):
        one = serve()
        page, other = one.open(), one.open()
        other.keyboard.press("q")
        one.thread.join(30)
        page.keyboard.press("Space")
        expect(page.locator("#problem")).to_contain_text("papertrends label does not respond")
        assert title(page).startswith("Errands")
        one.complaints = [told for told in one.complaints if "ERR_CONNECTION_REFUSED" not in told]


class TestTabs:
    def test_a_reload_loses_no_mark(self, serve):
        one = serve()
        page = one.open()
        page.keyboard.press("Space")
        answered(page, 1)
        page.keyboard.press("1")
        page.keyboard.press("3")
        page.keyboard.press("3")
        page.reload()
        answered(page, 1)
        assert title(page).startswith("How Wide")
        expect(button(page, "Agents")).to_have_attribute("aria-pressed", "true")
        expect(button(page, "RL exploration")).to_have_attribute("aria-pressed", "mixed")
        assert list(one.sitting.answers) == ["title:0000"]

    def test_what_the_other_tab_answered_is_not_overwritten_unseen(self, serve):
        one = serve()
        first, second = one.open(), one.open()
        second.keyboard.press("2")
        second.keyboard.press("Enter")
        answered(second, 1)
        first.keyboard.press("1")
        first.keyboard.press("Enter")
        expect(first.locator("#problem")).to_contain_text("Another tab has answered this paper")
        assert one.sitting.answers["title:0000"] == NONE | {"self-improvement": "yes"}
        first.keyboard.press("Enter")
        expect(first.locator("#title")).to_contain_text("How Wide")
        assert one.sitting.answers["title:0000"] == NONE | {"agents": "yes"}

    def test_a_tab_that_is_looked_at_again_goes_on_too(self, serve):
        one = serve()
        first, second = one.open(), one.open()
        second.keyboard.press("Space")
        answered(second, 1)
        first.evaluate("dispatchEvent(new Event('focus'))")
        answered(first, 1)
        assert title(first) == title(second)


class TestAssistance:
    @pytest.mark.parametrize("scheme", ["light", "dark"])
    @pytest.mark.parametrize("options", [LAPTOP, PHONE], ids=["laptop", "phone"])
    @pytest.mark.parametrize("n_themes", [4, 40])
    def test_axe_finds_no_violation(self, serve, options, scheme, n_themes):
        themes = THEMES if n_themes == 4 else many_themes(n_themes)
        one = serve(
            MadeUpSitting(made_up_papers(2), themes), color_scheme=scheme, reduced_motion="reduce", **options
        )
        page = one.open()
        assert violations_of(page) == []
        for key in ("1", "2", "2", "d"):
            page.keyboard.press(key)
        one.sitting.fault = locked()
        page.keyboard.press("Enter")
        expect(page.locator("#problem")).not_to_have_text("")
        assert violations_of(page) == []
        one.sitting.fault = None
        page.keyboard.press("Enter")
        answered(page, 1, 2)
        page.keyboard.press("Space")
        expect(page.locator("#end")).to_be_visible()
        assert violations_of(page) == []

    def test_what_a_screen_reader_announces(self, serve):
        page = serve().open()
        status = page.get_by_role("status")
        page.keyboard.press("1")
        expect(status).to_have_text("Agents: yes.")
        page.keyboard.press("1")
        expect(status).to_have_text("Agents: unsure.")
        expect(button(page, "Agents")).to_have_attribute("aria-pressed", "mixed")
        page.keyboard.press("1")
        expect(status).to_have_text("Agents: not marked.")
        page.keyboard.press("Space")
        answered(page, 1)
        expect(status).to_contain_text(
            "Saved: none of the themes. 1 of 6 answered. Next: How Wide Is a Bird's Wing?"
        )
        expect(page.locator("#title")).to_be_focused()
        expect(page.get_by_role("progressbar", name="1 of 6 answered")).to_have_attribute("value", "1")
        expect(page.get_by_role("list", name="Is this paper about …").get_by_role("button")).to_have_count(4)
        assert page.evaluate("scrollY") == 0

    @pytest.mark.parametrize(("motion", "name"), [("reduce", "none"), ("no-preference", "arrive")])
    def test_who_wants_no_motion_sees_none(self, serve, motion, name):
        page = serve(reduced_motion=motion, **LAPTOP).open()
        assert page.evaluate("getComputedStyle(document.querySelector('article')).animationName") == name

    def test_without_script_it_says_what_to_do(self, serve):
        one = serve(java_script_enabled=False)
        page = one.context.new_page()
        page.goto(one.address)
        expect(page.locator(".failed code")).to_have_text("papertrends label --most 60 --output to_label.csv")
        expect(page.locator(".failed")).to_be_visible()


@pytest.mark.parametrize("options", [LAPTOP, PHONE], ids=["laptop", "phone"])
def test_hostile_texts_act_nowhere_and_fit(serve, options):
    long = HOSTILE + "x" * 200_000
    paper = replace(
        made_up_papers(1)[0], title=long, abstract=long, url="javascript:alert(4)", marked=((0, 30),)
    )
    theme = replace(THEMES[0], name=HOSTILE, description=long, phrases=(long,))
    right = replace(
        made_up_papers(2)[1], title="العوامل الذكية في التعلم المعزز", abstract="大型語言模型的自我改進" * 50
    )
    one = serve(MadeUpSitting([paper, right], [theme]), **options)
    page = one.open()
    assert page.locator("img, script[src], iframe").count() == 0
    assert title(page).startswith("<img src=x onerror=alert(1)>")
    assert not page.locator("#link").is_visible()
    expect(page.locator("#hint")).to_contain_text("The abstract continues for")
    page.keyboard.press("d")
    assert page.evaluate(SIDEWAYS) == []
    go = page.locator("#go").bounding_box()
    assert go["y"] + go["height"] <= page.viewport_size["height"]
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    expect(page.locator("#title")).to_have_text(right.title)
    assert page.evaluate("getComputedStyle(document.querySelector('#title')).direction") == "rtl"
    assert page.evaluate(SIDEWAYS) == []
    assert one.sitting.answers["title:0000"] == {"agents": "yes"}
