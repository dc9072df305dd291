"""Read `grammars/`: one folder a language, data only. A folder with a fault is left out, and the fault kept."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import whence
from whence.errors import Problem
from whence.quick import dataclass
from whence.syntax.values import Claim, Language, Limits, Parser

READERS = ("notebook",)
_KEYS = {
    "id", "name", "extensions", "filenames", "interpreters", "line_comments", "block_comments",
    "claims", "parser", "regions", "separator", "reader", "limits",
}  # fmt: skip
_MODULE = re.compile(r"tree_sitter_[a-z0-9_]+")


@dataclass(frozen=True, slots=True)
class Table:
    """All languages, and what was wrong with the folders left out."""

    languages: tuple[Language, ...]
    problems: tuple[Problem, ...] = ()

    def get(self, identifier: str) -> Language | None:
        return next((language for language in self.languages if language.id == identifier), None)


class _FaultError(Exception):
    pass


def folder() -> Path:
    """Where the data lies: inside an installed package, else at the root of the source tree."""
    packaged = Path(whence.__file__).with_name("_grammars")
    if packaged.is_dir():
        return packaged
    return Path(whence.__file__).resolve().parents[2] / "grammars"


@lru_cache(maxsize=1)
def builtin() -> Table:
    """The languages that come with Whence. Read once a process."""
    return load(folder())


def load(root: Path) -> Table:
    """Read every folder under `root` that has a `language.toml`, by name. Raises nothing."""
    languages: list[Language] = []
    problems: list[Problem] = []
    entries = sorted(root.iterdir(), key=lambda entry: entry.name) if root.is_dir() else []
    for entry in entries:
        description = entry / "language.toml"
        if not description.is_file():
            continue
        try:
            languages.append(_language(root, entry.name, tomllib.loads(description.read_text("utf-8"))))
        except (_FaultError, tomllib.TOMLDecodeError, OSError, UnicodeDecodeError) as fault:
            problems.append(Problem(f"{entry.name}/language.toml", str(fault)))
    return Table(tuple(languages), tuple(problems))


def _language(root: Path, folder: str, data: Mapping[str, Any]) -> Language:
    unknown = sorted(set(data) - _KEYS)
    if unknown:
        raise _FaultError(f"unknown key {unknown[0]!r}")
    identifier = _text(data, "id")
    if identifier != folder:
        raise _FaultError(f"id {identifier!r} is not the folder's name")
    reader = data.get("reader", "")
    if reader and reader not in READERS:
        raise _FaultError(f"unknown reader {reader!r}")
    parser = _parser(data["parser"]) if "parser" in data else None
    return Language(
        id=identifier,
        name=_text(data, "name"),
        extensions=_texts(data, "extensions"),
        filenames=_texts(data, "filenames"),
        interpreters=_texts(data, "interpreters"),
        line_comments=_texts(data, "line_comments"),
        block_comments=_pairs(data, "block_comments"),
        claims=tuple(_claim(claim) for claim in data.get("claims", ())),
        parser=parser,
        query=_query(root, _text(data, "regions", identifier)) if parser else "",
        separator=data.get("separator", "."),
        reader=reader,
        limits=_limits(data.get("limits", {})),
    )


def _query(root: Path, language: str) -> str:
    if not language.replace("-", "_").isidentifier() or not (root / language).is_dir():
        raise _FaultError(f"regions: there is no language {language!r}")
    return (root / language / "regions.scm").read_text("utf-8")


def _parser(data: Mapping[str, Any]) -> Parser:
    module = _text(data, "module")
    if not _MODULE.fullmatch(module):
        raise _FaultError(f"parser module {module!r} is not named tree_sitter_*")
    return Parser(module, data.get("function", "language"))


def _claim(data: Mapping[str, Any]) -> Claim:
    pattern = _text(data, "pattern")
    try:
        re.compile(pattern)
    except re.error as fault:
        raise _FaultError(f"claim pattern: {fault}") from fault
    return Claim(_text(data, "extension"), pattern)


def _limits(data: Mapping[str, Any]) -> Limits:
    given = {key: data[key] for key in ("max_bytes", "budget", "max_indents") if key in data}
    if len(given) != len(data) or not all(isinstance(value, (int, float)) for value in given.values()):
        raise _FaultError("limits holds other things than the numbers max_bytes, budget and max_indents")
    return Limits(**given)


def _text(data: Mapping[str, Any], key: str, otherwise: str | None = None) -> str:
    value = data.get(key, otherwise)
    if not isinstance(value, str) or not value:
        raise _FaultError(f"{key} must be a text")
    return value


def _texts(data: Mapping[str, Any], key: str) -> tuple[str, ...]:
    value = data.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
        raise _FaultError(f"{key} must be a list of texts")
    return tuple(value)


def _pairs(data: Mapping[str, Any], key: str) -> tuple[tuple[str, str], ...]:
    value = data.get(key, [])
    if not isinstance(value, list) or not all(
        isinstance(pair, list) and len(pair) == 2 and all(isinstance(item, str) and item for item in pair)
        for pair in value
    ):
        raise _FaultError(f"{key} must be a list of [open, close]")
    return tuple((first, last) for first, last in value)
