"""Aider's chat histories: what counts as written, in which format, with which outcome."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support import scenario
from support.aider import NAME, Aider, block
from support.git import Repo
from support.scenario import FIXTURES
from whence.evidence.sessions.edits.inserted import own
from whence.evidence.sessions.interface import Event, Faults, Places, Read, Transcript, Written
from whence.evidence.sessions.readers.aider import Aider as Reader
from whence.evidence.sessions.readers.aider.places import commit_times
from whence.repo import Repository

OLD = "    return value * scale_of(value)\n"
NEW = "    return clipped(value, lowest=0.5)\n"
LINE = NEW.rstrip("\n")
EDIT = block("a.py", OLD, NEW)


def events(history: Aider, folder: str = "/home/u/proj", ending: str = "\n") -> list[Event]:
    path = history.save(ending=ending)
    faults = Faults("~/h")
    found = list(Reader().read(Transcript(path, 1, 0.0, "~/h", folder), faults, lambda _: None))
    assert faults.count == 0, faults.first
    return found


def written(history: Aider, ending: str = "\n") -> list[Written]:
    return list(own(events(history, ending=ending), Faults("~/h")))


def check(history: Aider, expected: list[tuple[str, list[str]]]) -> None:
    """The history's chats wrote these lines into these files, and nothing else."""
    assert scenario.lines_by_path(written(history)) == expected


@pytest.fixture
def history(tmp_path: Path) -> Aider:
    return Aider(tmp_path)


UDIFF = "```diff\n--- a/a.py\n+++ b/a.py\n@@ ... @@\n def f(value):\n-" + OLD + "+" + NEW + "```\n"
PATCH = "*** Begin Patch\n*** Update File: a.py\n@@\n-" + OLD + "+" + NEW + "*** End Patch\n"
FORMS = {
    "diff": EDIT,
    "diff-fenced": f"```\na.py\n<<<<<<< SEARCH\n{OLD}=======\n{NEW}>>>>>>> REPLACE\n```\n",
    "editor-diff": EDIT,
    "udiff": UDIFF,
    "udiff-simple": UDIFF.replace("a/", "").replace("b/", ""),
    "patch": PATCH,
    "help": EDIT,
    "ask": PATCH,
}


@pytest.mark.parametrize("form", FORMS)
def test_every_format_counts(history: Aider, form: str) -> None:
    """Only the inserted line is kept, with who, when and where."""
    history.chat(form=form, model="claude-3-5-sonnet-20240620⚡").ask("do it")
    history.reply("I will.\n\n" + FORMS[form] + "\nDone.", "a.py")
    (item,) = written(history)
    assert (item.path, item.lines) == ("a.py", (LINE,))
    assert (item.tool, item.model, item.session) == ("aider", "claude-3-5-sonnet-20240620", "20260601-100000")
    assert item.cwd == "/home/u/proj"
    assert item.time == datetime(2026, 6, 1, 10).astimezone()
    line = history.text.split("\n")[item.locator.line - 1]
    assert line.startswith(("<<<<<<< SEARCH", "*** Begin Patch", " def f("))


@pytest.mark.parametrize("signs", [5, 7, 9])
@pytest.mark.parametrize("words", [("SEARCH", "REPLACE"), ("ORIGINAL", "UPDATED")])
def test_marks_of_every_age(history: Aider, signs: int, words: tuple[str, str]) -> None:
    """Five to nine signs, and the words of 2023."""
    history.chat().reply(block("a.py", OLD, NEW, signs=signs, words=words), "a.py")
    check(history, [("a.py", [LINE])])


@pytest.mark.parametrize(
    "above",
    [
        "a.py\n```python\n",
        "**a.py**\n```\n",
        "`a.py`:\n```\n",
        "### a.py\n```\n",
        "```python\na.py\n```\n```python\n",
        "a.py\n",
    ],
)
def test_paths_however_models_decorate_them(history: Aider, above: str) -> None:
    """The line before the fence, in the fence, or in a fence of its own."""
    history.chat().reply(f"{above}<<<<<<< SEARCH\n{OLD}=======\n{NEW}>>>>>>> REPLACE\n```", "a.py")
    check(history, [("a.py", [LINE])])


def test_a_second_block_without_a_path_is_of_the_same_file(history: Aider) -> None:
    """As Aider itself takes it."""
    second = "\n```\n<<<<<<< SEARCH\nx = 1\n=======\nx = total_of(everything)\n>>>>>>> REPLACE\n```\n"
    history.chat().reply(EDIT + second, "a.py")
    check(history, [("a.py", [LINE]), ("a.py", ["x = total_of(everything)"])])


def test_the_shortest_name_means_the_changed_file(history: Aider) -> None:
    """A block names the file alone; Aider says which one it changed."""
    history.chat().reply(EDIT, "src/deep/a.py")
    check(history, [("src/deep/a.py", [LINE])])


def test_a_block_that_names_the_wrong_file_went_where_aider_says(history: Aider) -> None:
    """Where a block does not fit its file, Aider tries the others of the chat."""
    history.chat().reply(EDIT, "other.py")
    check(history, [("other.py", [LINE])])


Outcome = Callable[[Aider], object]
OUTCOMES: dict[str, Outcome] = {
    "nothing said": lambda history: history.reply(EDIT),
    "the file ends": lambda history: setattr(history, "text", history.text + "\n" + EDIT),
    "a dry run": lambda history: history.reply(EDIT).say("Did not apply edit to a.py (--dry-run)"),
    "refused": lambda history: history.reply(EDIT).say(
        "a.py", "Create new file? (Y)es/(N)o [Yes]: n", "Skipping edits to a.py"
    ),
    "another was applied": lambda history: history.reply(EDIT + block("b.py", "", "y = 1\n"), "c.py"),
    "failed": lambda history: history.reply(EDIT).fail("a.py", OLD, NEW),
    "interrupted": lambda history: history.reply(EDIT).say("^C KeyboardInterrupt"),
    "the next reply was applied": lambda history: history.reply(EDIT).ask("no").reply("Fine.", "a.py"),
    "malformed": lambda history: (
        history.reply(EDIT.replace(">>>>>>> REPLACE\n", ""))
        .complain("I will.\n\n" + EDIT.replace(">>>>>>> REPLACE\n```\n", "^^^ Expected `>>>>>>> REPLACE`"))
        .reply("Sorry, nothing.", "a.py")
    ),
    "the numbers disagree": lambda history: history.reply(EDIT + block("a.py", "x = 1\n", "x = 2\n")).fail(
        "a.py", "y = 1\n", "y = 3\n", others=1
    ),
    "undone": lambda history: (
        history.reply(EDIT, "a.py", commit="1a2b3c4")
        .ask("/undo")
        .say("Removed: 1a2b3c4 feat: something", "Now at:  0000000 Start")
    ),
    "undone long ago": lambda history: (
        history.reply(EDIT, "a.py", commit="1a2b3c4")
        .ask("/undo")
        .say("Commit `1a2b3c4` was reset and removed from git.")
    ),
}


@pytest.mark.parametrize("outcome", OUTCOMES)
@pytest.mark.parametrize("plain", [True, False], ids=["older", "newer"])
def test_what_did_not_happen_wrote_nothing(tmp_path: Path, outcome: str, plain: bool) -> None:
    """Refused, failed, tried, interrupted and undone edits never count."""
    history = Aider(tmp_path, plain=plain).chat().ask("do it")
    OUTCOMES[outcome](history)
    assert LINE not in [line for item in written(history) for line in item.lines]


@pytest.mark.parametrize("plain", [True, False], ids=["older", "newer"])
def test_where_some_blocks_failed_the_others_count(tmp_path: Path, plain: bool) -> None:
    """Aider says how many were applied, and lists those that were not, in the shape of blocks."""
    history = Aider(tmp_path, plain=plain).chat().ask("do it")
    history.reply(EDIT + "\n" + block("b.py", "x = 1\n", "x = total_of(everything)\n"))
    history.fail("a.py", OLD, NEW, others=1).say("Commit 1a2b3c4 feat: half of it")
    history.reply("I am sorry. Without it, then.")
    (item,) = written(history)
    assert (item.path, item.lines, item.locator.record) == ("b.py", ("x = total_of(everything)",), "1a2b3c4")


def test_where_some_hunks_failed_the_others_count(history: Aider) -> None:
    """Aider goes on after a hunk that does not fit."""
    bad = "@@ ... @@\n-def not_there(value):\n+def still_not_there(value):\n```\n"
    history.chat(form="udiff").reply(UDIFF.removesuffix("```\n") + bad)
    history.complain(
        "UnifiedDiffNoMatch: hunk failed to apply!\n\na.py does not contain lines that match the diff you provided!\n"
        "a.py does not contain these 1 exact lines in a row:\n```\ndef not_there(value):\n```"
    )
    check(history, [("a.py", [LINE])])


def test_a_refused_file_among_others(history: Aider) -> None:
    """What a person did not let happen does not move to another file."""
    history.chat().reply(EDIT + block("new.py", "", "y = refused(1)\n")).say(
        "new.py", "Create new file? (Y)es/(N)o [Yes]: n", "Skipping edits to new.py", "Applied edit to a.py"
    )
    check(history, [("a.py", [LINE])])


def test_only_the_undone_commit_is_taken_back(history: Aider) -> None:
    """What came before it stays."""
    history.chat().reply(EDIT, "a.py", commit="1111111")
    history.reply(block("a.py", "x = 1\n", "x = undone(1)\n"), "a.py", commit="2222222")
    history.ask("/undo").say("Removed: 2222222 feat: something")
    check(history, [("a.py", [LINE])])


WHOLE = "a.py\n```python\ndef f(value):\n" + NEW + "```\n"


def test_a_new_whole_file_is_all_the_models(history: Aider) -> None:
    """The person let Aider make the file; a later text of it adds its new lines only."""
    history.chat(form="whole").ask("make it").reply(WHOLE).say(
        "a.py", "Create new file? (Y)es/(N)o [Yes]: y", "Applied edit to a.py"
    )
    history.ask("more").reply(WHOLE.replace("```\n", "    # and a last line\n```\n"), "a.py")
    check(history, [("a.py", ["def f(value):", LINE]), ("a.py", ["    # and a last line"])])


def test_a_whole_file_of_which_nothing_is_known_names_no_lines(history: Aider) -> None:
    """The history shows neither what the file held before nor what was sent of it."""
    history.chat(form="whole").ask("improve it").reply(WHOLE, "a.py")
    check(history, [])


def test_what_a_person_changed_meanwhile_is_not_known(history: Aider) -> None:
    """Aider commits a person's changes first; then the text from before is no longer what was there."""
    history.chat(form="whole").reply(WHOLE).say("a.py", "Create new file? y", "Applied edit to a.py")
    history.reply(WHOLE.replace("```\n", "    # by the person\n```\n")).say(
        "Committing a.py before applying edits.", "Commit 1a2b3c4 fix: by hand", "Applied edit to a.py"
    )
    check(history, [("a.py", ["def f(value):", LINE])])


def test_what_a_person_typed_is_theirs(history: Aider) -> None:
    """Code in a question is not the model's when it writes it down."""
    history.chat().ask("put this in:\n" + LINE).reply(EDIT, "a.py")
    check(history, [])


def test_an_architects_plan_is_not_the_persons(history: Aider) -> None:
    """The plan is put to the editor's model in the person's place; the editor's model wrote the edit."""
    history.chat(form="architect", model="o1").say("Editor model: gpt-4o with editor-diff edit format")
    history.ask("plan it").reply("Do this:\n\n" + NEW).ask("Do this:\n\n" + NEW.rstrip()).reply(EDIT, "a.py")
    (item,) = written(history)
    assert (item.lines, item.model) == ((LINE,), "gpt-4o")


def test_one_message_to_the_architect_names_no_model(history: Aider) -> None:
    """The chat's model plans, one that is not named writes."""
    history.chat(model="o1").ask("/architect do it").reply("Do it.").reply(EDIT, "a.py")
    assert [item.model for item in written(history)] == [None]


def test_a_model_that_was_changed_in_between(history: Aider) -> None:
    """`/model` says the new one; a new chat forgets it."""
    history.chat(model="one").reply(EDIT, "a.py").ask("/model two")
    history.say("Main model: two with ♾️ diff edit format").reply(
        block("b.py", "", "y = second_of(2)\n"), "b.py"
    )
    history.text += "\n# aider chat started at 2026-06-02 10:00:00\n"
    history.reply(block("c.py", "", "z = third_of(3)\n"), "c.py")
    found = [(item.path, item.model, item.session) for item in written(history)]
    first, second = "20260601-100000", "20260602-100000"
    assert found == [("a.py", "one", first), ("b.py", "two", first), ("c.py", None, second)]


def test_the_search_lines_were_there_before(history: Aider) -> None:
    """Lines that a block looks for are the person's, when they turn up elsewhere too."""
    history.chat().reply(EDIT, "a.py").reply(block("b.py", "", OLD + "y = second_of(2)\n"), "b.py")
    check(history, [("a.py", [LINE]), ("b.py", ["y = second_of(2)"])])
    reads = [event for event in events(history) if isinstance(event, Read) and event.path == "a.py"]
    assert [(read.lines, read.sent) for read in reads] == [((OLD.rstrip(),), False)]


def test_files_that_were_sent_are_told(history: Aider) -> None:
    """Aider says which files' texts it puts before the model; the texts themselves are not kept."""
    history.chat().say("Added src/a.py to the chat.", "Added 12 lines of output to the chat.")
    reads = [event for event in events(history) if isinstance(event, Read)]
    assert [(read.path, read.lines, read.sent) for read in reads] == [("src/a.py", (), True)]


@pytest.mark.parametrize(
    "text",
    [
        "> Applied edit to a.py\n\n#### A heading\n",
        "```\n> Applied edit to a.py\n```\n",
        "# aider chat started at noon\n\n> Main model: other with diff edit format\n",
    ],
)
def test_a_model_that_talks_of_aider_changes_nothing(history: Aider, text: str) -> None:
    """Only Aider's own lines end in two spaces."""
    history.chat().ask("how does it work?").reply(text + "\n" + EDIT).ask("thanks").reply("Welcome.")
    check(history, [])


def test_markdown_in_a_block_is_text(history: Aider) -> None:
    """Quotes and headings in the lines of an edit are nobody's words."""
    new = "> quoted by the harbour master  \n#### Heading of the model's\nlast line of the text\n"
    history.chat().reply(block("notes.md", "old\n", new), "notes.md")
    check(history, [("notes.md", [line for line in new.split("\n") if line])])


def test_a_reply_that_was_stopped_ends_with_the_persons_next_words(history: Aider) -> None:
    """Its open block does not swallow what follows."""
    history.chat().ask("do it")
    history.text += "\n" + EDIT.split("=======")[0] + "\n\n"
    history.say("^C again to exit").ask("again, please")
    history.text += "\n" + EDIT.split("=======")[0] + "\n"
    history.ask("once more").reply(EDIT, "a.py")
    check(history, [("a.py", [LINE])])


def test_a_message_of_several_lines_ends_with_its_two_spaces(history: Aider) -> None:
    """A commit's long message, a report of tokens."""
    history.chat().ask("do it")
    history.text += "\n" + EDIT + "\n"
    history.say("Tokens: 2k sent, 1k cache hit.\nCost: $0.01 message.", "Applied edit to a.py")
    history.say("Commit 1a2b3c4 feat: clip\n\nIt clips the value.").reply(
        block("b.py", "", "y = 1\n"), "b.py"
    )
    assert [item.locator.record for item in written(history)] == ["1a2b3c4", ""]


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_windows_files_and_other_scripts(history: Aider, ending: str) -> None:
    """Carriage returns end lines; any script is text."""
    new = "    return größe('水門', \"🌊\")\n"
    history.chat().ask("do it").reply(block("ordner/größe.py", OLD, new), "ordner/größe.py")
    (item,) = written(history, ending=ending)
    assert (item.path, item.lines) == ("ordner/größe.py", (new.rstrip("\n"),))


def test_a_windows_path_is_kept_as_it_is(history: Aider) -> None:
    """Models and Aider write forward slashes; a person's configuration may not."""
    history.chat().reply(block("src\\a.py", OLD, NEW), "src\\a.py")
    assert [item.path for item in written(history)] == ["src\\a.py"]


def test_times_are_those_of_the_commits(tmp_path: Path) -> None:
    """A commit that exists tells when; without one it is the chat's start, in local time."""
    repo = Repo(tmp_path)
    repo.write({"a.py": "x = 1\n"})
    commit = repo.commit("one", date="2026-06-01T12:34:56+0200")
    history = Aider(tmp_path).chat("2026-06-01 09:00:00")
    history.reply(EDIT, "a.py", commit=commit[:7])
    history.reply(block("b.py", "", "y = second_of(2)\n"), "b.py", commit="0123456")
    history.reply(block("c.py", "", "z = third_of(3)\n"), "c.py")
    found = {event.path: event.time for event in events(history, str(tmp_path)) if isinstance(event, Written)}
    start = datetime(2026, 6, 1, 9).astimezone()
    assert found == {"a.py": datetime(2026, 6, 1, 10, 34, 56, tzinfo=UTC), "b.py": start, "c.py": start}


def test_what_is_no_commit_has_no_time(tmp_path: Path) -> None:
    """A name that means a file, or nothing; and a commit that is named in full."""
    repo = Repo(tmp_path)
    repo.write({"a.py": "x = 1\n"})
    commit = repo.commit("one", date="2026-06-01T10:00:00+00:00")
    blob = repo.git("rev-parse", "HEAD:a.py").strip()
    assert commit_times(str(tmp_path), [blob[:7], commit, commit[:8], "0000000"]) == {
        commit: 1780308000.0,
        commit[:8]: 1780308000.0,
    }
    assert commit_times(str(tmp_path / "elsewhere"), [commit]) is None
    assert commit_times("", [commit]) is None


def test_a_patch_may_move_its_file(history: Aider) -> None:
    """The lines are where it went."""
    history.chat(form="patch").reply(PATCH.replace("@@", "*** Move to: b/c.py\n@@", 1), "a.py")
    check(history, [("b/c.py", [LINE])])


def test_local_time_is_this_machines(history: Aider, monkeypatch: pytest.MonkeyPatch) -> None:
    """The history says no zone: it was written here."""
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        history.chat("2026-06-01 09:00:00").reply(EDIT, "a.py")
        assert [item.time for item in written(history)] == [datetime(2026, 6, 1, 13, tzinfo=UTC)]
    finally:
        monkeypatch.undo()
        time.tzset()


def located(root: Path, repository: Repository | None = None, **environment: str) -> list[tuple[Path, str]]:
    found = Reader().locate(Places({"HOME": str(root / "home"), **environment}, root, repository))
    assert not found.problems
    return [(item.path, item.folder) for item in found.transcripts]


def test_the_history_of_the_workspace_is_found(tmp_path: Path) -> None:
    """In the folder itself, and at the root of the repository that it is in."""
    repo = Repo(tmp_path)
    repo.write({"sub/a.py": "x = 1\n"})
    repo.commit("one")
    Aider(tmp_path).chat().save()
    assert located(tmp_path / "sub") == []
    assert located(tmp_path / "sub", Repository.open(tmp_path / "sub")) == [(tmp_path / NAME, str(tmp_path))]


def test_settings_name_other_places(tmp_path: Path) -> None:
    """The environment, Aider's configuration of the folder or the home folder, a `.env` file."""
    root = tmp_path / "proj"
    for name in ("proj/logs/one.md", "proj/two.md", "home/three.md", "elsewhere/four.md", "secret.md"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    (root / ".aider.conf.yml").write_text("model: x\nchat-history-file: logs/one.md  # here\n")
    (root / ".env").write_text(
        "export AIDER_CHAT_HISTORY_FILE='two.md'\nAIDER_CHAT_HISTORY_FILE=../secret.md\n"
    )
    (tmp_path / "home" / ".aider.conf.yml").write_text('chat-history-file: "~/three.md"\n')
    environment = {
        "HOME": str(tmp_path / "home"),
        "AIDER_CHAT_HISTORY_FILE": str(tmp_path / "elsewhere/four.md"),
    }
    found = Reader().locate(Places(environment, root)).transcripts
    assert [(item.path.name, item.folder) for item in found] == [
        ("one.md", str(root)),
        ("two.md", str(root)),
        ("four.md", ""),
        ("three.md", ""),
    ]
    near = [Reader().nearness(item, (str(root),)) for item in found]
    assert near == [0, 0, 1, 1]


def test_a_link_in_the_workspace_is_not_followed(tmp_path: Path) -> None:
    """A repository cannot make its history be another file of this machine."""
    Aider(tmp_path / "other").chat().save()
    root = tmp_path / "proj"
    root.mkdir()
    (root / NAME).symlink_to(tmp_path / "other" / NAME)
    assert located(root) == []


@given(order=st.lists(st.integers(0, 10_000), max_size=60), cut=st.integers(0, 10_000))
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_lines_in_any_order_are_survived(tmp_path: Path, order: list[int], cut: int) -> None:
    """Whatever stands where, nothing raises, and no line is told that no block holds."""
    source = (FIXTURES / "aider-0.86.2" / NAME).read_text("utf-8").split("\n")
    start = cut % len(source)
    history = Aider(tmp_path)
    history.text = "\n".join([*source[:start], *(source[at % len(source)] for at in order), *source[start:]])
    for item in written(history):
        assert set(item.lines) <= set(source) | {line[1:] for line in source}


def test_the_real_program_wrote_what_git_shows(tmp_path: Path) -> None:
    """Aider 0.86.2 with each format and outcome: the history tells just the lines that the files gained."""
    folder = FIXTURES / "aider-0.86.2"
    path = folder / NAME
    transcript = Transcript(path, path.stat().st_size, 0.0, "~/h", str(tmp_path))
    found = list(own(Reader().read(transcript, Faults(""), lambda _: None), Faults("")))
    truth = json.loads((folder / "truth.json").read_text("utf-8"))
    gained = {
        (name, line.strip())
        for chat in truth
        for name, lines in chat["gained"].items()
        # What a whole file replaced is not shown, so no line of it is named.
        if (chat["chat"], name) != ("whole", "tide.py")
        for line in lines
    }
    told = {(item.path, line.strip()) for item in found for line in item.lines if line.strip()}
    assert told == gained
    assert {item.model for item in found} == {"openai/mock-model-1", "openai/mock-editor-2"}
