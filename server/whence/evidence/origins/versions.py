"""The versions of files through which lines can have come to HEAD, path by path, before any line is looked at.

A *version* is a file as one commit left it, where that commit changed it. A *slot* is a place that waits for the
version that a file has at some commit: one for each file at HEAD, one for each parent of each version. Walking
from HEAD backwards, each commit holds the slots that wait at it, by path: what it did not change it hands to its
parent, what it did becomes a version. Renames and merges are decided as `git blame` decides them: of a merge's
parents the first with the very same content gets all lines; only where none has it are lines compared. Where a commit
brings something back, a slot waits at the older version, too: what its parent has not may come from there.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import field, replace

from whence.evidence.origins import changes as raw
from whence.evidence.origins import past, renames
from whence.evidence.origins.changes import Change, Combined
from whence.evidence.origins.past import Past
from whence.evidence.origins.restored import Place, Restored, Source, restored
from whence.evidence.origins.walk import Walk
from whence.quick import dataclass
from whence.repo import Repository

NOWHERE = -1
"""What a slot holds when its file goes back to where no wanted commit is."""


_Waiting = dict[bytes, list[int]]
"""Slots by path."""


@dataclass(frozen=True, slots=True)
class Version:
    """A file as one commit left it."""

    commit: bytes
    path: bytes
    blob: bytes
    sources: tuple[tuple[int, bytes], ...]
    """(slot, blob) of what it may have lines from, in the order in which they are asked."""
    lost: bool = False
    """Whether it cannot be told what the file was before: then nothing is the commit's own."""
    restored: int = 0
    """So many of the last sources are older versions from which lines came back."""


@dataclass(slots=True)
class Versions:
    files: tuple[bytes, ...]
    """Paths at HEAD. The first slots are theirs."""
    blobs: tuple[bytes, ...]
    """Their blobs."""
    slots: list[int] = field(default_factory=list)
    """For each slot the index of its version, or NOWHERE."""
    found: list[Version] = field(default_factory=list)
    """Newer before older."""
    arrived: Mapping[bytes, _Waiting] = field(default_factory=dict)
    """By commit at the walk's edge: the slots that wait there."""
    reached: Collection[bytes] = ()
    """All paths that may ever have held a wanted line."""


def versions(
    repository: Repository,
    walk: Walk,
    wanted: Collection[bytes],
    head_files: Mapping[bytes, bytes],
    check_cancelled: Callable[[], None],
    before: Collection[bytes] = (),
    ignored: Collection[bytes] | None = (),
) -> Versions:
    """The versions behind the files at HEAD that hold lines of wanted commits, or may.

    `head_files` gives the blob of each path at HEAD, `before` the paths that may have held a wanted line at the
    walk's edge. What came back is not looked for in `ignored` commits, and in none with None. Needs a repository with a scratch store. Raises GitError.
    """
    history = past.read(repository, walk, check_cancelled)
    reached = _reached(walk, history, wanted, before)
    candidates = sorted(reached & head_files.keys())
    if not candidates:
        return Versions((), (), reached=reached)
    back = Restored()
    if ignored is not None:
        back = restored(repository, walk, history, wanted, reached, check_cancelled, ignored)
        walk = replace(walk, edge=walk.edge | back.edge)
    questions = _questions(walk, history, back.sources, wanted, reached, candidates)
    history.renamed = renames.answer(repository, questions, check_cancelled)
    blobs = tuple(head_files[path] for path in candidates)
    made = Versions(tuple(candidates), blobs, [NOWHERE] * len(candidates), reached=reached)
    _Descent(walk, history, back.sources, wanted, made).run(check_cancelled)
    return made


def _reached(walk: Walk, history: Past, wanted: Collection[bytes], before: Collection[bytes]) -> set[bytes]:
    """All paths that may ever have held a wanted line: a little too many, never too few."""
    reached = set(before)
    for commit in reversed(walk.order):
        if commit in history.plain:
            found = history.plain[commit]
            if commit in wanted:
                reached.update(path for meta, path in found if meta[-1:] != b"D")
            elif any(meta[-1:] == b"D" and path in reached for meta, path in found):
                reached.update(path for meta, path in found if meta[-1:] == b"A")
        else:
            paths = history.combined.get(commit, {})
            if commit in wanted or any(path in reached for path in paths):
                reached.update(paths)
            for number, parent in enumerate(walk.parents[commit]):
                if any(change[1] in reached for change in history.gone.get((commit, parent), ())):
                    new = (path for path, entry in paths.items() if entry.statuses[number] == b"A")
                    reached.update(new)
    return reached


def _questions(
    walk: Walk,
    history: Past,
    restored: Mapping[Place, Sequence[Source]],
    wanted: Collection[bytes],
    reached: Collection[bytes],
    live: Sequence[bytes],
) -> list[renames.Question]:
    """Every new file that may be followed through a rename, and matters when it is."""
    followed = set(live)
    found: list[renames.Question] = []
    for commit in walk.order:
        if commit in history.plain:
            new = [c for c in history.plain[commit] if c[0][-1:] == b"A" and c[1] in followed]
            gone = [c for c in history.plain[commit] if c[0][-1:] == b"D"] if new else []
            if not (commit in wanted or any(path in reached for _, path in gone)):
                # What came back may have come from a file that nobody asks for, too, and does then.
                new = [change for change in new if (commit, change[1]) in restored]
            if not gone or not new:
                continue
            parent = walk.parents[commit][0]
            found += (renames.Question(commit, parent, change, tuple(gone)) for change in new)
            followed.update(path for _, path in gone)
        else:
            # Here every answer matters: lines that one parent has are not looked for in the next.
            for path, entry in history.combined.get(commit, {}).items():
                for number, parent in enumerate(walk.parents[commit]):
                    gone = history.gone[commit, parent] if entry.statuses[number] == b"A" else []
                    if gone and path in followed:
                        found.append(renames.Question(commit, parent, entry.as_new(), tuple(gone)))
                        followed.update(gone_path for _, gone_path in gone)
    return found


class _Descent:
    """From HEAD back to the oldest wanted commit."""

    def __init__(
        self,
        walk: Walk,
        history: Past,
        restored: Mapping[Place, Sequence[Source]],
        wanted: Collection[bytes],
        made: Versions,
    ) -> None:
        self.walk = walk
        self.history = history
        self.restored = restored
        self.wanted = wanted
        self.made = made
        self.waiting: dict[bytes, _Waiting] = {}

    def run(self, check_cancelled: Callable[[], None]) -> None:
        assert self.walk.start is not None
        self.waiting[self.walk.start] = {path: [slot] for slot, path in enumerate(self.made.files)}
        for number, commit in enumerate(self.walk.order):
            if number % 512 == 0:
                check_cancelled()
            here = self.waiting.pop(commit, None)
            if here and commit in self.history.plain:
                self._plain(commit, here)
            elif here:
                self._merge(commit, here)
        self.made.arrived = self.waiting

    def _plain(self, commit: bytes, here: _Waiting) -> None:
        parents = self.walk.parents[commit]
        parent = parents[0] if parents else b""
        changed = [
            (change, here.pop(change[1])) for change in self.history.plain[commit] if change[1] in here
        ]
        # The unchanged go first: most often the parent has nothing yet, and takes the whole table.
        self._hand(parent, here)
        for change, slots in changed:
            kind, path = raw.status(change), change[1]
            old: Change | None = change if kind == b"M" else None
            lost = False
            if kind == b"A":
                old = self.history.renamed.get((commit, parent, path))
                lost = old is None and (commit, parent, path) in self.history.renamed
            blob = raw.new_blob(change)
            if old is not None and raw.old_blob(old) == blob:
                self._hand(parent, {old[1]: slots})
            else:
                sources = [(parent, old[1], raw.old_blob(old))] if old is not None else []
                back = self.restored.get((commit, path), ())
                self._version(commit, path, blob, slots, [*sources, *back], lost, len(back))

    def _merge(self, commit: bytes, here: _Waiting) -> None:
        parents, paths = self.walk.parents[commit], self.history.combined.get(commit, {})
        mixed = [(entry, here.pop(path)) for path, entry in paths.items() if path in here]
        for parent, differs in zip(parents, self.history.merges[commit], strict=False):
            rest = {path: here.pop(path) for path in _common(differs, here) if not _same(differs[path])}
            self._hand(parent, here)
            here = rest
        self._hand(parents[-1], here)
        for entry, slots in mixed:
            self._mixed(commit, entry, slots)

    def _mixed(self, commit: bytes, entry: Combined, slots: list[int]) -> None:
        """A file that differs from all parents. Those that know its path come first, then those that renamed it."""
        parents = self.walk.parents[commit]
        known: list[tuple[bytes, bytes, bytes] | None] = [None] * len(parents)
        lost = False
        for number, parent in enumerate(parents):
            if entry.statuses[number] == b"M":
                known[number] = (parent, entry.path, entry.old[number])
                if entry.old[number] == entry.blob:
                    self._hand(parent, {entry.path: slots})
                    return
        for number, parent in enumerate(parents):
            if entry.statuses[number] == b"A" and (commit, parent, entry.path) in self.history.renamed:
                old = self.history.renamed[commit, parent, entry.path]
                if old is None:
                    lost = True
                elif raw.old_blob(old) == entry.blob:
                    self._hand(parent, {old[1]: slots})
                    return
                else:
                    known[number] = (parent, old[1], raw.old_blob(old))
        self._version(commit, entry.path, entry.blob, slots, [source for source in known if source], lost)

    def _version(
        self,
        commit: bytes,
        path: bytes,
        blob: bytes,
        slots: list[int],
        sources: Sequence[Source],
        lost: bool,
        restored: int = 0,
    ) -> None:
        """Note a version, and let slots wait at its sources."""
        made, own = self.made, commit in self.wanted
        if not own and not any(self.walk.goes_to(source[0]) for source in sources):
            # What goes there is nobody's that is wanted, and neither is what stays. But where one goes further all are
            # compared: what is one parent's is no block of another that moved.
            sources, restored = (), 0
        if not (sources or own or lost):
            return
        kept: list[tuple[int, bytes]] = []
        for parent, old_path, old in sources:
            kept.append((len(made.slots), old))
            self._hand(parent, {old_path: [len(made.slots)]})
            made.slots.append(NOWHERE)
        for slot in slots:
            made.slots[slot] = len(made.found)
        made.found.append(Version(commit, path, blob, tuple(kept), lost, restored))

    def _hand(self, commit: bytes, slots: _Waiting) -> None:
        """Let slots wait at a parent; where no wanted commit is behind it they are forgotten."""
        if not slots or not self.walk.goes_to(commit):
            return
        there = self.waiting.setdefault(commit, slots)
        if there is slots:
            return
        if len(there) < len(slots):
            there, slots = slots, there
            self.waiting[commit] = there
        for path, more in slots.items():
            there[path] = there[path] + more if path in there else more


def _common(left: Collection[bytes], right: Collection[bytes]) -> list[bytes]:
    few, many = (left, right) if len(left) < len(right) else (right, left)
    return [path for path in few if path in many]


def _same(change: Change) -> bool:
    """Whether only the mode changed."""
    return raw.status(change) == b"M" and raw.old_blob(change) == raw.new_blob(change)
