from __future__ import annotations

from pathlib import Path

import fsspec
import pytest

from analytics.exceptions import InputError
from flows.config.settings import DEFAULT_THEMES, load_settings
from flows.config.themes_file import parse_themes, read_themes, themes_name

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


class TestAddresses:
    @pytest.fixture
    def store(self):
        place = fsspec.filesystem("memory")
        yield place
        place.store.clear()

    def test_a_file_in_a_store_is_read(self, store, tmp_path):
        store.pipe_file("/team/ours.toml", b"\xef\xbb\xbf" + GOOD.encode())
        (tmp_path / "ours.toml").write_text(GOOD)
        here = read_themes(tmp_path / "ours.toml")
        assert read_themes("memory://team/ours.toml") == here
        assert read_themes(f"file://{tmp_path}/ours.toml") == here

    def test_a_run_by_settings_takes_it(self, store, tmp_path, monkeypatch):
        store.pipe_file("/team/ours.toml", GOOD.encode())
        monkeypatch.chdir(tmp_path)
        (tmp_path / "papertrends.toml").write_text('themes = "memory://team/ours.toml"\n')
        settings = load_settings()
        assert settings.themes_file == "memory://team/ours.toml"
        assert [theme.theme_id for theme in read_themes(settings.themes_file)] == ["one", "two"]
        assert themes_name(settings.themes_file) == "ours.toml"
        assert load_settings({"themes": "other.toml"}).themes_file == Path("other.toml")

    @pytest.mark.parametrize(
        ("address", "says"),
        [
            ("memory://team/none.toml", "cannot read the themes file memory://team/none.toml"),
            ("nowhere://team/none.toml", "Protocol not known: nowhere"),
        ],
    )
    def test_what_is_not_there_is_reported(self, store, address, says):
        with pytest.raises(InputError, match=says):
            read_themes(address)

    def test_a_huge_file_is_refused(self, store):
        store.pipe_file("/team/huge.toml", b"#" * 4_000_001)
        with pytest.raises(InputError, match="larger than 4 MB"):
            read_themes("memory://team/huge.toml")

    @pytest.mark.parametrize(
        "address",
        [
            "s3://key:word@bucket/t.toml",
            "https://a.org/t.toml?signature=secret",
            "s3://a/t.toml#secret",
            "S3 ://a",
        ],
    )
    def test_an_address_with_a_key_is_refused_and_not_repeated(self, address):
        with pytest.raises(InputError, match="come from the environment") as caught:
            load_settings({"themes": address})
        assert "'themes'" in str(caught.value)
        assert "word" not in str(caught.value)
        assert "secret" not in str(caught.value)


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
