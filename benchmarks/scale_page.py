# ruff: noqa: E501, ISC004
"""Results of `bench_scale.py` as Markdown: the page, the tables of `docs/benchmarks.md`, and which targets hold.

Results are plain values as their JSON holds them: `sizes` and `scale` (numbers of papers, ascending), `limit`,
`parts` by name (`bertopic-20000`, `ours-20000`, `student-20000`, `bertopic-given-20000`, `ours-given-20000`,
`scale-75000`, `more-75000`, `limit-100000`), each with `seconds`, `peak_mb`, `stages` and `quality`, and `about`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

__all__ = ["checked_targets", "docs_block", "docs_table", "part_names", "render_page", "replace_block"]

Results = dict[str, Any]

_OPEN, _CLOSE = "<!-- scale -->", "<!-- /scale -->"
_LEAST_SECONDS = 1.0
"""A stage below this at the smaller size says nothing of growth."""

_QUALITY = {
    "V-measure against categories": "v_measure",
    "the same, clustered papers only": "v_measure_clustered",
    "coherence of ten terms (NPMI)": "npmi",
    "the same, function words left out": "npmi_subject",
    "diversity of terms": "diversity",
    "part of papers in no topic": "unclustered",
    "topics": "topics",
}


_WAYS = ("bertopic", "ours", "student", "bertopic-given", "ours-given")
_WHO = {"bertopic": "BERTopic", "ours": "ours", "student": "student"}


def part_names(sizes: list[int], scale: list[int], limit: int) -> list[str]:
    """Names of all parts, in the order in which they run: those that are compared one after the other."""
    names = [f"{way}-{n}" for n in sizes for way in _WAYS]
    alone = [f"scale-{scale[0]}", f"more-{scale[0]}", *(f"scale-{n}" for n in scale[1:])]
    return [*names, *alone, f"limit-{limit}"]


def growth(results: Results, take: Callable[[dict[str, Any]], float]) -> float:
    """Exponent with which a value grows between the smallest and the largest size of ours alone.

    Four times the papers at four times the seconds give 1.
    """
    first, last = results["scale"][0], results["scale"][-1]
    small, large = (take(results["parts"][f"scale-{n}"]) for n in (first, last))
    return math.log(large / small) / math.log(last / first)


def checked_targets(results: Results) -> list[dict[str, Any]]:
    """Targets with what was measured: `name`, `rule`, `value` and `holds`, both None where a part is missing."""
    sizes, first, last = results["sizes"], results["scale"][0], results["scale"][-1]
    low, top, limit, parts = sizes[0], sizes[-1], results["limit"], results["parts"]

    def times(name: str, other: str) -> float:
        return float(parts[name]["seconds"] / parts[other]["seconds"])

    def quality(name: str, key: str) -> float:
        return float(parts[name]["quality"][key])

    rows: list[tuple[str, str, float, Callable[[], float]]] = [
        (f"times faster than BERTopic, {low:,} papers, end to end", ">=", 5.0,
         lambda: times(f"bertopic-{low}", f"ours-{low}")),
        (f"times faster than BERTopic, {top:,} papers, end to end by the student", ">=", 15.0,
         lambda: times(f"bertopic-{top}", f"student-{top}")),
        *((f"times faster than BERTopic, {n:,} papers, the same vectors given", ">=", 3.5,
           lambda n=n: times(f"bertopic-given-{n}", f"ours-given-{n}")) for n in (low, top)),
        *((f"V-measure over BERTopic's, {n:,} papers, end to end", ">=", 1.0,
           lambda n=n: quality(f"ours-{n}", "v_measure") / quality(f"bertopic-{n}", "v_measure")) for n in (low, top)),
        (f"V-measure over BERTopic's, {top:,} papers, by the student", ">=", 1.0,
         lambda: quality(f"student-{top}", "v_measure") / quality(f"bertopic-{top}", "v_measure")),
        (f"NPMI less BERTopic's, {low:,} papers, function words left out", ">=", 0.0,
         lambda: quality(f"ours-{low}", "npmi_subject") - quality(f"bertopic-{low}", "npmi_subject")),
        (f"diversity of terms, {low:,} papers", ">=", 0.9, lambda: quality(f"ours-{low}", "diversity")),
        (f"minutes, {last:,} papers", "<=", 30.0, lambda: parts[f"scale-{last}"]["seconds"] / 60),
        (f"peak memory in GB, {last:,} papers", "<=", 6.0, lambda: parts[f"scale-{last}"]["peak_mb"] / 1000),
        (f"exponent of growth, {first:,} to {last:,} papers", "<=", 1.05,
         lambda: growth(results, lambda part: part["seconds"])),
        (f"cost of 1 % more papers over that of the first {first:,}", "<=", 0.08,
         lambda: times(f"more-{first}", f"scale-{first}")),
        (f"minutes, {limit:,} papers, the most that `auto` leaves to MiniLM", "<=", 10.0,
         lambda: parts[f"limit-{limit}"]["seconds"] / 60),
    ]  # fmt: skip
    checked = []
    for name, sign, bound, measure in rows:
        try:
            value: float | None = measure()
        except (KeyError, ZeroDivisionError):  # a part is missing; there is one size alone
            value = None
        holds = None if value is None else (value >= bound if sign == ">=" else value <= bound)
        rule = f"{'at least' if sign == '>=' else 'at most'} {bound:g}"
        checked.append({"name": name, "rule": rule, "value": value, "holds": holds})
    return checked


def docs_table(results: Results) -> str:
    """Tables of `docs/benchmarks.md`: both at every size, ours alone, and the targets."""
    machine = f"The machine: {results['about']['machine']}. All figures are in `benchmarks/results/scale.md`."
    tables = [_comparison(results, short=True), _alone(results), _target_table(results), [machine]]
    return "\n\n".join("\n".join(lines) for lines in tables)


def render_page(results: Results) -> str:
    """Whole page, with what each side does and where the seconds went."""
    about = results["about"]
    versions = ", ".join(f"{name} {number}" for name, number in about["versions"].items())
    lines = [
        "# Speed, size and quality beside plain BERTopic", "",
        f"Written by `make bench` ({about['machine']}; Python {about['python']}, {versions}).",
        "arXiv papers of 1993-2019 as they come; categories are labels for the V-measure and nothing else.", "",
        "*End to end* is the whole process, from its start to its end. BERTopic: imports, MiniLM, fit, topics over months, map of the documents as HTML "
        "(`benchmarks/plain_bertopic.py`, its documentation's steps and defaults). Ours: `papertrends run` in an empty workspace: imports, Prefect's server, store, vectors, "
        "themes, topics, tested trends, forecasts, the report with its charts. *ours* has the vectorizer `auto`, which is MiniLM at these sizes, *student* the vectorizer `student`.",
        "*The same vectors given*: those that BERTopic made. It reads them from a file; ours has them, and those of the themes' phrases, in its store, and the papers too "
        "(`papertrends analyze --vectorizer minilm`). Neither loads the encoder; all else is as above.", "",
        "Memory is the largest sum of the peaks of all processes alive at one time, Prefect's server among them.", "",
        "## Targets", "", *_target_table(results), "",
        "## Beside BERTopic", "", *_comparison(results, short=False), "",
        "## Ours alone", "",
        f"Beyond the end of the file it begins again with three in ten words changed. 1 % more: a file of new papers into the workspace of the first {results['scale'][0]:,}, by the same command. "
        f"{results['limit']:,} is the most that `auto` leaves to MiniLM.", "",
        *_alone(results), "",
        "## Seconds of each stage", "", *_stages(results), "",
    ]  # fmt: skip
    return "\n".join(lines)


def docs_block(page: str) -> str:
    """Text between the two marks of a page.

    Raises
    ------
    ValueError
        When a mark is missing.
    """
    _, opened, rest = page.partition(f"{_OPEN}\n")
    block, closed, _ = rest.partition(_CLOSE)
    if not (opened and closed):
        raise ValueError(f"the page needs a line {_OPEN} and after it a line {_CLOSE}")
    return block.strip()


def replace_block(page: str, table: str) -> str:
    """Page with a table between its two marks."""
    docs_block(page)
    before, opened, rest = page.partition(f"{_OPEN}\n")
    return f"{before}{opened}\n{table}\n\n{_CLOSE}{rest.partition(_CLOSE)[2]}"


def _comparison(results: Results, *, short: bool) -> list[str]:
    sizes, parts = results["sizes"], results["parts"]
    heads = [f"{who}, {n:,}" for n in sizes for who in _WHO.values()]
    lines = ["| papers | " + " | ".join(heads) + " |", "| --- |" + " ---: |" * len(heads)]

    def row(title: str, given: str, show: Callable[[dict[str, Any]], str]) -> str:
        names = [f"{who}{given}-{n}" for n in sizes for who in _WHO]
        cells = [
            show(parts[name]) if name in parts else "" if name.startswith("student-given") else "not run"
            for name in names
        ]
        return f"| {title} | {' | '.join(cells)} |"

    lines.append(row("seconds, end to end", "", _seconds))
    lines.append(row("seconds, the same vectors given", "-given", _seconds))
    lines.append(row("peak memory, GB, end to end", "", _memory))
    if not short:
        lines.append(row("peak memory, GB, the same vectors given", "-given", _memory))
    for title, key in _QUALITY.items():
        if not (short and key == "v_measure_clustered"):
            lines.append(row(title, "", lambda part, key=key: _number(part["quality"].get(key))))
    if not short:
        for title, key in _QUALITY.items():
            shown = f"{title}, the same vectors given"
            lines.append(row(shown, "-given", lambda part, key=key: _number(part["quality"].get(key))))
    return lines


def _alone(results: Results) -> list[str]:
    first = results["scale"][0]
    names = {f"scale-{n}": f"{n:,} by the student" for n in results["scale"]}
    names[f"more-{first}"] = f"{first:,} and 1 % more by the student"
    names[f"limit-{results['limit']}"] = f"{results['limit']:,} by MiniLM"
    lines = ["| ours alone, papers | seconds | peak memory, GB | V-measure | in no topic | topics |"]
    lines.append("| --- |" + " ---: |" * 5)
    for name, title in names.items():
        part = results["parts"].get(name)
        if part is None:
            lines.append(f"| {title} | not run | | | | |")
            continue
        values = [_number(part["quality"].get(key)) for key in ("v_measure", "unclustered", "topics")]
        lines.append(f"| {title} | {_seconds(part)} | {_memory(part)} | {' | '.join(values)} |")
    return lines


def _target_table(results: Results) -> list[str]:
    lines = ["| target | rule | measured | holds |", "| --- | --- | ---: | --- |"]
    words = {True: "yes", False: "NO", None: "not run"}
    return lines + [
        f"| {one['name']} | {one['rule']} | {_number(one['value'])} | {words[one['holds']]} |"
        for one in checked_targets(results)
    ]


def _stages(results: Results) -> list[str]:
    lines = []
    for name in part_names(results["sizes"], results["scale"], results["limit"]):
        part = results["parts"].get(name)
        if part is not None:
            taken = sorted(part["stages"].items(), key=lambda item: -item[1])
            shown = ", ".join(f"{stage} {seconds:.1f}" for stage, seconds in taken)
            lines.append(f"- {name}: {part['seconds']:.1f}: {shown}")
    sizes = results["scale"]
    ends = [results["parts"].get(f"scale-{n}") for n in (sizes[0], sizes[-1])]
    if len(sizes) > 1 and all(ends):
        small, large = (part["stages"] for part in ends if part)
        told = [
            f"{stage} {growth(results, lambda part, stage=stage: part['stages'][stage]):.2f}"
            for stage, seconds in small.items()
            if seconds >= _LEAST_SECONDS and large.get(stage, 0) > 0
        ]
        lines += [
            "",
            f"Exponents of growth, {sizes[0]:,} to {sizes[-1]:,}: {', '.join(told) or 'no stage takes a second'}.",
        ]
    return lines


def _seconds(part: dict[str, Any]) -> str:
    return f"{part['seconds']:,.0f}" if part["seconds"] >= 100 else f"{part['seconds']:.1f}"


def _memory(part: dict[str, Any]) -> str:
    return f"{part['peak_mb'] / 1000:.2f}"


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return str(value) if isinstance(value, int) else f"{value:.3f}" if value < 2 else f"{value:.2f}"
