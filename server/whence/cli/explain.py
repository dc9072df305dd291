"""`whence explain FILE:LINE`: each piece of evidence down to its source, what the policy asks, what would settle it."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from whence.cli.common import add_workspace_arguments, place, snapshot_of, workspace_of
from whence.cli.console import Console
from whence.errors import UserError
from whence.text import counted

if TYPE_CHECKING:
    from whence.engine import Snapshot
    from whence.model import Attribution, FileResult


MANY = 8
"""Stretches of a range that are explained."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "place", metavar="FILE:LINE", help="the line, counted from 1; of FILE:A-B each line that differs"
    )
    add_workspace_arguments(parser)


def run(arguments: argparse.Namespace, console: Console) -> int:
    root, repository = workspace_of(arguments, console)
    where = place(root, console, arguments.place)
    if (root / where.path).is_dir():
        raise UserError(f"{where.path} is a folder, which has no lines", hint="name one of its files")
    if where.first is None:
        from whence.wording import file_argument

        hint = f"whence explain {file_argument(f'{where.path}:1')}"
        raise UserError(f"{arguments.place} names no line", hint=hint)
    from whence.cli.beside import columns

    prepared = snapshot_of(arguments, console, root, repository, where.path)
    result = prepared.analyse_file(where.path)
    if result.line_count and where.first > result.line_count:
        raise UserError(
            f"{where.path} has {counted(result.line_count, 'line')}; line {where.first} is not one of them"
        )
    last = min(where.last or where.first, max(result.line_count, where.first))
    told = [
        "\n".join(explain(prepared, result, line, columns(console)))
        for line in _different(result, where.first, last)
    ]
    console.write("\n\n".join(told[:MANY]) + "\n")
    if len(told) > MANY:
        console.write(f"\nand {counted(len(told) - MANY, 'more stretch')}: name fewer lines\n")
    return 0


def _different(result: FileResult, first: int, last: int) -> list[int]:
    """Lines of a range, the first of each stretch that has an origin of its own, or none."""
    from whence.ranges import contains

    def about(line: int) -> tuple[object, ...]:
        origin = next((at for at, one in enumerate(result.attributions) if contains(one.lines, line)), None)
        return origin, [at for at, one in enumerate(result.findings) if contains(one.lines, line)]

    found: dict[str, int] = {}
    for line in range(first, last + 1):
        found.setdefault(repr(about(line)), line)
    return list(found.values())


def explain(prepared: Snapshot, result: FileResult, line: int, width: int) -> list[str]:
    """The explanation of one line, as lines of text; what stands side by side is so many columns wide."""
    from whence import wording
    from whence.cli.beside import side_by_side
    from whence.model import EvidenceClass
    from whence.ranges import contains, count, text
    from whence.report import block
    from whence.text import display

    item = next((a for a in result.attributions if contains(a.lines, line)), None)
    title = f"{display(result.path)}:{line}"
    if item is None:
        gaps = [wording.missing(gap) for gap in (*prepared.not_measured, *result.not_measured)]
        known = "No evidence says that an AI tool wrote this line."
        if not gaps:
            return [title, f"  {known}"]
        return [title, f"  {known} What could not be measured here:", *(f"    {gap}" for gap in gaps)]
    name = display(prepared.registry.display(item.agent))
    out = [
        title,
        f"  {name}, {item.evidence_class} evidence, confidence {item.confidence:.2f}",
        "",
        "  evidence",
    ]
    for piece in item.evidence:
        out.append(f"    {piece.evidence_class}: {wording.known(piece)}")
        lines = text(piece.lines)
        out.append(
            f"      lines {lines if len(lines) < 90 else f'{count(piece.lines)} of this file'}; strength {piece.confidence:.2f}"
        )
        if piece.agent.model:
            out.append(f"      model {display(piece.agent.model)}")
        if piece.person:
            out.append(f"      person {display(piece.person)}")
        if piece.evidence_class is EvidenceClass.SESSION and contains(piece.lines, line):
            out += [f"      {row}" for row in side_by_side(prepared, result.path, line, piece, width)]
    out += ["", "  policy", *(f"    {step}" for step in _policy(prepared, result.path, item))]
    found = [f for f in result.findings if contains(f.lines, line)]
    contested = [d for d in result.disputes if contains(d.lines, line)]
    out += [f"    {wording.disputed(dispute, prepared.registry)}" for dispute in contested]
    out += ["", "  what now"]
    if any(dispute.accepted for dispute in contested):
        out.append("    nothing: the attribution is disputed, and that is accepted")
    elif not found:
        why = "this line meets what is asked"
        if contains(result.reviewed, line):
            why = "a review covers this line"
        elif _blank(prepared, result.path, line):
            why = "this line is blank, and what is asked is asked of lines with text"
        out.append(f"    nothing: {why}")
    for index, finding in enumerate(found):
        out += [""] if index else []
        out += [
            f"    {text_line.strip()}" for text_line in block(finding, prepared.registry, explained=True)[1:]
        ]
    return out


def _blank(prepared: Snapshot, path: str, line: int) -> bool:
    from whence.cli.ledger import text_of

    lines = text_of(prepared, path)
    return line <= len(lines) and not lines[line - 1].strip()


def _policy(prepared: Snapshot, path: str, item: Attribution) -> list[str]:
    from whence.analysis import question
    from whence.policy import decide
    from whence.text import display

    if prepared.policy is None:
        return [
            "there is none here: everything is shown, nothing is asked (`whence policy init` writes a first one)"
        ]
    decision = decide(prepared.policy, question(path, item, prepared.settings))
    return [display(str(step), 500) for step in decision.steps] or ["no scope speaks of this file"]
