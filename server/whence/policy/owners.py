"""CODEOWNERS: who owns a path. `parse` and `Owners` are pure; `read` looks at the usual places.

The format is GitHub's (docs.github.com, "About code owners"): .gitignore-like patterns without `!` and `[ ]`, the last
match wins, a pattern without owners takes them away, and `folder/*` means direct children only. GitLab's sections
(`[Name] @default`, `^[Optional][2]`) are understood: each section has its own last match, and all of them own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from whence import regular
from whence.errors import Problem
from whence.globs import Glob, glob
from whence.policy.nearest import quoted
from whence.quick import dataclass

PLACES = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS")
"""Where hosts look, the first that exists counts."""

MAX_BYTES = 3 * 1024 * 1024
"""GitHub ignores a larger file."""

_SECTION = re.compile(r"\^?\[[^\]]+\](?:\[\d+\])?(?:\s+(?P<owners>.*))?")
_SPECIAL = re.compile(r"[\\#\[ !]")
"""What .gitignore would understand and CODEOWNERS does not."""
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
        names = path.split("/")
        last: dict[int, Entry] = {}
        for entry in reversed(self.entries):
            if entry.section not in last and _owns(entry.pattern, names):
                last[entry.section] = entry
        return tuple(dict.fromkeys(owner for section in sorted(last) for owner in last[section].owners))


def _owns(pattern: str, names: Sequence[str]) -> bool:
    glob, direct = _pattern(pattern)
    level = glob.level(names)
    return level == len(names) if direct else level > 0


@lru_cache(maxsize=4096)
def _pattern(pattern: str) -> tuple[Glob, bool]:
    """What it matches, and whether it owns direct children only. Raises ValueError."""
    found = glob(_SPECIAL.sub(r"\\\g<0>", pattern))
    if found is None:
        raise ValueError("matches nothing")
    body = pattern.strip("/")
    return found, "/" in pattern and not pattern.endswith("/") and body.rpartition("/")[2] == "*"


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
        elif fault := _fault(pattern):
            problems.append(Problem(path, f"the line is ignored: its pattern {fault}", number, 1))
        else:
            entries.append(Entry(pattern, tuple(owners) or default, number, section))
    return Owners(path, tuple(entries), tuple(problems))


def _fault(pattern: str) -> str:
    try:
        _pattern(pattern)
    except ValueError as error:
        return str(error)
    return ""


def read(root: Path) -> Owners | None:
    """The CODEOWNERS file of a folder; None where there is none. A link is not followed."""
    for place in PLACES:
        data = regular.content(root / place, MAX_BYTES, links=False)
        if data is not None:
            return parse(data.decode("utf-8-sig", "replace"), place)
    return None
