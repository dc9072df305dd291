"""From HEAD's lines back to the commits that wrote them."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial

from whence.evidence.origins.aside import Aside
from whence.evidence.origins.guessed import Guess, too_much
from whence.evidence.origins.ignored import ignored
from whence.evidence.origins.known import There, through
from whence.evidence.origins.lines import Piece, divide, untangle
from whence.evidence.origins.model import Base, Known, Run
from whence.evidence.origins.patches import Difference, Pair, differences
from whence.evidence.origins.prints import Prints, prints
from whence.evidence.origins.source import Source
from whence.evidence.origins.versions import NOWHERE, Version, Versions, versions
from whence.evidence.origins.walk import Walk, walk
from whence.model import EvidenceClass, NotMeasured
from whence.quick import dataclass
from whence.repo import Repository

_AT_ONCE = 2000
"""Pairs of blobs compared together: about 6 MB of patches."""

_READ_AT_ONCE = 16
"""Versions whose texts are read together, some megabytes."""

WORKERS = min(4, os.cpu_count() or 1)


@dataclass(frozen=True, slots=True)
class Question:
    """Which lines at HEAD are whose."""

    head: str
    wanted: frozenset[bytes]
    moves: int
    """How many lines a block has at least that is followed when it moved; 0: none is."""
    based: frozenset[bytes]
    paths: frozenset[bytes] | None
    check_cancelled: Callable[[], None]


class Trace:
    """The way of all lines from HEAD to the wanted commits, or to what is known of them."""

    def __init__(
        self, repository: Repository, question: Question, known: Known | None, ahead: Walk | None
    ) -> None:
        self.repository = repository
        self.question = question
        self.wanted = question.wanted
        self.check_cancelled = question.check_cancelled
        self.known = known if ahead is not None else None
        self.ahead = ahead
        self.versions = Versions((), ())
        self.pieces: dict[int, list[list[Piece]]] = {}
        """By version: the lines that are waiting there, a list for each version that handed them on."""
        self.texts: dict[int, Prints] = {}
        """By version at which lines wait."""
        self.arrivals: dict[int, tuple[bytes, bytes]] = {}
        """Versions that stand for (commit, path) at the edge of the walk."""
        self.whole: dict[int, list[int]] = {}
        """By such a version the files at HEAD that it is, line for line."""
        self.found: dict[int, list[Run]] = {}
        """By file at HEAD."""
        self.lost: set[int] = set()
        """Files at HEAD of which some lines could not be followed."""
        self.bases: dict[tuple[str, str], Base] = {}
        """By wanted commit and path."""
        self.ignored: frozenset[bytes] = frozenset()
        self._contents: dict[bytes, bytes | None] = {}
        """Of some blobs before and after ignored commits."""

    def run(self) -> None:
        """Follow all lines. Raises GitError."""
        head, paths = self.question.head, self.question.paths
        self.ignored = ignored(self.repository, head)
        if self.known is not None and self.known.ignored != frozenset(map(bytes.decode, self.ignored)):
            self.known = None
        if self.known is None or self.ahead is None:
            self.known, history = None, walk(self.repository, head, self.wanted)
        else:
            history = self.ahead
        if history.start is None:
            return
        files = files_at(self.repository, head)
        if paths is not None:
            files = {path: blob for path, blob in files.items() if path in paths}
        before = {os.fsencode(path) for path in self.known.reached} if self.known else set()
        self.bases.update(self.known.bases if self.known else {})
        self.versions = versions(
            self.repository, history, self.wanted, files, self.check_cancelled, before, self.ignored
        )
        self._await_arrivals(before)
        self._start()
        self._follow()
        self._arrive()

    def _await_arrivals(self, before: Collection[bytes]) -> None:
        """Let a version stand for each file at the walk's edge."""
        made = self.versions
        for commit, waiting in made.arrived.items():
            for path, slots in waiting.items():
                if path not in before:
                    continue
                index = len(made.found)
                self.arrivals[index] = (commit, path)
                self.whole[index] = [slot for slot in slots if slot < len(made.files)]
                for slot in slots:
                    made.slots[slot] = index
                made.found.append(Version(commit, path, b"", ()))

    def _follow(self) -> None:
        """Take the lines through all versions. git compares the next ones while those before are worked off."""
        made = self.versions.found
        with Aside() as aside:

            def ask(at: int, waiting: set[int]) -> tuple[int, Callable[[], Mapping[Pair, Difference | None]]]:
                until, pairs = self._needed(at, waiting)
                compare = partial(differences, self.repository, pairs, WORKERS, self.check_cancelled)
                return until, aside.begun(compare) if pairs else dict

            at, waiting = 0, set(self.pieces)
            until, coming = ask(at, waiting)
            while at < len(made):
                self.check_cancelled()
                known, following = coming(), until
                until, coming = ask(following, waiting)
                for index in range(at, following):
                    if index % 256 == 0:
                        self.check_cancelled()
                    if index not in self.arrivals:
                        self._pass_on(index, known)
                # The versions that are compared just now hand lines on, too.
                at, waiting = following, set(self.pieces)
                self._needed(at, waiting, until)

    def _arrive(self) -> None:
        """Take what is known of the lines that came to the walk's edge; look for what is not."""
        if self.known is None:
            return
        there: dict[bytes, There] = {}
        unknown: dict[bytes, dict[bytes, int]] = {}
        for index, (commit, path) in self.arrivals.items():
            if not self.whole[index] and index not in self.pieces:
                continue
            if commit not in there:
                files = partial(files_at, self.repository)
                there[commit] = There(self.repository, self.known, files, commit, self.check_cancelled)
            name = there[commit].name(path)
            if name is None:
                unknown.setdefault(commit, {})[path] = index
            else:
                self._take(index, self.known.files.get(name, ()))
        for commit, waiting in unknown.items():
            question = replace(self.question, head=commit.decode(), paths=frozenset(waiting))
            trace = Trace(self.repository, question, None, None)
            trace.run()
            runs, self.bases = trace.origins(), {**self.bases, **trace.bases}
            lost = {trace.versions.files[file] for file in trace.lost}
            for path, index in waiting.items():
                if path in lost:
                    self.lost.update(self.whole[index], self._waiting_at(index))
                self._take(index, runs.get(os.fsdecode(path), ()))

    def _waiting_at(self, index: int) -> set[int]:
        """The files at HEAD of which some lines came to a version."""
        return {file for pieces in self.pieces.get(index, ()) for _, _, file, _ in pieces}

    def _take(self, index: int, runs: Sequence[Run]) -> None:
        """Give what came to the walk's edge the runs that are known there."""
        for file in self.whole[index]:
            self.found[file] = list(runs)
        for pieces in self.pieces.get(index, ()):
            for file, run in through(pieces, runs):
                self.found.setdefault(file, []).append(run)

    def _start(self) -> None:
        """Let every line of every file at HEAD wait at its first version."""
        slots = self.versions.slots
        asked = [
            file
            for file in range(len(self.versions.files))
            if slots[file] != NOWHERE and slots[file] not in self.arrivals
        ]
        blobs = self.repository.blobs(self.versions.blobs[file].decode() for file in asked)
        for number, (file, data) in enumerate(zip(asked, blobs, strict=True)):
            if number % 64 == 0:
                self.check_cancelled()
            if data is None:
                self.lost.add(file)
                continue
            version = slots[file]
            if data:
                text = self.texts.setdefault(version, prints(data))
                self.pieces.setdefault(version, []).append([(1, len(text), file, 1)])

    def _needed(self, at: int, waiting: set[int], end: int | None = None) -> tuple[int, list[Pair]]:
        """The pairs of blobs to compare for the versions from `at` on, and where these end.

        Those count at which lines wait, or may come to wait: `waiting` gains them.
        """
        pairs: dict[Pair, bytes] = {}
        found, slots = self.versions.found, self.versions.slots
        until = at
        while until < (len(found) if end is None else end) and len(pairs) < _AT_ONCE:
            if until in waiting:
                version = found[until]
                pairs.update(((old, version.blob), version.path) for _, old in version.sources)
                waiting.update(slots[slot] for slot, _ in version.sources)
            until += 1
        # git keeps the versions of a file as differences to each other, and unpacks them faster side by side.
        return until, sorted(pairs, key=lambda pair: pairs[pair])

    def _pass_on(self, index: int, known: Mapping[Pair, Difference | None]) -> None:
        """Hand a version's lines to those before it; what none of them has is its commit's own."""
        lists = self.pieces.pop(index, None)
        if lists is None:
            return
        text = self.texts.pop(index)
        if len(lists) > 1:
            lists = untangle([piece for pieces in lists for piece in pieces])
        version = self.versions.found[index]
        sources: list[Source] = []
        lost = version.lost
        for slot, old in version.sources:
            difference = known[old, version.blob]
            if difference is None:
                lost = True
                break
            source = Source(self.versions.slots[slot], old, difference, text)
            sources.append(source)
            for number, left in enumerate(lists):
                older, lists[number] = divide(left, difference.hunks)
                self._wait(source, older)
        for source in sources if self.question.moves and not lost else ():
            for number, left in enumerate(lists):
                copies, least = version.commit in self.wanted, self.question.moves
                older, lists[number] = source.moved(left, copies=copies, least=least)
                for pieces in untangle(older):
                    self._wait(source, pieces)
        if version.commit in self.ignored and not lost:
            lost = self._guess(index, sources, lists)
        for left in lists:
            self._end(version, left, lost)
        if (
            len(version.sources) - version.restored == 1
            and version.commit in self.question.based
            and any(lists)
        ):
            place = version.commit.decode(), os.fsdecode(version.path)
            self.bases[place] = Base(version.sources[0][1], version.blob, sources[0].added)

    def _guess(self, index: int, sources: Sequence[Source], lists: list[list[Piece]]) -> bool:
        """Hand the lines of an ignored commit to those before it that they seem to have been, as far as there are some.

        Whether that cannot be said.
        """
        for source in sources:
            left = [piece for pieces in lists for piece in pieces]
            if not left:
                break
            new, old = (
                self._content(index, self.versions.found[index].blob),
                self._content(index, source.blob),
            )
            if new is None or old is None or too_much(source.difference):
                return True
            guess = Guess(new, old, source.difference, left)
            for number, pieces in enumerate(lists):
                older, lists[number] = guess.carry(pieces)
                for some in untangle(older):
                    self._wait(source, some)
        return False

    def _content(self, index: int, blob: bytes) -> bytes | None:
        """A blob of a version of an ignored commit, read together with those of the next ones; None: it is missing."""
        if blob not in self._contents:
            some = self.versions.found[index : index + _READ_AT_ONCE]
            these = [version for version in some if version.commit in self.ignored]
            blobs = {
                blob for version in these for blob in (version.blob, *(old for _, old in version.sources))
            }
            names = [blob.decode() for blob in blobs]
            self._contents = dict(zip(blobs, self.repository.blobs(names), strict=True))
        return self._contents[blob]

    def _wait(self, source: Source, pieces: list[Piece]) -> None:
        if source.version != NOWHERE and pieces:
            self.pieces.setdefault(source.version, []).append(pieces)
            self.texts.setdefault(source.version, source.text)

    def _end(self, version: Version, left: Sequence[Piece], lost: bool) -> None:
        """Lines that no version before this one has."""
        if lost:
            self.lost.update(file for _, _, file, _ in left)
        elif version.commit in self.wanted:
            commit, path = version.commit.decode(), os.fsdecode(version.path)
            for start, length, file, head in left:
                self.found.setdefault(file, []).append(Run(head, length, commit, path, start))

    def origins(self) -> dict[str, tuple[Run, ...]]:
        """The runs by path at HEAD."""
        return {
            os.fsdecode(self.versions.files[file]): _joined(runs)
            for file, runs in sorted(self.found.items())
            if runs
        }

    def to_keep(self) -> Known | None:
        """What serves a later look; None where this one left something out."""
        if self.question.paths is not None or self.lost:
            return None
        files, used = self.origins(), set[tuple[str, str]]()
        for runs in files.values():
            used.update((run.commit, run.original_path) for run in runs)
        return Known(
            self.question.head,
            files,
            frozenset(map(os.fsdecode, self.versions.reached)),
            {place: base for place, base in self.bases.items() if place in used},
            frozenset(map(bytes.decode, self.ignored)),
        )

    def not_measured(self) -> list[NotMeasured]:
        """The files that could not be followed to the end."""
        names = [os.fsdecode(self.versions.files[file]) for file in sorted(self.lost)]
        why = "an older version is missing (partial clone?), too large, or cannot be told from others"
        return [
            NotMeasured(
                "git-history", why, self.repository.to_workspace(name), evidence_class=EvidenceClass.DECLARED
            )
            for name in names
        ]


def _joined(runs: Sequence[Run]) -> tuple[Run, ...]:
    """Ascending, with neighbours that were neighbours in their commit made one."""
    out: list[Run] = []
    for run in sorted(runs, key=lambda run: run.start):
        if out:
            last = out[-1]
            if (
                run.start - last.start == last.length == run.original_start - last.original_start
                and run.commit == last.commit
                and run.original_path == last.original_path
            ):
                out[-1] = replace(last, length=last.length + run.length)
                continue
        out.append(run)
    return tuple(out)


def files_at(repository: Repository, head: str) -> dict[bytes, bytes]:
    """The blobs of the regular files at a revision, by path."""
    out = repository.run("ls-tree", "-r", "-z", head)
    entries = (entry.partition(b"\t") for entry in out.split(b"\0") if entry.startswith(b"100"))
    return {path: meta.split(b" ")[2] for meta, _, path in entries}
