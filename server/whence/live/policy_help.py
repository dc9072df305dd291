"""The policy file in the editor: what could stand there, and what it means, in the client's places and format."""

from __future__ import annotations

from whence.live import words
from whence.live.client_text import ClientText, Place
from whence.live.values import Choice
from whence.policy.editing import complete, hover
from whence.policy.offers import Known
from whence.text import display


def choices(text: ClientText, place: Place, known: Known, pyproject: bool, markdown: bool) -> list[Choice]:
    """Everything that could stand at a place."""
    line, column = _own_place(text, place)
    row = text.text.split("\n")[line - 1]
    return [
        Choice(
            item.text,
            item.kind,
            item.holds,
            _said(item.said, markdown),
            item.insert,
            (text.column(line, item.start), text.column(line, item.end)),
            row[item.start - 1 : column - 1],
        )
        for item in complete(text.text, line, column, known, pyproject=pyproject)
    ]


def meaning(text: ClientText, place: Place, known: Known, pyproject: bool, markdown: bool) -> str | None:
    """What the key, table or value at a place means."""
    said = hover(text.text, *_own_place(text, place), known, pyproject=pyproject)
    return _said(said, markdown) if said is not None else None


def _said(said: str, markdown: bool) -> str:
    """Words of the schema and of the policy, which is foreign text, for the client to show."""
    shown = "\n\n".join(display(part, 600) for part in said.split("\n\n"))
    return words.escape(shown) if markdown else shown


def _own_place(text: ClientText, place: Place) -> tuple[int, int]:
    """The 1-based line and column, in characters, of a client's place."""
    before = text.text[: text.offset(place)]
    return before.count("\n") + 1, len(before) - before.rfind("\n")
