"""`whence index build`: read every transcript that is not in the index yet. Stopped at any time, it keeps what it has."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from whence.cli.console import Console
from whence.cli.index_common import add_root, on_disk, size, updater
from whence.text import counted, display


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_root(parser)
    parser.add_argument(
        "--again", action="store_true", help="read the transcripts that are known from their beginning, too"
    )
    parser.add_argument(
        "--purged", action="store_true", help="also bring back what was purged, as far as transcripts have it"
    )
    parser.add_argument("--quiet", action="store_true", help="no progress bar")


def run(arguments: argparse.Namespace, console: Console) -> int:
    from whence.index import pardon, read_again
    from whence.index.summary import pages

    with _bar(console, not arguments.quiet) as progress:
        work = updater(arguments, console, progress)
        try:
            if arguments.again or arguments.purged:
                with on_disk(work.database).writing() as connection:
                    if arguments.purged:
                        pardon(connection)
                    read_again(connection)
            begun = time.monotonic()
            try:
                done = work.update(verify=True)
            except KeyboardInterrupt:
                console.say("what was read is kept; the same command goes on there")
                raise
            took = time.monotonic() - begun
            database = work.database
            if database.place is None:
                console.say(f"nothing could be kept: {display(database.problem, 500)}")
                return 2
            if database.problem:
                console.say(display(database.problem, 500))
            read = f"read {size(done.bytes)} of {counted(done.read, 'transcript')} in {took:.1f} s"
            known = (
                f"{counted(done.survey.transcripts, 'transcript')} of {size(done.survey.bytes)} in the index"
            )
            console.write(f"{read}\n{known}, which takes {size(pages(database.connection))}\n")
            for problem in done.survey.problems:
                console.say(f"not measured: {display(problem.why, 500)}")
            database.shown()
        finally:
            work.database.close()
    return 0


@contextmanager
def _bar(console: Console, wanted: bool) -> Iterator[Callable[[int, int], None]]:
    """A progress bar over the bytes to read, with an estimate of the time, on a terminal; nothing elsewhere."""
    if not (wanted and console.interactive):
        yield lambda done, total: None
        return
    from tqdm import tqdm

    with tqdm(file=console.err, leave=False, unit="B", unit_scale=True, dynamic_ncols=True) as bar:
        bar.set_description_str("reading transcripts")

        def progress(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        yield progress
