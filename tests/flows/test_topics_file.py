"""``topics.toml``: what it may say, how commands change it, and what is refused in one line."""

from __future__ import annotations

import os

import pytest
from typer.testing import CliRunner

import flows.replacing
from analytics.exceptions import InputError, PapertrendsError
from analytics.topics.topic_edits import TopicEdit
from flows.commands.cli import app
from flows.config.topics_file import edits_hash, parse_topic_edits, read_topic_edits
from flows.config.topics_file_writing import merge_topics, reset_topic, set_field, write_change
from flows.runs import publish_run
from flows.store import Store
from tests.reports.conftest import make_run

FAULTS = {
    "[T0001": "is not valid TOML",
    'name = "a"': "line 1: 'name' is no topic id",
    '\n["topic 1"]\nname = "a"': "line 2: 'topic 1' is no topic id",
    '[T1]\nname = "a"': "'T1' is no topic id",
    "T0001 = 3": "T0001 must be a table",
    '[[T0001]]\nname = "a"': "T0001 must be a table",
    '[T0001]\npin = true\ntitle = "a"': "line 3: field 'title' of T0001: unknown; allowed fields: name, merge",
    '[T0001]\nname = ""': "line 2: field 'name' of T0001: it is empty",
    '[T0001]\nname = "  "': "it is empty",
    f'[T0001]\nname = "{"a" * 81}"': "81 characters, at most 80",
    f'[T0001]\nnote = "{"a" * 501}"': "501 characters, at most 500",
    '[T0001]\nname = "a\u202eb"': "control character U\\+202E",
    '[T0001]\nname = "a\\u0000b"': "control character U\\+0000",
    '[T0001]\nnote = "a\\nb"': "control character U\\+000A",
    '[T0001]\nnote = "a\u2028b"': "control character U\\+2028",
    '[T0001]\nmerge = ["t2"]': "'t2' is no topic id",
    '[T0001]\nmerge = "T0002"': "field 'merge' of T0001",
    "[T0001]\npin = 1": "field 'pin' of T0001",
    "[T0001]\npin = true\nhide = true": "T0001 is pinned and hidden",
    '[T0001]\nmerge = ["T0001"]': "merged into itself",
    '[T0001]\nmerge = ["T0002"]\n[T0002]\nmerge = ["T0001"]': "itself merged into",
    '[T0001]\nmerge = ["T0002"]\n[T0002]\nmerge = ["T0003"]': "line 4: T0002 takes in T0003 and is itself merged",
    '[T0001]\nmerge = ["T0003"]\n[T0002]\nmerge = ["T0003"]': "T0003 is merged into T0001 and into T0002",
    "".join(f"[T{n:04}]\npin = true\n" for n in range(13)): "13 topics are pinned; at most 12",
}


@pytest.mark.parametrize("text", FAULTS)
def test_faults_are_named_in_one_line(text):
    with pytest.raises(InputError, match=FAULTS[text]) as found:
        parse_topic_edits(text, location="topics.toml")
    assert "\n" not in str(found.value)
    assert str(found.value).startswith("topics.toml")


def test_what_is_said_is_read(tmp_path):
    assert read_topic_edits(tmp_path) == {}
    (tmp_path / "topics.toml").write_text(
        '\ufeff# ours\nT0004.note = "see \\"b\\""\n[T0001]\nname = " العوامل "\nmerge = ["T0002", "T0002"]\n'
        "[T0003]\nhide = true\npin = false\n[T0005]\n",
        encoding="utf-8",
    )
    assert read_topic_edits(tmp_path) == {
        "T0004": TopicEdit(note='see "b"'),
        "T0001": TopicEdit(name="العوامل", merge=("T0002",)),
        "T0003": TopicEdit(hide=True),
        "T0005": TopicEdit(),
    }


@pytest.mark.parametrize("content", [b"\xff\xfe", b"#" * 1_000_001])
def test_a_file_that_is_no_text_or_too_large_is_refused(tmp_path, content):
    (tmp_path / "topics.toml").write_bytes(content)
    with pytest.raises(InputError, match="topics.toml"):
        read_topic_edits(tmp_path)


def test_a_folder_in_its_place_is_refused(tmp_path):
    (tmp_path / "topics.toml").mkdir()
    with pytest.raises(InputError, match="cannot read"):
        read_topic_edits(tmp_path)


def test_the_hash_is_of_what_is_said():
    one, other = TopicEdit(name="a"), TopicEdit(hide=True)
    assert edits_hash({}) == edits_hash({"T0001": TopicEdit()}) == ""
    assert edits_hash({"T0001": one, "T0002": other}) == edits_hash({"T0002": other, "T0001": one}) != ""
    assert edits_hash({"T0001": one}) != edits_hash({"T0001": other}) != edits_hash({"T0002": other})


def test_comments_and_order_stay(tmp_path):
    path = tmp_path / "topics.toml"
    path.write_text('# ours\n[T0009]\n# why\nname = "a" # because\n\n[T0001]\nhide = true\n')
    write_change(tmp_path, set_field("T0009", note="n"))
    write_change(tmp_path, set_field("T0001", pin=True, hide=False))
    text = path.read_text()
    assert text.startswith('# ours\n[T0009]\n# why\nname = "a" # because\n')
    assert read_topic_edits(tmp_path) == {
        "T0009": TopicEdit(name="a", note="n"),
        "T0001": TopicEdit(pin=True),
    }
    assert list(tmp_path.iterdir()) == [path]


def test_merges_are_flat_and_can_be_undone(tmp_path):
    write_change(tmp_path, merge_topics("T0002", ["T0003", "T0004"]))
    write_change(tmp_path, merge_topics("T0001", ["T0002"]))
    assert read_topic_edits(tmp_path) == {"T0001": TopicEdit(merge=("T0002", "T0003", "T0004"))}
    write_change(tmp_path, reset_topic("T0003"))
    assert read_topic_edits(tmp_path) == {"T0001": TopicEdit(merge=("T0002", "T0004"))}
    write_change(tmp_path, set_field("T0001", name="a"))
    write_change(tmp_path, reset_topic("T0001", "merge"))
    assert read_topic_edits(tmp_path) == {"T0001": TopicEdit(name="a")}
    write_change(tmp_path, reset_topic("T0001"))
    assert read_topic_edits(tmp_path) == {}


def test_a_change_that_is_not_allowed_changes_nothing(tmp_path):
    write_change(tmp_path, merge_topics("T0001", ["T0002"]))
    before = (tmp_path / "topics.toml").read_bytes()
    for change in (merge_topics("T0003", ["T0002"]), set_field("T0001", name="a\tb")):
        with pytest.raises(InputError):
            write_change(tmp_path, change)
    assert (tmp_path / "topics.toml").read_bytes() == before
    (tmp_path / "topics.toml").write_text("[T0001")
    with pytest.raises(InputError, match="not valid TOML"):
        write_change(tmp_path, reset_topic("T0001"))


def test_a_write_that_fails_leaves_the_file_whole(tmp_path, monkeypatch):
    write_change(tmp_path, set_field("T0001", name="a"))
    before = (tmp_path / "topics.toml").read_bytes()

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(flows.replacing.os, "fsync", full)
    with pytest.raises(PapertrendsError, match="No space left"):
        write_change(tmp_path, set_field("T0001", name="b"))
    assert (tmp_path / "topics.toml").read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["topics.toml"]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    folder, run = tmp_path_factory.mktemp("topics"), make_run(47, n_topics=4)
    Store.open(folder).close()
    topics = run.tables.topics
    topics["merged_ids"] = [["T0008"], [], [], []]
    publish_run(folder, "r1", run.tables, run.manifest, {}, "page")
    return folder


@pytest.fixture
def call(workspace):
    def topics(*arguments):
        done = CliRunner().invoke(app, ["topics", *arguments, "--workspace", str(workspace)])
        assert done.exit_code == 0 or len(done.output.splitlines()) == 1
        return done.exit_code, " ".join(done.output.split())

    yield topics
    (workspace / "topics.toml").unlink(missing_ok=True)


def test_each_command_writes_what_it_says(call, workspace):
    assert call("rename", "T0001", "Web: agents") == (
        0, "T0001 is named 'Web: agents'; the next run shows it (papertrends analyze)"
    )  # fmt: skip
    assert call("merge", "T0001", "T0002", "T0008")[0] == 0
    assert call("pin", "T0001")[0] == 0
    assert call("hide", "T0003")[0] == 0
    assert call("note", "T0003", "not ours")[0] == 0
    assert read_topic_edits(workspace) == {
        "T0001": TopicEdit("Web: agents", ("T0002", "T0008"), pin=True),
        "T0003": TopicEdit(hide=True, note="not ours"),
    }
    assert call("hide", "T0001")[0] == call("pin", "T0003")[0] == 0
    edits = read_topic_edits(workspace)
    assert (edits["T0001"].pin, edits["T0001"].hide, edits["T0003"].pin, edits["T0003"].hide) == (
        False, True, True, False,
    )  # fmt: skip
    assert call("reset", "T0001", "name") == (
        0, "T0001 has no name in topics.toml any more; the next run shows it (papertrends analyze)"
    )  # fmt: skip
    assert read_topic_edits(workspace)["T0001"].name == ""
    assert call("reset", "T0001")[0] == call("reset", "T0003")[0] == 0
    assert read_topic_edits(workspace) == {}


def test_the_workspace_may_be_named_before_the_command(workspace):
    try:
        done = CliRunner().invoke(app, ["topics", "--workspace", str(workspace), "pin", "T0001"])
        assert done.exit_code == 0
        assert read_topic_edits(workspace) == {"T0001": TopicEdit(pin=True)}
    finally:
        (workspace / "topics.toml").unlink(missing_ok=True)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("rename", "one", "a"), "'one' is no topic id"),
        (("rename", "T0077", "a"), "the latest run has no topic T0077"),
        (("merge", "T0001", "T0077"), "the latest run has no topic T0077"),
        (("merge", "T0001", "T0001"), "merged into itself"),
        (("rename", "T0001", ""), "it is empty"),
        (("rename", "T0001", "a" * 81), "at most 80"),
        (("note", "T0001", "a\nb"), "control character"),
        (("reset", "T0001"), "says nothing about T0001"),
    ],
)
def test_mistakes_are_one_line_and_status_2(call, workspace, arguments, said):
    status, line = call(*arguments)
    assert status == 2
    assert said in line
    assert not (workspace / "topics.toml").exists()


def test_topics_alone_lists_them_as_before(call):
    status, listed = call()
    assert status == 0
    assert "T0001" in listed
    assert "[with T0008]" in listed


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_workspace_is_one_line(call, workspace):
    workspace.chmod(0o555)
    try:
        status, line = call("pin", "T0001")
    finally:
        workspace.chmod(0o755)
    assert status == 1
    assert "cannot be written" in line


def test_a_workspace_that_cannot_be_written_is_one_line(call, workspace, monkeypatch):
    def refuse(*_, **__):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("pathlib.Path.replace", refuse)
    status, line = call("pin", "T0001")
    assert status == 1
    assert "cannot be written (Read-only file system)" in line
