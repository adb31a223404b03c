"""Web addresses given as sources: read by their feed, or answered with the one that does."""

from __future__ import annotations

from datetime import date

import pytest

from analytics.exceptions import InputError
from flows.feeds.names import named_feed

DAY = date(2025, 12, 10)


@pytest.mark.parametrize(
    ("address", "identity", "window"),
    [
        ("https://arxiv.org/list/cs.AI/recent", "arxiv:cat:cs.AI", None),
        ("http://www.arxiv.org/list/cs.MA/new", "arxiv:cat:cs.MA", None),
        ("https://arxiv.org/list/cs/recent", "arxiv:cat:cs.*", None),
        ("https://arxiv.org/search/?query=curiosity+rewards&searchtype=all", "arxiv:all:curiosity rewards", None),
        ("https://export.arxiv.org/api/query?search_query=cat:cs.LG&start=0", "arxiv:cat:cs.LG", None),
        ("https://rss.arxiv.org/rss/cs.AI", "rss:https://rss.arxiv.org/rss/cs.AI", None),
        ("https://huggingface.co/papers/date/2025-10-03", "daily-papers", (date(2025, 10, 3), date(2025, 10, 3))),
        ("https://huggingface.co/papers?date=2025-10-03", "daily-papers", (date(2025, 10, 3), date(2025, 10, 3))),
        ("https://huggingface.co/papers/month/2025-10", "daily-papers", (date(2025, 10, 1), date(2025, 10, 31))),
        ("https://huggingface.co/papers/week/2025-W40", "daily-papers", (date(2025, 9, 29), date(2025, 10, 5))),
    ],
)  # fmt: skip
def test_an_address_is_the_feed_that_reads_it(address, identity, window):
    found = named_feed(address, DAY)
    assert (found.identity, found.window) == (identity, window)


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("https://arxiv.org/abs/2503.02130v2", "is one paper"),
        ("https://arxiv.org/pdf/2503.02130", "is one paper"),
        ("https://huggingface.co/papers/2503.02130", "is one paper"),
        ("https://huggingface.co/papers", "daily-papers:2025-10-01..2025-10-31"),
        ("https://arxiv.org/", "arxiv:cat:cs.AI"),
        ("https://oaipmh.arxiv.org/oai?verb=ListRecords&set=cs", "arxiv-oai:cs "),
        ("https://example.org/feed.xml", "write rss: before it"),
        ("https://notarxiv.org/list/cs.AI/recent", "write rss: before it"),
        ("https://example.org/abs/2503.02130", "write rss: before it"),
        ("https://[broken/list/cs.AI", "write rss: before it"),
    ],
)
def test_other_addresses_are_answered_with_what_to_write(address, says):
    with pytest.raises(InputError) as raised:
        named_feed(address, DAY)
    assert says in str(raised.value)
