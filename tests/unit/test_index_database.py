"""The file of the index: private, shared between processes, and never lost for a fault of the moment."""

from __future__ import annotations

import os
import signal
import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from support.indexes import Said, opened, said, said_by, started, update
from support.transcripts import Claude, Codex
from whence.evidence.sessions import updating
from whence.evidence.sessions.interface import Places
from whence.evidence.sessions.readers import every
from whence.evidence.sessions.updating import Updater
from whence.index import Database, DiskStore, Filter, Unwritable, faulty, losses, purge, tables
from whence.index import database as module
from whence.matching import prints
from whence.matching.passages import Block

SECRET = "the_word_that_no_index_may_hold"
CODE = "".join(
    f"    total_{number} = sum_of(column_{number}, where={SECRET}_{number})\n" for number in range(12)
)
CWD = "/home/u/proj"


def sessions(home: Path, number: int = 3) -> None:
    """Some sessions that wrote, one of which waits for the outcome of a write and of a command."""
    for at in range(number):
        session = Claude(home, CWD, session=f"{at:08x}-0000-4000-8000-000000000000")
        session.prompt(f"please write {SECRET}")
        session.write(f"{CWD}/a{at}.py", CODE.replace("total", f"total{at}"))
        session.call("Bash", {"command": f"cat > b.py <<'EOF'\n{CODE}EOF\n"}, {}, "", outcome="missing")
        session.write(f"{CWD}/c.py", CODE.replace("sum_of", "count_of"), outcome="missing")
        session.save()
    other = Codex(home, CWD, version="0.120.0")
    other.patch("d.py", None, CODE)
    other.exec(f"echo {SECRET}", f"{SECRET}\n", code=None)
    other.save()


def file_of(home: Path) -> Path:
    return home / ".local" / "share" / "whence" / "index.sqlite"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    sessions(tmp_path)
    return tmp_path


@pytest.fixture
def built(home: Path) -> Path:
    update(home)
    return home


def test_only_its_owner_may_read_or_write_it(home: Path) -> None:
    """Folder 0700, files 0600, the log's too, whatever the umask."""
    before = os.umask(0)
    try:
        with opened(home) as database:
            Updater(database, every(), Places({"HOME": str(home)})).update()
            folder = file_of(home).parent
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700
            assert {stat.S_IMODE(entry.stat().st_mode) for entry in folder.iterdir()} == {0o600}
    finally:
        os.umask(before)


def test_it_holds_no_text(built: Path) -> None:
    """Nothing of what was written, read, typed, or waits for its outcome, in no file, whatever the form."""
    folder = file_of(built).parent
    data = b"".join(entry.read_bytes() for entry in folder.iterdir())
    assert b"a0.py" in data  # paths are locators, and the test reads the right files
    for form in (SECRET, "sum_of(column", "please write", "cat > b.py", SECRET.upper()):
        for coded in (form.encode(), form.encode("utf-16-le"), form.encode("utf-16-be")):
            assert coded not in data


def test_a_second_look_reads_nothing(built: Path) -> None:
    """Names, sizes and times tell that nothing has changed."""
    done = update(built)
    assert (done.bytes, done.survey.tasks, done.survey.transcripts) == (0, (), 4)


@pytest.mark.parametrize("mode", [0o666, 0o620])
def test_a_file_that_others_could_write_is_not_used(built: Path, mode: int) -> None:
    """Who can write there can hide findings. The run goes on in memory."""
    file_of(built).chmod(mode)
    with opened(built) as database:
        assert database.place is None
        assert "only you may write" in database.problem


def test_a_link_is_not_followed(built: Path) -> None:
    """It may lead anywhere."""
    file = file_of(built)
    file.rename(file.with_name("elsewhere"))
    file.symlink_to(file.with_name("elsewhere"))
    assert opened(built).place is None


def test_without_a_home_it_is_in_memory(home: Path) -> None:
    """And says what it is asked for this run."""
    database = Database.open({})
    assert (database.place, database.problem) == (None, "the environment names no home folder")
    updater = Updater(database, every(), Places({"HOME": str(home)}))
    updater.update()
    assert len(said_by(updater.database)) == 4


def only_read(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA query_only = 1")


def full(connection: sqlite3.Connection) -> None:
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages}")


@pytest.mark.parametrize("fault", [only_read, full])
def test_what_the_disk_does_not_take_is_kept_in_memory_for_this_run(
    home: Path, fault: Callable[[sqlite3.Connection], None]
) -> None:
    """A full disk, a home that became read-only: the answer is the same, and what was kept before stays."""
    first = home / "first"
    sessions(first, 1)
    update(first)
    before = said(first)
    sessions(first, 40)
    database = opened(first)
    fault(database.connection)
    updater = Updater(database, every(), Places({"HOME": str(first)}))
    done = updater.update()
    assert done.left == ()
    assert updater.database.place is None
    assert updater.database.problem
    everything = said_by(updater.database)
    updater.database.close()
    assert said(first) == before
    assert len(everything) == 41
    update(first)
    assert said(first) == everything


def test_a_home_that_cannot_be_written(built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the file holds is taken into memory; a process that may write it says the same."""

    def refused(*_: object) -> None:
        raise Unwritable("read-only file system")

    before = said(built)
    monkeypatch.setattr(module, "_opened", refused)
    with opened(built) as database:
        assert database.place is None
        assert "read-only file system" in database.problem
        assert said_by(database) == before


def test_a_database_in_memory_goes_along_to_other_processes(home: Path) -> None:
    """Workers ask a copy of it."""
    import pickle

    updater = Updater(Database.open({}), every(), Places({"HOME": str(home)}))
    updater.update()
    store = pickle.loads(pickle.dumps(DiskStore.of(updater.database)))
    made = prints.print_of(Block(tuple(CODE.replace("total", "total1").splitlines())), notebook=False)
    blocks = {block for held in store.holders(made.keys).values() for block in held.blocks}
    assert f"{CWD}/a1.py" in {kept.path for kept in store.blocks(blocks, ()).values()}


def test_an_index_of_a_newer_program_is_left_alone(built: Path) -> None:
    """Not a byte of it changes; this run does without it."""
    file = file_of(built)
    with sqlite3.connect(file) as connection:
        connection.execute(f"PRAGMA user_version = {tables.LAYOUT + 1}")
    connection.close()
    before = file.read_bytes()
    done = update(built)
    assert done.bytes
    with opened(built) as database:
        assert "newer Whence" in database.problem
    assert file.read_bytes() == before


def tear(file: Path) -> None:
    """Overwrite the middle, as a broken disk does."""
    size = file.stat().st_size
    with file.open("r+b") as stream:
        stream.seek(size // 3)
        stream.write(os.urandom(size // 3))


def foreign(file: Path) -> None:
    file.unlink()
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE other (x)")
    connection.close()
    file.chmod(0o600)


DAMAGE: list[Callable[[Path], object]] = [
    tear,
    foreign,
    lambda file: file.write_bytes(b"not a database at all" * 500),
    lambda file: file.write_bytes(file.read_bytes()[:1500]),
    lambda file: file.write_bytes(file.read_bytes()[:-9000]),
]


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_index_is_made_again_and_the_damaged_one_kept(
    built: Path, damage: Callable[[Path], object]
) -> None:
    """What it says afterwards is what the transcripts say; whoever can mend the old file still has it."""
    before = said(built)
    damage(file_of(built))
    update(built, verify=True)
    assert said(built) == before


def test_what_can_be_read_of_a_damaged_index_is_saved(built: Path) -> None:
    """The transcripts are gone, so it stands nowhere else."""
    before = said(built)
    for path in built.rglob("*.jsonl"):
        path.unlink()
    file = file_of(built)
    connection = sqlite3.connect(file)
    (root,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'postings'").fetchone()
    (size,) = connection.execute("PRAGMA page_size").fetchone()
    connection.close()
    with file.open("r+b") as stream:
        stream.seek((root - 1) * size)
        stream.write(b"\xff" * size)
    with opened(built) as database:
        database.begun_anew()
    assert said(built) == before
    assert list(file.parent.glob("index.sqlite.damaged-*"))


def test_a_fault_that_is_mended_is_told_no_more(tmp_path: Path) -> None:
    """A record was broken while the tool wrote (a full disk), and the file is whole again."""
    session = Claude(tmp_path, CWD)
    session.prompt("go")
    for number in range(20):
        session.write(f"{CWD}/a{number}.py", CODE.replace("total", f"total{number}"))
    path = session.save()
    whole = session.text()
    lines = whole.splitlines(keepends=True)
    path.write_text("".join(lines[:24]) + lines[24][: len(lines[24]) * 2 // 3] + "\n")
    update(tmp_path)
    with opened(tmp_path) as database:
        assert [fault.first for fault in faulty(database.connection)] == ["line 25: not JSON"]
    path.write_text(whole)
    update(tmp_path)
    with opened(tmp_path) as database:
        assert faulty(database.connection) == []
        assert len(said_by(database)) == 20


def zero(file: Path, table: str) -> None:
    """Overwrite a table's first page."""
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        query = "SELECT rootpage FROM sqlite_master WHERE name = ?"
        (root,) = connection.execute(query, (table,)).fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    connection.close()
    with file.open("r+b") as stream:
        stream.seek((root - 1) * size)
        stream.write(bytes(size))


def test_what_is_saved_is_never_said_of_somebody_else(built: Path) -> None:
    """Words are lost, and their numbers given to other words: no write may go by these."""
    for path in built.rglob("*.jsonl"):
        path.unlink()
    zero(file_of(built), "names")
    with opened(built) as database, database.begun_anew() as new:
        assert not said_by(new)
        assert new.connection.execute("SELECT count(*) FROM reads").fetchone() == (0,)
    other = Codex(built, CWD, version="0.120.0")
    other.patch("e.py", None, CODE.replace("total", "other"))
    other.save()
    update(built)
    ((*_, words),) = [list(writes) for writes in said(built).values()]
    assert words[3] == "e.py"


def test_purges_and_imports_are_saved(built: Path) -> None:
    """What was to stay forgotten does, and what colleagues shared is not in any transcript."""
    with opened(built) as database:
        database.transaction(lambda connection: purge(connection, Filter(tool="codex"), 4e9) and None)
        assert len(said_by(database)) == 3
        rows = (
            "INSERT INTO imports VALUES (7, 'ada', '', x'01', x'02', x'', 1, 1, 1, 1, 1)",
            "INSERT INTO shared_writings VALUES (8, 7, 's', 't', NULL, 'u', NULL, 'ai', 'done', '')",
            f"INSERT INTO shared_blocks VALUES (9, 8, x'00', x'{'03' + '00' * 7}')",
            "INSERT INTO shared_postings VALUES (x'01', 3, 9)",
        )
        database.transaction(lambda connection: [connection.execute(row) for row in rows] and None)
    zero(file_of(built), "uses")
    update(built, verify=True)
    assert len(said(built)) == 3
    with opened(built) as database:
        assert losses(database.connection) == []  # all transcripts are there
        for table in ("imports", "shared_writings", "shared_blocks", "shared_postings", "purges"):
            assert database.connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (1,)


def test_where_no_new_file_can_be_begun_the_rest_is_in_memory(
    built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A read-only home with a damaged index: what can be read counts, and what may be lost is told."""

    def refused(*_: object) -> None:
        raise Unwritable("read-only file system")

    before = said(built)
    zero(file_of(built), "postings")
    monkeypatch.setattr(module, "_opened", refused)
    with opened(built) as database:
        assert database.place is None
        assert "it is damaged" in database.problem
        assert said_by(database) == before
        assert losses(database.connection) == []
    zero(file_of(built), "names")
    with opened(built) as database:
        assert losses(database.connection)


SHARED = """
import sys
from pathlib import Path
from support.indexes import update
for _ in range(3):
    update(Path(sys.argv[1]))
"""


def test_processes_share_it(tmp_path: Path) -> None:
    """Four begin it and fill it at once; each write is kept once."""
    sessions(tmp_path, 30)
    processes = [started(SHARED, str(tmp_path)) for _ in range(4)]
    said_at_end = [process.communicate() for process in processes]
    assert [process.returncode for process in processes] == [0] * 4, said_at_end
    other = tmp_path / "other"
    sessions(other, 30)
    update(other)
    assert said(tmp_path) == said(other)


ENDLESS = """
import sys
from pathlib import Path
from support.indexes import update
from support.transcripts import Claude
from test_index_database import CODE, CWD
from whence.evidence.sessions import updating
updating.TOGETHER = 1
home = Path(sys.argv[1])
number = int(sys.argv[2])
while True:
    session = Claude(home, CWD, session=f"{number:08x}-0000-4000-8000-000000000000")
    for step in range(3):
        session.write(f"{CWD}/a{number}{step}.py", CODE.replace("total", f"total{number}x{step}"))
        session.save()
        update(home)
    number += 1
    print(number, flush=True)
"""


def test_it_survives_being_killed_at_any_moment(tmp_path: Path) -> None:
    """kill -9 while it writes, again and again; then it says what the transcripts say."""
    number = 0
    for wait in range(6):
        process = started(ENDLESS, str(tmp_path), str(number))
        assert process.stdout is not None
        for _ in range(wait % 3 + 1):
            line = process.stdout.readline()
            assert line, process.stderr.read() if process.stderr else b""
            number = int(line)
        process.send_signal(signal.SIGKILL)
        process.communicate()
    update(tmp_path)
    found: Said = said(tmp_path)
    other = tmp_path / "other"
    for path in (tmp_path / ".claude").rglob("*.jsonl"):
        place = other / path.relative_to(tmp_path)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(path.read_bytes())
    update(other)
    assert found == said(other)


def test_what_was_read_a_while_ago_is_kept_whatever_happens(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that is killed at its third transcript has kept the first two."""
    monkeypatch.setattr(updating, "SELDOM", -1.0)

    def kept() -> int:
        with opened(home) as database:
            return int(database.connection.execute("SELECT count(*) FROM transcripts").fetchone()[0])

    def killed(*_: int) -> None:
        if kept() == 2:
            raise MemoryError

    updater = Updater(opened(home), every(), Places({"HOME": str(home)}), progress=killed)
    with pytest.raises(MemoryError):
        updater.update()
    updater.database.close()
    monkeypatch.undo()
    assert kept() == 2
    update(home)
    assert kept() == 4


def test_what_another_process_has_read_meanwhile_is_not_read_again(home: Path) -> None:
    """Two that begin at once: the slower one leaves out what is there by then."""
    updater = Updater(opened(home), every(), Places({"HOME": str(home)}))
    survey = updater.survey()
    other = update(home)
    assert (other.read, len(survey.tasks)) == (4, 4)
    mine = updater.update(survey=survey)
    updater.database.close()
    assert (mine.bytes, mine.read, mine.left) == (0, 0, ())


def test_a_new_kind_of_prints_is_made_from_the_transcripts(built: Path) -> None:
    """Blocks under an old kind are printed again; those whose transcripts are gone stay, and answer nothing."""
    before = said(built)
    gone = next(iter((built / ".codex").rglob("*.jsonl")))
    gone.unlink()
    with sqlite3.connect(file_of(built)) as connection:
        connection.execute("UPDATE blocks SET version = 0, print = x'00', keys = x'0000000000000000'")
        connection.execute("DELETE FROM postings")
        connection.execute("INSERT INTO postings SELECT 0, id FROM blocks")
        connection.execute("UPDATE transcripts SET prints = 0")
    connection.close()
    done = update(built)
    assert len(done.survey.tasks) == 3
    after = said(built)
    assert {block: writes for block, writes in before.items() if block in after} == {
        block: writes for block, writes in after.items() if block in before
    }
    assert len(after) == len(before)
    assert len(set(after) & set(before)) == 3


def older(file: Path, layout: int) -> None:
    """Make a file what an earlier version would have left."""
    with sqlite3.connect(file) as connection:
        if layout < 3:
            for table in ("imports", "shared_writings", "shared_blocks", "shared_postings", "purges"):
                connection.execute(f"DROP TABLE {table}")
        if layout < 2:
            connection.execute("ALTER TABLE transcripts DROP COLUMN cut")
            connection.execute("DELETE FROM about WHERE name = 'identity'")
        connection.execute(f"PRAGMA user_version = {layout}")
    connection.close()


@pytest.mark.parametrize("layout", range(1, tables.LAYOUT))
def test_an_older_layout_becomes_todays_and_loses_nothing(built: Path, layout: int) -> None:
    """Also what no transcript holds any more; the tables are then what a new index has."""
    before = said(built)
    for path in built.rglob("*.jsonl"):
        path.unlink()
    older(file_of(built), layout)
    assert said(built) == before
    with opened(built) as database, opened(built / "new") as new:
        assert database.problem == ""
        columns = [
            {
                name: {row[1] for row in one.connection.execute(f"PRAGMA table_info({name})")}
                for (name,) in one.connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            }
            for one in (database, new)
        ]
        assert columns[0] == columns[1]
    update(built)
    assert said(built) == before


def test_a_migration_that_fails_leaves_the_file_as_it_was(
    built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One transaction: the older program still finds its index."""

    def broken(connection: sqlite3.Connection) -> None:
        connection.execute("DELETE FROM writings")
        connection.execute("SELECT nothing FROM nowhere")

    before = said(built)
    older(file_of(built), 2)
    monkeypatch.setitem(tables.MIGRATIONS, 2, broken)  # type: ignore[arg-type]
    with opened(built) as database:
        assert database.place is None
        assert len(said_by(database)) in (0, 4)
    monkeypatch.undo()
    assert said(built) == before
