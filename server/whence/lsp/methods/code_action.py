"""`textDocument/codeAction` and `codeAction/resolve`: answer for a finding from where it is shown.

There is no fix-all and no preferred action: an editor must never attest a review by itself, on save or otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from lsprotocol import types

from whence.lsp import convert, words
from whence.lsp.documents import Analysis
from whence.lsp.methods.command import REVIEW, ReviewRequest
from whence.lsp.protocol import invalid_params
from whence.lsp.server import WhenceServer
from whence.model import Finding
from whence.policy import Disputes

OPTIONS = types.CodeActionOptions(code_action_kinds=[types.CodeActionKind.QuickFix])


async def code_action(
    ls: WhenceServer, params: types.CodeActionParams
) -> list[types.CodeAction | types.Command] | None:
    document = ls.session.documents.get(params.text_document.uri)
    if document is None or not _wanted(params.context.only):
        return None
    analysis = await ls.session.analysed(document)
    shown: dict[str, types.Diagnostic] = {}
    found: dict[str, Finding] = {}
    for item in params.context.diagnostics:
        finding = convert.named(analysis, item) if item.source == convert.SOURCE else None
        if finding is not None:
            found[finding.fingerprint], shown[finding.fingerprint] = finding, item
    if not found:
        first, last = (analysis.text.own_line(p.line) for p in (params.range.start, params.range.end))
        found = {item.fingerprint: item for item in convert.findings_at(analysis, first, last)}
    out: list[types.CodeAction | types.Command] = []
    for finding in found.values():
        offered = requests(document.uri, analysis, finding)
        out += [_action(ls, request, title, shown.get(finding.fingerprint)) for request, title in offered]
    # The word against a finding stands behind the answers to all: it is the rarer one.
    for finding in _one_a_place(found.values()):
        offered = disputes(document.uri, analysis, finding)
        out += [_action(ls, request, title, shown.get(finding.fingerprint)) for request, title in offered]
    return out


def _one_a_place(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Of findings on the same lines the first: a dispute is about who wrote them, whatever is asked."""
    seen: set[Any] = set()
    for finding in findings:
        place = (finding.lines, finding.agent)
        if place not in seen:
            seen.add(place)
            yield finding


def requests(uri: str, analysis: Analysis, finding: Finding) -> Iterator[tuple[ReviewRequest, str]]:
    """The reviews that a finding can have, one for each purpose that the policy lets the reviewer state.

    Each says in its title what it promises and hands that back, so that nothing else is recorded than what was shown.
    """
    if words.can_review(finding):
        for purpose in finding.purposes or ("",):
            request = ReviewRequest(uri, finding.fingerprint, purpose=purpose, promise=finding.promise)
            yield request, words.review_title(finding, purpose)


def disputes(uri: str, analysis: Analysis, finding: Finding) -> Iterator[tuple[ReviewRequest, str]]:
    """The user's word that no tool wrote the lines, where the policy takes it."""
    snapshot = analysis.snapshot
    if snapshot is None or (snapshot.policy and snapshot.policy.disputes is Disputes.REFUSED):
        return
    request = ReviewRequest(uri, finding.fingerprint, result="disputed", note=words.OWN_WORK)
    yield (
        request,
        words.dispute_title(finding, snapshot.registry, snapshot.policy, snapshot.settings.user),
    )


def _action(
    ls: WhenceServer, request: ReviewRequest, title: str, shown: types.Diagnostic | None
) -> types.CodeAction | types.Command:
    command = types.Command(title=title, command=REVIEW, arguments=[request.to_json()])
    client = ls.session.client
    if not client.action_literals:
        return command
    lazy = client.resolves_command
    return types.CodeAction(
        title=title,
        kind=types.CodeActionKind.QuickFix,
        diagnostics=[shown] if shown is not None else None,
        command=None if lazy else command,
        data=request.to_json() if lazy else None,
    )


def _wanted(only: Any) -> bool:
    return only is None or any(
        kind == "" or kind == "quickfix" or "quickfix".startswith(f"{kind}.") for kind in only
    )


def resolve(ls: WhenceServer, params: types.CodeAction) -> types.CodeAction:
    """Put the command into an action that went out without."""
    if params.command is None and params.data is not None:
        request = ReviewRequest.read(params.data)
        params.command = types.Command(title=params.title, command=REVIEW, arguments=[request.to_json()])
    elif params.command is None:
        raise invalid_params("this code action has no data")
    return params
