"""The tables of the index, and how an older layout becomes today's. Nothing is ever dropped that cannot be had again.

transcripts   one row for each file (or part of one) that was read: what it looked like, how far it was read
marks         of sessions that may still grow: digests of the lines that the session met, and whose they were
writings      one row for each write of a session: who, where, when, and where in the transcript it stands
blocks        the prints of what was inserted; the same block of the same file is kept once
uses          which writes inserted a block
postings      which blocks hold a key
reads         which files were shown to a tool, when, and how many lines
changes       which blocks came, went or got another write, in order; only the latest
names         words that repeat: tools, models, sessions, paths
about         facts about the database itself
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping

APPLICATION = 0x57484E43
"""In the header of the file: says that it is ours."""

LAYOUT = 3
"""Of the tables below. A new one comes with its way from the one before, in `MIGRATIONS`."""

TABLES = """
CREATE TABLE about (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE names (id INTEGER PRIMARY KEY, value BLOB NOT NULL UNIQUE);
CREATE TABLE transcripts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    source INTEGER NOT NULL, path BLOB NOT NULL, part BLOB NOT NULL, retired INTEGER NOT NULL DEFAULT 0,
    shown BLOB NOT NULL, size INTEGER NOT NULL, changed REAL NOT NULL, inode TEXT NOT NULL,
    head BLOB NOT NULL, head_size INTEGER NOT NULL, seam BLOB NOT NULL, seam_size INTEGER NOT NULL,
    offset INTEGER NOT NULL, line INTEGER NOT NULL, state BLOB, whole INTEGER NOT NULL,
    revision INTEGER NOT NULL, readers INTEGER NOT NULL, prints INTEGER NOT NULL,
    problems INTEGER NOT NULL, problem BLOB NOT NULL, hint BLOB NOT NULL, looked REAL NOT NULL, gone REAL,
    cut INTEGER NOT NULL DEFAULT 0,
    UNIQUE (source, path, part, retired));
CREATE TABLE marks (
    transcript INTEGER NOT NULL, number INTEGER NOT NULL, own INTEGER NOT NULL, data BLOB NOT NULL,
    PRIMARY KEY (transcript, number)) WITHOUT ROWID;
CREATE TABLE writings (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    transcript INTEGER NOT NULL, tool INTEGER NOT NULL, model INTEGER, session INTEGER NOT NULL,
    path INTEGER NOT NULL, cwd INTEGER NOT NULL, time REAL, contributor TEXT NOT NULL, outcome TEXT NOT NULL,
    line INTEGER NOT NULL, offset INTEGER NOT NULL, record TEXT NOT NULL, file INTEGER, person INTEGER,
    lines INTEGER NOT NULL, blocks BLOB NOT NULL, settled INTEGER NOT NULL);
CREATE INDEX writings_of ON writings (transcript, settled);
CREATE TABLE blocks (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    digest INTEGER NOT NULL UNIQUE, version INTEGER NOT NULL, print BLOB NOT NULL, keys BLOB NOT NULL);
CREATE TABLE uses (
    block INTEGER NOT NULL, writing INTEGER NOT NULL, PRIMARY KEY (block, writing)) WITHOUT ROWID;
CREATE TABLE postings (key INTEGER NOT NULL, block INTEGER NOT NULL, PRIMARY KEY (key, block)) WITHOUT ROWID;
CREATE TABLE reads (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    transcript INTEGER NOT NULL, path INTEGER NOT NULL, cwd INTEGER NOT NULL, time REAL, session INTEGER NOT NULL,
    line INTEGER NOT NULL, offset INTEGER NOT NULL, lines INTEGER NOT NULL, sent INTEGER NOT NULL,
    settled INTEGER NOT NULL);
CREATE INDEX reads_of ON reads (transcript, settled);
CREATE TABLE changes (number INTEGER PRIMARY KEY AUTOINCREMENT, block INTEGER NOT NULL, keys BLOB)
"""

SHARING = """
CREATE TABLE imports (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE, label TEXT NOT NULL, ring BLOB NOT NULL, key BLOB NOT NULL, digest BLOB NOT NULL,
    at REAL NOT NULL, made REAL NOT NULL, writes INTEGER NOT NULL, lines INTEGER NOT NULL, prints INTEGER NOT NULL);
CREATE TABLE shared_writings (
    id INTEGER PRIMARY KEY AUTOINCREMENT, import INTEGER NOT NULL, source TEXT NOT NULL, tool TEXT NOT NULL, model TEXT,
    session TEXT NOT NULL, time REAL, contributor TEXT NOT NULL, outcome TEXT NOT NULL, path TEXT NOT NULL);
CREATE INDEX shared_writings_of ON shared_writings (import);
CREATE TABLE shared_blocks (
    id INTEGER PRIMARY KEY AUTOINCREMENT, writing INTEGER NOT NULL, print BLOB NOT NULL, keys BLOB NOT NULL);
CREATE INDEX shared_blocks_of ON shared_blocks (writing);
CREATE TABLE shared_postings (
    ring BLOB NOT NULL, key INTEGER NOT NULL, block INTEGER NOT NULL, PRIMARY KEY (ring, key, block)) WITHOUT ROWID;
CREATE TABLE purges (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, tool TEXT, before REAL, folder BLOB)
"""


def _cut(connection: sqlite3.Connection) -> None:
    """The number of a last line that is no whole record, for each transcript; and what tells one index from another."""
    connection.execute("INSERT INTO about VALUES ('identity', randomblob(16))")
    connection.execute("ALTER TABLE transcripts ADD COLUMN cut INTEGER NOT NULL DEFAULT 0")


def _sharing(connection: sqlite3.Connection) -> None:
    """What colleagues export, and what is to stay forgotten."""
    for statement in SHARING.split(";\n"):
        connection.execute(statement)


MIGRATIONS: Mapping[int, Callable[[sqlite3.Connection], None]] = {1: _cut, 2: _sharing}
"""From a layout to the next one."""


def current(connection: sqlite3.Connection) -> bool:
    """Whether the tables are today's. Raises sqlite3.Error."""
    found = [
        connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")
    ]
    return found == [APPLICATION, LAYOUT]


def prepare(connection: sqlite3.Connection) -> None:
    """Make the tables, or bring older ones to today's layout, within the caller's transaction.

    Raises sqlite3.Error, `Newer` and `Foreign`.
    """
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (layout,) = connection.execute("PRAGMA user_version").fetchone()
    if not layout and not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        for statement in (*TABLES.split(";\n"), *SHARING.split(";\n")):
            connection.execute(statement)
        connection.execute("INSERT INTO about VALUES ('identity', randomblob(16))")
        connection.execute(f"PRAGMA application_id = {APPLICATION}")
    elif application != APPLICATION or not layout > 0:
        raise Foreign
    elif layout > LAYOUT:
        raise Newer(layout)
    for step in range(layout or LAYOUT, LAYOUT):
        MIGRATIONS[step](connection)
    if layout != LAYOUT:
        connection.execute(f"PRAGMA user_version = {LAYOUT}")


class Newer(Exception):  # noqa: N818 - says what was met
    """A layout that a later version of the program made."""


class Foreign(Exception):  # noqa: N818 - says what was met
    """A database that is none of ours."""
