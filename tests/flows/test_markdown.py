"""Lists and tables of papers in Markdown: where a title stands, what dates it, rows that were broken."""

from __future__ import annotations

from pathlib import Path

import pytest

from analytics.exceptions import InputError
from analytics.papers import Feed
from flows.sources.recognition import read_source

LANTERNS, KITES = "https://arxiv.org/abs/2005.00001", "https://arxiv.org/abs/2005.00002"


def read(folder: Path, text: str, name: str = "README.md") -> Feed:
    (folder / name).write_text(text, encoding="utf-8")
    (feed,) = read_source(folder / name)
    assert feed.source == "markdown"
    return feed


def found(feed: Feed) -> list[tuple[str, str | None]]:
    return [(record.title, record.arxiv_id or record.doi or record.url) for record in feed.records]


@pytest.mark.parametrize(
    "item",
    [
        f"- [Lanterns that learn]({LANTERNS})",
        f"1) [**Lanterns that learn**](<{LANTERNS}>) (2020)",
        f"* [ ] [Lanterns that learn]({LANTERNS} 'read')",
        f"- **Lanterns that learn** [[paper]]({LANTERNS}) [[code]](https://github.com/a/b)",
        "- **Lanterns that learn** — `2005.00001` — [Hugging Face](https://huggingface.co/papers/2005.00001)",
        f'- "Lanterns that learn", Cora Lamp, {LANTERNS}',
        f"- Lanterns that learn: {LANTERNS}",
        f"- Lanterns that learn. Cora Lamp et al. <{LANTERNS}>",
        f"- [2020/05] Lanterns that learn [[arXiv]]({LANTERNS})",
        "- (ICLR 2021) Lanterns that learn, [pdf](https://arxiv.org/pdf/2005.00001v2.pdf)",
        f"3. Lamp C, Wick D. Lanterns that learn. Glow 2020. {LANTERNS}",
        f"### [Lanterns that learn]({LANTERNS})\n*Cora Lamp*\n\nWords.",
        f"### 3. Lanterns that learn\n*Cora Lamp*\n\n[[Paper]({LANTERNS})] [[Code](https://github.com/a/b)]",
        f"- **Lanterns that learn**\n  - Authors: Cora Lamp, Dan Wick\n  - [Paper]({LANTERNS}) | [Code](https://github.com/a)",
        f"- [Lanterns that learn](https://github.com/a/b) [paper]({LANTERNS})",
    ],
)
def test_the_title_is_found_where_people_put_it(item: str, tmp_path: Path) -> None:
    feed = read(
        tmp_path, f"# Reading\n\n{item}\n\n- [Kites in the sky]({KITES})\n- [Ponds at night]({KITES}9)\n"
    )
    assert found(feed)[:2] == [("Lanterns that learn", "2005.00001"), ("Kites in the sky", "2005.00002")]
    assert feed.records[0].published is None


def test_a_link_without_a_title_is_said_and_other_links_are_passed_over(tmp_path: Path) -> None:
    text = (
        f"# Papers\n\n- [Lanterns that learn]({LANTERNS})\n  - [pdf]({LANTERNS})\n- {KITES}\n- [Kites in the sky]({KITES})\n"
        f"- [our code](https://github.com/a/b)\n\nAs [others]({KITES}) say.\n![a picture](https://a.org/b.pdf)\n"
    )
    feed = read(tmp_path, text)
    assert [record.title for record in feed.records] == ["Lanterns that learn", "Kites in the sky"]
    assert [(reject.position, reject.reason) for reject in feed.rejects] == [
        ("line 5", "a link to a paper without a title")
    ]


def test_parentheses_belong_to_a_doi(tmp_path: Path) -> None:
    doi = "10.1016/S0140-6736(20)30183-5"
    feed = read(tmp_path, f"- [Lanterns](https://doi.org/{doi})\n- [Kites in the sky]({KITES})\n")
    assert feed.records[0].doi == doi.lower()


def test_a_heading_that_is_a_date_dates_what_is_below(tmp_path: Path) -> None:
    text = (
        f"# Reading list 2019\n\n- [Lanterns]({LANTERNS})\n\n## Papers for 2020-05-04\n\n### Night\n- [Kites]({KITES})\n\n"
        f"## May 2021\n### [Ponds](https://doi.org/10.1000/p)\n\n## Others\n- [Looms](https://doi.org/10.1000/l)\n"
    )
    assert [
        (one.title, str(one.published), one.published_precision) for one in read(tmp_path, text).records
    ] == [
        ("Lanterns", "None", "none"),
        ("Kites", "2020-05-04", "day"),
        ("Ponds", "2021-05-01", "month"),
        ("Looms", "None", "none"),
    ]


def test_a_table_headed_paper_and_rows_broken_within_a_cell(tmp_path: Path) -> None:
    text = (
        "| Date | Paper | Link |\n|:--|:-:|--:|\n"
        f"| 2020-05-04 | Lanterns that\n  learn \\| glow | [arXiv]({LANTERNS}) |\n"
        f"| May 2020 | **Kites** | {KITES} |\n| 2020 | | [pdf](https://a.org/b.pdf) |\n"
    )
    feed = read(tmp_path, text)
    assert found(feed) == [("Lanterns that learn | glow", "2005.00001"), ("Kites", "2005.00002")]
    assert [str(record.published) for record in feed.records] == ["2020-05-04", "2020-05-01"]
    assert [reject.position for reject in feed.rejects] == ["line 6"]


def test_a_table_that_names_papers_by_their_ids_is_no_list_of_papers(tmp_path: Path) -> None:
    text = f"| Paper | Result |\n|---|---|\n| 2005.00001 | better |\n\n- [Lanterns]({LANTERNS})\n- [Kites]({KITES})\n"
    feed = read(tmp_path, text)
    assert (found(feed), feed.rejects) == ([("Lanterns", "2005.00001"), ("Kites", "2005.00002")], ())


def test_a_text_without_papers_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# Notes\n\n- buy bread\n- [bake](https://example.org)\n")
    with pytest.raises(InputError, match=r"^a\.md "):
        list(read_source(tmp_path / "a.md"))


@pytest.mark.shared
def test_real_digests(shared_dir: Path) -> None:
    """Both list every paper with its arXiv id; one breaks half of its rows within the title."""
    for name, count in (("gabrielchua_daily-ai-papers_2025-10-30.md", 24), ("vollero_2026-07-15.md", 15)):
        (feed,) = read_source(shared_dir / "api_samples/markdown_feeds" / name)
        assert (len(feed.records), feed.rejects) == (count, ())
        assert all(record.arxiv_id and len(record.title.split()) >= 3 for record in feed.records)
