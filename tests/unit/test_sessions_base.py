"""Who wrote first, over the whole repository: text that it had before a tool wrote it is not the tool's."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import pytest

from support.git import Repo
from support.transcripts import Claude
from whence.evidence.interface import Context
from whence.evidence.sessions import base, commits
from whence.evidence.sessions.memory import ProcessMemory
from whence.evidence.sessions.prepared import PreparedSessions
from whence.evidence.sessions.source import Sessions
from whence.model import Document
from whence.ranges import each
from whence.repo import Repository
from whence.tools import Registry

FUNCTION = """\
def berth_dues(vessel, nights, tariff):
    rate = tariff.rate_for(vessel.length, vessel.season)
    rebate = tariff.rebate(vessel.owner) if vessel.owner else 0
    total = rate * nights * (1 - rebate)
    return round(total, tariff.digits)
"""
NEW = """\
def harbour_report(bookings, day):
    taken = {booking.berth for booking in bookings if booking.day == day}
    lines = [f"{berth.name}: {berth.vessel}" for berth in sorted(taken)]
    return summary_of(lines, heading=day.isoformat())
"""
EARLY, LATE = "2026-01-01T00:00:00+00:00", "2026-05-20T00:00:00+00:00"


def prepared(repo: Repo, home: Path) -> PreparedSessions:
    environment = {**repo.environment, "HOME": str(home)}
    repository = Repository.open(repo.path, environment)
    names = repo.git("ls-files").split("\n")
    return Sessions().prepare(Context(repo.path, repository, Registry.builtin(), names, environment))


def lines(answer: PreparedSessions, text: str, path: str = "new.py") -> list[int]:
    """The claimed lines of a new file."""
    claims = answer.claims(Document(path, tuple(text.split("\n")[:-1])))
    return [line for claim in claims for line in each(claim.lines)]


def session(repo: Repo, home: Path, text: str, *, before: bool = False) -> None:
    """A tool writes a new file that it says nothing of having seen; with `before` it wrote something else long ago."""
    if before:
        from datetime import UTC, datetime

        old = Claude(
            home,
            str(repo.path),
            session="0a000000-0000-4000-8000-000000000001",
            start=datetime(2026, 2, 1, tzinfo=UTC),
        )
        old.write(str(repo.path / "notes.py"), "something_else = entirely(different=True)\n")
        old.save()
    made = Claude(home, str(repo.path))
    made.write(str(repo.path / "new.py"), text)
    made.save()


def kept(repo: Repo) -> None:
    """A person's function in another file, there from the start."""
    repo.commit("dues", {"dues.py": FUNCTION}, date=EARLY)


def gone(repo: Repo) -> None:
    """The same in a file that was changed since."""
    repo.commit("dues", {"dues.py": FUNCTION}, date=EARLY)
    repo.commit("less", {"dues.py": "x = 1\n"}, date="2026-07-01T00:00:00+00:00")


def deleted(repo: Repo) -> None:
    """The same in a file that a later commit deleted."""
    repo.commit("dues", {"dues.py": FUNCTION, "x.py": "x = 1\n"}, date=EARLY)
    repo.commit("less", {"dues.py": None}, date="2026-07-01T00:00:00+00:00")


def merged(repo: Repo) -> None:
    """Committed long ago beside a line that began later, and merged into it."""
    repo.commit("dues", {"dues.py": FUNCTION}, date=EARLY)
    repo.git("checkout", "-q", "--orphan", "young")
    repo.git("rm", "-q", "-rf", ".")
    repo.commit("start", {"x.py": "x = 1\n"}, date="2026-07-01T00:00:00+00:00")
    repo.git("merge", "-q", "--allow-unrelated-histories", "--no-edit", "main")
    repo.commit("less", {"dues.py": None}, date="2026-07-02T00:00:00+00:00")


def beside(repo: Repo) -> None:
    """Committed before the first session on a branch that was merged after it."""
    repo.commit("start", {"x.py": "x = 1\n"}, date=EARLY)
    repo.git("checkout", "-q", "-b", "side")
    repo.commit("dues", {"dues.py": FUNCTION}, date="2026-01-02T00:00:00+00:00")
    repo.git("checkout", "-q", "main")
    repo.commit("more", {"y.py": "y = 1\n"}, date="2026-01-03T00:00:00+00:00")
    repo.git("merge", "-q", "--no-edit", "side")


def late(repo: Repo) -> None:
    """Committed after the first session here, and before the one that wrote it."""
    repo.commit("start", {"x.py": "x = 1\n"}, date=EARLY)
    repo.commit("dues", {"dues.py": FUNCTION}, date=LATE)


def on_a_branch(repo: Repo) -> None:
    """Committed on another local branch only."""
    repo.commit("start", {"x.py": "x = 1\n"}, date=EARLY)
    repo.git("checkout", "-q", "-b", "other")
    repo.commit("dues", {"dues.py": FUNCTION}, date=LATE)
    repo.git("checkout", "-q", "main")


@pytest.mark.parametrize("way", [kept, gone, deleted, merged, beside, late, on_a_branch])
def test_a_persons_text_from_another_file_stays_theirs(
    repo: Repo, tmp_path: Path, way: Callable[[Repo], None]
) -> None:
    """A tool that writes it into a new place has not written it; what it adds is its own."""
    way(repo)
    session(repo, tmp_path / "home", FUNCTION + "\n\n" + NEW, before=way in (late, on_a_branch))
    found = lines(prepared(repo, tmp_path / "home"), FUNCTION + "\n\n" + NEW)
    size = FUNCTION.count("\n")
    assert not [line for line in found if line <= size]
    assert {line for line in found if line > size + 2} == set(range(size + 3, size + 7))


def test_text_that_was_committed_later_is_the_tools(repo: Repo, tmp_path: Path) -> None:
    """The commit of the tool's own text makes it no older."""
    repo.commit("start", {"x.py": "x = 1\n"}, date=EARLY)
    repo.commit("by the tool", {"new.py": NEW}, date="2026-06-02T00:00:00+00:00")
    session(repo, tmp_path / "home", NEW, before=True)
    assert lines(prepared(repo, tmp_path / "home"), NEW) == [1, 2, 3, 4]


def test_what_was_not_read_is_told(repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A passed budget is a gap, never silence."""
    gone(repo)
    session(repo, tmp_path / "home", NEW, before=True)
    assert prepared(repo, tmp_path / "home").not_measured == ()
    monkeypatch.setattr(base, "PROCESS", ProcessMemory())
    monkeypatch.setattr(base, "BYTE_BUDGET", 10)
    monkeypatch.setattr(commits, "LOG_BUDGET", 10)
    whys = [item.why for item in prepared(repo, tmp_path / "home").not_measured]
    assert len(whys) == 2
    assert whys[0].startswith("the repository's text from before tools wrote in it")
    assert whys[1].startswith("commits made since tools wrote here")


@pytest.mark.parametrize(
    ("computing", "clock", "gaps"), [(1.0, 60.0, 0), (60.0, 60.0, 2), (1.0, 600.0, 2)], ids=str
)
def test_what_other_programs_do_meanwhile_takes_nothing_of_the_budget(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, computing: float, clock: float, gaps: int
) -> None:
    """On a busy machine the same is read as on an idle one, only later; there is an end to it all the same."""
    gone(repo)
    session(repo, tmp_path / "home", NEW, before=True)
    monkeypatch.setattr(base, "PROCESS", ProcessMemory())
    spent, passed = iter([0.0]), iter([0.0])
    clocks = SimpleNamespace(
        process_time=lambda: next(spent, computing), monotonic=lambda: next(passed, clock)
    )
    monkeypatch.setattr(base, "time", clocks)
    whys = [item.why for item in prepared(repo, tmp_path / "home").not_measured]
    assert len([why for why in whys if why.endswith("in full") or "in full:" in why]) == gaps


def test_what_a_budget_was_too_small_for_the_next_look_goes_on_with(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However large a repository is, there is a look that has read all of it."""
    files: dict[str, str | bytes | None] = {f"f{at}.py": f"value_{at} = {at}\n" for at in range(9)}
    repo.commit("start", files, date=EARLY)
    repo.commit("others", {name: f"{text}# more\n" for name, text in files.items()}, date=LATE)
    session(repo, tmp_path / "home", NEW, before=True)
    monkeypatch.setattr(base, "PROCESS", ProcessMemory())
    monkeypatch.setattr(base, "TOGETHER", 1)
    looks: list[int] = []
    while not looks or (looks[-1] and len(looks) < 20):
        ticks = count()
        clocks = SimpleNamespace(process_time=lambda ticks=ticks: 4.0 * next(ticks), monotonic=lambda: 0.0)
        monkeypatch.setattr(base, "time", clocks)
        looks.append(len(prepared(repo, tmp_path / "home").not_measured))
    assert 2 < len(looks) < 20
    assert looks[-1] == 0
