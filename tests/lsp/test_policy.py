"""A broken policy is shown where it is broken, and the last good one stays in force."""

from __future__ import annotations

import pytest

from lsp.conftest import CLAUDE, REVIEW_POLICY, TRAILER, Start, uri_of
from support.git import Repo
from support.lsp_client import LspClient, Message
from support.profiles import PROFILES

BROKEN = REVIEW_POLICY.replace('require = "review"', '"😀" = 1\n  require = "reveiw"')
FORBID = REVIEW_POLICY.replace('"review"', '"forbid"')


def save(client: LspClient, repo: Repo, name: str, text: str) -> None:
    """Write a file as an editor does that has it open."""
    repo.write({name: text})
    client.save(uri_of(repo, name))


def watched(client: LspClient, repo: Repo, *names: str) -> None:
    changes = [{"uri": uri_of(repo, name), "type": 2} for name in names]
    client.notify("workspace/didChangeWatchedFiles", {"changes": changes})


def codes(items: list[Message]) -> list[str]:
    return [item["code"] for item in items]


def findings_when(client: LspClient, uri: str, expected: list[str]) -> None:
    """Follow the server's refreshes, or its pushes, until the findings are these."""
    while True:
        if client.pulls:
            if codes(client.diagnostics(uri)) == expected:
                return
            client.wait_for("workspace/diagnostic/refresh")
        elif codes(client.published(uri)["diagnostics"]) == expected:
            return


@pytest.mark.parametrize("profile", ["vscode", "neovim", "nothing"])
def test_the_last_good_policy_stays_in_force(workspace: Repo, serve: Start, profile: str) -> None:
    """Breaking the policy changes no finding and marks the fault; mending it takes the mark back."""
    client = serve(workspace, capabilities=PROFILES[profile]())
    policy = uri_of(workspace, "whence.toml")
    uri = client.open_file(workspace.path / "tides.py")
    assert codes(client.diagnostics(uri)) == ["review-missing"]
    workspace.write({"whence.toml": BROKEN})
    client.skip()
    watched(client, workspace, "whence.toml")
    marks = client.published(policy)["diagnostics"]
    assert marks
    assert {item["code"] for item in marks} == {"policy"}
    assert {item["severity"] for item in marks} == {1}
    assert any("review" in item["message"] and item["range"]["start"]["line"] == 10 for item in marks)
    if client.pulls:
        assert codes(client.diagnostics(uri)) == ["review-missing"]
    workspace.write({"whence.toml": FORBID})
    client.skip()
    watched(client, workspace, "whence.toml")
    assert client.published(policy)["diagnostics"] == []
    findings_when(client, uri, ["rival-forbidden"])


def test_evidence_goes_on_under_the_last_good_policy(workspace: Repo, serve: Start) -> None:
    """While the policy is broken, new commits are still judged by the one before."""
    client = serve(workspace)
    uri = client.open_file(workspace.path / "tides.py")
    findings_when(client, uri, ["review-missing"])
    text = client.texts[uri] + CLAUDE.replace("smooth", "slope").replace("total", "sum_")
    workspace.commit("Slope" + TRAILER, {"whence.toml": BROKEN, "tides.py": text})
    client.change(uri, text)
    watched(client, workspace, "whence.toml", ".git/logs/HEAD")
    findings_when(client, uri, ["review-missing", "review-missing"])
    assert client.published(uri_of(workspace, "whence.toml"))["diagnostics"]


def test_a_policy_is_checked_while_it_is_typed(workspace: Repo, serve: Start) -> None:
    """Faults are marked in the unsaved text, at their place behind an astral character, and never twice."""
    client = serve(workspace)
    policy = client.open_file(workspace.path / "whence.toml", "toml")
    assert client.diagnostics(policy) == []
    text = REVIEW_POLICY.replace('tools = ["rival"]', 'tools = ["rival", "vendor:😀", "clawde-code"]')
    client.change(policy, text)
    items = client.diagnostics(policy)
    assert {item["code"] for item in items} == {"policy"}
    line = text.split("\n").index('  tools = ["rival", "vendor:😀", "clawde-code"]')
    places = {(item["range"]["start"]["line"], item["range"]["start"]["character"]) for item in items}
    assert (line, 33) in places, items  # in UTF-16 units, behind the astral character
    save(client, workspace, "whence.toml", text)
    client.wait_for("workspace/diagnostic/refresh")
    assert client.diagnostics(policy) == items
    client.change(policy, REVIEW_POLICY)
    assert client.diagnostics(policy) == []


def test_a_policy_that_was_never_good_is_told_once(workspace: Repo, serve: Start) -> None:
    """Nothing is in force, nothing is found, and one message says why; with the first good policy all is well."""
    workspace.write({"whence.toml": "version = 😀\n"})
    client = serve(workspace)
    uri = client.open_file(workspace.path / "tides.py")
    assert client.diagnostics(uri) == []
    client.published(uri_of(workspace, "whence.toml"))
    said = client.wait_for("window/showMessage")
    assert said["type"] == 1
    watched(client, workspace, "whence.toml")
    client.wait_for("workspace/diagnostic/refresh")
    workspace.write({"whence.toml": REVIEW_POLICY})
    watched(client, workspace, "whence.toml")
    findings_when(client, uri, ["review-missing"])
    assert len(client.seen("window/showMessage")) == 1


def test_another_policy_can_be_named(workspace: Repo, serve: Start) -> None:
    """`whence.policy` is pulled, and takes effect when the user changes it."""
    workspace.write({"policies/strict.toml": FORBID})
    client = serve(workspace)
    uri = client.open_file(workspace.path / "tides.py")
    findings_when(client, uri, ["review-missing"])
    assert [item["method"] for item in client.registered.values()] == [
        "workspace/didChangeWatchedFiles", "workspace/didChangeConfiguration", "textDocument/completion",
    ]  # fmt: skip
    client.settings = {"whence": {"policy": "policies/strict.toml"}}
    client.notify("workspace/didChangeConfiguration", {"settings": None})
    findings_when(client, uri, ["rival-forbidden"])


def test_settings_can_be_pushed_and_wrong_ones_are_told(workspace: Repo, serve: Start) -> None:
    """A client without `workspace/configuration` sends its settings; what is wrong is logged and ignored."""
    workspace.write({"strict.toml": FORBID})
    client = serve(
        workspace, capabilities=PROFILES["ale"](), options={"policy": "strict.toml", "colour": "😀"}
    )
    uri = client.open_file(workspace.path / "tides.py")
    assert codes(client.diagnostics(uri)) == ["rival-forbidden"]
    client.notify("workspace/didChangeConfiguration", {"settings": {"whence": {"policy": "", "codeLens": 1}}})
    assert "whence.codeLens is 1" in client.wait_for("window/logMessage")["message"]
    findings_when(client, uri, ["review-missing"])
