"""The server: which method is answered by which handler."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from lsprotocol import types

from whence import __version__
from whence.lsp.client import Client
from whence.lsp.protocol import StrictServer
from whence.lsp.session import Session
from whence.lsp.settings import Settings
from whence.lsp.workshop import Workshop


class WhenceServer(StrictServer):
    """One conversation with one editor."""

    def __init__(
        self,
        environment: Mapping[str, str] | None = None,
        *,
        threads: bool = False,
    ) -> None:
        """`threads`: all work in threads of this process, for tests."""
        super().__init__("whence", __version__)
        self.session = Session(self, Workshop(threads=threads), environment)
        self._wire()

    def on_stop(self) -> None:
        self.session.stop()

    def _wire(self) -> None:
        from whence.lsp.methods import (
            code_action,
            code_lens,
            command,
            configuration,
            documents,
            findings,
            fix,
            hover,
            lifecycle,
            progress_cancel,
            watched_files,
        )

        for method, handler, options in (
            (types.INITIALIZE, lifecycle.initialize, None),
            (types.INITIALIZED, lifecycle.initialized, None),
            (types.TEXT_DOCUMENT_DID_OPEN, documents.did_open, None),
            (types.TEXT_DOCUMENT_DID_CHANGE, documents.did_change, None),
            (types.TEXT_DOCUMENT_DID_SAVE, documents.did_save, types.SaveOptions(include_text=False)),
            (types.TEXT_DOCUMENT_DID_CLOSE, documents.did_close, None),
            (types.TEXT_DOCUMENT_HOVER, hover.hover, None),
            (types.TEXT_DOCUMENT_CODE_ACTION, code_action.code_action, code_action.OPTIONS),
            (types.TEXT_DOCUMENT_CODE_LENS, code_lens.code_lens, types.CodeLensOptions()),
            (types.WORKSPACE_DID_CHANGE_CONFIGURATION, configuration.did_change_configuration, None),
            (types.WORKSPACE_DID_CHANGE_WATCHED_FILES, watched_files.did_change_watched_files, None),
            (types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS, watched_files.did_change_workspace_folders, None),
            (types.WINDOW_WORK_DONE_PROGRESS_CANCEL, progress_cancel.cancel, None),
        ):
            self.feature(method, options)(handler)
        self.swift[types.TEXT_DOCUMENT_DID_CHANGE] = partial(documents.did_change, self)
        for name, work in (
            (command.REVIEW, command.review),
            (command.SCAN, command.scan),
            (command.EXPLAIN, command.explain),
            (command.DEBUG, command.debug_information),
            (fix.FIX, fix.fix),
            (fix.SHOW_EVIDENCE, fix.show_evidence),
            (fix.SHOW_POLICY, fix.show_policy),
            (findings.FINDINGS, findings.findings),
        ):
            self.command(name)(work)

    def offer(self, client: Client, settings: Settings) -> None:
        """Add what depends on the client; called while `initialize` is answered."""
        from whence.lsp.methods import code_action, completion, diagnostic, workspace_diagnostic

        if not client.registers_completion:
            self.feature(types.TEXT_DOCUMENT_COMPLETION, completion.OPTIONS)(completion.completion)
        if client.resolves_command or client.resolves_edit:
            self.feature(types.CODE_ACTION_RESOLVE)(code_action.resolve)
            self.protocol.fm.feature_options[types.TEXT_DOCUMENT_CODE_ACTION] = types.CodeActionOptions(
                code_action_kinds=code_action.OPTIONS.code_action_kinds, resolve_provider=True
            )
        if client.pull:
            options = types.DiagnosticOptions(
                inter_file_dependencies=True, workspace_diagnostics=False, identifier="whence"
            )
            self.feature(types.TEXT_DOCUMENT_DIAGNOSTIC, options)(diagnostic.diagnostic)
            self.swift[types.TEXT_DOCUMENT_DIAGNOSTIC] = partial(diagnostic.diagnostic, self)
            if settings.diagnostic_mode == "workspace":
                self.session.pulls_workspace = True
                self.feature(types.WORKSPACE_DIAGNOSTIC)(workspace_diagnostic.workspace_diagnostic)
