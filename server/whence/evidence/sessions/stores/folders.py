"""Where on this machine tools keep things: the home folder, and the data folders of editors made from VS Code.

Nothing heavy is loaded for it: on a machine without any tool's sessions this is all that a look for some needs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

NAMES = (
    "Code", "Code - Insiders", "Code - Exploration", "Code - OSS", "VSCodium", "VSCodium - Insiders",
    "Cursor", "Cursor Nightly", "Windsurf", "Windsurf - Next", "Antigravity", "Kiro", "Trae", "Trae CN", "Qoder",
    "CodeBuddy", "Positron", "Void", "PearAI", "Melty", "Aide",
)  # fmt: skip
"""Names of data folders. A list, because looking into every program's folder makes macOS ask the user."""

SERVERS = (
    ".vscode-server", ".vscode-server-insiders", ".vscode-server-oss", ".vscode-remote", ".vscode-remote-insiders",
    ".vscodium-server", ".vscodium-server-insiders", ".cursor-server", ".windsurf-server", ".windsurf-next-server",
    ".antigravity-server", ".kiro-server", ".trae-server", ".trae-cn-server", ".positron-server", ".void-server",
    ".openvscode-server",
)  # fmt: skip
"""Folders in the home folder of a remote machine; the data folder is `data` below them."""

_FLATPAKS = (
    "com.visualstudio.code", "com.visualstudio.code.insiders", "com.visualstudio.code-oss", "com.vscodium.codium",
    "com.vscodium.codium-insiders",
)  # fmt: skip


def home(environment: Mapping[str, str]) -> Path | None:
    """The user's home folder as the environment names it; None: unknown."""
    for name in ("HOME", "USERPROFILE"):
        value = environment.get(name, "")
        if value and Path(value).is_absolute():
            return Path(value)
    return None


def homes(environment: Mapping[str, str], variable: str, folder: str) -> list[Path]:
    """A tool's folder in the home folder, before it the one in another home that the tool's own variable names."""
    named = environment.get(variable, "")
    bases = [Path(named)] if named else []
    own = home(environment)
    if own is not None:
        bases.append(own)
    return [base / folder for base in bases if base.is_absolute()]


def user_folders(environment: Mapping[str, str]) -> tuple[Path, ...]:
    """Every `User` folder that exists, without those that are the same through a link."""
    found: dict[Path, None] = {}
    for data in _data_folders(environment):
        path = data / "User"
        try:
            if path.is_dir():
                found.setdefault(path.resolve(strict=True))
        except (OSError, RuntimeError, ValueError):
            continue
    return tuple(found)


def _data_folders(environment: Mapping[str, str]) -> Iterator[Path]:
    def named(name: str) -> Iterator[Path]:
        value = environment.get(name, "")
        if value and Path(value).is_absolute():
            yield Path(value)

    yield from (folder / "user-data" for folder in named("VSCODE_PORTABLE"))
    yield from (folder / "data" for folder in named("VSCODE_AGENT_FOLDER"))
    base = home(environment)
    bases = [*named("VSCODE_APPDATA"), *named("XDG_CONFIG_HOME"), *named("APPDATA")]
    shares = [*named("XDG_DATA_HOME"), *named("LOCALAPPDATA")]
    if base is not None:
        bases += [
            base / ".config",
            base / "Library" / "Application Support",
            base / "AppData" / "Roaming",
            *(base / ".var" / "app" / name / "config" for name in _FLATPAKS),
        ]
        shares += [base / ".local" / "share", base / "Library" / "Application Support"]
        yield from (base / name / "data" for name in SERVERS)
    yield from _children(bases, NAMES)
    yield from _children(shares, ("code-server",))


def _children(folders: Iterable[Path], names: Iterable[str]) -> Iterator[Path]:
    """The folders below others that have one of the names; what is not there costs one look."""
    wanted = tuple(names)
    for folder in folders:
        try:
            there = folder.is_dir()
        except OSError:  # nobody may look
            continue
        if there:
            yield from (folder / name for name in wanted)
