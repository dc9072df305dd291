"""`whence blame`: every line's origin in one file."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from whence.cli.common import add_workspace_arguments, inside, root_of, snapshot
from whence.cli.console import Console
from whence.errors import UserError
from whence.ranges import each
from whence.text import display

if TYPE_CHECKING:
    from whence.model import FileResult
    from whence.tools import Registry

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

    root = root_of(arguments, console)
    path = inside(root, console, arguments.file)
    prepared = snapshot(arguments, console, wanted=(path,))
    content = files.read(root, path)
    if content.data is None:
        why = content.missing.why if content.missing else "it could not be read"
        raise UserError(f"{arguments.file} has no lines to show: {why}")
    result = prepared.analyse_file(path)
    if arguments.format == "json":
        console.write(report.dump(report.blame_json(result)))
    else:
        from whence.text import decode, split

        console.write(as_text(result, split(decode(content.data)), prepared.registry))
    for item in (*prepared.not_measured, *result.not_measured):
        from whence.wording import missing

        console.say(f"not measured: {missing(item)}")
    return 0


def as_text(result: FileResult, lines: tuple[str, ...], registry: Registry) -> str:
    """One row a line: who, how we know, where, line number, text."""
    rows: dict[int, tuple[str, str, str]] = {}
    for item in result.attributions:
        reference = item.deciding.commit[:10] if item.deciding.commit else item.deciding.reference
        for line in each(item.lines):
            rows[line] = (
                display(registry.display(item.agent), 28),
                item.evidence_class.value,
                display(reference, REFERENCE),
            )
    who = max((len(row[0]) for row in rows.values()), default=0)
    where = max((len(row[2]) for row in rows.values()), default=0)
    digits = len(str(len(lines)))
    out = []
    for number, text in enumerate(lines, 1):
        name, known, reference = rows.get(number, ("", "", ""))
        out.append(
            f"{name:{who}}  {known:8}  {reference:{where}}  {number:{digits}}  {display(text, 2000)}".rstrip()
        )
    return "\n".join(out) + "\n" if out else ""
