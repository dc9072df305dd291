"""`whence index export`: a file for the team, keyed digests of what tools wrote here. No text, no path unless asked for."""

from __future__ import annotations

import argparse
import os
import secrets
import time
from pathlib import Path
from typing import TYPE_CHECKING

from whence.cli.console import Console
from whence.cli.index_common import moment_of, on_disk, roots_at, size
from whence.errors import UserError
from whence.text import counted

if TYPE_CHECKING:
    from whence.index.imports import Wanted
    from whence.index.keyed import Key

VARIABLE = "WHENCE_INDEX_KEY"


def add_key(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--key",
        metavar="FILE",
        help=f"the file with the team's key, 16 bytes or more (default: the variable {VARIABLE})",
    )


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="the file to write")
    add_key(parser)
    parser.add_argument("--make-key", action="store_true", help="make the key file if there is none yet")
    parser.add_argument(
        "--workspace", metavar="DIR", help="only what was written into this workspace (default: everything)"
    )
    parser.add_argument("--since", metavar="DATE", type=moment_of, help="only what was written since then")
    parser.add_argument("--paths", action="store_true", help="tell the paths that were written to, in clear")
    parser.add_argument("--label", metavar="TEXT", default="", help="who the file is from, in your words")


def run(arguments: argparse.Namespace, console: Console) -> int:
    from whence.index import Database
    from whence.index.imports import exported
    from whence.index.sharing import MAX_TEXT, PRINTS, Header, Writer

    if len(arguments.label) > MAX_TEXT:
        raise UserError(f"the label is longer than {MAX_TEXT:,} characters")
    if arguments.make_key:
        _make_key(arguments, console)
    key = key_of(arguments, console)
    target = console.folder / arguments.file
    with Database.open(console.environment, begin=False) as database:
        connection = on_disk(database).connection
        wanted = _wanted(arguments, console)
        header = Header(key.name, PRINTS, time.time(), arguments.label, arguments.paths)
        part = target.with_name(f".{target.name}.{os.getpid()}.part")
        lines = 0
        try:
            with part.open("xb") as stream, Writer(stream, header, key) as out:
                for one in exported(connection, key, wanted, arguments.since):
                    lines += sum(len(block.lines) for block in one.blocks)
                    out.add(one)
            part.replace(target)
        except OSError as error:
            raise UserError(f"{arguments.file} could not be written: {error.strerror or error}") from error
        finally:
            part.unlink(missing_ok=True)
    console.write(
        f"wrote {arguments.file}: {lines:,} lines in {counted(out.writes, 'write')}, {size(target.stat().st_size)}, "
        f"under the key {key.name.hex()}\n"
    )
    return 0


def key_of(arguments: argparse.Namespace, console: Console) -> Key:
    """The team's key, from the file or the environment. Raises UserError."""
    from whence.index.keyed import LONGEST, BadKey, Key

    try:
        if arguments.key:
            with (console.folder / arguments.key).open("rb") as stream:
                return Key.of(stream.read(LONGEST + 64))
        if VARIABLE in console.environment:
            return Key.of(os.fsencode(console.environment[VARIABLE]))
    except OSError as error:
        hint = f"make one: whence index export --make-key --key {arguments.key} FILE"
        raise UserError(f"no key: {arguments.key}: {error.strerror or error}", hint=hint) from error
    except BadKey as error:
        raise UserError(str(error), hint="head -c 32 /dev/urandom | base64 > team.key") from error
    raise UserError("no key: a shared file is made under the team's key", hint=f"--key FILE, or {VARIABLE}")


def _make_key(arguments: argparse.Namespace, console: Console) -> None:
    if not arguments.key:
        raise UserError("--make-key needs the name of the file", hint="--key team.key")
    path = console.folder / arguments.key
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    except OSError as error:
        raise UserError(f"{arguments.key} could not be made: {error.strerror or error}") from error
    with os.fdopen(descriptor, "w") as stream:
        stream.write(secrets.token_urlsafe(32) + "\n")
    console.say(f"made the key {arguments.key}: hand it to the team on a way that you trust")


def _wanted(arguments: argparse.Namespace, console: Console) -> Wanted:
    """Which writes are shared, and under which name."""
    if not arguments.workspace:
        return lambda path, cwd: path if arguments.paths else ""
    from whence.evidence.sessions.paths import Placing

    root = Path(console.folder / arguments.workspace).resolve()
    if not root.is_dir():
        raise UserError(f"no such folder: {arguments.workspace}")
    placing = Placing(roots_at(root, console))

    def name(path: str, cwd: str) -> str | None:
        place = placing.place(path, cwd)
        if not place.path:
            return None
        return place.path if arguments.paths else ""

    return name
