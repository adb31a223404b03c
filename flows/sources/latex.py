"""Plain text out of LaTeX, as bibliographies hold it: accents and symbols decoded, formulas kept."""

from __future__ import annotations

import logging
import re
import unicodedata
from functools import lru_cache

from pylatexenc.latex2text import LatexNodes2Text

from flows.sources.markup import unwrap_markup
from flows.sources.plain_text import clean_text

__all__ = ["decode_latex"]

# One pass over a text of single spaces. Each alternative is bounded, or stops where it could begin
# again, so that no text takes long.
_LATEX = re.compile(
    r"(?P<math>\$\$?[^$]{1,2000}\$\$?|\\\((?:[^\\]|\\[^()])*\\\))"
    r"|(?P<drop>\\(?:cite[a-z]*|ref|eqref|label|begin|end|input|include|includegraphics|[vh]space)\*? ?"
    r"(?:\[[^\][{}]{0,200}\])?\{[^{}]{0,200}\})"
    r"|(?P<accent>\\(?:[\"'`^~=.] ?|[Hbcdkrtuv](?![A-Za-z]) ?)"
    r"(?:\{ ?(?:\\[ij](?![A-Za-z])|[^\W\d_])? ?\}|\\[ij](?![A-Za-z])|[^\W\d_]))"
    r"|(?P<macro>\\(?:[A-Za-z]+\*? ?|[^A-Za-z]))"
    r"|(?P<plain>[{}~]|``|''|---?)"
)
_PLAIN = {"{": "", "}": "", "~": " ", "``": "“", "''": "”", "--": "–", "---": "—"}  # noqa: RUF001
_KNOWN = {
    "textless": "<", "textgreater": ">", "textbackslash": "\\", "textasciicircum": "^", "LaTeX": "LaTeX",
    "TeX": "TeX", "-": "", "\\": " ",
}  # fmt: skip
_MARKED = re.compile(r"[\\{}~$]|``|''|--")


def decode_latex(text: str) -> str:
    r"""Plain text of a LaTeX value: accents and symbols decoded, braces and tags taken out, formulas kept.

    Examples
    --------
    >>> decode_latex(r"{P}lanning with Erd{\H{o}}s \& G\"odel in $O(n^{2})$, 50\% faster")
    'Planning with Erdős & Gödel in $O(n^{2})$, 50% faster'
    >>> decode_latex(r"\emph{Agents} that~read \textless{}i\textgreater{}notes \cite{doe2020}")
    'Agents that read notes'
    """
    text = clean_text(text)
    if _MARKED.search(text):
        text = _LATEX.sub(_plain, text)
    return unwrap_markup(text) if "<" in text or "&" in text else clean_text(text)


def _plain(match: re.Match[str]) -> str:
    if match.lastgroup == "math":
        return match[0]
    if match.lastgroup == "drop":
        return " "
    return _PLAIN[match[0]] if match.lastgroup == "plain" else _symbol(match[0].strip() or match[0])


@lru_cache(maxsize=4_096)
def _symbol(macro: str) -> str:
    """What one macro without its arguments says; nothing for one that only formats, or is unknown."""
    name = macro[1:].rstrip("* ")
    if name in _KNOWN:
        return _KNOWN[name]
    try:
        text = str(_decoder().latex_to_text(macro))
    except Exception:  # the library names no error for a macro that lacks its argument
        return ""
    if "%s" in text or "\\" in text or "\n" in text or "<" in text:
        return " "
    text = unicodedata.normalize("NFC", text)
    return "".join(character for character in text if not unicodedata.combining(character))


@lru_cache(maxsize=1)
def _decoder() -> LatexNodes2Text:
    # A macro without its argument is no news: only single macros are ever asked about.
    logging.getLogger("pylatexenc").setLevel(logging.CRITICAL)
    return LatexNodes2Text(math_mode="verbatim")
