"""Watches and readers in papertrends.toml, and what is said of a wrong one."""

from __future__ import annotations

import pytest

from analytics.exceptions import InputError
from analytics.watch import Watch
from flows.config.reader_settings import Reader
from flows.config.settings import load_settings


def loaded(tmp_path, text):
    (tmp_path / "papertrends.toml").write_text(text)
    return load_settings(folder=tmp_path)


def test_tables_are_read(tmp_path):
    settings = loaded(
        tmp_path,
        """
[[watch]]
name = "Robots"
authors = ["Ada Example"]
papers = ["2503.02130v2", "https://arxiv.org/abs/2503.00001", "10.1000/ABC", "https://doi.org/10.1000/d"]
[[watch]]
words = "reward hacking"
[[readers]]
address = "ada@example.org"
themes = "agents"
words = ["glacier"]
how_often = "monthly"
[[readers]]
address = "bo@example.org"
""",
    )
    papers = ("arxiv:2503.02130", "arxiv:2503.00001", "doi:10.1000/abc", "doi:10.1000/d")
    assert settings.watch == (
        Watch("Robots", authors=("Ada Example",), papers=papers),
        Watch("reward hacking", words=("reward hacking",)),
    )
    assert settings.readers == (
        Reader(address="ada@example.org", themes=("agents",), words=("glacier",), how_often="monthly"),
        Reader(address="bo@example.org"),
    )


def test_one_table_is_a_list_of_one(tmp_path):
    settings = loaded(tmp_path, '[watch]\norganizations = ["Example Institute"]\n')
    assert [one.name for one in settings.watch] == ["Example Institute"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[[watch]]\nname = "a"\n', "watch 1 has an empty entry or none"),
        ('[[watch]]\nwords = ["a", " "]\n', "watch 1 has an empty entry or none"),
        ('[[watch]]\nword = ["a"]\n', "watch 1 has the unknown field 'word'; allowed are name, authors"),
        ('[[watch]]\nwords = "a"\n[[watch]]\nwords = 3\n', "field 'words' of watch 2"),
        ('[[watch]]\nwords = "a"\n[[watch]]\nname = "a"\nauthors = "B C"\n', "the name 'a' is there twice"),
        ('watch = "a"\n', "write a [watch] table"),
        ('[[readers]]\nthemes = "a"\n', "reader 1 has no address"),
        ('[[readers]]\naddress = "nobody"\n', "reader 1 has no mail address in 'address'"),
        ('[[readers]]\naddress = "a@b.c"\nhow_often = "daily"\n', "field 'how_often' of reader 1"),
        ('[[readers]]\naddress = "a@b.c"\n[[readers]]\naddress = "A@b.c"\n', "an address (entry 2) is there"),
    ],
)
def test_a_wrong_one_is_named(tmp_path, text, said):
    with pytest.raises(InputError) as error:
        loaded(tmp_path, text)
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_an_address_is_never_shown(tmp_path):
    with pytest.raises(InputError) as error:
        loaded(tmp_path, '[[readers]]\naddress = "a@b.c"\nhow_often = "secret@example.org"\n')
    assert "secret" not in str(error.value)
