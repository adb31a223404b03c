from __future__ import annotations

import pandas as pd

from analytics.tables import empty_table, validate_table
from analytics.topics.topic_edits import as_found
from flows.commands.output_lines import topic_lines


def topics(*rows):
    columns = ["topic_id", "n_papers", "label", "group_id", "group_label"]
    listed = pd.DataFrame(rows, columns=columns).assign(coherence=0.1)
    _, listed = as_found(pd.DataFrame(columns=["topic_id"]), listed)
    return listed.assign(top_terms=[["a", "b"]] * len(rows), representative_papers=[[]] * len(rows))


def test_topics_are_listed_under_their_groups():
    table = topics(
        ("T0001", 9, "web agents", "G02", "agents"),
        ("T0002", 8, "sparse rewards", "G01", "rewards, policies"),
        ("T0003", 7, "reward models", "G01", "rewards, policies"),
    )
    assert list(topic_lines(validate_table("topics", table))) == [
        "rewards, policies: 2 topics, 15 papers",
        "T0002       8  sparse rewards  (a, b)",
        "T0003       7  reward models  (a, b)",
        "agents: 1 topics, 9 papers",
        "T0001       9  web agents  (a, b)",
    ]


def test_without_groups_topics_are_one_list():
    table = topics(("T0001", 9, "web agents", None, None), ("T0002", 8, "sparse rewards", None, None))
    assert list(topic_lines(validate_table("topics", table))) == [
        "T0001       9  web agents  (a, b)",
        "T0002       8  sparse rewards  (a, b)",
    ]
    assert list(topic_lines(empty_table("topics"))) == ["no topics"]


def test_what_people_decided_about_a_topic_is_said():
    table = topics(("T0001", 9, "web agents", None, None), ("T0003", 7, "reward models", None, None))
    table["label"], table["named_by"] = ["Browsers", "reward models"], ["people", "data"]
    table["merged_ids"] = [["T0002"], []]
    table["is_pinned"], table["is_hidden"], table["note"] = [True, False], [False, True], ["", "ours"]
    assert list(topic_lines(validate_table("topics", table))) == [
        "T0001       9  Browsers  (a, b)  [named by people, 'web agents' in the data; with T0002; pinned]",
        "T0003       7  reward models  (a, b)  [hidden; note: ours]",
    ]
