"""Whatever sessions, people and commits do between two scans, what was kept says what a scan without it says."""

from __future__ import annotations

import random
import tempfile
from array import array
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.git import Repo
from support.scans import cold, known, warm
from support.transcripts import Claude
from whence.cache import contents, witness
from whence.cache.lineages import Lineages
from whence.evidence.sessions import base, commits
from whence.evidence.sessions.texts import TEXTS
from whence.matching import habits
from whence.matching.habits import Counting
from whence.model import ScanResult

NAMES = ("a.py", "b.py", "c.py", "deep/d.py", "ignored/e.py", "excluded/f.py")


@pytest.fixture(autouse=True)
def old(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files count as old at once: their times cannot be set back."""
    for module in (contents, witness):
        monkeypatch.setattr(module, "RACY", -(10**18))


def code(seed: int, lines: int = 6) -> str:
    """Lines of made-up code; few seeds, so that texts meet again."""
    chance = random.Random(seed)
    return "".join(
        f"    {chance.choice(['total', 'share', 'count'])}_{chance.randrange(30)} = "
        f"combined_{chance.randrange(9)}(column_{chance.randrange(30)}, weight={chance.randrange(9)})\n"
        for _ in range(lines)
    )


@dataclass
class World:
    """A repository, its person, and one tool's sessions."""

    repo: Repo
    sessions: dict[int, Claude] = field(default_factory=dict)
    commits: int = 0

    def text(self, name: str) -> str:
        path = self.repo.path / name
        return path.read_text() if path.exists() else ""

    def put(self, name: str, text: str) -> None:
        path = self.repo.path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)

    def session(self, number: int) -> Claude:
        if number not in self.sessions:
            cwd = str(self.repo.path) if number < 2 else "/srv/other"
            name = f"{number:08x}-0000-4000-8000-000000000000"
            self.sessions[number] = Claude(self.repo.home, cwd, session=name)
        return self.sessions[number]

    def commit_only(self, *names: str, date: str = "2026-09-01T00:00:00+00:00") -> None:
        """Commit these files as they are, and nothing else."""
        known = self.repo.git("ls-files").splitlines()
        wanted = [name for name in names if name in known or (self.repo.path / name).exists()]
        if wanted:
            self.repo.git("add", "-A", "-f", "--", *wanted)
        dates = {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}
        self.repo.git("commit", "-q", "--allow-empty", "-m", f"only {names}", **dates)

    def act(self, action: str, which: int, seed: int) -> None:
        name = NAMES[which % len(NAMES)]
        before = self.text(name)
        if action == "tool":
            session = self.session(seed % 3)
            after = before + code(seed % 7)
            session.edit(f"{session.cwd}/{name}", before, after)
            session.save()
            if seed % 3 < 2:
                self.put(name, after)
        elif action == "paste":
            self.put(name, before + code(seed % 7))
        elif action == "person":
            self.put(name, before + code(1000 + seed, 3))
        elif action == "cut":
            lines = before.splitlines(keepends=True)
            del lines[: seed % (len(lines) + 1)]
            self.put(name, "".join(lines))
        elif action == "delete":
            (self.repo.path / name).unlink(missing_ok=True)
        elif action == "commit":
            self.commits += 1
            self.repo.git("add", "-A")
            date = f"2026-0{1 + seed % 8}-01T00:00:00+00:00"
            self.repo.commit("work", {"note.txt": f"{self.commits}\n"}, date=date)
        elif action == "commit one":
            self.commit_only(name, date=f"2026-0{1 + seed % 8}-15T00:00:00+00:00")
        elif action == "amend":
            self.repo.git("commit", "-q", "-a", "--amend", "--allow-empty", "-m", f"again {seed}")
        elif action == "forget":
            for path in (self.repo.home / ".claude").rglob("*.jsonl"):
                path.unlink()


def same(repo: Repo) -> ScanResult:
    expected = cold(repo)
    assert warm(repo) == expected
    return expected


ACTIONS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "tool",
                "tool",
                "tool",
                "paste",
                "person",
                "cut",
                "delete",
                "commit",
                "commit one",
                "amend",
                "forget",
                "scan",
                "scan",
            ]
        ),
        st.integers(0, 5),
        st.integers(0, 60),
    ),
    min_size=3,
    max_size=10,
)


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(actions=ACTIONS)
def test_what_was_kept_says_what_a_scan_without_it_says(actions: list[tuple[str, int, int]]) -> None:
    """Sessions here and elsewhere, edits, pastes, deletions, commits with any date, files that no scan looks at."""
    with tempfile.TemporaryDirectory() as folder:
        world = World(Repo(Path(folder) / "repo"))
        files = {name: code(500 + at) for at, name in enumerate(NAMES) if "ignored" not in name}
        settings = {".gitignore": "ignored/\n", "whence.toml": 'version = 1\nexclude = ["excluded/**"]\n'}
        world.repo.commit("start", {**files, **settings}, date="2025-01-01T00:00:00+00:00")
        same(world.repo)
        for action, which, seed in actions:
            if action == "scan":
                same(world.repo)
            else:
                world.act(action, which, seed)
        same(world.repo)


def own(seed: int, lines: int = 8) -> str:
    """Lines of code that share no words, nor stems of words, with one another or with those of another seed."""
    ends = [f"{seed}x{at}".translate(_LETTERS) for at in range(lines)]
    return "".join(f"    harbour{end} = berth{end}(tide{end}, swell{end})\n" for end in ends)


_LETTERS = str.maketrans("0123456789", "abcdefghij")


def test_only_files_that_a_change_concerns_are_looked_at_again(repo: Repo) -> None:
    """A session that grew, and an edited file, cost the files that share text with them."""
    world = World(repo)
    files = {f"f{number}.py": own(2000 + number) for number in range(8)}
    repo.commit("start", files, date="2025-01-01T00:00:00+00:00")
    session = world.session(0)
    world.put("a.py", own(1))
    session.write(f"{session.cwd}/a.py", own(1))
    session.save()
    same(repo)
    assert set(known(repo)) == {*files, "a.py"}
    after = world.text("a.py") + own(2)
    session.edit(f"{session.cwd}/a.py", world.text("a.py"), after)
    session.save()
    world.put("a.py", after)
    assert set(known(repo)) == set(files)
    same(repo)
    world.put("f3.py", files["f3.py"] + "one_more = line_of(a_person)\n")
    assert set(known(repo)) == {*files, "a.py"} - {"f3.py"}
    same(repo)
    other = Claude(repo.home, "/srv/other", session="90000000-0000-4000-8000-000000000000")
    other.write("/srv/other/x.py", files["f5.py"])
    other.save()
    assert set(known(repo)) == {*files, "a.py"} - {"f5.py"}
    found = same(repo)
    assert {result.path for result in found.files if result.attributions} == {"a.py"}


def test_a_commit_that_touches_few_files_costs_those_and_what_shares_text_with_them(repo: Repo) -> None:
    """Files of tools and of people; a commit of lines that a tool wrote says of their copies too who was first."""
    world = World(repo)
    files = {f"f{number}.py": own(2000 + number) for number in range(8)}
    repo.commit("start", files, date="2025-01-01T00:00:00+00:00")
    session = world.session(0)
    for name, seed in (("a.py", 1), ("b.py", 2), ("c.py", 3)):
        world.put(name, own(seed))
        session.write(f"{session.cwd}/{name}", own(seed))
    session.save()
    world.put("copy.py", own(1))
    same(repo)
    every = {*files, "a.py", "b.py", "c.py", "copy.py"}
    assert set(known(repo)) == every
    world.commit_only("a.py")
    assert {"a.py"} <= every - set(known(repo)) <= {"a.py", "copy.py"}
    same(repo)
    assert set(known(repo)) == every
    world.put("f3.py", files["f3.py"] + "one_more = line_of(a_person)\n")
    world.commit_only("f3.py")
    assert set(known(repo)) == every - {"f3.py"}
    same(repo)
    world.put("b.py", own(2) + "another = line_by(a_person)\n")
    world.put("f5.py", files["f5.py"] + own(4))
    world.commit_only("b.py", "f5.py")
    assert set(known(repo)) == every - {"b.py", "f5.py"}
    found = same(repo)
    assert {result.path for result in found.files if result.attributions} == {
        "a.py",
        "b.py",
        "c.py",
        "copy.py",
    }


def test_when_a_line_came_concerns_only_who_asked_for_that(repo: Repo) -> None:
    """Who has one line in common with what a tool wrote asks whether it is usual, and not who wrote it first."""
    world = World(repo)
    shared = "    quay_ledger = settled_accounts(harbourmaster, tonnage)\n"
    repo.commit("start", {"f.py": own(2000)}, date="2025-01-01T00:00:00+00:00")
    session = world.session(0)
    session.write(f"{session.cwd}/a.py", own(1) + shared)
    session.now += timedelta(days=60)
    session.write(f"{session.cwd}/b.py", own(3))
    session.save()
    for name, seed in (("a.py", 1), ("copy.py", 1), ("line.py", 2)):
        world.put(name, own(seed) + shared)
    same(repo)
    every = {"f.py", "a.py", "copy.py", "line.py"}
    assert set(known(repo)) == every
    world.commit_only("a.py", date="2026-06-20T00:00:00+00:00")
    assert set(known(repo)) == every - {"a.py", "copy.py"}
    same(repo)
    repo.git("commit", "-q", "--amend", "-C", "HEAD", "--date", "2026-05-01T00:00:00+00:00")
    assert set(known(repo)) == every - {"a.py", "copy.py"}
    found = same(repo)
    assert {result.path for result in found.files if result.attributions} == set()


def test_lines_that_everybody_writes_concern_only_whom_they_become_common_to(repo: Repo) -> None:
    """A commit of a line that blocks of all files hold: it matters from the third file on, and to those who asked of it."""
    world = World(repo)
    shared = "    quay_ledger = settled_accounts(harbourmaster, tonnage)\n"
    files = {f"f{number}.py": own(2000 + number) for number in range(4)}
    repo.commit("start", files, date="2025-01-01T00:00:00+00:00")
    session = world.session(0)
    for name, seed in (("a.py", 1), ("b.py", 2)):
        world.put(name, own(seed) + shared)
        session.write(f"{session.cwd}/{name}", own(seed) + shared)
    session.write(f"{session.cwd}/c.py", own(3))
    world.put("c.py", own(3))
    session.save()
    same(repo)
    every = {*files, "a.py", "b.py", "c.py"}
    world.put("c.py", own(3) + own(5))
    assert set(known(repo)) == every - {"c.py"}
    same(repo)
    world.put("f0.py", files["f0.py"] + shared)
    assert set(known(repo)) == every - {"f0.py", "a.py", "b.py"}
    same(repo)
    world.put("f1.py", files["f1.py"] + shared)
    assert set(known(repo)) == every - {"f1.py"}
    same(repo)


def test_a_look_after_a_commit_asks_for_the_texts_that_changed_only(
    repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is counted anew, and no file is read or compared that nobody touched."""
    world = World(repo)
    files = {f"f{number}.py": own(2000 + number) for number in range(12)}
    repo.commit("start", files, date="2025-01-01T00:00:00+00:00")
    session = world.session(0)
    world.put("a.py", own(1))
    session.write(f"{session.cwd}/a.py", own(1))
    session.save()
    same(repo)
    asked: set[str] = set()
    rows = Lineages.rows

    def counted(self: Lineages, kind: str, names: Collection[str]) -> Mapping[str, bytes]:
        if kind == TEXTS:
            asked.update(names)
        return rows(self, kind, names)

    monkeypatch.setattr(Lineages, "rows", counted)
    world.put("f3.py", files["f3.py"] + "one_more = line_of(a_person)\n")
    world.commit_only("f3.py")
    same(repo)
    assert len(asked) == 3  # f3.py before and after, and what the tool wrote


def test_a_rebase_has_only_the_new_commits_read(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that are gone are forgotten, those that are the same are known."""
    world = World(repo)
    repo.commit("start", {"f.py": own(2000)}, date="2025-01-01T00:00:00+00:00")
    session = world.session(0)
    world.put("a.py", own(1))
    session.write(f"{session.cwd}/a.py", own(1))
    session.save()
    for number in range(3):
        world.put(f"g{number}.py", own(2100 + number))
        world.commit_only(f"g{number}.py")
    repo.git("checkout", "-q", "-b", "side", "HEAD~1")
    world.put("h.py", own(2200))
    world.commit_only("h.py")
    same(repo)
    read: list[str] = []
    added = commits._added

    def counted(*arguments: Any) -> Iterator[tuple[str, float, array[int]]]:
        for commit, moment, lines in added(*arguments):
            read.append(commit)
            yield commit, moment, lines

    repo.git("rebase", "-q", "main")
    monkeypatch.setattr(commits, "_added", counted)
    warm(repo)
    assert read == [repo.git("rev-parse", "HEAD")]
    monkeypatch.setattr(commits, "_added", added)
    same(repo)


def test_branches_come_from_the_same_commit_before_tools_wrote(repo: Repo) -> None:
    """A checkout of a place before the merge of an old branch has no file looked at again that is the same there."""
    world = World(repo)
    repo.commit("start", {"f.py": own(2000)}, date="2025-01-01T00:00:00+00:00")
    repo.git("checkout", "-q", "-b", "side")
    world.put("s.py", own(2001))
    world.commit_only("s.py", date="2025-01-03T00:00:00+00:00")
    repo.git("checkout", "-q", "main")
    session = world.session(0)
    world.put("a.py", own(1))
    session.write(f"{session.cwd}/a.py", own(1))
    session.save()
    world.commit_only("a.py")
    dates = {f"GIT_{who}_DATE": "2026-09-02T00:00:00+00:00" for who in ("AUTHOR", "COMMITTER")}
    repo.git("merge", "-q", "--no-edit", "side", **dates)
    same(repo)
    repo.git("checkout", "-q", "HEAD~1")
    assert set(known(repo)) == {"a.py", "f.py"}
    same(repo)


@pytest.fixture
def written(repo: Repo) -> World:
    """People's files, three that a tool wrote, one of them on another branch only, and a copy that asks about each."""
    world = World(repo)
    files = {f"f{number}.py": own(2000 + number) for number in range(4)}
    repo.commit("start", {**files, "whence.toml": "version = 1\n"}, date="2025-01-01T00:00:00+00:00")
    session = world.session(0)
    for name, seed in (("a.py", 1), ("b.py", 2), ("c.py", 3)):
        session.write(f"{session.cwd}/{name}", own(seed))
    session.save()
    for name, seed in (("a.py", 1), ("b.py", 2)):
        world.put(name, own(seed))
    world.commit_only("a.py", "b.py")
    repo.git("checkout", "-q", "-b", "side")
    world.put("c.py", own(3))
    world.commit_only("c.py")
    repo.git("checkout", "-q", "main")
    return world


def test_a_file_that_comes_and_goes_concerns_only_who_asks_about_it(written: World) -> None:
    """A branch has a file that a tool wrote and that the other one lacks; nothing else is looked at again."""
    repo = written.repo
    same(repo)
    every = {"a.py", "b.py", *(f"f{number}.py" for number in range(4))}
    repo.git("checkout", "-q", "side")
    assert every <= set(known(repo))
    same(repo)
    written.put("f0.py", own(2000) + own(3)[: len(own(3)) // 2])
    repo.git("checkout", "-q", "main")
    same(repo)
    repo.git("checkout", "-q", "side")
    (repo.path / "c.py").unlink()
    assert every - {"f0.py"} <= set(known(repo))
    same(repo)


def test_names_of_people_and_what_git_remembers_of_branches_concern_no_session(written: World) -> None:
    """A pull that brings a .mailmap and a branch that follows another one."""
    repo = written.repo
    written.put("m.py", own(7))
    repo.commit("Add\n\nCo-Authored-By: Claude <noreply@anthropic.com>", {"m.py": own(7)})
    same(repo)
    every = set(known(repo))
    assert {"a.py", "m.py"} <= every
    repo.git("config", "branch.main.merge", "refs/heads/main")
    assert set(known(repo)) == every
    same(repo)
    name = repo.git("log", "-1", "--format=%ae")
    names = {".mailmap": f"Dana Doe <doe@example.org> <{name}>\n"}
    repo.commit("Names", names, date="2026-09-05T00:00:00+00:00")
    assert set(known(repo)) >= every
    same(repo)


def test_what_people_do_daily_with_git_leaves_the_answers_of_a_fresh_look(written: World) -> None:
    """Each with files that a tool wrote on both sides; and a person's file is looked at again only if it was touched."""
    repo, put = written.repo, written.put
    day = {f"GIT_{who}_DATE": "2026-09-05T00:00:00+00:00" for who in ("AUTHOR", "COMMITTER")}

    def check(*touched: str) -> None:
        assert {f"f{number}.py" for number in range(4)} - set(touched) <= set(known(repo))
        same(repo)

    def save(name: str, text: str, *how: str) -> None:
        put(name, text)
        repo.git("add", "-A")
        repo.git("commit", "-q", *how, **day)

    same(repo)
    repo.git("checkout", "-q", "side")
    same(repo)
    save("a.py", own(1) + own(11), "-m", "more")
    check()
    save("a.py", own(1) + own(12), "--amend", "-m", "again")
    check()
    repo.git("checkout", "-q", "main")
    save("f0.py", own(2000) + own(13), "-m", "on main")
    check("f0.py")
    repo.git("checkout", "-q", "side")
    repo.git("rebase", "-q", "main", **day)
    check()
    put("b.py", own(14) + own(2))
    repo.git("stash", "-q", **day)
    check()
    repo.git("stash", "pop", "-q")
    check()
    save("b.py", own(15) + own(2), "-m", "kept")
    save("a.py", own(1) + own(16), "--fixup", "HEAD~1")
    check()
    repo.git("rebase", "-q", "-i", "--autosquash", "main", GIT_SEQUENCE_EDITOR="true", **day)
    check()
    for branch in ("main", "side", "main"):
        repo.git("checkout", "-q", branch)
        check()
    repo.git("cherry-pick", "side", **day)
    check()
    repo.git("reset", "-q", "--hard", "HEAD~1")
    repo.git("merge", "-q", "--squash", "side")
    repo.git("commit", "-q", "-m", "all of it", **day)
    check()


def test_what_no_time_was_left_for_is_looked_at_again(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing has changed since, and still the next scan says what was not measured before."""
    world = World(repo)
    repo.commit("start", {"f.py": own(2000)}, date="2025-01-01T00:00:00+00:00")
    session = world.session(0)
    world.put("a.py", own(1))
    session.write(f"{session.cwd}/a.py", own(1))
    session.save()
    with monkeypatch.context() as hurry:
        hurry.setattr(base, "TIME_BUDGET", -1.0)
        gaps = [gap.why for gap in warm(repo).not_measured]
        assert any("was not read in full" in why for why in gaps)
    same(repo)
    assert "a.py" in known(repo)


def test_what_many_files_hold_is_counted_exactly_in_a_workspace_of_800_000_lines() -> None:
    """Only then can be told which files a commit leaves as they were; a still larger one is counted nearly."""
    assert Counting(840_000).exact
    assert not Counting(3_000_000).exact


def test_where_lines_are_counted_nearly_a_commit_has_every_file_looked_at_again(
    repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Slow, and never wrong."""
    monkeypatch.setattr(habits, "MAX_EXACT", 0)
    world = World(repo)
    world.put("f.py", own(2000))
    repo.commit("start", {"a.py": own(1), "b.py": own(2)}, date="2025-01-01T00:00:00+00:00")
    session = world.session(0)
    session.write(f"{session.cwd}/c.py", own(3))
    world.put("c.py", own(3))
    session.save()
    same(repo)
    assert set(known(repo)) == {"a.py", "b.py", "c.py", "f.py"}
    world.put("a.py", own(1) + own(4))
    world.commit_only("a.py")
    assert not known(repo)
    same(repo)


def test_a_write_of_which_only_the_place_is_left_concerns_its_file(repo: Repo) -> None:
    """No line of it is there, and no three words in a row: only the lines that it stood between."""
    world = World(repo)
    above, *rest, below = own(9, 4).splitlines(keepends=True)
    written = "".join(f"    combine(tide_{at}, swell_{at}) - combine\n" for at in range(6))
    repo.commit("start", {"a.py": above + below, "f.py": own(2001)}, date="2025-01-01T00:00:00+00:00")
    session = world.session(0)
    text = above + written.replace("combine", "merge") + below + "".join(rest)
    session.edit(f"{session.cwd}/a.py", above + below, above + below + "".join(rest))
    session.save()
    world.put("a.py", text)
    same(repo)
    assert set(known(repo)) == {"a.py", "f.py"}
    session.edit(f"{session.cwd}/a.py", above + below, above + written + below)
    session.save()
    assert set(known(repo)) == {"f.py"}
    found = same(repo)
    (result,) = [result for result in found.files if result.attributions]
    assert result.path == "a.py"
