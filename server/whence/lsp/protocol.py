"""pygls made strict: every place where pygls 2.1 departs from the protocol, mended here and nowhere else.

What is mended, and the test that tells when it is no longer needed (`tests/lsp/test_conformance.py` runs each one
against bare pygls too, where it must fail):

1. pygls edits the wrong line below a form feed, VT, NEL or U+2028. Documents are ours (`live.client_text`); the built-in
   document handlers are taken out.
2. A request before `initialize` is served. It gets ServerNotInitialized.
3. A request after `shutdown` gets no answer. It gets InvalidRequest.
4. `exit` without `shutdown` ends with status 0. It is 1.
5. A request with invalid params gets no answer. It gets InvalidParams, and an unknown one without params
   MethodNotFound.
6. A payload that holds a key `jsonrpc` gets no answer, because every nested object is structured as a message.
7. A header in lower case stalls the stream. `lsp.framing` reads headers.
8. Busy worker threads stop the reading of stdin. Reading has a thread of its own, work has `lsp.hands`.
9. `exit` waits for running threads. Ours are daemons.

Also: a second `initialize` is refused, cancelling a command cancels its coroutine, a result that cannot be encoded is
an error and not silence, malformed JSON is answered with ParseError, and no failure of ours pops up in the editor.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import Any, BinaryIO, cast

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer
from pygls.protocol import LanguageServerProtocol, lsp_method

from whence.errors import Cancelled, UserError
from whence.lsp.framing import BadBody, Frames, Lost, Writer, frame

log = logging.getLogger(__name__)

_OURS = (
    types.TEXT_DOCUMENT_DID_OPEN,
    types.TEXT_DOCUMENT_DID_CHANGE,
    types.TEXT_DOCUMENT_DID_CLOSE,
    types.NOTEBOOK_DOCUMENT_DID_OPEN,
    types.NOTEBOOK_DOCUMENT_DID_CHANGE,
    types.NOTEBOOK_DOCUMENT_DID_CLOSE,
    types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS,
    types.WINDOW_WORK_DONE_PROGRESS_CANCEL,
)


def invalid_params(message: str) -> JsonRpcException:
    """What a handler raises where params are not as they must be."""
    return JsonRpcException(message, types.ErrorCodes.InvalidParams)


class Raw:
    """A result that is JSON already."""

    __slots__ = ("body",)

    def __init__(self, body: bytes) -> None:
        self.body = body


class StrictProtocol(LanguageServerProtocol):
    """Exactly one response to every request, whatever happens."""

    _server: StrictServer
    _started = False

    def _register_builtin_features(self) -> None:
        super()._register_builtin_features()  # type: ignore[no-untyped-call]
        for method in _OURS:
            self.fm.builtin_features.pop(method, None)

    def receive(self, message: dict[str, Any] | BadBody) -> None:
        """Take one message off the wire. Never raises."""
        if isinstance(message, BadBody):
            if not isinstance(message, Lost):
                log.warning("%s", message)
            code = types.ErrorCodes.ParseError if message.request is None else types.ErrorCodes.InvalidRequest
            error = {"code": int(code), "message": str(message)}
            self._send_data({"jsonrpc": "2.0", "id": message.request, "error": error})
            return
        try:
            self._route(message)
        except JsonRpcException as error:
            if "method" in message and "id" in message:
                self._refuse(message["id"], error.code, error.message)
            else:
                log.warning("dropped a message: %s", error)
        except Exception as error:
            log.exception("a message could not be handled")
            if "method" in message and "id" in message:
                self._refuse(
                    message["id"], types.ErrorCodes.InternalError, f"{type(error).__name__}: {error}"
                )

    def _route(self, message: dict[str, Any]) -> None:
        method = message.get("method")
        is_request = method is not None and "id" in message
        if method is not None:
            code = self._refusal(method)
            if code is not None:
                if is_request:
                    raise JsonRpcException(code.name, code)
                return
            if self.get_message_type(method) is None:
                if is_request:
                    raise JsonRpcException(f"unknown method {method!r}", types.ErrorCodes.MethodNotFound)
                return
            swift = self._server.swift.get(method)
            if swift is not None and self._started:
                self._run_swift(swift, message, is_request=is_request)
                return
        structured = super().structure_message({"jsonrpc": "2.0", **message})
        self._started = self._started or method == types.INITIALIZE
        super().handle_message(structured)

    def _run_swift(self, handler: Callable[[Any], Any], message: dict[str, Any], *, is_request: bool) -> None:
        """What comes with every keystroke goes to its handler as it is, which checks it itself."""
        result = handler(message.get("params"))
        if is_request:
            future = asyncio.ensure_future(result)
            self._request_futures[message["id"]] = cast("Future[Any]", future)
            future.add_done_callback(partial(self._send_handler_result, msg_id=message["id"]))

    def _refusal(self, method: str) -> types.ErrorCodes | None:
        if method == types.EXIT:
            return None
        if not self._started:
            return None if method == types.INITIALIZE else types.ErrorCodes.ServerNotInitialized
        if self._shutdown or method == types.INITIALIZE:
            return types.ErrorCodes.InvalidRequest
        return None

    def _refuse(self, msg_id: Any, code: int, text: str) -> None:
        self._send_response(msg_id, error=types.ResponseError(code=code, message=text))

    def _send_handler_result(self, future: Future[Any], *, msg_id: Any) -> None:
        self._request_futures.pop(msg_id, None)
        if future.cancelled():
            self._refuse(msg_id, types.LSPErrorCodes.RequestCancelled, "cancelled")
            return
        error = future.exception()
        if error is None:
            result = future.result()
            if isinstance(result, Raw):
                self.send_body(b'"id":%b,"result":%b' % (json.dumps(msg_id).encode("ascii"), result.body))
                return
            try:
                self._send_response(msg_id, result=result)
            except (TypeError, ValueError) as unsendable:
                log.exception("the answer to request %r could not be encoded", msg_id)
                self._refuse(
                    msg_id, types.ErrorCodes.InternalError, f"the answer could not be encoded: {unsendable}"
                )
        elif isinstance(error, JsonRpcException):
            self._send_response(msg_id, error=error.to_response_error())
        elif isinstance(error, UserError):
            text = f"{error.message} ({error.hint})" if error.hint else error.message
            self._refuse(msg_id, types.LSPErrorCodes.RequestFailed, text)
        elif isinstance(error, Cancelled):
            self._refuse(msg_id, types.LSPErrorCodes.RequestCancelled, "cancelled")
        else:
            log.error("request %r failed", msg_id, exc_info=error)
            self._refuse(msg_id, types.ErrorCodes.InternalError, f"{type(error).__name__}: {error}")

    def _check_handler_result(self, future: Future[Any]) -> None:
        if not future.cancelled() and (error := future.exception()) is not None:
            log.error("a notification failed", exc_info=error)

    def _send_data(self, data: Any) -> None:
        """Encode and hand to the writer. Raises TypeError or ValueError for what JSON cannot hold."""
        if self.writer is None:
            return
        body = json.dumps(data, default=self._serialize_message, separators=(",", ":"))
        self.writer.write(frame(body.encode("ascii")))

    def send_body(self, members: bytes) -> None:
        """Send a message whose members are JSON already."""
        if self.writer is not None:
            self.writer.write(frame(b'{"jsonrpc":"2.0",%b}' % members))

    def notify_raw(self, method: str, params: bytes) -> None:
        """Send a notification whose params are JSON already."""
        self.send_body(b'"method":"%b","params":%b' % (method.encode("ascii"), params))

    @lsp_method(types.WORKSPACE_EXECUTE_COMMAND)
    async def lsp_workspace__execute_command(self, params: types.ExecuteCommandParams) -> Any:  # type: ignore[override]
        """Run a command in the request's own task. Commands get the raw argument list and check it themselves."""
        command = self.fm.commands.get(params.command)
        if command is None:
            raise invalid_params(f"there is no command {params.command!r}")
        return await command(list(params.arguments or ()), params.work_done_token)

    @lsp_method(types.SHUTDOWN)
    def lsp_shutdown(self, *_: Any) -> None:  # type: ignore[override]
        """Take back every request that is still open; each is answered as cancelled."""
        for msg_id, future in list(self._request_futures.items()):
            if msg_id != self.msg_id and not future.done():
                future.cancel()
        self._shutdown = True

    @lsp_method(types.EXIT)
    def lsp_exit(self, *_: Any) -> None:  # type: ignore[override]
        self._server.stop(0 if self._shutdown else 1)


class StrictServer(LanguageServer):
    """A pygls server with its own reader, its own threads and an exit status."""

    protocol: StrictProtocol

    def __init__(self, name: str, version: str) -> None:
        super().__init__(name, version, protocol_cls=StrictProtocol)
        self.swift: dict[str, Callable[[Any], Any]] = {}
        """Methods whose handlers take the params as they came: a function for notifications, a coroutine for
        requests."""
        self._status = 1
        self._stopped: asyncio.Event | None = None

    def report_server_error(self, error: Exception, source: Any) -> None:
        log.error("%s: %s", getattr(source, "__name__", source), error)

    def stop(self, status: int) -> None:
        """End `serve` with this exit status."""
        if self._stopped is not None and not self._stopped.is_set():
            self._status = status
            self._stopped.set()

    def on_stop(self) -> None:
        """Take back whatever still runs; for subclasses."""

    def serve(self, source: BinaryIO, sink: BinaryIO) -> int:
        """Speak over two binary streams until `exit` or the end of `source`; the exit status for the process."""
        return asyncio.run(self._serve(source, sink))

    def serve_stdio(self) -> int:
        """Speak over standard input and output, and keep everyone else off them: what prints goes to standard error.

        The streams are opened anew: the interpreter aborts at its end when a thread still reads `sys.stdin`.
        """
        sys.stdout.flush()
        source, sink = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
        os.dup2(2, 1)
        return self.serve(source, sink)

    def serve_tcp(self, port: int, listening: Callable[[int], None] = lambda port: None) -> int:
        """Speak to the first client that connects to a port of this machine; 0 lets the system choose one.

        Only the loopback address is bound: the protocol knows no password.
        """
        return asyncio.run(self._serve_tcp(port, listening))

    async def _serve(self, source: BinaryIO, sink: BinaryIO) -> int:
        loop = asyncio.get_running_loop()
        writer = Writer(sink)
        threading.Thread(target=self._read, args=(source, loop), name="whence-reader", daemon=True).start()
        try:
            return await self._talk(writer)
        finally:
            writer.close()

    async def _serve_tcp(self, port: int, listening: Callable[[int], None]) -> int:
        accepted: asyncio.Future[tuple[asyncio.StreamReader, asyncio.StreamWriter]]
        accepted = asyncio.get_running_loop().create_future()

        def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            if accepted.done():
                writer.close()
            else:
                accepted.set_result((reader, writer))

        async with await asyncio.start_server(connected, "127.0.0.1", port) as listener:
            listening(listener.sockets[0].getsockname()[1])
            reader, writer = await accepted
        reading = asyncio.ensure_future(self._read_stream(reader))
        try:
            return await self._talk(writer)
        finally:
            reading.cancel()
            with contextlib.suppress(OSError):
                writer.close()
                await writer.wait_closed()

    async def _talk(self, writer: Any) -> int:
        self._stopped = asyncio.Event()
        self.protocol.set_writer(writer)
        try:
            await self._stopped.wait()
        finally:
            self.on_stop()
        return self._status

    def _read(self, source: BinaryIO, loop: asyncio.AbstractEventLoop) -> None:
        frames = Frames()
        try:
            while data := source.read1(1 << 20):  # type: ignore[attr-defined]
                for message in frames.feed(data):
                    loop.call_soon_threadsafe(self._receive, message)
                    if isinstance(message, Lost):
                        return
        except (OSError, ValueError) as error:
            log.warning("reading from the client failed: %s", error)
        except RuntimeError:  # the loop has ended before the stream
            return
        finally:
            with contextlib.suppress(OSError):
                source.close()
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(self._ended)

    async def _read_stream(self, reader: asyncio.StreamReader) -> None:
        frames = Frames()
        try:
            while data := await reader.read(1 << 20):
                for message in frames.feed(data):
                    self._receive(message)
        except OSError as error:
            log.warning("reading from the client failed: %s", error)
        self._ended()

    def _receive(self, message: dict[str, Any] | BadBody) -> None:
        self.protocol.receive(message)
        if isinstance(message, Lost):
            log.error("the client's messages can be read no more, so this server ends: %s", message)
            self.stop(1)

    def _ended(self) -> None:
        """The client is gone. After `shutdown` that is as good as `exit`."""
        self.stop(0 if self.protocol._shutdown else 1)

    def watch_parent(self, process: int | None) -> None:
        """Stop once the editor's process has ended (where the system can tell us without being asked again).

        A process that cannot be seen from here is not watched: the editor may run in another container, and then
        the end of the stream tells. Windows has no such descriptor; there, too, the stream tells.
        """
        if process is None or not hasattr(os, "pidfd_open"):
            return
        try:
            descriptor = os.pidfd_open(process)
        except OSError as error:
            log.info("process %d is not watched: %s", process, error)
            return
        loop = asyncio.get_running_loop()

        def gone() -> None:
            loop.remove_reader(descriptor)
            os.close(descriptor)
            log.warning("the editor's process %d has ended", process)
            self.stop(1)

        loop.add_reader(descriptor, gone)
