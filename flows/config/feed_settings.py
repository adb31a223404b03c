"""Network settings as plain values: addresses, keys, limits."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["FeedSettings"]


@dataclass(frozen=True)
class FeedSettings:
    """Addresses, keys and limits of all services.

    Attributes
    ----------
    contact : str or None
        Mail address that services may write to instead of blocking; sent with every request.
    max_answer_mb : int
        Largest body of one answer after decompression, in MB.
    answer_seconds : float
        Longest time for one answer, from connecting to the last byte.
    arxiv_pause_seconds : float
        Pause between two requests to arXiv, in seconds; arXiv asks for three.
    allow_private_feeds : bool
        Whether ``rss:`` may lead to this machine or the network around it.
    """

    daily_papers_url: str = "https://huggingface.co"
    arxiv_url: str = "https://export.arxiv.org/api/query"
    arxiv_oai_url: str = "https://oaipmh.arxiv.org/oai"
    openalex_url: str = "https://api.openalex.org"
    semantic_scholar_url: str = "https://api.semanticscholar.org/graph/v1"
    biorxiv_url: str = "https://api.biorxiv.org"
    crossref_url: str = "https://api.crossref.org"
    europepmc_url: str = "https://www.ebi.ac.uk/europepmc/webservices/rest"
    contact: str | None = None
    openalex_key: str | None = field(default=None, repr=False)
    semantic_scholar_key: str | None = field(default=None, repr=False)
    max_answer_mb: int = 64
    answer_seconds: float = 120.0
    arxiv_pause_seconds: float = 3.0
    daily_papers_page_size: int = 100
    arxiv_page_size: int = 200
    # OpenAlex took 200 until its documentation of 2026 said 100.
    openalex_page_size: int = 100
    crossref_page_size: int = 200
    europepmc_page_size: int = 100
    allow_private_feeds: bool = False
