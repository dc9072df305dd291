"""Which files a shell command writes through here-documents, and which here-documents are none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whence.evidence.sessions.edits.shell import FileText, PatchText, command_of, writes

LINE = "total = price_of(item)"
PATCH = "*** Begin Patch\n*** Add File: a\n+x\n*** End Patch"


def check(command: str, expected: list[tuple[str, tuple[str, ...], list[str]]]) -> None:
    """The command writes these lines into these files after these changes of folder."""
    found = [
        (item.path, item.folders, [line for block in item.blocks for line in block.lines])
        for item in writes(command)
        if isinstance(item, FileText)
    ]
    assert found == expected


@pytest.mark.parametrize(
    "command",
    [
        "cat > a.py <<'EOF'\n{}\nEOF",
        'cat > a.py <<"EOF"\n{}\nEOF\n',
        "cat > a.py << \\EOF\n{}\nEOF",
        "cat > a.py <<EOF\n{}\nEOF",
        "cat >a.py <<'END_OF.it-1'\n{}\nEND_OF.it-1",
        "cat <<'EOF' > a.py\n{}\nEOF",
        "cat >> a.py <<'EOF'\n{}\nEOF",
        "cat >| 'a.py' <<'EOF'\n{}\nEOF",
        "tee a.py <<'EOF'\n{}\nEOF",
        "sudo tee -a a.py > /dev/null <<'EOF'\n{}\nEOF",
        "cat <<'EOF' | tee a.py\n{}\nEOF",
        "cat <<'EOF' | sudo tee a.py >/dev/null\n{}\nEOF",
        "mkdir -p x && cat > a.py <<'EOF' && echo done\n{}\nEOF",
        "set -e\ncat > a.py <<'EOF' || exit 1\n{}\nEOF\necho 'it''s done'",
        "if true; then cat > a.py <<'EOF'\n{}\nEOF\nfi",
        "LANG=C cat > a.py 2> errors <<'EOF'\n{}\nEOF",
        "cat > a.py \\\n  <<'EOF'\n{}\nEOF",
        "cat > a.py <<-'EOF'\n\t{}\n\tEOF",
        "cat > a.py <<'EOF'\n{}",
        "cat > a.py <<'EOF'\r\n{}\r\nEOF\r\n",
    ],
)
def test_files_written_by_here_documents(command: str) -> None:
    """Every usual way of writing a file from a here-document."""
    check(command.format(LINE), [("a.py", (), [LINE])])


@pytest.mark.parametrize(
    "command",
    [
        "git commit -m \"$(cat <<'EOF'\n{}\nEOF\n)\"",
        "git commit -F - <<'EOF'\n{}\nEOF",
        "git add -A && git commit -q -m \"$(cat <<'EOF'\n{}\nEOF\n)\" && git push > push.log",
        'gh pr create --body "$(cat <<EOF\n{}\nEOF\n)" > out.txt',
        "python3 - <<'EOF'\n{}\nEOF",
        "psql < schema.sql <<'EOF'\n{}\nEOF",
        "cat <<'EOF'\n{}\nEOF",
        "cat <<'EOF' | sort\n{}\nEOF",
        "cat other.txt - > a.py <<'EOF'\n{}\nEOF",
        "cat > \"$FILE\" <<'EOF'\n{}\nEOF",
        "cat > `mktemp` <<'EOF'\n{}\nEOF",
        "cat > /dev/null <<'EOF'\n{}\nEOF",
        "grep x <<< '{}'",
        "echo '{}' > a.py",
        "echo \"cat > a.py <<'EOF'\"\n{}\n",
        "diff <(cat a) <(cat b)",
    ],
)
def test_other_here_documents_write_no_known_file(command: str) -> None:
    """Commit messages, scripts, variables for paths, and text that only looks like it."""
    assert [
        item for item in writes(command.format(LINE)) if isinstance(item, FileText) and item.path != "a.py"
    ] == []
    if not command.startswith('echo "cat'):
        check(command.format(LINE), [])


def test_lines_that_the_shell_expands_are_left_out() -> None:
    """In an unquoted here-document nobody knows what `$`, backticks and backslashes became."""
    body = "first = 1\npath = $HOME/x\nsecond = 2\nnow = `date`\nthird = a\\\nb\nfourth = 4"
    check(f"cat > a.py <<EOF\n{body}\nEOF", [("a.py", (), ["first = 1", "second = 2", "b", "fourth = 4"])])
    check(f"cat > a.py <<'EOF'\n{body}\nEOF", [("a.py", (), body.split("\n"))])


def test_folders_are_followed() -> None:
    """`cd` before the command, on its line or above it."""
    check(f"cd sub && cat > a.py <<'EOF'\n{LINE}\nEOF", [("a.py", ("sub",), [LINE])])
    check(
        f"cd one\ncd 'two three'; cat > a.py <<'EOF'\n{LINE}\nEOF", [("a.py", ("one", "two three"), [LINE])]
    )


def test_several_files_in_one_command() -> None:
    """Each here-document belongs to its own command, also two on one line."""
    check(
        "cat > a <<'A' && cat > b <<'B'\none = 1\nA\ntwo = 2\nB\ncat > c <<'C'\nthree = 3\nC",
        [("a", (), ["one = 1"]), ("b", (), ["two = 2"]), ("c", (), ["three = 3"])],
    )


@pytest.mark.parametrize(
    ("command", "folders"),
    [
        (f"apply_patch <<'EOF'\n{PATCH}\nEOF", ()),
        (f"cd sub && apply_patch <<'EOF'\n{PATCH}\nEOF", ("sub",)),
        (f'applypatch << "EOF"\n{PATCH}\nEOF\n', ()),
        (["apply_patch", PATCH], ()),
        (["bash", "-lc", f"apply_patch <<'EOF'\n{PATCH}\nEOF"], ()),
        (["/bin/bash", "-c", f"cd sub && apply_patch <<EOF\n{PATCH}\nEOF"], ("sub",)),
    ],
)
def test_patches_applied_by_a_command(command: object, folders: tuple[str, ...]) -> None:
    """The patch's text, whichever way it was handed over."""
    (item,) = writes(command_of(command))
    assert isinstance(item, PatchText)
    assert (item.text.strip(), item.folders) == (PATCH, folders)


@pytest.mark.parametrize("value", [None, 3, {}, [], [1, 2], ["bash"], ["bash", "-lc"], [None], ""])
def test_commands_of_unknown_shape_write_nothing(value: object) -> None:
    """What is no command is an empty one."""
    assert list(writes(command_of(value))) == []


@given(st.text("cat>tea <'\"EOF\n$()|&;\\-x", max_size=120))
def test_no_command_makes_the_reader_fail(command: str) -> None:
    """Quotes and operators in any order, even broken ones, raise nothing."""
    list(writes(command))
