"""Papers that a mail names: of each theme, of each watch, each with the sentence that carries it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd

from analytics.tables import RunTables
from analytics.themes.carrying_sentences import carrying_sentences
from analytics.watch import watch_words
from reports.values.count_sentences import mail_known
from reports.values.edition import Edition
from reports.values.formatting import clip, count, plural
from reports.values.paper_lines import make_paper_lines, newest_first, papers_by_id
from reports.view import RunView

__all__ = ["MailGroup", "MailPaper", "mail_papers", "new_papers", "theme_groups", "watch_groups"]

_PAPERS_OF_THEME, _PAPERS_OF_WATCH = 3, 8
_LONGEST_SENTENCE = 450
_FIRST_DAYS = 7


@dataclass(frozen=True, slots=True)
class MailPaper:
    """A paper with its authors, the reason why it was selected, and a sentence of its abstract.

    `href` is empty without a safe address, `sentence` without an abstract.
    """

    paper_id: str
    title: str
    href: str
    byline: str
    day: str
    why: str
    sentence: str


@dataclass(frozen=True, slots=True)
class MailGroup:
    """New papers of a theme or watch: how many, some of them, and in `known` how certain their number is.

    `place` is where the report shows it, ``#theme-agents``; empty for a watch.
    """

    name: str
    place: str
    n: int
    n_new: str
    known: str
    papers: tuple[MailPaper, ...]
    more: str = ""


def new_papers(papers: pd.DataFrame, edition: Edition, as_of: date) -> pd.DataFrame:
    """Papers that a reader has not been sent, by id.

    First seen after the day of the last mail; for a first mail, published in the seven days up to the newest
    paper, because all papers of a first run were first seen on one day.
    """
    by_id = papers_by_id(papers)
    if edition.since is not None:
        return by_id[by_id["first_seen"] > pd.Timestamp(edition.since)]
    dated = by_id[by_id["published"] <= pd.Timestamp(as_of)]
    return dated[dated["published"] > dated["published"].max() - timedelta(days=_FIRST_DAYS)]


def theme_groups(view: RunView, new: pd.DataFrame) -> tuple[MailGroup, ...]:
    """New papers of each theme that has any, in the order of the themes.

    Of each the one with most upvotes, compared within its day of publication, then the nearest to the theme.
    """
    tables, places = view.tables, view.places
    usual = new["upvotes"].astype("Float64").groupby(new["published"]).transform("median")
    assigned = dict(iter(tables.theme_assignments.groupby("theme_id", sort=False)))
    groups = []
    for row in tables.themes.to_dict("records"):
        rows = assigned.get(row["theme_id"])
        own = None if rows is None else rows[rows["paper_id"].isin(set(new.index))]
        if rows is None or own is None or own.empty:
            continue
        scores = own.set_index("paper_id")["score"]
        reasons = _reasons(new.loc[scores.index], scores, usual)
        texts = [row["name"], row["description"], *rows["phrase"].unique()]
        groups.append(
            MailGroup(
                name=places.theme_names[row["theme_id"]],
                place=places.href("theme", row["theme_id"]),
                n=len(scores),
                n_new=plural(len(scores), "new paper"),
                known=mail_known(view.qualities[row["theme_id"]]),
                papers=mail_papers(new, reasons, texts),
            )
        )
    return tuple(groups)


def watch_groups(tables: RunTables, new: pd.DataFrame, edition: Edition) -> tuple[MailGroup, ...]:
    """New papers of each watch of the reader, and of the reader's own words, newest first."""
    found: dict[str, dict[str, str]] = {}
    rows = tables.watched[tables.watched["paper_id"].isin(set(new.index))]
    for watch, own in rows.groupby("watch", sort=False):
        if edition.watch is None or watch in edition.watch:
            found[str(watch)] = dict(zip(own["paper_id"], own["reason"], strict=True))
    hits = watch_words(new, edition.words)
    for phrase in edition.words:
        own_hits = [new.index[at] for at, hit in hits.items() if hit == phrase]
        if own_hits:
            found.setdefault(f"“{phrase}”", dict.fromkeys(own_hits, ""))
    return tuple(_watch_group(name, reasons, new) for name, reasons in found.items())


def mail_papers(
    papers: pd.DataFrame, reasons: Mapping[str, str], texts: Sequence[str]
) -> tuple[MailPaper, ...]:
    """Some papers as a mail names them.

    Parameters
    ----------
    papers : DataFrame
        Table `papers` by id.
    reasons : mapping of str to str
        Why each is named, by id, in the order in which they are named.
    texts : sequence of str
        What the sentences should be about.
    """
    chosen = papers.loc[list(reasons)]
    sentences = carrying_sentences(chosen["abstract"].tolist(), [text for text in texts if text.strip()])
    lines = make_paper_lines(chosen, {}, {})
    return tuple(
        MailPaper(
            line.paper_id,
            clip(line.title, 200),
            line.href,
            ", ".join(part for part in (line.authors, line.organization) if part),
            line.day,
            reasons[line.paper_id],
            clip(sentence, _LONGEST_SENTENCE),
        )
        for line, sentence in zip(lines, sentences, strict=True)
    )


def _watch_group(name: str, reasons: dict[str, str], new: pd.DataFrame) -> MailGroup:
    ordered = newest_first(new.loc[list(reasons)])["paper_id"].tolist()
    shown = {one: reasons[one] for one in ordered[:_PAPERS_OF_WATCH]}
    left = len(ordered) - len(shown)
    return MailGroup(
        name=clip(name, 100),
        place="",
        n=len(ordered),
        n_new=plural(len(ordered), "new paper"),
        known="",
        papers=mail_papers(new, shown, [name, *_quoted(reasons.values())]),
        more=f"{count(left)} more." if left else "",
    )


def _quoted(reasons: Iterable[str]) -> list[str]:
    """Phrases and titles that reasons name."""
    return sorted({one.partition("“")[2].rstrip("”") for one in reasons if "“" in one})


def _reasons(papers: pd.DataFrame, scores: pd.Series, usual: pd.Series) -> dict[str, str]:
    """The most upvoted paper for its day, then the papers closest to the theme; each with the reason."""
    reasons: dict[str, str] = {}
    ahead = (papers["upvotes"].astype("Float64") - usual[papers.index]).fillna(0.0).sort_index()
    if float(ahead.max()) > 0:
        best = str(ahead.idxmax())
        votes = plural(int(papers.loc[best, "upvotes"]), "upvote")
        reasons[best] = f"{votes}, where {float(usual[best]):g} were usual that day"
    for one in scores.sort_index().sort_values(ascending=False, kind="stable").index:
        if len(reasons) == _PAPERS_OF_THEME:
            break
        reasons.setdefault(str(one), "closest to the theme")
    return reasons
