"""The commits that declare a tool: one `git log` reads every message once (some 20 microseconds a commit)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

from whence.evidence.marks import AGENTS_BEGIN, CommitText, Mark, by_author, reader, reverts
from whence.quick import dataclass
from whence.repo import GitError, Repository
from whence.tools import Registry

_FIELDS = ("%H", "%P", "%an", "%ae", "%at", "%cn", "%ce", "%B")
_FORMAT = "--format=tformat:" + "%x00".join(_FIELDS)
_CHUNK = 1 << 18
_MESSAGE_LIMIT = 1 << 20
"""Characters of a message that are read for marks: more is a pasted log."""


def _nothing() -> None: ...


def walk(
    repository: Repository,
    head: str = "HEAD",
    but: Sequence[str] = (),
    check_cancelled: Callable[[], None] = _nothing,
) -> Iterator[CommitText]:
    """Every commit behind `head` and not behind one of `but` that was authored in 2021 or later, newest first.

    Bytes that are not text in a commit's own encoding become U+FFFD. Raises GitError when git cannot read the history.
    """
    # Committer dates bound git's own work: nothing is committed before it is authored. A filter, unlike a limit, does
    # not stop at the first commit whose clock was wrong; git has it since 2.37.
    bound = f"--since-as-filter={int(AGENTS_BEGIN)}"
    try:
        yield from _log(repository, head, but, (bound,), check_cancelled)
    except GitError as error:
        if "since-as-filter" not in str(error):
            raise
        yield from _log(repository, head, but, (), check_cancelled)


def _log(
    repository: Repository,
    head: str,
    but: Sequence[str],
    bounds: Sequence[str],
    check_cancelled: Callable[[], None],
) -> Iterator[CommitText]:
    without = (f"^{commit}" for commit in but)
    with repository.stream(
        "log", "-z", "--no-decorate", _FORMAT, *bounds, "--end-of-options", head, *without, "--"
    ) as out:
        fields: list[str] = []
        rest = b""
        while chunk := out.read(_CHUNK):
            check_cancelled()
            *whole, rest = (rest + chunk).split(b"\0")
            fields.extend(part.decode("utf-8", "replace") for part in whole)
            at = 0
            while len(fields) - at >= len(_FIELDS):
                commit = _commit(fields[at : at + len(_FIELDS)])
                at += len(_FIELDS)
                if commit.author_time >= AGENTS_BEGIN:
                    yield commit
            del fields[:at]


def _commit(fields: Sequence[str]) -> CommitText:
    sha, parents, author, mail, time, committer, by_mail, body = fields
    return CommitText(
        sha, tuple(parents.split()), author, mail, _time(time), committer, by_mail, body[:_MESSAGE_LIMIT]
    )


def _time(text: str) -> float:
    """Unix seconds; 0 (hence: before all agents) where a broken commit has no date."""
    try:
        return float(int(text))
    except ValueError:
        return 0.0


@dataclass(frozen=True, slots=True)
class Declared:
    """A marked commit, as far as its lines' evidence needs it."""

    sha: str
    time: datetime
    person: str
    """The author, as the commit has them: a .mailmap that a change brings makes nobody somebody else."""
    marks: tuple[Mark, ...]
    merge: bool = False
    """Whether it is a merge that only its message marks: that may sum up what the merged commits say."""
    reverts: bool = False
    """Whether it says that it brings older text back."""


def declared(
    repository: Repository,
    registry: Registry,
    head: str,
    but: Sequence[str] = (),
    check_cancelled: Callable[[], None] = _nothing,
) -> dict[str, Declared]:
    """The marked commits behind `head` that are not behind one of `but`, newest first. Raises GitError."""
    marks_of = reader(registry).declared
    marked: dict[str, Declared] = {}
    for commit in walk(repository, head, but, check_cancelled):
        marks = marks_of(commit)
        if marks:
            person = f"{commit.author} <{commit.author_mail}>"
            merge = len(commit.parents) > 1
            own = tuple(filter(by_author, marks)) if merge else marks
            marked[commit.sha] = Declared(
                commit.sha,
                _moment(commit.author_time),
                person,
                own or marks,
                merge and not own,
                len(commit.parents) < 2 and reverts(commit),
            )
    return marked


_LATEST = 253_402_300_799.0
"""The last second of the year 9999, beyond which there is no `datetime`."""


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(min(seconds, _LATEST), UTC)
