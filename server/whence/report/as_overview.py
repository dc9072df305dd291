"""What a person reads where there is no policy: who wrote how much, and where. Nothing is asked, so nothing nags."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from whence.model import Agent, FileResult, ScanResult
from whence.ranges import count, union
from whence.report.folding import table
from whence.text import display
from whence.tools import Registry

SHOWN_FILES = 15
"""The rest is in the JSON report; a first look needs the large ones."""

Tools = list[tuple[str, int, str]]
"""Name, lines, by which class they are known."""
Files = list[tuple[str, int, int, str]]
"""Path, attributed lines, all lines, names of tools."""


def rows(result: ScanResult, registry: Registry) -> tuple[Tools, Files]:
    """Tools with their lines, most first; files that hold such lines, most first. Foreign text is not yet escaped."""
    files = [file for file in result.files if file.attributions]
    ordered = sorted(files, key=lambda file: (-_attributed(file), file.path))
    return _tools(files, registry), [
        (file.path, _attributed(file), file.line_count, _names(file, registry)) for file in ordered
    ]


def overview(result: ScanResult, registry: Registry, width: int | None = None) -> list[str]:
    """Tools with their lines by class, then the files that hold most of them; empty when nothing is attributed.

    In a terminal's `width` the last column takes several rows, and long paths lose their beginning.
    """
    tools, files = rows(result, registry)
    if not files:
        return ["No evidence says that an AI tool wrote any line here."]
    lines = [f"AI tools in {len(files):,} of {result.summary.files:,} files", ""]
    shown = [(name, f"{number:,}", known) for name, number, known in tools]
    lines += table([("tool", "lines", "known from"), *shown], width)
    limit = 100 if width is None else 4000
    named = [(display(path, limit), f"{part:,} of {whole:,}", names) for path, part, whole, names in files]
    lines += ["", *table([("file", "lines", "tools"), *named[:SHOWN_FILES]], width)]
    if len(files) > SHOWN_FILES:
        lines.append(f"  and {len(files) - SHOWN_FILES:,} more: `whence scan --format json` lists them all")
    return lines


def _tools(files: Sequence[FileResult], registry: Registry) -> Tools:
    classes: dict[str, Counter[str]] = {}
    for file in files:
        for item in file.attributions:
            name = _tool(item.agent, registry)
            classes.setdefault(name, Counter())[item.evidence_class.value] += count(item.lines)
    ordered = sorted(classes.items(), key=lambda pair: (-pair[1].total(), pair[0]))
    return [
        (name, found.total(), ", ".join(f"{kind} {number:,}" for kind, number in found.most_common()))
        for name, found in ordered
    ]


def _tool(agent: Agent, registry: Registry) -> str:
    """The tool without its model, so that one tool is one row."""
    return display(registry.display(Agent(agent.tool, agent.vendor)), 60)


def _names(file: FileResult, registry: Registry) -> str:
    found: Counter[str] = Counter()
    for item in file.attributions:
        found[_tool(item.agent, registry)] += count(item.lines)
    return ", ".join(name for name, _ in found.most_common())


def _attributed(file: FileResult) -> int:
    return count(union(*(item.lines for item in file.attributions)))
