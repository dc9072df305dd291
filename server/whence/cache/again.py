"""The report of a scan, given again for as long as nothing has changed: the quickest answer, and nothing is loaded for it.

What a scan's report rests on is asked again in full: git's short answers (HEAD, refs, configuration, index, files that are
not in it), the state of every file and of everything else that was looked at on the way, the day, the command, the
environment, the program. If one of these differs the scan is done, which finds most of its parts kept.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from whence.blake import blake2b
from whence.cache.database import Database
from whence.cache.witness import PASSING, RACY, Witness, holds, said
from whence.repo import GitError, Repository
from whence.standing import Standing

_KIND = "report"

MOST_BYTES = 32 * 1024 * 1024
"""A larger report is made anew: it would push everything else out of the cache."""

VERSIONS = 8
"""Reports that are kept: some forms, for some work trees."""

_DAY = 86_400

Stat = tuple[int, int, int, int]
"""Size, mtime and ctime in ns, inode."""

_State = tuple[str, int, int, int, int, int]
"""A file's path, or the folder that has attributes (with a slash), its mode, and the rest of its status."""


class Again:
    """One command's report on one workspace, as it was last."""

    def __init__(
        self, database: Database, root: Path, repository: Repository, standing: Standing, key: bytes
    ) -> None:
        self._database = database
        self._root = root
        self._repository = repository
        self.standing = standing
        self._key = key
        self._began = time.time_ns()
        self._troubles = GitError.made

    @staticmethod
    def of(
        database: Database, root: Path, repository: Repository, command: Sequence[str], folder: Path
    ) -> Again | None:
        """What there may be for a command that is given in a folder; None where git cannot say how things stand."""
        try:
            standing = Standing.of(repository)
        except GitError:
            return None
        if not standing.head:
            return None
        environment = (f"{name}={value}" for name, value in repository.environment if name not in PASSING)
        user = str(os.geteuid()) if hasattr(os, "geteuid") else ""
        day = str(int(time.time()) // _DAY)
        key = _digest(map(os.fsencode, (str(root), str(folder), user, day, *command, "", *environment)))
        return Again(database, root, repository, standing, key)

    def report(self) -> tuple[int, str] | None:
        """The exit status and the report, if they still hold."""
        data = self._database.get(_KIND, self._key)
        if data is None:
            return None
        try:
            head, _, report = data.partition(b"\n")
            status, standing, tree, facts = json.loads(head)
            if standing != self._stands() or not holds(facts) or tree != _tree(self._states()):
                return None
            return int(status), report.decode("utf-8", "surrogatepass")
        except (ValueError, TypeError, AttributeError):
            return None

    def keep(self, status: int, report: str, witness: Witness, stat: Callable[[str], Stat | None]) -> None:
        """Keep a report that rests on the files as `stat` has them, and on what the witness noted."""
        text = report.encode("utf-8", "surrogatepass")
        if len(text) > MOST_BYTES or self._troubles != GitError.made:
            return
        for place in self._places():
            witness.note(place)
        if self.standing.packs is not None:
            witness.note(str(self.standing.packs), lists=True)

        def as_read(path: str, state: Stat) -> bool:
            known = stat(path)
            return state == known if known is not None else max(state[1:3]) < self._began - RACY

        states = self._states(as_read)
        if states is not None and witness.settled:
            # Most of what was asked is about files of the workspace, and is asked with these: not twice.
            told = {f"{self._root}/{path}": said(*state) for path, *state in states}
            facts = {path: fact for path, fact in witness.facts.items() if told.get(path) != fact}
            head = json.dumps([status, self._stands(), _tree(states), facts])
            self._database.put(_KIND, self._key, head.encode("ascii") + b"\n" + text, VERSIONS)

    def _stands(self) -> str:
        now = self.standing
        return _digest((now.head, now.references, now.configuration, now.files)).hex()

    def _states(self, fits: Callable[[str, Stat], bool] | None = None) -> list[_State] | None:
        """The state of all files, and of the attributes in all folders; None where one does not fit."""
        prefix = f"{self._root}/"
        states: list[_State] = []
        folders = {""}
        lstat = os.lstat
        for path in self.standing.paths:
            folder = path.rpartition("/")[0]
            while folder not in folders:
                folders.add(folder)
                folder = folder.rpartition("/")[0]
            try:
                status = lstat(prefix + path)
            except OSError as error:
                states.append((path, error.errno or -1, 0, 0, 0, 0))
                continue
            state = status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino
            if fits is not None and not fits(path, state):
                return None
            states.append((path, status.st_mode, *state))
        for folder in sorted(folders):
            try:
                status = lstat(f"{prefix}{folder}/.gitattributes")
            except OSError:
                continue
            state = status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino
            states.append((f"{folder}/", status.st_mode, *state))
        return states

    def _places(self) -> Iterable[str]:
        """Further files that have a part in what git says."""
        common = self._repository.common_dir
        yield from (f"{common}/{name}" for name in ("shallow", "info/grafts", "objects/info/alternates"))
        yield from self.standing.attributes
        yield str(self._repository.top / ".mailmap")
        import shutil  # only where a report is kept

        git = shutil.which("git", path=dict(self._repository.environment).get("PATH"))
        if git is not None:
            yield git


def _tree(states: Sequence[_State] | None) -> str | None:
    return None if states is None else _digest([json.dumps(states).encode("ascii")]).hex()


def _digest(parts: Iterable[bytes]) -> bytes:
    state = blake2b(digest_size=16)
    for part in parts:
        state.update(len(part).to_bytes(8, "little") + part)
    return state.digest()
