"""`whence doctor`: what evidence can be had here and what cannot, each source exercised for real."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from whence.cli.common import add_workspace_arguments, root_of, snapshot
from whence.cli.console import Console

if TYPE_CHECKING:
    from collections.abc import Mapping

    from whence.engine import Snapshot


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_workspace_arguments(parser)


def run(arguments: argparse.Namespace, console: Console) -> int:
    prepared = snapshot(arguments, console)
    console.write("\n".join(report(prepared, root_of(arguments, console).name)) + "\n")
    return 3 if any(item.evidence_class in prepared.required for item in prepared.not_measured) else 0


def report(prepared: Snapshot, name: str) -> list[str]:
    """One line a source: how many lines of the workspace it speaks for, or why it cannot say."""
    from collections import Counter

    from whence import files
    from whence.evidence import sources
    from whence.ranges import count, union
    from whence.repo import GitError
    from whence.text import counted, display
    from whence.wording import missing

    paths = files.discover(prepared.root, prepared.repository)
    lines: Counter[str] = Counter()
    places: Counter[str] = Counter()
    for path in paths:
        content = files.read(prepared.root, path)
        if content.data is None:
            continue
        try:
            document = prepared.present(path, content.data)
        except GitError:
            continue
        for source, answer in zip(sources(), prepared.prepared, strict=True):
            claimed = count(union(*(piece.lines for piece in answer.claims(document))))
            lines[source.name] += claimed
            places[source.name] += bool(claimed)
    repository = prepared.repository
    said = {item.what for item in prepared.missing} if repository is None else set()
    where = "no git repository"
    if repository is not None:
        where = f"git at {prepared.head[:10]}" if prepared.head else "git, no commit yet"
    elif "git-history" in said:
        where = "no git repository that can be read"
    policy = (
        prepared.policy_path.name
        if prepared.policy_path
        else "none (`whence policy init` writes a first one)"
    )
    out = [f"workspace  {display(name)}: {counted(len(paths), 'file')}, {where}", f"policy     {policy}"]
    out.append(f"ledger     {counted(len(prepared.ledger.reviews), 'review')}")
    for source, answer in zip(sources(), prepared.prepared, strict=True):
        found = (
            f"{counted(lines[source.name], 'line')} in {counted(places[source.name], 'file')}"
            if lines[source.name]
            else "nothing found"
        )
        out.append(f"{source.evidence_class.value:9}  {source.name}: {found}")
        out += [
            f"             not measured: {missing(item)}"
            for item in answer.not_measured
            if item.what not in said
        ]
    out.append(f"index      {_index(prepared.environment)}")
    out += [f"not measured: {missing(item)}" for item in prepared.missing]
    return out


def _index(environment: Mapping[str, str]) -> str:
    """What the index holds of all projects, after the look at this one."""
    from whence.cli.index_common import size
    from whence.folders import index_file
    from whence.index import Database, faulty, set_aside
    from whence.index.summary import holdings, pages, shares
    from whence.matching import prints
    from whence.text import counted, display

    with Database.open(environment, begin=False) as database:
        held = holdings(database.connection).values()
        imports = shares(database.connection, prints.VERSION)
        problem, used = database.problem, pages(database.connection)
        damaged = len(faulty(database.connection))
    file = index_file(environment)
    aside = set_aside(file) if file is not None else []
    if database.unbegun and not aside:
        return "none: no tool's transcripts were found on this machine"
    lines, sessions = sum(one.lines for one in held), sum(one.sessions for one in held)
    said = f"{counted(lines, 'line')} of {counted(sessions, 'session')}, {size(used)}"
    if imports:
        said += f", {counted(len(imports), 'import')}"
    if damaged:
        said += f", {counted(damaged, 'transcript')} not read in full"
    if aside:
        said += ", a damaged one was set aside"
    return f"{said}; {display(problem, 300)}" if problem else f"{said} (whence index status)"
