"""`whence index purge`: forget a part of the index. Transcripts that are still there do not bring it back by themselves."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from whence.cli.console import Console
from whence.cli.index_common import moment_of, on_disk
from whence.errors import UserError
from whence.text import counted, display


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
    parser.add_argument("--all", action="store_true", help="everything")
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
    from whence.index import Database, Filter, forget_import, matching, purge

    narrowing = (arguments.tool, arguments.before, arguments.older, arguments.workspace)
    named = any(value is not None for value in narrowing)
    if arguments.share is not None and (named or arguments.all):
        raise UserError("an import is purged as a whole", hint="whence index purge --import NAME")
    if not (named or arguments.all or arguments.share is not None):
        raise UserError("say what to forget", hint="whence index purge --older 365, or --all")
    now = time.time()
    before = arguments.before
    if arguments.older is not None:
        before = min(before or now, now - arguments.older * 86_400)
    folder = Path(console.folder / arguments.workspace).resolve().as_posix() if arguments.workspace else None
    which = Filter(arguments.tool, before, folder)
    with Database.open(console.environment, begin=False) as database:
        connection = on_disk(database).connection
        if arguments.share is not None:
            if not _sure(arguments, console, f"forget the import {display(arguments.share)}?"):
                return 1
            with database.writing() as writing:
                if not forget_import(writing, arguments.share):
                    raise UserError(f"nothing was imported as {arguments.share}", hint="whence index status")
            said = f"forgot the import {display(arguments.share)}"
        else:
            found = matching(connection, which)
            if arguments.tool and not (found.writes or found.reads):
                _known(arguments.tool)
            what = (
                f"{counted(found.writes, 'write')} of {counted(found.lines, 'line')} in "
                f"{counted(found.sessions, 'session')} and {counted(found.reads, 'showing')} of files"
            )
            if not _sure(
                arguments, console, f"forget {what}? What transcripts still hold stays forgotten, too."
            ):
                return 1
            with database.writing() as writing:
                purge(writing, which, now)
            said = f"forgot {what}"
        database.shown(smaller=True)
    console.write(said + "\n")
    return 0


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
