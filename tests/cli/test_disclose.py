"""`whence disclose` from a session on this machine to what a fresh clone, a commit or a hook has of it."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from pathlib import Path

import pytest

from support.cli import Done, whence
from support.git import Repo
from support.transcripts import Claude, Codex
from whence.cli import disclose_note
from whence.evidence.sessions.readers.claude_code.reader import slug_of
from whence.repo import GitError, Repository

MADE = """\
def flash_attention(query, key, value, dropout):
    scores = query @ key.transpose(-2, -1)
    weights = softmax(scores / math.sqrt(query.shape[-1]))
    return weights @ value
"""
OTHER = """\
def price_of(item, currency):
    rate = exchange_rate(item.currency, currency)
    return round(rate * item.price * item.amount, 2)
"""
HUMAN = """\
def greeting(person, hour):
    word = "good morning" if hour < 12 else "good evening"
    return f"{word}, {person.first_name}"
"""
POLICY = """\
version = 1
[[scope]]
name = "openly"
paths = ["*.py", "*.md"]
  [[scope.rule]]
  require = "disclose"
  severity = "error"
"""
LATER = "2026-06-02T00:00:00+00:00"


def disclose(repo: Repo, *arguments: str, **environment: str) -> Done:
    return whence(repo.path, {**repo.environment, **environment}, "disclose", *arguments)


def claude_wrote(repo: Repo, path: str, text: str, **how: str) -> None:
    """Claude Code made this text in a file, and it is there now behind what was there before."""
    file = repo.path / path
    before = file.read_text() if file.exists() else None
    session = Claude(repo.home, str(repo.path), **how)
    session.write(str(file), (before or "") + text, original=before)
    session.save()
    repo.write({path: (before or "") + text})


def codex_wrote(repo: Repo, path: str, text: str) -> None:
    session = Codex(repo.home, str(repo.path))
    session.patch(path, None, text)
    session.save()
    repo.write({path: text})


def recorded(repo: Path, home: Path) -> dict[str, list[int]]:
    """The lines with recorded evidence, file by file, as a scan elsewhere finds them."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "GIT_CONFIG_NOSYSTEM": "1"}
    found = {}
    for path in sorted(file.name for file in repo.glob("*.py")):
        lines = whence(repo, environment, "blame", path, "--format", "json").json["lines"]
        known = [line["line"] for line in lines if line["class"] == "recorded"]
        assert {line["tool"] for line in lines if line["class"]} <= {"claude-code", "codex"}
        if known:
            found[path] = known
    return found


def test_a_note_carries_the_sessions_lines_into_a_fresh_clone(repo: Repo, tmp_path: Path) -> None:
    """From transcripts to recorded evidence on exactly those lines, on a machine that has no transcript."""
    repo.commit("start", {"a.py": HUMAN})
    claude_wrote(repo, "a.py", MADE)
    codex_wrote(repo, "b.py", OTHER)
    repo.commit("work", {"c.py": HUMAN.replace("greeting", "farewell")}, date=LATER)
    shown = disclose(repo, "--note")
    done = disclose(repo, "--note", "--write")
    assert (shown.status, done.status, done.out) == (0, 0, "")
    assert "7 more lines" in done.err
    assert repo.git("notes", "--ref=ai", "show", "HEAD") + "\n" == shown.out
    clone = tmp_path / "clone"
    repo.git("clone", "-q", str(repo.path), str(clone))
    assert recorded(clone, tmp_path / "nobody") == {}
    repo.git("-C", str(clone), "fetch", "-q", "origin", "refs/notes/ai:refs/notes/ai")
    assert recorded(clone, tmp_path / "nobody") == {"a.py": [4, 5, 6, 7], "b.py": [1, 2, 3]}


def test_a_note_speaks_of_the_commits_own_lines_however_they_moved_since(repo: Repo) -> None:
    """Lines of an older commit have its numbers; what another commit added is left out."""
    repo.commit("start", {"a.py": HUMAN})
    claude_wrote(repo, "a.py", MADE)
    first = repo.commit("one", date=LATER)
    repo.commit("two", {"a.py": "import math\nimport sys\n\n" + HUMAN + MADE, "z.py": HUMAN}, date=LATER)
    assert disclose(repo, "--note", first).out.splitlines()[:2] == ["a.py", f"  {key(first)} 4-7"]
    again = disclose(repo, "--note", "HEAD")
    assert (again.status, again.out) == (0, "")
    assert "nothing to disclose: no session on this machine surely wrote any of the lines" in again.err


def key(commit: str, session: str = "3f2a91c0-0000-4000-8000-000000000001") -> str:
    """The key of a Claude Code session, by the standard's rule."""
    first = hashlib.sha256(f"claude:{session}".encode()).hexdigest()[:14]
    return f"s_{first}::t_" + hashlib.sha256(f"{commit}:claude:{session}".encode()).hexdigest()[:14]


def test_a_note_holds_neither_prompt_nor_code(repo: Repo) -> None:
    """Ids, a model and a person: nothing of what was asked or written."""
    session = Claude(repo.home, str(repo.path))
    session.prompt("please keep this sentence to yourself")
    session.write(str(repo.path / "a.py"), MADE)
    session.save()
    repo.commit("work", {"a.py": MADE}, date=LATER)
    text = disclose(repo, "--note").out
    body = json.loads(text.partition("---\n")[2])
    assert body == {
        "schema_version": "authorship/3.0.0",
        "base_commit_sha": repo.git("rev-parse", "HEAD"),
        "prompts": {},
        "sessions": {
            key("")[:16]: {
                "agent_id": {"tool": "claude", "id": session.session, "model": "claude-opus-4-6"},
                "human_author": "Dana Dev <dana@example.org>",
                "custom_attributes": {"recorded_by": "whence"},
            }
        },
    }
    for secret in ("yourself", "flash_attention", "transpose", str(repo.home)):
        assert secret not in text


def test_an_existing_note_is_added_to_and_never_overwritten(repo: Repo) -> None:
    """What stands in it stays; a second run finds nothing to add."""
    claude_wrote(repo, "a.py", MADE)
    commit = repo.commit("work", {"h.py": HUMAN}, date=LATER)
    there = (
        'h.py\n  h_31dce776f88375 1-3\n---\n{"schema_version": "authorship/3.0.0", "prompts": {}, "x": [1]}'
    )
    repo.note(commit, there)
    assert disclose(repo, "--note", "--write").status == 0
    text = repo.git("notes", "--ref=ai", "show", "HEAD")
    head, _, body = text.partition("---\n")
    assert head == f"h.py\n  h_31dce776f88375 1-3\na.py\n  {key(commit)} 1-4\n"
    assert json.loads(body)["x"] == [1]
    ref = repo.git("rev-parse", "refs/notes/ai")
    again = disclose(repo, "--note", "--write")
    assert "says it already" in again.err
    assert repo.git("rev-parse", "refs/notes/ai") == ref
    assert "whence" not in repo.git("for-each-ref")


def test_a_note_that_says_otherwise_stands(repo: Repo) -> None:
    """Where the note gives a line to another session nothing is written, and the reason is told."""
    claude_wrote(repo, "a.py", MADE)
    commit = repo.commit("work", date=LATER)
    other = {"s_0123456789abcd": {"agent_id": {"tool": "claude", "id": "another", "model": "x"}}}
    body = json.dumps({"schema_version": "authorship/3.0.0", "prompts": {}, "sessions": other})
    repo.note(commit, f"a.py\n  s_0123456789abcd::t_0123456789abcd 2\n---\n{body}")
    ref = repo.git("rev-parse", "refs/notes/ai")
    done = disclose(repo, "--note", "--write")
    assert (done.status, done.out) == (1, "")
    assert "gives lines 2 of a.py to another author (s_0123456789abcd::t_0123456789abcd)" in done.err
    assert "Nothing was written." in done.err
    assert repo.git("rev-parse", "refs/notes/ai") == ref


def test_lines_that_a_note_gives_to_a_person_stay_the_persons(repo: Repo) -> None:
    """A record that a person wrote a line is believed over a transcript; the other lines are added."""
    claude_wrote(repo, "a.py", MADE)
    commit = repo.commit("work", date=LATER)
    repo.note(
        commit, 'a.py\n  h_31dce776f88375 2\n---\n{"schema_version": "authorship/3.0.0", "prompts": {}}'
    )
    assert disclose(repo, "--note", "--write").status == 0
    head = repo.git("notes", "--ref=ai", "show", "HEAD").partition("---\n")[0]
    assert head == f"a.py\n  h_31dce776f88375 2\n  {key(commit)} 1,3-4\n"


def test_a_note_is_not_written_over_one_that_came_meanwhile(repo: Repo) -> None:
    """The notes ref moves in one step from what was read; somebody else's note is never lost."""
    commit = repo.commit("work", {"a.py": MADE}, date=LATER)
    repository = Repository.open(repo.path, repo.environment)
    assert repository is not None
    repo.note(commit, "first")
    for stale in (None, commit):
        with pytest.raises(GitError):
            disclose_note.attach(repository, commit, b"second\n", stale)
    assert repo.git("notes", "--ref=ai", "show", commit) == "first"
    assert "whence" not in repo.git("for-each-ref")
    disclose_note.attach(repository, commit, b"\n  exactly \n\n\nso", repo.git("rev-parse", "refs/notes/ai"))
    blob = repo.git("notes", "--ref=ai", "list", commit)
    assert next(iter(repository.blobs([blob]))) == b"\n  exactly \n\n\nso"


def test_a_note_leaves_out_what_is_not_sure_enough_to_be_a_record(repo: Repo) -> None:
    """A proposal that a person changed, and text found far from where it was written, are told and left out."""
    session = Claude(repo.home, str(repo.path))
    session.write(str(repo.path / "a.py"), MADE, changed={"userModified": True})
    session.save()
    repo.commit("work", {"a.py": MADE}, date=LATER)
    done = disclose(repo, "--note")
    assert done.out == ""
    assert "4 attributed lines left out of the note: a person changed them" in done.err


def test_text_from_another_project_is_no_record(repo: Repo) -> None:
    """What was found far from where the tool put it is good for a trailer, not for a note."""
    long = "".join(f"total_{n} = sum_of(column_{n}, where=condition_{n}, limit={n})\n" for n in range(12))
    session = Claude(repo.home, "/elsewhere/project")
    session.write("/elsewhere/project/x.py", long)
    session.save()
    repo.commit("work", {"a.py": long}, date=LATER)
    assert disclose(repo, "HEAD").out == "Assisted-by: Claude Code (claude-opus-4-6)\n"
    done = disclose(repo, "--note", "--write")
    assert (done.status, done.out) == (0, "")
    assert "12 attributed lines left out of the note: the session's text was found too far" in done.err
    assert "refs/notes/ai" not in repo.git("for-each-ref")


def test_a_record_of_another_tool_is_not_contradicted(repo: Repo) -> None:
    """Where a note names Codex and a transcript Claude Code, the note stands and the rest is added."""
    claude_wrote(repo, "a.py", MADE)
    commit = repo.commit("work", date=LATER)
    codex = {"s_0123456789abcd": {"agent_id": {"tool": "codex", "id": "1", "model": "gpt-5.5"}}}
    body = json.dumps({"schema_version": "authorship/3.0.0", "prompts": {}, "sessions": codex})
    repo.note(commit, f"a.py\n  s_0123456789abcd::t_0123456789abcd 2\n---\n{body}")
    done = disclose(repo, "--note", "--write")
    assert "1 attributed line left out of the note: stronger evidence names another tool" in done.err
    head = repo.git("notes", "--ref=ai", "show", "HEAD").partition("---\n")[0]
    assert head == f"a.py\n  s_0123456789abcd::t_0123456789abcd 2\n  {key(commit)} 1,3-4\n"


def test_trailers_meet_the_rule_that_asks_for_them(repo: Repo) -> None:
    """A finding before, the printed trailer in the commit, no finding after."""
    repo.commit("start", {"whence.toml": POLICY})
    claude_wrote(repo, "a.py", MADE)
    repo.git("add", "-A")
    assert whence(repo.path, repo.environment, "scan").status == 1
    done = disclose(repo, "--trailer")
    assert (done.status, done.out) == (0, "Assisted-by: Claude Code (claude-opus-4-6)\n")
    repo.git("commit", "-qm", "work", "--trailer", done.out.rstrip("\n"))
    scan = whence(repo.path, repo.environment, "scan", "--format", "json")
    assert (scan.status, scan.json["findings"]) == (0, [])
    after = disclose(repo, "HEAD")
    assert (after.status, after.out) == (0, "")
    assert "is said already" in after.err


@pytest.mark.parametrize(
    ("form", "trailers"),
    [
        ("linux", ["Assisted-by: Claude-Code:claude-opus-4-6", "Assisted-by: Codex:gpt-5.4-codex"]),
        ("fedora", ["Assisted-by: Claude Code (claude-opus-4-6)", "Assisted-by: Codex (gpt-5.4-codex)"]),
        ("llvm", ["Assisted-by: Claude Code (claude-opus-4-6)", "Assisted-by: Codex (gpt-5.4-codex)"]),
        ("apache", ["Generated-by: Claude Code (claude-opus-4-6)", "Generated-by: Codex (gpt-5.4-codex)"]),
        ("co-authored-by",
         ["Co-authored-by: Claude Opus 4.6 <noreply@anthropic.com>", "Co-authored-by: Codex <noreply@openai.com>"]),
    ],
)  # fmt: skip
def test_each_form_names_both_tools_and_the_scan_reads_it_back(
    repo: Repo, form: str, trailers: list[str]
) -> None:
    """The tool with more lines comes first; the commit's declaration is then known by line."""
    claude_wrote(repo, "a.py", MADE)
    codex_wrote(repo, "b.py", OTHER)
    done = disclose(repo, "--form", form)
    assert (done.status, done.out.splitlines()) == (0, trailers)
    repo.commit("work\n\n" + done.out, date=LATER)
    blame = whence(repo.path, {**repo.environment, "HOME": "/nowhere"}, "blame", "a.py", "--format", "json")
    assert {line["class"] for line in blame.json["lines"]} == {"declared"}


def test_only_staged_lines_count_once_something_is_staged(repo: Repo) -> None:
    """The next commit is what the index holds; with nothing staged it is everything on disk."""
    repo.commit("start", {"c.py": HUMAN})
    claude_wrote(repo, "a.py", MADE)
    codex_wrote(repo, "b.py", OTHER)
    assert len(disclose(repo).out.splitlines()) == 2
    repo.git("add", "b.py")
    assert disclose(repo).out == "Assisted-by: Codex (gpt-5.4-codex)\n"
    repo.git("reset", "-q")
    repo.write({"c.py": HUMAN + "\n# a person's own remark\n"})
    repo.git("add", "c.py")
    done = disclose(repo)
    assert (done.status, done.out) == (0, "")
    assert "nothing to disclose: no evidence says that an AI tool wrote any of the staged lines" in done.err


def test_a_commits_own_word_is_named_where_nothing_else_speaks(repo: Repo) -> None:
    """It is not said that nothing is known of lines which the commit itself declares."""
    repo.commit("Add\n\nCo-Authored-By: Claude <noreply@anthropic.com>", {"a.py": MADE})
    done = disclose(repo, "HEAD")
    assert (done.status, done.out) == (0, "")
    assert "the commit itself declares Claude Code (Anthropic), and nothing else here speaks of" in done.err


@pytest.mark.parametrize(
    ("date", "expected"),
    [(LATER, "Assisted-by: Claude Code (claude-opus-4-6)\n"), ("2026-05-30T00:00:00+00:00", "")],
)
def test_an_amended_commit_is_judged_as_a_whole(repo: Repo, date: str, expected: str) -> None:
    """--amend compares with HEAD's parent, also when there is none; what HEAD had before the session is a person's."""
    claude_wrote(repo, "a.py", MADE)
    repo.commit("work", date=date)
    assert disclose(repo).out == ""
    assert disclose(repo, "--amend").out == expected


def test_the_first_commit_of_all_is_one_too(repo: Repo) -> None:
    """Nothing to compare with is no reason to say nothing."""
    claude_wrote(repo, "a.py", MADE)
    assert disclose(repo).out == "Assisted-by: Claude Code (claude-opus-4-6)\n"
    repo.git("add", "a.py")
    repo.write({"message": "First\n"})
    assert disclose(repo, "--message-file", "message").status == 0
    assert (repo.path / "message").read_text() == "First\n\nAssisted-by: Claude Code (claude-opus-4-6)\n"


def test_a_renamed_and_edited_file_adds_only_what_is_new(repo: Repo) -> None:
    """Git's renames count, staged and committed."""
    repo.commit("start", {"old.py": HUMAN * 3})
    repo.git("mv", "old.py", "new.py")
    claude_wrote(repo, "new.py", MADE)
    repo.git("add", "-A")
    assert disclose(repo).out == "Assisted-by: Claude Code (claude-opus-4-6)\n"
    commit = repo.commit("work", date=LATER)
    assert disclose(repo, "--note").out.splitlines()[:2] == ["new.py", f"  {key(commit)} 10-13"]


@pytest.mark.parametrize(
    ("author", "message"),
    [
        ("Claude Martin <claude@example.org>", "Say hello"),
        ("dependabot[bot] <49699333+dependabot[bot]@users.noreply.github.com>", "Bump numpy"),
    ],
)
def test_people_and_bots_have_nothing_to_disclose(repo: Repo, author: str, message: str) -> None:
    """A person named as a tool is, and a bot that works by rule, are no AI tools."""
    repo.commit(message, {"a.py": HUMAN}, author=author)
    for asked in ((), ("HEAD",), ("--note",), ("HEAD", "--form", "linux")):
        done = disclose(repo, *asked)
        assert (done.status, done.out) == (0, "")
        assert "nothing to disclose" in done.err


def test_what_a_person_wrote_first_is_not_disclosed(repo: Repo) -> None:
    """A tool that rewrites a file repeats the person's lines; moving them adds none of the tool's."""
    repo.commit("start", {"a.py": HUMAN}, date="2019-01-01T00:00:00+00:00")
    session = Claude(repo.home, str(repo.path))
    session.write(str(repo.path / "a.py"), MADE + HUMAN, original=HUMAN)
    session.save()
    commit = repo.commit("mine", {"a.py": HUMAN + "\n" + HUMAN.replace("greeting", "farewell")}, date=LATER)
    assert disclose(repo, commit).out == ""
    assert disclose(repo, "--note", commit).out == ""


def test_the_policys_own_form_is_chosen(repo: Repo) -> None:
    """A rule's `disclosure` decides; lines that the policy lets be need none."""
    rule = POLICY + '  disclosure = ["Generated-By:*"]\n'
    repo.commit("start", {"whence.toml": rule})
    claude_wrote(repo, "a.py", MADE)
    codex_wrote(repo, "free.js", OTHER)
    assert disclose(repo).out == "Generated-By: Claude Code (claude-opus-4-6)\n"
    repo.write({"whence.toml": POLICY.replace('"*.py"', '"*.c"')})
    done = disclose(repo)
    assert (done.status, done.out) == (0, "")
    assert "the policy asks for no disclosure" in done.err
    assert "Claude Code (Anthropic): 4 added lines in 1 file" in done.err


def test_a_form_that_no_trailer_has_is_said_to_be_missing(repo: Repo) -> None:
    """Exit 1, and the rule is named: the gap is not hidden behind another form."""
    repo.commit("start", {"whence.toml": POLICY + '  disclosure = ["[[]AI[]]*"]\n'})
    claude_wrote(repo, "a.py", MADE)
    done = disclose(repo)
    assert (done.status, done.out) == (1, "")
    assert "not disclosed: 4 lines of a.py by Claude Code (Anthropic)" in done.err
    assert "rule at whence.toml:5" in done.err


def test_a_broken_transcript_is_told(repo: Repo) -> None:
    """Nothing found is not the same as nothing there."""
    repo.commit("start", {"a.py": HUMAN})
    folder = repo.home / ".claude" / "projects" / slug_of(str(repo.path))
    folder.mkdir(parents=True)
    broken = folder / "3f2a91c0-0000-4000-8000-000000000009.jsonl"
    broken.write_text('{"type":"assistant","message":{"content":[{"type":"tool_use"\n{}\n')
    repo.write({"b.py": HUMAN})
    done = disclose(repo)
    assert done.out == ""
    assert "not measured: sessions" in done.err


def test_text_from_a_transcript_cannot_forge_a_trailer(repo: Repo) -> None:
    """A model's name with a line feed in it becomes no second line; the model counts as unknown."""
    session = Claude(repo.home, str(repo.path), model="x\nSigned-off-by: Linus <l@example.org>\x1b[2J")
    session.write(str(repo.path / "a.py"), MADE)
    session.save()
    repo.write({"a.py": MADE})
    assert disclose(repo).out == "Assisted-by: Claude Code\n"
    assert disclose(repo, "--form", "linux").out == "Assisted-by: Claude-Code:unknown\n"
    repo.commit("work", date=LATER)
    assert '"model": "unknown"' in disclose(repo, "--note").out


def hook(repo: Repo, name: str, *arguments: str) -> None:
    """Install the command as a hook, run by this interpreter."""
    file = repo.path / ".git" / "hooks" / name
    paths = os.pathsep.join(sys.path)
    words = " ".join(arguments)
    file.write_text(
        f'#!/bin/sh\nPYTHONPATH="{paths}" exec "{sys.executable}" -m whence.cli.main disclose {words} --message-file "$1"\n'
    )
    file.chmod(0o755)


def message(repo: Repo) -> str:
    return repo.git("log", "-1", "--format=%B").strip("\n")


def test_as_a_hook_it_adds_what_the_very_commit_needs_once(repo: Repo) -> None:
    """`git commit -a` and `git commit FILE` commit from an index of their own, and that is the one that counts."""
    repo.commit("start", {"whence.toml": POLICY, "a.py": "", "b.py": "", "c.py": ""})
    hook(repo, "prepare-commit-msg")
    claude_wrote(repo, "a.py", MADE)
    repo.write({"b.py": HUMAN})
    repo.git("add", "b.py")
    repo.git("commit", "-qm", "Mine alone", "b.py")
    assert message(repo) == "Mine alone"
    repo.git("commit", "-qam", "Faster attention\n\nSigned-off-by: Dana Dev <dana@example.org>")
    trailers = "Signed-off-by: Dana Dev <dana@example.org>\nAssisted-by: Claude Code (claude-opus-4-6)"
    assert message(repo) == f"Faster attention\n\n{trailers}"
    hook(repo, "prepare-commit-msg", "--amend")
    repo.git("commit", "-q", "--amend", "--no-edit")
    assert message(repo) == f"Faster attention\n\n{trailers}"
    assert whence(repo.path, repo.environment, "scan").status == 0


def test_a_message_that_says_it_already_is_left_alone(repo: Repo) -> None:
    """The tool's own trailer is a disclosure where any form will do, and not where another is asked for."""
    repo.commit("start", {"whence.toml": POLICY})
    claude_wrote(repo, "a.py", MADE)
    repo.git("add", "-A")
    text = "Work\n\nCo-Authored-By: Claude Opus 4.6 <noreply@anthropic.com>\n"
    repo.write({"message": text})
    assert disclose(repo, "--message-file", "message").status == 0
    assert (repo.path / "message").read_text() == text
    repo.write({"whence.toml": POLICY + '  disclosure = ["Assisted-by: *:*"]\n'})
    assert disclose(repo, "--message-file", "message").status == 0
    assert (repo.path / "message").read_text() == text + "Assisted-by: Claude-Code:claude-opus-4-6\n"


def test_a_merge_and_a_revert_declare_nothing(repo: Repo) -> None:
    """Their lines are others' or older; a trailer there would be read by nobody."""
    repo.commit("start", {"b.py": HUMAN})
    repo.git("checkout", "-qb", "side")
    claude_wrote(repo, "a.py", MADE)
    made = repo.commit("work", date=LATER)
    repo.git("checkout", "-q", "main")
    repo.commit("other", {"c.py": HUMAN}, date=LATER)
    repo.git("merge", "-q", "--no-ff", "--no-commit", "side")
    repo.write({"message": "Merge\n"})
    done = disclose(repo, "--message-file", "message")
    assert "this commit is a merge" in done.err
    repo.git("commit", "-qm", "Merge")
    assert "is a merge" in disclose(repo, "HEAD").err
    assert disclose(repo, "HEAD").out == ""
    repo.git("revert", "--no-edit", made)
    repo.git("revert", "--no-commit", "HEAD")
    text = f'Revert "work"\n\nThis reverts commit {made}.\n'
    repo.write({"message": text})
    assert "brings older text back" in disclose(repo, "--message-file", "message").err
    assert (repo.path / "message").read_text() == text


def test_a_marker_settles_the_finding_and_is_put_in_once(repo: Repo) -> None:
    """Also for lines that were committed before it; every other byte of the file stays."""
    repo.commit("start", {"whence.toml": POLICY, "a.py": "#!/usr/bin/env python3\r\n"})
    claude_wrote(repo, "a.py", "")
    session = Claude(repo.home, str(repo.path))
    session.write(
        str(repo.path / "a.py"), "#!/usr/bin/env python3\n" + MADE, original="#!/usr/bin/env python3\n"
    )
    session.save()
    before = b"#!/usr/bin/env python3\r\n" + MADE.replace("\n", "\r\n").encode()
    repo.commit("work", {"a.py": before}, date=LATER)
    assert whence(repo.path, repo.environment, "scan").status == 1
    line = "# Assisted-by: Claude Code (claude-opus-4-6)"
    shown = disclose(repo, "--marker")
    assert (shown.status, shown.out) == (0, f"a.py:2: {line}\n")
    assert (repo.path / "a.py").read_bytes() == before
    assert disclose(repo, "--marker", "--write").out == shown.out
    rows = before.split(b"\r\n")
    assert (repo.path / "a.py").read_bytes() == b"\r\n".join([rows[0], line.encode(), *rows[1:]])
    assert whence(repo.path, repo.environment, "scan").status == 0
    again = disclose(repo, "--marker", "--write")
    assert (again.status, again.out) == (0, "")
    assert "nothing to disclose" in again.err


def test_without_a_policy_a_marker_is_written_where_it_is_asked_for(repo: Repo) -> None:
    """Named files only; what a commit declares itself needs none."""
    claude_wrote(repo, "a.py", MADE)
    repo.commit("x\n\nCo-Authored-By: Codex <noreply@openai.com>", {"b.py": OTHER}, date=LATER)
    wrong = disclose(repo, "--marker")
    assert wrong.status == 2
    assert "name the files" in wrong.err
    assert (
        disclose(repo, "--marker", "a.py", "b.py").out
        == "a.py:1: # Assisted-by: Claude Code (claude-opus-4-6)\n"
    )


def test_files_that_take_no_marker_are_named_once_with_what_else_there_is(repo: Repo) -> None:
    """A line for each of hundreds of findings says nothing more."""
    repo.commit("start", {"whence.toml": POLICY.replace('"*.py"', '"tests/"')})
    for number in range(7):
        claude_wrote(
            repo, f"tests/test_{number}.py", MADE.replace("flash", f"fast_{number}"), session=f"s{number}"
        )
    done = disclose(repo, "--marker")
    assert (done.status, done.out) == (1, "")
    first, after = done.err.splitlines()[-2:]
    assert first.startswith("no marker in tests/test_0.py, tests/test_1.py,"), done.err
    assert first.endswith("and 2 more files: a scan reads no markers in a file of this name or for this tool")
    assert after.startswith("next: a trailer in the commit")
    assert done.err.count("no marker in") == 1


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--write",), "--write needs --marker or --note"),
        (("--note", "--form", "linux"), "--form is for trailers"),
        (("HEAD", "--message-file", "m"), "no other can be named"),
        (("HEAD", "main"), "one commit at a time"),
        (("nowhere",), "no such commit: nowhere"),
        (("--message-file", "nowhere"), "nowhere could not be read"),
        (("--marker", "nowhere.py"), "no such file"),
    ],
)
def test_wrong_usage_is_named(repo: Repo, arguments: tuple[str, ...], says: str) -> None:
    """Exit 2, and what is wrong."""
    repo.commit("start", {"a.py": HUMAN})
    done = disclose(repo, *arguments)
    assert (done.status, done.out) == (2, "")
    assert says in done.err


def test_a_workspace_below_the_repository_speaks_of_its_own_files(repo: Repo) -> None:
    """Trailers count its files only; a note names them as git does."""
    repo.commit("start", {"x/c.py": HUMAN})
    claude_wrote(repo, "x/a.py", MADE)
    codex_wrote(repo, "b.py", OTHER)
    assert disclose(repo, "--root", "x").out == "Assisted-by: Claude Code (claude-opus-4-6)\n"
    commit = repo.commit("work", date=LATER)
    head = disclose(repo, "--note", "--root", "x").out.partition("---\n")[0]
    assert head == f"x/a.py\n  {key(commit)} 1-4\n"


def test_outside_a_repository_there_is_nothing_to_disclose_in(tmp_path: Path) -> None:
    """A folder without git is wrong usage, not a pass."""
    done = whence(tmp_path, {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}, "disclose")
    assert done.status == 2
    assert "no git repository" in done.err
