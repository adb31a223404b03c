"""Counts of terms are those of plain counting, whatever the texts are and however they are read."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy import sparse

from analytics.text import term_counts
from analytics.text.term_counts import class_sums, count_terms
from analytics.text.tokenizer import (
    _CJK,
    _NOT_ALONE,
    _NOT_IN_PHRASES,
    _TERM_TOKEN,
    _TEX,
    _TOKEN,
    display_forms,
    phrases,
    words,
)
from tests.examples import examples

BREAK = re.compile(
    r"\n|[.,;:!?()\[\]\"\u3001\u3002\uff0c\uff1b\u201c\u201d]+(?=\s|$)"
    r"|[()\[\]\"\u3002\uff0c\u201c\u201d]"
    r"|\s[-\u2013\u2014]+\s"
)


def plain_words(text: str, pattern: re.Pattern[str] = _TOKEN) -> list[str]:
    """Words of the whole text at once."""
    found = []
    for token in pattern.findall(_TEX.sub(" ", unicodedata.normalize("NFKC", text)).casefold()):
        is_cjk = re.match(rf"[{_CJK}]", token)
        found += ([token[i : i + 2] for i in range(len(token) - 1)] or [token]) if is_cjk else [token]
    return found


def plain_phrases(text: str) -> list[str]:
    """Phrases of the stretches between breaks, each read by itself."""

    def may_stand(word: str) -> bool:
        return word not in _NOT_IN_PHRASES and (len(word) > 1 or bool(re.match(rf"[{_CJK}]", word)))

    found = []
    for segment in BREAK.split(text):
        sequence = plain_words(segment, _TERM_TOKEN)
        for start in range(len(sequence)):
            for stop in range(start + 1, min(start + 3, len(sequence)) + 1):
                phrase = sequence[start:stop]
                if all(map(may_stand, phrase)) and not _NOT_ALONE.issuperset(phrase):
                    found.append(" ".join(phrase))
    return found


def plain_counts(texts: list[str], most: int) -> dict[str, list[int]]:
    """Count of each term in each text, from strings."""
    counted = [Counter(plain_phrases(text)) for text in texts]
    n_texts = Counter(term for counter in counted for term in counter)
    kept = sorted((-n, term) for term, n in n_texts.items() if n > 1)[:most]
    return {term: [counter[term] for counter in counted] for term in sorted(term for _, term in kept)}


def plain_forms(texts: list[str]) -> dict[str, str]:
    counts = Counter(
        form for text in texts for form in _TERM_TOKEN.findall(unicodedata.normalize("NFKC", text))
    )
    forms: dict[str, str] = {}
    for form, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        forms.setdefault(form.casefold(), form)
    return forms


# Pieces that meet in every order: breaks, spaces of all kinds, marks that compose, TeX, scripts without spaces.
PIECES = [
    *(
        "agents",
        "Agents",
        "sparse",
        "rewards",
        "learning",
        "training data",
        "the",
        "of",
        "we propose",
        "a",
        "x1",
    ),
    *(
        "self-play",
        "-",
        "--",
        "\u2013",
        " - ",
        "- ",
        " -",
        "...",
        ".",
        ",",
        ";",
        ")",
        "(",
        "[",
        "]",
        '"',
        ":",
        "?",
    ),
    *(" ", "  ", "\n", "\r\n", "\t", "\x0b", "\x1c", "\x85", "\xa0", "\u2003", "\u2028", "\u3000", "\u200b"),
    *(
        "\u0301",
        "\u0338",
        "e\u0301",
        "\u00e9",
        "\u00b4",
        "\ufb01",
        "\u2026",
        "\uff0c",
        "\uff3c",
        "\uff21",
        "\u037e",
    ),
    *(
        "强化学习",
        "学",
        "の",
        "\u1100",
        "\u1161",
        "한국",
        "\u3002",
        "ß",
        "İ",
        "ſ",
        "K",
        "3d",
        "3-d",
        "x_y",
        "_",
        "\x00",
    ),
    *("\\alpha", "\\", "$x$", "{", "}", "^2", "~", "\ud800", "\U0001f600", "\u201c", "\u201d", "²", "½", "Ⅳ"),
]
hostile = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=30).map("".join),
    st.lists(st.sampled_from(PIECES), max_size=30).map(" ".join),
    st.text(max_size=60),
)
random_texts = st.lists(
    st.sampled_from(["agents", "rewards", "sparse", "web", "data", "test", "model", ".", "of"]), max_size=25
)


@examples(300)
@given(hostile)
@example("a - - b\n- c -\nd -")
@example("agents.) rewards,)sparse")
def test_words_and_phrases_are_those_of_the_whole_text(text):
    assert words(text) == plain_words(text)
    assert phrases(text) == plain_phrases(text)


@given(st.lists(hostile, max_size=6))
def test_written_forms_are_those_of_the_whole_texts(texts):
    assert display_forms(texts) == plain_forms(texts)


@pytest.mark.parametrize("most", [100_000, 5])
@pytest.mark.parametrize("part", [1, 3, 2_000])
@given(st.lists(st.one_of(hostile, random_texts.map(" ".join)), max_size=9))
@examples(60)
def test_counts_are_those_of_plain_counting(part, most, texts):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(term_counts, "_PART", part)
        patch.setattr(term_counts, "MOST_TERMS", most)
        counts, terms = count_terms(texts)
    expected = plain_counts(texts, most)
    assert terms.tolist() == list(expected)
    assert (counts.shape, counts.dtype, terms.dtype.kind) == ((len(texts), len(expected)), np.int64, "U")
    assert counts.toarray().T.tolist() == list(expected.values())
    assert counts.has_canonical_format
    assert (counts.data > 0).all()


def test_a_term_seen_once_in_each_of_two_parts_stays(monkeypatch):
    monkeypatch.setattr(term_counts, "_PART", 1)
    assert count_terms(["sparse rewards", "sparse rewards"])[1].tolist() == [
        "rewards",
        "sparse",
        "sparse rewards",
    ]


def test_parts_are_read_by_what_is_given(monkeypatch):
    monkeypatch.setattr(term_counts, "_PART", 2)
    sizes = []

    def backwards(function, parts):
        """As another process would: in its own order, results in that of the parts."""
        held = list(parts)
        sizes.extend(len(part) for part in held)
        return reversed([function(part) for part in reversed(held)])

    texts = ["web agents click", "web agents", "sparse rewards", "agents", "sparse rewards"]
    (counts, terms), (expected, others) = count_terms(texts, each=backwards), count_terms(texts)
    assert sizes == [2, 2, 1]
    assert terms.tolist() == others.tolist()
    assert (counts != expected).nnz == 0


def test_long_stretches_and_many_of_them_are_read_the_same(monkeypatch):
    long = "abc-" * 5_000 + "x"
    assert words(f"{long} {long}") == [long, long]
    monkeypatch.setattr("analytics.text.tokenizer._MOST_REMEMBERED", 2)
    text = "one two three four five, one two"
    assert phrases(text) == plain_phrases(text)


def test_sums_by_class_are_those_of_slices():
    rng = np.random.default_rng(0)
    counts = sparse.csr_array(rng.poisson(0.4, (40, 9)))
    classes = rng.integers(-1, 4, 40)
    expected = [counts.toarray()[classes == one].sum(axis=0).tolist() for one in range(-1, 4)]
    assert class_sums(counts, classes).toarray().tolist() == expected
