"""Files that are replaced whole or not at all."""

from __future__ import annotations

import pytest

from flows.replacing import replacing


def test_a_file_is_replaced_at_the_end(tmp_path):
    path = tmp_path / "page.html"
    path.write_text("old")
    with replacing(path) as part:
        part.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert [one.name for one in tmp_path.iterdir()] == ["page.html"]


def test_an_error_leaves_the_old_file(tmp_path):
    path = tmp_path / "page.html"
    path.write_text("old")

    def fail():
        with replacing(path) as part:
            part.write_text("ne")
            raise ValueError("half way")

    with pytest.raises(ValueError, match="half way"):
        fail()
    assert path.read_text() == "old"
    assert [one.name for one in tmp_path.iterdir()] == ["page.html"]


def test_what_a_killed_process_left_is_overwritten(tmp_path):
    path = tmp_path / "page.html"
    left = tmp_path / ".page.html.part"
    left.write_text("a much longer text of before")
    with replacing(path) as part:
        part.write_text("new")
        assert part == left
    assert path.read_text() == "new"
    assert not left.exists()


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    path, link = tmp_path / "elsewhere" / "topics.toml", tmp_path / "topics.toml"
    path.write_text("old")
    link.symlink_to(path)
    with replacing(link) as part:
        part.write_text("new")
    assert link.is_symlink()
    assert path.read_text() == "new"
