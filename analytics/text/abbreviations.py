"""Abbreviations that texts define: "reinforcement learning (RL)"."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable

from analytics.text.tokenizer import STOP_WORDS, words

__all__ = ["abbreviations"]

_IN_BRACKETS = re.compile(r"\(([A-Za-z][A-Za-z0-9-]{1,9})\)")
_FEWEST = 3
"""Texts that define an abbreviation in the same way, below which it is one paper's own name."""
_MAJORITY = 0.5
"""Part of the definitions that must agree: "TTS" of speech and of test time is neither."""


def abbreviations(texts: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Words of the long form of each abbreviation that three texts define alike.

    A definition is a long form before its short form in brackets; the long form begins with the first
    letter of the short form and holds all of its letters in order, looked for from the end [1]_.

    Parameters
    ----------
    texts : iterable of str

    Returns
    -------
    dict of str to tuple of str
        Case folded; a plural "LLMs" is listed as "llm". Function words and hyphens are left out of the
        long form; one of a single word is no abbreviation here.

    References
    ----------
    .. [1] Schwartz and Hearst (2003), doi:10.1142/9789812776303_0042

    Examples
    --------
    >>> abbreviations(["Reinforcement learning (RL) works", "By reinforcement learning (RL)", "no (RL)"])
    {}
    >>> abbreviations(["Chain-of-thought (CoT) helps"] * 3)
    {'cot': ('chain', 'thought')}
    """
    found: dict[str, Counter[tuple[str, ...]]] = defaultdict(Counter)
    for text in texts:
        for match in _IN_BRACKETS.finditer(text):
            short = match[1].removesuffix("s")
            if sum(map(str.isupper, short)) > 1:
                before = text[: match.start()].split()[-min(len(short) + 5, 2 * len(short)) :]
                long = _long_form(short.casefold(), " ".join(before).casefold())
                if long is not None:
                    found[short.casefold()][long] += 1
    chosen = {}
    for short, forms in sorted(found.items()):
        long, n = min(forms.items(), key=lambda item: (-item[1], item[0]))
        if n >= _FEWEST and n >= _MAJORITY * forms.total() and len(long) > 1 and short not in STOP_WORDS:
            chosen[short] = long
    return chosen


def _long_form(short: str, before: str) -> tuple[str, ...] | None:
    """Words at the end of `before` that hold the letters of `short` in order, None without such."""
    at = len(before)
    letters = [letter for letter in short if letter.isalnum()]
    for place in range(len(letters) - 1, -1, -1):
        at -= 1
        while at >= 0 and (before[at] != letters[place] or (place == 0 and before[at - 1 : at].isalnum())):
            at -= 1
        if at < 0:
            return None
    return tuple(word for word in words(before[at:].replace("-", " ")) if word not in STOP_WORDS)
