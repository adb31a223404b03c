"""Examples at the end of the help of commands; a test checks that each is a command line."""

from __future__ import annotations

__all__ = ["EXAMPLES"]


def _examples(*lines: str) -> str:
    # The mark keeps click from filling the lines up.
    return "\n".join(["\b", "Examples:", *(f"  {line}" for line in lines)])


EXAMPLES = {
    "run": _examples(
        "papertrends run",
        "papertrends run my-papers.bib --workspace my-workspace",
        'papertrends run "arxiv:cat:cs.AI 2025-10" --themes my-themes.toml',
        "papertrends run exports/ --as-of 2025-12-10 --vectorizer lexical",
    ),
    "ingest": _examples(
        "papertrends ingest scopus.csv library.ris --workspace my-workspace",
        'papertrends ingest "daily-papers:2025-10-01..2025-10-31"',
        "papertrends ingest https://arxiv.org/list/cs.AI/recent",
        "papertrends ingest table.csv --map Heading=title --map Day=published",
        "papertrends ingest --fill-dates arxiv",
    ),
    "serve": _examples(
        'papertrends serve arxiv:cat:cs.AI --analysis-cron "0 6 * * 1" --timezone Europe/Zurich'
    ),
    "forget": _examples("papertrends forget arxiv:2503.02130 --purge-runs", "papertrends forget library.csv"),
    "topics": _examples(
        "papertrends topics --history",
        'papertrends topics rename T0012 "Reward hacking"',
        "papertrends topics merge T0012 T0031 T0044",
        "papertrends topics hide T0007",
        "papertrends topics reset T0007",
    ),
    "backup": _examples("papertrends backup papers-2025-12-31.tar.gz --workspace my-workspace"),
}
"""Text by command."""
