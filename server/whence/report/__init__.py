"""Reports: pure functions from a `ScanResult` to text or to plain dictionaries."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from whence.report.as_github import github
    from whence.report.as_gitlab import gitlab
    from whence.report.as_html import html
    from whence.report.as_json import blame_json, dump, scan_json
    from whence.report.as_markdown import markdown
    from whence.report.as_sarif import sarif
    from whence.report.as_text import block, text

__all__ = [
    "blame_json",
    "block",
    "dump",
    "github",
    "gitlab",
    "html",
    "markdown",
    "sarif",
    "scan_json",
    "text",
]

_PLACES = {
    "blame_json": "as_json",
    "block": "as_text",
    "dump": "as_json",
    "github": "as_github",
    "gitlab": "as_gitlab",
    "html": "as_html",
    "markdown": "as_markdown",
    "sarif": "as_sarif",
    "scan_json": "as_json",
    "text": "as_text",
}


def __getattr__(name: str) -> Any:
    # A command writes one form; the others need not be loaded.
    if name in _PLACES:
        return getattr(import_module(f"whence.report.{_PLACES[name]}"), name)
    raise AttributeError(name)
