"""Vectorizers by the names that users write: a model, one behind an endpoint, or one of another package."""

from __future__ import annotations

from analytics.exceptions import InputError, PapertrendsError
from analytics.vectors.vectorizer import Vectorizer
from flows.analysis.embedding_client import OpenAIVectorizer
from flows.analysis.foreign_vectorizers import ForeignVectorizer
from flows.analysis.sentence_encoders import SentenceVectorizer
from flows.config.secret_blocks import secret_setting
from flows.config.settings import Settings
from flows.config.vectorizer_names import OPENAI, SENTENCE, entry_point

__all__ = ["named_vectorizer"]


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
    if kind == SENTENCE:
        return SentenceVectorizer(rest.strip())
    if kind == OPENAI:
        return _openai(rest.strip(), settings)
    found = entry_point(kind)
    if found is None:
        raise InputError(f"--vectorizer {settings.vectorizer}: no package that is installed brings it")
    try:
        return ForeignVectorizer(kind, found.load()(rest))
    except PapertrendsError:
        raise
    except Exception as error:  # another package's, whatever it is
        raise PapertrendsError(
            f"--vectorizer {settings.vectorizer}: {found.value} fails ({type(error).__name__}: {error})"
        ) from error


def _openai(model: str, settings: Settings) -> Vectorizer:
    if settings.embedding_endpoint is None:
        raise InputError(
            f"--vectorizer {settings.vectorizer} needs the address of an endpoint; set embedding_endpoint, "
            "such as https://api.openai.com/v1 or http://localhost:11434"
        )
    return OpenAIVectorizer(
        model,
        settings.embedding_endpoint,
        secret_setting(settings.embedding_key, settings.embedding_key_block, name="embedding_key"),
        most_requests=settings.embedding_requests,
        answer_seconds=settings.answer_seconds,
    )
