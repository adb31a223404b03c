"""How many answers each theme has."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from analytics.labels import counted_answers
from analytics.themes import Theme, theme_definition
from flows.labelling.sitting import AskedTheme

__all__ = ["asked_themes"]


def asked_themes(themes: Sequence[Theme], labels: pd.DataFrame) -> list[AskedTheme]:
    """Themes with the answers of all labellers: one per paper, people before models.

    Labels of other themes are not counted.
    """
    counted = counted_answers(labels)
    found = []
    for theme in themes:
        own = counted[counted["theme_id"] == theme.theme_id]
        n_papers = labels.loc[labels["theme_id"] == theme.theme_id, "paper_id"].nunique()
        n_yes = int(own["is_yes"].sum())
        found.append(
            AskedTheme(
                theme_id=theme.theme_id,
                name=theme.name,
                description=theme.description,
                phrases=theme.phrases,
                n_yes=n_yes,
                n_no=len(own) - n_yes,
                n_unsure=n_papers - len(own),
                n_earlier=int((own["definition"] != theme_definition(theme)).sum()),
            )
        )
    return found
