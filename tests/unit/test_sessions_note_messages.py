"""Conversations in git-ai's notes: what was asked for, never known to have happened, each once."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.git import Repo
from support.indexes import said
from support.notes import Chat
from whence.evidence.interface import Context
from whence.evidence.sessions.edits.inserted import own
from whence.evidence.sessions.interface import Event, Faults, Located, Outcome, Places, Read, Written
from whence.evidence.sessions.readers import note_messages
from whence.evidence.sessions.readers.note_messages import NoteMessages
from whence.evidence.sessions.source import Sessions
from whence.evidence.sessions.strength import UNKNOWN_OUTCOME
from whence.model import Document
from whence.repo import Repository
from whence.tools import Registry

ADA = "Ada Colleague <ada@example.org>"
THERE = "/Users/ada/work/other-name"
OLD = "def first(value):\n    return value * scale_of(value)\n"
NEW = "def first(value):\n    return clipped(value, lowest=0.5)\n"
INSERTED = "    return clipped(value, lowest=0.5)"
MORE = "def second(value):\n    return widened(value, highest=9.5)\n"


def located(repo: Repo) -> Located:
    repository = Repository.open(repo.path, repo.environment)
    return NoteMessages().locate(Places(repo.environment, repo.path, repository))


def events(repo: Repo, faults: Faults | None = None) -> list[Event]:
    faults = faults or Faults("")
    return [
        event
        for transcript in located(repo).transcripts
        for event in NoteMessages().read(transcript, faults, lambda _: None)
    ]


def written(repo: Repo) -> list[Written]:
    """What the conversations wrote, note by note."""
    faults = Faults("")
    found = [
        item
        for transcript in located(repo).transcripts
        for item in own(NoteMessages().read(transcript, faults, lambda _: None), faults)
    ]
    assert faults.count == 0, faults.first
    return found


def check(repo: Repo, expected: list[tuple[str, list[str]]]) -> None:
    """These lines were written into these files of the repository, or of elsewhere (absolute)."""
    top = f"{repo.path}/"
    found = [
        (item.path.removeprefix(top), [line for line in item.lines if line.strip()]) for item in written(repo)
    ]
    assert found == expected


def test_an_edit_is_known_with_its_person_and_no_outcome(repo: Repo) -> None:
    """Everything that the note says of a call; its path is taken for this repository's file."""
    repo.commit("start", {"lib/a.py": OLD})
    commit = repo.commit("edit", {"lib/a.py": NEW})
    chat = Chat(person=ADA)
    chat.user("please clip it")
    chat.edit(f"{THERE}/lib/a.py", OLD, NEW)
    chat.attach(repo, commit)
    (item,) = written(repo)
    assert (item.tool, item.model, item.session) == (
        "claude-code",
        "claude-sonnet-4-5-20250929",
        chat.agent["id"],
    )
    assert (item.outcome, item.person, item.lines) == (Outcome.UNKNOWN, ADA, (INSERTED,))
    assert (item.path, item.cwd) == (f"{repo.path}/lib/a.py", str(repo.path))
    assert item.time is not None
    assert item.time.isoformat() == "2026-06-01T10:00:01+00:00"
    assert item.locator.record == f"{chat.key}/1"
    assert repo.git("show", item.locator.file).startswith("a.py\n")


def test_a_claim_is_weaker_than_one_with_an_outcome(repo: Repo, tmp_path: Path) -> None:
    """The factor for unknown outcomes, and the colleague's name."""
    repo.commit("start", {"a.py": "import math\n"})
    commit = repo.commit("more", {"a.py": "import math\n" + NEW + MORE}, date="2026-06-01T12:00:00+00:00")
    chat = Chat(person=ADA)
    chat.edit(f"{THERE}/a.py", "import math\n", "import math\n" + NEW + MORE)
    chat.attach(repo, commit)
    repository = Repository.open(repo.path, repo.environment)
    context = Context(repo.path, repository, Registry.builtin(), ["a.py"], {"HOME": str(tmp_path / "none")})
    lines = tuple(("import math\n" + NEW + MORE).splitlines())
    (claim,) = Sessions().prepare(context).claims(Document("a.py", lines))
    assert (claim.lines, claim.source, claim.person) == (((2, 5),), "git-ai-messages", ADA)
    assert claim.confidence <= UNKNOWN_OUTCOME


def test_who_prompted_is_the_author_where_the_note_does_not_say(repo: Repo) -> None:
    """human_author may be null."""
    commit = repo.commit("edit", {"lib/a.py": NEW}, author=ADA)
    chat = Chat(person=None)
    chat.edit(f"{THERE}/lib/a.py", OLD, NEW)
    chat.attach(repo, commit)
    assert written(repo)[0].person == ADA


def test_git_knows_what_a_whole_file_write_added(repo: Repo) -> None:
    """Nothing else does: compared with the file before the commit, in which a person's lines stand."""
    repo.commit("start", {"lib/a.py": OLD + "\n" + MORE, "lib/same.py": OLD})
    commit = repo.commit("edit", {"lib/a.py": NEW + "\n" + MORE, "lib/new.py": MORE})
    chat = Chat()
    chat.write(f"{THERE}/lib/a.py", NEW + "\n" + MORE)
    chat.write(f"{THERE}/lib/new.py", MORE)
    chat.write(f"{THERE}/lib/same.py", OLD)
    chat.write("/tmp/elsewhere.py", MORE)
    chat.attach(repo, commit)
    check(repo, [("lib/a.py", [INSERTED]), ("lib/new.py", MORE.splitlines())])


def test_the_first_commit_brings_everything_in(repo: Repo) -> None:
    """It has no parent, and the file was not there."""
    commit = repo.commit("start", {"lib/a.py": NEW})
    chat = Chat()
    chat.write(f"{THERE}/lib/a.py", NEW)
    chat.attach(repo, commit)
    check(repo, [("lib/a.py", NEW.splitlines())])


def test_at_the_edge_of_a_shallow_clone_a_rewrite_names_no_line(repo: Repo, tmp_path: Path) -> None:
    """The commit seems to bring in the whole repository."""
    repo.commit("old", {"lib/a.py": OLD})
    commit = repo.commit("edit", {"lib/a.py": OLD + MORE})
    chat = Chat()
    chat.write(f"{THERE}/lib/a.py", OLD + MORE)
    chat.edit(f"{THERE}/lib/a.py", "x = 1", "x = limit_of(rows)")
    chat.attach(repo, commit)
    clone = Repo(tmp_path / "clone")
    clone.git("fetch", "-q", "--depth=1", f"file://{repo.path}", "main")
    clone.git("reset", "-q", "--hard", "FETCH_HEAD")
    clone.git("fetch", "-q", f"file://{repo.path}", "refs/notes/ai:refs/notes/ai")
    check(clone, [("lib/a.py", ["x = limit_of(rows)"])])
    check(repo, [("lib/a.py", MORE.splitlines()), ("lib/a.py", ["x = limit_of(rows)"])])


def test_what_a_person_typed_or_had_is_theirs(repo: Repo) -> None:
    """A prompt's code, and what an edit took out."""
    commit = repo.commit("edit", {"lib/a.py": NEW, "lib/b.py": OLD})
    chat = Chat()
    chat.user("use this:\n" + MORE)
    chat.edit(f"{THERE}/lib/a.py", OLD, NEW)
    chat.write(f"{THERE}/lib/b.py", OLD)
    chat.write(f"{THERE}/lib/c.py", MORE)
    chat.attach(repo, commit)
    check(repo, [("lib/a.py", [INSERTED])])
    reads = [event for event in events(repo) if isinstance(event, Read) and event.lines]
    assert [(event.sent, event.lines[0]) for event in reads] == [
        (True, "use this:"),
        (False, OLD.split("\n")[0]),
    ]


def test_each_note_repeats_the_session_and_each_call_counts_once(repo: Repo, tmp_path: Path) -> None:
    """The same call in the notes of several commits has one name, one path and one text."""
    chat = Chat()
    for number in range(3):
        text = NEW.replace("first", f"number_{number}")
        commit = repo.commit(f"edit {number}", {f"lib/{number}.py": text})
        chat.write(f"{THERE}/lib/{number}.py", text)
        chat.attach(repo, commit)
    repository = Repository.open(repo.path, repo.environment)
    context = Context(repo.path, repository, Registry.builtin(), [], {"HOME": str(tmp_path / "none")})
    Sessions().prepare(context)
    writes = said(tmp_path / "none").values()
    assert sorted(str(one[3]).rpartition("/")[2] for some in writes for one in some) == [
        "0.py",
        "1.py",
        "2.py",
    ]


def test_codex_and_commands_are_understood(repo: Repo) -> None:
    """A patch as the input, or in a command; and a here-document."""
    commit = repo.commit("edit", {"lib/a.py": NEW, "lib/b.py": MORE})
    chat = Chat(tool="codex", model="gpt-5")
    chat.use(
        "apply_patch",
        f"*** Begin Patch\n*** Update File: {THERE}/lib/a.py\n@@\n-x\n+{INSERTED}\n*** End Patch",
    )
    chat.use("exec_command", {"cmd": f"cat > lib/b.py <<'EOF'\n{MORE}EOF", "workdir": ""})
    chat.use("Bash", {"command": "git commit -F - <<'EOF'\nRework the whole of it for long inputs\nEOF"})
    chat.attach(repo, commit)
    found = written(repo)
    assert [(item.tool, list(item.lines)) for item in found] == [
        ("codex", [INSERTED]),
        ("codex", MORE.splitlines()),
    ]
    assert [f"{item.cwd}/{item.path}".rpartition(str(repo.path))[2] for item in found][1:] == ["/lib/b.py"]


def test_calls_without_text_write_nothing(repo: Repo) -> None:
    """Cursor's are cut down to the file; an MCP server's go elsewhere."""
    commit = repo.commit("edit", {"lib/a.py": NEW})
    chat = Chat(tool="cursor", model="default")
    for name in ("search_replace", "write", "MultiEdit", "apply_patch"):
        chat.use(name, {"file_path": f"{THERE}/lib/a.py"})
    chat.use("mcp__github__create_or_update_file", {"path": "lib/a.py", "content": NEW})
    chat.attach(repo, commit)
    check(repo, [])


def test_masked_lines_are_nobodys(repo: Repo) -> None:
    """git-ai puts eight asterisks into what might be a secret."""
    commit = repo.commit("edit", {"lib/a.py": NEW})
    chat = Chat()
    chat.edit(f"{THERE}/lib/a.py", "x", "key = 'AKIA********MPLE'\n" + NEW)
    chat.attach(repo, commit)
    check(repo, [("lib/a.py", NEW.splitlines())])


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (f"{THERE}/lib/a.py", "lib/a.py"),
        ("C:\\Users\\ada\\work\\lib\\a.py", "lib/a.py"),
        ("lib/a.py", "lib/a.py"),
        ("/Users/ada/notes/plan.md", "/Users/ada/notes/plan.md"),
    ],
)
def test_paths_of_another_machine_are_this_repositorys(repo: Repo, path: str, expected: str) -> None:
    """Where a file of the repository ends them; others stay as they are."""
    commit = repo.commit("edit", {"lib/a.py": NEW})
    chat = Chat()
    chat.edit(path, OLD, NEW)
    chat.attach(repo, commit)
    check(repo, [(expected, [INSERTED])])


def test_only_commits_behind_head_are_looked_at(repo: Repo) -> None:
    """Most notes speak of commits that a rebase replaced; their copies are what counts."""
    repo.commit("start", {"a.py": OLD})
    repo.git("checkout", "-q", "-b", "side")
    commit = repo.commit("edit", {"lib/a.py": NEW})
    chat = Chat()
    chat.edit(f"{THERE}/lib/a.py", OLD, NEW)
    chat.attach(repo, commit)
    assert len(located(repo).transcripts) == 1
    repo.git("checkout", "-q", "main")
    assert located(repo) == Located()


@pytest.mark.parametrize("section", ["prompts", "sessions"])
def test_early_sessions_had_conversations_too(repo: Repo, section: str) -> None:
    """Both maps are looked at; an empty part of lines before the JSON is normal."""
    commit = repo.commit("edit", {"lib/a.py": NEW})
    chat = Chat(model="<synthetic>")
    chat.edit(f"{THERE}/lib/a.py", OLD, NEW)
    chat.attach(repo, commit, section=section, lines="")
    check(repo, [("lib/a.py", [INSERTED])])
    assert written(repo)[0].model is None


def test_the_hint_gets_what_a_partial_clone_left_behind(repo: Repo, tmp_path: Path) -> None:
    """Nothing is fetched by itself; the command that is told does it, and its effect is seen at once."""
    repo.commit("start", {"a.py": OLD})
    commit = repo.commit("edit", {"a.py": NEW})
    chat = Chat(person=ADA)
    chat.user("a long request " * 100)
    chat.edit("a.py", OLD, NEW)
    chat.attach(repo, commit)
    repo.git("config", "uploadpack.allowFilter", "true")
    place = tmp_path / "clone"
    repo.git("clone", "-q", "--filter=blob:none", f"file://{repo.path}", str(place))
    repo.git("-C", str(place), "fetch", "-q", "origin", f"{note_messages.REF}:{note_messages.REF}")
    where = Places(repo.environment, place, Repository.open(place, repo.environment))
    (problem,) = NoteMessages().locate(where).problems
    assert NoteMessages().locate(where).transcripts == ()
    repo.git("-C", str(place), *problem.hint.split()[1:])
    again = NoteMessages().locate(where)
    assert (len(again.transcripts), again.problems) == (1, ())


def test_a_giant_note_is_told(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bound is said, and nothing is read."""
    commit = repo.commit("edit", {"lib/a.py": NEW})
    chat = Chat()
    chat.edit(f"{THERE}/lib/a.py", OLD, NEW)
    chat.attach(repo, commit)
    monkeypatch.setattr(note_messages, "MAX_NOTE", 200)
    faults = Faults("")
    assert (events(repo, faults), faults.count) == ([], 1)


def test_no_notes_and_no_repository_are_no_problem(repo: Repo) -> None:
    """The recorder was never used."""
    assert located(repo) == Located()
    repo.commit("start")
    assert located(repo) == Located()
    assert NoteMessages().locate(Places({}, repo.path, None)) == Located()


JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=6)
    | st.just("*** Begin Patch"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "text", "input", "path", "content", "edits", "x"]), inner, max_size=3
        )
    ),
    max_leaves=5,
)


@pytest.mark.parametrize("place", ["messages", "message", "input", "agent", "person", "old_string", "text"])
@given(value=JUNK, tail=st.binary(max_size=20))
@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_value_in_any_place_is_survived(tmp_path: Path, place: str, value: object, tail: bytes) -> None:
    """Nothing raises, and what is broken is at most told."""
    repo = Repo(tmp_path / "any")
    commit = repo.commit("edit", {"lib/a.py": NEW})
    chat = Chat()
    chat.edit(f"{THERE}/lib/a.py", OLD, NEW)
    chat.user("x")
    message = chat.messages[0]
    if place == "messages":
        chat.messages = value  # type: ignore[assignment]
    elif place == "message":
        chat.messages.append(value)
    elif place == "agent":
        chat.agent = value  # type: ignore[assignment]
        chat.__class__ = type("Odd", (Chat,), {"key": "0" * 16})
    elif place == "person":
        chat.person = value  # type: ignore[assignment]
    elif place == "old_string":
        message["input"]["old_string"] = value
    else:
        message[place] = value
    text = chat.text(commit).encode("utf-8", "surrogatepass")
    repo.git("notes", "--ref=ai", "add", "-f", "-F", "-", commit, feed=text + tail)
    assert all(isinstance(item.path, str) for item in own(events(repo), Faults("")))
