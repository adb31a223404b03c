# ruff: noqa: E501
"""Speed, size and quality beside a plain BERTopic script that does the same job, and of ours alone.

    python benchmarks/bench_scale.py [--sizes 5000,20000] [--scale 75000,1000000] [--limit 100000]
                                     [--only bertopic|ours|scale|limit] [--work DIR]

Reads shared/corpora/arxiv_cs_1993_2019.parquet. Both run in processes of their own and are measured by the
same code: seconds, peak memory, V-measure with the categories, NPMI, diversity, papers in no topic. Ours runs
with `auto` (MiniLM at these sizes) and with the student. Then ours alone: the student at the sizes of `--scale`,
and 1 % more papers into the first of these; `auto` at the most papers that it leaves to MiniLM. Linux, memory
is read from /proc.

On two cores BERTopic takes twenty to thirty minutes, most of it encoding, ours alone up to an hour; run it
when nothing else runs. Each part is written to DIR when it is finished, so a run that was stopped goes on
where it was; a part made by other code, packages, vectorizer or threads is made again (`--keep` takes it;
after a change of the corpus remove DIR).
Writes benchmarks/results/scale.json, scale.md and the tables of docs/benchmarks.md when all parts of the usual sizes
are there; otherwise scale.json and scale.md in DIR.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from arxiv_sample import read_rows, require_corpus
from measured_process import Measured, run_measured
from scale_measures import agreement, term_quality
from scale_page import checked_targets, docs_table, part_names, render_page, replace_block

from analytics.papers import content_hash, paper_text
from analytics.tables import UNCLUSTERED
from analytics.vectors.encoders import make_vectorizer
from flows.config.settings import DEFAULT_THEMES
from flows.config.themes_file import read_themes
from flows.ingest import ingest_source
from flows.store import Store

ROOT = Path(__file__).resolve().parents[1]
RESULTS = Path(__file__).parent / "results"
PLAIN = Path(__file__).with_name("plain_bertopic.py")
SIZES, SCALE, LIMIT = [5_000, 20_000], [75_000, 1_000_000], 100_000
AS_OF = "2019-12-31"
COLUMNS = ("id", "title", "abstract", "date", "updated", "authors", "doi")
PACKAGES = ("bertopic", "umap-learn", "hdbscan", "scikit-learn", "numpy", "pandas", "torch", "sentence-transformers", "prefect")  # fmt: skip
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")
MEASURING = ("plain_bertopic", "arxiv_sample", "measured_process", "scale_measures")
STARTING = "start and ingest"


@dataclass(frozen=True)
class Bench:
    """Where the benchmark works."""

    work: Path

    def papers_file(self, n: int, start: int = 0) -> Path:
        """Parquet file of n papers from a row on, as both programs read it: without categories."""
        path = self.work / f"papers-{start}-{n}.parquet"
        if not path.is_file():
            rows = read_rows(start + n, 0)[start:]
            self._write(rows[["id", "primary"]], self._labels_file(n, start))
            self._write(rows[list(COLUMNS)], path)
        return path

    def labels(self, n: int, start: int = 0) -> pd.Series:
        """First category of each paper of a file, by `paper_id`."""
        self.papers_file(n, start)
        table = pd.read_parquet(self._labels_file(n, start))
        return pd.Series(table["primary"].to_numpy(), index="arxiv:" + table["id"])

    def texts(self, n: int) -> list[str]:
        """Texts of the papers of a file, from its first row on."""
        table = pd.read_parquet(self.papers_file(n), columns=["title", "abstract"])
        return [paper_text(*row) for row in table.itertuples(index=False)]

    def papertrends(self, *arguments: str | Path) -> Measured:
        """Run our command line, away from settings of the caller's."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PAPERTRENDS_")}
        environment = kept | {"PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-m", "flows.commands.cli", *map(str, arguments), "--as-of", AS_OF]
        return run_measured(command, self.work, environment)

    def _labels_file(self, n: int, start: int) -> Path:
        return self.work / f"labels-{start}-{n}.parquet"

    @staticmethod
    def _write(table: pd.DataFrame, path: Path) -> None:
        """Whole or not at all: the presence of the file says that it is finished."""
        table.to_parquet(path.with_suffix(".part"), index=False)
        path.with_suffix(".part").replace(path)


def measure_bertopic(bench: Bench, n: int, *, given: bool) -> dict[str, Any]:
    """Plain BERTopic over n papers, encoding them or with the vectors that it made when it did."""
    folder = bench.work / f"bertopic{'-given' if given else ''}-{n}"
    folder.mkdir(exist_ok=True)
    command = [sys.executable, PLAIN, bench.papers_file(n), folder]
    done = run_measured([*command, *(["--vectors", bertopic_vectors(bench, n)] if given else [])], bench.work)
    told = json.loads(done.output.splitlines()[-1])
    topics = pd.read_parquet(folder / "topics.parquet")
    by_paper = pd.Series(topics["topic"].to_numpy(), index="arxiv:" + topics["id"])
    labels = bench.labels(n)
    stages = told["seconds"] | {"rest": done.seconds - sum(told["seconds"].values())}
    quality = agreement(labels, by_paper[labels.index], -1) | term_quality(
        bench.texts(n), list(told["words"].values())
    )
    return {"papers": n, "seconds": done.seconds, "peak_mb": done.peak_mb, "stages": stages, "quality": quality}  # fmt: skip


def measure_ours(bench: Bench, n: int, name: str, *, terms: bool) -> dict[str, Any]:
    """`papertrends run` over n papers in an empty workspace, which stays."""
    file, workspace = bench.papers_file(n), bench.work / name
    shutil.rmtree(workspace, ignore_errors=True)
    done = bench.papertrends("run", file, "--workspace", workspace, "--vectorizer", vectorizer_of(name))
    return described(done, workspace, bench.labels(n), bench.texts(n) if terms else None)


def measure_ours_given(bench: Bench, n: int) -> dict[str, Any]:
    """`papertrends analyze` over n papers that are in the store, with their vectors; see `give_vectors`."""
    workspace = bench.work / f"ours-given-{n}"
    shutil.rmtree(workspace, ignore_errors=True)
    ingest_source(str(bench.papers_file(n)), workspace, date.fromisoformat(AS_OF))
    ids = "arxiv:" + pd.read_parquet(bench.papers_file(n), columns=["id"])["id"]
    give_vectors(workspace, ids.tolist(), np.load(bertopic_vectors(bench, n)))
    done = bench.papertrends("analyze", "--workspace", workspace, "--vectorizer", "minilm")
    return described(done, workspace, bench.labels(n), bench.texts(n))


def measure_more(bench: Bench, n: int) -> dict[str, Any]:
    """1 % more papers into a copy of the workspace of n."""
    first, workspace = bench.work / f"scale-{n}", bench.work / f"more-{n}"
    if not (first / "latest").exists():
        raise RuntimeError(f"the workspace {first} is gone; remove {first}.json, so that it is made again")
    shutil.rmtree(workspace, ignore_errors=True)
    shutil.copytree(first, workspace, symlinks=True)
    os.sync()  # no run of a user's waits for the copy to reach the disk
    more = max(1, n // 100)
    file = bench.papers_file(more, n)
    done = bench.papertrends("run", file, "--workspace", workspace, "--vectorizer", vectorizer_of("more"))
    return described(done, workspace, pd.concat([bench.labels(n), bench.labels(more, n)]), None)


def bertopic_vectors(bench: Bench, n: int) -> Path:
    """Vectors that BERTopic's end-to-end run made, a row a paper of the file."""
    return bench.work / f"bertopic-{n}" / "vectors.npy"


def give_vectors(workspace: Path, ids: list[str], vectors: np.ndarray) -> None:
    """Put vectors of papers, and those of the themes' phrases, into a store as MiniLM's."""
    vectorizer = make_vectorizer("minilm").fit([])
    phrases = [text for theme in read_themes(DEFAULT_THEMES) for text in theme.texts]
    with Store.open(workspace) as store:
        papers = store.read_papers(date.fromisoformat(AS_OF))
        texts = [paper_text(*row) for row in papers[["title", "abstract"]].itertuples(index=False)]
        rows = pd.Series(range(len(ids)), index=ids)[papers["paper_id"]].to_numpy()
        store.write_vectors(vectorizer.id, [content_hash(text) for text in texts], vectors[rows])
        store.write_vectors(vectorizer.id, list(map(content_hash, phrases)), vectorizer.transform(phrases))


def described(done: Measured, workspace: Path, labels: pd.Series, texts: list[str] | None) -> dict[str, Any]:
    """What a run of ours took and gave; terms are measured where texts are given, else the manifest's word stands."""
    manifest = json.loads((workspace / "latest" / "manifest.json").read_text(encoding="utf-8"))
    stages = {**manifest["seconds"], STARTING: done.seconds - sum(manifest["seconds"].values())}
    assigned = pd.read_parquet(workspace / "latest" / "topic_assignments.parquet").set_index("paper_id")
    if len(assigned) != len(labels):
        raise RuntimeError(
            f"{len(labels)} papers were given to {workspace.name}, its run has {len(assigned)}"
        )
    quality = agreement(labels, assigned["topic_id"][labels.index], UNCLUSTERED)
    if texts is None:
        quality |= manifest["topics"]["quality"] or {}
    else:
        terms = pd.read_parquet(workspace / "latest" / "topics.parquet")["top_terms"]
        quality |= term_quality(texts, [list(topic) for topic in terms])
    return {
        "papers": len(labels), "seconds": done.seconds, "peak_mb": done.peak_mb, "stages": stages, "quality": quality,
        "vectorizer_id": manifest["vectorizer_id"], "encoded": manifest["counts"]["encoded"],
        "fit_is_new": manifest["topics"]["fit"]["is_new"],
    }  # fmt: skip


def measure(bench: Bench, name: str) -> dict[str, Any]:
    """Run a part by its name."""
    way, _, size = name.rpartition("-")
    n = int(size)
    if way.startswith("bertopic"):
        return measure_bertopic(bench, n, given=way.endswith("given"))
    if way == "ours-given":
        return measure_ours_given(bench, n)
    if way == "more":
        return measure_more(bench, n)
    return measure_ours(bench, n, name, terms=way in ("ours", "student"))


def vectorizer_of(name: str) -> str:
    """Vectorizer of a part of ours."""
    return "student" if name.split("-")[0] in ("student", "scale", "more") else "auto"


def made_by(name: str) -> str:
    """Hash of everything that a part's figures depend on: code, packages, vectorizer, threads."""
    threads = [f"{variable}={os.environ.get(variable)}" for variable in THREADS]
    digest = hashlib.sha256("\n".join([*map(version, PACKAGES), *threads]).encode())
    files = [Path(__file__).with_name(f"{module}.py") for module in MEASURING]
    if not name.startswith("bertopic"):
        digest.update(vectorizer_of(name).encode())
        files += sorted(path for layer in ("analytics", "flows", "reports", "data/themes.toml")
                       for path in [ROOT / layer, *(ROOT / layer).rglob("*")]
                       if path.is_file() and path.suffix != ".pyc")  # fmt: skip
    for path in files:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def finished_parts(bench: Bench, names: list[str], *, keep: bool) -> dict[str, dict[str, Any]]:
    """Parts that stand in the working folder and are still of use."""
    found = {}
    for name in names:
        path = bench.work / f"{name}.json"
        if path.is_file():
            part = json.loads(path.read_text(encoding="utf-8"))
            if keep or part["made_by"] == made_by(name):
                found[name] = part
    return found


def run_parts(bench: Bench, names: list[str], only: list[str], *, keep: bool) -> dict[str, dict[str, Any]]:
    """Run what is asked for and not there yet, each part written when it is finished; give all that is there."""
    parts = finished_parts(bench, names, keep=keep)
    groups = {"more": "scale", "student": "ours"}
    missing = [name for name in names if name not in parts]
    wanted = [name for name in missing if groups.get(way := name.split("-")[0], way) in only]
    if wanted:
        # Compiled modules and files in the disk's cache are there for whoever comes first, too.
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        folders = [
            sysconfig.get_path("purelib"),
            *(ROOT / layer for layer in ("analytics", "flows", "reports")),
        ]
        compiling = [sys.executable, "-m", "compileall", "-qq", "-j", "0", *folders]
        subprocess.run(compiling, check=False)  # templates of packages are no Python
        ready = "import bertopic, sentence_transformers, prefect, flows.pipeline"
        subprocess.run([sys.executable, "-c", ready], cwd=ROOT, check=True, capture_output=True)
    for name in wanted:
        way, _, size = name.rpartition("-")
        if way.endswith("given") and not bertopic_vectors(bench, int(size)).is_file():
            print(f"{name} needs the vectors of bertopic-{size}: run --only bertopic first", flush=True)
            continue
        print(f"{name} ...", flush=True)
        try:
            part = measure(bench, name) | {"made_by": made_by(name)}
        except RuntimeError as error:  # the parts that follow take hours; this one can be run again
            print(f"{name} failed: {error}", flush=True)
            continue
        (bench.work / f"{name}.json").write_text(json.dumps(part, indent=1) + "\n", encoding="utf-8")
        print(f"{name}: {part['seconds']:.1f} s, {part['peak_mb']:.0f} MB", flush=True)
        parts[name] = part
    return {name: parts[name] for name in names if name in parts}


def about_machine() -> dict[str, Any]:
    """Machine and versions."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9
    threads = [f"{name}={os.environ[name]}" for name in THREADS if name in os.environ]
    system = f"{platform.system()} {platform.release()}"
    parts = [f"{os.cpu_count()} cores", platform.machine(), f"{memory:.0f} GB", system, *threads]
    return {
        "machine": ", ".join(parts), "python": platform.python_version(),
        "versions": {name: version(name) for name in PACKAGES},
    }  # fmt: skip


def write_results(results: dict[str, Any], folder: Path) -> None:
    """JSON and page into a folder; of the usual run the tables of docs/benchmarks.md too."""
    (folder / "scale.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    (folder / "scale.md").write_text(render_page(results), encoding="utf-8")
    if folder == RESULTS:
        page = ROOT / "docs" / "benchmarks.md"
        text = replace_block(page.read_text(encoding="utf-8"), docs_table(results))
        page.write_text(text, encoding="utf-8")


def main() -> None:
    """Run the parts, write what came of them, and say which targets hold."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", type=numbers, default=SIZES, help="papers given to both")
    parser.add_argument("--scale", type=numbers, default=SCALE, help="papers given to ours alone")
    parser.add_argument("--limit", type=int, default=LIMIT, help="papers given to ours with `auto` alone")
    parser.add_argument(
        "--only", action="append", choices=("bertopic", "ours", "scale", "limit"), help="run no other parts"
    )
    parser.add_argument(
        "--work", type=Path, default=ROOT / "build" / "bench_scale", help="kept and used again"
    )
    parser.add_argument("--keep", action="store_true", help="take finished parts whatever made them")
    chosen = parser.parse_args()
    require_corpus()
    bench = Bench(chosen.work.resolve())
    bench.work.mkdir(parents=True, exist_ok=True)
    names = part_names(chosen.sizes, chosen.scale, chosen.limit)
    parts = run_parts(bench, names, chosen.only or ["bertopic", "ours", "scale", "limit"], keep=chosen.keep)
    results = {"about": about_machine(), "sizes": chosen.sizes, "scale": chosen.scale, "limit": chosen.limit, "parts": parts}  # fmt: skip
    results["targets"] = checked_targets(results)
    usual = all(getattr(chosen, name) == parser.get_default(name) for name in ("sizes", "scale", "limit"))
    folder = RESULTS if usual and len(parts) == len(names) else bench.work
    write_results(results, folder)
    print((folder / "scale.md").read_text(encoding="utf-8"))
    print(f"written to {folder}")
    if len(parts) < len(names):
        raise SystemExit(
            f"not run: {', '.join(name for name in names if name not in parts)}; run it again for these"
        )


def numbers(text: str) -> list[int]:
    """Numbers of papers out of ``5000,20000``, ascending."""
    return sorted(int(number) for number in text.split(","))


if __name__ == "__main__":
    main()
