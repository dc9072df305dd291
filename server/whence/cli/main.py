"""The command `whence`: one verb, its arguments, an exit status.

0 the policy is met; 1 it is not; 2 wrong usage or a broken policy; 3 inconclusive. Only the verb that is called
is imported, so that `--version` and `--help` are instant.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import os
import sys
from collections.abc import Sequence
from typing import Any, NoReturn, Protocol

from whence import __version__
from whence.cli.console import Console, columns
from whence.errors import Cancelled, UserError
from whence.text import display

VERBS = {
    "scan": "find the lines that came from AI tools and what the policy says of them",
    "blame": "show every line's origin in one file",
    "explain": "show why a line is attributed, down to the source, and what would settle it",
    "review": "record that a person answers for exact lines, or look at the ledger",
    "disclose": "write the trailer, marker or note that says openly what tools wrote",
    "policy": "write, check and explain the policy",
    "index": "build, share and prune the index of what tools wrote on this machine",
    "doctor": "try each source of evidence and say what can be known here",
    "lsp": "serve an editor (language server on standard input and output)",
}

SHOWN = 100
"""Problems that anybody reads; the rest is counted."""

PASS, FAIL, USAGE, INCONCLUSIVE, INTERRUPTED, TERMINATED = 0, 1, 2, 3, 130, 143


class Verb(Protocol):
    """A module in this folder, named as its verb."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None: ...

    def run(self, arguments: argparse.Namespace, console: Console) -> int: ...


def _help(prog: str) -> argparse.HelpFormatter:
    """The library's own, told how wide it is: else it loads the formats of archives to find out, for each option."""
    return argparse.HelpFormatter(prog, width=columns(os.environ) - 2)


class _Parser(argparse.ArgumentParser):
    def __init__(self, **named: Any) -> None:
        super().__init__(**{"formatter_class": _help, **named})

    def error(self, message: str) -> NoReturn:
        raise UserError(message, hint=f"{self.prog} --help")


def _load(name: str) -> Verb:
    module: Verb = importlib.import_module(f"whence.cli.{name}")
    return module


def parser(chosen: str | None) -> argparse.ArgumentParser:
    """The command's parser; only the chosen verb's own arguments are filled in."""
    top = _Parser(
        prog="whence",
        description="Which lines came from AI coding tools, whether the policy lets them be there, "
        "and who has answered for them.",
    )
    top.add_argument("--version", action="version", version=f"whence {__version__}")
    verbs = top.add_subparsers(dest="verb", metavar="VERB", required=True, parser_class=_Parser)
    for name, summary in VERBS.items():
        verb = verbs.add_parser(name, help=summary, description=_description(name))
        if name == chosen:
            _load(name).add_arguments(verb)
    return top


def _description(verb: str) -> str:
    return VERBS[verb][0].upper() + VERBS[verb][1:] + "."


MEANT = {
    "report": "whence scan --format html --output FILE",
    "check": "whence scan, or whence policy check",
    "status": "whence scan, or whence index status",
    "init": "whence policy init",
    "why": "whence policy why",
    "version": "whence --version",
}
"""What people write who look for something that goes by another name."""


def _unknown(word: str) -> UserError:
    from whence.policy.nearest import quoted, suggestion

    near = suggestion(word, list(VERBS))
    meant = f"; did you mean {MEANT[word]}?" if word in MEANT else near
    return UserError(
        f"there is no verb {quoted(word)}{meant}", hint=f"one of {', '.join(VERBS)}; whence --help"
    )


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    if arguments and arguments[0] == "help":
        arguments = [*arguments[1:], "--help"]
    name = next((word for word in arguments if not word.startswith("-")), None)
    if name is not None and name == arguments[0] and name not in VERBS:
        raise _unknown(name)
    if not arguments or name != arguments[0] or name not in VERBS:
        return parser(name).parse_args(arguments)
    # The others' parsers take longer to make than most of what a quick answer needs.
    verb = _Parser(prog=f"whence {name}", description=_description(name))
    _load(name).add_arguments(verb)
    known = argparse.Namespace(verb=name)
    if name == "review":  # its files may stand on either side of an option
        return verb.parse_intermixed_args(arguments[1:], known)
    return verb.parse_args(arguments[1:], known)


def main(argv: Sequence[str] | None = None, console: Console | None = None) -> int:
    """Run one command; the exit status is returned, never raised. Without `argv` the process is about to end."""
    try:
        return _main(sys.argv[1:] if argv is None else list(argv), console)
    finally:
        if argv is None:
            gc.freeze()  # to look through everything for garbage once more is a tenth of a quick answer


def _main(arguments: list[str], console: Console | None) -> int:
    try:
        console = console or Console()
    except FileNotFoundError:
        sys.stderr.write("whence: the current folder is not there any more\n")
        return USAGE
    try:
        parsed = _parse(arguments)
        if parsed.verb == "lsp":  # its editor says when it ends
            return _load(parsed.verb).run(parsed, console)
        from whence.cli.ending import orderly

        with orderly():
            return _run(parsed, console)
    except SystemExit as stop:  # argparse: --help and --version
        return stop.code if isinstance(stop.code, int) else PASS
    except UserError as error:
        _complain(error, console)
        return USAGE
    except BrokenPipeError:
        # The reader went away (`whence scan | head`): nothing more to say, and nothing to print at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PASS
    except OSError as error:
        console.say(f"whence: {display(str(error), 500)}")
        return USAGE
    except (KeyboardInterrupt, Cancelled) as stop:
        from whence.cli.ending import Terminated

        console.say("whence: stopped")
        return TERMINATED if isinstance(stop, Terminated) else INTERRUPTED
    except Exception:  # exit status 1 would say that the policy is not met
        import traceback

        for line in traceback.format_exc().splitlines():
            console.say(display(line, 500))
        console.say("whence: this is a fault of Whence, not of yours; nothing can be concluded from this run")
        return USAGE


def _run(parsed: argparse.Namespace, console: Console) -> int:
    """Run a verb, and again if it failed on a damaged index that has been begun anew since."""
    verb = _load(parsed.verb)
    try:
        return verb.run(parsed, console)
    except (UserError, OSError, Cancelled):
        raise
    except Exception as error:
        from whence.index import mend

        done = mend(console.environment, error)
        if done is None:
            raise
        if done:
            console.say(f"whence: {display(done, 500)}")
    return verb.run(parsed, console)


def _complain(error: UserError, console: Console) -> None:
    console.say(f"whence: {display(error.message, 500)}")
    for problem in error.problems[:SHOWN]:
        console.say(f"  {display(str(problem), 500)}")
    if len(error.problems) > SHOWN:
        console.say(f"  and {len(error.problems) - SHOWN:,} more")
    if error.hint:
        console.say(f"  next: {display(error.hint, 500)}")


if __name__ == "__main__":
    sys.exit(main())
