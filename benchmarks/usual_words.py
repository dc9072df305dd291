"""Count how usual words are in source text, for the list that the matcher weighs words by.

    python benchmarks/usual_words.py PATH... > server/whence/matching/usual_words.txt

Each path is a source: a clone (its files at HEAD) or a folder with text of one project; with --each, every folder in a
folder is one. A word's share is that of the stretches of 50 lines in which it stands, as the mean over all sources, so
that no large project decides. The list has a line for each half nat of rarity, the most usual words first.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from collections.abc import Iterator
from math import log
from pathlib import Path

from sessions_data import blobs, tree

from whence.matching.tokens import names_in
from whence.syntax import language_of
from whence.text import decode, is_binary, split

STRETCH = 50
"""Lines of about one function."""

MOST = 6000
"""Stretches of one source that are looked at."""

LEAST = 0.001
"""Share from which on a word is listed."""

LARGEST = 300_000


def contents(source: Path) -> Iterator[bytes]:
    if (source / "HEAD").exists() or (source / ".git").exists():
        names = sorted(tree(source, "HEAD").items())
        random.Random(1).shuffle(names)
        yield from blobs(source, [blob for path, blob in names if language_of(path)])
    else:
        for path in sorted(source.rglob("*")):
            if path.is_file() and language_of(path.name) and path.stat().st_size < LARGEST:
                yield path.read_bytes()


def shares(source: Path) -> dict[str, float]:
    """Each word with its share of the stretches of one source; of a source that is too small, none."""
    found: Counter[str] = Counter()
    count = 0
    for data in contents(source):
        if is_binary(data) or len(data) > LARGEST:
            continue
        lines = split(decode(data))
        for at in range(0, len(lines), STRETCH):
            count += 1
            found.update(names_in(lines[at : at + STRETCH]).values())
        if count > MOST:
            break
    return {word: times / count for word, times in found.items() if times > 1} if count >= 20 else {}


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sources", type=Path, nargs="*")
    parser.add_argument("--each", type=Path, nargs="*", default=[], help="folders of sources")
    options = parser.parse_args()
    total: Counter[str] = Counter()
    count = 0
    inner = [path for folder in options.each for path in sorted(folder.iterdir()) if path.is_dir()]
    for source in (*options.sources, *inner):
        found = shares(source.resolve())
        count += bool(found)
        for word, share in found.items():
            total[word] += share  # type: ignore[assignment]
    classes: dict[int, list[str]] = {}
    for word, sum_of in total.items():
        if sum_of / count >= LEAST and word.isascii():
            classes.setdefault(round(-2 * log(sum_of / count)), []).append(word)
    print(f"# Written by benchmarks/usual_words.py from {count} projects: rarity in nats, then its words.")
    for rarity in sorted(classes):
        print(rarity / 2, *sorted(classes[rarity]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
