"""What readers tell of histories that people committed with their code, held against the commits.

    python benchmarks/sessions_published.py CLONE [--also PATH]

Reads, from all of a clone's history, the largest version of each Aider chat history and each Cline task, and of the files
that `--also` names. A line that a reader says a tool wrote is looked for among the lines that a commit added to that file:
the commit that the history names where it names one that exists, else any. What no commit added may still be true: it was
taken back, changed before it was committed, or went into a file that git does not keep.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from whence.evidence.sessions.edits.inserted import own
from whence.evidence.sessions.interface import Faults, Reader, Transcript, Written
from whence.evidence.sessions.paths import posix
from whence.evidence.sessions.readers.aider import Aider
from whence.evidence.sessions.readers.cline import Cline
from whence.text import normal

AIDER = ".aider.chat.history.md"
CLINE = "api_conversation_history.json"
BESIDE = ("ui_messages.json", "task_metadata.json")


@dataclass(slots=True)
class Clone:
    path: Path
    added: dict[str, dict[str, set[str]]] = field(default_factory=dict)
    ever: dict[str, set[str]] = field(default_factory=dict)

    def git(self, *arguments: str) -> str:
        done = subprocess.run(["git", "-C", str(self.path), *arguments], capture_output=True, check=False)
        return done.stdout.decode("utf-8", "replace")

    def blob(self, revision: str, path: str) -> bytes:
        command = ["git", "-C", str(self.path), "cat-file", "blob", f"{revision}:{path}"]
        return subprocess.run(command, capture_output=True, check=False).stdout

    def largest(self, name: str) -> list[tuple[str, str]]:
        """(commit, path) of the largest version of each file of that name."""
        versions: defaultdict[str, list[str]] = defaultdict(list)
        listed = self.git("log", "--all", "--format=%x00%H", "--name-only", "--", name, f"**/{name}")
        for part in listed.split("\0")[1:]:
            commit, *paths = part.split()
            for path in paths:
                versions[path].append(commit)
        sizes = {
            path: max((len(self.blob(commit, path)), commit) for commit in commits)
            for path, commits in versions.items()
        }
        return [(commit, path) for path, (size, commit) in sizes.items() if size]

    def by_commit(self, commit: str, path: str) -> set[str] | None:
        """The lines that a commit added to a file; None where it does not exist."""
        if commit not in self.added:
            lines: defaultdict[str, set[str]] = defaultdict(set)
            name = ""
            shown = self.git("show", "--format=%H", "-U0", "--no-renames", "--no-color", commit, "--")
            for line in shown.split("\n"):
                if line.startswith("+++ "):
                    name = line[6:]
                elif line.startswith("+"):
                    lines[name].add(normal(line[1:]))
            self.added[commit] = dict(lines) if shown else {"": set()}
        found = self.added[commit]
        return None if "" in found else found.get(path, set())

    def by_any(self, path: str) -> set[str]:
        if path not in self.ever:
            log = self.git("log", "-p", "--all", "--format=", "--no-renames", "--no-color", "-U0", "--", path)
            self.ever[path] = {normal(line[1:]) for line in log.split("\n") if line.startswith("+")}
        return self.ever[path]


def said(data: bytes, reader: Reader) -> int:
    """Edits that a history says were done, counted without a reader."""
    if isinstance(reader, Aider):
        return len(re.findall(rb"^> Applied edit to ", data, re.MULTILINE))
    return len(
        re.findall(
            rb"(?:write_to_file|replace_in_file) for [^\]]{1,300}\] Result:\\n[^\"]{0,300}?saved to", data
        )
    )


def measure(clone: Clone, reader: Reader, shown: str, place: Path, folder: str) -> tuple[int, int]:
    """Print what a history tells; (lines told, lines that a commit added)."""
    data = place.read_bytes()
    transcript = Transcript(place, len(data), 0.0, shown, folder)
    faults = Faults(shown)
    start = time.process_time()
    told = list(own(reader.read(transcript, faults, lambda _: None), faults))
    took = time.process_time() - start
    named = right = other = anywhere = 0
    for item in told:
        path = _inside(item)
        lines = {normal(line) for line in item.lines} - {""}
        commit = item.locator.record if isinstance(reader, Aider) else ""
        added = clone.by_commit(commit, path) if commit else None
        if added is not None:
            named, right = named + len(lines), right + len(lines & added)
        else:
            other, anywhere = other + len(lines), anywhere + len(lines & clone.by_any(path))
    print(f"{shown}: {len(data) / 1e6:.2f} MB in {took:.2f} s; edits said to be done: {said(data, reader)}")
    print(
        f"  told: {len(told)} writes, {named + other} lines; added by the named commit: {right} of {named}; "
        f"without one, added by any: {anywhere} of {other}"
        + (f"; faults: {faults.count}" if faults.count else "")
    )
    return named + other, right + anywhere


def _inside(item: Written) -> str:
    """The path as the repository has it."""
    path, cwd = posix(item.path), posix(item.cwd).rstrip("/")
    return path.replace("\\", "/").removeprefix(cwd).lstrip("/")


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("clone", type=Path)
    parser.add_argument("--also", action="append", default=[], help="another Aider history, a path in HEAD")
    arguments = parser.parse_args()
    clone = Clone(arguments.clone)
    found: list[tuple[Reader, str, str]] = [(Aider(), commit, path) for commit, path in clone.largest(AIDER)]
    found += [(Aider(), "HEAD", path) for path in arguments.also]
    found += [(Cline(), commit, path) for commit, path in clone.largest(CLINE)]
    lines = right = 0
    for reader, commit, path in found:
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder, "task", CLINE if isinstance(reader, Cline) else AIDER)
            place.parent.mkdir()
            place.write_bytes(clone.blob(commit, path))
            for name in BESIDE if isinstance(reader, Cline) else ():
                beside = clone.blob(commit, str(Path(path).with_name(name)))
                if beside:
                    place.with_name(name).write_bytes(beside)
            root = str(clone.path) if isinstance(reader, Aider) else ""
            told, held = measure(clone, reader, path, place, root)
            lines, right = lines + told, right + held
    print(f"{clone.path}: {right:,} of {lines:,} lines were added by a commit")
    return 0


if __name__ == "__main__":
    sys.exit(main())
