"""What stands behind a finding, in the words and the format that the client can show."""

from __future__ import annotations

from typing import Any

import pytest

from lsp.conftest import CLAUDE, HUMAN, TRAILER, Start
from support.git import Repo
from support.lsp_client import LspClient, ServerError, place
from support.profiles import PROFILES
from whence.live.words import escape


def hover(client: LspClient, uri: str, line: int) -> Any:
    position = place((line, 0))
    return client.request("textDocument/hover", {"textDocument": {"uri": uri}, "position": position})


@pytest.mark.parametrize("profile", PROFILES)
def test_hover_shows_the_evidence(workspace: Repo, serve: Start, profile: str) -> None:
    """On any line of a finding: who, the evidence down to the commit, the policy's own words, what now."""
    client = serve(workspace, capabilities=PROFILES[profile]())
    uri = client.open_file(workspace.path / "tides.py")
    shown = hover(client, uri, 12)
    text = shown["contents"]["value"]
    for part in (
        "declares Claude Code",
        "Co-Authored-By",
        "Section 2 😀",
        "2026-06-01 02:00",
        "record a review",
    ):
        assert part in text
    markdown = shown["contents"]["kind"] == "markdown"
    assert markdown == (profile in ("vscode", "neovim"))
    assert ("| evidence | from |" in text) == markdown
    assert shown["range"] == {"start": place((7, 0)), "end": place((14, 16))}
    assert hover(client, uri, 1) is None
    assert hover(client, uri, 999) is None


def test_foreign_text_does_not_escape_into_markdown(repo: Repo, serve: Start) -> None:
    """A trailer cannot smuggle a link, a picture or a table row into the hover."""
    trailer = "\n\nCo-Authored-By: Claude ![x](http://evil.example/😀) | <b>now</b> <noreply@anthropic.com>"
    repo.commit("Begin" + trailer, {"tides.py": CLAUDE})
    client = serve(repo)
    text = hover(client, client.open_file(repo.path / "tides.py"), 2)["contents"]["value"]
    assert "![x]" not in text
    assert "<b>" not in text
    assert r"\!\[x\]" in text
    (row,) = [line for line in text.split("\n") if "evil" in line and line.startswith("|")]
    assert row.replace("\\|", "").count("|") == 6


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain 😀", "plain 😀"),
        ("a*b_c", r"a\*b\_c"),
        ("all of `a*b|c`!", "all of `a*b¦c`\\!"),
        ("one ` tick <b>", r"one \` tick \<b\>"),
    ],
)
def test_markdown_is_escaped_outside_code(text: str, expected: str) -> None:
    """Names stay readable as code; a lone backtick opens nothing."""
    assert escape(text) == expected


def lenses(client: LspClient, uri: str) -> Any:
    return client.request("textDocument/codeLens", {"textDocument": {"uri": uri}})


def test_lenses_are_off_until_they_are_wanted(workspace: Repo, serve: Start) -> None:
    """Turned on, each finding has one line above its region, which answers for it on a click."""
    client = serve(workspace)
    uri = client.open_file(workspace.path / "tides.py")
    assert lenses(client, uri) is None
    client.settings = {"whence": {"codeLens": True}}
    client.notify("workspace/didChangeConfiguration", {"settings": None})
    client.wait_for("workspace/codeLens/refresh")
    (lens,) = lenses(client, uri)
    assert lens["range"]["start"] == place((7, 0))
    assert lens["command"]["title"] == "Claude Code (Anthropic): 8 lines · mark human-reviewed"
    command = lens["command"]
    client.skip()
    client.request(
        "workspace/executeCommand", {"command": command["command"], "arguments": command["arguments"]}
    )
    client.wait_for("workspace/codeLens/refresh")
    assert lenses(client, uri) == []


def test_lenses_of_what_cannot_be_reviewed_do_nothing(workspace: Repo, serve: Start) -> None:
    """A forbidden region's lens says so and has no command."""
    policy = (workspace.path / "whence.toml").read_text("utf-8").replace('"review"', '"forbid"')
    workspace.write({"whence.toml": policy})
    client = serve(workspace, capabilities=PROFILES["ale"](), options={"codeLens": True})
    uri = client.open_file(workspace.path / "tides.py")
    (lens,) = lenses(client, uri)
    assert lens["command"] == {"title": "Claude Code (Anthropic): 8 lines · forbid", "command": ""}


def explain(client: LspClient, *arguments: Any) -> Any:
    return client.request(
        "workspace/executeCommand", {"command": "whence.explain", "arguments": list(arguments)}
    )


def test_a_line_is_explained_whoever_wrote_it(workspace: Repo, serve: Start) -> None:
    """Flagged, human, reviewed or in a file that is not open: every line has its explanation."""
    workspace.commit("More" + TRAILER, {"harbour 😀.py": CLAUDE})
    client = serve(workspace)
    uri = client.open_file(workspace.path / "tides.py")
    flagged = explain(client, {"uri": uri, "line": 9})
    for part in (
        "### tides.py:10",
        "Claude Code (Anthropic)",
        "wins: the last rule of `everything`",
        "record a review",
    ):
        assert part in flagged
    assert "No evidence says that an AI tool wrote this line." in explain(client, {"uri": uri, "line": 0})
    assert "Claude Code" in explain(client, {"uri": (workspace.path / "harbour 😀.py").as_uri(), "line": 3})
    for wrong in (
        (),
        (1,),
        ({"uri": uri},),
        ({"uri": uri, "line": -1},),
        ({"uri": uri, "line": "1"},),
        ({}, {}),
    ):
        with pytest.raises(ServerError, match=r"-32602: whence\.explain takes one"):
            explain(client, *wrong)
    with pytest.raises(ServerError, match="-32803"):
        explain(client, {"uri": "untitled:x 😀", "line": 0})


def test_without_a_policy_the_explanation_says_so(repo: Repo, serve: Start) -> None:
    """Nothing is asked where there are no rules."""
    repo.commit("Begin" + TRAILER, {"tides.py": HUMAN + CLAUDE})
    client = serve(repo)
    assert "There is no policy here" in explain(client, {"uri": (repo.path / "tides.py").as_uri(), "line": 9})
