"""A reader that is not loaded could have found nothing: its signs cover every place at which it looks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from support.git import Repo
from whence.cache.witness import Witness
from whence.evidence.sessions.interface import Places, Reader
from whence.evidence.sessions.readers import EDITOR, RECORDERS, TOOLS, Known, any_here, every, here
from whence.evidence.sessions.stores.folders import user_folders
from whence.repo import Repository

KNOWN = (*TOOLS, *RECORDERS)
HOMES = {"HOME", "USERPROFILE"}
BASES = (".config", ".local/share", ".local/state", "Library/Application Support", "AppData/Roaming")
"""Folders that are there on some system whatever was ever installed."""


class Asked(Mapping[str, str]):
    """An environment that remembers which variables somebody wanted."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self.values_, self.names = values, set[str]()

    def __getitem__(self, name: str) -> str:
        self.names.add(name)
        return self.values_[name]

    def __iter__(self) -> Iterator[str]:
        raise AssertionError("which variables it reads could not be told")

    def __len__(self) -> int:
        return len(self.values_)


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A home and a workspace with nothing of any tool's in them."""
    for folder in (*(f"home/{base}" for base in BASES), "work/src", "set"):
        (tmp_path / folder).mkdir(parents=True)
    return tmp_path


def variables(known: Known) -> frozenset[str]:
    """Those among the signs."""
    return frozenset(sign[1:].partition("/")[0] for sign in known.signs if sign.startswith("$"))


def named(known: Known) -> set[str]:
    """The variables that name a folder of which a tool has a part; all others are enough by being set."""
    return {sign[1:].partition("/")[0] for sign in known.signs if sign.startswith("$") and "/" in sign}


def environment(bare: Path, known: Known | None = None) -> dict[str, str]:
    values = {"HOME": str(bare / "home")}
    return values | {name: str(bare / "set") for name in (named(known) if known else ())}


def covered(known: Known, bare: Path) -> set[str]:
    """The places that its signs mean."""
    ways = {"~": ["home"], ".": ["work"], **{f"${name}": ["set"] for name in named(known)}}
    found = set()
    for sign in known.signs:
        base, _, rest = sign.partition("/")
        for folder in ways.get(base, ()) if rest else ():
            found.add(f"{bare}/{folder}/{rest.replace('*', 'src')}")
    return found


@pytest.mark.parametrize(
    ("reader", "known"), list(zip(every(), KNOWN, strict=True)), ids=lambda one: getattr(one, "name", "")
)
def test_a_reader_looks_nowhere_else(reader: Reader, known: Known, bare: Path) -> None:
    """Every question that it puts to the file system, and every variable that it reads, belongs to one of its signs."""
    asked, watched, editors = Asked(environment(bare, known)), Witness(), Witness()
    with watched.watching():
        located = reader.locate(Places(asked, bare / "work"))
    assert located.transcripts == ()
    with editors.watching():
        user_folders(editor := Asked(environment(bare, known)))
    mine = EDITOR in known.signs
    assert asked.names <= HOMES | variables(known) | (editor.names if mine else set())
    signs = covered(known, bare)
    for place, fact in watched.facts.items():
        below = any(place == sign or place.startswith(f"{sign}/") for sign in signs)
        on_the_way = any(sign.startswith(f"{place}/") for sign in (*signs, f"{bare}/home/")) and (
            not fact.startswith("entries ") or "./*/.specstory/history" in known.signs
        )
        assert below or on_the_way or (mine and place in editors.facts), place


@pytest.mark.parametrize("known", KNOWN, ids=lambda known: known.name)
def test_each_sign_is_enough(known: Known, bare: Path) -> None:
    """One of them stands, and the reader is asked."""
    signs = [sign for sign in known.signs if not sign.startswith("refs/")]
    for sign in signs:
        values, places = environment(bare), list[Path]()
        base, _, rest = sign.partition("/")
        if sign == EDITOR:
            places = [bare / "home/.config/Code/User"]
        elif base.startswith("$"):
            values[base[1:]] = str(bare / "set")
            places = [bare / "set" / rest] if rest else []
        else:
            places = [bare / ("home" if base == "~" else "work") / rest.replace("*", "src")]
        before = [place for place in places for place in (place, *place.parents) if not place.exists()]
        for place in places:
            place.mkdir(parents=True)
        assert known.name in {type(reader).__name__ for reader in here(Places(values, bare / "work"))}, sign
        for place in before:
            place.rmdir()
        assert places == [] or not any_here(Places(environment(bare), bare / "work"))


@pytest.mark.parametrize(
    ("ref", "name"),
    [
        ("refs/notes/ai", "NoteMessages"),
        ("refs/heads/entire/checkpoints/v1", "Entire"),
        ("refs/remotes/origin/entire/checkpoints/v1", "Entire"),
        ("refs/entire/checkpoints/0a/0123456789ab", "Entire"),
    ],
)
def test_refs_are_signs(repo: Repo, bare: Path, ref: str, name: str) -> None:
    """Whether somebody has listed them before or not."""
    repo.commit("Start", {"a.py": "a = 1\n"})
    repository = Repository.open(repo.path, repo.environment)
    assert repository is not None
    without = Places(environment(bare), repo.path, repository)
    assert not any_here(without)
    repo.git("update-ref", ref, "HEAD")
    for places in (without, Places(environment(bare), repo.path, repository, frozenset({ref}))):
        assert [type(reader).__name__ for reader in here(places)] == [name]


def test_where_nobody_can_look_the_reader_is_asked(bare: Path) -> None:
    """It may have something to say of that."""
    (bare / "home/.claude").symlink_to(bare / "home/.claude")
    assert [type(reader).__name__ for reader in here(Places(environment(bare), None))] == ["ClaudeCode"]
