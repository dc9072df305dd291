"""Where Aider keeps its chat histories, and when the commits were made that a history names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from whence.evidence.sessions.interface import Located, Places, Transcript, missing
from whence.evidence.sessions.paths import posix
from whence.evidence.sessions.stores.files import shown, small_text
from whence.evidence.sessions.stores.folders import home
from whence.model import NotMeasured
from whence.repo import GitError, Repository

NAME = ".aider.chat.history.md"
SETTING = "AIDER_CHAT_HISTORY_FILE"
_CONFIGURED = re.compile(
    rf"^[ \t]*(?:chat-history-file[ \t]*:|(?:export[ \t]+)?{SETTING}[ \t]*=)[ \t]*(['\"]?)([^\n#'\"]+)\1",
    re.MULTILINE,
)

MAX_COMMITS = 20_000
"""Names that are looked up for one history."""

_AUTHOR = re.compile(rb"^author [^\n]*> (-?\d{1,15}) [+-]\d{4}$", re.MULTILINE)


def histories(places: Places) -> Located:
    """The history in each folder that is this workspace, and where the environment or Aider's settings say."""
    found: dict[Path, Transcript] = {}
    problems: list[NotMeasured] = []
    folders = tuple(_folders(places))
    environment = places.environment
    for path, folder in _candidates(folders, environment):
        try:
            if path in found or path.is_symlink() or not path.is_file():
                continue
            status = path.stat()
            found[path] = Transcript(
                path, status.st_size, status.st_mtime, shown(path, environment), posix(str(folder or ""))
            )
        except (OSError, ValueError) as error:
            problems.append(missing(f"{shown(path, environment)} could not be read: {error}"))
    return Located(tuple(found.values()), tuple(problems))


def _folders(places: Places) -> Iterator[Path]:
    if places.root is not None:
        yield places.root
    if places.repository is not None:
        yield places.repository.top
        if places.repository.common_dir.name == ".git":
            yield places.repository.common_dir.parent


def _candidates(
    folders: tuple[Path, ...], environment: Mapping[str, str]
) -> Iterator[tuple[Path, Path | None]]:
    """(history, the folder that its paths are relative to; None where that is not known)"""
    for folder in dict.fromkeys(folders):
        yield folder / NAME, folder
        for name in (".aider.conf.yml", ".env"):
            for value in _configured(folder / name):
                path = folder / value
                # A repository may name a file of its own, not any file of this machine.
                if path.resolve().is_relative_to(folder.resolve()):
                    yield path, folder
    base = home(environment)
    named = [environment[SETTING]] if environment.get(SETTING) else []
    if base is not None:
        named += _configured(base / ".aider.conf.yml")
        named = [str(base / value[2:]) if value.startswith("~/") else value for value in named]
    for value in named:
        for folder in folders or (Path("/"),):
            path = (folder / value).resolve()
            inside = any(path.is_relative_to(other.resolve()) for other in folders)
            yield path, folder if inside else None


def _configured(path: Path) -> list[str]:
    """The histories that a settings file names."""
    return [found[2].strip() for found in _CONFIGURED.finditer(small_text(path)) if "\0" not in found[2]]


def commit_times(folder: str, names: Iterable[str]) -> dict[str, float] | None:
    """The author times, in Unix seconds, of those commits that exist; None where no repository can be asked.

    `names` are hexadecimal, whole or abbreviated.
    """
    try:
        repository = Repository.open(Path(folder)) if folder else None
        if repository is None:
            return None
        commits = _existing(repository, sorted(set(names))[:MAX_COMMITS])
        feed = "".join(full + "\n" for full in commits.values()).encode()
        answers = repository.run("cat-file", "--batch", feed=feed)
    except (GitError, OSError, ValueError):
        return None
    times: dict[str, float] = {}
    at = 0
    for name in commits:
        end = answers.find(b"\n", at)
        fields = answers[at:end].split()
        at = end + 1
        if len(fields) == 3 and fields[2].isdigit():
            content = answers[at : at + int(fields[2])]
            at += len(content) + 1
            author = _AUTHOR.search(content)
            if author:
                times[name] = float(author[1])
    return times


def _existing(repository: Repository, names: Sequence[str]) -> dict[str, str]:
    """The whole names of those that are a commit's; a short one may mean something else, or many things."""
    found: dict[str, str] = {}
    answers = repository.run(
        "cat-file", "--batch-check", feed="".join(name + "\n" for name in names).encode()
    )
    for name, answer in zip(names, answers.decode("utf-8", "replace").split("\n"), strict=False):
        fields = answer.split()
        if len(fields) == 3 and fields[1] == "commit":
            found[name] = fields[0]
    return found
