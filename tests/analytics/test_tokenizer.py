from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.text.tokenizer import ABSTRACT_FURNITURE, STOP_WORDS, display_forms, phrases, tokenize, words


def test_tex_and_markup_are_no_words():
    assert words(r"the $\alpha_{1}$-model of \textbf{agents}") == ["the", "model", "of", "agents"]


def test_chinese_runs_become_pairs_and_a_lone_sign_stays():
    assert words("稀疏奖励") == ["稀疏", "疏奖", "奖励"]
    assert tokenize("人") == ["人"]


def test_phrases_cross_no_punctuation_line_or_stop_word():
    found = phrases("Sparse rewards. Curious agents\nvalue iteration of goals")
    assert "sparse rewards" in found
    assert "rewards curious" not in found
    assert "agents value" not in found
    assert not any(" of " in f" {phrase} " for phrase in found)


def test_furniture_is_not_a_term_but_may_be_in_a_phrase():
    found = phrases("contrastive learning improves results")
    assert "contrastive learning" in found
    assert "learning" not in found
    assert not {"improves", "results"} & set(found)


def test_a_phrase_of_furniture_only_is_not_a_term():
    assert phrases("training data") == []


@given(st.text(max_size=400))
def test_any_text_gives_clean_words(text):
    for word in tokenize(text):
        assert word == word.casefold() or word.casefold() != word.lower()
        assert word.strip()
        assert word not in STOP_WORDS
    for phrase in phrases(text):
        assert 1 <= len(phrase.split()) <= 3
        assert phrase not in ABSTRACT_FURNITURE


@pytest.mark.parametrize(
    ("texts", "word", "form"),
    [(["an LLM", "the LLM", "llm"], "llm", "LLM"), (["Agents act", "agents plan"], "agents", "Agents")],
)
def test_display_form_is_the_most_frequent_one_and_ties_are_settled(texts, word, form):
    assert display_forms(texts)[word] == form
