"""The sentence of an abstract that carries a subject."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from analytics.text.sentences import split_sentences
from analytics.themes.phrase_words import phrase_matches

__all__ = ["carrying_sentences"]

_SHORTEST, _LONGEST = 40, 450
# What a paper says that it does, and what it found, carries it; what others do is its background.
_OWN = re.compile(
    r"\b(?:we|our|ours|this (?:paper|work|study|article|survey|report|thesis|position paper|tutorial|dataset"
    r"|benchmark|framework|method|approach)|here|is (?:introduced|proposed|presented))\b",
    re.IGNORECASE,
)
_CLAIM = re.compile(
    r"\b(?:introduc|propos|present|develop|show|find|found|demonstrat|reveal|outperform|achiev|improv|study"
    r"|studies|investigat|analy[sz]|prove|release|build|built|design|argue|examin|evaluat|address)\w*",
    re.IGNORECASE,
)
_ELSEWHERE = re.compile(
    r"\b(?:code|data|models?|project page|demo|website|videos?) (?:is|are|will be|can be)\b.{0,60}"
    r"(?:available|released|found)|https?://|github",
    re.IGNORECASE,
)
_OWN_WORTH, _CLAIM_WORTH, _FIRST_WORTH, _ELSEWHERE_COST = 0.5, 0.15, 0.2, 1.0
"""What these words add, where 1 is worth the words of a whole phrase."""


def carrying_sentences(abstracts: Sequence[str], texts: Sequence[str]) -> list[str]:
    """Of each abstract the sentence that carries a subject: nearest to it, and rather the paper's own claim.

    Nearness is BM25 over the words of the subject's texts, see `phrase_matches`, where rare is what few
    sentences of these abstracts say. A sentence in which authors say what they did or found is worth up to
    0.85 of a phrase more, the first of them most; one that only says where the code is, a phrase less.

    Parameters
    ----------
    abstracts : sequence of str
    texts : sequence of str
        Phrases, or words; the description may be among them.

    Returns
    -------
    list of str
        As written in the abstracts; empty where an abstract has no sentence of 40 to 450 characters.

    Examples
    --------
    >>> abstract = (
    ...     "Sparse rewards are a known problem of reinforcement learning. We study how agents plan ahead"
    ...     " in games without rules. Code is available at https://example.org/sparse-rewards-and-agents."
    ... )
    >>> carrying_sentences([abstract, ""], ["planning agents"])
    ['We study how agents plan ahead in games without rules.', '']
    """
    sentences, owners = [], []
    for place, abstract in enumerate(abstracts):
        own = [one for one in split_sentences(abstract) if _SHORTEST <= len(one) <= _LONGEST]
        sentences += own
        owners += [place] * len(own)
    if not sentences:
        return [""] * len(abstracts)
    worth = phrase_matches([""] * len(sentences), sentences, [texts])[:, 0]
    forms = np.array([_worth_of_form(one) for one in sentences])
    claims = {owner: at for at, owner in reversed(list(enumerate(owners))) if forms[at] > _OWN_WORTH}
    forms[list(claims.values())] += _FIRST_WORTH
    worth = worth + forms
    chosen = [""] * len(abstracts)
    for at in np.argsort(-worth, kind="stable"):
        chosen[owners[at]] = chosen[owners[at]] or sentences[at]
    return chosen


def _worth_of_form(sentence: str) -> float:
    is_own = _OWN.search(sentence) is not None
    worth = _OWN_WORTH * is_own + _CLAIM_WORTH * (_CLAIM.search(sentence) is not None)
    return worth - _ELSEWHERE_COST * (_ELSEWHERE.search(sentence) is not None)
