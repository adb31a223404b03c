"""Names that models gave to topics, by what they were asked."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date

from sqlalchemy import Connection, insert, select

from flows.store.schema import topic_names

__all__ = ["TopicName", "read_topic_names", "write_topic_name"]


@dataclass(frozen=True, slots=True)
class TopicName:
    """Answer of a model to one question.

    Attributes
    ----------
    asked : str
        Hash of the question.
    label : str
        What the data called the topic then.
    day : date
        The newest day that the question knew.
    name : str
        Empty if no answer could be used.
    """

    asked: str
    model: str
    topic_id: str
    label: str
    day: date
    name: str


def read_topic_names(connection: Connection, model: str) -> list[TopicName]:
    """All answers of a model, oldest day first."""
    query = select(topic_names).where(topic_names.c.model == model)
    rows = connection.execute(query.order_by(topic_names.c.day, topic_names.c.asked)).mappings()
    return [TopicName(**row) for row in rows]


def write_topic_name(connection: Connection, name: TopicName) -> None:
    """Keep an answer; an earlier one to the same question stays."""
    same = select(topic_names.c.asked).where(topic_names.c.asked == name.asked)
    if connection.execute(same).first() is None:
        connection.execute(insert(topic_names).values(asdict(name)))
