"""Who is one person with whom, by a repository's `.mailmap` (gitmailmap(5)). Pure, but for `read`.

A change can bring its own `.mailmap`, so it only ever joins people: nobody becomes somebody else by it, and what lets
somebody out or in (`exempt`, `approvers`, `authors`) goes by the address that a commit or a review has.
"""

from __future__ import annotations

import re
from pathlib import Path

from whence import regular

NAME = ".mailmap"
MAX_BYTES = 4 * 1024 * 1024

Joined = tuple[tuple[str, str], ...]
"""Pairs of one person each, `Name <address>`, `<address>` or `Name`. The second counts as it stands: with a name it
means whoever has both the name and the address."""

_LINE = re.compile(r"(?P<name>[^<#][^<]*)?<(?P<mail>[^>]*)>(?P<old>[^<#]*)(?:<(?P<old_mail>[^>]*)>)?")


def parse(text: str) -> Joined:
    """The lines that say something; others are left out."""
    found: dict[tuple[str, str], None] = {}
    for line in text.splitlines():
        entry = _LINE.match(line.strip())
        if entry is None:
            continue
        name, mail = (entry["name"] or "").strip(), f"<{entry['mail'].strip()}>"
        if entry["old_mail"] is not None:
            old = f"{entry['old'].strip()} <{entry['old_mail'].strip()}>".strip()
            found[f"{name} {mail}".strip(), old] = None
        elif name:
            found[name, mail] = None
    return tuple(found)


def read(root: Path) -> Joined:
    """Of the file in a folder; () where there is none. A link is not followed, as git follows none."""
    data = regular.content(root / NAME, MAX_BYTES, links=False)
    return parse(data.decode("utf-8-sig", "replace")) if data is not None else ()
