"""A language server that analyses nothing: what the framework itself costs, for `benchmarks/editor.py`.

    python benchmarks/probe_server.py push|pull COUNT

Every version of every document gets COUNT short diagnostics, built and encoded anew each time.
"""

from __future__ import annotations

import sys

from lsprotocol import types
from pygls.lsp.server import LanguageServer


def diagnostics(count: int) -> list[types.Diagnostic]:
    return [
        types.Diagnostic(
            range=types.Range(types.Position(line, 0), types.Position(line, 10)),
            message="probe",
            severity=types.DiagnosticSeverity.Warning,
            code="P001",
            source="probe",
            code_description=types.CodeDescription(href="https://example.invalid/P001"),
            data={"fingerprint": f"{line:032x}"},
        )
        for line in range(count)
    ]


def main() -> None:
    mode, count = sys.argv[1], int(sys.argv[2])
    server = LanguageServer("probe", "0")

    def publish(uri: str, version: int) -> None:
        server.text_document_publish_diagnostics(
            types.PublishDiagnosticsParams(uri=uri, version=version, diagnostics=diagnostics(count))
        )

    if mode == "push":

        @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
        def opened(params: types.DidOpenTextDocumentParams) -> None:
            publish(params.text_document.uri, params.text_document.version)

        @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
        def changed(params: types.DidChangeTextDocumentParams) -> None:
            publish(params.text_document.uri, params.text_document.version or 0)

    else:
        options = types.DiagnosticOptions(inter_file_dependencies=False, workspace_diagnostics=False)

        @server.feature(types.TEXT_DOCUMENT_DIAGNOSTIC, options)
        def diagnostic(params: types.DocumentDiagnosticParams) -> types.DocumentDiagnosticReport:
            return types.RelatedFullDocumentDiagnosticReport(items=diagnostics(count))

    server.start_io()


if __name__ == "__main__":
    main()
