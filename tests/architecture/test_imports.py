"""Who may import whom, and what is kept away from whom. Read from the source with `ast`, nothing is run."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "server" / "whence"

BASE = {"blake", "errors", "model", "quick", "ranges", "splice", "text"}
"""Values and small functions on them: any room may use them."""

ROOMS: dict[str, set[str]] = {
    # values
    "quick": set(),
    "problems": {"quick"},
    "errors": {"problems"},
    "ranges": set(),
    "blake": set(),
    "text": {"blake"},
    "globs": {"quick"},
    "toml": set(),
    "model": {"problems", "quick", "ranges"},
    "splice": {"ranges"},
    "linemap": {"text"},
    "tools": BASE,
    # input at the edge
    "regular": set(),
    "obstacles": {"regular"},
    "git": {"obstacles"},
    "repo": {"git", "obstacles"},
    "standing": {"repo"},
    "at_head": {"model", "repo"},
    "files": {*BASE, "globs", "regular", "repo"},
    "changes": {"files", "quick", "repo", "text"},
    "pool": {"errors", "quick"},
    "folders": set(),
    # the middle
    "syntax": BASE,
    "matching": {*BASE, "syntax"},
    "index": {*BASE, "folders", "matching"},
    "evidence": {
        *BASE,
        "syntax",
        "index",
        "matching",
        "tools",
        "regular",
        "repo",
        "files",
        "folders",
        "linemap",
    },
    "attribution": BASE,
    "policy": {*BASE, "globs", "regular", "repo", "toml", "tools"},
    "review": {*BASE, "regular", "syntax", "toml"},
    "answers": {*BASE, "policy", "review"},
    "findings": {*BASE, "answers", "policy"},
    "analysis": {*BASE, "answers", "attribution", "findings", "policy", "review", "syntax", "tools"},
    "disclosure": {*BASE, "answers", "attribution", "evidence", "policy", "syntax", "tools"},
    "wording": {*BASE, "tools"},
    "report": {*BASE, "tools", "wording"},
    # many documents
    "cache": {
        *BASE,
        "analysis",
        "evidence",
        "files",
        "folders",
        "index",
        "policy",
        "regular",
        "repo",
        "standing",
    },
    "engine": {
        *BASE,
        "analysis",
        "at_head",
        "cache",
        "evidence",
        "files",
        "linemap",
        "policy",
        "repo",
        "review",
        "standing",
        "tools",
    },
    "coverage": {*BASE, "policy"},
    "workspace": {
        *BASE,
        "cache",
        "changes",
        "coverage",
        "engine",
        "files",
        "linemap",
        "policy",
        "pool",
        "repo",
    },
    # documents, edited
    "live": {
        *BASE,
        "analysis",
        "cache",
        "disclosure",
        "engine",
        "evidence",
        "files",
        "findings",
        "index",
        "linemap",
        "policy",
        "pool",
        "problems",
        "regular",
        "repo",
        "review",
        "syntax",
        "tools",
        "wording",
        "workspace",
    },
    # the faces: never each other
    "cli": {"*"},
    "lsp": {"*"},
}
"""Each room and the other rooms that it may import."""

NARROW = {("policy", "repo"): {"policy.files"}}
"""Where the map lets a room import another, but only one of its modules does: the room's edge."""

ONLY_IN = {
    "pygls": {"lsp"},
    "lsprotocol": {"lsp"},
    "tree_sitter": {"syntax"},
    "rapidfuzz": {"evidence", "linemap", "matching", "policy", "review"},
    "tqdm": {"cli"},
    "zstandard": {"evidence"},
    "sqlite3": {"cache", "evidence", "index"},
}
"""Packages and the rooms that know them."""

PURE = (
    "errors", "ranges", "splice", "text", "globs", "toml", "model", "linemap", "attribution", "answers", "findings", "analysis", "wording", "report",
    "policy.deciding", "disclosure", "coverage",
)  # fmt: skip
"""Rooms and modules that take values and return values."""

WORLD = {
    "os",
    "subprocess",
    "socket",
    "shutil",
    "tempfile",
    "time",
    "random",
    "threading",
    "multiprocessing",
    "sqlite3",
}
"""What a pure module has no use for."""

NETWORK = {
    "socket", "socketserver", "ssl", "http", "urllib.request", "urllib.error", "ftplib", "smtplib", "imaplib", "poplib",
    "telnetlib", "xmlrpc", "requests", "httpx", "aiohttp", "urllib3", "websockets",
}  # fmt: skip


@dataclass(frozen=True)
class Import:
    module: str
    """The importing module, without the package's name: `policy.loading`."""
    target: str
    """What is imported, absolute."""
    line: int
    typing_only: bool

    @property
    def room(self) -> str:
        return self.module.split(".")[0]

    def __str__(self) -> str:
        return f"whence.{self.module}:{self.line} imports {self.target}"


@cache
def modules() -> dict[str, ast.Module]:
    """Every module of the package by its dotted name without `whence.`; `__init__` of the package itself left out."""
    out = {}
    for file in sorted(PACKAGE.rglob("*.py")):
        name = ".".join(file.relative_to(PACKAGE).with_suffix("").parts)
        if name != "__init__":
            out[name.removesuffix(".__init__")] = ast.parse(file.read_text("utf-8"), str(file))
    return out


@cache
def imports() -> tuple[Import, ...]:
    return tuple(one for name, tree in modules().items() for one in _imports(name, tree))


def _imports(name: str, tree: ast.Module) -> Iterator[Import]:
    checking = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            targets = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"whence.{name}:{node.lineno}: imports are absolute here"
            base = node.module or ""
            whole = base in ("whence", "urllib", "concurrent")
            targets = [f"{base}.{alias.name}" for alias in node.names] if whole else [base]
        else:
            continue
        for target in targets:
            yield Import(name, target, node.lineno, id(node) in checking)


def complaints(bad: Iterator[Import]) -> list[str]:
    return [str(one) for one in bad]


def test_every_room_is_on_the_map() -> None:
    """A new module or folder has a place in the direction of dependencies, and no place is empty."""
    assert {name.split(".")[0] for name in modules()} == set(ROOMS)


def test_rooms_import_only_what_the_map_allows() -> None:
    """Dependencies point one way, from the faces to the values."""
    bad = (
        one
        for one in imports()
        if one.target.startswith("whence.")
        and (room := one.target.split(".")[1]) in ROOMS
        and room != one.room
        and room not in ROOMS.get(one.room, set())
        and "*" not in ROOMS.get(one.room, set())
    )
    assert not complaints(bad)
    for (room, other), edge in NARROW.items():
        stray = (
            one
            for one in imports()
            if one.room == room and one.module not in edge and one.target.startswith(f"whence.{other}")
        )
        assert not complaints(stray)


def test_the_map_has_no_circle() -> None:
    """Following the allowed imports never comes back."""
    seen: set[str] = set()
    rooms = {room: allowed - {"*"} for room, allowed in ROOMS.items()}
    while left := {room for room, allowed in rooms.items() if room not in seen and allowed - {room} <= seen}:
        seen |= left
    assert seen == set(rooms)


def test_the_two_faces_do_not_know_each_other() -> None:
    """The command line starts the server in one verb; apart from it neither imports the other."""
    bad = (
        one
        for one in imports()
        if (one.room == "cli" and one.target.startswith("whence.lsp") and one.module != "cli.lsp")
        or (one.room == "lsp" and one.target.startswith("whence.cli"))
    )
    assert not complaints(bad)


@pytest.mark.parametrize("package", ONLY_IN)
def test_a_third_party_package_stays_in_its_room(package: str) -> None:
    """Exchanging a library touches one room."""
    bad = (
        one
        for one in imports()
        if (one.target.split(".")[0] == package or one.target.startswith(f"{package}_"))
        and one.room not in ONLY_IN[package]
    )
    assert not complaints(bad)


def test_only_the_named_modules_start_programs() -> None:
    """`git` runs git, `review.keygen` runs ssh-keygen, `lsp.hands` this program; everything else starts nothing."""
    allowed = {"git", "review.keygen", "lsp.hands"}
    bad = (one for one in imports() if one.target.split(".")[0] == "subprocess" and one.module not in allowed)
    assert not complaints(bad)
    bad = (one for one in imports() if one.target.split(".")[:2] == ["whence", "git"] and one.room != "repo")
    assert not complaints(bad)
    shells = [
        f"whence.{name}:{node.lineno}"
        for name, tree in modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "os"
        if node.attr in ("system", "popen") or node.attr.startswith(("exec", "spawn", "posix_spawn"))
    ]
    assert not shells


def test_nothing_opens_a_connection() -> None:
    """Nothing leaves the machine: no network module is imported. (The server's own loopback port is pygls's.)"""
    bad = (
        one
        for one in imports()
        if any(one.target == name or one.target.startswith(f"{name}.") for name in NETWORK)
    )
    assert not complaints(bad)


def test_the_middle_is_pure() -> None:
    """What decides takes values and returns values: no disk, no clock, no processes."""
    bad = (
        one
        for one in imports()
        if any(one.module == pure or one.module.startswith(f"{pure}.") for pure in PURE)
        and one.target.split(".")[0] in WORLD
    )
    assert not complaints(bad)
    clocks = [
        f"whence.{name}:{node.lineno} reads the clock"
        for name, tree in modules().items()
        if any(name == pure or name.startswith(f"{pure}.") for pure in PURE)
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in ("now", "today", "utcnow")
        if isinstance(node.value, ast.Name) and node.value.id in ("datetime", "date")
    ]
    assert not clocks


def test_dataclasses_are_made_quickly() -> None:
    """The library's own decorator would be the largest part of every command's start; see `whence.quick`."""
    slow = [
        f"whence.{name}:{node.lineno}"
        for name, tree in modules().items()
        if name != "quick"
        for node in ast.walk(tree)
        if (
            isinstance(node, ast.ImportFrom)
            and node.module == "dataclasses"
            and "dataclass" in {one.name for one in node.names}
        )
        or (isinstance(node, ast.Attribute) and node.attr == "dataclass")
    ]
    assert not slow


def test_no_syntax_node_is_turned_into_text() -> None:
    """`str(node)` prints the whole subtree and can exhaust memory on deep code."""
    bad = []
    for name, tree in modules().items():
        for node in ast.walk(tree):
            inner: ast.AST | None = None
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in ("str", "repr")
            ):
                inner = node.args[0] if node.args else None
            elif isinstance(node, ast.FormattedValue):
                inner = node.value
            elif isinstance(node, ast.Attribute) and node.attr == "sexp":
                inner = node
            if (
                isinstance(inner, ast.Name)
                and inner.id in ("node", "tree", "root")
                and name.startswith("syntax")
            ):
                bad.append(f"whence.{name}:{inner.lineno}")
            if isinstance(inner, ast.Attribute) and inner.attr in ("sexp", "root_node"):
                bad.append(f"whence.{name}:{inner.lineno}")
    assert not bad


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["scan", "--help"], ["blame", "--help"]])
def test_a_quick_answer_loads_nothing_heavy(arguments: list[str]) -> None:
    """`--version` and `--help` pay for neither the language server nor the parsers nor the matcher."""
    program = (
        "import json, sys; from whence.cli.main import main; status = main(sys.argv[1:]); "
        "print(); print(json.dumps([status, sorted(sys.modules)]))"
    )
    done = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, check=True)
    status, loaded = json.loads(done.stdout.splitlines()[-1])
    assert status == 0
    heavy = {
        "pygls",
        "lsprotocol",
        "tree_sitter",
        "rapidfuzz",
        "zstandard",
        "tqdm",
        "multiprocessing",
        "asyncio",
    }
    assert not [name for name in loaded if name.split(".")[0] in heavy or name.startswith("tree_sitter")]


LONG = 400
REASONS = {
    "lsp.session": "the whole state of one server, which only its loop may touch",
    "matching.runs": "one algorithm with its thresholds and the measurement behind each",
    "policy.deciding": "every rule of precedence stands in one file, so that none hides in another",
}
"""Modules that are longer than 400 lines, each with its reason."""


def test_a_long_module_has_a_reason() -> None:
    """Modules do one job in 50 to 250 lines; past 400 somebody said why."""
    long = {
        name
        for name in modules()
        for file in [PACKAGE / (name.replace(".", "/") + ".py")]
        if file.exists() and len(file.read_text("utf-8").splitlines()) > LONG
    }
    assert not long - set(REASONS)


def test_every_module_says_what_it_is_for() -> None:
    """The first thing in a module is a sentence about it."""
    assert not [name for name, tree in modules().items() if tree.body and not ast.get_docstring(tree)]
