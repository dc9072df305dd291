"""Build small real git repositories for tests, with every identity and date under the test's control."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

DEV = "Dana Dev <dana@example.org>"

CONFIG = """[user]
	name = Dana Dev
	email = dana@example.org
[commit]
	gpgsign = false
[maintenance]
	auto = false
"""
"""Nothing is tidied up behind a test's back, which takes a process for each commit."""


@cache
def fresh(object_format: str) -> dict[str, bytes | None]:
    """What `git init` puts into `.git` here, a folder before what is in it: asked once, and written out for each test."""
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "made"
        environment = {"PATH": os.environ["PATH"], "HOME": folder, "GIT_CONFIG_NOSYSTEM": "1"}
        init = [
            "git",
            "init",
            "-q",
            "-b",
            "main",
            "--template=",
            f"--object-format={object_format}",
            str(made),
        ]
        subprocess.run(init, check=True, env=environment)
        with (made / ".git/config").open("a") as config:
            config.write(CONFIG)
        for name in ("hooks", "info"):
            (made / ".git" / name).mkdir()
        found = sorted((made / ".git").rglob("*"))
        return {"": None} | {
            file.relative_to(made / ".git").as_posix(): None if file.is_dir() else file.read_bytes()
            for file in found
        }


class Repo:
    """A repository in a folder. Dates are `YYYY-MM-DDThh:mm:ss+00:00`; a commit's default date moves by an hour."""

    def __init__(self, path: Path, *, init: bool = True, object_format: str = "sha1") -> None:
        self.path = path
        self.home = path.parent / (path.name + "-home")
        self.home.mkdir(parents=True, exist_ok=True)
        self._clock = 0
        if init:
            for name, content in fresh(object_format).items():
                file = path / ".git" / name
                if content is None:
                    file.mkdir(parents=True, exist_ok=True)
                else:
                    file.write_bytes(content)

    @property
    def environment(self) -> dict[str, str]:
        """What a process of the user's would see: a private HOME, nothing of the machine's configuration."""
        return {"PATH": os.environ["PATH"], "HOME": str(self.home), "GIT_CONFIG_NOSYSTEM": "1"}

    def git(self, *arguments: str, feed: bytes | None = None, **extra: str) -> str:
        """What a command prints, without the empty lines around it."""
        return os.fsdecode(self._run(arguments, feed, extra)).strip("\n")

    def content(self, revision: str, path: str) -> bytes:
        """A file as a commit has it, to the byte."""
        return self._run(("cat-file", "blob", f"{revision}:{path}"), None, {})

    def _run(self, arguments: Sequence[str], feed: bytes | None, extra: Mapping[str, str]) -> bytes:
        done = subprocess.run(
            ["git", "-C", str(self.path), *arguments],
            input=feed,
            capture_output=True,
            env={**self.environment, **extra},
            check=False,
        )
        if done.returncode:
            raise AssertionError(f"git {arguments}: {done.stderr.decode(errors='replace')}")
        return done.stdout

    def write(self, files: Mapping[str, str | bytes | None]) -> None:
        """Put files into the work tree; None deletes."""
        for name, content in files.items():
            file = self.path / name
            if content is None:
                file.unlink()
                continue
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content.encode() if isinstance(content, str) else content)

    def commit(
        self,
        message: str,
        files: Mapping[str, str | bytes | None] | None = None,
        *,
        author: str = DEV,
        committer: str | None = None,
        date: str | None = None,
    ) -> str:
        """Write `files`, stage everything, commit; the new commit's id."""
        self.write(files or {})
        self.git("add", "-A")
        return self._commit(
            "commit", "-q", "--allow-empty", "-m", message, author=author, committer=committer, date=date
        )

    def merge(self, branch: str, message: str = "Merge", *, date: str | None = None) -> str:
        """Merge without conflicts, always with a merge commit."""
        return self._commit(
            "merge", "-q", "--no-ff", "-m", message, branch, author=DEV, committer=None, date=date
        )

    def note(self, commit: str, text: str, ref: str = "ai") -> None:
        """Attach a git-ai style note."""
        self.git("notes", f"--ref={ref}", "add", "-f", "-F", "-", commit, feed=text.encode())

    def _commit(self, *arguments: str, author: str, committer: str | None, date: str | None) -> str:
        self._clock += 1
        when = date or f"2026-06-{1 + self._clock // 24:02d}T{self._clock % 24:02d}:00:00+00:00"
        name, _, mail = author.rstrip(">").partition(" <")
        by_name, _, by_mail = (committer or author).rstrip(">").partition(" <")
        self.git(
            *arguments,
            GIT_AUTHOR_NAME=name,
            GIT_AUTHOR_EMAIL=mail,
            GIT_AUTHOR_DATE=when,
            GIT_COMMITTER_NAME=by_name,
            GIT_COMMITTER_EMAIL=by_mail,
            GIT_COMMITTER_DATE=when,
        )
        return self._head()

    def _head(self) -> str:
        """The commit that was just made. Its ref is a file of its own then, unless `.git` lies elsewhere."""
        try:
            head = (self.path / ".git/HEAD").read_text("ascii").strip()
            ref = head.removeprefix("ref: ")
            return head if ref == head else (self.path / ".git" / ref).read_text("ascii").strip()
        except OSError:
            return self.git("rev-parse", "HEAD")
