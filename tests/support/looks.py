"""What is found of the lines of a random history, and what must be true of it."""

from __future__ import annotations

import random
from collections.abc import Collection
from functools import cached_property
from pathlib import Path

from support.blame import Line, blame
from support.git import Repo
from support.histories import History
from support.restored import Restored
from whence.evidence.origins import Run, line_origins, line_times
from whence.evidence.origins.ignored import FILE as IGNORED
from whence.evidence.origins.walk import gap
from whence.repo import Repository


def each(path: str, runs: Collection[Run]) -> set[Line]:
    """Single lines."""
    return {
        (path, run.start + n, run.commit, run.original_path, run.original_start + n)
        for run in runs
        for n in range(run.length)
    }


class Look:
    """A random history, and a share of its commits; some are to be ignored by a share."""

    def __init__(self, folder: Path, seed: int, size: int, share: float, ignored: float = 0.0) -> None:
        self.repo = Repo(folder / f"{seed}-{size}")
        history = History(self.repo, seed, size)
        self.commits = history.commits
        chosen = random.Random(seed)
        self.restored = 0
        """Lines that came back."""
        self.wanted = {commit for commit in history.commits if chosen.random() < share} or {
            history.commits[0]
        }
        self.ignored = [commit for commit in history.commits if ignored and chosen.random() < ignored]
        self.head = self._listed(history.head) if self.ignored else history.head
        repository = Repository.open(self.repo.path, self.repo.environment)
        assert repository is not None
        self.repository = repository
        self.name = f"seed {seed}, size {size}, share {share}, ignored {ignored}: {self.repo.path}"

    def _listed(self, head: str) -> str:
        """A commit on top that lists those to be ignored."""
        git = self.repo.git
        blob = git("hash-object", "-w", "--stdin", feed="\n".join(self.ignored).encode())
        git("read-tree", head)
        git("update-index", "--add", "--cacheinfo", f"100644,{blob},{IGNORED}")
        return git("commit-tree", "-p", head, "-m", "list", git("write-tree"))

    def ours(self, *, moves: bool) -> set[Line]:
        found = line_origins(self.repository, self.head, self.wanted, moves=moves)
        assert found.not_measured == ()
        return {line for path, runs in found.files.items() for line in each(path, runs)}

    @cached_property
    def paths(self) -> list[str]:
        """The regular files at the head."""
        listed = self.repo.git("ls-tree", "-r", "-z", self.head).split("\0")
        return [entry.partition("\t")[2] for entry in listed if entry.startswith("100")]

    @cached_property
    def blamed(self) -> dict[tuple[str, int], Line]:
        """Of all commits, by path and line; what a commit brought back is its origin's."""
        found = (blame(self.repo, self.head, path, self.ignored) for path in self.paths)
        restored = Restored(self.repo, self.ignored)
        origins = {line[:2]: restored.origin(line) for lines in found for line, _ in lines}
        self.restored = restored.count
        return origins

    def text(self, commit: str, path: str) -> list[bytes]:
        """A file's lines without white space."""
        data = self.repo.content(commit, path)
        return [b"".join(line.split()) for line in data.split(b"\n")]


def check_against_blame(folder: Path, seed: int, size: int, share: float, ignored: float = 0.0) -> int:
    """Without moves every line is as blame has it, or blame of what it was before it came back.

    Returns how many lines came back.
    """
    look = Look(folder, seed, size, share, ignored)
    expected = {line for line in look.blamed.values() if line[2] in look.wanted}
    assert look.ours(moves=False) == expected, look.name
    return look.restored


def check_ignored(folder: Path, seed: int, size: int, share: float) -> None:
    """Also where a good part of the commits is to be ignored."""
    check_against_blame(folder, seed, size, share, 0.3)


def check_moves(folder: Path, seed: int, size: int, share: float) -> int:
    """Where moves make a difference the line has an older origin, with the same text; never a newer one.

    Returns how many lines had one, or none of the wanted commits any more.
    """
    look = Look(folder, seed, size, share)
    ours = {line[:2]: line for line in look.ours(moves=True)}
    moved = sum(line[2] in look.wanted and place not in ours for place, line in look.blamed.items())
    for place, (path, line, commit, name, number) in ours.items():
        theirs = look.blamed[place][2]
        if look.blamed[place] == ours[place]:
            continue
        moved += 1
        assert look.repo.git("merge-base", "--is-ancestor", commit, theirs) == "", look.name
        assert look.text(commit, name)[number - 1] == look.text(look.head, path)[line - 1], look.name
    return moved


def check_what_is_known(folder: Path, seed: int, size: int, share: float) -> None:
    """From what is known at any commit the answer at any other is the same as without."""
    look = Look(folder, seed, size, share)
    chance = random.Random(seed + 1)
    for _ in range(4):
        one, other = chance.choice(look.commits), chance.choice(look.commits)
        known = line_origins(look.repository, one, look.wanted, based=look.wanted).known
        way = gap(look.repository, other, one, 1000)
        assert known is not None
        assert way is not None
        plain = line_origins(look.repository, other, look.wanted, based=look.wanted)
        again = line_origins(
            look.repository, other, look.wanted, based=look.wanted, known=known, ahead=way.ahead
        )
        assert again.files == plain.files, (look.name, one, other)
        assert again.not_measured == plain.not_measured == ()
        assert again.known is not None
        assert plain.known is not None
        assert again.known.files == plain.known.files
        used = {(run.commit, run.original_path) for runs in plain.files.values() for run in runs}
        assert again.known.bases == {place: base for place, base in plain.bases.items() if place in used}
        assert again.known.reached >= set(plain.files)


def check_times(folder: Path, seed: int, size: int, share: float) -> int:
    """From a moment on every line has the time that blame gives it, moved ones that of an older commit.

    All others are older, and so are those behind a wrong clock at which git stops. Returns how many lines had the very time.
    """
    look = Look(folder, seed, size, 1.0, share / 4)
    log = look.repo.git("log", "--format=%H %at", look.head)
    came = {commit: float(time) for commit, time in map(str.split, log.splitlines())}
    behind = {commit: set(look.repo.git("rev-list", commit).splitlines()) for commit in came}
    chance = random.Random(seed)
    same = 0
    for since in (0.0, *chance.choices(sorted(came.values()), k=3)):
        found = line_times(look.repository, look.head, look.paths, since)
        assert sorted(found) == sorted(look.paths)
        assert sum(map(len, found.values())) == len(look.blamed), look.name
        before = max(since - 1, 1.0)
        seen = look.repo.git("log", "--format=%H", f"--since={int(since)}", look.head) if since else log
        for place, line in look.blamed.items():
            time = found[place[0]][place[1] - 1]
            same += time == came[line[2]] >= since
            if time != (came[line[2]] if came[line[2]] >= since and line[2] in seen else before):
                # Where git guesses that a line was a line of one parent, a block of another may hold it as it is.
                older = {came[commit] for commit in (came if look.ignored else behind[line[2]])}
                assert time == before or time in older, (look.name, since, place)
    return same
