"""Words of a theme's phrases in papers: BM25 over stems and pairs of them."""

from __future__ import annotations

import math
import string
from collections import Counter
from itertools import pairwise

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import snowballstemmer
from hypothesis import given
from hypothesis import strategies as st

from analytics.text.tokenizer import STOP_WORDS, words
from analytics.themes import phrase_words
from analytics.themes.phrase_words import phrase_matches

STEM = snowballstemmer.stemmer("english").stemWord
K1, B = 1.2, 0.75


def terms_of(text):
    """Stems and pairs of a text as a list, each as often as it is there."""
    parts = [part for word in words(text) for part in word.split("-")]
    stems = [STEM(part) for part in parts if len(part) > 1 and part not in STOP_WORDS]
    return stems, [f"{one} {other}" for one, other in pairwise(stems)]


def textbook(titles, abstracts, texts):
    """BM25 (Robertson & Zaragoza 2009, equations 3.12 to 3.15) paper by paper, scaled as the module states."""
    papers, lengths = [], []
    for title, abstract in zip(titles, abstracts, strict=True):
        (first, first_pairs), (rest, rest_pairs) = terms_of(title), terms_of(abstract)
        papers.append(Counter(first + first_pairs + rest + rest_pairs))
        lengths.append(len(first) + len(rest))
    n = len(papers)
    kinds = [not abstract.strip() for abstract in abstracts]  # with an abstract, without
    same = [[row for row in range(n) if kinds[row] == kind] for kind in kinds]
    usual_length = [max(np.mean([lengths[row] for row in alike]), 1.0) for alike in same]
    found = np.zeros((n, len(texts)))
    for column, own in enumerate(texts):
        query = Counter(term for text in own for term in {*terms_of(text)[0], *terms_of(text)[1]})
        if not query:
            continue
        n_with = {
            term: sum(term in paper for paper, titled in zip(papers, kinds, strict=True) if not titled)
            for term in query
        }
        titles_alone = [paper for paper, titled in zip(papers, kinds, strict=True) if titled]
        for term in query if titles_alone else ():
            share = np.mean([term in paper for paper in titles_alone])
            n_with[term] += len(titles_alone) * (1 - (1 - share) ** 8)
        weight = {
            term: times * math.log(1 + (n - n_with[term] + 0.5) / (n_with[term] + 0.5))
            for term, times in query.items()
        }
        for row, paper in enumerate(papers):
            stretched = K1 * (1 - B + B * lengths[row] / usual_length[row])
            found[row, column] = sum(
                weight[term] * paper[term] * (K1 + 1) / (paper[term] + stretched) for term in query
            )
        worth = [sum(weight[term] for term in {*terms_of(text)[0], *terms_of(text)[1]}) for text in own]
        found[:, column] /= sum(worth) / len(worth)
        before = found[:, column].copy()
        for row, alike in enumerate(same):
            part = len(alike) / (len(alike) + phrase_words._PRIOR_PAPERS)
            found[row, column] -= part * before[alike].mean() + (1 - part) * phrase_words._USUAL_PART
    return found


def test_by_hand():
    """The word agent twice, plan twice and both as a pair twice, but not as the pair of the phrase.

    Two papers with abstracts, of 4 content words and 1: 2.5 in the mean. Rarity of a word that one of them has is ln 2, of
    the pair that none has ln 6. A term that comes twice counts 2 (1.2 + 1) / (2 + 1.2 (.25 + .75 * 4 / 2.5)).
    """
    twice = 2 * 2.2 / (2 + 1.2 * (0.25 + 0.75 * 4 / 2.5))
    scaled = 2 * math.log(2) * twice / (2 * math.log(2) + math.log(6))
    usual = 2 / 1002 * scaled / 2 + 1000 / 1002 * 0.25
    found = phrase_matches(["Agents that plan", ""], ["An agent plans", "Soil"], [["planning agents"]])
    assert found[:, 0] == pytest.approx([scaled - usual, -usual])


def test_titles_alone_by_hand():
    """Half of four titles say agents, a quarter soil: as if 1 - .5^8 and 1 - .75^8 of abstracts did."""

    def rarity(share):
        return math.log1p((4 - 4 * share + 0.5) / (4 * share + 0.5))

    agents, soil, pair = rarity(1 - 0.5**8), rarity(1 - 0.75**8), rarity(0)
    scores = np.array([agents, agents, soil, 0]) / (agents + soil + pair)
    usual = 4 / 1004 * scores.mean() + 1000 / 1004 * 0.25
    found = phrase_matches(["Agents", "Agents", "Soil", "Rocks"], [""] * 4, [["agents soil"]])[:, 0]
    assert found == pytest.approx(scores - usual)


def test_a_title_alone_is_not_taken_for_a_short_paper():
    """Titles are compared with titles: how long the abstracts beside them are changes nothing."""
    titles = ["Agents that plan", "Soil and rocks", "Rivers of ice", "Trains"]
    for n_times in (1, 40):
        abstracts = [" ".join(["gravel"] * n_times)] * 4
        both = phrase_matches(titles * 2, ["", "", "", "", *abstracts], [["rocks"]])[:4]
        if n_times == 1:
            first = both
    assert both == pytest.approx(first)


def test_the_whole_phrase_counts_more_than_its_words_apart():
    filler = ["rocks and rivers"] * 50
    titles = ["Agents that use tools", "Tools that agents use", "Tool use", "Tools", *filler]
    found = phrase_matches(titles, [""] * 54, [["tool use"]])[:, 0]
    assert found[2] > found[1] > found[4]
    assert found[3] > found[4]


def test_a_pair_does_not_go_across_title_and_abstract():
    filler = ["rocks and rivers"] * 20
    apart = phrase_matches(["curious tool", *filler], ["use helps", *filler], [["tool use"]])
    joined = phrase_matches(["curious tool use", *filler], ["helps", *filler], [["tool use"]])
    assert joined[0, 0] > apart[0, 0] + 0.2


def test_words_without_content_do_not_part_a_pair():
    filler = ["rocks and rivers"] * 20
    found = [
        phrase_matches([title, *filler], [""] * 21, [["exploration of rewards"]])[0, 0]
        for title in ("explorations with a reward", "exploration reward")
    ]
    assert found[0] == pytest.approx(found[1])


@pytest.mark.parametrize(
    ("phrase", "title"),
    [
        ("tool-using agents", "Tool using agent"),
        ("tool using agents", "tool-using AGENTS."),
        ("planning agents", "“Plans”, (agent)"),
        ("dying cells", "Cells that died: die, cell"),
        ("lies", "Lying"),
        ("self-improvement", "Self improvements"),
        ("skies", "A sky"),
        ("强化学习", "深度强化学习方法"),
        ("naïve Bayes", "NAÏVE Bayes"),
    ],
)
def test_forms_of_a_word_are_the_same_word(phrase, title):
    filler = ["rocks and rivers", "market prices", "heavy trains"] * 10
    found = phrase_matches([title, *filler], [""] * 31, [[phrase]])[:, 0]
    assert found[0] > 0.2
    assert (found[1:] < 0).all()


def test_single_letters_and_function_words_are_no_terms():
    assert phrase_matches(["x of the y", "z"], ["", ""], [["the of"], ["x y"], []]).tolist() == [[0] * 3] * 2


def made_up_papers(rng, n):
    """Texts of words that phrases share, with the marks that real abstracts have between and on them."""
    known = [
        "agent", "agents", "Agents", "planning", "plan", "plans", "tool-using", "tool", "use", "the", "of", "self",
        "self-improvement", "improves", "improving", "reward", "Rewards", "sparse", "exploration", "explores",
        "强化学习", "探索", "naïve", "x", "$x^2$", "dying", "die", "lies", "lying", "state-of-the-art", "(RL)", "RL",
        "e.g.", "\\emph{agents}", "don't", "GPT-4", "3D", "curiosity/novelty", "“agents”", "agent,plan",
    ]  # fmt: skip
    marks = ["", "", "", "", ",", ".", ":", ")", "?", "…", "*", "'"]

    def text():
        size = int(rng.integers(0, 25))
        return " ".join(map("".join, zip(rng.choice(known, size), rng.choice(marks, size), strict=True)))

    return [text() for _ in range(n)], [text() for _ in range(n)]


TEXTS = [
    ["planning agents", "agents that use tools", "Tool-using agents plan."],
    ["self-improvement", "agents that improve themselves", "Improving the agent by itself"],
    ["sparse rewards", "exploration", "强化学习 探索"],
    ["cells that die", "lying"],
    ["the"],
]


@pytest.mark.parametrize("n", [1, 2, 40, 300])
def test_it_agrees_with_the_textbook(n):
    titles, abstracts = made_up_papers(np.random.default_rng(n), n)
    found = phrase_matches(titles, abstracts, TEXTS)
    np.testing.assert_allclose(found, textbook(titles, abstracts, TEXTS), atol=1e-12)
    assert np.abs(found).max() > 0.1


@given(st.lists(st.tuples(st.text(max_size=40), st.text(max_size=40)), max_size=4), st.text(max_size=20))
def test_any_text_is_read_as_the_textbook_reads_it(papers, phrase):
    titles, abstracts = [title for title, _ in papers], [abstract for _, abstract in papers]
    found = phrase_matches(titles, abstracts, [[phrase]])
    np.testing.assert_allclose(found, textbook(titles, abstracts, [[phrase]]), atol=1e-12)


def test_blocks_of_papers_give_what_one_block_gives(monkeypatch):
    titles, abstracts = made_up_papers(np.random.default_rng(8), 100)
    whole = phrase_matches(titles, abstracts, TEXTS)
    monkeypatch.setattr(phrase_words, "_BLOCK", 7)
    assert np.array_equal(phrase_matches(titles, abstracts, TEXTS), whole)


def test_no_word_is_skipped_whose_stem_is_asked_for():
    """Only words with certain first letters are stemmed; none of the others may have a stem of the query."""
    rng = np.random.default_rng(1)
    ends = ["", "ing", "ed", "ies", "s", "ly"]
    letters = np.array(list(string.ascii_lowercase))
    made = {
        "".join(rng.choice(letters, int(rng.integers(1, 5)))) + ends[int(rng.integers(0, len(ends)))]
        for _ in range(4000)
    }
    made |= {
        letter + end for letter in string.ascii_lowercase for end in ("ying", "ie", "ies", "ied", "y", "ys")
    }
    made = {word for word in made if len(word) > 1 and word not in STOP_WORDS}
    by_stem = {}
    for word in sorted(made):
        by_stem.setdefault(STEM(word), []).append(word)
    for stem, forms in by_stem.items():
        numbers = phrase_words._WordNumbers(phrase_words._Terms.of([Counter([stem])]))
        assert [numbers[form] for form in forms] == [(0,)] * len(forms), (stem, forms)


def test_stretches_that_are_forgotten_are_found_again(monkeypatch):
    texts = ["Agents that plan", "Planning agents", "plans of agents"] * 3
    expected = phrase_matches(texts, texts, [["planning agents"]])
    monkeypatch.setattr(phrase_words, "_MOST_REMEMBERED", 1)
    np.testing.assert_array_equal(phrase_matches(texts, texts, [["planning agents"]]), expected)


@pytest.mark.parametrize("kind", ["list", "object", "arrow", "pandas", "series"])
def test_however_texts_are_held(kind):
    titles, abstracts = made_up_papers(np.random.default_rng(9), 30)
    held = {
        "list": list,
        "object": lambda texts: np.array(texts, dtype=object),
        "arrow": lambda texts: pa.array(texts, type=pa.large_string()),
        "pandas": lambda texts: pd.array(texts, dtype=pd.StringDtype("pyarrow", na_value=np.nan)),
        "series": lambda texts: pd.Series(texts, dtype="str").array,
    }[kind]
    found = phrase_matches(held(titles), held(abstracts), TEXTS)
    assert np.array_equal(found, phrase_matches(titles, abstracts, TEXTS))


@pytest.mark.parametrize("texts", [[], [["agents"]], [["agents"], ["the"]]])
def test_an_empty_corpus(texts):
    assert phrase_matches([], [], texts).shape == (0, len(texts))


def test_papers_without_any_word():
    found = phrase_matches(["", "...", "agents"], ["", " ", ""], [["agents"], []])
    assert found.shape == (3, 2)
    assert np.isfinite(found).all()
    assert found[2, 0] > 0 > found[0, 0] == found[1, 0]


class TestThemesWithoutPapers:
    """A large corpus of common words, one in a hundred papers with some rare one."""

    @pytest.fixture(scope="class")
    @staticmethod
    def corpus():
        rng = np.random.default_rng(10)
        common = [
            f"{start}{end}"
            for start in ("bok", "lum", "tar", "vin", "wem")
            for end in ("a", "ig", "os", "ut")
        ]
        rare = ["medieval", "court", "records", "land", "law"]
        titles = [" ".join(rng.choice(common, 6)) for _ in range(3000)]
        abstracts = [" ".join(rng.choice(common, 60)) for _ in range(3000)]
        for row in range(0, 3000, 100):
            abstracts[row] += f" {rare[row // 100 % 5]}"
        return titles, abstracts

    def test_they_score_near_zero(self, corpus):
        found = phrase_matches(
            *corpus, [["medieval court records", "land law"], ["football", "goal keepers"]]
        )
        assert np.quantile(found[:, 0], 0.98) < 0.05
        assert found[:, 0].max() < 0.5  # a rare word, but no phrase
        assert np.ptp(found[:, 1]) == 0
        assert -0.1 < found[0, 1] <= 0

    def test_a_single_paper_with_the_phrase_stands_out(self, corpus):
        titles, abstracts = (list(texts) for texts in corpus)
        abstracts[7] += " medieval court records"
        found = phrase_matches(titles, abstracts, [["medieval court records", "land law"]])[:, 0]
        assert found.argmax() == 7
        assert found[7] > 0.8
