"""Who may answer for lines: nobody for their own. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from whence.quick import dataclass
from whence.review.values import Review

_NOREPLY = re.compile(r"(?:\d+\+)?([^@]+)@users\.noreply\.github\.com")
"""GitHub's private addresses; the number is left out in old ones."""


Joined = tuple[tuple[str, str], ...]
"""Pairs of names and addresses of one person each, as a .mailmap has them; see `whence.policy.mailmap`."""


@dataclass(frozen=True, slots=True)
class People:
    """Who stands behind some lines. Each is `Name <email>`, or whatever the record has."""

    authors: Sequence[str] = ()
    """Authors of the commits that brought the lines in; the current user for lines not committed."""
    prompters: Sequence[str] = ()
    """Who asked the tool for them: git-ai's `human_author`, the session's own user."""
    joined: Joined = ()


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
        how = likeness(review.reviewer, person, people.joined)
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


def likeness(left: str, right: str, joined: Joined = ()) -> str:
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
    if joined and not _groups(left, joined).isdisjoint(_groups(right, joined)):
        return "one person in .mailmap,"
    return ""


def one(person: str, joined: Joined = ()) -> str:
    """The same for all addresses that are joined as one person's; else the address."""
    return min(_groups(person, joined), default="") or mailbox(person) or person


def _groups(person: str, joined: Joined) -> set[str]:
    """The groups in which a person is, each called by the least of its names."""
    groups = _grouped(joined) if joined else {}
    return {groups[known] for known in _known_as(person, exact=False) if known in groups}


@lru_cache(maxsize=8)
def _grouped(joined: Joined) -> dict[str, str]:
    """The group of each address, of each full name, and of each name with its address."""
    above: dict[str, str] = {}

    def top(known: str) -> str:
        while above.setdefault(known, known) != known:
            above[known] = known = above[above[known]]
        return known

    for person, old in joined:
        known = [*_known_as(old, exact=True), *_known_as(person, exact=False)]
        for other in known[1:]:
            low, high = sorted((top(known[0]), top(other)))
            above[high] = low
    return {known: top(known) for known in list(above)}


def _known_as(person: str, *, exact: bool) -> Iterator[str]:
    """By what a person is known. `exact`: one who has both name and address only by the two together."""
    address, called = mailbox(person), name(person)
    if address and called:
        yield f"{called} <{address}>"
    if address and not (exact and called):
        yield address
    if " " in called and not (exact and address):
        yield called
