"""Which encoding makes writing of bytes: each usual one is tried, and its letters are looked at."""

from __future__ import annotations

import re

__all__ = ["NAMES", "likeliest_encoding"]

_RUN = re.compile("[^\x00-\x7f]+")
# What each encoding's bytes become in a text of its own kind; the first of equals is taken.
_WRITING = {
    "cp1252": re.compile("[À-ÖØ-öø-ÿŒœŠšŽžŸ‘’“”–—…•€©®°±²³µ·«»\u00a0§]"),
    "gb18030": re.compile("[\u4e00-\u9fff\u3001-\u3011\uff01-\uff5e“”‘’—…·]"),
    "cp932": re.compile("[\u3041-\u30fe\u4e00-\u9fff\u3001-\u3011\uff01-\uff5e]"),
    "euc_jp": re.compile("[\u3041-\u30fe\u4e00-\u9fff\u3001-\u3011\uff01-\uff5e]"),
    "big5": re.compile("[\u4e00-\u9fff\u3001-\u3011\uff01-\uff5e]"),
    "cp949": re.compile("[\uac00-\ud7a3]"),
    "cp1251": re.compile("[А-яЁё№«»–—“”]"),
    "cp1250": re.compile("[À-ÖØ-öø-ÿĄąĆćČčĎďĐđĘęĚěĹ弾ŁłŃńŇňŐőŔŕŘřŚśŞşŠšŢţŤťŮůŰűŹźŻżŽž‘’“”–—…]"),
}
NAMES = {
    "cp1252": "Windows-1252",
    "gb18030": "GB18030",
    "cp932": "Shift-JIS",
    "euc_jp": "EUC-JP",
    "big5": "Big5",
    "cp949": "EUC-KR",
    "cp1251": "Windows-1251",
    "cp1250": "Windows-1250",
}


def likeliest_encoding(odd: bytes) -> str | None:
    """Encoding of lines beyond ASCII that are not UTF-8, None where none makes writing of them.

    Examples
    --------
    >>> likeliest_encoding("山田 太郎".encode("shift_jis"))
    'cp932'
    """
    scores = {name: _fitness(odd, name) for name in _WRITING}
    best = max(scores, key=lambda name: scores[name])
    if scores[best] >= 0.5:
        return best
    return None


def _fitness(odd: bytes, name: str) -> float:
    """How much of a text beyond ASCII would be writing, from 0 to 1, were it in this encoding."""
    text = odd.decode(name, "replace")
    # One byte of a sign too many or too few may be damage; an encoding that fails often is another one.
    whole = 0.5 if "\ufffd" in text else 1.0
    runs = _RUN.findall(text)
    n_signs = sum(map(len, runs))
    if not n_signs:
        return 0.0
    fitting = sum(len(_WRITING[name].findall(run)) for run in runs) / n_signs
    if name in ("cp1252", "cp1250"):
        # Letters with accents stand alone among others; two bytes of one sign would stand together.
        alone = sum(1 for run in runs if len(run) <= 2) / len(runs)
        # Where both make letters, the western one is far more likely.
        return whole * fitting * alone * (0.95 if name == "cp1252" else 0.9)
    if name == "cp1251":
        words = re.findall("[А-яЁё]{3,}", text)
        return 0.9 * whole * fitting * (sum(map(len, words)) / n_signs)
    return whole * fitting * _common(text, name) if n_signs > 1 else 0.0


def _common(text: str, name: str) -> float:
    """Share of a text's East Asian signs that are common in writing of the encoding's own country."""
    signs = [sign for sign in text if sign > "\u2e7f"]
    if not signs:
        return 0.0
    kana = sum(1 for sign in signs if "\u3041" <= sign <= "\u30fe")
    if name in ("cp932", "euc_jp"):
        # Names alone have no kana; a text in Japanese has many.
        level_1 = sum(1 for sign in signs if _lead(sign, "euc_jp") in range(0xB0, 0xD0))
        return min(1.0, (kana + level_1) / len(signs)) * (0.97 if kana else 0.85)
    if name == "gb18030":
        level_1 = sum(1 for sign in signs if _lead(sign, "gb2312") in range(0xB0, 0xD8))
        marks = sum(1 for sign in signs if sign < "\u3020" or sign > "\uff00")
        return 0.0 if kana > marks and kana > 0.1 * len(signs) else (level_1 + marks) / len(signs)
    if name == "cp949":
        # The syllables that cp949 adds to EUC-KR are hardly ever written; bytes of others make many.
        hangul = sum(1 for sign in signs if _lead(sign, "euc_kr") in range(0xB0, 0xC9))
        # Chinese text takes rows that Hangul does not have; a few names may miss them.
        share = hangul / len(signs)
        return 1.01 if share == 1 and hangul >= 8 else 0.9 * share if share > 0.8 else 0.0
    level_1 = sum(1 for sign in signs if _lead(sign, "big5") in range(0xA4, 0xC7))
    return 0.96 * level_1 / len(signs)


def _lead(sign: str, name: str) -> int:
    try:
        return sign.encode(name)[0]
    except UnicodeEncodeError:
        return 0
