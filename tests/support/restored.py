"""Where lines stood before a commit brought them back, found out with git alone: what line origins are held against."""

from __future__ import annotations

import re
from collections.abc import Collection

from support.blame import Line, blame
from support.git import Repo

STEPS = 200


class Restored:
    """Follows lines that blame gives to a commit which only brought them back; nothing in the commits `but`."""

    def __init__(self, repo: Repo, but: Collection[str] = ()) -> None:
        self.repo = repo
        self.but = but
        self.count = 0
        """Lines that came back."""
        self._known: dict[tuple[str, str], list[dict[int, Line]]] = {}
        self._files: dict[str, dict[str, tuple[str, str]]] = {}

    def origin(self, line: Line) -> Line:
        """The same line at HEAD with the place where it comes from."""
        path, number, commit, name, there = line
        for older in self._older(commit, name):
            _, _, before, *place = older[there]
            if before != commit:
                self.count += 1
                return self.origin((path, number, before, *place))
        return line

    def _older(self, commit: str, path: str) -> list[dict[int, Line]]:
        """By line of a file that a commit changed, as if an older version were its only parent; the commit itself stands
        for what that one has not."""
        if (commit, path) not in self._known:
            self._known[commit, path] = found = []
            for older in self._versions(commit, path):
                tree = self.repo.git("rev-parse", f"{commit}^{{tree}}")
                made = self.repo.git("commit-tree", tree, "-p", older, "-m", "x")
                lines = (line for line, _ in blame(self.repo, made, path, self.but))
                found.append(
                    {line[1]: line if line[2] != made else (*line[:2], commit, *line[3:]) for line in lines}
                )
        return self._known[commit, path]

    def _versions(self, commit: str, path: str) -> list[str]:
        git = self.repo.git
        _, *parents = git("rev-list", "--parents", "-n1", commit).split()
        if len(parents) != 1 or commit in self.but:
            return []
        here = self._entry(commit, path)
        if here is None or here == self._entry(parents[0], path):
            return []
        chain = git("rev-list", "--first-parent", f"--max-count={STEPS + 1}", parents[0]).split()
        whole = [older for older in chain[1:] if self._entry(older, path) == here]
        return whole[:1] or self._named(commit, path)

    def _named(self, commit: str, path: str) -> list[str]:
        found: list[str] = []
        body = self.repo.git("show", "-s", "--format=%B", commit)
        for back, parent, again in re.findall(
            r"reverts commit (\w+)(?:, reversing\nchanges made to (\w+))?|picked from commit (\w+)", body
        ):
            named = back or again
            before = parent or self.repo.git("rev-parse", f"{named}^1")
            older, other = (before, named) if back else (named, before)
            entry = self._entry(older, path)
            if entry is not None and entry != self._entry(other, path):
                found.append(older)
        return found

    def _entry(self, commit: str, path: str) -> str | None:
        """The blob of a regular file."""
        if commit not in self._files:
            listed = self.repo.git("ls-tree", "-r", "-z", commit).split("\0")
            entries = (entry.partition("\t") for entry in listed if entry.startswith("100"))
            self._files[commit] = {name: meta.split()[2] for meta, _, name in entries}
        return self._files[commit].get(path)
