"""`whence review`: record that a person answers for exact lines, or look at the ledger."""

from __future__ import annotations

import argparse
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from whence.cli.common import Place, add_workspace_arguments, place, snapshot_of, workspace_of
from whence.cli.console import Console
from whence.errors import UserError
from whence.model import Attribution, FileResult, Region, Requirement
from whence.review.form import DEPTHS
from whence.text import counted, display

if TYPE_CHECKING:
    from whence.engine import Snapshot
    from whence.policy import Decision, Policy
    from whence.ranges import Lines
    from whence.review import Draft

SCREEN = 100
"""Lines of several regions that a person can have had before them at once, where the policy lets nobody do more."""

ACTIONS = {
    "list": "show the ledger; paths narrow it",
    "suggest": "show what is left to review, fewest lines first",
    "renew": "show what changed in your reviews of these files (--yes answers for it as before)",
    "withdraw": "show your own answers there (--yes takes them back)",
    "verify": "check every review and signature; exit 1 when one is refused",
    "prune": "show the reviews whose lines are all gone (--delete removes them)",
    "export": "print reviews as in-toto statements, one a line (--in-toto)",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = "actions:\n" + "\n".join(f"  {name:<9} {what}" for name, what in ACTIONS.items())
    parser.add_argument(
        "places",
        nargs="*",  # none at all is told below: argparse would name what nobody has to give as well
        metavar="FILE:A-B | FILE::NAME | ACTION",
        help="the lines or the named regions to answer for; or one of the actions below, and its files",
    )
    answer = parser.add_argument_group("answering")
    answer.add_argument(
        "--result", choices=("approved", "rejected", "disputed"), default="approved", help="the answer"
    )
    answer.add_argument(
        "--criterion", metavar="NAME", default="", help="the promise of the policy that you make"
    )
    answer.add_argument(
        "--purpose", metavar="NAME", default="", help="what the lines are for, where the policy asks"
    )
    answer.add_argument("--depth", choices=DEPTHS, default="", help="how deep you went")
    answer.add_argument("--note", metavar="TEXT", default="", help="why, in a sentence; a dispute needs one")
    answer.add_argument(
        "--as", dest="reviewer", metavar="'NAME <EMAIL>'", help="who answers (default: git's user)"
    )
    answer.add_argument(
        "--sign",
        action=argparse.BooleanOptionalAction,
        help="sign with your SSH key (default: when the policy wants signed reviews)",
    )
    answer.add_argument("--key", metavar="FILE", default="", help="the key (default: git's user.signingKey)")
    look = parser.add_argument_group("looking")
    look.add_argument(
        "--scope", metavar="NAME", default="", help="list, suggest: only files of this scope of the policy"
    )
    look.add_argument("--tool", metavar="ID", default="", help="list, suggest: only this tool's lines")
    look.add_argument(
        "--by", metavar="TEXT", default="", help="list: only reviewers whose name or address has it"
    )
    look.add_argument(
        "--state",
        choices=("current", "stale", "gone", "approved", "rejected", "disputed"),
        default="",
        help="list: only reviews of which this became, or with this answer",
    )
    look.add_argument("--format", choices=("text", "json"), default="text", help="list, suggest, verify")
    look.add_argument(
        "--limit", metavar="N", type=int, default=20, help="suggest: at most so many (default: 20)"
    )
    look.add_argument(
        "--signers",
        metavar="FILE",
        default="",
        help="verify: whose keys count, instead of .whence/allowed_signers",
    )
    look.add_argument(
        "--revoked",
        metavar="FILE",
        default="",
        help="verify: which keys do so no more, instead of .whence/revoked_signers",
    )
    look.add_argument("--delete", action="store_true", help="prune: remove the files")
    look.add_argument(
        "--yes", action="store_true", help="renew: answer as before for what changed; withdraw: do it"
    )
    look.add_argument("--in-toto", action="store_true", help="export: as in-toto statements")
    add_workspace_arguments(parser)


def run(arguments: argparse.Namespace, console: Console) -> int:
    if not arguments.places:
        raise UserError(
            "say which lines you answer for: FILE:3-9, or FILE::name",
            hint="whence review suggest shows what is left to review",
        )
    arguments.place, *arguments.more = arguments.places
    root, repository = workspace_of(arguments, console)
    if arguments.place in ACTIONS:  # also where a file is called so: `./list` means the file
        from whence.cli import ledger

        return ledger.run(arguments.place, arguments, console, root, repository)
    wheres = [place(root, console, text) for text in (arguments.place, *arguments.more)]
    prepared = snapshot_of(arguments, console, root, repository, *(where.path for where in wheres))
    for where in wheres:
        _record(arguments, console, prepared, where)
    return 0


def _record(arguments: argparse.Namespace, console: Console, prepared: Snapshot, where: Place) -> None:
    from whence import files
    from whence.ranges import count
    from whence.review import Draft
    from whence.text import decode, split
    from whence.wording import file_argument, what_next

    if (prepared.root / where.path).is_dir():
        raise UserError(
            f"{where.path} is a folder, and people answer for lines",
            hint=f"whence review suggest {file_argument(where.path)} lists what is left to review in it",
        )
    content = files.read(prepared.root, where.path)
    if content.data is None:
        why = content.missing.why if content.missing else "it could not be read"
        raise UserError(f"{where.path} cannot be reviewed: {why}")
    text = split(decode(content.data))
    region = region_of(where, text)
    result = prepared.analyse_file(where.path)
    lines, items = _attributed(result, region)
    if not lines:
        raise UserError(
            f"no evidence says that an AI tool wrote {_shown(where, region)}, so there is nothing to answer for",
            hint=f"whence blame {file_argument(where.path)}",
        )
    _on_screen(arguments, prepared, where, result)
    criterion, purpose = _promises(arguments, prepared, where.path, items)
    signing = wants_signature(arguments, prepared)
    draft = Draft(
        path=where.path,
        region=region,
        text=text,
        lines=lines,
        reviewer=reviewer(arguments, prepared),
        tools=tuple(sorted({item.agent.tool for item in items if item.agent.tool})),
        result=arguments.result,
        criterion=criterion,
        purpose=purpose,
        note=arguments.note,
        depth=arguments.depth,
        date=prepared.settings.today if signing else None,
    )
    promise = prepared.policy.criterion(criterion) if prepared.policy and criterion else None
    file, signature = recorded(arguments, console, prepared, draft)
    said = f"{display(draft.reviewer)}: {arguments.result} {counted(count(lines), 'line')} of {_shown(where, region)}"
    console.write(said + (f", promising: {display(promise.text, 300)}\n" if promise else "\n"))
    console.write(
        f"  recorded in {display(file.relative_to(prepared.root).as_posix())}; commit it with your work\n"
    )
    if signature:
        console.write(f"  signed in {signature}\n")
    now = prepared.with_ledger()
    for problem in now.ledger.problems:
        if problem.path.endswith(file.name):
            console.write(f"  does not count: {display(problem.message, 300)}\n")
            if signature:
                console.write(_key_wanted(prepared.root, file.stem))
    after = now.analyse_file(where.path)
    for dispute in after.disputes:
        if region.start <= dispute.lines[0][0] <= region.end and dispute.reviewer == draft.reviewer:
            console.write(f"  {display(dispute.standing, 300)}\n")
    for finding in after.findings:
        if region.start <= finding.start <= region.end:
            console.write(f"  still open: {display(finding.code)} at {_span(finding.start, finding.end)}\n")
            for note in finding.notes:
                console.write(f"    {display(note, 300)}\n")
            if finding.requirement is Requirement.FORBID:
                console.write(f"    No review settles what is forbidden: {what_next(finding)}.\n")


def _key_wanted(root: Path, key: str) -> str:
    """What makes a signature count whose key is not listed."""
    from whence.review import Ledger
    from whence.review.signatures import ALLOWED, unlisted

    review = next((one for one in Ledger.read(root).recorded if one.id == key), None)
    line = unlisted(root, review) if review is not None else ""
    return (
        f"    it does once {ALLOWED} has this line, committed by whoever vouches for the key:\n    {display(line, 2000)}\n"
        if line
        else ""
    )


def reviewer(arguments: argparse.Namespace, prepared: Snapshot) -> str:
    """Who answers. Raises UserError when nobody says."""
    who: str | None = arguments.reviewer or prepared.settings.user
    if not who:
        raise UserError(
            "git does not say who you are",
            hint='git config user.name "..." and user.email "...", or use --as',
        )
    return who


def wants_signature(arguments: argparse.Namespace, prepared: Snapshot) -> bool:
    if arguments.sign is not None:
        return bool(arguments.sign)
    return bool(arguments.key) or (prepared.policy is not None and prepared.policy.signed)


def recorded(
    arguments: argparse.Namespace, console: Console, prepared: Snapshot, draft: Draft
) -> tuple[Path, str]:
    """The file of a review, and that of its signature for the user; empty where none is wanted.

    Raises UserError where it cannot be signed; then nothing is recorded.
    """
    from whence.repo import GitError
    from whence.review import record
    from whence.review.signatures import record_signed

    if draft.date is None:
        return record(prepared.root, draft), ""
    key = arguments.key
    if not key and prepared.repository is not None:
        with suppress(GitError):
            key = prepared.repository.run("config", "--get", "user.signingKey").decode().strip()
    if not key:
        raise UserError(
            "there is no key to sign the review with; nothing was recorded",
            hint="name one with --key, or set it: git config user.signingKey ~/.ssh/id_ed25519.pub",
        )
    file, signature = record_signed(prepared.root, draft, key, console.environment)
    return file, display(signature.relative_to(prepared.root).as_posix())


def _on_screen(arguments: argparse.Namespace, prepared: Snapshot, where: Place, result: FileResult) -> None:
    """Refuse to approve several regions at once, unless the policy lets people or a screen could hold them."""
    policy = prepared.policy
    if policy is None or policy.bulk or arguments.result != "approved" or where.name:
        return
    from whence.ranges import count, intersect
    from whence.wording import file_argument

    span = ((where.first or 1, where.last or max(result.line_count, 1)),)
    asked = [item for item in result.findings if intersect(item.lines, span)]
    regions = {(item.region.start, item.region.end) for item in asked}
    lines = count(span)
    if len(regions) > 1 and (where.first is None or lines > SCREEN):
        raise UserError(
            f"{where.path} has {len(regions)} regions to answer for there, and each wants to be read",
            hint=f"whence review suggest {file_argument(where.path)} lists them; `bulk = true` under [review] allows more at once",
        )


def region_of(where: Place, text: tuple[str, ...]) -> Region:
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
        raise UserError(f"{where.path} has {counted(len(text), 'line')}; {where.last} is not one of them")
    around = owner(found, where.first)
    inside = where.last <= around.end
    return Region(
        around.kind if inside else "block", around.name if inside else None, where.first, where.last
    )


def _shown(where: Place, region: Region) -> str:
    from whence.ranges import text as ranges_text

    name = f"`{display(region.name, 80)}` " if region.name else ""
    return f"{name}{display(where.path)}:{ranges_text(((region.start, region.end),))}"


def _span(start: int, end: int) -> str:
    return f"line {start}" if start == end else f"lines {start}-{end}"


def _attributed(result: FileResult, region: Region) -> tuple[Lines, list[Attribution]]:
    from whence.ranges import intersect, union

    span = ((region.start, region.end),)
    items = [item for item in result.attributions if intersect(item.lines, span)]
    return intersect(union(*(item.lines for item in items)), span), items


def _promises(
    arguments: argparse.Namespace, prepared: Snapshot, path: str, items: list[Attribution]
) -> tuple[str, str]:
    """The criterion and the purpose of this answer. Raises UserError with the choices that the policy leaves.

    Where several scopes ask for different reviews, the answer has to be the one that one of them wants.
    """
    from whence.analysis import question
    from whence.policy import Disputes, decide, promises, serves

    policy = prepared.policy
    criterion, purpose = arguments.criterion, arguments.purpose
    if policy is None:
        return criterion, purpose
    if arguments.result == "disputed" and policy.disputes is Disputes.REFUSED:
        raise UserError(
            f'the policy accepts no disputes (disputes = "refused" in {policy.source})',
            hint="ask for an exception, or have the policy changed",
        )
    known = [item.name for item in policy.criteria]
    if criterion and criterion not in known:
        raise UserError(
            f"the policy has no criterion {criterion}", hint=f"it has: {', '.join(known) or 'none'}"
        )
    if arguments.result != "approved":
        return criterion, purpose
    for item in items:
        decision = decide(policy, question(path, item, prepared.settings))
        asked = [one for one in decision.obligations if one.requirement is Requirement.REVIEW]
        promised = [one for one in asked if promises(policy, criterion or None, one.criterion)]
        if asked and not promised:
            raise _unpromised(policy, asked)
        if promised and not any(serves(one, purpose or None) for one in promised):
            raise _purposeless(policy, promised)
    return criterion, purpose


def _unpromised(policy: Policy, asked: list[Decision]) -> UserError:
    names = list(dict.fromkeys(one.criterion for one in asked if one.criterion))
    said = [
        f"`{name}`: {display(promise.text, 300)}" if (promise := policy.criterion(name)) else f"`{name}`"
        for name in names
    ]
    return UserError(
        f"the policy asks for the criterion {', or '.join(said)}",
        hint=f"add --criterion {' or '.join(names)} if that is true",
    )


def _purposeless(policy: Policy, asked: list[Decision]) -> UserError:
    words = dict(policy.purposes)
    names = list(dict.fromkeys(name for one in asked for name in one.purposes))
    said = [f"{name} ({display(words[name], 100)})" if name in words else name for name in names]
    return UserError(
        "the policy asks what these lines are for", hint=f"add --purpose with one of: {', '.join(said)}"
    )
