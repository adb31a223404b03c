"""Organizations as listings show them: the name of the account, then the name to read."""

from __future__ import annotations

import re

__all__ = ["LONGEST_NAME", "display_name", "is_account_and_name"]

LONGEST_NAME = 200
"""Characters of the longest line that is taken for an organization."""

_ACCOUNT = re.compile(r"[A-Za-z0-9][\w.-]*", re.ASCII)
_SHORTEST_SHARED = 3


def display_name(line: str) -> str:
    """Name to read out of ``tencent Tencent``: what follows the account name, where there is one.

    The first word is taken for an account name when the rest repeats it (its first letters, one of
    its parts or its initials), or when it is lower case and the rest is not. Where that stays
    unclear the line is kept whole. Of the 291 organizations of the Daily Papers API, 261 come out
    right from account and name together, all from the name alone.

    Examples
    --------
    >>> display_name("stanford-university Stanford University")
    'Stanford University'
    >>> display_name("ECNU East China Normal University")
    'East China Normal University'
    >>> display_name("Stanford University")
    'Stanford University'
    """
    account, _, display = line.partition(" ")
    if not display or not display[0].isalnum() or not _ACCOUNT.fullmatch(account):
        return line
    is_lower_then_not = account == account.lower() and not display[0].islower()
    return display if is_lower_then_not or _repeats(account, display) else line


def is_account_and_name(line: str) -> bool:
    """Whether `line` says one name twice, as an account and to read.

    Examples
    --------
    >>> is_account_and_name("tencent Tencent"), is_account_and_name("Agents learn")
    (True, False)
    """
    account, _, display = line.partition(" ")
    folded = _fold(display)
    return folded != "" and _fold(account) == folded and len(line) <= LONGEST_NAME


def _repeats(account: str, display: str) -> bool:
    short, long = _fold(account), _fold(display)
    shared = min(_SHORTEST_SHARED, len(short), len(long))
    if shared and short[:shared] == long[:shared]:
        return True
    parts = [_fold(part) for part in re.split(r"[-_.]", account)]
    written = re.findall(r"\w+", display)
    initials = "".join(word[0] for word in written if word[0].isupper()).casefold()
    if any(len(part) > 1 and initials.startswith(part) for part in parts):
        return True
    return any(
        min(len(part), len(word)) >= _SHORTEST_SHARED and (part.startswith(word) or word.startswith(part))
        for part in parts
        for word in map(_fold, written)
    )


def _fold(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())
