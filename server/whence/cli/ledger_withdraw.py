"""`whence review withdraw`: take back one's own answers, shown first, and taken out of the ledger when told to."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from whence.cli.common import Place, place, snapshot
from whence.cli.console import Console
from whence.errors import UserError
from whence.text import counted, display

if TYPE_CHECKING:
    from whence.review import Ledger, Review


def run(arguments: argparse.Namespace, console: Console, root: Path) -> int:
    """Show, and with --yes take out, the person's own answers at these places, with what these had replaced: an earlier
    answer does not come back by that."""
    from whence.cli.ledger_prune import EMPTIED, committed_in, take_out
    from whence.cli.review import reviewer
    from whence.review import Ledger
    from whence.review.backlog import replaced_by
    from whence.review.people import mailbox

    if not arguments.more:
        raise UserError(
            "withdraw wants files, lines or regions of yours", hint="whence review list shows who answered"
        )
    prepared = snapshot(arguments, console, root=root, asked=())  # who works here is all that is wanted
    me = reviewer(arguments, prepared)
    ledger = Ledger.read(root)
    wheres = [place(root, console, text, there=False) for text in arguments.more]
    there = {review.id: review for where in wheres for review in _at(root, ledger, where)}
    mine = [review for review in there.values() if mailbox(review.reviewer) == mailbox(me)]
    others = sorted({review.reviewer for review in there.values()} - {review.reviewer for review in mine})
    for review in mine:
        console.write(f"{review.id}  {display(review.path)}  {display(review.region, 80)}  {review.result}\n")
    for other in others:
        console.write(f"{display(other)} answered there, too: nobody takes back somebody else's answer\n")
    if not mine:
        console.write(f"no answer of {display(me)} is there\n")
        return 0
    if not arguments.yes:
        console.write(f"to withdraw {'it' if len(mine) == 1 else 'them'}, add --yes\n")
        return 0
    gone = replaced_by(ledger, {review.id for review in mine})
    _, emptied = take_out(root, gone, committed_in(root, console))
    console.write(f"{display(me)} withdrew {counted(len(mine), 'answer')}; commit that with your work\n")
    if emptied:
        console.write(EMPTIED)
    return 0


def _at(root: Path, ledger: Ledger, where: Place) -> Sequence[Review]:
    """The answers that were given in a file, or below a folder, and that hold one of the lines where some are named."""
    if where.first is None and where.name is None:
        return [
            review
            for review in ledger.reviews
            if review.path == where.path or where.path == "." or review.path.startswith(f"{where.path}/")
        ]
    from whence import files
    from whence.cli.review import region_of
    from whence.text import decode, split

    content = files.read(root, where.path)
    if content.data is None:
        raise UserError(f"{where.path} cannot be read", hint=f"name it without lines: {where.path}")
    lines = split(decode(content.data))
    region = region_of(where, lines)
    covered = ledger.cover(where.path, lines, ((region.start, region.end),))
    return [cover.review for cover in covered if cover.lines and cover.review.path == where.path]
