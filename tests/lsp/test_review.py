"""The quick fix: a person answers for exact lines, at once and for good, and only where that is an answer."""

from __future__ import annotations

import shutil
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest

from lsp.conftest import CLAUDE, HUMAN, REVIEW_POLICY, TRAILER, Start
from support.git import Repo
from support.lsp_client import LspClient, Message, ServerError
from support.profiles import PROFILES

REVIEW = "whence.review"


def actions(client: LspClient, uri: str, item: Message, **how: Any) -> Any:
    """The reviews that the client is offered for a diagnostic."""
    offered = everything(client, uri, item, **how)
    return None if offered is None else [one for one in offered if one["title"].startswith("Mark")]


def everything(
    client: LspClient, uri: str, item: Message, *, only: list[str] | None = None, bare: bool = False
) -> Any:
    """What the client is offered for a diagnostic; `bare`: as a client asks that does not send diagnostics back."""
    context: Message = {"diagnostics": [] if bare else [item]}
    if only is not None:
        context["only"] = only
    params = {"textDocument": {"uri": uri}, "range": item["range"], "context": context}
    return client.request("textDocument/codeAction", params)


def apply(client: LspClient, action: Message) -> Any:
    """Do what an editor does with an action that the user chose."""
    if "command" not in action:
        action = client.request("codeAction/resolve", action)
    command = action["command"] if isinstance(action["command"], dict) else action
    params = {"command": command["command"], "arguments": command["arguments"]}
    return client.request("workspace/executeCommand", params)


def findings_after(client: LspClient, uri: str) -> list[Message]:
    """Findings as they are shown once the server has said that they changed, without an edit."""
    if client.pulls:
        client.wait_for("workspace/diagnostic/refresh")
    return client.diagnostics(uri)


@pytest.mark.parametrize("profile", PROFILES)
def test_a_review_clears_the_finding_at_once_and_after_a_restart(
    workspace: Repo, serve: Start, profile: str
) -> None:
    """Every kind of client can answer; the answer is in the ledger and holds for the next server."""
    client = serve(workspace, capabilities=PROFILES[profile]())
    uri = client.open_file(workspace.path / "tides.py")
    (item,) = client.diagnostics(uri)
    (action,) = actions(client, uri, item)
    assert action["title"] == "Mark human-reviewed: 8 lines of `smooth`"
    client.skip()
    done = apply(client, action)
    assert done["settled"]
    assert findings_after(client, uri) == []
    (record,) = (workspace.path / ".whence/reviews").glob("*.toml")
    assert done["recorded"] == f".whence/reviews/{record.name}"
    assert "Dana Dev <dana@example.org>" in record.read_text("utf-8")
    other = serve(workspace, capabilities=PROFILES[profile]())
    assert other.diagnostics(other.open_file(workspace.path / "tides.py")) == []


def test_the_action_needs_no_data(workspace: Repo, serve: Start) -> None:
    """A client that loses `data`, or sends no diagnostics at all, is offered the same by code and place."""
    client = serve(workspace)
    uri = client.open_file(workspace.path / "tides.py")
    (item,) = client.diagnostics(uri)
    expected = [{**action, "diagnostics": None} for action in actions(client, uri, item)]
    without = {key: value for key, value in item.items() if key != "data"}
    assert [{**action, "diagnostics": None} for action in actions(client, uri, without)] == expected
    assert [{**action, "diagnostics": None} for action in actions(client, uri, item, bare=True)] == expected
    inside = {"start": {"line": 12, "character": 0}, "end": {"line": 12, "character": 0}}
    assert len(actions(client, uri, {"range": inside}, bare=True)) == 1
    human = {"start": {"line": 0, "character": 0}, "end": {"line": 1, "character": 0}}
    assert actions(client, uri, {"range": human}, bare=True) == []


@pytest.mark.parametrize(
    ("only", "number"), [(["quickfix"], 1), ([""], 1), (["source"], 0), (["source.fixAll"], 0), ([], 0)]
)
def test_only_what_was_asked_for_is_offered(
    workspace: Repo, serve: Start, only: list[str], number: int
) -> None:
    """Fix-all on save gets nothing: attesting a review on save would be a lie."""
    client = serve(workspace)
    uri = client.open_file(workspace.path / "tides.py")
    (item,) = client.diagnostics(uri)
    offered = actions(client, uri, item, only=only) or []
    assert len(offered) == number
    assert not any(action.get("isPreferred") for action in offered)


def test_data_survives_the_clients_hands(workspace: Repo, serve: Start) -> None:
    """A lazy action goes out with data and comes back for its command; a diagnostic's data finds its finding."""
    client = serve(workspace, capabilities=PROFILES["neovim"]())
    uri = client.open_file(workspace.path / "tides.py")
    (item,) = client.diagnostics(uri)
    moved = {**item, "range": {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 1}}}
    (action,) = actions(client, uri, moved)
    assert "command" not in action
    resolved = client.request("codeAction/resolve", action)
    assert resolved["command"] == {"title": action["title"], "command": REVIEW, "arguments": [action["data"]]}
    with pytest.raises(ServerError, match="-32602"):
        client.request("codeAction/resolve", {"title": "x 😀", "data": {"uri": 1}})
    with pytest.raises(ServerError, match="-32602"):
        client.request("codeAction/resolve", {"title": "x"})


def test_what_changed_meanwhile_is_not_reviewed(workspace: Repo, serve: Start) -> None:
    """The action answers for the lines that were shown; when they have changed it is refused and writes nothing."""
    client = serve(workspace)
    uri = client.open_file(workspace.path / "tides.py")
    (item,) = client.diagnostics(uri)
    (action,) = actions(client, uri, item)
    client.change(uri, client.texts[uri].replace("means = [total / width]", "means = []"))
    with pytest.raises(ServerError, match="-32803: these lines are not as they were shown"):
        apply(client, action)
    assert not (workspace.path / ".whence").exists()
    client.change(uri, "# 😀 a line above\n" + HUMAN + CLAUDE)
    assert apply(client, action)["settled"]


def test_reviewed_lines_that_change_are_asked_for_again(workspace: Repo, serve: Start) -> None:
    """A review is of content: unsaved edits of reviewed lines that the tool wrote are still covered or gone."""
    client = serve(workspace)
    uri = client.open_file(workspace.path / "tides.py")
    (item,) = client.diagnostics(uri)
    apply(client, actions(client, uri, item)[0])
    text = client.texts[uri]
    client.change(uri, "\n\n" + text)
    assert client.diagnostics(uri) == []
    workspace.commit(
        "Again" + TRAILER, {"tides.py": text + CLAUDE.replace("smooth", "slope").replace("total", "sum_")}
    )
    client.notify("workspace/didChangeWatchedFiles", {"changes": [{"uri": (workspace.path / ".git/HEAD").as_uri(), "type": 2}]})  # fmt: skip
    client.change(uri, (workspace.path / "tides.py").read_text("utf-8"))
    client.skip()
    client.wait_for("workspace/diagnostic/refresh")
    assert [d["range"]["start"]["line"] for d in client.diagnostics(uri)] == [17]


FORBID = REVIEW_POLICY.replace('"review"', '"forbid"')
PURPOSES = (
    REVIEW_POLICY
    + """  criterion = "read"
  purposes = ["workflow-setup", "tests"]
[review.criteria.read]
text = "I read it, [all](http://evil.example) of it 😀."
[review.purposes]
workflow-setup = "Setting up how we work 😀"
tests = "Plumbing that runs tests"
"""
)
SAID = "I read it, [all](http://evil.example) of it 😀."


def test_what_is_forbidden_cannot_be_reviewed_away(workspace: Repo, serve: Start) -> None:
    """Nothing is offered, and the command refuses."""
    workspace.write({"whence.toml": FORBID})
    client = serve(workspace)
    uri = client.open_file(workspace.path / "tides.py")
    (item,) = client.diagnostics(uri)
    assert item["code"] == "rival-forbidden"
    assert actions(client, uri, item) == []
    assert [action["title"].split(" ")[0] for action in everything(client, uri, item)] == [
        *("Draft", "Show", "Dispute:", "Remove")
    ]
    argument = {"uri": uri, "fingerprint": item["data"]["fingerprint"]}
    with pytest.raises(ServerError, match="-32803: the policy asks for something else here: forbid"):
        client.request("workspace/executeCommand", {"command": REVIEW, "arguments": [argument]})
    assert not (workspace.path / ".whence").exists()


@pytest.mark.parametrize("profile", PROFILES)
def test_the_quick_fix_shows_the_promise_that_it_makes(workspace: Repo, serve: Start, profile: str) -> None:
    """Before the answer, in the title, which every client shows: the words of the promise and of each purpose."""
    workspace.write({"whence.toml": PURPOSES})
    client = serve(workspace, capabilities=PROFILES[profile]())
    uri = client.open_file(workspace.path / "tides.py")
    (item,) = client.diagnostics(uri)
    assert f'promising "{SAID}"' in item["message"]
    first, second = actions(client, uri, item)
    start = f'Mark human-reviewed: 8 lines of `smooth`, promising "{SAID}" (for '
    assert first["title"] == f"{start}workflow-setup: Setting up how we work 😀)"
    assert second["title"] == f"{start}tests: Plumbing that runs tests)"
    asked = {message["method"] for message in client.log if "id" in message and "method" in message}
    assert apply(client, second)["settled"]
    (record,) = (workspace.path / ".whence/reviews").glob("*.toml")
    text = record.read_text("utf-8")
    assert 'purpose = "tests"' in text
    assert 'criterion = "read"' in text
    later = {message["method"] for message in client.log if "id" in message and "method" in message}
    assert later - asked <= {"workspace/diagnostic/refresh"}  # the user was asked nothing more


def test_an_editors_own_view_can_hand_back_the_promise_that_it_was_told(
    workspace: Repo, serve: Start
) -> None:
    """However long it is, and whatever signs it has: what is listed is what an approval must repeat."""
    said = "I read it, \u202eall of it. " + "Really. " * 100
    workspace.write({"whence.toml": PURPOSES.replace(SAID, said.strip())})
    client = serve(workspace)
    client.diagnostics(client.open_file(workspace.path / "tides.py"))
    (listed,) = client.request("workspace/executeCommand", {"command": "whence.findings"})["findings"]
    argument = {
        "uri": listed["uri"],
        "fingerprint": listed["fingerprint"],
        "purpose": "tests",
        "promise": listed["criterion"]["text"],
    }
    done = client.request("workspace/executeCommand", {"command": REVIEW, "arguments": [argument]})
    assert done["settled"]


def test_where_the_policy_asks_for_no_promise_none_is_shown(workspace: Repo, serve: Start) -> None:
    """One keystroke, and no words that nobody wants."""
    client = serve(workspace)
    uri = client.open_file(workspace.path / "tides.py")
    (item,) = client.diagnostics(uri)
    assert "promising" not in item["message"]
    assert [action["title"] for action in actions(client, uri, item)] == [
        "Mark human-reviewed: 8 lines of `smooth`"
    ]


def test_no_promise_is_recorded_that_was_not_shown(workspace: Repo, serve: Start) -> None:
    """A client that calls the command by itself, or whose policy has changed meanwhile, gets the words instead."""
    workspace.write({"whence.toml": PURPOSES})
    client = serve(workspace)
    uri = client.open_file(workspace.path / "tides.py")
    (item,) = client.diagnostics(uri)
    argument = {"uri": uri, "fingerprint": item["data"]["fingerprint"]}
    with pytest.raises(ServerError, match=r"-32803: the policy wants one of these purposes.*Setting up"):
        client.request("workspace/executeCommand", {"command": REVIEW, "arguments": [argument]})
    argument["purpose"] = "tests"
    with pytest.raises(ServerError, match=r'-32803: the policy asks for the promise "I read it, \[all\]'):
        client.request("workspace/executeCommand", {"command": REVIEW, "arguments": [argument]})
    action = actions(client, uri, item)[1]
    workspace.write({"whence.toml": PURPOSES.replace("I read it", "I wrote it")})
    client.skip()
    client.notify("workspace/didChangeWatchedFiles", {"changes": [{"uri": (workspace.path / "whence.toml").as_uri(), "type": 2}]})  # fmt: skip
    client.wait_for("workspace/diagnostic/refresh")
    with pytest.raises(ServerError, match='-32803: the policy asks for the promise "I wrote it'):
        apply(client, action)
    assert not (workspace.path / ".whence").exists()


def hovered(client: LspClient, uri: str) -> str:
    place = {"textDocument": {"uri": uri}, "position": {"line": 9, "character": 0}}
    return str(client.request("textDocument/hover", place)["contents"]["value"])


def test_a_promise_too_long_for_a_menu_is_whole_on_hover(workspace: Repo, serve: Start) -> None:
    """The title is cut, the hover is not, and whoever writes the policy is warned."""
    long = "I read every single line of it. " * 20
    workspace.write({"whence.toml": PURPOSES.replace(SAID, long)})
    client = serve(workspace)
    uri = client.open_file(workspace.path / "tides.py")
    (item,) = client.diagnostics(uri)
    assert len(actions(client, uri, item)[0]["title"]) < 400
    shown = hovered(client, uri)
    assert long.strip() in shown
    assert "A purpose that a reviewer can state: workflow-setup: Setting up" in shown
    (warning,) = client.diagnostics(client.open_file(workspace.path / "whence.toml", "toml"))
    assert "menus show 240" in warning["message"]


TWO = (
    REVIEW_POLICY
    + """
[review.criteria.legal]
text = "Legal has seen it."
[[scope]]
name = "licences"
  [[scope.rule]]
  require = "review"
  criterion = "legal"
[[scope]]
name = "label"
  [[scope.rule]]
  require = "disclose"
"""
)


@pytest.mark.parametrize("profile", ["vscode", "eglot"])
def test_what_several_scopes_ask_is_told_together_and_answered_one_by_one(
    workspace: Repo, serve: Start, profile: str
) -> None:
    """Each obligation is a finding with its own fix; hover tells them all; the disclosure has been made here."""
    workspace.write({"whence.toml": TWO.replace('severity = "error"', "reviewers = 1")})
    client = serve(workspace, capabilities=PROFILES[profile]())
    uri = client.open_file(workspace.path / "tides.py")
    items = client.diagnostics(uri)
    assert [item["code"] for item in items] == ["review-missing", "review-missing"]
    offered = everything(client, uri, items[0], bare=True)
    assert [action["title"].partition(" (the")[0] for action in offered] == [
        "Mark human-reviewed: 8 lines of `smooth`",
        'Mark human-reviewed: 8 lines of `smooth`, promising "Legal has seen it."',
        "Show the evidence for 8 lines of `smooth`",
        "Dispute: I wrote 8 lines of `smooth` myself, not Claude Code (Anthropic)",
        "Remove 8 lines of `smooth`",
    ]
    shown = hovered(client, uri)
    assert "everything asks for a human review" in shown
    assert "licences asks for a human review" in shown
    assert "A reviewer promises: Legal has seen it." in shown
    client.skip()
    assert apply(client, offered[1])["settled"]
    assert len(findings_after(client, uri)) == 1


def test_a_review_that_does_not_settle_says_why(workspace: Repo, serve: Start) -> None:
    """The author's own answer is kept, and the reason why someone else is needed is shown."""
    workspace.write({"whence.toml": REVIEW_POLICY + "  reviewers = 1\n"})
    client = serve(workspace)
    uri = client.open_file(workspace.path / "tides.py")
    (item,) = client.diagnostics(uri)
    done = apply(client, actions(client, uri, item)[0])
    assert not done["settled"]
    said = client.wait_for("window/showMessage")
    assert "does not settle this" in said["message"]
    assert "Dana Dev" in said["message"]
    assert len(client.diagnostics(uri)) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        [], [1], ["file:///x"], [{}], [{"uri": "file:///x"}], [{"uri": 1, "fingerprint": "a"}],
        [{"uri": "file:///x", "fingerprint": "a", "extra 😀": "b"}], [{"uri": "file:///x", "fingerprint": "a"}, {}],
    ],
)  # fmt: skip
def test_wrong_arguments_are_invalid_params(serve: Start, arguments: list[Any]) -> None:
    """A client that calls the command by hand is told what it takes."""
    client = serve(None)
    with pytest.raises(ServerError, match=r"-32602: whence\.review"):
        client.request("workspace/executeCommand", {"command": REVIEW, "arguments": arguments})


def test_without_an_identity_nothing_is_recorded(workspace: Repo, serve: Start) -> None:
    """Who reviews must be known; the error says which two commands make it so."""
    for key in ("user.name", "user.email"):
        workspace.git("config", "--unset", key)
    workspace.git("config", "user.useConfigOnly", "true")
    client = serve(workspace)
    uri = client.open_file(workspace.path / "tides.py")
    (item,) = client.diagnostics(uri)
    with pytest.raises(ServerError, match=r"-32803: .*git config --global user\.name"):
        apply(client, actions(client, uri, item)[0])
    assert not (workspace.path / ".whence").exists()
    assert len(client.diagnostics(uri)) == 1


def test_a_ledger_that_cannot_be_written_is_an_error_and_no_change(workspace: Repo, serve: Start) -> None:
    """A ledger that is a link out of the workspace is refused; the finding stays."""
    outside = workspace.path.parent / "outside"
    outside.mkdir()
    (workspace.path / ".whence").symlink_to(outside, target_is_directory=True)
    client = serve(workspace)
    uri = client.open_file(workspace.path / "tides.py")
    (item,) = client.diagnostics(uri)
    with pytest.raises(ServerError, match="-32803"):
        apply(client, actions(client, uri, item)[0])
    assert list(outside.iterdir()) == []
    assert stat.S_ISDIR(outside.stat().st_mode)
    assert len(client.diagnostics(uri)) == 1


def test_a_file_that_is_not_open_can_be_reviewed(workspace: Repo, serve: Start) -> None:
    """A finding of a workspace scan is answered for without opening its file."""
    client = serve(workspace, capabilities=PROFILES["neovim"]())
    client.request("workspace/executeCommand", {"command": "whence.scanWorkspace"})
    (shown,) = client.seen("textDocument/publishDiagnostics")
    client.skip()
    argument = {
        "uri": shown["uri"],
        "fingerprint": shown["diagnostics"][0]["data"]["fingerprint"],
        "note": "fine 😀",
    }
    done = client.request("workspace/executeCommand", {"command": REVIEW, "arguments": [argument]})
    assert done["settled"]
    assert client.published(shown["uri"])["diagnostics"] == []


def test_a_dispute_needs_its_reason(workspace: Repo, serve: Start) -> None:
    """Other answers than approval go by the command, and the ledger's own rules hold for them."""
    client = serve(workspace)
    uri = client.open_file(workspace.path / "tides.py")
    (item,) = client.diagnostics(uri)
    argument = {"uri": uri, "fingerprint": item["data"]["fingerprint"], "result": "disputed"}
    with pytest.raises(ServerError, match="-32803: a disputed finding needs a reason"):
        client.request("workspace/executeCommand", {"command": REVIEW, "arguments": [argument]})
    argument["note"] = "I typed this on the train 😀"
    done = client.request("workspace/executeCommand", {"command": REVIEW, "arguments": [argument]})
    assert done["settled"] is False
    said = client.wait_for("window/showMessage")["message"]
    assert "I typed this on the train 😀; the policy notes that and asks all the same" in said


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize(
    ("stance", "words"),
    [
        ("", "the policy notes that and asks all the same"),
        ('disputes = "accepted"', "the policy accepts that"),
        (
            'disputes = "accepted"\ndisputers = ["*@leads 😀"]',
            "the policy accepts the word of *@leads 😀 only",
        ),
        ('disputes = "refused"', None),
    ],
)
def test_a_dispute_is_offered_with_what_becomes_of_it(
    workspace: Repo, serve: Start, profile: str, stance: str, words: str | None
) -> None:
    """One keystroke, also where the rule forbids; a policy that takes none offers none and refuses the command."""
    workspace.write({"whence.toml": f"{FORBID}\n[review]\n{stance}\n"})
    client = serve(workspace, capabilities=PROFILES[profile]())
    uri = client.open_file(workspace.path / "tides.py")
    (item,) = client.diagnostics(uri)
    offered = [one for one in everything(client, uri, item) if one["title"].startswith("Dispute")]
    if words is None:
        assert offered == []
        if "data" in item:
            argument = {
                "uri": uri,
                "fingerprint": item["data"]["fingerprint"],
                "result": "disputed",
                "note": "x",
            }
            with pytest.raises(ServerError, match="-32803: the policy accepts no disputes"):
                client.request("workspace/executeCommand", {"command": REVIEW, "arguments": [argument]})
        return
    (action,) = offered
    title = f"Dispute: I wrote 8 lines of `smooth` myself, not Claude Code (Anthropic) ({words})"
    assert action["title"] == title
    client.skip()
    done = apply(client, action)
    assert done["settled"] is (words == "the policy accepts that")
    (record,) = (workspace.path / ".whence/reviews").glob("*.toml")
    assert 'note = "I wrote these lines myself."' in record.read_text("utf-8")
    assert len(findings_after(client, uri)) == (0 if done["settled"] else 1)


SIGNED = REVIEW_POLICY + "[review]\nsigned = true\n"


def test_a_signed_review_is_made_where_the_policy_wants_one(workspace: Repo, serve: Start) -> None:
    """The quick fix signs with git's key; without one it says so, and records nothing."""
    workspace.write({"whence.toml": SIGNED})
    client = serve(workspace)
    uri = client.open_file(workspace.path / "tides.py")
    (item,) = client.diagnostics(uri)
    with pytest.raises(ServerError, match=r"-32803: .*git config user\.signingKey"):
        apply(client, actions(client, uri, item)[0])
    assert not (workspace.path / ".whence/reviews").exists()
    key = workspace.home / "id_ed25519"
    make_key(key)
    workspace.git("config", "user.signingKey", f"{key}.pub")
    public = " ".join((workspace.home / "id_ed25519.pub").read_text("utf-8").split()[:2])
    workspace.write({".whence/allowed_signers": f"dana@example.org {public}\n"})
    client.notify(
        "workspace/didChangeWatchedFiles",
        {"changes": [{"uri": (workspace.path / ".whence/allowed_signers").as_uri(), "type": 1}]},
    )
    assert apply(client, actions(client, uri, item)[0])["settled"]
    assert len(list((workspace.path / ".whence/reviews").glob("*.sig"))) == 1
    assert client.diagnostics(uri) == []


def make_key(file: Path) -> None:
    if shutil.which("ssh-keygen") is None:
        pytest.skip("there is no ssh-keygen here to sign with")
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "😀", "-f", str(file)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
