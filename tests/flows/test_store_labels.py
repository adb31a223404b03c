"""Labels and draws in the store: what was said on a day stays known of that day, on both databases."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from analytics.exceptions import PapertrendsError
from analytics.papers import Feed, PaperRecord
from analytics.tables import TABLE_COLUMNS, empty_table
from flows.store import Store
from flows.store.labels import LabelDraw

pytestmark = pytest.mark.usefixtures("database")

FIRST, SECOND, THIRD = date(2025, 3, 4), date(2025, 3, 5), date(2025, 3, 6)
COLUMNS = list(TABLE_COLUMNS["labels"])
DRAW = LabelDraw(1, FIRST, 7, ("q", "p", "r"), (0.5, 1 / 3, 1.0))


def make_labels(*rows: tuple[object, ...]) -> pd.DataFrame:
    """Table `labels` of paper, theme, answer, labeller, day, draw and probability."""
    table = pd.DataFrame([(*row, "d" * 16) for row in rows], columns=COLUMNS)
    return table.astype({"day": "datetime64[us]", "draw": "Int64", "draw_probability": "float64"})


def label(
    paper: str = "p",
    theme: str = "a",
    answer: str = "yes",
    labeller: str = "ann",
    day: date = FIRST,
    draw: tuple[int, float] | None = (1, 0.5),
) -> tuple[object, ...]:
    return (paper, theme, answer, labeller, day, *(draw or (None, None)))


def said(table: pd.DataFrame) -> list[tuple[object, ...]]:
    return list(table[["paper_id", "theme_id", "labeller", "answer"]].itertuples(index=False, name=None))


@pytest.fixture
def store(tmp_path: Path):
    with Store.open(tmp_path / "workspace") as opened:
        yield opened


def test_labels_come_back_as_they_were_given(store):
    given = make_labels(
        label(draw=(2**31 - 1, 1 / 3)),
        label("é 强化 \U0001f600", "b", "unsure", "model:llama3.1:8b", SECOND, None),
        label("p", "a", "no", "bob", FIRST, None),
    )
    store.write_labels(given)
    expected = given.sort_values(["paper_id", "theme_id", "labeller"], ignore_index=True)
    pd.testing.assert_frame_equal(store.read_labels(THIRD), expected)
    pd.testing.assert_frame_equal(store.read_label_history(), expected)


def test_without_labels_the_tables_are_typed(store):
    pd.testing.assert_frame_equal(store.read_labels(THIRD), empty_table("labels"))
    draws = store.read_draws()
    assert draws.empty
    assert str(draws["day"].dtype) == "datetime64[us]"
    store.write_labels(empty_table("labels"))
    assert store.read_label_history().empty


def test_papers_sort_by_code_points(store):
    store.write_labels(make_labels(*(label(paper) for paper in ("b", "B", "é", "a", "Z"))))
    assert store.read_labels(FIRST)["paper_id"].tolist() == ["B", "Z", "a", "b", "é"]


def test_a_correction_of_a_later_day_leaves_the_earlier_day_as_it_was(store):
    store.write_labels(make_labels(label(), label(theme="b")))
    store.write_labels(make_labels(label(answer="no", day=THIRD)))
    before = [("p", "a", "ann", "yes"), ("p", "b", "ann", "yes")]
    assert store.read_labels(date(2025, 3, 3)).empty
    assert said(store.read_labels(FIRST)) == said(store.read_labels(SECOND)) == before
    assert said(store.read_labels(THIRD)) == [("p", "a", "ann", "no"), ("p", "b", "ann", "yes")]
    assert len(store.read_label_history()) == 3


def test_a_correction_of_the_same_day_replaces(store):
    store.write_labels(make_labels(label(), label(labeller="bob")))
    store.write_labels(make_labels(label(answer="no")))
    assert said(store.read_label_history()) == [("p", "a", "ann", "no"), ("p", "a", "bob", "yes")]


def test_of_one_key_given_twice_the_last_counts(store):
    store.write_labels(make_labels(label(), label(answer="unsure")))
    assert said(store.read_label_history()) == [("p", "a", "ann", "unsure")]


@pytest.mark.parametrize("day", [FIRST, SECOND])
def test_a_correction_without_a_draw_keeps_the_paper_in_its_draw(store, day):
    """In the report somebody corrects an answer that was drawn: the draw would be a chosen one without it."""
    store.write_labels(make_labels(label(), label("q", draw=None)))
    store.write_labels(make_labels(label(answer="no", day=day, draw=None), label("q", day=day, draw=None)))
    known = store.read_labels(day)
    assert known["answer"].tolist() == ["no", "yes"]
    assert known["draw"].tolist() == [1, pd.NA]
    assert known["draw_probability"].iloc[0] == 0.5


def test_a_paper_needs_not_be_in_the_corpus(store):
    store.write_labels(make_labels(label("title:gone")))
    store.ingest_feed(Feed("x", "a", FIRST, (PaperRecord("A title", "Text."),)), seen_on=FIRST)
    store.compact(vectorizer_id="v")
    assert said(store.read_labels(FIRST)) == [("title:gone", "a", "ann", "yes")]


def test_what_a_labeller_said_of_a_paper_on_a_day_is_replaced_whole(store):
    store.write_labels(
        make_labels(
            label(), label(theme="b"), label(labeller="bob"), label("q"), label(answer="no", day=SECOND)
        )
    )
    store.replace_labels("p", "ann", SECOND, make_labels(label(answer="unsure", day=SECOND)))
    store.replace_labels("p", "ann", FIRST, empty_table("labels"))
    assert said(store.read_label_history()) == [
        ("p", "a", "ann", "unsure"),
        ("p", "a", "bob", "yes"),
        ("q", "a", "ann", "yes"),
    ]


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (label(answer="maybe"), "'maybe' is not an answer; allowed are yes, no, unsure"),
        (label(draw=(1, 0.0)), "above 0 and at most 1"),
        (label(draw=(1, 1.5)), "above 0 and at most 1"),
        (label(draw=(1, float("nan"))), "give both or neither"),
    ],
)
def test_a_label_that_says_nothing_is_refused_and_nothing_written(store, row, says):
    with pytest.raises(PapertrendsError, match=says):
        store.write_labels(make_labels(label("q"), row), [DRAW])
    assert store.read_label_history().empty
    assert store.read_draws().empty


def test_draws_are_read_in_the_order_in_which_to_ask(store):
    assert store.next_draw() == 1
    store.write_draw(DRAW)
    store.write_draw(LabelDraw(2, THIRD, 0, ("s",), (0.25,)))
    draws = store.read_draws()
    assert draws["paper_id"].tolist() == ["q", "p", "r", "s"]
    assert draws["position"].tolist() == [0, 1, 2, 0]
    assert draws["draw_probability"].tolist() == [0.5, 1 / 3, 1.0, 0.25]
    assert draws["random_state"].tolist() == [7, 7, 7, 0]
    assert store.read_draws(SECOND)["draw"].unique().tolist() == [1]
    assert store.next_draw() == 3


def test_the_next_draw_is_not_a_draw_of_a_label_from_elsewhere(store):
    store.write_labels(make_labels(label(draw=(8, 0.5))))
    assert store.next_draw() == 9


def test_a_number_is_given_to_one_draw_only(store):
    store.write_draw(DRAW)
    with pytest.raises(PapertrendsError, match="draw 1 was made by another process in the meantime"):
        store.write_draw(LabelDraw(1, FIRST, 0, ("z",), (1.0,)))
    assert store.read_draws()["paper_id"].tolist() == ["q", "p", "r"]


def test_many_labels_at_once(store):
    """More than the databases take in one statement, twice."""
    rows = [label(f"p{number:04}", theme) for number in range(1500) for theme in ("a", "b")]
    store.write_labels(make_labels(*rows))
    store.write_labels(make_labels(*((*row[:2], "no", *row[3:]) for row in rows)))
    known = store.read_label_history()
    assert len(known) == 3000
    assert set(known["answer"]) == {"no"}
