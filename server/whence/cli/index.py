"""`whence index`: build the index of what tools wrote here, look at it, share it, and have it forget."""

from __future__ import annotations

import argparse
import importlib
from typing import TYPE_CHECKING

from whence.cli.console import Console

if TYPE_CHECKING:
    from whence.cli.main import Verb

PARTS = {
    "build": "read every transcript that is not in the index yet",
    "status": "show what the index holds, what is missing, and what tools will soon delete",
    "export": "write a file for the team: keyed digests of what tools wrote here, no text",
    "import": "take in a colleague's file, so that what their tools wrote is recognised here",
    "purge": "forget a part of the index for good",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parts = parser.add_subparsers(dest="part", metavar="WHAT", required=True)
    for name, summary in PARTS.items():
        part = parts.add_parser(name, help=summary, description=summary[0].upper() + summary[1:] + ".")
        _load(name).add_arguments(part)


def run(arguments: argparse.Namespace, console: Console) -> int:
    return _load(arguments.part).run(arguments, console)


def _load(name: str) -> Verb:
    module: Verb = importlib.import_module(f"whence.cli.index_{name}")
    return module
