"""The actions of `whence review` that look at the ledger as a whole: list, suggest, renew, withdraw, verify, prune, export."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from whence.cli.common import inside, snapshot, snapshot_of
from whence.cli.console import Console
from whence.errors import UserError
from whence.ranges import Lines, count, each, intersect, subtract, text, union
from whence.text import counted, display

if TYPE_CHECKING:
    from datetime import date

    from whence.engine import Snapshot
    from whence.repo import Repository
    from whence.review import Draft, Ledger, Review
    from whence.review.backlog import Standing
    from whence.review.signatures import KeyFile

KEYS_ELSEWHERE = "git show main:.whence/allowed_signers > signers; whence review verify --signers signers"

NAMED = 3
"""Other files with a review's lines that are named; the JSON has them all."""


def run(
    action: str, arguments: argparse.Namespace, console: Console, root: Path, repository: Repository | None
) -> int:
    """Carry out one action; the exit status."""
    if action == "export":
        return _export(arguments, console, root)
    if action == "verify":
        return _verify(arguments, console, root)
    if action == "prune":
        from whence.cli import ledger_prune

        return ledger_prune.run(arguments, console, root)
    if action == "withdraw":
        from whence.cli import ledger_withdraw

        return ledger_withdraw.run(arguments, console, root)
    paths = tuple(inside(root, console, path) for path in arguments.more)
    if action == "renew":
        return _renew(arguments, console, root, repository, paths)
    if action == "suggest":
        from whence.cli import ledger_suggest

        in_scope(arguments, console, root)
        return ledger_suggest.run(arguments, console, root, repository, paths)
    return _list(arguments, console, root, paths)


def present(root: Path, console: Console) -> Iterator[tuple[str, Sequence[str]]]:
    """Every text file of the workspace as (path, lines)."""
    from whence import files
    from whence.repo import Repository
    from whence.text import decode, split

    for path in files.discover(root, Repository.around(root, console.environment)):
        content = files.read(root, path)
        if content.data is not None:
            yield path, split(decode(content.data))


def _standings(root: Path, console: Console, ledger: Ledger) -> tuple[Standing, ...]:
    from whence.review.backlog import standing

    return standing(ledger, present(root, console)) if ledger.reviews else ()


# --- list --------------------------------------------------------------------------------------------------------------


def _list(arguments: argparse.Namespace, console: Console, root: Path, paths: tuple[str, ...]) -> int:
    from whence.review import Ledger

    ledger = Ledger.read(root)
    scoped = in_scope(arguments, console, root)
    shown = [
        item
        for item in _standings(root, console, ledger)
        if any(_below(path, paths) and scoped(path) for path in (item.paths or (item.review.path,)))
        and (not arguments.tool or arguments.tool in item.review.tools)
        and arguments.by.casefold() in item.review.reviewer.casefold()
        and arguments.state in ("", item.state, item.review.result)
    ]
    if arguments.format == "json":
        console.write(
            json.dumps({"schema": "whence.reviews/1", "reviews": [_row(item) for item in shown]}, indent=2)
        )
        console.write("\n")
    elif shown:
        console.write("".join(f"{line}\n" for item in shown for line in _block(item)))
    else:
        console.write("the ledger is empty\n" if not ledger.reviews else "no review is like that\n")
    for problem in ledger.problems:
        console.say(f"not usable: {display(str(problem), 400)}")
    return 0


def in_scope(arguments: argparse.Namespace, console: Console, root: Path) -> Callable[[str], bool]:
    """Whether a file is of the scope that the user names. Raises UserError for one that the policy does not have."""
    if not arguments.scope:
        return lambda path: True
    from whence.policy import find, load_file, surroundings
    from whence.policy.nearest import suggestion
    from whence.policy.reach import in_files
    from whence.repo import Repository
    from whence.tools import Registry

    file = (console.folder / arguments.policy).resolve() if arguments.policy else find(root)
    if file is None:
        raise UserError("there is no policy here, so there are no scopes", hint="whence policy init")
    policy = load_file(file, root, Registry.builtin())
    scope = policy.scope(arguments.scope)
    if scope is None:
        names = [item.name for item in policy.scopes]
        near = suggestion(arguments.scope, names) or f"; it has: {', '.join(map(display, names)) or 'none'}"
        raise UserError(f"the policy has no scope `{display(arguments.scope)}`{near}")
    known = surroundings(root, Repository.around(root, console.environment))
    return lambda path: in_files(policy, scope.when, path, known.owned(path))


def _below(path: str, wanted: tuple[str, ...]) -> bool:
    return not wanted or any(name == "." or path == name or path.startswith(name + "/") for name in wanted)


def _row(item: Standing) -> dict[str, object]:
    from whence.review.form import fields

    said = {key: value for key, value in fields(item.review) if value and key not in ("schema", "lines")}
    return {
        "id": item.review.id,
        **said,
        "state": item.state,
        "lines": len(item.review.lines),
        "kept": item.kept,
        "paths": list(item.paths),
        "added": {path: [list(pair) for pair in lines] for path, lines in item.added},
    }


def _block(item: Standing) -> Iterator[str]:
    review = item.review
    tools = f"  {', '.join(review.tools)}" if review.tools else ""
    yield (
        f"{display(review.path)}  {display(review.region, 80)}  {review.result}  {display(review.reviewer)}{tools}"
        f"  {_state(item)}{_elsewhere(item)}"
    )
    said = [
        f"{name} {display(value)}"
        for name, value in (
            ("criterion", review.criterion),
            ("purpose", review.purpose),
            ("depth", review.depth),
        )
        if value
    ]
    if review.note:
        said.append(f"note: {display(review.note)}")
    if said:
        yield "  " + "; ".join(said)


def _elsewhere(item: Standing) -> str:
    """`, now in moved.py`; `, also in copy.py and 12 more files`."""
    others = [path for path in item.paths if path != item.review.path]
    if not others:
        return ""
    more = len(others) - NAMED
    named = ", ".join(display(path) for path in others[:NAMED])
    return f", {'also' if len(others) < len(item.paths) else 'now'} in {named}" + (
        f" and {counted(more, 'more file')}" if more > 0 else ""
    )


def _state(item: Standing) -> str:
    if item.state == "gone":
        return "gone"
    total = len(item.review.lines)
    if item.state == "current":
        if item.kept == total:
            return f"current, {counted(total, 'line')}"
        return f"current, {item.kept} of {counted(total, 'line')} kept, {item.renewed} answered again"
    added = "".join(f", {count(lines)} new at {display(path)}:{text(lines)}" for path, lines in item.added)
    return f"stale, {item.kept} of {counted(total, 'line')} kept{added}"


# --- renew -------------------------------------------------------------------------------------------------------------


def _renew(
    arguments: argparse.Namespace,
    console: Console,
    root: Path,
    repository: Repository | None,
    paths: tuple[str, ...],
) -> int:
    """Show what changed in one's own reviews of some files; with --yes, answer for that with the same words."""
    from whence.cli.review import recorded, reviewer, wants_signature

    if not paths:
        raise UserError(
            "renew wants files", hint="whence review list --state stale shows where something changed"
        )
    prepared = snapshot_of(arguments, console, root, repository, *paths)
    signing = wants_signature(arguments, prepared)
    day = prepared.settings.today if signing else None
    changed = persons = 0
    for path in paths:
        lines = text_of(prepared, path)
        for old, added, others in _changed(prepared, path, lines, reviewer(arguments, prepared)):
            changed += count(added)
            persons += count(others)
            if not added:
                continue
            console.write(
                f"{display(path)}  {display(old.region, 80)}  {old.result} by {display(old.reviewer)}\n"
            )
            console.write("".join(f"{number:>7}  {display(lines[number - 1])}\n" for number in each(added)))
            if not arguments.yes:
                continue
            file, signature = recorded(arguments, console, prepared, _again(old, path, lines, added, day))
            console.write(f"  recorded in {display(file.relative_to(prepared.root).as_posix())}\n")
            if signature:
                console.write(f"  signed in {signature}\n")
    if not changed:
        console.write("nothing of yours changed there\n" if not persons else _by_hand(persons))
    elif not arguments.yes:
        console.write(f"{counted(changed, 'line')} to read; to answer for them as before, add --yes\n")
    return 0


def _by_hand(number: int) -> str:
    """What is said where something changed and there is nothing to read."""
    came, them = ("line has come", "it") if number == 1 else ("lines have come", "them")
    return f"{number} {came} among your reviewed lines since; no tool is known to have written {them}, so nothing is to be answered for\n"


def _changed(
    prepared: Snapshot, path: str, lines: Sequence[str], me: str
) -> Iterator[tuple[Review, Lines, Lines]]:
    """Each review of mine in a file, with the attributed lines that came into it since, and the others."""
    from whence.review.people import mailbox

    attributed = union(*(item.lines for item in prepared.analyse_file(path).attributions))
    mine = [
        item
        for item in prepared.ledger.cover(path, lines, attributed)
        if mailbox(item.review.reviewer) == mailbox(me)
    ]
    done = union(*(item.lines for item in mine))
    for item in mine:
        came = subtract(item.stale.added, done) if item.stale else ()
        if came:
            done = union(done, came)
            yield item.review, intersect(came, attributed), subtract(came, attributed)


def _again(old: Review, path: str, lines: Sequence[str], added: Lines, day: date | None) -> Draft:
    """The same answer, for the lines that came since."""
    from whence.model import Region
    from whence.review import Draft

    return Draft(
        path=path,
        region=Region(old.kind, old.name, added[0][0], added[-1][1]),
        text=lines,
        lines=added,
        reviewer=old.reviewer,
        tools=old.tools,
        result=old.result,
        criterion=old.criterion,
        purpose=old.purpose,
        note=old.note,
        depth=old.depth,
        date=day,
    )


def text_of(prepared: Snapshot, path: str) -> tuple[str, ...]:
    from whence import files
    from whence.text import decode, split

    content = files.read(prepared.root, path)
    if content.data is None:
        raise UserError(
            f"{path} cannot be read: {content.missing.why if content.missing else 'nobody knows why'}"
        )
    return split(decode(content.data))


# --- verify, export ----------------------------------------------------------------------------------------------------


def _verify(arguments: argparse.Namespace, console: Console, root: Path) -> int:
    """0 when every file of the ledger counts; signatures matter when there are any, or keys, or the policy says so."""
    from whence.review import FOLDER, Ledger
    from whence.review.signatures import Status, outdone, unusable, verify

    allowed, revoked = _keys(arguments.signers, console), _keys(arguments.revoked, console)
    if fault := unusable(allowed, revoked):
        raise UserError(display(fault, 400), hint=KEYS_ELSEWHERE)
    prepared = snapshot(arguments, console, root=root, asked=())  # the policy is all that is wanted
    ledger = Ledger.read(root)
    verdicts = verify(
        root, ledger.recorded, today=prepared.settings.today, environment=console.environment,
        allowed=allowed, revoked=revoked,
    )  # fmt: skip
    wanted = prepared.policy is not None and prepared.policy.signed
    past = outdone(ledger.recorded, verdicts)
    refused = [
        review
        for review in ledger.recorded
        if not verdicts[review.id].good
        and ((wanted and review.id not in past) or verdicts[review.id].status is not Status.UNSIGNED)
    ]
    if arguments.format == "json":
        rows = [
            {"id": review.id, "path": review.path, "reviewer": review.reviewer, "status": verdict.status,
             "why": verdict.why, "key": verdict.key or None}
            for review in ledger.recorded
            for verdict in (verdicts[review.id],)
        ]  # fmt: skip
        problems = [{"path": item.path, "why": item.message, "hint": item.hint} for item in ledger.problems]
        console.write(
            json.dumps({"schema": "whence.verify/1", "reviews": rows, "problems": problems}, indent=2) + "\n"
        )
    else:
        for item in ledger.problems:
            console.write(f"refused: {display(str(item), 400)}\n")
        for review in refused:
            where = display(f"{FOLDER}/{review.id}.toml")
            who = f"the review of {display(review.path)} by {display(review.reviewer)}"
            console.write(f"refused: {where}: {who} {display(verdicts[review.id].why, 400)}\n")
        good = sum(verdict.good for verdict in verdicts.values())
        bad = len(refused) + len(ledger.problems)
        unsigned = len(ledger.recorded) - good - len(refused)
        console.write(f"{good} signed, {unsigned} unsigned, {bad} refused\n")
    return 1 if refused or ledger.problems else 0


def _keys(name: str, console: Console) -> KeyFile | None:
    """A list of keys from outside of the tree; None where none is given. Raises UserError."""
    from whence.review.signatures import KeyFile
    from whence.review.store import MAX_BYTES

    if not name:
        return None
    try:
        with (console.folder / name).open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        why = f"{display(name)} cannot be read: {error.strerror}"
        raise UserError(why, hint=KEYS_ELSEWHERE) from None
    if len(content) > MAX_BYTES:
        raise UserError(f"{display(name)} has more than {MAX_BYTES:,} bytes; no list of keys has")
    return KeyFile(name, content)


def _export(arguments: argparse.Namespace, console: Console, root: Path) -> int:
    """One JSON document a line; the arguments name reviews (by id) or paths."""
    from whence.review import Ledger
    from whence.review.intoto import statement

    if not arguments.in_toto:
        raise UserError("export wants a form", hint="whence review export --in-toto")
    ledger = Ledger.read(root)
    known = {review.id for review in ledger.recorded}
    ids = {name for name in arguments.more if name in known}
    paths = tuple(inside(root, console, name) for name in arguments.more if name not in known)
    for review in ledger.reviews:
        if review.id in ids or (_below(review.path, paths) if paths or not ids else False):
            console.write(json.dumps(statement(review), ensure_ascii=False) + "\n")
    for problem in ledger.problems:
        console.say(f"not usable: {display(str(problem), 400)}")
    return 0
