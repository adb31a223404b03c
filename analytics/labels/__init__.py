"""Labels: what people, or a model that was asked to, said of single papers, and what follows from it."""

from analytics.labels.agreement import agreement_by_theme, cohen_kappa
from analytics.labels.answers import ANSWERS, MODEL, counted_answers
from analytics.labels.sampling import Drawn, draw_papers

__all__ = [
    "ANSWERS",
    "MODEL",
    "Drawn",
    "agreement_by_theme",
    "cohen_kappa",
    "counted_answers",
    "draw_papers",
]
