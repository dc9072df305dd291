"""The cache file: private, shared between processes, and begun anew whenever anything is wrong with it."""

from __future__ import annotations

import os
import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from whence.cache import database as module
from whence.cache import place, program
from whence.cache.database import Database, Row


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "caches" / "a.sqlite"


def filled(file: Path) -> Path:
    """A closed cache with one value and some rows."""
    database = Database(file)
    database.put("kind", b"key", b"value" * 1000)
    database.keep([Row(str(number).encode(), b"if", b"result" * 50) for number in range(100)])
    database.close()
    return file


def check(file: Path, value: bytes | None) -> None:
    """What a new process finds, and that it can write."""
    database = Database(file)
    assert database.usable
    assert database.get("kind", b"key") == value
    database.put("kind", b"more", b"x")
    assert database.get("kind", b"more") == b"x"
    database.close()


def test_what_was_kept_is_found_again(file: Path) -> None:
    """Values by kind and key, rows by key, with their condition."""
    check(filled(file), b"value" * 1000)
    database = Database(file)
    found = database.results([b"7", b"nothing", b"8"])
    assert found == {key: Row(key, b"if", b"result" * 50) for key in (b"7", b"8")}
    assert database.get("other kind", b"key") is None


def test_only_its_owner_may_read_or_write_it(file: Path) -> None:
    """Folder 0700, files 0600, the log's too, whatever the umask."""
    before = os.umask(0)
    try:
        database = Database(file)
        database.put("kind", b"key", b"value")
        assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
        assert {stat.S_IMODE(entry.stat().st_mode) for entry in file.parent.iterdir()} == {0o600}
        database.close()
    finally:
        os.umask(before)


def test_a_folder_that_others_could_write_is_closed_to_them(file: Path) -> None:
    """Who could write there could hide findings."""
    file.parent.mkdir(mode=0o777)
    file.parent.chmod(0o777)
    check(file, None)
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_a_file_that_others_could_write_is_not_used(file: Path) -> None:
    """Neither is a link to somewhere else."""
    filled(file).chmod(0o666)
    assert not Database(file).usable
    file.chmod(0o600)
    file.rename(file.with_name("b.sqlite"))
    file.symlink_to(file.with_name("b.sqlite"))
    assert not Database(file).usable


def flip(file: Path) -> None:
    """Damage every stored value, and leave the tables whole."""
    connection = sqlite3.connect(file)
    connection.execute("UPDATE kept SET value = CAST(value || 'x' AS BLOB)")
    connection.execute("UPDATE results SET value = CAST(value || 'x' AS BLOB)")
    connection.commit()
    connection.close()


def tear(file: Path) -> None:
    """Overwrite the middle, as a broken disk does."""
    size = file.stat().st_size
    with file.open("r+b") as stream:
        stream.seek(size // 3)
        stream.write(os.urandom(size // 3))


def without_tables(file: Path) -> None:
    connection = sqlite3.connect(file)
    for table in ("kept", "results"):
        connection.execute(f"DROP TABLE {table}")
    connection.commit()
    connection.close()


DAMAGE: list[Callable[[Path], object]] = [
    flip,
    tear,
    lambda file: file.write_bytes(b"not a database at all" * 500),
    lambda file: file.write_bytes(file.read_bytes()[:1500]),
    lambda file: file.write_bytes(b""),
    lambda file: file.with_name(file.name + "-wal").write_bytes(os.urandom(9000)),
]


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_file_is_begun_anew_in_silence(
    file: Path, damage: Callable[[Path], object], capfd: pytest.CaptureFixture[str]
) -> None:
    """Nothing wrong is ever read from it, nothing is raised, and it serves again at the next opening."""
    damage(filled(file))
    database = Database(file)
    assert database.get("kind", b"key") in (None, b"value" * 1000)
    assert set(database.results([b"7"]).values()) <= {Row(b"7", b"if", b"result" * 50)}
    database.close()
    second = Database(file)
    second.put("kind", b"key", b"new")
    assert second.get("kind", b"key") == b"new"
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("later", [False, True], ids=["today", "tomorrow"])
def test_any_page_may_be_damaged(file: Path, later: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """It costs time, once: the next opening keeps and finds again."""
    with sqlite3.connect(filled(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    connection.close()
    whole = file.read_bytes()
    if later:
        now = module.time.time() + 86_400
        monkeypatch.setattr(module, "time", type("Clock", (), {"time": staticmethod(lambda: now)}))
    for at in range(0, len(whole), size):
        for other in file.parent.glob(f"{file.name}-*"):
            other.unlink()
        file.write_bytes(whole[:at] + bytes(size) + whole[at + size :])
        database = Database(file)
        assert database.get("kind", b"key") in (None, b"value" * 1000)
        assert set(database.results([b"7"]).values()) <= {Row(b"7", b"if", b"result" * 50)}
        database.put("kind", b"key", b"new")
        database.keep([Row(b"new", b"if", b"result")])
        database.close()
        second = Database(file)
        second.put("kind", b"key", b"new")
        second.keep([Row(b"new", b"if", b"result")])
        assert second.get("kind", b"key") == b"new", at
        assert set(second.results([b"new"])) == {b"new"}, at
        second.close()


def test_missing_tables_only_mean_that_nothing_is_known(file: Path) -> None:
    """As when another program's process has just begun the file anew."""
    without_tables(filled(file))
    database = Database(file)
    assert database.get("kind", b"key") is None
    database.put("kind", b"key", b"value")


def test_another_program_finds_nothing_and_leaves_nothing(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What one version kept no other believes, in either direction, even while both are at work."""
    old = Database(filled(file))
    monkeypatch.setattr(module, "stamp", lambda: b"another program")
    check(file, None)
    monkeypatch.undo()
    assert old.get("kind", b"key") is None
    old.put("kind", b"key", b"late")
    monkeypatch.setattr(module, "stamp", lambda: b"another program")
    check(file, None)


def test_where_nothing_can_be_written_there_is_no_cache(tmp_path: Path) -> None:
    """A file in the folder's place, or no place at all."""
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file" / "deeper" / "a.sqlite", None):
        database = Database(path)
        assert not database.usable
        database.put("kind", b"key", b"value")
        database.keep([Row(b"a", b"b", b"c")])
        assert (database.get("kind", b"key"), database.results([b"a"])) == (None, {})


def test_a_full_disk_ends_the_keeping_and_nothing_else(file: Path) -> None:
    """SQLite is told that the file may not grow; what was kept before is still there."""
    database = Database(filled(file))
    assert database._connection is not None
    database._connection.execute("PRAGMA max_page_count = 1")
    database.put("kind", b"large", os.urandom(1 << 20))
    assert not database.usable
    check(file, b"value" * 1000)


def test_old_values_of_a_kind_make_room_for_new_ones(file: Path) -> None:
    """Only the newest stay, and each kind has its own."""
    database = Database(file)
    database.put("other", b"key", b"value")
    for number in range(10):
        database.put("kind", bytes([number]), bytes([number]), versions=3)
    assert [database.get("kind", bytes([number])) for number in range(6, 10)] == [None, b"\7", b"\10", b"\11"]
    assert list(database.latest("kind")) == [b"\11", b"\10", b"\7"]
    assert database.get("other", b"key") == b"value"


def test_results_that_nobody_asked_for_go_after_a_while(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asking renews them."""
    filled(file)

    def days_later(days: int) -> Database:
        now = module.time.time() + days * 86_400
        monkeypatch.setattr(module, "time", type("Clock", (), {"time": staticmethod(lambda: now)}))
        return Database(file)

    days_later(20).results([b"7"])
    monkeypatch.undo()
    assert set(days_later(40).results([b"7", b"8"])) == {b"7"}


MANY = """
import sys
from pathlib import Path
from whence.cache.database import Database, Row
database = Database(Path(sys.argv[1]))
for number in range(40):
    key = f"{sys.argv[2]} {number}".encode()
    database.put("kind", key, b"v" * 100, versions=1000)
    database.keep([Row(key, b"", b"r" * 100)])
assert database.usable
database.close()
"""


def started(program: str, *arguments: str) -> subprocess.Popen[bytes]:
    """A Python process that sees the package as this one does."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, env=environment)


def test_processes_share_it(file: Path) -> None:
    """Four write at once, and nothing that any of them kept is lost."""
    processes = [started(MANY, str(file), str(name)) for name in range(4)]
    for process in processes:
        process.communicate()
    assert [process.returncode for process in processes] == [0] * 4
    database = Database(file)
    keys = [f"{name} {number}".encode() for name in range(4) for number in range(40)]
    assert len(database.results(keys)) == len(keys)
    assert all(database.get("kind", key) == b"v" * 100 for key in keys)


ENDLESS = """
import os, sys
from pathlib import Path
from whence.cache.database import Database, Row
database = Database(Path(sys.argv[1]))
number = 0
while True:
    database.put("kind", str(number).encode(), os.urandom(50_000), versions=5)
    database.keep([Row(f"{number} {part}".encode(), b"", b"r" * 500) for part in range(100)])
    number += 1
    if number == 3:
        print("writing", flush=True)
"""


def test_a_killed_process_leaves_a_whole_file(file: Path) -> None:
    """SIGKILL in the middle of writing: everything that is read afterwards is right, and writing goes on."""
    for _ in range(3):
        process = started(ENDLESS, str(file))
        assert process.stdout is not None
        assert process.stdout.readline() == b"writing\n"
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        database = Database(file)
        assert len(database.results([b"2 0", b"2 99"])) == 2
        assert sum(1 for _ in database.latest("kind")) > 0
        assert database.usable
        database.close()
    with sqlite3.connect(file) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_each_repository_has_its_own_file() -> None:
    """Named by a digest, so that no path is told."""
    one, two = (place.file({"HOME": "/h"}, Path(name)) for name in ("/code/secret/.git", "/code/other/.git"))
    assert one is not None
    assert two is not None
    assert one != two
    assert "secret" not in str(one)


def test_a_changed_program_is_another_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own files and the versions of libraries that take part in answers."""
    first = program.stamp.__wrapped__()
    assert program.stamp.__wrapped__() == first
    packages = tmp_path / "site-packages"
    (packages / "tree_sitter_python-99.dist-info").mkdir(parents=True)
    monkeypatch.setattr(sys, "path", [*sys.path, str(packages)])
    second = program.stamp.__wrapped__()
    assert second != first
    monkeypatch.setattr(program, "__file__", str(tmp_path / "whence" / "cache" / "program.py"))
    (tmp_path / "whence").mkdir()
    (tmp_path / "whence" / "tools.toml").write_text("a")
    third = program.stamp.__wrapped__()
    (tmp_path / "whence" / "tools.toml").write_text("ab")
    assert program.stamp.__wrapped__() != third
