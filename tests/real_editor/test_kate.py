"""A real Kate on a screen of its own (Xvfb), with the settings from `editors/kate`, driven by its keys.

`make editors` installs what is needed (Debian). Elsewhere the test is skipped, with the reason shown; where `CI` is
set it fails instead.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from support.editors import PROJECT, SECONDS, needed
from support.git import Repo

TEE = Path(__file__).with_name("tee_server.py")

KATERC = """[General]
Show welcome view for new window=false

[Kate Plugins]
lspclientplugin=true

[lspclient]
AllowedServerCommandLines={command}
"""


@contextmanager
def screen() -> Iterator[str]:
    """An X server that nobody sees; its display."""
    read, write = os.pipe()
    command = ["Xvfb", "-displayfd", str(write), "-screen", "0", "1280x800x24", "-nolisten", "tcp"]
    server = subprocess.Popen(command, pass_fds=(write,), stderr=subprocess.DEVNULL)
    os.close(write)
    try:
        with os.fdopen(read) as answer:
            yield f":{answer.readline().strip()}"
    finally:
        server.terminate()
        server.wait(30)


class Told:
    """What the editor is sent, as it is sent."""

    def __init__(self, pipe: Path) -> None:
        os.mkfifo(pipe)
        # Both ends, so that it neither waits for the server nor ends with it.
        self._descriptor = os.open(pipe, os.O_RDWR)
        self._rest = b""

    def findings(self, seconds: float) -> list[dict[str, Any]] | None:
        """The next findings of the file; None when none came in time."""
        while select.select([self._descriptor], [], [], seconds)[0]:
            self._rest += os.read(self._descriptor, 1 << 20)
            *lines, self._rest = self._rest.split(b"\n")
            for message in map(json.loads, lines):
                if message.get("method") == "textDocument/publishDiagnostics":
                    parameters = message["params"]
                    if parameters["uri"].endswith("/tides.py"):
                        self.last: list[dict[str, Any]] = parameters["diagnostics"]
                        return self.last
        return None


def test_a_key_answers_for_the_finding(visited: Repo, tmp_path: Path) -> None:
    """Two findings are sent; on the second one the key for quick fixes records a review, and one is left."""
    needed(
        "sh", "-c", "command -v Xvfb && command -v xdotool && command -v kate && command -v dbus-run-session"
    )
    told = Told(tmp_path / "messages")
    server = [sys.executable, str(TEE), str(tmp_path / "messages")]
    settings = json.loads((PROJECT / "editors/kate/lspclient.json").read_text("utf-8"))
    settings["servers"]["python"]["command"] = server
    folder = visited.home / ".config/kate/lspclient"
    folder.mkdir(parents=True)
    (folder / "settings.json").write_text(json.dumps(settings), "utf-8")
    (visited.home / ".config/katerc").write_text(KATERC.format(command=" ".join(server)), "utf-8")
    runtime = tmp_path / "runtime"
    runtime.mkdir(mode=0o700)
    with screen() as display:
        environment = {
            **visited.environment,
            "DISPLAY": display,
            "LANG": "C.UTF-8",
            "QT_QPA_PLATFORM": "xcb",
            "XDG_RUNTIME_DIR": str(runtime),
        }
        command = ["dbus-run-session", "kate", "-n", "--line", "15", "tides.py"]
        editor = subprocess.Popen(
            command, cwd=visited.path, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            while told.findings(SECONDS) is not None and len(told.last) != 2:
                pass
            assert len(told.last) == 2, "the two findings were never sent"
            for _ in range(20):  # until the window has the keyboard
                subprocess.run(["xdotool", "key", "ctrl+period"], env=environment, check=True)
                if told.findings(10) is not None:
                    break
        finally:
            editor.terminate()
            editor.wait(30)
    (left,) = told.last
    assert "models forbids codex" in left["message"]
    # On a slow machine the key was pressed twice.
    records = [file.read_text("utf-8") for file in (visited.path / ".whence/reviews").glob("*.toml")]
    assert records
    assert all("Dana Dev <dana@example.org>" in record for record in records)
