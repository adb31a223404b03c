from __future__ import annotations

from reports.sections.compared_series import compared_series
from reports.view import RunView


def test_values_are_those_of_the_series(run_of):
    run = run_of("usual")
    view = RunView(run.tables, run.manifest)
    data = compared_series(view)
    # A theme without a paper is left out.
    themes = [f"theme:{one}" for one in view.tables.themes["theme_id"] if one != "introspection"]
    topics = {f"topic:{one.lower()}" for one in view.tables.topics["topic_id"]}
    keys = [one["key"] for one in data["series"]]
    assert (keys[: len(themes)], set(keys[len(themes) :])) == (themes, topics)
    agents = next(one for one in data["series"] if one["name"] == "Agents")
    periods = view.series["theme", "agents"].periods
    assert data["unit"] == "month"
    assert data["periods"] == [[one.label, one.n_total, int(one.is_complete)] for one in periods]
    assert agents["n"] == [one.n_papers for one in periods]
    assert [one / 10_000 for one in agents["share"]] == [round(one.share, 4) for one in periods]
    assert agents["basis"] == "found"


def test_a_corpus_without_dates_has_nothing_to_compare(run_of):
    run = run_of("all-undated")
    assert compared_series(RunView(run.tables, run.manifest))["series"] == []
