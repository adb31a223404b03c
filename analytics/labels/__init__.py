"""Labels: what people, or a model that was asked to, said of single papers, and what follows from it."""

from analytics.labels.answers import ANSWERS, MODEL, counted_answers
from analytics.labels.draws import Drawn, draw_papers

__all__ = ["ANSWERS", "MODEL", "Drawn", "counted_answers", "draw_papers"]
