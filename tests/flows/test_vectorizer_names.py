"""Names of vectorizers, and those of other packages, of sentence-transformers and behind an endpoint."""

from __future__ import annotations

import json
import pickle
import traceback
from datetime import date
from importlib.metadata import EntryPoint

import numpy as np
import pandas as pd
import pytest
from pydantic import SecretStr

from analytics.exceptions import InputError, PapertrendsError
from analytics.papers import content_hash, paper_text
from analytics.skipped_imports import hidden
from analytics.themes import Theme
from analytics.vectors.encoders import VECTORIZERS
from analytics.vectors.minilm import MINILM_PIECES
from flows.analysis import sentence_encoders, steps
from flows.analysis.embedding_client import OpenAIVectorizer
from flows.analysis.foreign_vectorizers import ForeignVectorizer
from flows.analysis.named_vectorizers import named_vectorizer
from flows.analysis.sentence_encoders import SentenceVectorizer
from flows.analysis.vectorizers import ready_vectorizer
from flows.config import vectorizer_names
from flows.config.settings import Settings, load_settings
from flows.config.vectorizer_names import BUILT_IN, GROUP, check_vectorizer
from flows.endpoints.endpoint_client import RETRY_PAUSES, RequestsSpentError
from flows.store import Store

DAY = date(2025, 6, 1)
KEY = "k3y-th4t-n0b0dy-sees"


class Letters:
    """A vectorizer of another package: counts of letters."""

    id = "v1"

    def __init__(self, letters: str = "ae") -> None:
        self.letters = letters or "ae"

    def transform(self, texts):
        return [[1.0] + [text.count(letter) for letter in self.letters] for text in texts]


class Learned(Letters):
    """One that learns from the corpus."""

    needs_corpus = True
    id = ""

    def fit(self, texts):
        self.id = f"of-{len(texts)}"


@pytest.fixture
def packages(monkeypatch):
    """Say which entry points are installed."""

    def install(**objects):
        def found(*, group, name=None):
            assert group == GROUP
            return [
                EntryPoint(one, f"{__name__}:{one}", group) for one in objects if name is None or name == one
            ]

        monkeypatch.setattr(vectorizer_names, "entry_points", found)
        monkeypatch.setattr(EntryPoint, "load", lambda self: objects[self.name])

    return install


class TestNames:
    def test_built_in_ones_are_those_that_are_made(self):
        assert set(BUILT_IN) == {*MINILM_PIECES, *VECTORIZERS, "auto", "student"}

    @pytest.mark.parametrize("name", [*BUILT_IN, "sentence-transformers:./model", "openai:bge-m3:latest"])
    def test_good_ones(self, name):
        assert check_vectorizer(name) == load_settings({"vectorizer": name}).vectorizer == name

    @pytest.mark.parametrize(
        "name",
        [
            "",
            "word2vec",
            "minilm:512",
            "openai",
            "openai:",
            "openai: ",
            "sentence-transformers",
            "auto:",
            "letters",
        ],
    )
    def test_bad_ones_say_what_is_allowed(self, name):
        with pytest.raises(
            InputError, match=r"choose auto, .*, sentence-transformers:NAME-OR-FOLDER, openai:MODEL\b"
        ):
            load_settings({"vectorizer": name})

    def test_those_of_other_packages_are_named(self, packages):
        packages(letters=Letters, openai=Letters)
        for name in ("letters", "letters:aeiou"):
            assert check_vectorizer(name) == name
        for name in ("letters:", "words"):
            with pytest.raises(ValueError, match="openai:MODEL, or of other packages letters$"):
                check_vectorizer(name)


class TestOtherPackages:
    def test_it_is_given_what_follows_the_colon(self, packages):
        packages(letters=Letters)
        made = named_vectorizer(Settings(vectorizer="letters:aeiou"))
        assert made.id == "letters-v1"
        rows = made.transform(["area", "io"])
        assert (rows.shape, rows.dtype) == ((2, 6), np.float32)
        assert np.linalg.norm(rows, axis=1) == pytest.approx(1)

    def test_one_that_learns_does_so_before_it_is_asked(self, packages, tmp_path):
        packages(learned=Learned)
        with Store.open(tmp_path) as store:
            made, why = ready_vectorizer(store, DAY, ["a", "b"], Settings(vectorizer="learned"))
        assert (made.id, why) == ("learned-of-2", "it was chosen")

    @pytest.mark.parametrize(
        ("rows", "said"),
        [
            ([[1.0]], r"shape \(1, 1\) for 2 texts"),
            ([1.0, 2.0], r"shape \(2,\)"),
            ([[1.0], [0.0]], "a row of zeros"),
            ([[1.0], [float("nan")]], "not finite"),
        ],
    )
    def test_what_it_gives_is_checked(self, rows, said):
        made = Letters()
        made.transform = lambda _: rows
        with pytest.raises(PapertrendsError, match=said):
            ForeignVectorizer("letters", made).transform(["a", "b"])

    def test_one_that_lacks_something_is_refused(self, packages):
        with pytest.raises(PapertrendsError, match="has no transform"):
            ForeignVectorizer("odd", object())
        nameless = Letters()
        nameless.id = " "
        with pytest.raises(PapertrendsError, match="has no id"):
            _ = ForeignVectorizer("letters", nameless).id

        def failing(_):
            raise RuntimeError("no licence")

        packages(failing=failing)
        with pytest.raises(PapertrendsError, match=r"--vectorizer failing.*RuntimeError: no licence"):
            named_vectorizer(Settings(vectorizer="failing"))


@pytest.fixture
def embedding(loopback_server):
    """A server that gives each text its length and its number of words, in reversed order."""
    make = type(loopback_server.answer(None))

    def answer(asked):
        texts = json.loads(asked.body)["input"]
        rows = [
            {"index": place, "embedding": [len(text), len(text.split()), 1]}
            for place, text in enumerate(texts)
        ]
        return make(json.dumps({"data": rows[::-1], "model": "m"}).encode())

    loopback_server.answer = answer
    return loopback_server


def of_server(server, key=None, **changed):
    return OpenAIVectorizer("bge-m3", server.url, key, **{"sleep": lambda _: None} | changed)


class TestEndpoint:
    def test_batches_in_order(self, embedding):
        texts = ["word " * (number % 7 + 1) for number in range(130)] + [""]
        rows = of_server(embedding).transform(texts)
        expected = np.array([[len(text or " "), len(text.split()), 1] for text in texts], dtype=float)
        assert rows == pytest.approx(expected / np.linalg.norm(expected, axis=1, keepdims=True), abs=1e-6)
        sent = [json.loads(one.body) for one in embedding.asked]
        assert [len(one["input"]) for one in sent] == [64, 64, 3]
        assert {(one["model"], one["encoding_format"]) for one in sent} == {("bge-m3", "float")}
        assert of_server(embedding).transform([]).shape[0] == 0

    def test_long_texts_are_cut_and_odd_ones_are_sent(self, embedding):
        of_server(embedding).transform(["x" * 50_000, "\ud800 lone"])
        long, odd = json.loads(embedding.asked[0].body)["input"]
        assert (len(long), odd) == (20_000, "? lone")

    def test_the_id_names_model_and_address(self, embedding):
        one, other = of_server(embedding), OpenAIVectorizer("bge-m3", "http://localhost:1", None)
        assert one.id.startswith("openai-bge-m3-")
        assert one.id != other.id
        assert one.id == OpenAIVectorizer("bge-m3", f"{embedding.url}/v1/embeddings", None).id

    def test_a_busy_server_is_asked_again_within_the_bound(self, embedding):
        make, good, waits = type(embedding.answer(_asked([""]))), embedding.answer, []
        left = [503, 429]
        embedding.answer = lambda asked: make(b"busy", status=left.pop()) if left else good(asked)
        rows = of_server(embedding, sleep=waits.append).transform(["one"])
        assert rows.shape == (1, 3)
        assert waits == list(RETRY_PAUSES[:2])
        with pytest.raises(RequestsSpentError, match="the 1 requests that were allowed are spent"):
            of_server(embedding, most_requests=1).transform(["one"] * 65)

    @pytest.mark.parametrize(
        "body",
        [b"", b"{}", b"[]", b'{"data": null}', b'{"data": []}', b'{"data": [{"index": 0, "embedding": []}]}',
         b'{"data": [{"index": 1, "embedding": [1]}]}', b'{"data": [{"index": 0, "embedding": [NaN]}]}',
         b'{"data": [{"index": 0, "embedding": [0, 0]}]}', b'{"data": [{"index": 0, "embedding": "AAAA"}]}',
         b'{"data": [{"index": 0, "embedding": [1]}, {"index": 1, "embedding": [1]}]}', b"[" * 100_000],
    )  # fmt: skip
    def test_an_answer_that_is_not_whole_stores_nothing(self, embedding, body):
        make = type(embedding.answer(_asked([""])))
        embedding.answer = lambda _: make(body)
        with pytest.raises(PapertrendsError, match="holds no vectors of 1 texts"):
            of_server(embedding).transform(["one"])

    def test_the_key_is_sent_and_never_shown(self, embedding):
        key = SecretStr(KEY)
        of_server(embedding, key).transform(["one"])
        assert embedding.asked[0].headers["Authorization"] == f"Bearer {KEY}"
        make = type(embedding.answer(_asked([""])))
        embedding.answer = lambda _: make(f'{{"error": "wrong key {KEY}"}}'.encode(), status=401)
        with pytest.raises(InputError, match="set PAPERTRENDS_EMBEDDING_KEY") as caught:
            of_server(embedding, key).transform(["one"])
        assert KEY not in "".join(traceback.format_exception(caught.value))

    def test_from_settings(self, embedding):
        with pytest.raises(InputError, match="set embedding_endpoint"):
            named_vectorizer(Settings(vectorizer="openai:bge-m3"))
        settings = Settings(vectorizer="openai:bge-m3", embedding_endpoint=embedding.url, embedding_key=KEY)
        assert KEY not in f"{settings!r} {settings.model_dump(mode='json')}"
        assert named_vectorizer(settings).id == of_server(embedding).id

    def test_papers_and_phrases_are_asked_for_once_and_never_by_a_worker(self, embedding, tmp_path):
        papers = corpus([("Robots that walk", ""), ("Cells that divide", "")])
        themes = [Theme("robots", "Robots", "", ("walking machines",))]
        settings = Settings(vectorizer="openai:bge-m3", embedding_endpoint=embedding.url)

        def workers(*_):
            raise AssertionError("a worker was asked")

        found = steps.encode_corpus(tmp_path, DAY, papers, themes, settings, each=workers)
        assert found.n_encoded == 3
        n_asked = len(embedding.asked)
        again = steps.encode_corpus(tmp_path, DAY, papers, themes, settings)
        assert (again.n_encoded, len(embedding.asked)) == (0, n_asked)
        assert np.array_equal(again.papers, found.papers)


class _asked:
    def __init__(self, texts):
        self.body = json.dumps({"input": texts}).encode()


def corpus(rows):
    papers = pd.DataFrame(rows, columns=["title", "abstract"])
    papers["paper_id"] = [f"title:{number}" for number in range(len(papers))]
    papers["content_hash"] = [content_hash(paper_text(*row)) for row in rows]
    return papers


class TestWhereModelsAre:
    @pytest.fixture
    def folder(self, tmp_path):
        folder = tmp_path / "Some Model"
        folder.mkdir()
        (folder / "modules.json").write_text("[]")
        (folder / "weights.safetensors").write_bytes(b"weights")
        sentence_encoders._located.cache_clear()
        yield folder
        sentence_encoders._located.cache_clear()

    def test_the_id_of_a_folder_is_that_of_its_files(self, folder):
        before = SentenceVectorizer(str(folder)).id
        assert before.startswith("sentence-some-model-")
        moved = folder.rename(folder.with_name("some model"))
        assert SentenceVectorizer(str(moved)).id == before
        for name, changes in (("README.md", False), ("onnx/model.onnx", False), ("vocab.txt", True)):
            (moved / name).parent.mkdir(exist_ok=True)
            (moved / name).write_text("more")
            sentence_encoders._located.cache_clear()
            assert (SentenceVectorizer(str(moved)).id != before) == changes

    def test_it_travels_as_a_name(self, folder):
        made = SentenceVectorizer(str(folder))
        sent = pickle.dumps(made)
        assert b"weights" not in sent
        (folder / "weights.safetensors").write_bytes(b"others")
        sentence_encoders._located.cache_clear()
        assert pickle.loads(sent).id != made.id

    @pytest.mark.parametrize("name", ["./absent", "/absent/model", "a/b/c", "a b", "~/absent", "name@", ".."])
    def test_what_is_neither_folder_nor_name_is_refused(self, name, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        with pytest.raises(InputError, match=r"no such folder, and no name on|holds no model"):
            SentenceVectorizer(name)

    def test_the_hub_is_asked_once_and_for_no_pickles(self, tmp_path, monkeypatch):
        import huggingface_hub
        from huggingface_hub.errors import LocalEntryNotFoundError

        asked, snapshot = [], tmp_path / "snapshots" / ("0f" * 20)

        def download(name, *, revision=None, local_files_only=False, ignore_patterns=()):
            asked.append((name, revision, local_files_only, "*.bin" in ignore_patterns))
            if local_files_only and not snapshot.exists():
                raise LocalEntryNotFoundError("not there")
            snapshot.mkdir(parents=True, exist_ok=True)
            (snapshot / "model.safetensors").write_bytes(b"w")
            return str(snapshot)

        monkeypatch.setattr(huggingface_hub, "snapshot_download", download)
        for _ in range(2):
            sentence_encoders._located.cache_clear()
            assert SentenceVectorizer("all-mpnet-base-v2@main").id == "sentence-all-mpnet-base-v2-" + "0f" * 8
        full = "sentence-transformers/all-mpnet-base-v2"
        assert asked == [
            (full, "main", True, False),
            (full, "main", False, True),
            (full, "main", True, False),
        ]
        sentence_encoders._located.cache_clear()

    def test_without_a_network_one_line_says_what_to_do(self, monkeypatch):
        import huggingface_hub

        def refuse(*_, **__):
            raise ConnectionError("no route to host\nand more")

        monkeypatch.setattr(huggingface_hub, "snapshot_download", refuse)
        sentence_encoders._located.cache_clear()
        with pytest.raises(InputError, match=r"give a folder$") as caught:
            SentenceVectorizer("intfloat/multilingual-e5-small")
        assert "ConnectionError: no route to host)" in str(caught.value)


WORDS = {
    "robot": ("robot", "robots", "roboter", "机", "器"),
    "cell": ("cell", "cells", "zelle", "zellen", "细", "胞"),
    "other": ("walk", "laufen", "gehen", "divide", "teilen", "sich", "that", "die", "行", "走", "分", "裂"),
}


@pytest.fixture(scope="module")
def multilingual(tmp_path_factory):
    """A model for three languages: a vector for each word, alike for words of one meaning; with a prompt."""
    with hidden("marimo"):
        from sentence_transformers import SentenceTransformer
        from sentence_transformers.sentence_transformer.modules import StaticEmbedding
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

    names = ["[UNK]", *(word for words in WORDS.values() for word in words), "cluster"]
    tokenizer = Tokenizer(models.WordLevel({name: number for number, name in enumerate(names)}, "[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True, handle_chinese_chars=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    rng = np.random.default_rng(0)
    meaning = dict(zip(WORDS, np.eye(3, 16), strict=True))
    vectors = {word: meaning[one] + 0.05 * rng.standard_normal(16) for one in WORDS for word in WORDS[one]}
    weights = np.array([vectors.get(name, np.zeros(16)) for name in names], dtype=np.float32)
    folder = tmp_path_factory.mktemp("models") / "multilingual"
    encoder = SentenceTransformer(
        modules=[StaticEmbedding(tokenizer, embedding_weights=weights)],
        device="cpu",
        prompts={"clustering": "cluster "},
    )
    encoder.save_pretrained(str(folder))
    return folder


@pytest.mark.slow
class TestSentenceTransformers:
    ROBOTS = (("Robots that walk", ""), ("Roboter, die gehen", ""), ("机器行走", ""))
    CELLS = (("Cells that divide", ""), ("Zellen, die sich teilen", ""), ("细胞分裂", ""))

    def test_a_theme_in_one_language_finds_papers_in_three(self, multilingual, tmp_path):
        settings = Settings(vectorizer=f"sentence-transformers:{multilingual}")
        papers = corpus([*self.ROBOTS, *self.CELLS])
        themes = [Theme("robots", "Robots", "", ("robots",)), Theme("zellen", "Zellen", "", ("zellen",))]
        found = steps.encode_corpus(tmp_path, DAY, papers, themes, settings)
        assert found.vectorizer_id.startswith("sentence-multilingual-")
        assert found.n_encoded == 8
        nearer = [found.papers @ phrases[0] for phrases in found.phrases]
        assert (nearer[0] > nearer[1]).tolist() == [True] * 3 + [False] * 3
        again = steps.encode_corpus(tmp_path, DAY, papers, themes, settings)
        assert again.n_encoded == 0
        assert np.array_equal(again.papers, found.papers)

    def test_text_that_the_model_does_not_know_gets_a_unit_row(self, multilingual):
        rows = SentenceVectorizer(str(multilingual)).transform(["", "quux", "\ud800", "robots"])
        assert rows.shape == (4, 16)
        assert np.linalg.norm(rows, axis=1) == pytest.approx(1, abs=1e-6)

    def test_the_prompt_of_its_configuration_is_used(self, multilingual):
        encoder = sentence_encoders._encoder(str(multilingual), "m")
        assert sentence_encoders._prompt_of(encoder) == "clustering"

    def test_a_folder_of_something_else_is_one_line(self, tmp_path):
        (tmp_path / "config.json").write_text('{"model_type": "none such"}')
        with pytest.raises(InputError, match="the model cannot be loaded"):
            SentenceVectorizer(str(tmp_path)).transform(["a"])

    def test_a_failed_import_is_told_by_its_cause(self, monkeypatch, tmp_path):
        (tmp_path / "config.json").write_text("{}")

        def load(*_):
            try:
                raise ModuleNotFoundError("No module named 'made_up'")
            except ImportError as error:
                raise ImportError("Could not import module 'Trainer'") from error

        monkeypatch.setattr(sentence_encoders, "load_encoder", load)
        with pytest.raises(
            InputError, match=r"cannot run here \(ModuleNotFoundError: No module named 'made_up'"
        ):
            SentenceVectorizer(str(tmp_path)).transform(["a"])
