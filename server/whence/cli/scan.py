"""`whence scan`: the workspace-wide scan."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from whence import __version__
from whence.cli.common import add_workspace_arguments, inside, snapshot, workspace_of
from whence.cli.console import Console
from whence.errors import UserError

if TYPE_CHECKING:
    from whence.cache.again import Again
    from whence.cache.database import Database
    from whence.changes import Changes
    from whence.model import ScanResult, Verdict
    from whence.repo import Repository
    from whence.tools import Registry

MANY = 1000
"""Files that take so long that a person wonders."""

TOO_MANY = 20_000
"""Files of a folder without a repository that nobody scans on purpose, unless they say so: a home, a disk."""

FORMATS = ("text", "json", "sarif", "github", "gitlab", "markdown", "html")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "paths", nargs="*", metavar="PATH", help="files or folders (default: the whole workspace)"
    )
    parser.add_argument("--format", choices=FORMATS, default="text", help="how to report (default: text)")
    parser.add_argument(
        "--all",
        action="store_true",
        help="show every finding, where the text report would show the worst and count the rest",
    )
    parser.add_argument("--output", metavar="FILE", help="write the report there instead of standard output")
    add_workspace_arguments(parser)
    part = parser.add_mutually_exclusive_group()
    part.add_argument(
        "--since",
        metavar="REV",
        help="only files that changed since this revision, and findings on lines that it lacks",
    )
    part.add_argument(
        "--staged", action="store_true", help="only what the next commit would change, as it is staged"
    )
    parser.add_argument(
        "--baseline", metavar="FILE", help="an earlier JSON report: leave out what it already had"
    )
    parser.add_argument(
        "--jobs", metavar="N", type=_jobs, default=0, help="worker processes (default: one a core)"
    )
    parser.add_argument(
        "--fail-on",
        choices=("error", "warning", "info", "never"),
        default="error",
        help="the mildest severity that fails (default: error)",
    )
    parser.add_argument(
        "--allow-inconclusive", action="store_true", help="exit with 0 instead of 3 when evidence is missing"
    )
    parser.add_argument(
        "--no-cache", action="store_true", help="work everything out anew, and keep nothing of it"
    )
    parser.add_argument("--quiet", action="store_true", help="no progress bar")


def _jobs(text: str) -> int:
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError("a number of processes is 0 (one a core) or more")
    return number


def run(arguments: argparse.Namespace, console: Console) -> int:
    root, repository = workspace_of(arguments, console)
    database = _database(arguments, root, repository, console)
    again = _again(arguments, root, repository, database, console)
    try:
        said = again.report() if again is not None else None
        status, report = said or _scan(arguments, console, root, repository, database, again)
    finally:
        if database is not None:
            database.close()
    if arguments.output:
        _save(console.folder / arguments.output, report)
    else:
        console.write(report)
    return status


def _database(
    arguments: argparse.Namespace, root: Path, repository: Repository | None, console: Console
) -> Database | None:
    """What was found out before; None where there can be nothing, or nothing is wanted."""
    if arguments.no_cache:
        return None
    from whence.cache import place
    from whence.cache.database import Database

    database = Database(place.file(console.environment, repository.common_dir if repository else root))
    return database if database.usable else None


def _again(
    arguments: argparse.Namespace,
    root: Path,
    repository: Repository | None,
    database: Database | None,
    console: Console,
) -> Again | None:
    """The same command's report, as it was last; None where it is not kept."""
    part = arguments.paths or arguments.since is not None or arguments.staged
    if repository is None or database is None or part:
        return None
    from whence.cache.again import Again

    options = {
        name: value for name, value in vars(arguments).items() if name not in ("jobs", "quiet", "output")
    }
    coloured = console.colour and not arguments.output
    command = [
        f"{name}={sorted(value) if name == 'evidence' and value else value}"
        for name, value in options.items()
    ]
    width = None if arguments.output else console.width
    return Again.of(database, root, repository, [*command, f"{coloured}", f"{width}"], console.folder)


def _scan(
    arguments: argparse.Namespace,
    console: Console,
    root: Path,
    repository: Repository | None,
    database: Database | None,
    again: Again | None,
) -> tuple[int, str]:
    """The exit status and the report."""
    from whence import workspace
    from whence.cache import Cache
    from whence.cache.witness import Witness
    from whence.cli.progress import progress
    from whence.model import Severity

    witness = Witness()
    wanted = tuple(inside(root, console, path) for path in arguments.paths)
    options = workspace.Options(
        paths=wanted,
        jobs=arguments.jobs,
        fail_on=None if arguments.fail_on == "never" else Severity(arguments.fail_on),
        known=_fingerprints(console.folder / arguments.baseline) if arguments.baseline else frozenset(),
    )
    if repository is None and not arguments.quiet:
        _no_history(console, root)
    with progress(console, not arguments.quiet) as told:
        changes = _changes(arguments, console, root, repository)
        standing = again.standing if again is not None else None
        cache = Cache(database, root, witness, standing) if database is not None else None
        try:
            prepared = snapshot(
                arguments,
                console,
                wanted=wanted,
                report=told.step,
                cache=cache,
                among=changes.paths if changes else None,
                as_of=changes.revision if changes else None,
                standing=standing,
                root=root,
            )
            number = len(prepared.survey.paths)
            if number > TOO_MANY and repository is None and not arguments.paths:
                raise UserError(
                    f"this is no git repository, and {number:,} files are in it",
                    hint="scan a folder of it, or say that you mean it: whence scan .",
                )
            if number > MANY and repository is None and not (arguments.quiet or console.interactive):
                console.say(f"scanning {number:,} files")
            result = workspace.scan(
                prepared,
                options,
                progress=told.files,
                worked=told.work,
                cache=cache,
                survey=prepared.survey,
                changes=changes,
            )
        finally:
            if cache is not None:
                cache.contents.save()
    colour = console.colour and not arguments.output
    width = None if arguments.output else console.width
    report = render(
        result, prepared.registry, arguments.format, colour=colour, width=width, every=arguments.all
    )
    status = _status(result.verdict, arguments.allow_inconclusive)
    if again is not None and cache is not None and cache.complete:
        if arguments.baseline:
            witness.note(str(console.folder / arguments.baseline))
        again.keep(status, report, witness, cache.contents.stat)
    return status, report


def _no_history(console: Console, root: Path) -> None:
    """Say at once that much cannot be known here: without a repository a scan of a large folder takes a while."""
    if any(os.path.lexists(folder / ".git") for folder in (root, *root.parents)):
        return  # there is one, and the report says why it cannot be read
    console.say(
        "this is no git repository: only sessions on this machine, records and markers in files can be known"
    )


def _changes(
    arguments: argparse.Namespace, console: Console, root: Path, repository: Repository | None
) -> Changes | None:
    """What `--since` and `--staged` narrow the scan to; None: nothing."""
    if arguments.since is None and not arguments.staged:
        return None
    from whence import changes
    from whence.repo import GitError

    option = "--staged" if arguments.staged else "--since"
    if repository is None:
        raise UserError(
            f"{option} needs a git repository that can be read", hint="whence doctor says why there is none"
        )
    try:
        found = (
            changes.staged(repository)
            if arguments.staged
            else changes.since(repository, root, _commit(repository, arguments.since))
        )
    except GitError as error:
        raise UserError(f"{option}: {error}", hint="git fsck") from error
    if not found.paths:
        console.say("nothing is staged" if arguments.staged else "nothing has changed since")
    return found


def _commit(repository: Repository, revision: str) -> str:
    from whence.repo import GitError
    from whence.text import display

    try:
        return repository.resolve(revision)
    except GitError:
        remote, _, branch = revision.partition("/")
        # A clone of one branch, as CI makes it, lacks the branch that the change goes into.
        fetch = f"git fetch {remote} {branch}:refs/remotes/{remote}/{branch}"
        known = branch and repository.ask("config", "--get", f"remote.{remote}.url") is not None
        raise UserError(
            f"no such revision: {revision}",
            hint=display(fetch) if known else "name a commit, branch or tag that this clone has",
        ) from None


def render(
    result: ScanResult,
    registry: Registry,
    form: str,
    *,
    colour: bool = False,
    width: int | None = None,
    every: bool = False,
) -> str:
    """The report in one of `FORMATS`; for a terminal of so many columns."""
    from whence import report

    if form == "json":
        return report.dump(report.scan_json(result, registry))
    if form == "sarif":
        return report.dump(report.sarif(result, registry, __version__))
    if form == "github":
        return report.github(result, registry)
    if form == "gitlab":
        return report.dump(report.gitlab(result, registry))
    if form == "markdown":
        return report.markdown(result, registry)
    if form == "html":
        return report.html(result, registry, __version__)
    return report.text(result, registry, colour=colour, width=width, every=every)


def _status(verdict: Verdict, allow_inconclusive: bool) -> int:
    from whence.model import Verdict

    if verdict is Verdict.FAIL:
        return 1
    return 3 if verdict is Verdict.INCONCLUSIVE and not allow_inconclusive else 0


def _fingerprints(path: Path) -> frozenset[str]:
    try:
        report = json.loads(path.read_text("utf-8"))
        return frozenset(str(finding["fingerprint"]) for finding in report["findings"])
    except OSError as error:
        raise UserError(f"the baseline {path} could not be read: {error.strerror or error}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"the baseline {path} is not a report of `whence scan --format json`",
            hint="write one and name it here",
        ) from error


def _save(path: Path, report: str) -> None:
    try:
        path.write_text(report, "utf-8", "backslashreplace", newline="\n")
    except OSError as error:
        raise UserError(f"the report could not be written to {path}: {error.strerror or error}") from error
