"""`whence disclose`: write what a policy asks to be said of AI-written lines, from the evidence on this machine."""

from __future__ import annotations

import argparse
from contextlib import suppress
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
    from whence.repo import Repository

FORMS = ("linux", "fedora", "llvm", "apache", "co-authored-by")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "what",
        metavar="REV | FILE",
        nargs="*",
        help="a commit (default: the next one: what is staged, or all that is uncommitted when nothing is); "
        "with --marker, files",
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--trailer", action="store_true", help="print trailers, one a line (the default)")
    what.add_argument(
        "--message-file",
        metavar="FILE",
        help="add the trailers to this commit message, as a prepare-commit-msg or commit-msg hook does",
    )
    what.add_argument(
        "--marker",
        action="store_true",
        help="print comments for the heads of the files that lack a disclosure; --write puts them there",
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
    if arguments.marker:
        from whence.cli import disclose_marker

        return disclose_marker.run(arguments, console)
    place = _place(arguments, console)
    if arguments.note:
        from whence.cli import disclose_note

        return disclose_note.run(arguments, console, place)
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
    if arguments.marker:
        return
    if len(arguments.what) > 1:
        raise UserError("one commit at a time")
    if arguments.what and (arguments.message_file is not None or arguments.amend):
        raise UserError("--message-file and --amend speak of the next commit, so no other can be named")
    arguments.revision = arguments.what[0] if arguments.what else None


def _place(arguments: argparse.Namespace, console: Console) -> Place:
    from whence.cli.disclose_evidence import Place
    from whence.cli.policy import today
    from whence.repo import GitError, Repository

    root = root_of(arguments, console)
    try:
        repository = Repository.open(root, console.environment)
    except GitError as error:
        raise UserError(f"git: {error}", hint="whence doctor says more") from error
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
    from whence.evidence.marks import commit_marks

    said: tuple[Mark, ...] = ()
    if arguments.revision:
        commit = disclose_evidence.commit_of(place.repository, arguments.revision)
        words = disclose_evidence.words(place, commit)
        if words is not None and len(words.parents) > 1:
            return _merge(console, commit[:10])
        said = commit_marks(place.registry, words) if words is not None else ()
        change = disclose_evidence.committed(place, commit)
    elif _is_merge(arguments, place):
        return _merge(console, "the next commit")
    elif arguments.amend or disclose_evidence.is_anything_staged(place):
        change = disclose_evidence.staged(place, amend=arguments.amend)
    else:
        change = disclose_evidence.uncommitted(place)
    made = _made(arguments, place, change, said)
    console.write("".join(f"{line}\n" for line in made.lines))
    return _closing(console, place, change, made, said)


def _is_merge(arguments: argparse.Namespace, place: Place) -> bool:
    """Whether the next commit is one."""
    repository = place.repository
    return repository.has_ref("MERGE_HEAD") or (arguments.amend and repository.has_ref("HEAD^2"))


def _merge(console: Console, commit: str) -> int:
    console.say(f"nothing to disclose: {commit} is a merge, and a merge declares nothing")
    return 0


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
    if _is_merge(arguments, place):
        return _merge(console, "this commit")
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


def _closing(
    console: Console, place: Place, change: Change, made: Trailers, said: Sequence[Mark] = ()
) -> int:
    """Say on standard error what stands behind the trailers, or plainly that there is nothing; the exit status."""
    from whence.cli import disclose_evidence

    for sentence in made.remarks:
        console.say(sentence)
    for sentence in made.unmet:
        console.say(f"not disclosed: {sentence}")
    if not change.parts and said:
        names = ", ".join(dict.fromkeys(display(place.registry.display(mark.agent)) for mark in said))
        console.say(
            f"nothing to add: the commit itself declares {names}, and nothing else here speaks of {change.title}; "
            "a commit's own word is no reason for another trailer, a marker can say it in the file"
        )
    elif not change.parts:
        console.say(f"nothing to disclose: no evidence says that an AI tool wrote any of {change.title}")
    elif not made.asked:
        console.say(f"nothing to disclose: the policy asks for no disclosure of {change.title}")
        for line in disclose_evidence.summary(place, change):
            console.say(f"  {line}")
    elif not made.lines and not made.unmet:
        console.say(f"nothing to disclose: what is asked of {change.title} is said already")
    disclose_evidence.say_gaps(console, change.not_measured)
    return 1 if made.unmet else 0
