from __future__ import annotations

from analytics.text.distinctive_words import distinctive_words


def test_a_text_has_the_words_that_few_others_have():
    common = ["the model learns quickly"] * 30
    rare = ["the model folds proteins", "proteins again, and the model", "a model of proteins"]
    vocabulary, words = distinctive_words([*common, *rare])
    assert vocabulary == ["proteins"]
    assert words == [[]] * 30 + [[0]] * 3


def test_as_many_words_as_asked_for_those_said_more_often_first():
    texts = ["alpha beta beta gamma gamma gamma", *["alpha beta gamma"] * 2, *["other"] * 12]
    vocabulary, words = distinctive_words(texts, most=1)
    assert vocabulary[words[0][0]] == "gamma"
    assert all(len(one) <= 1 for one in words)


def test_without_texts_there_are_no_words():
    assert distinctive_words([]) == ([], [])
    assert distinctive_words(["", ""]) == ([], [[], []])
