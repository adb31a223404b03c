"""Names of vectorizers as users write them: built in, with a model's name, or from another package."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Any, Protocol

from pydantic import SecretStr

from analytics.exceptions import InputError, PapertrendsError

if TYPE_CHECKING:  # settings check names here
    from analytics.vectors import Vectorizer
    from flows.settings import Settings

__all__ = ["BUILT_IN", "GROUP", "check_vectorizer", "is_named", "named_vectorizer"]

GROUP = "papertrends.vectorizers"
"""Entry points of packages that bring vectorizers."""
BUILT_IN = ("auto", "minilm", "minilm-128", "minilm-256", "student", "lexical")
_SENTENCE, _OPENAI = "sentence-transformers", "openai"


class _Made(Protocol):
    """What an entry point makes: a vectorizer with an id; with `needs_corpus` it has `fit` too."""

    id: str
    needs_corpus: bool

    def transform(self, texts: Sequence[str]) -> Any:
        """Vectors of texts, one row each."""


def check_vectorizer(name: str) -> str:
    """Give the name of a vectorizer back.

    Raises
    ------
    ValueError
        When nothing has that name, with what is allowed.

    Examples
    --------
    >>> check_vectorizer("openai:text-embedding-3-small")
    'openai:text-embedding-3-small'
    """
    kind, colon, rest = name.partition(":")
    if name in BUILT_IN or (kind in (_SENTENCE, _OPENAI) and rest.strip()):
        return name
    if (
        kind not in (*BUILT_IN, _SENTENCE, _OPENAI)
        and _entry_point(kind) is not None
        and bool(colon) == bool(rest)
    ):
        return name
    others = sorted({one.name for one in entry_points(group=GROUP)} - {*BUILT_IN, _SENTENCE, _OPENAI})
    more = f", or of other packages {', '.join(others)}" if others else ""
    raise ValueError(f"choose {', '.join(BUILT_IN)}, {_SENTENCE}:NAME-OR-FOLDER, {_OPENAI}:MODEL{more}")


def is_named(name: str) -> bool:
    """Whether a name that was checked belongs to a vectorizer that `named_vectorizer` makes.

    Examples
    --------
    >>> is_named("auto"), is_named("openai:text-embedding-3-small")
    (False, True)
    """
    return name not in BUILT_IN


def named_vectorizer(settings: Settings) -> Vectorizer:
    """Vectorizer that the settings name, not yet fitted where it learns from a corpus.

    Raises
    ------
    InputError
        When there is no such model, or no endpoint is set.
    PapertrendsError
        When the package that brings it fails.
    """
    kind, _, rest = settings.vectorizer.partition(":")
    if kind == _SENTENCE:
        from flows.sentence_encoders import SentenceVectorizer

        return SentenceVectorizer(rest.strip())
    if kind == _OPENAI:
        return _openai(rest.strip(), settings)
    found = _entry_point(kind)
    if found is None:
        raise InputError(f"--vectorizer {settings.vectorizer}: no package that is installed brings it")
    from flows.foreign_vectorizers import ForeignVectorizer

    try:
        return ForeignVectorizer(kind, found.load()(rest))
    except PapertrendsError:
        raise
    except Exception as error:  # another package's, whatever it is
        raise PapertrendsError(
            f"--vectorizer {settings.vectorizer}: {found.value} fails ({type(error).__name__}: {error})"
        ) from error


def _entry_point(kind: str) -> EntryPoint | None:
    return next(iter(entry_points(group=GROUP, name=kind)), None)


def _openai(model: str, settings: Settings) -> Vectorizer:
    from flows.embedding_client import OpenAIVectorizer

    if settings.embedding_endpoint is None:
        raise InputError(
            f"--vectorizer {settings.vectorizer} needs the address of an endpoint; set embedding_endpoint, "
            "such as https://api.openai.com/v1 or http://localhost:11434"
        )
    return OpenAIVectorizer(
        model,
        settings.embedding_endpoint,
        _embedding_key(settings),
        most_requests=settings.embedding_requests,
        answer_seconds=settings.answer_seconds,
    )


def _embedding_key(settings: Settings) -> SecretStr | None:
    """Key of the endpoint, from the settings or a Secret block of Prefect; None where neither is set."""
    if settings.embedding_key is not None or settings.embedding_key_block is None:
        return settings.embedding_key
    from flows.secret_blocks import load_secret

    block = settings.embedding_key_block
    return SecretStr(load_secret(block, setting="embedding_key_block", instead="embedding_key"))
