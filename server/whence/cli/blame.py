"""`whence blame`: every line's origin in one file."""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import TYPE_CHECKING

from whence.cli.common import add_workspace_arguments, inside, snapshot_of, workspace_of
from whence.cli.console import Console
from whence.errors import UserError
from whence.model import Agent, EvidenceClass
from whence.ranges import each
from whence.text import display

if TYPE_CHECKING:
    from whence.model import Evidence, FileResult
    from whence.tools import Registry

TAB = 4
"""Columns of a tab."""

REFERENCE = 32
"""Columns of what a line is known from; `whence explain` has the whole of it."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="the file")
    parser.add_argument(
        "--format", choices=("text", "json"), default="text", help="how to report (default: text)"
    )
    add_workspace_arguments(parser)


def run(arguments: argparse.Namespace, console: Console) -> int:
    from whence import files, report
    from whence.wording import missing

    root, repository = workspace_of(arguments, console)
    path = inside(root, console, arguments.file)
    prepared = snapshot_of(arguments, console, root, repository, path)
    content = files.read(root, path)
    if content.data is None:
        why = content.missing.why if content.missing else "it could not be read"
        raise UserError(f"{arguments.file} has no lines to show: {why}")
    result = prepared.analyse_file(path)
    if arguments.format == "json":
        gaps = (*prepared.not_measured, *result.not_measured)
        console.write(report.dump(report.blame_json(replace(result, not_measured=gaps))))
    else:
        from whence.text import decode, split

        console.write(as_text(result, split(decode(content.data)), prepared.registry))
    for item in (*prepared.not_measured, *result.not_measured):
        console.say(f"not measured: {missing(item)}")
    return 0


def as_text(result: FileResult, lines: tuple[str, ...], registry: Registry) -> str:
    """One row a line: who, how we know, where, line number, text. Columns are as narrow as what stands in them."""
    rows: dict[int, tuple[str, str, str]] = {}
    for item in result.attributions:
        for line in each(item.lines):
            rows[line] = (
                display(_name(item.agent, registry), 28),
                item.evidence_class.value,
                display(_reference(item.deciding), REFERENCE),
            )
    widths = [max((len(row[column]) for row in rows.values()), default=0) for column in range(3)]
    digits = len(str(len(lines)))
    out = []
    for number, text in enumerate(lines, 1):
        row = rows.get(number, ("", "", ""))
        cells = [f"{cell:{width}}  " for cell, width in zip(row, widths, strict=True) if width]
        # A tab is the file's own layout and no attack; the other control characters stay visible.
        out.append(f"{''.join(cells)}{number:{digits}}  {display(text.expandtabs(TAB), 2000)}".rstrip())
    return "\n".join(out) + "\n" if out else ""


def _name(agent: Agent, registry: Registry) -> str:
    """The tool without its vendor, which `whence explain` tells; whose model it ran where that is another's."""
    if agent.tool and (agent.model_vendor is None or agent.model_vendor == agent.vendor):
        return registry.display(Agent(agent.tool, None))
    return registry.display(agent)


def _reference(piece: Evidence) -> str:
    """A commit as git shortens it, a session's id without the place in its transcript, all else as it is."""
    if piece.commit:
        return piece.commit[:10]
    words = piece.reference.split()
    session = piece.evidence_class is EvidenceClass.SESSION and words[:1] == ["session"] and len(words) > 1
    return words[1] if session else piece.reference
