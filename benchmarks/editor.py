"""How fast is the editor answered? Whence beside `ruff server`, pylsp and a bare pygls server, in one run.

    python benchmarks/editor.py [PART ...] [--clone CLONE] [--json FILE]

Parts: `typing` (one edit to its findings, and a burst of 20), `start` (process to `initialize`), `first` (a file of
CLONE, a large repository, opened in a fresh server), `scan` (how long the loop lets others wait while 5,000 files are
scanned), `memory` (50 files open, then many edits). Without any: all of them, `first` only with --clone.

Servers take turns in small portions, so that whatever else the machine does hits all of them alike: ratios count,
milliseconds tell of the machine. Ruff and pylsp come from the package index into a throw-away environment, unless
--programs names a folder that has them. A finding of Whence and a diagnostic of ruff stand on the same functions.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from conversation import Conversation, Message
from editor_workspace import FUNCTION, HEAD, build, clone, environment, throw_away

PARTS = ("typing", "start", "first", "scan", "memory")

WHENCE = (sys.executable, "-m", "whence.cli.main", "lsp")
PROBE = (sys.executable, str(Path(__file__).with_name("probe_server.py")))
PACKAGES = ("ruff", "python-lsp-server[pyflakes]")

SIZES = ((500, "5,000 lines, 500 findings"), (100, "1,000 lines, 100 findings"))
PORTION = 10
BURST = 20

Figures = dict[str, Any]


def quantile(values: Sequence[float], share: float) -> float:
    """Nearest rank."""
    ordered = sorted(values)
    return ordered[max(math.ceil(share * len(ordered)) - 1, 0)]


@dataclass(frozen=True)
class Contestant:
    """One way to be served."""

    name: str
    command: tuple[str, ...]
    pull: bool


def contestants(programs: Path, count: int) -> list[Contestant]:
    ruff = (str(programs / "ruff"), "server")
    return [
        Contestant("whence push", WHENCE, pull=False),
        Contestant("whence pull", WHENCE, pull=True),
        Contestant("ruff push", ruff, pull=False),
        Contestant("ruff pull", ruff, pull=True),
        Contestant("pygls push", (*PROBE, "push", str(count)), pull=False),
        Contestant("pygls pull", (*PROBE, "pull", str(count)), pull=True),
        Contestant("pylsp", (str(programs / "pylsp"),), pull=False),
    ]


# -- typing --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Kind:
    """A pair of edits that undo each other, at a place in one function."""

    name: str
    line: int
    """Within the function."""
    column: int
    text: str

    def do(self, talk: Conversation, uri: str, function: int) -> float:
        line = self._line(function)
        return talk.edit(uri, (line, self.column), (line, self.column), self.text)

    def undo(self, talk: Conversation, uri: str, function: int) -> float:
        line = self._line(function)
        end = (line + 1, 0) if self.text == "\n" else (line, self.column + len(self.text))
        return talk.edit(uri, (line, self.column), end, "")

    def _line(self, function: int) -> int:
        return HEAD.count("\n") + function * FUNCTION.count("\n") + self.line


KINDS = (
    Kind("letter", 5, 24, "x"),
    Kind("line", 3, 0, "\n"),
    Kind("bracket", 2, 12, "("),
)
"""A letter in a name, an empty line, and a bracket that leaves the text broken until it is taken back."""


@dataclass
class Typist:
    """One contestant with the file open."""

    who: Contestant
    talk: Conversation
    uri: str
    functions: int
    trips: dict[str, list[float]] = field(default_factory=dict)
    bursts: list[float] = field(default_factory=list)
    count: int = 0
    turn: int = 0
    late: int = 0
    """Publications of a version beyond its first."""

    def portion(self, kind: Kind) -> None:
        for _ in range(PORTION // 2):
            self.turn += 1
            function = (self.turn * 37) % self.functions
            for act in (kind.do, kind.undo):
                at = act(self.talk, self.uri, function)
                items, there = self.talk.findings(self.uri)
                self.trips.setdefault(kind.name, []).append(there - at)
        self.count = len(items)

    def burst(self) -> None:
        kind = KINDS[0]
        self.turn += 1
        function = (self.turn * 37) % self.functions
        begun = 0.0
        for number in range(BURST):
            at = (kind.undo if number % 2 else kind.do)(self.talk, self.uri, function)
            begun = begun or at
        _, there = self.talk.findings(self.uri)
        self.bursts.append(there - begun)


def typing(options: argparse.Namespace, programs: Path, work: Path) -> Figures:
    out: Figures = {}
    for functions, title in SIZES:
        root, env = work / f"typing-{functions}", environment(work / "home")
        (path,) = build(root, env, {"handlers.py": functions})
        typists = []
        for who in contestants(programs, functions):
            if options.only and not any(name in who.name for name in options.only):
                continue
            talk = Conversation(who.command, root, env, pull=who.pull)
            talk.initialize()
            uri, _ = talk.open(path)
            typists.append(Typist(who, talk, uri, functions))
        for typist in typists:
            settle(typist)
        for typist in typists:  # to be warm
            for kind in KINDS:
                typist.portion(kind)
            typist.trips.clear()
        portions = max(options.edits // PORTION, 1)
        for number in range(portions):
            for typist in typists:
                # Who waits on purpose (pylsp, half a second) is asked less.
                if typist.who.name == "pylsp" and number >= 2:
                    continue
                for kind in KINDS:
                    typist.portion(kind)
                if number % 2 == 0:
                    typist.burst()
        out[title] = {}
        for typist in typists:
            memory, processes = typist.talk.memory()
            out[title][typist.who.name] = {
                "findings": typist.count,
                **{
                    name: [quantile(trips, q) * 1000 for q in (0.5, 0.95)]
                    for name, trips in typist.trips.items()
                },
                "burst": [quantile(typist.bursts, q) * 1000 for q in (0.5, 0.95)],
                "memory": memory,
                "processes": processes,
                "seconds": typist.talk.seconds(),
            }
            typist.talk.close()
    return out


def settle(typist: Typist) -> None:
    """Wait until findings are there: what they rest on may still be looked up."""
    for _ in range(600):
        items, _ = typist.talk.findings(typist.uri)
        if items:
            typist.count = len(items)
            return
        if typist.talk.pull:
            time.sleep(0.05)
    raise SystemExit(f"{typist.who.name} finds nothing")


def show_typing(figures: Figures) -> None:
    for title, rows in figures.items():
        print(f"\n### {title}\n")
        print(
            "| server | findings | letter p50 / p95, ms | empty line | bracket | burst of 20 | memory, MB (processes) |"
        )
        print("|---|---|---|---|---|---|---|")
        for name, row in rows.items():
            trips = " | ".join(
                "{:.1f} / {:.1f}".format(*row[kind]) for kind in ("letter", "line", "bracket", "burst")
            )
            print(f"| {name} | {row['findings']} | {trips} | {row['memory']:.0f} ({row['processes']}) |")
        ours = {way: rows.get(f"whence {way}") for way in ("push", "pull")}
        for way, row in ours.items():
            for other, kinds in (("ruff push", ("letter", "burst")), ("pygls push", ("letter",))):
                if row and other in rows:
                    for kind in kinds:
                        ratios = [
                            mine / theirs for mine, theirs in zip(row[kind], rows[other][kind], strict=True)
                        ]
                        print(f"whence {way} / {other}, {kind}: p50 {ratios[0]:.2f}, p95 {ratios[1]:.2f}")


# -- starting ------------------------------------------------------------------------------------------------


def start(options: argparse.Namespace, programs: Path, work: Path) -> Figures:
    """Process to `initialize`, turn by turn."""
    root, env = work / "start", environment(work / "home")
    build(root, env, {"handlers.py": 10})
    everybody = [who for who in contestants(programs, 1) if not who.pull]
    times: dict[str, list[float]] = {who.name: [] for who in everybody}
    for _ in range(options.starts):
        for who in everybody:
            talk = Conversation(who.command, root, env, pull=who.pull)
            times[who.name].append(talk.initialize())
            talk.close()
    return {
        name: {"min": min(t) * 1000, "p50": quantile(t, 0.5) * 1000, "p95": quantile(t, 0.95) * 1000}
        for name, t in times.items()
    }


def show_start(figures: Figures) -> None:
    print("\n### From the start of the process to the answer to `initialize`\n")
    print("| server | fastest, ms | p50 | p95 |\n|---|---|---|---|")
    for name, row in figures.items():
        print(f"| {name} | {row['min']:.0f} | {row['p50']:.0f} | {row['p95']:.0f} |")
    ours, bare = figures["whence push"], figures["pygls push"]
    print(f"whence / pygls: fastest {ours['min'] / bare['min']:.2f}, p50 {ours['p50'] / bare['p50']:.2f}")


def first(options: argparse.Namespace, programs: Path, work: Path) -> Figures:
    """A file of a large repository, opened at once in a fresh server, with an empty cache and then with a full one."""
    root, home = work / "large", work / "home-large"
    clone(options.clone.resolve(), root, environment(home))
    # A marker in the file: a finding that needs no history, besides whatever history tells.
    path = root / "whence_measurement.py"
    path.write_text("# This file was generated by Claude Code\n" + FUNCTION.format(n=1), "utf-8")
    out: Figures = {}
    for state in ("empty cache", "full cache"):
        rows: list[tuple[float, float, float]] = []
        for number in range(1 if state == "empty cache" else options.starts):
            env = environment(home)
            talk = Conversation(WHENCE, root, env, pull=False)
            began = talk.initialize()
            uri, at = talk.open(path)
            items, there = talk.findings(uri)
            shown = there - at
            last = there
            for got in talk.drain(30 if number == 0 else 3):
                if got.message.get("method") == "textDocument/publishDiagnostics":
                    last = got.at
            rows.append((began * 1000, shown * 1000, (last - at) * 1000))
            if not items:
                print(f"nothing was found at first ({state})", file=sys.stderr)
            talk.close()
        out[state] = [quantile([row[k] for row in rows], 0.5) for k in range(3)]
    return out


def show_first(figures: Figures) -> None:
    print("\n### A file of a large repository, opened at once\n")
    print("| | `initialize`, ms | opened to first findings | opened to the last word |\n|---|---|---|---|")
    for name, row in figures.items():
        print(f"| {name} | {row[0]:.0f} | {row[1]:.0f} | {row[2]:.0f} |")


# -- many files ----------------------------------------------------------------------------------------------

PING = 0.005


def scan(options: argparse.Namespace, programs: Path, work: Path) -> Figures:
    """Requests that need no work, one after the other, before and while the workspace is scanned."""
    root, env = work / "scan", environment(work / "home")
    build(root, env, {f"part{n % 50}/module_{n}.py": 4 for n in range(options.files)})
    talk = Conversation(WHENCE, root, env, pull=False)
    talk.initialize()
    quiet = [_ping(talk) for _ in range(400)]
    number, begun = talk.ask("workspace/executeCommand", {"command": "whence.scanWorkspace", "arguments": []})
    waits: list[float] = []
    result: Message = {}
    while not result:
        asked, at = talk.ask("textDocument/hover", _NOWHERE)
        while True:
            got = talk.wait(lambda message: "method" not in message)
            if got.message.get("id") == asked:
                waits.append(got.at - at)
                break
            if got.message.get("id") == number:
                result = got.message
        time.sleep(PING)
    took = time.perf_counter() - begun
    talk.close()
    rows = {"idle": quiet, "scanning": waits}
    out: Figures = {name: [quantile(t, q) * 1000 for q in (0.5, 0.99, 1.0)] for name, t in rows.items()}
    return {**out, "files": result["result"]["files"], "seconds": took, "pings": len(waits)}


_NOWHERE = {"textDocument": {"uri": "file:///nowhere"}, "position": {"line": 0, "character": 0}}


def _ping(talk: Conversation) -> float:
    time.sleep(PING)
    return talk.call("textDocument/hover", _NOWHERE)[1]


def show_scan(figures: Figures) -> None:
    print(f"\n### While {figures['files']:,} files are scanned ({figures['seconds']:.1f} s)\n")
    print("| requests that need no work | p50, ms | p99 | longest |\n|---|---|---|---|")
    for name in ("idle", "scanning"):
        print("| {} | {:.2f} | {:.2f} | {:.2f} |".format(name, *figures[name]))


def memory(options: argparse.Namespace, programs: Path, work: Path) -> Figures:
    """50 files of 1,000 lines are opened; then one is edited for a long time."""
    root, env = work / "memory", environment(work / "home")
    paths = build(root, env, {f"module_{n}.py": 100 for n in range(50)})
    talk = Conversation(WHENCE, root, env, pull=True)
    talk.initialize()
    uris = [talk.open(path)[0] for path in paths]
    counts = [len(talk.findings(uri)[0]) for uri in uris]
    talk.drain(options.rest)
    out: Figures = {"findings": sum(counts), "idle": talk.memory(), "edited": []}
    steps = 10
    for step in range(steps):
        for number in range(options.strokes // steps):
            kind, function = KINDS[number // 2 % 2], (number * 37) % 100
            (kind.undo if number % 2 else kind.do)(talk, uris[step], function - function % 2)
            if number % 10 == 9:
                talk.findings(uris[step])
        talk.findings(uris[step])
        talk.drain(options.rest)
        out["edited"].append(((step + 1) * (options.strokes // steps), *talk.memory()))
    talk.close()
    return out


def show_memory(figures: Figures) -> None:
    print("\n### Memory with 50 files of 1,000 lines open (all processes, shared pages once)\n")
    print("| edits | MB | processes |\n|---|---|---|")
    for row in [(0, *figures["idle"]), *figures["edited"]]:
        print("| {:,} | {:.0f} | {} |".format(*row))


# ------------------------------------------------------------------------------------------------------------


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(PARTS)}; default: all")
    parser.add_argument("--clone", type=Path, help="a clone of a large repository, for `first`")
    parser.add_argument(
        "--programs", type=Path, help="a folder that holds ruff and pylsp, instead of installing them"
    )
    parser.add_argument("--only", action="append", help="in `typing` only servers whose name holds this")
    parser.add_argument("--edits", type=int, default=200, help="of each kind, for each server; default: 200")
    parser.add_argument("--starts", type=int, default=15, help="of each server; default: 15")
    parser.add_argument("--files", type=int, default=5000, help="in the scanned workspace; default: 5,000")
    parser.add_argument("--strokes", type=int, default=10_000, help="edits in `memory`; default: 10,000")
    parser.add_argument(
        "--rest", type=float, default=4.0, help="seconds without edits before memory is looked at"
    )
    parser.add_argument("--json", type=Path, help="write the figures there as well")
    options = parser.parse_args()
    wrong = set(options.parts) - set(PARTS)
    if wrong:
        parser.error(f"there is no part {wrong.pop()!r}; there are {', '.join(PARTS)}")
    wanted = options.parts or [part for part in PARTS if part != "first" or options.clone]
    if "first" in wanted and not options.clone:
        parser.error("`first` needs --clone")
    measures: Mapping[str, tuple[Callable[..., Figures], Callable[[Figures], None]]] = {
        "typing": (typing, show_typing), "start": (start, show_start), "first": (first, show_first),
        "scan": (scan, show_scan), "memory": (memory, show_memory),
    }  # fmt: skip
    figures: Figures = {}
    with tempfile.TemporaryDirectory(prefix="whence-editor-") as folder:
        work = Path(folder)
        programs = options.programs
        if programs is None and {"typing", "start"} & set(wanted):
            programs = throw_away(work / "environment", PACKAGES)
        for part in wanted:
            measure, show = measures[part]
            figures[part] = measure(options, programs, work)
            show(figures[part])
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
