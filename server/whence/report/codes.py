"""The finding codes: what each says in one line, and what a reader new to it should know.

`docs/findings/<code>.md` tells the same at length; a test holds the two together.
"""

from __future__ import annotations

from whence.model import Severity
from whence.quick import dataclass


@dataclass(frozen=True, slots=True)
class Code:
    """One kind of finding."""

    id: str
    title: str
    """A short statement of the fault, without a full stop."""
    explanation: str
    next_step: str
    level: Severity
    """The severity in `enforce` mode when the rule names none."""


CODES: tuple[Code, ...] = (
    Code(
        "rival-forbidden",
        "A rival vendor's tool wrote lines where the policy forbids it",
        "A rule that forbids the group `rival` covers this file. A rival is every vendor that the policy does not "
        "name as the organisation's own.",
        "Remove or rewrite the lines, or ask for an exception.",
        Severity.ERROR,
    ),
    Code(
        "tool-forbidden",
        "A tool wrote lines where the policy forbids that tool",
        "A rule that forbids this tool, its vendor, or every tool covers this file.",
        "Remove or rewrite the lines, or ask for an exception.",
        Severity.ERROR,
    ),
    Code(
        "review-missing",
        "A tool wrote lines that no person has answered for",
        "The policy lets the tool's text stay here once a person has reviewed exactly this text. No review in the "
        "ledger covers these lines as they now stand.",
        "Read the lines and record a review.",
        Severity.ERROR,
    ),
    Code(
        "disclosure-missing",
        "A tool wrote lines without the disclosure that the policy asks for",
        "The policy lets the tool's text stay here when its use is said openly. Nothing says so for these lines.",
        "Add the disclosure that the policy asks for.",
        Severity.WARNING,
    ),
    Code(
        "attributed",
        "A tool wrote lines; no rule asks anything of them",
        "For information only: where the text came from, with the evidence. It fails nothing.",
        "Nothing has to be done.",
        Severity.INFO,
    ),
)

BY_ID = {code.id: code for code in CODES}
