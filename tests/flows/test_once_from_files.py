"""Files that hold one work twice, or two works that look like one, end with the right papers.

Each input is an example of a kind, made up in the shape of real exports; other members of the kind stand beside it.
"""

from __future__ import annotations

import itertools
import json
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from flows.ingest import ingest_source
from flows.sources.identifiers import clean_doi
from flows.store import Store

ABSTRACT = (
    "We study how a fleet of small boats shares charts when radio contact is lost, and report the error of the "
    "shared map after each of forty crossings."
)


def papers_from(tmp_path: Path, **files: str) -> pd.DataFrame:
    """Papers from files of these contents, which every order of ingest gives; `a_csv` is a.csv."""
    found = []
    for number, order in enumerate(itertools.permutations(files)):
        workspace = tmp_path / f"w{number}"
        for name in order:
            path = tmp_path / name.replace("_", ".")
            path.write_text(files[name], encoding="utf-8")
            ingest_source(str(path), workspace, date(2026, 1, 1))
        with Store.open(workspace) as store:
            found.append(store.read_papers(date(2026, 1, 1)))
    for other in found[1:]:
        pd.testing.assert_frame_equal(found[0], other)
    return found[0]


def table(*rows: tuple[str, ...], head: str = "title,authors,year,doi") -> str:
    return "\n".join([head, *(",".join(f'"{cell}"' for cell in row) for row in rows)]) + "\n"


@pytest.mark.parametrize(
    "written",
    [
        "http://doi.acm.org/10.1145/1137627.1137631",
        "https://dl.acm.org/doi/10.1145/1137627.1137631",
        "https://dl.acm.org/doi/abs/10.1145/1137627.1137631?casa_token=x",
        "http://dx.doi.org/10.1145%2F1137627.1137631",
        "https://doi.org/doi:10.1145/1137627.1137631",
        "DOI: 10.1145/1137627.1137631.",
        "10.1145/1137627.1137631 [doi]",
        "https://link.springer.com/article/10.1145/1137627.1137631#Sec2",
        "https://journals.plos.org/plosone/article?id=10.1145/1137627.1137631",
        "https://www.frontiersin.org/articles/10.1145/1137627.1137631/full",
        "https://www.tandfonline.com/doi/epdf/10.1145/1137627.1137631",
    ],
)
def test_a_doi_is_one_however_it_is_written(written):
    assert clean_doi(written) == "10.1145/1137627.1137631"


@pytest.mark.parametrize(
    ("written", "doi"),
    [
        ("https://www.biorxiv.org/content/10.1101/2020.03.01.123456v2.full.pdf", "10.1101/2020.03.01.123456"),
        ("https://doi.org/10.5281/zenodo.123v2", "10.5281/zenodo.123v2"),
        ("10.1016/S0140-6736(05)67728-8", "10.1016/s0140-6736(05)67728-8"),
        ("(10.1000/abc)", None),
        ("https://example.org/a/b", None),
        ("https://doi.org/10.48550/arXiv.1706.03762", None),
    ],
)
def test_what_is_part_of_a_doi_stays(written, doi):
    assert clean_doi(written) == doi


def test_dois_in_publishers_addresses(tmp_path):
    entries = (
        "@article{a, title={An aspect of secure systems}, author={Ada Example}, year={2006}, "
        "doi={http://doi.acm.org/10.1145/1137627.1137631}}\n"
        "@article{b, title={A second aspect of secure systems}, author={Bo Muster}, year={2006}, "
        "url={https://dl.acm.org/doi/10.1145/1137627.1137628}}\n"
    )
    papers = papers_from(tmp_path, a_bib=entries)
    assert papers["paper_id"].tolist() == ["doi:10.1145/1137627.1137628", "doi:10.1145/1137627.1137631"]


def test_a_doi_with_escapes_is_the_same(tmp_path):
    title = "Renal implications of inhibitors in type 2 diabetes"
    rows = table(
        (title, "Ada Example", "2016", "10.1016/s0025-7753(17)30624-3"),
        (title, "Ada Example", "2016", "http://dx.doi.org/10.1016/S0025-7753%2817%2930624-3"),
    )
    assert papers_from(tmp_path, a_csv=rows)["paper_id"].tolist() == ["doi:10.1016/s0025-7753(17)30624-3"]


@pytest.mark.parametrize(
    ("second", "authors"),
    [
        ("Liraglutide inhibits muscle cell proliferation", "Cy Sample; Di Probe"),
        ("Liraglutide inhibits muscle cell proliferation", "Ada Example; Di Probe"),  # of one laboratory
        ("Chapter 12: Kettles", ""),
    ],
)
def test_one_doi_is_not_one_work(tmp_path, second, authors):
    """Abstracts of a congress under its supplement's DOI, chapters under their book's."""
    doi = "10.1007/s00125-017-4350-z"
    first = ("Glucose lowering in patients with heart failure", "Ada Example; Bo Muster", "2017", doi)
    papers = papers_from(tmp_path, a_csv=table(first), b_csv=table((second, authors, "2017", doi)))
    assert len(papers) == 2
    assert papers["paper_id"].str.startswith("doi:").sum() == 1


def test_one_doi_under_a_changed_title_is_one_work(tmp_path):
    """A title in another language, a typing error: the authors are the same."""
    doi, authors = "10.5555/k.1", "Ada Example; Bo Muster; Cy Probe"
    rows = table(
        ("Wie kleine Boote Karten teilen", authors, "2017", doi),
        ("How small boats share charts", authors, "2017", doi),
    )
    assert papers_from(tmp_path, a_csv=rows)["paper_id"].tolist() == [f"doi:{doi}"]


def test_yearly_columns_stay_apart(tmp_path):
    rows = table(
        ("Editorial", "[No abstract available]", "Muster A.", "2018", "Journal of Boats"),
        ("Editorial", "[No abstract available]", "Beispiel B.; Probe C.", "2020", "Annals of Kettles"),
        ("Editorial", "[No abstract available]", "Test D.", "2021", "Bridges Today"),
        ("Editorial", "[No abstract available]", "Test D.", "2022", "Bridges Today"),
        ("Report 2003", "", "Test D.", "2003", "Bridges Today"),
        ("Report 2004", "", "Test D.", "2004", "Bridges Today"),
        ("Notes of a keeper of lighthouses", "", "Test D.", "2016", "Bridges Today"),
        ("Notes of a keeper of lighthouses", "", "Test D.", "2018", "Bridges Today"),
        ("Notes of a keeper of lighthouses", "", "Test D.", "2020", "Bridges Today"),
        head="Title,Abstract,Authors,Year,Source title",
    )
    assert len(papers_from(tmp_path, a_csv=rows)) == 9


@pytest.mark.parametrize("initials", ["Li C.; Wu Y.", "C. Li; Y. Wu", "Li, Chun; Wu, Yan", "LI C; WU Y"])
def test_initials_and_full_names_are_one(tmp_path, initials):
    title = "Sharing charts among small boats without radio"
    preprint = [{"id": "1909.00001", "title": title, "abstract": ABSTRACT, "authors": ["Chun Li", "Yan Wu"],
                 "published": "2019-09-01"}]  # fmt: skip
    printed = table(
        (initials, title, "2019", "Journal", "10.5555/s.1", ABSTRACT),
        head="Authors,Title,Year,Source title,DOI,Abstract",
    )
    papers = papers_from(tmp_path, a_json=json.dumps(preprint), b_csv=printed)
    assert papers["paper_id"].tolist() == ["arxiv:1909.00001"]


@pytest.mark.parametrize(
    ("one", "other"),
    [("Jürgen Müller", "Jurgen Muller"), ("Jürgen Müller", "Juergen Mueller"), ("Tomasz Imieliński", "Tomasz Imielinski"),
     ("Øystein Torbjørnsen", "Oystein Torbjornsen"), ("Héctor García-Molina", "Hector Garcia Molina")],
)  # fmt: skip
def test_names_with_and_without_accents_are_one(tmp_path, one, other):
    title = "An online video placement policy"
    rows = table((title, one, "1999"), (title, other, "1999"), head="title,authors,year")
    assert len(papers_from(tmp_path, a_csv=rows)) == 1


def test_a_missing_year_of_a_short_title_is_filled(tmp_path):
    authors = "Ada Example, Bo Muster, Cy Sample"
    rows = table(
        ("Statistics on views", authors, "2003"),
        ("Statistics on views", authors, ""),
        head="title,authors,year",
    )
    papers = papers_from(tmp_path, a_csv=rows)
    assert papers["published"].dt.year.tolist() == [2003]


TITLE = "Charting the currents of narrow harbors with borrowed buoys"


@pytest.mark.parametrize(
    "other",
    [
        "Charting the Currents of Narrow Harbours with Borrowed Buoys",
        "Charting the curents of narrow harbors with borrowed bouys",
        "Charting the currents of narrow harbors with borrowed buoys (extended abstract)",
        "Tutorial: Charting the currents of narrow harbors with borrowed buoys",
        "Charting the currents of narrow harbors with borrowed buoys: a study of forty crossings in winter",
        "<i>Charting</i> the currents of narrow harbors with borrowed buoys",
    ],
)
def test_one_work_in_other_words_joins_when_authors_and_year_agree(tmp_path, other):
    rows = table(
        (TITLE, "Ada Example; Bo Muster", "2011"),
        (other, "A. Example; B. Muster", "2011"),
        head="title,authors,year",
    )
    assert len(papers_from(tmp_path, a_csv=rows)) == 1
    rows = table(
        (TITLE, "Ada Example; Bo Muster", "2011"),
        (other, "Cy Probe; Di Test", "2011"),
        head="title,authors,year",
    )
    (tmp_path / "others").mkdir()
    assert len(papers_from(tmp_path / "others", a_csv=rows)) == 2


@pytest.mark.parametrize(
    "other",
    [
        "Erratum: Charting the currents of narrow harbors with borrowed buoys",
        "Charting the currents of narrow harbors with borrowed buoys, part II",
        "Charting the tides of narrow canals with rented boats",
    ],
)
def test_a_work_about_another_and_a_second_part_stay_apart(tmp_path, other):
    part = f"{TITLE}, part I" if "part" in other else TITLE
    rows = table(
        (part, "Ada Example; Bo Muster", "2011"),
        (other, "Ada Example; Bo Muster", "2011"),
        head="title,authors,year",
    )
    assert len(papers_from(tmp_path, a_csv=rows)) == 2


def test_a_preprint_and_its_print_are_one_with_both_dates(tmp_path):
    """bioRxiv gives preprints DOIs of their own; two prints with different DOIs stay two."""
    authors = "Ada Example; Bo Muster"
    rows = [
        (TITLE, authors, "2019-11-04", "10.1101/2019.11.01.123456"),
        (TITLE, authors, "2021-02-01", "10.5555/harbor.7"),
    ]
    papers = papers_from(tmp_path, a_csv=table(*rows, head="title,authors,published,doi"))
    assert papers["published"].dt.strftime("%Y-%m-%d").tolist() == ["2019-11-04"]
    (tmp_path / "b").mkdir()
    rows[0] = (*rows[0][:3], "10.5555/lecture.7")
    assert len(papers_from(tmp_path / "b", a_csv=table(*rows, head="title,authors,published,doi"))) == 2


def test_a_conference_paper_and_its_journal_version_stay_two_when_each_is_known_twice(tmp_path):
    def rows(*years: str) -> str:
        return table(*((TITLE, "Ada Example; Bo Muster", year) for year in years), head="title,authors,year")

    assert len(papers_from(tmp_path, a_csv=rows("2000", "2001"), b_csv=rows("2000", "2001").lower())) == 2


LONG_ABSTRACT = (
    f"{ABSTRACT} Lamps were lit at dusk and read by two crews who did not know of each other; their charts differed "
    "least in fog."
)
OTHER_ABSTRACT = (
    "Background: crews read lamps badly. Aim: to say how badly. Methods: two crews, one dusk. Results: worse in clear "
    "weather than in fog, which nobody expected. Conclusion: more dusks are needed, and a third crew that keeps awake."
)


@pytest.mark.parametrize(("abstract", "n_papers"), [(LONG_ABSTRACT, 1), ("", 1), (OTHER_ABSTRACT, 2)])
def test_a_talk_and_the_paper_of_the_same_title_have_different_abstracts(tmp_path, abstract, n_papers):
    authors = "Ada Example; Bo Muster; Cy Probe"
    rows = table(
        (TITLE, authors, "2011", LONG_ABSTRACT),
        (TITLE, authors, "2011", abstract),
        head="title,authors,year,abstract",
    )
    assert len(papers_from(tmp_path, a_csv=rows)) == n_papers


@pytest.mark.parametrize(
    ("other", "n_papers"),
    [
        (f"RETRACTED ARTICLE: {TITLE}", 1),
        (f"{TITLE} (vol 12, pg 34, 2010)", 2),
        (f"Re: {TITLE}", 2),
        (f"Retraction: {TITLE}", 2),
    ],
)
def test_a_retracted_article_is_itself_and_its_notice_another(tmp_path, other, n_papers):
    rows = table((TITLE, "Ada Example", "2011"), (other, "Ada Example", "2011"), head="title,authors,year")
    assert len(papers_from(tmp_path, a_csv=rows)) == n_papers


def test_one_sign_makes_another_chinese_title(tmp_path):
    rows = table(
        ("基于深度学习的医学图像分类方法研究", "李明", "2020"), ("基于深度学习的医学图像分割方法研究", "李明", "2020"),
        ("基于深度学习的医学图像分割方法研究。", "李明", "2020"), head="title,authors,year",
    )  # fmt: skip
    assert len(papers_from(tmp_path, a_csv=rows)) == 2


@pytest.mark.parametrize(
    ("dois", "n_papers"),
    [
        (("10.21203/rs.3.rs-1234/v1", "10.21203/rs.3.rs-1234/v2"), 1),
        (("10.12688/f1000research.77.1", "10.12688/f1000research.77.2"), 1),
        (("10.1002/14651858.cd010458.pub2", "10.1002/14651858.cd010458.pub3"), 2),
    ],
)
def test_versions_of_a_preprint_are_one_and_updates_of_a_review_are_not(tmp_path, dois, n_papers):
    rows = table(
        *(
            (TITLE, "Ada Example; Bo Muster; Cy Probe", str(2018 + n), doi, LONG_ABSTRACT)
            for n, doi in enumerate(dois)
        ),
        head="title,authors,year,doi,abstract",
    )
    assert len(papers_from(tmp_path, a_csv=rows)) == n_papers
