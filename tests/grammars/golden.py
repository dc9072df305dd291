"""Samples and their golden regions. Run as a program, it rewrites the golden files of the languages named.

    python tests/grammars/golden.py python rust     (no name: all)
"""

from __future__ import annotations

import sys
from pathlib import Path

from whence import text
from whence.syntax import Regions, languages, regions

GRAMMARS = Path(__file__).resolve().parents[2] / "grammars"
NAMES = [language.id for language in languages()]


def sample(name: str) -> Path:
    """The one sample of a language's folder."""
    [path] = sorted((GRAMMARS / name).glob("sample.*"))
    return path


def lines_of(path: Path) -> tuple[str, ...]:
    return text.split(text.decode(path.read_bytes()))


def written(found: Regions) -> str:
    """One region a line, inner ones indented: `3-9 function price`."""
    out: list[str] = []
    open_ends: list[int] = []
    for region in found.regions:
        while open_ends and open_ends[-1] < region.start:
            open_ends.pop()
        name = f" {region.name}" if region.name is not None else ""
        out.append(f"{'  ' * len(open_ends)}{region.start}-{region.end} {region.kind}{name}\n")
        open_ends.append(region.end)
    return "".join(out)


def golden(name: str) -> Path:
    return GRAMMARS / name / "regions.txt"


def main(names: list[str]) -> None:
    for name in names or NAMES:
        path = sample(name)
        golden(name).write_text(written(regions(path.name, lines_of(path))), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
