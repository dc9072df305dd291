"""Policies and questions in one line each."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from textwrap import dedent
from typing import Any

from whence.errors import Problem, UserError
from whence.model import Attribution, Evidence, EvidenceClass
from whence.policy import Decision, Policy, Question, decide
from whence.policy.loading import load
from whence.tools import Registry

DANA = "Dana Dev <dana@example.org>"


def policy(
    text: str, *, path: str = "whence.toml", files: dict[str, str] | None = None, **more: Any
) -> Policy:
    """Load a policy text; `version = 1` is put on its first line when it says nothing of it."""
    read = (lambda name: _versioned((files or {})[name])) if files is not None else None
    return load(_versioned(text), path, Registry.builtin(), read=read, **more)


def problems(text: str, **more: Any) -> tuple[Problem, ...]:
    """Everything wrong with a policy text, which must not load."""
    try:
        policy(text, **more)
    except UserError as error:
        return error.problems
    raise AssertionError("the policy loads")


def _versioned(text: str) -> str:
    text = dedent(text)
    return text if "version" in text else "version = 1\n" + text


def question(
    path: str = "src/a.py",
    tool: str | None = "claude-code",
    model: str | None = None,
    *,
    evidence: str = "recorded",
    when: str | date | None = "2026-06-01",
    person: str | None = DANA,
    lines: int = 10,
    signal: str = "",
    mark: str = "",
    today: str = "2026-07-01",
    known: Policy | None = None,
    **more: Any,
) -> Question:
    """A question about lines of one tool in one file. `known` is the policy whose [[tool]] tables are to be known."""
    registry = Registry.builtin().extended(known.tools if known else ())
    day = date.fromisoformat(when) if isinstance(when, str) else when
    agent, whole, known_by = registry.agent(tool, model), ((1, lines),), EvidenceClass(evidence)
    piece = Evidence(
        whole, agent, known_by, "test", "reference", 0.9, signal=signal, detail=mark, person=person,
        time=datetime.combine(day, time(12), UTC) if day else None,
    )  # fmt: skip
    return Question(
        path, Attribution(whole, agent, known_by, 0.9, (piece,)), date.fromisoformat(today), **more
    )


def ask(asked: Policy | str, *arguments: Any, **more: Any) -> Decision:
    """Ask a policy (or its text) the question that `question` makes of the rest."""
    known = policy(asked) if isinstance(asked, str) else asked
    return decide(known, question(*arguments, known=known, **more))
