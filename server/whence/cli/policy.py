"""`whence policy`: write a first policy, check it, ask it why, print its schema, try it on past commits."""

from __future__ import annotations

import argparse
import os
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from whence.cli.common import add_workspace_arguments, place, root_of, snapshot_of, workspace_of
from whence.cli.console import Console
from whence.errors import UserError
from whence.text import counted, display

if TYPE_CHECKING:
    from whence.model import Agent, Attribution
    from whence.policy import Policy
    from whence.repo import Repository
    from whence.tools import Registry


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parts = parser.add_subparsers(dest="part", metavar="WHAT", required=True)
    part = parts.add_parser("init", help="write a commented whence.toml in which day one is green")
    _where(part, policy=False)
    part.add_argument("--print", action="store_true", dest="show", help="print it, write nothing")
    part = parts.add_parser(
        "check", help="say everything that is wrong with the policy, with line and column"
    )
    part.add_argument("file", metavar="FILE", nargs="?", help="the policy file (default: the workspace's)")
    _where(part)
    part = parts.add_parser("why", help="say what the policy asks of a file or a line, and why")
    part.add_argument(
        "place",
        metavar="FILE[:LINE]",
        help="a file of the workspace, also one that is not there yet, or one line of it",
    )
    part.add_argument("--tool", metavar="ID", help="suppose that this tool wrote it today")
    part.add_argument("--model", metavar="NAME", help="suppose that the tool ran this model")
    add_workspace_arguments(part)
    parts.add_parser("schema", help="print the JSON Schema of the policy file")
    part = parts.add_parser("replay", help="say what the policy would have said of past commits")
    part.add_argument(
        "--since", metavar="REV", help="judge the commits after this one, up to HEAD (default: all commits)"
    )
    part.add_argument("--limit", metavar="N", type=int, default=40, help="commits to list (default: 40)")
    part.add_argument(
        "--dated", action="store_true", help="keep `effective`: commits before it count as grandfathered"
    )
    _where(part)


def _where(parser: argparse.ArgumentParser, *, policy: bool = True) -> None:
    parser.add_argument(
        "--root", metavar="DIR", help="the workspace (default: the repository around the current folder)"
    )
    if policy:
        parser.add_argument(
            "--policy", metavar="FILE", help="the policy file (default: whence.toml or pyproject.toml there)"
        )


def run(arguments: argparse.Namespace, console: Console) -> int:
    match arguments.part:
        case "init":
            return _init(arguments, console)
        case "check":
            return _check(arguments, console)
        case "why":
            return _why(arguments, console)
        case "replay":
            return _replay(arguments, console)
    from whence.policy.structure import schema_text

    console.write(schema_text())
    return 0


def today() -> date:
    """The day in UTC, as evidence is dated."""
    return datetime.now(UTC).date()


def _no_policy() -> UserError:
    where = "neither whence.toml nor [tool.whence] in pyproject.toml"
    return UserError(f"there is no policy here: {where}", hint="whence policy init")


def _load(arguments: argparse.Namespace, console: Console, root: Path, named: str | None = None) -> Policy:
    from whence.policy import find, load_file
    from whence.tools import Registry

    named = named or arguments.policy
    file = (console.folder / named).resolve() if named else find(root)
    if file is None:
        raise _no_policy()
    return load_file(file, root, Registry.builtin())


def _check(arguments: argparse.Namespace, console: Console) -> int:
    from whence import files
    from whence.policy import surroundings
    from whence.policy.checking import summary, warnings
    from whence.repo import Repository

    root = root_of(arguments, console)
    policy = _load(arguments, console, root, arguments.file)
    repository = Repository.around(root, console.environment)
    paths = files.discover(root, repository)
    known = surroundings(root, repository)
    found = warnings(policy, today(), owners=known.owners, files=paths)
    problems = known.owners.problems if known.owners else ()
    out = [summary(policy), *(f"warning: {display(str(problem), 500)}" for problem in (*found, *problems))]
    console.write("\n".join(out) + "\n")
    return 0


def _why(arguments: argparse.Namespace, console: Console) -> int:
    from whence.policy import find, surroundings
    from whence.policy.explaining import supposed, why_file
    from whence.ranges import contains

    root, repository = workspace_of(arguments, console)
    where = place(root, console, arguments.place, there=False)
    missing = not os.path.lexists(root / where.path)
    if (root / where.path).is_dir():
        raise UserError(
            f"{arguments.place} is a folder; the policy speaks of files", hint="name one of its files"
        )
    if arguments.policy is None and find(root) is None:
        raise _no_policy()
    known = surroundings(root, repository)
    items: tuple[Attribution, ...] = ()
    if arguments.tool or arguments.model:
        policy = _load(arguments, console, root)
        registry, agent = _supposed(policy, arguments)
        items = (supposed(where.path, agent, today(), person=known.user),)
    elif missing:  # asked before it is written
        from whence.tools import Registry

        policy = _load(arguments, console, root)
        registry = Registry.builtin().extended(policy.tools)
    else:
        prepared = snapshot_of(arguments, console, root, repository, where.path)
        assert prepared.policy is not None
        policy, registry = prepared.policy, prepared.registry
        result = prepared.analyse_file(where.path)
        if where.first is not None and where.first > result.line_count and not result.not_measured:
            raise UserError(
                f"{where.path} has {counted(result.line_count, 'line')}; there is no line {where.first}"
            )
        items = result.attributions
    assumed = bool(arguments.tool or arguments.model)
    line = None if assumed or missing else where.first
    if line is not None:
        asked = range(line, (where.last or line) + 1)
        items = tuple(item for item in items if any(contains(item.lines, number) for number in asked))
    said = why_file(
        policy, where.path, items, registry, today(), known, line, assumed=assumed, missing=missing
    )
    console.write("\n".join(said) + "\n")
    return 0


def _supposed(policy: Policy, arguments: argparse.Namespace) -> tuple[Registry, Agent]:
    """The agent of `--tool` and `--model`. Raises UserError for a tool that nobody knows."""
    from whence.policy import terms
    from whence.tools import Registry

    registry = Registry.builtin().extended(policy.tools)
    if arguments.tool and arguments.tool not in registry.tools:
        raise UserError(terms.unknown_tool(arguments.tool, registry))
    return registry, registry.agent(arguments.tool, arguments.model)


def _init(arguments: argparse.Namespace, console: Console) -> int:
    from whence import files
    from whence.policy import drafting, find, surroundings
    from whence.repo import Repository
    from whence.tools import Registry

    root = root_of(arguments, console)
    there = find(root)
    if there is not None and not arguments.show:
        raise UserError(f"{there.name} has a policy already; it stays as it is", hint="whence policy check")
    repository = Repository.around(root, console.environment)
    paths = files.discover(root, repository)
    registry = Registry.builtin()
    survey = drafting.Survey(
        today=today(),
        languages=_languages(paths),
        configured=drafting.configured(paths),
        marked=_marked(repository, registry),
        owners=surroundings(root, repository).owners,
        agreements=drafting.agreements(paths),
    )
    text = drafting.draft(survey, registry)
    if arguments.show:
        console.write(text)
        return 0
    try:
        with (root / "whence.toml").open("x", encoding="utf-8", newline="\n") as out:
            out.write(text)
    except FileExistsError:
        raise UserError(
            "whence.toml is there already; it stays as it is", hint="whence policy check"
        ) from None
    except OSError as error:
        raise UserError(f"whence.toml could not be written: {error.strerror or error}") from error
    console.write(
        "wrote whence.toml: from today on a person reviews what tools write; nothing older is asked about\n"
    )
    console.say("next: whence scan")
    return 0


def _languages(paths: tuple[str, ...]) -> tuple[tuple[str, int], ...]:
    from whence import syntax

    names = {language.id: language.name for language in syntax.languages()}
    counted = Counter(syntax.language_of(path) for path in paths)
    return tuple((names.get(found, found), count) for found, count in counted.most_common() if found)


def _marked(repository: Repository | None, registry: Registry) -> tuple[tuple[str, int], ...]:
    """Tools by the number of commits that declare them."""
    from whence.cli.policy_history import declared

    counted: Counter[str] = Counter()
    if repository is not None and repository.head() is not None:
        for _, marks in declared(repository, registry, "HEAD"):
            counted.update({mark.agent.tool for mark in marks if mark.agent.tool})
    return tuple((tool, count) for tool, count in counted.most_common() if tool in registry.tools)


def _replay(arguments: argparse.Namespace, console: Console) -> int:
    from whence.cli.policy_history import declared, events
    from whence.policy import surroundings
    from whence.policy.replaying import as_text, replay
    from whence.repo import GitError, Repository
    from whence.tools import Registry

    root = root_of(arguments, console)
    policy = _load(arguments, console, root)
    repository = Repository.around(root, console.environment)
    if repository is None:
        raise UserError("there is no git repository here, so no past commits")
    revisions = "HEAD"
    try:
        if arguments.since is not None:
            revisions = f"{repository.resolve(arguments.since)}..HEAD"
    except GitError:
        raise UserError(
            f"no such revision: {arguments.since}",
            hint="name a commit, a tag or a branch; without --since every commit is judged, the first too",
        ) from None
    registry = Registry.builtin().extended(policy.tools)
    found = list(declared(repository, registry, revisions)) if repository.head() is not None else []
    marked = [(commit, marks) for commit, marks in found if marks]
    unread: dict[str, str] = {}
    asked = events(repository, marked, surroundings(root, repository), today(), unread.__setitem__)
    console.write(as_text(replay(policy, len(found), asked, dated=arguments.dated), limit=arguments.limit))
    for sha, why in list(unread.items())[:5]:
        console.say(f"not measured: commit {sha[:10]} ({display(why)})")
    if len(unread) > 5:
        console.say(f"not measured: {len(unread) - 5} more commits, whose objects are not here")
    return 0
