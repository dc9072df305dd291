"""What Aider says came of a reply's edits. Pure.

Applied edit to PATH                                  each of the reply's edits of that file, without exception
# 2 SEARCH/REPLACE blocks failed to match!            then each of them; with `# The other 3 SEARCH/REPLACE blocks
                                                      were applied successfully.` all but those were
UnifiedDiffNoMatch: hunk failed to apply!             likewise, with `Note: some hunks did apply successfully.`
Skipping edits to PATH, Did not apply edit to PATH    nothing
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from whence.evidence.sessions.readers.aider import replies
from whence.evidence.sessions.readers.aider.replies import Edit
from whence.text import normal

_APPLIED = re.compile(r"Applied edit to (.+)")
_EDITED = re.compile(r"Applied edit to |# The other \d+ SEARCH/REPLACE|UnifiedDiff")
_DIRTY = re.compile(r"Committing (.+) before applying edits\.")
_NEW_FILE = re.compile(r"(?:Create new file|Allow creation of new file)(?: (.+?))?\?.*\b[ya]\s*")
_EMPTY_FILE = re.compile(r"Creating empty file (.+)")
_OTHERS = re.compile(r"# The other (\d{1,9}) SEARCH/REPLACE blocks? were applied successfully")
_SKIPPED = re.compile(r"Skipping edits to (.+?)(?: that matches .*)?")
FAILED = re.compile(r"# (\d+) SEARCH/REPLACE blocks? failed to match")
HUNK_FAILED = re.compile(r"UnifiedDiff\w+: hunk failed to apply!")
_COMMIT = re.compile(r"Commit ([0-9a-f]{7,40})\b")


def applied(reply: Sequence[str], said: Sequence[str], form: str) -> list[Edit]:
    """The edits of a reply that happened, by the names of the files as they were changed."""
    if any(map(FAILED.match, said)):
        return _all_but_failed(replies.edits(reply, form, ()), said)
    if any(map(HUNK_FAILED.match, said)):
        return _all_but_failed_hunks(replies.edits(reply, form, ()), said)
    paths = _applied(said)
    return _landed(replies.edits(reply, form, paths), paths, said) if paths else []


def lost(edits: Sequence[Edit], said: Sequence[str]) -> list[str]:
    """The files that were changed, and of which no edit was found in the reply."""
    if any(map(FAILED.match, said)) or any(map(HUNK_FAILED.match, said)):
        return []
    found = {edit.path for edit in edits}
    return [path for path in _applied(said) if path not in found]


def _applied(said: Sequence[str]) -> dict[str, None]:
    """The names of the files that were changed."""
    return dict.fromkeys(found[1].strip() for line in said if (found := _APPLIED.match(line)))


def _landed(edits: Sequence[Edit], applied: Collection[str], said: Sequence[str]) -> list[Edit]:
    """The edits of the files that were changed, by the names under which they were."""
    skipped = {named[1] for line in said if (named := _SKIPPED.fullmatch(line))}
    wanted = [edit for edit in edits if edit.path not in skipped]
    meant = replies.meant(applied)
    found = [replace(edit, path=meant(edit.path)) for edit in wanted]
    if len(applied) == len({edit.path for edit in wanted}) == 1:
        # A block that does not fit the file that it names is tried on the others.
        found = [replace(edit, path=next(iter(applied))) for edit in found]
    return [edit for edit in found if edit.path]


def _all_but_failed(edits: Sequence[Edit], said: Sequence[str]) -> list[Edit]:
    """What is left without the blocks complained about, if there are as many as Aider says."""
    others = next((int(found[1]) for line in said if (found := _OTHERS.match(line))), 0)
    bad = Counter(edit.key for edit in replies.failed(said))
    left: list[Edit] = []
    for edit in edits:
        if bad[edit.key]:
            bad[edit.key] -= 1
        else:
            left.append(edit)
    return left if len(left) == others else []


def _all_but_failed_hunks(edits: Sequence[Edit], said: Sequence[str]) -> list[Edit]:
    """What is left without the hunks complained about; Aider goes on after one that fails."""
    complaint = normal("".join(said))
    left = [edit for edit in edits if normal("".join(edit.old)) not in complaint]
    failures = sum(1 for line in said if HUNK_FAILED.match(line))
    return left if len(edits) - len(left) == failures else []


def commit(said: Sequence[str]) -> str:
    """The commit that holds the edits: the first after they were applied, not one of the person's from before."""
    start = next((at for at, line in enumerate(said) if _EDITED.match(line)), len(said))
    return next((found[1] for line in said[start:] if (found := _COMMIT.match(line))), "")


def created(said: Sequence[str]) -> Iterator[str]:
    """Files that were made for the edits, or empty before the chat."""
    for at, line in enumerate(said):
        new = _NEW_FILE.fullmatch(line)
        if new and (new[1] or at):
            # Newer versions name the file in a line of its own.
            yield new[1] or said[at - 1]
        empty = _EMPTY_FILE.fullmatch(line)
        if empty:
            yield empty[1]


def changed_by_others(said: Sequence[str]) -> Iterator[str]:
    """Files whose changes by a person were committed before the edits."""
    return (found[1] for line in said if (found := _DIRTY.match(line)))
