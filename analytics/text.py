"""Words of a text for term weights and labels: one tokenizer for all of them.

English function words, TeX markup and the furniture of abstracts ("we propose") carry no subject,
so they are left out. Chinese, Japanese and Korean are written without spaces: a run of such
characters becomes its overlapping pairs, the usual unit of retrieval for them.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable

from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

__all__ = ["ABSTRACT_FURNITURE", "STOP_WORDS", "display_forms", "phrases", "tokenize", "words"]

# Words that nearly every abstract uses whatever its subject: never a term on their own, and not in a
# phrase either, apart from those in `_KEPT_IN_PHRASES` ("learning" says nothing, "contrastive
# learning" does).
ABSTRACT_FURNITURE = frozenset(
    """
    ability able abstract achieve achieved achieves achieving acquire acquired across additional
    additionally address addresses addressing aim aims al allow allowing allows analyses analysis analyze
    analyzing answers applied apply applying approach approaches area areas asks aspect aspects author
    authors available average based baseline baselines begins benchmark benchmarks best better broad
    capabilities capability case cases challenge challenges challenging code com common comparable compared
    comparison complex comprehensive compute conduct consider consistently consists contribution
    contributions core critical crucial current currently data dataset datasets demonstrate demonstrated
    demonstrates demonstrating design designed despite develop developed developing development different
    differently difficult directly diverse does doing domain domains drop due easily effect effective
    effectively effectiveness efficiency efficient efficiently emerged empirical empirically enable enables
    enabling end enhance enhanced enhances enhancing ensure ensuring especially essentially establish et
    evaluate evaluated evaluating evaluation evaluations evidence example examples existing expensive
    experiment experimental experiments explain explore explores extensive extensively facilitate fact field
    fields final finally finding findings focus focused focuses form framework frameworks fully fundamental
    furthermore future gain gains gap general generally generate generated generates generating github give
    given gives goal goals going good great greatly happens hard help helps hence high higher highly hold
    holds html http https huge idea impact implementation important improve improved improvement
    improvements improves improving include includes including increase increasing increasingly information
    input insight insights instance introduce introduced introduces introducing investigate issue issues
    keep keeps key known lack lacks large largely larger last lead leading leads learn learned learning
    leave leaves let level leverage leverages leveraging like likely limitation limitations limited little
    long long-standing looks low lower main mainly major make makes making means measure method methods
    model modeling models moreover multiple natural nature necessary need needed needs new notably novel
    number observe obtain obtained obtaining offer offering offers open order org outperform outperforming
    outperforms output overall overcome paper papers particular particularly perform performance performing
    performs perspective pipeline point points popular possible potential potentially power powerful
    practical practice present presented presents previous previously prior problem problems process
    processes progress promising propose proposed proposes proposing provide provided provides providing
    publicly purpose quality question questions range rapid rare rarely rate rather real real-world recent
    recently reduce reduces reducing regarding related release relevant reliable rely relying remain
    remains remarkable report represent require required requirements requires research researchers
    respect respectively result resulting results reveal reveals rich robust role says scale scenario
    scenarios scheme scope second section seen select self sense set sets setting settings shape shapes
    shared short show showing shown shows significant significantly similar simple simply single size
    small solution solutions solve solving sota source specific specifically stage stages standard
    starting state state-of-the-art step steps straightforward strategies strategy strong structure
    studied studies study substantial substantially success successful successfully suffer suggest
    suitable superior support survey system systems take takes target task tasks technical technique
    techniques tend tends term terms test testing theoretical theory therefore think thus time times today
    tool tools toward towards traditional train trained training turn turns type types typical typically
    ubiquitous underlying understand understanding unified unique unlike url use used useful user users
    uses using usually utilize utilizing value values variety various vary varying version view way ways
    well whole wide widely wider work works world write writes writing written www year years yet yield
    yields
    """.split()  # noqa: SIM905 - a word list is read and changed as words
)

_KEPT_IN_PHRASES = frozenset(
    """
    ability analysis benchmark benchmarks capabilities code data dataset datasets design development domain
    domains end evaluation example examples field form general goal goals impact information input key
    knowledge large learning level long low measure model modeling models natural nature open output
    planning point points power problem problems process processes quality question questions rate real role
    scale self sense set sets single source state step structure survey system systems target task tasks
    test testing text theory time tool tools training type understanding user users value values view world
    """.split()  # noqa: SIM905
)

# scikit-learn's list counts a few subject words as stop words.
STOP_WORDS = frozenset(ENGLISH_STOP_WORDS) - {"system", "fire", "computer", "interest", "describe", "detail"}
_NOT_IN_PHRASES = STOP_WORDS | (ABSTRACT_FURNITURE - _KEPT_IN_PHRASES)
_NOT_ALONE = STOP_WORDS | ABSTRACT_FURNITURE
_LONGEST_PHRASE = 3

_TEX = re.compile(r"\\[a-zA-Z]+|[$^_{}~\\]")
_CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
_TOKEN = re.compile(rf"[{_CJK}]+|[^\W\d_{_CJK}][^\W_{_CJK}]*(?:-[^\W_{_CJK}]+)*")
_BREAK = re.compile(
    r"\n|[.,;:!?()\[\]\"\u3001\u3002\uff0c\uff1b\u201c\u201d]+(?=\s|$)"
    r"|[()\[\]\"\u3002\uff0c\u201c\u201d]"
    r"|\s[-\u2013\u2014]+\s"
)
_CJK_RUN = re.compile(rf"[{_CJK}]")


def words(text: str) -> list[str]:
    """All words of `text` in order, case folded, stop words included.

    Examples
    --------
    >>> words(r"Self-play in $O(n)$ with GPT-4: 3 runs")
    ['self-play', 'in', 'o', 'n', 'with', 'gpt-4', 'runs']
    >>> words("强化学习 agents")
    ['强化', '化学', '学习', 'agents']
    """
    plain = _TEX.sub(" ", unicodedata.normalize("NFKC", text)).casefold()
    found: list[str] = []
    for token in _TOKEN.findall(plain):
        if _CJK_RUN.match(token):
            found += [token[i : i + 2] for i in range(len(token) - 1)] or [token]
        else:
            found.append(token)
    return found


def tokenize(text: str) -> list[str]:
    """Content words of `text`: no stop words, no single letters (a lone CJK sign stays).

    Examples
    --------
    >>> tokenize("We explore the sparse rewards of an agent")
    ['explore', 'sparse', 'rewards', 'agent']
    """
    return [word for word in words(text) if _is_term_word(word, STOP_WORDS)]


def phrases(text: str) -> list[str]:
    """Candidate terms of `text`: subject words, and phrases of two or three adjacent words.

    A phrase crosses no punctuation and holds no stop word and no furniture of abstracts.

    Examples
    --------
    >>> phrases("We propose sparse rewards. An agent explores")
    ['sparse', 'sparse rewards', 'rewards', 'agent']
    """
    found: list[str] = []
    for segment in _BREAK.split(text):
        sequence = words(segment)
        for start, word in enumerate(sequence):
            if not _is_term_word(word, _NOT_IN_PHRASES):
                continue
            if word not in _NOT_ALONE:
                found.append(word)
            for stop in range(start + 1, min(start + _LONGEST_PHRASE, len(sequence))):
                if not _is_term_word(sequence[stop], _NOT_IN_PHRASES):
                    break
                phrase = sequence[start : stop + 1]
                if any(part not in _NOT_ALONE for part in phrase):
                    found.append(" ".join(phrase))
    return found


def display_forms(texts: Iterable[str]) -> dict[str, str]:
    """How each word is mostly written in `texts`: ``{"llm": "LLM", "agents": "agents"}``.

    Examples
    --------
    >>> display_forms(["An LLM agent and the LLM", "Agent agent"])["llm"]
    'LLM'
    """
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(_TOKEN.findall(unicodedata.normalize("NFKC", text)))
    forms: dict[str, str] = {}
    # Most frequent first, ties by the written form, so that the first one seen stays.
    for form, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        forms.setdefault(form.casefold(), form)
    return forms


def _is_term_word(word: str, excluded: frozenset[str]) -> bool:
    return word not in excluded and (len(word) > 1 or _CJK_RUN.match(word) is not None)
