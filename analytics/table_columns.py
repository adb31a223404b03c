"""Every table of a run and every column: its kind, its unit and what it means.

The one source of these facts: tables are checked against it, `docs/reference/tables.md` is made from it.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["TABLES", "Column", "TableSpec"]


class Column(NamedTuple):
    """One column of a run's table.

    Attributes
    ----------
    kind : str
        ``text`` (never null), ``text?`` (nullable), ``int``, ``int?``, ``float`` (NaN where there is no
        estimate), ``bool``, ``day``, ``day?``, or ``texts`` (a list of str). A day is a pandas
        ``datetime64[us]`` at midnight without a zone.
    unit : str
        Unit, range or allowed values; empty for free text.
    """

    kind: str
    unit: str
    meaning: str


class TableSpec(NamedTuple):
    """One table of a run: what a row is, and its columns in order."""

    rows: str
    columns: dict[str, Column]


_C = Column

# Columns that many tables share.
_PAPER = _C("text", "", "Id: `arxiv:...`, else `doi:...`, else `title:` with a hash of the title.")
_THEME = _C("text", "", "The theme, as the themes file names it.")
_OF_SERIES = {
    "kind": _C("text", "theme, topic", "Kind of series."),
    "series_id": _C("text", "", "The theme or topic."),
}
_START = _C("day", "day", "First day of the period.")
_END = _C("day", "day", "Day after the last day of the period.")
_P = _C("float", "0 to 1", "p value.")
_Q = _C("float", "0 to 1", "False discovery rate at which this row would just be claimed.")
_SHARE = "share, 0 to 1"
_DATE_BASES = "stated, updated, year_inferred, id_month, missing"
_DATE_FAULTS = "before_1900, before_id_month, after_id_month"
_COMPLETE = _C("bool", "", "The corpus covers the whole period.")
_BASIS = _C("text", "found, checked", "Which share it refers to.")
_N_TOTAL = _C("int", "papers", "All dated papers of the period.")

_FORECAST = {
    **_OF_SERIES,
    "period_start": _START,
    "period_end": _END,
    "share": _C("float", _SHARE, "Forecast share."),
    "low_50": _C("float", _SHARE, "Lower end of the 50 % band."),
    "high_50": _C("float", _SHARE, "Upper end of the 50 % band."),
    "low_90": _C("float", _SHARE, "Lower end of the 90 % band."),
    "high_90": _C("float", _SHARE, "Upper end of the 90 % band."),
    "method": _C("text", "", "Forecaster that made it."),
    "basis": _BASIS,
    "last_start": _C("day", "day", "First day of the newest complete period that was known."),
}

TABLES: dict[str, TableSpec] = {
    "papers": TableSpec("One paper, dated or not.", {
        "paper_id": _PAPER,
        "title": _C("text", "", "Title."),
        "abstract": _C("text", "", "Abstract; may be empty."),
        "published": _C("day?", "day", "Day on which the work appeared; null when unknown."),
        "published_basis": _C("text", _DATE_BASES, "Where the date comes from."),
        "published_precision": _C("text", "day, month, year, none", "Precision of the date."),
        "published_source": _C("text?", "", "Source that stated the date."),
        "date_fault": _C("text?", _DATE_FAULTS, "Why the stated date is in doubt."),
        "updated": _C("day?", "day", "Day of the newest version that a source showed."),
        "is_withdrawn": _C("bool", "", "A source says that the work was withdrawn."),
        "first_seen": _C("day", "day", "Day on which this workspace first saw the paper."),
        "authors": _C("texts", "", "Names in order; empty when a source gives only their number."),
        "n_authors": _C("int?", "authors", "Number of authors."),
        "upvotes": _C("int?", "upvotes", "Upvotes of the latest sighting that has any."),
        "organization": _C("text?", "", "Organization that the source names."),
        "categories": _C("texts", "", "Categories, keywords or fields of study that a source states."),
        "venue": _C("text?", "", "Journal or conference that a source names."),
        "url": _C("text?", "", "Web address."),
        "sources": _C("texts", "", "Sources that showed the paper."),
        "primary_theme": _C("text?", "", "Theme with the highest score; null for a paper of no theme."),
        "topic_id": _C("text", "", "Topic; `-1` for a paper in no topic."),
    }),
    "theme_assignments": TableSpec("One paper that belongs to one theme.", {
        "paper_id": _PAPER,
        "theme_id": _THEME,
        "score": _C("float", "nats", "Evidence for membership, a log likelihood ratio."),
        "probability": _C("float", "0 to 1", "That a careful reader would call the paper one of the theme."),
        "is_primary": _C("bool", "", "It is the paper's primary theme."),
        "phrase": _C("text", "", "Phrase of the theme that is nearest to the paper."),
    }),
    "near_misses": TableSpec("One of the 20 likeliest papers that do not belong to a theme.", {
        "theme_id": _THEME,
        "paper_id": _PAPER,
        "score": _C("float", "nats", "Evidence for membership, a log likelihood ratio."),
        "probability": _C("float", "0 to 1", "That a careful reader would call the paper one of the theme."),
    }),
    "labels": TableSpec("What one labeller said about one paper and one theme by the run's day.", {
        "paper_id": _PAPER,
        "theme_id": _THEME,
        "answer": _C("text", "yes, no, unsure", "The answer."),
        "labeller": _C("text", "", "Name of the person, or `model:` and the model's name."),
        "day": _C("day", "day", "Day of the answer."),
        "draw": _C("int?", "", "Number of the draw; null for a correction."),
        "draw_probability": _C("float", "0 to 1", "Probability of the draw; NaN for a correction."),
        "definition": _C("text", "", "Hash of the theme's definition at that time."),
    }),
    "theme_quality": TableSpec("One theme: its labels and what they show about its phrases.", {
        "theme_id": _THEME,
        "n_labels": _C("int", "labels", "Yes and no labels that count."),
        "n_yes": _C("int", "labels", "Those that say yes."),
        "n_drawn": _C("int", "labels", "Those on drawn papers; only these enter estimates."),
        "n_earlier": _C("int", "labels", "Those given for an earlier definition of the theme."),
        "labelled_by": _C("text", "", "`people`, names of models, or both."),
        "n_both": _C("int", "papers", "Papers that a person and a model labelled."),
        "kappa": _C("float", "-1 to 1", "Cohen's kappa of people and models."),
        "is_taught": _C("bool", "", "Membership comes from the model that learned from labels."),
        "is_checked": _C("bool", "", "There are enough labels for a checked share."),
        "precision": _C("float", _SHARE, "Share of the papers found by phrases alone that are right."),
        "precision_low": _C("float", _SHARE, "Lower end of its 95 % interval."),
        "precision_high": _C("float", _SHARE, "Upper end of its 95 % interval."),
        "recall": _C("float", _SHARE, "Share of the theme's papers that the phrases alone find."),
        "recall_low": _C("float", _SHARE, "Lower end of its 95 % interval."),
        "recall_high": _C("float", _SHARE, "Upper end of its 95 % interval."),
        "share_found": _C("float", _SHARE, "Share of all papers that the phrases alone find."),
        "share_checked": _C("float", _SHARE, "Share of all papers, estimated from labels."),
        "checked_low": _C("float", _SHARE, "Lower end of its 95 % interval."),
        "checked_high": _C("float", _SHARE, "Upper end of its 95 % interval."),
        "r2": _C("float", "0 to 1", "Part of the labels' variance that the predicted probability explains."),
        "labels_to_halve": _C("float", "labels", "Further labels that would halve that interval."),
        "drift_p": _C("float", "0 to 1", "p value of errors that change over time."),
    }),
    "positions": TableSpec("One paper's place on the map.", {
        "paper_id": _PAPER,
        "x": _C("float", "median distance between neighboring topics", "Horizontal position."),
        "y": _C("float", "median distance between neighboring topics", "Vertical position."),
    }),
    "topic_assignments": TableSpec("One paper and its topic.", {
        "paper_id": _PAPER,
        "topic_id": _C("text", "", "Topic; `-1` for none."),
        "strength": _C("float", "0 to 1", "Strength of membership; 0 if not clustered."),
        "basis": _C("text?", "clustered, nearest, none", "How the paper came to its topic."),
        "nearest_topic_id": _C("text?", "", "Nearest topic, at whatever distance."),
        "similarity": _C("float", "cosine, -1 to 1", "Cosine to the center of the nearest topic."),
        "found_topic_id": _C("text?", "", "Topic of the fit, before people merged topics."),
    }),
    "themes": TableSpec("One theme, as declared.", {
        "theme_id": _THEME,
        "name": _C("text", "", "Name."),
        "description": _C("text", "", "Description."),
        "n_papers": _C("int", "papers", "Papers that belong to it, dated or not."),
    }),
    "theme_terms": TableSpec("One term that a theme's papers use more or less often in the newest year.", {
        "theme_id": _THEME,
        "term": _C("text", "", "Word or phrase."),
        "n_lately": _C("int", "papers", "Compared papers of the newest year that use it."),
        "of_lately": _C("int", "papers", "Compared papers of the newest year."),
        "n_before": _C("int", "papers", "Compared earlier papers that use it."),
        "of_before": _C("int", "papers", "Compared earlier papers."),
        "p_value": _P,
        "q_value": _Q,
    }),
    "topics": TableSpec("One topic.", {
        "topic_id": _C("text", "", "Persistent id, such as `T0001`."),
        "label": _C("text", "", "Phrase that names it."),
        "top_terms": _C("texts", "", "Terms that distinguish it, best first."),
        "coherence": _C("float", "NPMI, -1 to 1", "How often its terms occur together."),
        "n_papers": _C("int", "papers", "Its papers, dated or not."),
        "representative_papers": _C("texts", "", "The three papers nearest to its mean."),
        "group_id": _C("text?", "", "Broad group; null without groups."),
        "group_label": _C("text?", "", "Name of that group."),
        "found_label": _C("text?", "", "Label of the data; `label` unless people or a model named it."),
        "named_by": _C("text", "data, model, people", "Where `label` comes from."),
        "merged_ids": _C("texts", "", "Topics of the fit that people merged into it."),
        "is_pinned": _C("bool", "", "People pinned it: it comes first."),
        "is_hidden": _C("bool", "", "People hid it from page, mail and feeds."),
        "note": _C("text", "", "Note of people; empty without one."),
    }),
    "topic_events": TableSpec("What became of one topic at the fit that the run uses.", {
        "event": _C("text", "born, continued, split, merged, retired", "What happened."),
        "topic_id": _C("text", "", "The topic."),
        "other_id": _C("text?", "", "Topic from which it split, or into which it merged."),
        "n_papers": _C("int", "papers", "Papers that carry the event."),
        "papers": _C("texts", "", "Ids of these papers."),
    }),
    "trends": TableSpec("One series in one period.", {
        **_OF_SERIES,
        "period_start": _START,
        "period_end": _END,
        "n_papers": _C("int", "papers", "The series' papers."),
        "n_total": _N_TOTAL,
        "share": _C("float", _SHARE, "`n_papers / n_total`."),
        "share_low": _C("float", _SHARE, "Lower end of its 95 % interval (Wilson)."),
        "share_high": _C("float", _SHARE, "Upper end of its 95 % interval (Wilson)."),
        "is_complete": _COMPLETE,
        "checked_share": _C("float", _SHARE, "Share estimated from labels; NaN without enough of them."),
        "checked_low": _C("float", _SHARE, "Lower end of its 95 % interval."),
        "checked_high": _C("float", _SHARE, "Upper end of its 95 % interval."),
        "smooth_share": _C("float", _SHARE, "Share of the trend model."),
        "smooth_low": _C("float", _SHARE, "Lower end of its 95 % band."),
        "smooth_high": _C("float", _SHARE, "Upper end of its 95 % band."),
    }),
    "verdicts": TableSpec("The answer to one question about one series.", {
        **_OF_SERIES,
        "window": _C("text", "long, recent, lasting", "The question, see \"How a verdict is reached\"."),
        "basis": _BASIS,
        "period": _C("text", "day, week, month, quarter, year", "Length of the tested periods."),
        "since": _C("day?", "day", "First day that was compared."),
        "parted": _C("day?", "day", "First day of the newest months."),
        "until": _C("day?", "day", "Day after the last day that was compared."),
        "verdict": _C("text", "rising, falling, steady, unclear, insufficient", "The answer."),
        "start_share": _C("float", _SHARE, "Share at the start, by the model."),
        "end_share": _C("float", _SHARE, "Share at the end, by the model."),
        "change": _C("float", "ratio of shares", "`end_share / start_share`."),
        "change_low": _C("float", "ratio of shares", "Lower end of its 95 % interval."),
        "change_high": _C("float", "ratio of shares", "Upper end of its 95 % interval."),
        "growth_per_year": _C("float", "odds ratio per year", "Factor by which the odds grow in a year."),
        "growth_low": _C("float", "odds ratio per year", "Lower end of its 95 % interval."),
        "growth_high": _C("float", "odds ratio per year", "Upper end of its 95 % interval."),
        "p_value": _P,
        "q_value": _Q,
        "steady_p": _C("float", "0 to 1", "p value of the equivalence test behind `steady`."),
        "papers_to_tell": _C("float", "papers", "Further papers of the series that would decide it."),
        "days_to_tell": _C("float", "days", "Time in which they would come."),
        "is_curved": _C("bool", "", "The model is a smooth curve, not a straight line."),
        "n_papers": _C("int", "papers", "The series' papers in the tested periods."),
        "n_periods": _C("int", "periods", "Tested periods."),
        "is_fragile": _C("bool", "", "Another verdict results when unassigned papers are spread out."),
    }),
    "groups": TableSpec("One group of papers, such as an organization, in one theme or in all papers.", {
        "by": _C("text", "source, organization, category, venue", "What papers are grouped by."),
        "theme_id": _C("text?", "", "The theme; null for all papers."),
        "group": _C("text?", "", "Name of the group; null for all groups that have no row."),
        "n_groups": _C("int", "groups", "1, or the number of groups that have no row."),
        "n_papers": _C("int", "papers", "Papers of the group; a paper with several groups counts for each."),
        "n_total": _C("int", "papers", "Papers of the theme that name any group."),
        "share": _C("float", _SHARE, "`n_papers` over `n_total`; shares need not add up to 1."),
        "share_low": _C("float", _SHARE, "Lower end of its 95 % Wilson interval."),
        "share_high": _C("float", _SHARE, "Upper end of its 95 % Wilson interval."),
        "first_published": _C("day?", "day", "Day of the group's first dated paper in the theme."),
        "is_newcomer": _C("bool", "", "That day is among the last 91 days of the theme's papers."),
        "is_tested": _C("bool", "", "The group is among the largest, whose shares are tested for a trend."),
        "verdict": _C("text", "rising, falling, steady, unclear, insufficient", "Verdict on the share."),
        "start_share": _C("float", _SHARE, "Modeled share at the start of the span."),
        "end_share": _C("float", _SHARE, "Modeled share at its end."),
        "change": _C("float", "ratio", "`end_share` over `start_share`."),
        "change_low": _C("float", "ratio", "Lower end of its 95 % interval."),
        "change_high": _C("float", "ratio", "Upper end of its 95 % interval."),
        "p_value": _P,
        "q_value": _Q,
    }),
    "watched": TableSpec("One paper that a watch of the settings finds.", {
        "watch": _C("text", "", "Name of the watch."),
        "paper_id": _PAPER,
        "reason": _C("text", "", "Why it is found, in words."),
    }),
    "unassigned": TableSpec("One period: its papers that no series counts.", {
        "period_start": _START,
        "period_end": _END,
        "n_total": _N_TOTAL,
        "n_unclustered": _C("int", "papers", "Dated papers of the period in no topic."),
        "n_undated": _C("int", "papers", "Papers without a date that were first seen in the period."),
        "is_complete": _COMPLETE,
    }),
    "bursts": TableSpec("Consecutive periods in which a share is clearly raised.", {
        **_OF_SERIES,
        "period_start": _C("day", "day", "First day of the burst."),
        "period_end": _C("day", "day", "Day after its last day."),
        "weight": _C("float", "nats", "Log likelihood ratio of the burst state over the base state."),
        "p_value": _C("float", "0 to 1", "p value by permutation of dates."),
        "q_value": _Q,
    }),
    "change_points": TableSpec("One place at which the level of a share changed.", {
        **_OF_SERIES,
        "period_start": _C("day", "day", "First day of the new level."),
        "share_before": _C("float", _SHARE, "Level before."),
        "share_after": _C("float", _SHARE, "Level after."),
        "p_value": _P,
        "q_value": _Q,
    }),
    "forecasts": TableSpec("The forecast of one series for one coming period.", _FORECAST),
    "backtests": TableSpec("One forecaster on the run's own past.", {
        "method": _C("text", "", "Forecaster."),
        "error_ratio": _C("float", "ratio", "Mean absolute scaled error over that of `last_value`."),
        "pinball_ratio": _C("float", "ratio", "The same for the mean pinball loss of forecast and bands."),
        "coverage_50": _C("float", _SHARE, "Part of the shares that lay inside the 50 % band."),
        "coverage_90": _C("float", _SHARE, "Part of the shares that lay inside the 90 % band."),
        "p_over_last_value": _C("float", "0 to 1", "p value of a smaller error than `last_value`."),
        "p_over_trailing_mean": _C("float", "0 to 1", "The same for `trailing_mean`."),
        "p_over_pooled_level": _C("float", "0 to 1", "The same for `pooled_level`."),
        "p_over_damped_trend": _C("float", "0 to 1", "The same for `damped_trend`."),
        "year_ratio": _C("float", "ratio", "Error over that of the same period a year before."),
        "p_over_year": _C("float", "0 to 1", "p value of a smaller error than that."),
        "n_forecasts": _C("int", "forecasts", "Forecasts that were scored."),
        "n_origins": _C("int", "dates", "Dates from which they were made."),
        "n_series": _C("int", "series", "Series that were forecast."),
    }),
    "emerging": TableSpec("One series in the ranking of emerging ones, likeliest first.", {
        **_OF_SERIES,
        "probability": _C("float", "0 to 1", "That the next year's share exceeds the last year's."),
        "growth_per_year": _C("float", "odds ratio per year", "Shrunken growth of its odds."),
        "n_papers": _C("int", "papers", "Papers of the years on which the ranking is based."),
    }),
    "emerging_scores": TableSpec("One ranking from one past date, and how well it did.", {
        "cutoff": _C("day", "day", "Date from which series were ranked."),
        "method": _C("text", "trend, momentum, chance", "Ranking."),
        "precision": _C("float", _SHARE, "Part of the first ranks whose share was higher a year later."),
        "base_rate": _C("float", _SHARE, "Part of all ranked series whose share was higher."),
    }),
    "scored_forecasts": TableSpec("A forecast of an earlier run whose period is complete by now.", {
        "run_id": _C("text", "", "Run that made it."),
        **_FORECAST,
        "actual": _C("float", _SHARE, "The share that came."),
        "error": _C("float", "share, -1 to 1", "`actual - share`."),
        "naive_error": _C("float", "share, -1 to 1", "Error of repeating the last known share."),
        "inside_50": _C("bool", "", "The share lay inside the 50 % band."),
        "inside_90": _C("bool", "", "The share lay inside the 90 % band."),
    }),
    "scored_claims": TableSpec("A rising or falling verdict of an earlier run, a year later.", {
        "run_id": _C("text", "", "Run that claimed it."),
        **_OF_SERIES,
        "verdict": _C("text", "rising, falling", "The claim."),
        "last_start": _C("day", "day", "First day of the newest complete period that was known."),
        "share_before": _C("float", _SHARE, "Share over the year up to that period."),
        "share_after": _C("float", _SHARE, "Share over the year after it."),
        "came_true": _C("bool", "", "The share moved on in the claimed direction."),
    }),
    "changes": TableSpec("The change of one series' share since an earlier run, split into parts.", {
        "against": _C("text", "", "The earlier run."),
        **_OF_SERIES,
        "from_share": _C("float", _SHARE, "Share in the earlier run, over all its dated papers."),
        "to_share": _C("float", _SHARE, "Share in this run."),
        "by_new_papers": _C("float", "share, -1 to 1", "Part caused by papers that came, went or got dates."),
        "by_reassignment": _C("float", "share, -1 to 1", "Part caused by papers that changed series."),
        "by_definition": _C("float", "share, -1 to 1", "Part caused by changed themes, vectors, settings."),
        "by_correction": _C("float", "share, -1 to 1", "Part caused by labels."),
    }),
}  # fmt: skip
