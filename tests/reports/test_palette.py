"""Both palettes against the contrast that WCAG 2.2 asks for."""

from __future__ import annotations

import pytest

from reports.charts.palette import DARK, LIGHT, MARKS, TEXTS, theme_colors


def luminance(color: str) -> float:
    """Relative luminance by WCAG 2.2 of a color like #aabbcc."""
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio by WCAG 2.2, from 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_of_known_pairs():
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)
    # The usual example of a grey that just fails for text.
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("ground", ["paper", "soft"])
@pytest.mark.parametrize("name", TEXTS)
def test_text_reaches_aa(palette, ground, name):
    assert contrast(palette[name], palette[ground]) >= 4.5


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("name", [*MARKS, "rising", "falling", "control"])
def test_marks_reach_three_to_one(palette, name):
    assert contrast(palette[name], palette["paper"]) >= 3.0


def test_palettes_name_the_same_colors_and_no_color_twice():
    assert list(LIGHT) == list(DARK)
    for palette in (LIGHT, DARK):
        assert len(set(palette.values())) == len(palette)


def test_up_to_eight_themes_have_a_color_each():
    ids = [f"t{i}" for i in range(8)]
    assert len(set(theme_colors(ids, in_question=[]).values())) == 8
    assert "other" not in theme_colors(ids, in_question=[]).values()


def test_beyond_eight_only_those_in_question_have_a_color():
    ids = [f"t{i}" for i in range(40)]
    colors = theme_colors(ids, in_question=list(reversed(ids)))
    assert [one for one in ids if colors[one] != "other"] == ids[-8:]
    assert colors["t39"] == "c1"
