"""The whole workspace on demand, in worker processes, with a progress bar that can stop it."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lsprotocol import types

from whence import workspace
from whence.engine import Snapshot
from whence.lsp import analysing
from whence.lsp.progress import Progress
from whence.lsp.roots import Root
from whence.lsp.workers import Token
from whence.model import FileResult, Finding, ScanResult
from whence.workspace import Options

if TYPE_CHECKING:
    from whence.lsp.session import Session


async def scan_workspace(session: Session, token: str | int | None) -> dict[str, Any]:
    """Scan, show what was found in files that are not open, and sum up. Raises Cancelled when the user stops it."""
    stop = Token()
    progress = Progress(session, "Whence: scanning the workspace", stop.cancel, token)
    counts: Counter[str] = Counter()
    verdicts = []
    done = "stopped"
    try:
        for root in await served(session):
            snapshot = await root.current()
            if snapshot is None:
                continue
            survey = await scan_root(session, root, snapshot, stop, progress)
            show(session, root, snapshot, survey)
            counts["files"] += survey.result.summary.files
            counts["lines"] += survey.result.summary.lines
            counts["attributed_lines"] += survey.result.summary.attributed_lines
            counts.update(dict(survey.result.summary.findings))
            verdicts.append(survey.result.verdict.value)
        done = f"{counts['error']} errors, {counts['warning']} warnings, {counts['info']} hints in {counts['files']} files"
    finally:
        stop.cancel()
        progress.end(done)
    return {
        "verdict": next((v for v in ("fail", "inconclusive", "pass") if v in verdicts), "pass"),
        "files": counts["files"],
        "lines": counts["lines"],
        "attributedLines": counts["attributed_lines"],
        "findings": {level: counts[level] for level in ("error", "warning", "info")},
        "message": done,
    }


async def served(session: Session) -> list[Root]:
    """The workspaces of the folders that the editor opened, else of the documents that are open."""
    paths: dict[Path, None] = {}
    for folder in session.folders:
        place = await session.place(folder / ".whence")
        if place is not None:
            paths[place[0]] = None
    if not paths:
        return [root for root in session.roots.values() if not root.alone]
    return [session.root(path) for path in paths]


class Survey:
    """One workspace's findings, each file's ready to be shown."""

    def __init__(
        self,
        result: ScanResult,
        files: dict[str, Sequence[types.Diagnostic]],
        findings: dict[str, Sequence[Finding]],
    ) -> None:
        self.result = result
        self.findings = findings
        """URI to what the diagnostics were made from."""
        self.files = files
        """URI to diagnostics; only files with findings."""


async def scan_root(
    session: Session, root: Root, snapshot: Snapshot, stop: Token, progress: Progress | None
) -> Survey:
    face = session.face
    files: dict[str, Sequence[types.Diagnostic]] = {}
    findings: dict[str, Sequence[Finding]] = {}

    def found(result: FileResult) -> None:
        if result.findings:
            uri = (root.path / result.path).as_uri()
            findings[uri] = result.findings
            files[uri] = analysing.closed(snapshot, result, uri, face).items

    def report(done: int, total: int) -> None:
        if progress is not None:
            progress.report_from_thread(lambda: f"{done} of {total} files", 100 * done // max(total, 1))

    # One core is left to the editor and to the analysis of what is being typed.
    options = Options(jobs=max(1, (os.cpu_count() or 2) - 1))
    result = await session.server.slow.run(
        workspace.scan, snapshot, options, progress=report, found=found, check_cancelled=stop.check
    )
    return Survey(result, files, findings)


def show(session: Session, root: Root, snapshot: Snapshot, survey: Survey) -> None:
    """Put the findings of closed files on the shelf, and take back what an earlier scan had shown."""
    root.scanned = survey.findings
    if session.pulls_workspace:
        root.survey = (snapshot, survey.files)
        session.refresh()
        return
    session.shelf.scanned(root, survey.files)
