"""What each source of evidence rests on, as one digest: if that is the same, so is its answer.

Only identities of content count, never times of commits: object ids, the words of the configuration, files that
change what git shows of the history. Transcripts are told apart by size, times and inode, as they are large.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path

from whence import regular
from whence.blake import blake2b
from whence.evidence.interface import Context
from whence.quick import dataclass
from whence.standing import Standing

_NOTES = (b"refs/notes/ai", b"refs/ai/authorship")
_REPLACE = "refs/replace"

TRACES = ".agent-trace/traces.jsonl"
"""As `evidence.agent_trace` looks for them; it is not imported on the way to a warm answer."""


def digest(*parts: bytes | str | int | None) -> bytes:
    """16 bytes that stand for these parts, in this order."""
    state = blake2b(digest_size=16)
    for part in parts:
        data = part if isinstance(part, bytes) else os.fsencode(str(part))
        state.update(len(data).to_bytes(8, "little") + data)
    return state.digest()


@dataclass(frozen=True, slots=True)
class History:
    """What git's answers about the past rest on."""

    past: bytes
    """Configuration, git itself, and whatever changes what it shows of old commits."""
    plain: bytes
    """The same with HEAD."""
    notes: bytes
    """The same with the notes' refs."""
    references: bytes
    """All refs."""
    names: bytes
    """All refs, but of the branch that is checked out only its name."""

    @staticmethod
    def of(standing: Standing, head: str | None) -> History:
        """What is so for a repository that stands so."""
        repository = standing.repository
        references = standing.references.splitlines()
        common = repository.common_dir
        past = digest(
            standing.settings,
            _program(repository.environment),
            _content(common / "shallow"),
            _content(common / "info" / "grafts"),
            _stamp(standing.packs) if standing.packs is not None else "",
            *(line for line in references if line.startswith(_REPLACE.encode())),
        )
        plain = digest(past, head, repository.prefix)
        notes = digest(plain, *(line for line in references if line.startswith(_NOTES)))
        own = standing.head.split(b"\n")[1:2]
        names = (
            name if [name] == own else name + value
            for name, _, value in (r.partition(b" ") for r in references)
        )
        return History(past, plain, notes, digest(standing.references), digest(*names))


def _program(environment: Iterable[tuple[str, str]]) -> str:
    """Which git is run: another version may see other lines as changed."""
    found = shutil.which("git", path=dict(environment).get("PATH"))
    if found is None:
        return ""
    try:
        status = Path(found).stat()
    except OSError:
        return found
    return f"{found} {status.st_size} {status.st_mtime_ns}"


def _content(file: Path) -> bytes:
    return regular.content(file) or b""


@dataclass(frozen=True, slots=True)
class Indexed:
    """The index of what tools wrote, after it was brought up to date with the transcripts."""

    said: str
    """Which state of it, and what could not be read."""
    wrote: bool
    """Whether it holds anything."""
    pages: tuple[str, ...]
    """Transcripts that are files of the workspace."""
    unlisted: tuple[str, ...] = ()
    """Files that are none of the workspace's own into which tools wrote, and what the file system says of them."""
    index: str = ""
    """Which index it is; empty where there is none to be asked again."""
    change: int = 0
    """Its latest change."""
    missing: str = "[]"
    """What could not be read, in plain form."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """What the sources' answers rest on beside git."""

    context: Context
    history: History | None
    registry: bytes
    """Of what a policy adds to the registry."""
    digests: Callable[[], Mapping[str, str]]
    """The digests of all files; reads those that have changed."""
    indexed: Callable[[], Indexed | None]
    """The index, brought up to date; None where it is this run's alone."""
    folders: Collection[str] = ()
    """Further folders in which trace files may lie."""


def lineage_key(workspace: Workspace) -> bytes | None:
    """Commits, notes, lines and the registry that reads the commits' marks."""
    if workspace.context.repository is None:
        return digest("no repository")
    if workspace.history is None:
        return None
    return digest(workspace.history.notes, workspace.registry, str(workspace.context.since))


def traces_key(workspace: Workspace) -> bytes | None:
    """The trace files; where there are any, everything that their records could speak of."""
    found = sorted(_trace_files(workspace))
    if not found:
        return digest("no trace file")
    if workspace.history is None and workspace.context.repository is not None:
        return None
    plain = workspace.history.plain if workspace.history else b""
    return digest(plain, workspace.registry, *found, *_all(workspace))


def sessions_key(workspace: Workspace) -> bytes | None:
    """The index; where it holds any writes, the whole workspace as well, which says what is common in it."""
    context = workspace.context
    index = workspace.indexed()
    if index is None:
        return None
    if not index.wrote:
        return digest("nothing was written", index.said)
    places: list[str] = [str(context.root)]
    if context.repository is not None:
        common = context.repository.common_dir
        if workspace.history is None:
            return None
        places += [str(context.repository.top), str(common), *_worktrees(common)]
    # What was there before tools wrote, and who wrote first, the history says.
    past = (workspace.history.plain, workspace.history.references) if workspace.history else ()
    return digest(
        *past,
        workspace.registry,
        *places,
        "index",
        index.said,
        *index.pages,
        *index.unlisted,
        *_all(workspace),
    )


def _worktrees(common: Path) -> Iterable[str]:
    """Where the repository's other work trees are."""
    try:
        return [
            f"{entry} {_content(entry / 'gitdir')!r}" for entry in sorted((common / "worktrees").iterdir())
        ]
    except OSError:
        return []


def _all(workspace: Workspace) -> Iterable[str]:
    """Every file with what it holds, and every other name at HEAD."""
    for path, content in sorted(workspace.digests().items()):
        yield f"{path}\0{content}"
    for path, before in sorted(workspace.context.head_paths.items()):
        yield f"{path}\0{before}"


def _trace_files(workspace: Workspace) -> Iterable[str]:
    folders = {""} | set(workspace.folders)
    for path in workspace.context.paths:
        folder = path.rpartition("/")[0]
        while folder and folder not in folders:
            folders.add(folder)
            folder = folder.rpartition("/")[0]
    for folder in folders:
        place = f"{workspace.context.root}/{folder}/{TRACES}"
        state = _stamp(place)
        if state:
            yield f"{folder} {state}"


def _stamp(place: str | Path) -> str:
    """A file's identity and when it changed, empty where there is none."""
    try:
        status = os.lstat(place)
    except OSError:
        return ""
    return f"{status.st_size} {status.st_mtime_ns} {status.st_ctime_ns} {status.st_ino} {status.st_mode}"


KEYS: Mapping[str, Callable[[Workspace], bytes | None]] = {
    "git-history": lineage_key,
    "git-ai": lineage_key,
    "agent-trace": traces_key,
    "sessions": sessions_key,
}
"""By a source's name. What is not named here looks for itself each time."""
