"""Reviews and in-toto statements, one to one, whatever a review holds."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whence.model import Region
from whence.review import Draft, Review
from whence.review.form import DEPTHS, FormError
from whence.review.intoto import from_statement, statement
from whence.review.recording import compose

words = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
drafts = st.builds(
    Draft,
    path=st.sampled_from(["a.py", "models/é ü.py", "a#b::c.py", "x" * 200]),
    region=st.builds(
        Region, st.sampled_from(["function", "block"]), st.sampled_from([None, "f", "Box.öpen", "#"]), st.just(1), st.just(3)
    ),
    text=st.just(("first = 1", "", "second = 2")),
    lines=st.sampled_from([((1, 1),), ((1, 3),), ((3, 3),)]),
    reviewer=st.sampled_from(["Ann <ann@example.org>", "Ögmundur Ö. <o@example.is>"]),
    tools=st.lists(st.sampled_from(["codex", "claude-code"]), max_size=2).map(tuple),
    result=st.sampled_from(["approved", "rejected"]),
    criterion=words,
    purpose=words,
    note=words,
    depth=st.sampled_from(["", *DEPTHS]),
    date=st.one_of(st.none(), st.dates(date(2020, 1, 1), date(2030, 1, 1))),
    replaces=st.sampled_from([(), ("0" * 16,), ("0" * 16, "a" * 16)]),
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(drafts)
def test_every_review_comes_back_from_its_statement(draft: Draft) -> None:
    """Through JSON text, with every field; and the statement has the form of the attestation framework."""
    review = compose(draft)
    made = json.loads(json.dumps(statement(review), ensure_ascii=False))
    assert from_statement(made) == review
    assert statement(from_statement(made)) == made
    assert made["_type"] == "https://in-toto.io/Statement/v1"
    assert re.fullmatch(r"[a-z][a-z0-9+.-]*:.+", made["predicateType"])
    (subject,) = made["subject"]
    assert all(re.fullmatch(r"[0-9a-f]{64}", value) for value in subject["digest"].values())
    assert "sha256" not in subject["digest"]  # it is not that of a file


@settings(max_examples=60, deadline=None)
@given(drafts, drafts)
def test_different_reviews_have_different_statements(first: Draft, second: Draft) -> None:
    """Nothing that tells two answers apart is left out."""
    one, two = compose(first), compose(second)
    assert (one == two) == (statement(one) == statement(two))


def review() -> Review:
    draft = Draft(
        "models/a.py", Region("function", "f", 1, 2), ("first = 1", "second = 2"), ((1, 2),), "Ann <ann@example.org>",
        ("codex",), criterion="read", purpose="setup", note="fine", depth="read", date=date(2026, 6, 1),
        replaces=("a" * 16,),
    )  # fmt: skip
    return compose(draft)


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every string in a statement."""
    if isinstance(value, dict):
        for key, child in value.items():
            yield from leaves(child, (*path, key))
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from leaves(child, (*path, index))
    else:
        yield path


@pytest.mark.parametrize("path", list(leaves(statement(review()))), ids=str)
def test_a_statement_that_was_changed_anywhere_is_refused(path: tuple[Any, ...]) -> None:
    """Each of its values is bound: the subject's name and digest, the person, every line."""
    made = copy.deepcopy(statement(review()))
    node: Any = made
    for step in path[:-1]:
        node = node[step]
    for other in (_other(node[path[-1]]), 1, None):
        node[path[-1]] = other
        with pytest.raises(FormError):
            from_statement(made)


def _other(value: str) -> str:
    """Another value of the same look."""
    last = value[-1]
    return value[:-1] + ("1" if last != "1" else "2")


def test_what_the_framework_lets_others_add_is_ignored() -> None:
    """Fields that nobody knows, beside ours, change nothing; in the predicate, which is ours, they are refused."""
    made = {**statement(review()), "extra": 1}
    assert from_statement(made) == review()
    with pytest.raises(FormError):
        from_statement({**made, "predicate": {**made["predicate"], "mood": "good"}})
    with pytest.raises(FormError):
        from_statement({**made, "subject": [*made["subject"], *made["subject"]]})
    assert from_statement(made) != replace(review(), note="")
