"""Run `whence lsp` and write down what the editor is sent, a message a line: `tee_server.py FILE`."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path
from typing import IO

BIN = Path(sys.executable).parent


def copy(source: IO[bytes], target: IO[bytes]) -> None:
    while data := source.read1(1 << 16):  # type: ignore[attr-defined]
        target.write(data)
        target.flush()
    target.close()


def main() -> None:
    server = subprocess.Popen([BIN / "whence", "lsp"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert server.stdin is not None
    assert server.stdout is not None
    threading.Thread(target=copy, args=(sys.stdin.buffer, server.stdin), daemon=True).start()
    with Path(sys.argv[1]).open("ab", buffering=0) as log:
        while header := server.stdout.readline():
            size, line = 0, header
            while line.strip():
                name, _, value = line.partition(b":")
                size = int(value) if name.lower() == b"content-length" else size
                line = server.stdout.readline()
            body = server.stdout.read(size)
            log.write(body + b"\n")
            sys.stdout.buffer.write(b"Content-Length: %d\r\n\r\n%b" % (size, body))
            sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
