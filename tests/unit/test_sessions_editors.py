"""Where editors of the VS Code family keep things, on every system and on remote machines."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from whence.evidence.sessions.stores import editors
from whence.evidence.sessions.stores.editors import WorkspaceStorage
from whence.evidence.sessions.stores.folders import user_folders


@pytest.mark.parametrize(
    ("folder", "variable", "value"),
    [
        (".config/Code/User", "", ""),
        (".config/Code - Insiders/User", "", ""),
        (".config/VSCodium/User", "", ""),
        (".config/Cursor/User", "", ""),
        ("Library/Application Support/Windsurf/User", "", ""),
        ("AppData/Roaming/Code/User", "", ""),
        ("roaming/Code/User", "APPDATA", "roaming"),
        ("settings/Code/User", "XDG_CONFIG_HOME", "settings"),
        ("elsewhere/Code - OSS/User", "VSCODE_APPDATA", "elsewhere"),
        ("portable/user-data/User", "VSCODE_PORTABLE", "portable"),
        (".var/app/com.visualstudio.code/config/Code/User", "", ""),
        (".vscode-server/data/User", "", ""),
        (".vscode-server-insiders/data/User", "", ""),
        (".cursor-server/data/User", "", ""),
        ("agent/data/User", "VSCODE_AGENT_FOLDER", "agent"),
        (".local/share/code-server/User", "", ""),
        ("share/code-server/User", "XDG_DATA_HOME", "share"),
    ],
)
def test_every_editors_user_folder_is_found(tmp_path: Path, folder: str, variable: str, value: str) -> None:
    """Desktop, portable, sandboxed, remote and browser editors, wherever variables put them."""
    (tmp_path / folder).mkdir(parents=True)
    environment = {"HOME": str(tmp_path), **({variable: str(tmp_path / value)} if variable else {})}
    assert user_folders(environment) == (tmp_path / folder,)
    assert editors.extension_folders(environment, "a.b") == (tmp_path / folder / "globalStorage" / "a.b",)


def test_a_folder_that_two_ways_lead_to_is_one(tmp_path: Path) -> None:
    """A variable that names the default place, and a folder that is a link to another."""
    real = tmp_path / ".config" / "Code"
    (real / "User").mkdir(parents=True)
    (tmp_path / ".config" / "VSCodium").symlink_to(real)
    environment = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / ".config")}
    assert user_folders(environment) == (real / "User",)


def test_no_editor_is_no_problem(tmp_path: Path) -> None:
    """An empty home, none at all, and variables that name no folder."""
    assert user_folders({"HOME": str(tmp_path)}) == ()
    assert user_folders({}) == ()
    assert user_folders({"HOME": "home", "APPDATA": "x\0y", "XDG_CONFIG_HOME": "/x\0y"}) == ()


def test_workspaces_are_named_by_what_was_opened(tmp_path: Path) -> None:
    """Folders, workspace files and remote folders; what cannot be read has no name."""
    cases: dict[str, object] = {
        "a": {"folder": "file:///home/u/my%20proj"},
        "b": {"folder": "file:///c%3A/Users/u/proj"},
        "c": {"workspace": "file:///home/u/all/all.code-workspace"},
        "d": {"folder": "vscode-remote://ssh-remote%2Bhost/srv/proj"},
        "e": {"folder": 3},
        "f": [1],
    }
    for name, value in cases.items():
        path = tmp_path / "workspaceStorage" / name / "workspace.json"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(value))
    (tmp_path / "workspaceStorage" / "g").mkdir()
    (tmp_path / "workspaceStorage" / "h").symlink_to(tmp_path / "workspaceStorage" / "a")
    found = {item.path.name: item.folder for item in editors.workspaces(tmp_path)}
    assert found == {
        "a": "/home/u/my proj",
        "b": "c:/Users/u/proj",
        "c": "/home/u/all",
        "d": "/srv/proj",
        "e": "",
        "f": "",
        "g": "",
    }
    assert WorkspaceStorage(tmp_path / "workspaceStorage" / "a", "/home/u/my proj") in editors.workspaces(
        tmp_path
    )


def test_profiles_have_their_own_storage(tmp_path: Path) -> None:
    """The user folder itself is the default profile."""
    (tmp_path / "profiles" / "-6f2c").mkdir(parents=True)
    assert editors.profiles(tmp_path) == (tmp_path, tmp_path / "profiles" / "-6f2c")


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("file:///home/u/a%23b.py", "/home/u/a#b.py"),
        ("file:///C%3A/Users/u/a.py", "c:/Users/u/a.py"),
        ("file://server/share/a.py", "//server/share/a.py"),
        ("vscode-remote://wsl%2Bubuntu/home/u/a.py", "/home/u/a.py"),
        ("c:\\Users\\u\\a.py", "c:/Users/u/a.py"),
        ("/home/u/a.py", "/home/u/a.py"),
        ("file://[", ""),
        ("", ""),
    ],
)
def test_uris_name_paths(uri: str, path: str) -> None:
    """As they are on the machine that has the files."""
    assert editors.local_path(uri) == path


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a.b": "/x"}', "/x"),
        (
            '{\n  // "a.b": "/old"\n  "url": "https://x/y", /* "a.b": 1 */ "a.b": "C:\\\\x", // end\n}',
            "C:\\x",
        ),
        ('{"a.b": 3}', ""),
        ('{"a.b": "cut', ""),
        ("", ""),
    ],
)
def test_a_setting_is_found_among_comments(tmp_path: Path, text: str, value: str) -> None:
    """Settings have comments and commas that JSON does not know."""
    (tmp_path / "settings.json").write_text(text)
    assert editors.setting(tmp_path, "a.b") == value


def test_a_remote_machines_own_settings_count(tmp_path: Path) -> None:
    """They stand beside the user folder."""
    (tmp_path / "Machine").mkdir()
    (tmp_path / "Machine" / "settings.json").write_text('{"a.b": "/remote"}')
    assert editors.setting(tmp_path / "User", "a.b") == "/remote"
