"""Find the phrases that people write everywhere: three successive words that several projects have.

    python benchmarks/usual_phrases.py CLONE... > server/whence/matching/usual_phrases.bin

Each clone is a project, of which up to 400,000 lines at HEAD are read, without what it copied from others. What three
of them hold is put into a set of keys (`habits.Seen`), which is what the matcher reads. Forks of one project should not
be given beside it, nor repositories that `sessions_controls.py` is to be run on.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
from array import array
from heapq import merge
from itertools import groupby
from pathlib import Path

from sessions_data import blobs, tree

from whence.matching.habits import Seen
from whence.matching.tokens import each_tokens
from whence.matching.triples import triples
from whence.syntax import language_of
from whence.text import decode, is_binary, split

LEAST = 3
"""Projects that hold a phrase."""

BYTES = 1 << 18
"""Of the set: some 170,000 phrases, and of others 2 of 100 are taken for one."""

MOST = 400_000
"""Lines of one project."""

LARGEST = 200_000
"""Bytes of a file."""

COPIED = re.compile(r"(?:vendor|node_modules|third_party)/|lock|\.min\.")


def phrases(clone: Path) -> array[int]:
    """The triples of a project, ascending."""
    names = [item for item in sorted(tree(clone, "HEAD").items()) if language_of(item[0])]
    random.Random(1).shuffle(names)
    found: set[int] = set()
    count = 0
    for data in blobs(clone, [blob for path, blob in names if not COPIED.search(path)]):
        if is_binary(data) or len(data) > LARGEST:
            continue
        lines = split(decode(data))
        count += len(lines)
        found |= triples("".join(each_tokens([line for line in lines if line and not line.isspace()])))
        if count > MOST:
            break
    return array("Q", sorted(found))


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("clones", type=Path, nargs="+")
    options = parser.parse_args()
    found = [phrases(clone.resolve()) for clone in options.clones]
    usual = Seen(bytearray(BYTES))
    count = 0
    for phrase, held in groupby(merge(*found)):
        if sum(1 for _ in held) >= LEAST:
            usual.add(phrase)
            count += 1
    sys.stdout.buffer.write(usual.bits)
    print(f"{count} phrases of {len(found)} projects", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
