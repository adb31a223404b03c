"""Synthetic corpora with known truth: invented papers of eight subjects, one of which may rise.

Tests and benchmarks measure the project's claims against these. Nothing here is taken from real
papers, and the same arguments always give the same values.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit, logit

from analytics.exceptions import InputError
from analytics.papers import paper_id_for
from analytics.tables import UNCLUSTERED, validate_table

__all__ = ["SUBJECTS", "SyntheticCorpus", "make_corpus"]


@dataclass(frozen=True, slots=True)
class SyntheticCorpus:
    """Invented papers with their truth.

    `papers` is the table `papers`, without themes and topics; `truth` has `paper_id` and `subject`, one of
    `SUBJECTS` for each paper in the same order.
    """

    papers: pd.DataFrame
    truth: pd.DataFrame


def make_corpus(
    n_papers: int,
    *,
    n_months: int = 24,
    start: date = date(2023, 1, 1),
    rising: str | None = None,
    doubling_months: float = 12.0,
    n_undated: int = 0,
    random_state: int = 0,
) -> SyntheticCorpus:
    """Invented papers of eight subjects with even shares, one of which may rise.

    A paper's words come from its subject's own vocabulary and a few frames that all share, so a
    sound clustering finds the subjects and a sound theme assignment finds the four of `SUBJECTS`
    that bear the names of the default themes.

    Parameters
    ----------
    n_papers : int
        At least 1.
    n_months : int
        Months from `start` on over whose days the papers spread evenly.
    start : date
        First of a month.
    rising : str, optional
        A subject whose share begins at 1/16 and doubles every `doubling_months` at first (its odds
        grow by a constant factor); the others share the rest evenly, so theirs fall.
    doubling_months : float
        Above 0.
    n_undated : int
        So many of the papers have no date; their subject is drawn as if they had one.

    Raises
    ------
    InputError
        When `rising` is not a subject, or more papers are to be undated than there are.

    Examples
    --------
    >>> corpus = make_corpus(3, random_state=1)
    >>> corpus.papers["title"].nunique(), corpus.truth["subject"].isin(SUBJECTS).all().item()
    (3, True)
    """
    if rising is not None and rising not in SUBJECTS:
        raise InputError(f"no subject {rising!r}; subjects are {', '.join(SUBJECTS)}")
    if not 0 <= n_undated <= n_papers:
        raise InputError(f"n_undated is {n_undated}; it must lie between 0 and the {n_papers} papers")
    rng = np.random.default_rng(random_state)
    end = pd.Timestamp(start) + pd.DateOffset(months=n_months)
    days = np.sort(rng.integers(0, (end - pd.Timestamp(start)).days, n_papers))
    published = pd.Series(pd.Timestamp(start) + pd.to_timedelta(days, unit="D"))
    elapsed = days / 30.44
    part = np.full(n_papers, 1 / len(SUBJECTS))
    if rising is not None:
        base = 1 / (2 * len(SUBJECTS))
        part = expit(logit(base) + (logit(2 * base) - logit(base)) / doubling_months * elapsed)
    others = [subject for subject in SUBJECTS if subject != (rising or SUBJECTS[0])]
    drawn = np.asarray(others)[rng.integers(0, len(others), n_papers)]
    subjects = np.where(rng.random(n_papers) < part, rising or SUBJECTS[0], drawn)
    texts = [_text(subject, number, rng) for number, subject in enumerate(subjects)]
    undated = rng.permutation(n_papers) < n_undated
    return _corpus(texts, subjects, published.mask(undated), first_seen=end)


def _text(subject: str, number: int, rng: np.random.Generator) -> tuple[str, str]:
    """Title and abstract of one paper; no two numbers give the same title."""
    name, rest = "", number
    for _ in range(3):
        rest, which = divmod(rest, len(_SYLLABLES) // 2)
        name += _SYLLABLES[2 * which : 2 * which + 2]
    name = name.capitalize() + (str(rest) if rest else "")
    lists = " ".join(_VOCABULARY[subject].split()).split(" | ")
    things, problems, actions, settings, findings = (phrases.split("; ") for phrases in lists)
    first, second = rng.permutation(things)[:2]
    problem, action, setting, finding = map(str, map(rng.choice, (problems, actions, settings, findings)))
    opening = rng.choice(["We study", "This work is about", "We revisit", "Much has been said about"])
    abstract = (
        f"{opening} {first}. Earlier work on {second} leaves open how {problem}. "
        f"Our method, {name}, works by {action}. We evaluate it on {setting}, where it does better than "
        f"three baselines. The analysis shows that {finding}, which matters for {second} as well."
    )
    return f"{name}: {action[0].upper()}{action[1:]} for {first}", abstract


def _corpus(
    texts: list[tuple[str, str]], subjects: NDArray[np.str_], published: pd.Series, first_seen: pd.Timestamp
) -> SyntheticCorpus:
    """Tables of the papers and their truth."""
    ids = [paper_id_for(title) for title, _ in texts]
    dated = published.notna()
    papers = pd.DataFrame(
        {
            "paper_id": ids,
            "title": [title for title, _ in texts],
            "abstract": [abstract for _, abstract in texts],
            "published": published,
            "published_basis": np.where(dated, "stated", "missing"),
            "published_precision": np.where(dated, "day", "none"),
            "published_source": None,
            "date_fault": None,
            "updated": pd.NaT,
            "is_withdrawn": False,
            "first_seen": first_seen,
            "authors": [[] for _ in ids],
            "n_authors": pd.NA,
            "upvotes": pd.NA,
            "organization": None,
            "categories": [[] for _ in ids],
            "venue": None,
            "url": None,
            "sources": [["synthetic"] for _ in ids],
            "primary_theme": None,
            "topic_id": UNCLUSTERED,
        }
    )
    return SyntheticCorpus(
        validate_table("papers", papers), pd.DataFrame({"paper_id": ids, "subject": subjects})
    )


_SYLLABLES = "bacodufegohijakelumanopesirotavuwi"  # two letters each

# Things, open questions, actions, settings and findings of each subject, the five parted by bars.
_VOCABULARY = {
    "self-improvement": """
        self-improvement of language models; self-training on generated solutions; self-rewarding models;
        iterative self-refinement; self-correction of reasoning; models that bootstrap their own reasoning |
        a model can learn from its own outputs without collapsing; errors that a model makes can be found
        by itself; feedback can come from the model in place of people |
        letting the model judge and rewrite its own answers; training on self-generated data that passes
        self-verification; repeating rounds of self-critique and fine-tuning |
        grade-school mathematics; competition problems in code; questions that need several steps |
        each round of self-improvement adds less; self-generated rewards agree with human ones; models
        correct their own slips but not their wrong beliefs
    """,
    "rl-exploration": """
        exploration in reinforcement learning; sparse-reward environments; curiosity-driven exploration;
        intrinsic motivation; unsupervised skill discovery; novelty bonuses for unvisited states |
        an agent finds reward that it has never seen; exploration and exploitation can be balanced; a
        policy keeps its entropy during training |
        adding an exploration bonus for novel states; discovering diverse skills without reward; steering
        exploration by the uncertainty of a world model |
        mazes with one distant goal; hard-exploration video games; locomotion with sparse reward |
        curiosity decays before the goal is found; diverse skills cover more states; the exploration bonus
        explains most of the return
    """,
    "agents": """
        agents built on language models; web agents; tool use by language model agents; multi-agent
        collaboration; software engineering agents; computer-use agents |
        an agent plans over many steps; agents recover from a failed tool call; several agents divide the
        work among themselves |
        giving the agent a memory of earlier tasks; planning tool calls before acting; letting several
        agents debate a plan |
        booking tasks on live websites; issues in open software repositories; desktop tasks with many
        tools |
        agents fail most often at the first tool call; planning helps long tasks most; a second agent that
        reviews finds half of the mistakes
    """,
    "introspection": """
        introspection in language models; self-knowledge of language models; model awareness of internal
        states; metacognition in language models; calibrated self-report of uncertainty; faithful self-
        explanation |
        a model knows what it knows; reports about internal states can be trusted; a model predicts its
        own behavior better than another does |
        asking the model to predict its own answers; comparing self-reports with injected activations;
        training the model to say what it does not know |
        questions without an answer; concepts planted in hidden states; predictions of own behavior |
        introspective reports are right only at times; stated confidence follows accuracy; models know
        themselves better than other models know them
    """,
    "protein-structure": """
        protein structure prediction; folding of long amino acid chains; binding of proteins and ligands;
        design of enzymes; antibody sequences; evolution of protein families |
        a sequence determines its fold; binding sites move when a ligand comes near; rare protein families
        can be modeled |
        aligning homologous sequences; diffusing the coordinates of the backbone; scoring residue contacts
        with a graph network |
        crystal structures solved last year; a bank of enzymes; measured binding affinities |
        loops carry most of the error; alignments of few sequences suffice; designed proteins fold as
        planned
    """,
    "image-generation": """
        image generation with diffusion models; text-to-image synthesis; image editing by instruction;
        video synthesis; sampling of diffusion models in few steps; style transfer for pictures |
        a picture follows all words of its prompt; few sampling steps give sharp images; an edit leaves
        the background as it was |
        distilling the sampler into one step; guiding the noise with attention maps; training a latent
        autoencoder on large pictures |
        portraits and landscapes; captions with counted objects; short video clips |
        sharpness is lost in the last step; attention maps place the objects; people prefer the edited
        pictures
    """,
    "speech-recognition": """
        speech recognition in noisy rooms; transcription of meetings; spoken dialects with little audio;
        speaker separation; acoustic models for children's voices; keyword spotting on small devices |
        a recognizer copes with accents; overlapping speakers can be separated; audio of an hour can be
        transcribed as it arrives |
        masking the spectrogram during training; aligning audio frames with phonemes; adapting the
        acoustic encoder to each speaker |
        recorded telephone calls; read audio books; a car with open windows |
        word error rates halve with dialect audio; most errors are short words; separation helps when two
        voices overlap
    """,
    "graph-algorithms": """
        shortest paths in planar graphs; approximation of vertex cover; dynamic minimum spanning trees;
        graph coloring in few rounds; matchings in bipartite graphs; lower bounds for flow problems |
        an update can be handled in logarithmic time; the approximation factor can be improved; a
        deterministic algorithm matches the randomized one |
        decomposing the graph into expanders; rounding a linear program; contracting short cycles |
        worst-case inputs; road networks with a million vertices; random regular graphs |
        the bound is tight up to constants; the running time is nearly linear; hardness holds even for
        trees of small depth
    """,
}

SUBJECTS: tuple[str, ...] = tuple(_VOCABULARY)
"""Subjects of `make_corpus`; the first four bear the ids of the default themes."""
