"""Every language folder: its query compiles, its sample is cut as its golden file says, broken code still is."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from support.syntax import GRAMMARS, NAMES, check_shape, golden, lines_of, sample, written
from whence import text
from whence.syntax import Language, language_of, languages, regions, tree
from whence.syntax.grammars import builtin, folder, load

BUILT_IN_PREDICATES = {
    "eq?", "not-eq?", "any-eq?", "any-not-eq?", "match?", "not-match?", "any-match?", "any-not-match?",
    "any-of?", "not-any-of?", "is?", "is-not?", "set!",
}  # fmt: skip
PARSED = [language for language in languages() if language.parser is not None]


def named(name: str, lines: tuple[str, ...]) -> int:
    found = regions(sample(name).name, lines)
    check_shape(found, lines)
    assert found.complete
    return sum(region.kind != "block" for region in found.regions)


def test_every_folder_is_read_without_a_fault() -> None:
    """The languages are those that the project promises, and no folder is left out."""
    assert builtin().problems == ()
    assert set(NAMES) == {path.name for path in GRAMMARS.iterdir() if path.is_dir()}
    assert set(NAMES) >= {
        "python", "javascript", "typescript", "tsx", "go", "rust", "java", "c", "cpp", "csharp", "ruby", "php",
        "kotlin", "swift", "bash", "markdown", "yaml", "toml", "json", "notebook",
    }  # fmt: skip


@pytest.mark.parametrize("language", PARSED, ids=lambda language: language.id)
def test_its_query_compiles_with_built_in_predicates_only(language: Language) -> None:
    """A query speaks to its grammar, and marks regions with captures that the code knows."""
    _grammar, query = tree.compiled(language)
    captures = {query.capture_name(index) for index in range(query.capture_count)}
    strange = [
        capture
        for capture in captures
        if not re.fullmatch(r"_\w+|name|scope|leading|region\.[a-z]+|open\.[a-z]+\.[1-9]", capture)
    ]
    assert strange == []
    assert set(re.findall(r"\(#([\w-]+[?!])", language.query)) <= BUILT_IN_PREDICATES


@pytest.mark.parametrize("name", NAMES)
def test_its_sample_gives_its_golden_regions(name: str) -> None:
    """What the language's regions are is seen in `regions.txt`; rewrite.py rewrites it."""
    path = sample(name)
    lines = lines_of(path)
    found = regions(path.name, lines)
    assert (found.language, found.complete, found.why) == (name, True, "")
    assert written(found) == golden(name).read_text("utf-8")
    check_shape(found, lines)


@pytest.mark.parametrize("name", NAMES)
def test_its_sample_survives_line_endings_and_indents(name: str) -> None:
    """Windows line endings and a final line without an ending change nothing."""
    path = sample(name)
    data = path.read_bytes()
    plain = regions(path.name, text.split(text.decode(data)))
    assert regions(path.name, text.split(text.decode(data.replace(b"\n", b"\r\n")))) == plain
    assert regions(path.name, text.split(text.decode(data.rstrip(b"\n")))) == plain


@pytest.mark.parametrize("language", PARSED, ids=lambda language: language.id)
def test_its_regions_survive_the_loss_of_a_line(language: Language) -> None:
    """With one line of the sample gone, most of the named regions are still there."""
    lines = lines_of(sample(language.id))
    whole = named(language.id, lines)
    kept = [
        named(language.id, lines[:index] + lines[index + 1 :])
        for index, line in enumerate(lines)
        if line.strip()
    ]
    assert sum(min(count, whole) for count in kept) >= 0.75 * whole * len(kept)


@pytest.mark.parametrize("language", PARSED, ids=lambda language: language.id)
def test_its_regions_survive_a_cut_at_any_byte(language: Language) -> None:
    """A half-written file, cut even inside a character, keeps names for what stands in it."""
    data = sample(language.id).read_bytes()
    dice = random.Random(20260101)
    counts = [
        named(language.id, text.split(text.decode(data[: dice.randrange(len(data) // 2, len(data))])))
        for _ in range(12)
    ]
    assert sum(counts) >= 0.3 * len(counts) * named(language.id, lines_of(sample(language.id)))


@pytest.mark.parametrize("name", NAMES)
def test_its_regions_survive_shuffled_junk(name: str) -> None:
    """Any lines of any language, in any order, under this language's name, are cut into sound regions."""
    dice = random.Random(f"junk {name}")
    pool = [line for other in NAMES for line in lines_of(sample(other))]
    for size in (1, 7, 60):
        lines = tuple(dice.choices(pool, k=size))
        check_shape(regions(sample(name).name, lines), lines)


def test_a_new_language_is_a_new_folder(tmp_path: Path) -> None:
    """A folder with a description and a query is all that a language needs."""
    new = tmp_path / "starlark"
    new.mkdir()
    (new / "language.toml").write_text(
        'id = "starlark"\nname = "Starlark"\nextensions = [".sky"]\nline_comments = ["#"]\n'
        '[parser]\nmodule = "tree_sitter_python"\n'
    )
    (new / "regions.scm").write_text("(function_definition name: (identifier) @name) @region.macro\n")
    table = load(tmp_path)
    assert table.problems == ()
    lines = ("x = 1", "", "# Says it.", "def rule():", "    pass")
    found = regions("a/b.sky", lines, table=table)
    assert found.language == "starlark"
    assert [(region.kind, region.name, region.start, region.end) for region in found.regions] == [
        ("block", None, 1, 1),
        ("macro", "rule", 3, 5),
    ]
    assert language_of("a/b.sky") is None


@pytest.mark.parametrize(
    ("description", "fault"),
    [
        ("id = ", "Invalid value"),
        ('id = "other"\nname = "X"', "is not the folder's name"),
        ('id = "bad"', "name must be a text"),
        ('id = "bad"\nname = "X"\nextension = [".x"]', "unknown key 'extension'"),
        ('id = "bad"\nname = "X"\nextensions = ".x"', "extensions must be a list"),
        ('id = "bad"\nname = "X"\nblock_comments = [["/*"]]', "block_comments must be a list of"),
        ('id = "bad"\nname = "X"\nreader = "magic"', "unknown reader"),
        ('id = "bad"\nname = "X"\nregions = "../c"\n[parser]\nmodule = "tree_sitter_c"', "no language '../c'"),
        ('id = "bad"\nname = "X"\n[parser]\nmodule = "os"', "is not named tree_sitter_"),
        ('id = "bad"\nname = "X"\n[parser]\nmodule = "tree_sitter_c"', "regions.scm"),
        ('id = "bad"\nname = "X"\n[limits]\nmax_lines = 3', "limits"),
        ('id = "bad"\nname = "X"\n[[claims]]\nextension = ".h"\npattern = "("', "claim pattern"),
    ],
)
def test_a_faulty_folder_is_left_out_and_named(tmp_path: Path, description: str, fault: str) -> None:
    """One bad folder costs nothing but itself, and its fault is told."""
    for name, content in (
        ("bad", description),
        ("good", 'id = "good"\nname = "Good"\nextensions = [".good"]'),
    ):
        (tmp_path / name).mkdir()
        (tmp_path / name / "language.toml").write_text(content)
    table = load(tmp_path)
    assert [language.id for language in table.languages] == ["good"]
    [problem] = table.problems
    assert problem.path == "bad/language.toml"
    assert fault in problem.message


def test_the_data_is_found_in_a_package_and_in_a_source_tree(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """An installed package carries the folders inside; a source tree has them at its root."""
    package = tmp_path / "server" / "whence"
    package.mkdir(parents=True)
    monkeypatch.setattr("whence.__file__", str(package / "__init__.py"))
    assert Path(str(folder())) == tmp_path / "grammars"
    (package / "_grammars").mkdir()
    assert Path(str(folder())) == package / "_grammars"
    assert load(tmp_path / "missing").languages == ()
