"""The split of a share's change into news and new readings."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.exceptions import InputError
from analytics.tables import TABLE_COLUMNS, UNCLUSTERED, RunTables, empty_table
from analytics.trends.change_decomposition import share_changes

PARTS = ["by_new_papers", "by_reassignment", "by_definition"]
ALL_PARTS = [*PARTS, "by_correction"]
DAY = pd.Timestamp("2025-01-01")


def run(
    papers: dict[str, list[str]],
    *,
    undated: tuple[str, ...] = (),
    series: tuple[str, ...] = ("agents",),
    kind: str = "theme",
) -> RunTables:
    """Tables of a run in which each paper has the given themes (or topics)."""
    tables = {name: empty_table(name) for name in RunTables.__dataclass_fields__}
    tables["papers"] = pd.DataFrame(
        {
            "paper_id": list(papers),
            "published": pd.Series(
                [pd.NaT if paper in undated else DAY for paper in papers], dtype="datetime64[us]"
            ),
        }
    )
    pairs = [(paper, name) for paper, names in papers.items() for name in names]
    tables[f"{kind}_assignments"] = pd.DataFrame(pairs, columns=["paper_id", f"{kind}_id"])
    tables[f"{kind}s"] = pd.DataFrame({f"{kind}_id": list(series)})
    return RunTables(**tables)


def changes(
    before: RunTables | None, after: RunTables, *, definition_changed: bool = False, **more: tuple[str, ...]
) -> pd.DataFrame:
    return share_changes(before, after, against="r1", definition_changed=definition_changed, **more)


def only(table: pd.DataFrame) -> pd.Series:
    assert len(table) == 1
    return table.iloc[0]


BEFORE = run({"a": ["agents"], "b": [], "c": [], "d": []})


class TestByHand:
    def test_new_papers_only(self) -> None:
        after = run({"a": ["agents"], "b": [], "c": [], "d": [], "e": ["agents"]})
        found = only(changes(BEFORE, after))
        assert (found["from_share"], found["to_share"]) == (0.25, 0.4)
        assert found[PARTS].tolist() == pytest.approx([0.15, 0, 0])
        assert (found["against"], found["kind"], found["series_id"]) == ("r1", "theme", "agents")

    @pytest.mark.parametrize(("changed", "parts"), [(False, [0, 0.25, 0]), (True, [0, 0, 0.25])])
    def test_old_papers_read_again(self, changed: bool, parts: list[float]) -> None:
        after = run({"a": ["agents"], "b": ["agents"], "c": [], "d": []})
        assert only(changes(BEFORE, after, definition_changed=changed))[PARTS].tolist() == parts

    def test_both_at_once(self) -> None:
        # Old papers: 1 of 4 becomes 2 of 4 (+0.25); with two new papers, one inside, 3 of 6 (+0).
        after = run({"a": ["agents"], "b": ["agents"], "c": [], "d": [], "e": ["agents"], "f": []})
        assert only(changes(BEFORE, after))[PARTS].tolist() == [0, 0.25, 0]

    def test_reassignments_that_cancel(self) -> None:
        after = run({"a": [], "b": ["agents"], "c": [], "d": []})
        assert only(changes(BEFORE, after))[PARTS].tolist() == [0, 0, 0]

    def test_papers_that_left_are_no_reassignment(self) -> None:
        after = run({"a": ["agents"], "b": []})
        assert only(changes(BEFORE, after))[PARTS].tolist() == [0.25, 0, 0]

    def test_a_paper_that_got_its_date_came_into_the_shares(self) -> None:
        before = run({"a": ["agents"], "b": [], "c": ["agents"]}, undated=("c",))
        after = run({"a": ["agents"], "b": [], "c": ["agents"]})
        found = only(changes(before, after))
        assert (found["from_share"], found["to_share"]) == (0.5, pytest.approx(2 / 3))
        assert found[PARTS].tolist() == pytest.approx([1 / 6, 0, 0])

    def test_a_theme_that_is_new_is_a_definition(self) -> None:
        after = run({"a": ["agents", "rl"], "b": ["rl"], "c": [], "d": []}, series=("rl", "agents"))
        found = changes(BEFORE, after).set_index("series_id")
        assert found.index.tolist() == ["rl", "agents"]
        assert found.loc["rl", ["from_share", "to_share", *PARTS]].tolist() == [0, 0.5, 0, 0, 0.5]
        assert found.loc["agents", PARTS].tolist() == [0, 0, 0]

    def test_a_theme_that_went_is_a_definition(self) -> None:
        after = run({"a": [], "b": [], "c": [], "d": []}, series=())
        found = only(changes(BEFORE, after))
        assert found[["from_share", "to_share", *PARTS]].tolist() == [0.25, 0, 0, 0, -0.25]

    def test_topics_when_asked_for(self) -> None:
        before = run({"a": ["T1"], "b": [UNCLUSTERED]}, series=("T1", UNCLUSTERED), kind="topic")
        after = run({"a": ["T1"], "b": ["T2"]}, series=("T1", "T2"), kind="topic")
        assert changes(before, after).empty
        found = changes(before, after, kinds=("topic",)).set_index("series_id")
        assert found.index.tolist() == ["T1", "T2"]
        assert found.loc["T2", PARTS].tolist() == [0, 0.5, 0]


def checked(tables: RunTables, share: float, theme: str = "agents") -> RunTables:
    """The same run with a theme's share as labels estimate it."""
    quality = pd.DataFrame({"theme_id": [theme, "other"], "share_checked": [share, float("nan")]})
    return replace(tables, theme_quality=quality)


class TestChecked:
    AFTER = run({"a": ["agents"], "b": [], "c": [], "d": [], "e": ["agents"]})

    def test_what_new_papers_did_is_scaled_and_the_rest_is_the_correction(self) -> None:
        # Found: 1 of 4, then 2 of 5, all of it by the new paper. Checked: 0.5, then 0.6, 1.5 times the found.
        found = only(changes(checked(BEFORE, 0.5), checked(self.AFTER, 0.6)))
        assert found[["from_share", "to_share"]].tolist() == [0.5, 0.6]
        assert found[ALL_PARTS].tolist() == pytest.approx([0.15 * 1.5, 0, 0, 0.1 - 0.225])

    def test_other_labels_on_the_same_papers_are_all_correction(self) -> None:
        found = only(changes(checked(BEFORE, 0.5), checked(BEFORE, 0.4)))
        assert found[ALL_PARTS].tolist() == pytest.approx([0, 0, 0, -0.1])

    def test_another_definition_moves_what_is_found_and_no_checked_share(self) -> None:
        after = run({"a": ["agents"], "b": ["agents"], "c": [], "d": []})
        found = only(changes(checked(BEFORE, 0.5), checked(after, 0.5), definition_changed=True))
        assert found[["from_share", "to_share", *ALL_PARTS]].tolist() == [0.5, 0.5, 0, 0, 0, 0]

    @pytest.mark.parametrize("which", [0, 1])
    def test_one_checked_run_is_not_compared_with_a_found_one(self, which: int) -> None:
        runs = [BEFORE, self.AFTER]
        runs[which] = checked(runs[which], 0.9)
        pd.testing.assert_frame_equal(changes(*runs), changes(BEFORE, self.AFTER))

    def test_a_theme_that_nothing_is_found_of(self) -> None:
        nothing = run({"a": [], "b": []})
        found = only(changes(checked(nothing, 0.1), checked(nothing, 0.3)))
        assert found[ALL_PARTS].tolist() == pytest.approx([0, 0, 0, 0.2])


class TestEdges:
    def test_first_run(self) -> None:
        pd.testing.assert_frame_equal(changes(None, BEFORE), empty_table("changes"))

    @pytest.mark.parametrize("empty", [run({}), run({"z": ["agents"]}, undated=("z",))])
    def test_a_run_without_dated_papers_has_no_shares(self, empty: RunTables) -> None:
        assert changes(empty, BEFORE).empty
        assert changes(BEFORE, empty).empty

    def test_no_kinds(self) -> None:
        assert changes(BEFORE, BEFORE, kinds=()).empty

    def test_no_paper_in_common(self) -> None:
        found = only(changes(BEFORE, run({"x": ["agents"]})))
        assert found[PARTS].tolist() == [0.75, 0, 0]

    def test_an_assignment_listed_twice_counts_once(self) -> None:
        after = run({"a": ["agents", "agents"], "b": [], "c": [], "d": []})
        assert only(changes(BEFORE, after))["to_share"] == 0.25

    def test_an_unknown_kind(self) -> None:
        with pytest.raises(InputError, match="no kind 'author' of series; kinds are theme, topic"):
            changes(BEFORE, BEFORE, kinds=("author",))

    def test_the_table_is_the_contracts(self) -> None:
        assert list(changes(BEFORE, BEFORE).columns) == list(TABLE_COLUMNS["changes"])


ASSIGNED = st.dictionaries(
    st.sampled_from("abcdefghijklm"), st.lists(st.sampled_from(["agents", "rl"]), unique=True), max_size=13
)


class TestAnswers:
    AFTER = run({"a": ["agents"], "b": ["agents"], "c": [], "d": []})

    @staticmethod
    def answered(tables: RunTables, *said: tuple[str, str, str]) -> RunTables:
        rows = [dict(zip(("paper_id", "theme_id", "answer"), one, strict=True)) for one in said]
        labels = pd.DataFrame(rows, columns=list(TABLE_COLUMNS["labels"])).assign(labeller="ann")
        return replace(tables, labels=labels)

    @pytest.mark.parametrize("answer", ["yes", "no"])
    def test_new_or_other_answers_are_the_cause_of_what_they_moved(self, answer: str) -> None:
        before = self.answered(BEFORE, *([("b", "agents", "no")] if answer == "yes" else []))
        after = self.answered(self.AFTER, ("b", "agents", answer))
        assert only(changes(before, after))[ALL_PARTS].tolist() == [0, 0, 0, 0.25]

    def test_a_changed_definition_outranks_them(self) -> None:
        after = self.answered(self.AFTER, ("b", "agents", "yes"))
        assert only(changes(BEFORE, after, definition_changed=True))[ALL_PARTS].tolist() == [0, 0, 0.25, 0]

    def test_the_same_answers_and_those_of_other_themes_are_not(self) -> None:
        before = self.answered(BEFORE, ("a", "agents", "yes"))
        after = self.answered(self.AFTER, ("a", "agents", "yes"), ("b", "rl", "yes"))
        assert only(changes(before, after))[ALL_PARTS].tolist() == [0, 0.25, 0, 0]


class TestLaws:
    @given(ASSIGNED, ASSIGNED, st.sets(st.sampled_from("abcdefghijklm")), st.booleans())
    def test_any_two_runs(
        self, old: dict[str, list[str]], new: dict[str, list[str]], undated: set[str], changed: bool
    ) -> None:
        names = ("agents", "rl")
        before = run(old, undated=tuple(undated), series=names)
        after = run(new, series=names)
        found = changes(before, after, definition_changed=changed)
        whole = found["to_share"] - found["from_share"]
        assert (whole - found[PARTS].sum(axis=1)).abs().lt(1e-12).all()
        assert (found["by_correction"] == 0).all()
        assert (found["by_reassignment" if changed else "by_definition"] == 0).all()
        for _, row in found.iterrows():
            name = row["series_id"]
            dated = [paper for paper in old if paper not in undated]
            # Step one done by hand: the earlier papers, read as the later run reads those it still holds.
            reread = sum(name in new.get(paper, old[paper]) for paper in dated) / len(dated)
            step = row["by_reassignment"] + row["by_definition"]
            assert step == pytest.approx(reread - row["from_share"], abs=1e-12)

    @given(ASSIGNED)
    def test_the_same_run_again_changes_nothing(self, papers: dict[str, list[str]]) -> None:
        tables = run(papers, series=("agents", "rl"))
        assert (changes(tables, tables)[PARTS] == 0).all(axis=None)
