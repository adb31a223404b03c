"""The first screen says so where most papers were read by title alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reports.values.count_sentences import titles_note


@pytest.mark.parametrize(("n_bare", "is_said"), [(0, False), (49, False), (50, True), (100, True)])
def test_from_half_of_the_papers_on(n_bare, is_said):
    assert bool(titles_note({"papers": 100, "without_abstract": n_bare})) is is_said


def test_runs_of_before_it_was_counted_say_nothing():
    assert titles_note({"papers": 100}) == ""


def test_it_is_on_the_first_screen(run_of, render):
    run = run_of("usual")
    counts = run.manifest["counts"] | {"papers": 100, "without_abstract": 90}
    page = render(replace(run, manifest=run.manifest | {"counts": counts}))
    screen = page[page.index('id="moved"') : page.index('id="themes"')]
    assert "90 of 100 papers were read by title alone" in screen
