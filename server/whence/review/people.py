"""Who may answer for lines: nobody for their own. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from whence.quick import dataclass
from whence.review.values import Review

_NOREPLY = re.compile(r"(?:\d+\+)?([^@]+)@users\.noreply\.github\.com")
"""GitHub's private addresses; the number is left out in old ones."""


@dataclass(frozen=True, slots=True)
class People:
    """Who stands behind some lines. Each is `Name <email>`, or whatever the record has."""

    authors: Sequence[str] = ()
    """Authors of the commits that brought the lines in; the current user for lines not committed."""
    prompters: Sequence[str] = ()
    """Who asked the tool for them: git-ai's `human_author`, the session's own user."""


@dataclass(frozen=True, slots=True)
class Counted:
    """Does a review count, and if not, why not, as a whole sentence."""

    counts: bool
    why: str = ""

    def __bool__(self) -> bool:
        return self.counts


def counts(review: Review, people: People) -> Counted:
    """Is the reviewer somebody other than the author and the one who prompted the tool?"""
    for person, did in (
        *((person, "wrote these lines") for person in people.authors),
        *((person, "prompted the tool that wrote these lines") for person in people.prompters),
    ):
        how = likeness(review.reviewer, person)
        if how:
            also = f" ({how} as {person})" if how != "same address" else ""
            return Counted(False, f"{review.reviewer} {did}{also}, so somebody else has to answer for them.")
    return Counted(True)


def mailbox(person: str) -> str:
    """The address of `Name <email>` in lower case, `""` where there is none."""
    _, found, rest = person.rpartition("<")
    address = (rest.rstrip(">") if found else person).strip().casefold()
    if "@" not in address:
        return ""
    private = _NOREPLY.fullmatch(address)
    return f"{private.group(1)}@users.noreply.github.com" if private else address


def name(person: str) -> str:
    """The name of `Name <email>` in lower case with single spaces; the whole where there is no address."""
    return " ".join(person.partition("<")[0].split()).casefold()


def likeness(left: str, right: str) -> str:
    """Why two records seem to mean one person; empty when they do not.

    A full name (two words or more) is enough: a second address must not turn an author into a reviewer.
    """
    if mailbox(left) and mailbox(left) == mailbox(right):
        return "same address"
    if name(left) == name(right) and " " in name(left):
        return "same name"
    for bare, full in ((left, right), (right, left)):
        if "<" not in bare and "@" not in bare and bare.strip():
            known = {name(full), mailbox(full).partition("@")[0]}
            if bare.strip().casefold() in known - {""}:
                return "same name"
    return ""
