"""`whence review prune`: what of the ledger answers for nothing any more, shown first, and taken out when told to."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Collection, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from whence.cli.console import Console
from whence.cli.ledger import present
from whence.text import display

if TYPE_CHECKING:
    from whence.review import Ledger, Review


def run(arguments: argparse.Namespace, console: Console, root: Path) -> int:
    """Show, and with --delete remove, the reviews of which no line is left, unsigned ones that signed ones have
    replaced where the policy wants these, and signatures without a review."""
    from whence.review import Ledger, store
    from whence.review.backlog import prune, replaced_by, standing

    ledger = Ledger.read(root)
    texts = tuple(present(root, console)) if ledger.reviews else ()
    orphans = prune(standing(ledger, texts), (path for path, _ in texts))
    for item in orphans:
        review = item.review
        console.write(
            f"{review.id}  {display(review.path)}  {display(review.region, 80)}: {display(item.why)}\n"
        )
    gone = replaced_by(ledger, {item.review.id for item in orphans})
    late = [review for review in _outdone(arguments, console, root, ledger) if review.id not in gone]
    for review in late:
        console.write(
            f"{review.id}  {display(review.path)}  {display(review.region, 80)}: not signed, and replaced since by the "
            "same person\n"
        )
    gone |= {review.id for review in late}
    kept = {review.id for review in ledger.recorded} - gone
    strays = [name for name, _ in store.entries(root, ".sig") if name.partition(".")[0] not in kept | gone]
    committed = committed_in(root, console)
    spent = [name for name in store.empty(root) if not committed(name)]
    for name in strays:
        console.write(f"{display(name)}  a signature without its review\n")
    for name in spent:
        console.write(f"{display(name)}  was taken out before, and is empty\n")
    if not orphans and not late and not strays and not spent:
        console.write("every review still answers for something\n")
    elif arguments.delete:
        mine, emptied = take_out(root, gone, committed, (*strays, *spent))
        console.write(f"removed {len(gone)} reviews and {mine + len(strays)} signatures\n")
        if emptied or any(map(committed, strays)):
            console.write(EMPTIED)
    else:
        console.write("to remove them, add --delete\n")
    return 0


EMPTIED = "  committed ones are empty files now; once that is committed and merged, prune removes them\n"
"""Said of files that git would take for others' old names, were they removed at once."""


def take_out(
    root: Path, gone: Collection[str], committed: Callable[[str], bytes | None], more: Sequence[str] = ()
) -> tuple[int, bool]:
    """Take reviews with their signatures, and more files, out of the ledger: how many signatures, and whether there are
    empty files left of the reviews. Raises UserError."""
    from whence.review import store

    signatures = [name for name, _ in store.entries(root, ".sig") if name.partition(".")[0] in gone]
    names = (*(f"{key}.toml" for key in sorted(gone)), *signatures)
    emptied = any(map(committed, names))
    store.take_out(root, (*names, *more), committed)
    return len(signatures), emptied


def _outdone(arguments: argparse.Namespace, console: Console, root: Path, ledger: Ledger) -> Sequence[Review]:
    """Unsigned answers that count for nothing: the policy wants signed ones, and the same person has answered again."""
    from whence.cli.common import snapshot
    from whence.review.signatures import outdone, verify

    if all(review.date for review in ledger.recorded):
        return ()
    prepared = snapshot(arguments, console, root=root, asked=())
    if prepared.policy is None or not prepared.policy.signed:
        return ()
    verdicts = verify(root, ledger.recorded, today=prepared.settings.today, environment=console.environment)
    past = outdone(ledger.recorded, verdicts)
    return [review for review in ledger.recorded if review.id in past]


def committed_in(root: Path, console: Console) -> Callable[[str], bytes | None]:
    """The content at HEAD of a file of the ledger, by its name."""
    from whence.repo import GitError, Repository
    from whence.review import FOLDER

    repository = Repository.around(root, console.environment)

    def read(name: str) -> bytes | None:
        if repository is None or repository.head() is None:
            return None
        try:
            return next(iter(repository.blobs([f"HEAD:{repository.prefix}{FOLDER}/{name}"])), None)
        except GitError:
            return None

    return cache(read)
