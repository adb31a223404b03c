"""Labels in files: what spreadsheets and people make of them costs no answer but the bad one, and export comes back."""

from __future__ import annotations

import csv
import io
from datetime import date

import pandas as pd
import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import strategies as st

from analytics.exceptions import InputError
from analytics.papers import Feed, PaperRecord
from analytics.tables import TABLE_COLUMNS
from analytics.themes import Theme, theme_definition
from flows.labelling.csv_tables import read_csv_table
from flows.labelling.label_file import COLUMNS, render_labels
from flows.labelling.label_import import take_file
from flows.labelling.question_file import write_questions
from flows.labelling.sitting import AskedPaper
from flows.store import Store
from flows.store.labels import LabelDraw
from tests.examples import examples

DAY, LATER = date(2025, 12, 10), date(2025, 12, 11)
THEMES = (Theme("agents", "Agents", "", ("agents",)), Theme("maps", "Maps", "", ("maps",)))
IDS = tuple(f"arxiv:2512.0000{number}" for number in range(1, 6))
ONE, TWO, THREE, FOUR, FIVE = IDS
HEADER = "paper_id,title,abstract,published,url,agents,maps"


@pytest.fixture
def workspace(tmp_path):
    """Five papers; the first three were drawn."""
    records = [PaperRecord(f"Paper {one}", "Text.", arxiv_id=one.removeprefix("arxiv:")) for one in IDS]
    with Store.open(tmp_path / "w") as store:
        store.ingest_feed(Feed("x", "a", DAY, tuple(records)), seen_on=DAY)
        store.write_draw(LabelDraw(1, DAY, 0, IDS[:3], (0.5, 0.25, 1.0)))
    return tmp_path / "w"


def row(paper, *answers):
    return f"{paper},A title,An abstract,2025-12-01,,{','.join(answers)}"


def taken(workspace, content, *, labeller="ann", day=DAY, encoding="utf-8"):
    path = workspace.parent / "filled.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return take_file(workspace, path, THEMES, labeller=labeller, day=day)


def labels(workspace, day=LATER):
    with Store.open(workspace) as store:
        return store.read_labels(day)


def said(workspace, day=LATER):
    """Answers by the last digit of the paper and the first letter of the theme."""
    table = labels(workspace, day)
    keys = table["paper_id"].str[-1] + table["theme_id"].str[0]
    return dict(zip(keys, table["answer"], strict=True))


def lines(*rows):
    return "\n".join([HEADER, *rows]) + "\n"


# --- questions ---


def test_questions_are_a_line_a_paper_for_a_spreadsheet(tmp_path):
    asked = [
        AskedPaper(ONE, "=SUM(A1)", 'Line one.\nLine two, with "quotes" and é.', date(2025, 12, 1), None),
        AskedPaper(TWO, "A title", "", None, "https://example.org/2"),
    ]
    path = tmp_path / "to_label.csv"
    write_questions(asked, ["agents", "maps"], path)
    content = path.read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.count(b"\n") == 3
    header, first, second = csv.reader(io.StringIO(content.decode("utf-8-sig")))
    assert header == HEADER.split(",")
    assert first == [ONE, "'=SUM(A1)", 'Line one. Line two, with "quotes" and é.', "2025-12-01", "", "", ""]
    assert second == [TWO, "A title", "", "", "https://example.org/2", "", ""]


def test_a_file_that_may_be_filled_is_never_overwritten(tmp_path):
    path = tmp_path / "to_label.csv"
    path.write_text("an hour of work")
    with pytest.raises(InputError, match="exists and may contain answers; choose another --output"):
        write_questions([], ["agents"], path)
    assert path.read_text() == "an hour of work"


# --- answers ---


def test_answers_are_taken_in_every_way_that_people_write_them(workspace):
    content = lines(
        row(ONE, "1", "0"), row(TWO, " Yes ", "NO"), row(THREE, "?", ""), row(FOUR, "TRUE", "false"),
        row(FIVE, "x", "N"),
    )  # fmt: skip
    told = taken(workspace, content)
    assert (told.n_labels, told.n_papers, told.n_known, told.labellers) == (9, 5, 0, ("ann",))
    assert (told.faults, told.doubts) == ((), ())
    assert said(workspace) == {
        "1a": "yes", "1m": "no", "2a": "yes", "2m": "no", "3a": "unsure", "4a": "yes", "4m": "no", "5a": "yes",
        "5m": "no",
    }  # fmt: skip
    known = labels(workspace).set_index(["paper_id", "theme_id"])
    assert known.loc[(TWO, "maps"), "definition"] == theme_definition(THEMES[1])
    assert known.loc[(TWO, "maps"), ["draw", "draw_probability"]].tolist() == [1, 0.25]
    assert known.loc[FOUR, "draw"].isna().all()
    assert known["day"].dt.date.unique().tolist() == [DAY]


def test_a_bad_cell_is_named_with_line_and_column_and_costs_no_other(workspace):
    told = taken(workspace, lines(row(ONE, "1", "maybe"), row(TWO, "2", "0"), row(THREE, "1", "no idea")))
    assert said(workspace) == {"1a": "yes", "2m": "no", "3a": "yes"}
    allowed = "is not an answer; 1, yes, y, true or x; 0, no, n or false; ? for unsure; or leave it blank"
    assert told.faults == (
        f"line 2, column maps: 'maybe' {allowed}",
        f"line 3, column agents: '2' {allowed}",
        f"line 4, column maps: 'no idea' {allowed}",
    )


def test_a_paper_that_there_is_not_is_named_where_it_has_answers(workspace):
    told = taken(workspace, lines(row("arxiv:1", "1", ""), row("arxiv:2", "", ""), row(ONE, "0", "")))
    assert told.faults == ("line 2, column paper_id: 'arxiv:1' is not a paper of this workspace",)
    assert said(workspace) == {"1a": "no"}


def test_columns_that_are_no_theme_are_named_and_not_read(workspace):
    content = f"{HEADER},agent,notes,\n{row(ONE, '1', '0')},1,my words,\n"
    told = taken(workspace, content)
    assert told.doubts == (
        "column 'agent' is not a theme id and is ignored; did you mean 'agents'?",
        "column 'notes' is not a theme id and is ignored",
    )
    assert told.faults == ()
    assert said(workspace) == {"1a": "yes", "1m": "no"}


def test_of_a_paper_that_is_there_twice_the_first_answer_is_taken(workspace):
    told = taken(workspace, lines(row(ONE, "1", "0"), row(ONE, "0", ""), row(ONE, "1", "0")))
    assert told.faults == ("line 3, column agents: no, where line 2 says yes; the first is used",)
    assert said(workspace) == {"1a": "yes", "1m": "no"}


def test_who_marks_finds_alone_is_warned_that_blank_is_not_an_answer(workspace):
    told = taken(workspace, lines(row(ONE, "x", "0"), row(TWO, "", "1"), row(THREE, "", "")))
    assert told.doubts == (
        "column agents: 2 blank cells do not count as answers; write 0 where a paper does not belong to the theme",
    )


def test_a_file_read_twice_changes_nothing(workspace):
    content = lines(row(ONE, "1", "0"), row(FOUR, "1", ""))
    taken(workspace, content)
    before = labels(workspace)
    told = taken(workspace, content, day=LATER)
    assert (told.n_labels, told.n_known) == (3, 3)
    assert labels(workspace).equals(before)
    taken(workspace, lines(row(ONE, "0", "0")), day=LATER)
    assert said(workspace, DAY)["1a"] == "yes"
    assert said(workspace, LATER)["1a"] == "no"


def test_answers_of_the_report_have_no_draw(workspace):
    content = f"paper_id,title,from,agents,maps\n{ONE},A title,report,0,\n{FOUR},B,report,,1\n"
    told = taken(workspace, content)
    assert (told.faults, told.doubts) == ((), ())
    assert said(workspace) == {"1a": "no", "4m": "yes"}
    assert labels(workspace)["draw"].isna().all()
    # Whoever answers in a sitting afterwards answers for the draw.
    taken(workspace, lines(row(ONE, "0", "")))
    assert labels(workspace)["draw"].tolist() == [1, pd.NA]
    # And a correction from the report leaves it there.
    taken(workspace, f"paper_id,title,from,agents\n{ONE},A title,report,1\n", day=LATER)
    assert labels(workspace)[["answer", "draw"]].values.tolist()[0] == ["yes", 1]


# --- files as spreadsheets write them ---


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "latin-1"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_encodings_separators_and_line_ends(workspace, encoding, separator, end):
    rows = [
        HEADER.split(","),
        [ONE, "Café – naïve" if encoding != "latin-1" else "Café", 'a "b"; c, d', "", "", "1", "0"],
    ]
    content = io.StringIO()
    csv.writer(content, delimiter=separator, lineterminator=end, quoting=csv.QUOTE_ALL).writerows(rows)
    told = taken(workspace, content.getvalue().encode(encoding))
    assert told.faults == ()
    assert said(workspace) == {"1a": "yes", "1m": "no"}


def test_a_stated_separator_blank_lines_and_short_rows(workspace):
    told = taken(workspace, f"sep=;\n\n{HEADER.replace(',', ';')}\n\n;;;;;;\n{ONE};t;;;;1\n{TWO};t;;;;;0;;\n")
    assert told.faults == ()
    assert said(workspace) == {"1a": "yes", "2m": "no"}


def test_other_columns_and_orders(workspace):
    told = taken(workspace, f"maps,paper_id\n1,{ONE}\n0,{TWO}\n")
    assert (told.faults, told.doubts) == ((), ())
    assert said(workspace) == {"1m": "yes", "2m": "no"}


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        (f'{TWO},"A title,An abstract,,,1,0', "a quote that is not closed"),
        (f'{TWO},"A" title,An abstract,,,1,0', "a quote in the wrong place"),
        (f"{TWO},a,b,c,d,1,0,1", "8 cells in a table of 7 columns"),
    ],
)
def test_a_broken_row_costs_no_other_row(workspace, broken, says):
    told = taken(workspace, lines(row(ONE, "1", "0"), broken, row(THREE, "0", "1"), row(FOUR, "1", "")))
    assert said(workspace) == {"1a": "yes", "1m": "no", "3a": "no", "3m": "yes", "4a": "yes"}
    (fault,) = told.faults
    assert fault == f"line 3: {says}"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "has no column 'paper_id' in its first line, which is ''"),
        (b"\n\n", "has no column 'paper_id'"),
        (b"id,agents\n1,1\n", "has no column 'paper_id' in its first line, which is 'id,agents'"),
        (b"paper_id,agent\n1,1\n", "no column is named after a theme id; the themes are agents, maps"),
        (b"PK\x03\x04rest", "is compressed"),
        (b"paper_id,agents\x00\n", "is binary, not text"),
        (b"paper_id,agents\narxiv:9,1\n", "holds no answer that can be read: line 2, column paper_id"),
        (b"paper_id,agents\narxiv:9,1\narxiv:8,1\n", "; so do 1 more"),
        (b'"paper_id,agents\narxiv:9,1\n', "has no column 'paper_id'"),
        (b"theme_id,answer,labeller,paper_id\n", "the file of labels lacks the columns day, draw"),
    ],
)
def test_a_file_of_something_else_is_one_clear_line(workspace, content, says):
    with pytest.raises(InputError) as caught:
        taken(workspace, content)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)
    assert labels(workspace).empty


def test_a_file_that_is_not_there_is_named(workspace):
    with pytest.raises(InputError, match="cannot read .*nowhere.csv: No such file"):
        take_file(workspace, workspace / "nowhere.csv", THEMES, labeller="ann", day=DAY)


@examples(150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300) | st.text(alphabet='a1?;,"\n\r\t\x00é=|', max_size=200).map(str.encode))
@example(b"\xff\xfea")
@example(b"sep=")
def test_any_bytes_give_a_table_or_one_line(tmp_path, content):
    path = tmp_path / "any.csv"
    for head in (b"", f"{HEADER}\n".encode()):
        path.write_bytes(head + content)
        try:
            table = read_csv_table(path, key="paper_id")
        except InputError as error:
            (told,) = str(error).splitlines()
            assert str(path) in told
        else:
            assert all(set(one.cells) == set(table.names) for one in table.rows)


# --- export and import ---


def make_labels(*rows):
    table = pd.DataFrame(rows, columns=list(TABLE_COLUMNS["labels"]))
    return table.astype({"day": "datetime64[us]", "draw": "Int64", "draw_probability": "float64"})


LABELS = make_labels(
    (ONE, "agents", "yes", "ann", DAY, 1, 0.5, "0123456789abcdef"),
    (ONE, "agents", "no", "ann", LATER, None, None, "0123456789abcdef"),
    (TWO, "agents", "unsure", "model:llama3.1:8b", DAY, 1, 0.25, ""),
    ("title:é; \"gone\", 强", "gone-theme", "no", "Ada, Countess", DAY, 7, 1 / 3, "f" * 16),
)  # fmt: skip


def exported(workspace):
    with Store.open(workspace) as store:
        return render_labels(store.read_label_history(), store.read_draws())


@pytest.fixture
def other(tmp_path):
    return tmp_path / "other"


def copied(workspace, other):
    path = workspace.parent / "labels.csv"
    path.write_text(exported(workspace), encoding="utf-8", newline="")
    return take_file(other, path, THEMES, labeller="nobody", day=LATER)


def test_an_export_comes_back_with_draws_and_probabilities(workspace, other):
    with Store.open(workspace) as store:
        store.write_labels(LABELS)
    told = copied(workspace, other)
    assert (told.n_labels, told.n_papers, told.faults, told.numbers) == (4, 3, (), {})
    assert told.labellers == ("Ada, Countess", "ann", "model:llama3.1:8b")
    assert told.doubts == ("1 labels are of 'gone-theme', which is not a declared theme; they are kept",)
    with Store.open(workspace) as here, Store.open(other) as there:
        for day in (DAY, LATER):
            assert there.read_labels(day).equals(here.read_labels(day))
        assert there.read_draws().equals(here.read_draws())
        assert there.next_draw() == here.next_draw() == 8
    assert exported(other) == exported(workspace)
    assert copied(workspace, other).n_known == 4
    assert exported(other) == exported(workspace)


def test_an_export_is_stable_text(workspace):
    with Store.open(workspace) as store:
        store.write_labels(LABELS.iloc[::-1])
    assert exported(workspace) == (
        f"{','.join(COLUMNS)}\n"
        f"{ONE},,,,2025-12-10,1,0.5,,0,0\n"
        f"{TWO},,,,2025-12-10,1,0.25,,1,0\n"
        f"{THREE},,,,2025-12-10,1,1.0,,2,0\n"
        f"{ONE},agents,yes,ann,2025-12-10,1,0.5,0123456789abcdef,,\n"
        f"{ONE},agents,no,ann,2025-12-11,,,0123456789abcdef,,\n"
        f"{TWO},agents,unsure,model:llama3.1:8b,2025-12-10,1,0.25,,,\n"
        '"title:é; ""gone"", 强",gone-theme,no,"Ada, Countess",2025-12-10,7,0.3333333333333333,ffffffffffffffff,,\n'
    )


def test_an_empty_store_exports_a_header(other):
    assert exported(other) == ",".join(COLUMNS) + "\n"


def test_another_draw_of_the_same_number_gets_a_new_one(workspace, other):
    with Store.open(workspace) as store:
        store.write_labels(LABELS)
    with Store.open(other) as store:
        store.write_draw(LabelDraw(1, DAY, 5, (ONE, FIVE), (0.125, 0.5)))
        store.write_draw(LabelDraw(2, DAY, 5, (FOUR,), (1.0,)))
    told = copied(workspace, other)
    assert told.numbers == {1: 8}
    with Store.open(other) as store:
        assert store.read_draws()["draw"].tolist() == [1, 1, 2, 8, 8, 8]
        known = store.read_label_history()
        assert known["draw"].tolist() == [8, pd.NA, 8, 7]
    before = exported(other)
    assert copied(workspace, other).numbers == {1: 8}  # it is known as draw 8 by now
    assert exported(other) == before


def test_two_people_who_answer_one_draw_meet_in_it(workspace, other):
    """Both took the same file of papers; each exports, and either takes the other's."""
    copied(workspace, other)
    taken(workspace, lines(row(ONE, "1", "0")), labeller="ann")
    taken(other, lines(row(ONE, "1", "0"), row(TWO, "0", "0")), labeller="bob")
    copied(workspace, other)
    copied(other, workspace)
    assert exported(workspace) == exported(other)
    assert labels(workspace)["draw"].unique().tolist() == [1]
    assert labels(workspace)["labeller"].value_counts().to_dict() == {"bob": 4, "ann": 2}


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("answer", "perhaps", "column answer: 'perhaps' is not one of yes, no, unsure"),
        ("day", "yesterday", "column day: 'yesterday' is not a day as YYYY-MM-DD"),
        ("draw", "0", "column draw: '0' is not a number from 1"),
        ("draw", "", "column draw: '' is not a number from 1"),
        (
            "draw_probability",
            "1.5",
            "column draw_probability: '1.5' is not a probability above 0 and at most 1",
        ),
        ("draw_probability", "nan", "column draw_probability: 'nan' is not a probability"),
        ("draw_probability", "", "column draw_probability: '' is not a probability"),
        ("labeller", "", "column labeller: '' is not a valid labeller name"),
        ("labeller", "=cmd", "column labeller: '=cmd' is not a valid labeller name"),
        ("paper_id", "", "column paper_id: '' is not the id of a paper"),
        ("theme_id", "a b", "column theme_id: 'a b' is not the id of a theme"),
        ("definition", "xyz", "column definition: 'xyz' is not up to 16 hexadecimal digits"),
        ("theme_id", "", "column theme_id: '' is not the id of a theme"),
    ],
)
def test_a_bad_row_of_an_export_costs_no_other(other, name, value, says):
    good = dict(
        zip(COLUMNS, (ONE, "agents", "yes", "ann", "2025-12-10", "1", "0.5", "ab", "", ""), strict=True)
    )
    content = io.StringIO()
    writer = csv.DictWriter(content, COLUMNS)
    writer.writeheader()
    writer.writerows([{**good, name: value}, {**good, "paper_id": TWO}])
    with Store.open(other):
        pass
    told = taken(other, content.getvalue())
    (fault,) = told.faults
    assert fault.startswith(f"line 2, {says}")
    assert labels(other)["paper_id"].tolist() == [TWO]


def test_marks_of_a_merge_conflict_are_named(workspace, other):
    with Store.open(workspace) as store:
        store.write_labels(LABELS)
    head, *rows = exported(workspace).splitlines()
    content = "\n".join([head, "<<<<<<< HEAD", *rows[:4], "=======", *rows[4:], ">>>>>>> theirs"])
    told = taken(other, content)
    assert [fault.split(",")[0] for fault in told.faults] == ["line 2", "line 7", "line 11"]
    assert len(labels(other)) == 3
