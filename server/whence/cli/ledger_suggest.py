"""`whence review suggest`: what waits for a review, cheapest first, and what of it waits for somebody else."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from whence.cli.common import remembering
from whence.cli.console import Console
from whence.cli.ledger import text_of
from whence.ranges import subtract, union
from whence.ranges import text as ranges_text
from whence.review.people import likeness, mailbox
from whence.text import counted, display

if TYPE_CHECKING:
    from whence.engine import Snapshot
    from whence.model import Finding
    from whence.repo import Repository
    from whence.review.backlog import Suggestion


def run(
    arguments: argparse.Namespace,
    console: Console,
    root: Path,
    repository: Repository | None,
    paths: tuple[str, ...],
) -> int:
    """Print the backlog; what the user wrote, or answered for already, is not theirs to read."""
    from whence import workspace
    from whence.review.backlog import suggest

    with remembering(arguments, console, root, repository, *paths) as (prepared, known):
        result = workspace.scan(prepared, workspace.Options(paths=paths), cache=known)
    waiting = [
        finding
        for finding in result.findings
        if arguments.scope in ("", finding.scope) and arguments.tool in ("", finding.agent.tool)
    ]
    others = _for_others(prepared, waiting, arguments.reviewer or prepared.settings.user or "")
    steps = suggest(finding for finding in waiting if finding not in others)
    rest = suggest(others)
    if arguments.format == "json":
        rows = [_row(step, step in rest) for step in (*steps, *rest)]
        console.write(json.dumps({"schema": "whence.suggestions/1", "suggestions": rows}, indent=2) + "\n")
        return 0
    if not steps:
        console.write("nothing waits for a review" + (" by you\n" if rest else "\n"))
    else:
        _show(console, prepared, steps, arguments.limit)
    if rest:
        console.write(
            f"{_sum(rest)} more wait for somebody else: you wrote them or answered for them, and the rule asks for others too\n"
        )
    return 0


def _for_others(prepared: Snapshot, findings: Sequence[Finding], me: str) -> list[Finding]:
    """Those that the user's own answer cannot settle any further."""
    from whence.model import EvidenceClass
    from whence.policy import promises

    if not me:
        return []
    text = cache(lambda path: text_of(prepared, path))
    mine = any(mailbox(review.reviewer) == mailbox(me) for review in prepared.ledger.reviews)

    def wrote(finding: Finding) -> bool:
        return any(
            likeness(me, piece.person, prepared.settings.surroundings.mailmap)
            if piece.person
            else piece.evidence_class is EvidenceClass.SESSION and me == prepared.settings.user
            for piece in finding.evidence
        )

    def answered(finding: Finding) -> bool:
        given = union(
            *(
                cover.lines
                for cover in prepared.ledger.cover(finding.path, text(finding.path), finding.lines)
                if mailbox(cover.review.reviewer) == mailbox(me)
                and cover.review.result == "approved"
                and promises(prepared.policy, cover.review.criterion or None, finding.criterion)
                and (not finding.purposes or cover.review.purpose in finding.purposes)
            )
        )
        return not subtract(finding.lines, given)

    return [
        finding
        for finding in findings
        if finding.reviewers and (wrote(finding) or (mine and answered(finding)))
    ]


def _row(step: Suggestion, others: bool) -> dict[str, object]:
    from whence.wording import review_command

    finding = step.finding
    return {
        "path": finding.path,
        "lines": [list(pair) for pair in finding.lines],
        "region": {"kind": finding.region.kind, "name": finding.region.name},
        "tool": finding.agent.tool,
        "count": step.lines,
        "total": step.total,
        "command": review_command(finding),
        "others": others,
    }


def _show(console: Console, prepared: Snapshot, steps: Sequence[Suggestion], limit: int) -> None:
    from whence.wording import review_command

    for step in steps[:limit]:
        finding = step.finding
        name = f"`{display(finding.region.name, 80)}`" if finding.region.name else finding.region.kind
        agent = display(prepared.registry.display(finding.agent))
        lines = "line " if step.lines == 1 else "lines"
        console.write(
            f"{step.lines:>5} {lines}  {display(finding.path)}:{ranges_text(((finding.start, finding.end),))}  {name}  {agent}\n"
        )
        console.write(f"             {review_command(finding)}\n")
    left = len(steps) - limit
    more = f", {left} of them not shown" if left > 0 else ""
    console.write(f"{_sum(steps, more)} in all\n")


def _sum(steps: Sequence[Suggestion], more: str = "") -> str:
    return f"{counted(len(steps), 'region')}{more}, {counted(steps[-1].total, 'line')}"
