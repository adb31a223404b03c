"""The page: one self-contained HTML file that loads nothing from elsewhere."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined

from reports.context import ReportContext
from reports.sections.packing import pack, pack_abstracts, pack_index, packed
from reports.values.count_sentences import COMMAND
from reports.values.formatting import NARROW
from reports.values.palette import DARK, LIGHT, MARKS, css_variables
from reports.values.verdict_sentences import FRAGILE

__all__ = [
    "MOST_BYTES",
    "compile_templates",
    "policy_hash",
    "render_mail",
    "render_page_of",
    "render_report",
    "script_of",
    "style_of",
]

MOST_BYTES = 2_450_000
"""Size of a page that the papers for its script fill at most; what else it says is never cut for it."""

_SCRIPTS = (
    "theme",
    "tables",
    "data",
    "downloads",
    "corrections",
    "papers",
    "map",
    "abstracts",
    "probe",
    "compare",
    "sparklines",
    "folds",
    "start",
)
_DATA_START = '<script id="data" type="text/plain">'
_ABSTRACTS_START = '</script><script id="abstracts" type="text/plain">'
_INDEX_START = '</script><script id="index" type="text/plain">'
_SERIES_START = '</script><script id="series" type="text/plain">'
_FOR_ABSTRACTS = 250_000
"""Bytes that papers leave to abstracts, listed papers first; or an eighth of the room if less."""


def render_report(context: ReportContext) -> str:
    """HTML of a report, complete in one string.

    The page's content security policy names the hashes of its one style and its one script and allows nothing
    else, so that text which slipped through as markup could still not act. The same context gives the same
    page.
    """
    page = render_page_of("report.html.j2", context=context, data_start=_DATA_START)
    # Only a template can write this; texts have no angle brackets left.
    before, start, after = page.partition(_DATA_START)
    series = _SERIES_START + packed(context.compared)
    room = MOST_BYTES - len(page.encode("utf-8", "replace")) - len(_INDEX_START + _ABSTRACTS_START + series)
    kept = min(_FOR_ABSTRACTS, room // 8) if context.explorer.abstracts else 0
    papers = pack(context.explorer, room - kept)
    index = pack_index(context.explorer, room - kept - len(papers))
    abstracts = pack_abstracts(context.explorer, room - len(papers) - len(index))
    return before + start + papers + _INDEX_START + index + _ABSTRACTS_START + abstracts + series + after


def render_page_of(
    template: str, *, extra_style: str = "", scripts: tuple[str, ...] = _SCRIPTS, **values: object
) -> str:
    """HTML of a page with the style that all pages share.

    `extra_style` is a template with more style, for this page alone; `scripts`, in order, are those of the
    report by default.
    """
    style, script = style_of(extra_style), script_of(scripts)
    return (
        _environment()
        .get_template(template)
        .render(
            **values,
            style=style,
            script=script,
            style_hash=policy_hash(style),
            script_hash=policy_hash(script),
        )
    )


@cache
def style_of(extra: str = "") -> str:
    """Style that all pages share, and that of the template `extra` after it."""
    environment = _environment()
    shared = environment.get_template("style.css.j2").render(
        light=css_variables(LIGHT),
        dark=css_variables(DARK),
        colors=("paper", "line", "ink", "muted", *MARKS),
    )
    return shared + environment.get_template(extra).render() if extra else shared


def compile_templates() -> None:
    """Compile the page templates in advance."""
    environment = _environment()
    for name in environment.list_templates():
        environment.get_template(name)


def render_mail(template: str, **values: object) -> str:
    """Render a part of a mail; values are escaped in HTML templates and unchanged in text templates.

    The name of the template ends in ``.html.j2`` or ``.txt.j2``.
    """
    environment = (
        _environment() if template.endswith(".html.j2") else _environment().overlay(autoescape=False)
    )
    return environment.get_template(template).render(**values)


@cache
def script_of(names: tuple[str, ...] = _SCRIPTS) -> str:
    """Join scripts into one without global names."""
    folder = resources.files("reports") / "scripts"
    parts = [(folder / f"{name}.js").read_text(encoding="utf-8") for name in names]
    return '(function () {\n"use strict";\n' + "".join(parts) + "})();"


@cache
def _environment() -> Environment:
    """Templates of this package; every value is escaped, and a missing one is an error."""
    environment = Environment(
        loader=PackageLoader("reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(fragile=FRAGILE, narrow=NARROW, command=COMMAND)
    return environment


def policy_hash(text: str) -> str:
    """Hash of an inline style or script as a content security policy names it."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
