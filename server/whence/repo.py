"""The only module that runs git.

A repository may be hostile: its own configuration can name programs (fsmonitor, filters, textconv, external diff,
gpg, hooks, ssh). Every call therefore switches those off, runs without a shell, forbids every transport (a partial
clone's missing blobs are reported, never downloaded) and passes revisions and paths behind `--end-of-options` / `--`.
Nothing here looks at the work tree through git, so clean filters never run.
"""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, NamedTuple, TypeVar

from whence import obstacles

NO_TRANSPORT = "whence-allows-none"
"""GIT_ALLOW_PROTOCOL is a white list; a name that no transport has closes it."""

_SAFE_CONFIGURATION = (  # what runs a program, reaches out, or changes what is printed
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.quotePath=false",
    "core.pager=cat",
    "core.commitGraph=true",
    "core.bigFileThreshold=512m",  # what is larger has no lines in a diff
    "core.abbrev=no",
    "i18n.logOutputEncoding=UTF-8",
    "log.showSignature=false",
    "log.mailmap=false",
    "log.follow=false",
    "log.showRoot=true",
    "log.diffMerges=separate",
    "log.abbrevCommit=false",
    "diff.external=",
    "diff.renameLimit=0",
    "diff.renames=true",
    "diff.algorithm=default",
    "diff.indentHeuristic=true",
    "diff.context=3",
    "diff.interHunkContext=0",
    "diff.suppressBlankEmpty=false",
    "diff.noprefix=false",
    "diff.mnemonicPrefix=false",
    "diff.srcPrefix=a/",
    "diff.dstPrefix=b/",
    "diff.relative=false",
    "diff.orderFile=/dev/null",
    "diff.submodule=short",
    "diff.ignoreSubmodules=none",
    "diff.colorMoved=no",
    "submodule.recurse=false",
    "protocol.allow=never",
    "gc.auto=0",
    "maintenance.auto=false",
    "user.useConfigOnly=true",  # a name that git makes up from the host is nobody's
    "color.ui=false",
    "color.diff=false",
)

_KEEP = ("HOME", "PATH", "SYSTEMROOT", "USERPROFILE", "APPDATA", "XDG_CONFIG_HOME", "TMPDIR", "TEMP", "TMP",
         "GIT_CONFIG_GLOBAL", "GIT_CONFIG_NOSYSTEM", "GIT_CEILING_DIRECTORIES")  # fmt: skip


_SCRATCH = "WHENCE_SCRATCH_OBJECTS"
"""Where git puts the objects that it makes for us; only ever a temporary folder."""

_INDEX = "WHENCE_INDEX"
"""Another index than the work tree's own: git commits from one while its hooks run."""


class GitError(Exception):
    """git could not do it. `str()` is git's own first line of complaint, fit for a `not measured` entry."""

    made = 0
    """How many there have been in this process: what was found out meanwhile may be due to a passing trouble."""

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)
        GitError.made += 1


class GitStuck(GitError):  # noqa: N818 - says what is so
    """git would wait for ever, or did; `hint` says what to do about it."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class GitMissing(GitError):  # noqa: N818 - says what is so
    """There is no git on PATH."""


def _environment(environment: Mapping[str, str]) -> dict[str, str]:
    kept = {name: environment[name] for name in _KEEP if name in environment}
    if _SCRATCH in environment:
        kept["GIT_OBJECT_DIRECTORY"] = environment[_SCRATCH]
    if _INDEX in environment:
        kept["GIT_INDEX_FILE"] = environment[_INDEX]
    kept.update(_trusted(environment))
    kept.update(
        GIT_ALLOW_PROTOCOL=NO_TRANSPORT,
        GIT_NO_LAZY_FETCH="1",
        GIT_OPTIONAL_LOCKS="0",
        GIT_TERMINAL_PROMPT="0",
        GIT_EXTERNAL_DIFF="",
        GIT_PAGER="cat",
        LC_ALL="C",
    )
    return kept


def _trusted(environment: Mapping[str, str]) -> dict[str, str]:
    """The folders that the environment tells git to trust (`safe.directory`, as containers set it), nothing else of it.

    It is the user's own word, as in their configuration: a repository cannot set the environment.
    """
    count = environment.get("GIT_CONFIG_COUNT", "")
    number = int(count) if count.isascii() and count.isdigit() and len(count) < 5 else 0
    folders = [
        environment.get(f"GIT_CONFIG_VALUE_{at}", "")
        for at in range(number)
        if environment.get(f"GIT_CONFIG_KEY_{at}", "").lower() == "safe.directory"
    ]
    if not folders:
        return {}
    kept = {"GIT_CONFIG_COUNT": str(len(folders))}
    for at, folder in enumerate(folders):
        kept |= {f"GIT_CONFIG_KEY_{at}": "safe.directory", f"GIT_CONFIG_VALUE_{at}": folder}
    return kept


def _command(folder: Path, arguments: Sequence[str]) -> list[str]:
    command = ["git", "--no-pager", "--literal-pathspecs"]
    for setting in _SAFE_CONFIGURATION:
        command += ["-c", setting]
    return [*command, "-C", str(folder), *arguments]


def _complaint(stderr: bytes, arguments: Sequence[str]) -> str:
    lines = [line.strip() for line in stderr.decode("utf-8", "replace").splitlines() if line.strip()]
    text = next((line for line in lines if line.startswith(("fatal:", "error:"))), lines[0] if lines else "")
    return text.removeprefix("fatal: ").removeprefix("error: ") or f"git {arguments[0]} failed"


def _start(
    folder: Path, environment: Mapping[str, str], arguments: Sequence[str], *, stdin: bool
) -> subprocess.Popen[bytes]:
    _clear(obstacle for top, obstacle in _met if folder.is_relative_to(top))
    try:
        return subprocess.Popen(
            _command(folder, arguments),
            stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=_environment(environment),
        )
    except FileNotFoundError as error:
        if not folder.is_dir():
            raise GitError(f"no such folder: {folder}") from error
        raise GitMissing("git is not installed or not on PATH") from error
    except PermissionError as error:
        raise GitMissing("the git on PATH may not be run") from error
    except OSError as error:
        raise GitError(f"git could not be started: {error.strerror or error}") from error


def _run(folder: Path, environment: Mapping[str, str], arguments: Sequence[str], feed: bytes | None) -> bytes:
    process = _start(folder, environment, arguments, stdin=feed is not None)
    return Running(process, arguments, feed, folder).result()


_met: list[tuple[Path, obstacles.Obstacle]] = []
"""What git was found waiting for, with the work tree: as long as it is there, git is not started there again."""


def _clear(met: Iterable[obstacles.Obstacle | None]) -> None:
    """Raise GitStuck if one of these is still in the way."""
    for one in met:
        if one is not None and one.is_there:
            raise GitStuck(f"git is not started, for {one.why}", one.hint)


def in_git_folder(folder: Path, environment: Mapping[str, str]) -> bool:
    """Whether a folder is (in) a bare repository or what a work tree has as `.git`: none of its files is anybody's work."""
    try:
        _clear([obstacles.first(folder, environment)])
        return _run(folder, environment, ["rev-parse", "--is-inside-git-dir"], None).strip() == b"true"
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


class Running:
    """A git process that was started and is not waited for yet."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        arguments: Sequence[str],
        feed: bytes | None,
        folder: Path,
    ) -> None:
        self._process = process
        self._arguments = arguments
        self._feed = feed
        self._folder = folder
        self._ended: tuple[bytes, bytes] | None = None

    def answer(self) -> bytes | None:
        """Its standard output; waits for it. None on a non-zero exit, where that is an answer and no trouble."""
        out, _ = self._end()
        return None if self._process.returncode else out

    def result(self) -> bytes:
        """Its standard output; waits for it. Raises GitError on a non-zero exit."""
        out, err = self._end()
        if self._process.returncode:
            raise GitError(_complaint(err, self._arguments))
        return out

    def _end(self) -> tuple[bytes, bytes]:
        if self._ended is None:
            try:
                self._ended = self._communicated()
            except BaseException:
                self._process.kill()
                self._process.wait()
                raise
        return self._ended

    def _communicated(self) -> tuple[bytes, bytes]:
        """Everything that it says. However long it works is its own affair; if it only waits that is told."""
        feed = self._feed
        began, same = time.monotonic(), 0
        last: str | None = None
        while True:
            try:
                return self._process.communicate(feed, timeout=LOOK)
            except subprocess.TimeoutExpired:
                feed = None
            now = _wait(self._process.pid)
            same = same + 1 if now == last and now else 0
            last = now
            if same >= LOOKS or (now is None and time.monotonic() - began > LONGEST):
                self._process.kill()
                self._process.communicate()
                met = obstacles.behind(self._folder)
                if met is not None:
                    _met.append((self._folder, met))
                    _clear([met])
                waited = time.monotonic() - began
                what = f"git {self._arguments[0]} was still waiting for something after {waited:.0f} s"
                raise GitStuck(what, f"see what it waits for: git {self._arguments[0]}")


LOOK = 3.0
"""Seconds between looks at a git that has not ended yet."""

LOOKS = 3
"""Looks that find it in the very same wait, one after the other: it is not going to end."""

LONGEST = 600.0
"""Seconds for one answer where the system does not tell what a process is at."""


def _wait(process: int) -> str | None:
    """Which of its waits a process is in, empty while it is in none; None where the system does not tell (Linux does).

    Waits for a disk do not count. Each wait changes the count of switches, threads show in the time computed.
    """
    try:
        status = Path(f"/proc/{process}/status").read_text("ascii", "replace")
        fields = Path(f"/proc/{process}/stat").read_text("ascii", "replace").rpartition(")")[2].split()
    except OSError:
        return None
    if fields[0] != "S":
        return ""
    return " ".join([*fields[11:13], *(line for line in status.splitlines() if "ctxt_switches" in line)])


def together(*asked: Running) -> list[bytes]:
    """The outputs of processes that run side by side; all are waited for before a GitError of one is raised."""
    for one in asked:
        one.answer()
    return [one.result() for one in asked]


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
        _clear([obstacles.first(folder, environment)])
        try:
            out = _run(
                folder,
                environment,
                ["rev-parse", "--show-toplevel", "--show-prefix", "--absolute-git-dir",
                 "--path-format=absolute", "--git-common-dir", "--is-shallow-repository"],
                None,
            )  # fmt: skip
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

    def run(self, *arguments: str, feed: bytes | None = None) -> bytes:
        """git's standard output. Raises GitError on a non-zero exit."""
        return _run(self.top, dict(self.environment), arguments, feed)

    def ask(self, *arguments: str) -> bytes | None:
        """git's standard output; None where it says no. Raises GitMissing without git."""
        return self.start(*arguments).answer()

    def start(self, *arguments: str) -> Running:
        """Start git and go on; several short questions at once take the time of the longest."""
        process = _start(self.top, dict(self.environment), arguments, stdin=False)
        return Running(process, arguments, None, self.top)

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
            yield self._replace(environment=(*self.environment, (_SCRATCH, folder)))

    def with_index(self, file: Path) -> Repository:
        """The same repository with another index file (absolute)."""
        return self._replace(environment=(*self.environment, (_INDEX, str(file))))

    def looking_at(self, commit: str) -> Repository:
        """The same repository as if a commit (full id) were checked out."""
        return self._replace(at=commit)

    def whole(self) -> Repository:
        """The same repository seen from its top."""
        return self._replace(prefix="")

    @contextlib.contextmanager
    def stream(self, *arguments: str, feed: Iterable[bytes] | None = None) -> Iterator[IO[bytes]]:
        """git's standard output as a binary file, fed from a thread. Leaving early kills git.

        Raises GitError on leaving when git failed and the output was read to its end.
        """
        process = _start(self.top, dict(self.environment), arguments, stdin=feed is not None)
        assert process.stdout is not None
        assert process.stderr is not None
        complaint: list[bytes] = []
        readers = [threading.Thread(target=_drain, args=(process.stderr, complaint), daemon=True)]
        if feed is not None:
            readers.append(threading.Thread(target=_feed, args=(process.stdin, feed), daemon=True))
        for reader in readers:
            reader.start()
        finished = False
        try:
            yield process.stdout
            finished = not process.stdout.read(1)
        finally:
            if not finished:
                process.kill()
            process.stdout.close()
            process.wait()
            readers[0].join()
            process.stderr.close()
        if finished and process.returncode:
            raise GitError(_complaint(b"".join(complaint), arguments))

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


def _drain(pipe: IO[bytes], into: list[bytes]) -> None:
    for chunk in iter(lambda: pipe.read(65536), b""):
        if len(into) < 16:
            into.append(chunk)


def _feed(pipe: IO[bytes] | None, chunks: Iterable[bytes]) -> None:
    assert pipe is not None
    with contextlib.suppress(BrokenPipeError, ValueError), pipe:
        for chunk in chunks:
            pipe.write(chunk)
