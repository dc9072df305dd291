"""One look for all sources at the commits that have something to say; from the last look only the difference is new."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from support.git import Repo
from whence.evidence import lineage as module
from whence.evidence.interface import Context
from whence.evidence.lineage import Lineage, lineage
from whence.evidence.origins import trace
from whence.repo import Repository
from whence.tools import Registry

CLAUDE = "Add\n\nCo-Authored-By: Claude <noreply@anthropic.com>"
NOTE = """%s
  abc 1-2
---
{"schema_version": "authorship/3.0.0", "base_commit_sha": "", "prompts": {"abc": {"agent_id":
{"tool": "cursor", "id": "x", "model": "gpt-5"}, "human_author": null, "messages": []}}}
"""


def text(name: str, lines: int = 12) -> str:
    return "".join(f"line {number} of the file {name}, told apart\n" for number in range(lines))


class Kept:
    """What looks kept, the newest first."""

    def __init__(self) -> None:
        self.values: dict[tuple[str, str], Any] = {}

    def recent(self, kind: str) -> Sequence[str]:
        return [name for known, name in reversed(self.values) if known == kind]

    def recall(self, kind: str, name: str, of: type[Any]) -> Any:
        return self.values.get((kind, name))

    def keep(self, kind: str, name: str, of: type[Any], value: Any) -> None:
        self.values.pop((kind, name), None)
        self.values[kind, name] = value


def look(repo: Repo, memory: Kept | None, since: float | None = None) -> Lineage:
    repository = Repository.open(repo.path, repo.environment)
    assert repository is not None
    paths = repo.git("ls-tree", "-r", "--name-only", "HEAD").splitlines()
    return lineage(
        Context(
            repo.path, repository, Registry.builtin(), paths, repo.environment, memory=memory, since=since
        )
    )


class Watch:
    """What is read at each look, and that nothing but the work differs."""

    def __init__(self, repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
        self.repo = repo
        self.memory = Kept()
        self.since: float | None = None
        self.whole = 0
        """Walks through the whole history."""
        self.messages = 0
        """Commits whose messages were read."""
        walk, read = trace.walk, module.declared

        def walked(*arguments: Any) -> Any:
            self.whole += 1
            return walk(*arguments)

        def declared(
            repository: Repository, registry: Registry, head: str, but: Sequence[str], check: Any
        ) -> Any:
            names = [f"^{name}" for name in but]
            self.messages += int(repo.git("rev-list", "--count", head, *names))
            return read(repository, registry, head, but, check)

        monkeypatch.setattr(trace, "walk", walked)
        monkeypatch.setattr(module, "declared", declared)

    def check(self, *, whole: int, messages: int) -> Lineage:
        """One more look: so many walks through everything, so many messages."""
        expected = look(self.repo, None, self.since)
        self.whole = self.messages = 0
        found = look(self.repo, self.memory, self.since)
        assert (self.whole, self.messages) == (whole, messages)
        assert found.marked == expected.marked
        assert found.noted == expected.noted
        assert sorted(found.elsewhere) == sorted(expected.elsewhere)
        assert found.origins.files == expected.origins.files
        assert found.origins.not_measured == expected.origins.not_measured
        for place, base in expected.origins.bases.items():
            assert found.origins.bases[place] == base
        return found


@pytest.fixture
def watch(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> Watch:
    repo.commit("Start", {name: text(name) for name in ("a.py", "b.py", "c.py")})
    repo.commit(CLAUDE, {"b.py": text("b.py") + text("tool", 4)})
    repo.commit("By hand", {"a.py": text("a.py") + "mine\n"})
    found = Watch(repo, monkeypatch)
    assert found.check(whole=1, messages=3).origins.files
    return found


def test_sources_share_one_look(repo: Repo) -> None:
    """Who asks second is answered by the first one's look."""
    repo.commit(CLAUDE, {"a.py": text("a.py")})
    repository = Repository.open(repo.path, repo.environment)
    context = Context(repo.path, repository, Registry.builtin(), ["a.py"], repo.environment)
    assert lineage(context) is lineage(context)


def test_marked_and_noted_commits_go_in_one_pass(watch: Watch) -> None:
    """What a commit only has by its note is a line's origin beside what others declare."""
    watch.repo.note(watch.repo.commit("Noted", {"c.py": text("tool c", 3) + text("c.py")}), NOTE % "c.py")
    found = watch.check(whole=0, messages=1)
    assert sorted(found.origins.files) == ["b.py", "c.py"]
    assert len(found.noted) == 1


def commit(repo: Repo) -> None:
    repo.commit(CLAUDE, {"a.py": text("new", 3) + text("a.py")})


def move(repo: Repo) -> None:
    repo.commit("Move", {"b.py": None, "d/b.py": "first\n" + text("b.py") + text("tool", 4)})


def amend(repo: Repo) -> None:
    repo.git("commit", "-q", "--amend", "-m", CLAUDE)


def branch(repo: Repo) -> None:
    repo.git("checkout", "-q", "-b", "side", "HEAD~1")
    commit(repo)


def delete(repo: Repo) -> None:
    repo.commit("Delete", {"b.py": None})


@pytest.mark.parametrize(
    ("change", "messages"), [(commit, 1), (move, 1), (amend, 1), (branch, 1), (delete, 1)]
)
def test_a_new_commit_costs_one_commit(watch: Watch, change: Callable[[Repo], None], messages: int) -> None:
    """Whatever it does, and whatever it takes the place of."""
    change(watch.repo)
    watch.check(whole=0, messages=messages)
    watch.check(whole=0, messages=0)


def test_going_back_costs_no_message(watch: Watch) -> None:
    """An older commit is known from a newer one, and HEAD itself is remembered."""
    watch.repo.git("checkout", "-q", "HEAD~1")
    watch.check(whole=0, messages=0)
    watch.repo.git("checkout", "-q", "main")
    watch.check(whole=0, messages=0)


def test_what_the_newer_commit_changed_is_looked_for_alone(watch: Watch) -> None:
    """Going back behind a change of a tool's file needs that file's history, and only that."""
    watch.repo.commit("Change", {"b.py": "top\n" + text("b.py") + text("tool", 4)})
    watch.memory.values.clear()
    watch.check(whole=1, messages=4)
    watch.repo.git("checkout", "-q", "HEAD~1")
    watch.check(whole=1, messages=0)


def test_a_rebase_costs_what_it_replayed(watch: Watch) -> None:
    """Two commits onto one: three messages, no walk through everything."""
    repo = watch.repo
    repo.git("checkout", "-q", "-b", "side", "HEAD~1")
    commit(repo)
    repo.commit("More by hand", {"c.py": text("c.py") + "more\n"})
    watch.check(whole=0, messages=2)
    repo.git("rebase", "-q", "main", "-X", "theirs")
    watch.check(whole=0, messages=2)


def test_a_merge_of_an_old_branch(watch: Watch) -> None:
    """Lines that came to where the branch began are known from there."""
    repo = watch.repo
    repo.git("checkout", "-q", "-b", "side", "HEAD~2")
    repo.commit(CLAUDE, {"c.py": text("tool c", 3) + text("c.py")})
    repo.git("checkout", "-q", "main")
    repo.merge("side")
    watch.check(whole=0, messages=2)


def test_what_comes_back_is_found_behind_the_last_look(watch: Watch) -> None:
    """In a revert of a revert, of a file that is as it was, and of one that only another branch has so."""
    repo = watch.repo
    tool = text("b.py") + text("tool", 4)
    added = repo.git("rev-parse", "HEAD~1")
    back = repo.commit(f"Back\n\nThis reverts commit {added}.", {"b.py": text("b.py")})
    repo.commit("By hand", {"b.py": "hand\n" + text("b.py")})
    assert not watch.check(whole=0, messages=2).origins.files
    repo.commit(f"Again\n\nThis reverts commit {back}.", {"b.py": "hand\n" + tool})
    (run,) = watch.check(whole=1, messages=1).origins.files["b.py"]
    assert (run.commit, run.start, run.length) == (added, 14, 4)
    repo.commit("Away", {"b.py": None})
    assert not watch.check(whole=0, messages=1).origins.files
    repo.commit("As it was", {"b.py": "hand\n" + tool})
    assert watch.check(whole=1, messages=1).origins.files["b.py"] == (run,)
    repo.commit("Away again", {"b.py": None})
    repo.git("checkout", "-q", "-b", "side", "HEAD~1")
    repo.commit("By hand", {"a.py": "hand\n"})
    assert watch.check(whole=0, messages=1).origins.files["b.py"] == (run,)
    repo.git("rebase", "-q", "main")
    repo.commit("As it was", {"b.py": "hand\n" + tool})
    assert watch.check(whole=0, messages=3).origins.files["b.py"] == (run,)


def test_a_note_that_comes_late_is_one_commits_work(watch: Watch) -> None:
    """As recorders write notes some time after the commit; the look before that commit still holds."""
    noted = watch.repo.commit("Noted", {"c.py": text("tool c", 3) + text("c.py")})
    watch.check(whole=0, messages=1)
    watch.repo.note(noted, NOTE % "c.py")
    assert noted in watch.check(whole=0, messages=1).noted


def test_a_note_on_an_old_commit_begins_anew(watch: Watch) -> None:
    """No look before knew that the commit counts. One that goes away likewise."""
    old = watch.repo.git("rev-parse", "HEAD~2")
    watch.repo.note(old, NOTE % "a.py")
    watch.check(whole=1, messages=3)
    watch.check(whole=0, messages=0)
    watch.repo.git("notes", "--ref=ai", "remove", old)
    watch.memory.values = {
        key: value for key, value in watch.memory.values.items() if value.noted or key[1] != "never"
    }
    last = next(iter(watch.memory.values.values()))
    assert last.noted == (old,)
    watch.check(whole=1, messages=3)


def test_a_note_on_another_branch_is_no_new_work(watch: Watch) -> None:
    """It is asked once whether the commit is behind HEAD."""
    repo = watch.repo
    repo.git("checkout", "-q", "-b", "side")
    other = repo.commit("Other", {"c.py": "one\n"})
    repo.git("checkout", "-q", "main")
    repo.note(other, NOTE % "c.py")
    assert len(watch.check(whole=0, messages=0).elsewhere) == 1
    repo.merge("side")
    assert other in watch.check(whole=0, messages=2).noted


def test_a_new_list_of_ignored_commits_begins_anew(watch: Watch) -> None:
    """And what git guessed because of it is kept for files that stay as they are."""
    repo = watch.repo
    noise = repo.commit(
        "Format", {"b.py": text("b.py") + text("tool", 4).replace("told apart", "told (apart)")}
    )
    watch.check(whole=0, messages=1)
    repo.commit("List", {".git-blame-ignore-revs": noise + "\n"})
    assert len(watch.check(whole=1, messages=1).origins.files["b.py"]) == 1
    repo.commit("By hand", {"a.py": "hand\n"})
    assert len(watch.check(whole=0, messages=1).origins.files["b.py"]) == 1
    repo.commit("By hand", {"b.py": "hand\n" + (repo.path / "b.py").read_text()})
    assert len(watch.check(whole=0, messages=1).origins.files["b.py"]) == 1


def test_a_look_that_was_lost_on_the_way_is_not_believed(watch: Watch) -> None:
    """A name without its value, and a commit that is not there any more."""
    head = watch.repo.git("rev-parse", "HEAD")
    watch.memory.values = {("lineage", "1" * 40): watch.memory.values["lineage", head]}
    watch.check(whole=1, messages=3)


def test_notes_that_cannot_be_listed_silence_no_commit(repo: Repo) -> None:
    """What declares a tool is known without them; why they are not is said."""
    repo.commit(CLAUDE, {"a.py": text("a.py")})
    repo.git("update-ref", "refs/notes/ai", repo.git("hash-object", "-w", "--stdin", feed=b"no tree"))
    memory = Kept()
    found = look(repo, memory)
    assert sorted(found.origins.files) == ["a.py"]
    assert found.notes_trouble
    assert memory.values == {}


def test_what_a_noted_commit_had_before_it_is_remembered(watch: Watch) -> None:
    """A note that claims more lines than its commit added is told by that, whatever was committed since."""
    repo = watch.repo
    noted = repo.commit("With a tool", {"c.py": text("c.py") + text("late", 4)})
    repo.note(noted, NOTE % "c.py")
    watch.memory = Kept()
    assert watch.check(whole=1, messages=4).origins.bases.keys() == {(noted, "c.py")}
    repo.commit("By hand", {"a.py": "another\n"})
    assert watch.check(whole=0, messages=1).origins.bases.keys() == {(noted, "c.py")}


def test_what_is_older_than_the_policy_wants_is_not_looked_for(watch: Watch) -> None:
    """Neither what an old commit declares nor its note, at the first look and from one near by."""
    repo = watch.repo
    old = repo.git("rev-parse", "HEAD~1")
    noted = repo.git("rev-parse", "HEAD~2")
    repo.note(noted, NOTE % "a.py")
    new = repo.commit(CLAUDE, {"c.py": text("c.py") + text("late", 4)}, date="2026-07-01T10:00:00+00:00")
    repo.note(new, NOTE % "c.py")
    watch.memory, watch.since = Kept(), 1782856800.0  # half a day before
    found = watch.check(whole=1, messages=4)
    assert (found.marked.keys(), found.noted.keys()) == ({new}, {new})
    assert found.origins.files.keys() == {"c.py"}
    later = repo.commit(
        "By hand", {"c.py": "mine\n" + text("c.py") + text("late", 4)}, date="2026-07-02T10:00:00+00:00"
    )
    repo.note(later, NOTE % "c.py")
    repo.note(old, NOTE % "b.py")
    assert watch.check(whole=0, messages=1).noted.keys() == {new, later}
