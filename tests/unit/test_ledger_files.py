"""The ledger on disk: what is written, what is read back, and what is refused with the right words."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import tomllib
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from importlib import resources
from pathlib import Path

import jsonschema
import pytest

from support.git import Repo
from whence.errors import UserError
from whence.model import Region
from whence.ranges import Lines
from whence.review import FOLDER, Draft, Ledger, record
from whence.review.form import FormError, from_table, parse, text
from whence.review.recording import compose
from whence.text import split

CODE = """\
def attend(query, key, value):
    scores = query @ key.transpose(-2, -1)
    return softmax(scores, dim=-1) @ value


def mask(scores):
    return scores.masked_fill(future(scores), -inf)
"""
ANN = "Ann Lee <ann@example.org>"
REGION = Region("function", "attend", 1, 3)


def draft(**changes: object) -> Draft:
    values: dict[str, object] = {
        "path": "models/attention.py",
        "region": REGION,
        "text": split(CODE),
        "lines": ((1, 3),),
        "reviewer": ANN,
        "tools": ("codex", "claude-code"),
        "criterion": "read",
    }
    return Draft(**(values | changes))  # type: ignore[arg-type]


def read_one(root: Path) -> Ledger:
    ledger = Ledger.read(root)
    assert len(ledger.reviews) == 1
    return ledger


def test_a_recorded_review_is_read_back_as_it_was(tmp_path: Path) -> None:
    """Every field survives the way through the file."""
    full = draft(
        result="disputed",
        purpose="workflow-setup",
        note='Wrote it in 2019, see "git log";\nnot from a tool.\t\x7f é',
        depth="tested",
        date=date(2026, 6, 1),
        replaces=("0123456789abcdef",),
    )
    file = record(tmp_path, full)
    ledger = read_one(tmp_path)
    assert ledger.problems == ()
    assert ledger.reviews == (compose(full),)
    assert file == tmp_path / FOLDER / f"{ledger.reviews[0].id}.toml"
    assert ledger.reviews[0].tools == ("claude-code", "codex")


def test_the_file_is_for_people(tmp_path: Path) -> None:
    """One field a line, one digest a line, nothing that changes by itself."""
    lines = record(tmp_path, draft(note="fine")).read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("# ")
    assert lines[1:8] == [
        'schema = "whence.review/1"',
        'result = "approved"',
        f'reviewer = "{ANN}"',
        'path = "models/attention.py"',
        'kind = "function"',
        'name = "attend"',
        'tools = ["claude-code", "codex"]',
    ]
    body = lines[lines.index("lines = '''") + 1 : -1]
    assert len(body) == 5  # three reviewed, two near them
    assert [entry.startswith("~") for entry in body] == [False, False, False, True, True]


@pytest.mark.parametrize(
    "changes",
    [{}, {"note": "n" * 3_000}, {"depth": "read", "purpose": "p"}, {"date": date(2026, 1, 2)}, {"tools": ()}, {"lines": ((2, 2),)}],
)  # fmt: skip
def test_what_is_written_fits_the_published_schema(tmp_path: Path, changes: dict[str, object]) -> None:
    """Other programs may read the ledger by its schema."""
    schema = json.loads(
        resources.files("whence").joinpath("schemas/review.schema.json").read_text(encoding="utf-8")
    )
    table = tomllib.loads(record(tmp_path, draft(**changes)).read_text(encoding="utf-8"))
    table = {key: value.isoformat() if isinstance(value, date) else value for key, value in table.items()}
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(table)


def test_equal_reviews_are_one_file(tmp_path: Path) -> None:
    """Recording twice, or after a reformatting, changes nothing on disk."""
    file = record(tmp_path, draft())
    before = file.stat().st_mtime_ns
    assert record(tmp_path, draft()) == file
    assert (
        record(tmp_path, draft(text=[f"\t{line}  " for line in split(CODE)], tools=("claude-code", "codex")))
        == file
    )
    assert file.stat().st_mtime_ns == before
    assert [entry.name for entry in file.parent.iterdir()] == [file.name]


def test_a_changed_mind_replaces_the_earlier_answer(tmp_path: Path) -> None:
    """Approved, then rejected, then approved again: the last word counts, the history stays in the tree."""
    for result in ("approved", "rejected", "approved"):
        record(tmp_path, draft(result=result))
    assert len(list((tmp_path / FOLDER).iterdir())) == 3
    assert read_one(tmp_path).reviews[0].result == "approved"


def test_nobody_replaces_what_another_person_said(tmp_path: Path) -> None:
    """`replaces` works for one's own answers only."""
    first = record(tmp_path, draft(result="rejected"))
    record(tmp_path, draft(reviewer="Mal <mal@example.org>", replaces=(first.stem,)))
    assert {str(item.result) for item in Ledger.read(tmp_path).reviews} == {"approved", "rejected"}


def test_branches_that_add_reviews_merge_without_conflict(repo: Repo) -> None:
    """The same review on both branches, and different ones: git merges them by itself."""
    repo.commit("code", {"models/attention.py": CODE})
    repo.git("checkout", "-q", "-b", "left")
    record(repo.path, draft())
    record(repo.path, draft(reviewer="Bo <bo@example.org>"))
    repo.commit("reviews")
    repo.git("checkout", "-q", "main")
    record(repo.path, draft())
    record(repo.path, draft(region=Region("function", "mask", 6, 7), lines=((6, 7),)))
    repo.commit("other reviews")
    repo.merge("left")
    ledger = Ledger.read(repo.path)
    assert ledger.problems == ()
    assert len(ledger.reviews) == 3


def test_a_checkout_with_other_line_endings_changes_nothing(tmp_path: Path) -> None:
    """The id is a digest of the fields, not of the bytes."""
    file = record(tmp_path, draft(note="two\nlines"))
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    assert Ledger.read(tmp_path).problems == ()
    assert read_one(tmp_path).reviews[0].note == "two\nlines"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"reviewer": "Ann"}, "is not `Name <email>`"),
        ({"reviewer": ""}, "is not `Name <email>`"),
        ({"reviewer": "Ann\n <a@b.c>"}, "is not `Name <email>`"),
        ({"result": "fine"}, "the result 'fine' is unknown"),
        ({"result": "disputed"}, "needs a reason"),
        ({"lines": ()}, "nothing to review"),
        ({"lines": ((4, 5),)}, "nothing to review"),
        ({"lines": ((90, 95),)}, "nothing to review"),
        ({"path": "/etc/passwd"}, "not a path inside the workspace"),
        ({"path": "../other/a.py"}, "not a path inside the workspace"),
        ({"path": "a/../../b.py"}, "not a path inside the workspace"),
        ({"path": ""}, "not a path inside the workspace"),
        ({"note": "n" * 5_000}, "`note` is too long"),
        ({"depth": "deep"}, "`depth` is 'deep'"),
        ({"replaces": ("x",)}, "`replaces` does not hold ids"),
    ],
)
def test_an_answer_that_says_nothing_is_refused(
    tmp_path: Path, changes: dict[str, object], words: str
) -> None:
    """A mistake of the user is told to the user, and nothing is written."""
    with pytest.raises(UserError, match=words):
        record(tmp_path, draft(**changes))
    assert not (tmp_path / FOLDER).exists()


def test_absurd_line_numbers_do_no_harm(tmp_path: Path) -> None:
    """A range far beyond the file is cut to the file."""
    record(tmp_path, draft(lines=((1, 10**12),), region=Region("file", None, -5, 10**12)))
    assert len(read_one(tmp_path).reviews[0].lines) == 5


def test_a_path_that_is_no_text_still_works(tmp_path: Path) -> None:
    """File names may hold bytes that no encoding knows; the review is found again under the same name."""
    path = os.fsdecode(b"models/\xff.py")
    record(tmp_path, draft(path=path))
    (found,) = read_one(tmp_path).cover(path, split(CODE), ((2, 2),))
    assert found.lines == ((2, 2),)


@pytest.mark.parametrize("link", [".whence", ".whence/reviews"])
def test_a_ledger_behind_a_link_is_neither_written_nor_read(tmp_path: Path, link: str) -> None:
    """A link could lead out of the workspace."""
    root, outside = tmp_path / "root", tmp_path / "outside"
    outside.mkdir()
    record(outside, draft())
    place = root / link
    place.parent.mkdir(parents=True)
    place.symlink_to(outside / link, target_is_directory=True)
    before = sorted(outside.rglob("*"))
    with pytest.raises(UserError, match="not a plain folder"):
        record(root, draft(reviewer="Bo <bo@example.org>"))
    ledger = Ledger.read(root)
    assert ledger.reviews == ()
    assert "not a plain folder" in ledger.problems[0].message
    assert sorted(outside.rglob("*")) == before


def test_a_file_in_the_ledgers_place_is_refused(tmp_path: Path) -> None:
    """`.whence` as a file is no ledger, and it is not overwritten."""
    (tmp_path / ".whence").write_text("mine")
    with pytest.raises(UserError, match="not a plain folder"):
        record(tmp_path, draft())
    assert (tmp_path / ".whence").read_text() == "mine"
    assert Ledger.read(tmp_path).reviews == ()


def test_a_review_file_that_is_a_link_is_not_written_through(tmp_path: Path) -> None:
    """The target of the link stays as it is."""
    file = record(tmp_path, draft())
    target = tmp_path / "target"
    target.write_text("precious")
    file.unlink()
    file.symlink_to(target)
    with pytest.raises(UserError, match="not a plain file"):
        record(tmp_path, draft())
    assert target.read_text() == "precious"


def test_a_damaged_review_is_written_anew_with_its_mode(tmp_path: Path) -> None:
    """Recording again mends the file in one step and leaves no draft behind."""
    file = record(tmp_path, draft())
    whole = file.read_bytes()
    file.write_bytes(whole[:100])
    file.chmod(0o640)
    assert record(tmp_path, draft()) == file
    assert file.read_bytes() == whole
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert [entry.name for entry in file.parent.iterdir()] == [file.name]


def test_a_folder_that_cannot_be_written_is_a_user_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full or read-only disk is said in words, and no draft stays behind."""
    record(tmp_path, draft())

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(UserError, match="No space left on device"):
        record(tmp_path, draft(reviewer="Bo <bo@example.org>"))
    assert len(list((tmp_path / FOLDER).iterdir())) == 1


def _edit(old: str, new: str) -> Callable[[Path], None]:
    def change(file: Path) -> None:
        before = file.read_text(encoding="utf-8")
        assert old in before
        file.write_text(before.replace(old, new), encoding="utf-8")

    return change


def _link(file: Path) -> None:
    file.rename(file.parent.parent / "moved")
    file.symlink_to(file.parent.parent / "moved")


def _folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


BROKEN: dict[str, tuple[Callable[[Path], object], str]] = {
    "cut in the middle": (lambda f: f.write_bytes(f.read_bytes()[:-40]), "is cut off: its end is missing"),
    "cut between two fields": (
        lambda f: f.write_text("".join(f.read_text().splitlines(True)[:5])),
        "is cut off",
    ),
    "almost emptied": (lambda f: f.write_bytes(b"\n"), "not a review that this version reads"),
    "binary junk": (lambda f: f.write_bytes(bytes(range(256)) * 9), "is not UTF-8"),
    "NUL bytes": (lambda f: f.write_bytes(b"\0" * 50), "is not TOML"),
    "nested without end": (lambda f: f.write_bytes(b"a = " + b"[" * 100_000), "is not TOML"),
    "a number without end": (lambda f: f.write_bytes(b"a = " + b"9" * 6_000), "is not TOML"),
    "a key without end": (lambda f: f.write_bytes(b"a." * 50_000 + b"a = 1"), "is not TOML"),
    "conflict markers": (lambda f: f.write_text("<<<<<<< HEAD\n" + f.read_text()), "is not TOML"),
    "merged twice": (lambda f: f.write_text(f.read_text() * 2), "is not TOML"),
    "another name": (_edit("Ann Lee", "Bob Lee"), "edited or renamed"),
    "another result": (_edit('"approved"', '"rejected"'), "edited or renamed"),
    "another path": (_edit("attention.py", "backdoor.py"), "edited or renamed"),
    "another line": (_edit("lines = '''\n", "lines = '''\n" + "ab" * 16 + "\n"), "edited or renamed"),
    "a result of its own": (_edit('"approved"', '"perfect"'), "`result` is 'perfect'"),
    "an unknown field": (_edit("digest", 'mood = "good"\ndigest'), "unknown field `mood`"),
    "a newer schema": (_edit("whence.review/1", "whence.review/9"), "not a review that this version reads"),
    "a missing field": (_edit('kind = "function"\n', ""), "lacks `kind`"),
    "a wrong type": (_edit('path = "models/attention.py"', "path = 7"), "`path` is not text"),
    "a wrong list": (
        _edit('tools = ["claude-code", "codex"]', "tools = [1]"),
        "`tools` is not a list of texts",
    ),
    "a wrong date": (_edit("digest =", "date = 2026-01-01T00:00:00\ndigest ="), "`date` is not a day"),
    "no address": (_edit(" <ann@example.org>", ""), "`reviewer` is not"),
    "a broken digest": (_edit("sha256:", "sha512:"), "`digest` is not"),
    "a broken line": (_edit("lines = '''\n", "lines = '''\nxyz\n"), "entry 1 is not a line digest"),
    "too large": (lambda f: f.write_bytes(b"#" * (4 * 1024 * 1024 + 1)), "no real one has more"),
    "a symbolic link": (_link, "links are not followed"),
    "a folder": (_folder, "not a plain file"),
    "a pipe": (lambda f: (f.unlink(), os.mkfifo(f)), "not a plain file"),
    "renamed": (lambda f: f.rename(f.with_name("0123456789abcdef.toml")), "edited or renamed"),
    "a copy": (lambda f: f.with_name("copy.toml").write_bytes(f.read_bytes()), "is a copy of"),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_file_is_named_and_the_rest_is_used(tmp_path: Path, fault: str) -> None:
    """The problem names the file and the way out; the other review still answers."""
    harm, words = BROKEN[fault]
    good = record(tmp_path, draft(reviewer="Bo <bo@example.org>"))
    victim = record(tmp_path, draft())
    harm(victim)
    ledger = Ledger.read(tmp_path)
    (problem,) = ledger.problems
    assert words in problem.message
    assert problem.path.startswith(f"{FOLDER}/")
    assert problem.hint
    counted = {item.id for item in ledger.reviews}
    assert counted == ({good.stem, victim.stem} if fault == "a copy" else {good.stem})
    assert ledger.not_measured[0].path == problem.path


def test_a_syntax_error_is_found_at_its_place(tmp_path: Path) -> None:
    """Line and column, as an editor wants them."""
    file = record(tmp_path, draft())
    _edit('result = "approved"', 'result = "approved')(file)
    (problem,) = Ledger.read(tmp_path).problems
    assert (problem.line, problem.column is not None) == (3, True)


def test_other_files_in_the_folder_are_left_alone(tmp_path: Path) -> None:
    """Notes, editor backups and half-written drafts are no reviews and no problems."""
    file = record(tmp_path, draft())
    for name in ("README.md", ".draft.toml", f".{file.name}.1234.part", f"{file.name}~"):
        file.with_name(name).write_text("x")
    assert Ledger.read(tmp_path).problems == ()
    assert len(Ledger.read(tmp_path).reviews) == 1


@pytest.mark.parametrize("root", ["", "missing"])
def test_no_ledger_is_an_empty_one(tmp_path: Path, root: str) -> None:
    """Nothing reviewed yet is a normal state."""
    assert Ledger.read(tmp_path / root) == Ledger()


@pytest.mark.parametrize("lines", [((1, 1),), ((2, 3),), ((1, 1), (7, 7))])
def test_the_file_is_the_review(lines: Lines) -> None:
    """Writing and parsing are inverse."""
    review = compose(draft(lines=lines))
    assert parse(text(review)) == review


def test_parsing_never_fails_otherwise() -> None:
    """Whatever a table holds, the answer is a review or a FormError."""
    good = tomllib.loads(text(compose(draft())))
    for key in good:
        for value in (None, 0, -1.5, True, "", "x" * 2_000, [], [[]], {}, {"a": 1}, "\ud800"):
            with suppress(FormError):
                assert from_table(good | {key: value}).id


def test_git_keeps_reviews_as_text(repo: Repo) -> None:
    """A reviewer of the review sees a diff."""
    record(repo.path, draft())
    repo.commit("review")
    shown = subprocess.run(
        ["git", "-C", str(repo.path), "show", "--numstat", "--format="],
        capture_output=True,
        text=True,
        check=True,
    )
    assert not shown.stdout.startswith("-")


def test_the_documented_example_is_a_review() -> None:
    """docs/review.md shows a file as it is written today."""
    page = (Path(__file__).parents[2] / "docs/review.md").read_text(encoding="utf-8")
    example = page.partition("```toml\n")[2].partition("```")[0]
    review = parse(example)
    assert text(review) == example
