from __future__ import annotations

import base64
import gzip
import json

import numpy as np
import pandas as pd
import pytest

from analytics.tables import validate_table
from reports.context import make_report_context
from reports.render import MOST_BYTES, render_report
from reports.sections import explorer
from reports.sections.explorer import make_explorer
from reports.sections.packing import pack, pack_index
from reports.view import RunView


def unpacked(text: str):
    return json.loads(gzip.decompress(base64.b64decode(text)))


def of(run):
    return make_report_context(RunView(run.tables, run.manifest)).explorer


def data_of(html: str):
    return unpacked(html.split('<script id="data" type="text/plain">')[1].split("</script>")[0])


def test_a_small_corpus_is_held_whole(run_of):
    run = run_of("usual")
    held = of(run)
    data = unpacked(pack(held, 1_000_000))
    papers = run.tables.papers
    assert data["n"] == data["mapped"] == len(papers) == len(data["papers"]["title"])
    assert sorted(data["papers"]["title"]) == sorted(papers["title"])
    assert {len(values) for values in data["papers"].values()} == {len(papers)}
    for name in ("x", "y"):
        assert min(data["papers"][name]) >= 0
        assert max(data["papers"][name]) <= 4095
    assert max(max(data["papers"]["x"]), max(data["papers"]["y"])) == 4095


def test_themes_and_topics_are_those_of_the_tables(run_of):
    run = run_of("usual")
    data = unpacked(pack(of(run), 1_000_000))
    link_of = dict(zip(run.tables.papers["url"], run.tables.papers["paper_id"], strict=True))
    assigned = run.tables.theme_assignments
    names = dict(zip(run.tables.themes["theme_id"], run.tables.themes["name"], strict=True))
    labels = dict(zip(run.tables.topics["topic_id"], run.tables.topics["label"], strict=True))
    primary = run.tables.papers.set_index("paper_id")
    for link, themes, topic in zip(
        *(data["papers"][name] for name in ("link", "themes", "topic")), strict=True
    ):
        paper_id = link_of[link]
        own = assigned[assigned["paper_id"] == paper_id]
        assert {data["themes"][one]["name"] for one in themes} == {names[one] for one in own["theme_id"]}
        if themes:
            assert data["themes"][themes[0]]["name"] == names[primary.loc[paper_id, "primary_theme"]]
        topic_id = primary.loc[paper_id, "topic_id"]
        assert (data["topics"][topic]["name"] if topic >= 0 else None) == labels.get(topic_id)


def test_ids_follow_from_the_links_or_written_down(make_run):
    run = make_run(4, n_topics=0, months=1)
    papers = run.tables.papers.assign(
        paper_id=["arxiv:2401.00001", "doi:10.1/x", "title:0011", "arxiv:2401.00002"],
        url=[None, None, None, "https://huggingface.co/papers/2401.00002"],
    )
    assigned, misses = run.tables.theme_assignments.iloc[:0], run.tables.near_misses.iloc[:0]
    held = of(run.with_tables(papers=papers, theme_assignments=assigned, near_misses=misses))
    told = dict(zip(held.columns["link"], held.columns["id"], strict=True))
    assert told == {
        "a2401.00001": "", "d10.1/x": "", "": "title:0011", "https://huggingface.co/papers/2401.00002": ""
    }  # fmt: skip
    assert [one["id"] for one in held.themes] == run.tables.themes["theme_id"].tolist()


def test_too_many_papers_are_sampled_evenly_and_the_newest_come_next(make_run, monkeypatch):
    monkeypatch.setattr(explorer, "MOST_MAPPED", 100)
    run = make_run(2000, n_topics=5, months=20, themes=("Agents",))
    held = make_explorer(run.tables, RunView(run.tables, run.manifest).places, most=1500)
    assert (held.n_papers, held.n_mapped, held.n_listed) == (2000, 100, 1500)
    days = pd.to_datetime(held.columns["day"][:100])
    expected = pd.Series(
        run.tables.papers["published"].sort_values().iloc[np.linspace(0, 1999, 100).astype(int)]
    )
    assert (
        np.abs((np.sort(days.to_numpy()) - np.sort(expected.to_numpy())) / np.timedelta64(1, "D")).max() <= 5
    )
    # Any first part of the sample is spread over time too.
    assert pd.Series(days[:30]).dt.to_period("M").nunique() > 12
    assert len(held.columns["x"]) == 100
    newest = run.tables.papers.nlargest(100, "published")["title"]
    assert newest.isin(held.columns["title"]).all()
    best = run.tables.topics["representative_papers"].explode()
    links = run.tables.papers.set_index("paper_id").loc[best.unique(), "url"]
    assert set(links) <= set(held.columns["link"])


@pytest.mark.parametrize(
    "room", [20_000, *(pytest.param(one, marks=pytest.mark.slow) for one in (60_000, 100_000))]
)
def test_as_many_papers_as_fit(make_run, room):
    run = make_run(6000, n_topics=20, months=20)
    text = pack(of(run), room)
    assert 0.85 * room < len(text) <= room
    data = unpacked(text)
    assert data["n"] == 6000
    assert data["mapped"] == len(data["papers"]["title"]) == len(data["papers"]["x"]) < 6000


def test_the_index_knows_as_many_papers_as_fit(make_run):
    run = make_run(3000, n_topics=8)
    held = of(run)
    whole = pack_index(held, 1_000_000)
    data = unpacked(whole)
    assert len(data["names"]) == len(data["words"]) == held.n_listed == 3000
    text = pack_index(held, len(whole) // 2)
    part = unpacked(text)
    assert len(text) <= len(whole) // 2
    assert 100 <= len(part["names"]) < 3000
    assert part["names"] == data["names"][: len(part["names"])]
    assert pack_index(held, 50) == ""


def test_without_room_there_is_no_data(run_of):
    assert pack(of(run_of("usual")), 50) == ""


def test_the_same_bytes_every_time(run_of):
    assert pack(of(run_of("usual")), 1_000_000) == pack(of(run_of("usual")), 1_000_000)


@pytest.mark.slow
def test_a_page_of_many_papers_keeps_its_size(make_run):
    run = make_run(30_000, n_topics=300, months=60)
    html = render_report(make_report_context(RunView(run.tables, run.manifest)))
    assert len(html.encode()) <= MOST_BYTES
    data = data_of(html)
    assert data["n"] == 30_000
    assert len(data["papers"]["title"]) > 5_000


def test_hostile_texts_come_back_as_they_are(run_of, html_of):
    run = run_of("hostile")
    data = data_of(html_of("hostile"))
    titles = "\n".join(data["papers"]["title"])
    assert "{{ 7 * 7 }}" in titles
    assert "<script>" in "".join(
        [titles, *(one["name"] for one in data["themes"]), *data["papers"]["organization"]]
    )
    assert "\u202e" not in titles
    for link in data["papers"]["link"]:
        assert link == "" or link[0] in "ad" or link.startswith(("http://", "https://"))
    assert run.tables.papers["title"].str.len().max() > 300
    assert max(map(len, data["papers"]["title"])) <= 300


def test_dates_say_how_they_were_inferred(make_run):
    run = make_run(3, n_topics=0, months=1, themes=())
    papers = run.tables.papers.assign(
        published_basis=["year_inferred", "id_month", "missing"],
        published_precision=["day", "month", "none"],
        published=pd.to_datetime(["2025-06-02", "2025-05-01", None]),
    )
    held = of(run.with_tables(papers=validate_table("papers", papers)))
    told = {
        day: held.notes[note] for day, note in zip(held.columns["day"], held.columns["note"], strict=True)
    }
    assert told[""] == ""
    assert told["2025-05"].endswith("that of the arXiv id.")
    assert told["2025-06-02"].endswith("the year is inferred.")
    assert held.n_mapped == 0


def of_two_sources(run, n_rare: int = 10):
    """A run of which the first papers are of another source, one of them of both."""
    kinds = [["page"]] * (n_rare - 1) + [["daily-papers", "page"]]
    sources = [*kinds, *run.tables.papers["sources"].tolist()[n_rare:]]
    return run.with_tables(papers=run.tables.papers.assign(sources=sources))


def test_papers_of_a_rare_source_can_be_told_from_the_others(run_of):
    run = of_two_sources(run_of("usual"))
    data = unpacked(pack(of(run), 1_000_000))
    assert data["sources"] == [{"name": "daily papers", "rare": False}, {"name": "page", "rare": True}]
    kinds = data["papers"]["sources"]
    assert (kinds.count([1]), kinds.count([0, 1]), kinds.count([0])) == (9, 1, len(kinds) - 10)
    of_both = data["papers"]["link"].index(run.tables.papers["url"].iloc[9])
    assert kinds[of_both] == [0, 1]


def test_of_one_source_no_paper_is_marked(run_of):
    data = unpacked(pack(of(run_of("usual")), 1_000_000))
    assert data["sources"] == []
    assert "sources" not in data["papers"]
