"""The whole workspace on demand, in processes of its own, with a progress bar that can stop it."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from whence.errors import Cancelled
from whence.live.values import Closed, Scanned, Step
from whence.lsp.progress import Progress
from whence.lsp.roots import Root
from whence.text import counted

if TYPE_CHECKING:
    from whence.lsp.session import Session


async def scan_workspace(session: Session, token: str | int | None) -> dict[str, Any]:
    """Scan, show what was found in files that are not open, and sum up. Raises Cancelled when the user stops it."""
    work = asyncio.ensure_future(_scan(session, token))
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        if work.cancelled() and not _being_cancelled():
            raise Cancelled from None  # by the button on the bar
        work.cancel()
        raise


def _being_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


async def _scan(session: Session, token: str | int | None) -> dict[str, Any]:
    task = asyncio.current_task()
    assert task is not None

    def stop() -> None:
        task.cancel()

    progress = Progress(session, "Whence: scanning the workspace", stop, token)
    counts: Counter[str] = Counter()
    verdicts = []
    done = "stopped"
    try:
        for root in await served(session):
            if await root.current() is None:
                continue
            total = await scan_root(session, root, progress)
            await show(session, root)
            counts.update(files=total.files, lines=total.lines, attributed=total.attributed_lines)
            counts.update(dict(total.findings))
            verdicts.append(total.verdict)
        kinds = (("error", "error"), ("warning", "warning"), ("info", "hint"))
        found = ", ".join(counted(counts[kind], word) for kind, word in kinds)
        done = f"{found} in {counted(counts['files'], 'file')}"
    finally:
        progress.end(done)
    return {
        "verdict": next((v for v in ("fail", "inconclusive", "pass") if v in verdicts), "pass"),
        "files": counts["files"],
        "lines": counts["lines"],
        "attributedLines": counts["attributed"],
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


async def scan_root(session: Session, root: Root, progress: Progress | None) -> Scanned:
    """Scan one workspace into its survey."""
    files: dict[str, Closed] = {}

    def told(word: Closed | Step) -> None:
        if isinstance(word, Closed):
            files[word.uri] = word
        elif progress is not None:
            progress.report(f"{word.done} of {word.total} files", 100 * word.done // max(word.total, 1))

    generation = root.generation
    # One core is left to the editor and to the analysis of what is being typed.
    jobs = max(1, (os.cpu_count() or 2) - 1)
    total: Scanned = await session.workshop.job(
        "scan", root.whole, root.ledger, session.face, jobs, told=told
    )
    root.survey = generation, files
    return total


async def show(session: Session, root: Root) -> None:
    """Put the findings of closed files on the shelf, and take back what an earlier scan had shown."""
    if root.survey is None:
        return
    if session.pulls_workspace:
        session.refresh()
    else:
        await session.shelf.scanned(root, root.survey[1])
