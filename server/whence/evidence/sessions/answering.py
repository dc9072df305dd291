"""What sessions say of one workspace, from the index as it is: nothing is read of any transcript here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from urllib.parse import quote

from whence import files, regular
from whence.errors import UserError
from whence.evidence.interface import Context
from whence.evidence.sessions.base import Base
from whence.evidence.sessions.interface import missing
from whence.evidence.sessions.paths import Placing, Roots, posix
from whence.evidence.sessions.prepared import Ground, Held, PreparedSessions
from whence.evidence.sessions.stored import Agents, StoredSessions
from whence.evidence.sessions.texts import UNFIT
from whence.index.store import DiskStore
from whence.matching.habits import Habits
from whence.model import NotMeasured
from whence.quick import dataclass
from whence.repo import GitError


@dataclass(frozen=True, slots=True)
class Written:
    """Where tools wrote, seen from a workspace."""

    placing: Placing
    files: frozenset[str]
    """Those of the workspace, as paths of it; some may be gone."""
    home: bool
    """Whether any of it concerns the workspace."""


@dataclass(frozen=True, slots=True)
class Said:
    """What the index says, after it was brought up to date."""

    index: str = ""
    """Which one it is."""
    change: int = 0
    """Its latest change."""
    pages: frozenset[str] = frozenset()
    """Transcripts that are files of the workspace; that they repeat a line makes it no common one."""
    missing: tuple[NotMeasured, ...] = ()
    """What could not be read."""


class Answering:
    """One workspace, and the index as it is."""

    def __init__(self, context: Context, store: DiskStore, said: Said) -> None:
        self.context = context
        self.paths = all_paths(context)
        self.roots = roots_of(context, self.paths)
        self.store = store
        self.said = said
        self.missing = list(said.missing)

    def answer(self) -> PreparedSessions:
        """What sessions say of this workspace; also after the file was let go of."""
        writers = self.store.writers()
        if not writers:
            return PreparedSessions(not_measured=tuple(self.missing))
        written = self.written
        held, habits, base, unlisted = self._present(written.files)
        cut_off = self._cut_off(written.home)
        store = StoredSessions(self.store, Agents.of(writers, self.context.registry))
        ground = Ground(
            self._rest(base, written.placing, cut_off),
            self.said.change,
            base.log,
            frozenset(held),
            self.said.pages,
            base.counted,
            base.exact,
            unlisted,
        )
        gaps = tuple(self.missing)
        return PreparedSessions(
            store, written.placing, held, habits, gaps, cut_off, ground, passing=base.passing
        )

    @cached_property
    def written(self) -> Written:
        """Where tools wrote."""
        pairs = self.store.recorded(_names(self.roots))
        placing = Placing.learned(pairs, self.roots)
        places = [placing.place(*pair) for pair in pairs]
        found = frozenset(place.path for place in places if place.path)
        return Written(placing, found, any(place.home for place in places))

    @property
    def unlisted(self) -> Sequence[str]:
        """Files that are none of the workspace's own, ignored ones for instance, into which tools wrote all the same."""
        return sorted(self.written.files.difference(self.paths))

    def _rest(self, base: Base, placing: Placing, cut_off: Iterable[float]) -> str:
        """Tells apart what concerns every file."""
        here = placing.roots
        said = (
            self.said.index, base.commit, here.folders, here.name, here.prefix, sorted(placing.aliases),
            sorted(cut_off), sorted(self.said.pages), sorted(self.said.pages & self.written.files),
        )  # fmt: skip
        return blake2b(repr(said).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()

    def _cut_off(self, at_home: bool) -> frozenset[float]:
        """When the commits at the edge of a shallow clone were made; they seem to have written all older lines."""
        repository = self.context.repository
        if repository is None or not repository.shallow:
            return frozenset()
        if at_home:
            self.missing.append(
                missing(
                    "shallow clone: nobody can tell who wrote first the lines that are older than it; sessions claim none",
                    "git fetch --unshallow",
                )
            )
        try:
            edge = regular.read(repository.common_dir / "shallow")
            times = repository.run("log", "--no-walk=unsorted", "--format=%at", "--stdin", feed=edge)
        except (OSError, GitError):
            return frozenset()
        return frozenset(map(float, times.split()))

    def _present(self, written: frozenset[str]) -> tuple[Held, Habits, Base, Mapping[str, str]]:
        """What the files hold into which tools wrote, what people write in this workspace, and what identifies the texts
        of those files that are none of its own."""
        base = Base(self.context, self.store, self.store.first())
        # The files that tools wrote into come first, should the budget not reach.
        listed = frozenset(self.paths)
        every = dict.fromkeys((*sorted(written), *self.paths))
        wanted = [
            path
            for path in every
            if (path in listed or _stands(self.context.root, path))
            and (path in written or path not in self.said.pages)
        ]
        present = base.present(wanted)
        habits = base.habits(present)
        there = [path for path in wanted if path in written]
        own = {path: present[path] for path in there if path in present}
        packed = base.packed(own)
        held = Held({path: packed.get(own[path].text, UNFIT) if path in own else UNFIT for path in there})
        self.missing.extend(base.problems)
        return held, habits, base, {path: own[path].text for path in own if path not in listed}


def _names(roots: Roots) -> set[str]:
    """Words of which a recorded path has one where it may mean a file of the workspace."""
    names = {roots.name, *(folder.rpartition("/")[2] for folder in roots.folders)}
    return names | set(map(quote, names))


def _stands(root: Path, path: str) -> bool:
    """Whether a recorded path is a file here, reached through no symbolic link."""
    place = root
    try:
        for part in path.split("/"):
            place = place / part
            if place.is_symlink():
                return False
        return place.is_file()
    except (OSError, ValueError):
        return False


def all_paths(context: Context) -> Sequence[str]:
    """Every file of the workspace: what is common in it, and which file moved, one wanted file cannot tell."""
    if context.everything is not None:
        return context.everything
    try:
        return files.discover(context.root, context.repository)
    except (GitError, UserError, OSError):
        return context.paths


def roots_of(context: Context, paths: Sequence[str]) -> Roots:
    """The workspace's own folder and the same folder in the repository's other work trees."""
    folders = [posix(str(context.root))]
    repository = context.repository
    if repository is None:
        return Roots(tuple(folders), context.root.name, "", paths)
    prefix = repository.prefix.rstrip("/")
    tops = [repository.top, *_worktrees(repository.common_dir)]
    folders += [posix(str(top / prefix)) for top in tops]
    name = repository.common_dir.parent.name if repository.common_dir.name == ".git" else repository.top.name
    return Roots(tuple(dict.fromkeys(folders)), name, repository.prefix, paths)


def _worktrees(common: Path) -> Iterator[Path]:
    """The main work tree and the linked ones, as git's own files name them."""
    if common.name == ".git":
        yield common.parent
    try:
        for entry in sorted((common / "worktrees").iterdir()):
            named = regular.read(entry / "gitdir").decode("utf-8", "surrogateescape")
            yield Path(named.strip()).parent
    except OSError:
        return
