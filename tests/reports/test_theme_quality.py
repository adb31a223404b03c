"""Found, a few answers, checked: what the page, the mail and the charts say in each state, by hand."""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analytics.tables import empty_table, validate_table
from reports.archive import make_archive
from reports.atom.run_feed import render_feed
from reports.charts.run_charts import plot_charts
from reports.context import make_report_context
from reports.digest import make_digest, render_digest
from reports.sections.near_misses import make_near_misses
from reports.summary import make_summary
from reports.values.count_certainty import make_count_certainty
from reports.values.count_sentences import bands_note, count_warning, known_clause, known_sentence
from reports.values.series import make_series
from reports.values.theme_quality import Measure, Quality, make_qualities
from reports.view import RunView

SVG = "{http://www.w3.org/2000/svg}"
CHECKED = Quality(
    388, 3736, n_labels=134, n_yes=45, n_drawn=120, has_people=True, is_checked=True,
    precision=Measure(0.99, 0.95, 1.0), recall=Measure(0.3, 0.25, 0.38),
    share=Measure(0.344, 0.293, 0.398), r2=0.62, labels_to_halve=363.0, drift_p=0.4,
)  # fmt: skip


def plain(text: str) -> str:
    return text.replace("\u202f", " ").replace("\u00a0", " ")


def sentences(quality: Quality) -> list[str]:
    surety = make_count_certainty(quality)
    assert surety is not None
    return [plain(f"{one.lead} {one.text}".strip()) for one in surety.sentences]


@pytest.fixture(scope="module")
def labelled(run_of):
    run = run_of("labelled")
    return run, make_report_context(RunView(run.tables, run.manifest))


@pytest.fixture(scope="module")
def charts(run_of):
    run = run_of("labelled")
    return plot_charts(RunView(run.tables, run.manifest))


@pytest.fixture(scope="module")
def mail(run_of):
    run = run_of("labelled")
    since = {"run_id": "r0", "as_of": "2025-01-01", "new_papers": 12}
    digest = make_digest(
        RunView(run.tables, run.manifest | {"since": since}), "https://example.org/report.html"
    )
    return digest, *render_digest(digest, "a@example.org", "p@example.org", has_chart=True)


def section(context, theme_id):
    return next(one for one in context.themes if one.theme_id == theme_id)


class TestWords:
    def test_found(self):
        assert plain(known_sentence(Quality(388, 3736))) == (
            "388 papers found (10 %); how many it misses is unknown. 60 answers would show it:"
        )
        assert known_sentence(Quality(0, 3736)).startswith("No paper found; how many it misses")
        assert known_clause(Quality(1, 3736)) == "found 1 paper; how many it misses is unknown"
        assert make_count_certainty(Quality(388, 3736)) is None

    def test_a_few_answers(self):
        few = Quality(388, 3736, n_labels=14, n_yes=3, n_drawn=12, has_people=True, n_earlier=1)
        assert plain(known_sentence(few)) == (
            "388 papers found (10 %). 14 answers so far (3 yes, 11 no), 12 of them on papers drawn at random;"
            " about 48 more would show how many it misses:"
        )
        assert "none of them on papers drawn" in known_sentence(replace(few, n_drawn=0))
        assert "; more would show how many" in known_sentence(replace(few, n_labels=80, n_drawn=80))
        rare = replace(few, n_labels=80, n_yes=1, n_drawn=80)
        assert "; more, 3 yes and 3 no at least, would show how many" in known_sentence(rare)
        assert sentences(few) == [
            "Answered by people.",
            "1 of 14 answers was given under an earlier definition of the theme and may mean something else.",
        ]

    def test_checked(self):
        assert plain(known_sentence(CHECKED)) == (
            "34 % of all papers (29 to 40), checked on 120 answers; the phrases alone find 30 % of them."
        )
        taught = replace(CHECKED, is_taught=True)
        assert plain(known_clause(taught)).endswith("; the phrases alone find 30 % of them")
        assert not any("are not listed here" in one for one in sentences(taught))
        assert known_clause(replace(CHECKED, recall=Measure())) == "checked on 120 answers"
        assert sentences(CHECKED) == [
            "99 of 100 papers that the phrases find are really about it (95 to 100).",
            "30 of 100 papers about it are found by the phrases (25 to 38). The others count in its share and trend but are not listed here.",
            "About 360 more answers would halve the interval.",
            "The answers were predicted well. The better papertrends predicts them, the narrower the"
            " interval.",
            "Answered by people.",
        ]

    def test_more_answers_than_there_are_papers_are_not_asked_for(self):
        small = replace(CHECKED, n_found=40, n_corpus=130)
        assert not any("would halve" in one for one in sentences(small))

    def test_figures_are_named_as_the_literature_names_them(self):
        figures = {
            one.name: plain(f"{one.value}; {one.note}") for one in make_count_certainty(CHECKED).figures
        }
        assert list(figures) == [
            "Answers", "Share found", "Share checked", "Precision", "Recall", "R²", "Drift"
        ]  # fmt: skip
        assert figures["Answers"].startswith("134; 45 yes, 89 no; 120 on papers drawn at random")
        assert figures["Share found"] == "10 %; 388 of 3,736 papers"
        assert figures["Share checked"].startswith("34 %; 95 % interval 29 to 40; ")
        assert figures["Precision"].startswith("99 %; 95 % interval 95 to 100; ")
        assert figures["R²"].startswith("0.62; ")
        assert figures["Drift"].startswith("p = 0.40; ")

    def test_drift_is_reported_with_what_it_means_and_only_below_5_percent(self):
        drifted = replace(CHECKED, drift_p=0.049)
        (doubt,) = [one for one in make_count_certainty(drifted).sentences if one.is_doubt]
        assert doubt.lead == "Older and newer answers differ."
        assert "can look like a rise or a fall" in doubt.text
        for p in (0.05, 0.4, math.nan):
            assert not any(
                one.is_doubt for one in make_count_certainty(replace(CHECKED, drift_p=p)).sentences
            )

    def test_who_answered(self):
        model = replace(CHECKED, has_people=False, models=("llama3",))
        assert "Judged by llama3. No person answered." in sentences(model)
        both = replace(CHECKED, models=("llama3",), n_both=20, kappa=0.71)
        assert "Answered by people, the rest judged by llama3." in sentences(both)
        assert "People and model agree well on the 20 papers that both answered (kappa 0.71)." in sentences(
            both
        )
        assert "agree hardly at all on the 1 paper " in " ".join(
            sentences(replace(both, kappa=-0.1, n_both=1))
        )

    @pytest.mark.parametrize(
        ("n_found", "n_corpus", "start"),
        [
            (0, 3736, "Finds nearly nothing: 0 of 3,736 papers (0 %)."),
            (2, 3736, "Finds nearly nothing: 2 of"),
            (30, 76_500, "Finds nearly nothing: 30 of"),
            (3, 3736, ""),
            (2241, 3736, ""),
            (2242, 3736, "Finds nearly everything: 2,242 of 3,736 papers (60 %)."),
            (2, 19, ""),
            (19, 19, ""),
            (0, 0, ""),
        ],
    )
    def test_nearly_nothing_and_nearly_everything_are_warned_of(self, n_found, n_corpus, start):
        warning = plain(count_warning(Quality(n_found, n_corpus)))
        assert warning.startswith(start)
        assert bool(warning) is bool(start)
        if start:
            assert warning.endswith("or label some papers (papertrends label).")
            assert "papertrends label" not in count_warning(
                replace(CHECKED, n_found=n_found, n_corpus=n_corpus)
            )

    def test_bands(self):
        assert bands_note(["found"]).endswith("the bands leave out what the phrases miss.")
        assert bands_note(["checked"]).endswith("the bands include what the phrases miss.")
        assert "Pale bands: found shares" in bands_note(["checked", "found"])


class TestTables:
    def test_rows_become_values(self, run_of):
        qualities = make_qualities(run_of("labelled").tables)
        assert {one: quality.state for one, quality in qualities.items()} == {
            "agents": "checked", "rl-exploration": "checked", "self-improvement": "few",
            "introspection": "found",
        }  # fmt: skip
        judged = qualities["rl-exploration"]
        assert (judged.has_people, judged.models, judged.n_both) == (True, ("llama3.3",), 20)
        assert qualities["agents"].models == ()

    def test_older_runs_have_none_and_are_found(self, run_of):
        qualities = make_qualities(run_of("older").tables)
        assert {quality.state for quality in qualities.values()} == {"found"}

    def test_a_theme_that_is_called_checked_without_a_share_is_not(self, run_of):
        tables = run_of("labelled").tables
        broken = replace(tables, theme_quality=tables.theme_quality.assign(share_checked=np.nan))
        assert make_qualities(broken)["agents"].state == "few"

    def test_series_have_the_checked_shares_of_the_table(self, run_of):
        tables = run_of("labelled").tables
        series = make_series(tables)
        rows = tables.trends.query("kind == 'theme' and series_id == 'agents'").sort_values("period_start")
        one = series["theme", "agents"]
        assert [period.share for period in one.periods] == pytest.approx(rows["checked_share"].tolist())
        assert [period.low for period in one.periods] == pytest.approx(rows["checked_low"].tolist())
        assert [period.n_papers for period in one.periods] == rows["n_papers"].tolist()
        assert (one.basis, one.verdict.basis) == ("checked", "checked")
        found = series["theme", "self-improvement"]
        assert (found.basis, found.is_checked) == ("found", False)
        assert series["topic", "T0001"].basis == ""

    def test_one_missing_period_leaves_the_whole_line_found(self, run_of):
        tables = run_of("labelled").tables
        trends = tables.trends.copy()
        trends.loc[trends.index[trends["series_id"] == "agents"][4], "checked_high"] = np.nan
        assert not make_series(replace(tables, trends=trends))["theme", "agents"].is_checked

    def test_an_empty_period_is_not_a_missing_one(self, run_of):
        tables = run_of("labelled").tables
        trends = tables.trends.copy()
        gap = trends["period_start"] == trends["period_start"].unique()[5]
        trends.loc[gap, ["n_papers", "n_total"]] = 0
        trends.loc[gap, ["checked_share", "checked_low", "checked_high"]] = np.nan
        one = make_series(replace(tables, trends=trends))["theme", "agents"]
        assert one.is_checked
        assert math.isnan(one.periods[5].share)

    def test_estimates_outside_a_share_are_drawn_at_its_ends(self, run_of):
        tables = run_of("labelled").tables
        trends = tables.trends.assign(checked_low=-0.02, checked_high=1.2)
        period = make_series(replace(tables, trends=trends))["theme", "agents"].periods[3]
        assert (period.low, period.high) == (0.0, 1.0)


class TestNearMisses:
    def test_the_likeliest_come_first_and_ten_at_most(self, run_of):
        run = run_of("usual")
        misses = make_near_misses(run.tables)
        assert set(misses) == set(run.tables.themes["theme_id"])
        rows = run.tables.near_misses.query("theme_id == 'agents'").sort_values("probability")[::-1]
        assert [one.line.paper_id for one in misses["agents"]] == rows["paper_id"].tolist()[:10]
        assert plain(misses["agents"][0].probability) == "49 %"

    def test_members_and_papers_that_are_gone_are_left_out(self, run_of):
        tables = run_of("usual").tables
        member = tables.theme_assignments.query("theme_id == 'agents'")["paper_id"].iloc[0]
        stranger = tables.near_misses.query("theme_id == 'agents'")["paper_id"].iloc[0]
        rows = [("agents", one, 1.0, 0.4) for one in (member, "arxiv:gone", stranger)]
        table = pd.DataFrame(rows, columns=list(empty_table("near_misses").columns))
        told = make_near_misses(replace(tables, near_misses=validate_table("near_misses", table)))
        assert [one.line.paper_id for one in told["agents"]] == [stranger]

    def test_many_themes_list_fewer(self, run_of):
        misses = make_near_misses(run_of("forty-themes").tables)
        assert {len(one) for one in misses.values()} == {3}

    def test_an_older_run_has_none(self, run_of, page_of):
        assert make_near_misses(run_of("older").tables) == {}
        assert "Likeliest misses" not in page_of("older").by_id("themes").text
        assert "Likeliest misses" in page_of("usual").by_id("themes").text


class TestPage:
    def test_the_first_screen_tells_the_three_states_apart(self, labelled, page_of):
        _, context = labelled
        lines = {line.name: line for line in context.moved.headlines}
        assert (lines["Agents"].basis, lines["Self-improvement"].basis) == ("checked", "found")
        assert re.search(r"^of papers \(checked: \d+ to \d+\), up from \d+ %: ", plain(lines["Agents"].claim))
        assert plain(lines["Agents"].known) == "on 120 answers; the phrases alone find 30 % of them"
        assert "(found)" in lines["Self-improvement"].claim
        assert "14 answers so far (3 yes, 11 no)" in lines["Self-improvement"].known
        moved = page_of("labelled").by_id("moved")
        assert "60 answers would show it: papertrends label" in moved.text
        words = [(one.text, one.attributes["class"]) for one in page_of("labelled").all("span", "basis")]
        assert set(words) == {("found", "basis found"), ("checked", "basis checked")}
        assert "would show it: papertrends label" not in page_of("labelled-all").by_id("moved").text

    def test_every_number_of_a_checked_theme_is_the_checked_one(self, labelled):
        run, context = labelled
        theme = section(context, "agents")
        rows = run.tables.trends.query("kind == 'theme' and series_id == 'agents' and is_complete")
        share = f"{100 * rows['checked_share'].iloc[-1]:.0f}\u202f%"
        smooth = f"{100 * rows['smooth_share'].iloc[-1]:.0f}\u202f%"
        assert theme.number == smooth
        counted = next(fact for fact in theme.facts if fact.name == "Share in Oct 2025")
        assert (counted.value, counted.basis) == (share, "checked")
        assert re.fullmatch(r"\d+ to \d+, of \d+ papers", plain(counted.note))
        (line,) = [one for one in context.moved.headlines if one.name == "Agents"]
        end = run.tables.verdicts.query("window == 'long' and series_id == 'agents'")["end_share"].iloc[0]
        assert line.number == f"{100 * end:.0f}\u202f%"
        assert f"{smooth} in Oct 2025" in line.sparkline
        assert "Agents, checked: " in line.sparkline
        assert 'class="ground"' in line.sparkline
        columns = theme.chart.values.columns
        row = next(one for one in theme.chart.values.rows if one[0] == "Oct 2025")
        assert row[columns.index("Share checked")] == share
        found = rows["n_papers"].iloc[-1] / rows["n_total"].iloc[-1]
        assert row[columns.index("Share found")] == f"{100 * found:.0f}\u202f%"
        assert row[columns.index("Of all dated")] == str(rows["n_total"].iloc[-1])
        assert "Agents, checked" in context.multiples.chart.values.columns

    def test_the_section_says_how_sure_with_the_figures_one_click_below(self, page_of):
        text = page_of("labelled").by_id("theme-agents").text
        assert "checked 34 % of all papers (29 to 40), checked on 120 answers" in text
        assert "99 of 100 papers that the phrases find are really about it (95 to 100)." in text
        assert "14 of 134 answers were given under an earlier definition of the theme" in text
        details = [one.text for one in page_of("labelled").all("details") if "exact figures" in one.text]
        assert len(details) == 3  # of the themes that have answers
        assert (
            "Recall 30 % 95 % interval 25 to 38" in " ".join(details[0].split()) or "Recall30 %" in details[0]
        )
        drifted = page_of("labelled").by_id("theme-rl-exploration").text
        assert "Older and newer answers differ." in drifted
        assert "the rest judged by llama3.3." in drifted
        assert "How sure" not in page_of("labelled").by_id("theme-introspection").text

    def test_a_warning_is_in_the_section_and_in_the_trust_part(self, page_of):
        page = page_of("labelled")
        assert "Finds nearly nothing: 2 of 3,000 papers" in page.by_id("theme-introspection").text
        assert "Introspection: Finds nearly nothing: 2 of 3,000 papers" in page.by_id("trust").text
        assert "Finds nearly" not in page.by_id("theme-agents").text

    def test_trust_explains_membership_found_and_checked(self, page_of):
        trust = page_of("labelled").by_id("trust").text
        for said in (
            "a probability that a careful reader would say it belongs to the theme. From 50 % on it belongs.",
            "In RL exploration it also uses answers",
            "interval includes sampling error only",
            "A checked share is estimated from answers on papers drawn at random",
            "It does not include mistakes in the answers themselves",
            "teach a theme. They are never used in estimates",
            "People have read the papers that they labelled, and no others.",
        ):
            assert said in trust, said
        usual = page_of("usual").by_id("trust").text
        assert "About 60 answers on papers drawn at random turn a found share into a checked one" in usual
        assert "No person has read these papers for this page." in usual

    def test_an_older_run_states_its_old_rule(self, run_of, page_of):
        trust = page_of("older").by_id("trust").text
        assert "This run was made before themes had probabilities." in trust
        assert "from a score of 3 on it belongs to the theme" in trust
        run = run_of("older")
        manifest = run.manifest | {"settings": {**run.manifest["settings"], "theme_threshold": 2.5}}
        context = make_report_context(RunView(run.tables, manifest))
        assert "from a score of 2.5 on" in context.trust.themes[0]
        assert "score " in context.themes[0].newest[0].likely
        assert "likely" in page_of("usual").by_id("themes").text

    def test_without_dates_a_checked_theme_still_says_so(self, page_of):
        page = page_of("labelled-undated")
        text = page.by_id("theme-agents").text
        assert "checked 34 % of all papers (29 to 40), checked on 120 answers" in text

    def test_hostile_names_of_models_are_texts(self, page_of):
        text = page_of("labelled-hostile").by_id("themes").text
        assert 'Judged by "><img src=x onerror=alert(1)> and evil isolate.' in text


class TestCharts:
    def texts(self, chart):
        return [element.text for element in ET.fromstring(chart.svg).iter(f"{SVG}text")]

    def test_the_band_is_named_where_it_is_drawn_and_for_those_who_do_not_see_it(self, charts):
        for name, words in (
            ("theme-self-improvement", "found by phrases; the band leaves out what they miss"),
            ("theme-agents", "checked on answers; the band includes what the phrases miss"),
        ):
            assert words in self.texts(charts[name])
            assert words in charts[name].label
        assert "95 % from, chance only" in charts["theme-self-improvement"].values.columns
        assert "95 % from" in charts["theme-agents"].values.columns

    def test_bands_differ_in_more_than_color(self, charts):
        def edges(name):
            paths = ET.fromstring(charts[name].svg).iter(f"{SVG}path")
            return sum(path.attrib.get("stroke-width") == "0.75" for path in paths)

        assert edges("theme-self-improvement") == 1
        assert edges("theme-agents") == 0

    def test_all_themes_on_one_sheet_say_it_too(self, charts):
        texts = self.texts(charts["themes"])
        assert sum(text.endswith(" checked") for text in texts) == 2
        assert sum(text.endswith(" found") for text in texts) == 2

    @pytest.mark.usefixtures("charts_drawn_each_time")
    def test_the_same_bytes_twice(self, charts, run_of):
        run = run_of("labelled")
        assert plot_charts(RunView(run.tables, run.manifest)) == charts


class TestOutside:
    def test_the_mail_tells_the_three_states(self, mail):
        digest, text, html = mail
        for part in (plain(text), plain(html)):
            assert "34 % of all papers (29 to 40), estimated from 120 labelled papers." in part
            assert "papers in other words are not counted (14 papers labelled so far)." in part
            assert "0.1 % of all papers have its phrases; papers in other words are not counted." in part
        assert digest.chart_note in (
            "share of papers over time, estimated from labelled papers",
            "share of papers over time that have its phrases",
        )

    def test_summary_archive_and_feed_carry_the_word(self, labelled):
        run, context = labelled
        summary = make_summary(context)
        by_name = {line["name"]: line for line in summary["headlines"]}
        assert "(checked: " in by_name["Agents"]["claim"]
        assert by_name["Agents"]["known"].startswith("checked on 120 answers; ")
        assert by_name["Self-improvement"]["known"].startswith("found 7")
        archive = make_archive([run.manifest | {"summary": summary}])
        claims = [line.claim for line in archive.runs[0].lines]
        assert any("(checked: " in claim for claim in claims)
        assert any("(found)" in claim for claim in claims)
        assert "(checked: " in render_feed(archive)
