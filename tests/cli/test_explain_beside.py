"""`whence explain` lays what a session wrote beside what stands in the file, read back from the tool's transcript."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from support.cli import whence
from support.git import Repo
from support.transcripts import Claude, Codex

PERSONS = "import os\n\n\ndef place_of(name):\n    return os.path.join(ROOT_OF_ALL, name)\n"
DUES = """\


def harbour_dues(vessel, nights, tariff):
    rate = tariff.rate_for(vessel.length, vessel.season)
    rebate = tariff.rebate(vessel.owner) if vessel.owner else 0
    total = rate * nights * (1 - rebate)
    return round(total, tariff.digits)
"""


def edited(repo: Repo, text: str = DUES) -> Claude:
    """A tool adds a function to a person's file."""
    repo.commit("start", {"a.py": PERSONS}, date="2026-01-01T00:00:00+00:00")
    session = Claude(repo.home, str(repo.path))
    session.edit(str(repo.path / "a.py"), PERSONS[-20:], PERSONS[-20:] + text, original=PERSONS)
    session.save()
    (repo.path / "a.py").write_text(PERSONS + text)
    return session


def beside(repo: Repo, place: str) -> list[str]:
    """The rows of the comparison, and what is said in its place."""
    done = whence(repo.path, repo.environment, "explain", place)
    assert done.status == 0, done.err
    return [row for row in done.out.splitlines() if " | " in row or "not shown beside" in row]


def both(row: str) -> tuple[str, ...]:
    left, _, right = row.partition(" | ")
    return left.strip(), right.strip()


def test_equal_lines_stand_beside_each_other(repo: Repo) -> None:
    """With their numbers now, the line that was asked for marked; the person's own lines are not there."""
    edited(repo)
    rows = beside(repo, "a.py:9")
    assert both(rows[0]) == ("it wrote", "in the file now")
    assert [both(row) for row in rows[1:5:3]] == [
        ("def harbour_dues(vessel, nights, tariff):", "8  def harbour_dues(vessel, nights, tariff):"),
        ("total = rate * nights * (1 - rebate)", "11      total = rate * nights * (1 - rebate)"),
    ]
    assert [row.lstrip()[0] == ">" for row in rows[1:]] == [False, True, False, False, False]


def test_an_edited_line_stands_beside_what_it_was(repo: Repo) -> None:
    """And is marked as unlike."""
    edited(repo)
    (repo.path / "a.py").write_text((PERSONS + DUES).replace("total = rate * nights", "total = fee * nights"))
    row = next(row for row in beside(repo, "a.py:11") if "> " in row or ">~" in row)
    assert both(row) == (
        ">~    total = rate * nights * (1 - rebate)",
        "11      total = fee * nights * (1 - rebate)",
    )


@pytest.mark.parametrize("how", ["gone", "rewritten"])
def test_a_transcript_that_is_gone_is_said(repo: Repo, how: str) -> None:
    """The index still knows the lines, and holds no text to show."""
    session = edited(repo)
    assert len(beside(repo, "a.py:9")) == 6
    if how == "gone":
        shutil.rmtree(repo.home / ".claude")
    else:
        session.path.write_text('{"type":"summary"}\n')
    (said,) = beside(repo, "a.py:9")
    assert "the index keeps no text" in said
    assert ("its transcript is gone" if how == "gone" else "does not hold it any more") in said


def test_of_several_files_in_one_call_the_right_one_is_shown(repo: Repo) -> None:
    """Codex patches several files at once, in a compressed transcript."""
    repo.commit("start", {"x.py": "x = 1\n"}, date="2026-01-01T00:00:00+00:00")
    session = Codex(repo.home, str(repo.path))
    session.patch("other.py", None, DUES.replace("harbour", "airport").replace("vessel", "plane"))
    session.patch("b.py", None, DUES.strip("\n") + "\n")
    session.save(Path(f"{session.path}.zst"))
    (repo.path / "b.py").write_text(DUES.strip("\n") + "\n")
    rows = beside(repo, "b.py:1")
    assert both(rows[1]) == (
        "> def harbour_dues(vessel, nights, tariff):",
        "1  def harbour_dues(vessel, nights, tariff):",
    )
    assert not any("plane" in row for row in rows)


def test_what_a_transcript_holds_cannot_steer_the_terminal(repo: Repo) -> None:
    """Escape sequences and what turns the direction of text are shown as what they are."""
    edited(repo, DUES.replace("digits)", 'digits, "\x1b[2J\u202e")'))
    rows = beside(repo, "a.py:12")
    assert all(row.isprintable() for row in rows)
    assert sum("\\x1b" in row for row in rows) == 1


def test_doctor_tells_what_the_index_holds(repo: Repo) -> None:
    """Nothing before any session, then its lines."""
    before = whence(repo.path, repo.environment, "doctor").out
    assert "index      none: no tool's transcripts" in before
    edited(repo)
    assert "index      5 lines of 1 session, " in whence(repo.path, repo.environment, "doctor").out
