"""Count accusations where there must be none.

    python benchmarks/controls.py CLONE

Every line that Whence attributes in a clone is looked up with `git blame --line-porcelain`. Three groups must stay at
zero: lines committed before 2021 (no agent existed), lines of bots that write no code of their own (dependabot,
renovate, release bots), and lines of merge commits that nothing but their message marks (no tool is their author). Prints the counts; exits
with 1 when one is not zero.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from pathlib import Path

from truth import ADDRESSES

from whence.engine import prepare
from whence.model import Attribution

FIRST_AGENT = 1_609_459_200
"""2021-01-01, Unix seconds."""
BOTS = re.compile(
    r"dependabot|renovate|github-actions|dotnet-maestro|release-please|pre-commit-ci|gemini-cli-robot", re.I
)


def origins(clone: Path, path: str) -> list[tuple[str, str, float]]:
    """(commit, author, author time) of each line at HEAD."""
    command = ["git", "-C", str(clone), "blame", "--line-porcelain", "HEAD", "--", path]
    done = subprocess.run(command, capture_output=True, check=False)
    out = []
    commit, author, when = "", "", 0.0
    for row in done.stdout.split(b"\n"):
        if re.match(rb"[0-9a-f]{40,64} \d+ \d+", row):
            commit = row.split()[0].decode()
        elif row.startswith(b"author "):
            author = row[7:].decode("utf-8", "replace")
        elif row.startswith(b"author-mail "):
            author += " " + row[12:].decode("utf-8", "replace")
        elif row.startswith(b"author-time "):
            when = float(row[12:])
        elif row.startswith(b"\t"):
            out.append((commit, author, when))
    return out


def tool(author: str) -> bool:
    """Whether a tool's own account is the author."""
    return "(aider)" in author or any(f"<{address}>" in author.lower() for address in ADDRESSES)


def attributed(items: tuple[Attribution, ...]) -> list[tuple[int, str]]:
    """Each attributed line with its evidence class."""
    return [
        (line, item.evidence_class.value)
        for item in items
        for first, last in item.lines
        for line in range(first, last + 1)
    ]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("clone", type=Path)
    clone = parser.parse_args().clone.resolve()
    listed = subprocess.run(
        ["git", "-C", str(clone), "rev-list", "--merges", "HEAD"], capture_output=True, check=True
    )
    merges = set(listed.stdout.decode().split())
    snapshot = prepare(clone)
    files = lines = old = bots = merged = 0
    for path in sorted(snapshot.blobs):
        result = snapshot.analyse_file(path)
        if not result.attributions:
            continue
        truth = origins(clone, path)
        if len(truth) != result.line_count:
            continue
        files += 1
        for line, known in attributed(result.attributions):
            commit, author, when = truth[line - 1]
            lines += 1
            old += when < FIRST_AGENT
            bots += bool(BOTS.search(author))
            merged += known == "declared" and commit in merges and not tool(author)
    print(f"{clone.name}: {lines:,} attributed lines in {files:,} files")
    print(
        f"  committed before 2021: {old}; by bots that write no code: {bots}; by merge commits' messages: {merged}"
    )
    return 1 if old or bots or merged else 0


if __name__ == "__main__":
    sys.exit(main())
