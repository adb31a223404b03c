"""Terms of topics: of many papers, of few others, used together."""

from __future__ import annotations

import numpy as np

from analytics.text.abbreviations import abbreviations
from analytics.text.mentions import Mentions
from analytics.text.term_counts import count_terms
from analytics.topics.topic_terms import coherent_terms


def terms_of(texts, members):
    counts, terms = count_terms(texts)
    return [terms[columns].tolist() for columns in coherent_terms(members, counts, terms)]


def test_terms_of_single_corners_stay_out():
    """Two of thirty papers use "bandits"; a term needs three."""
    own = ["sparse rewards. curious explorers"] * 28 + ["sparse rewards. bandits"] * 2
    found = terms_of(own + ["web pages"] * 30, [np.arange(30), np.arange(30, 60)])
    assert found == [["sparse rewards", "curious explorers"], ["web pages"]]


def test_terms_that_papers_use_together_go_before_those_apart():
    """The third term of equal evidence is the one in the papers of the first two."""
    own = ["alpha. beta. gamma"] * 4 + ["delta"] * 4
    first = terms_of(own + ["web"] * 8, [np.arange(8)])[0]
    assert first[:3] == ["alpha", "beta", "gamma"]
    assert first[3] == "delta"


def test_a_cut_phrase_is_no_term():
    found = terms_of(["graphical user interface"] * 4 + ["web"] * 4, [np.arange(4), np.arange(4, 8)])
    assert found[0] == ["graphical user interface"]


def test_no_papers_no_terms():
    counts, terms = count_terms(["web pages", "web pages"])
    assert coherent_terms([], counts, terms) == []
    assert coherent_terms([np.array([0])], counts, terms) == [[]]


def test_abbreviations_by_majority_of_their_definitions():
    speech, scaling = "text-to-speech (TTS)", "test-time scaling (TTS)"
    assert abbreviations([speech] * 3 + [scaling] * 2)["tts"] == ("text", "speech")
    assert "tts" not in abbreviations([speech] * 3 + [scaling] * 2 + ["tall tree search (TTS)"] * 2)
    assert abbreviations(["information technology (IT)"] * 5) == {}, "a function word is none"
    assert abbreviations(["we are (ABC)", "(RL)", ""] * 3) == {}


def test_mentions_in_every_form():
    texts = ["multi-modal agents", "multimodal agent", "agents of many kinds", "multi modal agents"] * 2
    counts, terms = count_terms(texts)
    said = Mentions(counts, terms, {})
    assert said.papers("multimodal agents")[:4].tolist() == [True, True, False, False]
    assert said.papers("multi-modal agents")[:4].tolist() == [True, True, False, True]
    assert not said.papers("nothing").any()
    assert not said.papers("").any()
