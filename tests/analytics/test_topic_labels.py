from __future__ import annotations

import numpy as np
import pytest

from analytics.text.term_counts import count_terms
from analytics.text.terms import stems
from analytics.topics.topic_labels import label_topics

TEXTS = [
    "sparse rewards need exploration",
    "exploration with sparse rewards",
    "web agents browse pages",
    "web agents click pages",
]


def labels_of(texts, members, vectors=None, display=None, before=None, abbreviations=None):
    counts, terms = count_terms(texts)
    vectors = np.ones((len(texts), 2), dtype=np.float32) if vectors is None else vectors
    members = {topic: np.asarray(rows) for topic, rows in members.items()}
    return label_topics(
        members,
        counts,
        terms,
        vectors=vectors,
        display=display or {},
        abbreviations=abbreviations,
        before=before,
    )


def test_labels_are_distinct_phrases_of_their_topics():
    labels = labels_of(TEXTS, {1: [0, 1], 2: [2, 3]}, display={"web": "Web"})
    assert labels == {1: "sparse rewards", 2: "Web agents"}


def test_topics_that_cannot_be_distinguished_still_get_different_labels():
    labels = labels_of(["click", "browse"], {1: [0], 2: [1]})
    assert sorted(labels.values()) == ["unnamed topic", "unnamed topic (2)"]


def test_a_cut_phrase_is_completed():
    labels = labels_of(
        ["graphical user interface"] * 3 + ["sparse rewards"] * 3, {1: range(3), 2: range(3, 6)}
    )
    assert labels[1] == "graphical user interface"


def test_a_phrase_is_completed_beyond_the_three_words_that_are_counted():
    texts = ["vehicular ad hoc networks route"] * 3 + ["ad hoc networks"] * 3 + ["vehicular ad hoc sensors"]
    assert labels_of(texts, {1: [0, 1, 2, 6], 2: [3, 4, 5]})[1] == "vehicular ad hoc networks"


def test_what_many_others_use_too_names_nothing():
    """Six papers use the frequent phrase, two of them elsewhere; three use the one that is theirs alone."""
    own = ["language models, sparse rewards"] * 3 + ["language models"] * 3
    others = ["language models"] * 14
    assert labels_of(own + others, {1: range(6), 2: range(6, 20)})[1] == "sparse rewards"


def test_a_phrase_of_a_corner_stays_behind_one_of_the_middle():
    """Two phrases of three papers each; those of one lie around the center, those of the other to a side."""
    texts = ["sparse rewards"] * 3 + ["agent skills"] * 3 + ["else"] * 3 + ["web pages"] * 9
    middle, side, opposite = [[1, 0.3], [1, -0.3], [1, 0]], [[1, 0.9]] * 3, [[1, -0.9]] * 3
    for rows, label in (
        (middle + side + opposite, "sparse rewards"),
        (side + middle + opposite, "agent skills"),
    ):
        vectors = np.array([*rows, *[[-1, 0]] * 9], dtype=np.float32)
        assert labels_of(texts, {1: range(9), 2: range(9, 18)}, vectors)[1] == label


def test_a_word_is_joined_by_a_term_that_says_something_else():
    texts = ["music", "music sounds", "sounds music", "music"] + ["agents"] * 3
    assert labels_of(texts, {1: range(4), 2: range(4, 7)}) == {1: "music, sounds", 2: "agents"}


def test_a_smaller_topic_does_not_repeat_the_words_of_a_larger_one():
    texts = ["image editing, texture"] * 6 + ["picture edits, relighting scenes"] * 4
    labels = labels_of(texts, {1: range(6), 2: range(6, 10)})
    assert labels[1] == "image editing"
    assert not stems(labels[2]) & stems(labels[1])


def test_most_papers_say_a_label_whichever_words_stand_between():
    """Six of ten papers say both words, three of them side by side; a rarer phrase is all of four papers."""
    own = ["sparse rewards"] * 3 + ["rewards that are sparse"] * 3 + ["curious explorers"] * 4
    labels = labels_of(own + ["web agents"] * 10, {1: range(10), 2: range(10, 20)})
    assert labels[1] == "sparse rewards"


def test_an_abbreviation_is_its_long_form():
    """Three papers spell out what five abbreviate: together they are most of ten."""
    own = ["reinforcement learning"] * 3 + ["RL"] * 5 + ["curious explorers"] * 2
    texts = own + ["web agents"] * 10
    members = {1: range(10), 2: range(10, 20)}
    long = {"rl": ("reinforcement", "learning")}
    assert labels_of(texts, members, abbreviations=long)[1] == "reinforcement learning"
    assert labels_of(texts, members)[1] == "rl"


def test_an_abbreviation_repeats_what_its_long_form_repeats():
    """Both forms have "diffusion models" in them, the label of a larger topic; more papers write the long one."""
    larger = ["diffusion models"] * 20
    own = ["diffusion language models"] * 8 + ["diffusion LMs"] * 6
    others = ["language models answer"] * 15 + ["LMs answer"] * 15
    members = {1: range(20), 2: range(20, 34), 3: range(34, 64)}
    long = {"lms": ("language", "models")}
    labels = labels_of([*larger, *own, *others], members, abbreviations=long)
    assert (labels[1], labels[2]) == ("diffusion models", "diffusion language models")


def test_a_generic_phrase_names_nothing():
    """All papers say "language models", half of the topic's also what no others say."""
    own = ["language models, honest replies"] * 5 + ["language models, honest and short replies"] * 5
    texts = own + ["language models"] * 30
    assert labels_of(texts, {1: range(10), 2: range(10, 40)})[1] == "honest replies"


def test_no_topic_no_label():
    assert labels_of(TEXTS, {}) == {}


@pytest.mark.parametrize("seed", range(3))
def test_labels_follow_from_the_papers_not_from_their_order(seed):
    rng = np.random.default_rng(seed)
    words = np.array([f"word{letter}" for letter in "abcdefgh"])
    texts = [" ".join(rng.choice(words, 4)) for _ in range(40)]
    vectors = rng.standard_normal((40, 3)).astype(np.float32)
    topics = rng.integers(0, 3, 40)
    order = rng.permutation(40)
    given = labels_of(texts, {k: np.flatnonzero(topics == k) for k in range(3)}, vectors)
    mixed = {k: np.flatnonzero(topics[order] == k) for k in range(3)}
    assert labels_of([texts[at] for at in order], mixed, vectors[order]) == given
    assert len(set(given.values())) == 3


def test_a_paper_without_a_vector_fails_nothing():
    labels = labels_of(TEXTS, {1: [0, 1], 2: [2, 3]}, np.zeros((4, 2), dtype=np.float32))
    assert len(set(labels.values())) == 2


def subject(*uses):
    """Ten texts of one topic: each phrase stands in so many of them."""
    return ["\n".join(phrase for phrase, n in uses if paper < n) for paper in range(10)]


class TestEarlierLabels:
    """Topic 1 says "sparse rewards" in all of its papers, another phrase in some; topic 2 is of web agents."""

    @staticmethod
    def labels(n_other, before, second=("web agents", 9)):
        texts = subject(("sparse rewards", 10), ("curious explorers", n_other)) + subject(second)
        return labels_of(texts, {1: range(10), 2: range(10, 20)}, before=before)

    @pytest.mark.parametrize(("n_other", "label"), [(5, "Curious explorers"), (4, "sparse rewards")])
    def test_one_stays_while_half_of_the_papers_say_it(self, n_other, label):
        assert self.labels(n_other, {1: "Curious explorers"})[1] == label

    def test_without_one_it_is_the_best(self):
        assert self.labels(8, None) == self.labels(8, {}) == {1: "sparse rewards", 2: "web agents"}

    @pytest.mark.parametrize("gone", ["protein folding", "unnamed topic (2)", "", "zzz", ", "])
    def test_one_that_no_paper_uses_goes(self, gone):
        assert self.labels(5, {1: gone})[1] == "sparse rewards"

    def test_two_topics_never_keep_the_same(self):
        found = self.labels(0, {1: "sparse rewards", 2: "rewards sparse"}, second=("rewards sparse", 9))
        assert found[1] == "sparse rewards"
        assert found[2] != found[1]

    def test_a_kept_one_is_not_a_choice_for_another(self):
        texts = subject(("sparse rewards", 10), ("curious explorers", 4)) + subject(("sparse rewards", 5))
        members = {1: range(10), 2: range(10, 20)}
        assert labels_of(texts, members)[1] == "sparse rewards"
        found = labels_of(texts, members, before={2: "Sparse rewards"})
        assert found[2] == "Sparse rewards"
        assert found[1] != "sparse rewards"
