"""Reports: pure functions from a `ScanResult` to text or to plain dictionaries."""

from __future__ import annotations

from whence.report.as_github import github
from whence.report.as_json import blame_json, dump, scan_json
from whence.report.as_markdown import markdown
from whence.report.as_sarif import sarif
from whence.report.as_text import block, text

__all__ = ["blame_json", "block", "dump", "github", "markdown", "sarif", "scan_json", "text"]
