"""Print docs/cli.md: the help text of every command. `make docs` writes the file, a test compares it."""

from __future__ import annotations

import argparse
import os
import sys

from whence.cli.main import VERBS, parser

WIDTH = "100"

TOP = """\
# The command line

This page is made from the program's own help by `make docs`.

Exit status: 0 the policy is met; 1 it is not; 2 wrong usage or a broken policy; 3 inconclusive, something that the \
policy needs could not be measured (`--allow-inconclusive` makes it 0). Standard output holds the result, standard \
error everything else.
"""


def page() -> str:
    """The whole page."""
    os.environ["COLUMNS"] = WIDTH
    parts = [TOP, _section("whence", parser(None))]
    for verb in VERBS:
        chosen = _verb(parser(verb), verb)
        parts.append(_section(f"whence {verb}", chosen))
        parts += [_section(f"whence {verb} {name}", nested) for name, nested in _nested(chosen).items()]
    return "\n".join(parts)


def _section(title: str, of: argparse.ArgumentParser) -> str:
    return f"## {title}\n\n```text\n{of.format_help()}```\n"


def _verb(top: argparse.ArgumentParser, verb: str) -> argparse.ArgumentParser:
    return _nested(top)[verb]


def _nested(of: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    for action in of._actions:
        if isinstance(action, argparse._SubParsersAction):
            return dict(action.choices)
    return {}


if __name__ == "__main__":
    sys.stdout.write(page())
