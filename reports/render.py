"""The page: one HTML file with everything in it, which asks nothing of any other place."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined

from reports.claims import FRAGILE
from reports.context import ReportContext
from reports.explorer import pack
from reports.palette import DARK, LIGHT, MARKS, css_variables
from reports.quality_words import COMMAND
from reports.wording import NARROW

__all__ = ["MOST_BYTES", "compile_templates", "render_mail", "render_page_of", "render_report"]

MOST_BYTES = 2_450_000
"""Size of a page that the papers for its script fill at most; what else it says is never cut for it."""

_SCRIPTS = ("theme", "tables", "data", "downloads", "corrections", "papers", "map", "start")
_DATA_START = '<script id="data" type="text/plain">'


def render_report(context: ReportContext) -> str:
    """HTML of a report, complete in one string.

    The page's content security policy names the hashes of its one style and its one script and
    allows nothing else, so that text which slipped through as markup could still not act.

    Parameters
    ----------
    context : ReportContext
        See `reports.context.make_report_context`.

    Returns
    -------
    str
        The same for the same context.
    """
    page = render_page_of("report.html.j2", context=context, data_start=_DATA_START)
    # Only a template can write this; texts have no angle brackets left.
    before, start, after = page.partition(_DATA_START)
    room = MOST_BYTES - len(page.encode("utf-8", "replace"))
    return before + start + pack(context.explorer, room) + after


def render_page_of(template: str, **values: object) -> str:
    """HTML of a page with the style and the script that all pages share.

    Parameters
    ----------
    template : str
        Name of the page's template.
    **values
        What it prints.
    """
    environment = _environment()
    style = environment.get_template("style.css.j2").render(
        light=css_variables(LIGHT),
        dark=css_variables(DARK),
        colors=("paper", "line", "ink", "muted", *MARKS),
    )
    script = _script()
    return environment.get_template(template).render(
        **values,
        style=style,
        script=script,
        style_hash=_policy_hash(style),
        script_hash=_policy_hash(script),
    )


def compile_templates() -> None:
    """Compile the templates of the pages now, so that nobody waits for it later."""
    environment = _environment()
    for name in environment.list_templates():
        environment.get_template(name)


def render_mail(template: str, **values: object) -> str:
    """A part of a mail; values are escaped in a template of HTML, and stand as they are in one of text.

    Parameters
    ----------
    template : str
        Name of the template, which ends in ``.html.j2`` or ``.txt.j2``.
    **values
        What it prints.
    """
    environment = (
        _environment() if template.endswith(".html.j2") else _environment().overlay(autoescape=False)
    )
    return environment.get_template(template).render(**values)


@cache
def _script() -> str:
    """All scripts as one, in which nothing is global."""
    folder = resources.files("reports") / "scripts"
    parts = [(folder / f"{name}.js").read_text(encoding="utf-8") for name in _SCRIPTS]
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


def _policy_hash(text: str) -> str:
    """Hash of an inline style or script as a content security policy names it."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
