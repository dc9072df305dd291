"""Findings of every file for clients that ask for them: streamed, held back while nothing changes, woken by change."""

from __future__ import annotations

import pytest

from lsp.conftest import CLAUDE, HUMAN, TRAILER, Start, uri_of
from lsp.test_review import actions, apply
from support.git import Repo
from support.lsp_client import LspClient, Message, ServerError

OPTIONS = {"diagnosticMode": "workspace"}


@pytest.fixture
def client(workspace: Repo, serve: Start) -> LspClient:
    workspace.commit("By hand", {"clean.py": HUMAN})
    workspace.commit("More" + TRAILER, {"harbour 😀.py": CLAUDE.replace("smooth", "berth")})
    return serve(workspace, options=OPTIONS)


def ask(client: LspClient, known: dict[str, str], token: str | None = None) -> int:
    params: Message = {"previousResultIds": [{"uri": uri, "value": value} for uri, value in known.items()]}
    if token:
        params["partialResultToken"] = token
    return client.start("workspace/diagnostic", params)


def streamed(client: LspClient, token: str) -> list[Message]:
    return [item for p in client.seen("$/progress") if p["token"] == token for item in p["value"]["items"]]


def ids(reports: list[Message]) -> dict[str, str]:
    return {item["uri"]: item["resultId"] for item in reports if item.get("resultId")}


def test_it_is_offered_only_when_it_is_wanted(workspace: Repo, serve: Start, client: LspClient) -> None:
    """VS Code asks every two seconds once this is offered, so the user decides."""
    assert client.server_capabilities["diagnosticProvider"]["workspaceDiagnostics"] is True
    assert serve(workspace).server_capabilities["diagnosticProvider"]["workspaceDiagnostics"] is False


def test_reports_cover_the_workspace_and_are_unchanged_the_next_time(
    workspace: Repo, client: LspClient
) -> None:
    """Without a token everything is in the answer, open documents with their version; a known id is not sent again."""
    uri = client.open_file(workspace.path / "tides.py")
    other = uri_of(workspace, "harbour 😀.py")
    first = client.answer(ask(client, {}))["items"]
    assert {(item["uri"], item["version"], len(item["items"])) for item in first} == {
        (uri, 1, 1),
        (other, None, 1),
    }
    document = client.request("textDocument/diagnostic", {"textDocument": {"uri": uri}})
    assert ids(first)[uri] == document["resultId"]
    again = client.answer(ask(client, ids(first)))["items"]
    assert [item["kind"] for item in again] == ["unchanged", "unchanged"]
    client.change(uri, HUMAN)
    gone = client.answer(ask(client, ids(first)))["items"]
    assert {(item["uri"], item["kind"]) for item in gone} == {(uri, "full"), (other, "unchanged")}
    assert next(item for item in gone if item["uri"] == uri)["items"] == []
    stranger = client.answer(ask(client, {"file:///elsewhere 😀.py": "x"}))["items"]
    assert {item["uri"]: item["items"] for item in stranger}["file:///elsewhere 😀.py"] == []


def test_a_streaming_client_is_kept_waiting_while_nothing_changes(workspace: Repo, client: LspClient) -> None:
    """The second request is answered when something moves: an edit, then a review; in between it costs nothing."""
    uri = client.open_file(workspace.path / "tides.py")
    assert client.answer(ask(client, {}, "one"))["items"] == []
    known = ids(streamed(client, "one"))
    assert len(known) == 2

    waiting = ask(client, known, "two")
    client.request("workspace/executeCommand", {"command": "whence.debugInformation"})
    assert not client.answered(waiting)
    client.edit(uri, (0, 0), (0, 0), "# 😀\n")
    assert client.answer(waiting)["items"] == []
    news = {item["uri"]: item for item in streamed(client, "two")}
    assert news[uri]["kind"] == "full"
    known |= ids(streamed(client, "two"))

    waiting = ask(client, known, "three")
    (item,) = client.request("textDocument/diagnostic", {"textDocument": {"uri": uri}})["items"]
    apply(client, actions(client, uri, item)[0])
    client.answer(waiting)
    assert {report["uri"]: report.get("items") for report in streamed(client, "three")}[uri] == []


def test_a_request_that_is_held_can_be_cancelled(client: LspClient) -> None:
    """VS Code cancels when its window loses interest, and asks anew."""
    client.answer(ask(client, {}, "one"))
    waiting = ask(client, ids(streamed(client, "one")), "two")
    client.cancel(waiting)
    with pytest.raises(ServerError, match="-32800"):
        client.answer(waiting)
    assert len(client.answer(ask(client, {}))["items"]) == 2


def test_saving_and_closing_bring_the_survey_up_to_date(workspace: Repo, client: LspClient) -> None:
    """What a file holds on disk counts once it is closed."""
    other = uri_of(workspace, "harbour 😀.py")
    client.answer(ask(client, {}, "one"))
    known = ids(streamed(client, "one"))
    assert set(known) == {other, uri_of(workspace)}
    client.open_file(workspace.path / "harbour 😀.py")
    workspace.write({"harbour 😀.py": HUMAN})
    client.change(other, HUMAN)
    client.save(other)
    client.close(other)
    client.answer(ask(client, known, "two"))
    while {item["uri"]: item.get("items") for item in streamed(client, "two")}[other] != []:
        client.answer(ask(client, known, "two"))  # what was news was another step on the way
    assert set(ids(client.answer(ask(client, {}))["items"])) == {uri_of(workspace)}
