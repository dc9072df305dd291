"""What editors state that they can do, for the test client.

Those of `PROFILES` were recorded from the editors, or stand for a kind of client, and differ in every way that matters
here: most tests run with each. `EDITORS` adds all others that docs/editors.md speaks of, taken from what their sources
send at the start, as far as it concerns a linter.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Message = dict[str, Any]

_TAGS = {"valueSet": [1, 2]}


def vscode() -> Message:
    """What VS Code can do, as far as it matters to a linter (recorded from code-server 1.139)."""
    return {
        "general": {"positionEncodings": ["utf-16"]},
        "textDocument": {
            "synchronization": {"dynamicRegistration": True, "didSave": True},
            "publishDiagnostics": {
                "relatedInformation": True, "versionSupport": False, "codeDescriptionSupport": True,
                "dataSupport": True, "tagSupport": {"valueSet": [1, 2]},
            },
            "diagnostic": {"dynamicRegistration": True, "relatedDocumentSupport": False},
            "codeAction": {
                "dynamicRegistration": True, "dataSupport": True, "isPreferredSupport": True, "disabledSupport": True,
                "resolveSupport": {"properties": ["edit"]},
                "codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["", "quickfix", "refactor", "source"]}},
            },
            "codeLens": {"dynamicRegistration": True},
            "hover": {"dynamicRegistration": True, "contentFormat": ["markdown", "plaintext"]},
            "completion": {
                "dynamicRegistration": True, "contextSupport": True,
                "completionItem": {"snippetSupport": True, "documentationFormat": ["markdown", "plaintext"]},
            },
        },
        "workspace": {
            "applyEdit": True, "workspaceEdit": {"documentChanges": True},
            "configuration": True, "workspaceFolders": True,
            "didChangeConfiguration": {"dynamicRegistration": True},
            "didChangeWatchedFiles": {"dynamicRegistration": True, "relativePatternSupport": True},
            "diagnostics": {"refreshSupport": True},
            "codeLens": {"refreshSupport": True},
            "executeCommand": {"dynamicRegistration": True},
        },
        "window": {"workDoneProgress": True, "showDocument": {"support": True}},
    }  # fmt: skip


def neovim() -> Message:
    """Neovim 0.11: UTF-8, can pull but cannot be told to pull again, watches nothing."""
    return {
        "general": {"positionEncodings": ["utf-8", "utf-16", "utf-32"]},
        "textDocument": {
            "synchronization": {"didSave": True},
            "publishDiagnostics": {
                "relatedInformation": True, "dataSupport": True, "tagSupport": {"valueSet": [1, 2]},
            },
            "diagnostic": {"dynamicRegistration": False, "tagSupport": {"valueSet": [1, 2]}},
            "codeAction": {
                "dynamicRegistration": True, "dataSupport": True, "isPreferredSupport": True,
                "resolveSupport": {"properties": ["edit", "command"]},
                "codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["", "quickfix", "refactor", "source"]}},
            },
            "codeLens": {"dynamicRegistration": False},
            "hover": {"dynamicRegistration": True, "contentFormat": ["markdown", "plaintext"]},
            "completion": {
                "dynamicRegistration": False, "contextSupport": True,
                "completionItem": {"snippetSupport": True, "documentationFormat": ["markdown", "plaintext"]},
            },
        },
        "workspace": {
            "applyEdit": True, "configuration": True, "workspaceFolders": True,
            "didChangeConfiguration": {"dynamicRegistration": False},
            "didChangeWatchedFiles": {"dynamicRegistration": False, "relativePatternSupport": True},
        },
        "window": {"workDoneProgress": True, "showDocument": {"support": True}},
    }  # fmt: skip


def eglot() -> Message:
    """Emacs 30 with eglot: UTF-32 first, plain text, push only, no related information."""
    return {
        "general": {"positionEncodings": ["utf-32", "utf-8", "utf-16"]},
        "textDocument": {
            "publishDiagnostics": {
                "relatedInformation": False, "codeDescriptionSupport": False, "tagSupport": {"valueSet": [1, 2]},
            },
            "codeAction": {
                "dataSupport": True, "isPreferredSupport": True,
                "resolveSupport": {"properties": ["edit", "command"]},
                "codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["quickfix", "refactor", "source"]}},
            },
            "hover": {"contentFormat": ["plaintext"]},
            "completion": {"dynamicRegistration": False, "completionItem": {"snippetSupport": False}},
        },
        "workspace": {
            "applyEdit": True, "workspaceEdit": {"documentChanges": True},
            "configuration": True, "workspaceFolders": True,
            "didChangeWatchedFiles": {"dynamicRegistration": True},
            "executeCommand": {"dynamicRegistration": False},
        },
        "window": {"workDoneProgress": True, "showDocument": {"support": True}},
    }  # fmt: skip


def vim_ale() -> Message:
    """Vim with ALE 3.3: no encodings, no configuration, no progress."""
    return {
        "textDocument": {
            "publishDiagnostics": {"relatedInformation": True},
            "codeAction": {
                "dynamicRegistration": False, "codeActionLiteralSupport": {"codeActionKind": {"valueSet": []}}
            },
            "hover": {"contentFormat": ["plaintext"]},
            "completion": {
                "dynamicRegistration": False,
                "completionItem": {"snippetSupport": False, "documentationFormat": ["plaintext"]},
            },
        },
        "workspace": {
            "applyEdit": False, "configuration": False, "workspaceFolders": False,
            "didChangeConfiguration": {"dynamicRegistration": False},
        },
    }  # fmt: skip


def nothing() -> Message:
    """A client that states nothing at all."""
    return {}


def helix() -> Message:
    """Helix 25: UTF-8, takes actions apart. It pulls, but says under another name (`diagnostic`, not `diagnostics`)
    that it can be told to pull again, so that by the protocol it cannot."""
    return {
        "general": {"positionEncodings": ["utf-8", "utf-32", "utf-16"]},
        "textDocument": {
            "publishDiagnostics": {"versionSupport": True, "tagSupport": _TAGS},
            "diagnostic": {"dynamicRegistration": False, "relatedDocumentSupport": True},
            "codeAction": {
                "dataSupport": True, "isPreferredSupport": True, "disabledSupport": True,
                "resolveSupport": {"properties": ["edit", "command"]},
                "codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["", "quickfix", "refactor", "source"]}},
            },
            "hover": {"contentFormat": ["markdown"]},
            "completion": {"completionItem": {"snippetSupport": True}},
        },
        "workspace": {
            "applyEdit": True, "configuration": True, "workspaceFolders": True,
            "didChangeConfiguration": {"dynamicRegistration": False},
            "didChangeWatchedFiles": {"dynamicRegistration": True, "relativePatternSupport": True},
            "executeCommand": {"dynamicRegistration": False},
            "diagnostic": {"refreshSupport": True},
        },
        "window": {"workDoneProgress": True, "showDocument": {"support": True}},
    }  # fmt: skip


def zed() -> Message:
    """Zed: pulls, Markdown only, takes actions apart, shows no documents."""
    return {
        "general": {"positionEncodings": ["utf-16"]},
        "textDocument": {
            "synchronization": {"dynamicRegistration": True, "didSave": True},
            "publishDiagnostics": {
                "relatedInformation": True, "versionSupport": True, "dataSupport": True,
                "codeDescriptionSupport": True, "tagSupport": _TAGS,
            },
            "diagnostic": {"dynamicRegistration": True, "relatedDocumentSupport": True},
            "codeAction": {
                "dynamicRegistration": True, "dataSupport": True,
                "resolveSupport": {
                    "properties": ["kind", "diagnostics", "isPreferred", "disabled", "edit", "command"]
                },
                "codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["refactor", "quickfix", "source"]}},
            },
            "codeLens": {"dynamicRegistration": True},
            "hover": {"dynamicRegistration": True, "contentFormat": ["markdown"]},
            "completion": {
                "dynamicRegistration": True, "contextSupport": True,
                "completionItem": {"snippetSupport": True, "documentationFormat": ["markdown", "plaintext"]},
            },
        },
        "workspace": {
            "applyEdit": True, "configuration": True, "workspaceFolders": True,
            "didChangeConfiguration": {"dynamicRegistration": True},
            "didChangeWatchedFiles": {"dynamicRegistration": True, "relativePatternSupport": True},
            "diagnostics": {"refreshSupport": True},
            "codeLens": {"refreshSupport": True},
            "executeCommand": {"dynamicRegistration": True},
        },
        "window": {"workDoneProgress": True},
    }  # fmt: skip


def sublime() -> Message:
    """Sublime Text with LSP: says nothing of encodings; pulls; watches where its helper package is installed."""
    return {
        "textDocument": {
            "synchronization": {"dynamicRegistration": True, "didSave": True},
            "publishDiagnostics": {
                "relatedInformation": True, "versionSupport": True, "dataSupport": True,
                "codeDescriptionSupport": True, "tagSupport": _TAGS,
            },
            "diagnostic": {"dynamicRegistration": True, "relatedDocumentSupport": True},
            "codeAction": {
                "dynamicRegistration": True, "dataSupport": True, "isPreferredSupport": True,
                "resolveSupport": {"properties": ["edit"]},
                "codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["quickfix", "refactor"]}},
            },
            "codeLens": {"dynamicRegistration": True},
            "hover": {"dynamicRegistration": True, "contentFormat": ["markdown", "plaintext"]},
            "completion": {
                "dynamicRegistration": True,
                "completionItem": {"snippetSupport": True, "documentationFormat": ["markdown", "plaintext"]},
            },
        },
        "workspace": {
            "applyEdit": True, "configuration": True, "workspaceFolders": True,
            "didChangeConfiguration": {"dynamicRegistration": True},
            "diagnostics": {"refreshSupport": True},
            "codeLens": {"refreshSupport": True},
            "executeCommand": {},
        },
        "window": {"workDoneProgress": True, "showDocument": {"support": True}},
    }  # fmt: skip


def lsp4ij() -> Message:
    """JetBrains' editors with LSP4IJ: pushed to, and never asked for settings."""
    return {
        "textDocument": {
            "synchronization": {"willSave": True, "willSaveWaitUntil": True, "didSave": True},
            "publishDiagnostics": {
                "relatedInformation": True, "dataSupport": True, "codeDescriptionSupport": True,
            },
            "codeAction": {
                "dynamicRegistration": True, "dataSupport": True,
                "resolveSupport": {"properties": ["edit"]},
                "codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["quickfix", "refactor", "source"]}},
            },
            "codeLens": {},
            "hover": {"contentFormat": ["markdown", "plaintext"]},
            "completion": {
                "completionItem": {"snippetSupport": True, "documentationFormat": ["markdown", "plaintext"]},
            },
        },
        "workspace": {
            "applyEdit": True, "workspaceFolders": True,
            "didChangeConfiguration": {"dynamicRegistration": True},
            "didChangeWatchedFiles": {"dynamicRegistration": True},
            "executeCommand": {"dynamicRegistration": True},
        },
        "window": {"workDoneProgress": True, "showDocument": {"support": True}, "showMessage": {}},
    }  # fmt: skip


def vim_lsp() -> Message:
    """Vim with vim-lsp: registers nothing, resolves nothing, no data."""
    return {
        "textDocument": {
            "synchronization": {"dynamicRegistration": False, "didSave": True},
            "publishDiagnostics": {"relatedInformation": True},
            "codeAction": {
                "dynamicRegistration": False, "isPreferredSupport": True, "disabledSupport": True,
                "codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["", "quickfix", "refactor", "source"]}},
            },
            "codeLens": {"dynamicRegistration": False},
            "hover": {"dynamicRegistration": False, "contentFormat": ["markdown", "plaintext"]},
            "completion": {
                "dynamicRegistration": False,
                "completionItem": {"snippetSupport": False, "documentationFormat": ["markdown", "plaintext"]},
            },
        },
        "workspace": {"applyEdit": True, "configuration": True, "workspaceFolders": False},
        "window": {"workDoneProgress": True},
    }  # fmt: skip


def coc() -> Message:
    """Vim or Neovim with coc: as VS Code, whose client it follows."""
    capabilities = vscode()
    capabilities["textDocument"]["publishDiagnostics"]["versionSupport"] = True
    capabilities["textDocument"]["diagnostic"]["relatedDocumentSupport"] = True
    return capabilities


def lsp_mode() -> Message:
    """Emacs with lsp-mode 8.0: pushed to, takes actions apart; what it leaves out it sends as null."""
    return {
        "textDocument": {
            "synchronization": {"willSave": True, "didSave": True, "willSaveWaitUntil": True},
            "publishDiagnostics": {"relatedInformation": True, "versionSupport": True, "tagSupport": _TAGS},
            "codeAction": {
                "dynamicRegistration": True, "dataSupport": True, "isPreferredSupport": True,
                "resolveSupport": {"properties": ["edit", "command"]},
                "codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["", "quickfix", "refactor", "source"]}},
            },
            "hover": {"contentFormat": ["markdown", "plaintext"]},
            "completion": {
                "contextSupport": True,
                "completionItem": {"snippetSupport": False, "documentationFormat": ["markdown", "plaintext"]},
            },
            "moniker": None,
            "linkedEditingRange": None,
        },
        "workspace": {
            "applyEdit": True, "configuration": True, "workspaceFolders": True,
            "didChangeWatchedFiles": {"dynamicRegistration": True},
            "codeLens": {"refreshSupport": True},
            "executeCommand": {"dynamicRegistration": False},
        },
        "window": {"workDoneProgress": True, "showMessage": None, "showDocument": None},
    }  # fmt: skip


def kate() -> Message:
    """Kate: pushed to, asks for no settings and registers nothing."""
    return {
        "textDocument": {
            "synchronization": {"didSave": True},
            "publishDiagnostics": {"relatedInformation": True},
            "codeAction": {
                "codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["quickfix", "refactor", "source"]}}
            },
            "hover": {"contentFormat": ["markdown", "plaintext"]},
            "completion": {"completionItem": {"snippetSupport": True}},
        },
        "workspace": {"workspaceFolders": True},
        "window": {"workDoneProgress": True},
    }  # fmt: skip


PROFILES: dict[str, Callable[[], Message]] = {
    "vscode": vscode, "neovim": neovim, "eglot": eglot, "ale": vim_ale, "nothing": nothing,
}  # fmt: skip

EDITORS: dict[str, Callable[[], Message]] = {
    **PROFILES, "helix": helix, "zed": zed, "sublime": sublime, "lsp4ij": lsp4ij, "vim-lsp": vim_lsp, "coc": coc,
    "lsp-mode": lsp_mode, "kate": kate,
}  # fmt: skip
