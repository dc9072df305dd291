"""`whence lsp`: serve one editor, on standard input and output or on a port of this machine."""

from __future__ import annotations

import argparse
import gc
import logging
import os

from whence.cli import USUAL
from whence.cli.console import Console


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--stdio", action="store_true", help="serve on standard input and output (the default)"
    )
    parser.add_argument(
        "--tcp",
        metavar="PORT",
        type=_port,
        help="serve one client on this port of this machine; 0 chooses one",
    )
    parser.add_argument("--log-file", metavar="FILE", help="write the log there instead of to standard error")
    parser.add_argument(
        "--log-level",
        choices=("error", "warning", "info", "debug"),
        default="warning",
        help="default: warning",
    )


def _port(text: str) -> int:
    if text.isdecimal() and int(text) < 65536:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a port, 0 to 65535")


def run(arguments: argparse.Namespace, console: Console) -> int:
    logging.basicConfig(
        level=arguments.log_level.upper(),
        filename=arguments.log_file,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    logging.getLogger("pygls").setLevel(max(logging.WARNING, logging.getLogger().level))
    # The protocol's types take 0.3 s, which nobody else pays; none of what is made then is ever garbage.
    gc.disable()
    from whence.lsp.server import WhenceServer

    server = WhenceServer(console.environment)
    gc.freeze()
    gc.set_threshold(*USUAL)
    gc.enable()
    if arguments.tcp is not None:
        port = arguments.tcp
        status = server.serve_tcp(port, lambda at: console.say(f"whence: listening on 127.0.0.1:{at}"))
    else:
        status = server.serve_stdio()
    logging.shutdown()
    console.err.flush()
    # At once: threads may still be at work, and the interpreter's own way out stops them wherever they are, which
    # compiled code does not always survive.
    os._exit(status)
