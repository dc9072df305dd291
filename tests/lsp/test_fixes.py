"""Quick fixes that show or change something: the evidence, a disclosure, an exception, the lines taken out."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from lsp.conftest import CLAUDE, HUMAN, REVIEW_POLICY, TRAILER, Start
from lsp.test_review import apply, everything
from support.git import Repo
from support.lsp_client import LspClient, Message, ServerError
from support.profiles import PROFILES

OWN = "    # 😀 a person's line, in the middle\n"
HEAD = "".join(f"{line}\n" for line in CLAUDE.splitlines()[:4])
MIXED = HUMAN + HEAD + OWN + CLAUDE[len(HEAD) :]
LEFT = HUMAN + "\n\n" + OWN
"""Blank lines are nobody's."""
FORBID = REVIEW_POLICY.replace('"review"', '"forbid"')
DISCLOSE = REVIEW_POLICY.replace('"review"', '"disclose"').replace("error", "warning")
ASSISTED = f'{DISCLOSE}  disclosure = ["Assisted-by:*"]\n'


@pytest.fixture
def mixed(workspace: Repo) -> Repo:
    """A person has put a line into the middle of what the tool wrote."""
    workspace.commit("A remark", {"tides.py": MIXED})
    return workspace


def titled(client: LspClient, uri: str, item: Message, start: str) -> Any:
    return next((one for one in everything(client, uri, item) if one["title"].startswith(start)), None)


def resolved(client: LspClient, action: Message) -> Message:
    """An action as the editor has it when the user has chosen it."""
    lazy = "data" in action
    return dict(client.request("codeAction/resolve", action)) if lazy else action


def changed(client: LspClient, edit: Message) -> dict[str, str]:
    """The texts that an edit makes of those that the client has or that lie on disk, and nothing else than that."""
    if "documentChanges" in edit:
        assert "changes" not in edit
        parts = []
        for one in edit["documentChanges"]:
            uri, version = one["textDocument"]["uri"], one["textDocument"]["version"]
            assert version == client.versions.get(uri)
            parts.append((uri, one["edits"]))
    else:
        assert set(edit) == {"changes"}
        parts = list(edit["changes"].items())
    out = {}
    for uri, edits in parts:
        text = client.texts.get(uri)
        if text is None:
            text = path_of(uri).read_bytes().decode()
        for one in sorted(edits, key=lambda one: offset(client, text, one["range"]["start"]), reverse=True):
            first, last = (offset(client, text, one["range"][side]) for side in ("start", "end"))
            text = text[:first] + one["newText"] + text[last:]
        out[uri] = text
    return out


def path_of(uri: str) -> Path:
    return Path(unquote(urlsplit(uri).path))


def offset(client: LspClient, text: str, place: Message) -> int:
    """A place by the book: lines end at CRLF or LF, columns are in the units that were agreed on."""
    lines = text.split("\n")
    before = sum(len(line) + 1 for line in lines[: place["line"]])
    code, size = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}[
        client.encoding
    ]
    line = lines[place["line"]].encode(code)
    return before + len(line[: place["character"] * size].decode(code))


def edit_by(client: LspClient, action: Message) -> Message:
    """What a client does to its texts when an edit is chosen, whichever way it takes edits."""
    action = resolved(client, action)
    assert "edit" in action
    assert "isPreferred" not in action
    return dict(action["edit"])


def edits(profile: str) -> bool:
    """Whether such a client can be told of a change at all."""
    return profile != "nothing"


@pytest.mark.parametrize("profile", PROFILES)
def test_the_lines_that_the_tool_wrote_are_removed_and_no_others(
    mixed: Repo, serve: Start, profile: str
) -> None:
    """Whole lines, counted in the title, last in the menu; a person's line between them stays."""
    client = serve(mixed, capabilities=PROFILES[profile]())
    uri = client.open_file(mixed.path / "tides.py")
    (item,) = client.diagnostics(uri)
    titles = [one["title"].split(" ")[0] for one in everything(client, uri, item)]
    assert titles == ["Mark", "Show", "Dispute:", *(["Remove"] if edits(profile) else [])]
    action = titled(client, uri, item, "Remove")
    if action is None:
        return
    assert action["title"] == "Remove 8 lines of `smooth`"
    assert changed(client, edit_by(client, action)) == {uri: LEFT}


@pytest.mark.parametrize("profile", [name for name in PROFILES if edits(name)])
@pytest.mark.parametrize(
    ("ending", "last"), [("\n", ""), ("\r\n", ""), ("\r\n", "# 😀 the end, without a line's end")]
)
def test_removing_is_exact_in_every_encoding_and_line_ending(
    mixed: Repo, serve: Start, profile: str, ending: str, last: str
) -> None:
    """Also for lines that were edited since, below others that were, and at the end of a file."""
    client = serve(mixed, capabilities=PROFILES[profile]())
    text = ("# 😀😀 new\n" + MIXED + last).replace("\n", ending)
    uri = client.open((mixed.path / "tides.py").as_uri(), text)
    (item,) = client.diagnostics(uri)
    made = changed(client, edit_by(client, titled(client, uri, item, "Remove")))
    assert made == {uri: ("# 😀😀 new\n" + LEFT + last).replace("\n", ending)}
    client.change(uri, text.removesuffix(ending) if not last else text)
    if not last:
        (item,) = client.diagnostics(uri)
        made = changed(client, edit_by(client, titled(client, uri, item, "Remove")))
        assert made == {uri: ("# 😀😀 new\n" + LEFT).replace("\n", ending)}


def test_a_line_that_the_editor_shows_as_many_is_not_removed(workspace: Repo, serve: Start) -> None:
    """Carriage returns alone end no line for git, and one for editors: nobody would see what goes."""
    text = CLAUDE.replace("smooth", "berth").replace("\n", "\r")
    workspace.commit("Add" + TRAILER, {"old.py": text})
    client = serve(workspace, capabilities=PROFILES["vscode"]())
    uri = client.open((workspace.path / "old.py").as_uri(), text)
    (item,) = client.diagnostics(uri)
    assert titled(client, uri, item, "Mark") is not None
    assert titled(client, uri, item, "Remove") is None


@pytest.mark.parametrize("profile", ["vscode", "neovim", "eglot"])
def test_what_changed_between_offer_and_choice_is_refused_in_words(
    mixed: Repo, serve: Start, profile: str
) -> None:
    """Other lines than those that were shown are never taken out; the same lines elsewhere are."""
    client = serve(mixed, capabilities=PROFILES[profile]())
    uri = client.open_file(mixed.path / "tides.py")
    (item,) = client.diagnostics(uri)
    remove, show = titled(client, uri, item, "Remove"), titled(client, uri, item, "Show")
    client.change(uri, MIXED.replace("means = [total / width]", "means = []"))
    with pytest.raises(ServerError, match="-32803: these lines are not as they were shown"):
        resolved(client, remove)
    with pytest.raises(ServerError, match="-32803: these lines are not as they were shown"):
        apply(client, show)
    client.change(uri, "# 😀 above\n" + MIXED)
    assert changed(client, edit_by(client, remove)) == {uri: "# 😀 above\n" + LEFT}


def test_a_client_without_actions_is_asked_to_change_the_text(mixed: Repo, serve: Start) -> None:
    """Commands are all that it takes; what it can refuse, it may."""
    client = serve(mixed, capabilities={"workspace": {"applyEdit": True}})
    uri = client.open_file(mixed.path / "tides.py")
    (item,) = client.diagnostics(uri)
    action = titled(client, uri, item, "Remove")
    assert action["command"] == "whence.fix"
    assert apply(client, action) == {"applied": True}
    asked = client.wait_for("workspace/applyEdit")
    assert asked["label"] == "Remove the lines"
    assert changed(client, asked["edit"]) == {uri: LEFT}
    client.change(uri, HUMAN)
    with pytest.raises(ServerError, match="-32803: these lines are not as they were shown"):
        apply(client, action)


@pytest.mark.parametrize("profile", PROFILES)
def test_the_evidence_is_shown_as_a_document_or_said(workspace: Repo, serve: Start, profile: str) -> None:
    """Every client gets it: as a page where it can open one, else as a message; the command returns it as well."""
    client = serve(workspace, capabilities=PROFILES[profile]())
    uri = client.open_file(workspace.path / "tides.py")
    (item,) = client.diagnostics(uri)
    action = titled(client, uri, item, "Show the evidence")
    assert action["title"] == "Show the evidence for 8 lines of `smooth`"
    client.skip()
    said = apply(client, action)
    assert said.startswith("### tides.py:")
    assert "Claude Code" in said
    assert "Co-Authored-By" in said
    if profile in ("ale", "nothing"):
        message = client.wait_for("window/showMessage")["message"]
        assert message.startswith("The commit that wrote all 8 lines of `smooth` declares Claude Code")
        assert "Co-Authored-By" in message
        return
    asked = client.wait_for("window/showDocument")
    assert asked["takeFocus"] is True
    page = path_of(asked["uri"])
    assert page.suffix == ".md"
    assert page.read_text("utf-8") == said + "\n"
    assert not page.is_relative_to(workspace.path)
    assert client.shutdown() == 0
    assert not page.exists()


@pytest.mark.parametrize(
    ("command", "argument"),
    [
        ("whence.fix", {"uri": "file:///x", "fingerprint": "a"}),
        ("whence.fix", {"uri": "file:///x", "fingerprint": "a", "fix": "burn 😀"}),
        ("whence.fix", {"uri": 1, "fingerprint": "a", "fix": "remove"}),
        ("whence.showEvidence", {"uri": "file:///x"}),
        ("whence.showEvidence", {"uri": "file:///x", "fingerprint": "a", "fix": "remove"}),
        ("whence.showEvidence", 1),
        ("whence.showPolicy", {"uri": 1}),
    ],
)
def test_wrong_arguments_are_invalid_params(serve: Start, command: str, argument: Any) -> None:
    """A client that calls a command by hand is told what it takes."""
    client = serve(None)
    with pytest.raises(ServerError, match=rf"-32602: {command}"):
        client.request("workspace/executeCommand", {"command": command, "arguments": [argument]})


@pytest.mark.parametrize(
    ("profile", "ending"), [*((profile, "\n") for profile in PROFILES), ("vscode", "\r\n"), ("eglot", "\r\n")]
)
def test_the_disclosure_that_the_policy_asks_for_is_added(
    workspace: Repo, serve: Start, profile: str, ending: str
) -> None:
    """In the form that it asks for, first in the menu; with it the finding is gone."""
    workspace.write({"whence.toml": ASSISTED})
    client = serve(workspace, capabilities=PROFILES[profile]())
    text = ("#!/usr/bin/env python\n# 😀\n" + HUMAN + CLAUDE).replace("\n", ending)
    uri = client.open((workspace.path / "tides.py").as_uri(), text)
    (item,) = client.diagnostics(uri)
    assert item["code"] == "disclosure-missing"
    titles = [one["title"].split(" ")[0] for one in everything(client, uri, item)]
    assert titles == [*(["Add"] if edits(profile) else []), "Show", "Dispute:", *(["Remove"] if edits(profile) else [])]  # fmt: skip
    action = titled(client, uri, item, "Add the disclosure")
    if action is None:
        return
    assert action["title"].startswith("Add the disclosure as line 2: # Assisted-by: ")
    written = action["title"].partition(": ")[2]
    made = changed(client, edit_by(client, action))[uri]
    lines = text.split("\n")
    assert made.split("\n") == [lines[0], written + ending.rstrip("\n"), *lines[1:]]
    client.change(uri, made)
    assert client.diagnostics(uri) == []


def test_no_disclosure_is_offered_where_none_would_settle_it(workspace: Repo, serve: Start) -> None:
    """Where the policy wants what only a commit can say, where it wants something else, where there is no policy."""
    workspace.write({"whence.toml": f'{DISCLOSE}  disclosure = ["Co-developed-by:*"]\n'})
    client = serve(workspace)
    uri = client.open_file(workspace.path / "tides.py")
    (item,) = client.diagnostics(uri)
    assert item["code"] == "disclosure-missing"
    assert titled(client, uri, item, "Add") is None
    (workspace.path / "whence.toml").unlink()
    other = serve(workspace)
    uri = other.open_file(workspace.path / "tides.py")
    (item,) = other.diagnostics(uri)
    assert item["code"] == "attributed"
    assert [one["title"].split(" ")[0] for one in everything(other, uri, item)] == ["Mark", "Show", "Dispute:"]  # fmt: skip


@pytest.mark.parametrize(
    ("profile", "opened", "ending"),
    [
        *((profile, True, "\n") for profile in PROFILES),
        ("vscode", False, "\r\n"), ("eglot", True, "\r\n"), ("neovim", False, "\n"), ("ale", False, "\r\n"),
    ],
)  # fmt: skip
def test_an_exception_is_drafted_and_permits_nothing_until_it_is_filled_in(
    workspace: Repo, serve: Start, profile: str, opened: bool, ending: str
) -> None:
    """At the end of the policy, saved or not; the policy's faults are what to fill in; filled in, it permits."""
    policy = workspace.path / "whence.toml"
    workspace.write({"whence.toml": FORBID.replace("\n", ending)})
    client = serve(workspace, capabilities=PROFILES[profile]())
    uri = client.open_file(workspace.path / "tides.py")
    (item,) = client.diagnostics(uri)
    before = policy.read_bytes().decode()
    if opened:
        before += "# 😀 not saved, without a line's end"
        client.open(policy.as_uri(), before, "toml")
        assert client.diagnostics(policy.as_uri()) == []
    action = titled(client, uri, item, "Draft")
    if not edits(profile):
        assert action is None
        return
    assert action["title"] == "Draft an exception for tides.py in whence.toml, for you to fill in"
    assert everything(client, uri, item)[0]["title"] == action["title"]
    done = resolved(client, action)
    text = changed(client, done["edit"])[policy.as_uri()]
    assert text.startswith(before)
    assert "\n" not in text.replace("\r\n", "") if ending == "\r\n" else "\r" not in text
    (drafted,) = tomllib.loads(text)["exception"]
    assert drafted.pop("expires") > datetime.now(UTC).date()
    assert drafted == {
        "paths": ["/tides.py"], "tools": ["claude-code"], "scopes": ["everything"],
        "reason": "", "owner": "Dana Dev <dana@example.org>", "approver": "",
    }  # fmt: skip
    if profile != "ale":
        client.skip()
        apply(client, {"command": done["command"]})
        asked = client.wait_for("window/showDocument")
        assert asked["uri"] == policy.as_uri()
    if not opened:
        client.open(policy.as_uri(), before, "toml")
    client.change(policy.as_uri(), text)
    faults = [fault["message"] for fault in client.diagnostics(policy.as_uri())]
    assert len(faults) == 2
    assert "`reason`" in faults[0]
    assert faults[0].endswith("must not be empty")
    assert "`approver`" in faults[1]
    filled = text.replace('reason = ""', 'reason = "agreed 😀"').replace(
        'approver = ""', 'approver = "legal@example.org"'
    )
    client.change(policy.as_uri(), filled)
    assert client.diagnostics(policy.as_uri()) == []
    policy.write_bytes(filled.encode())
    other = serve(workspace, capabilities=PROFILES[profile]())
    assert other.diagnostics(other.open_file(workspace.path / "tides.py")) == []


def test_an_exception_is_drafted_in_pyproject_too(workspace: Repo, serve: Start) -> None:
    """Where the policy is a table of it, so is the exception."""
    (workspace.path / "whence.toml").unlink()
    text = FORBID.replace("[[", "[[tool.whence.").replace("version", "[tool.whence]\nversion")
    workspace.write({"pyproject.toml": text})
    client = serve(workspace)
    uri = client.open_file(workspace.path / "tides.py")
    (item,) = client.diagnostics(uri)
    (made,) = changed(client, edit_by(client, titled(client, uri, item, "Draft"))).values()
    assert len(tomllib.loads(made)["tool"]["whence"]["exception"]) == 1
