"""The project's documents as the tests of the documentation read them."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
PAPERS = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")]
DOCUMENTS = [*PAPERS, *PAGES]


def named(path: Path) -> str:
    """Name of a document for the test's report."""
    return path.relative_to(ROOT).as_posix()


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def blocks(text: str, language: str) -> list[str]:
    """Fenced blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", text, flags=re.S | re.M)


def prose(text: str) -> str:
    """Text without fenced blocks."""
    return re.sub(r"^```.*?^```", "", text, flags=re.S | re.M)


def command_lines(text: str, language: str) -> list[list[str]]:
    """Words of each line of the blocks of a language, without comments."""
    lines = [line for block in blocks(text, language) for line in block.splitlines()]
    return [words for line in lines if (words := shlex.split(line, comments=True))]
