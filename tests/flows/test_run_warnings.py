"""A run says when its themes are not those of the run before, and which watched papers and groups it lacks."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from analytics.watch import Watch
from flows.analysis.run_warnings import settings_warnings, themes_change
from flows.config.settings import Settings


def before(themes, name):
    return {"themes_file": name, "settings": {"themes": themes}}


@pytest.mark.parametrize(
    ("earlier", "now", "said"),
    [
        (("my/ours.toml", "ours.toml"), None, "the run before had those of ours.toml: to keep the earlier"),
        (
            (None, "themes.toml"),
            "ours.toml",
            "those of ours.toml; the run before had those of themes.toml, the",
        ),
        (("a/ours.toml", "ours.toml"), "b/theirs.toml", "had those of ours.toml"),
        (("a/themes.toml", "themes.toml"), None, "those of themes.toml, the default; the run before"),
        (("a/ours.toml", "ours.toml"), "/home/a/ours.toml", ""),
        ((None, "themes.toml"), None, ""),
    ],
)
def test_a_change_of_the_themes_file_is_said(earlier, now, said):
    text = themes_change(before(*earlier), Settings(themes=now))
    assert said in text
    assert bool(text) == bool(said)


def test_the_first_run_has_nothing_to_say(tmp_path):
    assert themes_change({}, Settings()) == ""
    assert settings_warnings(Settings(workspace=tmp_path), pd.DataFrame({"paper_id": []})) == []


def test_the_latest_run_is_compared_and_missing_papers_are_named(tmp_path):
    run = tmp_path / "runs" / "r1"
    run.mkdir(parents=True)
    (run / "manifest.json").write_text(json.dumps(before("ours.toml", "ours.toml")))
    (tmp_path / "latest").symlink_to("runs/r1")
    chosen = Settings(workspace=tmp_path, watch=(Watch("mine", papers=("arxiv:1", "arxiv:2")),))
    change, missing = settings_warnings(chosen, pd.DataFrame({"paper_id": ["arxiv:2"]}))
    assert "ours.toml" in change
    assert missing == "watch 'mine': no paper of the workspace has the id arxiv:1, so none is similar to it"


def test_groups_that_few_papers_name_are_said(tmp_path):
    chosen = Settings(workspace=tmp_path, by=("category", "source"))
    papers = pd.DataFrame(
        {"paper_id": list("abc"), "categories": [["cs.AI"], [], None], "sources": [["a.bib"]] * 3}
    )
    assert settings_warnings(chosen, papers) == [
        "by category: 1 of 3 papers name one; if an earlier version ingested them, ingest their files again"
    ]
    most = papers.assign(categories=[["cs.AI"], ["cs.LG"], None])
    assert settings_warnings(chosen, most) == []
    assert settings_warnings(Settings(workspace=tmp_path), papers) == [], "nothing was asked for"
