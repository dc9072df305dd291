"""A damaged index: the run that meets the damage says what it would have said, and what may be lost is told for good."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path

import pytest

from support.cli import Done, whence
from support.git import Repo
from support.transcripts import Claude
from whence.engine import Snapshot
from whence.errors import UserError
from whence.live import jobs
from whence.live.desk import Desk
from whence.live.sealed import Sealed
from whence.live.values import Face, Opened, Placing, Preparation

CODE = "".join(
    f"    total_{number} = sum_of(column_{number}, where=condition_{number})\n" for number in range(12)
)
POLICY = """\
version = 1
[[scope]]
name = "all"
  [[scope.rule]]
  tools = ["any"]
  require = "forbid"
"""
LOST = "what it held of transcripts that are gone, and of imports, may be lost"


class Machine:
    """A home folder, and a workspace into which a tool wrote."""

    def __init__(self, folder: Path) -> None:
        self.home, self.root = folder / "home", folder / "proj"
        self.file = self.home / ".local" / "share" / "whence" / "index.sqlite"
        self.environment = {"HOME": str(self.home), "PATH": "/usr/bin:/bin"}

    def run(self, *arguments: str) -> Done:
        return whence(self.root, self.environment, *arguments)

    def scan(self, *more: str) -> Done:
        return self.run("scan", "--format", "json", "--jobs", "1", *more)

    def forget_transcripts(self) -> None:
        """As the tool does after a while."""
        shutil.rmtree(self.home / ".claude")

    def harm(self, table: str) -> None:
        """Zero the first page of a table; empty: the file's own."""
        with sqlite3.connect(self.file) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            roots = dict(connection.execute("SELECT name, rootpage FROM sqlite_master"))
            (size,) = connection.execute("PRAGMA page_size").fetchone()
        connection.close()
        at = roots[table] - 1 if table else 0
        with self.file.open("r+b") as stream:
            stream.seek(at * size)
            stream.write(bytes(size))

    @property
    def aside(self) -> list[str]:
        found = sorted(path.name for path in self.file.parent.glob("*.damaged-*"))
        return [name for name in found if not name.endswith("-wal")]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made once: everybody gets a copy."""
    folder = tmp_path_factory.mktemp("machine")
    machine = Machine(folder)
    machine.root.mkdir()
    repo = Repo(machine.root)
    repo.commit("Begin", {"whence.toml": POLICY, "b.py": "import os\n"})
    repo.write({"a.py": CODE})
    # What the index and the workspace know of the place must hold for the copies, too.
    session = Claude(machine.home, "/elsewhere/proj")
    session.write("/elsewhere/proj/a.py", CODE)
    session.save()
    assert machine.scan().status == 1
    assert machine.scan("--no-cache").status == 1
    return folder


@pytest.fixture
def machine(made: Path, tmp_path: Path) -> Machine:
    shutil.copytree(made, tmp_path / "m", symlinks=True)
    return Machine(tmp_path / "m")


def told(done: Done) -> tuple[int, list[list[list[int]]], list[str]]:
    """The exit status, the findings' lines, and what is not measured."""
    found = json.loads(done.out)
    return (
        done.status,
        [one["lines"] for one in found["findings"]],
        [one["why"] for one in found["not_measured"]],
    )


TABLES = ("writings", "names", "sqlite_sequence", "postings", "purges")


@pytest.mark.parametrize("table", TABLES)
def test_a_run_that_meets_the_damage_finds_what_it_would_have_found(machine: Machine, table: str) -> None:
    """Wherever the damage is: the file is set aside and read again from the transcripts, in the same run."""
    machine.harm(table)
    first = machine.scan("--no-cache")
    assert told(first)[:2] == (1, [[[1, 12]]]), first.err
    assert "Traceback" not in first.err
    assert len(machine.aside) == 1
    second = machine.scan("--no-cache")
    assert (told(second)[:2], second.err) == ((1, [[[1, 12]]]), "")
    assert len(machine.aside) == 1


@pytest.mark.parametrize("command", [("blame", "a.py"), ("index", "status"), ("doctor",), ("index", "purge", "--all", "--yes")])  # fmt: skip
def test_every_command_mends_it(machine: Machine, command: tuple[str, ...]) -> None:
    """Not only those that read transcripts."""
    machine.harm("writings")
    done = machine.run(*command)
    assert done.status == 0, done.err
    assert "was damaged" in done.err + done.out or command[-1] == "--yes"
    assert machine.scan("--no-cache").status in (0, 1)


def test_what_is_lost_for_good_is_told_until_somebody_takes_note(machine: Machine) -> None:
    """The transcript is gone, and the file cannot be read at all: no scan calls the code clean."""
    machine.forget_transcripts()
    assert told(machine.scan())[:2] == (1, [[[1, 12]]])
    machine.harm("")
    for _ in range(2):
        status, findings, missing = told(machine.scan())
        assert (status, findings) == (0, [])
        assert any(LOST in why for why in missing)
    for command in (("index", "status"), ("doctor",)):
        text = machine.run(*command).out
        assert LOST in text
        assert "whence index purge --damaged" in text
        assert "set aside" in text
    assert machine.aside
    refused = machine.run("index", "purge", "--damaged")
    assert (refused.status, bool(machine.aside)) == (2, True)
    done = machine.run("index", "purge", "--damaged", "--yes")
    assert done.out == "forgot 1 damaged file and the note that what was in them may be lost\n"
    assert machine.aside == []
    assert told(machine.scan())[2] == []
    assert "damaged" not in machine.run("index", "status").out + machine.run("doctor").out
    assert machine.run("index", "purge", "--damaged").status == 0


def test_nothing_is_said_to_be_lost_where_everything_could_be_read(machine: Machine) -> None:
    """Postings are made anew from the blocks, also of transcripts that are gone."""
    machine.forget_transcripts()
    assert machine.scan().status == 1
    machine.harm("postings")
    assert told(machine.scan("--no-cache")) == (1, [[[1, 12]]], [])
    assert told(machine.scan()) == (1, [[[1, 12]]], [])


def test_a_second_damage_does_not_hide_the_first(machine: Machine) -> None:
    """The note is taken over; files that were set aside are all kept."""
    machine.forget_transcripts()
    machine.scan()
    machine.harm("")
    machine.scan()
    machine.harm("postings")
    assert any(LOST in why for why in told(machine.scan("--no-cache"))[2])
    machine.harm("names")
    assert any(LOST in why for why in told(machine.scan("--no-cache"))[2])


def prepared(machine: Machine) -> Snapshot:
    ask = Preparation(machine.root, None, (), machine.environment, Sealed(None))
    return jobs.prepare_workspace(lambda told: None, lambda: None, ask).whole.open()


def test_an_editor_looks_again(machine: Machine) -> None:
    """Wherever it meets the damage: at the workspace, at a document, in a scan."""
    machine.harm("writings")
    snapshot = prepared(machine)
    assert len(machine.aside) == 1
    (finding,) = snapshot.analyse_file("a.py").findings
    assert finding.path == "a.py"

    machine.harm("blocks")
    snapshot = prepared(machine)
    desk, uri = Desk(), (machine.root / "a.py").as_uri()
    desk.adopt(str(machine.root), Sealed(snapshot))
    desk.open(Opened(uri, 1, CODE))
    desk.place(uri, Placing(str(machine.root), "a.py"))
    look = desk.look(uri)
    assert look is not None

    snapshot = prepared(machine)
    machine.harm("blocks")
    whole = Sealed(snapshot)
    with pytest.raises(UserError, match="damaged, and has been begun anew"):
        jobs.scan(lambda told: None, lambda: None, whole, None, Face(), 1)
    found = jobs.scan(lambda told: None, lambda: None, Sealed(prepared(machine)), None, Face(), 1)
    assert found.verdict == "fail"
