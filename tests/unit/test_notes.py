"""git-ai notes as evidence: what a note claims counts only where git confirms it."""

from __future__ import annotations

import json
import pickle
import shlex
from datetime import UTC, datetime
from typing import Any

from support.git import Repo
from whence.evidence.interface import Context
from whence.evidence.notes import GitAiNotes, PreparedNotes
from whence.model import Contributor, Document, Evidence, EvidenceClass
from whence.ranges import Lines, each
from whence.repo import Repository
from whence.text import decode, split
from whence.tools import Registry

SESSION = "s_0123456789abcd::t_fedcba98765432"
SESSIONS = {"s_0123456789abcd": {"agent_id": {"tool": "claude", "id": "2b9c", "model": "claude-opus-4-8"},
                                 "human_author": "Dana Dev <dana@example.org>"}}  # fmt: skip


def note(attestations: str, **maps: dict[str, Any]) -> str:
    return f"{attestations}---\n{json.dumps({'schema_version': 'authorship/3.0.0', 'prompts': {}, **maps}, indent=2)}"


def prepare(repo: Repo, folder: str = "") -> PreparedNotes:
    root = repo.path / folder
    repository = Repository.open(root, repo.environment)
    paths = repo.git("-C", str(root), "ls-files").splitlines()
    prepared = GitAiNotes().prepare(Context(root, repository, Registry.builtin(), paths, repo.environment))
    loaded: PreparedNotes = pickle.loads(pickle.dumps(prepared))
    assert loaded == prepared
    return prepared


def claims(repo: Repo, path: str, prepared: PreparedNotes | None = None) -> tuple[Evidence, ...]:
    prepared = prepared or prepare(repo)
    lines = split(decode((repo.path / path).read_bytes()))
    document = Document(path, lines, path, tuple(range(1, len(lines) + 1)))
    return tuple(prepared.claims(document))


def check(repo: Repo, path: str, expected: dict[str, Lines]) -> None:
    """Compare what is claimed, lines by signal, with nothing left unmeasured."""
    prepared = prepare(repo)
    assert prepared.not_measured == ()
    found: dict[str, set[int]] = {}
    for evidence in claims(repo, path, prepared):
        found.setdefault(evidence.signal, set()).update(each(evidence.lines))
    assert found == {signal: set(each(lines)) for signal, lines in expected.items()}


def test_a_note_becomes_recorded_evidence(repo: Repo) -> None:
    """Evidence names tool, model, person, commit, key and the commit's author date."""
    repo.commit("start", {"a.py": "one\n"})
    commit = repo.commit("tool", {"a.py": "one\ntwo\nthree\n"}, date="2026-07-01T10:00:00+00:00")
    repo.note(commit, note(f"a.py\n  {SESSION} 2-3\n", sessions=SESSIONS))
    (found,) = claims(repo, "a.py")
    assert (found.lines, found.evidence_class, found.source) == (((2, 3),), EvidenceClass.RECORDED, "git-ai")
    assert (found.agent.tool, found.agent.vendor) == ("claude-code", "anthropic")
    assert (found.agent.model, found.agent.model_vendor) == ("claude-opus-4-8", "anthropic")
    assert found.reference == f"note {commit[:12]} {SESSION}"
    assert (found.commit, found.signal) == (commit, "note:claude-code")
    assert found.person == "Dana Dev <dana@example.org>"
    assert found.time == datetime(2026, 7, 1, 10, tzinfo=UTC)


def test_claims_beyond_the_commits_own_lines_count_nothing(repo: Repo) -> None:
    """A note that lists the whole file gets the lines that its commit added, and no others."""
    repo.commit("start", {"a.py": "one\ntwo\n", "b.py": "x\n"})
    commit = repo.commit("tool", {"a.py": "one\nnew\ntwo\n"})
    repo.note(
        commit,
        note(f"a.py\n  {SESSION} 1-900\nb.py\n  {SESSION} 1\nc.py\n  {SESSION} 1\n", sessions=SESSIONS),
    )
    check(repo, "a.py", {"note:claude-code": ((2, 2),)})
    check(repo, "b.py", {})
    (found,) = claims(repo, "a.py")
    assert found.confidence < 0.9
    assert found.detail == "The note lists 900 lines of the file, its commit added 1."


def test_a_notes_claim_on_a_notebooks_json_counts_nothing(repo: Repo) -> None:
    """Tools note every line that changed, also the comma behind a person's cell."""
    one, two = '{"source": [\n"x = 1"\n]}', '{"source": [\n"y = 2"\n]}'
    whole = '{"cells": [\n%s\n]}\n'
    repo.commit("Start", {"a.ipynb": whole % one})
    commit = repo.commit("Cell", {"a.ipynb": whole % f"{one},\n{two}"})
    repo.note(commit, note(f"a.ipynb\n  {SESSION} 4-7\n", sessions=SESSIONS))
    check(repo, "a.ipynb", {"note:claude-code": ((6, 6),)})


def test_numbers_are_those_of_the_noted_commit(repo: Repo) -> None:
    """Lines that moved, in a file that was renamed, are found by their number and path in their commit."""
    text = "".join(f"line {n}\n" for n in range(9))
    repo.commit("start", {"old.py": text})
    commit = repo.commit("tool", {"old.py": text + "new 1\nnew 2\n"})
    repo.note(commit, note(f"old.py\n  {SESSION} 11\n", sessions=SESSIONS))
    repo.commit("move", {"old.py": None, "new.py": "top\n" + text + "new 1\nnew 2\n"})
    check(repo, "new.py", {"note:claude-code": ((12, 12),)})


def test_people_in_notes_are_people(repo: Repo) -> None:
    """`human` and `h_` keys are evidence of a human, `ai_agent` of a tool that nobody names."""
    commit = repo.commit("mixed", {"a.py": "1\n2\n3\n4\n"})
    repo.note(commit, note("a.py\n  human 1\n  h_31dce776f88375 2\n  ai_agent 3\n"))
    check(repo, "a.py", {"note:human": ((1, 2),), "note:unknown": ((3, 3),)})
    by_signal = {evidence.signal: evidence for evidence in claims(repo, "a.py")}
    assert by_signal["note:human"].contributor is Contributor.HUMAN
    assert by_signal["note:unknown"].agent.tool is None


def test_background_agents_and_unknown_tools_are_weaker(repo: Repo) -> None:
    """What git-ai guesses for agents without hooks counts less than what a hook saw; test tools keep their name."""
    agents = {f"000000{n}": {"agent_id": {"tool": tool, "id": "x", "model": "unknown"}}
              for n, tool in enumerate(["claude", "devin", "mock_ai"])}  # fmt: skip
    commit = repo.commit("tools", {"a.py": "1\n2\n3\n"})
    repo.note(commit, note("a.py\n  0000000 1\n  0000001 2\n  0000002 3\n", prompts=agents))
    found = {evidence.signal: evidence for evidence in claims(repo, "a.py")}
    assert set(found) == {"note:claude-code", "note:devin", "note:mock_ai"}
    assert found["note:devin"].confidence < found["note:claude-code"].confidence
    assert "nobody else" in found["note:devin"].detail
    assert found["note:claude-code"].agent.model is None


def test_a_dangling_key_is_looked_up_in_other_notes(repo: Repo) -> None:
    """A key without a record takes the record of another note, even of a commit that is gone."""
    commit = repo.commit("tool", {"a.py": "1\n2\n"})
    repo.note(commit, note(f"a.py\n  {SESSION} 1\n  bb3022d 2\n"))
    repo.git("checkout", "-q", "-b", "other")
    gone = repo.commit("gone", {"b.py": "1\n"})
    repo.git("checkout", "-q", "main")
    repo.note(gone, note("", sessions=SESSIONS))
    check(repo, "a.py", {"note:claude-code": ((1, 1),), "note:unknown": ((2, 2),)})
    assert sorted(evidence.confidence for evidence in claims(repo, "a.py")) == [0.85, 0.95]


def test_a_key_that_says_nothing_accuses_nobody(repo: Repo) -> None:
    """A key that is neither a record's nor a hash is not measured."""
    commit = repo.commit("tool", {"a.py": "1\n"})
    repo.note(commit, note("a.py\n  Dana 1\n"))
    prepared = prepare(repo)
    assert claims(repo, "a.py", prepared) == ()
    assert ["Dana" in entry.why for entry in prepared.not_measured] == [True]


def test_a_broken_note_is_named_and_the_others_count(repo: Repo) -> None:
    """Faults name the commit and the note's line; they cost nothing but themselves."""
    one = repo.commit("one", {"a.py": "1\n"})
    two = repo.commit("two", {"b.py": "1\n"})
    repo.note(one, f"a.py\n  {SESSION} 1\n---\n{{ broken")
    repo.note(two, note(f"b.py\n  {SESSION} 1\n  {SESSION} x\n", sessions=SESSIONS))
    prepared = prepare(repo)
    whys = sorted(entry.why for entry in prepared.not_measured)
    assert any(one[:12] in why and "line 4" in why for why in whys)
    assert any(two[:12] in why and "line 3" in why for why in whys)
    assert len(whys) == 2
    assert {entry.evidence_class for entry in prepared.not_measured} == {EvidenceClass.RECORDED}
    assert claims(repo, "a.py", prepared) == ()
    assert [evidence.lines for evidence in claims(repo, "b.py", prepared)] == [((1, 1),)]


def test_notes_of_unreachable_commits_count_nothing(repo: Repo) -> None:
    """A note on a commit that HEAD does not have is ignored, without a complaint."""
    repo.commit("start", {"a.py": "1\n"})
    repo.git("checkout", "-q", "-b", "side")
    gone = repo.commit("side", {"a.py": "1\n2\n"})
    repo.note(gone, note(f"a.py\n  {SESSION} 1-2\n", sessions=SESSIONS))
    repo.git("checkout", "-q", "main")
    check(repo, "a.py", {})


def test_other_refs_stand_in(repo: Repo) -> None:
    """Notes fetched under a remote's name, and the oldest refs of one blob a commit, count where `ai` has none."""
    one = repo.commit("one", {"a.py": "1\n"})
    repo.note(one, note(f"a.py\n  {SESSION} 1\n", sessions=SESSIONS), ref="refs/notes/ai-remote/origin")
    two = repo.commit("two", {"b.py": "1\n2\n3\n"})
    old = {"files": {"b.py": {"authors": [{"author": "Claude", "lines": [1]}, {"author": "Dana Dev", "lines": [2]},
                                          {"author": "Erin", "lines": [3]}]}}}  # fmt: skip
    blob = repo.git("hash-object", "-w", "--stdin", feed=json.dumps(old).encode())
    repo.git("update-ref", f"refs/ai/authorship/{two}", blob)
    check(repo, "a.py", {"note:claude-code": ((1, 1),)})
    check(repo, "b.py", {"note:claude-code": ((1, 1),), "note:human": ((2, 2),)})


def test_a_person_called_like_a_tool_is_a_person(repo: Repo) -> None:
    """In the oldest notes the committer's own name is the committer, whatever tools are called."""
    commit = repo.commit("one", {"a.py": "1\n"}, author="Claude <claude@example.org>")
    old = {"files": {"a.py": {"authors": [{"author": "Claude", "lines": [1]}]}}}
    blob = repo.git("hash-object", "-w", "--stdin", feed=json.dumps(old).encode())
    repo.git("update-ref", f"refs/ai/authorship/{commit}", blob)
    check(repo, "a.py", {"note:human": ((1, 1),)})


def test_a_clone_without_notes_says_how_to_get_them(repo: Repo) -> None:
    """Notes are not fetched by default: a clone says so, a repository of nobody else's does not."""
    commit = repo.commit("start", {"a.py": "1\n"})
    check(repo, "a.py", {})
    clone = Repo(repo.path.parent / "clone", init=False)
    repo.git("clone", "-q", str(repo.path), str(clone.path))
    (entry,) = prepare(clone).not_measured
    command = shlex.split(entry.hint.partition(", if")[0])[1:]
    clone.git(*command)  # no error where the remote has none
    assert len(prepare(clone).not_measured) == 1
    clone.git("config", "--add", "remote.origin.fetch", command[-1])
    assert prepare(clone).not_measured == ()
    repo.note(commit, note(f"a.py\n  {SESSION} 1\n", sessions=SESSIONS))
    clone.git(*command)
    check(clone, "a.py", {"note:claude-code": ((1, 1),)})


def test_a_workspace_below_the_top_sees_its_own_files(repo: Repo) -> None:
    """Paths are those of the workspace, and other folders stay out."""
    commit = repo.commit("tool", {"sub/a.py": "1\n", "b.py": "1\n"})
    repo.note(commit, note(f"sub/a.py\n  {SESSION} 1\nb.py\n  {SESSION} 1\n", sessions=SESSIONS))
    assert set(prepare(repo, "sub").files) == {"a.py"}


def test_no_repository_no_commits(repo: Repo) -> None:
    """Without git, or before the first commit, there is nothing to read and nothing to complain of."""
    assert prepare(repo) == PreparedNotes()
    assert GitAiNotes().prepare(Context(repo.path, None, Registry.builtin(), (), {})) == PreparedNotes()
