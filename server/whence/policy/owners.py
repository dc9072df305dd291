"""CODEOWNERS: who owns a path. `parse` and `Owners` are pure; `read` looks at the usual places.

The format is GitHub's (docs.github.com, "About code owners"): .gitignore-like patterns without `!` and `[ ]`, the last
match wins, a pattern without owners takes them away, and `folder/*` means direct children only. GitLab's sections
(`[Name] @default`, `^[Optional][2]`) are understood: each section has its own last match, and all of them own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from whence.errors import Problem
from whence.policy.nearest import quoted

PLACES = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS")
"""Where hosts look, the first that exists counts."""

MAX_BYTES = 3 * 1024 * 1024
"""GitHub ignores a larger file."""

_SECTION = re.compile(r"\^?\[[^\]]+\](?:\[\d+\])?(?:\s+(?P<owners>.*))?")
_OWNER = re.compile(r"@[\w./-]+|[^@\s]+@[^@\s]+")


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the file."""

    pattern: str
    owners: tuple[str, ...]
    line: int
    section: int = 0


@dataclass(frozen=True, slots=True)
class Owners:
    """A whole file. Picklable."""

    path: str
    entries: tuple[Entry, ...] = ()
    problems: tuple[Problem, ...] = ()
    """Lines that hosts would ignore."""

    def of(self, path: str) -> tuple[str, ...]:
        """The owners of a path that is relative to the root of the repository."""
        last: dict[int, Entry] = {}
        for entry in reversed(self.entries):
            if entry.section not in last and _pattern(entry.pattern).fullmatch(path):
                last[entry.section] = entry
        return tuple(dict.fromkeys(owner for section in sorted(last) for owner in last[section].owners))


@lru_cache(maxsize=4096)
def _pattern(pattern: str) -> re.Pattern[str]:
    body = pattern.strip("/")
    anchored = pattern.startswith("/") or "/" in body
    parts = body.split("/")
    out = [] if anchored else ["(?:.*/)?"]
    for index, part in enumerate(parts):
        final = index == len(parts) - 1
        if part == "**":
            out.append(".+" if final else "(?:.*/)?")
            continue
        out.append("".join({"*": "[^/]*", "?": "[^/]"}.get(c, re.escape(c)) for c in part))
        if not final:
            out.append("/")
    if pattern.endswith("/"):
        out.append("/.*")
    elif not (anchored and parts[-1] in ("*", "**")):
        # A name that is a folder owns what is in it; `folder/*` stops at its own level.
        out.append("(?:/.*)?")
    return re.compile("".join(out), re.DOTALL)


def parse(text: str, path: str = "CODEOWNERS") -> Owners:
    """Read a CODEOWNERS text. Lines that hosts would ignore are left out and reported."""
    entries: list[Entry] = []
    problems: list[Problem] = []
    section, default = 0, ()
    for number, raw in enumerate(text.splitlines(), 1):
        line = re.sub(r"(?:^|\s)#.*", "", raw).strip()
        if not line:
            continue
        heading = _SECTION.fullmatch(line)
        if heading:
            section, default = section + 1, tuple((heading["owners"] or "").split())
            continue
        pattern, *owners = re.sub(r"\\ ", "\0", line).split()
        pattern = pattern.replace("\0", " ").replace("\\#", "#")
        wrong = [owner for owner in owners if not _OWNER.fullmatch(owner)]
        if pattern.startswith("!") or "[" in pattern:
            problems.append(
                Problem(path, f"{quoted(pattern)} is ignored: hosts know neither ! nor [ ] here", number, 1)
            )
        elif wrong:
            problems.append(Problem(path, f"the line is ignored: {quoted(wrong[0])} is no owner", number, 1))
        else:
            entries.append(Entry(pattern, tuple(owners) or default, number, section))
    return Owners(path, tuple(entries), tuple(problems))


def read(root: Path) -> Owners | None:
    """The CODEOWNERS file of a folder; None where there is none. A link is not followed."""
    for place in PLACES:
        file = root / place
        try:
            if file.is_symlink() or not file.is_file() or file.stat().st_size > MAX_BYTES:
                continue
            return parse(file.read_bytes().decode("utf-8-sig", "replace"), place)
        except OSError:
            continue
    return None
