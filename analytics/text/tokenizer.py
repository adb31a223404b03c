"""Words of a text for term weights and labels: one tokenizer for all of them.

English function words, TeX markup and the furniture of abstracts ("we propose") carry no subject,
so they are left out. Chinese, Japanese and Korean are written without spaces: a run of such
characters becomes its overlapping pairs, the usual unit of retrieval for them.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable
from itertools import chain

from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

__all__ = [
    "ABSTRACT_FURNITURE",
    "LONGEST_PHRASE",
    "STOP_WORDS",
    "display_forms",
    "is_subject",
    "phrase_words",
    "phrases",
    "tokenize",
    "words",
]

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
LONGEST_PHRASE = 3
"""Words of a phrase at most."""

_TEX = re.compile(r"\\[a-zA-Z]+|[$^_{}~\\]")
_CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
_TOKEN = re.compile(rf"[{_CJK}]+|[^\W\d_{_CJK}][^\W_{_CJK}]*(?:-[^\W_{_CJK}]+)*")
# In terms also what is named by a digit: "3D", "5G", "3DGS"; not amounts such as "7B".
_TERM_TOKEN = re.compile(rf"(?<![^\W_])[1-9][dgDG][^\W_{_CJK}]*(?:-[^\W_{_CJK}]+)*|{_TOKEN.pattern}")
_BREAK = re.compile(
    r"[.,;:!?()\[\]\"\u3001\u3002\uff0c\uff1b\u201c\u201d]+\Z|[()\[\]\"\u3002\uff0c\u201c\u201d]"
)
_DASHES = re.compile(r"[-\u2013\u2014]+")
_CJK_RUN = re.compile(rf"[{_CJK}]")

_MOST_REMEMBERED = 1 << 17
_LONGEST_REMEMBERED = 40


class _Remembered(dict[str, tuple[str, ...]]):
    """What a function gives for a stretch between spaces: nearly all of them come again and again.

    No word and no composed sign goes across a space, so that a text is the sum of its stretches.
    """

    def __init__(self, function: Callable[[str], tuple[str, ...]]) -> None:
        super().__init__()
        self._function = function

    def __missing__(self, stretch: str) -> tuple[str, ...]:
        found = self._function(stretch)
        if len(stretch) <= _LONGEST_REMEMBERED:
            if len(self) >= _MOST_REMEMBERED:
                self.clear()
            self[stretch] = found
        return found


def _words_of(stretch: str, token_pattern: re.Pattern[str] = _TOKEN) -> tuple[str, ...]:
    if stretch.isascii() and stretch.isalpha():
        return (stretch.lower(),)  # most are plain words
    plain = _TEX.sub(" ", unicodedata.normalize("NFKC", stretch)).casefold()
    found: list[str] = []
    for token in token_pattern.findall(plain):
        if _CJK_RUN.match(token):
            found += [token[i : i + 2] for i in range(len(token) - 1)] or [token]
        else:
            found.append(token)
    return tuple(found)


def _phrase_words_of(stretch: str) -> tuple[str, ...]:
    if _DASHES.fullmatch(stretch):
        return ("",)
    found: list[str] = []
    for segment in _BREAK.split(stretch):
        found += [
            word if _is_term_word(word, _NOT_IN_PHRASES) else "" for word in _words_of(segment, _TERM_TOKEN)
        ]
        found.append("")
    return tuple(found[:-1])


_WORDS = _Remembered(_words_of)
_PHRASE_WORDS = _Remembered(_phrase_words_of)


def words(text: str) -> list[str]:
    """All words of `text` in order, case folded, stop words included.

    Examples
    --------
    >>> words(r"Self-play in $O(n)$ with GPT-4: 3 runs")
    ['self-play', 'in', 'o', 'n', 'with', 'gpt-4', 'runs']
    >>> words("强化学习 agents")
    ['强化', '化学', '学习', 'agents']
    """
    return list(chain.from_iterable(map(_WORDS.__getitem__, text.split())))


def tokenize(text: str) -> list[str]:
    """Content words of `text`: no stop words, no single letters (a lone CJK sign stays).

    Examples
    --------
    >>> tokenize("We explore the sparse rewards of an agent")
    ['explore', 'sparse', 'rewards', 'agent']
    """
    return [word for word in words(text) if _is_term_word(word, STOP_WORDS)]


def phrase_words(stretch: str) -> tuple[str, ...]:
    """Words of a stretch between spaces that may be in a phrase, and ``""`` wherever a phrase ends.

    Phrases end at punctuation, at a stop word or furniture of abstracts, and (which a stretch does not
    tell) at the end of a line.

    Examples
    --------
    >>> phrase_words("rewards."), phrase_words("the"), phrase_words("agent")
    (('rewards', ''), ('',), ('agent',))
    """
    return _PHRASE_WORDS[stretch]


def is_subject(word: str) -> bool:
    """Whether a word of `phrase_words` is a term by itself; a phrase needs one such word.

    Examples
    --------
    >>> is_subject("rewards"), is_subject("learning"), is_subject("")
    (True, False, False)
    """
    return word not in _NOT_ALONE and word != ""


def phrases(text: str) -> list[str]:
    """Candidate terms of `text`: subject words, and phrases of two or three adjacent words.

    A phrase crosses no punctuation and holds no stop word and no furniture of abstracts.

    Examples
    --------
    >>> phrases("We propose sparse rewards. An agent explores")
    ['sparse', 'sparse rewards', 'rewards', 'agent']
    """
    stretches = (stretch for line in text.split("\n") for stretch in (*line.split(), "-"))
    sequence = [word for stretch in stretches for word in phrase_words(stretch)]
    found: list[str] = []
    for start in range(len(sequence)):
        for stop in range(start, min(start + LONGEST_PHRASE, len(sequence))):
            if not sequence[stop]:
                break
            phrase = sequence[start : stop + 1]
            if any(map(is_subject, phrase)):
                found.append(" ".join(phrase))
    return found


def display_forms(texts: Iterable[str]) -> dict[str, str]:
    """How each word is mostly written in `texts`: ``{"llm": "LLM", "agents": "agents"}``.

    Examples
    --------
    >>> display_forms(["An LLM agent and the LLM", "Agent agent"])["llm"]
    'LLM'
    """
    stretches: Counter[str] = Counter()
    for text in texts:
        stretches.update(text.split())
    counts: Counter[str] = Counter()
    for stretch, n in stretches.items():
        for form in _TERM_TOKEN.findall(unicodedata.normalize("NFKC", stretch)):
            counts[form] += n
    forms: dict[str, str] = {}
    # Most frequent first, ties by the written form, so that the first one seen stays.
    for form, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        forms.setdefault(form.casefold(), form)
    return forms


def _is_term_word(word: str, excluded: frozenset[str]) -> bool:
    return word not in excluded and (len(word) > 1 or _CJK_RUN.match(word) is not None)
