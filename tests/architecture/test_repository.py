"""What the repository as a whole promises: documents in step with the code, nothing private in it."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from whence.report.codes import CODES

PROJECT = Path(__file__).resolve().parents[2]


def tracked() -> list[Path]:
    """Every file of the project that git knows or would know."""
    command = ["git", "-C", str(PROJECT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, capture_output=True, check=True).stdout.split(b"\0")
    return [file for name in names if name and (file := PROJECT / os.fsdecode(name)).is_file()]


def named_tests() -> set[str]:
    """Every test, as `tests/unit/test_x.py::test_y`."""
    return {
        f"{file.relative_to(PROJECT).as_posix()}::{node.name}"
        for file in (PROJECT / "tests").rglob("test_*.py")
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


def test_every_invariant_names_a_test_that_exists() -> None:
    """ARCHITECTURE.md promises nothing that no test holds."""
    text = (PROJECT / "ARCHITECTURE.md").read_text("utf-8")
    section = text[text.index("## Invariants") :].split("\n## ")[0]
    invariants = [block for block in re.split(r"\n(?=\d+\. )", section) if re.match(r"\d+\. ", block)]
    assert len(invariants) >= 10
    known = named_tests()
    for invariant in invariants:
        named = re.findall(r"`(tests/[^`]+::test_[a-z0-9_]+)`", invariant)
        assert named, f"no test is named: {invariant}"
        assert set(named) <= known, set(named) - known


def test_the_map_names_every_room() -> None:
    """The code map in ARCHITECTURE.md names each module and folder of the package, and none that is gone."""
    text = (PROJECT / "ARCHITECTURE.md").read_text("utf-8")
    section = text[text.index("## The map") :].split("\n## ")[0]
    rows = re.findall(r"^\| (`[^|]+`) \|", section, re.MULTILINE)
    named = [name for row in rows for name in re.findall(r"`([^`]+)`", row)]
    package = PROJECT / "server/whence"
    rooms = {file.name for file in package.glob("*.py")} - {"__init__.py"}
    rooms |= {f"{folder.name}/" for folder in package.iterdir() if folder.is_dir()} - {"__pycache__/"}
    assert len(named) == len(set(named))
    assert set(named) == rooms | {"tools.toml"}


@pytest.mark.parametrize("code", [code.id for code in CODES])
def test_every_finding_code_has_a_page(code: str) -> None:
    """`docs/findings/<code>.md` exists and opens with the code."""
    page = (PROJECT / "docs/findings" / f"{code}.md").read_text("utf-8")
    assert page.startswith(f"# {code}\n")
    for heading in ("## What it means", "## What to do"):
        assert heading in page


def test_there_is_no_page_for_a_code_that_is_gone() -> None:
    """Pages and codes are the same set."""
    assert {page.stem for page in (PROJECT / "docs/findings").glob("*.md")} == {code.id for code in CODES}


def _targets(text: str) -> list[str]:
    prose = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    return re.findall(r"\]\(([^)#\s]+)[^)]*\)", prose)


def test_links_between_documents_lead_somewhere() -> None:
    """Every relative link in a Markdown file of ours points at a file."""
    broken = [
        f"{file.relative_to(PROJECT)} -> {target}"
        for file in tracked()
        if file.suffix == ".md" and not {"grammars", "tests"}.intersection(file.relative_to(PROJECT).parts)
        for target in _targets(file.read_text("utf-8"))
        if "://" not in target and not (file.parent / target).exists()
    ]
    assert not broken


PRIVATE = re.compile(
    "|".join(
        [
            r"(?<![\w./-])/" + "work/(?:main|shared)",
            r"pypi\." + "org",
            r"files\.python" + "hosted",
            r"registry\.npm" + "js",
            r"proxy\.go" + "lang",
            r"(?:extra-)?index-" + r"url\s*[= ]\s*http",
        ]
    )
)


def test_nothing_private_or_local_is_in_the_repository() -> None:
    """No path of a developer's machine, no package registry: what is needed comes through the user's own settings."""
    bad = [
        f"{file.relative_to(PROJECT)}: {match[0]}"
        for file in tracked()
        if (match := PRIVATE.search(file.read_bytes().decode("utf-8", "replace")))
    ]
    assert not bad


def test_development_pins_are_exact_and_cover_every_dependency() -> None:
    """A test run tomorrow uses what today's used."""
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))
    wanted = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    lines = (PROJECT / "requirements-dev.txt").read_text("utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.]+", pin) for pin in pins)
    names = {re.sub(r"[-_.]+", "-", pin.partition("==")[0]).lower() for pin in pins}
    assert {re.split(r"[<>=]", one)[0].lower() for one in wanted} <= names


def test_the_version_is_the_same_everywhere() -> None:
    """The package, its metadata and the changelog agree."""
    from whence import __version__

    project = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))
    assert project["project"]["version"] == __version__
    assert f"## [{__version__}]" in (PROJECT / "CHANGELOG.md").read_text("utf-8")


def test_every_test_says_what_it_holds() -> None:
    """A test's docstring is a sentence; reading them all tells what Whence does."""
    silent = [
        f"{file.relative_to(PROJECT)}::{node.name}"
        for file in (PROJECT / "tests").rglob("test_*.py")
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_") and not ast.get_docstring(node)
    ]
    assert not silent


def test_the_help_page_is_what_the_program_says() -> None:
    """docs/cli.md is the help text of every command; `make docs` writes it."""
    command = [sys.executable, str(PROJECT / "docs/make_cli.py")]
    made = subprocess.run(command, capture_output=True, check=True).stdout.decode()
    assert (PROJECT / "docs/cli.md").read_text("utf-8") == made


@pytest.mark.parametrize("schema", ["scan", "blame"])
def test_every_field_of_the_json_is_explained(schema: str) -> None:
    """docs/json.md names each property of the published schemas."""
    page = (PROJECT / "docs/json.md").read_text("utf-8")
    words = {word for code in re.findall(r"`([^`]+)`", page) for word in re.findall(r"\w+", code)}
    text = (PROJECT / f"server/whence/schemas/{schema}.schema.json").read_text("utf-8")
    assert _properties(json.loads(text)) <= words


def _properties(schema: object) -> set[str]:
    found: set[str] = set()
    if isinstance(schema, dict):
        named = schema.get("properties")
        found |= set(named) if isinstance(named, dict) else set()
        for value in schema.values():
            found |= _properties(value)
    elif isinstance(schema, list):
        for value in schema:
            found |= _properties(value)
    return found
