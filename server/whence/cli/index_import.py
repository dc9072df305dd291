"""`whence index import`: take in a colleague's file. It is checked as a whole before anything of it is kept."""

from __future__ import annotations

import argparse
import time
from pathlib import PurePath

from whence.cli.console import Console
from whence.cli.index_common import day, on_disk
from whence.cli.index_export import add_key, key_of
from whence.errors import UserError
from whence.text import counted, display


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="a file of `whence index export`")
    add_key(parser)
    parser.add_argument(
        "--name",
        metavar="NAME",
        help="what it is called here; an import of the same name is replaced (default: the file's name)",
    )


def run(arguments: argparse.Namespace, console: Console) -> int:
    from whence.index import Database
    from whence.index.imports import take
    from whence.index.sharing import MAX_TEXT, BadFile

    key = key_of(arguments, console)
    name = arguments.name or PurePath(arguments.file).name.partition(".")[0] or arguments.file
    if len(name) > MAX_TEXT:
        raise UserError("the name is too long")
    with Database.open(console.environment) as database:
        on_disk(database)

        try:
            found = take(
                console.folder / arguments.file,
                key,
                name,
                database.transaction,
                time.time(),
                lambda done: None,
            )
        except OSError as error:
            raise UserError(f"{arguments.file} could not be read: {error.strerror or error}") from error
        except BadFile as error:
            hint = "ask for it to be exported again" if "key" not in str(error) else "--key FILE"
            raise UserError(f"{arguments.file} was not imported: {error}", hint=hint) from error
        database.shown()
    label = f" from {display(found.header.label)}" if found.header.label else ""
    console.write(
        f"imported {display(name)}{label}: {found.lines:,} lines in {counted(found.writes, 'write')}, "
        f"made {day(found.header.made)}\n"
    )
    return 0
