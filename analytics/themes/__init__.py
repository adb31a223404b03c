"""Themes: subjects that a user names, and which papers belong to them."""

from analytics.themes.scoring import (
    THEME_THRESHOLD,
    Theme,
    ThemeScores,
    assign_themes,
    score_themes,
    theme_definition,
    theme_table,
)

__all__ = [
    "THEME_THRESHOLD",
    "Theme",
    "ThemeScores",
    "assign_themes",
    "score_themes",
    "theme_definition",
    "theme_table",
]
