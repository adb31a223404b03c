"""What only a browser can tell: nothing scrolls sideways, and the script does what it says."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

pytestmark = pytest.mark.browser

# Left of the right edge, or inside a box that scrolls by itself.
SIDEWAYS = """
const wide = [...page.querySelectorAll("body *")].filter(e => !e.closest(".box, .hidden, .skip, svg"))
  .filter(e => e.getBoundingClientRect().right > frame.clientWidth + 1).map(e => e.tagName + "." + e.className);
say(wide.length === 0 ? "fits" : wide.slice(0, 5).join(" "));
"""
SWITCH = """
const button = page.getElementById("theme"), before = getComputedStyle(page.body).backgroundColor;
button.click();
const after = getComputedStyle(page.body).backgroundColor;
say([button.hidden, before !== after, button.textContent].join(" "));
"""
SORT = """
const head = page.querySelectorAll("#topics th")[1], numbers = () =>
  [...page.querySelectorAll("#topics tbody tr")].map(row => Number(row.cells[1].textContent));
const sorted = (list, way) => list.every((n, i) => i === 0 || way * (n - list[i - 1]) >= 0);
head.querySelector("button").click();
const down = sorted(numbers(), -1), first = head.getAttribute("aria-sort");
head.querySelector("button").click();
say([down, first, sorted(numbers(), 1), head.getAttribute("aria-sort")].join(" "));
"""
REGROUP = """
const table = page.getElementById("topic-table"), button = page.getElementById("regroup");
const shown = () => [...table.tBodies].filter(body => !body.hidden);
const rows = () => shown().flatMap(body => [...body.rows].filter(row => !row.classList.contains("group")));
const falls = list => list.every((n, i) => i === 0 || n <= list[i - 1]);
const sizes = list => list.map(row => Number(row.cells[1].dataset.key));
const before = shown().length, ids = rows().map(row => row.id);
table.tHead.rows[0].cells[1].querySelector("button").click();
const within = shown().every(body => falls(sizes([...body.rows].slice(1)))) && shown()[0].rows[0].className === "group";
button.click();
const flat = shown().length, all = falls(sizes(rows())), whole = rows().length === ids.length;
button.click();
say([before, within, flat, all, whole, shown().length, button.textContent].join(" "));
"""


@pytest.fixture(scope="module")
def chromium() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        pytest.skip("needs chromium on the path")
    return found


@pytest.fixture
def ask(chromium, tmp_path):
    """Open a page in a frame of some width, run a script over it, give back what it says."""

    def asked(html: str, script: str, width: int) -> str:
        (tmp_path / "page.html").write_text(html, encoding="utf-8")
        outer = (
            f'<iframe id="frame" width="{width}" height="800" src="page.html"></iframe>'
            "<script>const say = text => { document.title = text; };"
            f"frame.onload = () => {{ const page = frame.contentDocument; {script} }};</script>"
        )
        (tmp_path / "outer.html").write_text(outer, encoding="utf-8")
        command = [
            chromium, "--headless", "--no-sandbox", "--disable-gpu", "--allow-file-access-from-files",
            "--virtual-time-budget=3000", f"--user-data-dir={tmp_path / 'profile'}", "--window-size=1400,900",
            "--dump-dom", (tmp_path / "outer.html").as_uri(),
        ]  # fmt: skip
        answer = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout
        return re.search(r"<title>(.*?)</title>", answer).group(1)

    return asked


@pytest.mark.parametrize("width", [320, 390, 768])
@pytest.mark.parametrize(
    "name",
    [
        "usual",
        "hostile",
        "forty-themes",
        "all-undated",
        "ahead",
        "ahead-hostile",
        "grouped",
        "grouped-hostile",
    ],
)
def test_nothing_scrolls_sideways(ask, html_of, name, width):
    assert ask(html_of(name), SIDEWAYS, width) == "fits"


def test_the_theme_switch_shows_and_switches(ask, html_of):
    assert ask(html_of("usual"), SWITCH, 1280) == "false true Light"


def test_a_click_on_a_head_sorts_and_another_turns_the_order(ask, html_of):
    assert ask(html_of("usual"), SORT, 1280) == "true descending true ascending"


def test_groups_are_sorted_within_and_can_be_one_list(ask, html_of):
    assert ask(html_of("grouped"), REGROUP, 1280) == "7 true 1 true true 7 One list"
