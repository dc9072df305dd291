"""The policy file in the editor: what could stand there, what it means, and what is wrong in the files it builds on."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from lsp.conftest import REVIEW_POLICY, Start
from support.git import Repo
from support.lsp_client import LspClient, Message, place
from support.profiles import PROFILES
from whence.live.client_text import ClientText

COMPLETION = "textDocument/completion"
CRITERIA = """version = 1
[review.criteria.read]
text = "I read every line, and <b>can</b> explain it 😀."
"""


def cursor(text: str) -> tuple[str, tuple[int, int]]:
    """A text with its cursor at `|`, and the cursor's line and column in characters, from 0."""
    before, after = text.split("|")
    return before + after, (before.count("\n"), len(before) - before.rfind("\n") - 1)


def at(client: LspClient, uri: str, text: str) -> Message:
    """Type a text, and give the place of its cursor as this client counts."""
    source, (line, column) = cursor(text)
    client.change(uri, source)
    counted = ClientText(source, client.encoding)
    return {"textDocument": {"uri": uri}, "position": place(counted.column(line + 1, column + 1))}


def completions(client: LspClient, uri: str, text: str) -> list[Message]:
    asked(client)
    result = client.request(COMPLETION, at(client, uri, text))
    return list(result["items"]) if result else []


def asked(client: LspClient) -> None:
    """Wait until the client was told for which files it should ask."""
    known = "completionProvider" in client.server_capabilities
    while not known and all(item["method"] != COMPLETION for item in client.registered.values()):
        client.wait_for("client/registerCapability")


def taken(client: LspClient, uri: str, item: Message) -> str:
    """The text after the editor has put a choice in."""
    edit = item["textEdit"]
    start, end = (
        (edit["range"][side]["line"], edit["range"][side]["character"]) for side in ("start", "end")
    )
    return ClientText(client.texts[uri], client.encoding).edited(start, end, edit["newText"]).text


@pytest.mark.parametrize("profile", PROFILES)
def test_a_rule_is_written_by_completion_alone(workspace: Repo, serve: Start, profile: str) -> None:
    """Table, key, value: each choice is put where the client says, behind an astral character, in any encoding."""
    client = serve(workspace, capabilities=PROFILES[profile]())
    uri = client.open_file(workspace.path / "whence.toml", "toml")
    text = 'version = 1\n# 😀\n[[scope]]\nname = "a 😀"\n\n'
    steps = [
        ("|", "[[scope.rule]]"),
        ("\n  req|", "require"),
        ("|", "forbid"),
        ("\n  tools = [|]", "rival"),
        ('\n  because = "😀"\n  weak|', "weak_severity"),
        ("|", "info"),
        ("\n[sig|", "[[signal]]"),
        ("\nreason = '😀'\nignore = \"|", "trailer:copilot"),
    ]
    for typed, choice in steps:
        shown = {item["label"]: item for item in completions(client, uri, text + typed)}
        assert choice in shown, (typed, list(shown))
        client.texts[uri] = cursor(text + typed)[0]
        text = taken(client, uri, shown[choice])
    assert tomllib.loads(text) == {
        "version": 1,
        "scope": [
            {
                "name": "a 😀",
                "rule": [{"require": "forbid", "tools": ["rival"], "because": "😀", "weak_severity": "info"}],
            }
        ],
        "signal": [{"reason": "😀", "ignore": "trailer:copilot"}],
    }


def test_completion_is_asked_for_in_toml_files_only(workspace: Repo, serve: Start) -> None:
    """A client that registers late is told the pattern; one that does not has the capability, and code gets nothing."""
    late = serve(workspace)
    asked(late)
    assert "completionProvider" not in late.server_capabilities
    (options,) = [
        item["registerOptions"] for item in late.registered.values() if item["method"] == COMPLETION
    ]
    assert options["documentSelector"] == [{"pattern": "**/*.toml"}]
    early = serve(workspace, capabilities=PROFILES["neovim"]())
    uri = early.open_file(workspace.path / "tides.py")
    assert early.server_capabilities["completionProvider"]["triggerCharacters"]
    position = {"textDocument": {"uri": uri}, "position": place((0, 0))}
    assert early.request(COMPLETION, position) is None
    assert not any(item["method"] == COMPLETION for item in early.registered.values())


def test_what_is_offered_comes_from_the_workspace_too(workspace: Repo, serve: Start) -> None:
    """Owners of CODEOWNERS; criteria of a file that the policy extends, with the promise escaped for Markdown."""
    policy = REVIEW_POLICY.replace("version = 1", 'version = 1\nextends = ["policy/base.toml"]')
    workspace.write({"policy/base.toml": CRITERIA, "whence.toml": policy, "CODEOWNERS": "*.py @acme/tides\n"})
    client = serve(workspace)
    client.diagnostics(client.open_file(workspace.path / "tides.py"))
    uri = client.open_file(workspace.path / "whence.toml", "toml")
    (criterion,) = completions(client, uri, policy + "  criterion = |")
    assert criterion["textEdit"]["newText"] == '"read"'
    assert criterion["documentation"]["value"] == r"I read every line, and \<b\>can\</b\> explain it 😀."
    shown = [item["label"] for item in completions(client, uri, policy + '[[scope]]\nowners = ["|"]')]
    assert shown == ["@acme/tides"]


def test_before_the_workspace_is_known_the_schema_speaks(serve: Start) -> None:
    """A policy that lies in no workspace has its completion, hover and faults all the same."""
    client = serve(None)
    uri = client.open("file:///nowhere/whence.toml", "version = 1\n", "toml")
    assert [item["label"] for item in completions(client, uri, "version = 1\nmo|")] == ["mode"]
    assert hover(client, uri, "version = 1\nmo|de = 'warn'") is not None
    untitled = client.open("untitled:x 😀", "mo", "toml")
    assert completions(client, untitled, "mo|") == []


def hover(client: LspClient, uri: str, text: str) -> Any:
    return client.request("textDocument/hover", at(client, uri, text))


@pytest.mark.parametrize("profile", PROFILES)
def test_hover_says_what_a_key_and_a_value_mean(workspace: Repo, serve: Start, profile: str) -> None:
    """While it is typed, broken or not; beside the words there is nothing."""
    client = serve(workspace, capabilities=PROFILES[profile]())
    uri = client.open_file(workspace.path / "whence.toml", "toml")
    found = hover(client, uri, "version = 😀\nmo|de = 'warn'")["contents"]
    assert found["value"].startswith("How loud: `report` shows every finding as information")
    assert found["kind"] == ("markdown" if profile in ("vscode", "neovim") else "plaintext")
    value = hover(client, uri, "# 😀\n[[scope]]\n[[scope.rule]]\nrequire = 'for|bid' # 😀")["contents"]
    assert value["value"] == "The lines must not be there; no answer settles it, only an exception."
    assert hover(client, uri, "|\n") is None
    assert hover(client, uri, "# mo|de") is None


def test_hover_on_a_policy_that_a_tool_wrote_still_shows_the_evidence(workspace: Repo, serve: Start) -> None:
    """Where the policy's words have nothing to say, the finding speaks."""
    workspace.commit(
        "Policy\n\nCo-Authored-By: Claude <noreply@anthropic.com>",
        {"whence.toml": REVIEW_POLICY + "\n# a comment\n"},
    )
    client = serve(workspace)
    uri = client.open_file(workspace.path / "whence.toml", "toml")
    client.diagnostics(uri)
    text = client.texts[uri].replace("# a comment", "# a com|ment")
    assert "declares Claude Code" in hover(client, uri, text)["contents"]["value"]


@pytest.mark.parametrize("profile", ["vscode", "neovim", "nothing"])
def test_a_file_that_the_policy_extends_is_checked_while_it_is_typed(
    workspace: Repo, serve: Start, profile: str
) -> None:
    """Its faults are its own, judged together with what extends it; and it has completion and hover."""
    base = (
        CRITERIA + '[[scope]]\nname = "base"\n  [[scope.rule]]\n  require = "review"\n  criterion = "mine"\n'
    )
    mine = REVIEW_POLICY + '[review.criteria.mine]\ntext = "Mine."\n'
    mine = mine.replace("version = 1", 'version = 1\nextends = ["policy/base.toml"]')
    workspace.write({"policy/base.toml": base, "whence.toml": mine})
    client = serve(workspace, capabilities=PROFILES[profile]())
    client.diagnostics(client.open_file(workspace.path / "tides.py"))
    uri = client.open_file(workspace.path / "policy" / "base.toml", "toml")
    assert client.diagnostics(uri) == []
    client.change(uri, base.replace('"review"', '"reveiw"'))
    (fault,) = client.diagnostics(uri)
    assert "did you mean `review`?" in fault["message"]
    assert fault["range"]["start"]["line"] == 6
    assert [item["label"] for item in completions(client, uri, base + "  weak|")] == ["weak_severity"]
    client.change(uri, base)
    assert client.diagnostics(uri) == []


def test_in_pyproject_only_the_policy_is_helped(workspace: Repo, serve: Start) -> None:
    """The rest of the file belongs to others."""
    head = '[project]\nname = "tides 😀"\n'
    workspace.write({"pyproject.toml": head})
    client = serve(workspace)
    uri = client.open_file(workspace.path / "pyproject.toml", "toml")
    assert completions(client, uri, head + "mo|") == []
    assert hover(client, uri, head.replace("name", "na|me")) is None
    items = completions(client, uri, head + "[tool.whence]\nversion = 1\nmo|")
    assert [item["label"] for item in items] == ["mode"]
    client.change(uri, head + "[tool.whence]\nversion = 2\n")
    (fault,) = client.diagnostics(uri)
    assert "`version` must be 1" in fault["message"]


def test_completion_survives_any_place(workspace: Repo, serve: Start) -> None:
    """Places past the end of a line or of the file are answered, and nothing breaks."""
    client = serve(workspace)
    uri = client.open_file(workspace.path / "whence.toml", "toml")
    asked(client)
    for position in ((0, 999), (999, 0), (3, 2), (0, 0)):
        params = {"textDocument": {"uri": uri}, "position": place(position)}
        client.request(COMPLETION, params)
        client.request("textDocument/hover", params)


@pytest.mark.parametrize("profile", ["vscode", "neovim"])
def test_what_is_legal_and_nobody_wants_is_a_warning(workspace: Repo, serve: Start, profile: str) -> None:
    """What `whence policy check` would say is marked where it stands, and changes nothing else."""
    client = serve(workspace, capabilities=PROFILES[profile]())
    uri = client.open_file(workspace.path / "whence.toml", "toml")
    assert client.diagnostics(uri) == []
    client.change(
        uri, REVIEW_POLICY + '\n  [[scope.rule]]\n  require = "allow"\n\n[[scope]]\nname = "idle 😀"\n'
    )
    first, second = client.diagnostics(uri)
    assert (first["severity"], second["severity"]) == (2, 2)
    assert "rule 1 of `everything` never wins" in first["message"]
    assert first["range"]["start"] == {
        "line": REVIEW_POLICY[: REVIEW_POLICY.index("[[scope.rule]]")].count("\n"),
        "character": 2,
    }
    assert "`idle 😀` has no rule" in second["message"]
