"""Which deleted file a new one was, decided by git exactly as `git blame` has it decided.

Blame looks at one new file at a time: among all files that the commit deleted, which is the most alike? That is
not what `git log -M` answers, where new files compete for the deleted ones. To ask git for many new files at
once, each question becomes a pair of small trees (the deleted files, the new file) in a throw-away object store.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from whence.evidence.origins import trees
from whence.evidence.origins.changes import Change, is_file, new_blob, old_blob
from whence.quick import dataclass
from whence.repo import Repository
from whence.text import MAX_TEXT_BYTES

MOST_COMPARED = 200_000
"""Comparisons of a new file with a deleted one, in all. What is left then is not known."""

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Question:
    """One new file, and the files that went away with its commit."""

    commit: bytes
    parent: bytes
    new: Change
    gone: tuple[Change, ...]

    @property
    def key(self) -> tuple[bytes, bytes, bytes]:
        return self.commit, self.parent, self.new[1]


Answers = dict[tuple[bytes, bytes, bytes], Change | None]
"""By commit, parent and new path: the deletion of the file that it was; None where that cannot be told."""


_KEPT = 20_000
_known: Answers = {}
"""What was answered last, in all repositories (ids are of contents); None also for "it was new"."""


def answer(
    repository: Repository, questions: Sequence[Question], check_cancelled: Callable[[], None]
) -> Answers:
    """The old file of each new one; files that were new indeed are left out.

    Needs a repository with a scratch store. Raises GitError.
    """
    found: Answers = {}
    asked: list[Question] = []
    left = MOST_COMPARED
    for question in filter(lambda question: is_file(question.new), questions):
        gone = tuple(change for change in question.gone if is_file(change))
        same = [change for change in gone if old_blob(change) == new_blob(question.new)]
        if question.key in _known:
            if (known := _known[question.key]) is not None:
                found[question.key] = known
        elif len(same) == 1:
            found[question.key] = same[0]
        elif len(gone) > left:
            found[question.key] = None
        elif gone:
            left -= len(gone)
            asked.append(Question(question.commit, question.parent, question.new, gone))
    if len(_known) > _KEPT:
        _known.clear()
    for at in range(0, len(asked), _AT_ONCE):
        check_cancelled()
        readable, unreadable = _sort_out(repository, asked[at : at + _AT_ONCE])
        found.update((question.key, None) for question in unreadable)
        answers = _ask(repository, readable) if readable else {}
        found.update(answers)
        _known.update((question.key, answers.get(question.key)) for question in readable)
    return found


def _sort_out(repository: Repository, questions: Sequence[Question]) -> tuple[list[Question], list[Question]]:
    """Those questions whose files are all there and of a size to be compared, and the others."""
    blobs = [_blobs(question) for question in questions]
    every = sorted(set().union(*blobs))
    sizes = repository.sizes(blob.decode() for blob in every)
    bad = {blob for blob, size in zip(every, sizes, strict=True) if size is None or size > MAX_TEXT_BYTES}
    good: list[Question] = []
    rest: list[Question] = []
    for question, own in zip(questions, blobs, strict=True):
        (good if bad.isdisjoint(own) else rest).append(question)
    return good, rest


def _blobs(question: Question) -> set[bytes]:
    return {new_blob(question.new), *map(old_blob, question.gone)}


def _ask(repository: Repository, questions: Sequence[Question]) -> Answers:
    # A file's own name counts in git's comparison, so it stays. Its folder becomes a number, in git's order.
    leaves = {leaf: n for n, leaf in enumerate(dict.fromkeys(leaf for q in questions for leaf in _leaves(q)))}
    ids = trees.write(repository, [[(b"100644", name, blob)] for name, blob in leaves])
    made: list[list[trees.Entry]] = []
    for question in questions:
        *gone, new = (ids[leaves[leaf]] for leaf in _leaves(question))
        made.append([(b"40000", b"%08d" % n, tree) for n, tree in enumerate(gone)])
        made.append([(b"40000", b"new", new)])
    pairs = trees.write(repository, made)
    feed = b"".join(b"%s %s\n" % pair for pair in zip(pairs[::2], pairs[1::2], strict=True))
    how = ("--stdin", "-r", "-z", "--raw", "--no-abbrev", "-M50%", "--diff-filter=R", "--always")
    return _read(repository.run("diff-tree", *how, feed=feed), questions)


def _leaves(question: Question) -> list[tuple[bytes, bytes]]:
    """Own name and blob of the deleted files, then of the new one."""
    gone = [(change[1].rpartition(b"/")[2], old_blob(change)) for change in question.gone]
    return [*gone, (question.new[1].rpartition(b"/")[2], new_blob(question.new))]


def _read(out: bytes, questions: Sequence[Question]) -> Answers:
    """Each answer begins with the line of its two trees, which ends with a line feed even under -z."""
    found: Answers = {}
    at = -1
    parts = iter(out.split(b"\0"))
    for part in parts:
        *heads, last = part.split(b"\n")
        at += len(heads)
        if last.startswith(b":"):
            number = int(next(parts).partition(b"/")[0])
            next(parts)
            found[questions[at].key] = questions[at].gone[number]
    return found
