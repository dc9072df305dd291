"""`whence index purge`: forget a part of the index. Transcripts that are still there do not bring it back by themselves."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from whence.cli.console import Console
from whence.cli.index_common import moment_of, on_disk
from whence.errors import UserError
from whence.text import counted, display

if TYPE_CHECKING:
    from whence.index import Database


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--tool", metavar="ID", help="what this tool wrote")
    parser.add_argument("--before", metavar="DATE", type=moment_of, help="what was written before then")
    parser.add_argument(
        "--older", metavar="DAYS", type=_days, help="what was written more than so many days ago"
    )
    parser.add_argument(
        "--workspace",
        metavar="DIR",
        help="what was written into this folder, or by sessions that worked in it",
    )
    parser.add_argument("--import", metavar="NAME", dest="share", help="what was imported under this name")
    parser.add_argument(
        "--all", action="store_true", help="everything, with imports and damaged files that were set aside"
    )
    parser.add_argument(
        "--damaged",
        action="store_true",
        help="damaged files of the index that were set aside, and the note that something may be lost with them",
    )
    parser.add_argument("--yes", action="store_true", help="do not ask")


def _days(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is no number of days: write 30") from None
    if not number >= 0:
        raise argparse.ArgumentTypeError("a number of days is 0 or more")
    return number


def run(arguments: argparse.Namespace, console: Console) -> int:
    from whence.index import Database

    narrowing = (arguments.tool, arguments.before, arguments.older, arguments.workspace)
    named = any(value is not None for value in narrowing)
    if arguments.share is not None and (named or arguments.all):
        raise UserError("an import is purged as a whole", hint="whence index purge --import NAME")
    if arguments.damaged:
        if named or arguments.all or arguments.share is not None:
            raise UserError("--damaged stands alone", hint="--all forgets the damaged files, too")
        return _forget_damaged(arguments, console)
    if not (named or arguments.all or arguments.share is not None):
        raise UserError("say what to forget", hint="whence index purge --older 365, or --all")
    with Database.open(console.environment, begin=False) as database:
        on_disk(database)
        if arguments.share is not None:
            said = _forget_import(database, arguments, console)
        else:
            said = _forget_writes(database, arguments, console, everything=arguments.all and not named)
        if not said:
            return 1
        database.shown(smaller=True)
    console.write(said + "\n")
    return 0


def _forget_import(database: Database, arguments: argparse.Namespace, console: Console) -> str:
    """What was forgotten; empty: nothing."""
    from whence.index import forget_import

    if not _sure(arguments, console, f"forget the import {display(arguments.share)}?"):
        return ""
    with database.writing() as writing:
        if not forget_import(writing, arguments.share):
            raise UserError(f"nothing was imported as {arguments.share}", hint="whence index status")
    return f"forgot the import {display(arguments.share)}"


def _forget_writes(
    database: Database, arguments: argparse.Namespace, console: Console, *, everything: bool
) -> str:
    """What was forgotten; empty: nothing. `everything`: imports and damaged files, too."""
    from whence.index import Filter, forget_import, forget_losses, matching, purge, set_aside_times
    from whence.index.summary import shares
    from whence.matching import prints

    now = time.time()
    before = arguments.before
    if arguments.older is not None:
        before = min(before or now, now - arguments.older * 86_400)
    folder = Path(console.folder / arguments.workspace).resolve().as_posix() if arguments.workspace else None
    which = Filter(arguments.tool, before, folder)
    found = matching(database.connection, which)
    if arguments.tool and not (found.writes or found.reads):
        _known(arguments.tool)
    parts = [
        f"{counted(found.writes, 'write')} of {counted(found.lines, 'line')} in {counted(found.sessions, 'session')}",
        f"{counted(found.reads, 'showing')} of files",
    ]
    imports = shares(database.connection, prints.VERSION) if everything else []
    aside = _aside(console) if everything else []
    if imports:
        lines = sum(one.lines for one in imports)
        parts.append(f"{counted(len(imports), 'import')} of {counted(lines, 'line')}")
    if aside:
        parts.append(counted(set_aside_times(aside), "damaged file"))
    what = f"{', '.join(parts[:-1])} and {parts[-1]}"
    if not _sure(arguments, console, f"forget {what}? What transcripts still hold stays forgotten, too."):
        return ""
    with database.writing() as writing:
        purge(writing, which, now)
        for one in imports:
            forget_import(writing, one.name)
        if everything:
            forget_losses(writing)
    _remove(aside)
    return f"forgot {what}"


def _forget_damaged(arguments: argparse.Namespace, console: Console) -> int:
    """Remove what was set aside, and the note that something was lost with it."""
    from whence.index import Database, forget_losses, losses, set_aside_times

    with Database.open(console.environment, begin=False) as database:
        noted, aside = losses(database.connection), _aside(console)
        if not (noted or aside):
            console.write("no damaged file was set aside, and nothing is noted of one\n")
            return 0
        what = f"{counted(set_aside_times(aside), 'damaged file')} and the note that what was in them may be lost"
        if not _sure(arguments, console, f"forget {what}?"):
            return 1
        if noted:
            with on_disk(database).writing() as writing:
                forget_losses(writing)
            database.shown()
    _remove(aside)
    console.write(f"forgot {what}\n")
    return 0


def _aside(console: Console) -> list[Path]:
    from whence.folders import index_file
    from whence.index import set_aside

    file = index_file(console.environment)
    return set_aside(file) if file is not None else []


def _remove(files: list[Path]) -> None:
    for file in files:
        try:
            file.unlink(missing_ok=True)
        except OSError as error:
            raise UserError(f"{file} could not be removed: {error.strerror or error}") from error


def _known(tool: str) -> None:
    """Raises UserError for a tool that nobody knows, of which the index holds nothing either."""
    from whence.policy import terms
    from whence.tools import Registry

    registry = Registry.builtin()
    if tool not in registry.tools:
        raise UserError(terms.unknown_tool(tool, registry))


def _sure(arguments: argparse.Namespace, console: Console, question: str) -> bool:
    """Ask; without a terminal only --yes is an answer."""
    if arguments.yes:
        return True
    if not (console.interactive and sys.stdin.isatty()):
        raise UserError(
            "purging wants to be confirmed: what no transcript holds any more cannot be had back",
            hint="--yes",
        )
    console.err.write(f"{question} [y/N] ")
    console.err.flush()
    if sys.stdin.readline().strip().lower() in {"y", "yes"}:
        return True
    console.say("nothing was forgotten")
    return False
