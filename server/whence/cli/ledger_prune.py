"""`whence review prune`: what of the ledger answers for nothing any more, shown first, and taken out when told to."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import cache
from pathlib import Path

from whence.cli.console import Console
from whence.cli.ledger import present
from whence.text import display


def run(arguments: argparse.Namespace, console: Console, root: Path) -> int:
    """Show, and with --delete remove, the reviews of which no line is left, and signatures without a review."""
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
    kept = {review.id for review in ledger.recorded} - gone
    strays = [name for name, _ in store.entries(root, ".sig") if name.partition(".")[0] not in kept | gone]
    committed = _committed(root, console)
    spent = [name for name in store.empty(root) if not committed(name)]
    for name in strays:
        console.write(f"{display(name)}  a signature without its review\n")
    for name in spent:
        console.write(f"{display(name)}  was taken out before, and is empty\n")
    if not orphans and not strays and not spent:
        console.write("every review still answers for something\n")
    elif arguments.delete:
        mine = [name for name, _ in store.entries(root, ".sig") if name.partition(".")[0] in gone]
        store.take_out(root, (*(f"{key}.toml" for key in sorted(gone)), *mine, *strays, *spent), committed)
        console.write(f"removed {len(gone)} reviews and {len(mine) + len(strays)} signatures\n")
        if any(committed(name) for name in (*(f"{key}.toml" for key in gone), *mine, *strays)):
            console.write(
                "  committed ones are empty files now; once that is committed and merged, prune removes them\n"
            )
    else:
        console.write("to remove them, add --delete\n")
    return 0


def _committed(root: Path, console: Console) -> Callable[[str], bytes | None]:
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
