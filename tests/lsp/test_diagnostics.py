"""Findings reach the editor: the same by every road, at the right place, never stale, never twice."""

from __future__ import annotations

import hashlib
import io
import json
import threading
from pathlib import Path
from typing import Any

import pytest

from lsp.conftest import CLAUDE, HUMAN, TRAILER, Start, uri_of
from support.git import Repo
from support.lsp_client import LspClient, ServerError, place
from support.profiles import PROFILES
from whence.cli.console import Console
from whence.cli.main import main
from whence.live.buffer import Buffer
from whence.live.client_text import ClientText
from whence.live.document import LiveDocument
from whence.lsp import session

FORBIDDEN = HUMAN + CLAUDE.replace("smooth", "surge")


def column(line: str, index: int, encoding: str) -> int:
    codec, width = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}[encoding]
    return len(line[:index].encode(codec)) // width


def shown(client: LspClient, uri: str) -> list[tuple[str, str, str]]:
    """(code, text under the mark, first word of the message) of each finding, cut out of the editor's own text."""
    lines = client.texts[uri].split("\n")
    out = []
    for item in client.diagnostics(uri):
        start, end = item["range"]["start"], item["range"]["end"]
        assert start["line"] == end["line"], "a wall of squiggles"
        line = lines[start["line"]]
        first, last = (
            next(i for i in range(len(line) + 1) if column(line, i, client.encoding) == p["character"])
            for p in (start, end)
        )
        out.append((item["code"], line[first:last], item["message"].split(" ")[0]))
    return out


@pytest.mark.parametrize("profile", PROFILES)
def test_a_finding_is_marked_where_it_starts(workspace: Repo, serve: Start, profile: str) -> None:
    """Every kind of client gets the same finding on the same characters, behind an astral one."""
    client = serve(workspace, capabilities=PROFILES[profile]())
    uri = client.open_file(workspace.path / "tides.py")
    assert shown(client, uri) == [("review-missing", "def smooth(rows, width):", "The")]
    text = client.texts[uri].replace("def smooth", "😀 = 1;  def smooth")
    client.change(uri, text)
    assert shown(client, uri) == [("review-missing", '"""😀 Running mean of the heights."""', "The")]


def test_the_editor_and_the_command_line_find_the_same(workspace: Repo, serve: Start) -> None:
    """For the same bytes `whence scan`, pulling and pushing give the same findings."""
    workspace.commit("More" + TRAILER, {"tides.py": FORBIDDEN + CLAUDE, "odd 😀/name.py": CLAUDE})
    out = io.StringIO()
    console = Console(out=out, err=io.StringIO(), folder=workspace.path, environment=workspace.environment)
    main(["scan", "--format", "json"], console)
    expected = {(f["path"], f["code"], f["fingerprint"]) for f in json.loads(out.getvalue())["findings"]}
    assert len(expected) == 3
    for profile in ("vscode", "neovim"):
        client = serve(workspace, capabilities=PROFILES[profile]())
        found = set()
        for name in ("tides.py", "odd 😀/name.py", "whence.toml"):
            uri = client.open_file(workspace.path / name)
            found |= {(name, item["code"], item["data"]["fingerprint"]) for item in client.diagnostics(uri)}
        assert found == expected


def test_a_pull_is_unchanged_until_findings_change(workspace: Repo, serve: Start) -> None:
    """The result id is of the findings, not of the version, and means the same to another process."""

    def pull(client: LspClient, uri: str, previous: str | None) -> dict[str, Any]:
        params = {"textDocument": {"uri": uri}, **({"previousResultId": previous} if previous else {})}
        return dict(client.request("textDocument/diagnostic", params))

    client = serve(workspace)
    uri = client.open_file(workspace.path / "tides.py")
    first = pull(client, uri, None)
    assert first["kind"] == "full"
    again = pull(client, uri, first["resultId"])
    assert again == {"kind": "unchanged", "resultId": first["resultId"]}
    client.edit(uri, (4, 0), (4, 0), "    # 😀\n")
    moved = pull(client, uri, first["resultId"])
    assert moved["kind"] == "full"
    assert moved["resultId"] != first["resultId"]
    client.change(uri, HUMAN)
    assert pull(client, uri, moved["resultId"]) == {"kind": "full", "items": []}
    other = serve(workspace)
    assert pull(other, other.open_file(workspace.path / "tides.py"), first["resultId"])["kind"] == "unchanged"


def test_every_push_names_its_version_and_closing_clears(workspace: Repo, serve: Start) -> None:
    """A client that cannot pull gets findings with the version that they are of, and none once it has closed."""
    client = serve(workspace, capabilities=PROFILES["eglot"]())
    uri = client.open_file(workspace.path / "tides.py")
    assert len(client.published(uri, 1)["diagnostics"]) == 1
    version = client.change(uri, HUMAN)
    assert client.published(uri, version)["diagnostics"] == []
    version = client.change(uri, HUMAN + CLAUDE)
    assert len(client.published(uri, version)["diagnostics"]) == 1
    client.close(uri)
    assert client.published(uri) == {"uri": uri, "diagnostics": []}
    client.open_file(workspace.path / "tides.py")
    assert len(client.published(uri, 1)["diagnostics"]) == 1


class Gate:
    """Lets analyses start only when told, and counts them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.texts: list[str] = []
        self.open = threading.Semaphore(0)
        self.waiting = threading.Semaphore(0)
        real = LiveDocument._shown

        def shown(document: LiveDocument, *how: Any) -> Any:
            self.texts.append(document.buffer.text)
            self.waiting.release()
            assert self.open.acquire(timeout=20)
            return real(document, *how)

        monkeypatch.setattr(LiveDocument, "_shown", shown)


@pytest.mark.parametrize("profile", ["vscode", "eglot"])
def test_typing_never_waits_and_nothing_stale_is_shown(
    workspace: Repo, serve: Start, monkeypatch: pytest.MonkeyPatch, profile: str
) -> None:
    """While one text is analysed twenty more arrive: they cost one analysis, and only the last is shown."""
    gate = Gate(monkeypatch)
    client = serve(workspace, capabilities=PROFILES[profile]())
    uri = client.open_file(workspace.path / "tides.py")
    pulls = [client.start("textDocument/diagnostic", {"textDocument": {"uri": uri}})] if client.pulls else []
    assert gate.waiting.acquire(timeout=20)
    for number in range(20):
        client.change(uri, HUMAN + f"# 😀 {number}\n" + CLAUDE)
        if client.pulls:
            pulls.append(client.start("textDocument/diagnostic", {"textDocument": {"uri": uri}}))
    # The loop answers although the analysis is stuck.
    assert client.request("workspace/executeCommand", {"command": "whence.debugInformation"})
    gate.open.release(100)
    if client.pulls:
        lines = {item["range"]["start"]["line"] for pull in pulls for item in client.answer(pull)["items"]}
        assert lines == {8}
    else:
        assert client.published(uri)["version"] == 21
    assert len(gate.texts) == 2


def test_a_pull_can_be_cancelled(workspace: Repo, serve: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """The client takes a request back and gets its answer at once; whoever else asks still gets findings."""
    gate = Gate(monkeypatch)
    client = serve(workspace)
    uri = client.open_file(workspace.path / "tides.py")
    params = {"textDocument": {"uri": uri}}
    first, second = (
        client.start("textDocument/diagnostic", params),
        client.start("textDocument/diagnostic", params),
    )
    assert gate.waiting.acquire(timeout=20)
    client.cancel(first)
    with pytest.raises(ServerError, match="-32800"):
        client.answer(first)
    gate.open.release(100)
    assert len(client.answer(second)["items"]) == 1
    assert len(gate.texts) == 1


def test_without_a_policy_findings_are_information(repo: Repo, serve: Start) -> None:
    """The first day is quiet: what is attributed is shown, nothing is demanded, no message pops up."""
    repo.commit("Begin", {"tides.py": HUMAN})
    repo.commit("Go on" + TRAILER, {"tides.py": HUMAN + CLAUDE})
    client = serve(repo)
    (item,) = client.diagnostics(client.open_file(repo.path / "tides.py"))
    assert (item["code"], item["severity"]) == ("attributed", 3)
    assert not client.seen("window/showMessage")


def test_people_and_bots_are_not_accused(repo: Repo, serve: Start) -> None:
    """A person named Claude, a bot that updates versions and text older than every agent get no mark."""
    repo.commit("Begin", {"tides.py": HUMAN + CLAUDE}, author="Claude Dupont <claude@example.fr>")
    repo.commit("Bump 😀", {"requirements.txt": "a==2\n"}, author="dependabot[bot] <49699333+dependabot[bot]@users.noreply.github.com>")  # fmt: skip
    repo.commit("Old", {"old.py": CLAUDE}, date="2019-05-01T10:00:00+00:00")
    client = serve(repo)
    for name in ("tides.py", "requirements.txt", "old.py"):
        assert client.diagnostics(client.open_file(repo.path / name)) == []


def test_related_information_leads_to_the_lines_of_the_evidence(workspace: Repo, serve: Start) -> None:
    """Under the message stands what speaks for it, on the lines that it speaks of."""
    client = serve(workspace)
    uri = client.open_file(workspace.path / "tides.py")
    (item,) = client.diagnostics(uri)
    (related,) = item["relatedInformation"]
    assert related["message"].startswith("declared: commit ")
    assert related["location"] == {"uri": uri, "range": {"start": place((7, 0)), "end": place((14, 16))}}


def test_several_folders_have_their_own_policies(tmp_path: Path, serve: Start) -> None:
    """Each folder of a window is judged by its own policy; a folder that joins or leaves takes effect at once."""
    strict, loose = Repo(tmp_path / "strict 😀"), Repo(tmp_path / "loose")
    policy = 'version = 1\n[[scope]]\nname = "all"\npaths = ["**"]\n[[scope.rule]]\ntools = ["any"]\nrequire = "{}"\n'
    for repo, require in ((strict, "forbid"), (loose, "review")):
        repo.commit("Begin" + TRAILER, {"tides.py": CLAUDE, "whence.toml": policy.format(require)})
    client = serve(strict, folders=[strict.path])
    first = client.open_file(strict.path / "tides.py")
    second = client.open_file(loose.path / "tides.py")
    codes = [item["code"] for uri in (first, second) for item in client.diagnostics(uri)]
    assert codes == ["tool-forbidden", "review-missing"]
    client.skip()
    inner = tmp_path / "strict 😀" / "inner"
    strict.write(
        {"inner/whence.toml": policy.format("allow"), "inner/tides.py": CLAUDE.replace("mean", "sum")}
    )
    strict.commit("Inner" + TRAILER)
    third = client.open_file(inner / "tides.py")
    event = {"added": [{"uri": inner.as_uri(), "name": "inner"}], "removed": []}
    client.notify("workspace/didChangeWorkspaceFolders", {"event": event})
    client.wait_for("workspace/diagnostic/refresh")
    assert client.diagnostics(third) == []
    client.skip()
    client.notify("workspace/didChangeWorkspaceFolders", {"event": {"added": [], "removed": event["added"]}})
    client.wait_for("workspace/diagnostic/refresh")
    assert [item["code"] for item in client.diagnostics(third)] == ["tool-forbidden"]


def test_a_file_outside_every_workspace_is_looked_at_by_itself(tmp_path: Path, serve: Start) -> None:
    """No folder, no repository, no policy: nothing is found, and nothing breaks."""
    file = tmp_path / "alone 😀.py"
    file.write_text(HUMAN, "utf-8")
    client = serve(None)
    assert client.diagnostics(client.open_file(file)) == []
    for uri in (
        "untitled:Untitled-1",
        "git:/x.py?{}",
        "file:///no/such/folder/x.py",
        "vscode-notebook-cell:/x#1",
    ):
        client.open(uri, HUMAN + CLAUDE)
        assert client.diagnostics(uri) == []
    assert client.diagnostics("file:///never/opened.py") == []


def test_uris_may_be_escaped_differently(workspace: Repo, serve: Start) -> None:
    """VS Code escapes more than it must; the document keeps the client's own name."""
    client = serve(workspace)
    uri = uri_of(workspace).replace("tides.py", "t%69des%2Epy")
    client.open(uri, (workspace.path / "tides.py").read_text("utf-8"))
    (item,) = client.diagnostics(uri)
    assert item["relatedInformation"][0]["location"]["uri"] == uri


def test_edits_are_applied_off_the_loop(
    workspace: Repo, serve: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A keystroke in a giant file costs the loop nothing, and the text is the editor's all the same."""
    threads: set[str] = set()

    def watched(real: Any) -> Any:
        def edited(self: Any, *change: Any) -> Any:
            threads.add(threading.current_thread().name)
            return real(self, *change)

        return edited

    monkeypatch.setattr(ClientText, "edited", watched(ClientText.edited))
    monkeypatch.setattr(Buffer, "edit", watched(Buffer.edit))
    client = serve(workspace)
    uri = client.open_file(workspace.path / "tides.py")
    text = client.texts[uri]
    for number in range(session.BACKLOG + 50):
        client.edit(uri, (0, 3), (0, 3 + number % 3), "é😀")
        line, rest = text.split("\n", 1)
        text = line[:3] + "é😀" + line[3:][_units_to_characters(line[3:], number % 3) :] + "\n" + rest
        if number == 60:
            client.change(uri, text := HUMAN + CLAUDE)
    information = client.request("workspace/executeCommand", {"command": "whence.debugInformation"})
    assert information["documents"][0]["digest"] == hashlib.sha256(text.encode()).hexdigest()
    assert {name.rpartition("-")[0] for name in threads} == {"whence-desk", "whence-slow"}


def _units_to_characters(text: str, units: int) -> int:
    return len(text.encode("utf-16-le")[: 2 * units].decode("utf-16-le", "ignore"))


def test_a_file_that_is_nobodys_workspace_disturbs_nobody(tmp_path: Path, serve: Start) -> None:
    """A new file in a plain folder, and a file in the home folder, open without a word and without a walk."""
    repo = Repo(tmp_path / "repo")
    (repo.home / "notes 😀.txt").write_text(HUMAN, "utf-8")
    client = serve(repo, folders=[tmp_path / "elsewhere"])
    for path in (tmp_path / "new 😀.py", repo.home / "notes 😀.txt"):
        assert client.diagnostics(client.open(path.as_uri(), HUMAN + CLAUDE)) == []
    information = client.request("workspace/executeCommand", {"command": "whence.debugInformation"})
    assert information["roots"] == []
    assert not client.seen("window/showMessage")
