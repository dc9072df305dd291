"""What the parts of `whence index` share: the open index, the workspace whose sessions come first, sizes and times."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from whence.cli.common import root_of
from whence.cli.console import Console
from whence.errors import UserError

if TYPE_CHECKING:
    from whence.evidence.sessions.paths import Roots
    from whence.evidence.sessions.updating import Updater
    from whence.index import Database


def add_root(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--root",
        metavar="DIR",
        help="the workspace whose sessions come first (default: the repository around the current folder)",
    )


def roots_at(root: Path, console: Console) -> Roots:
    """A workspace's own folders."""
    from whence.evidence.interface import Context
    from whence.evidence.sessions.answering import all_paths, roots_of
    from whence.repo import Repository
    from whence.tools import Registry

    context = Context(
        root, Repository.around(root, console.environment), Registry.builtin(), (), console.environment
    )
    return roots_of(context, all_paths(context))


def updater(
    arguments: argparse.Namespace,
    console: Console,
    progress: Callable[[int, int], None] = lambda done, total: None,
    *,
    begin: bool = True,
) -> Updater:
    """What brings the user's index up to date. The caller closes its database."""
    from whence.evidence.sessions.interface import Places
    from whence.evidence.sessions.readers import every
    from whence.evidence.sessions.updating import Updater
    from whence.index import Database
    from whence.repo import Repository

    root = root_of(arguments, console)
    database = Database.open(console.environment, begin=begin)
    places = Places(console.environment, root, Repository.around(root, console.environment))
    return Updater(database, every(), places, roots_at(root, console).folders, progress=progress)


def on_disk(database: Database) -> Database:
    """An index that is kept; raises UserError for one in memory, which a command like this has no use for."""
    if database.place is None:
        raise UserError(
            f"there is no index that could be changed: {database.problem or 'none was begun yet'}"
        )
    return database


def size(number: float) -> str:
    """Bytes as people read them."""
    for unit in ("bytes", "kB", "MB"):
        if number < 1000:
            return f"{number:,.0f} {unit}" if unit == "bytes" or number >= 10 else f"{number:.1f} {unit}"
        number /= 1000
    return f"{number:,.1f} GB"


def day(moment: float | None) -> str:
    """A day, as reports write it."""
    return "an unknown time" if moment is None else datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d")


def moment_of(text: str) -> float:
    """A day or time as a user types it: ISO 8601, UTC where no zone is named."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is no date: write 2026-06-30") from None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
