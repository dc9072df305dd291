"""`window/workDoneProgress/cancel`: the button on a progress bar."""

from __future__ import annotations

from lsprotocol import types

from whence.lsp.server import WhenceServer


def cancel(ls: WhenceServer, params: types.WorkDoneProgressCancelParams) -> None:
    stop = ls.session.cancellable.get(params.token)
    if stop is not None:
        stop()
