"""`whence disclose`: write what a policy asks to be said of AI-written lines, from the evidence on this machine."""

from __future__ import annotations

import argparse
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from whence.cli.common import add_workspace_arguments, root_of
from whence.cli.console import Console
from whence.errors import UserError
from whence.text import display

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whence.cli.disclose_evidence import Change, Place
    from whence.disclosure import Form, Trailers
    from whence.evidence.marks import Mark
    from whence.model import NotMeasured
    from whence.repo import Repository

FORMS = ("linux", "fedora", "llvm", "apache", "co-authored-by")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "revision",
        metavar="REV",
        nargs="?",
        help="a commit (default: the next one: what is staged, or all that is uncommitted when nothing is)",
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--trailer", action="store_true", help="print trailers, one a line (the default)")
    what.add_argument(
        "--message-file",
        metavar="FILE",
        help="add the trailers to this commit message, as a prepare-commit-msg or commit-msg hook does",
    )
    what.add_argument(
        "--marker", action="store_true", help="print comments for the head of files; --write puts them there"
    )
    what.add_argument(
        "--note",
        action="store_true",
        help="print a git-ai note for REV (default: HEAD) from this machine's sessions; --write attaches it",
    )
    parser.add_argument(
        "--form",
        choices=FORMS,
        help="the form of trailers, for everything that a tool wrote (default: what the policy asks for)",
    )
    parser.add_argument("--write", action="store_true", help="with --marker or --note: write, not only print")
    parser.add_argument("--amend", action="store_true", help="the next commit replaces HEAD")
    add_workspace_arguments(parser)


def run(arguments: argparse.Namespace, console: Console) -> int:
    _sensible(arguments)
    place = _place(arguments, console)
    if arguments.note:
        return _note(arguments, console, place)
    if arguments.marker:
        return _marker(arguments, console, place)
    if arguments.message_file is not None:
        return _message_file(arguments, console, place)
    return _trailers(arguments, console, place)


def _sensible(arguments: argparse.Namespace) -> None:
    """Raises UserError for arguments that make no sense together."""
    if arguments.write and not (arguments.marker or arguments.note):
        raise UserError(
            "--write needs --marker or --note", hint="trailers are written by --message-file FILE"
        )
    if arguments.form and (arguments.note or arguments.marker):
        raise UserError("--form is for trailers")
    if arguments.revision and (arguments.marker or arguments.message_file is not None or arguments.amend):
        raise UserError("a revision goes with --trailer or --note only")


def _place(arguments: argparse.Namespace, console: Console) -> Place:
    from whence.cli.disclose_evidence import Place
    from whence.cli.policy import today
    from whence.repo import GitError, Repository

    root = root_of(arguments, console)
    try:
        repository = Repository.open(root, console.environment)
    except GitError as error:
        raise UserError(f"git: {error}") from error
    if repository is None:
        raise UserError("there is no git repository here, so nothing to disclose in")
    index = console.environment.get("GIT_INDEX_FILE")
    if index:
        # git sets it for its hooks: `git commit -a` and `git commit FILE` commit from an index of their own.
        repository = repository.with_index((console.folder / index).absolute())
    policy = (console.folder / arguments.policy).resolve() if arguments.policy else None
    return Place.open(
        root, repository, console.environment, today(), policy=policy, classes=arguments.evidence
    )


def _trailers(arguments: argparse.Namespace, console: Console, place: Place) -> int:
    from whence.cli import disclose_evidence

    said: tuple[Mark, ...] = ()
    if arguments.revision:
        commit = _commit(place.repository, arguments.revision)
        change = disclose_evidence.committed(place, commit)
        words = disclose_evidence.words(place, commit)
        if words is not None:
            from whence.evidence.marks import commit_marks

            if len(words.parents) > 1:
                console.say(f"nothing to disclose: {commit[:10]} is a merge, and a merge declares nothing")
                return 0
            said = commit_marks(place.registry, words)
    else:
        change = _next(arguments, place)
    made = _made(arguments, place, change, said)
    console.write("".join(f"{line}\n" for line in made.lines))
    return _closing(console, place, change, made)


def _next(arguments: argparse.Namespace, place: Place) -> Change:
    """The next commit: what is staged, else everything that is not committed."""
    from whence.cli import disclose_evidence

    base = disclose_evidence.base_of(place.repository, amend=arguments.amend)
    if arguments.amend or place.repository.run("diff-index", "--cached", "--name-only", base, "--"):
        return disclose_evidence.staged(place, amend=arguments.amend)
    return disclose_evidence.uncommitted(place)


def _made(arguments: argparse.Namespace, place: Place, change: Change, said: Sequence[Mark]) -> Trailers:
    from whence.disclosure import Form, trailers

    form: Form | None = Form(arguments.form) if arguments.form else None
    return trailers(change.parts, place.registry, form=form, said=said, policy=place.policy)


def _message_file(arguments: argparse.Namespace, console: Console, place: Place) -> int:
    from whence.cli import disclose_evidence
    from whence.disclosure import with_trailers
    from whence.disclosure.forms import marks_in
    from whence.disclosure.message import body_of

    file = console.folder / arguments.message_file
    try:
        data = file.read_bytes()
    except OSError as error:
        raise UserError(f"{arguments.message_file} could not be read: {error.strerror or error}") from error
    message = data.decode("utf-8", "surrogateescape")
    if place.repository.has_ref("MERGE_HEAD"):
        console.say("nothing to disclose: this commit is a merge, and a merge declares nothing")
        return 0
    change = disclose_evidence.staged(place, amend=arguments.amend)
    comment = _comment(place.repository)
    made = _made(arguments, place, change, marks_in(body_of(message, comment), place.registry))
    if made.lines:
        after = with_trailers(message, made.lines, comment)
        if not marks_in(body_of(after, comment), place.registry):
            console.say(
                "nothing to disclose: this commit brings older text back, and such a commit declares nothing"
            )
            return 0
        try:
            file.write_bytes(after.encode("utf-8", "surrogateescape"))
        except OSError as error:
            raise UserError(
                f"{arguments.message_file} could not be written: {error.strerror or error}"
            ) from error
        for line in made.lines:
            console.say(f"whence: added to the message: {line}")
    return _closing(console, place, change, made)


def _comment(repository: Repository) -> str:
    """What begins a comment in a commit message; `auto` means that git chose by the text, mostly `#`."""
    from whence.repo import GitError

    for name in ("core.commentString", "core.commentChar"):
        with suppress(GitError):
            value = repository.run("config", "--get", name).decode("utf-8", "replace").strip()
            return "#" if value == "auto" else value
    return "#"


def _marker(arguments: argparse.Namespace, console: Console, place: Place) -> int:
    from whence.cli import disclose_evidence
    from whence.disclosure.marker import NoMarker, markers

    change = disclose_evidence.uncommitted(place)
    left = done = 0
    for path, document in change.documents.items():
        parts = [part for part in change.parts if part.path == path]
        edits = []
        for made in markers(document, parts, place.registry):
            if isinstance(made, NoMarker):
                left += 1
                console.say(f"{display(path)}: no marker: {made.why}; a trailer in the commit says it")
                continue
            done += 1
            edits.append(made)
            console.write(f"{display(path)}:{made[0]}: {made[1]}\n")
        if arguments.write and edits:
            _insert(place.root / path, document.lines, edits)
    if not done and not left:
        why = (
            f"of {change.title}"
            if change.parts
            else "here: no evidence says that an AI tool wrote any line that is not committed"
        )
        console.say(f"nothing to disclose {why}")
    _gaps(console, change.not_measured)
    return 1 if left else 0


def _insert(file: Path, lines: Sequence[str], edits: Sequence[tuple[int, str]]) -> None:
    """Put lines into a file, one after the other, and leave every other byte as it is."""
    from whence.text import decode, split

    try:
        data = file.read_bytes()
        if split(decode(data)) != lines or data.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise UserError(f"{file.name} changed meanwhile or is not UTF-8; nothing was written into it")
        mark = b"\xef\xbb\xbf" if data.startswith(b"\xef\xbb\xbf") else b""
        rows = data.removeprefix(mark).split(b"\n")
        end = b"\r" if rows[0].endswith(b"\r") else b""
        for at, text in edits:
            rows.insert(at - 1, text.encode() + end)
        file.write_bytes(mark + b"\n".join(rows))
    except OSError as error:
        raise UserError(f"{file.name} could not be written: {error.strerror or error}") from error


def _note(arguments: argparse.Namespace, console: Console, place: Place) -> int:
    from whence.cli import disclose_evidence
    from whence.disclosure import Conflict, note
    from whence.evidence.notes import REF
    from whence.repo import GitError

    repository = place.repository
    commit = _commit(repository, arguments.revision or "HEAD")
    before = _ref(repository, REF)
    existing = repository.note(REF, commit) if before else None
    change = disclose_evidence.committed(place, commit)
    claims, left = disclose_evidence.claims_for_a_note(place, change)
    for sentence in left:
        console.say(sentence)
    _gaps(console, change.not_measured)
    if not claims:
        console.say(f"nothing to disclose: no session on this machine wrote any of {change.title}")
        return 0
    try:
        written = note(commit, claims, person=repository.identity(), existing=existing)
    except Conflict as conflict:
        console.say(f"{conflict} Nothing was written.")
        return 1
    for sentence in written.remarks:
        console.say(sentence)
    if not arguments.write:
        console.write(written.text.decode() + ("" if written.text.endswith(b"\n") else "\n"))
        return 0
    if not written.lines and existing is not None:
        console.say(f"the note of {commit[:10]} says it already")
        return 0
    try:
        repository.put_note(REF, commit, written.text, before)
    except GitError as error:
        raise UserError(
            f"the note was not written: {error}", hint="run it again; git needs user.name and user.email"
        ) from error
    lines = f"{written.lines} line{'' if written.lines == 1 else 's'}"
    console.say(f"the note of {commit[:10]} now names {lines}; share it: git push origin {REF}")
    return 0


def _ref(repository: Repository, ref: str) -> str | None:
    from whence.repo import GitError

    try:
        return repository.run("rev-parse", "--verify", "--quiet", "--end-of-options", ref).decode().strip()
    except GitError:
        return None


def _commit(repository: Repository, revision: str) -> str:
    from whence.repo import GitError

    try:
        return repository.resolve(revision)
    except GitError:
        raise UserError(f"no such commit: {revision}", hint="name a commit, a tag or a branch") from None


def _closing(console: Console, place: Place, change: Change, made: Trailers) -> int:
    """Say on standard error what stands behind the trailers, or plainly that there is nothing; the exit status."""
    from whence.cli.disclose_evidence import summary

    for sentence in made.remarks:
        console.say(sentence)
    for sentence in made.unmet:
        console.say(f"not disclosed: {sentence}")
    if not change.parts:
        console.say(f"nothing to disclose: no evidence says that an AI tool wrote any of {change.title}")
    elif not made.asked:
        console.say(f"nothing to disclose: the policy asks for no disclosure of {change.title}")
        for line in summary(place, change):
            console.say(f"  {line}")
    elif not made.lines and not made.unmet:
        console.say(f"nothing to disclose: what is asked of {change.title} is said already")
    _gaps(console, change.not_measured)
    return 1 if made.unmet else 0


def _gaps(console: Console, gaps: Sequence[NotMeasured]) -> None:
    from whence.report.as_text import not_measured_lines

    for line in not_measured_lines(gaps):
        console.say(line)
