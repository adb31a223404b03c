"""The sentence that carries a subject is the paper's own claim about it, word for word."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.text.sentences import split_sentences
from analytics.themes.carrying_sentences import carrying_sentences

BACKGROUND = "Planning agents with tools have become popular in games and in science lately."
CLAIM = "We introduce a planner for tool use that needs no model of the game at all."
ASIDE = "We also describe how the annotators of the second data set were paid and trained."
CODE = "Our code for planning agents is available at https://example.org/planning-agents now."


@pytest.mark.parametrize(
    ("text", "n"),
    [
        ("One. Two! Three?", 3),
        ("It uses e.g. GPT-4.1 (cf. Fig. 2) of J. Doe et al. in 3.5 s.", 1),
        ('They said "no." We asked again.', 2),
        ("Cost falls by 3. 5 papers agree.", 2),
        ("no end at all", 1),
        ("", 0),
    ],
)
def test_stops_that_end_a_sentence(text, n):
    assert len(split_sentences(text)) == n


def test_the_claim_near_the_subject_wins_over_background_asides_and_code():
    abstract = " ".join([BACKGROUND, ASIDE, CLAIM, CODE])
    assert carrying_sentences([abstract], ["planning agents", "tool use"]) == [CLAIM]
    assert carrying_sentences([abstract], ["payment of annotators of data sets"]) == [ASIDE]


def test_each_abstract_gives_its_own_and_none_gives_nothing():
    other = "This paper measures how soil changes under snow in the far north of Europe."
    found = carrying_sentences([CLAIM, "", other, "Too short."], ["planning agents"])
    assert found == [CLAIM, "", other, ""]
    assert carrying_sentences([], ["x"]) == []


def test_without_a_shared_word_the_first_claim_is_taken():
    abstract = " ".join([BACKGROUND, CLAIM, ASIDE])
    assert carrying_sentences([abstract], ["volcanoes"]) == [CLAIM]


@settings(max_examples=50)
@given(st.text(alphabet="aB .!?\"')(\n$1é", max_size=300))
def test_sentences_are_the_text_in_order(text):
    assert " ".join(split_sentences(text)) == " ".join(text.split())
