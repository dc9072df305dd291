"""A commit message with trailers added where git wants them. Pure.

git itself could do it (`interpret-trailers`), but a repository's configuration can name programs for that command to
run. The rules are those of git's documentation: trailers are the last paragraph of the message, and what git will cut
off (comments at the end, everything from the scissors line on) stays behind them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

SCISSORS = "------------------------ >8 ------------------------"

_TRAILER = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*[ \t]*:")
_CREDIT = re.compile(r"[A-Za-z-]+-by:", re.IGNORECASE)
_GIT_MADE = re.compile(r"Signed-off-by: |\(cherry picked from commit ")


def with_trailers(message: str, trailers: Sequence[str], comment: str = "#") -> str:
    """The message with those trailers that it does not have yet; the message itself when there are none.

    `comment` is what git's `core.commentChar` says. Line endings stay as they are.
    """
    if not trailers:
        return message
    end = "\r\n" if "\r\n" in message else "\n"
    lines = message.replace("\r\n", "\n").split("\n")
    cut = _body_end(lines, comment)
    body, rest = lines[:cut], lines[cut:]
    while body and not body[-1].strip():
        body.pop()
    there = {_tidy(line) for line in body}
    new = [line for line in dict.fromkeys(trailers) if _tidy(line) not in there]
    if not new:
        return message
    if not any(line.strip() for line in body):
        # Room for the subject that a person is about to type, as git leaves for a sign-off.
        body = ["", ""]
    elif not _ends_in_trailers(body):
        body.append("")
    while rest and not rest[0].strip():
        rest.pop(0)
    return end.join([*body, *new, "", *rest])


def body_of(message: str, comment: str = "#") -> str:
    """What git will keep of a message that is still being written."""
    lines = message.replace("\r\n", "\n").split("\n")
    kept = (line for line in lines[: _body_end(lines, comment)] if not (comment and line.startswith(comment)))
    return "\n".join(kept)


def _body_end(lines: Sequence[str], comment: str) -> int:
    """The first line that git cuts off at the end of the message."""
    end = len(lines)
    for number, line in enumerate(lines):
        if comment and line.startswith(comment) and line.removeprefix(comment).strip() == SCISSORS:
            end = number
            break
    while end and (not lines[end - 1].strip() or (comment and lines[end - 1].startswith(comment))):
        end -= 1
    return end


def _ends_in_trailers(body: Sequence[str]) -> bool:
    """Whether the last paragraph is a block of trailers: all of its lines, or a quarter beside one that git made."""
    start = len(body)
    while start and body[start - 1].strip():
        start -= 1
    block = body[start:]
    if not any(line.strip() for line in body[:start]):
        # The first paragraph is the subject, unless a person has yet to type it above what is there.
        return start > 0 and all(_CREDIT.match(line) for line in block)
    if block[0][:1].isspace():
        return False
    yes = no = 0
    git_made = False
    for line in block:
        if line[:1].isspace():
            continue
        made = _GIT_MADE.match(line) is not None
        git_made = git_made or made
        if made or _TRAILER.match(line):
            yes += 1
        else:
            no += 1
    return not no or (git_made and 3 * yes >= no)


def _tidy(line: str) -> str:
    """A trailer as it is compared: one blank after the key, the key in any case."""
    name, colon, value = line.strip().partition(":")
    return f"{name.strip().lower()}: {' '.join(value.split())}" if colon else line.strip()
