"""A git repository and what it is asked; everybody else's one door to git.

Revisions and paths are passed behind `--end-of-options` or `--`. Nothing here looks at the work tree through git, so
clean filters never run. What a partial clone does not have is reported as missing, never downloaded.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, NamedTuple, TypeVar

from whence import git, obstacles
from whence.git import GitError, GitMissing, GitStuck, Running, together

__all__ = [
    "REFS",
    "GitError",
    "GitMissing",
    "GitStuck",
    "Repository",
    "in_git_folder",
    "refs_in",
    "together",
]


def in_git_folder(folder: Path, environment: Mapping[str, str]) -> bool:
    """Whether a folder is (in) a bare repository or what a work tree has as `.git`: none of its files is anybody's work."""
    try:
        git.look_ahead(folder, environment)
        inside = git.start(folder, environment, ["rev-parse", "--is-inside-git-dir"]).result()
        return inside.strip() == b"true"
    except GitError:
        return False


def _holds(top: str, folder: Path) -> bool:
    """Whether a folder is the one that its `.git` stands in, or lies in it."""
    real = Path(os.path.realpath(folder))
    try:
        found = obstacles.found(real)
        if found is not None and found.top != found.git_dir:
            return Path(found.top).samefile(top)
        return any(place.samefile(top) for place in (real, *real.parents))
    except OSError:
        return False


class Repository(NamedTuple):
    """A git repository seen from a workspace folder inside it. A value; picklable."""

    top: Path
    """The work tree's root."""
    prefix: str
    """The workspace's place below `top`, `""` or `"sub/folder/"`."""
    git_dir: Path
    """This work tree's own git folder (HEAD, index)."""
    common_dir: Path
    """The folder that all work trees share (refs, objects)."""
    shallow: bool
    environment: tuple[tuple[str, str], ...]
    at: str | None = None
    """A commit that is looked at as if it were checked out; None: HEAD."""

    @staticmethod
    def open(folder: Path, environment: Mapping[str, str] | None = None) -> Repository | None:
        """The repository that holds `folder`; None where there is none.

        Raises GitError when git refuses (another user's repository, a broken one) or would never end, and GitMissing
        without git.
        """
        environment = os.environ if environment is None else environment
        git.look_ahead(folder, environment)
        try:
            asked = git.start(
                folder,
                environment,
                ["rev-parse", "--show-toplevel", "--show-prefix", "--absolute-git-dir",
                 "--path-format=absolute", "--git-common-dir", "--is-shallow-repository"],
            )  # fmt: skip
            out = asked.result()
        except GitMissing:
            raise
        except GitError as error:
            if "not a git repository" in str(error) or "must be run in a work tree" in str(error):
                return None
            raise
        answers = os.fsdecode(out).split("\n")
        if len(answers) < 5:
            raise GitError("the git on PATH does not answer as git does")
        top, prefix, git_dir, common, shallow = answers[:5]
        if not _holds(top, folder):
            raise GitError(f"the repository's core.worktree names another folder, {top}")
        return Repository(
            Path(top),
            prefix,
            Path(git_dir),
            Path(common),
            shallow == "true",
            tuple(sorted(environment.items())),
        )

    @staticmethod
    def around(folder: Path, environment: Mapping[str, str] | None = None) -> Repository | None:
        """The same as far as git can tell: None, too, where it cannot."""
        try:
            return Repository.open(folder, environment)
        except GitError:
            return None

    def run(self, *arguments: str, feed: bytes | None = None) -> bytes:
        """git's standard output. Raises GitError on a non-zero exit."""
        return git.start(self.top, dict(self.environment), arguments, feed).result()

    def ask(self, *arguments: str) -> bytes | None:
        """git's standard output; None where it says no. Raises GitMissing without git."""
        return self.start(*arguments).answer()

    def start(self, *arguments: str) -> Running:
        """Start git and go on; several short questions at once take the time of the longest."""
        return git.start(self.top, dict(self.environment), arguments)

    def stream(
        self, *arguments: str, feed: Iterable[bytes] | None = None
    ) -> contextlib.AbstractContextManager[IO[bytes]]:
        """git's standard output as a binary file, fed from a thread. Leaving early kills git.

        Raises GitError on leaving when git failed and the output was read to its end.
        """
        return git.stream(self.top, dict(self.environment), arguments, feed)

    @contextlib.contextmanager
    def scratch(self) -> Iterator[Repository]:
        """The same repository, with a throw-away store for objects that git is asked to make on the way.

        Some questions can only be put to git as trees. They are made there; the repository itself is never
        written to. Raises OSError when there is no room for temporary files.
        """
        import tempfile

        with tempfile.TemporaryDirectory(prefix="whence-", ignore_cleanup_errors=True) as folder:
            information = Path(folder, "info")
            information.mkdir()
            stores = obstacles.stores(str(self.common_dir / "objects"))
            (information / "alternates").write_bytes(b"".join(os.fsencode(store) + b"\n" for store in stores))
            yield self._replace(environment=(*self.environment, (git.SCRATCH, folder)))

    def with_index(self, file: Path) -> Repository:
        """The same repository with another index file (absolute)."""
        return self._replace(environment=(*self.environment, (git.INDEX, str(file))))

    def looking_at(self, commit: str) -> Repository:
        """The same repository as if a commit (full id) were checked out."""
        return self._replace(at=commit)

    def whole(self) -> Repository:
        """The same repository seen from its top."""
        return self._replace(prefix="")

    def head(self) -> str | None:
        """The commit id of HEAD; None before the first commit.

        Raises GitError when HEAD names a commit that cannot be read: that is a damaged repository, not a new one.
        """
        if self.at is not None:
            return self.at
        found = self.ask("rev-parse", "--verify", "--quiet", "--end-of-options", "HEAD^{commit}")
        if found is not None:
            return found.decode().strip()
        if self.ask("rev-parse", "--verify", "--quiet", "--end-of-options", "HEAD") is None:
            # Refs that cannot be read, or one that was cut off, are no sign of a new repository either.
            self.run("for-each-ref", "--count=1")
            branch = self.ask("symbolic-ref", "--quiet", "HEAD")
            if branch is not None and not (self.common_dir / os.fsdecode(branch.strip())).is_file():
                return None
        raise GitError("HEAD names a commit that cannot be read: the repository is damaged")

    def resolve(self, revision: str) -> str:
        """The commit id that a revision names. Raises GitError when it names none."""
        out = self.run("rev-parse", "--verify", "--quiet", "--end-of-options", revision + "^{commit}")
        return out.decode().strip()

    def has_ref(self, ref: str) -> bool:
        return self.ask("rev-parse", "--verify", "--quiet", "--end-of-options", ref) is not None

    def refs(self, *places: str) -> dict[str, str]:
        """The refs of these names and below them, each with its object; all of them without a name. Raises GitError."""
        return refs_in(self.run("for-each-ref", REFS, *places))

    def blobs(self, names: Iterable[str]) -> Iterator[bytes | None]:
        """The contents of objects (`HEAD:path`, ids) in the given order; None for what is missing.

        Names must not hold a line feed (`cat-file --batch` reads lines); such a name yields None.
        """
        asked = list(names)
        done = 0
        try:
            for content in self._blobs(asked):
                yield content
                done += 1
        except GitError as error:
            if not _is_promised(error):
                raise
            yield from self._held_only(asked[done:], self._blobs)

    def _blobs(self, asked: Sequence[str]) -> Iterator[bytes | None]:
        usable = [name for name in asked if "\n" not in name]
        feed = (os.fsencode(name) + b"\n" for name in usable)
        with self.stream("cat-file", "--batch", feed=feed) as out:
            for name in asked:
                if "\n" in name:
                    yield None
                    continue
                header = out.readline()
                if not header:
                    break  # git says why when the stream is left.
                fields = header.split()
                if len(fields) < 3 or not fields[-1].isdigit() or fields[-2] not in _KINDS:
                    yield None
                    continue
                content = out.read(int(fields[-1]))
                out.read(1)
                yield content if fields[-2] == b"blob" else None
            else:
                return
        raise GitError("cat-file ended early")

    def sizes(self, names: Iterable[str]) -> list[int | None]:
        """The sizes in bytes of blobs (`HEAD:path`, ids) in the given order; None: missing, or no blob."""
        asked = list(names)
        try:
            return list(self._sizes(asked))
        except GitError as error:
            if not _is_promised(error):
                raise
            return list(self._held_only(asked, self._sizes))

    def _sizes(self, asked: Sequence[str]) -> Iterator[int | None]:
        usable = [(at, os.fsencode(name)) for at, name in enumerate(asked) if "\n" not in name]
        out = self.run("cat-file", "--batch-check", feed=b"".join(name + b"\n" for _, name in usable))
        found: list[int | None] = [None] * len(asked)
        for (at, _), answer in zip(usable, out.split(b"\n"), strict=False):
            fields = answer.split()
            if len(fields) >= 3 and fields[-2] == b"blob" and fields[-1].isdigit():
                found[at] = int(fields[-1])
        yield from found

    def _held_only(
        self, asked: Sequence[str], read: Callable[[Sequence[str]], Iterator[_Answer | None]]
    ) -> Iterator[_Answer | None]:
        """The answers on the objects that a partial clone has; `cat-file` gives up at the first that it has not.

        Slow, as git reads all of them to find out; only ids can be asked for.
        """
        feed = "".join(name + "\n" for name in asked if _ID.fullmatch(name)).encode()
        out = self.run(
            "rev-list",
            "--objects",
            "--no-walk",
            "--ignore-missing",
            "--missing=allow-any",
            "--stdin",
            feed=feed,
        )
        held = {line.partition(b" ")[0].decode() for line in out.splitlines()}
        answers = read([name for name in asked if name in held])
        for name in asked:
            yield next(answers) if name in held else None

    def to_repository(self, path: str) -> str:
        """A workspace path as git names it."""
        return self.prefix + path

    def to_workspace(self, path: str) -> str | None:
        """A git path as the workspace names it; None when it lies outside the workspace."""
        return path[len(self.prefix) :] if path.startswith(self.prefix) else None

    def branch(self) -> str | None:
        """The branch that is checked out, without `refs/heads/`; None when HEAD is detached."""
        return os.fsdecode(self.ask("symbolic-ref", "--short", "--quiet", "HEAD") or b"").strip() or None

    def identity(self) -> str | None:
        """`Name <email>` as git would commit now; None when it is not configured."""
        line = os.fsdecode(self.ask("var", "GIT_AUTHOR_IDENT") or b"").strip()
        return line.rpartition(">")[0] + ">" if ">" in line else None


REFS = "--format=%(refname) %(objectname)"
"""How `for-each-ref` is asked for what `refs_in` reads."""


def refs_in(listed: bytes) -> dict[str, str]:
    """Refs with their objects, from a listing."""
    pairs = (line.rpartition(" ") for line in os.fsdecode(listed).split("\n") if line)
    return {name: value for name, _, value in pairs}


_KINDS = {b"blob", b"tree", b"commit", b"tag"}


_ID = re.compile("[0-9a-f]{40}|[0-9a-f]{64}")

_Answer = TypeVar("_Answer")


def _is_promised(error: GitError) -> bool:
    """Whether git gave up on an object that a partial clone's remote has (which nobody here may ask)."""
    return "promisor remote" in str(error)
