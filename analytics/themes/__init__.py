"""Themes: subjects that a user names, and which papers belong to them."""

from analytics.themes.assignments import ThemeScores, assign_themes, near_misses, score_themes, theme_table
from analytics.themes.membership import MEMBER
from analytics.themes.theme import Theme, theme_definition
from analytics.themes.title_only import is_title_only

__all__ = [
    "MEMBER",
    "Theme",
    "ThemeScores",
    "assign_themes",
    "is_title_only",
    "near_misses",
    "score_themes",
    "theme_definition",
    "theme_table",
]
