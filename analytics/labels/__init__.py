"""Labels of papers by people or a model, and estimates from them."""

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
