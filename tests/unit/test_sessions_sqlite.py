"""Databases of running tools: everything committed is read, nothing beside them is made, and nothing raises."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from whence.evidence.sessions.interface import Faults
from whence.evidence.sessions.stores import sqlite
from whence.evidence.sessions.stores.sqlite import Database

ALL = "SELECT id, text FROM note WHERE id > :after ORDER BY id LIMIT :limit"
MAKE = "CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT)"

KILLED = f"""
import os, sqlite3, sys
writer = sqlite3.connect(sys.argv[1])
writer.execute("PRAGMA journal_mode = " + sys.argv[2])
writer.execute("{MAKE}")
writer.executemany("INSERT INTO note (text) VALUES (?)", [("a",), ("b",)])
writer.commit()
if sys.argv[3] == "spill":
    writer.execute("PRAGMA cache_size = 1")
    writer.executemany("INSERT INTO note (text) VALUES (?)", [("c" * 1000,)] * 2000)
os._exit(0)
"""
"""A tool that commits two rows and dies without closing its database, or in the middle of a large write."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "its folder" / "sessions?#%.db"


def killed(path: Path, mode: str = "wal", how: str = "plain") -> None:
    path.parent.mkdir(exist_ok=True)
    subprocess.run([sys.executable, "-c", KILLED, str(path), mode, how], check=True)


@contextlib.contextmanager
def writer(path: Path, mode: str = "wal") -> Iterator[sqlite3.Connection]:
    """A tool that has its database open."""
    path.parent.mkdir(exist_ok=True)
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute(f"PRAGMA journal_mode = {mode}")
    connection.execute(MAKE)
    try:
        yield connection
    finally:
        connection.close()


def files(path: Path) -> dict[str, tuple[bytes, int]]:
    """Everything in the database's folder, with contents and times."""
    return {
        file.name: (file.read_bytes() if not file.name.endswith("-shm") else b"", file.stat().st_mtime_ns)
        for file in path.parent.iterdir()
    }


def texts(path: Path) -> tuple[list[str], Faults]:
    faults = Faults("its.db")
    with Database(path, faults) as database:
        found = [text for _, text in database.rows(ALL, 0)]
    return found, faults


def check(path: Path, expected: list[str], fault: str = "") -> None:
    """The rows are read, the fault is told, and the folder is as it was."""
    before = files(path)
    found, faults = texts(path)
    assert (found, faults.first) == (expected, fault)
    assert files(path) == before


@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_a_closed_database_is_read_without_a_trace(path: Path, mode: str) -> None:
    """Reading a closed database in WAL mode would make two files; it does not here."""
    with writer(path, mode) as connection:
        connection.execute("INSERT INTO note (text) VALUES ('a')")
    check(path, ["a"])


@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_a_running_tools_database_is_read_up_to_its_last_commit(path: Path, mode: str) -> None:
    """What is committed is there, what is not is not, and the tool is not disturbed."""
    with writer(path, mode) as connection:
        connection.execute("INSERT INTO note (text) VALUES ('a')")
        check(path, ["a"])
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO note (text) VALUES ('b')")
        check(path, ["a"])
        connection.execute("COMMIT")
        check(path, ["a", "b"])


def test_no_lock_is_held_between_two_pages(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader that takes its time does not keep the tool from writing, and goes on after the write."""
    monkeypatch.setattr(sqlite, "PAGE", 2)
    with writer(path, "delete") as connection, Database(path, Faults("x")) as database:
        connection.execute("PRAGMA busy_timeout = 0")
        connection.executemany("INSERT INTO note (text) VALUES (?)", [("a",), ("b",), ("c",)])
        rows = database.rows(ALL, 0)
        assert next(rows) == (1, "a")
        connection.execute("INSERT INTO note (text) VALUES ('d')")
        assert [text for _, text in rows] == ["b", "c", "d"]


def test_a_killed_tools_log_is_read(path: Path) -> None:
    """What was committed only to the write-ahead log counts."""
    killed(path)
    assert {file.suffix for file in path.parent.iterdir()} == {".db", ".db-wal", ".db-shm"}
    check(path, ["a", "b"])


def test_a_log_without_its_index_is_read_from_a_copy(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A copied folder has no index; reading in place would write one. Too large to copy is said."""
    killed(path)
    path.with_name(path.name + "-shm").unlink()
    check(path, ["a", "b"])
    monkeypatch.setattr(sqlite, "MAX_COPY", 1000)
    check(path, [], "its write-ahead log has no index, and 0 MB are too many to copy")


def test_an_interrupted_write_is_said(path: Path) -> None:
    """A rollback journal that must be played back needs the tool itself."""
    killed(path, "delete", "spill")
    assert path.with_name(path.name + "-journal").exists()
    check(path, [], "a write was interrupted, which only the tool can undo")


def test_a_locked_database_is_said(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tool that holds its lock costs a moment, not the scan."""
    monkeypatch.setattr(sqlite, "PATIENCE", 0.0)
    with writer(path, "delete") as connection:
        connection.execute("BEGIN EXCLUSIVE")
        check(path, [], "locked by the tool that writes it")


def test_a_tool_that_starts_to_write_meanwhile_is_noticed(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database opened while nobody used it is opened anew when somebody does; no row is lost or told twice."""
    monkeypatch.setattr(sqlite, "PAGE", 1)
    with writer(path) as connection:
        connection.executemany("INSERT INTO note (text) VALUES (?)", [("a",), ("b",)])
    with Database(path, Faults("x")) as database:
        rows = database.rows(ALL, 0)
        assert next(rows) == (1, "a")
        tool = sqlite3.connect(path, isolation_level=None)
        tool.execute("UPDATE note SET text = 'B' WHERE id = 2")
        tool.execute("INSERT INTO note (text) VALUES ('c')")
        assert list(rows) == [(2, "B"), (3, "c")]
        tool.close()


def test_a_file_that_never_rests_is_given_up(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading again has an end."""
    with writer(path) as connection:
        connection.execute("INSERT INTO note (text) VALUES ('a')")
    times = iter(range(1000))
    monkeypatch.setattr(sqlite, "_stamp", lambda _: next(times))
    check(path, [], "changes faster than it can be read")


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", ""),
        (b"SQLite format 3\0", "not an SQLite database, or encrypted"),
        (b"\x8f\x1a" * 4096, "not an SQLite database, or encrypted"),
    ],
)
def test_what_is_no_database_is_said(path: Path, content: bytes, fault: str) -> None:
    """An empty file is a database that nobody has used yet."""
    path.parent.mkdir()
    path.write_bytes(content)
    check(path, [], fault)


def test_folders_links_and_pipes_are_not_opened(tmp_path: Path) -> None:
    """Only a regular file is a tool's database."""
    real = tmp_path / "real.db"
    with writer(real):
        pass
    (tmp_path / "link.db").symlink_to(real)
    (tmp_path / "folder.db").mkdir()
    names = ["link.db", "folder.db", "gone.db"]
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.db")
        names.append("pipe.db")
    for name in names:
        found, faults = texts(tmp_path / name)
        assert (found, faults.count) == ([], 1), name


def test_a_giant_value_costs_only_itself(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A value over the bound is named and never loaded."""
    monkeypatch.setattr(sqlite, "MAX_RECORD", 1000)
    with writer(path) as connection:
        connection.executemany("INSERT INTO note (text) VALUES (?)", [("a",), ("b" * 5000,), ("c",)])
    faults, sizes = Faults("x"), []
    with Database(path, faults, sizes.append) as database:
        values = [database.value("SELECT text FROM note WHERE id = ?", number) for number in (1, 2, 3, 4)]
    assert values == ["a", None, "c", None]
    assert (faults.count, [size for size in sizes if size]) == (1, [1, 1])


def test_views_and_virtual_tables_are_not_asked(path: Path) -> None:
    """A view in a table's place can compute for ever."""
    with writer(path) as connection:
        connection.execute("DROP TABLE note")
        connection.execute(
            "CREATE VIEW note AS WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n) "
            "SELECT id, 'x' AS text FROM n"
        )
        with contextlib.suppress(sqlite3.OperationalError):
            connection.execute("CREATE VIRTUAL TABLE found USING fts5(text)")
    with Database(path, Faults("x")) as database:
        assert not database.columns("note")
        assert not database.columns("found")
        assert not database.has("absent", "id")


def test_an_index_on_a_function_costs_only_itself(path: Path) -> None:
    """Kilo Code has one on JSON: to a foreign schema that function is closed, which is no reason to read nothing."""
    with writer(path, "delete") as connection:
        connection.execute("INSERT INTO note (text) VALUES ('{}')")
        connection.execute("CREATE INDEX role ON note (json_extract(text, '$.role'))")
    check(path, ["{}"])


def test_an_endless_question_is_ended(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a schema makes of a query, it ends."""
    monkeypatch.setattr(sqlite, "MAX_STEPS", 1000)
    with writer(path):
        pass
    faults = Faults("x")
    with Database(path, faults) as database:
        endless = "WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n) SELECT max(id) FROM n"
        assert database.row(endless) is None
    assert faults.first == "a question to it took too long"


def test_what_a_tick_raises_comes_through(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cancelling works in the middle of a long question too."""
    monkeypatch.setattr(sqlite, "_STEPS", 1)
    with writer(path):
        pass

    def stop(_: int) -> None:
        if armed:
            raise KeyboardInterrupt

    armed: list[int] = []
    with Database(path, Faults("x"), stop) as database:
        armed.append(1)
        with pytest.raises(KeyboardInterrupt):
            list(database.rows(ALL, 0))


@pytest.mark.parametrize("value", ["half a \ud800 character", 2**70])
def test_foreign_ids_that_cannot_be_asked_for_name_nothing(path: Path, value: str | int) -> None:
    """Ids come out of other people's JSON."""
    with writer(path):
        pass
    faults = Faults("x")
    with Database(path, faults) as database:
        assert database.value("SELECT text FROM note WHERE text = ?", value) is None
    assert faults.count == 0


def test_text_that_is_not_utf8_is_read_with_marks(path: Path) -> None:
    """A damaged text costs its damaged characters."""
    with writer(path) as connection:
        connection.execute("INSERT INTO note (text) VALUES (CAST(x'61ff62' AS TEXT))")
    check(path, ["a\ufffdb"])


@given(at=st.integers(0, 8191), junk=st.binary(min_size=1, max_size=64))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_damage_is_survived(path: Path, at: int, junk: bytes) -> None:
    """Bytes of the file in any place become others: rows or a fault, never an exception."""
    path.unlink(missing_ok=True)
    with writer(path) as connection:
        connection.execute("DROP TABLE IF EXISTS note")
        connection.execute(MAKE)
        connection.executemany("INSERT INTO note (text) VALUES (?)", [("text" * 20,)] * 60)
    data = bytearray(path.read_bytes())
    data[at : at + len(junk)] = junk
    path.write_bytes(data[:8192])
    faults = Faults("x")
    with Database(path, faults) as database:
        for table in ("note", "sqlite_master"):
            database.columns(table)
        list(database.rows(ALL, 0))
