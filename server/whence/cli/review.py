"""`whence review`: record that a person answers for exact lines, or look at the ledger."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from whence.cli.common import Place, add_workspace_arguments, place, root_of, snapshot
from whence.cli.console import Console
from whence.errors import UserError
from whence.model import Attribution, FileResult, Region, Requirement
from whence.text import display

if TYPE_CHECKING:
    from whence.engine import Snapshot
    from whence.policy import Decision
    from whence.ranges import Lines

LIST = "list"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "place",
        metavar="FILE:A-B | FILE::NAME | list",
        help="the lines or the named region to answer for; `list` shows the ledger",
    )
    parser.add_argument(
        "--result", choices=("approved", "rejected", "disputed"), default="approved", help="the answer"
    )
    parser.add_argument(
        "--criterion", metavar="NAME", default="", help="the promise of the policy that you make"
    )
    parser.add_argument(
        "--purpose", metavar="NAME", default="", help="what the lines are for, where the policy asks"
    )
    parser.add_argument("--note", metavar="TEXT", default="", help="why, in a sentence; a dispute needs one")
    parser.add_argument(
        "--as", dest="reviewer", metavar="'NAME <EMAIL>'", help="who answers (default: git's user)"
    )
    add_workspace_arguments(parser)


def run(arguments: argparse.Namespace, console: Console) -> int:
    root = root_of(arguments, console)
    if arguments.place == LIST and not (console.folder / LIST).exists():
        console.write(listing(snapshot(arguments, console)))
        return 0
    where = place(root, console, arguments.place)
    prepared = snapshot(arguments, console, wanted=(where.path,))
    return _record(arguments, console, prepared, where)


def _record(arguments: argparse.Namespace, console: Console, prepared: Snapshot, where: Place) -> int:
    from whence import files
    from whence.ranges import count
    from whence.review import Draft, record
    from whence.text import decode, split

    content = files.read(prepared.root, where.path)
    if content.data is None:
        why = content.missing.why if content.missing else "it could not be read"
        raise UserError(f"{where.path} cannot be reviewed: {why}")
    text = split(decode(content.data))
    region = _region(where, text)
    result = prepared.analyse_file(where.path)
    lines, items = _attributed(result, region)
    if not lines:
        raise UserError(
            f"no evidence says that an AI tool wrote {_shown(where, region)}, so there is nothing to answer for",
            hint=f"whence blame {where.path}",
        )
    criterion, purpose = _promises(arguments, prepared, where.path, items)
    reviewer = arguments.reviewer or prepared.settings.user
    if not reviewer:
        raise UserError(
            "git does not say who you are",
            hint='git config user.name "..." and user.email "...", or use --as',
        )
    draft = Draft(
        path=where.path,
        region=region,
        text=text,
        lines=lines,
        reviewer=reviewer,
        tools=tuple(sorted({item.agent.tool for item in items if item.agent.tool})),
        result=arguments.result,
        criterion=criterion,
        purpose=purpose,
        note=arguments.note,
    )
    file = record(prepared.root, draft)
    who = display(reviewer)
    console.write(f"{who}: {arguments.result} {count(lines)} lines of {_shown(where, region)}\n")
    console.write(
        f"  recorded in {display(file.relative_to(prepared.root).as_posix())}; commit it with your work\n"
    )
    after = prepared.with_ledger().analyse_file(where.path)
    for finding in after.findings:
        if region.start <= finding.start <= region.end:
            console.write(f"  still open: {display(finding.code)} at lines {finding.start}-{finding.end}\n")
            for note in finding.notes:
                console.write(f"    {display(note, 300)}\n")
    return 0


def _region(where: Place, text: tuple[str, ...]) -> Region:
    """The region that a place names: a named one, the lines as given under their owner's name, or the whole file."""
    from whence.syntax import owner, regions

    found = regions(where.path, text).regions
    if where.name is not None:
        named = [region for region in found if region.name == where.name]
        if not named:
            known = ", ".join(sorted({region.name for region in found if region.name})[:8])
            raise UserError(
                f"{where.path} has no region named {where.name}", hint=f"it has: {known}" if known else ""
            )
        return named[0]
    if where.first is None or where.last is None:
        return Region("file", None, 1, max(len(text), 1))
    if where.last > len(text):
        raise UserError(f"{where.path} has {len(text)} lines; {where.last} is not one of them")
    around = owner(found, where.first)
    inside = where.last <= around.end
    return Region(
        around.kind if inside else "block", around.name if inside else None, where.first, where.last
    )


def _shown(where: Place, region: Region) -> str:
    name = f"`{display(region.name, 80)}` " if region.name else ""
    return f"{name}{display(where.path)}:{region.start}-{region.end}"


def _attributed(result: FileResult, region: Region) -> tuple[Lines, list[Attribution]]:
    from whence.ranges import intersect, union

    span = ((region.start, region.end),)
    items = [item for item in result.attributions if intersect(item.lines, span)]
    return intersect(union(*(item.lines for item in items)), span), items


def _promises(
    arguments: argparse.Namespace, prepared: Snapshot, path: str, items: list[Attribution]
) -> tuple[str, str]:
    """The criterion and the purpose of this answer. Raises UserError with the choices that the policy leaves."""
    from whence.analysis import question
    from whence.policy import decide

    policy = prepared.policy
    criterion, purpose = arguments.criterion, arguments.purpose
    if policy is None:
        return criterion, purpose
    known = [item.name for item in policy.criteria]
    if criterion and criterion not in known:
        raise UserError(
            f"the policy has no criterion {criterion}", hint=f"it has: {', '.join(known) or 'none'}"
        )
    asked: list[Decision] = [decide(policy, question(path, item, prepared.settings)) for item in items]
    for decision in asked:
        if decision.requirement is not Requirement.REVIEW or arguments.result != "approved":
            continue
        if decision.criterion and criterion != decision.criterion:
            promise = policy.criterion(decision.criterion)
            words = f": {promise.text}" if promise else ""
            raise UserError(
                f"the policy asks for the criterion `{decision.criterion}`{words}",
                hint=f"add --criterion {decision.criterion} if that is true",
            )
        if decision.purposes and purpose not in decision.purposes:
            raise UserError(
                "the policy asks what these lines are for",
                hint=f"add --purpose with one of: {', '.join(decision.purposes)}",
            )
    return criterion, purpose


def listing(prepared: Snapshot) -> str:
    """One row a review: what, who, the answer."""
    rows = []
    for review in prepared.ledger.reviews:
        tools = ", ".join(review.tools) or "any"
        rows.append(
            f"{display(review.path)}  {display(review.region, 80)}  {review.result}  {display(review.reviewer)}  {tools}"
        )
    rows += [f"not usable: {display(str(problem), 400)}" for problem in prepared.ledger.problems]
    return "\n".join(rows or ["the ledger is empty"]) + "\n"
