"""SVG text: matplotlib's output made small and themeable, and hand-written small lines.

A chart must be right in three places from the same bytes: inlined in the light page, inlined in the
dark page, and as a separate file. So every color is given twice: as a presentation attribute with
the light value, which any program can show, and as a class (``f-c1`` fills, ``s-c1`` strokes) for
which the page has a rule in its palette. Rules override attributes, so no script is needed.
"""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from reports.values.formatting import clip
from reports.values.palette import LIGHT

__all__ = ["HALO", "Drawing", "compose_panels", "parse_drawing", "render_svg"]

_FONTS = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'Noto Sans', Arial, sans-serif"

HALO = "halo"
"""`gid` of a text that is on lines."""

_SVG = "{http://www.w3.org/2000/svg}"
_XLINK_HREF = "{http://www.w3.org/1999/xlink}href"
_NAMES = {value: name for name, value in LIGHT.items()}
# A rim in the color of the ground sets a text off from the lines that pass behind it.
_HALO_STYLE = f"; stroke: {LIGHT['paper']}; stroke-width: 4; stroke-linejoin: round; paint-order: stroke"
_NUMBER = re.compile(r"-?\d+\.\d+")
_KEPT = (
    "fill",
    "stroke",
    "stroke-width",
    "stroke-dasharray",
    "fill-opacity",
    "stroke-opacity",
    "opacity",
    "text-anchor",
    "font-size",
    "font-weight",
    "stroke-linejoin",
    "stroke-linecap",
    "paint-order",
)


@dataclass(frozen=True, slots=True)
class Drawing:
    """Content of an SVG without its root element; `width` and `height` in CSS pixels."""

    width: float
    height: float
    body: str


def parse_drawing(svg: str, prefix: str) -> Drawing:
    """Keep the marks and texts of matplotlib's SVG, without its groups, metadata, ids and font lists.

    Ids that must stay (patterns) start with `prefix`, so that many charts can share a page. Every
    marker is taken for a circle, the only marker these charts use.

    `svg` is what `FigureCanvasSVG.print_svg` wrote with ``svg.fonttype`` ``"none"``; `prefix` is unique on
    the page and has letters, digits and hyphens.
    """
    root = ET.fromstring(svg)  # noqa: S314 (what matplotlib wrote a moment ago)
    width, height = (float(number) for number in root.attrib["viewBox"].split()[2:])
    radii = {
        path.attrib["id"]: float(path.attrib["d"].split()[2])
        for path in root.iter(f"{_SVG}path")
        if "id" in path.attrib
    }
    return Drawing(width, height, "".join(_marks(root, prefix, radii)))


def _marks(element: ET.Element, prefix: str, radii: dict[str, float]) -> Iterable[str]:
    """Elements below `element` that show something, each as text."""
    for child in element:
        tag = child.tag.removeprefix(_SVG)
        given = child.attrib
        if tag == "path" and "id" not in given and "style" in given:
            yield f"<path{_attributes(child, prefix)} d={quoteattr(_path(given['d']))}/>"
        elif tag == "use":
            place = f' cx="{_short(given["x"])}" cy="{_short(given["y"])}"'
            radius = f"{radii[given[_XLINK_HREF][1:]]:g}"
            yield f'<circle{_attributes(child, prefix)}{place} r="{radius}"/>'
        elif tag == "text":
            place = f' x="{_short(given["x"])}" y="{_short(given["y"])}"'
            if element.attrib.get("id") == HALO:
                child.attrib["style"] += _HALO_STYLE
            yield f"<text{_attributes(child, prefix)}{place}>{escape(child.text or '')}</text>"
        elif tag == "pattern":
            size = "".join(f" {key}={quoteattr(given[key])}" for key in ("width", "height"))
            inner = "".join(_marks(child, prefix, radii))
            name = f'id="{prefix}-{given["id"]}" patternUnits="userSpaceOnUse"'
            yield f"<pattern {name}{size}>{inner}</pattern>"
        elif tag in {"g", "defs"}:
            yield from _marks(child, prefix, radii)


def _attributes(element: ET.Element, prefix: str) -> str:
    """Style of `element` as presentation attributes and classes."""
    pairs = (item.partition(":") for item in element.attrib.get("style", "").split(";"))
    style = {key.strip(): value.strip() for key, _, value in pairs}
    classes = [
        f"{letter}-{_NAMES[style[key]]}"
        for letter, key in (("f", "fill"), ("s", "stroke"))
        if style.get(key) in _NAMES
    ]
    written = [f' class="{" ".join(classes)}"'] if classes else []
    for key in _KEPT:
        if key in style:
            value = style[key].replace("url(#", f"url(#{prefix}-")
            written.append(f" {key}={quoteattr(_NUMBER.sub(_rounded, value).removesuffix('px'))}")
    return "".join(written)


def _rounded(match: re.Match[str]) -> str:
    return _short(match.group())


def _short(number: str | float) -> str:
    """Write a number with at most two decimals and no trailing zeros.

    Examples
    --------
    >>> _short("12.504999"), _short(-0.001), _short(3.0)
    ('12.5', '0', '3')
    """
    text = f"{float(number):.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _path(data: str) -> str:
    """Path data with short numbers and no spare white space."""
    joined = " ".join(_NUMBER.sub(_rounded, data).split())
    return re.sub(r" ?([A-Za-z]) ?", r"\1", joined)


def render_svg(drawing: Drawing, label: str) -> str:
    """Whole SVG: `drawing` at its own size, announced as an image that says `label`.

    It stands on its own as a file and can be inlined in HTML as it is.
    """
    width, height = _short(drawing.width), _short(drawing.height)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="chart" role="img" aria-label={quoteattr(label)}'
        f' viewBox="0 0 {width} {height}" width="{width}" height="{height}" font-family="{_FONTS}">'
        f"{drawing.body}</svg>"
    )


def compose_panels(panels: Sequence[tuple[str, str, Drawing]], columns: int = 4) -> Drawing:
    """Titled panels of one size in rows, left to right.

    There is at least one panel; its number is at the right above it.
    """
    head, gap, inset = 18.0, 24.0, 12.0
    wide = max(drawing.width for _, _, drawing in panels)
    tall = max(drawing.height for _, _, drawing in panels) + head
    columns = min(columns, len(panels))
    rows = math.ceil(len(panels) / columns)
    width, height = columns * (wide + gap) + gap, rows * (tall + gap) + gap
    parts = [f'<rect{_fill("paper")} width="{_short(width)}" height="{_short(height)}"/>']
    for index, (title, number, drawing) in enumerate(panels):
        left = gap + (index % columns) * (wide + gap)
        top = gap + (index // columns) * (tall + gap)
        size = f'width="{_short(drawing.width)}" height="{_short(drawing.height)}"'
        right = left + drawing.width - inset
        head_style = f'{_fill("ink")} font-size="14" font-weight="600" y="{_short(top + 12)}"'
        parts += [
            f'<text{head_style} x="{_short(left)}">{escape(clip(title, 24))}</text>',
            f'<text{head_style} x="{_short(right)}" text-anchor="end">{escape(number)}</text>',
            f'<svg x="{_short(left)}" y="{_short(top + head)}" {size}>{drawing.body}</svg>',
        ]
    return Drawing(width, height, "".join(parts))


def _fill(color: str) -> str:
    """Class and attribute of a fill."""
    return f' class="f-{color}" fill="{LIGHT[color]}"'
