"""Series for the page: named periods, a verdict, and the comparison period.

Everything here is read from the tables `trends`, `verdicts` and `theme_quality`; nothing is estimated again.
For a theme with checked shares, every share is a checked one.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from analytics.tables import RunTables
from analytics.trends.verdicts import STEADY_WITHIN, WINDOWS
from reports.values.periods import Period, period_unit, range_label
from reports.values.verdict_row import VERDICTS, Verdict, verdict_of

__all__ = [
    "VERDICTS",
    "Comparison",
    "Series",
    "Span",
    "Verdict",
    "make_series",
]

NO_RECENT = Verdict("insufficient", window="recent")
NO_LASTING = Verdict("insufficient", window="lasting")


@dataclass(frozen=True, slots=True)
class Span:
    """Pooled counts of consecutive periods, under one name.

    `checked` is the pooled checked share, NaN for a share that is found; `low` and `high` are the ends of its
    interval, NaN over several periods, whose errors are not independent.
    """

    label: str
    n_papers: int
    n_total: int
    checked: float = math.nan
    low: float = math.nan
    high: float = math.nan

    @property
    def is_checked(self) -> bool:
        """Whether the share is estimated from answers."""
        return not math.isnan(self.checked)

    @property
    def share(self) -> float:
        """Pooled share, NaN where no paper is dated."""
        if self.is_checked:
            return self.checked
        return self.n_papers / self.n_total if self.n_total else math.nan


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a claim compares: `now` with `before`, which is a year earlier or the first half."""

    now: Span
    before: Span | None
    is_year: bool


@dataclass(frozen=True, slots=True)
class Series:
    """One theme or topic over time; `periods` is empty where no paper of the corpus is dated.

    `verdict` is that of the whole span, `recent` that of the newest months against those before, `lasting`
    whether a series that moved keeps moving; `bound` is the factor within which a share is steady.
    `is_checked` says whether the shares of its periods are checked on answers, or found.
    """

    kind: str
    series_id: str
    periods: tuple[Period, ...]
    verdict: Verdict
    recent: Verdict = NO_RECENT
    is_checked: bool = False
    lasting: Verdict = NO_LASTING
    bound: float = STEADY_WITHIN

    @property
    def basis(self) -> str:
        """How a theme's shares are known: ``found`` or ``checked``; empty for a topic."""
        if self.kind != "theme":
            return ""
        return "checked" if self.is_checked else "found"

    @property
    def complete(self) -> tuple[Period, ...]:
        """Complete periods that hold papers: the ones that claims rest on."""
        return tuple(period for period in self.periods if period.is_complete and not period.is_empty)

    @property
    def unit(self) -> str:
        """``week``, ``month``, ``quarter`` or ``year``; ``period`` without any."""
        return self.periods[0].unit if self.periods else "period"

    @property
    def latest(self) -> Period | None:
        """The newest complete period that holds papers."""
        return self.complete[-1] if self.complete else None

    @property
    def is_smooth(self) -> bool:
        """Whether the model's share is known of any complete period."""
        return any(period.has_smooth for period in self.complete)

    @property
    def share_now(self) -> float:
        """Share at the end of the line in its chart; NaN without a complete period."""
        last = self.latest
        if last is None:
            return math.nan
        return last.smooth if last.has_smooth else last.share

    @property
    def claims(self) -> tuple[Verdict, ...]:
        """Claims that the share is now another, the surest first."""
        moves = [one for one in (self.verdict, self.recent) if one.is_move]
        return tuple(sorted(moves, key=lambda one: (one.q, one.p)))

    def comparison(self) -> Comparison | None:
        """Compare the newest complete period with the same one a year before, else the halves.

        Halves are pooled over complete periods; of an odd number, the middle one belongs to neither.
        None without a complete period, `before` None with a single one.
        """
        complete = self.complete
        if not complete:
            return None
        last = complete[-1]
        for period in complete[:-1]:
            if period.start == _a_year_before(last.start, self.unit):
                return Comparison(self._pooled([last]), self._pooled([period]), is_year=True)
        half = len(complete) // 2
        if half == 0:
            return Comparison(self._pooled([last]), None, is_year=False)
        return Comparison(self._pooled(complete[-half:]), self._pooled(complete[:half]), is_year=False)

    def _pooled(self, periods: Sequence[Period]) -> Span:
        """Add up the periods under a name that can follow "in"."""
        label = range_label(periods[0], periods[-1])
        if periods[0].unit == "week":
            label = f"the {'week' if len(periods) == 1 else 'weeks'} of {label}"
        n_papers, n_total = (
            sum(counts) for counts in zip(*((p.n_papers, p.n_total) for p in periods), strict=True)
        )
        if not self.is_checked:
            return Span(label, n_papers, n_total)
        share = sum(period.share * period.n_total for period in periods) / n_total
        ends = (periods[0].low, periods[0].high) if len(periods) == 1 else (math.nan, math.nan)
        return Span(label, n_papers, n_total, share, *ends)


def make_series(tables: RunTables, bound: float = STEADY_WITHIN) -> dict[tuple[str, str], Series]:
    """Every series of the run by its kind and id, periods in order of time.

    A series without a row in `verdicts` is ``insufficient``, and one without periods has none.

    Raises
    ------
    PapertrendsError
        When a verdict is not one of the five words.
    """
    verdicts: dict[str, dict[tuple[str, str], Verdict]] = {window: {} for window in WINDOWS}
    for row in tables.verdicts.to_dict("records"):
        verdicts[row["window"]][row["kind"], row["series_id"]] = verdict_of(row)
    periods: dict[tuple[str, str], list[Period]] = {key: [] for key in verdicts["long"]}
    for kind, ids in (("theme", tables.themes["theme_id"]), ("topic", tables.topics["topic_id"])):
        for series_id in ids:
            periods.setdefault((kind, series_id), [])
    checked = _checked_themes(tables)
    for row in tables.trends.sort_values("period_start", kind="stable").to_dict("records"):
        key = (row["kind"], row["series_id"])
        periods.setdefault(key, []).append(_period(row, "checked_" if key in checked else "share_"))
    none = Verdict("insufficient")
    return {
        key: Series(
            *key,
            tuple(rows),
            verdicts["long"].get(key, none),
            verdicts["recent"].get(key, NO_RECENT),
            is_checked=key in checked,
            lasting=verdicts["lasting"].get(key, NO_LASTING),
            bound=bound,
        )
        for key, rows in periods.items()
    }


def _checked_themes(tables: RunTables) -> set[tuple[str, str]]:
    """Themes whose every period with papers has a checked share: one line is not made of both kinds."""
    checked_ids = set(tables.theme_quality.loc[tables.theme_quality["is_checked"], "theme_id"])
    rows = tables.trends[(tables.trends["kind"] == "theme") & (tables.trends["n_total"] > 0)]
    rows = rows[rows["series_id"].isin(checked_ids)]
    has_all = rows[["checked_share", "checked_low", "checked_high"]].notna().all(axis=1)
    whole = has_all.groupby(rows["series_id"]).all()
    return {("theme", str(one)) for one in whole.index[whole]}


def _period(row: Mapping[Hashable, Any], prefix: str) -> Period:
    """Row of `trends` as a value; the share of a period without papers is NaN, whatever the table has."""
    start = row["period_start"].date()
    n_total = int(row["n_total"])
    names = ("checked_share" if prefix == "checked_" else "share", f"{prefix}low", f"{prefix}high")
    # An estimate may leave the range of a share a little; a chart cannot.
    share, low, high = (min(max(row[name], 0.0), 1.0) if n_total else math.nan for name in names)
    unit = period_unit(start, row["period_end"].date())
    smooth = (float(row[name]) for name in ("smooth_share", "smooth_low", "smooth_high"))
    counts = (int(row["n_papers"]), n_total)
    return Period(start, unit, *counts, share, low, high, bool(row["is_complete"]), *smooth)


def _a_year_before(start: date, unit: str) -> date:
    """Start of the same period one year earlier; weeks keep their weekday, so 52 of them."""
    return start - timedelta(weeks=52) if unit == "week" else start.replace(year=start.year - 1)
