"""What a tool wrote keeps its origin in copies, wherever else it stands, and however often."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from support.cli import whence
from support.git import Repo
from support.scans import cold, warm
from support.transcripts import Claude
from whence.model import FileResult
from whence.ranges import Lines, union

BERTHING = '''\
class Berthing:
    """Vessels that lie at one quay, by the tide that they came with."""

    def __init__(self, quay, draught):
        self.quay = quay
        self.draught = draught
        self._moored = deque()

    def _cast_off(self, tide):
        earliest = tide - self.draught.ebb
        while self._moored and self._moored[0].tide < earliest:
            self._moored.popleft()

    def admit(self, vessel, tide=None):
        """Moor one vessel; say whether the quay had room for it."""
        flood = almanac.current() if tide is None else tide
        self._cast_off(flood)
        if len(self._moored) >= self.quay.bollards:
            return False
        self._moored.append(Mooring(vessel, flood))
        return True

    def vacant(self):
        """How many bollards nobody has thrown a line around."""
        self._cast_off(almanac.current())
        return max(0, self.quay.bollards - len(self._moored))
'''
METHODS = "".join(BERTHING.splitlines(keepends=True)[13:])
EDITED = METHODS.replace("Moor one vessel", "Tie up one ship").replace(
    "return True", "return len(self._moored)"
)
IDIOM = (
    "    folder = tmp_path_factory.mktemp(name)\n"
    "    monkeypatch.chdir(folder)\n"
    '    assert run(["init", "--quiet"]).returncode == 0\n'
)
EARLY, LATE = "2026-01-01T00:00:00+00:00", "2026-09-01T00:00:00+00:00"
LATER = datetime(2026, 7, 1, tzinfo=UTC)
TOOLS, COPY, CLASS, CHANGED = "harbour/berthing.py", "tests/exact.py", "tests/whole.py", "tests/changed.py"


@pytest.fixture
def harbour(repo: Repo) -> Repo:
    """A project, and a tool that wrote one file into it and nothing else."""
    repo.commit("start", {"harbour/__init__.py": "", "tests/__init__.py": ""}, date=EARLY)
    made = Claude(repo.home, str(repo.path))
    made.write(str(repo.path / TOOLS), BERTHING)
    made.save()
    repo.write({TOOLS: BERTHING, COPY: "class Other:\n" + METHODS})
    return repo


def check(repo: Repo, *same: str) -> None:
    """The lines that sessions claim in each file that has any, by a look that knows the last one as by one that knows
    nothing."""
    scan = warm(repo)
    assert scan == cold(repo)
    found = [(file.path, lines_of(file)) for file in scan.files if file.attributions]
    assert [f"{path} {', '.join(f'{a}-{b}' for a, b in lines)}" for path, lines in found] == sorted(same)


def lines_of(file: FileResult) -> Lines:
    return union(*(item.lines for item in file.attributions))


ORIGINAL, COPIED, WHOLE = f"{TOOLS} 1-26", f"{COPY} 2-14", f"{CLASS} 2-27"


def test_a_copy_is_known_whether_or_not_the_original_stands(harbour: Repo) -> None:
    """In its place, gone, back, and committed with it."""
    check(harbour, ORIGINAL, COPIED)
    harbour.write({TOOLS: None})
    check(harbour, COPIED)
    harbour.commit("both", {TOOLS: BERTHING, COPY: "class Other:\n" + METHODS}, date=LATE)
    check(harbour, ORIGINAL, COPIED)


def test_further_copies_make_it_no_habit_of_the_project(harbour: Repo) -> None:
    """Two, a changed third one, and all of them committed: each is the tool's."""
    harbour.write({CLASS: "# again\n" + BERTHING})
    check(harbour, ORIGINAL, COPIED, WHOLE)
    texts = {path: (harbour.path / path).read_text() for path in (TOOLS, COPY, CLASS)}
    harbour.commit("all", {**texts, CHANGED: "class Third:\n" + EDITED}, date=LATE)
    check(harbour, ORIGINAL, COPIED, WHOLE, f"{CHANGED} 2-8, 11-14")


def test_what_a_team_shared_is_no_habit_either(harbour: Repo, tmp_path: Path) -> None:
    """Import of the own export beside the transcript, and without it."""
    file, key = str(tmp_path / "own.gz"), ("--key", str(tmp_path / "team.key"))
    harbour.write({CLASS: "# again\n" + BERTHING})
    check(harbour, ORIGINAL, COPIED, WHOLE)
    index = partial(whence, harbour.path, harbour.environment, "index")
    assert index("export", file, *key, "--make-key", "--workspace", ".").status == 0
    assert index("import", file, *key).status == 0
    check(harbour, ORIGINAL, COPIED, WHOLE)
    assert index("purge", "--tool", "claude-code", "--yes").status == 0
    check(harbour, ORIGINAL, COPIED, WHOLE)


def test_an_idiom_that_people_and_a_tool_write_stays_everybodys(harbour: Repo) -> None:
    """A few lines alike in several files, which the tool wrote too, are claimed in none that it did not write into."""
    harbour.write({COPY: None})
    made = Claude(harbour.home, str(harbour.path), session="5e000000-0000-4000-8000-000000000005")
    by_tool = "def test_tides(tmp_path_factory, monkeypatch):\n" + IDIOM
    made.write(str(harbour.path / "tests/tool.py"), by_tool)
    made.save()
    people = {f"tests/person_{n}.py": f"def test_{n}_of_ours(monkeypatch):\n{IDIOM}" for n in range(3)}
    harbour.write({**people, "tests/tool.py": by_tool})
    check(harbour, ORIGINAL, "tests/tool.py 1-4")


def test_what_people_had_before_the_tool_repeated_it_is_theirs(repo: Repo) -> None:
    """However long it is: in the files that they had it in, and in those into which they copy it later."""
    repo.commit("start", {"x.py": "x = 1\n"}, date=EARLY)
    first = Claude(repo.home, str(repo.path))
    first.write(str(repo.path / "notes.py"), "something_else = entirely(different=True)\n")
    first.save()
    repo.commit("ours", {COPY: BERTHING, CLASS: BERTHING}, date="2026-06-10T00:00:00+00:00")
    later = Claude(repo.home, str(repo.path), session="7a000000-0000-4000-8000-000000000007", start=LATER)
    later.write(str(repo.path / TOOLS), BERTHING)
    later.save()
    repo.write({TOOLS: BERTHING, CHANGED: "# once more\n" + BERTHING})
    check(repo)
