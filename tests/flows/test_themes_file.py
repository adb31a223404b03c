from __future__ import annotations

import pytest

from analytics.exceptions import InputError
from flows.settings import DEFAULT_THEMES
from flows.themes_file import parse_themes, read_themes

GOOD = """\
[[themes]]
id = "one"
name = "One"
description = "About one."
phrases = ["first", "second"]

[[themes]]
id = "two"
name = "Two"
phrases = ["third"]
"""


def test_a_good_file():
    themes = parse_themes(GOOD, location="t.toml")
    assert [theme.theme_id for theme in themes] == ["one", "two"]
    assert themes[0].texts == ("first", "second", "About one.")
    assert themes[1].texts == ("third",)


def test_the_committed_file_declares_the_four_themes():
    themes = read_themes(DEFAULT_THEMES)
    assert [theme.theme_id for theme in themes] == [
        "self-improvement",
        "rl-exploration",
        "agents",
        "introspection",
    ]
    assert all(len(theme.phrases) >= 5 for theme in themes)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('name = "Two"\n', "", r"line 7: field 'name' of theme 2: missing"),
        ('id = "two"', 'id = "a b"', r"line 8: field 'id' of theme 2: given 'a b'; an id has letters"),
        ('id = "two"', 'id = "one"', r"line 8: id 'one' is declared twice"),
        ('phrases = ["third"]', "phrases = []", r"line 10: field 'phrases' of theme 2"),
        ('phrases = ["third"]', 'phrases = "third"', r"line 10: field 'phrases' of theme 2.*list"),
        ('phrases = ["third"]', 'phrases = ["third", " "]', r"line 10: field 'phrases'.*phrase is empty"),
        ('phrases = ["third"]', 'phrases = ["third", 3]', r"line 10: field 'phrases'.*string"),
        ('name = "Two"', 'name = "Two"\ncolour = "red"', r"line 10: field 'colour' of theme 2: unknown; allowed fields: id"),
        ('name = "Two"', "name = Two", r"not valid TOML.*line 9"),
        ("[[themes]]\nid = \"one\"", "title = \"x\"\n[[themes]]\nid = \"one\"", r"line 1: unknown field 'title'"),
        ("[[themes]]", "[[theme]]", r"line 1: unknown field 'theme'"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_by_line_and_field(old, new, says):
    text = GOOD.replace(old, new) if old == "[[themes]]" else GOOD.replace(old, new, 1)
    with pytest.raises(InputError, match=says):
        parse_themes(text, location="t.toml")


@pytest.mark.parametrize("text", ["", "# nothing\n", "themes = []\n", "themes = 3\n", "[themes]\nid = 'a'\n"])
def test_no_theme_is_an_error(text):
    with pytest.raises(InputError, match="declares no theme"):
        parse_themes(text, location="t.toml")


def test_an_absent_or_binary_file_is_an_error(tmp_path):
    with pytest.raises(InputError, match="cannot read the themes file"):
        read_themes(tmp_path / "none.toml")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00\x81")
    with pytest.raises(InputError, match="cannot read the themes file"):
        read_themes(tmp_path / "binary.toml")


def test_hostile_names_are_only_text():
    text = GOOD.replace('"One"', "'<script>alert(1)</script> $x$ {{ 7 }}'")
    assert parse_themes(text, location="t")[0].name == "<script>alert(1)</script> $x$ {{ 7 }}"
