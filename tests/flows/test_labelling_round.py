"""The whole round on Daily Papers: found, a few answers, checked, and the same run in another workspace."""

from __future__ import annotations

import csv
import email
import email.policy
import json
import re
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from flows.runs import read_run, resolve_run

pytestmark = [pytest.mark.shared, pytest.mark.slow, pytest.mark.xdist_group("disasters")]

DAY = "2026-01-05"
COMMON = ("--as-of", DAY, "--vectorizer", "lexical")
THEMES = ["self-improvement", "rl-exploration", "agents", "introspection"]
EVERY = 10
"""Of the papers without a label, one in so many is part of the corpus: 6,141 papers would take minutes."""
WORDS = {
    "self-improvement": ("self-", "improving"),
    "rl-exploration": ("explor", "reward"),
    "agents": ("agent", "tool"),
    "introspection": ("confiden", "calibrat"),
}
"""Most papers that are drawn have no label, so that these words of a title answer for them: a rule that is
made up, as any reader's is to the program."""


@dataclass
class Round:
    """What a round left: lines of each command, pages, tables and mails of each state."""

    folder: Path
    said: dict[str, list[str]]
    runs: dict[str, Path]
    answered: dict[str, int]
    n_papers: int

    def tables(self, state: str) -> Any:
        return read_run(self.runs[state])[0]

    def page(self, state: str) -> str:
        return (self.runs[state] / "report.html").read_text(encoding="utf-8")

    def shown(self, state: str, theme_id: str) -> str:
        """Section of a theme on the page, as text."""
        section = re.search(rf'<article[^>]* id="theme-{theme_id}".*?</article>', self.page(state), re.DOTALL)
        assert section is not None
        return plain(section.group())


def plain(html: str) -> str:
    """Text of a part of a page, each narrow or long space as a usual one."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def write_corpus(source: Path, target: Path, labelled: set[str]) -> int:
    """Copy the saved answers with the papers that have a label and a part of the others; gives their number."""
    target.mkdir()
    n_seen = n_kept = 0
    ids = re.compile("|".join(re.escape(one.removeprefix("arxiv:")) for one in sorted(labelled)))
    for path in sorted(source.glob("*.json")):
        answer = json.loads(path.read_text(encoding="utf-8"))
        entries = answer["data"] if isinstance(answer, dict) else answer
        kept = []
        for entry in entries:
            if ids.search(str(entry)[:200]) or n_seen % EVERY == 0:
                kept.append(entry)
            n_seen += 1
        n_kept += len(kept)
        answer = {**answer, "data": kept} if isinstance(answer, dict) else kept
        (target / path.name).write_text(json.dumps(answer), encoding="utf-8")
    return n_kept


def fill(path: Path, labels: pd.DataFrame, *, by_rule: bool) -> int:
    """Answer a file's papers from their labels, the others by `WORDS` or not at all; gives how many have labels."""
    header, *rows = csv.reader(path.open(encoding="utf-8-sig", newline=""))
    assert header[5:] == THEMES
    n_labelled = 0
    for row in rows:
        if row[0] in labels.index:
            row[5:] = [str(int(labels.loc[row[0], theme] > 0)) for theme in THEMES]
            n_labelled += 1
        elif by_rule:
            row[5:] = [str(int(any(word in row[1].lower() for word in WORDS[theme]))) for theme in THEMES]
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return n_labelled


@pytest.fixture(scope="module")
def labels(shared_dir) -> pd.DataFrame:
    table = pd.read_csv(shared_dir / "labels" / "daily_papers_2024_2025.tsv", sep="\t", index_col="paper_id")
    assert len(table) == 400
    return table


@pytest.fixture(scope="module")
def done(shared_dir, tmp_path_factory, night, labels) -> Round:
    """The round, once for all tests here."""
    folder = tmp_path_factory.mktemp("round")
    n_papers = write_corpus(shared_dir / "corpora" / "hf_daily_papers", folder / "papers", set(labels.index))
    one = Round(folder, {}, {}, {}, n_papers)

    def call(name, *arguments, workspace="w"):
        ended = night.run(*arguments, "--workspace", workspace, cwd=folder)
        assert (ended.status, ended.err) == (0, ""), arguments
        one.said[name] = ended.out.splitlines()

    def analyzed(state, workspace="w"):
        call(f"analyze {state}", "analyze", *COMMON, workspace=workspace)
        one.runs[state] = resolve_run(folder / workspace)
        call(f"themes {state}", "themes", workspace=workspace)
        call(f"digest {state}", "digest", "--output", f"{state}.eml", workspace=workspace)

    def answered(name, most, *, by_rule):
        call(f"draw {name}", "label", "--most", most, "--output", f"{name}.csv", *COMMON)
        one.answered[name] = fill(folder / f"{name}.csv", labels, by_rule=by_rule)
        call(f"take {name}", "label", f"{name}.csv", "--as", "reader", "--as-of", DAY)

    call("ingest", "ingest", "papers", "--as-of", DAY)
    analyzed("found")
    answered("first", 30, by_rule=False)
    call("themes waiting", "themes")
    analyzed("few")
    answered("rest", 30, by_rule=True)  # the papers of the first draw that wait come first
    answered("second", 90, by_rule=True)
    analyzed("checked")
    call("export", "label", "--export", "labels.csv")
    call("ingest elsewhere", "ingest", "papers", "--as-of", DAY, workspace="v")
    call("import", "label", "labels.csv", workspace="v")
    analyzed("elsewhere", workspace="v")
    call("export elsewhere", "label", "--export", "again.csv", workspace="v")
    return one


def test_the_corpus_holds_the_labelled_papers_and_a_tenth_of_the_others(done, labels):
    papers = done.tables("found").papers
    assert len(papers) == done.n_papers
    assert set(labels.index) <= set(papers["paper_id"])
    assert 900 < len(papers) < 1100


class TestFound:
    def test_nothing_is_checked(self, done):
        tables = done.tables("found")
        assert tables.labels.empty
        assert tables.theme_quality["n_labels"].eq(0).all()
        assert tables.trends["checked_share"].isna().all()
        assert tables.verdicts["basis"].eq("found").all()

    def test_the_page_and_the_commands_say_that_misses_are_not_known(self, done):
        tables = done.tables("found")
        for theme in tables.themes.to_dict("records"):
            words = f"{theme['n_papers']} papers found"
            assert words in done.shown("found", theme["theme_id"])
            assert "how many it misses is unknown. 60 answers would show it" in done.shown(
                "found", theme["theme_id"]
            )
            assert any(words in line for line in done.said["themes found"])
        assert 'class="basis checked"' not in done.page("found")


class TestFewAnswers:
    def test_thirty_drawn_papers_go_into_the_file(self, done):
        assert done.said["draw first"][0] == "papers  first.csv: 30 papers"
        n = done.answered["first"]
        assert 3 <= n < 30  # blank cells are not answered
        assert done.said["take first"][0] == f"{4 * n} answers for {n} papers from first.csv by reader"

    def test_until_the_next_run_they_are_listed_as_waiting(self, done):
        n = 4 * done.answered["first"]
        assert done.said["themes waiting"][:-1] == done.said["themes found"]
        assert done.said["themes waiting"][-1].startswith(f"{n} answers are newer than this run of {DAY}")
        assert "newer than this run" not in "".join(done.said["themes few"])

    def test_the_run_knows_them_and_checks_nothing(self, done, labels):
        tables = done.tables("few")
        assert tables.theme_quality["n_drawn"].eq(done.answered["first"]).all()
        assert not tables.theme_quality["is_checked"].any()
        assert tables.verdicts["basis"].eq("found").all()
        said = tables.labels.pivot(index="paper_id", columns="theme_id", values="answer")[THEMES]
        assert said.equals(
            labels.loc[said.index, THEMES].gt(0).replace({True: "yes", False: "no"}).astype("str")
        )

    def test_page_and_commands_say_how_many_and_how_many_more(self, done):
        n = done.answered["first"]
        for theme_id in THEMES:
            shown = done.shown("few", theme_id)
            assert f"{n} answers so far (" in shown
            assert f"about {60 - n} more would show how many it misses" in shown
        assert sum(f"{n} answers so far" in line for line in done.said["themes few"]) == 4


class TestChecked:
    def test_what_waited_is_asked_for_first_and_a_draw_takes_no_paper_twice(self, done):
        drawn = done.tables("checked").labels.drop_duplicates("paper_id")
        sizes = drawn["draw"].value_counts()
        assert sizes[1] == 30
        assert len(drawn) == 30 + sizes[2] == 120
        waited = 30 - done.answered["first"]
        assert done.said["draw rest"][0] == f"papers  rest.csv: {waited} papers"

    def test_themes_with_answers_of_both_kinds_are_checked(self, done):
        quality = done.tables("checked").theme_quality.set_index("theme_id")
        assert quality["n_drawn"].eq(120).all()
        n_yes = quality["n_yes"]
        assert quality["is_checked"].equals((n_yes >= 3) & (n_yes <= 117))
        assert quality.loc[["agents", "self-improvement"], "is_checked"].all()
        own = quality[quality["is_checked"]]
        assert own["labelled_by"].eq("people").all()
        assert (own["checked_low"] < own["share_checked"]).all()
        assert (own["share_checked"] < own["checked_high"]).all()
        assert own[["precision", "recall"]].stack().between(0, 1).all()

    def test_the_series_and_the_verdicts_follow_the_answers(self, done):
        tables = done.tables("checked")
        is_checked = tables.theme_quality.set_index("theme_id")["is_checked"]
        basis = tables.verdicts.set_index("series_id")["basis"]
        assert (
            basis[basis.index.isin(THEMES)]
            .eq("checked")
            .equals(basis[basis.index.isin(THEMES)].index.to_series().map(is_checked))
        )
        assert tables.verdicts.loc[tables.verdicts["kind"] == "topic", "basis"].eq("found").all()
        trends = tables.trends[(tables.trends["kind"] == "theme") & (tables.trends["n_total"] > 0)]
        known = trends["series_id"].map(is_checked)
        columns = ["checked_low", "checked_share", "checked_high"]
        assert trends.loc[known, columns].notna().all(axis=None)
        assert trends.loc[~known, columns].isna().all(axis=None)
        low, share, high = (trends.loc[known, name] for name in columns)
        assert ((low <= share) & (share <= high)).all()

    def test_who_answered_is_what_a_paper_is(self, done):
        """An answer decides about its paper, whatever the phrases say."""
        tables = done.tables("checked")
        members = set(tables.theme_assignments[["paper_id", "theme_id"]].itertuples(index=False, name=None))
        for row in tables.labels.to_dict("records"):
            is_member = (row["paper_id"], row["theme_id"]) in members
            assert is_member == (row["answer"] == "yes")

    def test_the_page_the_command_and_the_mail_say_checked(self, done):
        quality = done.tables("checked").theme_quality.set_index("theme_id")
        mail = email.message_from_bytes(
            (done.folder / "checked.eml").read_bytes(), policy=email.policy.default
        )
        body = mail.get_body(("plain",))
        assert body is not None
        mailed = " ".join(body.get_content().split())
        themes = "\n".join(done.said["themes checked"])
        for theme_id in THEMES:
            shown = done.shown("checked", theme_id)
            is_checked = quality.loc[theme_id, "is_checked"]
            assert ("checked on 120 answers" in shown) == is_checked
            assert ("answers so far" in shown) == (not is_checked)
            assert ("papertrends label" in shown) == (not is_checked)
        n_checked = int(quality["is_checked"].sum())
        assert themes.count("checked on 120 answers") == n_checked
        verdicts = done.tables("checked").verdicts
        claimed = verdicts["verdict"].isin(["rising", "falling"]) & verdicts["window"].ne("lasting")
        # The mail has the surest claims, those of themes with how they are known.
        assert "checked" not in mailed or verdicts.loc[claimed, "basis"].eq("checked").any()
        assert "rising" in mailed or "falling" in mailed or not claimed.any()

    def test_what_moved_is_put_down_to_the_answers(self, done):
        changes = done.tables("checked").changes
        themes = changes[changes["kind"] == "theme"]
        assert themes[["by_new_papers", "by_reassignment", "by_definition"]].eq(0).all(axis=None)
        assert themes["by_correction"].ne(0).any()
        # The run before had no checked share to compare with.
        since = re.search(r'<p class="changes" id="since">.*?</p>', done.page("checked"), re.DOTALL)
        assert since is not None
        assert re.search(r"Agents \(found\) [+−][0-9.]+ points: [+−][0-9.]+ by answers", plain(since.group()))
        assert "reassigned" not in since.group()


class TestElsewhere:
    def test_the_labels_are_the_same_file_again(self, done):
        assert (done.folder / "labels.csv").read_bytes() == (done.folder / "again.csv").read_bytes()

    def test_the_same_run_comes_out(self, done):
        ours, theirs = done.runs["checked"], done.runs["elsewhere"]
        names = sorted(path.name for path in ours.glob("*.parquet"))
        assert names == sorted(path.name for path in theirs.glob("*.parquet"))
        for name in set(names) - {"changes.parquet"}:  # the other workspace has no run before it
            assert (ours / name).read_bytes() == (theirs / name).read_bytes(), name
        for chart in (ours / "charts").iterdir():
            assert chart.read_bytes() == (theirs / "charts" / chart.name).read_bytes(), chart.name
