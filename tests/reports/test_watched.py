"""Watched papers are marked on the page, and the newest of each watch are listed."""

from __future__ import annotations

import base64
import gzip
import json
import re

import pandas as pd
import pytest

from reports.context import make_report_context
from reports.render import render_report
from reports.sections.watched import make_watched, watched_names
from reports.view import RunView


@pytest.fixture(scope="module")
def run():
    from tests.reports.conftest import make_run

    made = make_run(80)
    ids = made.tables.papers["paper_id"].tolist()
    rows = [("Robots <b>", one, "by Ada Example") for one in ids[:7]] + [("Snow", ids[6], "from Lab")]
    return made.with_tables(watched=pd.DataFrame(rows, columns=["watch", "paper_id", "reason"]))


@pytest.fixture(scope="module")
def page(run):
    return render_report(make_report_context(RunView(run.tables, run.manifest)))


def test_the_newest_of_each_watch(run):
    first, second = make_watched(run.tables, RunView(run.tables, run.manifest).places)
    assert (first.name, first.n_papers, len(first.papers)) == ("Robots <b>", "7 papers", 5)
    days = [line.day for line, _ in first.papers]
    assert days == sorted(days, reverse=True)
    assert second.papers[0][1] == "from Lab"


def test_a_paper_of_two_watches_has_both_names(run):
    ids = run.tables.papers["paper_id"].tolist()
    names = watched_names(run.tables)
    assert names[ids[6]] == "Robots <b>; Snow"
    assert names[ids[0]] == "Robots <b>"
    assert len(names) == 7


def test_the_page_marks_them_with_and_without_a_script(run, page):
    assert 'id="watched"' in page
    assert page.count("watched: <bdi>Robots &lt;b&gt;") == 7
    packed = re.search(r'<script id="data" type="text/plain">([^<]+)<', page)[1]
    data = json.loads(gzip.decompress(base64.b64decode(packed)))
    assert sum(one.startswith("Robots <b>") for one in data["papers"]["watched"]) == 7


def test_without_watches_there_is_no_section(make_run):
    made = make_run(40)
    page = render_report(make_report_context(RunView(made.tables, made.manifest)))
    assert 'id="watched"' not in page
    assert "watched: <bdi>" not in page


def test_the_day_of_the_newest_paper_stands_beside_the_day_of_the_page(make_run):
    made = make_run(40)
    newest = made.tables.papers["published"].max()
    near, far = (newest + pd.Timedelta(days=days) for days in (7, 8))
    heads = [
        make_report_context(RunView(made.tables, {**made.manifest, "as_of": f"{day:%Y-%m-%d}"})).head
        for day in (near, far)
    ]
    assert heads[0].newest == ""
    assert heads[1].newest == f"newest paper {newest.day} {newest:%b} {newest.year}"
