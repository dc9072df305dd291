"""How git is run: the only module that starts it, and `repo` is the only one that uses it.

A repository may be hostile: its own configuration can name programs (fsmonitor, filters, textconv, external diff,
gpg, hooks, ssh). Every call therefore switches those off, runs without a shell and forbids every transport. A git
that would wait for ever is not started, and one that does is ended.
"""

from __future__ import annotations

import contextlib
import subprocess
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

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


SCRATCH = "WHENCE_SCRATCH_OBJECTS"
"""Where git puts the objects that it makes for us; only ever a temporary folder."""

INDEX = "WHENCE_INDEX"
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
    if SCRATCH in environment:
        kept["GIT_OBJECT_DIRECTORY"] = environment[SCRATCH]
    if INDEX in environment:
        kept["GIT_INDEX_FILE"] = environment[INDEX]
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


def _process(
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


_met: list[tuple[Path, obstacles.Obstacle]] = []
"""What git was found waiting for, with the work tree: as long as it is there, git is not started there again."""


def _clear(met: Iterable[obstacles.Obstacle | None]) -> None:
    """Raise GitStuck if one of these is still in the way."""
    for one in met:
        if one is not None and one.is_there:
            raise GitStuck(f"git is not started, for {one.why}", one.hint)


def look_ahead(folder: Path, environment: Mapping[str, str]) -> None:
    """Raise GitStuck where git, asked in a folder for the first time, would wait for ever."""
    _clear([obstacles.first(folder, environment)])


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


def start(
    folder: Path, environment: Mapping[str, str], arguments: Sequence[str], feed: bytes | None = None
) -> Running:
    """Start git and go on. Raises GitMissing without git, GitStuck where it is known to wait for ever."""
    process = _process(folder, environment, arguments, stdin=feed is not None)
    return Running(process, arguments, feed, folder)


def together(*asked: Running) -> list[bytes]:
    """The outputs of processes that run side by side; all are waited for before a GitError of one is raised."""
    for one in asked:
        one.answer()
    return [one.result() for one in asked]


@contextlib.contextmanager
def stream(
    folder: Path, environment: Mapping[str, str], arguments: Sequence[str], feed: Iterable[bytes] | None
) -> Iterator[IO[bytes]]:
    """git's standard output as a binary file, fed from a thread. Leaving early kills git.

    Raises GitError on leaving when git failed and the output was read to its end.
    """
    process = _process(folder, environment, arguments, stdin=feed is not None)
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


def _drain(pipe: IO[bytes], into: list[bytes]) -> None:
    for chunk in iter(lambda: pipe.read(65536), b""):
        if len(into) < 16:
            into.append(chunk)


def _feed(pipe: IO[bytes] | None, chunks: Iterable[bytes]) -> None:
    assert pipe is not None
    with contextlib.suppress(BrokenPipeError, ValueError), pipe:
        for chunk in chunks:
            pipe.write(chunk)
