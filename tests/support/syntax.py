"""Samples of every language, their golden regions, and what holds for the regions of any text."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from whence import text
from whence.syntax import Regions, languages, owner

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


def check_shape(found: Regions, lines: Sequence[str]) -> None:
    """Regions are in order, nest, and give every line that is not blank exactly one innermost owner."""
    open_regions = []
    innermost = [None] * (len(lines) + 1)
    previous = None
    for region in found.regions:
        assert 1 <= region.start <= region.end <= len(lines), region
        assert previous is None or (previous.start, -previous.end) <= (region.start, -region.end)
        previous = region
        while open_regions and open_regions[-1].end < region.start:
            open_regions.pop()
        assert not open_regions or region.end <= open_regions[-1].end, (open_regions[-1], region)
        open_regions.append(region)
        assert (region.kind == "block") <= (region.name is None), region
        assert lines[region.start - 1].strip(), region
        assert lines[region.end - 1].strip(), region
        for line in range(region.start, region.end + 1):
            innermost[line] = region
    for line, expected in enumerate(innermost[1:], 1):
        assert expected is not None or not lines[line - 1].strip(), line
        if expected is not None:
            assert owner(found.regions, line) is expected
