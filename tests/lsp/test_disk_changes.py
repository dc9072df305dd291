"""What changes outside the editor is noticed: commits, the ledger, notes, and a tool that is at work right now."""

from __future__ import annotations

import threading
import time

import pytest

from lsp.conftest import CLAUDE, HUMAN, TRAILER, Start
from lsp.test_policy import codes, findings_when, watched
from support.git import Repo
from support.profiles import PROFILES
from support.transcripts import Claude
from whence.live import jobs
from whence.live.jobs import Check, Tell, prepare_workspace
from whence.live.sealed import Sealed
from whence.live.stamps import Watch, sessions_since
from whence.live.values import Preparation, Prepared
from whence.lsp import lookout, roots
from whence.model import Region
from whence.review import Draft, record
from whence.text import split


def test_watchers_are_registered_only_where_that_is_possible(workspace: Repo, serve: Start) -> None:
    """VS Code and Emacs watch the policy, the ledger, HEAD and notes for us; the others are not asked to."""
    expected = {"vscode": True, "neovim": False, "eglot": True, "ale": False, "nothing": False}
    for name, wanted in expected.items():
        client = serve(workspace, capabilities=PROFILES[name]())
        client.diagnostics(client.open_file(workspace.path / "tides.py"))
        patterns = [
            watcher["globPattern"]
            for item in client.registered.values()
            for watcher in item["registerOptions"].get("watchers", ())
        ]
        assert bool(patterns) == wanted
        if wanted:
            assert {
                "**/whence.toml",
                "**/.whence/reviews/*",
                "**/.git/HEAD",
                "**/.git/refs/notes/*",
            } <= set(patterns)


def test_a_commit_is_noticed_by_watching(workspace: Repo, serve: Start) -> None:
    """The text was open and uncommitted; with the commit comes its declaration."""
    client = serve(workspace)
    added = HUMAN + CLAUDE + CLAUDE.replace("smooth", "slope").replace("total", "sum_")
    workspace.write({"tides.py": added})
    uri = client.open_file(workspace.path / "tides.py")
    findings_when(client, uri, ["review-missing"])
    workspace.commit("Slope" + TRAILER)
    watched(client, workspace, ".git/logs/HEAD")
    findings_when(client, uri, ["review-missing", "review-missing"])


@pytest.mark.parametrize("profile", ["neovim", "ale"])
def test_a_commit_is_noticed_without_watching(workspace: Repo, serve: Start, monkeypatch: pytest.MonkeyPatch, profile: str) -> None:  # fmt: skip
    """A client that watches nothing: the server looks by itself while documents are open."""
    monkeypatch.setattr(lookout, "POLL", 0.05)
    client = serve(workspace, capabilities=PROFILES[profile]())
    added = HUMAN + CLAUDE + CLAUDE.replace("smooth", "slope").replace("total", "sum_")
    workspace.write({"tides.py": added})
    uri = client.open_file(workspace.path / "tides.py")
    assert codes(client.diagnostics(uri)) == ["review-missing"]
    workspace.commit("Slope" + TRAILER)
    findings_when(client, uri, ["review-missing", "review-missing"])


def test_a_review_on_the_command_line_is_taken_up(workspace: Repo, serve: Start) -> None:
    """A colleague's answer arrives with `git pull`, or the own one from a terminal."""
    client = serve(workspace)
    uri = client.open_file(workspace.path / "tides.py")
    findings_when(client, uri, ["review-missing"])
    draft = Draft(
        path="tides.py", region=Region("function", "smooth", 8, 15), text=split(client.texts[uri]), lines=((8, 15),),
        reviewer="Rita Reader <rita@example.org>", tools=("claude-code",),
    )  # fmt: skip
    file = record(workspace.path, draft)
    watched(client, workspace, file.relative_to(workspace.path).as_posix())
    findings_when(client, uri, [])


def session_of(repo: Repo, before: str, added: str) -> Claude:
    made = Claude(repo.home, str(repo.path))
    made.prompt("Add a running mean 😀.")
    last = before.rstrip("\n").split("\n")[-1]
    made.edit(str(repo.path / "tides.py"), last + "\n", last + "\n" + added, original=before)
    return made


@pytest.mark.parametrize("profile", ["vscode", "neovim"])
def test_a_tools_edit_is_seen_while_the_file_is_open(repo: Repo, serve: Start, monkeypatch: pytest.MonkeyPatch, profile: str) -> None:  # fmt: skip
    """Claude Code writes into an open file: the editor reloads, the server looks for the session, the mark is there."""
    monkeypatch.setattr(lookout, "SOON", (0.01, 0.02))
    repo.commit("Begin", {"tides.py": HUMAN}, date="2026-01-05T10:00:00+00:00")
    client = serve(repo, capabilities=PROFILES[profile]())
    uri = client.open_file(repo.path / "tides.py")
    assert client.diagnostics(uri) == []
    session_of(repo, HUMAN, CLAUDE).save()
    client.skip()
    client.change(uri, HUMAN + CLAUDE)
    findings_when(client, uri, ["attributed"])
    client.change(uri, HUMAN)
    findings_when(client, uri, [])


def test_text_that_the_person_wrote_first_stays_theirs(repo: Repo, serve: Start) -> None:
    """A session that repeats committed lines does not claim them: the dates are looked up before anything is said."""
    repo.commit("Begin", {"tides.py": HUMAN + CLAUDE}, date="2026-01-05T10:00:00+00:00")
    session_of(repo, HUMAN, CLAUDE).save()
    client = serve(repo)
    uri = client.open_file(repo.path / "tides.py")
    assert client.diagnostics(uri) == []
    client.change(uri, "# 😀\n" + HUMAN + CLAUDE)
    assert client.diagnostics(uri) == []


def test_text_that_a_session_wrote_before_it_was_committed_is_the_tools(repo: Repo, serve: Start) -> None:
    """Nobody declared it in the commit: the dates of the lines, looked up once, show who was first."""
    repo.commit("Begin", {"tides.py": HUMAN}, date="2026-01-05T10:00:00+00:00")
    session_of(repo, HUMAN, CLAUDE).save()
    repo.commit("Smooth", {"tides.py": HUMAN + CLAUDE}, date="2026-08-05T10:00:00+00:00")
    client = serve(repo)
    uri = client.open_file(repo.path / "tides.py")
    (item,) = client.diagnostics(uri)
    assert item["message"].startswith("Claude Code (Anthropic) wrote all 8 lines of `smooth`")
    client.edit(uri, (0, 0), (0, 0), "# 😀\n")
    assert len(client.diagnostics(uri)) == 1


def test_only_sessions_of_this_workspace_are_news(workspace: Repo) -> None:
    """A session elsewhere grows all day; this workspace is not looked at again because of it."""
    elsewhere = Claude(workspace.home, "/somewhere/else")
    elsewhere.write("/somewhere/else/a.py", CLAUDE)
    elsewhere.save()
    assert not sessions_since(workspace.path, workspace.environment, 0.0)
    session_of(workspace, HUMAN, CLAUDE).save()
    assert sessions_since(workspace.path, workspace.environment, 0.0)
    assert not sessions_since(workspace.path, workspace.environment, time.time() + 60)


def test_the_files_behind_a_snapshot_are_watched(workspace: Repo) -> None:
    """The policy, the ledger, a commit and a note each count; a file of the workspace does not."""
    watch = Watch.of(workspace.path, None, workspace.environment)
    state = watch.look()
    workspace.write({"other.py": "x = 1\n"})
    assert watch.look() == state
    for change in (
        lambda: workspace.write({"whence.toml": "version = 1\n"}),
        lambda: workspace.write({".whence/reviews/x.toml": ""}),
        lambda: workspace.write({".whence/allowed_signers": ""}),
        lambda: workspace.commit("More"),
        lambda: workspace.note("HEAD", "{}"),
    ):
        change()
        after = watch.look()
        assert after != state
        state = after


def test_a_policy_that_appears_is_taken_up(repo: Repo, serve: Start) -> None:
    """`whence policy init` in a terminal takes effect in the editor."""
    repo.commit("Begin" + TRAILER, {"tides.py": CLAUDE})
    client = serve(repo)
    uri = client.open_file(repo.path / "tides.py")
    findings_when(client, uri, ["attributed"])
    policy = 'version = 1\n[[scope]]\nname = "😀"\npaths = ["**"]\n[[scope.rule]]\ntools = ["any"]\nrequire = "allow"\n'
    repo.write({"whence.toml": policy})
    watched(client, repo, "whence.toml")
    findings_when(client, uri, [])


def slow_looks(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """From now on whole looks at workspaces end only when the event is set, and documents do not wait for them."""
    ready = threading.Event()

    def slow(tell: Tell, check: Check, ask: Preparation) -> Prepared:
        assert ready.wait(30)
        return prepare_workspace(tell, check, ask)

    monkeypatch.setitem(jobs.JOBS, "prepare", slow)
    monkeypatch.setattr(roots, "GRACE", 0.01)
    return ready


def test_what_is_shown_first_can_be_answered_and_explained(workspace: Repo, serve: Start, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    """A command about a finding that was shown before the long look waits for that look, and is not refused."""
    ask = Preparation(workspace.path, None, (), workspace.environment, Sealed(None))
    prepare_workspace(lambda told: None, lambda: None, ask)
    ready = slow_looks(monkeypatch)
    client = serve(workspace)
    try:
        uri = client.open_file(workspace.path / "tides.py")
        (item,) = client.diagnostics(uri)
        explain = {"command": "whence.explain", "arguments": [{"uri": uri, "line": 10}]}
        explained = client.start("workspace/executeCommand", explain)
        argument = {"uri": uri, "fingerprint": item["data"]["fingerprint"]}
        review = client.start(
            "workspace/executeCommand", {"command": "whence.review", "arguments": [argument]}
        )
        assert not client.answered(review)
    finally:
        ready.set()
    assert "Claude Code" in client.answer(explained)
    assert client.answer(review)["settled"]


def test_the_first_findings_do_not_wait_for_a_long_look(workspace: Repo, serve: Start, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    """What is known from before is shown while the workspace is still being looked at; the rest follows by refresh."""
    ask = Preparation(workspace.path, None, (), workspace.environment, Sealed(None))
    prepare_workspace(lambda told: None, lambda: None, ask)  # somebody has looked before
    added = HUMAN + CLAUDE + CLAUDE.replace("smooth", "slope").replace("total", "sum_")
    session_of(workspace, HUMAN + CLAUDE, added[len(HUMAN + CLAUDE) :]).save()
    ready = slow_looks(monkeypatch)
    client = serve(workspace)
    try:
        uri = client.open((workspace.path / "tides.py").as_uri(), added)
        assert codes(client.diagnostics(uri)) == ["review-missing"]
        end = (added.count("\n"), 0)
        client.edit(uri, end, end, "# 😀\n")
        assert codes(client.diagnostics(uri)) == ["review-missing"]
        pull = client.start("textDocument/diagnostic", {"textDocument": {"uri": client.open((workspace.path / "b.py").as_uri(), "x = 1\n")}})  # fmt: skip
    finally:
        ready.set()
    assert client.answer(pull)["items"] == []  # a glance that shows nothing is no answer
    findings_when(client, uri, ["review-missing", "review-missing"])
