"""Set a damaged index aside when somebody has met the damage: whoever has begins anew, once."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Mapping
from functools import wraps
from typing import ParamSpec, TypeVar

from whence.errors import Damaged, UserError

P = ParamSpec("P")
R = TypeVar("R")

_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def is_damage(error: BaseException) -> bool:
    """Whether an error says that a database is no whole one."""
    if isinstance(error, sqlite3.DatabaseError):
        return getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGE
    return isinstance(error, Damaged)


def telling(function: Callable[P, R]) -> Callable[P, R]:
    """Let a function that asks the index raise Damaged where its database is no whole one."""

    @wraps(function)
    def asked(*values: P.args, **named: P.kwargs) -> R:
        try:
            return function(*values, **named)
        except sqlite3.DatabaseError as error:
            if is_damage(error):
                raise Damaged(str(error)) from error
            raise

    return asked


def mend(environment: Mapping[str, str], error: Exception) -> str | None:
    """What was done about the index after an error that may come from it; None: nothing is wrong with it.

    Empty: another process has mended it. Raises UserError where it is damaged and stays so.
    """
    from whence.index.database import Database, Unwritable

    with Database.open(environment, begin=False) as database:
        if database.place is None or database.problem:
            return database.problem if is_damage(error) else None
        try:
            database.verify(time.time(), anyway=True, wholly=is_damage(error))
        except Damaged:
            with database.begun_anew() as made:
                if made.place is None:
                    raise UserError(made.problem, hint=f"move {database.place} away") from error
                return made.problem
        except Unwritable:
            return None
    return "" if is_damage(error) else None
