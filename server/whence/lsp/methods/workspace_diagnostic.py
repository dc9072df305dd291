"""`workspace/diagnostic`: findings of every file, streamed, and held back while nothing changes.

VS Code asks again two seconds after each answer. Answering each time would cost a scan, so (as ty does):

- A result id is a digest of the findings. A file whose id the client already has is reported as unchanged.
- With a token for partial results reports are sent in portions as they are ready, and the final answer is empty.
- When there is no news the request is kept open until there is. Only a client that streams is kept waiting: it is the
  one that asks for ever. Any other gets its answer, and so does the first question.
- A file that has no findings any more is reported once with an empty list and no id.
"""

from __future__ import annotations

from json import dumps

from lsprotocol import types

from whence.lsp.protocol import Raw
from whence.lsp.scanning import scan_root, served
from whence.lsp.server import WhenceServer
from whence.lsp.session import Session

PORTION = 50
"""Files in one partial result."""

Found = dict[str, tuple[int | None, bytes, str | None]]
"""URI to (version, diagnostics, result id)."""


async def workspace_diagnostic(ls: WhenceServer, params: types.WorkspaceDiagnosticParams) -> Raw:
    session = ls.session
    known = {item.uri: item.value for item in params.previous_result_ids}
    token = params.partial_result_token
    while True:
        generation = session.generation
        reports, news = _reports(await _everything(session), known)
        if news or token is None or not (known or session.streamed):
            break
        await session.wait_moved(generation)
    session.streamed = True
    if token is None:
        return Raw(b'{"items":[%b]}' % b",".join(reports))
    for start in range(0, len(reports), PORTION):
        portion = b",".join(reports[start : start + PORTION])
        body = b'{"token":%b,"value":{"items":[%b]}}' % (dumps(token).encode("ascii"), portion)
        ls.protocol.notify_raw(types.PROGRESS, body)
    return Raw(b'{"items":[]}')


async def _everything(session: Session) -> Found:
    """Open documents as they are in the editor, all others as they are on disk."""
    out: Found = {}
    for root in await served(session):
        if await root.current() is None:
            continue
        if root.survey is None or root.survey[0] != root.generation:
            await scan_root(session, root, None)
        if root.survey is not None:
            out.update((uri, (None, one.items, one.identifier)) for uri, one in root.survey[1].items())
    for document in list(session.documents.values()):
        look = await session.analysed(document)
        if document.root is not None:
            out.pop((document.root.path / document.name).as_uri(), None)
        out[document.uri] = look.version, look.items, look.identifier
    return out


def _reports(found: Found, known: dict[str, str]) -> tuple[list[bytes], bool]:
    """One report a file, as JSON, and whether any of them says something new."""
    out: list[bytes] = []
    news = False
    for uri, (version, items, identifier) in found.items():
        head = b'"uri":%b,"version":%b' % (_json(uri), _json(version))
        if identifier is not None and known.get(uri) == identifier:
            out.append(b'{%b,"kind":"unchanged","resultId":%b}' % (head, _json(identifier)))
        elif identifier is not None:
            out.append(b'{%b,"kind":"full","resultId":%b,"items":%b}' % (head, _json(identifier), items))
            news = True
        elif uri in known:
            out.append(b'{%b,"kind":"full","items":[]}' % head)
            news = True
    gone = [uri for uri in known if uri not in found]
    out += [b'{"uri":%b,"version":null,"kind":"full","items":[]}' % _json(uri) for uri in gone]
    return out, news or bool(gone)


def _json(value: str | int | None) -> bytes:
    return dumps(value).encode("ascii")
