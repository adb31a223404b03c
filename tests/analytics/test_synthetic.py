"""The generators plant what they say they plant."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import v_measure_score

from analytics.exceptions import InputError
from analytics.synthetic.corpus import SUBJECTS, make_corpus
from analytics.synthetic.series import SeriesNoise, make_series
from analytics.tables import validate_table


def grid(series: pd.DataFrame) -> np.ndarray:
    return np.reshape(series["n_papers"], (series["series_id"].nunique(), -1))


class TestMakeSeries:
    def test_shape_and_columns(self) -> None:
        series = make_series(3, 5, papers_per_period=40)
        assert list(series.columns) == [
            "kind",
            "series_id",
            "period_start",
            "n_papers",
            "n_total",
            "is_complete",
        ]
        assert series["series_id"].unique().tolist() == ["S0001", "S0002", "S0003"]
        assert series["period_start"].iloc[:5].dt.month.tolist() == [1, 2, 3, 4, 5]
        assert series["n_total"].eq(40).all()
        assert series["is_complete"].all()

    def test_the_same_seed_gives_the_same_series(self) -> None:
        noise = SeriesNoise(2, 0.5)
        first, again = (make_series(4, 9, noise=noise, random_state=3) for _ in range(2))
        pd.testing.assert_frame_equal(first, again)
        assert not first.equals(make_series(4, 9, noise=noise, random_state=4))

    @pytest.mark.parametrize(
        ("noise", "variance"),
        [(None, 1), (SeriesNoise(1, 0.9), 1), (SeriesNoise(3), 3), (SeriesNoise(3, 0.5), 3)],
    )
    def test_mean_and_variance(self, noise: SeriesNoise | None, variance: float) -> None:
        counts = grid(make_series(4000, 12, share=0.1, noise=noise, random_state=5))
        assert counts.mean() == pytest.approx(10, rel=0.02)
        assert counts.var() / 9 == pytest.approx(variance, rel=0.05)

    def test_noise_that_carries_over(self) -> None:
        def lag_one(noise: SeriesNoise) -> float:
            counts = grid(
                make_series(4000, 12, papers_per_period=500, share=0.2, noise=noise, random_state=6)
            )
            return float(np.corrcoef(counts[:, :-1].ravel(), counts[:, 1:].ravel())[0, 1])

        # Two thirds of the variance is noise, the binomial third is fresh in every period.
        assert lag_one(SeriesNoise(3, 0.6)) == pytest.approx(0.6 * 2 / 3, abs=0.02)
        assert lag_one(SeriesNoise(3)) == pytest.approx(0, abs=0.02)

    def test_a_share_doubles_on_time(self) -> None:
        shares = grid(make_series(400, 25, papers_per_period=1000, doubling_months=24, random_state=7)) / 1000
        assert shares[:, 0].mean() == pytest.approx(0.05, rel=0.02)
        assert shares[:, 24].mean() == pytest.approx(0.1, rel=0.02)

    def test_a_share_falls_at_the_same_pace(self) -> None:
        shares = (
            grid(make_series(400, 25, papers_per_period=1000, doubling_months=-24, random_state=8)) / 1000
        )
        odds = 0.05 / 0.95 / ((0.1 / 0.9) / (0.05 / 0.95))
        assert shares[:, 24].mean() == pytest.approx(odds / (1 + odds), rel=0.03)

    @pytest.mark.parametrize("share", [0, 1, -0.1])
    def test_impossible_share(self, share: float) -> None:
        with pytest.raises(InputError, match="between 0 and 1"):
            make_series(1, 5, share=share)

    def test_a_share_that_cannot_double(self) -> None:
        with pytest.raises(InputError, match=r"at its highest 1\.2"):
            make_series(1, 5, share=0.6, doubling_months=12)

    @pytest.mark.parametrize(
        "noise", [SeriesNoise(0.5), SeriesNoise(100), SeriesNoise(2, 1), SeriesNoise(2, -0.2)]
    )
    def test_impossible_noise(self, noise: SeriesNoise) -> None:
        with pytest.raises(InputError, match="impossible with 100 papers"):
            make_series(1, 5, noise=noise)


class TestMakeCorpus:
    def test_papers_are_the_contracts_table(self) -> None:
        corpus = make_corpus(50, n_undated=7, random_state=1)
        pd.testing.assert_frame_equal(validate_table("papers", corpus.papers), corpus.papers)
        assert corpus.papers["paper_id"].equals(corpus.truth["paper_id"])
        assert corpus.papers["published"].isna().sum() == 7
        assert corpus.papers["published_basis"].eq("missing").sum() == 7

    def test_the_same_seed_gives_the_same_corpus(self) -> None:
        first, again = (make_corpus(30, rising="agents", random_state=2) for _ in range(2))
        pd.testing.assert_frame_equal(first.papers, again.papers)
        pd.testing.assert_frame_equal(first.truth, again.truth)
        assert not first.papers["title"].equals(make_corpus(30, random_state=3).papers["title"])

    def test_no_two_papers_are_one(self) -> None:
        papers = make_corpus(6000, random_state=4).papers
        assert papers["title"].is_unique
        assert papers["paper_id"].is_unique

    def test_dates_fill_the_months(self) -> None:
        published = make_corpus(3000, n_months=6, start=date(2024, 9, 1), random_state=5).papers["published"]
        assert (published.min(), published.max()) == (pd.Timestamp("2024-09-01"), pd.Timestamp("2025-02-28"))
        assert published.dt.to_period("M").value_counts().min() > 400

    def test_shares_are_even(self) -> None:
        shares = make_corpus(8000, random_state=6).truth["subject"].value_counts(normalize=True)
        assert set(shares.index) == set(SUBJECTS)
        assert shares.between(0.11, 0.14).all()

    def test_one_subject_rises(self) -> None:
        corpus = make_corpus(20_000, rising="introspection", doubling_months=12, random_state=7)
        month = corpus.papers["published"].dt.to_period("M")
        share = corpus.truth["subject"].eq("introspection").groupby(month).mean()
        assert share.iloc[0] == pytest.approx(1 / 16, abs=0.025)
        assert share.iloc[11:13].mean() == pytest.approx(1 / 8, abs=0.025)
        assert share.iloc[-1] > 0.18

    def test_words_tell_the_subjects_apart(self) -> None:
        corpus = make_corpus(240, random_state=8)
        vectors = TfidfVectorizer(stop_words="english", sublinear_tf=True).fit_transform(
            corpus.papers["abstract"]
        )
        found = KMeans(len(SUBJECTS), n_init=5, random_state=0).fit_predict(vectors)
        assert v_measure_score(corpus.truth["subject"], found) > 0.8

    def test_one_paper(self) -> None:
        assert len(make_corpus(1).papers) == 1

    def test_an_unknown_subject(self) -> None:
        with pytest.raises(InputError, match="no subject 'cooking'; subjects are self-improvement"):
            make_corpus(5, rising="cooking")

    def test_more_undated_than_papers(self) -> None:
        with pytest.raises(InputError, match="between 0 and the 5 papers"):
            make_corpus(5, n_undated=6)
