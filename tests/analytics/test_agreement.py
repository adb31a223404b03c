"""Agreement of people and models against scikit-learn's kappa, cases by hand, and what must not count."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from analytics.exceptions import InputError
from analytics.labels import agreement_by_theme, cohen_kappa
from analytics.tables import empty_table


def labels_of(*rows: tuple[str, str, str, str, str]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["paper_id", "theme_id", "answer", "labeller", "day"])
    return frame.assign(day=pd.to_datetime(frame["day"]))


class TestKappa:
    @given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=60))
    def test_it_is_that_of_scikit_learn(self, pairs):
        first, second = zip(*pairs, strict=True)
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")  # it divides by zero where all answers are one class
            expected = cohen_kappa_score(first, second)
        assert cohen_kappa(first, second) == pytest.approx(expected, nan_ok=True)

    @given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=40))
    def test_neither_order_nor_who_is_first_matters_and_it_is_at_most_one(self, pairs):
        first, second = map(np.array, zip(*pairs, strict=True))
        kappa = cohen_kappa(first, second)
        assert math.isnan(kappa) or -1 <= kappa <= 1
        for other in (cohen_kappa(second, first), cohen_kappa(first[::-1], second[::-1])):
            assert other == kappa or (math.isnan(other) and math.isnan(kappa))
        assert math.isnan(kappa) == (len({*first.tolist(), *second.tolist()}) == 1)

    def test_the_edges(self):
        assert math.isnan(cohen_kappa([], []))
        assert math.isnan(cohen_kappa([False] * 5, [False] * 5))
        assert cohen_kappa([True, False], [True, True]) == 0.0
        assert cohen_kappa([True, False], [False, True]) == -1.0
        assert cohen_kappa(["yes", "no"] * 50, ["yes", "no"] * 50) == 1.0

    def test_many_items_do_not_overflow(self):
        first = np.arange(3_000_000) % 2 == 0
        assert cohen_kappa(first, first) == 1.0

    @pytest.mark.parametrize("second", [[True], [[True, False]]])
    def test_answers_to_other_items_are_refused(self, second):
        with pytest.raises(InputError, match="both must answer the same items"):
            cohen_kappa([True, False], second)


class TestByTheme:
    def test_cohens_own_kind_of_table_by_hand(self):
        """20 papers both say yes to, 5 and 10 one of them, 15 none: p_o .7, p_e .5, kappa .4."""
        answers = [("yes", "yes")] * 20 + [("yes", "no")] * 5 + [("no", "yes")] * 10 + [("no", "no")] * 15
        rows = [
            (f"p{i}", "agents", answer, who, "2025-01-01")
            for i, pair in enumerate(answers)
            for who, answer in zip(("ann", "model:llama"), pair, strict=True)
        ]
        (found,) = agreement_by_theme(labels_of(*rows)).to_dict("records")
        assert found == {"theme_id": "agents", "n_both": 50, "kappa": pytest.approx(0.4)}

    def test_only_papers_that_both_are_sure_of_count_and_the_newest_answer_of_each(self):
        labels = labels_of(
            ("p1", "b", "yes", "ann", "2025-01-01"),
            ("p1", "b", "no", "model:x", "2025-01-01"),
            ("p1", "b", "yes", "model:x", "2025-01-02"),  # newer
            ("p2", "b", "no", "bob", "2025-01-01"),
            ("p2", "b", "no", "model:y", "2025-01-01"),
            ("p3", "b", "yes", "ann", "2025-01-01"),  # no model
            ("p4", "b", "yes", "model:x", "2025-01-01"),  # no person
            ("p5", "b", "unsure", "ann", "2025-01-01"),
            ("p5", "b", "yes", "model:x", "2025-01-01"),
            ("p6", "b", "yes", "ann", "2025-01-01"),
            ("p6", "b", "unsure", "model:x", "2025-01-01"),
            ("p1", "a", "yes", "ann", "2025-01-01"),  # another theme, by a person alone
        )
        before = labels.copy()
        found = agreement_by_theme(labels.sample(frac=1, random_state=0))
        assert found["theme_id"].tolist() == ["a", "b"]
        assert found["n_both"].tolist() == [0, 2]
        assert math.isnan(found["kappa"][0])
        assert found["kappa"][1] == 1.0
        pd.testing.assert_frame_equal(labels, before)

    def test_the_newest_answer_unsure_takes_the_paper_out(self):
        labels = labels_of(
            ("p", "a", "yes", "ann", "2025-01-01"),
            ("p", "a", "unsure", "ann", "2025-01-02"),
            ("p", "a", "yes", "model:x", "2025-01-01"),
        )
        assert agreement_by_theme(labels)["n_both"].tolist() == [0]

    def test_no_labels_no_themes_but_the_columns(self):
        found = agreement_by_theme(empty_table("labels"))
        assert found.empty
        assert found.dtypes.astype(str).to_dict() == {
            "theme_id": "str",
            "n_both": "int64",
            "kappa": "float64",
        }
